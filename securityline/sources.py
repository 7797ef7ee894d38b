"""Whose packets these are: a trunk's, a registered phone's, a stranger's."""

from collections.abc import Callable

from sip.endpoint import STRANGER, Endpoint, Peer
from sip.registrar import Registrar
from sip.trunk import TrunkGroup


class Sources:
    """Knows the trunks by where they send from, and the phones by where they registered.

    :param clock: engine time, seconds.
    """

    def __init__(
        self,
        trunks: TrunkGroup,
        phones: Callable[[], Registrar],
        clock: Callable[[], float],
    ) -> None:
        self._trunks = trunks
        self._phones = phones  # built after the user agent's settings, which hold `classify`
        self._clock = clock

    def classify(self, source: Endpoint) -> Peer:
        """Say who sends from there; a phone has to prove it for every call all the same."""
        trunk = self._trunks.of(source)
        if trunk is None and not self._is_phone(source):
            # A phone that registered over its connection is that phone, wherever it stands.
            trunk = self._trunks.by_connection(source)
        return Peer("trunk", trunk.name) if trunk is not None else STRANGER

    def is_known(self, source: Endpoint) -> bool:
        """Whether a connection from there is kept when those of strangers are closed."""
        return self.classify(source).kind == "trunk" or self._is_phone(source)

    def _is_phone(self, source: Endpoint) -> bool:
        return self._phones().peer_of(source, self._clock()) is not None
