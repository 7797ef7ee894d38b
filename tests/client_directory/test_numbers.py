import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_directory import numbers
from client_directory.numbers import (
    is_country,
    is_dialable,
    is_emergency_number,
    is_short_number,
    normalise,
    number_part,
)

BRUSSELS = "+3222001234"


@pytest.mark.parametrize(
    "written",
    [
        "+3222001234",
        "+32 2 200 12 34",
        "+32-2-200-12-34",
        "+32 (0)2 200.12.34",
        "+32(0)22001234",
        "0032 2 200 12 34",
        "003222001234",
        "02 200 12 34",
        "02/200.12.34",
        "(02) 200 12 34",
        "022001234",
        "22001234",
        "3222001234",
        "tel:+32-2-200-12-34",
        "TEL:022001234",
        "+3222001234;npdi;rn=+32999",
        "+3222001234;verstat=TN-Validation-Passed",
        "022001234;phone-context=+32",
        "2001234;phone-context=+322",
        "022001234;Phone-Context=+32",
        "%2B3222001234",
        "+32%202%20200%2012%2034",
        "02\u00a0200\u00a012\u00a034",
    ],
)
def test_one_number_in_all_its_spellings(written):
    assert normalise(written, "BE") == BRUSSELS


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("0033612345678", "BE", "+33612345678"),
        ("33612345678", "BE", "+33612345678"),
        ("0612345678", "FR", "+33612345678"),
        ("0612345678", "NL", "+31612345678"),
        ("030 123456", "DE", "+4930123456"),
        ("0478123456", "BE", "+32478123456"),
        ("+1 202 555 0143", "BE", "+12025550143"),
        ("0039 06 1234 5678", "BE", "+390612345678"),
        ("06 1234 5678", "IT", "+390612345678"),
    ],
)
def test_the_country_decides_only_for_national_numbers(written, country, expected):
    assert normalise(written, country) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "+",
        "0",
        "00",
        "000",
        "112",
        "+32112",
        "101",
        "201",
        "anonymous",
        "julie+3222001234",
        "+3222001234x5",
        "+32 2 200 12 34 ext 5",
        "0800-FLOWERS",
        "+322200١234",
        "+3222001234,1",
        "+3222001234\n",
        "+3222001234\x00",
        "++3222001234",
        "+32+22001234",
        "12" * 30,
        ";phone-context=+32",
        "022001234;phone-context=+32;" + "x" * 300,
        "+3222001234%00",
        "+3222001234%0d%0aVia:",
        "+9990123456789",
    ],
)
def test_what_is_no_number_stays_none(written):
    assert normalise(written, "BE") is None


def test_a_context_that_is_no_number_is_not_read():
    assert normalise("022001234;phone-context=example.com", "BE") == BRUSSELS
    assert normalise("022001234;phone-context=+evil", "BE") == BRUSSELS


def test_a_context_is_not_put_before_an_international_number():
    assert normalise("+3222001234;phone-context=+44", "BE") == BRUSSELS


def test_a_number_out_of_service_is_still_a_number():
    assert normalise("+32 2 099 99 99", "BE") is not None


@given(st.text(max_size=400), st.sampled_from(["BE", "FR", "ZZ", "", "US"]))
def test_any_text_gives_a_number_or_nothing(text, country):
    number = normalise(text, country)
    assert number is None or (number[0] == "+" and number[1:].isdecimal() and len(number) <= 18)
    is_emergency_number(text, country)
    is_short_number(text)


@given(st.from_regex(r"\+32[1-9][0-9]{7}", fullmatch=True))
def test_normalising_twice_changes_nothing(number):
    once = normalise(number, "BE")
    assert once is None or normalise(once, "FR") == once


def test_long_text_is_not_remembered():
    before = numbers._normalise.cache_info().currsize
    assert normalise("+32" + "2" * 100_000, "BE") is None
    assert numbers._normalise.cache_info().currsize == before


@pytest.mark.parametrize(
    "written",
    [
        "112",
        "101",
        "100",
        "tel:112",
        "+32112",
        "+32 101",
        "0032112",
        "0112",
        "911",
        "1 1 2",
        "17",
    ],
)
def test_emergency_numbers_and_their_disguises(written):
    assert is_emergency_number(written, "BE")


@pytest.mark.parametrize(
    ("written", "country"),
    [("+3317", "BE"), ("0033 18", "BE"), ("110", "DE"), ("+49110", "BE"), ("999", "GB")],
)
def test_emergency_numbers_of_other_countries(written, country):
    assert is_emergency_number(written, country)


@pytest.mark.parametrize(
    "written",
    [
        "+3222001234",
        "02 112 11 22",
        "0470112112",
        "+32 2 555 01 12",
        "1722",
        "",
        "sip:112",
        "112a",
    ],
)
def test_other_numbers_are_no_emergency_numbers(written):
    assert not is_emergency_number(written, "BE")


def test_short_numbers_are_extensions_and_service_codes():
    assert [
        text
        for text in ("201", "1722", "0201", "+3222001234", "a1", "1")
        if is_short_number(text)
    ] == ["201", "1722"]


def test_what_may_be_dialled():
    assert is_dialable("+3225550100")
    assert is_dialable("+32470000001")
    assert not is_dialable("+32902123456"), "premium rate"
    assert not is_dialable("+3220"), "in no plan"
    assert not is_dialable("201")


def test_number_part_keeps_digits_and_plus_alone():
    assert number_part("+32 (2) 200-12-34;isub=5") == "+3222001234"
    assert number_part("julie") == ""


def test_countries():
    assert is_country("BE")
    assert not is_country("XX")
    assert not is_country("be")
