"""A softphone without a face: it registers, answers by itself, speaks a tone, records.

The demo's operators, keyholders and other telephones run on it, and tests do. It is our own
user agent at the far end of the wire; nothing in the engine knows it.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from securityline.simulation.behaviour import (
    Account,
    Behaviour,
    answer_after,
    caller_of,
    number_of,
)
from securityline.simulation.client_registration import ClientRegistration, RegistrationChanged
from securityline.simulation.handset_audio import HandsetAudio
from securityline.simulation.phone_call import CallState, PhoneCall
from securityline.simulation.phone_core import PhoneCore
from sip.endpoint import STRANGER, Endpoint, Peer
from sip.errors import SipError
from sip.events import (
    Acknowledged,
    Answered,
    Cancelled,
    DigitReceived,
    Ended,
    FaultFound,
    IncomingCall,
    OfferAnswered,
    Offered,
    Refused,
    SipEvent,
)
from sip.outgoing import HeaderLines, format_address
from sip.settings import Credentials, UserAgentSettings
from sip.transport.shell import SipShell
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr


class Softphone:
    """One telephone.

    :param exchange: who may call it, where it registers and calls out. Calls from any
        other host are not heard.
    :param listen: own address; port 0 takes a free one.
    :param account: `None`: it does not register.
    :param record_directory: where a WAV of each call is written when it ends.
    :param on_change: told of every change in a few words, for a log.
    :param expires: seconds to register for.
    """

    def __init__(
        self,
        exchange: Endpoint,
        *,
        listen: Endpoint,
        account: Account | None = None,
        behaviour: Behaviour | None = None,
        record_directory: Path | None = None,
        on_change: Callable[[str], None] | None = None,
        expires: float = 120.0,
    ) -> None:
        self._exchange = exchange
        self._account = account
        self._record_directory = record_directory
        self._on_change = on_change
        self._expires = expires
        self._core: PhoneCore | None = None
        self._shell: SipShell | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._live: dict[str, PhoneCall] = {}
        self._changed = asyncio.Event()
        self.behaviour = behaviour or Behaviour()
        "May be exchanged at any time; a call that rings keeps what it began with."
        self.address = listen
        "Where it listens, with the real port once started."
        self.calls: list[PhoneCall] = []
        "All calls, oldest first, those that ended included."

    @property
    def is_registered(self) -> bool:
        """Whether the exchange knows where we are."""
        registration = self._core.registration if self._core is not None else None
        return registration is not None and registration.is_registered

    async def start(self) -> None:
        """Bind, and register if there is an account.

        :raises OSError: the address is in use.
        """
        settings = UserAgentSettings(
            listen=(self.address,),
            domain=self._domain,
            secret=secrets.token_bytes(32),
            classify=self._classify,
        )
        core = self._core = PhoneCore(UserAgent(settings))
        shell = self._shell = SipShell(
            core, time.monotonic, self._receive, is_known=self._is_exchange
        )
        [self.address] = await shell.start([self.address])
        core.ua.listen_on([self.address])
        if self._account is not None and self._credentials is not None:
            where = format_address(self.address)
            parameter = ";transport=tcp" if self.address.transport == "tcp" else ""
            core.registration = ClientRegistration(
                self._credentials,
                self._exchange,
                contact=f"sip:{self._account.user}@{where}{parameter}",
                sent_by=where,
                expires=self._expires,
            )
            core.registration.start(time.monotonic())
            shell.pump()

    async def stop(self) -> None:
        """Hang up, unregister, close. A second call does nothing."""
        shell, core = self._shell, self._core
        if shell is None or core is None:
            return
        self._shell = None
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for call in list(self._live.values()):
            core.ua.hang_up(call.leg, time.monotonic())
        if core.registration is not None and core.registration.is_registered:
            core.registration.stop(time.monotonic())
        shell.pump()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self.until(lambda: not self.is_registered)
        await shell.stop()
        for call in list(self._live.values()):
            self._end(call, "local")

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until a change of a call or of the registration makes `is_so()` true."""
        while not is_so():
            self._changed.clear()
            await self._changed.wait()

    async def until_registered(self) -> None:
        """Wait for the registration, for as long as it takes."""
        await self.until(lambda: self.is_registered)

    async def until_called(self, count: int = 1) -> PhoneCall:
        """Wait until there have been `count` calls; return the last of them."""
        await self.until(lambda: len(self.calls) >= count)
        return self.calls[count - 1]

    # ------------------------------------------------------------ orders

    def call(self, target: str, headers: HeaderLines = ()) -> PhoneCall:
        """Call a number or a SIP URI by way of the exchange.

        :raises ParseError: it is no address.
        """
        uri = Uri.parse(target if ":" in target else f"sip:{target}@{self._domain}")
        call = self._take_up(secrets.token_hex(8), str(uri), is_incoming=False)
        user = self._account.user if self._account is not None else "anonymous"
        self._ua.invite(
            call.leg,
            uri,
            time.monotonic(),
            destination=self._exchange,
            from_=NameAddr("", Uri("sip", user, host=self._domain)),
            sdp=call.make_offer(),
            headers=headers,
            credentials=self._credentials,
        )
        self._pump()
        return call

    def answer(self, call: PhoneCall) -> None:
        """Pick up; nothing if it does not ring."""
        if not call.is_incoming or call.state is not CallState.RINGING or call.session:
            return
        try:
            sdp = call.make_offer() if call.offered is None else call.make_answer(call.offered)
        except SipError as error:
            self.refuse(call, error.status)
            return
        self._ua.answer(call.leg, sdp, time.monotonic())
        self._pump()

    def refuse(self, call: PhoneCall, status: int = 486) -> None:
        """Do not pick up, and say so."""
        if call.is_incoming and call.state is CallState.RINGING:
            self._ua.refuse(call.leg, status, time.monotonic())
            self._end(call, f"refused {status}")
            self._pump()

    def hang_up(self, call: PhoneCall) -> None:
        """End a call, whatever its state."""
        self._ua.hang_up(call.leg, time.monotonic())
        self._pump()

    def press_by_info(self, call: PhoneCall, digit: str) -> None:
        """Press a key of a phone that sends it in the signalling (INFO, dtmf-relay)."""
        self._ua.send_info_digit(call.leg, digit, time.monotonic(), 120)
        self._pump()

    def hold(self, call: PhoneCall, *, is_held: bool = True) -> None:
        """Stop listening to the other side (we go on to be heard), or resume."""
        call.is_held_by_us = is_held
        self._ua.offer(call.leg, call.make_offer(), time.monotonic())
        self._pump()

    # ------------------------------------------------------------ what happens

    def _receive(self, event: SipEvent) -> None:
        if isinstance(event, IncomingCall):
            self._ring(event)
        elif isinstance(event, RegistrationChanged):
            state = "registered" if event.is_registered else "not registered"
            self._tell(f"{state} ({event.status or 'no answer'})")
        elif isinstance(event, FaultFound):
            self._tell(f"fault: {event.text}")
        else:
            call = self._live.get(getattr(event, "leg", ""))
            if call is not None:
                self._follow(call, event)

    def _follow(self, call: PhoneCall, event: SipEvent) -> None:
        now = time.monotonic()
        match event:
            case Answered():
                is_agreed = call.take_answer(event.sdp)
                self._ua.acknowledge(call.leg, now)
                if is_agreed:
                    self._talk(call)
                else:
                    self._ua.hang_up(call.leg, now)
            case Acknowledged():
                if event.sdp is None or call.take_answer(event.sdp):
                    self._talk(call)
                else:
                    self._ua.hang_up(call.leg, now)
            case Offered():
                self._change(call, event.sdp)
            case OfferAnswered():
                call.take_answer(event.sdp)
                self._tell(f"{call.other}: changed")
            case DigitReceived():
                call.audio.digits += event.digit
            case Cancelled():
                self._end(call, "cancelled")
            case Refused():
                self._end(call, f"refused {event.status}")
            case Ended():
                self._end(call, event.why)

    def _ring(self, event: IncomingCall) -> None:
        call = self._take_up(event.leg, caller_of(event.request), is_incoming=True)
        call.offered, call.number = event.offer, number_of(event.request)
        does = self.behaviour
        if does.refuse_status is not None:
            status = does.refuse_status
            if does.answer_time is None:
                self.refuse(call, status)
            else:
                self._ua.ring(call.leg, time.monotonic())
                self._later(does.answer_time, lambda: self.refuse(call, status))
            return
        self._ua.ring(call.leg, time.monotonic())
        wait = answer_after(event.request) if does.obeys_answer_after else None
        wait = does.answer_time if wait is None else wait
        if wait is not None:
            self._later(wait, lambda: self.answer(call))

    def _talk(self, call: PhoneCall) -> None:
        call.move(CallState.TALKING)
        self._tell(f"{call.other}: talking")
        does = self.behaviour
        for press in does.presses:
            self._later(press.at, partial(call.audio.press, press.keys))
        if does.hang_up_time is not None:
            self._later(does.hang_up_time, lambda: self.hang_up(call))

    def _change(self, call: PhoneCall, offered: bytes | None) -> None:
        now = time.monotonic()
        try:
            sdp = call.make_offer() if offered is None else call.make_answer(offered)
        except SipError as error:
            self._ua.refuse_offer(call.leg, error.status, now)
        else:
            self._ua.accept_offer(call.leg, sdp, now)
            self._tell(f"{call.other}: {'on hold' if call.is_on_hold else 'changed'}")

    def _take_up(self, leg: str, other: str, *, is_incoming: bool) -> PhoneCall:
        does = self.behaviour
        audio = HandsetAudio(self.address.host, does.speech, is_said_once=does.is_said_once)
        call = PhoneCall(leg, is_incoming, other, audio)
        self._live[leg] = call
        self.calls.append(call)
        self._tell(f"{other}: {'rings' if is_incoming else 'called'}")
        return call

    def _end(self, call: PhoneCall, why: str) -> None:
        if self._live.pop(call.leg, None) is None:
            return
        call.move(CallState.ENDED, why)
        if self._record_directory is not None and call.audio.packets_heard:
            self._record_directory.mkdir(parents=True, exist_ok=True)
            number = self.calls.index(call) + 1
            name = self._account.file_name if self._account is not None else "phone"
            call.audio.write_wav(self._record_directory / f"{name}-{number}.wav")
        self._tell(f"{call.other}: ended, {why}")

    # ------------------------------------------------------------ inside

    @property
    def _domain(self) -> str:
        return self._account.domain if self._account is not None else self.address.host

    @property
    def _credentials(self) -> Credentials | None:
        account = self._account
        if account is None:
            return None
        return Credentials(account.user, account.password, account.domain)

    @property
    def _ua(self) -> UserAgent:
        if self._core is None:
            raise RuntimeError("the phone is not switched on: await start() first")
        return self._core.ua

    def _is_exchange(self, remote: Endpoint) -> bool:
        return remote.host == self._exchange.host

    def _classify(self, source: Endpoint) -> Peer:
        return Peer("trunk", "exchange") if self._is_exchange(source) else STRANGER

    def _pump(self) -> None:
        if self._shell is not None:
            self._shell.pump()

    def _tell(self, what: str) -> None:
        self._changed.set()
        if self._on_change is not None:
            self._on_change(what)

    def _later(self, delay: float, action: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(handle)
            action()

        handle = asyncio.get_running_loop().call_later(delay, run)
        self._timers.add(handle)
