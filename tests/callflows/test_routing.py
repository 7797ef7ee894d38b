"""Who may be rung, who is best, and why the others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows import routing
from callflows.call import InboundCall
from callflows.events import CallId, CallOffered, IncidentId, LegId, OperatorId
from callflows.operators import DeskState, OperatorDesk


def desk(
    name: str = "ann",
    *,
    state: DeskState = DeskState.READY,
    idle_since: float = 0.0,
    has_station: bool = True,
    clearances: tuple[str, ...] = ("standard",),
    **languages: int,
) -> OperatorDesk:
    return OperatorDesk(
        operator=OperatorId(name),
        name=name.capitalize(),
        languages=languages,
        clearances=clearances,  # type: ignore[arg-type]
        state=state,
        idle_since=idle_since,
        has_station=has_station,
    )


def call(
    clearance: str = "standard", *languages: str, is_known_did: bool = True
) -> InboundCall:
    offer = CallOffered(
        call_id=CallId("c"),
        leg_id=LegId("c-a"),
        did="+32",
        clearance=clearance,  # type: ignore[arg-type]
        languages=languages or ("fr",),
        is_known_did=is_known_did,
    )
    return InboundCall(
        call_id=CallId("c"),
        incident_id=IncidentId("i"),
        leg_id=LegId("c-a"),
        offer=offer,
        offered_at=0.0,
        urgency=2,
    )


@pytest.mark.parametrize(
    ("held", "needed", "is_cleared"),
    [
        (("standard",), "standard", True),
        (("standard",), "high_security", False),
        (("high_security",), "standard", True),
        (("high_security",), "high_security", True),
        (("standard", "high_security"), "high_security", True),
        ((), "standard", False),
    ],
)
def test_clearance(held: tuple[str, ...], needed: str, is_cleared: bool) -> None:
    assert routing.is_cleared(desk(clearances=held), needed) is is_cleared  # type: ignore[arg-type]


@pytest.mark.parametrize("state", DeskState)
@pytest.mark.parametrize("has_station", [True, False])
def test_only_who_is_ready_with_a_phone_may_be_rung(
    state: DeskState, has_station: bool
) -> None:
    expected = state is DeskState.READY and has_station
    assert routing.may_ring(desk(state=state, has_station=has_station)) is expected


def test_who_rests_from_a_call_is_not_rung_for_it_until_his_time_is_over() -> None:
    c = call()
    c.rests[OperatorId("ann")] = 10.0
    assert not routing.is_eligible(desk(), c, 9.9)
    assert routing.is_eligible(desk(), c, 10.0)
    assert routing.is_eligible(desk("bob"), c, 0.0)
    assert routing.excluded_because(desk(), c, 9.9) == "did not take it"
    assert routing.excluded_because(desk(), c, 10.0) == ""
    assert routing.excluded_because(desk("bob"), c, 5.0) == ""


def test_no_eligibility_without_clearance() -> None:
    assert not routing.is_eligible(desk(), call("high_security"), 0.0)
    assert routing.is_eligible(desk(), call("high_security", is_known_did=False), 0.0)


@pytest.mark.parametrize(
    ("who", "because"),
    [
        (desk(state=DeskState.SIGNED_OUT, clearances=()), "signed out"),
        (desk(state=DeskState.ON_BREAK, clearances=("high_security",)), "on break"),
        (desk(state=DeskState.RINGING, clearances=("high_security",)), "rung for another call"),
        (desk(state=DeskState.TALKING, clearances=("high_security",)), "in a call"),
        (desk(state=DeskState.WRAP_UP, clearances=("high_security",)), "in wrap-up"),
        (desk(has_station=False, clearances=("high_security",)), "no phone"),
        (desk(clearances=("high_security",)), ""),
        (desk(), "clearance"),
        (desk(state=DeskState.ON_BREAK), "clearance"),
    ],
)
def test_why_not(who: OperatorDesk, because: str) -> None:
    assert routing.excluded_because(who, call("high_security"), 0.0) == because


def test_who_rings_for_this_very_call_is_not_excluded() -> None:
    who = desk(state=DeskState.RINGING)
    who.call_id = CallId("c")
    assert routing.excluded_because(who, call(), 0.0) == ""
    who.state = DeskState.TALKING
    assert routing.excluded_because(who, call(), 0.0) == "in a call"


def order(c: InboundCall, *desks: OperatorDesk) -> list[str]:
    return [d.operator for d in routing.in_order(desks, c)]


def test_languages_are_compared_one_after_the_other() -> None:
    both = desk("both", nl=1, fr=3)
    dutch = desk("dutch", nl=2)
    french = desk("french", fr=3)
    assert order(call("standard", "nl", "fr"), french, both, dutch) == [
        "dutch",
        "both",
        "french",
    ]
    assert order(call("standard", "fr", "nl"), dutch, french, both) == [
        "both",
        "french",
        "dutch",
    ]


def test_then_idle_time_then_the_name() -> None:
    assert order(
        call(), desk("c"), desk("b", idle_since=5.0), desk("a", idle_since=5.0), desk("d")
    ) == ["c", "d", "a", "b"]


@given(
    st.permutations(
        [desk("a", fr=1), desk("b", fr=1), desk("c", nl=3, idle_since=3.0), desk("d", fr=2)]
    )
)
def test_the_choice_does_not_depend_on_how_operators_are_kept(
    desks: list[OperatorDesk],
) -> None:
    assert order(call("standard", "fr"), *desks) == ["d", "a", "b", "c"]


def test_the_decision_names_everybody() -> None:
    ann, bob = desk(fr=3, clearances=("high_security",)), desk("bob")
    nameless = desk("x", state=DeskState.ON_BREAK, clearances=("high_security",))
    nameless.name = ""
    chosen = routing.explain(
        call("high_security"), [ann], [ann, bob, nameless], 12.4, "because"
    )
    assert chosen.reason == (
        "Ann: fr 3, high_security, idle 12 s; Bob excluded: clearance;"
        " x excluded: on break; because"
    )
    assert chosen.operators == ("ann",)
    assert [x["excluded"] for x in chosen.considered] == ["", "clearance", "on break"]
    assert chosen.considered[0]["idle"] == 12.4


def test_a_room_full_of_busy_operators_is_one_reading_and_a_short_sentence() -> None:
    busy = [desk(f"op{n}", state=DeskState.TALKING) for n in range(40)]
    chosen = routing.explain(call("standard"), [], busy, 12.4, "because")
    [reading] = chosen.considered
    assert str(reading["operator"]).count(",") == 39, "each is named once"
    assert reading["excluded"] == "in a call"
    assert chosen.reason.endswith(" and 34 more excluded: in a call; because")


def test_those_left_out_for_one_reason_stand_together() -> None:
    ann = desk(fr=1)
    others = [desk("bob", has_station=False), desk("cas", has_station=False)]
    reason = routing.explain(call(), [ann], [ann, *others], 0.0, "first offer").reason
    assert reason == "Ann: fr 1, idle 0 s; Bob, Cas excluded: no phone; first offer"


def test_several_chosen() -> None:
    ann, bob = desk(fr=1), desk("bob")
    bob.name = ""
    reason = routing.explain(call(), [ann, bob], [ann, bob], 0.0, "all").reason
    assert reason == "Ann: fr 1, idle 0 s; bob: fr 0, idle 0 s; all"
