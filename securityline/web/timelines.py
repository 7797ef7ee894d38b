"""The log lines of the cases that somebody works on, kept at hand."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from securityline.web.board import Board
from securityline.web.log_lines import ShownLine, is_for_operators, show_line
from securityline.web.names import Names
from securityline.web.ports import Line
from securityline.web.rendering import Rendering
from securityline.web.visits import is_secret

MOST_LINES: Final = 400
"Lines of a case kept at hand; the page of the case reads all of them from the log."
SHOWN_LINES: Final = 60


class RecordingRow(NamedTuple):
    """A recording of a case."""

    recording_id: str
    state: str
    "`on`, `ended` or `failed`."
    at: str
    seconds: float | None
    sha256: str
    gaps: int
    is_changed: bool = False
    "The file is not what was recorded: so it was found once."


class Timelines:
    """Lines by case: filled from the log when first shown, then by what is published."""

    def __init__(self, board: Board, rendering: Rendering) -> None:
        self._names = Names(board)
        self._rendering = rendering
        self._lines: dict[str, deque[Line]] = {}
        self._whole: set[str] = set()

    def has(self, incident_id: str) -> bool:
        """Whether the lines of this case are at hand."""
        return incident_id in self._whole

    def expect(self, incident_id: str) -> None:
        """Keep what is published from now on, while the log is being read."""
        self._lines.setdefault(incident_id, deque(maxlen=MOST_LINES))

    def fill(self, incident_id: str, lines: Iterable[Line]) -> None:
        """Take what the log holds; lines published meanwhile are not lost."""
        merged = {line.seq: line for line in lines}
        merged.update((line.seq, line) for line in self._lines.get(incident_id, ()))
        ordered = [merged[seq] for seq in sorted(merged)]
        self._lines[incident_id] = deque(ordered, MOST_LINES)
        self._whole.add(incident_id)

    def add(self, lines: Sequence[Line]) -> None:
        """Take lines as they are published."""
        for line in lines:
            kept = self._lines.get(line.incident_id)
            if kept is not None:
                kept.append(line)
            elif line.what == "CallOffered":
                self._lines[line.incident_id] = deque([line], MOST_LINES)
                self._whole.add(line.incident_id)

    def forget_all_but(self, incident_ids: Iterable[str]) -> None:
        """Drop the lines of cases that nobody has in front of him."""
        wanted = set(incident_ids)
        self._lines = {i: lines for i, lines in self._lines.items() if i in wanted}
        self._whole &= wanted

    def lines(self, incident_id: str) -> Sequence[Line]:
        """Lines of a case, oldest first."""
        return tuple(self._lines.get(incident_id, ()))

    def draw(self, incident_id: str, language: str) -> str:
        """Draw what stands beside the card: recordings, then lines, newest first."""
        kept = self._lines.get(incident_id, ())
        lines = [one for one in kept if is_for_operators(one) and not is_secret(one)]
        shown = [self.show(one, language) for one in lines[-SHOWN_LINES:]]
        values = {
            "incident_id": incident_id,
            "lines": shown[::-1],
            "recordings": recordings(self.lines(incident_id), self._rendering),
        }
        return self._rendering("log.html", language, values)

    def show(self, line: Line, language: str) -> ShownLine:
        """Put one line in words."""
        return show_line(line, language, self._rendering, self._names)


def recordings(lines: Iterable[Line], rendering: Rendering) -> list[RecordingRow]:
    """Gather the recordings that these lines tell of."""
    rows: dict[str, RecordingRow] = {}
    for line in lines:
        recording_id = line.data.get("recording_id")
        if not isinstance(recording_id, str) or not line.what.startswith("Recording"):
            continue
        row = rows.get(recording_id)
        if row is None:
            at = rendering.moment(line.at.timestamp())
            row = RecordingRow(recording_id, "on", at, None, "", 0)
        if line.what == "RecordingEnded":
            seconds, sha256 = line.data.get("seconds"), str(line.data.get("sha256", ""))
            row = row._replace(state="ended", seconds=seconds, sha256=sha256)
        elif line.what == "RecordingFailed":
            row = row._replace(state="failed")
        elif line.what == "RecordingChanged":
            row = row._replace(is_changed=True)
        elif line.what == "RecordingGap":
            row = row._replace(gaps=row.gaps + 1)
        rows[recording_id] = row
    return list(rows.values())
