"""One case, from the first signal to its disposition."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callflows.events import CallBack, CallId, IncidentId, OperatorId, PinOutcome, TreeId
from callflows.handed_over import Handover
from callflows.parked import Parking
from callflows.procedure_run import ProcedureRun, Source
from client_directory.model import Clearance, Procedure

DISPOSITIONS: Final = (
    "handled",
    "services_called",
    "keyholder_informed",
    "information_given",
    "no_answer_on_call_back",
    "wrong_number",
    "false_alarm",
    "nuisance",
    "test",
    "duplicate",
    "duress_resolved",
)
"How a case may end. A case without one of these stays open."


class IncidentState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line that an operator wrote."""

    at: float
    "Engine time."
    operator: OperatorId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretTold:
    """What somebody's code word or PIN was worth, the last time he was asked for it."""

    person: str
    name: str
    at: float
    "Engine time."
    operator: OperatorId
    outcome: PinOutcome
    "`duress` looks like `good` wherever it is shown."
    wrong_count: int = 0
    "Wrong answers in this case so far."

    @property
    def is_right(self) -> bool:
        """Whether he is shown as who he says he is."""
        return self.outcome in ("good", "duress")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAnswer:
    """A key that a caller pressed."""

    at: float
    "Engine time."
    call_id: CallId
    digit: str
    meaning: str
    "`police`, `fire`, `medical`, `yes`, `no`; empty for a key without a meaning."


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPhrase:
    """The phrase that was last played to a caller."""

    at: float
    "Engine time."
    call_id: CallId
    phrase: str
    words: str
    "As he heard them."


@dataclass(slots=True)
class Incident:
    """One case."""

    incident_id: IncidentId
    organisation: str | None
    organisation_name: str
    title: str
    source: Source
    urgency: int
    "1 life in danger … 4 for information."
    opened_at: float
    "Engine time."
    run: ProcedureRun
    clearance: Clearance = "standard"
    "What an operator must hold to see it."
    kind: str = ""
    earlier_runs: list[ProcedureRun] = field(default_factory=list)
    "Consignes followed before the kind was known, with what was recorded in them."
    notes: list[Note] = field(default_factory=list)
    call_ids: list[CallId] = field(default_factory=list)
    site: str | None = None
    "Where it is, when that is known or guessed."
    site_name: str = ""
    attention: list[str] = field(default_factory=list)
    "Why it waits for an operator, a sentence each; nobody took it yet."
    attention_since: float | None = None
    "Engine time; `None` when it does not wait."
    failed_at: float | None = None
    """Engine time at which the engine could do no more for it, such as a call tree that
    reached nobody; `None` when nothing failed, or somebody has taken it since."""
    to_ask: tuple[CallBack, ...] = ()
    "Whom to ask whether all is well, in order: registered beforehand (early opening)."
    quiet_until: float | None = None
    "Engine time before which no call goes to the site; `None` when nobody asked for it."
    is_under_duress: bool = False
    "Somebody in it is being forced: ordinary closing is refused."
    ordinary_urgency: int | None = None
    """What the urgency would be had nobody signalled duress: shown to whoever must not learn
    of it. `None` when it is no other."""
    is_silent: bool = False
    "Duress alone opened it: for everybody but operators it does not exist."
    secrets: dict[str, SecretTold] = field(default_factory=dict)
    "By person: what his code word or PIN was worth."
    silent_id: IncidentId | None = None
    "The silent case about somebody who speaks in this one: until then no ordinary closing."
    silent_about: IncidentId | None = None
    "The case that this silent one is about."
    silent_for: OperatorId | None = None
    "Who speaks with him: his screen does not show this case meanwhile."
    is_covert: bool = False
    "Its callers hear nothing, and answer by keys."
    speak_asked: OperatorId | None = None
    "Who pressed the first of the two keys that let them hear us again."
    speak_asked_at: float | None = None
    key_answers: list[KeyAnswer] = field(default_factory=list)
    "The latest keys that they pressed, oldest first."
    asked: AskedPhrase | None = None
    "What its caller was asked last by a phrase."
    tree_ids: list[TreeId] = field(default_factory=list)
    "Call trees that were asked for, in order."
    wanted_trees: dict[TreeId, str] = field(default_factory=dict)
    "Trees asked for and not yet planned: id to the tree's name in the directory."
    state: IncidentState = IncidentState.OPEN
    owner: OperatorId | None = None
    "Whose case it is: who answered first, took it, or was given it."
    taken_at: float | None = None
    "When somebody pressed to take it, engine time."
    owner_since: float | None = None
    "Engine time since which it is his."
    parking: Parking | None = None
    "It was laid aside until a time."
    handover: Handover | None = None
    "Another operator was asked to take it over, and has not answered yet."
    entered: list[OperatorId] = field(default_factory=list)
    "Operators who work on it knowing that another works on a case of the same site."
    disposition: str = ""
    closing_text: str = ""
    closed_at: float | None = None
    closed_by: OperatorId | None = None

    def belongs_to(self, operator: OperatorId, now: float) -> None:
        """Make it this operator's case."""
        if operator != self.owner:
            self.owner, self.owner_since = operator, now

    @property
    def leaves_consigne(self) -> bool:
        """Whether another kind would leave a consigne half done that was chosen for a kind.

        The general one, with which every call begins, is there to be left.
        """
        return bool(self.kind) and self.run.is_half_done

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its disposition."""
        return self.state is IncidentState.OPEN

    @property
    def has_code_word(self) -> bool:
        """Whether somebody on the line gave a right code word, also under duress."""
        return any(one.is_right for one in self.secrets.values())

    @property
    def procedure(self) -> Procedure | None:
        """The copy of the consigne that is followed now."""
        return self.run.procedure
