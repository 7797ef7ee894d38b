"""A number that alarm panels dial: and it is no panel, or one that opens its microphone.

The engine has picked up already when the rules hear of such a call. While a panel speaks they
hear of its alarms alone, as of any other's.
"""

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.call import Sound
from tests.stories.alarms import AlarmLine
from tests.stories.line import Line

RECEIVER = {"is_answered": True, "service": "alarm_receiver", "while_ringing": "ringback"}
RINGBACK = ((), "ringback")


def test_somebody_who_dials_it_by_hand_hears_that_it_rings_and_gets_an_operator() -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    call = line.calls(**RECEIVER)
    assert line.hears(call) == RINGBACK, "never silence"
    assert line.ringing() == ["ann"]
    line.picks_up("ann")
    assert line.call(call).state == "talking"
    assert line.hears(call) == line.leg_of("ann")
    assert not [x for _, x in line.said if isinstance(x, c.AnswerCaller | c.SignalRinging)], (
        "it is answered once"
    )


def test_where_calls_are_recorded_with_a_notice_he_hears_it() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(**{**RECEIVER, "while_ringing": "notice"})
    assert line.hears(call) == (("recording_notice",), "ringback")


def test_he_hangs_up_before_anybody_speaks_and_is_called_back() -> None:
    line = Line()
    call = line.calls(**RECEIVER)
    line.gives_up(call)
    assert line.last(e.CallBackPlanned).call_id == line.call(call).call_id


def test_nobody_is_there_and_he_is_kept_company() -> None:
    line = Line()
    call = line.calls(**RECEIVER)
    line.fast_forward(60)
    assert line.hears(call) == (("all_busy_calm",), "repeat")


def test_where_a_panel_opens_its_microphone_nothing_is_heard_until_an_operator_speaks() -> None:
    line = Line(is_cloned=True)
    call = line.calls(**RECEIVER, is_listening_in=True)
    line.fast_forward(120)
    assert line.call(call).sound is Sound.NOTHING, "an intruder hears no voice and no ringing"
    line.ready("ann")
    line.picks_up("ann")
    assert line.hears(call) == line.leg_of("ann")


def test_its_call_is_in_the_case_of_its_alarm() -> None:
    night = AlarmLine()
    night.ready("ann")
    night.alarm()
    [case] = night.open_cases
    call = night.calls(**RECEIVER, is_listening_in=True, incident_id=e.IncidentId(case))
    assert night.call(call).incident_id == case
    assert night.open_cases == [case]


def test_after_a_restart_he_hears_it_still() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(**RECEIVER)
    said = line.restart()
    assert any(isinstance(x, c.Play) and x.then == "ringback" for x in said)
    assert line.hears(call) == RINGBACK


@pytest.mark.parametrize("found", ["silent", "garbled", "listen_in", "hung_up"])
def test_what_was_found_on_the_line_is_a_line_of_the_case_and_nothing_more(found: str) -> None:
    line = Line()
    call = line.calls(**RECEIVER)
    known = line.call(call)
    event = e.PanelHandedOver(
        incident_id=known.incident_id, call_id=known.call_id, found=found, keys="1234"
    )
    assert line.tell(event) == []
