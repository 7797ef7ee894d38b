"""A panel, or a human, on the telephone: told as they would tell it, in pretend time."""

from hypothesis import given, settings
from hypothesis import strategies as st

from securityline.alarms import contact_id_call as rules
from securityline.alarms.contact_id import encode
from securityline.alarms.contact_id_call import (
    HANDSHAKE,
    KISS_OFF,
    ContactIdCall,
    Event,
    HandToOperator,
    HangUp,
    MessageHeard,
    PlayTone,
    Reason,
    signal_of,
)

PANIC = encode("1234", "1", "120", "01", "015")
RESTORE = encode("1234", "3", "120", "01", "015")
GARBLED = PANIC[:-1] + ("1" if PANIC[-1] != "1" else "2")


class Line:
    """A call from our answer on, with its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.call = ContactIdCall(0.0)
        self.events: list[tuple[float, Event]] = []

    def wait(self, seconds: float) -> "Line":
        until = self.now + seconds
        while (due := self.call.next_timer()) is not None and due <= until:
            self.now = max(self.now, due)
            self.call.handle_timer(self.now)
            self._collect()
        self.now = until
        return self

    def press(self, keys: str, every: float = 0.11) -> "Line":
        for key in keys:
            self.wait(every)
            self.call.heard(key, self.now)
            self._collect()
        return self

    def stored(self) -> "Line":
        self.call.stored(self.now)
        self._collect()
        return self

    def _collect(self) -> None:
        while (event := self.call.next_event()) is not None:
            self.events.append((round(self.now, 3), event))

    @property
    def said(self) -> list[Event]:
        return [event for _, event in self.events]


def kinds(line: Line) -> list[str]:
    names = {HANDSHAKE: "handshake", KISS_OFF: "kiss-off"}
    return [
        names[event] if isinstance(event, PlayTone) else type(event).__name__
        for event in line.said
    ]


def test_a_panel_reports_and_hangs_up() -> None:
    line = Line().wait(1.6).press(PANIC)
    message = line.said[-1]

    assert line.events[0] == (1.0, HANDSHAKE)
    assert isinstance(message, MessageHeard)
    assert (message.event.account, message.event.code, message.event.zone) == (
        "1234",
        "120",
        "015",
    )
    assert kinds(line) == ["handshake", "MessageHeard"], "no receipt before it is stored"
    line.stored()
    assert kinds(line) == ["handshake", "MessageHeard", "kiss-off"]
    line.wait(10)
    assert line.said[-1] == HangUp()
    assert line.call.is_over
    assert line.call.is_panel


def test_a_panel_has_more_to_say() -> None:
    line = Line().wait(1.6).press(PANIC).stored().wait(1.4).press(RESTORE).stored()

    assert kinds(line) == [
        "handshake",
        "MessageHeard",
        "kiss-off",
        "MessageHeard",
        "kiss-off",
    ]


def test_a_panel_that_missed_its_receipt_gets_another_and_makes_no_second_alarm() -> None:
    line = Line().wait(1.6).press(PANIC).stored().wait(1.5).press(PANIC)

    assert kinds(line) == ["handshake", "MessageHeard", "kiss-off", "kiss-off"]


def test_a_slow_disk_makes_the_panel_repeat_and_it_gets_its_receipt_then() -> None:
    line = Line().wait(1.6).press(PANIC).wait(1.3).press(PANIC[:4]).stored()
    assert kinds(line) == ["handshake", "MessageHeard"]
    line.press(PANIC[4:])

    assert kinds(line) == ["handshake", "MessageHeard", "kiss-off"]
    line.wait(10)
    assert line.said[-1] == HangUp()


def test_a_disk_that_never_answers_brings_an_operator() -> None:
    line = Line().wait(1.6)
    for _ in range(4):
        line.press(PANIC).wait(1.3)
    line.wait(10)

    assert kinds(line) == ["handshake", *["MessageHeard"] * 4, "HandToOperator"]
    assert line.said[-1] == HandToOperator(Reason.NOT_STORED, PANIC)


def test_a_repeat_has_the_same_name_within_the_call_and_another_in_the_next() -> None:
    line = Line().wait(1.6).press(PANIC).wait(1.3).press(PANIC)
    first, again = [event for event in line.said if isinstance(event, MessageHeard)]

    one, other = signal_of(first, "call-1", "+32478123456"), signal_of(again, "call-1")
    assert one.source_id == other.source_id
    assert signal_of(first, "call-2").source_id != one.source_id
    assert (one.source, one.account, one.code, one.code_format) == (
        "contact_id_call",
        "1234",
        "120",
        "contact_id",
    )
    assert one.extra["caller"] == "+32478123456"


def test_a_silent_human_has_an_operator_after_five_seconds() -> None:
    line = Line().wait(60)

    assert kinds(line) == ["handshake", "handshake", "HandToOperator"]
    assert line.events[-1] == (5.0, HandToOperator(Reason.SILENT, ""))
    assert not line.call.is_panel


def test_a_human_who_presses_a_key_has_an_operator_after_five_seconds() -> None:
    line = Line().wait(2).press("0").wait(60)

    assert line.events[-1] == (5.0, HandToOperator(Reason.NOT_A_PANEL, "0"))


def test_a_human_who_presses_keys_for_long_waits_little_longer() -> None:
    line = Line().wait(2).press("5" * 40, every=0.6).wait(60)
    at, event = line.events[-1]

    assert at < 5.6
    assert isinstance(event, HandToOperator)
    assert event.reason is Reason.NOT_A_PANEL


def test_a_garbled_message_is_heard_again() -> None:
    line = Line().wait(1.6).press(GARBLED).wait(1.3).press(PANIC).stored()

    assert kinds(line) == ["handshake", "MessageHeard", "kiss-off"]
    line.wait(60)
    assert line.said[-1] == HangUp(), "what was garbled was said again"


def test_a_message_that_lost_a_key_is_heard_again() -> None:
    line = Line().wait(1.6).press(PANIC[:9] + PANIC[10:]).wait(1.3).press(PANIC).stored()

    assert kinds(line) == ["handshake", "MessageHeard", "kiss-off"]


def test_four_garbled_messages_bring_an_operator_with_what_was_heard() -> None:
    line = Line().wait(1.6)
    for _ in range(4):
        line.press(GARBLED).wait(1.3)

    assert line.said[-1] == HandToOperator(Reason.GARBLED, "/".join([GARBLED] * 4))


def test_a_panel_that_gives_up_garbled_brings_an_operator() -> None:
    line = Line().wait(1.6).press(GARBLED).wait(60)

    assert line.said[-1] == HandToOperator(Reason.GARBLED, GARBLED)


def test_a_second_message_that_is_garbled_is_not_forgotten() -> None:
    line = Line().wait(1.6).press(PANIC).stored().wait(1.4).press(GARBLED).wait(60)

    assert line.said[-1] == HandToOperator(Reason.GARBLED, GARBLED)


def test_a_panel_may_begin_before_the_handshake() -> None:
    line = Line().press(PANIC).stored()

    assert kinds(line) == ["MessageHeard", "kiss-off"]


def test_stored_without_a_message_does_nothing() -> None:
    line = Line().stored().wait(1.5).stored()
    assert kinds(line) == ["handshake"]
    line.press(PANIC).stored().stored()
    assert kinds(line) == ["handshake", "MessageHeard", "kiss-off"]


def test_keys_apart_are_not_one_message_however_late_the_timer_is_handled() -> None:
    call = ContactIdCall(0.0)
    for number, key in enumerate(PANIC):
        call.heard(key, 0.1 * number + (1.0 if number > 7 else 0.0))
    events = list(iter(call.next_event, None))

    assert not any(isinstance(event, MessageHeard) for event in events)


def test_after_the_end_nothing_comes() -> None:
    line = Line().wait(6)
    line.press(PANIC).stored().wait(60)

    assert kinds(line)[-1] == "HandToOperator"
    assert line.call.next_timer() is None


steps = st.one_of(
    st.tuples(st.just("wait"), st.floats(0, 6)),
    st.tuples(
        st.just("press"), st.sampled_from([PANIC, RESTORE, GARBLED, "0", "12#", "?", "D"])
    ),
    st.tuples(st.just("stored"), st.none()),
)


@settings(deadline=None)
@given(st.lists(steps, max_size=30))
def test_every_call_ends_with_a_receipt_or_a_human(script: list[tuple[str, object]]) -> None:
    line, heard = Line(), 0
    for name, value in script:
        before = len(line.events)
        if name == "wait":
            assert isinstance(value, float)
            line.wait(value)
        elif name == "press":
            line.press(str(value))
        else:
            line.stored()
        heard += sum(isinstance(event, MessageHeard) for _, event in line.events[before:])
    line.wait(rules.RECOGNISED_WITHIN + rules.NEXT_MESSAGE_WITHIN + 2)

    ends = [event for event in line.said if isinstance(event, HandToOperator | HangUp)]
    assert len(ends) == 1
    assert line.said[-1] == ends[0]
    receipts = kinds(line).count("kiss-off")
    assert (
        isinstance(ends[0], HandToOperator) or receipts or (heard and "stored" in str(script))
    )
    assert receipts == 0 or heard
