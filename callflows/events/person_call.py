"""An operator calls somebody of a case: a keyholder, a site, a caller who has hung up."""

from dataclasses import dataclass

from callflows.events.base import CallId, Event, Fact, OperatorId
from client_directory.model import Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCallPressed(Event):
    """An operator wants to speak with somebody of this case, at a number we know."""

    operator: OperatorId
    number: str
    "E.164; one of the client's own people or sites, or of a caller of the case."
    name: str
    person: str | None = None
    "His id in the directory, when he stands there."
    is_at_site: bool = False
    "The telephone stands at the site: whoever is forced there hears it."
    presented_number: str | None = None
    "What he sees as the caller: the client's own number, for calling back."
    recording: Recording = "evidence"
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCalled(Fact):
    """The operator's own phone rings; whom he wants is dialled when he has picked it up."""

    operator: OperatorId
    call_id: CallId
    number: str
    name: str
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCallRefused(Fact):
    """A press was not taken, and why. Nothing was dialled."""

    operator: OperatorId
    name: str
    reason: str


__all__ = ["PersonCallPressed", "PersonCallRefused", "PersonCalled"]
