"""Who is called when: a call tree worked out for one case, from one moment on.

A plan is made when the tree starts, and goes into the event that starts it; another one is
made when a tree still runs at its end. In between nothing of the directory is needed: whoever
edits it bends no running tree, and a replay of the log calls the same people. Plain values
only; no PIN, not even as a hash.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from client_directory.model import (
    ANSWERED_BY_MACHINES,
    CallTreePlan,
    Level,
    Organisation,
    Person,
    Rota,
    ServiceOfDid,
)
from client_directory.numbers import is_emergency_number
from client_directory.rota import turns
from client_directory.schedule import Span, clipped, open_spans
from client_directory.wall_clock import day_begins, day_ends, on_the_wall

HORIZON_TIME: Final = 6 * 3600.0
"Seconds a plan holds for. A tree that still runs then is worked out anew."
_PRESENTED_FIRST: Final = ("keyholder_callback", "security_line")
"Services of the numbers shown to whoever is called, the best first; then any with people."

Strategy = Literal["in_order", "all_at_once", "overlapping"]
Accept = Literal["key", "pin"]
Cause = Literal[
    "unknown",
    "not_valid_yet",
    "not_valid_any_more",
    "no_right_to_site",
    "no_telephone",
    "emergency_number",
    "not_available",
    "not_on_call",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One person in a level."""

    person: str
    name: str
    languages: tuple[str, ...]
    "Preferred first."
    numbers: tuple[str, ...]
    "E.164, in the order in which they are tried; each once."
    windows: tuple[Span, ...]
    "When he may be called within the horizon, engine time, in order; at least one."
    has_pin: bool
    "He can accept where `accept` is `pin`."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Somebody who is not called, or not at one of his numbers, and why."""

    person: str
    name: str
    cause: Cause
    "Stable, for the words of a screen."
    reason: str
    "The same in English, with its day or place."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLevel:
    """One level of a tree. Without targets it is passed over at once."""

    strategy: Strategy
    ring_time: float
    "Seconds a telephone rings at most."
    overlap_time: float
    "Seconds after which the next one rings too, when overlapping."
    accept: Accept
    answers_needed: int
    targets: tuple[Target, ...]
    left_out: tuple[LeftOut, ...]


CALLS_AN_HOUR: Final = 2000
"A call every six seconds for an hour: a storm of real alarms has fewer."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """A call tree for one case. Without levels it is exhausted before it begins."""

    call_tree: str
    organisation: str
    organisation_name: str
    site: str | None
    site_name: str
    rounds: int
    levels: tuple[PlannedLevel, ...]
    presented_number: str | None
    "What the person called sees, E.164: a number of the client that he can call back."
    languages: tuple[str, ...]
    "The client's, preferred first."
    may_leave_message: bool
    "The client allows a short neutral message on an answering machine."
    until: float
    "End of the horizon, engine time: nothing is known of availability after it."
    calls_an_hour: int = CALLS_AN_HOUR
    "Most calls of all its trees for this client in an hour."


def build_call_plan(
    organisation: Organisation,
    call_tree: str,
    site: str | None,
    at: datetime,
    horizon_time: float = HORIZON_TIME,
    *,
    is_emergency: Callable[[str], bool] = lambda number: False,
) -> CallPlan:
    """Work out whom a call tree calls.

    :param call_tree: one that is not there gives a plan without levels, so that whoever
        runs it arrives at an operator and not at an error.
    :param site: where the case is; `None` when it is not known, and then everybody may be
        called. With a site nobody is called who has no right to it.
    :param at: aware; start of the horizon.
    :param horizon_time: seconds.
    :param is_emergency: says whether an E.164 number stands in the protected table, see
        `Directory.is_protected_number`. Emergency numbers are left out in any case.
    :raises ValueError: `at` is naive.
    """
    if at.tzinfo is None:
        raise ValueError("an aware datetime is needed")
    tree = next((one for one in organisation.call_trees if one.call_tree == call_tree), None)
    place = next((one for one in organisation.sites if one.site == site), None)
    start = at.timestamp()
    planner = Planner(organisation, start, start + horizon_time, is_emergency)
    return CallPlan(
        call_tree=call_tree,
        organisation=organisation.organisation,
        organisation_name=organisation.name,
        site=site,
        site_name=place.name if place else "",
        rounds=tree.rounds if tree else 1,
        levels=planner.levels(tree, site) if tree else (),
        presented_number=presented_number(organisation),
        languages=organisation.languages,
        may_leave_message=tree.may_leave_message if tree else False,
        until=start + horizon_time,
    )


def presented_number(organisation: Organisation) -> str | None:
    """Return the client's own number to call his people from: one that they can ring back.

    Any number of his at which a person picks up is better than none: whoever sees no number
    does not pick up, and cannot ring back. One that a machine answers stands in for nothing
    at all. `None`: he has no number.
    """
    dids = sorted(organisation.dids, key=lambda did: _presented_last(did.service))
    return dids[0].number if dids else None


def _presented_last(service: ServiceOfDid) -> int:
    if service in ANSWERED_BY_MACHINES:
        return len(_PRESENTED_FIRST) + 1
    is_first = service in _PRESENTED_FIRST
    return _PRESENTED_FIRST.index(service) if is_first else len(_PRESENTED_FIRST)


class Planner:
    """One client in one span of time."""

    def __init__(
        self,
        organisation: Organisation,
        start: float,
        end: float,
        is_emergency: Callable[[str], bool] = lambda number: False,
    ) -> None:
        """Index the client.

        :param start: engine time, seconds since 1970.
        :param end: engine time.
        """
        self._organisation = organisation
        self._start, self._end = start, end
        self._is_protected = is_emergency
        self._people = {person.person: person for person in organisation.people}
        self._rotas = {rota.rota: rota for rota in organisation.rotas}
        self._free: dict[str, tuple[Span, ...]] = {}

    def levels(self, tree: CallTreePlan, site: str | None) -> tuple[PlannedLevel, ...]:
        """Work out every level of a tree, for a site or, with `None`, for any."""
        return tuple(self.level(level, site) for level in tree.levels)

    def level(self, level: Level, site: str | None) -> PlannedLevel:
        """Work out one level: each person once, where he is named first."""
        targets: list[Target] = []
        left_out: list[LeftOut] = []
        for name, spans in self._called(level, site).items():
            for one in self._judged(name, spans, site):
                if isinstance(one, Target):
                    targets.append(one)
                else:
                    left_out.append(one)
        half = level.ring_time / 2
        return PlannedLevel(
            strategy=level.strategy,
            ring_time=level.ring_time,
            overlap_time=half if level.overlap_time is None else level.overlap_time,
            accept=level.accept,
            answers_needed=level.answers_needed,
            targets=tuple(targets),
            left_out=tuple(left_out),
        )

    def is_ever_free(self, name: str) -> bool:
        """Say whether somebody could be called at some moment, were he always on call."""
        person = self._people.get(name)
        return person is not None and bool(self._windows(person, [(self._start, self._end)]))

    def _called(self, level: Level, site: str | None) -> dict[str, list[Span]]:
        """Return who is named, and when; a member of a rota in his weeks only."""
        called: dict[str, list[Span]] = {}
        for callee in level.call:
            kind, _, name = callee.rpartition(":")
            for person, span in self._named(kind, name, site):
                called.setdefault(person, []).extend([span] if span else [])
        return called

    def _named(
        self, kind: str, name: str, site: str | None
    ) -> Iterator[tuple[str, Span | None]]:
        always = (self._start, self._end)
        if kind == "role":
            # Of a thousand keyholders those of the site: nobody wants to read of the others.
            for person in self._organisation.people:
                if name in person.roles and (site is None or site in person.sites):
                    yield person.person, always
        elif kind == "rota":
            yield from self._on_call(self._rotas.get(name))
        else:
            yield name, always

    def _on_call(self, rota: Rota | None) -> Iterator[tuple[str, Span | None]]:
        if rota is None:
            return
        on_call = list(turns(rota, self._start, self._end))
        for turn in on_call:
            yield turn.person, (turn.start, turn.end)
        for member in rota.members:
            if all(turn.person != member for turn in on_call):
                yield member, None

    def _judged(
        self, name: str, spans: list[Span], site: str | None
    ) -> Iterator[Target | LeftOut]:
        person = self._people.get(name)
        if person is None:
            text = "not in the directory any more"
            yield LeftOut(person=name, name=name, cause="unknown", reason=text)
            return
        numbers = tuple(
            dict.fromkeys(p.number for p in person.phones if not self._is_barred(p.number))
        )
        if len(numbers) < len({phone.number for phone in person.phones}):
            yield _left_out(
                person, "emergency_number", "a number of his is an emergency number"
            )
        windows = self._windows(person, spans)
        if left_out := self._obstacle(person, numbers, spans, windows, site):
            yield left_out
            return
        yield Target(
            person=person.person,
            name=person.name,
            languages=person.languages,
            numbers=numbers,
            windows=windows,
            has_pin=person.pin_hash is not None,
        )

    def _obstacle(
        self,
        person: Person,
        numbers: tuple[str, ...],
        spans: list[Span],
        windows: tuple[Span, ...],
        site: str | None,
    ) -> LeftOut | None:
        start, end = self._validity(person)
        if end <= self._start:
            text = f"not valid any more since {_day(end, self._organisation.time_zone)}"
            return _left_out(person, "not_valid_any_more", text)
        if start >= self._end:
            return _left_out(person, "not_valid_yet", f"not valid before {person.valid_from}")
        if site is not None and site not in person.sites:
            return _left_out(person, "no_right_to_site", f"no right to the site {site}")
        if not numbers:
            return _left_out(person, "no_telephone", "no telephone")
        if not spans:
            return _left_out(person, "not_on_call", "not on call")
        if not windows:
            return _left_out(person, "not_available", f"not available: {person.available}")
        return None

    def _windows(self, person: Person, spans: list[Span]) -> tuple[Span, ...]:
        if person.person not in self._free:
            start, end = self._validity(person)
            hours = open_spans(
                person.available,
                self._organisation.time_zone,
                self._organisation.country,
                self._start,
                self._end,
            )
            self._free[person.person] = clipped(hours, start, end)
        free = self._free[person.person]
        return clipped(
            (piece for start, end in spans for piece in clipped(free, start, end)),
            self._start,
            self._end,
        )

    def _validity(self, person: Person) -> Span:
        zone = self._organisation.time_zone
        start = day_begins(person.valid_from, zone) if person.valid_from else float("-inf")
        end = day_ends(person.valid_until, zone) if person.valid_until else float("inf")
        return start, end

    def _is_barred(self, number: str) -> bool:
        country = self._organisation.country
        return is_emergency_number(number, country) or self._is_protected(number)


def _left_out(person: Person, cause: Cause, reason: str) -> LeftOut:
    return LeftOut(person=person.person, name=person.name, cause=cause, reason=reason)


def _day(moment: float, time_zone: str) -> str:
    return on_the_wall(moment, time_zone).date().isoformat()
