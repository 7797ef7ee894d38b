"""What a code means to us: kind of incident, urgency, whether it may ever be held back. Pure.

The defaults of everybody; a client's directory may say otherwise. The tables are in
`contact_id_codes`, `sia_codes` and `scaip_codes`.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from securityline.alarms.contact_id_codes import CONTACT_ID
from securityline.alarms.scaip_codes import SCAIP_DEVICES, SCAIP_STATES
from securityline.alarms.sia_codes import SIA
from securityline.alarms.signal import HEARTBEAT, CodeFormat, Qualifier, Signal


class Kind(StrEnum):
    """Kinds of incident that signals make. A client may have more of his own."""

    INTRUSION = "intrusion"
    HOLDUP = "holdup"
    PANIC = "panic"
    DURESS = "duress"
    FIRE = "fire"
    "Also gas and carbon monoxide: the fire service comes for them."
    MEDICAL = "medical"
    LONE_WORKER = "lone_worker"
    EARLY_OPEN = "early_open"
    LATE_CLOSE = "late_close"
    CAMERA_OFFLINE = "camera_offline"
    TAMPER = "tamper"
    POWER = "power"
    COMMUNICATION = "communication"
    TECHNICAL = "technical"
    TEST = "test"
    OPEN_CLOSE = "open_close"
    "Somebody came or left in the normal way: for schedules, not for people."
    ACCESS = "access"
    BYPASS = "bypass"
    "Part of the protection is switched off."
    CANCEL = "cancel"
    "The site says that its alarm was a mistake."
    OTHER = "other"


_KINDS: Final = frozenset(map(str, Kind))
NEVER_SUPPRESSED: Final = frozenset(
    {Kind.PANIC, Kind.HOLDUP, Kind.DURESS, Kind.FIRE, Kind.MEDICAL}
)
UNKNOWN_URGENCY: Final = 2
"What we do not understand may be bad."

_KIND_URGENCIES: Final = {
    **dict.fromkeys((*NEVER_SUPPRESSED, Kind.LONE_WORKER), 1),
    **dict.fromkeys((Kind.TEST, Kind.OPEN_CLOSE), 4),
    **dict.fromkeys((Kind.POWER, Kind.TECHNICAL, Kind.ACCESS, Kind.BYPASS, Kind.CANCEL), 3),
}
_RESTORED: Final = frozenset(
    {"intrusion", "tamper", "technical", "power", "communication", "fire", "other"}
)
"Kinds that last until the panel says that they are over."
_RESTORED_URGENCY: Final = 3
_QUALIFIERS: Final[dict[str, Qualifier]] = {"1": "event", "3": "restore", "6": "status"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says."""

    kind: Kind
    urgency: int
    "1 life in danger, 2 urgent, 3 normal, 4 for information."
    words: str
    "English, short, for people; not translated."
    counts: str = "zone"
    "What its number is: `zone`, `user`, `area`, `door`, `device` or `none`."
    qualifier: Qualifier = "event"
    "What the code alone says; Contact ID says it beside the code."
    equivalent: str = ""
    "SIA code for Contact ID, qualifier and code for SIA (`3130`); empty: there is none."
    restore_equivalent: str = ""
    "SIA code of a Contact ID code with qualifier 3."
    is_known: bool = True
    has_restore: bool = False
    """The panel says when it is over. Of things and of fire alone: a button that somebody
    pressed for help is over when a person says so."""

    @property
    def is_never_suppressed(self) -> bool:
        """Whether no flood, no test mode and no hold window may keep it from an operator."""
        return self.kind in NEVER_SUPPRESSED

    @property
    def is_cancel(self) -> bool:
        """Whether the site takes its alarm back."""
        return self.kind is Kind.CANCEL


def contact_id(code: str) -> Meaning:
    """Return what three digits of Contact ID mean (as a new event)."""
    return _CONTACT_ID.get(code) or _unknown("Contact ID code", code)


def sia(code: str) -> Meaning:
    """Return what two letters of SIA mean."""
    return _SIA.get(code.upper()) or _unknown("SIA code", code)


def scaip(device: str, state: str = "") -> Meaning:
    """Return what a SCAIP device in a state means; no state is an alarm."""
    known = _SCAIP_DEVICES.get(device.zfill(4))
    meaning = known or _unknown("SCAIP device", device)
    if not state:
        return meaning
    found = _SCAIP_STATES.get(state.zfill(4))
    if found is None:
        words = f"{meaning.words}: unknown SCAIP state {_quoted(state)}"
        return replace(meaning, words=words, is_known=False)
    effect, urgency, words = found
    return _in_state(meaning, effect, urgency, f"{meaning.words}: {words}")


