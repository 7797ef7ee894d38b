"""A caller who must not be heard to be on the telephone, or cannot speak."""

from dataclasses import dataclass

from callflows.events.base import CallId, Event, Fact, OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class CovertPressed(Event):
    """An operator marked a case covert: nothing of ours reaches the caller's ear."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakAsked(Event):
    """An operator pressed the first of the two keys; without the second nothing comes of it."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakPressed(Event):
    """An operator decided, by two keys, that the caller may hear us again."""

    operator: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerKeyed(Fact):
    """A caller pressed a key that answers: by RFC 4733, by INFO or as a tone."""

    call_id: CallId
    digit: str
    meaning: str
    "`police`, `fire`, `medical`, `yes`, `no`; empty for a key without a meaning."
