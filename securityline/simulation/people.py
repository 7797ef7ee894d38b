"""Who and what stands behind the numbers of the pretend world: read from a directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from client_directory.loader import load_files
from client_directory.model import Operator


@dataclass(frozen=True, slots=True)
class People:
    """Names and languages by number, E.164."""

    names: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    keyholders: tuple[str, ...] = ()
    "Numbers of people whom the engine may want to call."
    operators: tuple[Operator, ...] = ()
    sites: Mapping[str, str] = field(default_factory=dict)
    "Names of the sites by their id."
    accounts: Mapping[str, str] = field(default_factory=dict)
    "The first alarm account of each site that has a panel."

    def shown(self, number: str) -> str:
        """Write a number for a reader: with its name when there is one."""
        name = self.names.get(number)
        return f"{name} ({number})" if name else number

    def language_of(self, caller: str, did: str) -> str:
        """Return what a caller speaks: his own language, else that of the number."""
        return self.languages.get(caller) or self.languages.get(did) or "fr"


def read_people(folder: Path) -> People:
    """Read the directory; what is wrong in it is left out here, others complain."""
    names: dict[str, str] = {}
    languages: dict[str, str] = {}
    keyholders: list[str] = []
    operators: list[Operator] = []
    sites: dict[str, str] = {}
    accounts: dict[str, str] = {}
    for file in load_files(folder).files.values():
        operators += file.operators
        for organisation in file.organisations:
            for did in organisation.dids:
                names[did.number] = organisation.name
                languages[did.number] = (did.languages or organisation.languages)[0]
            for site in organisation.sites:
                names |= dict.fromkeys(site.phones, site.name)
                sites[site.site] = site.name
                if site.alarm_accounts:
                    accounts[site.site] = site.alarm_accounts[0]
            for person in organisation.people:
                for phone in person.phones:
                    others = names.get(phone.number)  # colleagues may share a telephone
                    names[phone.number] = (
                        f"{others} or {person.name}" if others else person.name
                    )
                    languages[phone.number] = person.languages[0]
                    keyholders.append(phone.number)
    numbers = tuple(dict.fromkeys(keyholders))
    return People(names, languages, numbers, tuple(operators), sites, accounts)
