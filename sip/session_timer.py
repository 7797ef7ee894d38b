"""Session timers: proof at intervals that the far end still knows the call (RFC 4028)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from sip.calls import Call, SessionTerms
from sip.core import Core
from sip.errors import ParseError
from sip.fields import Message
from sip.grammar import find_parameter, parse_number, parse_parameters
from sip.message import Request, Response
from sip.outgoing import HeaderLines

_LONGEST: Final = 2**32 - 1
_MARGIN: Final = 32.0
"Seconds before expiry at which the side that waits for a refresh gives up (section 10)."


class Asked(NamedTuple):
    """What a Session-Expires header says."""

    interval: int
    "Seconds."
    refresher: str | None
    "`uac`, `uas` or `None`: the answering side chooses."


def read(message: Message) -> Asked | None:
    """Read Session-Expires.

    :raises ParseError: it is malformed.
    """
    value = message.headers.get("Session-Expires")
    if value is None:
        return None
    number, semicolon, parameters = value.partition(";")
    refresher = find_parameter(parse_parameters(semicolon + parameters), "refresher")
    if refresher is not None:
        refresher = refresher.lower()
    return Asked(parse_number(number.strip(" \t"), _LONGEST, "Session-Expires"), refresher)


def is_too_short(request: Request, minimum: float) -> bool:
    """Say whether to answer 422; only a side that knows the extension would understand it.

    :raises ParseError: Session-Expires is malformed.
    """
    asked = read(request)
    return asked is not None and asked.interval < minimum and "timer" in request.supported


def accept(request: Request, minimum: float) -> tuple[SessionTerms | None, HeaderLines]:
    """Return the terms to live by, and the headers of our 2xx (section 9).

    :raises ParseError: Session-Expires is malformed.
    """
    asked = read(request)
    if asked is None:
        return None, ()
    knows = "timer" in request.supported
    # A side that does not know the extension cannot refresh: a proxy put the header in.
    is_ours = asked.refresher == "uas" or not knows
    interval = max(asked.interval, minimum)
    value = f"{int(interval)};refresher={'uas' if is_ours else 'uac'}"
    headers: HeaderLines = (("Session-Expires", value),)
    if not is_ours:
        headers += (("Require", "timer"),)
    return SessionTerms(interval, is_ours), headers


def ask(interval: float | None, minimum: float) -> HeaderLines:
    """Return the headers that propose a session timer in a request of ours."""
    if interval is None:
        return ()
    value = f"{int(max(interval, minimum))}"
    return ("Session-Expires", value), ("Min-SE", f"{int(minimum)}")


def agreed(response: Response) -> SessionTerms | None:
    """Return the terms that the 2xx to a request of ours settled (section 7.2)."""
    try:
        asked = read(response)
    except ParseError:
        return None
    if asked is None or asked.interval < 1:
        return None
    # `uac` is the sender of this very request: that is us.
    return SessionTerms(float(asked.interval), asked.refresher != "uas")


def restart(
    core: Core,
    call: Call,
    now: float,
    *,
    refresh: Callable[[float], None],
    expire: Callable[[float], None],
) -> None:
    """Count from `now` again: the session was just agreed or refreshed."""
    stop(call)
    terms = call.session
    if terms is None:
        return
    timers = core.wire.timers
    if terms.is_ours:
        call.refresh_timer = timers.set(now + terms.interval / 2, refresh)
        call.session_timer = timers.set(now + terms.interval, expire)
    else:
        margin = min(_MARGIN, terms.interval / 3)
        call.session_timer = timers.set(now + terms.interval - margin, expire)


def stop(call: Call) -> None:
    """Count no more."""
    for timer in (call.refresh_timer, call.session_timer):
        if timer is not None:
            timer.stop()
    call.refresh_timer = call.session_timer = None
