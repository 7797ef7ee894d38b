"""A pretend carrier: employees' handsets on one side, the engine's trunk on the other.

It does what a carrier's switch does. Handsets register with it (digest, MD5); what they dial
goes to the engine as E.164 with an asserted identity, or withheld when they dial `*31*` first.
What the engine dials rings pretend telephones of this world, and nothing else: there is no way
out of here. Whoever dials an emergency number is refused, and it is remembered.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from client_directory.numbers import is_emergency_number, normalise, number_part
from securityline.simulation.relay import Progress, Relay
from sip.digest_server import DigestServer
from sip.endpoint import STRANGER, Endpoint, Peer
from sip.events import FaultFound, IncomingCall, SipEvent
from sip.outgoing import HeaderLines, format_address, format_host
from sip.registrar import Registrar
from sip.settings import UserAgentSettings
from sip.transport.shell import SipShell
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr

DOMAIN: Final = "carrier.example"
WITHHOLD: Final = "*31*"
"Dialled before a number to withhold one's own."
COUNTRY: Final = "BE"
_EXCHANGE: Final = "exchange"

FORBIDDEN, NOT_FOUND, INCOMPLETE = 403, 404, 484


class OutsideWorld(Exception):
    """The pretend carrier was to speak to an address that is not of this machine or network."""


@dataclass(frozen=True, slots=True)
class EmergencyAttempt:
    """Somebody dialled an emergency number. In a demo and in tests: a grave fault."""

    caller: str
    number: str


class Carrier:
    """One pretend carrier.

    :param listen: address of the trunk's peer in the engine's settings.
    :param exchange: where the engine takes calls.
    :param tell: told in a few words what a person at the switch would write down.
    :raises OutsideWorld: an address that could lead out of here.
    """

    def __init__(
        self,
        listen: Endpoint,
        exchange: Endpoint,
        *,
        tell: Callable[[str], None] | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> None:
        if not ip_address(listen.host).is_loopback:
            raise OutsideWorld(f"a pretend carrier lives on loopback, not on {listen.host}")
        if not ip_address(exchange.host).is_private:
            raise OutsideWorld(f"a pretend carrier does not call {exchange.host}")
        self.listen = listen
        self.exchange = exchange
        self.emergency_attempts: list[EmergencyAttempt] = []
        self._tell = tell or (lambda _words: None)
        self._on_progress = on_progress or (lambda _progress: None)
        self._passwords: dict[str, str] = {}
        self._telephones: dict[str, Endpoint] = {}
        secret = secrets.token_bytes(32)
        self._registrar = Registrar(
            DigestServer(DOMAIN, secret, self._ha1, algorithms=("MD5",)), secret
        )
        settings = UserAgentSettings(
            listen=(listen,),
            domain=DOMAIN,
            secret=secret,
            classify=self._classify,
            session_expires=None,
            switches_to_tcp=False,  # the engine knows us by our UDP port
        )
        self._ua = UserAgent(settings, self._registrar)
        self._shell = SipShell(self._ua, time.monotonic, self._take, is_known=self._is_known)
        self._relay = Relay(self._ua, time.monotonic, self._progress)

    async def start(self) -> None:
        """Take the trunk's address.

        :raises OSError: somebody else has it.
        """
        [self.listen] = await self._shell.start([self.listen])
        self._ua.listen_on([self.listen])

    async def stop(self) -> None:
        """Let go of it; calls that are up end unheard."""
        await self._shell.stop()

    # ------------------------------------------------------------ who has a telephone

    def subscribe(self, number: str) -> str:
        """Give a number to a handset; return the password it registers with.

        :param number: E.164; also its user name.
        """
        return self._passwords.setdefault(number, secrets.token_urlsafe(12))

    def connect(self, number: str, telephone: Endpoint) -> None:
        """Put a pretend telephone behind a number, for whoever calls it."""
        self._telephones[number] = telephone

    def drop(self, number: str) -> None:
        """Take that a handset has left the network: its calls end, also those that ring.

        Some handsets cannot give up while it rings (pyVoIP sends no CANCEL).
        """
        self._relay.drop(number)
        self._shell.pump()

    @property
    def calls(self) -> int:
        """How many calls are up or on their way."""
        return self._relay.calls

    # ------------------------------------------------------------ what happens

    def _take(self, event: SipEvent) -> None:
        if isinstance(event, IncomingCall):
            self._route(event)
        elif isinstance(event, FaultFound):
            self._tell(f"fault: {event.text}")
        else:
            self._relay.take(event)

    def _route(self, call: IncomingCall) -> None:
        dialled = unquote((call.request.uri.user or "").partition(";")[0])
        number = dialled.removeprefix(WITHHOLD)
        caller = call.peer.name
        e164 = normalise(number, COUNTRY)
        if is_emergency_number(number, COUNTRY) or (
            e164 is not None and is_emergency_number(e164, COUNTRY)
        ):
            self._refuse_emergency(call, caller, number)
        elif (known := e164 or number) in self._telephones:
            self._ring_telephone(call, caller, known)
        elif caller == _EXCHANGE:
            self._tell(f"{number}: there is no such telephone in this pretend world")
            self._refuse(call, number, NOT_FOUND)
        elif number_part(number):
            self._ring_exchange(call, caller, e164 or number, dialled.startswith(WITHHOLD))
        else:
            self._tell(f"{caller} dialled {dialled!r}, which is no number")
            self._refuse(call, number, INCOMPLETE)

    def _refuse(self, call: IncomingCall, number: str, status: int) -> None:
        self._ua.refuse(call.leg, status, time.monotonic())
        self._on_progress(Progress(call.peer.name, number, "refused", str(status)))

    def _refuse_emergency(self, call: IncomingCall, caller: str, number: str) -> None:
        self.emergency_attempts.append(EmergencyAttempt(caller, number))
        self._tell(f"!!! {caller} DIALLED THE EMERGENCY NUMBER {number}: REFUSED !!!")
        self._refuse(call, number, FORBIDDEN)

    def _ring_telephone(self, call: IncomingCall, caller: str, number: str) -> None:
        telephone = self._telephones[number]
        self._tell(f"the engine calls {number}" if caller == _EXCHANGE else f"{caller} calls")
        self._relay.connect(
            call.leg,
            call.offer,
            Uri.parse(f"sip:{number}@{format_address(telephone)}"),
            telephone,
            caller=caller,
            from_=call.request.from_,
        )

    def _ring_exchange(
        self, call: IncomingCall, caller: str, number: str, is_withheld: bool
    ) -> None:
        shown = f"{caller} (withheld)" if is_withheld else caller
        self._tell(f"{shown} calls {number}")
        identity = f"<sip:{caller}@{DOMAIN};user=phone>"
        headers: HeaderLines = (("P-Asserted-Identity", identity),)
        from_ = NameAddr.parse(identity)
        if is_withheld:
            # As within a trust domain: the number is passed on, with the duty to hide it.
            from_ = NameAddr.parse('"Anonymous" <sip:anonymous@anonymous.invalid>')
            headers = (*headers, ("Privacy", "id"))
        where = f"{format_host(self.exchange.host)}:{self.exchange.port}"
        self._relay.connect(
            call.leg,
            call.offer,
            Uri.parse(f"sip:{number}@{where};user=phone"),
            self.exchange,
            caller=caller,
            from_=from_,
            headers=headers,
        )

    def _progress(self, progress: Progress) -> None:
        if progress.what in ("refused", "ended"):
            who, how = progress.caller, progress.detail
            if who == _EXCHANGE:
                who, how = "the engine", how.replace("the caller", "the engine")
            self._tell(f"{who} and {progress.called}: {progress.what}, {how}")
        self._on_progress(progress)

    # ------------------------------------------------------------ who is who

    def _classify(self, source: Endpoint) -> Peer:
        if source == self.exchange:
            return Peer("trunk", _EXCHANGE)
        # A carrier knows its subscriber by the registration; pyVoIP cannot take a challenge
        # to its INVITE (it answers it in the same transaction).
        user = self._registrar.peer_of(source, time.monotonic())
        return Peer("trunk", user) if user is not None else STRANGER

    def _is_known(self, source: Endpoint) -> bool:
        return self._classify(source) is not STRANGER

    def _ha1(self, user: str, algorithm: str) -> str | None:
        password = self._passwords.get(user)
        if password is None or algorithm != "MD5":
            return None
        text = f"{user}:{DOMAIN}:{password}".encode()
        return md5(text, usedforsecurity=False).hexdigest()
