"""Frames of SIA DC-09 (section 5.5): cut out of octets, checked, made. Pure.

`LF CRC 0LLL "id" … CR`: the CRC is CRC-16/ARC in four hexadecimal digits, the length three,
both over what stands from the first quote to before CR.
"""

import re
from typing import Final, NamedTuple

LONGEST: Final = 0xFFF
"Octets from the first quote to before CR: three hexadecimal digits say no more."

_POLYNOMIAL: Final = 0xA001


def _crc_row(octet: int) -> int:
    for _ in range(8):
        octet = (octet >> 1) ^ (_POLYNOMIAL if octet & 1 else 0)
    return octet


_CRC_TABLE: Final = tuple(_crc_row(octet) for octet in range(256))


def crc16(data: bytes) -> int:
    """Return CRC-16/ARC: reflected, from 0. `123456789` gives 0xBB3D."""
    crc, table = 0, _CRC_TABLE
    for octet in data:
        crc = (crc >> 8) ^ table[(crc ^ octet) & 0xFF]
    return crc


class Frame(NamedTuple):
    """What stood between LF and CR."""

    crc: int
    length: int
    body: bytes
    "From the first quote to before CR."
    is_binary_crc: bool = False
    "The CRC came as two octets instead of four digits: a habit of one maker (Lupusec)."

    @property
    def has_right_length(self) -> bool:
        """Whether the length it claims is the length it has."""
        return self.length == len(self.body) <= LONGEST

    @property
    def has_right_crc(self) -> bool:
        """Whether the octets are those that were sent."""
        return self.crc == crc16(self.body)


def to_octets(body: bytes, *, is_binary_crc: bool = False) -> bytes:
    """Return a whole frame around a body that begins with its quote.

    :raises ValueError: the body is longer than `LONGEST`.
    """
    if len(body) > LONGEST:
        raise ValueError(f"a DC-09 frame carries {LONGEST} octets, not {len(body)}")
    crc = crc16(body)
    crc_field = crc.to_bytes(2, "big") if is_binary_crc else b"%04X" % crc
    return b"\n%b%04X%b\r" % (crc_field, len(body), body)


_HEAD: Final = rb'\n(?:([0-9A-Fa-f]{4})|([\s\S]{2}))([0-9A-Fa-f]{4})"'
_HEAD_OR_END: Final = re.compile(_HEAD + rb"|\r")
_LONGEST_HEAD: Final = 10
_BINARY_HEAD: Final = 8
_CUT_HEAD: Final = re.compile(rb'\n[\s\S]{0,2}[0-9A-Fa-f]{0,4}"?')
"A head with a binary CRC, as far as it has come."


class Framer:
    """Collects octets as they arrive and gives back whole frames, joined or split as they be.

    A frame ends at its CR, not where its length says: a wrong length must not swallow the
    frame behind it. A new head inside a frame ends that too. Keeps at most one frame, looks
    at each octet a fixed number of times.
    """

    def __init__(self) -> None:
        self.cut = 0
        "Frames that had no end: another began, or they grew too long."
        self._buffer = bytearray()
        self._searched = 0
        self._head: Frame | None = None  # without its body
        self._body_at = 0

    @property
    def is_between_frames(self) -> bool:
        """Whether nothing of a further frame has come yet."""
        return self._head is None and not self._buffer

    def feed(self, data: bytes) -> list[Frame]:
        """Take what the socket gave; return the frames that are complete now, unchecked."""
        self._buffer += data
        buffer, frames = self._buffer, list[Frame]()
        while found := _HEAD_OR_END.search(buffer, self._searched):
            if found.group(3) is not None:
                self._begin(found)
            elif self._may_be_crc(found.start()):
                break
            elif self._head is not None:
                body = bytes(buffer[self._body_at : found.start()])
                frames.append(self._head._replace(body=body))
                self._head = None
            self._searched = found.end()
        self._tidy()
        return frames

    def _begin(self, found: re.Match[bytes]) -> None:
        if self._head is not None:
            self.cut += 1
        text, octets, length = found.groups()
        crc = int(text, 16) if text is not None else int.from_bytes(octets, "big")
        self._head = Frame(crc, int(length, 16), b"", is_binary_crc=text is None)
        self._body_at = found.end() - 1

    def _may_be_crc(self, at: int) -> bool:
        """Say whether a CR may still turn out to be an octet of a binary CRC."""
        begin = self._buffer.rfind(b"\n", max(self._searched, at - 2), at)
        if begin < 0 or len(self._buffer) - begin >= _BINARY_HEAD:
            return False
        return _CUT_HEAD.fullmatch(self._buffer, begin) is not None

    def _tidy(self) -> None:
        """Drop what is done with; remember from where to search on."""
        buffer = self._buffer
        near_end = max(self._searched, len(buffer) - _LONGEST_HEAD + 1)
        head = buffer.find(b"\n", near_end)
        self._searched = len(buffer) if head < 0 else head
        if self._head is not None and self._searched - self._body_at > LONGEST:
            self._head = None
            self.cut += 1
        done = self._searched if self._head is None else self._body_at
        del buffer[:done]
        self._searched -= done
        self._body_at = 0
