"""Somebody must not be heard to telephone, or cannot speak: he answers by keys."""

from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.caller_keys import MOST_KEPT
from callflows.events import IncidentId, LegId, OperatorId
from tests.stories.line import AGGRESSION, CALLER, Line
from tests.stories.services import Room
from tests.stories.visits import floor

CASE = IncidentId("inc-call-1")
ANN = OperatorId("ann")


def whispering(room: Line | None = None) -> Any:
    """Ann speaks with Julie, who whispers that he is in the next room."""
    line = room or Room()
    line.ready("ann", "bob")
    line.calls(procedure=AGGRESSION)
    line.picks_up("ann")
    return line


def covert(line: Line, who: str = "ann") -> list[Any]:
    return line.tell(e.CovertPressed(incident_id=CASE, operator=OperatorId(who)))


def speak(line: Line) -> list[Any]:
    return line.tell(e.SpeakPressed(incident_id=CASE, operator=ANN))


def keys(line: Line, digits: str, leg: str = "call-1-a") -> None:
    for digit in digits:
        line.tell(e.DigitPressed(leg_id=LegId(leg), digit=digit))


def meanings(line: Line) -> list[str]:
    return [x.meaning for x in line.switchboard.incidents[CASE].key_answers]


def test_from_then_on_she_hears_nothing_and_is_heard() -> None:
    line = whispering()
    assert line.hears("call-1") == line.call("call-1").operator_leg
    [order] = covert(line)
    assert order == c.SetCovert(incident_id=CASE, leg_id=LegId("call-1-a"), is_covert=True)
    assert line.hears("call-1") == "silence"
    assert line.phones[line.leg_of("ann")].hears == "call-1-a", "the operator goes on hearing"


def test_speaking_again_is_a_press_of_its_own() -> None:
    line = whispering()
    assert isinstance(speak(line)[0], e.Ignored), "it is not covert"
    covert(line)
    assert isinstance(covert(line)[0], e.Ignored), "a second press changes nothing"
    speak(line)
    assert line.hears("call-1") == line.call("call-1").operator_leg


def test_she_answers_by_keys_and_each_is_a_line() -> None:
    line = whispering()
    covert(line)
    keys(line, "123459#")
    assert meanings(line) == ["police", "fire", "medical", "yes", "no", "", ""]
    assert [x.digit for x in line.all(e.CallerKeyed)] == list("123459#")


def test_whoever_leans_on_the_telephone_fills_no_memory() -> None:
    line = whispering()
    covert(line)
    keys(line, "1" * 100)
    assert len(meanings(line)) == MOST_KEPT


def test_the_operator_s_own_keys_are_no_answer() -> None:
    line = whispering()
    covert(line)
    keys(line, "1", str(line.call("call-1").operator_leg))
    assert meanings(line) == []


def test_hold_lets_her_hear_no_music() -> None:
    line = whispering()
    covert(line)
    line.presses(e.HoldPressed, "ann", "call-1")
    assert line.hears("call-1") == "silence"
    keys(line, "4")
    line.presses(e.ResumePressed, "ann", "call-1")
    assert line.hears("call-1") == "silence"
    assert meanings(line) == ["yes"]


def test_in_a_call_of_three_with_the_police_she_is_heard_and_hears_nothing() -> None:
    room = whispering()
    covert(room)
    room.press("ann", CASE)
    room.answers_there()
    assert room.hears("call-1") == "silence"
    room.presses(e.ResumePressed, "ann", "call-1")
    together = room.last(c.Conference)
    assert "call-1-a" in together.leg_ids
    assert room.hears("call-1") == "silence"
    assert "call-1-a" in str(room.phones[room.service().leg_id].hears)


def test_the_engine_dies_and_the_next_one_orders_silence_first() -> None:
    line = whispering()
    covert(line)
    line.phones[LegId("call-1-a")].is_covert = True
    outcomes = line.restart()
    first = next(x for x in outcomes if getattr(x, "leg_id", "") == "call-1-a")
    assert first == c.SetCovert(incident_id=CASE, leg_id=LegId("call-1-a"), is_covert=True)
    assert line.hears("call-1") == "silence"


