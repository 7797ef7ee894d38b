"""SCAIP over SIP MESSAGE (SS 91100): alarms of units in, answers out.

The 200 of a MESSAGE says that it came; what counts for the unit is our answer, a MESSAGE of
its own, and that leaves when the alarm is on the disk. A disk that is late has the unit told
to hold: it sends again every 5 to 20 s and does not give up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from callflows.events import IncidentId
from securityline.alarms.door import Taken
from securityline.alarms.scaip import (
    CONTENT_TYPES,
    Answer,
    Request,
    ScaipError,
    accepted,
    on_hold,
    refused,
)
from securityline.alarms.scaip_units import Units
from securityline.alarms.scaip_words import open_request, told_signal
from securityline.alarms.signal import Signal, one_line
from securityline.logbook.document import Document
from securityline.telephony.exchange import Exchange, log
from securityline.telephony.expected import ExpectedCalls, names_of_sender
from sip.events import MessageAnswered, MessageReceived, SipEvent
from sip.uri import Uri
from sip.values import NameAddr

HOLD_AFTER: Final = 2.0
"Seconds after which a unit whose alarm is not on the disk yet is told to hold."
ANSWER_TYPE: Final = "application/scaip+xml"
MOST_UNANSWERED: Final = 10_000
"Answers of ours on their way, for the log alone."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaipSettings:
    """What the owner decides."""

    is_taken: bool = True
    "Whether SCAIP is taken at all."
    units: Units = field(default_factory=Units)
    heartbeat_minutes: int | None = None
    "How often units shall report (1 to 1440); `None`: as they are set."

    @property
    def message_types(self) -> frozenset[str]:
        """Content types of the MESSAGEs that we take."""
        return CONTENT_TYPES if self.is_taken else frozenset()


class Door(Protocol):
    """The door for alarms (`securityline.alarms.door.AlarmDoor`)."""

    def hear(self, signal: Signal) -> None:
        """Take a signal as a sign of life of its path."""

    def admit(
        self,
        signal: Signal,
        then: Callable[[Taken], None],
        *,
        documents: Sequence[Document] = (),
    ) -> IncidentId | None:
        """Tell the flow; `then` is called once all is durable. Returns its open case."""


class ScaipReceiver:
    """Take the MESSAGEs of units, and answer them."""

    def __init__(
        self,
        exchange: Exchange,
        door: Door,
        expected: ExpectedCalls,
        settings: ScaipSettings,
    ) -> None:
        self._x = exchange
        self._door = door
        self._expected = expected
        self._settings = settings
        self._count = 0
        self._unanswered: dict[str, str] = {}  # what each answer under way is to
        self.undelivered = 0
        "Answers that nobody confirmed to have."

    def take_sip(self, event: SipEvent) -> bool:
        """Take one event of the user agent; `False` if it is none of a message's."""
        match event:
            case MessageReceived():
                self._received(event)
            case MessageAnswered():
                self._answered(event)
            case _:
                return False
        return True

    # ------------------------------------------------------------ what units say

    def _received(self, event: MessageReceived) -> None:
        encoding = event.request.headers.get("Content-Encoding") or ""
        try:
            request = open_request(event.request.body, encoding)
        except ScaipError as fault:
            self._note_refused(event, fault)
            self._answer(event, fault.answer)
            return
        if request.quirks:
            log.info("SCAIP request has quirks", quirks=request.quirks, peer=event.peer.name)
        signal = told_signal(request, _address_of(event))
        self._door.hear(signal)
        if request.is_heartbeat:
            pace = self._settings.heartbeat_minutes
            self._answer(event, accepted(request, heartbeat_minutes=pace))
        else:
            self._admit(event, request, signal)

    def _note_refused(self, event: MessageReceived, fault: ScaipError) -> None:
        """Write down that a unit was not understood: it may have been a cry for help."""
        data = {
            "status": fault.status.name,
            "reason": one_line(fault.reason),
            "peer": event.peer.name,
            "unit": _address_of(event),
            "ref": one_line(fault.ref, 16),
        }
        log.warning("SCAIP request refused", **data)
        self._x.note("ScaipRefused", data)

    def _admit(self, event: MessageReceived, request: Request, signal: Signal) -> None:
        done: list[bool] = []

        def stored(_taken: Taken) -> None:
            done.append(True)
            self._answer(event, accepted(request))

        def look() -> None:
            if not done:
                log.warning("SCAIP unit told to hold", account=request.controller)
                self._answer(event, on_hold(request))

        try:
            self._door.admit(signal, stored, documents=self._expect(event, request, signal))
        except Exception:
            log.exception("alarm not taken", account=request.controller)
            self._answer(event, refused(request))
            return
        if not done:
            self._x.later(HOLD_AFTER, look)

    def _expect(
        self, event: MessageReceived, request: Request, signal: Signal
    ) -> list[Document]:
        """Remember whose voice call belongs to this alarm."""
        if not request.wants_voice:
            return []
        names = names_of_sender(
            event.request, event.peer, request.call_back, self._x.default_country
        )
        return self._expected.expect(
            names, signal.source, signal.source_id, signal.account, self._x.clock()
        )

    # ------------------------------------------------------------ what we answer

    def _answer(self, event: MessageReceived, answer: Answer) -> None:
        """Send the answer the way the request came: whoever asked hears it."""
        self._count += 1
        token = f"scaip-{self._count}"
        now = self._x.clock()
        try:
            trunk = event.peer.name if event.peer.kind == "trunk" else ""
            self._x.ua.message(
                event.source,
                self._target(event, now),
                now,
                token,
                from_=NameAddr("", event.request.to.uri),
                to=NameAddr("", event.request.from_.uri),
                body=answer.to_xml(),
                content_type=ANSWER_TYPE,
                credentials=self._x.credentials.get(trunk),
                local=event.local,
            )
        except ValueError as error:
            log.error("SCAIP answer not sent", reason=str(error), ref=answer.ref)
            return
        if len(self._unanswered) < MOST_UNANSWERED:
            self._unanswered[token] = answer.ref
        self._x.pump()

    def _target(self, event: MessageReceived, now: float) -> Uri:
        """Return the unit's address: where it registered from there, else what it is called."""
        if event.peer.kind == "phone":
            for binding in self._x.registrar.bindings(event.peer.name, now):
                if binding.source == event.source:
                    return binding.contact
        return event.request.from_.uri

    def _answered(self, event: MessageAnswered) -> None:
        ref = self._unanswered.pop(event.token, "")
        if event.status is None or event.status >= 300:
            # It will send again what it has no answer to; the repeat is answered again.
            self.undelivered += 1
            log.warning("SCAIP answer not delivered", status=event.status, ref=ref)


def _address_of(event: MessageReceived) -> str:
    return one_line(str(event.request.from_.uri), 256)
