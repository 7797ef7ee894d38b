"""Find one of ten thousand sites, or one of its zones, by the beginnings of a few words."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from client_directory.directory import Directory
from client_directory.model import Organisation, Site

MOST_FOUND: Final = 14
"As many as a question shows; more letters find fewer."
LONGEST_ASKED: Final = 60
_EXPANDED: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l"})


class Place(NamedTuple):
    """A site, or one zone of it."""

    organisation: str
    site: str
    zone: str
    "Empty: all of it."
    name: str
    organisation_name: str
    zone_name: str


class SiteSearch:
    """Look through the directory that is in force.

    What is compared is made once for each directory: a search is no more than a walk over
    texts, a few milliseconds for ten thousand sites.
    """

    def __init__(self) -> None:
        self._of: Directory | None = None
        self._sites: list[tuple[str, Organisation, Site]] = []

    def find(self, directory: Directory, asked: str, cleared: Iterable[str]) -> list[Place]:
        """Return the sites in whose names, town, code or client each word begins a word.

        Behind each of a few sites stand its zones; a word may also be of a zone.
        """
        if directory is not self._of:
            self._of, self._sites = directory, list(_texts(directory))
        words = [f" {word}" for word in plain(asked[:LONGEST_ASKED]).split()]
        clearances = frozenset(cleared)
        found: list[Place] = []
        for text, organisation, site in self._sites:
            if organisation.clearance not in clearances:
                continue
            left = [word for word in words if word not in text]
            if not left:
                found.append(_place(organisation, site))
            found += _zones(organisation, site, words, left)
            if len(found) >= MOST_FOUND:
                break
        return found[:MOST_FOUND]


def _texts(directory: Directory) -> Iterator[tuple[str, Organisation, Site]]:
    for organisation in directory.organisations.values():
        for site in organisation.sites:
            about = (site.name, site.address.town if site.address else "", site.code or "")
            text = " ".join((*about, organisation.name))
            yield f" {plain(text)}", organisation, site


def _zones(
    organisation: Organisation, site: Site, words: list[str], left: list[str]
) -> Iterator[Place]:
    """Give the zones that the words which the site does not have lead to."""
    if len(left) == len(words) and words:
        return  # nothing of it is the site: a zone alone is no place
    for zone in site.zones:
        text = f" {plain(f'{zone.zone} {zone.name or str()}')}"
        if all(word in text for word in left):
            yield Place(
                organisation.organisation,
                site.site,
                zone.zone,
                site.name,
                organisation.name,
                zone.name or "",
            )


def _place(organisation: Organisation, site: Site) -> Place:
    return Place(organisation.organisation, site.site, "", site.name, organisation.name, "")


def plain(text: str) -> str:
    """Return lower-case words without accents, one space between them."""
    bare = unicodedata.normalize("NFD", text.lower().translate(_EXPANDED))
    letters = (x if x.isalnum() else "" if unicodedata.combining(x) else " " for x in bare)
    return " ".join("".join(letters).split())
