"""Says when more connections come to a door than may be open."""

from collections.abc import Callable, Mapping
from typing import Final

import structlog

DOORS: Final = ("the desk and the API", "SIP over TCP", "the alarm receiver")
SAID_TIME: Final = 60.0
"Seconds that a full door stays a reason after the last newcomer who found it full."
log = structlog.get_logger()


class Crowding:
    """Watches the counters of the doors.

    :param doors: for each, how often somebody came and found it full, since the start.
    :param clock: engine time, seconds.
    """

    def __init__(
        self, doors: Mapping[str, Callable[[], int]], clock: Callable[[], float]
    ) -> None:
        self._doors = doors
        self._clock = clock
        self._seen = dict.fromkeys(doors, 0)
        self._full_at: dict[str, float] = {}

    def look(self) -> None:
        """Take note; the log gets one line when a door becomes full, one when it is calm."""
        now = self._clock()
        for door, crowded in self._doors.items():
            count = crowded()
            if count > self._seen[door]:
                if door not in self._full_at:
                    log.warning("too many connections", door=door, so_far=count)
                self._full_at[door] = now
                self._seen[door] = count
            elif door in self._full_at and now - self._full_at[door] >= SAID_TIME:
                del self._full_at[door]
                log.info("no more too many connections", door=door, in_all=count)

    def reasons(self) -> list[str]:
        """Say which doors were full within the last minute."""
        self.look()
        return [f"too many connections come to {door}" for door in self._full_at]
