"""Whoever has no screen left is not rung, while others with a screen are ready.

A softphone rings on when its operator's browser has died, and who answers it has no consigne
before him. He goes on break until his screen is back, and then is ready again by himself. The
last who can be rung stays, and who gave way is ready again when the others are all busy or
gone: a caller is better off with a voice than with music.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from callflows.events import Event, OperatorId, OperatorOnBreak, OperatorReady
from callflows.operators import DeskState, OperatorDesk
from callflows.routing import may_ring

GRACE: Final = 4.0
"Seconds without any screen; a page that is loaded again is back in less."
START_GRACE: Final = 20.0
"Seconds after a start: every browser of a room comes back within them."
REASON: Final = "no_screen"
"Why he is on break; the log says it in words."


class AbsentScreens:
    """Watch who has a screen. To be used on the loop.

    :param desks: everybody who is signed in, and how each stands.
    :param has_screen: whether any screen of an operator is connected.
    """

    def __init__(
        self,
        tell: Callable[[Event], object],
        desks: Callable[[], Iterable[OperatorDesk]],
        has_screen: Callable[[str], bool],
        grace: float = GRACE,
    ) -> None:
        self._tell = tell
        self._desks = desks
        self._has_screen = has_screen
        self._grace = grace
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._is_over = False

    def begin(self) -> None:
        """Look for everybody who was signed in before a restart, once browsers are back."""
        loop = asyncio.get_running_loop()
        for desk in self._desks():
            if desk.state is not DeskState.SIGNED_OUT:
                timer = loop.call_later(START_GRACE, self._look, desk.operator)
                self._timers[desk.operator] = timer

    def opened(self, operator: str) -> None:
        """Take a screen as seen: he is ready again, if it was its lack that made him not."""
        self._forget(operator)
        desk = self._desk(operator)
        if desk is None or desk.state is not DeskState.ON_BREAK:
            return
        if desk.reason == REASON:  # also when an earlier life of ours said so
            self._tell(OperatorReady(operator=OperatorId(operator)))

    def closed(self, operator: str) -> None:
        """Look a little later whether he has one again."""
        if self._is_over or operator in self._timers:
            return
        if not self._has_screen(operator):
            loop = asyncio.get_running_loop()
            self._timers[operator] = loop.call_later(self._grace, self._look, operator)

    def stop(self) -> None:
        """Look no more: the server closes every screen when it stops."""
        self._is_over = True
        for operator in tuple(self._timers):
            self._forget(operator)

    def _look(self, operator: str) -> None:
        self._forget(operator)
        desk = self._desk(operator)
        if self._has_screen(operator) or desk is None:
            return
        others = [one for one in self._desks() if one.operator != operator and may_ring(one)]
        if may_ring(desk):
            if any(self._has_screen(one.operator) for one in others):
                self._tell(OperatorOnBreak(operator=OperatorId(operator), reason=REASON))
        elif desk.state is DeskState.ON_BREAK:
            if desk.reason != REASON:
                return  # a break of his own
            if desk.has_station and not others:
                self._tell(OperatorReady(operator=OperatorId(operator)))
        if desk.state is not DeskState.SIGNED_OUT:
            self.closed(operator)  # in a call, the last one, or away: again in a while

    def _desk(self, operator: str) -> OperatorDesk | None:
        return next((one for one in self._desks() if one.operator == operator), None)

    def _forget(self, operator: str) -> None:
        timer = self._timers.pop(operator, None)
        if timer is not None:
            timer.cancel()
