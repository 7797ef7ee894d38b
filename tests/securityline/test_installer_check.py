"""Which site a keyed number stands for, whose PIN it is, and what `check` says of both."""

from pathlib import Path

import pytest

from client_directory.directory import Directory
from client_directory.loader import load_files
from securityline import pin_check
from securityline.installer_check import check_installer

NOW = 1_780_000_000.0  # 2026-05-28
CLIENT = """\
organisation: acme
name: Acme
country: BE
time_zone: Europe/Brussels
languages: [fr]
dids:
  - {number: "+32 2 555 40 00", service: security_line, label: L,
     fallback_number: "+32 2 555 49 99"}
  - {number: "+32 2 555 40 02", service: installer, label: I}
sites:
  - {site: hq, name: Head office, code: "77", services: {}, alarm_accounts: ["1234", "AB12"],
     zones: [{zone: "001", name: Hall}]}
  - {site: lab, name: Lab, services: {}, alarm_accounts: ["5678"]}
people:
  - {person: ivo, name: Ivo, roles: [installer], sites: [hq], pin: "482910",
     duress_pin: "482911"}
  - {person: old, name: Old, roles: [installer], sites: [hq], pin: "135790",
     valid: {until: "2026-01-01"}}
  - {person: key, name: Key, roles: [keyholder], sites: [hq], pin: "4444"}
procedures:
  - procedure: default
    version: 1
    incident_kinds: [other, duress]
    title: T
    urgency: 1
    steps:
      - {step: note, ask: {fr: Quoi ?}, answers: free_text, required: true, go_to: end}
"""
OTHER = CLIENT.replace("acme", "zeta").replace("555 4", "555 6").replace("1234", "4321")
OTHER = OTHER.replace("5678", "8765").replace("AB12", "CD34").replace('"482910"', '"737373"')


def write(folder: Path, *clients: str) -> Path:
    (folder / "organisations").mkdir(parents=True)
    for number, text in enumerate(clients):
        (folder / "organisations" / f"{number}.yaml").write_text(text)
    (folder / "operators.yaml").write_text("operators: []\n")
    (folder / "services.yaml").write_text("services: []\n")
    return folder


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return Directory.load(write(tmp_path, CLIENT, OTHER))


def test_his_pin_says_who_he_is_and_what_he_may_put_on_test(directory: Directory) -> None:
    outcome, place, right = check_installer(directory, "1234", "482910", NOW)
    assert (outcome, place) == ("good", "acme/hq")
    assert right is not None
    assert (right.person, right.site_name) == ("ivo", "Head office")
    assert right.zones == {"001": "Hall"}
    assert right.procedure is not None, "whichever PIN it was"


@pytest.mark.parametrize(
    ("number", "pin", "outcome", "place"),
    [
        ("1234", "482911", "duress", "acme/hq"),
        ("1234", "135790", "expired", "acme/hq"),
        ("1234", "4444", "wrong", "acme/hq"),
        ("1234", "737373", "wrong", "acme/hq"),
        ("1234", "", "none", "acme/hq"),
        ("5678", "482910", "expired", "acme/lab"),
        ("9999", "482910", "wrong", ""),
        ("9999", "", "none", ""),
        ("77", "482910", "wrong", ""),
        ("4321", "737373", "good", "zeta/hq"),
    ],
)
def test_any_other_pin_is_worth_what_it_is(
    directory: Directory, number: str, pin: str, outcome: str, place: str
) -> None:
    assert check_installer(directory, number, pin, NOW)[:2] == (outcome, place)


def test_a_code_that_one_client_alone_uses_is_a_number_too(tmp_path: Path) -> None:
    directory = Directory.load(write(tmp_path, CLIENT))
    assert check_installer(directory, "77", "482910", NOW).outcome == "good"


def test_every_pin_is_compared_with_all_of_them(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = pin_check.is_secret

    def noted(attempt: str, stored: str) -> bool:
        asked.append(stored)
        return real(attempt, stored)

    monkeypatch.setattr(pin_check, "is_secret", noted)
    counts = set()
    for pin in ("482910", "482911", "135790", "1", ""):
        asked.clear()
        check_installer(directory, "1234", pin, NOW)
        counts.add(len(asked))
    assert counts == {4}, "two secrets of each of two installers, whatever was keyed"


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        (' pin: "482910",\n     duress_pin: "482911"}', ' code_word: orchid}',
         "NO_SECRET", "ivo"),
        ('roles: [installer], sites: [hq], pin: "482910"',
         'roles: [installer], sites: [lab], pin: "482910"', "", ""),
        ('"5678"', '"56AB"', "", ""),
        ('sites: [hq], pin: "135790"', 'sites: [hq], pin: "482910"', "SAME_PIN", "135790"),
        ('sites: [hq], pin: "135790"', 'sites: [hq], pin: "482911"', "SAME_PIN", "135790"),
        ('sites: [hq], pin: "135790"', 'sites: [lab], pin: "482910"', "", ""),
        ('alarm_accounts: ["1234", "AB12"]', 'alarm_accounts: ["AB12"]', "", ""),
    ],
)  # fmt: skip
def test_what_check_finds(tmp_path: Path, old: str, new: str, code: str, line: str) -> None:
    assert old in CLIENT
    findings = load_files(write(tmp_path, CLIENT.replace(old, new))).findings
    assert [one.code for one in findings if not one.is_warning or one.code == "NO_SECRET"] == (
        [code] if code else []
    ), findings
    assert not any("4829" in str(one) for one in findings), "no secret stands in a finding"


def test_a_site_that_no_key_can_name_is_found(tmp_path: Path) -> None:
    text = CLIENT.replace('["1234", "AB12"]', '["AB12"]').replace('code: "77", ', "")
    codes = [one.code for one in load_files(write(tmp_path, text)).findings]
    assert codes == ["NO_NUMBER", "NO_NUMBER"]


def test_a_number_for_installers_of_whom_there_are_none_is_found(tmp_path: Path) -> None:
    text = CLIENT.replace("roles: [installer]", "roles: [fitter]")
    assert [one.code for one in load_files(write(tmp_path, text)).findings] == ["NO_INSTALLER"]


@pytest.mark.parametrize(
    ("people", "codes"),
    [
        ("", ["NO_LONE_WORKER"]),
        ("lone_workers:\n  - {person: key, every: 1h}\n", ["NO_PHONE"]),
        ("lone_workers:\n  - {person: fay, every: 1h}\n", ["NO_SECRET"]),
        ("lone_workers:\n  - {person: gil, every: 1h}\n", []),
    ],
)
def test_a_number_for_lone_workers_wants_some_who_can_serve_themselves(
    tmp_path: Path, people: str, codes: list[str]
) -> None:
    text = CLIENT.replace(
        "service: installer, label: I}",
        'service: lone_worker, label: I, fallback_number: "+32 2 555 49 99"}',
    ).replace(
        "procedures:",
        '  - {person: fay, name: Fay, phones: [{number: "0470 00 40 01"}]}\n'
        '  - {person: gil, name: Gil, phones: [{number: "0470 00 40 02"}], pin: "9021"}\n'
        f"{people}procedures:",
    )
    assert [one.code for one in load_files(write(tmp_path, text)).findings] == codes
