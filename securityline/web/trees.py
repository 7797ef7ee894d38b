"""The call trees of a case, ready to draw: whom they called, what became of it, who is next."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from callflows.call_tree import Attempt, AttemptState, CallTree, TreeState
from callflows.incident import Incident
from client_directory.call_plan import PlannedLevel
from client_directory.model import Step
from securityline.web import vocabulary
from securityline.web.board import Board
from securityline.web.plain import clip, write_number
from securityline.web.reason_words import BARRED, EXHAUSTED, PAUSED, STOPPED
from securityline.web.reasons import Grammar, say
from securityline.web.rendering import Rendering
from securityline.web.vocabulary import call_it
from securityline.web.words import Words

MOST_PEOPLE: Final = 12
"People of a level in a list; the rest is a number."
MOST_ATTEMPTS: Final = 6
"Calls shown for each person of a level, the latest ones."
LONGEST_NAME: Final = 120

_WHY: Final[Mapping[TreeState, Grammar]] = {
    TreeState.PAUSED: PAUSED,
    TreeState.EXHAUSTED: EXHAUSTED,
    TreeState.STOPPED: STOPPED,
}


class AttemptRow(NamedTuple):
    """One call to one number."""

    leg_id: str
    at: str
    number: str
    round: int
    "Counted from 1."
    state: str
    "`now` while the line is up, `good`, `bad` or `plain` when it is over."
    words: str
    since: float | None
    "When what it does now began, engine time; `None` when it is over."
    minutes: int | None


class PersonRow(NamedTuple):
    """One person of a level."""

    person: str
    name: str
    numbers: Sequence[str]
    state: str
    "`now`, `accepted`, `barred`, `tried` or `next`."
    words: str
    attempts: Sequence[AttemptRow]


class LevelRow(NamedTuple):
    """One level of a tree."""

    level: int
    "Counted from 0, as the rules do."
    is_current: bool
    strategy: str
    ring_time: float
    asks_pin: bool
    answers_needed: int
    people: Sequence[PersonRow]
    more: int
    "People who are not in the list."
    left_out: Sequence[tuple[str, str]]
    "Who is not called here, and why."


class TreeRow(NamedTuple):
    """One call tree."""

    tree_id: str
    call_tree: str
    state: str
    why: str
    is_over: bool
    is_keyed: bool
    "The keys of the keyboard are for this one."
    promise_at: float
    level: int
    levels: Sequence[LevelRow]
    round: int
    rounds: int
    accepted: Sequence[tuple[str, int | None]]
    "Who took charge, and in how many minutes he said he is there."
    people: Sequence[tuple[str, str]]
    "Everybody of the tree: id and name."
    open_people: Sequence[tuple[str, str]]
    "Those who did not take charge."


class Trees:
    """Make the rows for a card."""

    def __init__(self, board: Board, rendering: Rendering) -> None:
        self._board = board
        self._rendering = rendering

    def rows(self, incident: Incident, words: Words) -> list[TreeRow]:
        """Return the trees of a case: those that run first, the latest in front."""
        trees = self._board.trees_of(incident)
        trees.sort(key=lambda tree: (tree.is_over, -tree.started_at))
        keyed = trees[0].tree_id if trees else None
        return [self._row(tree, words, is_keyed=tree.tree_id == keyed) for tree in trees]

    def _row(self, tree: CallTree, words: Words, *, is_keyed: bool) -> TreeRow:
        people = {
            t.person: clip(t.name, LONGEST_NAME) for lv in tree.plan.levels for t in lv.targets
        }
        return TreeRow(
            tree_id=tree.tree_id,
            call_tree=clip(tree.plan.call_tree, LONGEST_NAME),
            state=tree.state.value,
            why=self.why(tree, words),
            is_over=tree.is_over,
            is_keyed=is_keyed,
            promise_at=tree.promise_at,
            level=tree.level,
            levels=[self._level(tree, place, words) for place in range(len(tree.plan.levels))],
            round=tree.round + 1,
            rounds=tree.plan.rounds,
            accepted=[(people.get(p, p), _minutes(tree, p)) for p in tree.accepted],
            people=list(people.items()),
            open_people=[(p, name) for p, name in people.items() if p not in tree.accepted],
        )

    def why(self, tree: CallTree, words: Words) -> str:
        """Say why a tree is in its state, when there is something to say."""
        grammar = _WHY.get(tree.state)
        if grammar is None or not tree.why:
            return ""
        return clip(say(grammar, tree.why, words, self._called(tree)))

    def _called(self, tree: CallTree) -> Mapping[str, Callable[[str], str]]:
        return {
            "operator": self._board.name_of,
            "person": lambda person: self._board.person_name(tree.incident_id, person),
        }

    # ------------------------------------------------------------ levels

    def _level(self, tree: CallTree, place: int, words: Words) -> LevelRow:
        level = tree.plan.levels[place]
        by_person: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in tree.attempts:
            if attempt.level == place:
                by_person[attempt.person].append(attempt)
        named = {target.person: (target.name, target.numbers) for target in level.targets}
        for person, attempts in by_person.items():  # called at an operator's wish
            named.setdefault(person, (attempts[-1].name, ()))
        if tree.is_over:
            named = {p: v for p, v in named.items() if p in by_person or p in tree.accepted}
        order = sorted(named, key=lambda person: person not in by_person)
        shown = set(order[:MOST_PEOPLE])
        return LevelRow(
            level=place,
            is_current=place == tree.level and not tree.is_over,
            strategy=level.strategy,
            ring_time=level.ring_time,
            asks_pin=level.accept == "pin",
            answers_needed=level.answers_needed,
            people=[
                self._person(tree, person, name, numbers, by_person[person], words)
                for person, (name, numbers) in named.items()
                if person in shown
            ],
            more=len(named) - len(shown),
            left_out=[] if tree.is_over else _left_out(level, words),
        )

    def _person(
        self,
        tree: CallTree,
        person: str,
        name: str,
        numbers: Sequence[str],
        attempts: Sequence[Attempt],
        words: Words,
    ) -> PersonRow:
        barred = tree.barred.get(person, "")
        is_live = any(attempt.is_ringing or attempt.is_talking for attempt in attempts)
        state, said = "next", ""
        if person in tree.accepted:
            state, said = "accepted", words(vocabulary.OUTCOMES["accepted"])
        elif is_live:
            state = "now"
        elif barred:
            state, said = "barred", say(BARRED, barred, words, self._called(tree))
        elif attempts:
            state = "tried"
        return PersonRow(
            person=person,
            name=clip(name, LONGEST_NAME),
            numbers=[write_number(number) for number in numbers],
            state=state,
            words=said,
            attempts=[self._attempt(one, words) for one in attempts[-MOST_ATTEMPTS:]],
        )

    def _attempt(self, attempt: Attempt, words: Words) -> AttemptRow:
        is_live = attempt.is_live and not attempt.is_told_to_end
        outcome = attempt.outcome
        if outcome:
            said = call_it(words, vocabulary.OUTCOMES, outcome)
        else:
            said = words(vocabulary.ATTEMPT_STATES[attempt.state.value])
        if not outcome and attempt.is_machine_suspected:
            said = f"{said} ({words('perhaps a machine')})"
        since = attempt.answered_at or attempt.dialled_at
        return AttemptRow(
            leg_id=attempt.leg_id,
            at=self._rendering.moment(attempt.dialled_at),
            number=write_number(attempt.number) if attempt.number else "",
            round=attempt.round + 1,
            state="now" if is_live and not outcome else _TONES.get(outcome, "bad"),
            words=said,
            since=since if is_live and attempt.state is not AttemptState.ENDING else None,
            minutes=attempt.minutes,
        )


_TONES: Final = {
    "accepted": "good",
    "operator": "good",
    "crossed": "good",
    "taken": "plain",
    "stopped": "plain",
    "elsewhere": "plain",
    "": "plain",
}


def _minutes(tree: CallTree, person: str) -> int | None:
    said = [a.minutes for a in tree.attempts if a.person == person and a.minutes is not None]
    return said[-1] if said else None


def _left_out(level: PlannedLevel, words: Words) -> list[tuple[str, str]]:
    return [
        (clip(out.name, LONGEST_NAME), call_it(words, vocabulary.LEFT_OUT, out.cause))
        for out in level.left_out[:MOST_PEOPLE]
    ]


def tree_of_step(step: Step, trees: Sequence[CallTree]) -> CallTree | None:
    """Find the tree that a step asks for: the latest of that name.

    :param trees: of the case, first one first.
    """
    wanted = (step.do or {}).get("start_call_tree")
    return next((tree for tree in reversed(trees) if tree.plan.call_tree == wanted), None)
