"""One line of the main courante, and the chain that makes tampering visible.

Each line carries a hash over its own text and the hash of the line before it, so that
changing, removing or reordering a line breaks every hash after it. What a chain alone
cannot show is a tail cut off or a whole book written anew: for that, the latest hash is
signed and kept elsewhere (`securityline.logbook.anchor`).
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quote
from typing import Any, Final, Literal, NamedTuple

from securityline.json_text import json_writer

GENESIS: Final = "0" * 64
"Hash before the first line."

Kind = Literal["event", "fact", "command", "note"]
"""What a line is: an event that came in through a door (replayed after a restart), a fact
that a flow concluded, a command that was carried out, or a note by the engine itself."""

Line = tuple[str, str, str, Mapping[str, Any]]
"Kind, incident, name and data of a line that has no number yet."

_write: Final = json_writer(is_nan_allowed=False, default=str)
_write_ascii: Final = json_writer(is_ascii=True, default=str)


class Entry(NamedTuple):
    """One line of the logbook. A tuple, because a call makes two dozen of them."""

    seq: int
    "1, 2, 3, ... without gaps. It is also the id of the line on the operators' feed."
    at: datetime
    "Wall clock, UTC, whole milliseconds. For people."
    now: float
    "Engine time, seconds, as the flow saw it. For replay."
    incident_id: str
    "Empty when the line belongs to no incident."
    kind: str
    "One of `Kind`."
    what: str
    "Name of the event, fact or command, e.g. `CallOffered`."
    data: Mapping[str, Any]
    text: str
    "`data` as JSON, exactly as stored and hashed."
    previous: str
    "Hash of line `seq - 1`, 64 lowercase hex digits; `GENESIS` for the first line."
    hash: str
    "Hash of this line."
    is_saved: bool = True
    "False for a line that was acted upon before the store had it: NOT SAVED."


def canonical(data: Mapping[str, Any]) -> str:
    """Write the data of a line as the JSON text that is stored and hashed.

    Hostile values cannot stop a line: lone surrogates are escaped, numbers that JSON does
    not know (NaN, infinity) become `null`, absurdly long ones hexadecimal text.
    """
    try:
        text = _write(data)
    except ValueError:
        data = _plain(data)
        text = _write(data)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _write_ascii(data)
    return text


def storable(text: str) -> str:
    """Replace what UTF-8, and so the database, cannot hold: lone surrogates."""
    return text.encode(errors="replace").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and value.bit_length() > 64:
        return f"{value:#x}"
    return value


def hash_line(
    seq: int,
    at: str,
    now: float,
    incident_id: str,
    kind: str,
    what: str,
    text: str,
    previous: str,
) -> str:
    """Compute the hash of a line: SHA-256 over its JSON array form, lowercase hex.

    The form is `[seq,"at",now,"incident","kind","what",data,"previous"]`, strings escaped
    to ASCII, `data` the stored text as it stands, numbers as Python's `repr` writes them.
    """
    form = (
        f"[{seq},{quote(at)},{now!r},{quote(incident_id)},{quote(kind)},{quote(what)},"
        f'{text},"{previous}"]'
    )
    return sha256(form.encode()).hexdigest()


def write_time(at: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with milliseconds, `2026-01-31T03:00:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@lru_cache(1024)
def show_time(now: float | None) -> str | None:
    """Write an engine time as RFC 3339 in UTC with milliseconds."""
    return None if now is None else write_time(datetime.fromtimestamp(now, UTC))


def read_time(text: str) -> datetime:
    """Read what `write_time` wrote.

    :raises ValueError: the text is no such time.
    """
    return datetime.fromisoformat(text)


def chain(
    lines: Iterable[Line], *, seq: int, previous: str, at: datetime, now: float
) -> list[Entry]:
    """Give lines their numbers and link them to the chain.

    :param seq: number of the last line so far, 0 for an empty book.
    :param previous: hash of that line.
    """
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    moment = write_time(at)
    entries = []
    for kind, incident_id, what, data in lines:
        seq += 1
        if not incident_id.isascii():
            incident_id = storable(incident_id)
        text = canonical(data)
        hashed = hash_line(seq, moment, now, incident_id, kind, what, text, previous)
        entries.append(
            Entry(seq, at, now, incident_id, kind, what, data, text, previous, hashed)
        )
        previous = hashed
    return entries
