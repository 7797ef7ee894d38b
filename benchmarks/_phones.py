"""A carrier and any number of operators' phones on two sockets, as thin as can be.

Answers are made by cutting text, not by a SIP stack: the generator must not be what is
measured. Every phone rings at once and picks up at once.
"""

import asyncio
import re
import socket
import time

from sip.digest import NonceCounts, authorize
from sip.settings import Credentials

Address = tuple[str, int]
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
DID = "+3225550100"


def header(text: str, name: str) -> str:
    """Return the lines of a header as they came."""
    return "".join(
        line + "\r\n"
        for line in text.split("\r\n\r\n", 1)[0].split("\r\n")
        if line.lower().startswith(name.lower() + ":")
    )


def value(text: str, name: str) -> str:
    """Return the value of a header that stands once."""
    return header(text, name).partition(":")[2].strip()


def invite(caller: str, port: int) -> str:
    """Write an INVITE as a carrier does."""
    return (
        f"INVITE sip:{DID}@127.0.0.1;user=phone SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{caller[-10:]};rport\r\n"
        "Max-Forwards: 66\r\n"
        f"From: <sip:{caller}@trunk.example;user=phone>;tag=f{caller[-10:]}\r\n"
        f"To: <sip:{DID}@trunk.example;user=phone>\r\n"
        f"Call-ID: {caller}@bench\r\nCSeq: 1 INVITE\r\n"
        f"Contact: <sip:127.0.0.1:{port}>\r\n"
        f"P-Asserted-Identity: <sip:{caller}@trunk.example;user=phone>\r\n"
        "Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,PRACK,UPDATE,INFO\r\nSupported: timer\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}"
    )


