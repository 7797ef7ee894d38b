"""Prove a directory before it goes live: who is reached when, and how late at the worst.

What a file must be to be read at all is checked whenever it is loaded (`check.py`). Here
stands what is proved on demand, by `securityline check`: it depends on the day, and a
directory that was sound yesterday must not be refused by a restart today.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from math import ceil
from pathlib import Path as FilePath
from typing import Final, NamedTuple

from client_directory.call_plan import PlannedLevel, Planner
from client_directory.coverage import moments_of_change, named, too_few, uncovered
from client_directory.finding import Finding
from client_directory.general import fallback_procedure, is_written_fallback
from client_directory.idle import Idle, idle_in, tell_idle
from client_directory.loader import load_files
from client_directory.model import CallTreePlan, Organisation, Procedure
from client_directory.no_effect import check_effects
from client_directory.plan_timing import worst_case_between
from client_directory.procedure_timing import procedure_times
from client_directory.source import Path, Source
from client_directory.verification import unverified_police_steps
from client_directory.walk import closure, next_steps
from client_directory.wall_clock import day_ends

HORIZON_DAYS: Final = 14
_DAY: Final = 86_400.0
_UNTIMED: Final = frozenset({"BAD_TIME", "BAD_SCHEDULE", "BAD_VALUE"})
"Findings after which nothing can be said about hours."


class Proven(NamedTuple):
    """What is wrong, and what was proved of the rest."""

    findings: tuple[Finding, ...]
    proofs: tuple[Finding, ...]
    "Lines with the code `PROVED`, and advice beside them (`NO_GENERAL`): no defects."


def prove(folder: FilePath, at: datetime) -> Proven:
    """Check and prove a directory.

    :param at: aware; the next 14 days count from here.
    """
    prover = Prover(at)
    loaded = load_files(folder, examine=prover.examine)
    return Proven(loaded.findings, tuple(sorted(prover.proofs)))


class Prover:
    """Proves one client after the other."""

    def __init__(self, at: datetime) -> None:
        """Begin, with the moment from which on it is to be proved; aware."""
        self.start = at.timestamp()
        self.end = self.start + HORIZON_DAYS * _DAY
        self.proofs: list[Finding] = []

    def examine(self, organisation: Organisation, source: Source) -> None:
        """Note what is wrong with a client in `source`, and keep what was proved."""
        _check_consignes(organisation, source)
        self._advise(organisation, source)
        if any(finding.code in _UNTIMED for finding in source.findings):
            return
        self._check_validity(organisation, source)
        check_effects(organisation, source, self.start)
        # A day more: whoever can be called while a tree runs that starts at the very end.
        planner = Planner(organisation, self.start, self.end + _DAY)
        at_a_site: dict[str, float] = {}
        anywhere: dict[str, float] = {}
        strangers: dict[str, list[str]] = {}
        idle: dict[Idle, list[str]] = {}
        for index, tree in enumerate(organisation.call_trees):
            proof = TreeProof(organisation, tree, planner, (self.start, self.end))
            proof.check(source, ("call_trees", index))
            for site in proof.strange_sites():
                strangers.setdefault(site, []).append(tree.call_tree)
            for person in proof.idle():
                idle.setdefault(person, []).append(tree.call_tree)
            known, unknown = proof.worst_case_times()
            at_a_site[tree.call_tree], anywhere[tree.call_tree] = known, unknown
            text = f"call tree {tree.call_tree!r}: a human {_within(known)}"
            text += f", {minutes(unknown)} without a site" if unknown > known else ""
            self._proved(source, ("call_trees", index, "call_tree"), text)
        _check_rights(organisation, strangers, source)
        tell_idle(organisation, idle, (self.start, self.end), source)
        for index, procedure in enumerate(organisation.procedures):
            hold = organisation.alarm.hold_time or 0.0
            text = _procedure_text(procedure, at_a_site, anywhere, hold)
            self._proved(source, ("procedures", index, "procedure"), text)

    def _check_validity(self, organisation: Organisation, source: Source) -> None:
        for index, person in enumerate(organisation.people):
            until = person.valid_until
            if until is not None and day_ends(until, organisation.time_zone) <= self.start:
                text = f"{person.person!r} is not valid any more since the end of {until}"
                source.find(("people", index, "valid"), "EXPIRED", text)

    def _advise(self, organisation: Organisation, source: Source) -> None:
        """Say when alarms without a consigne follow the first in the file, for want of another.

        No defect: nobody wrote that it is meant for them, and an operator may choose another.
        """
        fallback = fallback_procedure(organisation)
        if fallback is None or is_written_fallback(fallback):
            return
        if list(unverified_police_steps(fallback, is_fallback=True)):
            index = organisation.procedures.index(fallback)
            text = (
                f"an alarm without a consigne of its own follows {fallback.procedure!r}, which"
            )
            text += " calls the police and has no step to verify it in: write one for 'other'"
            self._proved(source, ("procedures", index, "procedure"), text, "NO_GENERAL")

    def _proved(self, source: Source, path: Path, text: str, code: str = "PROVED") -> None:
        line = source.root.line_at(path)
        is_advice = code != "PROVED"
        self.proofs.append(Finding(source.file, line, code, text, is_advice))


class TreeProof:
    """One call tree over the next days, for every site of the client."""

    def __init__(
        self,
        organisation: Organisation,
        tree: CallTreePlan,
        planner: Planner,
        horizon: tuple[float, float],
    ) -> None:
        """Work the tree out for each site; sites with the same people are one."""
        self._tree, self._planner = tree, planner
        self._zone = organisation.time_zone
        self._start, self._end = horizon
        self._anywhere = planner.levels(tree, None)
        named = {one.person for level in self._anywhere for one in level.targets}
        rights = {one.person: set(one.sites) for one in organisation.people}
        alike: dict[frozenset[str], list[str]] = {}
        for site in organisation.sites:
            allowed = frozenset(one for one in named if site.site in rights[one])
            alike.setdefault(allowed, []).append(site.site)
        self._sites: list[tuple[list[str], tuple[PlannedLevel, ...]]] = [
            (sites, planner.levels(tree, sites[0])) for sites in alike.values()
        ]

    def check(self, source: Source, path: Path) -> None:
        """Note levels that are empty, and hours at which nobody, or too few, can be called."""
        is_whole = True
        for position, level in enumerate(self._anywhere):
            where = (*path, "levels", position)
            for code, key, text in (*self._defects(level), *self._rota_defects(position)):
                is_whole = False
                source.find((*where, key), code, text)
        if is_whole:
            self._check_sites(source, path)

    def _defects(self, level: PlannedLevel) -> Iterator[tuple[str, str, str]]:
        if not level.targets:
            if any(one.cause != "unknown" for one in level.left_out):
                reasons = ", ".join(f"{one.person}: {one.reason}" for one in level.left_out)
                yield "EMPTY_LEVEL", "call", f"nobody can be called: {reasons}"
            return
        if gaps := uncovered([level], self._start, self._end):
            yield "UNREACHABLE", "call", f"nobody can be called {named(gaps, self._zone)}"
        if gaps := too_few(level, self._start, self._end):
            text = f"fewer than {level.answers_needed} can be called"
            yield "TOO_FEW", "answers_needed", f"{text} {named(gaps, self._zone)}"

    def _rota_defects(self, position: int) -> Iterator[tuple[str, str, str]]:
        """Give the rotas whose member cannot be called while he is on call.

        Where nobody else stands in the level it is the level's own defect.
        """
        level = self._tree.levels[position]
        for callee in level.call if len(level.call) > 1 else ():
            if not callee.startswith("rota:"):
                continue
            alone = self._planner.level(replace(level, call=(callee,)), None)
            gaps = uncovered([alone], self._start, self._end) if alone.targets else ()
            if gaps:
                text = f"{callee}: whoever is on call cannot be called"
                yield "UNREACHABLE", "call", f"{text} {named(gaps, self._zone)}"

    def _check_sites(self, source: Source, path: Path) -> None:
        for sites, levels in self._sites:
            names = ", ".join(repr(site) for site in sites)
            gaps = uncovered(levels, self._start, self._end)
            if gaps and any(level.targets for level in levels):
                text = f"for {names} nobody can be called {named(gaps, self._zone)}"
                source.find((*path, "call_tree"), "UNREACHABLE", text)
            for position, level in enumerate(levels):
                if short := too_few(level, self._start, self._end):
                    text = f"for {names} fewer than {level.answers_needed} can be called"
                    where = (*path, "levels", position, "answers_needed")
                    source.find(where, "TOO_FEW", f"{text} {named(short, self._zone)}")

    def strange_sites(self) -> list[str]:
        """Return the sites to which nobody has a right whom the tree could call."""
        if not any(level.targets for level in self._anywhere):
            return []
        return [
            site
            for sites, levels in self._sites
            if not any(level.targets for level in levels)
            for site in sites
        ]

    def idle(self) -> set[Idle]:
        """Return whom the tree passes over in all of the time, though others are called.

        A member of a rota may be on call for a moment in which he is not available: only
        whoever is not available at all counts.
        """
        found = idle_in(self._anywhere, [levels for _, levels in self._sites])
        return {
            one
            for one in found
            if one.cause != "not_available" or not self._planner.is_ever_free(one.person)
        }

    def worst_case_times(self) -> tuple[float, float]:
        """Return the bound for whatever site, and that while the site is not known; seconds.

        Whenever the tree starts. Without a site more people may be called, so it is longer.
        """
        at_a_site = [self._worst_case_of(levels) for _, levels in self._sites]
        anywhere = self._worst_case_of(self._anywhere)
        return max(at_a_site, default=anywhere), anywhere

    def _worst_case_of(self, levels: tuple[PlannedLevel, ...]) -> float:
        """Return the worst of all starts: that of the worst span in which nobody changes.

        The bound of a span is one for each part of it, so the widest are halved first, the
        worst before others, until the worst of all is too short to halve.
        """
        edges = moments_of_change(levels, self._start, self._end)

        def bound(first: int, last: int) -> tuple[float, int, int]:
            rounds = self._tree.rounds
            return -worst_case_between(levels, rounds, edges[first], edges[last]), first, last

        spans = [bound(0, len(edges) - 1)]
        while True:
            worst, first, last = heappop(spans)
            if last - first == 1:
                return -worst
            middle = (first + last) // 2
            heappush(spans, bound(first, middle))
            heappush(spans, bound(middle, last))


def _check_consignes(organisation: Organisation, source: Source) -> None:
    signalled = {zone.kind for site in organisation.sites for zone in site.zones if zone.kind}
    fallback = fallback_procedure(organisation)
    for index, procedure in enumerate(organisation.procedures):
        path: Path = ("procedures", index, "steps")
        is_fallback = procedure is fallback and is_written_fallback(procedure)
        steps = unverified_police_steps(procedure, signalled, is_fallback=is_fallback)
        for place in steps:
            text = f"{procedure.procedure!r} calls the police before a verification"
            text += ", also of alarms without a consigne of their own" if is_fallback else ""
            where = (*path, place, "do")
            source.find(where, "UNVERIFIED", f"{text}: requires: a step that has verify")
        for place in _locked_steps(procedure):
            step = procedure.steps[place]
            text = f"{step.step!r} stays shut: no way to it passes {step.requires!r}"
            source.find((*path, place, "requires"), "LOCKED_STEP", text)


def _locked_steps(procedure: Procedure) -> Iterator[int]:
    """Give the places of steps that wait for a step which only comes after them, or never."""
    ways = next_steps(procedure)
    after: dict[str, set[str]] = {}
    for index, step in enumerate(procedure.steps):
        required = step.requires
        if required is None or required not in ways:
            continue
        if required not in after:
            after[required] = closure(required, ways)
        if step.step not in after[required]:
            yield index


def _check_rights(
    organisation: Organisation, strangers: dict[str, list[str]], source: Source
) -> None:
    for index, site in enumerate(organisation.sites):
        if trees := strangers.get(site.site):
            names = ", ".join(repr(tree) for tree in trees)
            text = f"nobody in call tree {names} has a right to the site {site.site!r}"
            source.find(("sites", index, "site"), "NO_RIGHT", text)


def _procedure_text(
    procedure: Procedure, at_a_site: dict[str, float], anywhere: dict[str, float], hold: float
) -> str:
    times = procedure_times(procedure, at_a_site, hold)
    text = f"procedure {procedure.procedure!r}: a human {_within(times.to_human)}"
    if times.to_police is None:
        text += ", no step calls the police"
    else:
        text += f", the police {_within(times.to_police)}"
    more = procedure_times(procedure, anywhere, hold).to_human - times.to_human
    return text + (f", {minutes(more)} more without a site" if more else "")


def _within(time: float) -> str:
    return f"within {minutes(time)}" if time else "at once"


def minutes(time: float) -> str:
    """Write a bound, seconds, as `12.3 min`: rounded up, so that what is read is one too."""
    # To a microsecond first: a float a hair above 0.3 min is 0.3 min and not 0.4.
    tenths = ceil(round(time, 6) / 6)
    return f"{tenths / 10:.1f} min"
