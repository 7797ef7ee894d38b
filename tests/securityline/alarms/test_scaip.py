"""SCAIP: units' requests, with their habits and the hostile ones, and what we answer."""

import gzip
import json
import tracemalloc
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securityline.alarms import scaip_xml
from securityline.alarms.codes import Kind, meaning_of
from securityline.alarms.scaip import (
    CONTENT_TYPES,
    Answer,
    Request,
    ScaipError,
    Status,
    accepted,
    on_hold,
    parse_answer,
    parse_request,
    refused,
    signal_of,
)
from securityline.alarms.signal import Signal
from sip.message import Request as SipRequest
from sip.message import parse as parse_sip
from tests.shared import shared


def body(inside: str = "", root: str = "mrq") -> bytes:
    return f"<{root}><ref>a1</ref><cid>123456</cid><dty>0007</dty>{inside}</{root}>".encode()


def request_of(inside: str = "") -> Request:
    return parse_request(body(inside))


def signal(inside: str = "") -> Signal:
    return signal_of(request_of(inside), "sip:unit7@scaip.example")


# ---------------------------------------------------------------- what it says


def test_a_panic_button() -> None:
    said = signal(
        "<did>00A1</did><dco>002</dco><stc>0010</stc><pri>9</pri><lco>048</lco>"
        "<lte>Reception</lte><ite>pressed twice</ite>"
    )

    assert (said.source, said.account, said.code, said.code_format) == (
        "scaip",
        "123456",
        "0007",
        "scaip",
    )
    assert (said.zone, said.location, said.text) == ("00A1", "Reception", "pressed twice")
    assert (said.qualifier, said.is_heartbeat, said.path) == ("event", False, "scaip")
    assert dict(said.extra) == {
        "ref": "a1",
        "component": "002",
        "state": "0010",
        "priority": "9",
        "location_code": "048",
        "peer": "sip:unit7@scaip.example",
    }
    meaning = meaning_of(said)
    assert (meaning.kind, meaning.urgency) == (Kind.PANIC, 1)
    assert meaning.words == "panic button: manual alarm"


