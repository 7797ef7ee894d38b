"""What is remembered of alarms: signals seen, places, cases, floods, tests, and its times.

Everything here is bounded, whoever sends: what is oldest is forgotten first.
"""

import heapq
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from callflows.events import NO_INCIDENT, IncidentId
from client_directory.alarm_model import zone_key

MOST_SEEN: Final = 100_000
"""Signals that are known when they come again. What can no longer come again is no burden:
DC-09's are forgotten after a minute, so a day of many thousand HTTP alarms has its place."""
FEW: Final = 500
"One part of so many is forgotten at once when there are too many."
MOST_PLACES: Final = 20_000
MOST_METERS: Final = 20_000
MOST_ZONES: Final = 256
"In alarm in one case; further ones are counted only. A Contact ID panel has 999 at most."
MOST_KINDS: Final = 32
MOST_DETECTIONS: Final = 32
MOST_SHOWN: Final = 50
"Signals of one test that are shown; all of them are in the logbook."


class Seen(NamedTuple):
    """A signal that is known when it comes again."""

    incident_id: IncidentId
    "The case it went to."
    until: float
    "Engine time until which the same again is the same."
    sender: str


@dataclass(slots=True)
class Zone:
    """One zone that was in alarm in a case."""

    zone: str
    name: str
    kind: str
    first_at: float
    last_at: float
    count: int = 1
    restored_at: float | None = None
    has_restore: bool = False
    "The panel says when it is over, whether the consigne waits for it or not."


@dataclass(slots=True)
class AlarmCase:
    """What a case knows of its alarms. Wants to be told when hold or patience is over."""

    incident_id: IncidentId
    place: str
    first_at: float
    last_at: float
    hold_time: float = 0.0
    held_until: float | None = None
    "Engine time; `None` when nothing is waited for any more."
    restore_due: float | None = None
    "Engine time at which operators are reminded that it is not back to normal."
    call_due: float | None = None
    "Engine time at which operators are reminded of a call that was promised."
    call_promise: float = 0.0
    "Engine time by which it was promised."
    account: str = ""
    "Of the panel that sent the first one, as it wrote it; empty when none did, or in old logs."
    count: int = 0
    is_confirmed: bool = False
    kinds: list[str] = field(default_factory=list)
    "Kinds of alarm in it, at most `MOST_KINDS`."
    zones: dict[str, Zone] = field(default_factory=dict)
    "By `alarm_kinds.key_of_zone`."

    @property
    def timer_id(self) -> str:
        """Its name among the things that wait for a time."""
        return f"alarm-{self.incident_id}"

    @property
    def deadline(self) -> float | None:
        """When it wants to be told, engine time."""
        wanted = (self.held_until, self.restore_due, self.call_due)
        times = [at for at in wanted if at is not None]
        return min(times, default=None)

    @property
    def unrestored(self) -> tuple[str, ...]:
        """Zones that are still in alarm, as far as anybody said."""
        return tuple(z.zone or "?" for z in self.zones.values() if z.restored_at is None)

    @property
    def expected(self) -> tuple[str, ...]:
        """Those of them of which the panel will say that they are back to normal."""
        waiting = (z for z in self.zones.values() if z.restored_at is None)
        return tuple(z.zone or "?" for z in waiting if z.has_restore)


@dataclass(slots=True)
class Detection:
    """One detector that spoke."""

    detector: str
    name: str
    kind: str
    at: float
    incident_id: IncidentId


@dataclass(slots=True)
class Place:
    """A site, or what stands for one: its open cases, and which detectors spoke lately."""

    cases: list[IncidentId] = field(default_factory=list)
    "Open ones, oldest first."
    detections: list[Detection] = field(default_factory=list)


@dataclass(slots=True)
class Meter:
    """How fast alarms of one kind come from one zone of one place."""

    site: str
    kind: str
    zone: str
    times: list[float] = field(default_factory=list)
    "The last ones, at most as many as the window lets through."
    tokens: float = 0.0
    filled_at: float = 0.0
    window_time: float = 0.0
    is_running: bool = False
    "A flood runs: what comes is grouped."
    by: Literal["window", "bucket"] = "window"
    "What it was too much for."
    incident_id: IncidentId | None = None
    "The case that its flood is grouped in; `None` while there is none."
    grouped: int = 0
    first_at: float = 0.0
    last_at: float = 0.0


@dataclass(slots=True)
class TestMode:
    """A site or a zone that is on test."""

    organisation: str
    site: str
    zone: str
    until: float
    by: str
    who: str
    reason: str
    signals: int = 0
    shown: list[str] = field(default_factory=list)
    "The last ones, a sentence each."


@dataclass(slots=True)
class Times:
    """Moments that belong to no case: ends of tests and of floods."""

    heap: list[tuple[float, str, str]] = field(default_factory=list)
    "When, `test` or `flood`, and which."

    @property
    def timer_id(self) -> str:
        """Its name among the things that wait for a time."""
        return "alarms"

    @property
    def incident_id(self) -> IncidentId:
        """It belongs to no case."""
        return NO_INCIDENT

    @property
    def deadline(self) -> float | None:
        """When it wants to be told, engine time."""
        return self.heap[0][0] if self.heap else None

    def add(self, at: float, what: str, key: str) -> None:
        """Remember a moment."""
        heapq.heappush(self.heap, (at, what, key))

    def take(self, now: float) -> list[tuple[str, str]]:
        """Take out the moments that have come: what they are for, and which."""
        taken = []
        while self.heap and self.heap[0][0] <= now:
            taken.append(heapq.heappop(self.heap)[1:])
        return taken


