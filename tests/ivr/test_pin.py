"""A PIN by telephone: when it is complete, and which of the five outcomes it has."""

import itertools

import pytest

from ivr.pin import FIRST_TIME, LONGEST, NEXT_TIME, PinEntry, outcome_of


def entered(digits: str) -> PinEntry:
    entry = PinEntry(100.0)
    for place, digit in enumerate(digits):
        entry.press(digit, 101.0 + place)
    return entry


@pytest.mark.parametrize(
    ("digits", "is_complete", "taken"),
    [
        ("", False, ""),
        ("1357", False, "1357"),
        ("1357#", True, "1357"),
        ("#", True, ""),
        ("99*1357#", True, "1357"),
        ("12345678", True, "12345678"),
        ("123456789", True, "12345678"),
        ("1A3#", True, "13"),
        ("1#5", True, "1"),
    ],
)
def test_what_ends_it_and_what_was_entered(digits: str, is_complete: bool, taken: str) -> None:
    entry = entered(digits)
    assert entry.is_complete == is_complete
    assert entry.take() == taken
    assert entry.take() == "", "it is forgotten at once"


def test_it_waits_for_the_first_key_longer_than_for_the_next() -> None:
    entry = PinEntry(100.0)
    assert entry.deadline == 100.0 + FIRST_TIME
    entry.press("1", 110.0)
    assert entry.deadline == 110.0 + NEXT_TIME
    assert FIRST_TIME > NEXT_TIME


def test_the_digits_are_not_in_its_picture() -> None:
    assert "1357" not in repr(entered("1357")).replace(" ", "").replace("'", "")
    assert LONGEST == 8


@pytest.mark.parametrize("facts", list(itertools.product([True, False], repeat=4)))
def test_every_combination_has_one_outcome(facts: tuple[bool, bool, bool, bool]) -> None:
    is_entered, is_pin, is_duress_pin, is_expired = facts
    outcome = outcome_of(
        is_entered=is_entered,
        is_pin=is_pin,
        is_duress_pin=is_duress_pin,
        is_expired=is_expired,
    )
    assert (outcome == "duress") == is_duress_pin
    assert (outcome == "good") == (
        is_entered and is_pin and not is_expired and not is_duress_pin
    )
    if outcome == "expired":
        assert is_pin
        assert is_expired
