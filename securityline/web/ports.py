"""What the web needs of the rest of the product, as protocols.

Nothing here is implemented: `securityline.app` hands in the real engine, logbook and
directory; tests hand in small ones. Only plain attributes are read, only `Event`s go back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from callflows.events import Event, OperatorId
from client_directory.directory import Directory
from securityline.alarms.door import Taken
from securityline.alarms.signal import Signal
from securityline.logbook.document import Document
from securityline.logbook.store import Head
from securityline.metrics import Metrics
from securityline.second_factor import TotpUse
from securityline.switchboard_port import SwitchboardPort
from securityline.watch_door import WatchDoor
from securityline.web.sessions import SessionLimits


class Line(Protocol):
    """One line of the logbook, as it is read and as it is published."""

    @property
    def seq(self) -> int:
        """Place in the logbook, and id on every feed."""

    @property
    def at(self) -> datetime:
        """Wall clock, UTC."""

    @property
    def now(self) -> float:
        """Engine time, seconds since the epoch."""

    @property
    def incident_id(self) -> str:
        """The incident it belongs to, or the empty string."""

    @property
    def kind(self) -> str:
        """`event`, `fact`, `command` or `note`."""

    @property
    def what(self) -> str:
        """Name of the event, fact or command."""

    @property
    def data(self) -> Mapping[str, Any]:
        """Its plain values."""

    @property
    def is_saved(self) -> bool:
        """False for a line that was acted upon before the store had it."""


class LogbookPort(Protocol):
    """Reading the main courante."""

    @property
    def head(self) -> Head:
        """The newest line appended, durable or not."""

    @property
    def unsaved_lines(self) -> int:
        """Lines acted upon that the store does not have."""

    def observe_latency(self, observe: Callable[[float], None]) -> None:
        """Tell `observe` of the seconds from each append to its confirmation."""

    def problems(self) -> list[str]:
        """Say what is wrong with the logbook."""

    def append(
        self,
        now: float,
        lines: Sequence[tuple[str, str, str, Mapping[str, Any]]],
        documents: Sequence[Document] = (),
        *,
        is_urgent: bool = True,
    ) -> int:
        """Queue lines (kind, incident, name, data) and documents; never blocks."""

    def read(
        self, after: int = 0, limit: int = 1000, incident_id: str | None = None
    ) -> Sequence[Line]:
        """Lines with a number above `after`, oldest first. Touches the disk; any thread."""

    def documents(
        self,
        kind: str,
        state: str | None = None,
        id: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Document]:
        """Documents of one kind, newest change first. Touches the disk; any thread."""

    def case_heads(
        self, after: int = 0, limit: int = 1000
    ) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """Return number and head of saved cases, in order. Touches the disk; any thread."""


class EnginePort(Protocol):
    """The one door for everything an operator does."""

    @property
    def switchboard(self) -> SwitchboardPort:
        """The running calls, incidents and operators."""

    def handle(
        self,
        event: Event,
        documents: Sequence[Document] = (),
        then: Callable[[], None] | None = None,
    ) -> None:
        """Log the event with its consequences; `then` runs once that is durable."""

    def subscribe(self, subscriber: Callable[[Sequence[Any]], None], /) -> Callable[[], None]:
        """Hear of every durable line, in order; returns what ends it."""

    def note(self, what: str, data: Mapping[str, Any], incident_id: str = "") -> None:
        """Write a line of our own: no flow sees it."""


class DirectoryHolderPort(Protocol):
    """Where the directory is swapped when it is reloaded."""

    @property
    def current(self) -> Directory:
        """The directory in force."""


class TokenPort(Protocol):
    """A program's token."""

    @property
    def name(self) -> str:
        """What it was called when it was made."""

    @property
    def scopes(self) -> frozenset[str]:
        """What it may do."""


