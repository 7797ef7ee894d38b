"""Sites that open too early, close too late, or do not close.

What counts is the signal of the panel against the client's hours. Every moment is decided
as of the time at which it fell due, so a stop of ours neither loses nor invents one.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from callflows.codec import from_plain, to_plain
from callflows.events import (
    CallBack,
    EarlyOpenSeen,
    FailedToCloseSeen,
    LateToCloseSeen,
    SiteClosed,
    SiteOpened,
)
from callflows.watch.due_times import DueTimes
from callflows.watch.hours import Hours
from client_directory.alarm_model import user_key

OpeningEvent = SiteOpened | SiteClosed | EarlyOpenSeen | LateToCloseSeen | FailedToCloseSeen

EARLY_TIME: Final = 900.0
"Seconds before the hours begin in which an opening is in order."


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Somebody of the client, with a number that was registered beforehand."""

    name: str
    number: str
    "E.164; empty: none, he is known by his user number alone."
    person: str | None = None
    users: tuple[str, ...] = ()
    "Who he is at the site's panels (`alarm_model.user_key`)."


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPlan:
    """What is watched of one site."""

    organisation: str
    site: str
    hours: Hours
    is_early_open_watched: bool = True
    early_time: float = EARLY_TIME
    late_to_close_time: float | None = None
    "Seconds after closing time; `None`: not watched."
    failed_to_close_time: float | None = None
    "The same, and more than the first."
    people: tuple[Registered, ...] = ()
    "Whoever may open, in the order in which to ask when the user is nobody of them."
    site_numbers: tuple[str, ...] = ()
    is_site_called_first: bool = False
    "The client says so."


@dataclass(slots=True)
class _Watched:
    plan: OpeningPlan
    is_open: bool | None = None
    "As the panel last said; `None` when it never did."
    closes_at: float | None = None
    "When it should close, engine time, while that is waited for."
    is_told_late: bool = False
    agreed: list[tuple[float, float]] = field(default_factory=list)
    "Hours outside the schedule that somebody entitled announced: from, until."


@dataclass(slots=True)
class _State:
    now: float
    watched: list[_Watched]


