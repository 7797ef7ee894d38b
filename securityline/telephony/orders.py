"""Commands of the flows, carried out: SIP orders and media specs.

`prepare` runs before the commands are durable and does nothing that anybody outside could
notice: it reserves ports, chooses phones, and describes each leg that is about to be
dialled, so that the intent to dial is on disk before the INVITE is on the wire and a
restarted engine repeats the very same INVITE. `execute` acts.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from callflows.commands import (
    AnswerCaller,
    Bridge,
    CollectInstallerPin,
    CollectPin,
    Command,
    Conference,
    DialNumber,
    DialService,
    HangUp,
    Hear,
    PlanCallTree,
    Play,
    PrepareSpeech,
    RingOperator,
    SignalRinging,
    StartRecording,
    StopRecording,
)
from callflows.events import Cause, LegEnded
from client_directory.installers import site_of_number
from ivr.keyholder import whose
from securityline.logbook.document import Document
from securityline.telephony.dialling import Dialling
from securityline.telephony.exchange import ELSEWHERE, Exchange, log
from securityline.telephony.legs import Branch, Leg
from securityline.telephony.pins import Pins
from securityline.telephony.planning import plan_call_tree
from securityline.telephony.speech import Speech
from sip.media.protocol import FromLeg, Mix, Prompts, RecordingSpec, Silence, Tone

REFUSAL: Final = {
    Cause.BUSY: 486,
    Cause.REFUSED: 603,
    Cause.UNREACHABLE: 480,
    Cause.NO_ANSWER: 480,
}
"Final status for a caller's leg that was never answered, by why we end it."


def _goes_on_anew(leg: Leg, command: AnswerCaller) -> bool:
    """Whether a leg that is up goes on in another case, or hears keys otherwise."""
    is_other_case = command.incident_id not in ("", leg.incident_id)
    hears = leg.order.get("hears_keys_in_band", False)
    return leg.role == "caller" and (is_other_case or hears != command.hears_keys_in_band)


class Orders:
    """Carry out commands.

    :param recording_path: where a recording's file goes, by its id.
    """

    def __init__(
        self,
        exchange: Exchange,
        dialling: Dialling,
        recording_path: Callable[[str], str],
        pins: Pins,
        speech: Speech,
    ) -> None:
        self._x = exchange
        self._speech = speech
        self._dialling = dialling
        self._recording_path = recording_path
        self._pins = pins
        self._plays = 0
        self._do: Final[dict[type[Command], Callable[[Any], None]]] = {
            SignalRinging: self._signal_ringing,
            AnswerCaller: self._answer_caller,
            RingOperator: self._dialling.place,
            DialNumber: self._dialling.place,
            DialService: self._dialling.place,
            HangUp: self._hang_up,
            Play: self._play,
            Bridge: self._bridge,
            StartRecording: self._start_recording,
            StopRecording: self._stop_recording,
            Conference: self._confer,
            Hear: self._hear,
            CollectPin: pins.collect,
            CollectInstallerPin: self._collect_installer_pin,
            PrepareSpeech: self._prepare_speech,
            PlanCallTree: lambda command: plan_call_tree(exchange, command),
        }

    def execute(self, command: Command) -> None:
        """Carry out one command.

        :raises Exception: anything; the engine turns it into `CommandFailed`.
        """
        self._do[type(command)](command)
        self._x.pump()

    def prepare(self, commands: Iterable[Command]) -> list[Document]:
        """Get ready for commands that are being written; return what to write with them."""
        documents = []
        for command in commands:
            try:
                if document := self._prepare(command):
                    documents.append(document)
            except Exception as error:
                # `execute` meets the same fault and tells it as an event.
                log.error("not prepared", command=type(command).__name__, reason=str(error))
        return documents

    def _prepare(self, command: Command) -> Document | None:
        match command:
            case RingOperator() | DialNumber() | DialService():
                return self._dialling.prepare(command)
            case AnswerCaller():
                leg = self._x.legs.get(command.leg_id)
                if leg is not None and (not leg.is_up or _goes_on_anew(leg, command)):
                    leg.is_up = True
                    leg.incident_id = command.incident_id or leg.incident_id
                    leg.order["hears_keys_in_band"] = command.hears_keys_in_band
                    return self._x.leg_document(leg)
        return None

    # ------------------------------------------------------------ the caller's side

    def _signal_ringing(self, command: SignalRinging) -> None:
        if leg := self._x.legs.get(command.leg_id):
            leg.is_ringing = True
            self._x.ua.ring(next(iter(leg.branches)), self._x.clock())

    def _answer_caller(self, command: AnswerCaller) -> None:
        leg = self._x.legs.get(command.leg_id)
        if leg is None:
            return
        leg.is_up = True
        for branch in leg.branches.values():
            if branch.is_answered:
                break
            branch.is_answered = True
            self._x.ua.answer(branch.sip_leg, branch.audio.local, self._x.clock())
        self._x.sync_media(leg)

    # ------------------------------------------------------------ ends

    def _hang_up(self, command: HangUp) -> None:
        leg = self._x.legs.get(command.leg_id)
        if leg is None:
            self._ended_unknown(command)
            return
        leg.is_released = True
        leg.is_late_answer_told = command.is_late_answer_told
        now = self._x.clock()
        reason = ELSEWHERE if command.is_answered_elsewhere else None
        if not leg.branches:
            self._x.close_leg(leg)
            self._ended(leg, Cause.RELEASED, "")
            return
        for branch in tuple(leg.branches.values()):
            status = REFUSAL.get(command.cause)
            if command.is_late_answer_told and not leg.is_up:
                self._withdraw(branch, reason)
            elif leg.role == "caller" and not branch.is_answered and status is not None:
                self._x.ua.refuse(branch.sip_leg, status, now)
            else:
                self._x.hang_up(branch.sip_leg, reason)

    def _withdraw(self, branch: Branch, reason: str | None) -> None:
        """Take a call back that rings, and hear whether it was answered at that moment."""
        if branch.line_id is None:
            self._x.ua.withdraw(branch.sip_leg, self._x.clock(), reason)
        else:
            self._x.hang_up(branch.sip_leg)

    def _ended_unknown(self, command: HangUp) -> None:
        """Say that a leg nobody knows is gone already: the flow waits for it."""
        self._x.tell(
            LegEnded(
                incident_id=command.incident_id, leg_id=command.leg_id, cause=Cause.RELEASED
            )
        )

    def _ended(self, leg: Leg, cause: Cause, reason: str) -> None:
        self._x.tell(
            LegEnded(
                incident_id=leg.incident_id, leg_id=leg.leg_id, cause=cause, reason=reason
            ),
            [self._x.no_leg_document(leg.leg_id)],
        )

    # ------------------------------------------------------------ what people hear

    def _play(self, command: Play) -> None:
        leg = self._x.legs.get(command.leg_id)
        if leg is None:
            return
        if command.prompts and leg.order.get("is_service"):
            # The rules never ask for it; should they, nobody at the police hears a machine.
            raise ValueError("nothing is ever played to an emergency service")
        self._part(leg)
        if command.prompts:
            self._plays += 1
            names = self._speech.names_of(leg.leg_id, command.prompts, command.language)
            self._x.let_hear(leg, Prompts(names, command.language, command.then, self._plays))
        elif command.then in ("ringback", "hold_music"):
            self._x.let_hear(leg, Tone(command.then))
        else:
            self._x.let_hear(leg, Silence())

    def _part(self, leg: Leg) -> None:
        """End the bridge this leg is in: who heard it hears nothing now."""
        for other in self._x.legs.hearing(leg.leg_id):
            self._x.let_hear(other, Silence())

    def _bridge(self, command: Bridge) -> None:
        one = self._x.legs.get(command.leg_id)
        other = self._x.legs.get(command.other_leg_id)
        if one is None or other is None:
            log.warning("bridge of a leg that is gone", leg_id=command.leg_id)
            return
        for leg, heard in ((one, other), (other, one)):
            leg.hears = FromLeg(heard.leg_id)
            self._mute(leg, is_muted=False)
        self._x.sync_media(one)
        self._x.sync_media(other)

    # ------------------------------------------------------------ recording

    def _confer(self, command: Conference) -> None:
        """Let each hear all the others; whoever is gone by now is left out."""
        legs = [leg for leg_id in command.leg_ids if (leg := self._x.legs.get(leg_id))]
        if len(legs) < len(command.leg_ids):
            log.warning("conference without everybody", legs=command.leg_ids)
        for leg in legs:
            leg.hears = Mix(tuple(x.leg_id for x in legs if x is not leg))
            self._mute(leg, is_muted=False)
        for leg in legs:
            self._x.sync_media(leg)

    def _collect_installer_pin(self, command: CollectInstallerPin) -> None:
        """Collect his PIN; have the site's name spoken meanwhile, whatever the PIN is."""
        found = site_of_number(self._x.directory.current, command.number)
        if found is not None:
            client, site = found
            self._speech.prepare(whose(client.name, site.name), command.language)
        self._pins.collect(command)

    def _hear(self, command: Hear) -> None:
        """Let one leg hear others, and close it or open it to whoever hears it."""
        leg = self._x.legs.get(command.leg_id)
        if leg is None:
            log.warning("a leg that is gone was to hear others", leg_id=command.leg_id)
            return
        heard = tuple(x for x in command.leg_ids if self._x.legs.get(x) is not None)
        self._mute(leg, is_muted=command.is_muted)
        self._x.let_hear(leg, Mix(heard) if heard else Silence())

    def _mute(self, leg: Leg, *, is_muted: bool) -> None:
        """Close a leg's microphone in the media process, or open it; a restart keeps it so."""
        if leg.is_muted is not is_muted:
            leg.order["is_muted"] = is_muted
            self._x.save_leg(leg)

    def _prepare_speech(self, command: PrepareSpeech) -> None:
        for words in command.words:
            self._speech.prepare(words, command.language)

    def _start_recording(self, command: StartRecording) -> None:
        self._x.media.put_recording(
            RecordingSpec(
                recording_id=command.recording_id,
                call_id=command.call_id,
                path=self._recording_path(command.recording_id),
                caller_leg=command.leg_id,
            )
        )

    def _stop_recording(self, command: StopRecording) -> None:
        self._x.media.end_recording(command.recording_id)
