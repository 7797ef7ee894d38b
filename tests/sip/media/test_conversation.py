"""Does the one who answered answer the caller? Voices on a clock, and shipped speech."""

import random

import pytest

from sip.media.conversation import GREETING_TIME, Conversation
from sip.media.ears import ScreeningEar
from sip.media.g711 import pcm_to_alaw
from sip.media.machine import EnergyActivity
from sip.media.protocol import ConversationHeard, MediaEvent
from tests.sip.media.sounds import SPEECH, Sound, frames, noise, pcm, recorded, silence

Spans = list[tuple[float, float]]
"From when to when somebody speaks, in seconds since the pick-up."


def is_one(caller: Spans, answered: Spans, until: float = 120.0) -> bool:
    talk = Conversation()
    for frame in range(round(until * 50)):
        at = frame / 50
        if any(start <= at < end for start, end in caller):
            talk.caller_speaks(at)
        if any(start <= at < end for start, end in answered):
            talk.answered_speaks(at)
    return talk.is_one


TALK = [(4.0, 11.0), (14.0, 17.0), (21.0, 25.0)]
"A caller who tells, and is asked."


def test_a_guard_who_answers_twice_is_a_person() -> None:
    assert is_one(TALK, [(0.5, 3.0), (11.4, 13.5), (17.6, 20.5)])


def test_one_answer_is_not_enough() -> None:
    assert not is_one(TALK, [(0.5, 3.0), (11.4, 13.5)])


@pytest.mark.parametrize("greeting", [1.0, 3.0, 4.0, 5.0, 8.0])
def test_a_short_greeting_and_then_silence_is_nobody_whatever_the_caller_says(
    greeting: float,
) -> None:
    for pauses in (1.0, 2.0, 4.0):
        hellos = [(at * (1.0 + pauses), at * (1.0 + pauses) + 1.0) for at in range(40)]
        assert not is_one(hellos, [(0.3, 0.3 + greeting)])


def test_a_greeting_with_pauses_into_which_the_caller_speaks_is_no_answer() -> None:
    greeting = [(0.3, 2.0), (3.5, 5.5), (7.2, 9.0)]
    assert not is_one([(2.2, 3.0), (5.7, 6.6), (9.5, 40.0)], greeting)


def test_a_machine_that_asks_again_after_a_silence_is_no_person() -> None:
    asks = [(0.3, 4.0), (16.0, 19.0), (28.0, 31.0), (40.0, 43.0)]
    assert not is_one([(5.0, 12.0), (20.0, 24.0), (32.0, 36.5)], asks)


def test_the_caller_s_own_echo_is_no_answer() -> None:
    for late in (0.02, 0.1, 0.3, 0.48):
        assert not is_one(TALK, [(a + late, b + late) for a, b in TALK])


def test_who_speaks_while_the_caller_does_answers_nothing() -> None:
    assert not is_one([(11.0, 20.0), (22.0, 30.0)], [(12.0, 14.0), (24.0, 25.0)])


def test_a_click_or_a_breath_is_no_answer() -> None:
    assert not is_one(TALK, [(11.4, 11.5), (17.6, 17.7), (25.5, 25.6)])


def test_what_is_said_once_is_answered_once() -> None:
    assert not is_one([(11.0, 14.0)], [(14.3, 14.6), (15.5, 15.9)])


def test_nothing_counts_before_a_greeting_may_be_over() -> None:
    caller = [(2.0, 3.0), (5.0, 6.0), (8.0, 9.0)]
    assert not is_one(caller, [(3.2, 4.0), (6.2, 7.0), (9.2, GREETING_TIME)])


@pytest.mark.parametrize("seed", range(20))
def test_a_machine_that_says_one_more_thing_by_itself_is_never_a_person(seed: int) -> None:
    """Whatever it says when, and however often the caller asks whether somebody is there."""
    chance = random.Random(seed)
    at, caller = 0.0, []
    while at < 110.0:
        length = chance.uniform(0.3, 6.0)
        caller.append((at, at + length))
        at += length + chance.uniform(0.3, 5.0)
    late = chance.uniform(12.0, 100.0)
    greeting = chance.uniform(0.5, 8.0)
    assert not is_one(caller, [(0.4, 0.4 + greeting), (late, late + chance.uniform(0.3, 5.0))])


# ---------------------------------------------------------------- in sound


def said(number: int, seconds: float) -> Sound:
    return list(recorded(SPEECH[number % len(SPEECH)]))[: round(seconds * 8000)]


def heard(caller: Sound, answered: Sound) -> list[MediaEvent]:
    """What two legs that hear each other tell of the answered one."""
    told: list[MediaEvent] = []
    ear = ScreeningEar("leg", 0.0, told.append, EnergyActivity)
    both = zip(*(frames(pcm_to_alaw(pcm(x)), 160) for x in (caller, answered)), strict=False)
    for number, (one, other) in enumerate(both):
        now = (number + 1) * 0.02
        for to, payload in ((ear.other, one), (ear, other)):
            to.forward(1, payload, 8, number, number * 160, 0, 1, now)
    return [event for event in told if isinstance(event, ConversationHeard)]


def quiet(seconds: float) -> Sound:
    return noise(seconds, -65.0)


STORY = quiet(4.0) + said(1, 5.0) + quiet(4.0) + said(1, 3.0) + quiet(4.0) + said(1, 2.0)


def test_two_people_are_heard_to_talk_and_it_is_told_once() -> None:
    guard = said(0, 2.0) + quiet(7.5) + said(0, 2.5) + quiet(4.5) + said(0, 2.5) + quiet(4.0)
    late = [0] * round(1.5 * 8000)
    assert heard(late + STORY, late + guard) == [ConversationHeard("leg")]


def test_a_voicemail_that_only_greets_is_not() -> None:
    assert heard(STORY + STORY, said(0, 4.0) + silence(60.0)) == []
