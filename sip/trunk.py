"""Carriers as static peers: who may speak as the carrier, and where to call out.

Pure. A trunk is recognised by the address its packets come from, never by what they say
(TCP from another port than a peer's: `docs/decisions/0018-a-carrier-that-comes-by-tcp.md`).
Outbound, every trunk has an ordered list of targets; a target that refused with 503, or
said nothing in time, rests for a while and the next one is tried (RFC 3261, sections
21.5.4 and 16.7; RFC 3263, section 4.3). Resting targets are still tried when nothing else
is left: an attempt that will probably fail is better than none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

from sip.endpoint import Endpoint

DEFAULT_PORT: Final = 5060
"Where a carrier listens whose port nobody named (RFC 3261, section 19.1.2)."
FAILOVER_TIME: Final = 3.5
"""Seconds a target has to bring more than `100 Trying`, before the next one is tried and
this one is cancelled. The second trunk must ring within 4 s."""

TRUNK_AT_FAULT: Final = frozenset({401, 403, 407, 408, 500, 502, 503, 504, 505})
"""Final responses by which a trunk says that *it* cannot. All others speak of the person
called (486, 603) or of the number (404, 484) and are the same on every trunk."""


@lru_cache(maxsize=4096)
def canonical_host(host: str) -> str:
    """Return the one spelling of an IP address; IPv4-mapped IPv6 becomes IPv4.

    A name is returned in lower case.
    """
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return host.lower()
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """From where a carrier speaks: an IP address, with one port or any."""

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "PeerAddress":
        """Read `192.0.2.1`, `192.0.2.1:5060`, `2001:db8::1` or `[2001:db8::1]:5060`.

        :raises ValueError: not an IP address, or not a port. A name is refused on purpose:
            whoever answers its DNS queries would be believed as the carrier.
        """
        host, port = text.strip(), ""
        if host.startswith("["):
            host, bracket, rest = host[1:].partition("]")
            if not bracket or rest[:1] not in ("", ":"):
                raise ValueError(f"{text!r}: expected '[ADDRESS]' or '[ADDRESS]:PORT'")
            port = rest[1:]
        elif host.count(":") == 1:
            host, _, port = host.partition(":")
        try:
            host = canonical_host(str(ip_address(host)))
        except ValueError:
            raise ValueError(
                f"{text!r}: a peer is an IP address, as in 192.0.2.1:5060"
            ) from None
        if not port:
            return cls(host)
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
            raise ValueError(f"{text!r}: the port must be a number from 1 to 65535")
        return cls(host, int(port))

    def matches(self, source: Endpoint) -> bool:
        """Say whether a packet from `source` comes from this peer."""
        return self.host == canonical_host(source.host) and self.port in (None, source.port)


@dataclass(slots=True)
class _Target:
    """One outbound address and what it did last."""

    endpoint: Endpoint
    rests_until: float = float("-inf")
    is_up: bool | None = None


class Trunk:
    """One carrier.

    :param outbound: where to send calls, the preferred target first; empty for a trunk
        that only brings calls.
    :param is_probed: whether OPTIONS asks if it lives: its targets, or, where it has none,
        its peers.
    :param rest_time: seconds a target is passed over after a timeout or a 503 without
        Retry-After. A probe's answer ends it.
    """

    LONGEST_REST: Final = 600.0
    "Seconds; a Retry-After of a day must not take the trunk away for a day."

    def __init__(
        self,
        name: str,
        peers: Iterable[PeerAddress],
        outbound: Sequence[Endpoint] = (),
        *,
        is_probed: bool = True,
        rest_time: float = 30.0,
    ) -> None:
        self.name = name
        self.peers = tuple(peers)
        self._rest_time = rest_time
        self._targets = [_Target(endpoint) for endpoint in outbound]
        # Never called, only asked whether they live.
        self._listeners = [
            _Target(Endpoint("udp", peer.host, peer.port or DEFAULT_PORT))
            for peer in self.peers
            if not outbound
        ]
        self._is_probed = is_probed

    @property
    def outbound(self) -> tuple[Endpoint, ...]:
        """Return the targets in order of preference."""
        return tuple(target.endpoint for target in self._targets)

    @property
    def watched(self) -> tuple[Endpoint, ...]:
        """Return whom OPTIONS asks whether the carrier lives."""
        asked = [*self._targets, *self._listeners] if self._is_probed else []
        return tuple(target.endpoint for target in asked)

    @property
    def is_up(self) -> bool | None:
        """Say whether any address answers its probes; `None` while none is known."""
        known = [*self._targets, *self._listeners]
        states = [target.is_up for target in known if target.is_up is not None]
        return any(states) if states else None

    def is_peer(self, source: Endpoint) -> bool:
        """Say whether a packet from `source` comes from this carrier."""
        return any(peer.matches(source) for peer in self.peers)

    def answered(self, endpoint: Endpoint) -> None:
        """Note that a target brought a call forward: more than 100 Trying."""
        for target in self._at(endpoint):
            target.rests_until, target.is_up = float("-inf"), True

    def timed_out(self, endpoint: Endpoint, now: float) -> None:
        """Note that a target brought nothing within :data:`FAILOVER_TIME`."""
        for target in self._at(endpoint):
            target.rests_until = now + self._rest_time

    def refused(
        self, endpoint: Endpoint, status: int, now: float, retry_after: float | None = None
    ) -> bool:
        """Note a final response of 300 or more; return whether to try the next target.

        :param retry_after: seconds from the Retry-After header of a 503.
        """
        if status == 503:
            rest = self._rest_time if retry_after is None else retry_after
            for target in self._at(endpoint):
                target.rests_until = now + min(max(rest, 0.0), self.LONGEST_REST)
        return status in TRUNK_AT_FAULT

    def probed(self, endpoint: Endpoint, *, is_up: bool) -> None:
        """Note what the OPTIONS probe found; see :mod:`sip.probe`."""
        for target in self._at(endpoint):
            if is_up and target.is_up is False:
                target.rests_until = float("-inf")
            target.is_up = is_up

    def ranked(self, now: float) -> list[tuple[int, float, Endpoint]]:
        """Return the targets with their rank: 0 fit, 1 resting (until), 2 down."""
        ranked = []
        for target in self._targets:
            is_resting = target.rests_until > now
            rank = 2 if target.is_up is False else 1 if is_resting else 0
            ranked.append((rank, target.rests_until if is_resting else 0.0, target.endpoint))
        return ranked

    def _at(self, endpoint: Endpoint) -> list[_Target]:
        known = [*self._targets, *self._listeners]
        return [target for target in known if target.endpoint == endpoint]


class Route(NamedTuple):
    """One way out: a trunk and one of its targets."""

    trunk: Trunk
    endpoint: Endpoint


class TrunkGroup:
    """All trunks: finds whose packet this is, and chooses the way out.

    :param shared_hosts: our own addresses. Whoever has an account on this machine can
        connect from them, as from the loopback addresses, which need not be named.
    """

    def __init__(self, trunks: Iterable[Trunk], *, shared_hosts: Iterable[str] = ()) -> None:
        self.trunks = tuple(trunks)
        self._by_address: dict[tuple[str, int | None], Trunk] = {}
        self._by_host: dict[str, Trunk] = {}
        shared = {canonical_host(host) for host in shared_hosts}
        for trunk in self.trunks:
            for peer in trunk.peers:
                self._by_address.setdefault((peer.host, peer.port), trunk)
                if peer.host not in shared and not ip_address(peer.host).is_loopback:
                    self._by_host.setdefault(canonical_host(peer.host), trunk)

    def of(self, source: Endpoint) -> Trunk | None:
        """Return the trunk a packet comes from; the exact port wins over any port."""
        host = canonical_host(source.host)
        found = self._by_address.get((host, source.port))
        return found or self._by_address.get((host, None))

    def by_connection(self, source: Endpoint) -> Trunk | None:
        """Return the trunk on whose host a TCP connection began, whatever its port.

        A peer's port says where the carrier listens; one that switches to TCP for a large
        request (RFC 3261, section 18.1.1) connects from any port. The handshake proves the
        host, unless others share it. The first in the settings, if several are there.
        """
        if source.transport != "tcp":
            return None
        return self._by_host.get(canonical_host(source.host))

    def choose(
        self, now: float, tried: Iterable[Route] = (), prefer: str | None = None
    ) -> Route | None:
        """Return the best way out that this call has not tried; `None` when all were.

        Fit targets come first, those of the trunk named `prefer` before the others, then
        in the order of configuration; then resting ones, the soonest rested first; then
        those whose probes fail.
        """
        done = {(route.trunk.name, route.endpoint) for route in tried}
        best: tuple[tuple[int, float, bool], Route] | None = None
        for trunk in self.trunks:
            for rank, until, endpoint in trunk.ranked(now):
                if (trunk.name, endpoint) in done:
                    continue
                weight = (rank, until, trunk.name != prefer)
                if best is None or weight < best[0]:
                    best = weight, Route(trunk, endpoint)
        return best[1] if best else None
