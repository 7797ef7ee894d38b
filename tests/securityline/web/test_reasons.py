"""What the engine says in English, every desk reads in its own language.

The engine is driven, and what it says is held against the shapes that the desk knows: a new
sentence without a shape, or a shape without its words, fails here.
"""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

import callflows
import tests.stories
from callflows import events as e
from callflows.board import Board
from callflows.crossing import DIALLED, OF_THE_CASE
from callflows.events import Identification, IncidentId
from callflows.person_call import DIRECTORY, MADE_FROM
from callflows.switchboard import Switchboard
from client_directory.directory import Directory
from client_directory.loader import load_files
from recordings.store import RecordingStore
from securityline.auditor import SILENT_TIME, Auditor, Finding, What
from securityline.crowding import DOORS, Crowding
from securityline.identification import build_call_offered
from securityline.identity import CallerIdentity
from securityline.logbook import opening, verify
from securityline.logbook.book import Logbook
from securityline.logbook.lateness import Lateness
from securityline.logbook.silence import SilenceRule
from securityline.readiness import Readiness
from securityline.telephony.admission import by_unit
from securityline.telephony.expected import Expected
from securityline.web.log_lines import show_line
from securityline.web.reason_words import HEALTH, IDENTIFICATION, OF_LINES, RECORDING
from securityline.web.reasons import Grammar, is_known, say
from securityline.web.words import LANGUAGES, WORDS, Words
from sip.media.client import MediaClient
from tests.client_directory.factory import ACME, replaced, write
from tests.securityline.test_identification import ANN, BOB, HQ, IDS, NOW, TRUNK

OTHERS = [language for language in LANGUAGES if language != "en"]
ODD = {"Acme": "St. Jan & Co. SA", "Ann": "Doe, Ann", "Head office": "Bd. du Roi 1. Nord"}


def assert_said(grammar: Grammar, texts: set[str]) -> None:
    """Every text has its shape, and reads differently in each other language."""
    assert texts
    assert sorted(text for text in texts if not is_known(grammar, text)) == []
    for text in texts:
        assert "%(" not in say(grammar, text, WORDS["en"])
        same = [one for one in OTHERS if say(grammar, text, WORDS[one]) == text]
        assert same == [], text


# ---------------------------------------------------------------- who calls


def directories(folder: Path) -> Iterator[Directory]:
    site = "  - {site: annex, name: Annex, phones: ['+32 2 555 40 20']}\npeople:"
    twins = replaced("+32 470 00 40 02", "0470 00 40 01", replaced("people:", site))
    late = replaced("roles: [keyholder]", "roles: [keyholder]\n    valid: {until: 2020-01-01}")
    shared = replaced("people:", site.replace("+32 2 555 40 20", "+32 2 555 40 10"))
    other = twins
    for plain, odd in ODD.items():
        other = other.replace(f"name: {plain}", f'name: "{odd}"')
    odd_one = ACME
    for plain, odd in ODD.items():
        odd_one = odd_one.replace(f"name: {plain}", f'name: "{odd}"')
    for place, text in enumerate([ACME, twins, late, shared, other, odd_one]):
        loaded = load_files(write(folder / str(place), text))
        yield Directory.of(loaded)


def whys(who: Identification) -> set[str]:
    """Each part of who calls has a reason of its own, also when it is not known."""
    parts = {who.organisation_why, who.site_why, who.person_why}
    assert "" not in parts
    return {who.why, *parts}


def test_every_why_of_a_card(tmp_path: Path) -> None:
    texts = set()
    for directory in directories(tmp_path):
        for did in ("+3225554000", "+3290000000", "account"):
            for caller in (None, ANN, BOB, HQ, "+3225554020", "+32470009999"):
                for values in (
                    {},
                    {"is_asserted": False},
                    {"verstat": "TN-Validation-Failed"},
                    {"is_withheld": True},
                    {"diverted_from": "+3225554000"},
                ):
                    given = {"is_asserted": True} | values
                    who = CallerIdentity(did=did, did_raw=did, caller=caller, **given)
                    event = build_call_offered(who, directory, TRUNK, IDS, NOW)
                    texts |= whys(event.identification)
                    for client in directory.organisations.values():
                        for account in client.sites[0].alarm_accounts:
                            unit = Expected(IncidentId("alarm"), account)
                            joined = by_unit(event, unit, directory)
                            texts |= whys(joined.identification)
    texts |= {DIALLED, OF_THE_CASE, DIRECTORY, MADE_FROM}
    assert_said(IDENTIFICATION, texts)
    said = " ".join(texts)
    english = [text.split("%(")[0] for text in IDENTIFICATION.templates]
    assert [text for text in english if text not in said] == [], "a shape nobody says any more"
    assert date.fromisoformat("2020-01-01") < NOW.date()


