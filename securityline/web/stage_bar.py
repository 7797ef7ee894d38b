"""The nine stages of a case as a bar on its card; drawn once for each way they can stand."""

from typing import Final

from markupsafe import Markup

from callflows.incident import Incident
from callflows.stages import Around, standings
from securityline.web.board import Board
from securityline.web.rendering import Rendering

MOST_KEPT: Final = 1024


class StageBar:
    """Draw how far a case has come."""

    def __init__(self, board: Board, rendering: Rendering) -> None:
        self._board = board
        self._render = rendering
        self._kept: dict[tuple[object, ...], Markup] = {}

    def draw(self, incident: Incident, language: str, *, is_finished: bool) -> Markup:
        """Draw the bar.

        :param is_finished: nothing bars closing.
        """
        shown = standings(incident, self._around(incident, is_finished))
        key = (language, shown)
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            html = self._render("stages.html", language, {"stages": shown})
            self._kept[key] = Markup(html)  # noqa: S704 - by our template
        return self._kept[key]

    def _around(self, incident: Incident, is_finished: bool) -> Around:
        calls = [self._board.call(one) for one in incident.call_ids]
        return Around(
            has_spoken=any(c is not None and c.answered_at is not None for c in calls),
            has_dispatched=bool(incident.tree_ids or self._board.services_of(incident)),
            awaits_restore=incident.run.awaits_restore is not None,
            is_finished=is_finished,
        )
