import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import ParseError
from sip.sdp import (
    MAX_FORMATS,
    MAX_LINES,
    MAX_MEDIA,
    MAX_OCTETS,
    Media,
    Origin,
    SessionDescription,
    format_connection,
    is_reachable,
)
from tests.sip.messages import SDP

PLAIN = ("v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0")


def describe(*lines: str, session: tuple[str, ...] = PLAIN) -> SessionDescription:
    return SessionDescription.parse("\r\n".join((*session, *lines, "")).encode())


def refused(*lines: str, session: tuple[str, ...] = PLAIN) -> str:
    with pytest.raises(ParseError) as caught:
        describe(*lines, session=session)
    assert caught.value.status == 400
    return caught.value.reason


def test_what_is_in_one() -> None:
    description = SessionDescription.parse(SDP)
    assert description.origin == Origin("-", "20518", "1", "IN", "IP4", "203.0.113.7")
    assert (description.name, description.timing) == ("-", ("0 0",))
    assert description.connection == "203.0.113.7"
    (audio,) = description.media
    assert (audio.kind, audio.port, audio.protocol) == ("audio", 30000, "RTP/AVP")
    assert audio.formats == ("8", "0", "101")
    assert audio.codecs() == {"8": "PCMA/8000", "0": "PCMU/8000", "101": "TELEPHONE-EVENT/8000"}
    assert audio.attribute("ptime") == "20"
    assert audio.attribute("sendrecv") == ""
    assert audio.attribute("crypto") is None
    assert description.direction(audio) == "sendrecv"
    assert description.address(audio) == "203.0.113.7"
    assert bytes(description) == SDP


def test_bare_line_feeds_blank_ends_and_empty_lines_are_tolerated() -> None:
    lenient = SessionDescription.parse(SDP.replace(b"\r\n", b"\n") + b"\n\n")
    assert lenient == SessionDescription.parse(SDP)
    assert describe("", "m=audio 4000 RTP/AVP 0 ", "a=sendonly ").media[0].formats == ("0",)
    assert describe("m=audio 4000 RTP/AVP 0", "a=inactive\t").media[0].attributes == (
        ("inactive", None),
    )


def test_lines_that_we_do_not_know_are_kept_in_their_places() -> None:
    description = describe(
        "i=about",
        "b=AS:64",
        "k=clear:x",
        "a=group:BUNDLE a",
        "z=0 1",
        "m=audio 4000/2 RTP/AVP 0",
        "i=the audio",
        "b=TIAS:64000",
        "Z=unknown",
        "a=mid:a",
    )
    written = bytes(description).decode().splitlines()
    assert written == [
        "v=0",
        "o=- 1 1 IN IP4 192.0.2.1",
        "s=-",
        "i=about",
        "c=IN IP4 192.0.2.1",
        "b=AS:64",
        "t=0 0",
        "k=clear:x",
        "z=0 1",
        "a=group:BUNDLE a",
        "m=audio 4000/2 RTP/AVP 0",
        "i=the audio",
        "b=TIAS:64000",
        "Z=unknown",
        "a=mid:a",
    ]
    assert SessionDescription.parse(bytes(description)) == description


@pytest.mark.parametrize(
    ("line", "origin"),
    [
        ("o=- 1 2 IN IP6 2001:db8::1", Origin("-", "1", "2", "IN", "IP6", "2001:db8::1")),
        ("o=Some SIP UA 1 2 IN IP4 h", Origin("Some SIP UA", "1", "2", "IN", "IP4", "h")),
        ("o=x", Origin("-", "0", "0", "IN", "IP4", "0.0.0.0")),
        ("o=", Origin("-", "0", "0", "IN", "IP4", "0.0.0.0")),
        ("i=no origin", Origin("-", "0", "0", "IN", "IP4", "0.0.0.0")),
    ],
)
def test_origins(line: str, origin: Origin) -> None:
    """Sloppy ones are let through: a call needs nothing of them."""
    assert describe(session=("v=0", line, "s=-", "t=0 0")).origin == origin


def test_a_missing_name_and_time_are_let_through() -> None:
    description = describe("m=audio 4000 RTP/AVP 0", session=("v=0", "o=- 1 1 IN IP4 h"))
    assert (description.name, description.timing) == ("-", ("0 0",))
    assert description.address(description.media[0]) is None