def test_every_reason_about_an_emergency_service(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, wanted = set(), set()
    really = Switchboard.handle

    def handle(self: Switchboard, event: e.Event, now: float) -> object:
        outcomes = really(self, event, now)
        refused.update(x.reason for x in outcomes if isinstance(x, e.ServiceRefused))
        wanted.update(x.reason for x in outcomes if isinstance(x, e.AttentionWanted))
        return outcomes

    monkeypatch.setattr(Switchboard, "handle", handle)
    module = importlib.import_module("tests.stories.test_an_operator_calls_the_police")
    for name, story in vars(module).items():
        if name.startswith("test_") and not inspect.signature(story).parameters:
            story()
    assert len(refused) > 8
    assert_said(OF_LINES["ServiceRefused"], refused)
    assert_said(OF_LINES["AttentionWanted"], {x for x in wanted if x.startswith("Zone de")})


def test_names_are_kept_and_not_taken_for_words() -> None:
    why = (
        "+3225554000 is a number of St. Jan. The caller withheld his number."
        " Bd. du Roi 1. Nord is the only site of St. Jan."
    )
    assert say(IDENTIFICATION, why, WORDS["fr"]) == (
        "Le +3225554000 est un numéro de St. Jan. L’appelant a masqué son numéro."
        " Bd. du Roi 1. Nord est le seul site de St. Jan."
    )
    assert say(IDENTIFICATION, why, WORDS["en"]) == why


# ---------------------------------------------------------------- the rules


def stories() -> Iterator[object]:
    """Every story that needs nothing."""
    for module in pkgutil.iter_modules(tests.stories.__path__, "tests.stories."):
        if ".test_" in module.name:
            for name, test in vars(importlib.import_module(module.name)).items():
                is_story = name.startswith("test_") and inspect.isfunction(test)
                if is_story and not inspect.signature(test).parameters:
                    yield test


def test_every_reason_that_the_stories_give(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: dict[str, set[str]] = {}
    really = Switchboard.handle

    def handle(self: Switchboard, event: e.Event, now: float) -> object:
        outcomes = really(self, event, now)
        typed = getattr(event, "reason", None)
        for outcome in outcomes:
            name, reason = type(outcome).__name__, getattr(outcome, "reason", "")
            if reason and reason != typed and name in OF_LINES:
                heard.setdefault(name, set()).add(reason)
        return outcomes

    monkeypatch.setattr(Switchboard, "handle", handle)
    for story in stories():
        with suppress(AssertionError):  # its own test says so; here it only has to speak
            story()  # type: ignore[operator]
    assert {"OperatorChosen", "CallQueued", "CallRequeued", "AnswerRefused"} <= set(heard)
    assert {"AttentionWanted", "CallTreePaused", "CallTreeResumed"} <= set(heard)
    assert {"CallTreeExhausted", "TreeRefused", "KeyholderCalled"} <= set(heard)
    assert len(heard["OperatorChosen"]) > 20
    for name, texts in heard.items():
        # Typed by somebody, or a kind of alarm that only one client has.
        own = {text for text in texts if text not in ("coffee", "lunch", "counter")}
        assert_said(OF_LINES[name], own)


def constants(call: ast.Call) -> Iterator[str]:
    """Texts among a call's arguments, `7` for each value in them."""
    for node in [*call.args, *(word.value for word in call.keywords if word.arg == "reason")]:
        for one in (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
            elif isinstance(one, ast.JoinedStr):
                parts = [x.value if isinstance(x, ast.Constant) else "7" for x in one.values]
                yield "".join(str(part) for part in parts)


def texts_given_to(function: str, *modules: object) -> set[str]:
    """Texts in the source of these modules that are given to a function or class."""
    found = set()
    for module in modules:
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name == function:
                    found |= set(constants(node))
    return found


RULES = [
    importlib.import_module(module.name)
    for module in pkgutil.iter_modules(callflows.__path__, "callflows.")
]


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("requeue", "CallRequeued"),
        ("requeue", "OperatorStateChanged"),
        ("move", "OperatorStateChanged"),
        ("_refuse", "StepRefused"),
        ("StepRefused", "StepRefused"),
        ("reprioritise", "IncidentReprioritised"),
        ("_turn_down", "TreeRefused"),
        ("_not_listed", "ShiftRefused"),
    ],
)
def test_every_reason_in_the_source_of_the_rules(function: str, line: str) -> None:
    assert_said(OF_LINES[line], texts_given_to(function, *RULES))


def test_every_line_that_has_a_grammar_is_a_line_of_the_log() -> None:
    names = {name for name in vars(e) if inspect.isclass(getattr(e, name))}
    assert set(OF_LINES) <= names
    typed = {"StepSkipped", "UrgencySet", "OperatorOnBreak", "NoteWritten"}
    assert not typed & set(OF_LINES), "what a person wrote is not translated"


class NoNames:
    def name_of(self, operator: str | None) -> str:
        return operator or ""

    def step_words(self, incident_id: str, step: str, words: Words) -> str:
        return step

    def procedure_words(self, incident_id: str, procedure: str, words: Words) -> str:
        return procedure

    def person_words(self, incident_id: str, person: str) -> str:
        return person


def shown(what: str, language: str, /, **data: object) -> str:
    rendering = SimpleNamespace(iso=str, moment=str)
    line = SimpleNamespace(
        seq=1, at=NOW, incident_id="inc", kind="fact", what=what, data=data, is_saved=True
    )
    return show_line(line, language, rendering, NoNames()).words  # type: ignore[arg-type]


def test_a_line_of_the_log_gives_its_reason_in_the_readers_language() -> None:
    queued = {"reason": "no operator is free: 2 in a call, 1 clearance"}
    assert shown("CallQueued", "nl", **queued) == (
        "De oproep wacht: geen operator is vrij: 2 in gesprek, 1 geen machtiging"
    )
    chosen = {
        "reason": "Doe, Ann: fr 2, idle 12 s; Bob excluded: on break; urgency 2, all who may"
    }
    assert shown("OperatorChosen", "fr", **chosen) == (
        "Choix : Doe, Ann : fr 2, libre depuis 12 s; Bob exclus : en pause;"
        " urgence 2, tous ceux qui peuvent"
    )


@pytest.mark.parametrize("what", ["StepSkipped", "OperatorOnBreak", "UrgencySet"])
def test_what_a_person_typed_stays_as_it_is(what: str) -> None:
    assert "no phone" in shown(what, "fr", operator="ann", reason="no phone", urgency=2)


# ---------------------------------------------------------------- the engine's health


def media(*, is_up: bool) -> MediaClient:
    client = MediaClient.__new__(MediaClient)
    client._writer = object() if is_up else None  # type: ignore[assignment]
    client._ready = ()  # type: ignore[assignment]
    return client


def logbook(tmp_path: Path, defect: str) -> Logbook:
    silence = SilenceRule.__new__(SilenceRule)
    silence._lateness = Lateness(0.0, "silent for 212 ms")
    silence._spool_fault = "[Errno 5] gone"
    book = Logbook.__new__(Logbook)
    book._silence, book._anchor_fault = silence, "Permission denied"
    book._book = SimpleNamespace(  # type: ignore[assignment]
        defect=defect,
        path=tmp_path / "logbook.db",
        is_replaced=lambda: True,
        ballast=SimpleNamespace(is_used=True),
    )
    return book


def test_every_reason_of_readyz(tmp_path: Path) -> None:
    texts: set[str] = set()
    (tmp_path / "file").touch()
    defects = texts_given_to("BrokenChain", verify)
    put_up = sorted(texts_given_to_health())
    assert len(defects) > 5
    for defect in defects:
        for is_up in (True, False):
            rooms = [
                lambda: put_up,
                media(is_up=is_up).not_ready,
                RecordingStore(tmp_path / "file" / "recordings").problems,
                logbook(tmp_path, defect).problems,
            ]
            readiness = Readiness(
                rooms,
                [auditor().reasons, full_doors().reasons],
                lambda: {"carrier-a": False},
                {"carrier-a": True},
            )
            texts |= set(readiness.reasons()) | set(readiness.degraded())
    assert "trunk carrier-a does not answer" in texts
    assert any("nothing can be recorded" in text for text in texts)
    assert_said(HEALTH, texts)


def full_doors() -> Crowding:
    """Every door that the product has, full."""
    return Crowding(dict.fromkeys(DOORS, lambda: 1), lambda: 0.0)


def auditor() -> Auditor:
    """One that has died, is blind, and knew of a case of every kind that stands still."""
    now = [1000.0]
    one = Auditor(Board(), lambda: now[0], print, is_called_back=lambda _: False)
    for what in get_args(What):
        one._found[what, "x"] = Finding(what, "x", IncidentId("x"), 1.0, "it stands still")
        one._blind[what] = "KeyError"
    now[0] += SILENT_TIME + 1
    return one


def texts_given_to_health() -> set[str]:
    """What is put up on the board of reasons: the text behind the reason's name."""
    found = set()
    for path in Path(str(opening.__file__)).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "set"
                and getattr(node.func.value, "attr", "") == "health"
            ):
                found |= set(list(constants(node))[1:])
    assert found
    return found


