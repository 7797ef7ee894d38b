"""Small directories to break, one key at a time."""

from pathlib import Path

from client_directory.directory import Directory
from client_directory.finding import Finding
from client_directory.loader import load_files

ACME = """\
organisation: acme
name: Acme
country: BE
time_zone: Europe/Brussels
languages: [fr, nl]
dids:
  - number: "+32 2 555 40 00"
    service: security_line
    label: Line
    fallback_number: "+32 2 555 49 99"
sites:
  - site: hq
    name: Head office
    phones: ["02 555 40 10"]
    services: {police: pz-1}
    alarm_accounts: ["1234"]
people:
  - person: ann
    name: Ann
    phones: [{number: "0470 00 40 01"}]
    roles: [keyholder]
    sites: [hq]
    pin: "4821"
    duress_pin: "4822"
    code_word: Tournesol
  - person: bob
    name: Bob
    languages: [nl]
    phones: [{number: "+32 470 00 40 02"}]
    roles: [keyholder]
    sites: [hq]
    pin: "5821"
rotas:
  - rota: duty
    time_zone: Europe/Brussels
    handover: "Mo 08:00"
    members: [ann, bob]
    first_week: 2026-01-05
call_trees:
  - {call_tree: tree, levels: [{call: [ann, "rota:duty", "role:keyholder"], accept: pin}]}
procedures:
  - procedure: default
    version: 1
    incident_kinds: [other]
    title: {fr: Général, nl: Algemeen}
    urgency: 3
    steps:
      - step: first
        ask: {fr: Blessés ?, nl: Gewonden?}
        answers:
          - {answer: "yes", go_to: help}
          - {answer: "no"}
      - {step: note, say: Noted, go_to: end}
      - {step: help, do: {call_service: medical}, requires: first}
temporary_consignes:
  - {title: Works, sites: [hq], from: 2026-07-01T00:00, until: 2026-07-08T00:00}
"""
OPERATORS = """\
operators:
  - {operator: op-1, name: Nadia, extension: "201", languages: {fr: 3}}
"""
SERVICES = """\
services:
  - {service: pz-1, kind: police, name: Police, direct: "+32 2 555 48 01", public: "101"}
"""


def write(
    folder: Path,
    *organisations: str,
    operators: str | None = OPERATORS,
    services: str | None = SERVICES,
) -> Path:
    """Write a directory; the files are `organisations/0.yaml`, `1.yaml`, …"""
    (folder / "organisations").mkdir(parents=True, exist_ok=True)
    for index, text in enumerate(organisations):
        path = folder / "organisations" / f"{index}.yaml"
        path.write_text(text, encoding="utf-8")
    if operators is not None:
        (folder / "operators.yaml").write_text(operators, encoding="utf-8")
    if services is not None:
        (folder / "services.yaml").write_text(services, encoding="utf-8")
    return folder


def findings_of(
    folder: Path, *organisations: str, operators: str = OPERATORS, services: str = SERVICES
) -> list[Finding]:
    """Return what is wrong in a directory of these organisations."""
    written = write(folder, *organisations, operators=operators, services=services)
    return list(load_files(written).findings)


def replaced(old: str, new: str, text: str = ACME) -> str:
    """Replace text that is there; a test whose fault is never written cannot fail."""
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def line_of(words: str, text: str) -> int:
    """Return the line in which `words` first stand, counted from 1."""
    return text[: text.index(words)].count("\n") + 1


def loaded(folder: Path, *organisations: str) -> Directory:
    """Load a directory of these organisations, `ACME` when none is given."""
    return Directory.load(write(folder, *(organisations or (ACME,))))
