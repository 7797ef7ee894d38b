"""SCAIP (SS 91100:2014): social alarms over SIP MESSAGE; requests in, answers out. Pure.

The answer is a new MESSAGE to the unit, not the body of the 200. A unit that is told to hold
sends again every 5 to 20 s; one whose alarm is accepted with a voice call waits up to 60 s
for it or places it itself.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from securityline.alarms import scaip_xml as xml
from securityline.alarms.signal import HEARTBEAT, CodeFormat, Qualifier, Signal, one_line

CONTENT_TYPES: Final = frozenset({"application/scaip+xml", "application/xml", "text/xml"})
"The first is right; the others are seen in the field."
HOLD_AGAIN: Final = (5, 20)
"Seconds after which a unit that was told to hold sends again: from, to."
CALL_BACK_MINUTES: Final = 5
"Within which a unit that asks to be called is told that we call."
VOICE_WITHIN: Final = 60
"Seconds within which the voice call begins that an answer promised."

_ROOTS: Final = frozenset({"mrq", "scaip"})
_REF: Final = re.compile(r"[0-9A-Za-z]{1,16}")
_CONTROLLER: Final = re.compile(r"[0-9]{1,32}")
_DEVICE: Final = re.compile(r"[0-9]{1,4}")
_OFFSET: Final = re.compile(r"([+-]\d\d)\Z")
_POSITION: Final = re.compile(
    r"\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,12})?)\s*"
)

# Names in a signal's `extra` of what has no place of its own.
_NAMES: Final = {
    "ver": "version",
    "sco": "system",
    "hbo": "heartbeat_option",
    "dco": "component",
    "dte": "device_text",
    "stc": "state",
    "stt": "state_text",
    "pri": "priority",
    "lco": "location_code",
    "lva": "location_value",
    "lge/geo": "geo",
    "lge/tim": "geo_time",
    "lge/gga": "geo_gga",
    "ico": "information_code",
    "ame": "more_to_come",
}
_PLACED: Final = frozenset(
    {"ref", "cid", "dty", "did", "mty", "cha", "crd", "lte", "ite", "lge"}
)


class Status(IntEnum):
    """`snu`, what the answer says."""

    OK = 0
    TOO_LONG = 1
    INVALID_FORMAT = 2
    WRONG_CONTENT = 3
    HOLD = 4
    NOT_TREATED = 5
    BUSY = 6
    MANDATORY_TAG_MISSING = 7
    REFERENCE_MISSING = 10
    UNDEFINED_ERROR = 99


class ScaipError(ValueError):
    """A request that cannot be taken; the sender is wrong, and is told so."""

    def __init__(self, status: Status, reason: str, ref: str = "") -> None:
        super().__init__(f"{status.name}: {reason}")
        self.status = status
        self.reason = reason
        "In words safe to send and to log."
        self.ref = ref
        "Reference to answer with, as far as it could be read."

    @property
    def answer(self) -> "Answer":
        """What to send to the unit."""
        return Answer(self.ref, self.status, text=self.reason)


@dataclass(frozen=True, slots=True)
class Request:
    """An `<mrq>`: what a unit says."""

    ref: str
    "Names the session: an update or a reset has the reference of its alarm."
    message_type: str
    "`ME` alarm, `RE` reset, `IN` information, `PI` heartbeat."
    controller: str
    "Account: number of the local unit and controller."
    device: str
    "Device type, four digits."
    device_id: str
    call_back: tuple[str, ...]
    "Where the unit can be called: `sip:…`, `gsm:+32…`; or `no-voice:`."
    is_call_back: bool
    "The unit asks to be called, instead of calling."
    others: tuple[xml.Element, ...]
    "All further elements, also unknown ones, in order."
    quirks: tuple[str, ...] = ()
    "What is not as the standard has it, and was understood all the same."

    def get(self, name: str) -> str:
        """Return the text of a further element; empty if it is not there."""
        return next((text for found, text in self.others if found == name), "")

    @property
    def is_heartbeat(self) -> bool:
        """Whether the unit only says that it is alive."""
        return self.message_type == "PI"

    @property
    def wants_voice(self) -> bool:
        """Whether somebody should speak with whoever pressed the button."""
        is_mute = any(where.startswith("no-voice") for where in self.call_back)
        return self.message_type == "ME" and not is_mute


@dataclass(frozen=True, slots=True)
class Answer:
    """An `<mrs>`: what we say."""

    ref: str
    status: Status = Status.OK
    text: str = ""
    media: int | None = None
    "`mre`: 0 no voice call, 1 duplex, 2 microphone only, 3 loudspeaker only."
    call_back: str = ""
    "`cre`: 01–60 minutes in which we call, 61 predefined receiver, 62 number in `transfer_to`."
    transfer_to: str = ""
    heartbeat_minutes: int | None = None
    "`hbi`: 1–1440."

    def __post_init__(self) -> None:
        """Refuse what no unit would understand: our own mistake."""
        minutes = self.heartbeat_minutes
        if minutes is not None and not 1 <= minutes <= 1440:
            raise ValueError("a heartbeat comes every 1 to 1440 minutes")
        if self.media not in (None, 0, 1, 2, 3):
            raise ValueError("mre is 0 to 3")
        if self.call_back and not re.fullmatch(r"0[1-9]|[1-5]\d|6[0-2]", self.call_back):
            raise ValueError("cre is 01 to 62")

    def to_xml(self) -> bytes:
        """Write it."""
        return xml.write(
            "mrs",
            (
                ("ref", self.ref),
                ("snu", str(int(self.status))),
                ("ste", one_line(self.text, 128)),
                ("mre", "" if self.media is None else str(self.media)),
                ("cre", self.call_back),
                ("tnu", self.transfer_to[:256]),
                ("hbi", str(self.heartbeat_minutes or "")),
            ),
        )


def accepted(
    request: Request,
    *,
    heartbeat_minutes: int | None = None,
    call_back_minutes: int = CALL_BACK_MINUTES,
) -> Answer:
    """Return the answer to a request that is stored.

    :param heartbeat_minutes: how often the unit shall report; told with a heartbeat's answer.
    :param call_back_minutes: 1–60, within which a unit that asks for it is called.
    """
    if request.is_heartbeat:
        return Answer(request.ref, heartbeat_minutes=heartbeat_minutes)
    if not request.wants_voice:
        return Answer(request.ref)
    call_back = f"{call_back_minutes:02d}" if _is_promised(request) else ""
    return Answer(request.ref, media=1, call_back=call_back)


def _is_promised(request: Request) -> bool:
    return request.wants_voice and request.is_call_back


def on_hold(request: Request) -> Answer:
    """Return the answer that has the unit send again in 5 to 20 s, and go on doing so."""
    return Answer(request.ref, Status.HOLD)


def refused(request: Request) -> Answer:
    """Return the answer that has the unit try another receiver: we cannot store it."""
    return Answer(request.ref, Status.NOT_TREATED)


def parse_request(body: bytes) -> Request:
    """Read an `<mrq>`.

    :raises ScaipError: with the status to answer. Only what nobody could work with is
        refused; optional elements that are wrong are kept as they are, for people to read.
    """
    root, elements = _elements(body)
    first = dict(reversed(elements))
    ref = first.get("ref", "")
    quirks = [] if root == "mrq" else [f"root {root}"]
    if root not in _ROOTS:
        raise ScaipError(Status.INVALID_FORMAT, "no mrq", ref if _REF.fullmatch(ref) else "")
    if not ref:
        raise ScaipError(Status.REFERENCE_MISSING, "ref is missing")
    if not _REF.fullmatch(ref):
        raise ScaipError(Status.WRONG_CONTENT, "ref is not 1 to 16 letters and digits")
    for name, pattern in (("cid", _CONTROLLER), ("dty", _DEVICE)):
        if not first.get(name):
            raise ScaipError(Status.MANDATORY_TAG_MISSING, f"{name} is missing", ref)
        if not pattern.fullmatch(first[name]):
            raise ScaipError(Status.WRONG_CONTENT, f"{name} is wrong", ref)
    message_type = first.get("mty", "").upper() or "ME"
    if message_type not in ("ME", "RE", "IN", "PI"):
        quirks.append(f"mty {one_line(message_type, 16)}")
        message_type = "ME"
    return Request(
        ref,
        message_type,
        first["cid"],
        first["dty"].zfill(4),
        one_line(first.get("did", ""), 64),
        tuple(one_line(text, 256) for name, text in elements if name == "crd" and text),
        first.get("cha", "") == "1",
        tuple((name, text) for name, text in elements if name not in _PLACED - {"lte", "ite"}),
        tuple(quirks),
    )


def parse_answer(body: bytes) -> Answer:
    """Read an `<mrs>`, as a unit would.

    :raises ScaipError: it is none.
    """
    root, elements = _elements(body)
    found = dict(reversed(elements))
    try:
        if root not in ("mrs", "scaip") or not found.get("ref"):
            raise ValueError
        return Answer(
            found["ref"],
            Status(int(found["snu"])),
            found.get("ste", ""),
            int(found["mre"]) if found.get("mre") else None,
            found.get("cre", ""),
            found.get("tnu", ""),
            int(found["hbi"]) if found.get("hbi") else None,
        )
    except (KeyError, ValueError):
        raise ScaipError(Status.INVALID_FORMAT, "no answer", found.get("ref", "")) from None


def signal_of(request: Request, peer: str = "") -> Signal:
    """Return what a request says.

    A unit on hold sends the same again: it has the same `source_id`. `extra["ref"]` names the
    session: `RE` and `IN` belong to the case that the alarm with this reference opened.

    :param peer: SIP address of the unit.
    """
    is_heartbeat = request.is_heartbeat
    code_format: CodeFormat = "kind" if is_heartbeat else "scaip"
    qualifiers: dict[str, Qualifier] = {"RE": "restore", "IN": "status"}
    words = [request.get("ite"), request.get("dte"), request.get("stt")]
    return Signal(
        "scaip",
        _source_id(request),
        request.controller,
        HEARTBEAT if is_heartbeat else request.device,
        code_format,
        qualifiers.get(request.message_type, "event"),
        zone=request.device_id,
        text=one_line("; ".join(filter(None, words))),
        occurred_at=_moment(request.get("lge/tim")),
        location=one_line(request.get("lte"), 64),
        is_heartbeat=is_heartbeat,
        session="" if is_heartbeat else request.ref,
        call_time=CALL_BACK_MINUTES * 60.0 if _is_promised(request) else None,
        path="scaip",
        extra=_extra(request, peer),
    )


def _elements(body: bytes) -> tuple[str, list[xml.Element]]:
    try:
        return xml.read(body)
    except xml.TooLong:
        raise ScaipError(Status.TOO_LONG, f"over {xml.LONGEST} octets") from None
    except xml.XmlError as fault:
        raise ScaipError(Status.INVALID_FORMAT, str(fault)) from None


def _source_id(request: Request) -> str:
    said = repr((request.device, request.device_id, request.call_back, request.others))
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    return f"{request.controller}-{request.ref}-{request.message_type}-{digest}"


def _extra(request: Request, peer: str) -> dict[str, str]:
    extra = {"ref": request.ref}
    for name, text in request.others:
        known = _NAMES.get(name)
        if known is None and name not in _PLACED:
            known = f"scaip_{one_line(name, 32)}"
        if known is not None and (text or name == "ame"):
            extra[known] = one_line(text or "yes")
    more = {
        "position": _position(request.get("lge/geo")),
        "reply_to": " ".join(request.call_back),
        "quirks": "; ".join(request.quirks),
        "peer": peer,
        "call_back": "asked for" if request.is_call_back else "",
    }
    return extra | {name: text for name, text in more.items() if text}


def _position(text: str) -> str:
    found = _POSITION.fullmatch(text)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return ""
    return f"{float(found[1]):.6f},{float(found[2]):.6f}"


def _moment(text: str) -> datetime | None:
    """Read ISO 8601 with its offset, which units shorten to hours; `None` without one."""
    try:
        moment = datetime.fromisoformat(_OFFSET.sub(r"\1:00", text.strip()))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
