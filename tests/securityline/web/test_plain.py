import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.web.plain import clip, write_duration, write_number


def test_numbers_are_written_in_groups() -> None:
    assert write_number("+32470000001") == "+32 470 00 00 01"
    assert write_number("sos@example") == "sos@example"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (7.9, "0:07"),
        (751, "12:31"),
        (10930, "3:02:10"),
        (-3, "0:00"),
        (2e5, "2 d"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert write_duration(seconds) == text


def test_foreign_text_cannot_turn_the_line_around_or_hide() -> None:
    assert clip("a\u202eb\u200bc\x00d") == "a\ufffdb\ufffdc\ufffdd"
    assert clip("déjà œ €") == "déjà œ €"
    assert clip("line\nbreak") == "line\nbreak"


def test_foreign_text_is_cut() -> None:
    assert len(clip("x" * 65536)) == 2001


@given(st.text())
def test_nothing_invisible_survives(text: str) -> None:
    for character in clip(text):
        assert character.isprintable() or character == "\n" or character.isspace()
