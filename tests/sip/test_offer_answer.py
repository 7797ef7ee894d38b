from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import NotAcceptable, ParseError
from sip.offer_answer import (
    PCMA,
    PCMU,
    Capabilities,
    Negotiated,
    accept_answer,
    answer,
    next_version,
    offer,
)
from sip.sdp import DIRECTIONS, Direction, SessionDescription
from tests.sip.messages import SDP

OURS = Capabilities("192.0.2.20", 40000)
THEIRS = Capabilities("203.0.113.7", 30000)


def theirs(*media: str, connection: str = "c=IN IP4 203.0.113.7") -> SessionDescription:
    lines = ("v=0", "o=- 9 9 IN IP4 203.0.113.7", "s=-", connection, "t=12 34", *media, "")
    return SessionDescription.parse("\r\n".join(lines).encode())


def answered(
    offered: SessionDescription, ours: Capabilities = OURS, direction: Direction = "sendrecv"
) -> tuple[SessionDescription, Negotiated]:
    description, agreed = answer(offered, ours, session_id=7, version=1, direction=direction)
    written = SessionDescription.parse(bytes(description))
    assert bytes(written) == bytes(description)
    assert [m.kind for m in description.media] == [m.kind for m in offered.media]
    assert [m.protocol for m in description.media] == [m.protocol for m in offered.media]
    return description, agreed


class TestOffer:
    def test_what_we_would_like(self) -> None:
        assert bytes(offer(OURS, session_id=7, version=3)).decode().splitlines() == [
            "v=0",
            "o=- 7 3 IN IP4 192.0.2.20",
            "s=-",
            "c=IN IP4 192.0.2.20",
            "t=0 0",
            "m=audio 40000 RTP/AVP 8 0 101",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=ptime:20",
            "a=sendrecv",
        ]

    def test_as_configured(self) -> None:
        only = Capabilities("::1", 4000, (PCMU,), has_dtmf=False, ptime=30)
        (audio,) = offer(only, session_id=1, version=1, direction="sendonly").media
        assert audio.formats == ("0",)
        assert audio.codecs() == {"0": "PCMU/8000"}
        assert (audio.attribute("ptime"), audio.attribute("sendonly")) == ("30", "")
        assert offer(only, session_id=1, version=1).origin.address_type == "IP6"

    @pytest.mark.parametrize("payload_type", [96, 101, 127])
    def test_telephone_events_under_the_number_we_choose(self, payload_type: int) -> None:
        chosen = replace(OURS, dtmf_payload_type=payload_type)
        (audio,) = offer(chosen, session_id=1, version=1).media
        assert audio.formats[-1] == str(payload_type)
        assert audio.codecs()[str(payload_type)] == "TELEPHONE-EVENT/8000"


