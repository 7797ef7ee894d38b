"""Units that come by no trunk: their users, and what their words become."""

from pathlib import Path

import pytest

from securityline.alarms.scaip import ScaipError, Status
from securityline.alarms.scaip_units import Units, read_units
from securityline.alarms.scaip_words import open_request, told_signal
from sip.digest import make_ha1


def units(tmp_path: Path, text: str) -> Units:
    file = tmp_path / "scaip.units"
    file.write_text(text)
    return read_units(file, "line.example")


def test_a_line_is_a_user_and_its_password(tmp_path: Path) -> None:
    known = units(tmp_path, "# ours\n\nunit7  s3cret#1\nunit8 other\n")
    assert "unit7" in known
    assert "unit9" not in known
    assert known.ha1("unit7", "MD5") == make_ha1("MD5", "unit7", "line.example", "s3cret#1")
    assert known.ha1("unit9", "MD5") is None
    assert "s3cret" not in repr(known)


def test_without_a_file_nobody_is_known() -> None:
    assert read_units(None, "line.example").ha1("unit7", "MD5") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("unit7\n", ":1: a user and its password"),
        ("unit7 a b\n", ":1: a user and its password"),
        ("\nunit7 secret\nunit7 again\n", ":3: user unit7 twice"),
        ("201 secret\n", ":1: 201 could be an operator's extension"),
    ],
)
def test_a_bad_line_names_its_place_and_never_the_password(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        units(tmp_path, text)
    assert "secret" not in str(raised.value)


def request(inside: str) -> bytes:
    return f"<mrq><ref>a1</ref><cid>12</cid><dty>0007</dty>{inside}</mrq>".encode()


def test_an_operator_reads_where_the_unit_is_and_that_it_wants_a_call() -> None:
    body = request(
        "<lte>Reception</lte><lge><geo>50.8467,4.3525</geo></lge><cha>1</cha>"
        "<crd>gsm:+32470000004</crd><ite>pressed twice</ite>"
    )
    signal = told_signal(open_request(body), "sip:unit7@x")
    assert signal.text == (
        "pressed twice; at Reception; position 50.846700,4.352500; "
        "asks to be called: gsm:+32470000004"
    )


def test_a_unit_that_says_nothing_more_has_no_text() -> None:
    assert told_signal(open_request(request("")), "").text == ""


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"\x1f\x8bgarbage", "gzip", Status.INVALID_FORMAT),
        (b"x", "br", Status.INVALID_FORMAT),
        (b"<mrq>" + b" " * 9000 + b"</mrq>", "", Status.TOO_LONG),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><mrq/>', "", Status.INVALID_FORMAT),
        (b"\xff\xfe\x00", "", Status.INVALID_FORMAT),
    ],
)
def test_what_cannot_be_opened_has_a_status_to_answer(
    body: bytes, encoding: str, status: Status
) -> None:
    with pytest.raises(ScaipError) as raised:
        open_request(body, encoding)
    assert raised.value.status is status
