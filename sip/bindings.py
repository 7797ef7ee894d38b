"""Where the registered phones are: what a REGISTER leaves behind."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sip.endpoint import Endpoint
from sip.errors import ParseError
from sip.uri import Uri


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One phone of one user (RFC 3261, section 10.3)."""

    user: str
    "Of the address of record, escapes undone."
    contact: Uri
    "As the phone wrote it. It goes into the Request-URI of calls, without its headers."
    source: Endpoint
    "Where the REGISTER came from, and where calls go: behind a NAT, Contact lies."
    q: float
    "Preference, 0 to 1."
    expires_at: float
    updated_at: float
    call_id: str
    cseq: int
    instance: str = ""
    "+sip.instance (RFC 5626): the same device, also with another Contact."
    user_agent: str = ""
    "What the phone calls itself; for people, proves nothing."

    def to_plain(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "user": self.user,
            "contact": str(self.contact),
            "source": list(self.source),
            "q": self.q,
            "expires_at": self.expires_at,
            "updated_at": self.updated_at,
            "call_id": self.call_id,
            "cseq": self.cseq,
            "instance": self.instance,
            "user_agent": self.user_agent,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_plain` made.

        :raises ValueError: it is damaged.
        """
        try:
            transport, host, port = plain["source"]
            if transport not in ("udp", "tcp"):
                raise ValueError(f"unknown transport {transport!r}")
            numbers = [float(plain[name]) for name in ("q", "expires_at", "updated_at")]
            if not all(map(math.isfinite, numbers)):
                raise ValueError(f"not finite: {numbers}")
            return cls(
                user=str(plain["user"]),
                contact=Uri.parse(str(plain["contact"])),
                source=Endpoint(transport, str(host), int(port)),
                q=numbers[0],
                expires_at=numbers[1],
                updated_at=numbers[2],
                call_id=str(plain["call_id"]),
                cseq=int(plain["cseq"]),
                instance=str(plain.get("instance", "")),
                user_agent=str(plain.get("user_agent", "")),
            )
        except (KeyError, TypeError, ValueError, OverflowError, ParseError) as error:
            raise ValueError(f"not a binding: {error!r}") from None


class BindingTable:
    """All bindings, found by user and by where they came from."""

    def __init__(self) -> None:
        self._by_user: dict[str, tuple[Binding, ...]] = {}
        self._by_source: dict[Endpoint, tuple[Binding, ...]] = {}
        self._next_at: float | None = None  # never later than the first expiry

    def all(self) -> Iterator[Binding]:
        """Go through all bindings, those just expired included."""
        for bindings in self._by_user.values():
            yield from bindings

    def of(self, user: str, now: float) -> list[Binding]:
        """Return a user's live bindings: highest q first, then the latest updated."""
        live = [each for each in self._by_user.get(user, ()) if each.expires_at > now]
        live.sort(key=lambda each: (-each.q, -each.updated_at))
        return live

    def at(self, source: Endpoint, now: float) -> list[Binding]:
        """Return the live bindings that came from an address, the latest updated first."""
        live = [each for each in self._by_source.get(source, ()) if each.expires_at > now]
        live.sort(key=lambda each: -each.updated_at)
        return live

    def put(self, user: str, bindings: Sequence[Binding]) -> None:
        """Make these a user's bindings, in place of all he had."""
        for old in self._by_user.pop(user, ()):
            rest = tuple(each for each in self._by_source[old.source] if each is not old)
            if rest:
                self._by_source[old.source] = rest
            else:
                del self._by_source[old.source]
        if bindings:
            self._by_user[user] = tuple(bindings)
        for new in bindings:
            self._by_source[new.source] = (*self._by_source.get(new.source, ()), new)
            if self._next_at is None or new.expires_at < self._next_at:
                self._next_at = new.expires_at

    def next_expiry(self) -> float | None:
        """Return when to call :meth:`expire`; perhaps early, never late."""
        return self._next_at

    def expire(self, now: float) -> list[Binding]:
        """Remove and return the bindings that are over."""
        if self._next_at is None or now < self._next_at:
            return []
        gone = [each for each in self.all() if each.expires_at <= now]
        for user in dict.fromkeys(each.user for each in gone):
            self.put(user, [each for each in self._by_user[user] if each.expires_at > now])
        self._next_at = min((each.expires_at for each in self.all()), default=None)
        return gone
