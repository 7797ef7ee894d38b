"""One defect is put into the example directory at a time; each is found where it stands."""

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from client_directory.call_plan import Planner
from client_directory.finding import ExitStatus, exit_status
from client_directory.loader import load_files
from client_directory.plan_timing import SETUP_TIME
from client_directory.prover import HORIZON_DAYS, TreeProof, minutes, prove
from tests.client_directory.factory import ACME, line_of, replaced, write
from tests.client_directory.test_example_directory import EXAMPLE
from tests.client_directory.test_plan_timing import Night, plan, worst_choice
from tests.shared import shared

FRIDAY = datetime(2026, 11, 27, 12, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 18, 12, tzinfo=UTC)
POST, BANK, CLINIC, SHOPS = "postes-demo", "banque-demo", "clinique-demo", "magasins-demo"


def spoilt(tmp_path, client, old, new):
    """Copy the example with one change, and return the changed file's text."""
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "organisations" / f"{client}.yaml"
    text = replaced(old, new, path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    return text


# ---------------------------------------------------------------- clean


def test_the_example_directory_is_proved_clean():
    proven = prove(EXAMPLE, FRIDAY)
    assert [str(finding) for finding in proven.findings] == []
    assert exit_status(proven.findings) == ExitStatus.CLEAN


@pytest.mark.parametrize("week", range(0, 56, 2))
def test_the_example_directory_is_clean_on_every_day_of_a_year(week):
    assert prove(EXAMPLE, FRIDAY + timedelta(weeks=week)).findings == ()


def test_the_reference_directory_is_proved_clean():
    for week in range(0, 52, 2):
        proven = prove(shared("directory"), FRIDAY + timedelta(weeks=week))
        assert [str(finding) for finding in proven.findings] == []


# ---------------------------------------------------------------- seeded defects

SEEDED = [
    # A branch that ends nowhere.
    (POST, "go_to: shelter}", "go_to: cellar}", "go_to: cellar", "UNKNOWN_STEP", "'cellar'"),
    # A step nobody reaches.
    (
        POST,
        "go_to: shelter}",
        "go_to: injured}",
        "step: shelter",
        "UNREACHABLE_STEP",
        "shelter",
    ),
    # A loop without an exit.
    (
        POST,
        "required: true\n        go_to: end",
        "required: true\n        go_to: inform",
        "step: safe",
        "ENDLESS",
        "no way leads to the end",
    ),
    # A step that waits for one which only comes after it.
    (
        POST,
        "go_to: decide",
        "requires: decide\n        go_to: decide",
        "requires: decide",
        "LOCKED_STEP",
        "'verify' stays shut",
    ),
    # Hours at which nobody of a level can be called.
    (
        CLINIC,
        "Mo-Su 22:00-06:00",
        "Mo-Su 23:00-06:00",
        "call: [role:guard]",
        "UNREACHABLE",
        "Fr 2026-11-27 22:00 to 23:00",
    ),
    # A hole of a minute before midnight.
    (
        CLINIC,
        "Mo-Su 14:00-22:00",
        "Mo-Su 14:00-21:59",
        "call: [role:guard]",
        "UNREACHABLE",
        "21:59 to 22:00",
    ),
    # Whoever is on call cannot be called, and nobody else stands in the level.
    (
        CLINIC,
        'roles: [technician], sites: [campus, polyclinique], available: "24/7"',
        'roles: [technician], sites: [campus, polyclinique], available: "Mo-Fr 08:00-18:00"',
        "rota:technician-on-call]",
        "UNREACHABLE",
        "nobody can be called",
    ),
    # The same, though others in the level could be called.
    (
        POST,
        'sites: [bru-centre, lg-tri]\n    available: "24/7"',
        'sites: [bru-centre, lg-tri]\n    available: "Mo-Fr 18:00-24:00; Sa-Su; PH"',
        "call: [rota:technician-on-call, role:site_manager]",
        "UNREACHABLE",
        "rota:technician-on-call: whoever is on call",
    ),
    # Hours at which nobody can be called for one site, though all levels are covered.
    (
        CLINIC,
        "roles: [security_manager, keyholder], sites: [campus, polyclinique]",
        "roles: [security_manager, keyholder], sites: [campus]",
        "call_tree: guards",
        "UNREACHABLE",
        "for 'polyclinique' nobody can be called Fr 2026-11-27 13:00 to 22:00",
    ),
    # An empty level: nobody named, nobody there.
    (SHOPS, "call: [role:shop_manager]", "call: []", "call: []", "BAD_VALUE", "is empty"),
    (
        SHOPS,
        'sites: [ant-meir, bru-neuve, eupen], available: "24/7"',
        'sites: [ant-meir, bru-neuve, eupen], available: "off"',
        "role:regional_manager]",
        "EMPTY_LEVEL",
        "r-smets: not available: off",
    ),
    # Unknown references.
    (POST, "call: [j-dupont,", "call: [j-dupond,", "j-dupond", "UNKNOWN_REFERENCE", "j-dupond"),
    (POST, "rota:tech", "rota:tach", "rota:tach", "UNKNOWN_REFERENCE", "no rota"),
    (
        POST,
        "{start_call_tree: technical}",
        "{start_call_tree: oak}",
        "oak",
        "UNKNOWN_REFERENCE",
        "oak",
    ),
    (POST, "police: pz-5339", "police: pz-1", "pz-1,", "UNKNOWN_REFERENCE", "pz-1"),
    # Duplicates.
    (POST, "+32 2 555 01 00", "03 555 04 00", "03 555", "DUPLICATE_DID", "+3235550400"),
    (POST, '["1234"]', '["9001"]', '["9001"]', "DUPLICATE_ACCOUNT", "9001"),
    # Numbers.
    (POST, "+32 470 00 00 01", "0470", "0470", "BAD_NUMBER", "no telephone number"),
    (POST, "+32 470 00 00 01", "0902 12 345", "0902", "BAD_NUMBER", "premium"),
    (POST, "+32 470 00 00 01", "112", '"112"', "EMERGENCY_NUMBER", "emergency number"),
    (POST, "+32 470 00 00 01", "+32 101", "+32 101", "EMERGENCY_NUMBER", "emergency number"),
    (POST, "+32 470 00 00 01", "025550801", "0255508", "EMERGENCY_NUMBER", "direct line"),
    (POST, "call: [j-dupont,", 'call: ["101",', '["101"', "EMERGENCY_NUMBER", "no call tree"),
    # Words.
    (
        POST,
        ", de: Einbruch}",
        "}",
        "{fr: Intrusion, nl: Inbraak, en",
        "MISSING_TRANSLATION",
        "de",
    ),
    # People.
    (POST, "until: 2027-12-31", "until: 2026-11-26", "valid:", "EXPIRED", "2026-11-26"),
    (
        POST,
        'duress_pin: "4822"',
        'duress_pin: "4821"',
        "duress_pin",
        "SAME_PIN",
        "never be told",
    ),
    (
        POST,
        '    pin: "7310"\n    duress_pin: "7311"\n',
        "",
        "accept: pin",
        "NO_PIN",
        "p-peeters",
    ),
    # Fewer than must answer, at weekends.
    (
        BANK,
        'roles: [keyholder], sites: [ant-hq], available: "24/7", pin: "2468"',
        'roles: [keyholder], sites: [ant-hq], available: "Mo-Fr", pin: "2468"',
        "call_tree: holdup",
        "TOO_FEW",
        "fewer than 2 can be called Sa 2026-11-28 00:00 to Mo 2026-11-30 00:00",
    ),
    (BANK, "answers_needed: 2", "answers_needed: 3", "answers_needed: 3", "IMPOSSIBLE", "of 2"),
    # Nobody left with the right to a site.
    (
        POST,
        "sites: [lg-tri, bru-centre]",
        "sites: [bru-centre]",
        "site: lg-tri",
        "NO_RIGHT",
        "'managers' has a right to the site 'lg-tri'",
    ),
    # The police on an alarm that nobody verified.
    (
        SHOPS,
        "requires: verify, ",
        "",
        "police, do: {call_service: police}, go_to: restore}",
        "UNVERIFIED",
        "'intrusion' calls the police before a verification",
    ),
    (
        SHOPS,
        "requires: verify, ",
        "requires: tree, ",
        "requires: tree",
        "UNVERIFIED",
        "requires: a step that has verify",
    ),
    (
        SHOPS,
        'alarm_codes: ["120", "122", "HA", "PA"]',
        'alarm_codes: ["120", "122", "HA", "BT"]',
        "police, do: {call_service: police}, go_to: injured}",
        "UNVERIFIED",
        "'aggression'",
    ),
    # The same with what the clock and a lost line make, and with a name that says nothing.
    *(
        (
            SHOPS,
            "incident_kinds: [aggression, holdup]",
            f"incident_kinds: [aggression, holdup, {kind}]",
            "police, do: {call_service: police}, go_to: injured}",
            "UNVERIFIED",
            "'aggression'",
        )
        for kind in ("not_closed", "communication", "power")
    ),
    # A zone that makes a theft of a burglary: nobody told of it.
    (
        SHOPS,
        'alarm_accounts: ["8001"]',
        'alarm_accounts: ["8001"]\n    zones: [{zone: "7", name: Till, kind: theft}]',
        "call_service: police}, go_to: facts}",
        "UNVERIFIED",
        "'theft'",
    ),
    # What nobody understood falls to the general consigne.
    (
        BANK,
        "police}, requires: verify, go_to: facts}",
        "police},  go_to: facts}",
        "police},  go_to: facts}",
        "UNVERIFIED",
        "'default'",
    ),
]


@pytest.mark.parametrize(("client", "old", "new", "at", "code", "words"), SEEDED)
def test_a_seeded_defect_is_found(tmp_path, client, old, new, at, code, words):
    text = spoilt(tmp_path, client, old, new)
    findings = prove(tmp_path, FRIDAY).findings
    found = [f for f in findings if f.code == code and words in f.text]
    assert found, [str(finding) for finding in findings]
    (first, *_) = found
    assert first.line == line_of(at, text)
    assert first.file.endswith(f"{client}.yaml")
    assert exit_status(findings) == ExitStatus.DEFECTS


def test_every_kind_of_defect_of_the_issue_is_seeded():
    assert {code for *_, code, _ in SEEDED} >= {
        "UNKNOWN_STEP",
        "UNREACHABLE_STEP",
        "ENDLESS",
        "UNREACHABLE",
        "EMPTY_LEVEL",
        "UNKNOWN_REFERENCE",
        "DUPLICATE_DID",
        "DUPLICATE_ACCOUNT",
        "BAD_NUMBER",
        "EMERGENCY_NUMBER",
        "MISSING_TRANSLATION",
        "EXPIRED",
        "SAME_PIN",
        "TOO_FEW",
        "NO_RIGHT",
        "UNVERIFIED",
    }


def test_a_consigne_named_default_is_followed_for_what_has_none(tmp_path):
    """A tampered detector falls to it: shut, and with no step to verify in."""
    text = spoilt(tmp_path, BANK, "incident_kinds: [other]", "incident_kinds: [bomb_threat]")
    new = text.replace("police}, requires: verify, go_to: facts}", "police},  go_to: facts}")
    (tmp_path / "organisations" / f"{BANK}.yaml").write_text(new, encoding="utf-8")
    (finding,) = prove(tmp_path, FRIDAY).findings
    assert (finding.code, finding.line) == ("UNVERIFIED", line_of("police},  go_to:", new))
    assert "alarms without a consigne of their own" in finding.text


def test_the_first_consigne_followed_for_want_of_a_general_one_is_told_and_is_no_defect():
    """The reference bank has a consigne for hold-ups alone: every alarm follows it."""
    proven = prove(shared("directory"), FRIDAY)
    assert exit_status(proven.findings) == ExitStatus.CLEAN
    (advice,) = [one for one in proven.proofs if one.code == "NO_GENERAL"]
    assert advice.file.endswith("banque-demo.yaml")
    assert advice.is_warning
    assert "'holdup'" in advice.text


# ---------------------------------------------------------------- days


def test_a_public_holiday_leaves_a_hole(tmp_path):
    spoilt(
        tmp_path,
        POST,
        'sites: [lg-tri, bru-centre]\n    available: "24/7"',
        'sites: [lg-tri, bru-centre]\n    available: "24/7; PH off"',
    )
    assert prove(tmp_path, FRIDAY).findings == ()
    holes = {finding.text for finding in prove(tmp_path, CHRISTMAS).findings}
    christmas = "Fr 2026-12-25 00:00 to Sa 2026-12-26 00:00"
    assert f"nobody can be called {christmas}, Fr 2027-01-01 00:00 to 13:00" in holes
    # That week it is the other technician's turn; on New Year's Day his.
    assert {text for text in holes if text.startswith("rota:")} == {
        "rota:technician-on-call: whoever is on call cannot be called"
        " Fr 2027-01-01 00:00 to 13:00"
    }


def test_the_night_without_an_hour_hides_a_hole_and_the_one_with_two_keeps_it(tmp_path):
    hours = 'sites: [lg-tri, bru-centre]\n    available: "24/7"'
    spoilt(tmp_path, POST, hours, hours.replace("24/7", "Su 00:00-02:00,03:00-24:00; Mo-Sa"))
    spring = datetime(2027, 3, 27, tzinfo=UTC)
    (first, *_) = [f.text for f in prove(tmp_path, spring).findings if f.code == "UNREACHABLE"]
    # On 28 March there is no time from 2 to 3; the Sunday after there is.
    assert "2027-03-28" not in first
    assert "Su 2027-04-04 02:00 to 03:00" in first
    autumn = datetime(2026, 10, 24, tzinfo=UTC)
    (first, *_) = [f.text for f in prove(tmp_path, autumn).findings if f.code == "UNREACHABLE"]
    assert "Su 2026-10-25 02:00 to 03:00" in first


def test_the_last_day_of_validity_still_counts(tmp_path):
    spoilt(tmp_path, POST, "until: 2027-12-31", "until: 2026-11-27")
    assert prove(tmp_path, FRIDAY).findings == ()
    late = datetime(2026, 11, 27, 22, 59, tzinfo=UTC)
    assert prove(tmp_path, late).findings == ()
    assert [f.code for f in prove(tmp_path, late + timedelta(minutes=1)).findings] == [
        "EXPIRED"
    ]


def test_a_person_who_leaves_within_the_two_weeks_is_a_hole_then(tmp_path):
    hours = 'sites: [lg-tri, bru-centre]\n    available: "24/7"'
    spoilt(tmp_path, POST, hours, f"{hours}\n    valid: {{until: 2026-12-01}}")
    texts = [finding.text for finding in prove(tmp_path, FRIDAY).findings]
    assert "nobody can be called We 2026-12-02 00:00 to Fr 2026-12-11 13:00" in texts


def test_a_hole_of_many_days_is_told_in_few_words(tmp_path):
    spoilt(tmp_path, CLINIC, "Mo-Su 22:00-06:00", "Mo-Su 23:00-06:00")
    (finding,) = prove(tmp_path, FRIDAY).findings
    assert finding.text == (
        "nobody can be called Fr 2026-11-27 22:00 to 23:00, Sa 2026-11-28 22:00 to 23:00,"
        " Su 2026-11-29 22:00 to 23:00, and 11 times more"
    )


# ---------------------------------------------------------------- passed over in silence

CLAES = 'roles: [keyholder], sites: [ant-hq], available: "24/7", pin: "1357"'


@pytest.mark.parametrize(
    ("new", "code", "words"),
    [
        (
            CLAES.replace("24/7", "2030 Jan 01-2030 Dec 31"),
            "NOT_AVAILABLE",
            "is not available Fr 2026-11-27 13:00 to Fr 2026-12-11 13:00 (2030 Jan 01-2030 Dec"
            " 31): call tree 'holdup'",
        ),
        (
            f"valid: {{from: 2030-01-01}}, {CLAES}",
            "NOT_VALID_YET",
            "is not valid before 2030-01-01: call tree 'holdup'",
        ),
        (
            CLAES.replace("sites: [ant-hq], ", ""),
            "NO_SITE",
            "has no right to a site: call tree 'holdup'",
        ),
    ],
)
def test_whoever_is_passed_over_while_another_is_called_is_told(tmp_path, new, code, words):
    """Of two keyholders one answer is needed, and one of them is never rung."""
    spoilt(tmp_path, BANK, "answers_needed: 2", "answers_needed: 1")
    path = tmp_path / "organisations" / f"{BANK}.yaml"
    text = replaced(CLAES, new, path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    (finding,) = prove(tmp_path, FRIDAY).findings
    assert (finding.code, finding.is_warning) == (code, True)
    assert finding.text.startswith(f"'a-claes' {words}")
    assert finding.line == line_of("person: a-claes", text)


def test_a_hundred_who_are_passed_over_are_told_in_ten_lines(tmp_path):
    late = "".join(
        f"  - {{person: p{one}, name: P, phones: [{{number: 0470 00 41 {one:02d}}}],"
        f' pin: "77{one:02d}", roles: [keyholder], sites: [hq], valid: {{from: 2030-01-01}}}}\n'
        for one in range(100)
    )
    folder = write(tmp_path, replaced("rotas:\n", f"{late}rotas:\n"))
    findings = prove(folder, FRIDAY).findings
    assert [finding.code for finding in findings] == ["NOT_VALID_YET"] * 10
    assert findings[-1].text.endswith("; and 90 more like him")


# ---------------------------------------------------------------- what is proved


def test_every_tree_and_procedure_has_its_line():
    proven = prove(EXAMPLE, FRIDAY)
    loaded = load_files(EXAMPLE)
    told = [str(proof) for proof in proven.proofs]
    assert all(": PROVED: " in line for line in told)
    names = [
        f"call tree {tree.call_tree!r}: a human within"
        for file in loaded.files.values()
        for one in file.organisations
        for tree in one.call_trees
    ]
    procedures = [
        f"procedure {plan.procedure!r}: a human "
        for file in loaded.files.values()
        for one in file.organisations
        for plan in one.procedures
    ]
    assert len(told) == len(names) + len(procedures)
    for name in (*names, *procedures):
        assert any(name in line for line in told), name


def test_a_proof_stands_at_the_tree_s_line_and_says_minutes():
    text = (EXAMPLE / "organisations" / f"{SHOPS}.yaml").read_text(encoding="utf-8")
    (tree,) = [
        proof
        for proof in prove(EXAMPLE, FRIDAY).proofs
        if proof.file.endswith(f"{SHOPS}.yaml") and "call tree" in proof.text
    ]
    assert tree.line == line_of("call_tree: keyholders", text)
    # At a site: a shop manager (25 s) and the regional one (30 s), each with 45 s and 60 s to
    # answer and 2 s to be free again, each line busy first (20 s); twice. Then 8 s.
    regional = 2 * 30 + 107 + 20
    at_a_site = 2 * ((2 * 25 + 107 + 20) + regional) + 8
    anywhere = 2 * ((3 * (2 * 25 + 107) + 20) + regional) + 8
    assert tree.text == (
        f"call tree 'keyholders': a human within {minutes(at_a_site)},"
        f" {minutes(anywhere)} without a site"
    )


def test_a_bound_is_rounded_up_so_that_what_is_printed_is_one_too():
    assert [minutes(time) for time in (0.001, 6.0, 6.001, 62.0, 62.9, 66.0)] == [
        "0.1 min",
        "0.1 min",
        "0.2 min",
        "1.1 min",
        "1.1 min",
        "1.1 min",
    ]
    # Tenths of seconds have no exact float: 0.1 + 0.2 is 0.30000000000000004.
    assert minutes(60 * (0.1 + 0.2)) == "0.3 min"


def test_no_night_takes_longer_than_the_printed_line():
    """Each tree of the example, at each site, on the worst night: busy, slow, and in vain."""
    printed = {
        (proof.file, name): [
            60 * float(figure) for figure in re.findall(r"([0-9.]+) min", text)
        ]
        for proof in prove(EXAMPLE, FRIDAY).proofs
        if (text := proof.text).startswith("call tree") and (name := text.split("'")[1])
    }
    start = FRIDAY.timestamp()
    end = start + HORIZON_DAYS * 86_400
    for path, file in load_files(EXAMPLE).files.items():
        for client in file.organisations:
            planner = Planner(client, start, end + 86_400)
            for tree in client.call_trees:
                at_a_site, *anywhere = printed[path, tree.call_tree]
                proof = TreeProof(client, tree, planner, (start, end))
                assert max(proof.worst_case_times()) <= [at_a_site, *anywhere][-1] + 1e-6
                assert proof.worst_case_times()[0] <= at_a_site + 1e-6
                for site in client.sites:
                    levels = planner.levels(tree, site.site)
                    night = Night(plan(*levels, rounds=tree.rounds), worst_choice)
                    night.now = start
                    took = night.run() - start + SETUP_TIME
                    assert took <= at_a_site + 1e-6, tree.call_tree


def test_what_cannot_be_timed_is_not_proved(tmp_path):
    folder = write(tmp_path, replaced("time_zone: Europe/Brussels\nlang", "time_zone: X\nlang"))
    proven = prove(folder, FRIDAY)
    assert [finding.code for finding in proven.findings] == ["BAD_TIME"]
    assert proven.proofs == ()


def test_a_directory_is_loaded_whatever_the_prover_says(tmp_path):
    spoilt(tmp_path, POST, "until: 2027-12-31", "until: 2026-11-01")
    assert load_files(tmp_path).findings == ()
    assert [finding.code for finding in prove(tmp_path, FRIDAY).findings] == ["EXPIRED"]


def test_a_client_without_sites_or_trees(tmp_path):
    head = ACME[: ACME.index("sites:")]
    procedures = ACME[ACME.index("procedures:") : ACME.index("temporary")]
    proven = prove(write(tmp_path, head + procedures), FRIDAY)
    assert proven.findings == ()
    assert [proof.text for proof in proven.proofs] == [
        "procedure 'default': a human at once, no step calls the police"
    ]


def test_what_is_not_there_is_said_once(tmp_path):
    text = replaced('[ann, "rota:duty", "role:keyholder"]', "[eve]")
    codes = [finding.code for finding in prove(write(tmp_path, text), FRIDAY).findings]
    assert codes == ["UNKNOWN_REFERENCE"]


def test_no_folder(tmp_path):
    proven = prove(tmp_path / "none", FRIDAY)
    assert exit_status(proven.findings) == ExitStatus.UNREADABLE
    assert proven.proofs == ()


@pytest.mark.parametrize(
    ("client", "old", "new", "code"),
    [
        # A rota alone in its level: the level's defect.
        (
            CLINIC,
            'roles: [technician], sites: [campus, polyclinique], available: "24/7"',
            'roles: [technician], sites: [campus, polyclinique], available: "Mo-Fr"',
            "UNREACHABLE",
        ),
        # The only level of a tree: not once more for each site.
        (
            BANK,
            'roles: [keyholder], sites: [ant-hq], available: "24/7", pin: "2468"',
            'roles: [keyholder], sites: [ant-hq], available: "Mo-Fr", pin: "2468"',
            "TOO_FEW",
        ),
    ],
)
def test_a_defect_is_told_once(tmp_path, client, old, new, code):
    spoilt(tmp_path, client, old, new)
    assert [finding.code for finding in prove(tmp_path, FRIDAY).findings] == [code]


def test_a_procedure_says_how_much_longer_it_takes_without_a_site():
    (intrusion,) = [
        proof.text
        for proof in prove(EXAMPLE, FRIDAY).proofs
        if proof.file.endswith(f"{SHOPS}.yaml") and "'intrusion'" in proof.text
    ]
    # Two more shop managers, twice: 25 s busy, 25 s, 105 s to answer, 2 s.
    assert intrusion.endswith(f", {minutes(2 * 2 * 157)} more without a site")


def test_who_comes_when_the_two_weeks_are_over_counts_for_a_tree_that_starts_before(tmp_path):
    tree = "levels: [{call: [ann, bob]}]"
    text = replaced(ACME[ACME.index("levels: [") : ACME.index("}]}") + 2], tree)
    new = text.replace('pin: "5821"', "valid: {from: 2026-12-11}")
    assert new != text
    # Local midnight before 11 December is 30 s after the horizon.
    at = datetime(2026, 11, 26, 22, 59, 30, tzinfo=UTC)
    (whole, *_) = prove(write(tmp_path / "a", text), at).proofs
    (late, *_) = prove(write(tmp_path / "b", new), at).proofs
    (early, *_) = prove(write(tmp_path / "c", new), at - timedelta(days=1)).proofs
    assert late.text == whole.text
    assert early.text != whole.text


def test_the_client_s_own_hold_is_in_the_proof(tmp_path):
    text = ACME + "alarm: {hold: 90s}\n"
    proofs = prove(write(tmp_path, text), FRIDAY).proofs
    assert any("procedure 'default': a human within 1.5 min" in proof.text for proof in proofs)
