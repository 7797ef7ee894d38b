"""What a flow wants done. Names are imperatives; the engine carries them out in order.

A command says what, never how: no SIP, no RTP, no SQL. Carrying one out twice does no
harm, so the engine may repeat them after a restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callflows.events import (
    NO_INCIDENT,
    ActionKind,
    CallId,
    Cause,
    IncidentId,
    LegId,
    OperatorId,
    ServiceLine,
    TreeId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Base of every command."""

    incident_id: IncidentId = NO_INCIDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRinging(Command):
    """Tell the caller's side that a phone rings here (180); his network plays the tone."""

    leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCaller(Command):
    """Pick up the caller's leg, so that he can hear us. No operator is implied.

    For one that is up already: it goes on in this case, and hears keys as is said here.
    """

    leg_id: LegId
    hears_keys_in_band: bool = False
    "Also hear keys that his network sends as tones in the audio."


@dataclass(frozen=True, slots=True, kw_only=True)
class RingOperator(Command):
    """Make an operator's registered phone ring."""

    call_id: CallId
    leg_id: LegId
    operator: OperatorId
    display_name: str
    "What his phone shows: client and caller."
    number: str | None = None
    "Caller's number for the phone's display; `None` when withheld."
    is_auto_answered: bool = False
    "The operator pressed `answer` on the desk: ask the phone to pick up by itself."
    is_muted: bool = False
    "What comes from this phone is dropped unheard until `Hear` says otherwise."


@dataclass(frozen=True, slots=True, kw_only=True)
class DialNumber(Command):
    """Place a call to a telephone number through a trunk. Never an emergency number."""

    call_id: CallId
    leg_id: LegId
    number: str
    presented_number: str | None
    trunk: str | None = None
    is_screened: bool = False
    "Listen whether a machine answers; hints come as events."
    hears_keys_in_band: bool = False
    "Also hear keys that his network sends as tones in the audio."


@dataclass(frozen=True, slots=True, kw_only=True)
class DialService(Command):
    """Call a police, fire or medical service, for an operator who pressed and is on the line.

    Said in one place only (`callflows.service_calls.dial`). The number stands in no log: it
    is looked up in the table of services when it is dialled.
    """

    call_id: CallId
    leg_id: LegId
    service: str
    line: ServiceLine
    presented_number: str | None
    is_simulated: bool
    "True: a simulator is called, whatever the settings say."


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp(Command):
    """End one leg, whatever its state."""

    leg_id: LegId
    cause: Cause = Cause.RELEASED
    is_answered_elsewhere: bool = False
    is_late_answer_told: bool = False
    "Should he pick up in the same moment, tell it as `LegAnswered` instead of cutting him off."


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Command):
    """Let one leg hear prompts, one after the other; ends any bridge of that leg."""

    leg_id: LegId
    prompts: tuple[str, ...]
    "Names in `ivr.prompts`; words to be spoken stand behind `ivr.prompts.SAY`."
    language: str
    then: Literal["silence", "ringback", "hold_music", "repeat"] = "silence"
    "What follows the last prompt. `repeat` plays all again after a pause."


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCovert(Command):
    """Let a leg hear silence, whatever else it is ordered to hear; or let that end.

    The keys of a covert leg are heard in any way that his network sends them.
    """

    leg_id: LegId
    is_covert: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge(Command):
    """Let two legs hear each other, whatever each heard before."""

    leg_id: LegId
    other_leg_id: LegId


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecording(Command):
    """Record this call from now on: left the caller, right what answers him."""

    call_id: CallId
    leg_id: LegId
    "The caller's leg."
    recording_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording(Command):
    """Close the recording and hash it."""

    call_id: CallId
    recording_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conference(Command):
    """Let three or more legs hear each other, each all but himself."""

    leg_ids: tuple[LegId, ...]
    "The caller's first: what he hears is the right side of the recording."


@dataclass(frozen=True, slots=True, kw_only=True)
class Hear(Command):
    """Let one leg hear some others, whatever it heard before; who hears it is not changed."""

    leg_id: LegId
    leg_ids: tuple[LegId, ...]
    "None: silence."
    is_muted: bool = False
    "What comes from this leg is dropped unheard: its microphone counts as closed."


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareSpeech(Command):
    """Have words spoken into a file now, so that nobody waits for them after he picked up."""

    words: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectPin(Command):
    """Take the next keys of a leg as a PIN. They reach no log; `PinChecked` says the outcome.

    Given again for the same leg, it begins anew.
    """

    leg_id: LegId
    organisation: str
    person: str
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectInstallerPin(Command):
    """Take the next keys as the PIN of an installer of the site that has this number.

    `PinChecked` says the outcome and, for a PIN of his, what he may do. Meanwhile the site's
    name is spoken into a file.
    """

    leg_id: LegId
    number: str
    "Alarm account or code of the site, as keyed."
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCallTree(Command):
    """Look up who is to be called now: comes back as `CallTreeRequested`."""

    tree_id: TreeId
    organisation: str
    site: str | None
    call_tree: str
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformAction(Command):
    """Do an action with consequences; the outcome comes back as `ActionAnswered`."""

    action_id: str
    idempotency_key: str
    "The same for every try: the far end does it once."
    tries: int
    "Which try this is, from 1."
    organisation: str
    action: str
    "Where it is sent stands in the directory."
    kind: ActionKind
    operator: OperatorId
    reason: str
    approved_by: OperatorId | None = None
    site: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
