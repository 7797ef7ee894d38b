"""What a pretend phone is and does by itself."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from securityline.simulation.handset_audio import tone
from sip.message import ParseError, Request

DEFAULT_TONE: Final = 440.0  # Hz


@dataclass(frozen=True, slots=True)
class Account:
    """Who the phone is."""

    user: str
    password: str = field(repr=False)
    domain: str
    "Realm and host of the address of record."

    @property
    def file_name(self) -> str:
        """The user as he may stand in the name of a file."""
        return "".join(each if each.isalnum() else "_" for each in self.user)[:40]


class Press(NamedTuple):
    """Keys that are pressed one after the other."""

    at: float
    "Seconds from the answer."
    keys: str


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the phone does by itself. Times in seconds; `None`: never."""

    answer_time: float | None = 3.0
    "From the first ring."
    obeys_answer_after: bool = True
    "Answer as soon as `Call-Info: …;answer-after=N` asks, as a desk's button does."
    refuse_status: int | None = None
    "Refuse with this status instead of answering: after `answer_time`, without one at once."
    hang_up_time: float | None = None
    "From the answer."
    presses: tuple[Press, ...] = ()
    "Keys that it presses after the answer."
    speech: bytes = field(default_factory=lambda: tone(DEFAULT_TONE), repr=False)
    "16-bit PCM at 8 kHz, repeated."
    is_said_once: bool = False
    "Silence follows the speech, as behind the beep of an answering machine."


def caller_of(request: Request) -> str:
    """Return what the message shows of the caller."""
    try:
        return request.from_.display_name or request.from_.uri.user or "anonymous"
    except ParseError:
        return "anonymous"


def number_of(request: Request) -> str:
    """Return the number that the message shows, which may be called back; empty: none."""
    try:
        return request.from_.uri.user or ""
    except ParseError:
        return ""


def answer_after(request: Request) -> float | None:
    """Return the seconds of `Call-Info: <…>;answer-after=0`, if there is such a thing."""
    for value in request.headers.values("Call-Info"):
        for parameter in value.lower().split(";")[1:]:
            name, _, seconds = parameter.strip().partition("=")
            if name.strip() == "answer-after" and seconds.strip().isdigit():
                return float(seconds.strip()[:4])
    return None
