"""From the content of a DC-09 frame to signals. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from securityline.alarms import contact_id, sia
from securityline.alarms.codes import sia as meaning_of_sia
from securityline.alarms.dc09_content import Content, Header, read_extended
from securityline.alarms.signal import HEARTBEAT, UNREADABLE, Signal, one_line

NULL_TOKENS: Final = frozenset({"NULL", "XNM"})
"Supervision: nothing happened, the path works."
CONTACT_ID: Final = "ADM-CID"
SIA: Final = "SIA-DCS"
_OF_THE_STANDARD: Final = (
    "ACR-SF ADM-41E ADM-42E ADM-CID ADM-HS DSC-43 FBI-SF ITI-I RSP SCN-S8 SCN-S16 SCN-S24 SCT"
    " SES-SS SIA-DCS SIA-PUL SIA-S2K SK-FSK1 SK-FSK2"
)
TOKENS: Final = NULL_TOKENS | frozenset(_OF_THE_STANDARD.split())
"""Formats of the standard. In all but four each installer chose the codes: an operator reads
them as they are.
"""
_LONGEST_EXCERPT: Final = 400


def blank(
    header: Header, content: Content | None, account: str, source_id: str, path: str
) -> Signal:
    """Return what every signal of a frame has in common; it has no code yet."""
    extended = read_extended(content.extended if content is not None else ())
    extra = dict(extended.others)
    if content is not None and content.unread:
        extra["unread"] = one_line(content.unread)
    return Signal(
        "dc09",
        source_id,
        account,
        UNREADABLE,
        "kind",
        receiver=header.receiver or "",
        line_prefix=header.line_prefix or "",
        text=extended.text,
        occurred_at=extended.occurred_at or (content.timestamp if content else None),
        location=extended.location,
        path=path,
        extra=extra,
    )


def signals_of(token: str, content: Content, base: Signal) -> tuple[Signal, ...]:
    """Return what a frame says; nothing if its data do not fit its format.

    :param token: one of `TOKENS`.
    """
    if token in NULL_TOKENS:
        return (replace(base, code=HEARTBEAT, is_heartbeat=True),)
    if token == CONTACT_ID:
        return _contact_id(content.data, base)
    if token == SIA:
        return _sia(content.data, base)
    return (replace(base, text=_together(base.text, f"{token}: {_excerpt(content.data)}")),)


def unreadable(header: Header, content: Content | None, base: Signal, why: str) -> Signal:
    """Return a signal that brings a frame we cannot read in front of an operator."""
    if content is not None:
        said = content.data
    else:
        said = "" if header.is_encrypted else header.content.decode("utf-8", "replace")
    words = f"{header.token} cannot be read ({why}): {_excerpt(said)}".removesuffix(": ")
    return replace(base, text=_together(base.text, words))


def _contact_id(data: str, base: Signal) -> tuple[Signal, ...]:
    event = contact_id.parse(data)
    if event is None:
        return ()
    signal = replace(
        base,
        code=event.code,
        code_format="contact_id",
        qualifier=event.qualifier,
        zone=event.zone,
        area=event.area,
        user=event.user,
        extra=_more(base, event.account, event.unread),
    )
    return (signal,)


def _sia(data: str, base: Signal) -> tuple[Signal, ...]:
    block = sia.parse(data)
    if block is None:
        return ()
    modifiers = {f"sia_{name}": one_line(value) for name, value in block.modifiers}
    extra = {**_more(base, block.account, block.unread), **modifiers}
    signals = []
    for index, event in enumerate(block.events, start=1):
        qualifier = meaning_of_sia(event.code).qualifier
        if block.is_old and qualifier == "event":
            qualifier = "status"
        signal = replace(
            base,
            source_id=f"{base.source_id}-{index}" if len(block.events) > 1 else base.source_id,
            code=event.code,
            code_format="sia",
            qualifier=qualifier,
            zone=_number(event.zone),
            area=_number(event.area),
            user=_number(event.user),
            text=_together(base.text, one_line(event.text)),
            extra=extra,
        )
        signals.append(signal)
    return tuple(signals)


def _more(base: Signal, account: str, unread: str) -> Mapping[str, str]:
    """Return `extra` with what the data say beside the event."""
    extra = dict(base.extra)
    if account not in ("", base.account):
        extra["inner_account"] = account
    if unread:
        extra["unread"] = _together(extra.get("unread", ""), one_line(unread))
    return extra


def _together(first: str, second: str) -> str:
    return f"{first}; {second}" if first and second else first or second


def _excerpt(text: str) -> str:
    return one_line(text.removeprefix("|"), _LONGEST_EXCERPT)


def _number(text: str) -> str:
    return text if text.strip("0") else ""
