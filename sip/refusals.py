"""Calls of trunks that are refused before they begin: the owner hears of each, once.

Whatever is wrong with an INVITE, somebody dialled. What cannot be read of it is left to
whoever reads it; here it is only told, and told apart from a flood.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from sip.core import Core
from sip.endpoint import Endpoint
from sip.events import CallRefused
from sip.limits import RateLimit
from sip.message import Request
from sip.timers import T1

REPEAT_TIME: Final = 64 * T1
"Seconds in which the same Call-ID is the same call: a repetition, or another attempt."
TOLD_RATE: Final = 1.0
"Calls a second and source that are told for long …"
TOLD_BURST: Final = 30.0
"… and at once: a switch gone mad must not bury those who need help."
MOST_REMEMBERED: Final = 4096

_COMES_AGAIN: Final = frozenset({422, 482, 503})
"""Not the end of a call: it is to come again with another session time, is here by another
way, or is one too many (and a flood of those is no flood of cases)."""


class Refusals:
    """Remembers which refused calls were told."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._limit = RateLimit(TOLD_RATE, TOLD_BURST)
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()

    def note(
        self, request: Request, status: int, reason: str, source: Endpoint, now: float
    ) -> None:
        """Tell the owner of a refusal, if it was a call of a trunk that nobody knows yet.

        :param request: as much of the INVITE as could be read.
        """
        core, get = self._core, request.headers.get
        if request.method != "INVITE" or status in _COMES_AGAIN:
            return
        peer = core.peer_at(source, now)
        call_id = get("Call-ID") or ""
        if peer.kind != "trunk" or core.calls.has_call_id(call_id):
            return
        key = (source.host, call_id or get("Via") or "")
        if now - self._told.get(key, float("-inf")) < REPEAT_TIME:
            return
        if not self._limit.allows(source.host, now):
            return
        self._told[key] = now
        self._told.move_to_end(key)
        if len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
        leg = core.identifiers.token("refused", *key, repr(now))
        core.emit(CallRefused(leg, request, source, peer, status, reason))
