"""A case is laid aside until a time, with or without its caller, and comes back by itself."""

from typing import Any

import pytest

from callflows import events as e
from callflows.call import CallState
from callflows.events import Cause, IncidentId, OperatorId
from tests.stories.line import Line

CASE = IncidentId("inc-call-1")
MUSIC = (("please_hold",), "hold_music")


@pytest.fixture
def line() -> Line:
    """Ann speaks with a caller; Bob is free."""
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.picks_up("ann")
    return line


def case(line: Line) -> Any:
    return line.switchboard.incidents[CASE]


def without_a_call(line: Line) -> None:
    line.gives_up("call-1", Cause.HUNG_UP)
    line.ready("ann")


def test_a_parked_caller_hears_music_and_comes_back_to_ann_by_himself(line: Line) -> None:
    line.parks("ann", "call-1", 300)
    assert line.call("call-1").state is CallState.PARKED
    assert line.hears("call-1") == MUSIC
    assert line.state_of("ann") == "ready", "she may take other calls meanwhile"
    assert line.ringing() == []

    line.fast_forward(299)
    assert line.hears("call-1") == MUSIC
    line.fast_forward(2)
    assert line.ringing() == ["ann"]
    assert line.last(e.ParkEnded).reason == "its time is over"
    line.picks_up("ann")
    assert line.hears("call-1") == line.leg_of("ann")
    assert line.recordings == {"call-1-r1": "running"}


def test_a_parked_caller_goes_to_whoever_is_free_when_ann_is_away(line: Line) -> None:
    line.parks("ann", "call-1", 300)
    line.on_break("ann")
    line.fast_forward(301)
    assert line.ringing() == ["bob"]


def test_ann_takes_him_back_before_his_time(line: Line) -> None:
    line.parks("ann", "call-1", 300)
    line.tell(e.CaseUnparked(incident_id=CASE, operator=OperatorId("ann")))
    assert line.ringing() == ["ann"]
    line.picks_up("ann")
    assert line.hears("call-1") == line.leg_of("ann")
    line.fast_forward(400)
    assert line.call("call-1").operator == "ann", "the time that was set means nothing now"


def test_nobody_takes_back_two_callers_at_once(line: Line) -> None:
    line.parks("ann", "call-1", 300)
    line.calls()
    line.picks_up(line.ringing()[0])
    busy = next(x for x in ("ann", "bob") if line.state_of(x) == "talking")
    line.tell(e.CaseUnparked(incident_id=CASE, operator=OperatorId(busy)))
    assert line.last(e.ParkRefused).reason == "you are in a call"
    assert line.call("call-1").state is CallState.PARKED


def test_a_parked_caller_who_hangs_up_puts_his_case_in_front_of_ann(line: Line) -> None:
    line.parks("ann", "call-1", 300)
    line.gives_up("call-1", Cause.HUNG_UP)
    wanted = line.last(e.AttentionWanted)
    assert (wanted.reason, wanted.only) == ("a parked caller is gone", "ann")
    assert case(line).attention_since is not None


def test_a_restart_forgets_no_parked_caller(line: Line) -> None:
    line.parks("ann", "call-1", 300)
    line.fast_forward(100)
    line.restart()
    assert line.hears("call-1") == MUSIC
    line.fast_forward(199)
    assert line.ringing() == []
    line.fast_forward(2)
    assert line.ringing() == ["ann"]


def test_a_parked_caller_whose_line_a_restart_lost_is_told_of(line: Line) -> None:
    line.parks("ann", "call-1", 300)
    line.restart(surviving=[])
    assert line.last(e.AttentionWanted).reason == "a parked caller is gone"


def test_no_caller_waits_longer_than_his_client_allows(line: Line) -> None:
    line.parks("ann", "call-1", 601, limit=600.0)
    assert line.last(e.ParkRefused).reason == "10 minutes at most"
    assert line.call("call-1").state is CallState.TALKING
    line.parks("ann", "call-1", 600, limit=600.0)
    assert line.call("call-1").state is CallState.PARKED


def test_a_case_without_a_call_comes_back_to_its_owner_alone_then_to_all(line: Line) -> None:
    without_a_call(line)
    line.parks("ann", "call-1", 3600)
    assert case(line).parking is not None
    line.fast_forward(3601)
    first = line.last(e.AttentionWanted)
    assert (first.reason, first.only) == ("a parked case is back", "ann")
    line.fast_forward(61)
    then = line.last(e.AttentionWanted)
    assert then.only is None
    assert then.reason == "a parked case was not taken back by its owner"
    assert case(line).parking is None


def test_whoever_takes_the_case_when_it_is_back_has_it(line: Line) -> None:
    without_a_call(line)
    line.parks("ann", "call-1", 3600)
    line.fast_forward(3601)
    line.tell(e.CaseTaken(incident_id=CASE, operator=OperatorId("ann")))
    line.fast_forward(600)
    assert len(line.all(e.AttentionWanted)) == 1
    assert case(line).attention_since is None


def test_a_case_whose_owner_went_home_comes_back_to_everybody_at_once(line: Line) -> None:
    without_a_call(line)
    line.parks("ann", "call-1", 3600)
    line.signs_out("ann")
    line.fast_forward(3601)
    assert line.last(e.AttentionWanted).only is None


@pytest.mark.parametrize(
    ("operator", "seconds", "reason"),
    [
        ("ann", -1.0, "the time is over"),
        ("ann", 25 * 3600.0, "1440 minutes at most"),
        ("bob", 60.0, "it is another operator's case"),
    ],
)
def test_what_may_not_be_parked_stays(
    line: Line, operator: str, seconds: float, reason: str
) -> None:
    without_a_call(line)
    line.parks(operator, "call-1", seconds)
    assert line.last(e.ParkRefused).reason == reason
    assert case(line).parking is None


def test_a_case_is_not_parked_under_a_caller_who_waits(line: Line) -> None:
    without_a_call(line)
    line.calls(incident_id=CASE)
    line.parks("ann", "call-1", 60)
    assert line.last(e.ParkRefused).reason == "somebody is on the line"


def test_closing_a_parked_case_ends_its_time(line: Line) -> None:
    without_a_call(line)
    line.parks("ann", "call-1", 3600)
    ann = OperatorId("ann")
    line.tell(e.StepAnswered(incident_id=CASE, operator=ann, step="facts", text="done"))
    line.tell(e.CloseRequested(incident_id=CASE, operator=ann, disposition="handled"))
    assert not case(line).is_open
    line.fast_forward(4000)
    assert not line.all(e.AttentionWanted)
