"""A whole house behind the web: real rules, engine, logbook and directory; pretend phones."""

import asyncio
import itertools
import time
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from callflows.call_tree import Attempt
from callflows.commands import (
    Command,
    HangUp,
    PlanCallTree,
    RingOperator,
    StartRecording,
    StopRecording,
)
from callflows.events import (
    CallId,
    CallTreeRequested,
    Cause,
    DeadlineReached,
    DigitPressed,
    IncidentId,
    LegAnswered,
    LegEnded,
    LegId,
    LegRinging,
    OperatorId,
    OperatorReady,
    OperatorSignedIn,
    PinChecked,
    RecordingEnded,
    RecordingStarted,
    StationUp,
    TreeId,
)
from callflows.service_call import ServiceCall
from callflows.switchboard import Switchboard
from client_directory.call_plan import build_call_plan
from client_directory.directory import DirectoryHolder
from recordings.store import digest_of
from securityline.alarms.door import AlarmDoor
from securityline.engine import Engine
from securityline.identification import CallIds, build_call_offered
from securityline.identity import CallerIdentity, TrunkProfile
from securityline.logbook.book import Logbook
from securityline.logbook.opening import LogbookSettings
from securityline.recovery import recover
from securityline.watch_door import WatchDoor
from securityline.watching import Watching
from securityline.web.app import create_app
from securityline.web.ports import BrowserPhonesPort, WebServices

ROOT = Path(__file__).resolve().parents[3]
DIRECTORY = ROOT / "securityline" / "example_directory"
PASSWORD = "correct horse battery"
POSTES, BANQUE = "+3225550100", "+3235550400"
DUPONT = "+32470000001"
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TRUNK = TrunkProfile(name="carrier-a")


class Clock:
    """Engine time that moves only when told, or with the real one."""

    def __init__(self, at: float | None = None) -> None:
        self.at = at
        self._ahead = 0.0

    def __call__(self) -> float:
        if self.at is not None:
            return self.at
        return time.monotonic() + self._ahead

    def follow(self, start: datetime) -> None:
        """Run with the real clock, from a wall clock time on."""
        self.at = None
        self._ahead = start.timestamp() - time.monotonic()


@dataclass(frozen=True)
class Token:
    name: str
    scopes: frozenset[str]


class Accounts:
    """Everybody has the same password; tokens are named after their scopes."""

    def __init__(self) -> None:
        self.checks = 0

    def verify_password(self, operator: str, password: str) -> bool:
        self.checks += 1
        return password == PASSWORD and operator.startswith("op-")

    def token(self, token: str) -> Token | None:
        known = {
            "incidents:read",
            "calls:read",
            "events:read",
            "recordings:read",
            "alarms:write",
            "duress:read",
            "timers:read",
            "timers:write",
            "tasks:read",
            "tasks:write",
        }
        scopes = frozenset(token.split())
        return Token(token, scopes) if scopes and scopes <= known else None


