"""An alarm unit that somebody wears: it reports by message, then he speaks through it."""

from callflows import commands as c
from callflows import events as e
from tests.stories.alarms import AlarmLine

UNIT = {"is_known_did": True, "while_ringing": "ringback", "urgency": 1, "caller": None}


def presses(line: AlarmLine, ref: str = "a1") -> str:
    """Somebody presses his button; returns the case."""
    line.alarm("medical", source="scaip", source_id=ref, code="0003", code_format="scaip")
    [case] = line.open_cases
    return case


def test_he_presses_and_speaks_and_it_is_one_incident() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    case = presses(line)
    assert line.in_front == [case], "in front of the operators before he calls"
    call = line.calls(**UNIT, incident_id=e.IncidentId(case))
    assert line.ringing() == ["ann"]
    line.picks_up("ann")
    assert line.call(call).incident_id == case
    assert line.case(case).owner == "ann", "who speaks with him has the case"
    assert line.open_cases == [case]
    recorded = [x.call_id for x in line.all(c.StartRecording)]
    assert recorded == [line.call(call).call_id]


def test_nothing_is_read_aloud_beside_him_before_an_operator_speaks() -> None:
    line = AlarmLine()
    line.ready("ann")
    case = presses(line)
    call = line.calls(**UNIT, incident_id=e.IncidentId(case))
    assert line.hears(call) == "ringback"


def test_a_unit_on_hold_says_it_again_and_it_is_one_alarm() -> None:
    line = AlarmLine()
    line.ready("ann")
    case = presses(line)
    line.fast_forward(15)
    line.again()
    assert line.last(e.AlarmRepeated).incident_id == case
    assert line.open_cases == [case]


def test_his_call_breaks_off_and_the_case_stays() -> None:
    line = AlarmLine()
    line.ready("ann")
    case = presses(line)
    call = line.calls(**UNIT, incident_id=e.IncidentId(case))
    line.gives_up(call)
    assert line.open_cases == [case]
    assert case in line.in_front
