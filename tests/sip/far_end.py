"""Far ends written by hand: what a carrier or a phone puts on the wire, right or wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from sip.endpoint import Endpoint, Packet
from sip.events import IncomingCall
from sip.message import Request, Response
from tests.sip.pretend import ANSWER, CARRIER, OFFER, Alone, requests, responses, wire


@dataclass
class Caller:
    """Calls us; its methods return octets to be put in."""

    source: Endpoint = CARRIER
    call_id: str = "call-1@198.51.100.1"
    tag: str = "a1"
    cseq: int = 1
    to: str = "<sip:+3222001234@line.example>"
    from_: str = "<sip:+32478123456@trunk.example>"
    uri: str = "sip:+3222001234@192.0.2.1"
    branches: int = field(default=0)

    @property
    def contact(self) -> str:
        return f"<sip:gw@{self.source.host}:{self.source.port}>"

    def write(
        self,
        method: str,
        *,
        branch: str | None = None,
        cseq: int | None = None,
        cseq_method: str | None = None,
        headers: str = "",
        sdp: bytes | str | None = None,
        content_type: str = "application/sdp",
        from_tag: str | None = None,
        to: str | None = None,
        uri: str | None = None,
    ) -> bytes:
        if branch is None:
            self.branches += 1
            branch = f"{method}-{self.branches}"
        body = sdp.decode() if isinstance(sdp, bytes) else (sdp or "")
        extra = headers if not headers or headers.endswith("\n") else headers + "\n"
        if body:
            extra += f"Content-Type: {content_type}\n"
        return wire(
            f"{method} {uri or self.uri} SIP/2.0\n"
            f"Via: SIP/2.0/{self.source.transport.upper()} {self.source.host}:"
            f"{self.source.port};branch=z9hG4bK{branch};rport\n"
            f"Max-Forwards: 70\nFrom: {self.from_};tag={from_tag or self.tag}\n"
            f"To: {to or self.to}\nCall-ID: {self.call_id}\n"
            f"CSeq: {cseq or self.cseq} {cseq_method or method}\n"
            f"Contact: {self.contact}\n{extra}\n{body}"
        )

    def invite(self, sdp: bytes | None = OFFER, headers: str = "", **more: object) -> bytes:
        return self.write(
            "INVITE",
            branch="invite",
            sdp=sdp,
            headers=headers,
            **more,  # type: ignore[arg-type]
        )

    def cancel(self, headers: str = "") -> bytes:
        return self.write("CANCEL", branch="invite", headers=headers)

    def ack(self, cseq: int | None = None, **more: object) -> bytes:
        return self.write("ACK", cseq=cseq, **more)  # type: ignore[arg-type]

    def again(self, method: str, **more: object) -> bytes:
        """The next request inside the dialog."""
        self.cseq += 1
        return self.write(method, **more)  # type: ignore[arg-type]

    def learn(self, packets: list[Packet]) -> Response:
        """Take our tag from the first response that has one."""
        for response in responses(packets):
            if response.to.tag is not None:
                self.to = response.headers.get("To") or ""
                return response
        raise AssertionError("no response with a tag")


def reply(
    request: Request,
    status: int,
    tag: str | None = "b1",
    sdp: bytes | None = None,
    headers: str = "",
    contact: str = "<sip:op@198.51.100.1:5060>",
) -> bytes:
    """What the far end answers to a request of ours."""
    to = request.headers.get("To") or ""
    if tag is not None and request.to.tag is None:
        to += f";tag={tag}"
    via = "\n".join(f"Via: {line}" for line in request.headers.get_all("Via"))
    extra = headers if not headers or headers.endswith("\n") else headers + "\n"
    if contact:
        extra += f"Contact: {contact}\n"
    if sdp:
        extra += "Content-Type: application/sdp\n"
    return wire(
        f"SIP/2.0 {status} Whatever\n{via}\nFrom: {request.headers.get('From')}\n"
        f"To: {to}\nCall-ID: {request.call_id}\n"
        f"CSeq: {request.cseq.number} {request.cseq.method}\n{extra}\n{(sdp or b'').decode()}"
    )


def only(packets: list[Packet]) -> Request:
    """The one request among these packets."""
    (request,) = requests(packets)
    return request


def leg_of(node: Alone) -> str:
    return node.last(IncomingCall).leg


def talking(node: Alone, caller: Caller | None = None, **invite: object) -> tuple[str, Caller]:
    """A call that came in, was answered and acknowledged."""
    caller = caller or Caller()
    node.take(caller.invite(**invite), caller.source)  # type: ignore[arg-type]
    leg = leg_of(node)
    node.agent.answer(leg, ANSWER, node.now)
    caller.learn(node.flush())
    node.take(caller.ack(), caller.source)
    return leg, caller


def placed(node: Alone, leg: str = "out", **invite: object) -> Request:
    """A call of ours on its way: the INVITE that left."""
    from tests.sip.pretend import call

    call(node, leg, CARRIER, node.now, **invite)  # type: ignore[arg-type]
    return only(node.flush())


def connected(node: Alone, leg: str = "out", tag: str = "b1", **answer: object) -> Request:
    """A call of ours that was answered and acknowledged; returns the INVITE."""
    invite = placed(node, leg)
    node.take(reply(invite, 200, tag, ANSWER, **answer))  # type: ignore[arg-type]
    node.agent.acknowledge(leg, node.now)
    node.flush()
    return invite
