"""The product: everything built, joined, started and stopped in the right order."""

import asyncio
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, Final

import structlog
from aiohttp import web

from callflows.commands import Command, PerformAction, SignalRinging
from callflows.events import EngineDraining, EngineStarted, IncidentId
from callflows.switchboard import Switchboard
from client_directory.directory import DirectoryHolder
from recordings.store import RecordingStore
from securityline.accounts import Accounts
from securityline.alarms.door import AlarmDoor
from securityline.alarms.listening import listen_to_panels
from securityline.alarms.receiver import Dc09Receiver
from securityline.alarms.scaip_units import read_units
from securityline.alert_limits import tell_limits, tell_wrap_up
from securityline.alone_callers import AloneCallers
from securityline.clock import Clock
from securityline.clock_watch import ClockWatch
from securityline.config import Config
from securityline.crowding import DOORS, Crowding
from securityline.desk_services import desk_services
from securityline.engine import Engine
from securityline.files import door_limits, tcp_limits
from securityline.health import Health
from securityline.keys import load_secret
from securityline.listening import naming, str_endpoint
from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.media_command import media_command, media_socket
from securityline.metrics import Metrics, media_gauges
from securityline.people_zone import people_zone
from securityline.readiness import Readiness
from securityline.recovery import recover
from securityline.reloading import Reloading
from securityline.sources import Sources
from securityline.speaking import Speaking
from securityline.speech import speaker_for
from securityline.stand_in import writable
from securityline.telephony.admission import Admission, IncidentNumbers, newest_number
from securityline.telephony.browser import BROWSER_LINE
from securityline.telephony.exchange import LEG, Exchange
from securityline.telephony.expected import EXPECTED, ExpectedCalls
from securityline.telephony.receipts import RECEIPT
from securityline.telephony.scaip import ScaipSettings
from securityline.telephony.takeover import Takeover
from securityline.telephony.telephony import REGISTRATIONS, Telephony
from securityline.vigilance import Vigilance
from securityline.web.app import create_app
from securityline.web.door import Door
from securityline.web.server import Runner
from sip.digest_server import DigestServer
from sip.endpoint import Endpoint
from sip.media.client import MediaClient
from sip.probe import ProbeSettings
from sip.registrar import Registrar
from sip.settings import Credentials, UserAgentSettings
from sip.transport.shell import SipShell
from sip.trunk import Trunk, TrunkGroup
from sip.user_agent import UserAgent

VERSION: Final = version("securityline")
GOODBYE_TIME: Final = 2.0
"""Seconds that far ends and recordings have when calls end with the engine: three BYEs to a
far end that hears badly, and well below what systemd waits before it kills."""

log = structlog.get_logger()