@dataclass
class House:
    """Everything behind the pages, and the people outside."""

    directory: DirectoryHolder
    logbook: Logbook
    engine: Engine
    clock: Clock
    accounts: Accounts
    recordings: Path
    reasons: list[str] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)
    picks_up: set[str] = field(default_factory=set)
    "Operators whose phone answers by itself."
    browser_phones: BrowserPhonesPort | None = None
    commands: list[Command] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    watching: Watching = field(init=False)
    watch: WatchDoor = field(init=False)

    def __post_init__(self) -> None:
        self.watching = Watching(
            lambda: self.directory.current,
            self.clock,
            tell=self.engine.handle,
            save=lambda document: None,
            number=lambda: IncidentId(f"inc-{next(self.numbers):04}"),
            later=lambda delay, do: asyncio.get_running_loop().call_later(delay, do),
        )
        self.watch = WatchDoor(
            self.watching, lambda: self.directory.current, self.clock, self.switchboard
        )
        self.engine.subscribe(self.watch.take)
        self.watching.reload()

    @property
    def switchboard(self) -> Switchboard:
        return self.engine.switchboard  # type: ignore[return-value]

    def execute(self, command: Command) -> None:
        """Be the telephones: they ring, pick up, hang up and record."""
        self.commands.append(command)
        soon = asyncio.get_running_loop().call_soon
        if isinstance(command, RingOperator):
            soon(
                self.engine.handle,
                LegRinging(incident_id=command.incident_id, leg_id=command.leg_id),
            )
            if command.is_auto_answered or command.operator in self.picks_up:
                soon(
                    self.engine.handle,
                    LegAnswered(incident_id=command.incident_id, leg_id=command.leg_id),
                )
        elif isinstance(command, HangUp):
            soon(
                self.engine.handle,
                LegEnded(
                    incident_id=command.incident_id, leg_id=command.leg_id, cause=Cause.RELEASED
                ),
            )
        elif isinstance(command, PlanCallTree):
            soon(self._plan, command)
        elif isinstance(command, StartRecording):
            soon(
                self.engine.handle,
                RecordingStarted(
                    incident_id=command.incident_id,
                    call_id=command.call_id,
                    recording_id=command.recording_id,
                ),
            )
        elif isinstance(command, StopRecording):
            soon(self._end_recording, command)

    def _plan(self, command: PlanCallTree) -> None:
        directory = self.directory.current
        plan = build_call_plan(
            directory.organisations[command.organisation],
            command.call_tree,
            command.site,
            datetime.fromtimestamp(self.clock(), UTC),
            is_emergency=directory.is_protected_number,
        )
        self.engine.handle(
            CallTreeRequested(
                incident_id=command.incident_id,
                tree_id=command.tree_id,
                plan=plan,
                asked_by=command.asked_by,
            )
        )

    def _end_recording(self, command: StopRecording) -> None:
        path = self.recordings / f"{command.recording_id}.wav"
        write_wav(path, 2.0)
        self.engine.handle(
            RecordingEnded(
                incident_id=command.incident_id,
                call_id=command.call_id,
                recording_id=command.recording_id,
                seconds=2.0,
                sha256=digest_of(path),
            )
        )

    def recording_path(self, recording_id: str) -> Path | None:
        return self.recordings / f"{recording_id}.wav"

    # ------------------------------------------------------------ the world outside

    def attempt(self, tree_id: str, person: str) -> Attempt:
        """Return the latest call of a tree to a person."""
        tree = self.switchboard.trees[TreeId(tree_id)]
        return next(a for a in reversed(tree.attempts) if a.person == person)

    def keyholder(self, tree_id: str, person: str, *keys: str) -> None:
        """Let a keyholder pick up, and press keys."""
        attempt, case = self.attempt(tree_id, person), self._case_of(tree_id)
        if attempt.answered_at is None:
            self.engine.handle(LegAnswered(incident_id=case, leg_id=attempt.leg_id))
        for digit in keys:
            self.engine.handle(
                DigitPressed(incident_id=case, leg_id=attempt.leg_id, digit=digit)
            )

    def keyholder_gives_pin(self, tree_id: str, person: str, outcome: Any) -> None:
        """Let him enter a PIN; what it comes to is known outside the log."""
        leg_id = self.attempt(tree_id, person).leg_id
        self.engine.handle(
            PinChecked(incident_id=self._case_of(tree_id), leg_id=leg_id, outcome=outcome)
        )

    def keyholder_leaves(self, tree_id: str, person: str, cause: Cause) -> None:
        """End a keyholder's line."""
        leg_id = self.attempt(tree_id, person).leg_id
        case = self._case_of(tree_id)
        self.engine.handle(LegEnded(incident_id=case, leg_id=leg_id, cause=cause))

    def _case_of(self, tree_id: str) -> IncidentId:
        return self.switchboard.trees[TreeId(tree_id)].incident_id

    def start_tree(
        self, incident_id: IncidentId, call_tree: str, operator: str = "op-1"
    ) -> TreeId:
        """Start a call tree for a case, as an operator's press does."""
        incident = self.switchboard.incidents[incident_id]
        tree_id = TreeId(f"{incident_id}-t{len(incident.tree_ids) + 1}")
        self._plan(
            PlanCallTree(
                incident_id=incident_id,
                tree_id=tree_id,
                organisation=incident.organisation or "",
                site=incident.site,
                call_tree=call_tree,
                asked_by=operator,
            )
        )
        return tree_id

    def service(self, incident_id: IncidentId, what: str = "answers") -> ServiceCall:
        """Let the service that was called last ring, answer, be busy or hang up."""
        made = self.switchboard.service_calls.values()
        service = [one for one in made if one.incident_id == incident_id][-1]
        which: dict[str, Any] = {"incident_id": incident_id, "leg_id": service.leg_id}
        self.engine.handle(
            {
                "rings": LegRinging(**which),
                "answers": LegAnswered(**which),
                "is busy": LegEnded(**which, cause=Cause.BUSY),
                "hangs up": LegEnded(**which, cause=Cause.HUNG_UP),
            }[what]
        )
        return service

    def ring(
        self, did: str = POSTES, caller: str | None = DUPONT, **changes: Any
    ) -> tuple[IncidentId, CallId, LegId]:
        """Somebody dials one of our numbers."""
        number = next(self.numbers)
        ids = CallIds(
            IncidentId(f"inc-{number:04}"),
            CallId(f"call-{number:04}"),
            LegId(f"leg-{number:04}"),
        )
        of_offer = ("urgency", "languages", "incident_id", "temporary_consignes")
        offer_changes = {name: changes.pop(name) for name in of_offer if name in changes}
        identity = CallerIdentity(
            **{"did": did, "did_raw": did, "caller": caller, "is_asserted": True} | changes
        )
        now = datetime.fromtimestamp(self.clock(), UTC)
        offer = build_call_offered(identity, self.directory.current, TRUNK, ids, now)
        self.engine.handle(replace(offer, **offer_changes))
        return ids.incident_id, ids.call_id, ids.leg_id

    def caller_hangs_up(self, ids: tuple[IncidentId, CallId, LegId]) -> None:
        self.engine.handle(LegEnded(incident_id=ids[0], leg_id=ids[2], cause=Cause.HUNG_UP))

    def sign_in(self, *operators: str, is_ready: bool = True, has_phone: bool = True) -> None:
        """Put operators at their desks without a browser."""
        for operator in operators:
            person = self.directory.current.operators[operator]
            self.engine.handle(
                OperatorSignedIn(
                    operator=OperatorId(operator),
                    name=person.name,
                    languages=person.languages,
                    clearances=person.clearances,
                    role=person.role,
                )
            )
            if has_phone:
                self.engine.handle(StationUp(operator=OperatorId(operator)))
            if is_ready:
                self.engine.handle(OperatorReady(operator=OperatorId(operator)))

    def pass_time(self, seconds: float) -> None:
        """Move the clock, with everything that falls due."""
        assert self.clock.at is not None
        self.clock.at += seconds
        self.watching.look()
        while (due := self.switchboard.next_deadline()) and due[0] <= self.clock.at:
            self.engine.handle(DeadlineReached(incident_id=due[1]))

    async def until(self, is_so: Callable[[], object], patience: float = 5.0) -> None:
        """Wait until something is so; looks again after every published line."""
        moved = asyncio.Event()
        end = self.engine.subscribe(lambda lines: moved.set())
        try:
            async with asyncio.timeout(patience):
                while not is_so():
                    moved.clear()
                    if not is_so():
                        await moved.wait()
        finally:
            end()

    async def settled(self) -> None:
        """Wait until every line has been published, and nothing follows from it."""
        seen = asyncio.Event()
        last = 0

        def watch(lines: Sequence[Any]) -> None:
            nonlocal last
            last = lines[-1].seq
            seen.set()

        end = self.engine.subscribe(watch)
        try:
            async with asyncio.timeout(5):
                while True:
                    self.engine.note("Settled", {})
                    wanted = self.logbook.head.seq
                    while last < wanted:
                        seen.clear()
                        await seen.wait()
                    for _ in range(3):  # a pretend phone answers in the next turn of the loop
                        await asyncio.sleep(0)
                    if self.logbook.head.seq == wanted:
                        return
        finally:
            end()

    def app(self) -> web.Application:
        return create_app(self.services())

    def services(self) -> WebServices:
        return WebServices(
            engine=self.engine,
            logbook=self.logbook,
            directory=self.directory,
            accounts=self.accounts,
            recording_path=self.recording_path,
            clock=self.clock,
            health=lambda: list(self.reasons),
            alarms=AlarmDoor(
                self.engine.handle,
                self.directory,
                clock=self.clock,
                next_number=lambda now: IncidentId(f"inc-{next(self.numbers):04}"),
                head=lambda: self.logbook.head.seq,
                book=lambda: self.switchboard.alarms,
                is_case=lambda number: number in self.switchboard.incidents,
                heard=self.watching.heard,
            ),
            watch=self.watch,
            degraded=lambda: list(self.degraded),
            browser_phones=self.browser_phones,
            version="0.1.0",
        )


