"""The operator and the caller share no language: checked phrases ask, keys answer."""

from dataclasses import replace
from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.caller_keys import MEANINGS
from callflows.events import CallId, IncidentId, LegId, OperatorId
from callflows.phrases import LONGEST_TIME
from tests.stories.line import AGGRESSION, Line
from tests.stories.services import Room

CASE = IncidentId("inc-call-1")
PHRASE = e.PhrasePressed(
    incident_id=CASE,
    call_id=CallId("call-1"),
    operator=OperatorId("ann"),
    phrase="safe",
    prompt="phrase_safe",
    language="de",
    words="Sind Sie in Sicherheit? Drücken Sie vier für ja, fünf für nein.",
)


def talking(line: Line | None = None) -> Any:
    room = line or Room()
    room.ready("ann", "bob")
    room.calls(procedure=AGGRESSION, languages=("de",))
    room.picks_up("ann")
    return room


def ends(line: Line, *, is_complete: bool = True) -> list[Any]:
    return line.tell(
        e.PromptEnded(
            leg_id=LegId("call-1-a"),
            prompt="phrase_safe",
            played_time=2.0,
            is_complete=is_complete,
        )
    )


def test_the_caller_hears_the_phrase_then_the_operator_again_and_answers() -> None:
    line = talking()
    line.tell(PHRASE)
    assert line.hears("call-1") == (("phrase_safe",), "silence")
    assert line.last(c.Play).language == "de"
    told = ends(line)
    assert line.hears("call-1") == line.call("call-1").operator_leg
    assert [x.is_complete for x in told if isinstance(x, e.PhrasePlayed)] == [True]
    line.tell(e.DigitPressed(leg_id=LegId("call-1-a"), digit="4"))
    assert line.last(e.CallerKeyed).meaning == MEANINGS["4"] == "yes"
    asked = line.switchboard.incidents[CASE].asked
    assert asked is not None
    assert asked.words.startswith("Sind Sie in Sicherheit?")


def refused(line: Line, event: e.PhrasePressed = PHRASE) -> str:
    [told] = line.tell(event)
    assert isinstance(told, e.PhraseRefused), told
    return told.reason


def test_it_is_never_played_into_a_covert_call() -> None:
    line = talking()
    line.tell(e.CovertPressed(incident_id=CASE, operator=OperatorId("ann")))
    assert refused(line) == "the case is covert"
    assert not [x for x in line.all(c.Play) if "phrase_safe" in x.prompts]


def test_only_his_own_operator_plays_to_him_and_one_phrase_at_a_time() -> None:
    line = talking()
    assert refused(line, replace(PHRASE, operator=OperatorId("bob"))) == "it is not his call"
    line.tell(PHRASE)
    assert refused(line) == "another phrase is being played"


def test_should_its_end_not_be_told_they_hear_each_other_all_the_same() -> None:
    line = talking()
    line.tell(PHRASE)
    line.fast_forward(LONGEST_TIME + 1)
    assert line.hears("call-1") == line.call("call-1").operator_leg
    assert line.last(e.PhrasePlayed).is_complete is False
    assert line.call("call-1").state == "talking"


@pytest.mark.parametrize("when", ["hold", "restart", "covert", "police"])
def test_whatever_comes_between_leaves_nobody_in_silence(when: str) -> None:
    line = talking()
    line.tell(PHRASE)
    if when == "hold":
        line.presses(e.HoldPressed, "ann", "call-1")
        ends(line, is_complete=False)
        assert line.hears("call-1")[1] == "hold_music"
        line.presses(e.ResumePressed, "ann", "call-1")
    elif when == "restart":
        line.restart()
    elif when == "covert":
        line.tell(e.CovertPressed(incident_id=CASE, operator=OperatorId("ann")))
        ends(line, is_complete=False)
        assert line.hears("call-1") == "silence"
        line.tell(e.SpeakPressed(incident_id=CASE, operator=OperatorId("ann")))
    else:
        line.press("ann", CASE)
        ends(line, is_complete=False)
        line.answers_there()
        line.ends_there()
    assert line.hears("call-1") == line.call("call-1").operator_leg
    line.fast_forward(60)
    assert line.hears("call-1") == line.call("call-1").operator_leg


def test_a_service_is_never_played_a_phrase() -> None:
    room = talking()
    room.press("ann", CASE)
    room.answers_there()
    room.gives_up("call-1", e.Cause.HUNG_UP)
    assert refused(room) == "no service is ever played a recording"
