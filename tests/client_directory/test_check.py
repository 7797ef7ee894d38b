"""What needs the whole file, or the whole directory, to be seen."""

import pytest

from client_directory.finding import ExitStatus, Finding, exit_status
from client_directory.loader import load_files
from tests.client_directory.factory import (
    ACME,
    OPERATORS,
    SERVICES,
    findings_of,
    line_of,
    replaced,
    write,
)

OTHER = (
    replaced("organisation: acme", "organisation: other")
    .replace("555 40", "555 41")
    .replace('"1234"', '"5678"')
)


def codes(findings):
    return [finding.code for finding in findings]


def test_a_sound_directory_is_clean(tmp_path):
    assert findings_of(tmp_path, ACME, OTHER) == []


@pytest.mark.parametrize(
    ("old", "new", "at", "code", "words"),
    [
        # numbers
        ("+32 2 555 40 00", "02 55", "02 55", "BAD_NUMBER", "'02 55' is no telephone number"),
        ("+32 2 555 40 00", "julie", "julie", "BAD_NUMBER", "no telephone number"),
        ("+32 2 555 40 00", "0902 12 345", "0902", "BAD_NUMBER", "premium"),
        ("+32 2 555 40 00", "112", '"112"', "EMERGENCY_NUMBER", "services.yaml only"),
        ("+32 2 555 49 99", "101", '"101"', "EMERGENCY_NUMBER", "services.yaml only"),
        ("0470 00 40 01", "+32112", "+32112", "EMERGENCY_NUMBER", "emergency"),
        ("02 555 40 10", "0032 100", "0032", "EMERGENCY_NUMBER", "emergency"),
        (
            "+32 470 00 40 02",
            "+32 2 555 48 01",
            "+32 2 555 48",
            "EMERGENCY_NUMBER",
            "direct line",
        ),
        ("+32 2 555 49 99", "02 555 40 00", "fallback", "FALLBACK_LOOP", "+3225554000"),
        # time
        (
            "time_zone: Europe/Brussels\nlang",
            "time_zone: Mars\nlang",
            "time_zone:",
            "BAD_TIME",
            "Mars",
        ),
        ("until: 2026-07-08T00:00", "until: 2026-06-01", "from:", "BAD_TIME", "not after from"),
        (
            "roles: [keyholder]",
            "roles: [keyholder]\n    available: sometimes",
            "available",
            "BAD_SCHEDULE",
            "sometimes",
        ),
        (
            "name: Head office",
            "name: HQ\n    opening: daily",
            "opening:",
            "BAD_SCHEDULE",
            "daily",
        ),
        ("country: BE", "country: ZZ", "country", "BAD_VALUE", "no such country"),
        (
            'pin: "4821"',
            'pin: "4821"\n    valid: {from: 2027-01-01, until: 2026-01-01}',
            "valid:",
            "BAD_TIME",
            "ends before",
        ),
        # secrets
        (
            'duress_pin: "4822"',
            'duress_pin: "4821"',
            "duress_pin",
            "SAME_PIN",
            "could never be told",
        ),
        ('pin: "4821"\n    duress', "duress", "duress_pin", "NO_PIN", "without a pin"),
        (
            "code_word: Tournesol",
            "code_word: Tournésol\n    duress_code_word: TOURNESOL",
            "duress_code_word",
            "SAME_PIN",
            "sound the same",
        ),
        (
            "code_word: Tournesol",
            "duress_code_word: Mimosa",
            "duress_code_word",
            "NO_PIN",
            "without a code_word",
        ),
        # references
        (
            "members: [ann, bob]",
            "members: [ann, eve]",
            "members",
            "UNKNOWN_REFERENCE",
            "person 'eve'",
        ),
        (
            "sites: [hq]\n    pin",
            "sites: [moon]\n    pin",
            "sites: [moon]",
            "UNKNOWN_REFERENCE",
            "site 'moon'",
        ),
        (
            "Works, sites: [hq]",
            "Works, sites: [moon]",
            "Works",
            "UNKNOWN_REFERENCE",
            "site 'moon'",
        ),
        (
            "{police: pz-1}",
            "{police: pz-9}",
            "pz-9",
            "UNKNOWN_REFERENCE",
            "no police service 'pz-9'",
        ),
        (
            "{police: pz-1}",
            "{fire: pz-1}",
            "pz-1",
            "UNKNOWN_REFERENCE",
            "no fire service 'pz-1'",
        ),
        # call trees
        ("call: [ann,", "call: [eve,", "eve", "UNKNOWN_REFERENCE", "no person 'eve'"),
        ("call: [ann,", "call: [pz-1,", "call: [pz-1", "UNKNOWN_REFERENCE", "no person 'pz-1'"),
        ("rota:duty", "rota:night", "rota:night", "UNKNOWN_REFERENCE", "no rota 'night'"),
        ("role:keyholder", "role:king", "role:king", "UNKNOWN_REFERENCE", "role 'king'"),
        (
            "call: [ann,",
            'call: ["112",',
            "call: [",
            "EMERGENCY_NUMBER",
            "no call tree may dial",
        ),
        (
            "call: [ann,",
            'call: ["+32 101",',
            "call: [",
            "EMERGENCY_NUMBER",
            "no call tree may dial",
        ),
        (
            "accept: pin",
            "answers_needed: 3",
            "answers_needed",
            "IMPOSSIBLE",
            "3 answers needed of 2",
        ),
        (
            '    phones: [{number: "+32 470 00 40 02"}]\n',
            "",
            "levels",
            "NO_PHONE",
            "'bob' has no phone",
        ),
        ('    pin: "5821"\n', "", "levels", "NO_PIN", "'bob' has no pin"),
        # consignes
        ("go_to: help", "go_to: nowhere", "nowhere", "UNKNOWN_STEP", "no step 'nowhere'"),
        ("go_to: end}", "go_to: fin}", "fin", "UNKNOWN_STEP", "no step 'fin'"),
        (
            "requires: first",
            "requires: second",
            "requires",
            "UNKNOWN_STEP",
            "no other step 'second'",
        ),
        (
            "requires: first",
            "requires: help",
            "requires",
            "UNKNOWN_STEP",
            "no other step 'help'",
        ),
        (
            "{call_service: medical}",
            "{start_call_tree: oak}",
            "oak",
            "UNKNOWN_REFERENCE",
            "no call tree 'oak'",
        ),
        (
            "go_to: help}",
            "go_to: note}",
            "step: help",
            "UNREACHABLE_STEP",
            "step 'help' of 'default'",
        ),
        ("step: note,", "step: end,", "step: end", "BAD_VALUE", "'end' is taken"),
        (
            "step: note,",
            "step: first,",
            "step: first, say",
            "DUPLICATE_ID",
            "step 'first' twice",
        ),
        ("go_to: end}", "go_to: first}", "step: x", "", ""),
    ],
)
def test_one_fault_one_finding(tmp_path, old, new, at, code, words):
    text = replaced(old, new)
    found = findings_of(tmp_path, text)
    if not code:
        assert found == []
        return
    assert code in codes(found)
    finding = next(finding for finding in found if finding.code == code)
    assert finding.line == line_of(at, text)
    assert words in finding.text
    assert finding.file.endswith("organisations/0.yaml")


