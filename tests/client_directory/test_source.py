"""The shape of files: what a person who mistypes is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_directory.reader import read
from client_directory.schema import OperatorsFile, OrganisationFile, ServicesFile
from client_directory.source import Source
from tests.client_directory.factory import ACME, OPERATORS, SERVICES, line_of, replaced


def complaints(text, shape=OrganisationFile):
    node, findings = read(text.encode(), "f.yaml")
    assert findings == ()
    source = Source("f.yaml", node)
    fitted = source.fit(shape)
    assert (fitted is None) == bool(source.findings)
    return [(finding.line, finding.code, finding.text) for finding in source.findings]


@pytest.mark.parametrize(
    ("text", "shape"),
    [(ACME, OrganisationFile), (OPERATORS, OperatorsFile), (SERVICES, ServicesFile)],
)
def test_a_sound_file_fits(text, shape):
    assert complaints(text, shape) == []


@pytest.mark.parametrize(
    ("old", "new", "at", "code", "words"),
    [
        ("country: BE", "country: be", "country:", "BAD_VALUE", "country: is not of the form"),
        ("country: BE", "contry: BE", "contry:", "UNKNOWN_KEY", "is it 'country'?"),
        (
            "    service: security_line\n",
            "",
            "- number:",
            "MISSING_KEY",
            "'service' is missing",
        ),
        ("security_line", "police_line", "police_line", "BAD_VALUE", "service: should be"),
        ("languages: [fr, nl]", "languages: fr", "languages:", "BAD_VALUE", "a list"),
        ("languages: [fr, nl]", "languages: []", "languages:", "BAD_VALUE", "is empty"),
        ("languages: [fr, nl]", "languages: [FR]", "languages:", "BAD_VALUE", "form"),
        ("label: Line", "label:", "label:", "BAD_VALUE", "label: is empty"),
        ("label: Line", "label: {fr: a, Xx: b}", "label:", "BAD_VALUE", "key 'Xx'"),
        ("label: Line", "label: {fr: [a]}", "label:", "BAD_VALUE", "fr: should be one text"),
        ("label: Line", "label: [a]", "label:", "BAD_VALUE", "keys and values"),
        ("urgency: 3", "urgency: 5", "urgency:", "BAD_VALUE", "less than or equal to 4"),
        ("urgency: 3", "urgency: high", "urgency:", "BAD_VALUE", "a valid integer"),
        ("version: 1", "version: 1\n    hold: 45", "hold:", "BAD_VALUE", "45s, 10m or 2h"),
        ("from: 2026-07-01T00:00", "from: July", "from: July", "BAD_VALUE", "a local time as"),
        ("2026-07-01T00:00", "2026-07-01T00:00Z", "from:", "BAD_VALUE", "without an offset"),
        ("2026-01-05", "2026-13-05", "2026-13", "BAD_VALUE", "a day as"),
        ('"Mo 08:00"', '"Mo 8:00"', "handover:", "BAD_VALUE", "form"),
        (
            "name: Head office",
            "name: HQ\n    location: {lat: 91, lon: 0}",
            "lat:",
            "BAD_VALUE",
            "90",
        ),
        (
            "name: Head office",
            "name: HQ\n    location: {lat: nan, lon: 0}",
            "lat:",
            "BAD_VALUE",
            "finite",
        ),
        ("{police: pz-1}", "{polise: pz-1}", "polise", "BAD_VALUE", "key 'polise'"),
        (
            "say: Noted",
            "say: Noted, ask: What",
            "say: Noted",
            "BAD_VALUE",
            "one of ask, say, do",
        ),
        ("say: Noted", "say: Noted, answers: free_text", "say:", "BAD_VALUE", "beside ask"),
        ("{call_service: medical}", "{call_service: army}", "army", "BAD_VALUE", "should be"),
        ("{call_service: medical}", "{}", "step: help", "BAD_VALUE", "one of call_service"),
        ("{call_service: medical}", "{await_restore: false}", "await", "BAD_VALUE", "is true"),
        ("step: note,", "step: note, required: yes,", "required", "BAD_VALUE", "true or false"),
        ('{answer: "no"}', "{anser: x}", "anser", "MISSING_KEY", "'answer' is missing"),
        ("accept: pin", "ring_time: 400s", "ring_time", "BAD_VALUE", "300"),
    ],
)
def test_what_is_wrong_and_where(old, new, at, code, words):
    text = replaced(old, new)
    found = complaints(text)
    assert found, "nothing was found"
    at_line = [
        (found_code, told) for line, found_code, told in found if line == line_of(at, text)
    ]
    assert any(found_code == code and words in told for found_code, told in at_line), found


def test_all_that_is_wrong_is_told_at_once():
    text = replaced("urgency: 3", "urgency: 9", replaced("country: BE", "country: xx"))
    assert [code for _, code, _ in complaints(text)] == ["BAD_VALUE", "BAD_VALUE"]


def test_a_union_complains_once():
    text = replaced('{answer: "no"}', '{answer: "no", goto: help}')
    found = complaints(text)
    assert [(code, words) for _, code, words in found] == [
        ("UNKNOWN_KEY", "unknown key 'goto'; is it 'go_to'?")
    ]


@pytest.mark.parametrize(
    ("old", "new", "secret"),
    [
        ('pin: "4821"', "pin: 12345678901", "12345678901"),
        ('pin: "4821"', "pin: geheim", "geheim"),
        ('pin: "4821"', "pin: [geheim]", "geheim"),
        ('duress_pin: "4822"', "duress_pin: {a: geheim}", "geheim"),
        ("code_word: Tournesol", "code_word: xy", "xy"),
    ],
)
def test_a_bad_secret_is_not_repeated(old, new, secret):
    found = complaints(replaced(old, new))
    assert len(found) == 1
    assert secret not in found[0][2]


def test_a_file_that_is_a_list_does_not_fit():
    assert complaints("- a\n- b\n") == [(1, "BAD_VALUE", "value should be keys and values")]


def test_a_shape_does_not_show_its_secrets():
    node, _ = read(ACME.encode(), "f")
    shape = Source("f", node).fit(OrganisationFile)
    assert "4821" not in repr(shape)
    assert "Tournesol" not in repr(shape)


LINES = ACME.splitlines()


@given(st.integers(0, len(LINES) - 1), st.text(max_size=30))
def test_any_damaged_line_is_a_finding_or_harmless(index, text):
    damaged = "\n".join([*LINES[:index], text, *LINES[index + 1 :]])
    node, findings = read(damaged.encode("utf-8", "replace"), "f")
    if node is None:
        assert findings
        return
    source = Source("f", node, findings=list(findings))
    source.fit(OrganisationFile)
    for finding in source.findings:
        assert "\n" not in str(finding)
        assert "4822" not in finding.text
