"""A caller goes from one operator to another, and is never without either or music."""

from typing import Any

import pytest

from callflows import events as e
from callflows.call import CallState
from callflows.events import CallId, Cause, LegId, OperatorId
from tests.stories.line import Line

MUSIC = (("please_hold",), "hold_music")


@pytest.fixture
def line() -> Line:
    """Ann speaks with a caller; Bob and Cas are free."""
    line = Line()
    line.ready("ann", "bob", "cas")
    line.calls()
    line.picks_up("ann")
    return line


def owner(line: Line) -> Any:
    return line.switchboard.incidents[line.call("call-1").incident_id].owner


def hears(line: Line, operator: str) -> Any:
    return line.phones[line.leg_of(operator)].hears


def test_ann_talks_with_bob_first_and_gives_him_the_caller(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    assert line.ringing() == ["bob"]
    assert line.hears("call-1") == MUSIC
    assert hears(line, "ann").then == "ringback"  # she hears that his phone rings

    line.picks_up("bob")
    assert hears(line, "ann") == line.leg_of("bob")
    assert hears(line, "bob") == line.leg_of("ann")
    assert line.hears("call-1") == MUSIC, "the caller does not hear what they say of him"
    assert owner(line) == "ann"

    line.presses(e.CallGiven, "ann", "call-1")
    assert line.hears("call-1") == line.leg_of("bob")
    assert (line.state_of("ann"), line.state_of("bob")) == ("wrap_up", "talking")
    assert owner(line) == "bob"
    taken = line.last(e.TransferTaken)
    assert (taken.by, taken.operator) == ("ann", "bob")
    line.presses(e.HangUpPressed, "bob", "call-1")
    assert line.last(e.CallEnded).ended_by == "operator"
    assert line.state_of("bob") == "wrap_up"


def test_hanging_up_after_they_talked_gives_the_caller_too(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    line.hangs_up("ann")  # with her own telephone
    assert line.hears("call-1") == line.leg_of("bob")
    assert owner(line) == "bob"
    assert not line.all(e.CallEnded)


def test_hanging_up_while_his_phone_rings_loses_nobody(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.presses(e.HangUpPressed, "ann", "call-1")
    assert line.state_of("ann") == "wrap_up"
    assert line.ringing() == ["bob"]
    assert line.hears("call-1") == MUSIC
    line.picks_up("bob")
    assert line.hears("call-1") == line.leg_of("bob")
    assert owner(line) == "bob"


def test_one_recording_runs_through_all_of_it(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    line.presses(e.CallGiven, "ann", "call-1")
    line.presses(e.HangUpPressed, "bob", "call-1")
    assert line.recordings == {"call-1-r1": "stopped"}


@pytest.mark.parametrize("how", ["refuses", "lets it ring", "presses decline", "phone dies"])
def test_who_does_not_take_it_gives_the_caller_back_to_ann(line: Line, how: str) -> None:
    line.transfers("ann", "bob", "call-1")
    match how:
        case "refuses":
            line.rejects("bob")
        case "lets it ring":
            line.fast_forward(19.9)
            assert line.call("call-1").state is CallState.HELD
            line.fast_forward(0.2)
        case "presses decline":
            line.presses(e.HangUpPressed, "bob", "call-1")
        case "phone dies":
            line.station_down("bob")
    assert line.hears("call-1") == line.leg_of("ann"), "she has him back, without a key"
    assert line.last(e.TransferReturned).operator == "ann"
    assert owner(line) == "ann"
    assert line.ringing() == []


def test_ann_changes_her_mind(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    line.presses(e.ResumePressed, "ann", "call-1")
    assert line.hears("call-1") == line.leg_of("ann")
    assert line.state_of("bob") == "ready"


def test_bob_has_heard_enough_and_leaves(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    line.presses(e.HangUpPressed, "bob", "call-1")
    assert line.hears("call-1") == line.leg_of("ann")
    assert line.last(e.TransferReturned).reason == "he left again"


def test_without_talking_first_the_caller_is_bob_s_as_soon_as_he_picks_up(line: Line) -> None:
    line.transfers("ann", "bob", "call-1", talks_first=False)
    assert line.state_of("ann") == "wrap_up"
    assert line.hears("call-1") == MUSIC
    assert line.ringing() == ["bob"], "nobody else is rung yet"
    line.picks_up("bob")
    assert line.hears("call-1") == line.leg_of("bob")
    assert owner(line) == "bob"


@pytest.mark.parametrize("how", ["refuses", "lets it ring", "gives it back", "on break"])
def test_what_bob_does_not_take_comes_back_to_ann_first(line: Line, how: str) -> None:
    line.transfers("ann", "bob", "call-1", talks_first=False)
    match how:
        case "refuses":
            line.rejects("bob")
        case "lets it ring":
            line.fast_forward(20.1)
        case "gives it back":
            line.presses(e.HangUpPressed, "bob", "call-1")
        case "on break":
            line.on_break("bob")
    assert line.ringing() == ["ann"], "she knows him; Cas is not rung before her"
    line.picks_up("ann")
    assert line.hears("call-1") == line.leg_of("ann")
    assert owner(line) == "ann"


def test_when_ann_does_not_take_him_back_either_everybody_is_rung(line: Line) -> None:
    line.transfers("ann", "bob", "call-1", talks_first=False)
    line.rejects("bob")
    line.fast_forward(10.1)
    assert "cas" in line.ringing()
    line.picks_up("cas")
    assert line.hears("call-1") == line.leg_of("cas")


@pytest.mark.parametrize("talks_first", [True, False])
def test_the_caller_hangs_up_on_the_way(line: Line, talks_first: bool) -> None:
    line.transfers("ann", "bob", "call-1", talks_first=talks_first)
    line.gives_up("call-1", Cause.HUNG_UP)
    assert line.ringing() == []
    assert line.state_of("bob") == "ready"
    assert line.last(e.CallEnded).ended_by in ("caller", "fault")


def test_ann_s_phone_breaks_while_she_talks_with_bob(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    line.hangs_up("ann", Cause.FAILED)
    assert line.hears("call-1") == line.leg_of("bob")


def test_a_restart_in_the_middle_of_it(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    line.restart()
    assert line.hears("call-1") == MUSIC
    assert hears(line, "ann") == line.leg_of("bob")
    line.presses(e.CallGiven, "ann", "call-1")
    assert line.hears("call-1") == line.leg_of("bob")


def test_a_restart_that_bob_s_line_does_not_survive(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    bob = line.leg_of("bob")
    line.restart(surviving=[leg for leg in line.phones if leg != bob])
    assert line.hears("call-1") == line.leg_of("ann")


def test_bob_answers_with_the_key_of_his_desk(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.presses(e.AnswerPressed, "bob", "call-1")
    assert line.last(e.TransferOffered).to == "bob"
    line.picks_up("bob")
    assert line.state_of("bob") == "talking"
    assert line.hears("call-1") == MUSIC


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("clearance", "client of high security"),
        ("operator is on_break", "bob has a break"),
        ("no phone", "bob has no phone"),
        ("no such operator", "to herself"),
        ("no such operator", "to nobody"),
        ("he is being offered to somebody already", "twice"),
    ],
)
def test_a_transfer_that_may_not_be_changes_nothing(reason: str, change: str) -> None:
    line = Line()
    both: Any = ("standard", "high_security")
    line.signs_in("ann", clearances=both)
    line.ready("ann", "bob", "cas")
    line.calls(clearance="high_security" if "security" in change else "standard")
    if line.ringing() != ["ann"]:
        line.rejects(line.ringing()[0])
    line.picks_up("ann")
    to = {"to herself": "ann", "to nobody": "zoe"}.get(change, "bob")
    if "break" in change:
        line.on_break("bob")
    if "no phone" in change:
        line.station_down("bob")
    if change == "twice":
        line.transfers("ann", "cas", "call-1")
    line.transfers("ann", to, "call-1")
    assert line.last(e.TransferRefused).reason == reason
    assert line.state_of("ann") == "talking"
    assert "bob" not in line.ringing()


def test_only_who_speaks_with_a_caller_gives_him_away(line: Line) -> None:
    line.transfers("cas", "bob", "call-1")
    assert isinstance(line.said[-1][1], e.Ignored)
    line.transfers("ann", "bob", "call-1")
    line.picks_up("bob")
    line.presses(e.CallGiven, "bob", "call-1")  # he cannot take what she has not given
    assert line.call("call-1").operator == "ann"


def test_an_emergency_service_outranks_a_transfer(line: Line) -> None:
    line.transfers("ann", "bob", "call-1")
    line.tell(
        e.ServicePressed(
            incident_id=line.call("call-1").incident_id,
            operator=OperatorId("ann"),
            service="police-1",
            service_kind="police",
            name="Police",
            lines=("direct",),
        )
    )
    assert line.ringing() == ["police-1"]
    assert line.state_of("bob") == "ready"
    assert LegId(str(line.call("call-1").consulted)) in line.phones
    assert CallId("call-1") in line.switchboard.calls
