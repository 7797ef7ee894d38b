"""Whoever gives up before an operator spoke to him is called back, by a person."""

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import CallId, IncidentId, OperatorId
from tests.stories.keyholders import NUMBERS, TREE, Night, level
from tests.stories.line import CALLER, Line

CASE = IncidentId("inc-call-1")
OP = OperatorId("op")
TRY = "call-1-b1"


def given_up(**offer: object) -> Line:
    """Somebody called and hung up while an operator's phone rang."""
    line = Line()
    line.ready("op")
    line.calls(**offer)
    line.fast_forward(3)
    line.gives_up("call-1")
    return line


def reached(line: Line, call: str = TRY) -> None:
    """The caller picks up when he is called back."""
    leg_id = line.call(call).leg_id
    line.phones[leg_id].is_up = True
    line.tell(e.LegAnswered(leg_id=leg_id))


def test_an_operator_is_rung_first_and_only_then_the_caller() -> None:
    line = given_up()
    line.fast_forward(4.9)
    assert line.ringing() == []
    line.fast_forward(0.1)
    assert line.ringing() == ["op"]
    assert line.last(c.RingOperator).display_name == "CALL BACK Acme: +32470000001"
    assert not line.all(c.DialNumber), "nobody picks up and hears a machine"
    line.picks_up("op")
    order = line.last(c.DialNumber)
    assert (order.number, order.presented_number) == (CALLER, "+3225550100")
    assert line.phones[line.call(TRY).operator_leg].hears.then == "ringback"  # type: ignore[index]
    reached(line)
    assert line.call(TRY).state == "talking"
    assert line.hears(TRY) == line.call(TRY).operator_leg
    assert line.last(c.StartRecording).call_id == TRY
    ended = line.gives_up(TRY)
    assert e.CallAbandoned not in map(type, ended)
    assert line.last(e.CallBackEnded).is_reached


def test_the_first_ring_comes_within_a_minute_and_the_case_is_the_same() -> None:
    line = given_up()
    began = line.now
    line.fast_forward(60)
    line.picks_up("op")
    rang = next(at for at, what in line.said if isinstance(what, e.CallBackDialled))
    assert rang - began <= 60
    assert line.call(TRY).incident_id == CASE


def test_a_second_try_a_minute_later_and_then_the_case_stands_in_front() -> None:
    line = given_up()
    line.fast_forward(5)
    line.picks_up("op")
    line.tell(e.LegEnded(leg_id=line.call(TRY).leg_id, cause=e.Cause.BUSY))
    assert line.state_of("op") == "ready", "he is free at once"
    line.fast_forward(59)
    assert line.ringing() == []
    line.fast_forward(1)
    line.picks_up("op")
    line.fast_forward(40)
    assert line.call("call-1-b2").is_over, "his phone rang long enough"
    assert not line.last(e.CallBackEnded).is_reached
    assert line.switchboard.incidents[CASE].attention == ["called back 2 times and not reached"]
    line.fast_forward(600)
    assert not line.ringing()


def test_no_operator_free_means_that_it_keeps_looking_for_one() -> None:
    line = given_up()
    line.on_break("op")
    line.fast_forward(300)
    assert line.call(TRY).seeks
    line.ready("op")
    assert line.ringing() == ["op"]


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        ({"caller": None, "is_withheld": True}, "his number is withheld"),
        ({"caller": None}, "his number is not known"),
        ({"caller": "+32112"}, "+32112 is no number to be called"),
        ({"caller": "+3290012345"}, "+3290012345 is no number to be called"),
    ],
)
def test_who_cannot_be_called_back_is_told_to_the_operators(
    offer: dict[str, object], why: str
) -> None:
    line = given_up(**offer)
    assert line.switchboard.incidents[CASE].attention == [
        f"a caller hung up and cannot be called back: {why}"
    ]
    line.fast_forward(300)
    assert not line.ringing()


def test_whoever_rings_again_by_himself_is_the_same_case_and_not_called_back() -> None:
    line = given_up()
    line.fast_forward(2)
    line.calls()
    assert line.call("call-2").incident_id == CASE
    assert line.last(e.CallBackEnded).reason == "he rang again"
    line.picks_up("op")
    line.fast_forward(120)
    assert not line.all(c.DialNumber)


def test_the_operator_s_phone_breaks_while_the_caller_is_rung_and_another_goes_on() -> None:
    line = given_up()
    line.fast_forward(5)
    line.picks_up("op")
    line.ready("zoe")
    line.hangs_up("op", e.Cause.FAILED)
    assert line.ringing() == ["zoe"], "the caller's phone stopped: nobody is there for him"
    line.picks_up("zoe")
    assert len(line.all(c.DialNumber)) == 2
    reached(line)
    assert line.call(TRY).operator == "zoe"


def test_an_operator_who_hangs_up_early_has_made_a_try() -> None:
    line = given_up()
    line.fast_forward(5)
    line.picks_up("op")
    line.presses(e.HangUpPressed, "op", TRY)
    assert not line.phones
    line.fast_forward(60)
    assert line.ringing() == ["op"]


def test_a_closed_case_calls_nobody_back_and_needs_its_disposition() -> None:
    line = given_up()
    close = {"incident_id": CASE, "operator": OP}
    line.tell(e.StepAnswered(step="facts", text="nothing", **close))  # type: ignore[arg-type]
    line.tell(e.CloseRequested(disposition="", **close))  # type: ignore[arg-type]
    assert line.last(e.CloseRefused).missing == ("disposition",)
    line.tell(e.CloseRequested(disposition="nuisance", **close))  # type: ignore[arg-type]
    line.fast_forward(300)
    assert not line.ringing()