class Product:
    """One running engine.

    Built in the order of dependence, stopped in the reverse order. `start` raises when it
    cannot take calls; once it returned, it only stops because it was told to.
    """

    def __init__(self, config: Config) -> None:
        config, unwritable = writable(config)
        self.config = config
        self.directory = DirectoryHolder(config.directory.dir, is_partial_allowed=True)
        for finding in self.directory.findings:
            if not finding.is_warning:
                log.error("left out of the directory", finding=str(finding))
        self.logbook = Logbook.open(config.logbook_settings)
        self.clock = Clock(at_least=self.logbook.last_now)
        self.accounts = Accounts(config.data.dir, realm=config.sip.domain)
        self.recordings = RecordingStore(config.recordings_dir.resolve())
        self.recovered = recover(self.logbook, Switchboard, Switchboard.from_state)
        self.health = Health()
        secret = load_secret(config.data.dir / "sip.key")
        self.trunks = TrunkGroup(
            (
                Trunk(trunk.name, trunk.peers, trunk.outbound, is_probed=trunk.is_probed)
                for trunk in config.trunks
            ),
            shared_hosts=config.own_hosts,
        )
        pace = config.alarms.scaip_heartbeat
        self.scaip = ScaipSettings(
            is_taken=config.alarms.scaip,
            units=read_units(config.alarms.scaip_units, config.sip.domain),
            heartbeat_minutes=None if pace is None else round(pace),
        )
        self.sources = Sources(self.trunks, lambda: self.registrar, self.clock)
        digest = DigestServer(config.sip.domain, secret, self._ha1)
        self.registrar = Registrar(digest, secret)
        self.ua = UserAgent(
            UserAgentSettings(
                listen=config.sip.listen,
                advertised_host=config.sip.advertised_host,
                domain=config.sip.domain,
                secret=secret,
                product=f"SecurityLine/{VERSION}",
                classify=self.sources.classify,
                holds_refusals=True,
                message_types=self.scaip.message_types,
            ),
            self.registrar,
            digest,
        )
        self.shell = SipShell(
            self.ua,
            self.clock,
            self._take_sip,
            is_known=self.sources.is_known,
            limits=tcp_limits(),
        )
        self.media = MediaClient(media_command(config), media_socket(config), self._take_media)
        self.engine = Engine(
            self.recovered.switchboard,
            self.logbook,
            self._execute,
            self.clock,
            prepare=self._prepare,
            acted_seq=self.recovered.acted_seq,
        )
        self.metrics = Metrics(self.recovered.switchboard, self.logbook)
        self.engine.subscribe(self.metrics.take)
        self.metrics.add_hook("media", lambda: media_gauges(self.media.report))
        self.speaking = Speaking(speaker_for(config.data.dir / "speech"))
        self.numbers = IncidentNumbers(newest_number(self.logbook.latest_incidents()))
        self.alarm_door = AlarmDoor(
            self.engine.handle,
            self.directory,
            clock=self.clock,
            next_number=self.numbers.next,
            head=lambda: self.logbook.head[0],
            book=lambda: self.recovered.switchboard.alarms,
            is_case=lambda number: number in self.recovered.switchboard.incidents,
            heard=lambda signal: self.vigilance.watching.heard(signal),
        )
        self.telephony = self._build_telephony()
        self.alarm_receiver: Dc09Receiver | None = None
        self.vigilance = Vigilance(
            config,
            self.recovered.switchboard,
            self.engine,
            self.logbook,
            self.directory,
            self.clock,
            self.metrics,
            lambda: self.numbers.next(self.clock()),
        )
        self.door = Door(door_limits(config.web))
        self.crowding = Crowding(
            dict(
                zip(
                    DOORS,
                    (
                        lambda: self.door.crowded,
                        lambda: getattr(self.shell.tcp, "crowded", 0),
                        lambda: getattr(self.alarm_receiver, "crowded", 0),
                    ),
                    strict=True,
                )
            ),
            self.clock,
        )
        self.clock_watch = ClockWatch(self.clock, self.engine.note)
        self.reloading = Reloading(self.directory, self._directory_changed, self.engine.note)
        self.time_zone, zone_fault = people_zone()
        self.readiness = Readiness(
            [
                lambda: [unwritable] if unwritable else [],
                self.health.reasons,
                self.media.not_ready,
                self.recordings.problems,
                self.logbook.problems,
            ],
            [
                self.logbook.concerns,
                self.vigilance.reasons,
                self.crowding.reasons,
                self.clock_watch.reasons,
                self.reloading.reasons,
                lambda: [zone_fault] if zone_fault else [],
            ],
            self.telephony.stations.trunks_up,
            {trunk.name: bool(trunk.outbound) for trunk in self.trunks.trunks},
        )
        self.runner: web.AppRunner | None = None
        self._pump_due = True  # until the sockets are open
        self._has_started = False

    def _build_telephony(self) -> Telephony:
        config = self.config
        exchange = Exchange(
            ua=self.ua,
            media=self.media,
            registrar=self.registrar,
            trunks=self.trunks,
            directory=self.directory,
            clock=self.clock,
            tell=self.engine.handle,
            pump=self._pump_soon,
            save=self._save,
            later=lambda delay, do: asyncio.get_running_loop().call_later(delay, do),
            domain=config.sip.domain,
            media_address=config.media.advertised_address or config.media.address,
            credentials={
                trunk.name: Credentials(trunk.username, trunk.password, trunk.realm)
                for trunk in config.trunks
                if trunk.username
            },
            is_emergency_live=config.live_emergency_calls,
            tree_calls_an_hour=round(config.sip.tree_calls_an_hour),
            note=self.engine.note,
            awaits_pin=self.recovered.switchboard.awaits_pin,
            is_keyholder_called=self.recovered.switchboard.is_keyholder_called,
        )
        expected = ExpectedCalls(self._open_case_of)
        return Telephony(
            exchange,
            door=self.alarm_door,
            expected=expected,
            scaip=self.scaip,
            admit=Admission(
                {trunk.name: trunk.profile for trunk in config.trunks},
                self.directory,
                self.numbers,
                self.clock,
                self.recovered.switchboard.case_of,
                expected.find,
                AloneCallers(
                    lambda: self.directory.current,
                    lambda: self.vigilance.watching.timers.view(),
                ),
            ),
            recording_path=lambda name: str(self.recordings.path_of(name)),
            speaker=self.speaking,
            probe=ProbeSettings(close_silence=config.sip.ring_silence),
        )

    # ------------------------------------------------------------ life

    async def start(self) -> tuple[list[Endpoint], str]:
        """Start everything; return the SIP sockets and the desk's address.

        :raises AddressTaken: an address is in use, or not of this machine.
        :raises MediaError: the media process cannot be started.
        """
        runner = await self._build_web()
        await self.media.start()
        await self.speaking.start()
        self.logbook.start()
        self.engine.start()
        # Before the sockets: a BYE that finds its dialog not yet adopted would get 481.
        self._take_over()
        with naming("sip.listen", [str_endpoint(each) for each in self.config.sip.listen]):
            bound = await self.shell.start(self.config.sip.listen)
        self.ua.listen_on(bound)
        self._pump_due = False
        self.telephony.start()
        self.alarm_receiver = await listen_to_panels(
            self.config.alarms, self.alarm_door, self.clock
        )
        address = await self._open_web(runner)
        self._has_started = True
        self.clock_watch.start()
        self.vigilance.start()
        return bound, address

    def _take_over(self) -> None:
        """Go on where our predecessor stopped."""
        found = self.recovered
        for call in found.switchboard.calls.values():
            if call.recording_id:
                self.telephony.know_recording(call.recording_id, call.incident_id, call.call_id)
        for one in found.switchboard.service_calls.values():
            if one.recording_id is not None:
                self.telephony.know_recording(one.recording_id, one.incident_id, one.call_id)
        self.telephony.adopt_registrations(self.logbook.documents(REGISTRATIONS))
        self.telephony.exchange.browsers.adopt(
            self.logbook.documents(BROWSER_LINE), self.media.adopt().lines
        )
        self.telephony.adopt_expected(self.logbook.documents(EXPECTED, limit=20_000))
        takeover = Takeover(
            self.telephony.exchange, self.telephony.dialling, dict(self.media.adopt().legs)
        )
        survivors = takeover.adopt(self.logbook.documents(LEG, limit=100_000))
        self.telephony.adopt_panels(self.logbook.documents(RECEIPT, limit=20_000))
        self.engine.handle(EngineStarted(version=VERSION, surviving_legs=survivors))
        self._tell_limits()
        over = {call.call_id for call in found.switchboard.calls.values() if call.is_over}
        self.telephony.repeat((command for _, command in found.commands), over)
        if found.replayed or survivors:
            counts = {"replayed": found.replayed, "differences": found.differences}
            log.info("took over", **counts, legs=len(survivors))

    async def _build_web(self) -> web.AppRunner:
        app = create_app(desk_services(self, VERSION))
        self.runner = Runner(app, self.door, access_log=None, handle_signals=False)
        await self.runner.setup()
        return self.runner

    async def _open_web(self, runner: web.AppRunner) -> str:
        host, port = self.config.web.listen
        with naming("web.listen", [f"{host}:{port}"]):
            await web.TCPSite(runner, host, port, reuse_address=True).start()
        host, port = runner.addresses[0][:2]
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Stop everything. Calls that are still up end, and both their sides are told."""
        await self.clock_watch.stop()
        await self.reloading.finish()
        if self.alarm_receiver is not None:
            await self.alarm_receiver.close()
        await self.vigilance.stop()
        self.telephony.stop()
        await self.speaking.stop()
        if self._has_started and not self.is_idle:
            await self._end_calls()
        if self.runner is not None:
            await self.runner.cleanup()
        self.engine.stop()
        await self.media.stop()
        await self.shell.stop()
        await self.logbook.stop()
        self.accounts.close()

    async def _end_calls(self) -> None:
        """Hang up, also what comes in or is dialled meanwhile, until the far ends know."""
        loop = asyncio.get_running_loop()
        until = loop.time() + GOODBYE_TIME
        while not self.telephony.is_over and loop.time() < until:
            self.telephony.hang_up_all()
            await asyncio.sleep(0.02)

    def drain(self) -> None:
        """Take no more calls for our operators; new ones go to the fallback numbers."""
        self.health.set("draining", "the engine is being stopped")
        self.engine.handle(EngineDraining())

    @property
    def is_idle(self) -> bool:
        """Whether no call is up or waits."""
        return not len(self.telephony.exchange.legs)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody waits for a person to answer."""
        return not self.engine.switchboard.waiting()

    def reload(self) -> None:
        """Read the directory again; a bad one changes nothing."""
        self.reloading.reload()

    def _directory_changed(self) -> None:
        self.telephony.stations.directory_changed()
        self.vigilance.watching.reload()
        self._tell_limits()

    def _tell_limits(self) -> None:
        rules, settings = self.recovered.switchboard, self.config.alerts
        tell_limits(self.engine.handle, rules, settings, self.directory.current)
        tell_wrap_up(self.engine.handle, rules, self.config.web.wrap_up_time)

    # ------------------------------------------------------------ between the rooms

    def _take_sip(self, event: Any) -> None:
        self.telephony.take_sip(event)

    def _take_media(self, event: Any) -> None:
        self.telephony.take_media(event)

    def _execute(self, command: Command) -> None:
        if isinstance(command, PerformAction):
            self.vigilance.perform(command)
        else:
            self.telephony.execute(command)
            if isinstance(command, SignalRinging):
                self.shell.pump()  # a caller hears it before we ring a phone or draw a card

    def _prepare(self, commands: Sequence[Command]) -> list[Document]:
        return self.telephony.orders.prepare(commands)

    def _save(
        self,
        document: Document,
        then: Callable[[], None] | None = None,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        on_written = None if then is None else lambda _lines: then()
        is_urgent = then is not None or when_safe is not None
        self.logbook.append(
            self.clock(), (), [document], on_written, is_urgent=is_urgent, on_safe=when_safe
        )

    def _pump_soon(self) -> None:
        """Send what is waiting once the present event has had all its orders."""
        if not self._pump_due:
            self._pump_due = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pump_due = False
        self.shell.pump()

    def _ha1(self, user: str, algorithm: str) -> str | None:
        return self.accounts.ha1(user, algorithm) or self.scaip.units.ha1(user, algorithm)

    def _open_case_of(self, source: str, source_id: str) -> IncidentId | None:
        """Return the case that a signal went to, as long as it is open."""
        board = self.recovered.switchboard
        case = board.alarms.case_of(source, source_id)
        incident = board.incidents.get(case) if case is not None else None
        return case if incident is not None and incident.is_open else None
