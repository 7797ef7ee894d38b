"""Who may be on the line and has a secret to be compared with: whom an operator asks for.

The card carries as many as there are keys to choose one by. An organisation may have a
thousand: the whole list is fetched when it is asked for, and found in by a few letters.
"""

from collections.abc import Iterator
from typing import Final

from callflows.incident import Incident
from client_directory.model import Organisation, Person
from securityline.web.board import Board
from securityline.web.service_presses import site_in_case

MOST_SPEAKERS: Final = 35
"As many as there are keys to choose one by."


def has_secret(person: Person) -> bool:
    """Whether there is anything to compare his answer with."""
    return person.pin_hash is not None or person.code_word_hash is not None


def speakers(
    board: Board, incident: Incident, organisation: Organisation | None
) -> list[Person]:
    """Return everybody who may be on the line and has a secret, the likeliest first."""
    people = organisation.people if organisation is not None else ()
    asked = [person for person in people if has_secret(person)]
    site = site_in_case(board, incident)
    likely = list(_on_the_line(board, incident))

    def rank(person: Person) -> tuple[int, bool]:
        place = likely.index(person.person) if person.person in likely else len(likely)
        return place, site is not None and site not in person.sites

    return sorted(asked, key=rank)


def _on_the_line(board: Board, incident: Incident) -> Iterator[str]:
    call = board.call_of(incident)
    if call is not None:
        if call.keyholder:
            yield call.keyholder
        if call.identification.person is not None:
            yield call.identification.person
    for tree in board.trees_of(incident):
        yield from tree.accepted


def revealable(people: list[Person]) -> list[Person]:
    """Return those whose code word is stored so that it can be shown."""
    return [one for one in people if one.code_word_sealed is not None]