def test_a_call_back_survives_a_restart_at_every_stage() -> None:
    line = given_up()
    line.restart()
    line.fast_forward(5)
    assert line.ringing() == ["op"]
    line.restart(surviving=[])
    line.fast_forward(1)
    assert line.ringing() == ["op"], "his phone died, and he is rung again"
    line.picks_up("op")
    line.restart()
    assert line.call(TRY).state == "dialling"
    reached(line)
    line.restart()
    assert line.hears(TRY) == line.call(TRY).operator_leg


def test_what_was_dialled_and_did_not_survive_counts_as_a_try() -> None:
    line = given_up()
    line.fast_forward(5)
    line.picks_up("op")
    caller_leg = line.call(TRY).leg_id
    line.restart(surviving=[leg for leg in line.phones if leg != caller_leg])
    assert line.call(TRY).is_over
    line.fast_forward(60)
    assert line.ringing() == ["op"]
    assert line.call("call-1-b2").calls_back == CallId("call-1")


# ---------------------------------------------------------------- keyholders


def test_a_keyholder_who_rang_in_after_his_tree_was_over_is_called_back() -> None:
    night = Night()
    night.begins(level("ann"))
    night.leaves("ann", e.Cause.REFUSED)
    assert night.state == "exhausted"
    night.rings_in("ann")
    night.fast_forward(3)
    night.gives_up("ring-in")
    night.ready("op")
    night.fast_forward(5)
    assert night.ringing() == ["op"], "an operator first"
    night.picks_up("op")
    order = night.last(c.DialNumber)
    assert (order.number, order.leg_id) == (NUMBERS["ann"][0], "ring-in-b1-a")
    reached(night, "ring-in-b1")
    assert night.call("ring-in-b1").state == "talking"


def test_a_keyholder_who_rang_in_when_another_had_taken_charge_is_called_back() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.fast_forward(30)
    night.accepts("ben")
    night.rings_in("ann")
    night.gives_up("ring-in")
    assert night.last(e.CallBackPlanned).call_id == "ring-in"


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_keyholder_who_rang_in_while_his_tree_runs_is_called_back_within_a_minute(
    rounds: int,
) -> None:
    """His turn is over for this round, and the next may be minutes away."""
    night = Night()
    night.begins(level("ann", "ben"), rounds=rounds)
    night.rings_in("ann")
    night.gives_up("ring-in")
    began = night.now
    assert night.rings() == ["ben"], "the tree goes on meanwhile"
    night.ready("op")
    night.fast_forward(5)
    night.picks_up("op")
    rang = next(at for at, what in night.said if isinstance(what, e.CallBackDialled))
    assert rang - began <= 60


def test_whoever_pressed_0_and_hung_up_before_an_operator_spoke_is_called_back() -> None:
    night = Night()
    night.begins(level("ann"))
    night.answers("ann")
    night.keys("ann", "0")
    night.gives_up(f"{TREE}-k1-c", e.Cause.HUNG_UP)
    assert night.state == "exhausted", "it has one round, and nobody else"
    night.ready("op")
    night.fast_forward(5)
    night.picks_up("op")
    assert night.last(c.DialNumber).number == NUMBERS["ann"][0]
    night.fast_forward(40)
    night.fast_forward(60)
    night.picks_up("op")
    night.fast_forward(40)
    assert night.wants_an_operator()[-1] == "called back 2 times and not reached"


def test_whom_his_tree_rings_next_is_not_called_back_as_well() -> None:
    night = Night()
    night.begins(level("ann"), rounds=2)
    night.answers("ann")
    night.keys("ann", "0")
    night.gives_up(f"{TREE}-k1-c", e.Cause.HUNG_UP)
    assert night.rings() == ["ann"]
    assert not night.all(e.CallBackPlanned)


def test_whose_other_number_comes_next_is_not_called_back_as_well() -> None:
    night = Night()
    night.begins(level("dan"))
    night.rings_in("dan")
    night.gives_up("ring-in")
    assert night.last(c.DialNumber).number == NUMBERS["dan"][1]
    assert not night.all(e.CallBackPlanned)


def test_while_an_operator_calls_him_back_his_tree_rings_neither_him_nor_anybody_new() -> None:
    night = Night()
    night.begins(level("ann", "ben"), rounds=2)
    night.rings_in("ann")
    night.gives_up("ring-in")
    night.ready("op")
    night.fast_forward(5)
    night.picks_up("op")
    night.fast_forward(30)
    assert night.called() == ["ann", "ben", "ben"], "he is being called already"
    reached(night, "ring-in-b1")
    assert night.state == "paused", "nobody is woken for what two are just agreeing on"
    night.fast_forward(100)
    night.hangs_up("op")
    night.fast_forward(100)
    assert night.called().count("ann") == 1, "nobody is woken twice for one talk"


def test_a_keyholder_s_call_back_survives_a_restart() -> None:
    night = Night(is_cloned=True)
    night.begins(level("ann", "ben"), rounds=2)
    night.rings_in("ann")
    night.gives_up("ring-in")
    night.restart()
    night.ready("op")
    night.fast_forward(5)
    night.picks_up("op")
    night.restart()
    reached(night, "ring-in-b1")
    assert night.call("ring-in-b1").keyholder == "ann"
    assert night.state == "paused"