def test_a_consigne_that_never_ends(tmp_path):
    text = replaced("requires: first}", "requires: first, go_to: help}")
    (finding,) = findings_of(tmp_path, text)
    assert (finding.code, finding.line) == ("ENDLESS", line_of("step: help", text))


def test_the_direct_line_of_the_police_is_not_repeated(tmp_path):
    found = findings_of(tmp_path, replaced("0470 00 40 01", "02 555 48 01"))
    assert codes(found) == ["EMERGENCY_NUMBER"]
    assert "48" not in found[0].text


def test_two_consignes_for_one_kind(tmp_path):
    text = ACME.replace(
        "procedures:\n",
        "procedures:\n"
        "  - procedure: twin\n    version: 1\n    incident_kinds: [theft, other]\n"
        "    title: Twin\n    urgency: 3\n    steps: [{step: a, say: b}]\n",
    )
    (finding,) = findings_of(tmp_path, text)
    assert finding.code == "AMBIGUOUS"
    assert "'other' has the consigne 'twin' already" in finding.text


@pytest.mark.parametrize(
    ("path", "words"),
    [("person: bob", "person: ann"), ("rota: duty\n", "rota: duty\n")],
)
def test_ids_are_unique(tmp_path, path, words):
    if path == words:
        text = ACME.replace(
            "call_trees:",
            "  - {rota: duty, time_zone: Europe/Brussels, handover: Mo 08:00,"
            " members: [ann], first_week: 2026-01-05}\ncall_trees:",
        )
    else:
        text = replaced(path, words)
    assert "DUPLICATE_ID" in codes(findings_of(tmp_path, text))


def test_one_dialled_number_of_two_clients(tmp_path):
    # Written differently, and still the same number.
    twin = OTHER.replace("+32 2 555 41 00", "02/555.40.00")
    (finding,) = findings_of(tmp_path, ACME, twin)
    assert finding.code == "DUPLICATE_DID"
    assert finding.file.endswith("1.yaml")
    assert finding.line == line_of("02/555", twin)
    assert "+3225554000" in finding.text
    assert "0.yaml:" in finding.text


def test_one_dialled_number_twice_in_one_file(tmp_path):
    text = ACME.replace(
        "sites:\n  - site",
        '  - {number: "025554000", service: guards, label: x}\nsites:\n  - site',
    )
    assert codes(findings_of(tmp_path, text)) == ["DUPLICATE_DID"]