class TestAnswer:
    def test_to_a_carrier(self) -> None:
        description, agreed = answered(SessionDescription.parse(SDP))
        assert agreed == Negotiated(("203.0.113.7", 30000), PCMA, 101, "sendrecv", 20)
        assert bytes(description).decode().splitlines() == [
            "v=0",
            "o=- 7 1 IN IP4 192.0.2.20",
            "s=-",
            "c=IN IP4 192.0.2.20",
            "t=0 0",
            "m=audio 40000 RTP/AVP 8 101",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=ptime:20",
            "a=sendrecv",
        ]

    def test_repeats_the_times_of_the_offer(self) -> None:
        """RFC 3264 section 6."""
        assert answered(theirs("m=audio 4000 RTP/AVP 0"))[0].timing == ("12 34",)

    @pytest.mark.parametrize(
        ("formats", "ours", "payload_type"),
        [
            ("0 8", (PCMA, PCMU), PCMA),
            ("0 8", (PCMU, PCMA), PCMU),
            ("0", (PCMA, PCMU), PCMU),
            ("18 9 8", (PCMA, PCMU), PCMA),
            ("0 8", (PCMU,), PCMU),
        ],
    )
    def test_takes_our_favourite_of_what_is_offered(
        self, formats: str, ours: tuple[int, ...], payload_type: int
    ) -> None:
        capabilities = replace(OURS, payload_types=ours)
        description, agreed = answered(theirs(f"m=audio 4000 RTP/AVP {formats}"), capabilities)
        assert agreed.payload_type == payload_type
        assert description.media[0].formats == (str(payload_type),)

    @pytest.mark.parametrize("payload_type", [96, 98, 127])
    def test_telephone_events_keep_the_offerers_number(self, payload_type: int) -> None:
        offered = theirs(
            f"m=audio 4000 RTP/AVP 8 {payload_type}",
            f"a=rtpmap:{payload_type} Telephone-Event/8000/1",
            f"a=fmtp:{payload_type} 0-16",
        )
        description, agreed = answered(offered)
        assert agreed.dtmf_payload_type == payload_type
        assert description.media[0].codecs()[str(payload_type)] == "TELEPHONE-EVENT/8000"

    @pytest.mark.parametrize(
        "lines",
        [
            ("m=audio 4000 RTP/AVP 8", "a=rtpmap:101 telephone-event/8000"),
            ("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/48000"),
            ("m=audio 4000 RTP/AVP 8 101",),
            ("m=audio 4000 RTP/AVP 8 128", "a=rtpmap:128 telephone-event/8000"),
            ("m=audio 4000 RTP/AVP 8 x", "a=rtpmap:x telephone-event/8000"),
            ("m=audio 4000 RTP/AVP 8 0101", "a=rtpmap:0101 telephone-event/8000"),
        ],
    )
    def test_no_telephone_events_where_none_are_offered_properly(
        self, lines: tuple[str, ...]
    ) -> None:
        assert answered(theirs(*lines))[1].dtmf_payload_type is None

    def test_no_telephone_events_if_we_do_not_want_them(self) -> None:
        capabilities = replace(OURS, has_dtmf=False)
        description, agreed = answered(SessionDescription.parse(SDP), capabilities)
        assert (agreed.dtmf_payload_type, description.media[0].formats) == (None, ("8",))

    def test_every_other_stream_is_declined_in_its_place(self) -> None:
        offered = theirs(
            "m=video 4002 RTP/AVP 31 34",
            "a=rtpmap:31 LPC",
            "m=audio 0 RTP/AVP 8",
            "m=audio 4006 RTP/SAVP 8",
            "m=audio 4004 RTP/AVP 8",
            "m=audio 4008 RTP/AVP 0",
            "m=text 4010 RTP/AVP 98",
            "m=application 9 TCP/MSRP *",
        )
        description, agreed = answered(offered)
        assert [media.port for media in description.media] == [0, 0, 0, 40000, 0, 0, 0]
        assert description.media[0].formats == ("31", "34")
        assert description.media[0].attributes == ()
        assert agreed.remote == ("203.0.113.7", 4004)

    @pytest.mark.parametrize(
        ("lines", "why"),
        [
            ((), "No audio offered"),
            (("m=video 4000 RTP/AVP 31",), "No audio offered"),
            (("m=audio 0 RTP/AVP 8",), "No audio offered"),
            (("m=audio 4000 RTP/AVP 18 9",), "No common codec"),
            (("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMA/8000"), "No common codec"),
            (("m=audio 4000 RTP/AVP 8", "a=rtpmap:8 G729/8000"), "No common codec"),
            (("m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000/2"), "No common codec"),
            (("m=audio 4000 RTP/AVP 08",), "No common codec"),
            (("m=audio 4000 RTP/SAVP 8", "a=crypto:1 x"), "No audio over plain RTP"),
            (("m=audio 4000 UDP/TLS/RTP/SAVPF 8",), "No audio over plain RTP"),
            (("m=audio 4000 udptl t38",), "No audio over plain RTP"),
            (("m=audio 4000 RTP/AVP 8", "c=IN IP4 host.example"), "No usable media address"),
            (("m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::1"), "No usable media address"),
            (("m=audio 4000 RTP/AVP 8", "c=IN IP4 224.0.0.1"), "No usable media address"),
            (("m=audio 4000 RTP/AVP 8", "c=IN IP4 255.255.255.255"), "No usable media address"),
        ],
    )
    def test_what_we_cannot_take_gets_488(self, lines: tuple[str, ...], why: str) -> None:
        with pytest.raises(NotAcceptable) as caught:
            answered(theirs(*lines))
        assert (caught.value.status, caught.value.reason) == (488, why)

    def test_an_offer_without_any_address_gets_488(self) -> None:
        with pytest.raises(NotAcceptable):
            answered(theirs("m=audio 4000 RTP/AVP 8", connection="b=AS:64"))

    def test_ipv6(self) -> None:
        offered = theirs("m=audio 4000 RTP/AVP 8", connection="c=IN IP6 2001:db8::1")
        description, agreed = answered(offered, Capabilities("2001:db8::9", 40000))
        assert agreed.remote == ("2001:db8::1", 4000)
        assert (description.connection, description.origin.address_type) == (
            "2001:db8::9",
            "IP6",
        )

    def test_feedback_profile_is_answered_in_kind(self) -> None:
        description, agreed = answered(theirs("m=audio 4000 rtp/avpf 8"))
        assert description.media[0].protocol == "rtp/avpf"
        assert agreed.payload_type == PCMA

    @pytest.mark.parametrize(
        ("lines", "ptime"),
        [
            ((), 20),
            (("a=ptime:30",), 30),
            (("a=ptime:10",), 10),
            (("a=ptime:60",), 60),
            (("a=ptime:9",), 20),
            (("a=ptime:61",), 20),
            (("a=ptime:0030",), 20),
            (("a=ptime:0",), 20),
            (("a=ptime:5000",), 20),
            (("a=ptime:-20",), 20),
            (("a=ptime:٣٠",), 20),
            (("a=ptime",), 20),
        ],
    )
    def test_packet_time(self, lines: tuple[str, ...], ptime: int) -> None:
        assert answered(theirs("m=audio 4000 RTP/AVP 8", *lines))[1].ptime == ptime


