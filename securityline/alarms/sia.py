"""SIA event blocks (DC-03, as DC-09 carries them in SIA-DCS). Pure.

`#1234|Nri1/BA001/BA002`: new events, in area 1, burglary in zones 1 and 2. Real panels leave
out slashes, put words between carets and forget the account; all of that is read. Whatever
is not understood is kept for people.
"""

import re
from dataclasses import dataclass
from typing import Final

from securityline.alarms.codes import sia

_ACCOUNT: Final = re.compile(r"(?:#([0-9A-Za-z]{1,16}))?\|?")
_NEW_OR_OLD: Final = re.compile(r"[NO](?=[a-z]{2}|[A-Z]{2})")
_MODIFIER: Final = re.compile(
    r"(?P<name>[a-z]{2})(?P<value>[0-9A-Fa-f:,.-]+(?=/|$)|[0-9][0-9:,.-]*|)"
)
_EVENT: Final = re.compile(
    r"(?P<code>[A-Z]{2})(?P<number>[0-9][0-9A-Fa-f]*(?=[/^*|]|$)|[0-9]*)"
)
_CARETS: Final = re.compile(r"\^([^^]*)\^?")
_REST: Final = re.compile(r"[^/^]+|.", re.DOTALL)

MOST_EVENTS: Final = 64
"A block of 4 kB could carry a thousand; nobody sends more than a few."


@dataclass(frozen=True, slots=True)
class SiaEvent:
    """One event of a block."""

    code: str
    zone: str = ""
    user: str = ""
    area: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class SiaBlock:
    """All that one block says."""

    account: str
    events: tuple[SiaEvent, ...]
    is_old: bool = False
    "Reported before, or read from the panel's memory (`O` instead of `N`)."
    modifiers: tuple[tuple[str, str], ...] = ()
    "Other than area and user: `ti` and `da` (local time and date), `pi`, `va`, …"
    unread: str = ""


def parse(data: str) -> SiaBlock | None:
    """Read a block; `None` if it holds no event at all."""
    data = data.strip()
    head = _ACCOUNT.match(data)
    assert head is not None  # noqa: S101 - it matches the empty text
    reading = _Reading(data, head.end())
    reading.run()
    if not reading.events:
        return None
    return SiaBlock(
        (head[1] or "").upper(),
        tuple(reading.events),
        reading.is_old,
        tuple(reading.modifiers),
        " ".join(reading.unread),
    )


class _Reading:
    """Where the reading of one block stands: modifiers hold for the events behind them."""

    def __init__(self, data: str, position: int) -> None:
        self.data = data
        self.position = position
        self.events: list[SiaEvent] = []
        self.modifiers: list[tuple[str, str]] = []
        self.unread: list[str] = []
        self.is_old = False
        self._area = self._user = ""
        self._is_text = False  # what comes now, up to a slash, belongs to the last event

    def run(self) -> None:
        flag = _NEW_OR_OLD.match(self.data, self.position)
        if flag is not None:
            self.is_old = flag[0] == "O"
            self.position = flag.end()
        while self.position < len(self.data):
            if self.data[self.position] in "/|":
                self.position += 1
                self._is_text = False
            else:
                self._step()

    def _step(self) -> None:
        for pattern, take in (
            (_CARETS, self._take_text),
            (_MODIFIER, self._take_modifier),
            (_EVENT, self._take_event),
        ):
            if self._is_text and pattern is not _CARETS:
                continue
            found = pattern.match(self.data, self.position)
            if found is not None:
                self.position = found.end()
                take(found)
                return
        rest = _REST.match(self.data, self.position)
        assert rest is not None  # noqa: S101 - it matches any character
        self.position = rest.end()
        self._keep(rest[0])

    def _take_text(self, found: re.Match[str]) -> None:
        self._keep(found[1])

    def _take_modifier(self, found: re.Match[str]) -> None:
        name, value = found["name"], found["value"]
        if name == "ri":
            self._area = value
        elif name == "id":
            self._user = value
        else:
            self.modifiers.append((name, value))

    def _take_event(self, found: re.Match[str]) -> None:
        if len(self.events) >= MOST_EVENTS:
            self.unread.append(found[0])
            return
        code, number = found["code"], found["number"]
        counts = sia(code).counts
        self.events.append(
            SiaEvent(
                code,
                zone="" if counts in ("user", "area") else number,
                user=(number if counts == "user" else "") or self._user,
                area=(number if counts == "area" else "") or self._area,
            )
        )
        self._is_text = True

    def _keep(self, text: str) -> None:
        """Keep free words with the event before them, else with what nobody understands."""
        words = " ".join(text.strip(" *'\"").split())
        if not words:
            return
        if not self.events:
            self.unread.append(words)
            return
        last = self.events[-1]
        together = f"{last.text} {words}".strip()
        self.events[-1] = SiaEvent(last.code, last.zone, last.user, last.area, together)