def test_names_may_be_latin_1() -> None:
    description = SessionDescription.parse(SDP.replace(b"s=-", b"s=Andr\xe9"))
    assert description.name == "André"


def test_several_times_are_kept() -> None:
    assert describe("t=1 2").timing == ("0 0", "1 2")


@pytest.mark.parametrize(
    ("session", "media", "direction"),
    [
        ((), (), "sendrecv"),
        (("a=sendonly",), (), "sendonly"),
        (("a=sendonly",), ("a=recvonly",), "recvonly"),
        ((), ("a=inactive",), "inactive"),
        ((), ("a=sendrecv:x",), "sendrecv"),
        ((), ("a=sendonly:x",), "sendrecv"),
    ],
)
def test_directions(session: tuple[str, ...], media: tuple[str, ...], direction: str) -> None:
    description = describe(*session, "m=audio 4000 RTP/AVP 0", *media)
    assert description.direction(description.media[0]) == direction


def test_a_stream_may_have_its_own_address() -> None:
    description = describe(
        "m=audio 4000 RTP/AVP 0",
        "c=IN IP6 2001:db8::1",
        "m=video 4002 RTP/AVP 31",
        "m=audio 4004 RTP/AVP 0",
        "c=in ip4 224.2.1.1/127/3",
    )
    assert [description.address(media) for media in description.media] == [
        "2001:db8::1",
        "192.0.2.1",
        "224.2.1.1",
    ]
    assert b"c=IN IP6 2001:db8::1\r\n" in bytes(description)


def test_rtpmaps() -> None:
    media = describe(
        "m=audio 4000 RTP/AVP 0 96 97",
        "a=rtpmap:96 opus/48000/2",
        "a=rtpmap:97  Telephone-Event/8000",
        "a=rtpmap:98",
        "a=rtpmap",
        "a=rtpmap:x y z",
    ).media[0]
    assert media.codecs() == {"96": "OPUS/48000/2", "97": "TELEPHONE-EVENT/8000"}


@pytest.mark.parametrize(
    "line",
    [
        "m=audio",
        "m=audio 4000 RTP/AVP",
        "m=audio 65536 RTP/AVP 0",
        "m=audio -1 RTP/AVP 0",
        "m=audio +1 RTP/AVP 0",
        "m=audio 4e3 RTP/AVP 0",
        "m=audio 99999999999 RTP/AVP 0",
        "m=audio 004000 RTP/AVP 0",
        "m=audio ٤ RTP/AVP 0",
        "m=audio /2 RTP/AVP 0",
        "m=audio 4000/ RTP/AVP 0",
        "m=audio 4000/x RTP/AVP 0",
        "m=audio 4000/2/2 RTP/AVP 0",
        "m=audio 4000 RTP/AVP " + "0 " * (MAX_FORMATS + 1),
        "c=IN IP4",
        "c=IN IP5 1.2.3.4",
        "c=TN IP4 1.2.3.4",
        "c=IN IP4 1.2.3.4 x",
        "c=IN IP4 5.6.7.8",
        "o=- 2 2 IN IP4 h",
        "v=1",
        "no line",
        "=x",
        "a",
        " a=x",
        "é=x",
        "ab=x",
        "a=x\0y",
        "a=x\ry",
    ],
)
def test_bad_lines_are_refused(line: str) -> None:
    assert refused(line).startswith("SDP: ")


@pytest.mark.parametrize(
    "session", [(), ("o=- 1 1 IN IP4 h",), ("v=1",), ("v=",), ("v=0", "v=1"), ("v=00",)]
)
def test_a_version_is_needed(session: tuple[str, ...]) -> None:
    refused(session=session)


