"""The directories that people start from are clean, and say what they are meant to say."""

from pathlib import Path

import pytest

from client_directory.directory import Directory
from client_directory.finding import exit_status
from client_directory.loader import load_files
from tests.shared import shared

EXAMPLE = Path(__file__).parents[2] / "securityline" / "example_directory"
LANGUAGES = ("fr", "nl", "de", "en")
KINDS = ("aggression", "theft", "vandalism", "technical", "psychosocial", "intrusion", "other")


@pytest.fixture(scope="module")
def example():
    return Directory.load(EXAMPLE)


def test_the_example_directory_is_clean():
    findings = load_files(EXAMPLE).findings
    assert [str(finding) for finding in findings] == []
    assert exit_status(findings) == 0


def test_the_reference_directory_is_clean():
    assert [str(finding) for finding in load_files(shared("directory")).findings] == []


def test_the_example_keeps_what_the_reference_has(example):
    reference = Directory.load(shared("directory"))
    for name, organisation in reference.organisations.items():
        grown = example.organisations[name]
        assert {did.number for did in organisation.dids} <= {did.number for did in grown.dids}
        assert {one.person for one in organisation.people} <= {
            one.person for one in grown.people
        }
        assert {one.site for one in organisation.sites} <= {one.site for one in grown.sites}
    assert reference.operators.keys() <= example.operators.keys()
    assert reference.services.keys() <= example.services.keys()


def test_every_client_has_a_consigne_for_every_kind(example):
    assert len(example.organisations) >= 4
    for name in example.organisations:
        for kind in KINDS:
            assert kind in example.kinds(name), (name, kind)


def test_every_operator_can_read_every_consigne(example):
    for organisation in example.organisations.values():
        for procedure in organisation.procedures:
            texts = [procedure.title, *(step.ask or step.say or {} for step in procedure.steps)]
            for text in texts:
                assert not text or set(LANGUAGES) <= text.keys(), (procedure.procedure, text)


def test_an_alarm_reaches_the_police_only_behind_a_verification(example):
    for organisation in example.organisations.values():
        intrusion = example.procedure_for(organisation.organisation, "intrusion")
        police = [s for s in intrusion.steps if (s.do or {}).get("call_service") == "police"]
        assert police
        for step in police:
            required = next(one for one in intrusion.steps if one.step == step.requires)
            assert required.verify
            assert required.is_required


def test_every_language_and_clearance_has_operators(example):
    for language in LANGUAGES:
        assert any(language in one.languages for one in example.operators.values())
    secure = [o for o in example.operators.values() if "high_security" in o.clearances]
    assert len(secure) >= 2
    assert any("high_security" not in one.clearances for one in example.operators.values())


def test_every_line_has_a_fallback_and_every_site_its_services(example):
    for organisation in example.organisations.values():
        assert all(did.fallback_number for did in organisation.dids)
        for site in organisation.sites:
            assert site.services.keys() == {"police", "fire", "medical"}
