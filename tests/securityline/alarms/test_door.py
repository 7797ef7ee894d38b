"""The door for alarms: stored before it is answered for, and signs of life leave no line."""

from collections.abc import Callable
from typing import Any

import pytest

from callflows.events import AlarmReceived, IncidentId
from callflows.switchboard import Switchboard
from client_directory.directory import Directory
from securityline.alarms.dc09 import Fault, Outcome
from securityline.alarms.door import AlarmDoor, Taken
from securityline.alarms.intake import FaultSeen
from securityline.alarms.panels import read_settings
from securityline.alarms.signal import HEARTBEAT, Signal


class Engine:
    """Handles events at once, and is durable when the test says so."""

    def __init__(self) -> None:
        self.switchboard = Switchboard()
        self.events: list[Any] = []
        self.waiting: list[Callable[[], None]] = []
        self.seq = 0

    def handle(self, event: Any, documents: Any = (), *, when_safe: Any) -> None:
        self.events.append(event)
        self.seq += len(self.switchboard.handle(event, 1000.0)) + 1
        self.waiting.append(when_safe)

    def becomes_durable(self) -> None:
        waiting, self.waiting = self.waiting, []
        for then in waiting:
            then()


class Holder:
    current = Directory()


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def heard() -> list[Signal]:
    return []


@pytest.fixture
def door(engine: Engine, heard: list[Signal]) -> AlarmDoor:
    numbers = iter(range(1, 1000))
    return AlarmDoor(
        engine.handle,
        Holder(),
        clock=lambda: 1000.0,
        next_number=lambda now: IncidentId(f"n-{next(numbers)}"),
        head=lambda: engine.seq,
        book=lambda: engine.switchboard.alarms,
        is_case=lambda number: number in engine.switchboard.incidents,
        heard=heard.append,
    )


def signal(source_id: str, **more: Any) -> Signal:
    values: dict[str, Any] = {
        "source": "dc09",
        "source_id": source_id,
        "account": "1234",
        "code": "130",
        "code_format": "contact_id",
        "zone": source_id,
    }
    return Signal(**(values | more))


def test_nothing_is_answered_before_it_is_durable(door: AlarmDoor, engine: Engine) -> None:
    answers: list[Outcome] = []
    door.take((signal("1"),), answers.append)
    assert answers == []
    engine.becomes_durable()
    assert answers == [Outcome.STORED]


def test_a_frame_of_several_events_is_answered_once_after_the_last(
    door: AlarmDoor, engine: Engine
) -> None:
    answers: list[Outcome] = []
    door.take((signal("1"), signal("2"), signal("3")), answers.append)
    assert len(engine.events) == 3
    engine.waiting.pop(0)()
    engine.waiting.pop(0)()
    assert answers == []
    engine.becomes_durable()
    assert answers == [Outcome.STORED]


def test_a_sign_of_life_is_supervised_and_leaves_no_line(
    door: AlarmDoor, engine: Engine, heard: list[Signal]
) -> None:
    answers: list[Outcome] = []
    alive = signal("0", code=HEARTBEAT, code_format="kind", is_heartbeat=True)
    door.take((alive,), answers.append)
    assert answers == [Outcome.STORED]
    assert engine.events == []
    door.take((signal("1"),), answers.append)
    assert len(heard) == 2, "an alarm shows too that its path works"


def test_a_repeat_is_answered_again_and_makes_no_second_case(
    door: AlarmDoor, engine: Engine
) -> None:
    taken: list[Taken] = []
    door.admit(signal("1"), taken.append)
    door.admit(signal("1"), taken.append)
    engine.becomes_durable()
    first, again = taken
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.incident_id == again.incident_id != ""
    assert len(engine.switchboard.incidents) == 1
    assert again.seq > first.seq


def test_supervision_that_breaks_keeps_no_alarm_out(engine: Engine) -> None:
    def broken(_signal: Signal) -> None:
        raise RuntimeError("a defect")

    door = AlarmDoor(
        engine.handle,
        Holder(),
        clock=lambda: 1000.0,
        next_number=lambda now: IncidentId("n-1"),
        head=lambda: engine.seq,
        book=lambda: engine.switchboard.alarms,
        is_case=lambda number: number in engine.switchboard.incidents,
        heard=broken,
    )
    door.take((signal("1"),), lambda outcome: None)
    assert isinstance(engine.events[0], AlarmReceived)


def test_a_fault_is_told_once_an_account(
    door: AlarmDoor, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = next(iter(Fault))
    for _ in range(3):
        door.note_fault(FaultSeen(fault, "1234", "192.0.2.1", "dc09:tcp"))
    door.note_fault(FaultSeen(fault, "", "192.0.2.2", "dc09:tcp"))
    assert capsys.readouterr().out.count("not taken") == 2


# ---------------------------------------------------------------- keys


def test_keys_are_read_with_their_account(tmp_path: Any) -> None:
    file = tmp_path / "keys"
    file.write_text(
        "# panels\n1234 " + "0f" * 16 + "\na1b2  " + "AA" * 32 + " # big\n* " + "00" * 24
    )
    agreed = read_settings(file, ["77"], ["88"])
    assert agreed.key_of("1234") == b"\x0f" * 16
    assert agreed.key_of("A1B2") == b"\xaa" * 32
    assert agreed.key_of("other") == bytes(24)
    assert agreed.binary_crc_accounts == {"77"}
    assert agreed.unchecked_clock_accounts == {"88"}
    assert read_settings(None).key_of("1234") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1234", ":1: an account and its key"),
        ("1234 00 11", ":1: an account and its key"),
        ("\n1234 12345", ":2: a DC-09 key is"),
        ("1234 " + "00" * 16 + "\n1234 " + "11" * 16, ":2: account 1234 twice"),
    ],
)
def test_a_wrong_line_is_named_and_no_key_is_shown(
    tmp_path: Any, text: str, words: str
) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(ValueError, match=words) as error:
        read_settings(file)
    assert "12345" not in str(error.value).replace("1234 ", "")