def test_other_things_two_files_may_not_share(tmp_path):
    twin = OTHER.replace('"5678"', '"1234"').replace(
        "organisation: other", "organisation: acme"
    )
    assert codes(findings_of(tmp_path, ACME, twin)) == ["DUPLICATE_ID", "DUPLICATE_ACCOUNT"]


def test_people_of_different_clients_may_share_a_number(tmp_path):
    twin = OTHER.replace("0470 00 40 01", "0470 00 40 02")
    assert findings_of(tmp_path, ACME, twin) == []


def test_operators_and_services_are_unique(tmp_path):
    operators = OPERATORS + OPERATORS.partition("\n")[2]
    assert codes(findings_of(tmp_path, ACME, operators=operators)) == ["DUPLICATE_ID"] * 2
    services = SERVICES + SERVICES.partition("\n")[2]
    assert codes(findings_of(tmp_path, ACME, services=services)) == ["DUPLICATE_ID"]


@pytest.mark.parametrize("direct", ["02 555 48 01", "police"])
def test_a_direct_line_is_written_internationally(tmp_path, direct):
    services = SERVICES.replace("+32 2 555 48 01", direct)
    assert codes(findings_of(tmp_path, ACME, services=services)) == ["BAD_NUMBER"]


def test_a_public_number_is_a_number(tmp_path):
    services = SERVICES.replace('"101"', "police")
    assert codes(findings_of(tmp_path, ACME, services=services)) == ["BAD_NUMBER"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{fr: Général, nl: Algemeen}", "{fr: Général}", "MISSING_TRANSLATION"),
        ("{fr: Blessés ?, nl: Gewonden?}", "{de: Verletzte?}", "MISSING_TRANSLATION"),
        ('    fallback_number: "+32 2 555 49 99"\n', "", "NO_FALLBACK"),
        (ACME[ACME.index("procedures:") : ACME.index("temporary")], "", "NO_PROCEDURE"),
    ],
)
def test_warnings_do_not_keep_a_directory_out(tmp_path, old, new, code):
    (finding,) = findings_of(tmp_path, replaced(old, new))
    assert finding.code == code
    assert finding.is_warning
    assert exit_status([finding]) == ExitStatus.DEFECTS


def test_a_number_for_panels_wants_an_account_they_report_under(tmp_path):
    panels = """
  - number: "+32 2 555 40 01"
    service: alarm_receiver
    label: Panels
    fallback_number: "+32 2 555 49 99"
sites:
"""
    text = replaced("\nsites:\n", panels)
    assert findings_of(tmp_path / "one", text) == []
    text = text.replace('    alarm_accounts: ["1234"]\n', "")
    (finding,) = findings_of(tmp_path / "none", text)
    assert (finding.code, finding.is_warning) == ("NO_ACCOUNT", True)
    assert finding.line == line_of("+32 2 555 40 01", text)


@pytest.mark.parametrize(
    ("service", "words"),
    [("service_desk", ""), ("guards", ""), ("lone_worker", "sees a machine's")],
)
def test_call_trees_want_a_number_that_can_be_rung_back(tmp_path, service, words):
    text = replaced("service: security_line", f"service: {service}")
    findings = [f for f in findings_of(tmp_path, text) if f.code == "NO_CALLER_NUMBER"]
    assert [(f.line, f.is_warning) for f in findings] == (
        [(line_of("call_trees:", text), True)] if words else []
    )
    assert all(words in finding.text for finding in findings)


def test_a_missing_translation_names_the_languages(tmp_path):
    text = replaced("{fr: Blessés ?, nl: Gewonden?}", "{de: Verletzte?}")
    (finding,) = findings_of(tmp_path, text)
    assert finding.line == line_of("Verletzte", text)
    assert finding.text == "ask: no words in fr, nl"


def test_the_line_of_a_finding(tmp_path):
    text = replaced("+32 2 555 40 00", "0902 12 345")
    (finding,) = findings_of(tmp_path, text)
    path = tmp_path / "organisations" / "0.yaml"
    assert str(finding).startswith(f"{path}:{line_of('0902', text)}: BAD_NUMBER: ")


def test_a_finding_stays_on_one_line():
    assert str(Finding("f", 1, "CODE", "a\n  b\r\nc")) == "f:1: CODE: a b c"


def test_exit_statuses(tmp_path):
    assert exit_status([]) == 0
    assert exit_status([Finding("f", 1, "BAD_VALUE", "x")]) == 1
    assert (
        exit_status([Finding("f", 1, "BAD_VALUE", "x"), Finding("f", 1, "UNREADABLE", "x")])
        == 2
    )
    assert exit_status(load_files(tmp_path / "absent").findings) == 2
    assert exit_status(load_files(write(tmp_path, ACME)).findings) == 0


def test_a_large_consigne_is_checked_in_linear_time(tmp_path):
    steps = "".join(f"      - {{step: s{i}, say: x}}\n" for i in range(5_000))
    head = ACME[: ACME.index("      - step: first")]
    assert findings_of(tmp_path, head + steps) == []