@asynccontextmanager
async def house(folder: Path, at: float | None = None) -> AsyncIterator[House]:
    """Open a house in an empty folder, or again in one that was left or killed."""
    clock = Clock(NIGHT.timestamp() if at is None else at)
    settings = LogbookSettings(
        folder=folder / "book", ballast=0, anchor_time=3600.0, silence_time=30.0
    )
    logbook = Logbook.open(settings, wall=lambda: datetime.fromtimestamp(clock(), UTC))
    logbook.start()
    built: list[House] = []
    switchboard = recover(logbook, Switchboard, Switchboard.from_state).switchboard
    engine = Engine(switchboard, logbook, lambda command: built[0].execute(command), clock)
    recordings = folder / "recordings"
    recordings.mkdir(exist_ok=True)
    built.append(
        House(
            directory=DirectoryHolder(DIRECTORY),
            logbook=logbook,
            engine=engine,
            clock=clock,
            accounts=Accounts(),
            recordings=recordings,
        )
    )
    engine.start()
    try:
        yield built[0]
    finally:
        engine.stop()
        await logbook.stop()


def write_wav(path: Path, seconds: float) -> None:
    """Write a stereo file of silence."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(8000 * seconds) * 4))


class Browser:
    """A signed-in operator, without a browser."""

    def __init__(self, server: TestServer, http: ClientSession) -> None:
        self.server = server
        self.http = http

    def url(self, path: str) -> Any:
        return self.server.make_url(path)

    @property
    def origin(self) -> str:
        return str(self.url("/")).rstrip("/")

    async def get(self, path: str, **options: Any) -> Any:
        return await self.http.get(self.url(path), **options)

    async def page(self, path: str) -> str:
        async with self.http.get(self.url(path), headers={"Accept": "text/html"}) as answer:
            assert answer.status == 200, answer.status
            return await answer.text()

    async def sign_in(
        self, operator: str = "op-1", password: str = PASSWORD, code: str = ""
    ) -> Any:
        page = await self.page("/sign-in")
        form = {"csrf": field_of(page, "csrf"), "operator": operator, "password": password}
        form |= {"code": code} if code else {}
        return await self.http.post(self.url("/sign-in"), data=form, allow_redirects=False)

    def live(self, after: int = 0, run: str = "", shown: str = "", **options: Any) -> Any:
        headers = {"Origin": self.origin} | options.pop("headers", {})
        query = f"/desk/live?after={after}&run={run}&shown={shown}"
        return self.http.ws_connect(self.url(query), headers=headers, **options)


@asynccontextmanager
async def browser(app: web.Application) -> AsyncIterator[Browser]:
    """Serve an application and open a browser on it."""
    async with (
        TestServer(app) as server,
        ClientSession(cookie_jar=CookieJar(unsafe=True)) as http,
    ):
        yield Browser(server, http)


def field_of(page: str, name: str) -> str:
    """Read a hidden field of a page."""
    return page.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]
