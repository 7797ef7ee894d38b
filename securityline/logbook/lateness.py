"""Which lines were acted upon before the store had them."""

from collections.abc import Iterable
from typing import Final

from securityline.logbook.entry import Entry, Line

MOST_MARKS: Final = 200
"Incidents that get a mark of their own; what is above shares the general one."


class Lateness:
    """One time in which the store was silent or failed.

    :param since: monotonic seconds, `None` when a restart lies in between.
    :param reason: what the store said, for people.
    """

    def __init__(self, since: float | None, reason: str) -> None:
        self.since = since
        self.reason = reason
        self.lines = 0
        self._incidents: dict[str, list[int]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Remember lines that were acted upon unsaved."""
        for entry in entries:
            self.lines += 1
            incident = entry.incident_id
            if incident not in self._incidents and len(self._incidents) >= MOST_MARKS:
                incident = ""
            seen = self._incidents.setdefault(incident, [entry.seq, entry.seq, 0])
            seen[1] = entry.seq
            seen[2] += 1

    def marks(self, now: float) -> list[Line]:
        """Return one `WrittenLate` line an incident: these lines reached the book late.

        :param now: monotonic seconds.
        """
        late_time = None if self.since is None else round(now - self.since, 3)
        lines: list[Line] = []
        for incident_id, (first, last, number) in self._incidents.items():
            data = {
                "first_seq": first,
                "last_seq": last,
                "lines": number,
                "late_time": late_time,
                "reason": self.reason,
            }
            lines.append(("fact", incident_id, "WrittenLate", data))
        return lines
