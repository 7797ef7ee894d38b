"""Alarm paths that must give a sign of life: which of them has fallen silent.

Engine time only, so a clock that somebody sets loses and restores nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callflows.codec import from_plain, to_plain
from callflows.events import PathLost, PathRestored
from callflows.watch.due_times import DueTimes

GATHER_TIME: Final = 0.5
"""Seconds from a path's limit to its loss being told, so that those lost at once are told
at once. A loss must be shown within 1 s of its limit."""
GROUP_TIME: Final = 60.0
"Seconds after a group's latest loss in which another belongs to it."
RECEIVER_SITES: Final = 5
"Sites behind one receiver, lost within `GROUP_TIME`, that make it the receiver's loss."
SCAIP_TOLERANCE: Final = 1.5
"A SCAIP unit's heartbeat is overdue after its interval times this (SS 91100)."


def scaip_limit_time(interval_time: float) -> float:
    """Return after how many seconds a SCAIP unit is lost that promised one heartbeat each.

    :param interval_time: seconds; the standard's range is 1 to 1440 minutes.
    """
    return interval_time * SCAIP_TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisedPath:
    """One path of one account.

    :raises ValueError: the limit is no positive number of seconds.
    """

    path: str
    "Its name, unlike any other path's."
    organisation: str
    account: str
    limit_time: float
    "Seconds; for the categories of EN 50136-1 see `client_directory.alarm_model`."
    site: str | None = None
    category: str = ""
    receiver: str = ""
    "Receiver or carrier that it shares with others; empty when none is known."
    via: str | None = None
    line: str | None = None
    "What its signals are known by; `None`: any of its account's counts."

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit_time) and self.limit_time > 0):
            raise ValueError(f"path {self.path}: a limit of {self.limit_time} s")

    @property
    def place(self) -> str:
        """Where it stands: the site, or the account when the site is not known."""
        return f"{self.organisation}/{self.site or self.account}"


@dataclass(slots=True)
class _Watched:
    path: SupervisedPath
    heard_at: float
    lost_at: float | None = None
    group: str = ""


@dataclass(slots=True)
class _Group:
    """Losses that belong together, while another may still join them."""

    scope: str
    "`site:…` or `receiver:…`."
    name: str
    last_at: float


@dataclass(slots=True)
class _Loss:
    """When a site behind a receiver was last lost."""

    receiver: str
    place: str
    at: float


@dataclass(slots=True)
class _State:
    now: float
    watched: list[_Watched]
    groups: list[_Group]
    losses: list[_Loss]


class Supervision:
    """Every supervised path, and which of them is lost.

    :param now: engine time. Each path has its whole limit from here.
    """

    def __init__(self, paths: Iterable[SupervisedPath] = (), now: float = 0.0) -> None:
        self._now = now
        self._watched: dict[str, _Watched] = {}
        self._due = DueTimes()
        self._groups: dict[str, _Group] = {}
        self._losses: dict[str, dict[str, float]] = {}
        self.watch(paths, now)

    def watch(self, paths: Iterable[SupervisedPath], now: float) -> None:
        """Supervise these paths from now on, and no others: the directory was read.

        A path that is new, or whose limit became another, has its whole limit from now; all
        others go on as they were, the lost ones lost.
        """
        now = self._clamped(now)
        wanted = {path.path: path for path in paths}
        for name in [name for name in self._watched if name not in wanted]:
            del self._watched[name]
            self._due.drop(name)
        for name, path in wanted.items():
            known = self._watched.get(name)
            if known is None:
                self._watched[name] = known = _Watched(path=path, heard_at=now)
            elif known.path.limit_time != path.limit_time and known.lost_at is None:
                known.heard_at = now
            known.path = path
            self._wait_for(known)

    def start_again(self, now: float) -> None:
        """Begin after a stop: what was not heard meanwhile may be our own fault.

        Each path has its whole limit from now. One that was lost before stays lost, and is
        not told again.
        """
        now = self._clamped(now)
        for watched in self._watched.values():
            if watched.lost_at is None:
                watched.heard_at = now
                self._wait_for(watched)

    def heard(self, path: str, now: float) -> list[PathRestored]:
        """Take a sign of life; returns the restoration if the path was lost.

        A path that is not supervised is nobody's concern here: whoever received the signal
        looks after unknown accounts.
        """
        watched = self._watched.get(path)
        if watched is None:
            return []
        watched.heard_at = now = self._clamped(now)
        self._due.set(path, now + watched.path.limit_time + GATHER_TIME)
        if watched.lost_at is None:
            return []
        lost_time, watched.lost_at = now - watched.lost_at, None
        group, watched.group = watched.group, ""
        known = watched.path
        return [
            PathRestored(
                organisation=known.organisation,
                site=known.site,
                path=path,
                account=known.account,
                lost_time=lost_time,
                group=group,
            )
        ]

    def is_lost(self, path: str) -> bool:
        """Say whether a path is lost; one that is not supervised never is."""
        watched = self._watched.get(path)
        return watched is not None and watched.lost_at is not None

    def lost(self) -> list[SupervisedPath]:
        """Return the paths that are lost now."""
        return [w.path for w in self._watched.values() if w.lost_at is not None]

    def next_due(self) -> float | None:
        """Return when to ask again, engine time; `None` when nothing is waited for."""
        return self._due.next()

    def due(self, now: float) -> list[PathLost]:
        """Return the losses to be told now, those of a group one after the other."""
        now = self._clamped(now)
        next_due = self._due.next()
        if next_due is None or next_due > now:
            return []
        # Whoever's limit has passed comes along, though it could be gathered for longer.
        silent = [self._watched[name] for name in self._due.take(now + GATHER_TIME)]
        self._note(silent, now)
        for watched in silent:
            watched.lost_at, watched.group = now, self._group_of(watched.path, now)
        silent.sort(key=lambda watched: watched.group)
        return [_lost(watched) for watched in silent]

    def to_state(self) -> dict[str, Any]:
        """Return everything, JSON-plain and exact."""
        losses = [
            _Loss(receiver, place, at)
            for receiver, places in self._losses.items()
            for place, at in places.items()
        ]
        state = _State(
            self._now, list(self._watched.values()), list(self._groups.values()), losses
        )
        plain: dict[str, Any] = to_plain(state)
        return plain

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Supervision":
        """Build what `to_state` described. After a stop, `start_again` follows.

        :raises ValueError: the state is not one of ours.
        """
        read = from_plain(_State, state)
        supervision = cls(now=read.now)
        for watched in read.watched:
            supervision._watched[watched.path.path] = watched
            supervision._wait_for(watched)
        supervision._groups = {group.scope: group for group in read.groups}
        for loss in read.losses:
            supervision._losses.setdefault(loss.receiver, {})[loss.place] = loss.at
        return supervision

    # ------------------------------------------------------------ what belongs together

    def _note(self, silent: list[_Watched], now: float) -> None:
        """Remember which sites fell silent behind which receiver, for as long as it counts."""
        touched = {watched.path.receiver for watched in silent} - {""}
        for receiver in touched:
            places = self._losses.get(receiver, {})
            self._losses[receiver] = {
                place: at for place, at in places.items() if at + GROUP_TIME >= now
            }
        for watched in silent:
            if watched.path.receiver:
                self._losses[watched.path.receiver][watched.path.place] = now
        self._groups = {
            scope: group
            for scope, group in self._groups.items()
            if group.last_at + GROUP_TIME >= now
        }

    def _group_of(self, path: SupervisedPath, now: float) -> str:
        scope = f"receiver:{path.receiver}"
        is_shared = len(self._losses.get(path.receiver, ())) >= RECEIVER_SITES
        if not (path.receiver and (is_shared or scope in self._groups)):
            scope = f"site:{path.place}"
        group = self._groups.get(scope)
        if group is None:
            group = _Group(scope=scope, name=f"{scope}@{now:.1f}", last_at=now)
            self._groups[scope] = group
        group.last_at = now
        return group.name

    def _wait_for(self, watched: _Watched) -> None:
        if watched.lost_at is None:
            due_at = watched.heard_at + watched.path.limit_time + GATHER_TIME
            self._due.set(watched.path.path, due_at)

    def _clamped(self, now: float) -> float:
        """Let no time run backwards, should anybody give a clock that was set."""
        self._now = max(self._now, now)
        return self._now


def _lost(watched: _Watched) -> PathLost:
    path = watched.path
    return PathLost(
        organisation=path.organisation,
        site=path.site,
        path=path.path,
        account=path.account,
        limit_time=path.limit_time,
        heard_at=watched.heard_at,
        group=watched.group,
        category=path.category,
        receiver=path.receiver,
    )