class OpeningWatch:
    """Every site whose opening and closing is watched.

    :param now: engine time.
    """

    def __init__(self, plans: Iterable[OpeningPlan] = (), now: float = 0.0) -> None:
        self._now = now
        self._watched: dict[str, _Watched] = {}
        self._due = DueTimes()
        self.watch(plans, now)

    def watch(self, plans: Iterable[OpeningPlan], now: float) -> None:
        """Watch these sites from now on, and no others: the directory was read."""
        now = self._clamped(now)
        wanted = {_key(plan.organisation, plan.site): plan for plan in plans}
        for key in [key for key in self._watched if key not in wanted]:
            del self._watched[key]
            self._due.drop(key)
        for key, plan in wanted.items():
            known = self._watched.get(key)
            if known is None:
                known = self._watched[key] = _Watched(plan=plan)
            elif known.plan == plan:
                continue
            known.plan = plan
            self._expect_closing(known, now)

    def opened(
        self, organisation: str, site: str, user: str, now: float, account: str = ""
    ) -> list[OpeningEvent]:
        """Take an opening: the panel of an account was disarmed by a user."""
        watched = self._watched.get(_key(organisation, site))
        now = self._clamped(now)
        if watched is None:
            return [SiteOpened(organisation=organisation, site=site, user=user)]
        plan, key = watched.plan, user_key(account, user)
        name = _name_of(plan, key)
        events: list[OpeningEvent] = [
            SiteOpened(organisation=organisation, site=site, user=user, name=name)
        ]
        is_early = not _is_in_hours(watched, now)
        watched.is_open = True
        self._expect_closing(watched, now)
        if is_early and plan.is_early_open_watched:
            upcoming = plan.hours.next_span(now)
            events.append(
                EarlyOpenSeen(
                    organisation=organisation,
                    site=site,
                    user=user,
                    name=name,
                    call_back=who_to_call(plan, key),
                    opens_at=upcoming[0] if upcoming else None,
                )
            )
        return events

    def closed(
        self, organisation: str, site: str, user: str, now: float, account: str = ""
    ) -> list[OpeningEvent]:
        """Take a closing: the panel of an account was armed by a user."""
        watched = self._watched.get(_key(organisation, site))
        self._clamped(now)
        name = ""
        if watched is not None:
            name = _name_of(watched.plan, user_key(account, user))
            watched.is_open = False
            watched.closes_at, watched.is_told_late = None, False
            self._due.drop(_key(organisation, site))
        return [SiteClosed(organisation=organisation, site=site, user=user, name=name)]

    def agree(
        self, organisation: str, site: str, since: float, until: float, now: float
    ) -> bool:
        """Take it that a site is open at other hours too, as somebody entitled announced.

        :return: `False` when the site is not watched, or the span is none or over.
        """
        watched = self._watched.get(_key(organisation, site))
        now = self._clamped(now)
        if watched is None or not now < until < math.inf or since >= until:
            return False
        watched.agreed = [span for span in watched.agreed if span[1] > now]
        watched.agreed.append((since, until))
        self._expect_closing(watched, now)
        return True

    def next_due(self) -> float | None:
        """Return when to ask again, engine time."""
        return self._due.next()

    def due(self, now: float) -> list[OpeningEvent]:
        """Return the sites that should have closed by now and did not."""
        now = self._clamped(now)
        events: list[OpeningEvent] = []
        while (at := self._due.next()) is not None and at <= now:
            for key in self._due.take(at):
                events += self._not_closed(self._watched[key], at)
        return events

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain and exact."""
        plain: dict[str, Any] = to_plain(_State(self._now, list(self._watched.values())))
        return plain

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "OpeningWatch":
        """Build what `to_state` described.

        :raises ValueError: the state is not one of ours.
        """
        read = from_plain(_State, state)
        opening = cls(now=read.now)
        for watched in read.watched:
            opening._watched[_key(watched.plan.organisation, watched.plan.site)] = watched
            opening._wait(watched)
        return opening

    # ------------------------------------------------------------ closing

    def _expect_closing(self, watched: _Watched, now: float) -> None:
        """Work out when the site should close, as of now."""
        watched.is_told_late = False
        if watched.is_open is False:
            watched.closes_at = None
        elif (until := _open_until(watched, now)) is not None:
            watched.closes_at = until
        elif watched.is_open:
            soon = now + watched.plan.early_time
            watched.closes_at = _open_until(watched, soon) or now
        else:
            watched.closes_at = _next_end(watched, now)
        self._wait(watched)

    def _not_closed(self, watched: _Watched, at: float) -> list[OpeningEvent]:
        """Tell that a site should have closed, unless it is within its hours again."""
        plan, closes_at = watched.plan, watched.closes_at
        if closes_at is None:
            return []
        if _open_until(watched, at) is not None:
            self._expect_closing(watched, at)
            return []
        kind: type[LateToCloseSeen] | type[FailedToCloseSeen]
        if not watched.is_told_late and plan.late_to_close_time is not None:
            kind, watched.is_told_late = LateToCloseSeen, True
        else:
            kind = FailedToCloseSeen
        if kind is FailedToCloseSeen or plan.failed_to_close_time is None:
            watched.closes_at, watched.is_told_late = _next_end(watched, at), False
        self._wait(watched)
        return [
            kind(
                organisation=plan.organisation,
                site=plan.site,
                closes_at=closes_at,
                call_back=who_to_call(plan),
                is_opening_known=watched.is_open is not None,
            )
        ]

    def _wait(self, watched: _Watched) -> None:
        plan, closes_at = watched.plan, watched.closes_at
        late, failed = plan.late_to_close_time, plan.failed_to_close_time
        margin = failed if watched.is_told_late or late is None else late
        key = _key(plan.organisation, plan.site)
        if closes_at is None or margin is None or math.isinf(closes_at):
            self._due.drop(key)
        else:
            self._due.set(key, closes_at + margin)

    def _clamped(self, now: float) -> float:
        self._now = max(self._now, now)
        return self._now


def who_to_call(plan: OpeningPlan, user: str = "") -> tuple[CallBack, ...]:
    """Say who is asked whether all is well, in order.

    First the registered number of whoever opened, then the others'. The site itself comes
    last, because whoever is forced there is listened to; first if the consigne says so.
    A registered number that rings at the site counts as the site.

    :param user: who opened, as in `Registered.users`; empty: nobody known.
    """
    away = [one for one in plan.people if one.number and one.number not in plan.site_numbers]
    people = [
        CallBack(
            who="user" if user and user in one.users else "contact",
            name=one.name,
            number=one.number,
            person=one.person,
        )
        for one in away
    ]
    people.sort(key=lambda call: call.who != "user")
    place = [CallBack(who="site", name="", number=number) for number in plan.site_numbers]
    if plan.is_site_called_first:
        return (*place, *people)
    return (*people, *place) if people else ()


def _name_of(plan: OpeningPlan, user: str) -> str:
    return next((one.name for one in plan.people if user and user in one.users), "")


def _is_in_hours(watched: _Watched, now: float) -> bool:
    soon = now + watched.plan.early_time
    return _open_until(watched, now) is not None or _open_until(watched, soon) is not None


def _open_until(watched: _Watched, at: float) -> float | None:
    """Return when the hours end that run at a moment, agreed ones joined to them."""
    until = at
    while True:
        span = watched.plan.hours.span_at(until)
        ends = [span[1]] if span else []
        ends += [end for begin, end in watched.agreed if begin <= until < end]
        if not ends:
            return until if until > at else None
        until = max(ends)
        if math.isinf(until):
            return until


def _next_end(watched: _Watched, now: float) -> float | None:
    """Return when the next hours end that have not begun."""
    span = watched.plan.hours.next_span(now)
    begins = [begin for begin, _ in watched.agreed if begin > now]
    if span is not None:
        begins.append(span[0])
    return _open_until(watched, min(begins)) if begins else None


def _key(organisation: str, site: str) -> str:
    return f"{organisation}/{site}"
