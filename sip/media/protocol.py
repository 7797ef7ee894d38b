"""What the engine tells the media process and what it hears back: values only.

Orders are declarative: a spec says how a leg shall be, and sending it again changes nothing.
So a media process that was restarted is simply told everything once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sip.media.line import LineDown, LineSpec, LineUp
from sip.media.tones import ToneName

Then = Literal["silence", "ringback", "hold_music", "repeat"]
Side = Literal["caller", "operator", "both"]


@dataclass(frozen=True, slots=True)
class Silence:
    """Let the leg hear nothing, as a steady stream of silent packets."""


@dataclass(frozen=True, slots=True)
class Tone:
    """Let the leg hear a tone until told otherwise."""

    name: ToneName


@dataclass(frozen=True, slots=True)
class Prompts:
    """Let the leg hear prompts, one after the other, then something else.

    The same value again goes on where it is; another `number` plays it from the start.
    """

    names: tuple[str, ...]
    language: str
    then: Then = "silence"
    number: int = 0


@dataclass(frozen=True, slots=True)
class FromLeg:
    """Let the leg hear another one. A bridge is two of these."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class Mix:
    """Let the leg hear several others at once, itself never.

    A conference is one of these a leg, naming the others; who only listens is named by none.
    """

    leg_ids: tuple[str, ...]