def test_every_defect_found_at_the_start() -> None:
    tree = ast.parse(Path(str(opening.__file__)).read_text("utf-8"))
    texts = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "attr", "") == "defect":
            texts |= set(constants(ast.Call(ast.Name("defect"), [node.value], [])))
    assert len(texts) > 1
    assert_said(HEALTH, texts)


def test_what_the_disk_says_is_said_where_it_is_known() -> None:
    french = WORDS["fr"]
    assert say(RECORDING, "No space left on device", french) == "plus de place sur le disque"
    assert say(RECORDING, "Bad sector 7", french) == "Bad sector 7"
    assert say(HEALTH, "the logbook is not saved: Bad sector 7", french) == (
        "la main courante n’est pas enregistrée : Bad sector 7"
    )


# ---------------------------------------------------------------- any text


def test_a_part_without_a_shape_stays_and_the_rest_is_said() -> None:
    why = "The caller withheld his number. Something new. +32 is a number of Acme."
    assert say(IDENTIFICATION, why, WORDS["de"]) == (
        "Der Anrufer hat seine Nummer unterdrückt. Something new. +32 ist eine Nummer von Acme."
    )


def has_words(sentence: str) -> bool:
    """Whether there is anything to translate beside the places."""
    return re.search("[a-z]", re.sub(r"%\(\w+\)[sd]", "", sentence)) is not None


