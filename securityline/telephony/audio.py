"""The audio of one SIP dialog: our port, what was described, what was agreed."""

import secrets
from dataclasses import dataclass
from typing import Any, Self

from sip.offer_answer import (
    Capabilities,
    Negotiated,
    accept_answer,
    answer,
    next_version,
    offer,
)
from sip.sdp import SessionDescription


@dataclass(slots=True)
class AudioSession:
    """Offer and answer of one dialog, from its first description to its last."""

    capabilities: Capabilities
    session_id: int
    described: SessionDescription | None = None
    "Our latest description."
    negotiated: Negotiated | None = None

    @classmethod
    def new(cls, address: str, port: int) -> Self:
        """Begin a session on one of our ports."""
        return cls(Capabilities(address, port), secrets.randbits(40))

    @property
    def port(self) -> int:
        """Our RTP port."""
        return self.capabilities.port

    @property
    def local(self) -> bytes:
        """Our latest description, as it goes on the wire."""
        return b"" if self.described is None else bytes(self.described)

    @property
    def is_held(self) -> bool:
        """Whether the far end does not want to hear us."""
        return self.negotiated is not None and self.negotiated.direction in (
            "recvonly",
            "inactive",
        )

    def make_offer(self) -> bytes:
        """Describe what we would like."""
        proposed = offer(self.capabilities, session_id=self.session_id, version=1)
        return self._describe(proposed)

    def answer(self, body: bytes) -> bytes:
        """Answer an offer of theirs.

        :raises ParseError: it is no session description.
        :raises NotAcceptable: it offers nothing we can take part in; nothing changed.
        """
        described, agreed = answer(
            SessionDescription.parse(body),
            self.capabilities,
            session_id=self.session_id,
            version=1,
        )
        self.negotiated = agreed
        return self._describe(described)

    def accept(self, body: bytes) -> None:
        """Take their answer to our offer.

        :raises ParseError: it is no session description.
        :raises NotAcceptable: it does not answer what we offered; nothing changed.
        """
        if self.described is None:
            return
        self.negotiated = accept_answer(self.described, SessionDescription.parse(body))

    def _describe(self, proposed: SessionDescription) -> bytes:
        if self.described is not None:
            proposed = next_version(self.described, proposed)
        self.described = proposed
        return bytes(proposed)

    # ------------------------------------------------------------ crash safety

    def to_plain(self) -> dict[str, Any]:
        """Describe the session in JSON values."""
        agreed = self.negotiated
        return {
            "address": self.capabilities.address,
            "port": self.port,
            "session_id": self.session_id,
            "local": self.local.decode(),
            "negotiated": agreed
            and [
                agreed.remote and list(agreed.remote),
                agreed.payload_type,
                agreed.dtmf_payload_type,
                agreed.direction,
                agreed.ptime,
            ],
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Self:
        """Rebuild what :meth:`to_plain` described."""
        session = cls(Capabilities(data["address"], data["port"]), data["session_id"])
        if data["local"]:
            session.described = SessionDescription.parse(data["local"].encode())
        if data["negotiated"]:
            remote, payload_type, dtmf, direction, ptime = data["negotiated"]
            session.negotiated = Negotiated(
                remote and (remote[0], remote[1]), payload_type, dtmf, direction, ptime
            )
        return session