# RFC 3264 section 6.1: what they offer, what we would like, what comes of it.
ALLOWED: list[tuple[Direction, Direction, Direction]] = [
    ("sendrecv", "sendrecv", "sendrecv"),
    ("sendrecv", "sendonly", "sendonly"),
    ("sendrecv", "recvonly", "recvonly"),
    ("sendrecv", "inactive", "inactive"),
    ("sendonly", "sendrecv", "recvonly"),
    ("sendonly", "sendonly", "inactive"),
    ("sendonly", "recvonly", "recvonly"),
    ("sendonly", "inactive", "inactive"),
    ("recvonly", "sendrecv", "sendonly"),
    ("recvonly", "sendonly", "sendonly"),
    ("recvonly", "recvonly", "inactive"),
    ("recvonly", "inactive", "inactive"),
    ("inactive", "sendrecv", "inactive"),
    ("inactive", "sendonly", "inactive"),
    ("inactive", "recvonly", "inactive"),
    ("inactive", "inactive", "inactive"),
]


class TestHold:
    @pytest.mark.parametrize(("offered", "wanted", "ours"), ALLOWED)
    def test_the_answer_allows_what_the_offer_leaves(
        self, offered: Direction, wanted: Direction, ours: Direction
    ) -> None:
        description, agreed = answered(
            theirs("m=audio 4000 RTP/AVP 8", f"a={offered}"), direction=wanted
        )
        assert agreed.direction == ours
        assert description.media[0].attribute(ours) == ""
        assert agreed.remote == ("203.0.113.7", 4000)

    def test_hold_and_resume(self) -> None:
        for direction, ours in (
            ("sendrecv", "sendrecv"),
            ("sendonly", "recvonly"),
            ("inactive", "inactive"),
            ("sendrecv", "sendrecv"),
        ):
            offered = theirs("m=audio 4000 RTP/AVP 8", f"a={direction}")
            assert answered(offered)[1].direction == ours

    def test_the_direction_of_the_session_counts(self) -> None:
        assert (
            answered(theirs("a=sendonly", "m=audio 4000 RTP/AVP 8"))[1].direction == "recvonly"
        )

    def test_hold_as_rfc_2543_wrote_it(self) -> None:
        offered = theirs("m=audio 4000 RTP/AVP 8", connection="c=IN IP4 0.0.0.0")
        _, agreed = answered(offered)
        assert (agreed.remote, agreed.direction) == (None, "recvonly")


