"""Whom a leg listens to: symmetric RTP without learning from strangers. Pure.

The negotiated address always wins. Until a packet came from there, the first source whose IP
the signalling vouches for is taken in its stead: a phone behind NAT. After that nobody moves
the leg but the negotiated address itself or a new negotiation. Learning from whoever sends
first, or again in mid-call, is how audio was stolen elsewhere ("RTP bleed": AST-2017-005,
CVE-2025-53399).
"""

Address = tuple[str, int]


class Latch:
    """The peer of one leg: negotiated, then locked."""

    __slots__ = ("_allowed", "is_locked", "negotiated", "peer")

    def __init__(self) -> None:
        self.negotiated: Address | None = None
        self._allowed: frozenset[str] = frozenset()
        self.peer: Address | None = None
        "Where packets go to and may come from now."
        self.is_locked = False

    def negotiate(
        self, remote: Address | None, also_from: tuple[str, ...], *, is_silent: bool
    ) -> bool:
        """Take the outcome of an offer and answer.

        The same address again keeps the lock, since a re-INVITE for hold must not cut off a
        phone behind NAT; unless its locked source `is_silent`, then the NAT may have moved it.

        :returns: whether the peer changed.
        """
        self._allowed = frozenset(also_from) | ({remote[0]} if remote else frozenset())
        if remote == self.negotiated and not is_silent:
            return False
        if remote is None:
            # Held without an address: whoever was locked stays so until the next one.
            return False
        was, self.negotiated, self.peer = self.peer, remote, remote
        self.is_locked = False
        return was != remote

    def lock(self) -> None:
        """Hold on to :attr:`peer`, from whom a packet came."""
        self.is_locked = True

    def admits(self, source: Address) -> bool:
        """Say whether the leg should turn to `source`, who is not its peer."""
        if source == self.negotiated:
            return True
        return self.peer is not None and not self.is_locked and source[0] in self._allowed

    def turn_to(self, source: Address) -> None:
        """Make an admitted source the peer."""
        self.peer, self.is_locked = source, True
