"""What timers of people who are alone have in common: amber, red, and the PIN that ends it.

Only the person's own PIN says that all is well. The duress PIN says to him, in the same
words, that all is well, and raises an alarm that nobody near him can notice. Reasons stand
in events for operators; none of them may be said to whoever holds the telephone.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from callflows.events import (
    PinOutcome,
    SafetyTimerCancelled,
    SafetyTimerEnded,
    SafetyTimerLapsed,
    SafetyTimerProlonged,
    SafetyTimerRaised,
    SafetyTimerRefused,
    SafetyTimerStarted,
    TimerKind,
    TimerStage,
    WelfareCallDue,
)

TimerWatchEvent = (
    SafetyTimerStarted
    | SafetyTimerProlonged
    | WelfareCallDue
    | SafetyTimerLapsed
    | SafetyTimerRaised
    | SafetyTimerCancelled
    | SafetyTimerEnded
    | SafetyTimerRefused
)

TRIES: Final = 3
"Wrong PINs in a row after which it is an alarm at once: perhaps it is not he who tries."
DURESS_URGENCY: Final = 1
"Life in danger, whatever the person's own urgency is."


@dataclass(frozen=True, slots=True, kw_only=True)
class LonePerson:
    """Whom a timer is about."""

    timer_id: str
    organisation: str
    person: str
    name: str = ""
    site: str | None = None
    numbers: tuple[str, ...] = ()
    "His own, E.164, in the order in which to try them."
    urgency: int = 1
    "Of the alarm: 1 or 2."

    def __post_init__(self) -> None:
        if self.urgency not in (1, 2):
            raise ValueError(f"timer {self.timer_id}: an urgency of {self.urgency}")

    def about(self, kind: TimerKind) -> dict[str, Any]:
        """Return what stands in each event about him."""
        return {
            "organisation": self.organisation,
            "site": self.site,
            "timer_id": self.timer_id,
            "person": self.person,
            "name": self.name,
            "kind": kind,
        }


@dataclass(slots=True, kw_only=True)
class Watched:
    """Where a timer stands."""

    stage: TimerStage
    amber_at: float
    "Engine time at which it lapses, or lapsed."
    red_at: float
    "Engine time at which it becomes an alarm, or became one."
    wrong_tries: int = 0
    "Wrong PINs since the last good one."
    memo: str = ""
    note: str = ""
    "What he is about to do, in words."
    is_silent: bool = False
    "Red under duress."
    pretended_at: float | None = None
    """Under duress: engine time at which the timer lapses that a good PIN would have armed
    anew. Whoever forces him may look, and must find it running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerView:
    """A timer as people look at it."""

    who: LonePerson
    kind: TimerKind
    stage: TimerStage
    amber_at: float
    "Engine time."
    red_at: float
    note: str = ""
    is_silent: bool = False
    "Red under duress: only operators may know."
    pretended_at: float | None = None
    "Then: when it lapses for whoever may not know; `None`: for them it is over."

    def as_shown(self) -> "TimerView | None":
        """Return it as whoever may not know of duress sees it; `None`: there is none."""
        if not self.is_silent:
            return self
        if self.pretended_at is None:
            return None
        return replace(
            self,
            stage="running",
            amber_at=self.pretended_at,
            red_at=self.pretended_at + self.red_at - self.amber_at,
            is_silent=False,
            pretended_at=None,
        )


def viewed(who: LonePerson, kind: TimerKind, watched: Watched) -> TimerView:
    """Return how a timer stands."""
    return TimerView(
        who=who,
        kind=kind,
        stage=watched.stage,
        amber_at=watched.amber_at,
        red_at=watched.red_at,
        note=watched.note,
        is_silent=watched.is_silent,
        pretended_at=watched.pretended_at,
    )


def lapsed(who: LonePerson, kind: TimerKind, watched: Watched) -> SafetyTimerLapsed:
    """Turn amber."""
    watched.stage = "amber"
    return SafetyTimerLapsed(
        **who.about(kind),
        red_at=watched.red_at,
        numbers=who.numbers,
        memo=watched.memo,
        note=watched.note,
    )


def raised(
    who: LonePerson, kind: TimerKind, watched: Watched, reason: str, *, is_silent: bool = False
) -> SafetyTimerRaised:
    """Turn red."""
    stage, watched.stage, watched.is_silent = watched.stage, "red", is_silent
    return SafetyTimerRaised(
        **who.about(kind),
        urgency=DURESS_URGENCY if is_silent else who.urgency,
        reason=reason,
        is_silent=is_silent,
        numbers=who.numbers,
        memo=watched.memo,
        note=watched.note,
        stage=stage,
    )


def refused(
    who: LonePerson, kind: TimerKind, reason: str, outcome: PinOutcome | None = None
) -> SafetyTimerRefused:
    """Leave it as it is, and say why."""
    return SafetyTimerRefused(**who.about(kind), reason=reason, outcome=outcome)


def pin_refused(
    who: LonePerson, kind: TimerKind, watched: Watched, outcome: PinOutcome
) -> list[TimerWatchEvent]:
    """Take a PIN that says nothing: wrong, none, expired. Too many wrong ones turn it red."""
    if outcome == "wrong":
        watched.wrong_tries += 1
    events: list[TimerWatchEvent] = [refused(who, kind, f"PIN {outcome}", outcome)]
    if watched.wrong_tries >= TRIES and watched.stage != "red":
        events.append(raised(who, kind, watched, f"{watched.wrong_tries} wrong PINs"))
    return events


def duress(who: LonePerson, kind: TimerKind, watched: Watched) -> list[TimerWatchEvent]:
    """Take the duress PIN; given again, it changes nothing."""
    if watched.stage == "red" and watched.is_silent:
        return [refused(who, kind, "PIN duress again", "duress")]
    return [raised(who, kind, watched, "duress PIN", is_silent=True)]
