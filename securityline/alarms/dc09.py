"""SIA DC-09 (2007 to 2026): what a frame says, and what is answered to it. Pure.

ACK repeats the sequence, encrypted if the frame was; DUH: understood, but we cannot do it;
NAK: the timestamp is out of its window, with our time, never encrypted; a wrong CRC or length
gets no answer. ACK and DUH leave only when the signals are stored, or refused.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from securityline.alarms import dc09_crypto as crypto
from securityline.alarms.dc09_content import Content, Header, read_content, read_header
from securityline.alarms.dc09_content import timestamp as _timestamp
from securityline.alarms.dc09_frame import Frame, to_octets
from securityline.alarms.dc09_signals import TOKENS, blank, signals_of, unreadable
from securityline.alarms.signal import Signal

EARLIEST: Final = timedelta(seconds=-40)
LATEST: Final = timedelta(seconds=20)
"How far a timestamp may be from our time: a replayed frame is older."
REPLIES: Final = frozenset({"ACK", "NAK", "DUH"})


class Outcome(StrEnum):
    """What became of the signals of a frame."""

    STORED = "stored"
    "On the disk: whatever happens now, they are not lost."
    REFUSED = "refused"
    """We never can take them; the panel may try another receiver. Our own store never says so:
    broken or slow it is silent, so that the panel repeats, and may have them a second later."""


class Fault(StrEnum):
    """Why a frame was not taken."""

    LENGTH = "length"
    CRC = "crc"
    BINARY_CRC = "binary_crc"
    "Right, but its account is not marked as one that sends binary CRCs."
    HEADER = "header"
    CLOCK = "clock"
    "Timestamp outside the window, or missing in an encrypted frame; NAK."
    REPLY = "reply"
    "An answer, though we have asked nothing."
    KEY = "key"
    "Encrypted, and we have no key or another; taken as unreadable, DUH."
    TOKEN = "token"  # noqa: S105 - no secret: the name of a format
    "A format the standard does not know; taken as unreadable, DUH."
    DATA = "data"
    "A format we know, with data that do not fit it; taken as unreadable, DUH."


@dataclass(frozen=True, slots=True)
class Settings:
    """What we agreed with the panels. Accounts are in upper case."""

    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    "AES key by account: 16, 24 or 32 octets."
    default_key: bytes | None = field(default=None, repr=False)
    "For accounts that are not in `keys`."
    binary_crc_accounts: frozenset[str] = frozenset()
    unchecked_clock_accounts: frozenset[str] = frozenset()
    "Panels whose clock nobody can set: their frames are taken at any time, also replayed."

    def __post_init__(self) -> None:
        """Refuse a key that cannot be one.

        :raises ValueError: it has not 16, 24 or 32 octets; names the account.
        """
        keys = {**self.keys, "(default)": self.default_key or bytes(16)}
        wrong = [name for name, key in keys.items() if len(key) not in crypto.KEY_LENGTHS]
        if wrong:
            raise ValueError(f"not an AES key: account {', '.join(sorted(wrong))}")

    def key_of(self, account: str) -> bytes | None:
        """Return the key of an account."""
        return self.keys.get(account.upper(), self.default_key)


@dataclass(frozen=True, slots=True)
class Received:
    """What a frame said."""

    signals: tuple[Signal, ...] = ()
    "To be stored before `answer` may be sent."
    fault: Fault | None = None
    account: str = ""
    immediate: bytes = b""
    "To be sent at once; empty: nothing."
    _header: Header | None = None
    _key: bytes | None = field(default=None, repr=False)
    _is_binary_crc: bool = False

    def answer(self, outcome: Outcome, now: datetime) -> bytes:
        """Return what to send when the signals are stored, or refused.

        :param now: aware.
        :raises ValueError: the frame had no signals: nothing may be answered to it.
        """
        if self._header is None:
            raise ValueError("nothing was received that may be answered")
        is_taken = outcome is Outcome.STORED and self.fault is None
        token = "ACK" if is_taken else "DUH"
        body = _reply(token, self._header, self.account, self._key, now)
        return to_octets(body, is_binary_crc=self._is_binary_crc)


def receive(
    frame: Frame, now: datetime, settings: Settings, *, path: str = "dc09", peer: str = ""
) -> Received:
    """Read a frame.

    :param now: aware.
    :param path: for the signals: `dc09:tcp` or `dc09:udp`.
    :param peer: address it came from, for people who look for an unknown account.
    """
    if not frame.has_right_length:
        return Received(fault=Fault.LENGTH)
    if not frame.has_right_crc:
        return Received(fault=Fault.CRC)
    header = read_header(frame.body)
    if header is None:
        return Received(fault=Fault.HEADER)
    if header.token in REPLIES:
        return Received(fault=Fault.REPLY, account=header.account.upper())
    return _Reading(frame, header, now, settings, path, peer).result()


@dataclass(slots=True)
class _Reading:
    """The reading of one frame that is whole."""

    frame: Frame
    header: Header
    now: datetime
    settings: Settings
    path: str
    peer: str

    def result(self) -> Received:
        header = self.header
        account = header.account.upper()
        key = self.settings.key_of(account)
        if not header.is_encrypted:
            content, fault = read_content(header.content), Fault.DATA
        else:
            clear = crypto.decrypt(header.content, key) if key is not None else None
            content, fault = read_content(clear) if clear is not None else None, Fault.KEY
        if not account and content is not None:
            account = _account_in(content)
        if self.frame.is_binary_crc and account not in self.settings.binary_crc_accounts:
            return Received(fault=Fault.BINARY_CRC, account=account)
        if content is None:
            return self._unreadable(account, fault)
        if self._is_out_of_time(account, content):
            reply = f'"NAK"0000R0L0A0[]{_timestamp(self.now)}'.encode()
            octets = to_octets(reply, is_binary_crc=self.frame.is_binary_crc)
            return Received(fault=Fault.CLOCK, account=account, immediate=octets)
        return self._read(account, content, key)

    def _read(self, account: str, content: Content, key: bytes | None) -> Received:
        token = self.header.token
        used = key if self.header.is_encrypted else None
        if token not in TOKENS:
            return self._unreadable(account, Fault.TOKEN, used, content)
        signals = signals_of(token, content, self._blank(account, content, used))
        if not signals:
            return self._unreadable(account, Fault.DATA, used, content)
        return self._received(signals, account, None, used)

    def _unreadable(
        self,
        account: str,
        fault: Fault,
        used: bytes | None = None,
        content: Content | None = None,
    ) -> Received:
        base = self._blank(account, content, used)
        signal = unreadable(self.header, content, base, fault)
        return self._received((signal,), account, fault, used)

    def _received(
        self,
        signals: tuple[Signal, ...],
        account: str,
        fault: Fault | None,
        used: bytes | None,
    ) -> Received:
        is_binary = self.frame.is_binary_crc
        return Received(signals, fault, account, b"", self.header, used, is_binary)

    def _blank(self, account: str, content: Content | None, used: bytes | None) -> Signal:
        base = blank(
            self.header, content, account, self._source_id(account, content), self.path
        )
        if used is not None:
            encryption = f"aes-{len(used) * 8}"
        elif self.header.is_encrypted:
            encryption = "unknown"
        elif self.settings.key_of(account) is not None:
            encryption = "none, though a key is agreed"
        else:
            encryption = "none"
        marks = {"encryption": encryption} | ({"peer": self.peer} if self.peer else {})
        return replace(base, extra={**base.extra, **marks})

    def _is_out_of_time(self, account: str, content: Content) -> bool:
        if account in self.settings.unchecked_clock_accounts:
            return False
        if content.timestamp is None:
            return self.header.is_encrypted
        return not EARLIEST <= content.timestamp - self.now <= LATEST

    def _source_id(self, account: str, content: Content | None) -> str:
        """Name the frame: the same for a repeat, whose timestamp and padding are new."""
        header = self.header
        said = [header.token, header.receiver or "", header.line_prefix or ""]
        said += [repr(header.content)] if content is None else [content.data, *content.extended]
        digest = hashlib.sha256("\n".join(said).encode("utf-8", "replace")).hexdigest()
        return f"{account}-{header.sequence}-{digest[:16]}"


def _account_in(content: Content) -> str:
    """Return the account that stands only in the data, as some panels have it."""
    data = content.data.removeprefix("|")
    account = data[1:].partition("|")[0] if data.startswith("#") else ""
    return account.upper() if account.isalnum() and len(account) <= 16 else ""


def _reply(token: str, header: Header, account: str, key: bytes | None, now: datetime) -> bytes:
    is_encrypted = token == "ACK" and key is not None  # noqa: S105
    star = "*" if is_encrypted else ""
    receiver = "" if header.receiver is None else f"R{header.receiver}"
    prefix = "L0" if header.line_prefix is None else f"L{header.line_prefix}"
    sender = header.account or account
    number = f"#{sender}" if sender else ""
    head = f'"{star}{token}"{header.sequence}{receiver}{prefix}{number}['.encode()
    if key is None or not is_encrypted:
        return head + b"]"
    return head + crypto.encrypt(f"]{_timestamp(now)}".encode(), key)
