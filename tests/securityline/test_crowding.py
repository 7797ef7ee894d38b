"""A door that is full is said, once, and no longer than it is."""

from structlog.testing import capture_logs

from securityline.crowding import SAID_TIME, Crowding
from securityline.files import room


def test_a_full_door_is_a_line_and_a_reason_until_a_minute_is_calm() -> None:
    crowded, now = [0], 0.0
    watch = Crowding({"the desk and the API": lambda: crowded[0]}, lambda: now)
    assert watch.reasons() == []
    with capture_logs() as lines:
        for crowded[0] in (1, 40):
            assert watch.reasons() == ["too many connections come to the desk and the API"]
        now = SAID_TIME - 1
        assert watch.reasons()
        now = SAID_TIME
        assert watch.reasons() == []
    assert [line["event"] for line in lines] == [
        "too many connections",
        "no more too many connections",
    ]


def test_where_few_files_are_allowed_every_door_has_its_part_and_something_is_left() -> None:
    parts = [room(door, 2_000, files=1_024) for door in ("sip", "web", "panels")]
    assert parts == [512, 256, 128]
    assert room("web", 1_000, files=524_288) == 1_000
