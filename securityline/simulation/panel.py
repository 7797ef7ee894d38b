"""A pretend alarm panel's end of SIA DC-09: its frames, and the line on which it sends them.

It does what a panel does: says what time it thinks it is, waits for the acknowledgement of its
own sequence number, and can tell ACK, NAK and DUH apart.
"""

import asyncio
import socket
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Final, Self

from securityline.alarms import codes
from securityline.alarms import dc09_crypto as crypto
from securityline.alarms.dc09_content import read_content, read_header, timestamp
from securityline.alarms.dc09_frame import Framer, to_octets
from sip.endpoint import Endpoint

KINDS: Final = {
    "intrusion": "130",
    "holdup": "122",
    "panic": "120",
    "duress": "121",
    "fire": "111",
    "medical": "100",
    "tamper": "137",
    "power": "301",
    "communication": "350",
    "technical": "154",
    "test": "602",
    "cancel": "406",
}
"What a panel sends for a kind of incident: codes of Contact ID."


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAlarm:
    """One thing that a panel has to say."""

    account: str
    code: str
    "Three digits: Contact ID; two letters: SIA."
    zone: str = "1"
    area: str = "1"
    is_restore: bool = False
    text: str = ""

    @property
    def is_sia(self) -> bool:
        """Whether the code is one of SIA."""
        return not self.code.isdigit()

    @property
    def data(self) -> str:
        """What stands between the brackets, without the account.

        :raises ValueError: Contact ID has only digits for a zone and an area.
        """
        if self.is_sia:
            return f"Nri{self.area}/{self.code}{self.zone}"
        if not (self.zone.isdecimal() and len(self.zone) <= 3):
            raise ValueError(f"a zone of Contact ID is a number of three digits: {self.zone!r}")
        if not (self.area.isdecimal() and len(self.area) <= 2):
            raise ValueError(f"an area of Contact ID is a number of two digits: {self.area!r}")
        qualifier = 3 if self.is_restore else 1
        return f"{qualifier}{self.code} {self.area:>02} {self.zone:>03}"


def code_of(kind: str, *, is_sia: bool = False, is_restore: bool = False) -> str:
    """Return what a panel sends for a kind.

    :raises ValueError: no panel says such a thing.
    """
    code = KINDS.get(kind)
    if code is None:
        raise ValueError(f"no code for {kind!r}; there are {', '.join(KINDS)}")
    if not is_sia:
        return code
    meaning = codes.contact_id(code)
    found = meaning.restore_equivalent if is_restore else meaning.equivalent
    if not found or codes.sia(found).kind != kind:
        raise ValueError(f"SIA has no code for {kind!r}{' restored' if is_restore else ''}")
    return found


def restore_of(sia_code: str) -> str:
    """Return the SIA code that takes another one back.

    :raises ValueError: there is none.
    """
    equivalent = codes.sia(sia_code).equivalent[1:]
    found = codes.contact_id(equivalent).restore_equivalent if equivalent else ""
    if not found:
        raise ValueError(f"SIA has no code that takes {sia_code} back; give it yourself")
    return found


def frame_of(alarm: PanelAlarm, sequence: int, at: datetime, key: bytes | None) -> bytes:
    """Return the whole frame, encrypted when there is a key.

    :param at: what the panel's clock shows.
    :raises ValueError: this cannot be said in the alarm's format.
    """
    token = "SIA-DCS" if alarm.is_sia else "ADM-CID"
    said = f"#{alarm.account}|{alarm.data}]"
    said += f"[I{alarm.text}]" if alarm.text else ""
    said += timestamp(at)
    head = f'{token}"{sequence:04d}L0#{alarm.account}['
    if key is None:
        return to_octets(f'"{head}{said}'.encode())
    return to_octets(f'"*{head}'.encode() + crypto.encrypt(f"|{said}".encode(), key))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered."""

    token: str
    "`ACK`, `NAK` or `DUH`."
    its_time: datetime | None = None
    "The receiver's clock, in a NAK."
    is_readable: bool = True
    "Whether our key opens it, when it is encrypted."


class PanelLine:
    """A panel's way to one receiver, for the length of a block.

    :param patience: seconds to wait for an answer.
    :raises ValueError: the receiver is not of this machine or network.
    """

    def __init__(self, receiver: Endpoint, patience: float, key: bytes | None = None) -> None:
        if not ip_address(receiver.host).is_private:
            raise ValueError(f"a pretend panel does not report to {receiver.host}")
        self._receiver = receiver
        self._patience = patience
        self._key = key
        self._framer = Framer()
        self._socket: socket.socket | None = None

    async def __aenter__(self) -> Self:
        """Take the line; the connection is made when there is something to say."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        self._hang_up()

    async def ask(self, octets: bytes, sequence: int) -> Reply | None:
        """Send a frame and return what is answered to it; `None`: nothing, or no line."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._ask(octets, sequence)
        except (OSError, TimeoutError):
            self._hang_up()  # a panel begins anew when its line is dead
            return None

    async def _ask(self, octets: bytes, sequence: int) -> Reply | None:
        loop = asyncio.get_running_loop()
        line = self._socket or await self._dial()
        await loop.sock_sendall(line, octets)
        while True:
            data = await loop.sock_recv(line, 4096)
            if not data:
                raise ConnectionError("the receiver hung up")
            for frame in self._framer.feed(data):
                reply = self._read(frame.body, sequence) if frame.has_right_crc else None
                if reply is not None:
                    return reply

    async def _dial(self) -> socket.socket:
        is_tcp = self._receiver.transport == "tcp"
        family = socket.AF_INET6 if ":" in self._receiver.host else socket.AF_INET
        self._framer = Framer()
        self._socket = socket.socket(
            family, socket.SOCK_STREAM if is_tcp else socket.SOCK_DGRAM
        )
        self._socket.setblocking(False)
        where = (self._receiver.host, self._receiver.port)
        await asyncio.get_running_loop().sock_connect(self._socket, where)
        return self._socket

    def _read(self, body: bytes, sequence: int) -> Reply | None:
        header = read_header(body)
        if header is None:
            return None
        # A NAK has no number of its own (section 5.5.4): it is about what was just sent.
        if header.token != "NAK" and int(header.sequence) != sequence:  # noqa: S105
            return None  # an answer that comes late to what was sent before
        if header.is_encrypted:
            opened = self._key and crypto.decrypt(header.content, self._key)
            return Reply(header.token, is_readable=bool(opened))
        content = read_content(header.content)
        return Reply(header.token, content.timestamp if content else None)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
