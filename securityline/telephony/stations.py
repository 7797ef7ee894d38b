"""Which phones and carriers are alive: registrations and OPTIONS, told as events.

A phone that is registered but silent is worse than none, because it is offered calls that
nobody hears ring. So a station is up only while at least one of its registered phones
answers, and a carrier is up while one of its addresses does.
"""

from collections.abc import Callable, Iterable

from callflows.events import Event, OperatorId, StationDown, StationUp, TrunkStateChanged
from sip.endpoint import Endpoint
from sip.events import Registered, Unregistered
from sip.probe import Probe, ProbeSettings, Reachability, ReachabilityChanged
from sip.trunk import Trunk, TrunkGroup

PHONE = "phone"
TRUNK = "trunk"


class Stations:
    """Turn registrations and probes into `StationUp`, `StationDown`, `TrunkStateChanged`.

    :param operator_of: finds the operator of an extension (the user of a SIP account).
    :param tell: where events go.
    :param ping: sends an OPTIONS: destination, token.
    :param is_at_browser: says whether a user's browser can be rung.
    :param rung: whose phones ring just now: they are asked several times a second, so that a
        call offered to a phone that dies is offered elsewhere within a second.
    """

    def __init__(
        self,
        trunks: TrunkGroup,
        *,
        operator_of: Callable[[str], OperatorId | None],
        tell: Callable[[Event], None],
        ping: Callable[[Endpoint, str], None],
        settings: ProbeSettings | None = None,
        is_at_browser: Callable[[str], bool] = lambda _user: False,
        rung: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._trunks = trunks
        self._operator_of = operator_of
        self._tell = tell
        self._ping = ping
        self._is_at_browser = is_at_browser
        self._rung = rung
        self._close: set[str] = set()  # users whose phones are watched closely
        self._probe = Probe(settings)
        self._contacts: dict[str, set[str]] = {}  # user -> probe targets
        self._users: dict[str, str] = {}  # probe target -> user
        self._up: dict[str, OperatorId | None] = {}  # user -> whose station was told to be up
        self._trunk_up: dict[str, bool] = {}

    # ------------------------------------------------------------ doors

    def start(self, now: float) -> None:
        """Begin to watch every carrier, also one that only brings calls."""
        for trunk in self._trunks.trunks:
            for endpoint in trunk.watched:
                self._probe.watch(_trunk_target(trunk, endpoint), endpoint, now)
        self._flush()

    def registered(self, event: Registered, source: Endpoint, now: float) -> None:
        """Take a registration, new or renewed, from this address."""
        target = f"{PHONE}|{event.user}|{event.contact}"
        self._contacts.setdefault(event.user, set()).add(target)
        self._users[target] = event.user
        self._apply(self._probe.watch(target, source, now, is_heard=True))
        self._settle(event.user, "registered")
        self._flush()

    def unregistered(self, event: Unregistered) -> None:
        """Take the end of a registration, ended by the phone or by its time."""
        target = f"{PHONE}|{event.user}|{event.contact}"
        self._probe.forget(target)
        self._users.pop(target, None)
        contacts = self._contacts.get(event.user)
        if contacts is not None:
            contacts.discard(target)
            if not contacts:
                del self._contacts[event.user]
        self._settle(event.user, f"registration {event.why}")

    def answered(self, token: str, status: int | None, now: float) -> None:
        """Take what became of an OPTIONS."""
        self._apply(self._probe.answered(token, status, now))
        self._flush()

    def directory_changed(self) -> None:
        """Take that a phone which is up may be somebody else's now, or somebody's at last."""
        for user in {*self._contacts, *self._up}:
            self._settle(user, "the directory gives his phone to somebody else")

    def browser_changed(self, user: str, reason: str) -> None:
        """Take that a user's browser came or went as a telephone."""
        self._settle(user, reason)

    def next_timer(self) -> float | None:
        """Return when to call :meth:`handle_timer`."""
        return self._probe.next_timer()

    def handle_timer(self, now: float) -> None:
        """Send the probes that are due."""
        self.look(now)
        self._apply(self._probe.handle_timer(now))
        self._flush()

    def look(self, now: float) -> None:
        """Watch closely whose phone rings now, and nobody else."""
        rung = set(self._rung())
        for user in self._close - rung:
            for target in self._contacts.get(user, ()):
                self._probe.relax(target, now)
        for user in rung - self._close:
            for target in self._contacts.get(user, ()):
                self._probe.watch_closely(target, now)
        self._close = rung
        self._flush()

    # ------------------------------------------------------------ questions

    def is_up(self, user: str) -> bool:
        """Say whether a phone of this user answers, or his browser is there."""
        return self._is_at_browser(user) or any(
            self._probe.state_of(target) is Reachability.UP
            for target in self._contacts.get(user, ())
        )

    def trunks_up(self) -> dict[str, bool]:
        """Return the carriers that were heard of, and whether they answer."""
        return dict(self._trunk_up)

    # ------------------------------------------------------------ inside

    def _flush(self) -> None:
        for order in self._probe.orders_to_send():
            self._ping(order.destination, order.token)

    def _apply(self, changes: Iterable[ReachabilityChanged]) -> None:
        for change in changes:
            kind, _, rest = change.target.partition("|")
            if kind == PHONE:
                user = self._users.get(change.target)
                if user is not None:
                    self._settle(user, "answers" if change.is_up else "does not answer OPTIONS")
            else:
                self._settle_trunk(rest.partition("|")[0], change)

    def _settle(self, user: str, reason: str) -> None:
        """Tell when the station as a whole changed, or whose it is."""
        is_up, was_up = self.is_up(user), user in self._up
        before = self._up.get(user)
        operator = self._operator_of(user) if is_up else None
        if is_up == was_up and operator == before:
            return
        if is_up:
            self._up[user] = operator
        else:
            self._up.pop(user)
        if before is not None:
            self._tell(StationDown(operator=before, reason=reason))
        if operator is not None:
            self._tell(StationUp(operator=operator))

    def _settle_trunk(self, name: str, change: ReachabilityChanged) -> None:
        for trunk in self._trunks.trunks:
            if trunk.name != name:
                continue
            trunk.probed(change.destination, is_up=change.is_up)
            is_up = bool(trunk.is_up)
            if self._trunk_up.get(name) != is_up:
                self._trunk_up[name] = is_up
                reason = "answers OPTIONS" if is_up else "does not answer OPTIONS"
                self._tell(TrunkStateChanged(trunk=name, is_up=is_up, reason=reason))


def _trunk_target(trunk: Trunk, endpoint: Endpoint) -> str:
    return f"{TRUNK}|{trunk.name}|{endpoint.transport}:{endpoint.host}:{endpoint.port}"
