"""A call tree while it runs: whom it called, what became of it, where it stands.

The rules are elsewhere: `tree_run` chooses who is called next, `keyholder` holds the
conversation, `tree_presses` obeys the operators, `crossing` meets those who ring in.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from callflows.events import CallId, IncidentId, LegId, Missed, TreeId
from client_directory.call_plan import CallPlan, PlannedLevel, Target
from client_directory.plan_timing import CLEARING_TIME


class TreeState(StrEnum):
    """Where a tree stands."""

    RUNNING = "running"
    PAUSED = "paused"
    "Nobody new is called: an operator wishes it, or speaks with a keyholder."
    TAKEN = "taken"
    "Enough people took charge."
    EXHAUSTED = "exhausted"
    "Everybody was tried; an operator has the case."
    STOPPED = "stopped"
    "An operator took over."


class AttemptState(StrEnum):
    """Where one call to a keyholder stands."""

    DIALLED = "dialled"
    "His phone rings, or is about to."
    ASKING = "asking"
    "He picked up and hears what it is about."
    PIN = "pin"
    "He pressed the key and is asked who he is."
    MINUTES = "minutes"
    "He took charge and is asked when he is there."
    ENDING = "ending"
    "He hears last words."
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Slot:
    """One number of one person, to be dialled once a round."""

    person: str
    number: str


@dataclass(frozen=True, slots=True)
class Retry:
    """A busy line, and from when on it is tried again."""

    slot: Slot
    at: float
    until: float = 0.0
    """Until when it is put off again and again, for a line that another tree holds; 0 when it
    was busy, and then it is tried at `at` or not at all."""


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One call to one number of a keyholder."""

    leg_id: LegId
    person: str
    name: str
    number: str
    language: str
    level: int
    round: int
    dialled_at: float
    state: AttemptState = AttemptState.DIALLED
    accept: str = ""
    "What he must press, `key` or `pin`; empty in a call from before this was kept with it."
    until: float | None = None
    "When this state has lasted long enough, engine time."
    outcome: str = ""
    """`accepted`, `declined`, a cause of `Missed`, `taken`, `stopped`, `crossed` (he rang in
    himself), `elsewhere` (at another phone of his), `operator`; empty so far."""
    answered_at: float | None = None
    ended_at: float | None = None
    is_machine_suspected: bool = False
    wants_eta: bool = False
    "He pressed the key that also says when he is there."
    digits: str = ""
    "Minutes, as far as pressed."
    pin_tries: int = 0
    repeats: int = 0
    "How often he had it said again."
    minutes: int | None = None
    "In which he said he is there."
    last_words: tuple[str, ...] = ()
    told_at: float | None = None
    "When we hung up; its end is only awaited."

    @property
    def is_live(self) -> bool:
        """Whether its leg is not over yet."""
        return self.state is not AttemptState.OVER

    @property
    def is_told_to_end(self) -> bool:
        """Whether we hung up."""
        return self.told_at is not None

    def holds_line(self, now: float) -> bool:
        """Whether the telephone rings or is spoken into; a moment longer when we hung up.

        :param now: engine time, seconds.
        """
        return self.is_live and (self.told_at is None or now < self.told_at + CLEARING_TIME)

    @property
    def is_talking(self) -> bool:
        """Whether somebody is being asked."""
        return self.state in (AttemptState.ASKING, AttemptState.PIN)

    @property
    def is_ringing(self) -> bool:
        """Whether the phone rings and was not told to stop."""
        return self.state is AttemptState.DIALLED and not self.is_told_to_end


@dataclass(slots=True, kw_only=True)
class CallTree:
    """The tree of one case."""

    tree_id: TreeId
    incident_id: IncidentId
    plan: CallPlan
    started_at: float
    promise_at: float
    """When a human will have been reached, or an operator told, at the latest; engine time.
    Nothing is promised while the tree waits for a human; when it goes on, it is anew."""
    plan_asked_at: float | None = None
    "When a new plan was asked for, since the one it has is over; `None` when none is awaited."
    asked_by: str = ""
    state: TreeState = TreeState.RUNNING
    why: str = ""
    "Why it is in this state, when there is something to say."
    round: int = 0
    level: int = 0
    needed: int = 0
    """How many people must take charge: the most that a level it came to needs. What an earlier
    level still lacks is not forgotten at a later one that needs fewer."""
    batches: list[list[Slot]] = field(default_factory=list)
    "What is left to dial at this level; the numbers of one batch ring together."
    retries: list[Retry] = field(default_factory=list)
    retried: list[Slot] = field(default_factory=list)
    "Busy lines tried again in this round and level already."
    last_dialled_at: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    "Who took charge, in order."
    barred: dict[str, str] = field(default_factory=dict)
    "Who is not called any more, and why."
    counts: dict[str, int] = field(default_factory=dict)
    "How often for which person and cause: `PERSON:CAUSE`."
    paused_by: list[str] = field(default_factory=list)
    "What it waits for: `operator`, or the call of a keyholder, `call:ID`."
    on_line: dict[str, str] = field(default_factory=dict)
    "Numbers of keyholders who are on the line with operators, or wait to be, by their call."
    paused_at: float = 0.0
    resume_at: float | None = None
    "When it goes on by itself after a keyholder spoke with an operator, engine time."
    legs_made: int = 0
    deadline: float | None = None

    @property
    def timer_id(self) -> str:
        """Its name among the deadlines."""
        return self.tree_id

    @property
    def call_id(self) -> CallId:
        """What its legs give as their call."""
        return CallId(self.tree_id)

    @property
    def is_over(self) -> bool:
        """Whether it calls nobody any more."""
        return self.state not in (TreeState.RUNNING, TreeState.PAUSED)

    @property
    def planned(self) -> PlannedLevel | None:
        """The level it is at."""
        levels = self.plan.levels
        return levels[self.level] if self.level < len(levels) else None

    @property
    def is_satisfied(self) -> bool:
        """Whether enough people took charge for every level it came to."""
        return 0 < self.people_needed <= len(self.accepted)

    @property
    def people_needed(self) -> int:
        """How many people must take charge by now; 0 in a tree without levels."""
        level = self.planned  # counts by itself in a tree from before `needed` was kept
        return max(self.needed, level.answers_needed if level is not None else 0)

    @property
    def live(self) -> list[Attempt]:
        """Calls whose leg is not over yet."""
        return [attempt for attempt in self.attempts if attempt.is_live]

    def attempt(self, leg_id: LegId) -> Attempt | None:
        """Find a call by its leg, the latest first."""
        return next((a for a in reversed(self.attempts) if a.leg_id == leg_id), None)

    def target(self, person: str) -> Target | None:
        """Find a person of the tree, at its level first."""
        here = self.planned
        levels = ([here] if here else []) + list(self.plan.levels)
        return next((t for lv in levels for t in lv.targets if t.person == person), None)

    def person_at(self, number: str) -> Target | None:
        """Find whose number this is, E.164."""
        return next(
            (t for lv in self.plan.levels for t in lv.targets if number in t.numbers), None
        )

    def accept_of(self, attempt: Attempt) -> str:
        """Return what somebody who is called must press, also when another plan came."""
        return attempt.accept or self.plan.levels[attempt.level].accept

    def has_called(self, number: str) -> bool:
        """Whether it called the person whose number this is, E.164, at whichever number."""
        target = self.person_at(number)
        return target is not None and any(a.person == target.person for a in self.attempts)

    def count(self, person: str, cause: Missed) -> int:
        """Count one more miss; return how many by now."""
        key = f"{person}:{cause}"
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]
