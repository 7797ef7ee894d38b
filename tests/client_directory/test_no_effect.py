"""Settings that can never do anything are found before anybody relies on them."""

from datetime import UTC, datetime

import pytest

from client_directory.finding import ExitStatus, exit_status
from client_directory.loader import load_files
from client_directory.prover import prove
from tests.client_directory.factory import line_of, replaced, write

FRIDAY = datetime(2026, 11, 27, 12, tzinfo=UTC)
WATCH = "    schedule_watch: {early_open: true, late_to_close: 15m}\n"
DAYS = '    opening: "Mo-Fr 08:00-18:00"\n'
GATE = '  - {action: gate, title: Gate, url: "https://gate.example/open"}\n'
PATROL = '  - {task: patrol, title: Rounds, when: ["22:00"]}\n'


def found(tmp_path, at_the_site="", below=""):
    """Return what has no effect in a directory with these lines added, and its text."""
    text = replaced("people:\n", f"{at_the_site}people:\n") + below
    folder = write(tmp_path, text)
    assert load_files(folder).findings == (), "no restart fails because of it"
    findings = prove(folder, FRIDAY).findings
    assert {finding.code for finding in findings} <= {"NO_EFFECT"}
    if findings:
        assert exit_status(findings) == ExitStatus.DEFECTS
    return findings, text


@pytest.mark.parametrize(
    ("watch", "words"),
    [
        (WATCH, "never closes (opening: 24/7)"),
        (f'    opening: "Mo-Su 00:00-24:00"\n{WATCH}', "never closes"),
        (f'    opening: "off"\n{WATCH}', "never opens"),
        (f"{DAYS}    schedule_watch: {{}}\n", "none of early_open"),
    ],
)
def test_hours_that_are_watched_and_leave_nothing_to_see(tmp_path, watch, words):
    (finding,), text = found(tmp_path, watch)
    assert words in finding.text
    assert (finding.line, finding.is_warning) == (line_of("schedule_watch", text), True)


@pytest.mark.parametrize(
    "watch",
    [
        f"{DAYS}{WATCH}",
        # Open day and night, but for the holidays or the winter.
        f'    opening: "24/7; PH off"\n{WATCH}',
        f'    opening: "Mar-Nov 00:00-24:00"\n{WATCH}',
        # A place that nobody may open: every opening is one too early.
        '    opening: "off"\n    schedule_watch: {early_open: true}\n',
        '    opening: "off"\n',
        "",
    ],
)
def test_hours_that_can_be_kept_or_missed(tmp_path, watch):
    assert found(tmp_path, watch)[0] == ()


@pytest.mark.parametrize(
    ("entry", "at", "words"),
    [
        ('tasks:\n  - {task: t, title: T, when: ["22:00"], during: "Mo-Fr 08:00-18:00"}\n',
         "when:", "'t' is never due"),
        ("welfare_checks:\n  - {person: bob, every: 4h, during: 'off'}\n",
         "person: bob, every", "'bob' is never called"),
        ("actions:\n" + GATE.replace("https", "http"), "http:", "write https"),
        ("actions:\n" + GATE.replace("https://gate.example", "http://10.0.0.1"),
         "http:", "write https"),
        ("actions:\n" + GATE.replace("open", "open#now"), "#now", "take out"),
    ],
)  # fmt: skip
def test_what_would_be_waited_for_in_vain(tmp_path, entry, at, words):
    (finding,), text = found(tmp_path, below=entry)
    assert words in finding.text
    assert finding.line == line_of(at, text)


@pytest.mark.parametrize(
    "entry",
    [
        f"actions:\n{GATE}",
        # A relay on this machine needs no certificate.
        "actions:\n" + GATE.replace("https://gate.example", "http://127.0.0.1:8080"),
        "actions:\n" + GATE.replace("https://gate.example", "http://localhost"),
        f"tasks:\n{PATROL}",
        # Once a year, and at the very minute at which the hours begin, is enough.
        "tasks:\n" + PATROL.replace('"]', '"], during: "Aug 15 22:00-23:00"'),
        "lone_workers:\n  - {person: ann, every: 1h, during: 'Mo-Fr'}\n",
        "welfare_checks:\n  - {person: bob, every: 4h, during: Sa}\n",
    ],
)
def test_what_comes_some_day(tmp_path, entry):
    assert found(tmp_path, below=entry)[0] == ()


def test_the_address_stays_out_of_the_finding(tmp_path):
    secret = GATE.replace("https", "http").replace("open", "open?key=4711")
    (finding,), _ = found(tmp_path, below=f"actions:\n{secret}")
    assert "4711" not in finding.text
