"""What any door understood of an alarm, whatever protocol it came by. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

Source = Literal["http", "dc09", "scaip", "contact_id_call"]
CodeFormat = Literal["contact_id", "sia", "scaip", "kind"]
Qualifier = Literal["event", "restore", "status"]

HEARTBEAT: Final = "heartbeat"
"Code (of the format `kind`) of a signal that says no more than: I am alive."
UNREADABLE: Final = "unreadable"
"Code (of the format `kind`) of a signal that somebody must look at, since we cannot read it."

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return _NOTHING


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing a panel, a device or a program told us. A frame may carry several."""

    source: Source
    source_id: str
    """Key to know a repeat by, unique within the source for as long as its protocol may repeat
    itself: DC-09 counts to 9999 and starts again, so its keys mean something for 60 s only.
    """
    account: str
    "As the sender writes it, in upper case, leading zeros kept; empty if he did not say."
    code: str
    "In the alphabet of `code_format`; see `codes.meaning_of`."
    code_format: CodeFormat
    qualifier: Qualifier = "event"
    """`restore`: back to normal, or a closing. `status`: known before, still so, or an update
    of a case that is open.
    """
    receiver: str = ""
    "DC-09's R: which receiver of ours the panel believes to talk to."
    line_prefix: str = ""
    "DC-09's L: extends the account number; `0` where unused."
    zone: str = ""
    "Zone, point or device, as the sender writes it; empty: none, or all."
    area: str = ""
    "Area, partition or group; empty: none, or the whole site."
    user: str = ""
    "Number of the user at the panel."
    text: str = ""
    "Free words of the sender, for people to read: one line, no control characters."
    occurred_at: datetime | None = None
    "When it happened, by the sender's clock; aware. `None`: he did not say."
    location: str = ""
    "Where, in the sender's words."
    is_heartbeat: bool = False
    "It carries no event: the path works, that is all."
    session: str = ""
    "The sender's name for one alarm; what follows it carries the same. Empty: he has none."
    call_time: float | None = None
    "Seconds within which we promise to call whoever raised it; `None`: we do not."
    path: str = ""
    "Transmission path it came by, such as `dc09:tcp`: each is supervised by itself."
    extra: Mapping[str, str] = field(default_factory=_nothing, hash=False)
    """What else was said. Well-known keys: `position` (degrees `latitude,longitude`),
    `verification` (address of a picture or clip), `encryption` (`none`, `aes-128`, …),
    `reply_to` (see SCAIP), `unread` (the part that could not be read).
    """

    def __post_init__(self) -> None:
        """Refuse a moment without a time zone: our own mistake, not the sender's."""
        if self.occurred_at is not None and self.occurred_at.tzinfo is None:
            raise ValueError("occurred_at must be aware")


def one_line(text: str, longest: int = 500) -> str:
    """Return text that is safe to show and to log: on one line, printable, not too long."""
    kept = text[: longest * 2]
    clean = " ".join("".join(c if c.isprintable() else " " for c in kept).split())
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"
