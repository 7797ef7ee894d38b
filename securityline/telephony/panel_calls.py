"""Calls to a receiver line: a panel speaks Contact ID (SIA DC-05), and the engine answers.

No operator is rung while a panel speaks. Whoever is none, or cannot be understood, becomes
an ordinary call within seconds, answered already and in front of the operators; so does a
panel that lets us listen in. Nobody is ever hung up on but a panel that has its receipt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from callflows.codec import from_plain, to_plain
from callflows.events import (
    CallOffered,
    Cause,
    IncidentId,
    LegEnded,
    LegId,
    PanelCallEnded,
    PanelCallTaken,
    PanelHandedOver,
)
from securityline.alarms.contact_id_call import (
    KISS_OFF_AFTER,
    KISS_OFF_HEARD,
    ContactIdCall,
    HandToOperator,
    HangUp,
    MessageHeard,
    PlayTone,
    Reason,
    signal_of,
)
from securityline.alarms.door import Taken
from securityline.telephony.exchange import Exchange, log
from securityline.telephony.legs import Leg
from securityline.telephony.receipts import Receipts
from securityline.telephony.scaip import Door
from sip.media.protocol import Silence, Tone

RECEIVER: Final = "alarm_receiver"
"Service of a number that panels call (`client_directory.model.ServiceOfDid`)."
PANEL: Final = "panel"
"In a leg's `order`: the call as it would be offered to operators."


@dataclass(slots=True, eq=False)
class _PanelCall:
    """One call to a receiver line."""

    leg: Leg
    offered: CallOffered
    machine: ContactIdCall | None = None
    "From the moment the caller has our answer."
    watched: float | None = None
    "When the nearest timer rings."
    messages: int = 0
    giving: str = ""
    "The message given out last."
    played: dict[str, float] = field(default_factory=dict)
    "When each message's kiss-off began, engine time."
    case: IncidentId | None = None
    "Of the last alarm."


class PanelCalls:
    """Carry out what `ContactIdCall` decides.

    :param door: takes alarms; without one no line is a receiver line.
    """

    def __init__(self, exchange: Exchange, door: Door | None) -> None:
        self._x = exchange
        self._door = door
        self._calls: dict[LegId, _PanelCall] = {}
        self.receipts = Receipts()
        self._do: Final[dict[type, Callable[[_PanelCall, Any], None]]] = {
            PlayTone: self._play,
            MessageHeard: self._store,
            HandToOperator: self._hand_over,
            HangUp: self._hang_up,
        }

    def __len__(self) -> int:
        """Return how many panels are on the line."""
        return len(self._calls)

    # ------------------------------------------------------------ a call comes in

    def takes(self, offered: CallOffered) -> bool:
        """Say whether the dialled number is a receiver line."""
        return self._door is not None and offered.service == RECEIVER

    def take(self, leg: Leg, offered: CallOffered) -> None:
        """Answer a call by ourselves, once it is in the log."""
        leg.order = {PANEL: to_plain(offered), "hears_keys_in_band": True}
        leg.is_up = True
        self._calls[leg.leg_id] = _PanelCall(leg, offered)
        self._x.tell(
            PanelCallTaken(
                call_id=offered.call_id,
                did=offered.did,
                caller=None if offered.is_withheld else offered.caller,
                organisation=offered.identification.organisation,
            ),
            [self._x.leg_document(leg)],
            lambda: self._answer(leg),
        )

    def _answer(self, leg: Leg) -> None:
        for branch in leg.branches.values():
            branch.is_answered = True
            self._x.ua.answer(branch.sip_leg, branch.audio.local, self._x.clock())
        self._x.sync_media(leg)
        self._x.pump()

    def acknowledged(self, leg: Leg) -> None:
        """Begin to listen: the caller has our answer."""
        call = self._calls.get(leg.leg_id)
        if call is not None and call.machine is None:
            call.machine = ContactIdCall(self._x.clock())
            self._go_on(call)

    def adopt(self) -> None:
        """Go on with the panels' calls of a predecessor, from the handshake on."""
        for leg in self._x.legs:
            if (plain := leg.order.get(PANEL)) and leg.leg_id not in self._calls:
                call = _PanelCall(leg, from_plain(CallOffered, plain))
                self._calls[leg.leg_id] = call
                call.machine = ContactIdCall(self._x.clock())
                self._go_on(call)

    # ------------------------------------------------------------ while it is up

    def take_key(self, leg: Leg, digit: str) -> bool:
        """Take a key; say whether it came from a panel's call."""
        call = self._calls.get(leg.leg_id)
        if call is None:
            return False
        if call.machine is not None:
            call.machine.heard(digit, self._x.clock())
            self._go_on(call)
        return True

    def _go_on(self, call: _PanelCall) -> None:
        """Do what is to be done, and wait for what comes next."""
        machine = call.machine
        if machine is None:
            return
        while (event := machine.next_event()) is not None:
            self._do[type(event)](call, event)
        due = machine.next_timer()
        if due is None or (call.watched is not None and call.watched <= due):
            return
        call.watched = due
        self._x.later(max(due - self._x.clock(), 0.0) + 0.001, lambda: self._look(call, due))

    def _look(self, call: _PanelCall, due: float) -> None:
        if call.watched == due:
            call.watched = None
        if self._calls.get(call.leg.leg_id) is call and call.machine is not None:
            call.machine.handle_timer(self._x.clock())
            self._go_on(call)

    def _play(self, call: _PanelCall, event: PlayTone) -> None:
        if event.name == "contact_id_kissoff":
            call.played[call.giving] = self._x.clock()
        self._x.let_hear(call.leg, Silence())  # the same tone again begins anew
        self._x.let_hear(call.leg, Tone(event.name))

    def _store(self, call: _PanelCall, heard: MessageHeard) -> None:
        assert self._door is not None  # noqa: S101  # `takes` asked
        now, offered = self._x.clock(), call.offered
        call.giving = heard.keys
        first = self.receipts.first_call(offered.did, heard.keys, offered.call_id, now)
        caller = "" if offered.is_withheld else offered.caller or ""
        signal = signal_of(heard, first, caller)
        self._door.hear(signal)

        def stored(_taken: Taken) -> None:
            call.messages += heard.keys not in call.played
            if call.machine is not None and call.giving == heard.keys:
                call.machine.stored(self._x.clock())
                self._go_on(call)

        documents = self.receipts.begin(offered.did, heard.keys, first, now)
        try:
            case = self._door.admit(signal, stored, documents=documents)
        except Exception:
            # No kiss-off: the panel says it again, and in the end an operator has the call.
            log.exception("alarm not taken", account=heard.event.account)
            return
        call.case = case or call.case

    # ------------------------------------------------------------ ends

    def _hang_up(self, call: _PanelCall, _event: HangUp) -> None:
        call.leg.is_released = True
        for sip_leg in tuple(call.leg.branches):
            self._x.ua.hang_up(sip_leg, self._x.clock())
        self._x.pump()

    def _hand_over(self, call: _PanelCall, event: HandToOperator) -> None:
        """Make it a call like any other: an operator is rung, and sees what was heard."""
        del self._calls[call.leg.leg_id]
        self._note_receipts(call)
        call.leg.order = {}
        self._x.let_hear(call.leg, Silence())
        self._offer(call, event.reason.name.lower(), event.keys)

    def _offer(self, call: _PanelCall, found: str, keys: str) -> None:
        leg, offered = call.leg, call.offered
        incident_id = call.case or offered.incident_id
        leg.order, leg.incident_id = {}, incident_id
        self._x.tell(
            replace(
                offered,
                incident_id=incident_id,
                is_answered=True,
                is_listening_in=found == Reason.LISTEN_IN.name.lower(),
            ),
            [self._x.leg_document(leg)],
        )
        self._x.tell(
            PanelHandedOver(
                incident_id=incident_id,
                call_id=offered.call_id,
                found=found,
                keys=keys,
            )
        )

    def ended(self, leg: Leg, cause: Cause, reason: str) -> bool:
        """Take the end of a leg; `False` if it is no panel's."""
        call = self._calls.pop(leg.leg_id, None)
        if call is None:
            return False
        self._note_receipts(call)
        unread = call.machine.unread if call.machine is not None else ""
        if unread or not call.messages:
            # Nothing that a panel says, or not all: it may have been somebody.
            self._offer(call, "hung_up", unread)
            self._x.tell(
                LegEnded(
                    incident_id=leg.incident_id,
                    leg_id=leg.leg_id,
                    cause=cause,
                    reason=reason[:200],
                ),
                [self._x.no_leg_document(leg.leg_id)],
            )
            return True
        self._x.tell(
            PanelCallEnded(
                incident_id=call.case or IncidentId(""),
                call_id=call.offered.call_id,
                messages=call.messages,
            ),
            [self._x.no_leg_document(leg.leg_id)],
        )
        return True

    def _note_receipts(self, call: _PanelCall) -> None:
        """Note which messages' kiss-offs sounded long enough for a panel to have heard them."""
        now = self._x.clock()
        for keys, began in call.played.items():
            if now - began >= KISS_OFF_AFTER + KISS_OFF_HEARD:
                for document in self.receipts.heard(call.offered.did, keys, now):
                    self._x.save(document)
