"""A call tree: what happens while keyholders are called, and what the tree concludes."""

from dataclasses import dataclass
from typing import Literal

from callflows.events.base import CallId, Event, Fact, LegId, OperatorId, TreeId
from callflows.events.callers import TestRight
from client_directory.call_plan import CallPlan

PinOutcome = Literal["good", "wrong", "none", "expired", "duress"]
"What became of asking for a PIN. `none`: nothing was entered in time."

Missed = Literal[
    "no_answer",
    "busy",
    "refused",
    "unreachable",
    "voicemail",
    "hung_up",
    "no_key",
    "wrong_pin",
    "failed",
    "unknown",
]
"""Why a call to a keyholder reached nobody, each counted by itself.

`no_key`: he picked up and pressed nothing. `unknown`: a restart came between the call and
its outcome, too late to repeat the very same INVITE.
"""

# ---------------------------------------------------------------- events


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreeRequested(Event):
    """A tree is to run for a case. Carries a copy of everything it needs."""

    tree_id: TreeId
    plan: CallPlan
    asked_by: str = ""
    "An operator, or the consigne's step."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreeUnplanned(Event):
    """A tree was asked for that the directory does not hold: a human is told at once."""

    tree_id: TreeId
    call_tree: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinChecked(Event):
    """Somebody was asked for his PIN; the digits themselves are nowhere in the log."""

    leg_id: LegId
    outcome: PinOutcome
    place: str = ""
    "`client/site` that an installer named; empty when no site has the number he entered."
    right: TestRight | None = None
    "What an installer may do, when the PIN is one of his."
    wants_operator: bool = False
    "He entered 0 and nothing else: an operator is wanted."


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSuspected(Event):
    """What answered sounds like a machine. A hint that shortens a wait, never a verdict."""

    leg_id: LegId
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreetingEnded(Event):
    """A machine's greeting is over, by its beep or by silence: now it would record."""

    leg_id: LegId
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationHeard(Event):
    """Who answered this leg has answered, more than once, what the other party said."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseTreePressed(Event):
    """An operator lets a tree wait: calls that ring go on, no new one is made."""

    tree_id: TreeId
    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeTreePressed(Event):
    """He lets it go on."""

    tree_id: TreeId
    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class SkipKeyholderPressed(Event):
    """He takes a person out of this tree; if the person's phone rings, it stops."""

    tree_id: TreeId
    operator: OperatorId
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpTreePressed(Event):
    """He sends the tree to another level, counted from 0, at once."""

    tree_id: TreeId
    operator: OperatorId
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKeyholderPressed(Event):
    """He has a person of the tree called now, whoever's turn it is."""

    tree_id: TreeId
    operator: OperatorId
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTreePressed(Event):
    """He takes over: nobody else is called, phones that ring stop."""

    tree_id: TreeId
    operator: OperatorId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmKeyholderPressed(Event):
    """He spoke to a keyholder, who takes charge: counts as that person's own key."""

    tree_id: TreeId
    operator: OperatorId
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinKeyholderPressed(Event):
    """He wants a keyholder who is on the line in the call he is in: three hear each other."""

    tree_id: TreeId
    operator: OperatorId
    leg_id: LegId


# ---------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFact(Fact):
    """Base of what a tree concludes."""

    tree_id: TreeId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreeStarted(TreeFact):
    """A tree runs."""

    call_tree: str
    levels: int
    rounds: int
    promise_at: float
    "Engine time at which a human will have been reached, or an operator told, at the latest."
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRenewed(TreeFact):
    """A human held the tree, or sent it elsewhere: it promises a later moment from now on."""

    promise_at: float
    "As that of `CallTreeStarted`, engine time."


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEntered(TreeFact):
    """A tree came to a level."""

    level: int
    round: int
    left_out: tuple[str, ...] = ()
    "Who is not called here and why, a sentence each."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderCalled(TreeFact):
    """A keyholder's number was dialled."""

    leg_id: LegId
    person: str
    name: str
    number: str
    level: int
    round: int
    reason: str = ""
    "Why now, when it is not simply his turn."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderAnswered(TreeFact):
    """Somebody, or something, picked up. Nobody is reached yet."""

    leg_id: LegId
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderAccepted(TreeFact):
    """A keyholder took charge, by a key or by an operator's word."""

    leg_id: LegId
    person: str
    name: str
    by: Literal["key", "pin", "operator"]
    accepted: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderEta(TreeFact):
    """A keyholder who took charge said in how many minutes he is there."""

    leg_id: LegId
    person: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderDeclined(TreeFact):
    """A keyholder said no: he is not called again by this tree."""

    leg_id: LegId
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderMissed(TreeFact):
    """A call to a keyholder reached nobody who took charge."""

    leg_id: LegId
    person: str
    cause: Missed
    count: int
    "How often by now, for this person and this cause."


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderToldTaken(TreeFact):
    """He was on the line, or picked up, when somebody else had taken charge already."""

    leg_id: LegId
    person: str
    taken_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyholderAskedOperator(TreeFact):
    """A keyholder pressed 0, or rang in: he waits for an operator, and the tree for him."""

    person: str
    call_id: CallId
    is_crossing: bool = False
    "He rang in himself while the tree was calling."


@dataclass(frozen=True, slots=True, kw_only=True)
class DuressSignalled(Fact):
    """Somebody is being forced. Operators alone see it; whoever listens hears nothing of it."""

    person: str
    leg_id: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreePaused(TreeFact):
    """A tree waits, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreeResumed(TreeFact):
    """A tree goes on, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreeEnded(TreeFact):
    """A tree is over because enough people took charge, or an operator stopped it."""

    reason: Literal["accepted", "stopped"]
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreeExhausted(TreeFact):
    """Everybody was tried, or nobody could be. An operator has the case at once."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRefused(TreeFact):
    """An operator asked a tree for something it cannot do."""

    operator: OperatorId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionWanted(Fact):
    """A case waits for an operator, in front of the queue, and why."""

    reason: str
    urgency: int
    only: OperatorId | None = None
    "Whom it concerns first; nobody else hears of it yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerLeft(Fact):
    """The caller hung up; the others in the call talk on."""

    call_id: CallId
    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsJoined(Fact):
    """Three or more people hear each other."""

    call_id: CallId
    legs: tuple[LegId, ...]
