"""The meeting place of SIP, media and call flows: the only code that knows all three."""

import asyncio
from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, Final

from callflows import events as e
from callflows.commands import (
    Command,
    HangUp,
    RingOperator,
    StartRecording,
    StopRecording,
)
from callflows.events import CallId, IncidentId, LegId, OperatorId
from securityline.logbook.document import Document
from securityline.telephony.arrivals import Admit, Arrivals
from securityline.telephony.dialling import Dialling
from securityline.telephony.exchange import Exchange, log
from securityline.telephony.expected import ExpectedCalls
from securityline.telephony.legs import Leg
from securityline.telephony.media_arrivals import MediaArrivals
from securityline.telephony.orders import Orders
from securityline.telephony.panel_calls import PanelCalls
from securityline.telephony.pins import Pins
from securityline.telephony.scaip import Door, ScaipReceiver, ScaipSettings
from securityline.telephony.speech import Speaker, Speech
from securityline.telephony.stations import Stations
from sip import events as s
from sip.endpoint import Endpoint
from sip.media import protocol as m
from sip.probe import ProbeSettings
from sip.uri import Uri

REGISTRATIONS: Final = "registrations"
"Kind of the document that lets registrations survive a restart."


STOPPED: Final = 'SIP;cause=503;text="The engine is being stopped"'
"Reason (RFC 3326) of calls that end with us."