class TestAcceptingAnAnswer:
    def test_of_one_of_us(self) -> None:
        ours = offer(OURS, session_id=1, version=1)
        description, agreed = answer(ours, THEIRS, session_id=2, version=1)
        mine = accept_answer(ours, description)
        assert mine == Negotiated(("203.0.113.7", 30000), PCMA, 101, "sendrecv", 20)
        assert agreed.remote == ("192.0.2.20", 40000)

    @pytest.mark.parametrize(("offered", "wanted", "answering"), ALLOWED)
    def test_both_sides_see_the_same_directions(
        self, offered: Direction, wanted: Direction, answering: Direction
    ) -> None:
        mirror = {"sendonly": "recvonly", "recvonly": "sendonly"}
        ours = offer(OURS, session_id=1, version=1, direction=offered)
        description, agreed = answer(ours, THEIRS, session_id=2, version=1, direction=wanted)
        assert agreed.direction == answering
        assert accept_answer(ours, description).direction == mirror.get(answering, answering)

    @pytest.mark.parametrize(("formats", "payload_type"), [("0 8", 0), ("8 0", 8), ("0", 0)])
    def test_the_answerers_order_counts(self, formats: str, payload_type: int) -> None:
        ours = offer(OURS, session_id=1, version=1)
        assert accept_answer(ours, theirs(f"m=audio 4000 RTP/AVP {formats}")).payload_type == (
            payload_type
        )

    def test_telephone_events_only_if_both_have_them(self) -> None:
        with_events = theirs("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000")
        ours = offer(OURS, session_id=1, version=1)
        assert accept_answer(ours, with_events).dtmf_payload_type == 96
        assert accept_answer(ours, theirs("m=audio 4000 RTP/AVP 8")).dtmf_payload_type is None
        without = offer(replace(OURS, has_dtmf=False), session_id=1, version=1)
        assert accept_answer(without, with_events).dtmf_payload_type is None

    def test_packet_time_is_ours_unless_the_answer_says_otherwise(self) -> None:
        ours = offer(replace(OURS, ptime=30), session_id=1, version=1)
        assert accept_answer(ours, theirs("m=audio 4000 RTP/AVP 8")).ptime == 30
        assert accept_answer(ours, theirs("m=audio 4000 RTP/AVP 8", "a=ptime:40")).ptime == 40
        bare = theirs("m=audio 4000 RTP/AVP 8")
        assert accept_answer(bare, bare).ptime == 20

    def test_a_declined_stream_is_inactive(self) -> None:
        ours = offer(OURS, session_id=1, version=1)
        declined = accept_answer(ours, theirs("m=audio 0 RTP/AVP 8"))
        assert (declined.remote, declined.direction) == (None, "inactive")
        assert accept_answer(ours, theirs("m=audio 0 RTP/AVP 18")).remote is None

    def test_an_answer_on_old_hold(self) -> None:
        ours = offer(OURS, session_id=1, version=1)
        held = theirs("m=audio 4000 RTP/AVP 8", connection="c=IN IP4 0.0.0.0")
        assert accept_answer(ours, held).remote is None
        assert accept_answer(ours, held).direction == "recvonly"

    @pytest.mark.parametrize(
        "lines",
        [
            (),
            ("m=video 4000 RTP/AVP 31",),
            ("m=audio 4000 RTP/SAVP 8",),
            ("m=audio 4000 RTP/AVP 18",),
            ("m=audio 4000 RTP/AVP 8", "c=IN IP4 host.example"),
            ("m=audio 4000 RTP/AVP 8", "c=IN IP4 239.1.1.1"),
        ],
    )
    def test_what_answers_something_else_is_refused(self, lines: tuple[str, ...]) -> None:
        with pytest.raises(NotAcceptable):
            accept_answer(offer(OURS, session_id=1, version=1), theirs(*lines))

    def test_a_codec_that_we_did_not_offer_is_refused(self) -> None:
        ours = offer(replace(OURS, payload_types=(PCMA,)), session_id=1, version=1)
        with pytest.raises(NotAcceptable):
            accept_answer(ours, theirs("m=audio 4000 RTP/AVP 0"))


