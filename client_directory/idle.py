"""Who stands in a call tree and is never called, while others of his level are.

Nothing fails of it today, so nobody would notice before the others are asleep.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from client_directory.call_plan import PlannedLevel
from client_directory.coverage import named
from client_directory.model import Organisation, Person
from client_directory.schedule import Span
from client_directory.source import Source

IdleCause = Literal["not_valid_yet", "not_available", "no_right_to_site"]
MOST_NAMED: Final = 10
"People of one client and one cause who get a line each; the last line counts the others."
_CODES: Final[Mapping[IdleCause, tuple[str, str]]] = {
    "not_valid_yet": ("NOT_VALID_YET", "valid"),
    "not_available": ("NOT_AVAILABLE", "available"),
    "no_right_to_site": ("NO_SITE", "sites"),
}
"Code of the finding, and the key at which it stands."


class Idle(NamedTuple):
    """Somebody whom a level passes over."""

    person: str
    cause: IdleCause


def idle_in(
    anywhere: Sequence[PlannedLevel], at_sites: Sequence[Sequence[PlannedLevel]]
) -> Iterator[Idle]:
    """Give those of a tree's levels whom nobody will call.

    :param anywhere: the levels for no site in particular.
    :param at_sites: the same levels for each of the client's sites.

    A level in which nobody can be called is a defect of its own.
    """
    for place, level in enumerate(anywhere):
        if not level.targets:
            continue
        for one in level.left_out:
            if one.cause in ("not_valid_yet", "not_available"):
                yield Idle(one.person, one.cause)
        called = {target.person for levels in at_sites for target in levels[place].targets}
        for target in level.targets if called else ():
            if target.person not in called:
                yield Idle(target.person, "no_right_to_site")


def tell_idle(
    organisation: Organisation, idle: Mapping[Idle, Sequence[str]], span: Span, source: Source
) -> None:
    """Warn of each, where it stands in the file.

    :param idle: who, and the call trees that pass him over.
    :param span: what was looked at, engine time.
    """
    places = {person.person: index for index, person in enumerate(organisation.people)}
    by_cause: dict[IdleCause, list[Idle]] = {}
    for one in sorted(idle, key=lambda one: places[one.person]):
        by_cause.setdefault(one.cause, []).append(one)
    for cause, alike in by_cause.items():
        code, key = _CODES[cause]
        for count, one in enumerate(alike[:MOST_NAMED], start=1):
            index = places[one.person]
            person = organisation.people[index]
            why = _why(person, cause, span, organisation.time_zone)
            trees = ", ".join(map(repr, idle[one]))
            text = f"{person.person!r} {why}: call tree {trees} passes him over"
            if count == MOST_NAMED < len(alike):
                text += f"; and {len(alike) - count} more like him"
            source.find(("people", index, key), code, text, is_warning=True)


def _why(person: Person, cause: IdleCause, span: Span, time_zone: str) -> str:
    if cause == "not_valid_yet":
        return f"is not valid before {person.valid_from}"
    if cause == "not_available":
        return f"is not available {named([span], time_zone)} ({person.available})"
    return "has no right to a site"
