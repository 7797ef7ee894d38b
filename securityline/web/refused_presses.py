"""Every refused press is told in the logbook; a hostile page cannot flood it.

A session has ten lines, and one more each second. What comes faster is counted: the next
line tells the latest of them, and how many were left out.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from securityline.web.sessions import Session
from securityline.web.throttle import Throttle

WHAT: Final = "PressRefused"
RATE, BURST = 1.0, 10
"Lines a second of one session, and how many at once."
LONGEST: Final = 40
"Characters of each value that a line repeats."


class RefusedPresses:
    """Write down who pressed what may not be.

    :param note: writes a line of the logbook.
    :param clock: engine time, seconds.
    """

    def __init__(
        self, note: Callable[[str, Mapping[str, Any]], None], clock: Callable[[], float]
    ) -> None:
        self._note = note
        self._clock = clock
        self._throttle = Throttle(RATE, BURST)
        self._held: dict[str, tuple[dict[str, Any], int, asyncio.TimerHandle]] = {}

    def tell(self, session: Session, message: Mapping[str, Any], reason: str) -> None:
        """Write a line, now or within a second."""
        told = {
            "operator": session.operator,
            "role": session.role,
            "act": _clip(message.get("act")),
            "reason": reason,
        }
        for name, field in (("case", "incident"), ("call", "call")):
            if which := _clip(message.get(field)):
                told[name] = which
        key = session.session_id
        if key in self._held:
            _, count, timer = self._held[key]
            self._held[key] = told, count + 1, timer
        elif self._throttle.take(key, self._clock()):
            self._note(WHAT, told)
        else:
            wait = self._throttle.wait_time(key, self._clock())
            timer = asyncio.get_running_loop().call_later(wait, self._write, key)
            self._held[key] = told, 0, timer

    def _write(self, key: str) -> None:
        told, count, timer = self._held.pop(key)
        timer.cancel()
        self._throttle.take(key, self._clock())
        self._note(WHAT, told | ({"left_out": count} if count else {}))

    def finish(self) -> None:
        """Write what is held back: the application ends."""
        for key in tuple(self._held):
            self._write(key)


def _clip(value: object) -> str:
    """Repeat a little of what a hostile page sent; controls and lone surrogates as ASCII."""
    text = value[:LONGEST] if isinstance(value, str) else ""
    return text if text.isprintable() else ascii(text)[1:-1][:LONGEST]