class TestLaterOffers:
    def test_the_version_grows_by_one_when_something_changes(self) -> None:
        first = offer(OURS, session_id=7, version=5)
        held = offer(OURS, direction="sendonly", previous=first)
        assert (held.origin.session_id, held.origin.version) == ("7", "6")
        resumed = offer(OURS, previous=held)
        assert resumed.origin.version == "7"
        assert resumed.media == first.media

    def test_the_version_stays_when_nothing_changes(self) -> None:
        """RFC 3264 section 8."""
        first = offer(OURS, session_id=7, version=5)
        assert offer(OURS, previous=first) == first
        assert next_version(first, offer(OURS, session_id=1, version=1)) == first

    def test_an_answer_follows_on_as_well(self) -> None:
        first = offer(OURS, session_id=7, version=5)
        held = theirs("m=audio 4000 RTP/AVP 8 101", "a=sendonly")
        description, _ = answer(held, OURS, session_id=7, version=5)
        assert next_version(first, description).origin.version == "6"

    def test_every_stream_keeps_its_place(self) -> None:
        """RFC 3264 section 8: no m= line ever disappears."""
        offered = theirs("m=video 4002 RTP/AVP 31", "m=audio 4004 RTP/AVP 0 8", "m=x 1 y z")
        description, _ = answer(offered, OURS, session_id=7, version=1)
        again = offer(OURS, direction="inactive", previous=description)
        assert [(media.kind, media.port) for media in again.media] == [
            ("video", 0),
            ("audio", 40000),
            ("x", 0),
        ]
        reply, _ = answer(again, THEIRS, session_id=9, version=2)
        agreed = accept_answer(again, reply)
        assert (agreed.remote, agreed.direction) == (("203.0.113.7", 30000), "inactive")

    def test_telephone_events_keep_their_number(self) -> None:
        offered = theirs("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000")
        description, _ = answer(offered, OURS, session_id=7, version=1)
        (audio,) = offer(OURS, previous=description).media
        assert audio.codecs()["96"] == "TELEPHONE-EVENT/8000"
        assert "101" not in audio.formats

    def test_the_profile_stays(self) -> None:
        description, _ = answer(
            theirs("m=audio 4000 RTP/AVPF 8"), OURS, session_id=7, version=1
        )
        assert offer(OURS, previous=description).media[0].protocol == "RTP/AVPF"


@given(
    st.lists(
        st.builds(
            "{} {} {} {}".format,
            st.sampled_from(["m=audio", "m=video", "m=x"]),
            st.sampled_from(["0", "4000", "65535"]),
            st.sampled_from(["RTP/AVP", "RTP/SAVP", "udptl"]),
            st.sampled_from(["0", "8", "0 8 101", "18", "* x y"]),
        ),
        max_size=5,
    ),
    st.lists(
        st.sampled_from(
            [
                "a=sendonly",
                "a=inactive",
                "a=rtpmap:101 telephone-event/8000",
                "a=rtpmap:8 x/1",
                "c=IN IP4 0.0.0.0",
                "c=IN IP6 ::1",
                "a=ptime:x",
            ]
        ),
        max_size=4,
    ),
    st.sampled_from(DIRECTIONS),
)
def test_any_offer_is_answered_line_for_line_or_refused(
    media: list[str], attributes: list[str], direction: Direction
) -> None:
    try:
        offered = theirs(*media, *attributes)
    except ParseError:
        return
    try:
        description, agreed = answered(offered, direction=direction)
    except NotAcceptable:
        return
    assert sum(bool(line.port) for line in description.media) == 1
    assert agreed.payload_type in (PCMA, PCMU)
    assert agreed.direction in DIRECTIONS
    assert agreed.dtmf_payload_type in (None, 101)