class TestBombs:
    def test_limits_are_inclusive(self) -> None:
        plain = "\r\n".join((*PLAIN, "a=")).encode()
        full = plain + b"x" * (MAX_OCTETS - len(plain))
        assert SessionDescription.parse(full).attributes[0][0].endswith("xx")
        with pytest.raises(ParseError):
            SessionDescription.parse(full + b"x")
        lines = ["a=x"] * (MAX_LINES - len(PLAIN) - 1)  # the last line break opens one more
        assert len(describe(*lines).attributes) == len(lines)
        refused(*lines, "a=x")
        assert (MAX_OCTETS, MAX_LINES, MAX_MEDIA, MAX_FORMATS) == (16_384, 400, 16, 64)
        assert len(describe("m=audio 65535 RTP/AVP " + "0 " * MAX_FORMATS).media) == 1

    def test_too_many_octets(self) -> None:
        assert refused("a=" + "x" * MAX_OCTETS) == "SDP too large"

    def test_too_many_lines(self) -> None:
        assert refused(*["a=x"] * MAX_LINES) == "SDP: too many lines"
        assert refused(*[""] * MAX_LINES) == "SDP: too many lines"

    def test_too_many_streams(self) -> None:
        streams = ["m=audio 4000 RTP/AVP 0"] * MAX_MEDIA
        assert len(describe(*streams).media) == MAX_MEDIA
        assert refused(*streams, "m=audio 1 RTP/AVP 0") == "SDP: too many m= lines"

    def test_as_many_formats_as_allowed_and_as_many_maps(self) -> None:
        formats = " ".join(str(number) for number in range(MAX_FORMATS))
        maps = [f"a=rtpmap:{number} X/8000" for number in range(MAX_LINES - 20)]
        media = describe(f"m=audio 4000 RTP/AVP {formats}", *maps).media[0]
        assert len(media.formats) == MAX_FORMATS
        assert len(media.codecs()) == MAX_LINES - 20


@pytest.mark.parametrize(
    "address",
    [
        "192.0.2.1",
        "127.0.0.1",
        "2001:db8::1",
        "::ffff:192.0.2.2",
        "10.0.0.1",
        "0000:0000:0000:0000:0000:ffff:192.168.100.100",
    ],
)
def test_reachable(address: str) -> None:
    assert is_reachable(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "0.0.0.0",
        "::",
        "255.255.255.255",
        "224.0.0.1",
        "ff02::1",
        "example.com",
        "1.2.3",
        "1.2.3.4.5",
        "0x7f.1",
        "[::1]",
        "1.2.3.4/24",
        "x" * 1000,
        "::ffff:255.255.255.255",
        "::ffff:224.0.0.1",
        "::ffff:0.0.0.0",
    ],
)
def test_unreachable(address: str) -> None:
    """No name is looked up, no crowd is talked to."""
    assert not is_reachable(address)


@pytest.mark.parametrize(
    ("address", "text"), [("192.0.2.1", "IN IP4 192.0.2.1"), ("::1", "IN IP6 ::1")]
)
def test_writing_an_address(address: str, text: str) -> None:
    assert format_connection(address) == text


@given(st.binary(max_size=400))
def test_any_octets_are_a_description_or_a_parse_error(octets: bytes) -> None:
    for body in (octets, b"v=0\r\n" + octets, SDP + octets, SDP[:100] + octets + SDP[100:]):
        try:
            description = SessionDescription.parse(body)
        except ParseError:
            continue
        again = SessionDescription.parse(bytes(description))
        assert bytes(again) == bytes(description)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("vosiuepcbtrzkamXa"),
            st.sampled_from(
                ["0", "IN IP4 1.2.3.4", "audio 4 RTP/AVP 0", "rtpmap:0 x/8000", "", " ", "a:b"]
            ),
        ),
        max_size=12,
    )
)
def test_any_lines_are_read_back(lines: list[tuple[str, str]]) -> None:
    body = "v=0\r\n" + "".join(f"{letter}={value}\r\n" for letter, value in lines)
    try:
        description = SessionDescription.parse(body.encode())
    except ParseError:
        return
    again = SessionDescription.parse(bytes(description))
    assert bytes(again) == bytes(description)
    assert sorted(again.others) == sorted(description.others)


def test_a_description_of_ones_own() -> None:
    origin = Origin("-", "7", "3", "IN", "IP6", "::1")
    media = Media(
        "audio", 4000, "RTP/AVP", ("0",), attributes=(("ptime", "20"), ("sendonly", None))
    )
    assert bytes(SessionDescription(origin, (media,), "::1")) == (
        b"v=0\r\no=- 7 3 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\n"
        b"m=audio 4000 RTP/AVP 0\r\na=ptime:20\r\na=sendonly\r\n"
    )