@dataclass(slots=True)
class AlarmBook:
    """All of it."""

    seen: dict[str, Seen] = field(default_factory=dict)
    "By `source source_id`. Oldest first."
    seen_of: dict[str, dict[str, None]] = field(default_factory=dict)
    "The keys of `seen` by their sender, oldest first; not in the snapshot, made from it."
    cases: dict[IncidentId, AlarmCase] = field(default_factory=dict)
    "Of every case that an alarm opened, while the board holds it."
    places: dict[str, Place] = field(default_factory=dict)
    "Longest unused first."
    meters: dict[str, Meter] = field(default_factory=dict)
    "Longest unused first."
    tests: dict[str, TestMode] = field(default_factory=dict)
    "By `key_of_test`."
    times: Times = field(default_factory=Times)

    def case_of(self, source: str, source_id: str) -> IncidentId | None:
        """Return the case that a signal went to: what its door answers with."""
        known = self.seen.get(seen_key(source, source_id))
        return known.incident_id if known else None

    def first_case_of(self, source: str, source_id: str, now: float) -> IncidentId | None:
        """Return the case of a signal that comes again; `None` when it is a new one."""
        known = self.seen.get(seen_key(source, source_id))
        return known.incident_id if known is not None and now < known.until else None

    def see(
        self,
        source: str,
        source_id: str,
        incident_id: IncidentId,
        until: float,
        *,
        now: float = 0.0,
        sender: str = "",
    ) -> None:
        """Remember a signal, and forget those of its sender that can come no more.

        When there are too many, whoever sent most loses his oldest: a flood from one account
        costs no other his repeats.

        :param sender: door and account, or whatever else is one sender.
        """
        key, sender = seen_key(source, source_id), sender or source
        if key in self.seen:
            self._unsee(key)
        self.keep_seen(key, Seen(incident_id, until, sender))
        self._forget_over(self.seen_of[sender], now)
        if len(self.seen) > MOST_SEEN:
            self._make_room(now)

    def keep_seen(self, key: str, seen: Seen) -> None:
        """Put a signal behind all others, in its sender's list too."""
        self.seen[key] = seen
        self.seen_of.setdefault(seen.sender, {})[key] = None

    def _forget_over(self, keys: dict[str, None], now: float) -> None:
        """Forget what can come no more. A sender's door is one, so the oldest ends first."""
        while keys and self.seen[key := next(iter(keys))].until <= now:
            self._unsee(key)

    def _make_room(self, now: float) -> None:
        """Forget a few, so that not every signal of a flood has to look who sent most."""
        for keys in list(self.seen_of.values()):
            self._forget_over(keys, now)
        left = sorted(self.seen_of.values(), key=len, reverse=True)
        excess = len(self.seen) - MOST_SEEN + MOST_SEEN // FEW
        level = _level([len(keys) for keys in left], excess)
        for keys in left:
            while len(keys) > level:
                self._unsee(next(iter(keys)))

    def _unsee(self, key: str) -> None:
        sender = self.seen.pop(key).sender
        keys = self.seen_of[sender]
        del keys[key]
        if not keys:
            del self.seen_of[sender]

    def place(self, name: str) -> Place:
        """Find a place, or begin one."""
        place = self.places.pop(name, None) or Place()
        self.places[name] = place
        if len(self.places) > MOST_PLACES:
            del self.places[next(iter(self.places))]
        return place

    def keep_meter(self, key: str, meter: Meter) -> None:
        """Keep a meter as the one used last."""
        self.meters.pop(key, None)
        self.meters[key] = meter
        if len(self.meters) > MOST_METERS:
            del self.meters[next(iter(self.meters))]

    def unrestored(self, incident_id: IncidentId) -> tuple[str, ...]:
        """Return the zones of a case that are still in alarm."""
        case = self.cases.get(incident_id)
        return case.unrestored if case else ()

    def forget(self, incident_id: IncidentId) -> None:
        """Drop what was known of a case."""
        self.close(incident_id)
        self.cases.pop(incident_id, None)

    def close(self, incident_id: IncidentId) -> AlarmCase | None:
        """Wait for nothing in a case any more."""
        case = self.cases.get(incident_id)
        if case is None:
            return None
        case.held_until = case.restore_due = None
        place = self.places.get(case.place)
        if place is not None and incident_id in place.cases:
            place.cases.remove(incident_id)
        return case


def _level(sizes: list[int], excess: int) -> int:
    """Return to how many each is cut, the greatest first, for so many to be forgotten.

    :param sizes: falling.
    :param excess: how many; none are when it is 0 or less.
    """
    level, total = sizes[0] if sizes else 0, 0
    if excess <= 0:
        return level
    for count, size in enumerate(sizes, 1):
        total += size
        level = max((total - excess) // count, 0)
        if count == len(sizes) or level >= sizes[count]:
            break
    return level


def seen_key(source: str, source_id: str) -> str:
    """Return the name under which a signal is known."""
    return f"{source} {source_id}"


def key_of_test(organisation: str, site: str, zone: str) -> str:
    """Return the name of a test, however its zone is written."""
    return f"{organisation}/{site}/{zone_key(zone)}"
