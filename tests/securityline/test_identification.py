"""The event that opens a case: whose number it is, and who may be calling."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.events import CallId, IncidentId, LegId
from client_directory.directory import Directory
from client_directory.loader import load_files
from securityline.identification import CallIds, build_call_offered
from securityline.identity import CallerIdentity, TrunkProfile, read_identity
from tests.client_directory.factory import ACME, replaced, write
from tests.securityline.invites import invite

TRUNK = TrunkProfile(name="carrier", fallback_number="+3225559000")
IDS = CallIds(IncidentId("i-1"), CallId("c-1"), LegId("l-1"))
NOW = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
BANK = (
    replaced("organisation: acme", "organisation: bank\nclearance: high_security")
    .replace("555 40", "555 41")
    .replace('"1234"', '"5678"')
    .replace("name: Acme", "name: Bank")
    .replace("name: Ann", "name: Anton")
    .replace("languages: [fr, nl]", "languages: [nl, fr]")
)
ANN, BOB, HQ = "+32470004001", "+32470004002", "+3225554010"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return Directory.load(write(tmp_path_factory.mktemp("directory"), ACME, BANK))


def is_ours(directory):
    return lambda number: directory.dialled(number) is not None


def offered(directory, now=NOW, **values):
    values = {"did": "+3225554000", "is_asserted": True} | values
    values.setdefault("did_raw", values["did"])
    return build_call_offered(CallerIdentity(**values), directory, TRUNK, IDS, now)


@pytest.fixture
def varied(tmp_path):
    def load(*changes):
        text = ACME
        for old, new in changes:
            text = replaced(old, new, text)
        loaded = load_files(write(tmp_path, text))
        assert all(finding.is_warning for finding in loaded.findings), loaded.findings
        return Directory.of(loaded)

    return load


def test_everything_the_flow_needs_is_in_the_event(directory):
    event = offered(directory, caller=ANN, display_name="Julie", verstat="TN-Validation-Passed")
    assert (event.incident_id, event.call_id, event.leg_id) == IDS
    assert (event.did, event.presented_number) == ("+3225554000", "+3225554000")
    assert (event.trunk, event.caller, event.is_withheld) == ("carrier", ANN, False)
    assert (event.display_name, event.verstat) == ("Julie", "TN-Validation-Passed")
    assert event.is_known_did
    assert (event.service, event.did_label) == ("security_line", {"": "Line"})
    assert (event.recording, event.while_ringing) == ("evidence", "notice")
    assert event.fallback_number == "+3225554999"
    assert event.clearance == "standard"
    assert event.procedure is directory.procedure_for("acme")
    assert event.temporary_consignes == ({"": "Works"},)
    found = event.identification
    assert (found.organisation, found.organisation_name) == ("acme", "Acme")
    assert found.organisation_certainty == "known"


def test_the_invite_leads_there(directory):
    request = invite(
        "P-Asserted-Identity: <tel:+32470004001>",
        "Diversion: <sip:042200310@t>",
        uri="sip:025554000@192.0.2.20",
    )
    found = read_identity(request, TRUNK, is_ours(directory))
    event = build_call_offered(found, directory, TRUNK, IDS, NOW)
    assert event.identification.person == "ann"
    assert event.diverted_from == "+3242200310"


@pytest.mark.parametrize("did", ["+3225554000", "+3225559876"])
@pytest.mark.parametrize("number", [ANN, "+32479999999"])
def test_who_vouches_for_the_number_is_in_the_event(directory, did, number):
    """Also of a number that matches nobody, and of a dialled number no client has."""
    for header, is_asserted in (
        (f"P-Asserted-Identity: <tel:{number}>", True),
        ("X-No: y", False),
    ):
        request = invite(header, uri=f"sip:{did}@192.0.2.20", from_=f"<sip:{number}@t>;tag=a")
        event = build_call_offered(
            read_identity(request, TRUNK, is_ours(directory)), directory, TRUNK, IDS, NOW
        )
        assert (event.caller, event.is_asserted) == (number, is_asserted)
        assert event.procedure is directory.procedure_for("acme") or did != "+3225554000"


class TestPerson:
    def found(self, directory, **values):
        return offered(directory, **values).identification

    def test_known_by_an_asserted_number(self, directory):
        found = self.found(directory, caller=ANN)
        assert (found.person, found.person_name, found.person_certainty) == (
            "ann",
            "Ann",
            "known",
        )
        assert "that of Ann." in found.why

    @pytest.mark.parametrize(
        ("values", "doubt"),
        [
            ({"is_asserted": False}, "no network vouches"),
            ({"verstat": "TN-Validation-Failed"}, "could not verify"),
        ],
    )
    def test_guessed_by_any_other(self, directory, values, doubt):
        found = self.found(directory, caller=ANN, **values)
        assert (found.person, found.person_certainty) == ("ann", "guessed")
        assert doubt in found.why

    def test_several_matches_are_all_told(self, varied):
        directory = varied(("+32 470 00 40 02", "0470 00 40 01"))
        found = self.found(directory, caller=ANN)
        assert (found.person, found.person_name, found.person_certainty) == (
            None,
            "Ann / Bob",
            "guessed",
        )
        assert "2 people: Ann, Bob" in found.why

    @pytest.mark.parametrize(
        ("valid", "certainty"),
        [
            ("{from: 2026-07-02}", "known"),
            ("{from: 2026-07-03}", "guessed"),
            ("{until: 2026-07-02}", "known"),
            ("{until: 2026-07-01}", "guessed"),
        ],
    )
    def test_an_entry_out_of_date_is_a_guess(self, varied, valid, certainty):
        directory = varied(("roles: [keyholder]", f"roles: [keyholder]\n    valid: {valid}"))
        found = self.found(directory, caller=ANN)
        assert (found.person, found.person_certainty) == ("ann", certainty)
        assert ("not valid today" in found.why) == (certainty == "guessed")

    def test_the_day_is_that_of_the_client(self, varied):
        directory = varied(
            ("roles: [keyholder]", "roles: [keyholder]\n    valid: {from: 2026-07-03}")
        )
        late = datetime(2026, 7, 2, 22, 30, tzinfo=UTC)  # 00:30 on the third in Brussels
        assert self.found(directory, caller=ANN, now=late).person_certainty == "known"

    def test_a_withheld_number_names_nobody(self, directory):
        event = offered(directory, caller=ANN, is_withheld=True)
        found = event.identification
        assert (found.person, found.person_name, found.person_certainty) == (
            None,
            "",
            "unknown",
        )
        assert "withheld" in found.why
        assert ANN not in found.why
        assert (found.organisation, event.is_withheld) == ("acme", True)

    def test_nobody_has_the_number(self, directory):
        found = self.found(directory, caller="+32470009999")
        assert (found.person, found.person_certainty) == (None, "unknown")
        assert "Nobody of Acme has" in found.why

    def test_no_number_came(self, directory):
        found = self.found(directory, caller=None)
        assert found.person_certainty == "unknown"
        assert "did not come" in found.why

    def test_people_of_another_client_are_not_named(self, directory):
        found = self.found(directory, did="+3225554100", caller=ANN)
        assert (found.organisation, found.person_name) == ("bank", "Anton")


class TestSite:
    ANNEX = ("people:", "  - {site: annex, name: Annex, phones: ['+32 2 555 40 20']}\npeople:")

    def found(self, directory, **values):
        return offered(directory, **values).identification

    def test_known_by_its_phone(self, directory):
        found = self.found(directory, caller=HQ)
        assert (found.site, found.site_name, found.site_certainty) == (
            "hq",
            "Head office",
            "known",
        )

    def test_guessed_by_its_phone_when_nobody_vouches(self, directory):
        assert self.found(directory, caller=HQ, is_asserted=False).site_certainty == "guessed"

    def test_guessed_by_the_only_site_of_the_person(self, varied):
        found = self.found(varied(self.ANNEX), caller=ANN)
        assert (found.site, found.site_certainty) == ("hq", "guessed")
        assert "only site of Ann" in found.why

    def test_guessed_by_the_only_site_of_the_client(self, directory):
        found = self.found(directory, caller=None)
        assert (found.site, found.site_certainty) == ("hq", "guessed")

    def test_unknown_among_several(self, varied):
        found = self.found(varied(self.ANNEX), caller=None)
        assert (found.site, found.site_name, found.site_certainty) == (None, "", "unknown")

    def test_unknown_for_a_person_of_several(self, varied):
        directory = varied(self.ANNEX, ("sites: [hq]\n    pin", "sites: [hq, annex]\n    pin"))
        found = self.found(directory, caller=ANN)
        assert (found.person, found.site) == ("ann", None)

    def test_several_matches_are_all_told(self, varied):
        directory = varied((self.ANNEX[0], self.ANNEX[1].replace("40 20", "40 10")))
        found = self.found(directory, caller=HQ)
        assert (found.site, found.site_name, found.site_certainty) == (
            None,
            "Head office / Annex",
            "guessed",
        )
        assert "2 sites" in found.why

    def test_temporary_consignes_are_those_of_the_site(self, varied):
        directory = varied(self.ANNEX, ("sites: [hq], from", "sites: [annex], from"))
        assert offered(directory, caller=HQ).temporary_consignes == ()
        assert offered(directory, caller="+3225554020").temporary_consignes == ({"": "Works"},)
        assert len(offered(directory, caller=None).temporary_consignes) == 1

    def test_temporary_consignes_end(self, directory):
        after = datetime(2026, 7, 8, tzinfo=UTC)
        assert offered(directory, now=after).temporary_consignes == ()


class TestLanguages:
    def test_the_clients(self, directory):
        assert offered(directory).languages == ("fr", "nl")
        assert offered(directory, did="+3225554100").languages == ("nl", "fr")

    def test_the_persons_first(self, directory):
        assert offered(directory, caller=BOB).languages == ("nl", "fr")

    def test_then_the_numbers(self, varied):
        directory = varied(("label: Line", "label: Line\n    languages: [de]"))
        assert offered(directory).languages == ("de", "fr", "nl")
        assert offered(directory, caller=BOB).languages == ("nl", "de", "fr")

    def test_not_those_of_one_among_several(self, varied):
        directory = varied(("+32 470 00 40 02", "0470 00 40 01"))
        assert offered(directory, caller=ANN).languages == ("fr", "nl")


@pytest.mark.parametrize(
    ("service", "urgency"),
    [
        ("security_line", 1),
        ("intercom", 2),
        ("guards", 3),
        ("service_desk", 3),
        ("keyholder_callback", 3),
        ("alarm_receiver", 2),
    ],
)
def test_urgency_before_anybody_has_spoken(varied, service, urgency):
    directory = varied(("security_line", service))
    assert offered(directory).urgency == urgency


def test_a_receiver_line_is_shown_to_nobody_where_the_client_has_another(varied):
    line = "  - {number: '+32 2 555 40 09', service: guards, label: Guards}\nsites:"
    directory = varied(("service: security_line", "service: alarm_receiver"), ("sites:", line))
    assert offered(directory).presented_number == "+3225554009"
    alone = varied(("service: security_line", "service: alarm_receiver"))
    assert offered(alone).presented_number == offered(alone).did


def test_clearance_is_the_clients(directory):
    assert offered(directory, did="+3225554100").clearance == "high_security"


def test_without_a_fallback_of_its_own_the_trunks_rings(varied):
    directory = varied(('    fallback_number: "+32 2 555 49 99"\n', ""))
    assert offered(directory).fallback_number == "+3225559000"


class TestUnknownNumber:
    def test_it_is_offered_all_the_same(self, directory):
        event = offered(directory, did="+3290000000", caller=ANN)
        assert not event.is_known_did
        assert (event.did, event.caller, event.urgency) == ("+3290000000", ANN, 2)
        assert event.did_label["fr"] == "Numéro inconnu"
        assert event.identification.organisation is None
        assert event.identification.organisation_certainty == "unknown"
        assert "No client has the dialled number +3290000000" in event.identification.why
        assert (event.procedure, event.clearance) == (None, "standard")
        assert event.fallback_number == "+3225559000"
        assert event.presented_number == "+3290000000"
        assert set(event.languages) == {"fr", "nl", "de", "en"}

    def test_no_number_is_presented_that_is_none(self, directory):
        assert offered(directory, did="account", did_raw="account").presented_number is None

    def test_a_diversion_is_a_hint_and_no_more(self, directory):
        event = offered(directory, did="+3290000000", diverted_from="+3225554000")
        assert event.identification.organisation is None
        assert "Diverted from +3225554000, a number of Acme." in event.identification.why

    def test_a_client_of_high_security_is_not_named(self, directory):
        event = offered(directory, did="+3290000000", diverted_from="+3225554100")
        assert "Bank" not in event.identification.why


NUMBERS = st.sampled_from(["+3225554000", "+3225554100", "+3290000000", ANN, HQ, "112", "x"])
ADDRESSES = st.tuples(st.sampled_from(["sip:", "tel:"]), NUMBERS).map(
    lambda pair: f"<{pair[0]}{pair[1]}{'@t' if pair[0] == 'sip:' else ''}>"
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["P-Asserted-Identity", "Diversion", "History-Info", "Remote-Party-ID"]
        ),
        ADDRESSES,
    ).map(": ".join),
    max_size=5,
)


@given(HEADERS, st.sampled_from(["+3225554000", "+3225554100"]), ADDRESSES)
def test_never_a_wrong_organisation(directory, headers, number, to):
    """Whatever else an INVITE says, the number in its Request-URI names the client."""
    request = invite(*headers, uri=f"sip:{number}@h", to=to if "x" not in to else "<sip:x@t>")
    found = read_identity(request, TRUNK, is_ours(directory))
    event = build_call_offered(found, directory, TRUNK, IDS, NOW)
    assert event.did == number
    assert (
        event.identification.organisation == directory.dialled(number).organisation.organisation
    )
    assert event.procedure is directory.procedure_for(event.identification.organisation)


@given(st.text(max_size=30), NUMBERS | st.none(), NUMBERS | st.none(), st.booleans())
def test_any_identity_can_be_offered(directory, did, caller, diverted_from, is_withheld):
    event = offered(
        directory, did=did, caller=caller, diverted_from=diverted_from, is_withheld=is_withheld
    )
    assert event.is_known_did == (directory.dialled(did) is not None)
    assert event.identification.why
