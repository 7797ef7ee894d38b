import pytest

from securityline.telephony.admission import IncidentNumbers, newest_number

NOON = 1_795_348_800.0  # 2026-11-22 12:00 UTC
DAY = 86_400.0


def test_numbers_count_within_the_day() -> None:
    numbers = IncidentNumbers()
    assert [numbers.next(NOON), numbers.next(NOON + 1)] == ["20261122-0001", "20261122-0002"]


def test_a_new_day_begins_at_one() -> None:
    numbers = IncidentNumbers("20261122-0417")
    assert numbers.next(NOON) == "20261122-0418"
    assert numbers.next(NOON + DAY) == "20261123-0001"


def test_a_clock_set_back_makes_no_number_twice() -> None:
    numbers = IncidentNumbers()
    first = numbers.next(NOON)
    again = numbers.next(NOON - 3 * DAY)
    assert first != again
    assert again > first


def test_ten_thousand_calls_in_a_day_still_have_numbers() -> None:
    assert IncidentNumbers("20261122-9999").next(NOON) == "20261122-10000"


@pytest.mark.parametrize("rubbish", ["", "x", "20261122-", "20261122-abc"])
def test_what_cannot_be_read_starts_afresh(rubbish: str) -> None:
    assert IncidentNumbers(rubbish).next(NOON).endswith("-0001")


def test_the_newest_number_is_found_among_those_that_changed_last() -> None:
    assert newest_number(["20261122-9999", "20261122-10000", "20261121-0007"]) == (
        "20261122-10000"
    )
    assert newest_number([]) == ""