def test_her_operator_s_phone_breaks_and_no_announcement_is_made_to_her() -> None:
    line = whispering()
    covert(line)
    line.station_down("ann")
    line.tell(e.AudioLost(leg_id=line.call("call-1").operator_leg))  # type: ignore[arg-type]
    assert line.call("call-1").state in ("waiting", "offered")
    assert line.hears("call-1") == "silence"
    line.fast_forward(120)
    assert line.hears("call-1") == "silence"


def test_a_second_call_of_hers_into_the_covert_case_is_silent_from_its_first_moment() -> None:
    line = whispering()
    covert(line)
    before = len(line.said)
    second = line.calls(incident_id=CASE, caller=CALLER, recording="evidence")
    said = [x for _, x in line.said[before:]]
    orders = [x for x in said if getattr(x, "leg_id", None) == f"{second}-a"]
    assert isinstance(orders[1], c.SetCovert), "before the notice, and before anything else"
    assert line.hears(second) == "silence"


def test_she_hangs_up_and_nobody_rings_her_back() -> None:
    line = Line()
    line.signs_in("ann")
    line.calls(procedure=AGGRESSION)
    covert(line)
    line.gives_up("call-1")
    line.fast_forward(600)
    assert not line.all(c.DialNumber) or all(x.number != CALLER for x in line.all(c.DialNumber))
    assert line.switchboard.incidents[CASE].attention == [
        "a caller hung up and cannot be called back: "
        "his case is covert, and his telephone would ring"
    ]


def test_a_call_back_that_was_planned_is_given_up() -> None:
    line = Line()
    line.signs_in("ann")
    line.calls(procedure=AGGRESSION)
    line.gives_up("call-1")
    assert line.switchboard.call_backs
    covert(line)
    assert not line.switchboard.call_backs


@pytest.mark.parametrize("is_covert", [True, False])
def test_a_silent_caller_is_never_hung_up_on(is_covert: bool) -> None:
    line = whispering()
    if is_covert:
        covert(line)
    line.tell(e.AudioLost(leg_id=LegId("call-1-a")))
    line.fast_forward(48 * 3600)
    assert line.call("call-1").state == "talking"
    line.presses(e.HoldPressed, "ann", "call-1")
    line.fast_forward(48 * 3600)
    assert line.call("call-1").state == "held"
    assert not line.all(c.HangUp)
    keys(line, "1")
    assert meanings(line) == ["police"]


# ---------------------------------------------------------------- whoever speaks with her


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge", "take_over"])
def test_a_supervisor_who_comes_is_not_heard_by_her_either(mode: str) -> None:
    room = floor()
    covert(room)
    room.visits(mode)
    assert room.hears("call-1") == "silence"
    if mode == "barge":
        room.comes("take_over", why="danger")
        assert room.hears("call-1") == "silence"
    keys(room, "4")
    assert meanings(room) == ["yes"]


@pytest.mark.parametrize("talks_first", [True, False])
def test_she_is_given_to_a_colleague_and_hears_nothing_of_it(talks_first: bool) -> None:
    line = whispering()
    covert(line)
    line.transfers("ann", "bob", "call-1", talks_first=talks_first)
    assert line.hears("call-1") == "silence"
    line.picks_up("bob")
    assert line.hears("call-1") == "silence"
    assert not line.call("call-1").is_over


def test_a_parked_covert_caller_hears_no_music_and_comes_back() -> None:
    line = whispering()
    covert(line)
    line.parks("ann", "call-1", 60)
    assert line.hears("call-1") == "silence"
    line.fast_forward(61)
    assert not line.call("call-1").is_over
    line.picks_up(line.ringing()[0])
    assert line.hears("call-1") == "silence"
