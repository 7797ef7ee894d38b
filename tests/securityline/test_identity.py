"""Who is calling and what he dialled, in every shape that trunks send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.identity import TrunkProfile, read_identity
from sip.errors import ParseError
from sip.headers import Headers
from sip.message import Request, Uri, parse
from tests.securityline.invites import invite
from tests.shared import shared
from tests.torture.mutations import mutated

TRUNK = TrunkProfile(name="carrier")
OURS = frozenset({"+3225554000", "+3235554100"})
CALLER = "+32470004001"
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a'


def identity(request, trunk=TRUNK):
    return read_identity(request, trunk, OURS.__contains__)


def dialled(uri, to="<sip:nobody@trunk.example>", *headers, did_from=None):
    profile = TrunkProfile(name="c", did_from=did_from) if did_from else TRUNK
    return identity(invite(*headers, uri=uri, to=to), profile).did


class TestTrunkSamples:
    CASES = (
        "01-plain-e164",
        "02-anonymous-with-pai",
        "03-anonymous-no-pai",
        "05-registered-trunk",
        "06-national-format",
        "09-geolocation",
        "10-stir-identity",
        "12-srtp-sdes",
    )

    @pytest.mark.parametrize("name", CASES)
    def test_sample(self, name):
        folder = shared("torture/trunk-samples")
        expected = json.loads((folder / "expected.json").read_text())["cases"][name]
        request = parse((folder / f"{name}.sip").read_bytes())
        found = read_identity(request, TRUNK, {expected["did"]}.__contains__)
        assert found.did == expected["did"]
        assert found.caller == expected["caller"]
        assert found.is_withheld == expected["withheld"]
        assert found.verstat == expected.get("verstat")
        assert (list(found.location) if found.location else None) == expected.get("location")
        assert found.diverted_from == expected.get("diverted_from")

    def test_every_sample_is_in_the_list(self):
        folder = shared("torture/trunk-samples")
        cases = json.loads((folder / "expected.json").read_text())["cases"]
        assert set(cases) == set(self.CASES)

    def test_a_registered_trunk_may_also_name_the_place(self):
        request = parse(shared("torture/trunk-samples/05-registered-trunk.sip").read_bytes())
        profile = TrunkProfile(name="c", did_from=("to",))
        assert read_identity(request, profile, lambda _: False).did == "+33972000001"


class TestDialledNumber:
    @pytest.mark.parametrize(
        "uri",
        [
            "sip:+3225554000@192.0.2.20",
            "sip:+3225554000@192.0.2.20:5060;user=phone",
            "sip:003225554000@192.0.2.20",
            "sip:025554000@192.0.2.20",
            "sip:25554000@192.0.2.20",
            "sip:3225554000@192.0.2.20",
            "sip:+32-2-555-40-00@192.0.2.20",
            "sip:%2B3225554000@192.0.2.20",
            "sip:+3225554000;npdi;rn=+3299@192.0.2.20;user=phone",
            "sip:025554000;phone-context=+32@192.0.2.20;user=phone",
            "sips:+3225554000@192.0.2.20",
            "tel:+3225554000",
            "tel:+32-2-555-40-00",
            "tel:025554000;phone-context=+32",
            "tel:025554000",
        ],
    )
    def test_spellings_in_the_request_uri(self, uri):
        assert dialled(uri) == "+3225554000"

    @pytest.mark.parametrize(
        "to",
        [
            "<sip:+3225554000@trunk.example>",
            "sip:025554000@trunk.example",
            '"Sécurité" <tel:+3225554000>;x=y',
        ],
    )
    def test_in_to_when_the_request_uri_is_an_account(self, to):
        assert dialled("sip:acme-line@192.0.2.20", to) == "+3225554000"
        assert dialled("sip:192.0.2.20", to) == "+3225554000"
        assert dialled("sip:0033972000000@192.0.2.20", to) == "+3225554000"

    def test_in_p_called_party_id(self):
        header = "P-Called-Party-ID: <sip:+3225554000@trunk.example>"
        assert dialled("sip:account@192.0.2.20", "<sip:x@y>", header) == "+3225554000"

    def test_the_first_in_order_that_is_ours_wins(self):
        both = ("sip:+3225554000@h", "<sip:+3235554100@trunk.example>")
        assert dialled(*both) == "+3225554000"
        assert dialled(*both, did_from=("to", "request_uri")) == "+3235554100"
        assert dialled(*both, did_from=("to",)) == "+3235554100"

    def test_one_that_is_ours_goes_before_one_that_is_not(self):
        assert dialled("sip:+3290000000@h", "<sip:+3235554100@t>") == "+3235554100"

    def test_else_the_first_that_is_a_number(self):
        assert dialled("sip:account@h", "<sip:+3290000000@t>") == "+3290000000"
        assert dialled("sip:+3290000001@h", "<sip:+3290000000@t>") == "+3290000001"

    def test_a_place_the_profile_does_not_name_is_not_looked_at(self):
        did = dialled("sip:account@h", "<sip:+3225554000@t>", did_from=("request_uri",))
        assert did == "account"

    def test_what_is_no_number_is_kept_as_it_came(self):
        found = identity(invite(uri="sip:1717@h", to="<sip:1717@t>"))
        assert (found.did, found.did_raw) == ("1717", "1717")
        assert (
            identity(invite(uri="sip:h.example", to="<sip:t.example>")).did == "sip:h.example"
        )

    def test_the_raw_number_is_kept_beside(self):
        assert identity(invite(uri="sip:02-555.40.00;x=y@h")).did_raw == "02-555.40.00"

    def test_a_raw_number_is_printable_and_short(self):
        found = identity(invite(uri="sip:%0d%0aVia%3a%20x%e2%80%ae@h", to="<sip:h>"))
        assert found.did == "Via: x"
        assert len(identity(invite(uri=f"sip:{'a' * 3000}@h", to="<sip:h>")).did) == 64

    def test_neither_caller_nor_diversion_is_taken_for_it(self):
        found = identity(
            invite(
                "Diversion: <sip:+3235554100@t>",
                "History-Info: <sip:+3235554100@t>;index=1",
                "P-Asserted-Identity: <sip:+3235554100@t>",
                "P-Called-Party-ID: <sip:+3235554100@t>",
                from_="<sip:+3235554100@t>;tag=a",
            )
        )
        assert found.did == "+3225554000"

    def test_the_country_is_the_trunks(self):
        french = TrunkProfile(name="c", default_country="FR")
        request = invite(uri="sip:0972000001@h", to="<sip:h>", from_="<sip:0612345678@t>;tag=a")
        found = identity(request, french)
        assert (found.did, found.caller) == ("+33972000001", "+33612345678")


class TestCaller:
    @pytest.mark.parametrize(
        "header",
        [
            "P-Asserted-Identity: <sip:+32470004009@t>",
            "P-Asserted-Identity: <tel:+32470004009>",
            "P-Asserted-Identity: sip:0470004009@t",
            'P-Asserted-Identity: "Ann" <sip:+32470004009@t;user=phone>',
            "P-Asserted-Identity: <sip:ann@client.example>, <tel:+32470004009>",
            "P-Asserted-Identity: <tel:+32470004009>, <sip:ann@client.example>",
            "P-Asserted-Identity: <sip:ann@c.example>\r\nP-Asserted-Identity: <tel:0470004009>",
            "P-Asserted-Identity: <sip:+32470004009@t>, <tel:+32470004008>",
            "P-Asserted-Identity: <sip:\\>, <tel:+32470004009>",
            'P-Asserted-Identity: "open <sip:+32470004008@t>\r\n'
            "P-Asserted-Identity: <tel:+32470004009>",
            "p-asserted-identity: <sip:+32470004009@t>",
            "Remote-Party-ID: <sip:+32470004009@t>;party=calling;screen=yes;privacy=off",
            "Remote-Party-ID: <sip:+32470004009@t>",
        ],
    )
    def test_asserted_by_a_trusted_trunk(self, header):
        found = identity(invite(header))
        assert (found.caller, found.is_asserted) == ("+32470004009", True)
        assert not found.is_withheld

    @pytest.mark.parametrize(
        "header",
        [
            "P-Asserted-Identity: <sip:+32470004009@t>",
            "Remote-Party-ID: <sip:+32470004009@t>;party=calling;screen=yes",
        ],
    )
    def test_asserted_by_any_other_counts_for_nothing(self, header):
        found = identity(invite(header), TrunkProfile(name="c", is_trusted=False))
        assert (found.caller, found.is_asserted) == (CALLER, False)

    @pytest.mark.parametrize(
        "header",
        [
            "P-Preferred-Identity: <sip:+32470004009@t>",
            "Remote-Party-ID: <sip:+32470004009@t>;party=called",
            "P-Asserted-Identity: <sip:ann@client.example>",
            "P-Asserted-Identity: nonsense",
            "P-Asserted-Identity:",
            "X-P-Asserted-Identity: <sip:+32470004009@t>",
            "Referred-By: <sip:+32470004009@t>",
        ],
    )
    def test_headers_that_assert_nothing(self, header):
        found = identity(invite(header))
        assert (found.caller, found.is_asserted) == (CALLER, False)

    def test_p_asserted_identity_goes_before_remote_party_id(self):
        found = identity(
            invite(
                "Remote-Party-ID: <sip:+32470004008@t>",
                "P-Asserted-Identity: <sip:+32470004009@t>",
            )
        )
        assert found.caller == "+32470004009"

    @pytest.mark.parametrize(
        ("from_", "caller"),
        [
            ("<sip:+32470004001@t>;tag=a", CALLER),
            ("<sip:0032470004001@t>;tag=a", CALLER),
            ("<sip:0470004001@t>;tag=a", CALLER),
            ('"0470 00 40 01" <sip:0470004001@t>;tag=a', CALLER),
            ("<tel:0470-00-40-01>;tag=a", CALLER),
            ("sip:+32470004001@t;tag=a", CALLER),
            ("<sip:+33612345678@t>;tag=a", "+33612345678"),
            ("<sip:33612345678@t>;tag=a", "+33612345678"),
            ("<sip:201@t>;tag=a", None),
            ("<sip:julie@t>;tag=a", None),
            ("<sip:t>;tag=a", None),
            ("<sip:unavailable@unknown.invalid>;tag=a", None),
            ("<mailto:+32470004001@t>;tag=a", None),
        ],
    )
    def test_claimed_in_from(self, from_, caller):
        found = identity(invite(from_=from_))
        assert (found.caller, found.is_withheld) == (caller, False)

    def test_an_identity_smuggled_past_a_proxy_counts_for_nothing(self):
        # CVE-2020-28361: a blank before the colon.
        found = identity(invite("P-Asserted-Identity : <sip:+32470004009@t>"))
        assert (found.caller, found.is_asserted) == (CALLER, False)


class TestWithheld:
    @pytest.mark.parametrize(
        "from_",
        [
            ANONYMOUS,
            "<sip:anonymous@anonymous.invalid>;tag=a",
            "<sip:Anonymous@trunk.example>;tag=a",
            "<sip:restricted@trunk.example>;tag=a",
            '"Anonymous" <sip:c8oqz84zk7z@privacy.example>;tag=a',
            '"anonymous" <sip:trunk.example>;tag=a',
            "<sip:xyz@Anonymous.Invalid>;tag=a",
        ],
    )
    def test_an_anonymous_from(self, from_):
        found = identity(invite(from_=from_))
        assert (found.caller, found.is_withheld) == (None, True)
        assert found.did == "+3225554000"

    @pytest.mark.parametrize(
        "privacy",
        ["id", "user", "header", "id;critical", "critical; id", "ID", "id,header", "none;id"],
    )
    def test_a_privacy_header(self, privacy):
        found = identity(invite(f"Privacy: {privacy}"))
        assert found.is_withheld
        assert identity(invite("Privacy: session", f"Privacy: {privacy}")).is_withheld

    @pytest.mark.parametrize(
        "privacy", ["none", "session", "critical", "history", "", ";;,", "identity"]
    )
    def test_a_privacy_header_that_withholds_nothing(self, privacy):
        assert not identity(invite(f"Privacy: {privacy}")).is_withheld

    def test_the_asserted_number_is_kept_and_marked(self):
        found = identity(
            invite("P-Asserted-Identity: <tel:+32470004009>", "Privacy: id", from_=ANONYMOUS)
        )
        assert (found.caller, found.is_withheld) == ("+32470004009", True)

    def test_no_name_is_given_away(self):
        found = identity(
            invite(
                'P-Asserted-Identity: "Ann" <tel:+32470004009>', "Privacy: id", from_=ANONYMOUS
            )
        )
        assert found.display_name == ""

    @pytest.mark.parametrize("privacy", ["full", "uri", "id"])
    def test_by_remote_party_id(self, privacy):
        header = f"Remote-Party-ID: <sip:+32470004009@t>;party=calling;privacy={privacy}"
        assert identity(invite(header)).is_withheld

    @pytest.mark.parametrize(
        "end", ["privacy=off", "privacy=name", "party=called;privacy=full"]
    )
    def test_not_by_remote_party_id(self, end):
        assert not identity(invite(f"Remote-Party-ID: <sip:+32470004009@t>;{end}")).is_withheld

    def test_a_name_alone_withholds_nothing(self):
        found = identity(invite(from_='"Anonymous" <sip:+32470004001@t>;tag=a'))
        assert (found.caller, found.is_withheld) == (CALLER, False)


class TestDivertedFrom:
    FIRST = "+3242200310"

    @pytest.mark.parametrize(
        "headers",
        [
            ("Diversion: <sip:+3242200310@t>;reason=unconditional;privacy=off",),
            ("Diversion: <tel:042200310>;reason=no-answer;counter=1",),
            ('Diversion: "Poste" <sip:042200310@t>',),
            # The one on top diverted last.
            ("Diversion: <sip:+3242200311@t>", "Diversion: <sip:+3242200310@t>"),
            ("Diversion: <sip:+3242200311@t>, <sip:+3242200310@t>",),
            ("Diversion: <sip:+3242200310@t>, <sip:+3225554000@t>",),
            ("Diversion: <<<>, <sip:+3242200310@t>",),
            (
                "History-Info: <sip:+3242200310@t?Reason=SIP%3Bcause%3D302>;index=1,"
                " <sip:+3225554000@t;cause=302>;index=1.1",
            ),
            (
                "History-Info: <tel:042200310>;index=1",
                "History-Info: <sip:+3225554000@t>;index=2",
            ),
            ("History-Info: <sip:+3242200310@t>;index=1", "Diversion: <sip:+3242200311@t>"),
            ("History-Info: <sip:+3225554000@t>;index=1", "Diversion: <sip:+3242200310@t>"),
        ],
    )
    def test_the_number_dialled_first(self, headers):
        assert identity(invite(*headers)).diverted_from == self.FIRST

    @pytest.mark.parametrize(
        "header",
        [
            "Diversion: <sip:+3225554000@t>",
            "Diversion: <sip:025554000@t>",
            "Diversion: <sip:voicemail@t>",
            "Diversion: <sip:+3242200310@t>;privacy=full",
            "Diversion: <sip:+3242200310@t>;privacy=uri",
            "Diversion: unknown",
            "Diversion: <sip:112@t>",
            "Diversion:",
            'Diversion: "<sip:+3242200310@t>',
            "History-Info: <sip:+3225554000@t>;index=1",
            "History-Info: <sip:+3242200310@t?Privacy=history>;index=1",
            "History-Info: <sip:anonymous@anonymous.invalid>;index=1",
            "History-Info: <sip:+3225554000@t>;index=1, <sip:+3242200310@t>;index=1.1",
        ],
    )
    def test_nothing_to_tell(self, header):
        assert identity(invite(header)).diverted_from is None

    def test_a_flood_of_diversions_is_not_read_to_its_end(self):
        header = "Diversion: " + ", ".join(
            ["<sip:voicemail@t>"] * 400 + ["<sip:+3242200310@t>"]
        )
        assert identity(invite(header)).diverted_from is None


class TestVerstat:
    @pytest.mark.parametrize(
        "header",
        [
            "P-Asserted-Identity: <sip:+33612345678@t;verstat=TN-Validation-Failed>",
            "P-Asserted-Identity: <tel:+33612345678;verstat=TN-Validation-Failed>",
            "P-Asserted-Identity: <sip:+33612345678;verstat=TN-Validation-Failed@t;user=phone>",
        ],
    )
    def test_beside_the_asserted_number(self, header):
        found = identity(invite(header))
        assert (found.caller, found.verstat) == ("+33612345678", "TN-Validation-Failed")

    def test_in_from(self):
        from_ = "<sip:+33612345678@t;verstat=TN-Validation-Passed>;tag=a"
        assert identity(invite(from_=from_)).verstat == "TN-Validation-Passed"

    @pytest.mark.parametrize("value", ["<script>", "a%20b", "x" * 65, ""])
    def test_a_verdict_is_a_word(self, value):
        header = f"P-Asserted-Identity: <sip:+33612345678@t;verstat={value}>"
        assert identity(invite(header)).verstat is None

    def test_only_a_trusted_trunk_gives_one(self):
        header = "P-Asserted-Identity: <sip:+33612345678@t;verstat=TN-Validation-Passed>"
        untrusted = TrunkProfile(name="c", is_trusted=False)
        assert (
            identity(invite(header, from_=header.partition(" ")[2]), untrusted).verstat is None
        )


class TestDisplayName:
    @pytest.mark.parametrize(
        ("from_", "name"),
        [
            ('"Julie Dupont" <sip:+32470004001@t>;tag=a', "Julie Dupont"),
            (
                '"<script>alert(1)</script>" <sip:+32470004001@t>;tag=a',
                "<script>alert(1)</script>",
            ),
            ('"Zo\u00eb \u202ecod.exe\u2066" <sip:+32470004001@t>;tag=a', "Zoë cod.exe"),
            ('"0470 00 40 01" <sip:+32470004001@t>;tag=a', ""),
            ("<sip:+32470004001@t>;tag=a", ""),
            (f'"{"x" * 500}" <sip:+32470004001@t>;tag=a', "x" * 80),
        ],
    )
    def test_printable_short_and_no_number(self, from_, name):
        assert identity(invite(from_=from_)).display_name == name

    def test_the_networks_name_goes_first(self):
        header = 'P-Asserted-Identity: "Julie" <sip:+32470004001@t>'
        from_ = '"Liar" <sip:+32470004001@t>;tag=a'
        assert identity(invite(header, from_=from_)).display_name == "Julie"


class TestLocation:
    PIDF = (
        b'<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gml="http://www.opengis.net/gml">'
        b"<gml:pos>50.8466 4.3528</gml:pos></presence>"
    )

    def multipart(self, pidf, content_type="application/pidf+xml"):
        return (
            b"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
            b"--b\r\nContent-Type: "
            + content_type.encode()
            + b"\r\n\r\n"
            + pidf
            + b"\r\n--b--\r\n"
        )

    def located(self, body, *headers, content_type="multipart/mixed;boundary=b"):
        wanted = headers or ("Geolocation: <cid:x@y>",)
        return identity(invite(f"Content-Type: {content_type}", *wanted, body=body)).location

    def test_beside_the_session_description(self):
        assert self.located(self.multipart(self.PIDF)) == (50.8466, 4.3528, 0.0)

    def test_not_without_its_header(self):
        assert self.located(self.multipart(self.PIDF), "X-Other: 1") is None

    def test_hostile_bodies_give_none(self):
        assert (
            self.located(self.multipart(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + self.PIDF)) is None
        )
        assert self.located(self.multipart(self.PIDF, "text/xml")) is None
        assert self.located(b"--b\r\n", content_type="multipart/mixed") is None
        assert self.located(b"\xff" * 1000) is None


PIECES = (
    *'<>";,@=%?[] \\x',
    "sip:",
    "tel:",
    "+3235554100",
    "+3225554000",
    "025554000",
    "privacy=",
    "index=1",
    ";phone-context=+32",
)
HOSTILE = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=80
) | st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
NAMES = st.sampled_from(
    [
        "P-Asserted-Identity",
        "P-Preferred-Identity",
        "Remote-Party-ID",
        "Diversion",
        "History-Info",
        "Privacy",
        "Identity",
        "Geolocation",
        "P-Called-Party-ID",
        "From",
        "To",
        "Content-Type",
    ]
)


def built(headers, user="+3225554000", body=b""):
    """Build a request without the parser, which would refuse the worst of it."""
    return Request("INVITE", Uri("sip", user, host="h"), Headers(headers), body)


@given(st.lists(st.tuples(NAMES, HOSTILE), max_size=8), st.booleans(), st.binary(max_size=60))
def test_no_header_raises_or_changes_the_number_that_was_dialled(headers, is_trusted, body):
    found = identity(built(headers, body=body), TrunkProfile(name="c", is_trusted=is_trusted))
    assert found.did == "+3225554000"
    assert found.caller is None or found.caller.startswith("+")
    assert found.display_name.isprintable()
    assert is_trusted or not found.is_asserted


@given(
    HOSTILE,
    st.lists(st.tuples(st.sampled_from(["To", "P-Called-Party-ID"]), HOSTILE), max_size=3),
)
def test_a_hostile_number_is_ours_only_when_it_is(user, headers):
    found = identity(built(headers, user))
    digits = "".join(
        c for text in (user, *(v for _, v in headers)) for c in text if c.isdigit()
    )
    if found.did in OURS:
        assert found.did[3:] in digits or found.did[3:] in "".join(digits.split("0032"))
    assert len(found.did) <= 64
    assert found.did.isprintable()


def test_whatever_could_be_read_of_a_refused_invite_names_caller_and_called() -> None:
    partials = []
    for data in mutated(3000, seed=11):
        try:
            parse(data)
        except ParseError as error:
            partials.append(error.partial)
    found = [read_identity(each, TRUNK, OURS.__contains__) for each in partials if each]
    assert len(found) > 100, "never raises"
    assert any(each.caller for each in found)
    assert all(len(each.did) <= 200 for each in found)