def test_every_shape_is_translated() -> None:
    for grammar in (IDENTIFICATION, HEALTH, RECORDING, *OF_LINES.values()):
        for sentence in filter(has_words, grammar.sentences):
            for language in OTHERS:
                assert WORDS[language](sentence) != sentence, sentence


@pytest.mark.parametrize(
    ("reason", "english", "french"),
    [
        (
            "intrusion, zone 001 Hall",
            "Intrusion, zone 001 Hall",
            "Intrusion en zone 001 Hall",
        ),
        (
            "intrusion: 001, no zone and 3 more",
            "Intrusion, zones in alarm: 001, no zone and 3 more",
            "Intrusion, zones en alarme : 001, no zone et 3 autres",
        ),
        ("holdup, zone 7 (signal 3)", "Hold-up, zone 7 (signal 3)", None),
        ("unknown account 4711: 130", None, "compte inconnu 4711 : 130"),
        ("unknown code 999, zone 4", None, "code inconnu 999 en zone 4"),
        ("camera_offline, Quai 3", "Camera lost: Quai 3", "Caméra perdue : Quai 3"),
        (
            "cameras are lost (carrier north)",
            None,
            "des caméras sont perdues (opérateur télécom north)",
        ),
        (
            "not back to normal (001, 002, 30 min)",
            None,
            "pas de retour à la normale (001, 002, 30 min)",
        ),
        (
            "should have moved and did not: it has waited for an operator for more than 60 s",
            "it has waited for an operator for more than 60 s",
            "un opérateur est attendu depuis plus de 60 s",
        ),
        (
            "opened outside the hours by user 5 (ask Ann +32, Bob +33)",
            None,
            "ouverture hors horaire par l’utilisateur 5 (demander à Ann +32, Bob +33)",
        ),
        (
            "call Luc and ask for the PIN (+32)",
            None,
            "appeler Luc et demander le code PIN (+32)",
        ),
        ("alarm about Luc: 3 wrong PINs", None, "alarme pour Luc : 3 codes PIN erronés"),
        (
            "open_gate was not done: status 502",
            None,
            "open_gate n’a pas été exécuté : réponse 502",
        ),
    ],
)
def test_why_an_alarm_wants_an_operator(
    reason: str, english: str | None, french: str | None
) -> None:
    grammar = OF_LINES["AttentionWanted"]
    if english is not None:
        assert say(grammar, reason, WORDS["en"]) == english
    if french is not None:
        assert say(grammar, reason, WORDS["fr"]) == french


@pytest.mark.parametrize(
    ("what", "data", "words"),
    [
        ("CaseStalled", {"what": "attention"}, "Staat stil, nakijken: een dossier dat niemand"),
        ("WatchNoted", {"text": "ip is heard again"}, "lijn ip wordt weer gehoord"),
        ("WatchNoted", {"text": "Luc"}, "Luc"),
    ],
)
def test_what_the_clock_and_the_auditor_note(
    what: str, data: dict[str, str], words: str
) -> None:
    assert words in shown(what, "nl", **data)