class AccountsPort(Protocol):
    """Passwords of operators and tokens of programs."""

    def verify_password(self, operator: str, password: str) -> bool:
        """Compare; takes 0.2 s of processor time whatever the answer. Run it in a thread."""

    def token(self, token: str) -> TokenPort | None:
        """Find a bearer token by its text; `None` when it is not one of ours."""


class AuthenticatorsPort(Protocol):
    """Who has an authenticator, and whether a code counts (`securityline.second_factor`)."""

    def has(self, operator: str) -> bool:
        """Whether he has one."""

    def keep(self, operator: str, secret: str) -> None:
        """Let his codes be those of this secret from now on."""

    def take(self, operator: str, code: str, now: float) -> bool:
        """Take a code, once."""


class AlarmDoorPort(Protocol):
    """Where alarms are handed in (`securityline.alarms.door`)."""

    def admit(
        self,
        signal: Signal,
        then: Callable[[Taken], None],
        *,
        site: str = "",
        organisation: str = "",
    ) -> object:
        """Tell the flow of one signal; `then` is called once its lines are durable."""

    def hear(self, signal: Signal) -> None:
        """Take a signal as a sign of life of the path it came by."""


class BrowserPhonesPort(Protocol):
    """Where a page becomes a telephone (`securityline.telephony.browser`).

    The function by which a page is told how its line is, is also who the page is.
    """

    @property
    def is_installed(self) -> bool:
        """Whether the engine can take browsers at all."""

    def connect(
        self, operator: OperatorId, sdp: str, page: Callable[[str, str], None]
    ) -> tuple[str, str]:
        """Take a page's offer; return the line's name and the answer."""

    def resume(
        self, operator: OperatorId, line_id: str, page: Callable[[str, str], None]
    ) -> bool:
        """Let a page that was away have its line again, if it is still there."""

    def leave(self, operator: OperatorId, page: Callable[[str, str], None]) -> None:
        """Take that a page's socket is gone."""

    def disconnect(self, operator: OperatorId, page: Callable[[str, str], None]) -> None:
        """Take that a page is no telephone any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices:
    """Everything `create_app` needs."""

    engine: EnginePort
    logbook: LogbookPort
    directory: DirectoryHolderPort
    accounts: AccountsPort
    recording_path: Callable[[str], Path | None]
    "Where the file of a recording is. Asked only with ids of letters, digits, `.`, `_`, `-`."
    clock: Callable[[], float]
    "Engine time, seconds since the epoch."
    health: Callable[[], list[str]]
    "Why calls cannot be taken, recorded or logged now; empty when they can."
    alarms: AlarmDoorPort | None = None
    "Where programs hand in alarms; `None` where nobody takes any."
    watch: WatchDoor | None = None
    "Where people act on timers and tasks; `None` where nothing is watched."
    browser_phones: BrowserPhonesPort | None = None
    "Where pages become telephones; `None` where they cannot."
    degraded: Callable[[], list[str]] = list
    "What is broken although calls can be taken, recorded and logged."
    authenticators: AuthenticatorsPort | None = None
    "Operators' second factor; `None` where there is none."
    totp: TotpUse = "optional"
    "Whether signing in takes an authenticator's code."
    session_limits: SessionLimits = field(default_factory=SessionLimits)
    "How long operators stay signed in."
    is_emergency_live: bool = False
    "`live_emergency_calls`: emergency services are really called."
    media_priority: Callable[[], str] = lambda: ""
    "What the machine allows the media process: `fifo`, `nice`, `normal`; empty: not known."
    public_url: str | None = None
    "The desk's address as operators type it; https here makes cookies `Secure`."
    proxies: tuple[str, ...] = ()
    "Addresses of the proxies whose `X-Forwarded-For` is believed."
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Brussels"))
    "Of the wall clock on the operators' screens."
    metrics: Metrics | None = None
    "What `/metrics` shows; when `None` it is counted here."
    version: str = "0"
    max_body: int = 64 * 1024
    "Octets of a request body."
