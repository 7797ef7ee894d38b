"""Where messages come from and go to: addresses, packets, and who stands behind an address."""

from typing import Final, Literal, NamedTuple

Transport = Literal["udp", "tcp"]
PeerKind = Literal["trunk", "phone", "stranger"]


class Endpoint(NamedTuple):
    """One end of a datagram flow or of a connection. `host` is an IP literal, no brackets."""

    transport: Transport
    host: str
    port: int


class Packet(NamedTuple):
    """A whole SIP message on its way out."""

    data: bytes
    destination: Endpoint
    local: Endpoint | None = None
    "The socket to send from; `None`: any socket of that transport."


class Peer(NamedTuple):
    """Who stands behind an address."""

    kind: PeerKind
    "trunk: a configured carrier. phone: a registered softphone. stranger: anybody else."
    name: str = ""
    "Name of the trunk, or user of the phone's account; empty for a stranger."


STRANGER: Final = Peer("stranger")
