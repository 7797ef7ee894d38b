"""What operators press on timers of people alone, and on tasks.

These go through the watchers' own door and not to the rules first: a timer is none of a case.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Final, Protocol, cast

from callflows.events import PinOutcome, TaskOutcome
from securityline.agreed_openings import LONGEST_AGREED
from securityline.watch_door import WatchDoor
from securityline.watch_refusal import NotDone, Refusal
from securityline.web.on_test import read_test_end
from securityline.web.refusal import Message, Refused, me, text_of
from securityline.web.roles import check_role
from securityline.web.sessions import Session
from securityline.web.vocabulary import TASK_OUTCOMES
from securityline.web.words import N_

LONGEST_NOTE: Final = 500
_MINUTES: Final = re.compile(r"(\d{1,4})\b\s*(.*)", re.DOTALL)

WORDS_FOR: Final[Mapping[Refusal, str]] = {
    "no such timer": N_("There is no such timer any more."),
    "no such person": N_("The directory has no timer for this person."),
    "no such site": N_("This client has no such site."),
    "no such time": N_("A timer runs for 1 minute to 12 hours."),
    "runs already": N_("The timer of this person runs already."),
    "only his PIN ends it": N_("The timer has lapsed: only the person’s PIN ends it."),
    "not watched": N_("The opening hours of this site are not watched."),
    "no such task": N_("Somebody did this task already."),
}
PIN_WORDS: Final[Mapping[PinOutcome, str]] = {
    "wrong": N_("This PIN is not right. The timer goes on."),
    "none": N_("No PIN was given. The timer goes on."),
    "expired": N_("The person has no right today. The timer goes on."),
}

Then = Callable[[], None]


class Press(Protocol):
    """What an act of the page does."""

    def __call__(self, session: Session, message: Message, then: Then, /) -> None:
        """Do it; `then` is called once it is durable."""


class WatchPresses:
    """Carry out presses on timers and tasks, for clients that the operator is cleared for."""

    def __init__(self, door: WatchDoor, clock: Callable[[], float], zone: tzinfo = UTC) -> None:
        """Act through a door.

        :param zone: in which an end like `14:30` is meant.
        """
        self._door = door
        self._clock, self._zone = clock, zone
        self.acts: Mapping[str, Press] = {
            "timer_start": self._start,
            "timer_prolong": self._prolong,
            "timer_end": self._end,
            "timer_pin": self._pin,
            "task_done": self._task_done,
            "opening_agreed": self._agree_opening,
        }

    def carry_out(self, session: Session, message: Message, then: Then) -> None:
        """Do what was pressed.

        :raises Refused: it may not be, or cannot be understood, or said nothing.
        """
        check_role(session.role, text_of(message, "act", 40))
        try:
            self.acts[text_of(message, "act", 40)](session, message, then)
        except NotDone as refused:
            raise Refused(WORDS_FOR[refused.reason]) from None

    def _start(self, session: Session, message: Message, then: Then) -> None:
        organisation, person = text_of(message, "organisation", 80), text_of(message, "person")
        startable = self._door.startable(session.clearances)
        if all((c.organisation, p.who.person) != (organisation, person) for c, p in startable):
            raise Refused(N_("There is no timer to start for this person."))
        minutes, note = _read(text_of(message, "text", LONGEST_NOTE))
        self._door.start_timer(
            organisation,
            person,
            run_time=None if minutes is None else minutes * 60.0,
            note=note,
            by=session.operator,
            then=then,
        )

    def _prolong(self, session: Session, message: Message, then: Then) -> None:
        minutes, _ = _read(text_of(message, "text", LONGEST_NOTE))
        if not minutes:
            raise Refused(N_("Write how many minutes."))
        self._door.prolong_timer(
            self._timer(session, message), minutes * 60.0, session.operator, then
        )

    def _end(self, session: Session, message: Message, then: Then) -> None:
        reason = text_of(message, "text", LONGEST_NOTE)
        if not reason:
            raise Refused(N_("Write how you know that the person is safe."))
        self._door.end_timer(self._timer(session, message), session.operator, reason, then)

    def _pin(self, session: Session, message: Message, then: Then) -> None:
        """Take a PIN that was said on the telephone. Duress says what a good one says."""
        pin = text_of(message, "text", 40)
        outcome = self._door.check_in(self._timer(session, message), pin, then)
        if outcome in PIN_WORDS:
            raise Refused(PIN_WORDS[outcome])

    def _agree_opening(self, session: Session, message: Message, then: Then) -> None:
        organisation, site = text_of(message, "organisation", 80), text_of(message, "site", 80)
        if not self._door.openings.is_cleared(organisation, session.clearances):
            raise NotDone("no such site")
        text, now = text_of(message, "text", LONGEST_NOTE), self._clock()
        until, reason = read_test_end(text, now, self._zone)
        if until is None or not reason:
            raise Refused(N_("Write until when, and why: 2h stocktaking, or 06:30 cleaning."))
        if until > now + LONGEST_AGREED:
            raise Refused(N_("An opening is agreed for 24 hours at most."))
        case, by = text_of(message, "incident", 80), session.operator
        self._door.openings.agree(organisation, site, until, by, reason, then, case=case)

    def _task_done(self, session: Session, message: Message, then: Then) -> None:
        task_id, outcome = text_of(message, "task", 300), text_of(message, "outcome", 40)
        tasks = self._door.tasks(session.clearances)
        if all(row.task.task_id != task_id for row in tasks):
            raise NotDone("no such task")
        if outcome not in TASK_OUTCOMES:
            raise Refused(N_("The desk sent something the engine does not know."))
        text = text_of(message, "text")
        if outcome != "in_order" and not text:
            raise Refused(N_("Write what was found, or why it was not done."))
        self._door.task_done(task_id, me(session), cast(TaskOutcome, outcome), text, then)

    def _timer(self, session: Session, message: Message) -> str:
        timer_id = text_of(message, "timer", 300)
        rows = self._door.timers(session.clearances)
        if all(row.timer.who.timer_id != timer_id for row in rows):
            raise NotDone("no such timer")
        return timer_id


def _read(text: str) -> tuple[int | None, str]:
    """Read minutes and what follows them: `45 boiler room`; without minutes all is a note."""
    found = _MINUTES.fullmatch(text)
    return (int(found[1]), found[2]) if found else (None, text)
