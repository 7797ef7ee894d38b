"""An alarm unit that speaks SCAIP, on our own user agent: sends, and waits for its answer."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from securityline.alarms.scaip import CONTENT_TYPES, Answer, parse_answer
from securityline.alarms.scaip_xml import read
from sip.endpoint import Endpoint, Peer
from sip.events import MessageAnswered, MessageReceived, Refused
from sip.settings import Credentials, UserAgentSettings
from sip.transport.shell import SipShell
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr
from tests.interop.peers import PATIENCE, free_port

SECRET = b"a unit for tests only"


@dataclass
class Unit:
    """One unit, or a provider's proxy in front of many."""

    engine: Endpoint
    user: str = "unit7"
    credentials: Credentials | None = None
    answers: list[Answer] = field(default_factory=list)
    snus: list[int] = field(default_factory=list)
    "Of all answers, also of those to what had no reference."
    refused: list[int] = field(default_factory=list)
    "Statuses with which calls of ours were refused."
    statuses: list[int | None] = field(default_factory=list)
    ua: UserAgent = field(init=False)
    shell: SipShell = field(init=False)
    sent: int = 0

    @contextlib.asynccontextmanager
    async def running(self, local: Endpoint) -> AsyncIterator["Unit"]:
        """Open its socket for the length of a block."""
        self.changed = asyncio.Event()
        self.ua = UserAgent(
            UserAgentSettings(
                listen=(local,),
                domain="unit.example",
                secret=SECRET,
                classify=lambda _source: Peer("trunk", "engine"),
                message_types=CONTENT_TYPES,
            )
        )
        self.shell = SipShell(self.ua, time.monotonic, self._take)
        self.ua.listen_on(await self.shell.start((local,)))
        try:
            yield self
        finally:
            await self.shell.stop()

    def _take(self, event: Any) -> None:
        match event:
            case MessageReceived():
                said = dict(read(event.request.body)[1])
                self.snus.append(int(said["snu"]))
                if "ref" in said:
                    self.answers.append(parse_answer(event.request.body))
            case Refused():
                self.refused.append(event.status)
            case MessageAnswered():
                self.statuses.append(event.status)
        self.changed.set()

    def send(self, body: bytes, content_type: str = "application/scaip+xml") -> None:
        """Send a request."""
        self.sent += 1
        arc = Uri(scheme="sip", user="arc", host=self.engine.host, port=self.engine.port)
        me = Uri(scheme="sip", user=self.user, host="unit.example")
        self.ua.message(
            self.engine,
            arc,
            time.monotonic(),
            f"m{self.sent}",
            from_=NameAddr("", me),
            to=NameAddr("", arc),
            body=body,
            content_type=content_type,
            credentials=self.credentials,
        )
        self.shell.pump()

    def call(self, did: str = "arc") -> None:
        """Open the voice call; nobody need answer it."""
        target = Uri(scheme="sip", user=did, host=self.engine.host, port=self.engine.port)
        me = Uri(scheme="sip", user=self.user, host="unit.example")
        port = free_port()
        self.ua.invite(
            "voice",
            target,
            time.monotonic(),
            destination=self.engine,
            from_=NameAddr("", me),
            sdp=(
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP 8\r\na=sendrecv\r\n"
            ).encode(),
            credentials=self.credentials,
        )
        self.shell.pump()

    async def until(self, what: str, is_so: Any) -> None:
        """Wait for something to have come."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not is_so():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            said = f"{self.answers} {self.statuses}"
            raise AssertionError(f"the unit never had {what}, only {said}") from None

    async def answer(self, ref: str) -> Answer:
        """Wait for the answer to a request."""
        await self.until(f"an answer to {ref}", lambda: self.found(ref) is not None)
        found = self.found(ref)
        assert found is not None
        return found

    def found(self, ref: str) -> Answer | None:
        """Return the latest answer to a request, if one is here."""
        return next((a for a in reversed(self.answers) if a.ref == ref), None)