def kind(name: str) -> Meaning:
    """Return the meaning of a kind that the sender named himself."""
    if name == HEARTBEAT:
        return Meaning(Kind.TEST, 4, "heartbeat", counts="none")
    if name not in _KINDS:
        return _unknown("kind", name)
    meant = Kind(name)
    return Meaning(meant, _KIND_URGENCIES.get(meant, UNKNOWN_URGENCY), name.replace("_", " "))


def meaning_of(signal: Signal) -> Meaning:
    """Return what a signal's code means; a restore is nobody's danger any more."""
    meaning = _meaning(signal.code_format, signal.code, signal.extra.get("state", ""))
    if signal.qualifier != "restore" or meaning.qualifier == "restore":
        return meaning
    urgency = max(meaning.urgency, _RESTORED_URGENCY)
    return replace(meaning, qualifier="restore", urgency=urgency)


def _meaning(code_format: CodeFormat, code: str, state: str) -> Meaning:
    match code_format:
        case "contact_id":
            return contact_id(code)
        case "sia":
            return sia(code)
        case "scaip":
            return scaip(code, state)
        case "kind":
            return kind(code)


def _unknown(what: str, code: str) -> Meaning:
    words = f"unknown {what} {_quoted(code)}"
    return Meaning(Kind.OTHER, UNKNOWN_URGENCY, words, is_known=False)


def _quoted(code: str) -> str:
    return re.sub(r"[^0-9A-Za-z_.-]", "?", code[:32]) or "(none)"


def _in_state(meaning: Meaning, effect: str, urgency: int, words: str) -> Meaning:
    match effect:
        case "alarm":
            return replace(meaning, words=words)
        case "restore":
            calm = max(meaning.urgency, _RESTORED_URGENCY)
            return replace(meaning, words=words, urgency=calm, qualifier="restore")
        case "note":
            return replace(meaning, words=words, urgency=4, qualifier="status")
        case "cancel":
            return replace(meaning, words=words, kind=Kind.CANCEL, urgency=_RESTORED_URGENCY)
        case _:
            return replace(meaning, words=words, kind=Kind(effect), urgency=urgency)


# ---------------------------------------------------------------- the tables, read once


def _code(text: str) -> str:
    return "" if text == "-" else text


def _read_contact_id() -> dict[str, Meaning]:
    meanings = {}
    for line in CONTACT_ID.strip().splitlines():
        codes, name, urgency, counts, event, restore, words = line.split(None, 6)
        first, _, last = codes.partition("-")
        meaning = Meaning(
            Kind(name),
            int(urgency),
            words,
            counts,
            equivalent=_code(event),
            restore_equivalent=_code(restore),
            has_restore=name in _RESTORED and bool(_code(restore)),
        )
        for number in range(int(first), int(last or first) + 1):
            meanings[f"{number:03d}"] = meaning
    return meanings


def _read_sia() -> dict[str, Meaning]:
    meanings = {}
    rows = [line.split(None, 5) for line in SIA.strip().splitlines()]
    over = {other[1:] for _, _, _, _, other, _ in rows if other[0] == "3"} - {"---"}
    for code, name, urgency, counts, other, words in rows:
        meanings[code] = Meaning(
            Kind(name),
            int(urgency),
            words,
            counts,
            qualifier=_QUALIFIERS[other[0]],
            equivalent="" if other.endswith("---") else other,
            has_restore=name in _RESTORED and other[0] == "1" and other[1:] in over,
        )
    return meanings


def _read_devices() -> dict[str, Meaning]:
    rows = (line.split(None, 3) for line in SCAIP_DEVICES.strip().splitlines())
    return {
        code: Meaning(Kind(name), int(urgency), words, "none")
        for code, name, urgency, words in rows
    }


def _read_states() -> dict[str, tuple[str, int, str]]:
    states = {}
    for line in SCAIP_STATES.strip().splitlines():
        code, effect, rest = line.split(None, 2)
        if effect in _KINDS and effect != Kind.CANCEL:
            urgency, rest = rest.split(None, 1)
            states[code] = (effect, int(urgency), rest)
        else:
            states[code] = (effect, UNKNOWN_URGENCY, rest)
    return states


_CONTACT_ID: Final = _read_contact_id()
_SIA: Final = _read_sia()
_SCAIP_DEVICES: Final = _read_devices()
_SCAIP_STATES: Final = _read_states()
