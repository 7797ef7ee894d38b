"""Every routing decision can be made again from its line, whatever happened before it."""

import json
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from callflows import events as e
from callflows.codec import encode
from callflows.routing_replay import Replay, read_decision, replay
from tests.callflows.test_invariants import AnyStory
from tests.stories.line import Line


def as_written(fact: e.OperatorChosen) -> Any:
    """What stands in the logbook."""
    return json.loads(json.dumps(encode(fact), sort_keys=True))


def replayed(line: Line) -> tuple[str, tuple[str, ...]]:
    again = replay(read_decision(as_written(line.last(e.OperatorChosen))))
    return again.verdict, again.operators


class AnyDecision(AnyStory):
    """Operators, callers, phones, clocks and faults; each decision is made again."""

    looked_at = 0

    @invariant()
    def every_decision_comes_out_the_same(self) -> None:
        made = self.line.all(e.OperatorChosen)
        for fact in made[self.looked_at :]:
            again = replay(read_decision(as_written(fact)))
            assert again.verdict in ("same", "press"), fact
            assert again.operators == fact.operators
        self.looked_at = len(made)


AnyDecision.TestCase.settings = settings(
    max_examples=60, stateful_step_count=50, deadline=None, derandomize=True
)
TestAnyDecision = AnyDecision.TestCase
del AnyStory


def room() -> Line:
    line = Line()
    line.signs_in("ann", {"nl": 3, "fr": 1})
    line.signs_in("bob", {"nl": 3, "fr": 2})
    line.signs_in("cas", {"nl": 1})
    line.ready("ann", "bob", "cas")
    return line


def test_the_second_language_decides_and_is_kept() -> None:
    line = room()
    line.calls(languages=("nl", "fr"))
    assert replayed(line) == ("same", ("bob",))
    chosen = line.last(e.OperatorChosen)
    assert chosen.considered[0]["skills"] == "3 1"
    assert (chosen.takes, chosen.languages) == ("best", ("nl", "fr"))


def test_all_who_may_are_all_who_may() -> None:
    line = room()
    line.calls(languages=("nl",))
    line.fast_forward(25)
    assert line.last(e.OperatorChosen).takes == "all"
    assert replayed(line)[0] == "same"


def test_an_own_press_weighs_nothing() -> None:
    line = room()
    call = line.calls()
    rung = line.ringing(call)[0]
    other = next(who for who in ("ann", "bob", "cas") if who != rung)
    line.presses(e.AnswerPressed, other, call)
    assert replayed(line) == ("press", (other,))


def test_who_is_taken_from_a_less_urgent_call() -> None:
    line = Line()
    line.ready("ann")
    line.calls(urgency=4)
    line.calls(urgency=1)
    chosen = line.last(e.OperatorChosen)
    assert (chosen.takes, chosen.considered[0]["served_as"]) == ("another", 4)
    assert replayed(line) == ("same", ("ann",))


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"operators": ["cas"]}, "different"),
        ({"takes": "all"}, "different"),
        ({"preferred": "cas"}, "different"),
        ({"takes": ""}, "old"),
    ],
)
def test_a_line_that_was_changed_does_not_come_out_the_same(
    change: dict[str, Any], verdict: str
) -> None:
    line = room()
    line.calls(languages=("nl",))
    written = as_written(line.last(e.OperatorChosen))
    assert replay(read_decision(written | change)).verdict == verdict


def test_who_was_left_out_is_asked_again() -> None:
    line = room()
    line.on_break("cas")
    line.calls(languages=("nl",))
    assert replayed(line)[0] == "same"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clearances": "high_security"}, "ann, bob: clearance then, nothing now"),
        ({"excluded": "on break"}, "ann, bob: on break then, clearance now"),
        ({"excluded": "did not take it", "state": "talking"}, "clearance now"),
    ],
)
def test_an_absence_whose_reason_was_changed_is_found(
    change: dict[str, Any], words: str
) -> None:
    line = Line()
    line.signs_in("ann", {"nl": 3})
    line.signs_in("bob", {"nl": 3})
    line.signs_in("cas", {"nl": 1}, clearances=("standard", "high_security"))
    line.ready("ann", "bob", "cas")
    line.calls(languages=("nl",), clearance="high_security")
    written = as_written(line.last(e.OperatorChosen))
    assert written["operators"] == ["cas"]
    assert replay(read_decision(written)).verdict == "same"
    [left_out] = [one for one in written["considered"] if one["excluded"]]
    left_out |= change
    again = replay(read_decision(written))
    assert again.verdict == "different"
    assert words in again.barred[0]


def test_a_candidate_who_had_no_clearance_is_not_chosen_again() -> None:
    line = room()
    line.calls(languages=("nl",))
    written = as_written(line.last(e.OperatorChosen)) | {"clearance": "high_security"}
    assert replay(read_decision(written)) == Replay(verdict="different", operators=())


def test_a_line_of_an_earlier_version_is_read_and_says_so() -> None:
    old = {
        "incident_id": "i",
        "call_id": "c",
        "operators": ["ann"],
        "reason": "Ann: fr 2, idle 3 s; first offer",
        "considered": [
            {"operator": "ann", "state": "ready", "skill": 2, "idle": 3.0, "excluded": ""},
            {"operator": "bob, cas", "excluded": "clearance"},
        ],
    }
    decision = read_decision(old)
    assert [one.operator for one in decision.candidates] == ["ann"]
    assert replay(decision).verdict == "old"


@pytest.mark.parametrize(
    "nonsense", [{}, {"call_id": "c"}, {"operators": 5}, {"considered": 1}]
)
def test_nonsense_is_no_decision(nonsense: dict[str, Any]) -> None:
    good = {"call_id": "c", "operators": ["a"], "reason": "r"}
    with pytest.raises(ValueError, match="no routing decision"):
        read_decision({**(good if "considered" in nonsense else {}), **nonsense})
