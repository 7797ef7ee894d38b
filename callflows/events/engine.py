"""What happens to the engine itself: deadlines, restarts, failures, carriers."""

from dataclasses import dataclass

from callflows.events.base import Event, LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineReached(Event):
    """A deadline that a flow asked for has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed(Event):
    """A command could not be carried out."""

    command: str
    reason: str
    leg_id: LegId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStarted(Event):
    """The engine runs (again). Legs named here are the ones that were taken over."""

    version: str
    surviving_legs: tuple[LegId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDraining(Event):
    """The engine was asked to stop: calls up go on, new ones go to the fallback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRestarted(Event):
    """The media process died and was started again; the legs that live were set up anew."""

    gap_time: float
    "Seconds without audio, as far as the engine can tell."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkStateChanged(Event):
    """A carrier answers, or stopped answering."""

    trunk: str
    is_up: bool
    reason: str = ""