Source = Silence | Tone | Prompts | FromLeg | Mix


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSpec:
    """How one leg's audio shall be, from now on."""

    leg_id: str
    call_id: str
    port: int
    "Ours, from `MediaClient.reserve_port`; 0 for a leg that speaks through a line."
    line_id: str | None = None
    "The browser's line it speaks through; the last leg that names a line has it."
    remote: tuple[str, int] | None = None
    "The peer's negotiated address: an IP address, no name. `None`: not known yet, or held."
    also_from: tuple[str, ...] = ()
    "IP addresses his RTP may also come from (NAT): where his signalling comes from."
    payload_type: Literal[0, 8] = 8
    dtmf_payload_type: int | None = None
    can_send: bool = True
    "The negotiated direction lets us send."
    can_receive: bool = True
    "The negotiated direction lets the peer send. Otherwise what he sends is ignored."
    is_expected_to_speak: bool = True
    "Report `AudioLost` when he sends nothing: `False` before he was answered."
    source: Source = Silence()
    "What he hears."
    is_covert: bool = False
    "He hears silence in the place of `source`, and no key that we send."
    hears_keys_in_band: bool = False
    "Also report keys that the peer sends as sound: no telephone-event came through."
    is_screened: bool = False
    "Report signs of a machine, a fax, or a talk with whom he hears. Since he answered."

    @property
    def heard(self) -> Source:
        """What reaches his ear: `source`, or silence while he is covert."""
        return Silence() if self.is_covert else self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSpec:
    """One call on disk: left what the caller says, right what he hears (or would hear).

    The caller's leg alone decides: bridged, what he hears is the operator. It goes on through
    hold and changes of operator, from the first packet to `end_recording`.
    """

    recording_id: str
    call_id: str
    path: str
    caller_leg: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What a media process from before the engine's restart still carries."""

    legs: Mapping[str, LegSpec]
    recordings: Mapping[str, RecordingSpec]
    lines: Mapping[str, LineSpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DigitHeard:
    """The peer pressed a key (RFC 4733, or heard in band where asked for), counted once."""

    leg_id: str
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """A prompt was played, wholly or until something else was ordered."""

    leg_id: str
    prompt: str
    seconds: float
    is_complete: bool


@dataclass(frozen=True, slots=True)
class PromptMissing:
    """There is no such prompt in any language; the leg hears a tone in its place."""

    leg_id: str
    prompt: str


@dataclass(frozen=True, slots=True)
class FirstAudio:
    """The first packet of the leg's peer came, from this address; again for another peer."""

    leg_id: str
    source: str


@dataclass(frozen=True, slots=True)
class AudioLost:
    """The peer should speak and has sent nothing for three seconds: one-way audio."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class AudioBack:
    """The peer's packets arrive again."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class LegMeasured:
    """A leg that had a peer is gone: what arrived on it, recorded or not."""

    leg_id: str
    call_id: str
    statistics: Mapping[str, float]
    "`packets`, `lost`, `late`, `duplicates`, `malformed`, `strangers`, `jitter_ms`."


@dataclass(frozen=True, slots=True)
class LegFailed:
    """The leg cannot be as ordered: its port is taken or its peer is no address."""

    leg_id: str
    reason: str


Evidence = Literal["long_greeting", "long_speech", "beep", "tones"]


@dataclass(frozen=True, slots=True)
class MachineSuspected:
    """What answered is perhaps no person. A hint, never a verdict: only a key is one."""

    leg_id: str
    evidence: Evidence
    """A greeting longer than people give; as long a speech, but not at the beginning, where a
    person waited for an answer; a beep after speech; an operator's three tones."""
    at: float
    "Seconds since the leg is screened."


@dataclass(frozen=True, slots=True)
class HumanSuspected:
    """A short greeting and then silence: somebody waits for an answer. A hint as well."""

    leg_id: str
    at: float
    "Seconds since the leg is screened."


@dataclass(frozen=True, slots=True)
class GreetingEnded:
    """A long greeting was followed by a second of silence."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class ConversationHeard:
    """Whoever answered has answered the leg he hears more than once: a person. Told once."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class BeepHeard:
    """A machine's beep is over: what is said now is kept."""

    leg_id: str
    frequency: int
    "Hz, to within 2 %."


@dataclass(frozen=True, slots=True)
class FaxHeard:
    """The tone of a fax (ITU-T T.30: CNG 1100 Hz, CED 2100 Hz)."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class BusyToneHeard:
    """Busy or congestion tone on an answered leg: the far end is gone."""

    leg_id: str


ScreeningEvent = (
    MachineSuspected | HumanSuspected | GreetingEnded | BeepHeard | FaxHeard | BusyToneHeard
)


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """The first packet is in and the file is there."""

    recording_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class RecordingEnded:
    """The file is whole, synced and hashed."""

    recording_id: str
    call_id: str
    seconds: float
    sha256: str
    legs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    "Statistics a leg: packets, lost, late, jitter_ms and more."


@dataclass(frozen=True, slots=True)
class RecordingGap:
    """Audio is missing; silence of the same length stands in the file."""

    recording_id: str
    call_id: str
    side: Side
    at: float
    "Seconds from the start of the recording."
    seconds: float
    cause: str


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """The disk refuses. Audio is not affected, and writing is tried again."""

    recording_id: str
    call_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MediaDied:
    """The media process is gone; the client is starting another."""

    reason: str


@dataclass(frozen=True, slots=True)
class MediaBack:
    """A media process runs again and has been told everything."""

    gap_time: float
    "Seconds since the death was noticed."


@dataclass(frozen=True, slots=True)
class MediaReport:
    """How the media process is; comes every few seconds, not an event for a logbook."""

    pid: int
    priority: str
    "`fifo`, `nice` or `normal`: what the machine allowed."
    legs: int
    recordings: int
    packets: int
    "Received since the process started, with the following."
    lost: int
    strangers: int
    malformed: int
    late_ticks: int
    cpu_time: float
    resident_bytes: int
    unwritten_bytes: int


_Audio = FirstAudio | AudioLost | AudioBack | LegMeasured | LegFailed
_Recording = RecordingStarted | RecordingEnded | RecordingGap | RecordingFailed
MediaEvent = (
    DigitHeard
    | PromptEnded
    | PromptMissing
    | _Audio
    | LineUp
    | LineDown
    | ScreeningEvent
    | ConversationHeard
    | _Recording
    | MediaDied
    | MediaBack
)
WireEvent = MediaEvent | MediaReport
