"""What the media process reports: prompts, one-way audio, recordings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callflows.events.base import CallId, Event, LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptEnded(Event):
    """A prompt was heard, wholly or in part."""

    leg_id: LegId
    prompt: str
    played_time: float
    "Seconds."
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLost(Event):
    """No RTP arrives from a leg that should speak: one-way audio."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioBack(Event):
    """RTP arrives again."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(Event):
    """The first octet of a call's recording is on its way to disk."""

    call_id: CallId
    recording_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEnded(Event):
    """The recording is closed and hashed."""

    call_id: CallId
    recording_id: str
    seconds: float
    sha256: str
    legs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    "Statistics a leg: packets, lost, jitter_ms."


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingGap(Event):
    """Audio that should be in the recording is not; silence stands in its place."""

    call_id: CallId
    recording_id: str
    side: Literal["caller", "operator", "both"]
    at_time: float
    "Seconds from the start of the recording."
    seconds: float
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFailed(Event):
    """The recorder cannot write. The call goes on; the desk shows a red banner."""

    call_id: CallId
    recording_id: str
    reason: str