class Telephony:
    """Give every SIP event and media event to its room; carry out commands.

    Belongs to one event loop. Nothing here waits.

    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        admit: Admit,
        recording_path: Callable[[str], str],
        on_media_health: Callable[[bool], None] = lambda _is_up: None,
        probe: ProbeSettings | None = None,
        speaker: Speaker | None = None,
        door: Door | None = None,
        expected: ExpectedCalls | None = None,
        scaip: ScaipSettings | None = None,
    ) -> None:
        self.exchange = exchange
        if expected is None:
            expected = ExpectedCalls(lambda _source, _source_id: None)
        self._expected = expected
        scaip = scaip or ScaipSettings()
        self.panels = PanelCalls(exchange, door)
        self.arrivals = Arrivals(exchange, admit, self.panels, scaip.units)
        self.scaip = ScaipReceiver(exchange, door, self._expected, scaip) if door else None
        self.dialling = Dialling(exchange)
        self.pins = Pins(exchange)
        self.speech = Speech(speaker)
        self.orders = Orders(exchange, self.dialling, recording_path, self.pins, self.speech)
        exchange.takes_key = self._take_key
        exchange.leg_ends = self.pins.ended
        self.media_arrivals = MediaArrivals(exchange, self.speech.words_of)
        self.arrivals.on_failed_over(self.dialling.try_elsewhere)
        self.stations = Stations(
            exchange.trunks,
            operator_of=self._operator_of,
            tell=exchange.tell,
            ping=self._ping,
            settings=probe,
            is_at_browser=self._is_at_browser,
            rung=self._rung_phones,
        )
        self._rung: dict[LegId, str] = {}  # whose phone rings, until it is seen not to
        exchange.browsers.take_sip = self._take_browser
        exchange.browsers.changed = self._browser_changed
        self._on_media_health = on_media_health
        self._recordings: dict[str, tuple[IncidentId, CallId]] = {}
        self._timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to watch carriers and phones."""
        now = self.exchange.clock()
        self.stations.start(now)
        self._watch()
        self.exchange.pump()

    def adopt_registrations(self, documents: Sequence[Document]) -> None:
        """Take over what phones had registered at our predecessor."""
        now = self.exchange.clock()
        for document in documents:
            for event in self.exchange.registrar.adopt((document.data or {})["bindings"], now):
                self.take_sip(event)

    def adopt_expected(self, documents: Sequence[Document]) -> None:
        """Know whose voice calls our predecessor expected."""
        self._expected.adopt(documents)

    def adopt_panels(self, documents: Sequence[Document]) -> None:
        """Go on with panels' calls that were taken over, and know which have no receipt."""
        self.panels.receipts.adopt(documents)
        self.panels.adopt()

    def stop(self) -> None:
        """Stop watching. Calls are not touched."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hang_up_all(self) -> None:
        """End every leg, by BYE, CANCEL or 480. Callers first: nobody is to be looked for."""
        for leg in sorted(self.exchange.legs, key=lambda leg: leg.role != "caller"):
            for sip_leg in tuple(leg.branches):
                self.exchange.hang_up(sip_leg, STOPPED)
        self.exchange.pump()

    @property
    def is_over(self) -> bool:
        """Whether no leg is left, every far end knows, and every recording is closed."""
        exchange = self.exchange
        return not (len(exchange.legs) or exchange.ua.unanswered or self._recordings)

    # ------------------------------------------------------------ doors

    def take_sip(self, event: s.SipEvent) -> None:
        """Take one event of the user agent."""
        if self.arrivals.take_sip(event):
            return
        if self.scaip is not None and self.scaip.take_sip(event):
            return
        now = self.exchange.clock()
        match event:
            case s.Registered():
                self._registered(event, now)
            case s.Unregistered():
                self.stations.unregistered(event)
                self._save_registrations(now)
            case s.OptionsAnswered():
                self.stations.answered(event.token, event.status, now)
        self._watch()

    def take_media(self, event: object) -> None:
        """Take one event of the media process."""
        if self.media_arrivals.take(event) or self.exchange.browsers.take_media(event):
            return
        match event:
            case (
                m.RecordingStarted()
                | m.RecordingEnded()
                | m.RecordingGap()
                | m.RecordingFailed()
            ):
                self._recording(event)
            case m.MediaDied():
                log.error("the media process died", reason=event.reason)
                self._on_media_health(False)
            case m.MediaBack():
                self._on_media_health(True)
                self.exchange.tell(e.MediaRestarted(gap_time=event.gap_time))

    def execute(self, command: Command) -> None:
        """Carry out one command."""
        if isinstance(command, StartRecording):
            self.know_recording(command.recording_id, command.incident_id, command.call_id)
        self.orders.execute(command)
        if isinstance(command, RingOperator):
            self._rings(command)

    def repeat(self, commands: Iterable[Command], over: Container[CallId]) -> None:
        """Carry out what a predecessor wrote down and may not have come to.

        Only what nobody orders again: ends of legs and recordings, and recordings of calls
        that go on. What people hear, the flows order themselves once the engine has started.

        :param over: calls that have ended.
        """
        for command in commands:
            match command:
                case HangUp():
                    is_due = self.exchange.legs.get(command.leg_id) is not None
                case StartRecording():
                    is_due = command.call_id not in over
                case _:
                    is_due = isinstance(command, StopRecording)
            if not is_due:
                continue
            try:
                self.execute(command)
            except Exception:
                # One order that fails must not keep the engine from starting.
                log.exception("not repeated", command=type(command).__name__)

    def know_recording(
        self, recording_id: str, incident_id: IncidentId, call_id: CallId
    ) -> None:
        """Remember whose a recording is; what the media process says names only its id."""
        self._recordings[recording_id] = (incident_id, call_id)

    # ------------------------------------------------------------ inside

    def _take_key(self, leg: Leg, digit: str) -> bool:
        return self.panels.take_key(leg, digit) or self.pins.take(leg, digit)

    def _registered(self, event: s.Registered, now: float) -> None:
        for binding in self.exchange.registrar.bindings(event.user, now):
            if str(binding.contact) == event.contact:
                self.stations.registered(event, binding.source, now)
        self._save_registrations(now)

    def _save_registrations(self, now: float) -> None:
        self.exchange.save(
            Document(
                kind=REGISTRATIONS,
                id="all",
                data={"bindings": self.exchange.registrar.export(now)},
                at=now,
            )
        )

    def _operator_of(self, extension: str) -> OperatorId | None:
        operator = self.exchange.directory.current.operator_at(extension)
        return OperatorId(operator.operator) if operator else None

    def _is_at_browser(self, extension: str) -> bool:
        operator = self._operator_of(extension)
        return operator is not None and bool(self.exchange.browsers.station_of(operator))

    def _browser_changed(self, operator: OperatorId, reason: str) -> None:
        known = self.exchange.directory.current.operators.get(operator)
        if known is not None:
            self.stations.browser_changed(known.extension, reason)

    def _take_browser(self, event: s.SipEvent) -> None:
        self.take_sip(event)
        self.exchange.pump()

    def _ping(self, destination: Endpoint, token: str) -> None:
        host = f"[{destination.host}]" if ":" in destination.host else destination.host
        target = Uri(scheme="sip", host=host, port=destination.port)
        self.exchange.ua.options(destination, target, self.exchange.clock(), token)
        self.exchange.pump()

    def _rings(self, command: RingOperator) -> None:
        """Watch the phone that rings: should it die, the call is offered elsewhere at once."""
        operator = self.exchange.directory.current.operators.get(command.operator)
        if operator is not None:
            self._rung[command.leg_id] = operator.extension
            self.stations.look(self.exchange.clock())
            self._watch()

    def _rung_phones(self) -> set[str]:
        for leg_id in tuple(self._rung):
            leg = self.exchange.legs.get(leg_id)
            if leg is None or leg.is_up or leg.is_released:
                del self._rung[leg_id]
        return set(self._rung.values())

    def _watch(self) -> None:
        """Keep one timer on the next probe."""
        due = self.stations.next_timer()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            delay = max(due - self.exchange.clock(), 0.001)
            self._timer = asyncio.get_running_loop().call_later(delay, self._probe)

    def _probe(self) -> None:
        self._timer = None
        self.stations.handle_timer(self.exchange.clock())
        self._watch()

    def _recording(self, event: Any) -> None:
        known = self._recordings.get(event.recording_id)
        if known is None:
            log.warning("event of an unknown recording", recording_id=event.recording_id)
            return
        whose: dict[str, Any] = {
            "incident_id": known[0],
            "call_id": known[1],
            "recording_id": event.recording_id,
        }
        match event:
            case m.RecordingStarted():
                self.exchange.tell(e.RecordingStarted(**whose))
            case m.RecordingEnded():
                del self._recordings[event.recording_id]
                self.exchange.tell(
                    e.RecordingEnded(
                        **whose, seconds=event.seconds, sha256=event.sha256, legs=event.legs
                    )
                )
            case m.RecordingGap():
                self.exchange.tell(
                    e.RecordingGap(
                        **whose,
                        side=event.side,
                        at_time=event.at,
                        seconds=event.seconds,
                        cause=event.cause,
                    )
                )
            case m.RecordingFailed():
                self.exchange.tell(e.RecordingFailed(**whose, reason=event.reason))
