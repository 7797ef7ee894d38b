"""A small exchange for tests: registrar and calls by our user agent, an ear at its end."""

import asyncio
import time
from contextlib import asynccontextmanager

from securityline.simulation.handset_audio import HandsetAudio, tone
from securityline.simulation.phone_call import CallState, PhoneCall
from sip.digest import make_ha1
from sip.digest_server import DigestServer
from sip.endpoint import STRANGER, Endpoint
from sip.events import (
    Acknowledged,
    Answered,
    Cancelled,
    Ended,
    IncomingCall,
    OfferAnswered,
    Offered,
    Refused,
    Ringing,
)
from sip.registrar import Registrar
from sip.registration import RegistrarSettings
from sip.settings import UserAgentSettings
from sip.transport.shell import SipShell
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr

DOMAIN = "securityline.example"
SECRET = b"an exchange for tests only"


class Exchange:
    """Knows phone 201, password `secret`. Everything that happens lands in `seen`.

    `classify` says who is a trunk; `algorithms` what the registrar offers.
    """

    def __init__(self, listen, classify=None, algorithms=("SHA-256", "MD5")):
        ha1 = {name: make_ha1(name, "201", DOMAIN, "secret") for name in ("MD5", "SHA-256")}
        digest = DigestServer(
            DOMAIN,
            SECRET,
            lambda user, algorithm: ha1[algorithm] if user == "201" else None,
            algorithms=algorithms,
        )
        settings = RegistrarSettings(min_expires=1)
        self.registrar = Registrar(digest, SECRET, settings)
        self.ua = UserAgent(
            UserAgentSettings(
                listen=listen,
                domain=DOMAIN,
                secret=SECRET,
                classify=classify or (lambda _source: STRANGER),
            ),
            self.registrar,
            digest,
        )
        self.shell = SipShell(self.ua, time.monotonic, self._receive)
        self.addresses = []
        self.seen = []
        self.calls = {}
        self._changed = asyncio.Event()

    def _receive(self, event):
        self.seen.append(event)
        self._changed.set()
        call = self.calls.get(getattr(event, "leg", ""))
        now = time.monotonic()
        match event:
            case IncomingCall():
                audio = HandsetAudio("127.0.0.1", tone(1000))
                call = PhoneCall(event.leg, True, event.peer.name, audio, event.offer)
                self.calls[event.leg] = call
            case Answered():
                late = None if call.has_offered else call.make_answer(event.sdp)
                assert late or call.take_answer(event.sdp)
                self.ua.acknowledge(call.leg, now, late)
                call.move(CallState.TALKING)
            case Acknowledged():
                call.move(CallState.TALKING)
            case Offered():
                sdp = call.make_answer(event.sdp) if event.sdp else call.make_offer()
                self.ua.accept_offer(call.leg, sdp, now)
            case OfferAnswered():
                assert call.take_answer(event.sdp)
            case Refused() | Ended() | Cancelled():
                call.move(CallState.ENDED, getattr(event, "why", type(event).__name__))

    async def until(self, is_so):
        async with asyncio.timeout(20):
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

    async def until_seen(self, kind):
        await self.until(lambda: any(isinstance(event, kind) for event in self.seen))
        return next(event for event in self.seen if isinstance(event, kind))

    def call_phone(self, leg="leg-1", headers=(), with_offer=True):
        """Call phone 201 where it registered from."""
        [binding] = self.registrar.bindings("201", time.monotonic())
        return self.call_at(binding.source, leg, headers, with_offer, binding.contact)

    def call_at(self, address, leg="leg-1", headers=(), with_offer=True, target=None):
        audio = HandsetAudio("127.0.0.1", tone(1000))
        call = self.calls[leg] = PhoneCall(leg, False, "201", audio)
        self.order(
            "invite",
            leg,
            target or Uri.parse(f"sip:201@{DOMAIN}"),
            destination=address,
            from_=NameAddr("Alice", Uri.parse(f"sip:+3225550100@{DOMAIN}")),
            sdp=call.make_offer() if with_offer else None,
            headers=headers,
        )
        return call

    def order(self, what, *args, **kwargs):
        getattr(self.ua, what)(*args, now=time.monotonic(), **kwargs)
        self.shell.pump()


@asynccontextmanager
async def running_exchange(*transports, **kwargs):
    listen = tuple(Endpoint(each, "127.0.0.1", 0) for each in transports or ("udp",))
    exchange = Exchange(listen, **kwargs)
    exchange.addresses = await exchange.shell.start(listen)
    exchange.ua.listen_on(exchange.addresses)
    try:
        yield exchange
    finally:
        await exchange.shell.stop()
        for call in exchange.calls.values():
            call.audio.close()


__all__ = ["DOMAIN", "Exchange", "Ringing", "running_exchange"]
