"""What everybody must see in red: lines not saved, recordings failing, carriers away."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from securityline.stand_in import ELSEWHERE
from securityline.web.board import Board
from securityline.web.plain import clip
from securityline.web.ports import LogbookPort
from securityline.web.reason_words import HEALTH
from securityline.web.reasons import say
from securityline.web.words import Words, plural

MOST: Final = 6


class Alarms:
    """The red banners over the desk."""

    def __init__(
        self,
        board: Board,
        logbook: LogbookPort,
        health: Callable[[], list[str]],
        moment: Callable[[float], str],
    ) -> None:
        """Say faults as `health` tells them, their times as `moment` writes them."""
        self._board = board
        self._moment = moment
        self._logbook = logbook
        self._health = health
        self._reasons: tuple[str, ...] = ()
        self._unsaved = 0
        self._failed = 0

    def check(self) -> bool:
        """Ask how the product is; return whether the banners changed."""
        before = self._reasons, self._unsaved, self._failed
        self._reasons = tuple(self._health())[:MOST]
        self._unsaved = self._logbook.unsaved_lines
        self._failed = self.failed_recordings()
        return (self._reasons, self._unsaved, self._failed) != before

    def failed_recordings(self) -> int:
        """How many calls that are up now are not being recorded though they should be."""
        calls = self._board.switchboard.calls.values()
        return sum(bool(call.recording_failure) and not call.is_over for call in calls)

    def _local(self, at: str) -> str:
        """Write a time of the engine's as the clocks on this screen do."""
        try:
            return self._moment(datetime.fromisoformat(at).timestamp())
        except ValueError:
            return at

    def said(self, words: Words) -> list[str]:
        """Say the banners in words."""
        said = []
        if self._unsaved:
            unsaved = plural(
                "NOT SAVED: %(num)d line. The disk does not answer; calls go on.",
                "NOT SAVED: %(num)d lines. The disk does not answer; calls go on.",
            )
            said.append(words.many(*unsaved, self._unsaved) % {"num": self._unsaved})
        if self._failed:
            failed = plural(
                "%(num)d call is NOT RECORDED. It goes on.",
                "%(num)d calls are NOT RECORDED. They go on.",
            )
            said.append(words.many(*failed, self._failed) % {"num": self._failed})
        for reason in self._reasons:
            text = clip(say(HEALTH, reason, words, {"at": self._local}), 300)
            if ELSEWHERE in reason:  # lines are written, and not where they belong
                said.append(f"{words('NOT SAVED')} · {text}")
            else:
                said.append(words("Attention: %(reason)s") % {"reason": text})
        return said
