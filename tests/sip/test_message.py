import pytest

from sip.errors import ParseError
from sip.message import Limits, Request, Response, parse, respond
from sip.uri import Uri
from sip.values import CSeq, Via
from tests.sip.messages import SDP, raw


def refused(data: bytes, limits: Limits | None = None) -> ParseError:
    with pytest.raises(ParseError) as caught:
        parse(data, limits or Limits())
    return caught.value


def request(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def response(data: bytes) -> Response:
    message = parse(data)
    assert isinstance(message, Response)
    return message


class TestRequests:
    def test_what_is_in_one(self) -> None:
        invite = request(raw())
        assert invite.is_request
        assert invite.method == "INVITE"
        assert invite.uri == Uri.parse("sip:+3225550199@soc.example;user=phone")
        assert invite.top_via.branch == "z9hG4bKnashds8"
        assert invite.from_.display_name == "Ann"
        assert invite.from_.tag == "1928301774"
        assert invite.to.uri.user == "+3225550199"
        assert invite.to.tag is None
        assert invite.call_id == "a84b4c76e66710@203.0.113.7"
        assert invite.cseq == CSeq(314159, "INVITE")
        assert invite.max_forwards == 70
        assert invite.content_type == "application/sdp"
        assert invite.body == invite.sdp_body() == SDP
        assert repr(invite) == "<Request INVITE sip:+3225550199@soc.example;user=phone>"

    def test_line_breaks_before_it_are_tolerated(self) -> None:
        """RFC 3261 section 7.5."""
        assert parse(b"\r\n\r\n\r\n" + raw()) == parse(raw())

    def test_octets_behind_content_length_are_ignored(self) -> None:
        """RFC 3261 section 18.3; RFC 4475 section 3.1.1.8: no second request is run."""
        assert request(raw() + raw("BYE sip:a@b SIP/2.0")).body == SDP

    def test_without_content_length_the_body_ends_with_the_datagram(self) -> None:
        assert request(raw(length=None)).body == SDP

    def test_rfc_2543_callers_are_served(self) -> None:
        """No cookie in the branch, no Max-Forwards, no tag in From."""
        old = request(
            raw(Via="SIP/2.0/UDP gw", Max_Forwards=None, From="<sip:a@b>", Contact=None)
        )
        assert (old.top_via.branch, old.max_forwards, old.from_.tag) == (None, None, None)
        assert old.contacts == ()

    def test_tabs_are_blanks(self) -> None:
        assert (
            request(raw(more=("Subject: a\tb", 'X: "a\tb"'))).headers.get("Subject") == "a\tb"
        )

    @pytest.mark.parametrize("name", ["André", "アン", "Ann\t"])
    def test_names_may_be_utf_8(self, name: str) -> None:
        assert request(raw(From=f"{name} <sip:a@b>;tag=1")).from_.display_name == name.strip()

    def test_names_may_be_latin_1_and_only_their_line_is_read_so(self) -> None:
        data = raw(From='"XX" <sip:a@b>;tag=1', To='"YY" <sip:c@d>')
        data = data.replace(b"XX", "André".encode("latin-1")).replace(b"YY", "Zoë".encode())
        both = request(data)
        assert (both.from_.display_name, both.to.display_name) == ("André", "Zoë")
        assert parse(bytes(both)) == both
        assert respond(both, 200).from_.display_name == "André"

    @pytest.mark.parametrize(
        "start",
        [
            "INVITE  sip:a@b  SIP/2.0",
            "INVITE sip:a@b SIP/2.0  ",
            "INVITE sip:a@b sip/2.0",
            "INVITE sip:a@b?Route=%3Csip:evil%3E SIP/2.0",
        ],
    )
    def test_harmless_sloppiness_in_the_request_line_is_let_through(self, start: str) -> None:
        sloppy = request(raw(start))
        assert (sloppy.method, sloppy.uri.user, sloppy.routes) == ("INVITE", "a", ())

    @pytest.mark.parametrize(
        "start",
        [
            "",
            "INVITE",
            "INVITE sip:a@b",
            "INVITE sip:a@b; lr SIP/2.0",
            "INVITE <sip:a@b> SIP/2.0",
            "INVITE sip:2001:db8::10 SIP/2.0",
            "INVITE\tsip:a@b\tSIP/2.0",
            "INVITE sip:a@b HTTP/1.1",
            "INVITE sip:a@b SIP/2.0 x",
            "IN(VITE sip:a@b SIP/2.0",
            "INVITE sip:a b@c SIP/2.0",
            "INVITE example.com SIP/2.0",
            ": x",
        ],
    )
    def test_other_request_lines_are_refused(self, start: str) -> None:
        assert refused(raw(start)).status == 400

    @pytest.mark.parametrize("version", ["SIP/7.0", "SIP/2.1", "SIP/3", "sip/1.0"])
    def test_other_versions_get_505(self, version: str) -> None:
        error = refused(raw(f"INVITE sip:a@b {version}"))
        assert (error.status, error.reason) == (505, "Version Not Supported")
        assert error.partial is not None

    @pytest.mark.parametrize("method", ["invite", "Invite", "RE%47ISTER", "!odd-`'~"])
    def test_methods_have_a_case_and_no_escapes(self, method: str) -> None:
        odd = request(raw(f"{method} sip:a@b SIP/2.0", CSeq=f"1 {method}"))
        assert odd.method == method

    @pytest.mark.parametrize("uri", ["tel:+3225550199", "foo:bar", "urn:service:sos"])
    def test_foreign_schemes_are_for_the_user_agent_to_refuse(self, uri: str) -> None:
        assert str(request(raw(f"INVITE {uri} SIP/2.0")).uri) == uri


class TestWhatEveryElementReliesOn:
    @pytest.mark.parametrize("name", ["Via", "From", "To", "Call_ID", "CSeq"])
    def test_must_be_there(self, name: str) -> None:
        error = refused(raw(**{name: None}))
        assert error.status == 400
        assert error.reason.startswith("Missing")

    @pytest.mark.parametrize(
        "line",
        [
            "From: <sip:x@y>;tag=2",
            "t: <sip:x@y>",
            "Call-ID: other",
            "i: a84b4c76e66710@203.0.113.7",
            "CSEQ: 1 INVITE",
            "Max-Forwards: 5",
            "Max-Forwards : 70",
            "l: 5",
            "Content-Length\t: 0",
            "c: text/plain",
        ],
    )
    def test_must_not_be_there_twice(self, line: str) -> None:
        """Two readers would pick two different ones."""
        error = refused(raw(more=(line,)))
        assert error.status == 400
        assert error.reason.startswith("More than one")

    @pytest.mark.parametrize(
        "changes",
        [
            {"Via": "SIP/2.0/UDP 192.0.2.15;;,;,,"},
            {"Via": ","},
            {"Via": ""},
            {"From": '"Ann <sip:a@b>;tag=1'},
            {"From": "<sip:a@b>;tag=1;tag=2"},
            {"From": "<sip:a@b>;tag"},
            {"To": "<sip:a@b>;tag="},
            {"To": '<sip:a@b>;tag=""'},
            {"From": ""},
            {"To": "<sip:a b@c>"},
            {"To": "nobody"},
            {"Call_ID": ""},
            {"Call_ID": "a b"},
            {"Call_ID": "a\tb"},
            {"Call_ID": "é"},
            {"CSeq": "1 BYE"},
            {"CSeq": "1 invite"},
            {"CSeq": "36893488147419103232 INVITE"},
            {"CSeq": "INVITE"},
            {"Max_Forwards": "256"},
            {"Max_Forwards": "-1"},
            {"Max_Forwards": "seven"},
            {"Max_Forwards": ""},
        ],
        ids=str,
    )
    def test_must_be_well_formed(self, changes: dict[str, str]) -> None:
        error = refused(raw(**changes))
        assert error.status == 400
        assert error.partial is not None

    @pytest.mark.parametrize(
        "length",
        [
            "-999",
            "+5",
            "1e3",
            "0x10",
            "9999",
            "4294967297",
            "9" * 5000,
            "1 2",
            "1,1",
            "²",
            "--",
        ],
    )
    def test_a_content_length_that_lies_is_refused(self, length: str) -> None:
        assert refused(raw(length=length)).status == 400

    @pytest.mark.parametrize("too_much", [1, 2, 100])
    def test_a_content_length_may_not_promise_more(self, too_much: int) -> None:
        assert refused(raw(length=str(len(SDP) + too_much))).status == 400

    def test_a_content_length_may_stop_short(self) -> None:
        assert request(raw(length="3")).body == SDP[:3]
        assert request(raw(length="0")).body == b""
        assert request(raw(length=" 003")).body == SDP[:3]


class TestSmuggling:
    @pytest.mark.parametrize(
        "line",
        [
            "X: a\nVia: SIP/2.0/UDP evil",
            "X: a\rVia: SIP/2.0/UDP evil",
            "X: a\n Via: b",
            "X: a\0b",
            "X: \x01",
            "X: \x7f",
            "X: \x1f",
            "X: \x0b",
            'X: "a\x08b"',
            'X: "a\\\n"',
            'X: a\\\0',
            "P-Asserted-Identity\x0b: <sip:boss@x>",
            "P-Asserted-Identity\0: <sip:boss@x>",
            "P-Asserted-Identity\x08 : <sip:boss@x>",
            "P-Asserted Identity: <sip:boss@x>",
            "P-Asserted-Identity",
            "P-Asserted-Identity\u00a0: <sip:boss@x>",
        ],
        ids=repr,
    )  # fmt: skip
    def test_lines_that_others_would_read_differently_are_refused(self, line: str) -> None:
        """CVE-2020-28361, AST-2016-009: two readers, two identities."""
        assert refused(raw(more=(line,))).status == 400

    def test_an_identity_behind_a_blank_is_not_believed_but_the_call_is_taken(self) -> None:
        invite = request(raw(more=("P-Asserted-Identity : <sip:boss@soc.example>",)))
        assert invite.addresses("P-Asserted-Identity") == ()
        assert parse(bytes(invite)) == invite

    def test_control_characters_may_stand_escaped_in_quotes(self) -> None:
        """RFC 4475 section 3.1.1.2; shown, they are harmless."""
        odd = request(raw(To='"BEL:\\\x07 NUL:\\\0 DEL:\\\x7f" <sip:a@b>'))
        assert odd.to.display_name == "BEL:\ufffd NUL:\ufffd DEL:\ufffd"
        assert parse(bytes(odd)) == odd
        assert b"NUL:\\\0" in bytes(respond(odd, 200, to_tag="x"))

    def test_a_nul_in_the_body_is_the_bodys_own_business(self) -> None:
        assert request(raw(body=b"a\0\r\n\r\n\xffb")).body == b"a\0\r\n\r\n\xffb"


class TestResponses:
    @pytest.mark.parametrize(
        ("start", "status", "reason"),
        [
            ("SIP/2.0 200 OK", 200, "OK"),
            ("SIP/2.0 100 ", 100, ""),
            ("SIP/2.0 180", 180, ""),
            ("sip/2.0 699 Why not?", 699, "Why not?"),
            ("SIP/2.0 200 = 2**3 * 5**2 но сто", 200, "= 2**3 * 5**2 но сто"),
        ],
    )
    def test_what_is_in_one(self, start: str, status: int, reason: str) -> None:
        answer = response(raw(start))
        assert (answer.status, answer.reason, answer.is_request) == (status, reason, False)
        assert answer.cseq == CSeq(314159, "INVITE")
        assert parse(bytes(answer)) == answer
        assert repr(answer) == f"<Response {status} {reason}>"

    @pytest.mark.parametrize(
        "start",
        [
            "SIP/2.0 4294967301 better not break the receiver",
            "SIP/2.0 99 x",
            "SIP/2.0 099 x",
            "SIP/2.0 700 x",
            "SIP/2.0 2x0 x",
            "SIP/2.0 ²00 x",
            "SIP/2.0  200 OK",
            "SIP/2.0",
            "SIP/2.0 -20 x",
            "SIP/9.0 200 OK",
        ],
    )
    def test_nobody_is_answered_for_a_broken_one(self, start: str) -> None:
        assert refused(raw(start)).partial is None

    @pytest.mark.parametrize("name", ["Via", "From", "To", "Call_ID", "CSeq"])
    def test_what_every_element_relies_on_must_be_there(self, name: str) -> None:
        assert refused(raw("SIP/2.0 200 OK", **{name: None})).partial is None


class TestLimits:
    def test_of_the_whole_message(self) -> None:
        data = raw(body=b"x" * 66_000)
        error = refused(data)
        assert (error.status, error.partial) == (513, None)
        assert request_with(data, Limits(max_message=70_000)).body == b"x" * 66_000

    def test_are_inclusive(self) -> None:
        data = raw()
        head, lines = data.index(b"\r\n\r\n"), data.partition(b"\r\n\r\n")[0].count(b"\r\n")
        exact = Limits(max_message=len(data), max_head=head, max_headers=lines)
        assert request_with(data, exact).body == SDP
        for limits in (
            Limits(max_message=len(data) - 1),
            Limits(max_head=head - 1),
            Limits(max_headers=lines - 1),
        ):
            refused(data, limits)
        assert Limits() == Limits(max_message=65_536, max_head=16_384, max_headers=200)

    def test_of_the_head(self) -> None:
        data = raw(more=("X: " + "y" * 20_000,))
        assert refused(data).status == 513
        assert request_with(data, Limits(max_head=30_000)).headers.get("X") == "y" * 20_000

    def test_of_the_header_lines(self) -> None:
        data = raw(more=("X: y",) * 250)
        error = refused(data)
        assert (error.status, error.reason) == (400, "Too many headers")
        assert len(request_with(data, Limits(max_headers=300)).headers.get_all("X")) == 250

    def test_folded_lines_count_as_well(self) -> None:
        assert refused(raw(more=("X: y" + "\r\n z" * 250,))).reason == "Too many headers"

    def test_what_a_phone_call_may_need_is_within_them(self) -> None:
        vias = tuple(f"Via: SIP/2.0/UDP hop{n};branch=z9hG4bK{n}" for n in range(68))
        long = request(raw(more=(*vias, "Identity: " + "e" * 4000)))
        assert len(long.via) == 69


def request_with(data: bytes, limits: Limits) -> Request:
    message = parse(data, limits)
    assert isinstance(message, Request)
    return message


class TestPartial:
    """What is read of a broken request, so that a trunk gets an answer to it."""

    def test_has_what_an_answer_needs(self) -> None:
        error = refused(raw(CSeq="1 BYE"))
        assert error.partial is not None
        answer = respond(error.partial, error.status, error.reason, to_tag="x")
        again = response(bytes(answer))
        assert (again.status, again.reason) == (400, "CSeq is of another method")
        assert again.top_via.branch == "z9hG4bKnashds8"
        assert (again.call_id, again.to.tag) == ("a84b4c76e66710@203.0.113.7", "x")

    def test_leaves_out_what_cannot_be_read(self) -> None:
        error = refused(raw(more=("nonsense", "X\0: 1", "Y: \0", " : ", "Z: ok")))
        assert error.partial is not None
        assert error.partial.headers.get("Z") == "ok"
        assert "Y" not in error.partial.headers
        assert error.partial.uri.user == "+3225550199", "the number dialled is kept"

    def test_says_so_where_nobody_knows_what_was_dialled(self) -> None:
        data = raw().replace(b" SIP/2.0", b"  SIP/2.0", 1)
        broken = data[: data.index(b" ") + 1] + b"<sip:x>" + data[data.index(b"  ") :]
        error = refused(broken)
        assert error.partial is not None
        assert str(error.partial.uri) == "invalid:unreadable"

    def test_unfolds(self) -> None:
        error = refused(raw(To="<sip:a@b>\r\n ;x=1", more=("nonsense",)))
        assert error.partial is not None
        assert error.partial.headers.get("To") == "<sip:a@b> ;x=1"

    def test_sends_a_to_that_nobody_can_read_back_as_it_came(self) -> None:
        error = refused(raw(To='"Ann <sip:a@b>'))
        assert error.partial is not None
        answer = respond(error.partial, 400, to_tag="x")
        assert answer.headers.get_all("To") == ['"Ann <sip:a@b>']

    def test_repeats_one_line_of_each(self) -> None:
        error = refused(raw(more=("To: <sip:other@x>", "Via: SIP/2.0/UDP hop2")))
        assert error.partial is not None
        answer = respond(error.partial, 400, to_tag="x")
        assert len(answer.headers.get_all("To")) == 1
        assert len(answer.headers.get_all("Via")) == 2

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\r\n\r\n",
            b"\0" * 100,
            b"hello",
            b"\xff\xfe\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            raw(Via=None),
            raw("IN VITE:"),
            raw("(INVITE sip:a@b SIP/2.0"),
        ],
    )
    def test_is_none_when_there_is_nobody_to_answer(self, data: bytes) -> None:
        error = refused(data)
        assert error.partial is None or error.partial.method == "IN"

    def test_is_found_without_the_empty_line(self) -> None:
        error = refused(raw().partition(b"\r\n\r\n")[0] + b"\r\n")
        assert error.reason == "No empty line"
        assert error.partial is not None
        assert error.partial.method == "INVITE"