def test_a_position_and_its_moment() -> None:
    said = signal(
        "<crd>gsm:+32478123456</crd><crd>sip:u@x</crd>"
        "<lge><geo>50.8466,4.3528</geo><tim>2026-11-21T12:34:56+01</tim></lge>"
    )

    assert said.extra["position"] == "50.846600,4.352800"
    assert said.extra["reply_to"] == "gsm:+32478123456 sip:u@x"
    assert said.occurred_at == datetime(
        2026, 11, 21, 12, 34, 56, tzinfo=timezone(timedelta(hours=1))
    )


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("2026-11-21T12:34:56Z", True),
        ("2026-11-21T12:34:56-03:30", True),
        ("2026-11-21T12:34:56", False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_a_moment_needs_its_time_zone(text: str, is_read: bool) -> None:
    said = signal(f"<lge><tim>{text}</tim></lge>")

    assert (said.occurred_at is not None) is is_read
    assert said.extra.get("geo_time", "") == text, "and people see it as it was written"


@pytest.mark.parametrize("geo", ["91,4", "50,181", "north", "1e9,1", ""])
def test_an_impossible_position_is_none(geo: str) -> None:
    assert "position" not in signal(f"<lge><geo>{geo}</geo></lge>").extra


def test_update_and_reset_belong_to_the_alarm_of_their_reference() -> None:
    alarm, update, reset = (
        signal(inside) for inside in ("", "<mty>IN</mty><ite>more</ite>", "<mty>RE</mty>")
    )

    assert {s.extra["ref"] for s in (alarm, update, reset)} == {"a1"}
    assert [s.qualifier for s in (alarm, update, reset)] == ["event", "status", "restore"]
    assert len({s.source_id for s in (alarm, update, reset)}) == 3


def test_a_unit_on_hold_repeats_itself_under_the_same_name() -> None:
    assert signal("<did>1</did>").source_id == signal("<did>1</did>").source_id
    assert signal("<did>1</did>").source_id != signal("<did>2</did>").source_id
    assert signal("<mty>IN</mty><ite>a</ite>").source_id != signal("<mty>IN</mty>").source_id


def test_what_we_do_not_know_is_kept_for_people() -> None:
    said = signal("<mty>XX</mty><zzz>odd</zzz><ame/><stc>9999</stc><dty>x</dty>")

    assert said.qualifier == "event"
    assert said.extra["quirks"] == "mty XX"
    assert said.extra["scaip_zzz"] == "odd"
    assert said.extra["more_to_come"] == "yes"
    assert not meaning_of(said).is_known
    assert meaning_of(said).urgency == 1, "a panic button stays one"


def test_an_unknown_device_reaches_an_operator() -> None:
    said = signal_of(parse_request(body().replace(b"0007", b"9876")))

    assert (meaning_of(said).kind, meaning_of(said).urgency) == (Kind.OTHER, 2)


def test_words_stay_on_one_line() -> None:
    said = signal("<ite>a&#10;b\u2028&lt;script&gt;</ite><zzz>c&#13;d</zzz>")

    assert said.text == "a b <script>"
    assert said.extra["scaip_zzz"] == "c d"


# ---------------------------------------------------------------- what is answered


def test_an_alarm_is_accepted_with_a_voice_call() -> None:
    assert accepted(request_of()) == Answer("a1", media=1)
    assert accepted(request_of("<crd>no-voice:</crd>")) == Answer("a1")


def test_an_update_and_a_reset_open_no_voice_call() -> None:
    for message_type in ("IN", "RE"):
        assert accepted(request_of(f"<mty>{message_type}</mty>")) == Answer("a1")


def test_a_unit_that_asks_to_be_called_is_told_within_which_time() -> None:
    answer = accepted(request_of("<cha>1</cha>"), call_back_minutes=5)

    assert answer == Answer("a1", media=1, call_back="05")


def test_a_heartbeat_may_be_told_its_pace() -> None:
    beat = request_of("<mty>PI</mty>")

    assert accepted(beat) == Answer("a1")
    assert accepted(beat, heartbeat_minutes=60).heartbeat_minutes == 60
    said = signal_of(beat)
    assert (said.is_heartbeat, said.code, said.code_format) == (True, "heartbeat", "kind")


def test_hold_and_refusal() -> None:
    assert on_hold(request_of()).to_xml().endswith(b"<mrs><ref>a1</ref><snu>4</snu></mrs>")
    assert refused(request_of()).status is Status.NOT_TREATED


def test_an_answer_is_written_and_read() -> None:
    answer = Answer("a1", Status.OK, "a < b & c", 1, "62", "tel:+3225550100", 1440)

    assert parse_answer(answer.to_xml()) == answer
    assert b"a &lt; b &amp; c" in answer.to_xml()


@pytest.mark.parametrize(
    "wrong",
    [{"heartbeat_minutes": 0}, {"heartbeat_minutes": 1441}, {"media": 4}, {"call_back": "00"}],
)
def test_an_answer_no_unit_would_understand_is_not_made(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"minutes|mre|cre"):
        Answer("a1", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("octets", [b"<mrs/>", b"<mrs><ref>1</ref></mrs>", body(), b""])
def test_what_is_no_answer_is_refused(octets: bytes) -> None:
    with pytest.raises(ScaipError, match=r"no answer|no element"):
        parse_answer(octets)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("octets", "status", "ref"),
    [
        (b"", Status.INVALID_FORMAT, ""),
        (b"hello", Status.INVALID_FORMAT, ""),
        (b"<mrq>", Status.INVALID_FORMAT, ""),
        (b"<other><ref>a1</ref></other>", Status.INVALID_FORMAT, "a1"),
        (b"<mrq/>", Status.REFERENCE_MISSING, ""),
        (b"<mrq><ref>a-1</ref></mrq>", Status.WRONG_CONTENT, ""),
        (b"<mrq><ref>a1</ref></mrq>", Status.MANDATORY_TAG_MISSING, "a1"),
        (b"<mrq><ref>a1</ref><cid>1</cid></mrq>", Status.MANDATORY_TAG_MISSING, "a1"),
        (b"<mrq><ref>a1</ref><cid>1A</cid><dty>2</dty></mrq>", Status.WRONG_CONTENT, "a1"),
        (b"<mrq><ref>a1</ref><cid>1</cid><dty>12345</dty></mrq>", Status.WRONG_CONTENT, "a1"),
        (b"<mrq>" + b" " * scaip_xml.LONGEST + b"</mrq>", Status.TOO_LONG, ""),
        (b'<!DOCTYPE mrq SYSTEM "file:///etc/passwd">' + body(), Status.INVALID_FORMAT, ""),
        (b"<mrq><ref>&xxe;</ref></mrq>", Status.INVALID_FORMAT, ""),
        (b"<mrq><a><a><a><a><a/></a></a></a></a></mrq>", Status.INVALID_FORMAT, ""),
        (b"<mrq>" + b"<a/>" * 300 + b"</mrq>", Status.INVALID_FORMAT, ""),
        (b'<?xml version="1.0" encoding="x-unknown"?>' + body(), Status.INVALID_FORMAT, ""),
        (b"<?evil do?>" + body(), Status.INVALID_FORMAT, ""),
        (body() + body(), Status.INVALID_FORMAT, ""),
    ],
)
def test_refusals_name_their_status(octets: bytes, status: Status, ref: str) -> None:
    with pytest.raises(ScaipError) as refusal:
        parse_request(octets)

    assert (refusal.value.status, refusal.value.ref) == (status, ref)
    answer = parse_answer(Answer("x", status).to_xml())
    assert answer.status is status
    assert refusal.value.answer.status is status


LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10)
).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_encoding_smuggles_an_entity_in(encoding: str) -> None:
    text = f"<!DOCTYPE m [{LAUGHS.decode()}]><mrq><ref>&l9;</ref></mrq>"

    with pytest.raises(ScaipError, match="INVALID_FORMAT"):
        parse_request(text.encode(encoding))


