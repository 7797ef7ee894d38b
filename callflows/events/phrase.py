"""The phrase bridge: a checked sentence is played to a caller of another language."""

from dataclasses import dataclass

from callflows.events.base import CallId, Event, Fact, OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class PhrasePressed(Event):
    """An operator has a phrase played to the caller; his answer is a key."""

    call_id: CallId
    operator: OperatorId
    phrase: str
    "Its name, or `step:` and the step of the client's consigne whose own words it is."
    prompt: str
    "What is played: a prompt's name, or words behind `ivr.prompts.SAY`."
    language: str
    words: str
    "What the caller hears, in that language."


@dataclass(frozen=True, slots=True, kw_only=True)
class PhrasePlayed(Fact):
    """The caller heard it, or as much of it as came before something else."""

    call_id: CallId
    phrase: str
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseRefused(Fact):
    """A phrase was not played, and why."""

    call_id: CallId
    operator: OperatorId
    phrase: str
    reason: str