class TestResponding:
    def test_copies_what_it_must(self) -> None:
        invite = request(
            raw(
                more=(
                    "v: SIP/2.0/TCP hop2;branch=z9hG4bK2",
                    "Record-Route: <sip:p1;lr>, <sip:p2;lr>",
                    "Timestamp: 54",
                )
            )
        )
        ringing = response(bytes(respond(invite, 180, to_tag="ours")))
        assert (ringing.status, ringing.reason, ringing.body) == (180, "Ringing", b"")
        assert [via.host for via in ringing.via] == ["203.0.113.7", "hop2"]
        assert [str(route.uri) for route in ringing.record_routes] == ["sip:p1;lr", "sip:p2;lr"]
        assert str(ringing.from_) == str(invite.from_)
        assert (ringing.to.uri, ringing.to.tag) == (invite.to.uri, "ours")
        assert (ringing.call_id, ringing.cseq) == (invite.call_id, invite.cseq)
        assert "Timestamp" not in ringing.headers
        assert invite.to.tag is None, "the request itself is left alone"

    def test_trying_has_a_timestamp_and_no_tag(self) -> None:
        invite = request(raw(more=("Timestamp: 54", "Record-Route: <sip:p1;lr>")))
        trying = respond(invite, 100)
        assert trying.headers.get("Timestamp") == "54"
        assert trying.to.tag is None
        assert trying.record_routes == ()

    @pytest.mark.parametrize("status", [300, 404, 486, 603])
    def test_a_refusal_makes_no_dialog(self, status: int) -> None:
        invite = request(raw(more=("Record-Route: <sip:p1;lr>",)))
        assert respond(invite, status, to_tag="x").record_routes == ()

    def test_only_an_invite_makes_one(self) -> None:
        bye = request(
            raw("BYE sip:a@b SIP/2.0", CSeq="2 BYE", more=("Record-Route: <sip:p1;lr>",))
        )
        assert respond(bye, 200).record_routes == ()

    def test_a_tag_that_is_there_stays(self) -> None:
        bye = request(raw("BYE sip:a@b SIP/2.0", CSeq="2 BYE", To="<sip:a@b>;tag=theirs"))
        assert respond(bye, 200, to_tag="ours").to.tag == "theirs"

    def test_further_headers_and_a_body(self) -> None:
        answer = respond(
            request(raw()),
            488,
            "Nothing in common",
            to_tag="x",
            headers=[("Warning", '304 soc "codec"'), ("Allow", "INVITE")],
            body=SDP,
            content_type="application/sdp",
        )
        assert answer.reason == "Nothing in common"
        assert answer.headers.get("Warning") == '304 soc "codec"'
        assert (answer.content_type, answer.sdp_body()) == ("application/sdp", SDP)
        assert bytes(answer).endswith(b"Content-Length: %d\r\n\r\n" % len(SDP) + SDP)

    def test_a_reason_cannot_break_the_line(self) -> None:
        answer = respond(request(raw()), 400, "Bad\r\nVia: evil")
        assert response(bytes(answer)).reason == "Bad\ufffd\ufffdVia: evil"

    def test_an_unknown_status_has_no_phrase(self) -> None:
        assert respond(request(raw()), 499).start_line == "SIP/2.0 499 "

    @pytest.mark.parametrize(
        ("vias", "rest"),
        [
            (("Via: SIP/2.0/UDP hop2",), ["SIP/2.0/UDP hop2"]),
            ((), []),
        ],
    )
    def test_the_source_is_noted_in_the_nearest_via(
        self, vias: tuple[str, ...], rest: list[str]
    ) -> None:
        invite = request(raw(more=vias))
        invite.replace_top_via(invite.top_via.with_received("198.51.100.9", 1024))
        assert invite.top_via.rport == 1024
        first = (
            "SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bKnashds8"
            ";received=198.51.100.9;rport=1024"
        )
        assert invite.headers.get_all("Via") == [first, *rest]

    def test_other_hops_in_the_same_line_stay(self) -> None:
        invite = request(raw(Via='SIP/2.0/UDP a;x="1,2", SIP/2.0/UDP b, SIP/2.0/TCP c'))
        invite.replace_top_via(Via.parse("SIP/2.0/UDP a;received=192.0.2.1"))
        assert [via.host for via in invite.via] == ["a", "b", "c"]
        assert invite.top_via.received == "192.0.2.1"