class Farm:
    """The sockets, and what happened when (`time.perf_counter`), by caller."""

    def __init__(self, carrier_port: int, phones_port: int, talk_time: float) -> None:
        self.phones_port = phones_port
        self.carrier_port = carrier_port
        self._talk_time = talk_time
        self.sent: dict[str, float] = {}
        self.rang: dict[str, float] = {}
        self.over: set[str] = set()
        self.answers: dict[str, str] = {}
        self._loop = asyncio.get_running_loop()
        self._carrier = self._open(carrier_port, self._on_carrier)
        self._phones = self._open(phones_port, self._on_phone)

    def _open(self, port: int, handler) -> socket.socket:  # type: ignore[no-untyped-def]
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", port))
        sock.setblocking(False)

        def read() -> None:
            for _ in range(64):
                try:
                    data, source = sock.recvfrom(65535)
                except OSError:
                    return
                handler(data, source, time.perf_counter())

        self._loop.add_reader(sock, read)
        return sock

    def close(self) -> None:
        """Close the sockets."""
        for sock in (self._carrier, self._phones):
            if sock.fileno() < 0:
                continue
            self._loop.remove_reader(sock)
            sock.close()

    def leave_phones(self) -> None:
        """Let another program answer at the phones' port; they stay registered."""
        self._loop.remove_reader(self._phones)
        self._phones.close()

    def call(self, text: str, destination: Address, caller: str) -> None:
        """Place a call and note when."""
        data = text.encode()
        self.sent[caller] = time.perf_counter()
        self._carrier.sendto(data, destination)

    async def settled(self) -> None:
        """Wait until every call is over, or nothing has ended for three seconds."""
        left = -1
        for _ in range(40):
            now_left = sum(c not in self.over for c in self.sent)
            if now_left == 0 or now_left == left:
                return
            left = now_left
            await asyncio.sleep(3 if left else 0)

    # ------------------------------------------------------------ the carrier

    def _on_carrier(self, data: bytes, source: Address, now: float) -> None:
        text = data.decode()
        if text.startswith("SIP/2.0 "):
            self._on_answer(text, source, now)
        elif not text.startswith("ACK"):
            self._carrier.sendto(self._ok(text), source)

    def _on_answer(self, text: str, source: Address, now: float) -> None:
        caller = value(text, "Call-ID").partition("@")[0]
        status, method = text[8:11], value(text, "CSeq").partition(" ")[2]
        if method == "INVITE" and status == "180":
            self.rang.setdefault(caller, now)
        elif method == "INVITE" and status == "200":
            self._carrier.sendto(self._in_dialog("ACK", 1, text, caller), source)
            self._loop.call_later(self._talk_time, self._hang_up, text, source, caller)
        elif method == "BYE" and status == "200":
            self.over.add(caller)

    def _hang_up(self, text: str, source: Address, caller: str) -> None:
        self._carrier.sendto(self._in_dialog("BYE", 2, text, caller), source)

    def _in_dialog(self, method: str, number: int, answer: str, caller: str) -> bytes:
        contact = re.search(r"<([^>]+)>", value(answer, "Contact"))
        routes = header(answer, "Record-Route").replace("Record-Route", "Route")
        target = contact[1] if contact else f"sip:127.0.0.1:{self.phones_port}"
        return (
            f"{method} {target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.carrier_port};"
            f"branch=z9hG4bK{method}{caller[-10:]};rport\r\n"
            f"Max-Forwards: 70\r\n{routes}{header(answer, 'From')}{header(answer, 'To')}"
            f"{header(answer, 'Call-ID')}CSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
        ).encode()

    # ------------------------------------------------------------ the phones

    def _on_phone(self, data: bytes, source: Address, now: float) -> None:
        text = data.decode()
        if text.startswith("SIP/2.0 "):
            self.answers[value(text, "Call-ID")] = text
        elif text.startswith("INVITE"):
            self._phones.sendto(self._reply(text, "180 Ringing", ""), source)
            self._phones.sendto(self._reply(text, "200 OK", SDP), source)
        elif not text.startswith("ACK"):
            self._phones.sendto(self._ok(text), source)

    def _ok(self, request: str) -> bytes:
        return self._reply(request, "200 OK", "", tag="")

    def _reply(self, request: str, status: str, body: str, tag: str = ";tag=p1") -> bytes:
        to = header(request, "To").rstrip()
        to += "" if ";tag=" in to else tag
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"SIP/2.0 {status}\r\n{header(request, 'Via')}{header(request, 'Record-Route')}"
            f"{header(request, 'From')}{to}\r\n{header(request, 'Call-ID')}"
            f"{header(request, 'CSeq')}Contact: <sip:127.0.0.1:{self.phones_port}>\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def register(self, user: str, number: int, domain: str, engine: Address, more: str) -> None:
        """Send a REGISTER."""
        text = (
            f"REGISTER sip:{domain} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.phones_port};rport;"
            f"branch=z9hG4bKr{user}{number}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{user}@{domain}>;tag=r{user}\r\n"
            f"To: <sip:{user}@{domain}>\r\nCall-ID: r{user}@bench\r\n"
            f"CSeq: {number} REGISTER\r\n"
            f"Contact: <sip:{user}@127.0.0.1:{self.phones_port}>;expires=3600\r\n{more}"
            "Content-Length: 0\r\n\r\n"
        )
        self._phones.sendto(text.encode(), engine)


async def register_all(
    farm: Farm, secrets: dict[str, str], domain: str, engine: Address
) -> None:
    """Register every phone; raise when one is refused."""
    for user, secret in secrets.items():
        farm.register(user, 1, domain, engine, "")
        challenge = await _answer(farm, user, "401")
        lines = header(challenge, "WWW-Authenticate").splitlines()
        found = [line.partition(":")[2].strip() for line in lines]
        answer = authorize(
            found, "REGISTER", f"sip:{domain}", Credentials(user, secret, domain), NonceCounts()
        )
        assert answer is not None
        farm.register(user, 2, domain, engine, f"{answer[0]}: {answer[1]}\r\n")
        await _answer(farm, user, "200")


async def _answer(farm: Farm, user: str, status: str) -> str:
    for _ in range(500):
        text = farm.answers.get(f"r{user}@bench", "")
        if text[8:11] == status:
            return text
        await asyncio.sleep(0.01)
    raise RuntimeError(f"no {status} for {user}, only {text[:40]!r}")
