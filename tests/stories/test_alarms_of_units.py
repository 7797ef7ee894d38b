"""An alarm unit that somebody wears: it reports by message, then he speaks through it."""

from typing import Any

from callflows import commands as c
from callflows import events as e
from tests.stories.alarms import HOUR, AlarmLine

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


# ---------------------------------------------------------------- what belongs to one alarm

FROM_UNIT = {"source": "scaip", "code": "0003", "code_format": "scaip", "account": "77"}


def unit_says(line: AlarmLine, kind: str, said: str, **values: Any) -> list[Any]:
    return line.alarm(kind, **(FROM_UNIT | {"source_id": said, "session": "abc"} | values))


def test_what_a_unit_says_later_goes_to_the_case_of_its_alarm_however_late() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    unit_says(line, "medical", "1", zone="9")
    [case] = line.open_cases
    line.fast_forward(2 * HOUR)
    unit_says(line, "medical", "2", zone="9", text="second part")
    assert line.open_cases == [case]
    assert line.last(e.AlarmJoined).reason == "the same alarm goes on: second part"
    line.fast_forward(2 * HOUR)
    unit_says(line, "medical", "3", zone="9", session="other")
    assert len(line.open_cases) == 2, "another reference, two hours later: another alarm"


def test_what_it_adds_is_a_line_of_that_case_and_opens_none() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    unit_says(line, "medical", "1")
    [case] = line.open_cases
    line.signal(
        e.StatusReceived, **(FROM_UNIT | {"source_id": "2", "session": "abc", "text": "in bed"})
    )
    joined = line.last(e.AlarmJoined)
    assert (joined.incident_id, joined.reason) == (case, "the same alarm goes on: in bed")
    assert line.switchboard.alarms.case_of("scaip", "2") == case
    line.signal(e.StatusReceived, **(FROM_UNIT | {"source_id": "3", "session": "zzz"}))
    assert len(line.all(e.AlarmJoined)) == 1


def test_a_reset_is_one_of_its_alarm_s_zone_whatever_device_it_names() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    unit_says(line, "medical", "1", zone="9")
    [case] = line.open_cases
    line.signal(
        e.RestoreReceived, **(FROM_UNIT | {"source_id": "2", "session": "abc", "zone": "1"})
    )
    assert line.last(e.ZoneRestored).incident_id == case
    assert line.last(e.ZoneRestored).left == ()


def test_a_reset_of_another_alarm_restores_nothing() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    unit_says(line, "medical", "1", zone="9")
    line.signal(
        e.RestoreReceived, **(FROM_UNIT | {"source_id": "2", "session": "zzz", "zone": "1"})
    )
    assert line.all(e.ZoneRestored) == []


def test_a_reset_of_two_zones_restores_the_one_that_it_names() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    unit_says(line, "medical", "1", zone="9")
    unit_says(line, "medical", "2", zone="8")
    reset = FROM_UNIT | {"session": "abc"}
    line.signal(e.RestoreReceived, **(reset | {"source_id": "3", "zone": "1"}))
    assert line.all(e.ZoneRestored) == [], "which one is not known"
    line.signal(e.RestoreReceived, **(reset | {"source_id": "4", "zone": "8"}))
    assert line.last(e.ZoneRestored).left == ("9",)


def test_who_was_promised_a_call_is_not_forgotten() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    unit_says(line, "medical", "1", call_time=300.0)
    [case] = line.open_cases
    line.tell(e.CaseTaken(incident_id=e.IncidentId(case), operator=e.OperatorId("ann")))
    line.fast_forward(239)
    assert line.in_front == []
    line.fast_forward(2)
    assert line.in_front == [case]
    assert line.case(case).attention == ["the unit was promised a call (1 min left)"]
    line.tell(e.CaseTaken(incident_id=e.IncidentId(case), operator=e.OperatorId("ann")))
    line.fast_forward(HOUR)
    assert line.in_front == [], "once"


def test_who_was_spoken_with_was_called() -> None:
    line = AlarmLine(is_cloned=True)
    line.ready("ann")
    unit_says(line, "medical", "1", call_time=300.0)
    [case] = line.open_cases
    line.calls(**UNIT, incident_id=e.IncidentId(case))
    line.picks_up("ann")
    line.fast_forward(300)
    assert not any("promised" in why for why in line.case(case).attention)