def test_zipped_bodies_are_bounded() -> None:
    assert scaip_xml.unzipped(gzip.compress(body()), "gzip") == body()
    assert scaip_xml.unzipped(body(), "") == body()
    bomb = gzip.compress(b" " * 10_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(scaip_xml.TooLong):
            scaip_xml.unzipped(bomb, "gzip")
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()
    for octets, encoding in (
        (b"no", "gzip"),
        (gzip.compress(body())[:-9], "gzip"),
        (b"", "br"),
    ):
        with pytest.raises(scaip_xml.XmlError):
            scaip_xml.unzipped(octets, encoding)


@settings(deadline=None)
@given(st.binary(max_size=100) | st.text(alphabet="<>/mrq&;!?[]ref 1a\n", max_size=80))
def test_any_octets_are_read_or_refused(octets: bytes | str) -> None:
    with suppress(ScaipError):
        parse_request(octets if isinstance(octets, bytes) else octets.encode())


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z"]), max_size=100)
)
def test_any_words_survive_in_xml(words: str) -> None:
    octets = scaip_xml.write("mrq", [("ref", "a1"), ("ite", words)])
    _, elements = scaip_xml.read(octets)

    assert dict(elements).get("ite", "") == words.strip()


# ---------------------------------------------------------------- the samples


def sample(name: str) -> bytes:
    return shared(f"alarm-data/scaip/{name}.xml").read_bytes()


def test_every_sample_is_as_expected() -> None:
    expected = json.loads(shared("alarm-data/scaip/expected.json").read_text())["expect"]
    for name, expect in expected.items():
        if name.startswith("res-"):
            assert parse_answer(sample(name)).to_xml() == sample(name).rstrip()
        elif name.startswith("bad-"):
            with pytest.raises(ScaipError) as refusal:
                parse_request(sample(name))
            wanted = expect.removeprefix("refuse any DOCTYPE: ").split(",")[0]
            assert wanted == f"snu {int(refusal.value.status)}", name
        else:
            answer = accepted(parse_request(sample(name)))
            assert answer.status is Status.OK, name
            if "mre 1" in expect:
                assert answer.media == 1, name
            if "cre" in expect:
                assert answer.call_back == "05"


def test_the_samples_say_what_their_names_say() -> None:
    beat = signal_of(parse_request(sample("req-heartbeat")))
    reset, info = (signal_of(parse_request(sample(f"req-{n}"))) for n in ("reset", "info"))
    alarm = signal_of(parse_request(sample("req-alarm-voice")))
    position = signal_of(parse_request(sample("req-mandown-gps"))).extra["position"]

    assert beat.is_heartbeat
    assert reset.extra["ref"] == info.extra["ref"] == alarm.extra["ref"]
    assert position == "50.846600,4.352800"
    for quirk, told in (("quirk-root-scaip", "root scaip"), ("quirk-namespace", "")):
        said = signal_of(parse_request(sample(quirk)))
        assert (said.account, said.code) == ("123456", "0004")
        assert said.extra.get("quirks", "") == told


def test_a_sip_message_carries_it() -> None:
    message = parse_sip(shared("alarm-data/scaip/message-alarm.sip").read_bytes())

    assert isinstance(message, SipRequest)
    assert message.headers.get("Content-Type") in CONTENT_TYPES
    assert parse_request(message.body).ref == "a1b2c3d4"
