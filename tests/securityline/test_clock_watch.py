"""What the desk says when somebody sets the machine's clock."""

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from securityline.clock_watch import SAID_TIME, ClockWatch
from securityline.web.alarms import Alarms
from securityline.web.reason_words import HEALTH
from securityline.web.reasons import is_known
from securityline.web.rendering import Rendering
from securityline.web.words import WORDS
from tests.securityline.test_clock import Times


class Watched:
    """A clock, somebody who sets it, and who looks at it every few seconds."""

    def __init__(self, *, behind: float = 0.0) -> None:
        self.times = Times()
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.clock = self.times.clock(at_least=self.times.wall + behind)
        self.watch = ClockWatch(
            self.clock, lambda what, data: self.lines.append((what, dict(data)))
        )

    def set_by(self, seconds: float) -> None:
        self.times.wall += seconds
        self.times.pass_by(5.0)
        self.watch.look()


def test_a_clock_set_back_an_hour_is_said_for_an_hour() -> None:
    room = Watched()
    room.watch.look()
    assert room.watch.reasons() == []
    room.set_by(-3600.0)
    [said] = room.watch.reasons()
    assert said == "the machine's clock was set back by 3600 s at 1970-01-12T13:46:45+00:00"
    assert is_known(HEALTH, said)
    assert room.lines == [("WallClockSet", {"seconds": -3600.0})]
    room.times.pass_by(SAID_TIME - 1)
    room.watch.look()
    assert room.watch.reasons() == [said], "the same words: a screen reader says them once"
    room.times.pass_by(1.0)
    assert room.watch.reasons() == []


def test_a_clock_put_right_again_is_right() -> None:
    room = Watched()
    room.set_by(7200.0)
    room.set_by(-1800.0)
    [said] = room.watch.reasons()
    assert "set forward by 5400 s" in said
    room.set_by(-5400.0)
    assert room.watch.reasons() == []
    assert len(room.lines) == 3, "each stands in the log"


def test_what_was_said_an_hour_ago_is_not_added_to_what_is_new() -> None:
    room = Watched()
    room.set_by(-3600.0)
    room.times.pass_by(SAID_TIME)
    room.set_by(0.6)
    [said] = room.watch.reasons()
    assert "set forward by 1 s" in said


def test_a_start_with_a_clock_behind_the_log_is_said() -> None:
    """The clock was set back while the engine was down, or the machine's battery is flat."""
    room = Watched(behind=3590.0)
    [said] = room.watch.reasons()
    assert said == "the machine's clock was 3590 s behind the logbook"
    assert is_known(HEALTH, said)
    room.times.pass_by(SAID_TIME)
    assert room.watch.reasons() == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Attention: the machine's clock was set back by 3600 s at 12.01. 14:46:45"),
        ("fr", "l’horloge de la machine a été reculée de 3600 s à 12.01. 14:46:45"),
        ("nl", "de klok van de machine is om 12.01. 14:46:45 3600 s teruggezet"),
        ("de", "die Uhr des Rechners wurde um 12.01. 14:46:45 um 3600 s zurückgestellt"),
    ],
)
def test_the_desk_says_when_as_its_own_clock_counts(language: str, words: str) -> None:
    room = Watched()
    room.set_by(-3600.0)
    rendering = Rendering(room.clock, ZoneInfo("Europe/Brussels"))
    banners = Alarms(
        SimpleNamespace(switchboard=SimpleNamespace(calls={})),  # type: ignore[arg-type]
        SimpleNamespace(unsaved_lines=0),  # type: ignore[arg-type]
        room.watch.reasons,
        lambda at: rendering.moment(at, "%d.%m. %H:%M:%S"),
    )
    assert banners.check()
    [said] = banners.said(WORDS[language])
    assert words in said
    assert not banners.check()
