"""What browsers really offer, what we answer, and what is turned down with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import NotAcceptable, ParseError, SipError
from sip.sdp import SessionDescription
from sip.webrtc import Fingerprint, LineCredentials, answer_offer, read_offer

DIGEST = ":".join(f"{n:02X}" for n in range(32))
CHROMIUM = f"""v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS 1f
m=audio 40321 UDP/TLS/RTP/SAVPF 8 0 126
c=IN IP4 192.168.1.7
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2122260223 0e8d7c0e.local 40321 typ host generation 0 network-id 1
a=ice-ufrag:Xy/+
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=ice-options:trickle
a=fingerprint:sha-256 {DIGEST}
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:1f 2e
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:126 telephone-event/8000
a=ssrc:3735928559 cname:x
""".replace("\n", "\r\n")
"As Chromium 156 writes it, shortened."
FIREFOX = f"""v=0
o=mozilla...THIS_IS_SDPARTA-99.0 1 0 IN IP4 0.0.0.0
s=-
t=0 0
a=fingerprint:sha-256 {DIGEST}
a=group:BUNDLE 0
a=ice-options:trickle
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 0.0.0.0
a=sendrecv
a=fmtp:101 0-15
a=ice-pwd:c5b6d0a3a3d0c5b6d0a3a3d0c5b6d0a3
a=ice-ufrag:3c5b6d0a
a=mid:0
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=setup:actpass
""".replace("\n", "\r\n")
OURS = LineCredentials(
    address="192.0.2.9",
    port=20004,
    fragment="abcdef",
    password="0" * 48,
    fingerprint=Fingerprint("sha-256", "ab" * 32),
)


@pytest.mark.parametrize(("text", "events"), [(CHROMIUM, 126), (FIREFOX, 101)])
def test_what_browsers_offer_is_understood(text: str, events: int) -> None:
    offer = read_offer(text.encode())
    assert str(offer.fingerprint) == f"sha-256 {DIGEST}"
    assert offer.payload_type == 8
    assert offer.dtmf_payload_type == events
    assert offer.mid == "0"


def test_the_answer_is_ice_lite_passive_and_one_port() -> None:
    answer = SessionDescription.parse(
        answer_offer(read_offer(FIREFOX.encode()), OURS, session_id=7)
    )
    assert ("ice-lite", None) in answer.attributes
    assert ("group", "BUNDLE 0") in answer.attributes
    [audio] = answer.media
    assert (audio.port, audio.protocol) == (20004, "UDP/TLS/RTP/SAVPF")
    assert audio.formats == ("8", "101")
    assert audio.connection == "192.0.2.9"
    assert audio.attribute("setup") == "passive"
    assert audio.attribute("rtcp-mux") == ""
    assert audio.attribute("ice-ufrag") == "abcdef"
    assert audio.attribute("fingerprint") == "sha-256 " + ":".join(["AB"] * 32)
    candidate = audio.attribute("candidate")
    assert candidate is not None
    assert candidate.split()[2:6] == ["udp", "2130706431", "192.0.2.9", "20004"]


def test_a_camera_is_turned_down_in_its_place() -> None:
    video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n"
    answer = SessionDescription.parse(
        answer_offer(read_offer((CHROMIUM + video).encode()), OURS, session_id=7)
    )
    assert [(media.kind, media.port) for media in answer.media] == [
        ("audio", 20004),
        ("video", 0),
    ]
    assert ("group", "BUNDLE 0") in answer.attributes


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "no audio over DTLS-SRTP"),
        (("SAVPF 8 0 126", "SAVPF 111 126"), "neither PCMA nor PCMU"),
        (("a=rtcp-mux\r\n", ""), "RTCP on a port of its own"),
        (("setup:actpass", "setup:passive"), "does not begin the handshake"),
        (("ice-ufrag:Xy/+", "ice-ufrag:X"), "no ICE"),
        (("sha-256 00", "sha-1 00"), "no fingerprint"),
        (("sha-256 00:", "sha-256 "), "no fingerprint"),
        (("a=mid:0", "a=mid:0 x"), "no proper name"),
    ],
)
def test_what_we_cannot_take_part_in_is_turned_down(
    change: tuple[str, str], reason: str
) -> None:
    assert change[0] in CHROMIUM
    with pytest.raises(NotAcceptable, match=reason):
        read_offer(CHROMIUM.replace(*change).encode())


def test_another_codec_under_our_number_is_not_ours() -> None:
    text = CHROMIUM.replace("rtpmap:8 PCMA/8000", "rtpmap:8 opus/48000/2")
    assert read_offer(text.encode()).payload_type == 0


@given(st.text(max_size=400), st.integers(0, len(CHROMIUM)))
def test_no_text_breaks_the_reader(text: str, place: int) -> None:
    for body in (text, CHROMIUM[:place] + text + CHROMIUM[place:], CHROMIUM[:place]):
        try:
            offer = read_offer(body.encode("utf-8", "replace"))
        except (SipError, ParseError):
            continue
        assert SessionDescription.parse(answer_offer(offer, OURS, 1)).media
