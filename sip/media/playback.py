"""What a leg hears when it hears no other leg: frames of 20 ms of A-law. Pure."""

from collections.abc import Callable
from typing import Final, Protocol

from sip.media.g711 import ALAW_SILENCE
from sip.media.protocol import PromptEnded, PromptMissing, Prompts, Silence, Tone
from sip.media.tones import FRAME, ONCE, RATE, tone

SILENT_FRAME: Final = ALAW_SILENCE * FRAME
REPEAT_PAUSE: Final = ALAW_SILENCE * (2 * RATE)
"Between two rounds of a repeated prompt."

PromptLoader = Callable[[str, str], bytes | None]
"Name and language to A-law; `None` when there is no such prompt in any language."
PlayerEvent = PromptEnded | PromptMissing


class Player(Protocol):
    """Something that plays."""

    def next_frame(self) -> bytes:
        """Return the next 160 octets."""

    def take_events(self) -> list[PlayerEvent]:
        """Return what happened since the last time."""

    def cut(self) -> None:
        """Stop: something else is to be heard."""


class LoopPlayer:
    """Plays one loop for ever, or once before silence."""

    __slots__ = ("_loop", "_next", "_position")

    def __init__(self, loop: bytes, *, is_once: bool = False) -> None:
        self._loop = loop
        self._next = SILENT_FRAME if is_once else loop
        self._position = 0

    def next_frame(self) -> bytes:
        """Return the next 160 octets."""
        start = self._position
        end = start + FRAME
        frame = self._loop[start:end]
        if end < len(self._loop):
            self._position = end
        else:
            self._loop, self._position = self._next, 0
        return frame

    def take_events(self) -> list[PlayerEvent]:
        """Return nothing: a loop has no end."""
        return []

    def cut(self) -> None:
        """Do nothing: a loop has no end."""


class PromptPlayer:
    """Plays prompts in order, then what follows them.

    A missing prompt is replaced by an attention tone: a caller never meets dead silence.
    Ends are told in the first round only; repeating is waiting, not news.
    """

    __slots__ = (
        "_after",
        "_audio",
        "_events",
        "_index",
        "_is_first_round",
        "_leg_id",
        "_load",
        "_missing",
        "_position",
        "_prompts",
    )

    def __init__(self, leg_id: str, prompts: Prompts, load: PromptLoader) -> None:
        self._leg_id = leg_id
        self._prompts = prompts
        self._load = load
        self._index = -1
        self._audio = b""
        self._position = 0
        self._missing = False
        self._is_first_round = True
        self._events: list[PlayerEvent] = []
        self._after: LoopPlayer | None = None
        self._start_next()

    def next_frame(self) -> bytes:
        """Return the next 160 octets."""
        if self._after is not None:
            return self._after.next_frame()
        frame = self._audio[self._position : self._position + FRAME]
        self._position += FRAME
        if self._position >= len(self._audio):
            self._end(is_complete=True)
            self._start_next()
        return frame if len(frame) == FRAME else frame.ljust(FRAME, ALAW_SILENCE)

    def take_events(self) -> list[PlayerEvent]:
        """Return what happened since the last time."""
        if not self._events:
            return []
        events, self._events = self._events, []
        return events

    def cut(self) -> None:
        """Stop in the middle."""
        if self._after is None:
            self._end(is_complete=False)
            self._after = LoopPlayer(SILENT_FRAME)

    def _start_next(self) -> None:
        self._index += 1
        self._position = 0
        names = self._prompts.names
        if self._index >= len(names):
            self._follow_up()
            return
        name = names[self._index]
        audio = self._load(name, self._prompts.language)
        self._missing = not audio
        if audio:
            self._audio = audio
            return
        self._audio = tone("attention")
        if self._is_first_round:
            self._events.append(PromptMissing(self._leg_id, name))

    def _follow_up(self) -> None:
        match self._prompts.then:
            case "repeat" if self._index == len(self._prompts.names):
                self._is_first_round = False
                self._audio = REPEAT_PAUSE
            case "repeat":
                self._index = -1
                self._start_next()
            case "ringback" | "hold_music" as name:
                self._after = LoopPlayer(tone(name))
            case _:
                self._after = LoopPlayer(SILENT_FRAME)

    def _end(self, *, is_complete: bool) -> None:
        if not self._is_first_round or not 0 <= self._index < len(self._prompts.names):
            return
        seconds = min(self._position, len(self._audio)) / RATE
        name = self._prompts.names[self._index]
        is_heard = is_complete and not self._missing
        self._events.append(PromptEnded(self._leg_id, name, seconds, is_heard))


def player_for(leg_id: str, source: Silence | Tone | Prompts, load: PromptLoader) -> Player:
    """Return what plays a source."""
    match source:
        case Tone(name):
            return LoopPlayer(tone(name), is_once=name in ONCE)
        case Prompts():
            return PromptPlayer(leg_id, source, load)
        case Silence():
            return LoopPlayer(SILENT_FRAME)
