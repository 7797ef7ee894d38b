"""Contact ID over IP and over the telephone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securityline.alarms.contact_id import ContactIdEvent, checksum, decode, encode, parse


@pytest.mark.parametrize(
    ("data", "event"),
    [
        ("#1234|1130 01 015", ContactIdEvent("1234", "event", "130", "01", zone="015")),
        ("#1234|3130 01 015", ContactIdEvent("1234", "restore", "130", "01", zone="015")),
        ("#1234|6130 00 000", ContactIdEvent("1234", "status", "130", "")),
        ("#1234|1121 01 007", ContactIdEvent("1234", "event", "121", "01", user="007")),
        ("#12ab|1130 01 015", ContactIdEvent("12AB", "event", "130", "01", zone="015")),
        ("|1130 01 015", ContactIdEvent("", "event", "130", "01", zone="015")),
        ("1130 01 015", ContactIdEvent("", "event", "130", "01", zone="015")),
        ("#1234|113001015", ContactIdEvent("1234", "event", "130", "01", zone="015")),
        (
            "#1234|1130 01 030 door",
            ContactIdEvent("1234", "event", "130", "01", zone="030", unread="door"),
        ),
        (
            "#1234|9130 01 015",
            ContactIdEvent("1234", "event", "130", "01", zone="015", unread="qualifier 9"),
        ),
    ],
)
def test_data_of_dc09(data: str, event: ContactIdEvent) -> None:
    assert parse(data) == event


@pytest.mark.parametrize("data", ["", "#1234|", "#1234|hello", "#1234|113 01 015", "|12"])
def test_what_is_not_contact_id_is_none(data: str) -> None:
    assert parse(data) is None


def test_the_worked_example() -> None:
    """1234, perimeter burglary in zone 15 of group 1: the checksum is 8.

    1+2+3+4 + 1+8 + 1 + 1+3+1 + 10+1 + 10+1+5 = 52, and 52 + 8 = 60 = 4 times 15.
    """
    assert checksum("123418113101015") == 52 % 15
    assert encode("1234", "1", "131", "01", "015") == "1234181131010158"
    assert decode("1234181131010158") == ContactIdEvent(
        "1234", "event", "131", "01", zone="015"
    )


def test_letters_are_keys_of_the_telephone() -> None:
    keys = encode("BCDE", "3", "121", "00", "00F")

    assert keys.startswith("*#AB18")
    assert decode(keys) == ContactIdEvent("BCDE", "restore", "121", "", user="00F")


@pytest.mark.parametrize("kind", ["18", "98", "58"])
def test_all_message_types_are_read(kind: str) -> None:
    digits = f"1234{kind}113101015"
    last = next(key for key in "123456789*#ABC" if decode(digits + key) is not None)

    assert decode(digits + last) == ContactIdEvent("1234", "event", "131", "01", zone="015")


@pytest.mark.parametrize(
    "keys",
    [
        "",
        "123418113101015",
        "12341811310101588",
        "1234181131010157",
        "1234191131010157",
        "1234182131010157",
        "123418113101015D",
        "12341811310A0158",
        "1234 81131010158",
    ],
)
def test_what_was_misheard_is_none(keys: str) -> None:
    assert decode(keys) is None


DIGITS = "0123456789BCDEF"


@settings(deadline=None)
@given(
    st.text(DIGITS, min_size=4, max_size=4),
    st.sampled_from("136"),
    st.text("0123456789", min_size=3, max_size=3),
    st.text("0123456789", min_size=2, max_size=2),
    st.text(DIGITS, min_size=3, max_size=3),
    st.integers(0, 15),
    st.sampled_from("0123456789*#ABC"),
)
def test_a_message_survives_and_one_wrong_key_does_not(
    account: str, qualifier: str, code: str, area: str, number: str, at: int, wrong: str
) -> None:
    keys = encode(account, qualifier, code, area, number)
    event = decode(keys)

    assert event is not None
    assert (event.account, event.code) == (account, code)
    assert (event.zone or event.user or "000") == number
    damaged = keys[:at] + wrong + keys[at + 1 :]
    is_same_value = {wrong, keys[at]} in ({"0"}, {wrong}) or wrong == keys[at]
    assert is_same_value or decode(damaged) is None


def test_an_impossible_message_is_not_made() -> None:
    for parts in (("123", "1", "130", "01", "015"), ("12A4", "1", "130", "01", "015")):
        with pytest.raises(ValueError, match="not a Contact ID message"):
            encode(*parts)
