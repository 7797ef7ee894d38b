"""Are the plans of one client whole: call trees that reach somebody, consignes that end."""

from collections import defaultdict
from collections.abc import Iterator

from client_directory.model import (
    ANSWERED_BY_MACHINES,
    Level,
    Organisation,
    Person,
    Procedure,
    Step,
)
from client_directory.numbers import is_emergency_number
from client_directory.source import Path, Source
from client_directory.walk import END, backwards, closure, next_steps


def check_call_trees(organisation: Organisation, source: Source) -> None:
    """Check that every level calls people who exist, can be rung, and suffice."""
    roster = _Roster(organisation)
    for index, tree in enumerate(organisation.call_trees):
        for position, level in enumerate(tree.levels):
            path: Path = ("call_trees", index, "levels", position)
            called: set[str] = set()
            for place, callee in enumerate(level.call):
                called |= _people_of(callee, roster, source, (*path, "call", place))
            if level.answers_needed > len(called) > 0:
                text = f"{level.answers_needed} answers needed of {len(called)} people"
                source.find((*path, "answers_needed"), "IMPOSSIBLE", text)
            for name in sorted(called):
                _check_reach(roster.people[name], level, source, path)
    services = {did.service for did in organisation.dids}
    if organisation.call_trees and services <= ANSWERED_BY_MACHINES:
        text = "no number of the client at which a person picks up: whoever the call trees call"
        text += " sees a machine's" if services else " sees none"
        source.find(("call_trees",), "NO_CALLER_NUMBER", text, is_warning=True)


class _Roster:
    """Who can stand behind a name in a call tree."""

    def __init__(self, organisation: Organisation) -> None:
        self.country = organisation.country
        self.people = {person.person: person for person in organisation.people}
        self.rotas = {rota.rota: set(rota.members) for rota in organisation.rotas}
        self.holders: dict[str, set[str]] = defaultdict(set)
        for person in organisation.people:
            for role in person.roles:
                self.holders[role].add(person.person)


def _people_of(callee: str, roster: _Roster, source: Source, path: Path) -> set[str]:
    kind, _, name = callee.rpartition(":")
    if is_emergency_number(callee, roster.country):
        text = f"{callee!r} is an emergency number: no call tree may dial it"
        source.find(path, "EMERGENCY_NUMBER", text)
        return set()
    if kind == "role":
        found, complaint = roster.holders.get(name), f"nobody has the role {name!r}"
    elif kind == "rota":
        found, complaint = roster.rotas.get(name), f"there is no rota {name!r}"
    else:
        found = {name} if name in roster.people else None
        complaint = f"there is no person {name!r}"
    if found is None:
        source.find(path, "UNKNOWN_REFERENCE", complaint)
        return set()
    return found & roster.people.keys()


def _check_reach(person: Person, level: Level, source: Source, path: Path) -> None:
    if not person.phones:
        text = f"{person.person!r} has no phone to be called at"
        source.find((*path, "call"), "NO_PHONE", text)
    if level.accept == "pin" and person.pin_hash is None:
        text = f"{person.person!r} has no pin to accept with"
        source.find((*path, "accept"), "NO_PIN", text)


def check_procedures(organisation: Organisation, source: Source) -> None:
    """Check that every consigne can be walked from its first step to its end."""
    trees = {tree.call_tree for tree in organisation.call_trees}
    for index, procedure in enumerate(organisation.procedures):
        path: Path = ("procedures", index)
        _check_targets(procedure, trees, source, path)
        _check_walk(procedure, source, path)
    if not organisation.procedures:
        text = f"{organisation.organisation!r} has no consigne: operators see the client's name"
        source.find(("organisation",), "NO_PROCEDURE", text, is_warning=True)


def _check_targets(procedure: Procedure, trees: set[str], source: Source, path: Path) -> None:
    names = {step.step for step in procedure.steps}
    for index, step in enumerate(procedure.steps):
        where = (*path, "steps", index)
        if step.step == END:
            source.find((*where, "step"), "BAD_VALUE", "step: 'end' is taken: it ends")
        for target, at in _written_targets(step, where):
            if target not in names and target != END:
                source.find(at, "UNKNOWN_STEP", f"there is no step {target!r}")
        if step.requires is not None and step.requires not in names - {step.step}:
            text = f"requires: there is no other step {step.requires!r}"
            source.find((*where, "requires"), "UNKNOWN_STEP", text)
        tree = (step.do or {}).get("start_call_tree")
        if tree is not None and tree not in trees:
            at = (*where, "do", "start_call_tree")
            source.find(at, "UNKNOWN_REFERENCE", f"there is no call tree {tree!r}")


def _written_targets(step: Step, where: Path) -> Iterator[tuple[str, Path]]:
    if step.go_to is not None:
        yield step.go_to, (*where, "go_to")
    if step.answers != "free_text":
        for index, answer in enumerate(step.answers):
            if answer.go_to is not None:
                yield answer.go_to, (*where, "answers", index, "go_to")


def _check_walk(procedure: Procedure, source: Source, path: Path) -> None:
    follow = next_steps(procedure)
    reached = closure(procedure.steps[0].step, follow)
    ending = closure(END, backwards(follow))
    for index, step in enumerate(procedure.steps):
        where = (*path, "steps", index, "step")
        if step.step not in reached:
            text = f"no way leads to step {step.step!r} of {procedure.procedure!r}"
            source.find(where, "UNREACHABLE_STEP", text)
        elif step.step not in ending:
            text = f"from step {step.step!r} no way leads to the end"
            source.find(where, "ENDLESS", text)
