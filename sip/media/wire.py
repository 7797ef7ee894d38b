"""The values of :mod:`sip.media.protocol` as lines of JSON, both ways. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final, cast

from sip.media.line import LineDown, LineSpec, LineUp
from sip.media.protocol import (
    AudioBack,
    AudioLost,
    BeepHeard,
    BusyToneHeard,
    ConversationHeard,
    DigitHeard,
    FaxHeard,
    FirstAudio,
    FromLeg,
    GreetingEnded,
    HumanSuspected,
    LegFailed,
    LegMeasured,
    LegSpec,
    MachineSuspected,
    MediaBack,
    MediaDied,
    MediaReport,
    Mix,
    PromptEnded,
    PromptMissing,
    Prompts,
    RecordingEnded,
    RecordingFailed,
    RecordingGap,
    RecordingSpec,
    RecordingStarted,
    Silence,
    Source,
    Then,
    Tone,
    WireEvent,
)
from sip.media.tones import TONE_NAMES, ToneName

MAX_LINE: Final = 65_536
"Octets; a longer line is not from us."


class ProtocolError(ValueError):
    """A line that the other side cannot have meant. The line is ignored, and counted."""


_EVENTS: Final = {
    cls.__name__: cls
    for cls in (
        DigitHeard,
        PromptEnded,
        PromptMissing,
        FirstAudio,
        AudioLost,
        AudioBack,
        LegMeasured,
        LegFailed,
        LineUp,
        LineDown,
        MachineSuspected,
        HumanSuspected,
        GreetingEnded,
        ConversationHeard,
        BeepHeard,
        FaxHeard,
        BusyToneHeard,
        RecordingStarted,
        RecordingEnded,
        RecordingGap,
        RecordingFailed,
        MediaDied,
        MediaBack,
        MediaReport,
    )
}
_FIELDS: Final[dict[type, tuple[str, ...]]] = {
    cls: tuple(each.name for each in fields(cls))
    for cls in (*_EVENTS.values(), LegSpec, LineSpec, RecordingSpec)
}
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def to_line(message: Mapping[str, Any]) -> bytes:
    """Serialise one message."""
    return _encode(message).encode() + b"\n"


def from_line(line: bytes) -> dict[str, Any]:
    """Read one message.

    :raises ProtocolError: it is no JSON object.
    """
    try:
        message = json.loads(line.decode())  # octets are searched for UTF-16 and -32 first
    except (ValueError, RecursionError):
        raise ProtocolError("not a line of JSON") from None
    if not isinstance(message, dict):
        raise ProtocolError("not a JSON object")
    return message


def _plain(value: object) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}


def event_to_plain(event: WireEvent) -> dict[str, Any]:
    """Return an event as JSON values, with its name under `what`."""
    return {"what": type(event).__name__, **_plain(event)}


def event_from_plain(plain: Mapping[str, Any]) -> WireEvent | None:
    """Read an event back; `None` when its name is not known here (a newer process).

    :raises ProtocolError: its fields are not those of its name.
    """
    cls = _EVENTS.get(str(plain.get("what")))
    if cls is None:
        return None
    try:
        make = cast("Callable[..., WireEvent]", cls)
        return make(**{name: value for name, value in plain.items() if name != "what"})
    except TypeError as error:
        raise ProtocolError(str(error)) from None


def source_to_plain(source: Source) -> list[Any]:
    """Return a source as a list that starts with its kind."""
    match source:
        case Silence():
            return ["silence"]
        case Tone(name):
            return ["tone", name]
        case Prompts(names, language, then, number):
            return ["prompts", list(names), language, then, number]
        case FromLeg(leg_id):
            return ["leg", leg_id]
        case Mix(leg_ids):
            return ["mix", list(leg_ids)]


def source_from_plain(plain: Any) -> Source:
    """Read a source back.

    :raises ProtocolError: it is none.
    """
    match plain:
        case ["silence"]:
            return Silence()
        case ["tone", str(name)] if name in TONE_NAMES:
            return Tone(cast("ToneName", name))
        case ["leg", str(leg_id)]:
            return FromLeg(leg_id)
        case ["mix", list(leg_ids)] if all(isinstance(each, str) for each in leg_ids):
            return Mix(tuple(leg_ids))
        case ["prompts", list(names), str(language), str(then), int(number)] if (
            names
            and all(isinstance(name, str) for name in names)
            and then in ("silence", "ringback", "hold_music", "repeat")
        ):
            return Prompts(tuple(names), language, cast("Then", then), number)
    raise ProtocolError(f"no source: {plain!r}"[:200])


def leg_to_plain(spec: LegSpec) -> dict[str, Any]:
    """Return a leg's spec as JSON values."""
    return {**_plain(spec), "source": source_to_plain(spec.source)}


def leg_from_plain(plain: Mapping[str, Any]) -> LegSpec:
    """Read a leg's spec back.

    :raises ProtocolError: a field is missing, unknown or out of range.
    """
    try:
        values = dict(plain)
        remote = values.get("remote")
        if remote is not None:
            host, port = remote
            values["remote"] = (str(host), _number(port, 1, 65_535))
        values["also_from"] = tuple(str(host) for host in values.get("also_from", ()))
        values["source"] = source_from_plain(values.get("source"))
        line_id = values.get("line_id")
        if line_id is not None and not isinstance(line_id, str):
            raise ProtocolError("line_id is no text")
        _number(values["port"], 0 if line_id else 1, 65_535)
        for name in ("hears_keys_in_band", "is_screened", "is_covert"):
            if not isinstance(values.get(name, False), bool):
                raise ProtocolError(f"{name} is neither true nor false")
        if values.get("payload_type", 8) not in (0, 8):
            raise ProtocolError("payload_type is neither 0 nor 8")
        if values.get("dtmf_payload_type") is not None:
            _number(values["dtmf_payload_type"], 0, 127)
        return LegSpec(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"no leg: {error}"[:200]) from None


def _number(value: Any, low: int, high: int) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise ProtocolError(f"{value!r} is not a number from {low} to {high}")
    return value


def line_to_plain(spec: LineSpec) -> dict[str, Any]:
    """Return a line's spec as JSON values."""
    return _plain(spec)


def line_from_plain(plain: Mapping[str, Any]) -> LineSpec:
    """Read a line's spec back.

    :raises ProtocolError: a field is missing, unknown or of another type.
    """
    texts = {name: value for name, value in plain.items() if name != "port"}
    if not all(isinstance(value, str) for value in texts.values()):
        raise ProtocolError("no line: every field but the port is text")
    try:
        return LineSpec(port=_number(plain["port"], 1, 65_535), **texts)
    except (KeyError, TypeError) as error:
        raise ProtocolError(f"no line: {error}"[:200]) from None


def recording_to_plain(spec: RecordingSpec) -> dict[str, Any]:
    """Return a recording's spec as JSON values."""
    return _plain(spec)


def recording_from_plain(plain: Mapping[str, Any]) -> RecordingSpec:
    """Read a recording's spec back.

    :raises ProtocolError: a field is missing, unknown or no text.
    """
    if not all(isinstance(value, str) for value in plain.values()):
        raise ProtocolError("no recording: every field is text")
    try:
        return RecordingSpec(**plain)
    except TypeError as error:
        raise ProtocolError(f"no recording: {error}"[:200]) from None
