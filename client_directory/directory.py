"""The directory in memory: every question of a call answered by one look-up.

A `Directory` never changes; a reload makes a new one and swaps the reference, so whoever
holds the old one goes on with a consistent picture.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from client_directory.call_plan import CallPlan, build_call_plan
from client_directory.finding import Finding
from client_directory.general import fallback_procedure
from client_directory.loader import LoadedFiles, load_files
from client_directory.model import (
    CallTreePlan,
    Did,
    Operator,
    Organisation,
    Person,
    Procedure,
    Service,
    ServiceKind,
    Site,
    TemporaryConsigne,
)


class DirectoryError(Exception):
    """The directory cannot be put in force; whoever wrote its files is wrong."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = findings


class DialledNumber(NamedTuple):
    """Whose number it is."""

    organisation: Organisation
    did: Did


class Matches(NamedTuple):
    """Everybody and every place of one client that has a number; more than one is possible."""

    people: tuple[Person, ...] = ()
    sites: tuple[Site, ...] = ()


class AlarmAccount(NamedTuple):
    """Whose alarm panel it is."""

    organisation: Organisation
    site: Site


Entry = TypeVar("Entry", DialledNumber, AlarmAccount)

_NOBODY: Final = Matches()


@dataclass(frozen=True, slots=True)
class _Client:
    """One organisation, indexed."""

    organisation: Organisation
    callers: Mapping[str, Matches]
    sites: Mapping[str, Site]
    people: Mapping[str, Person]
    call_trees: Mapping[str, CallTreePlan]
    by_kind: Mapping[str, Procedure]
    fallback: Procedure | None
    by_alarm_code: Mapping[str, Procedure]


class Directory:
    """All clients, operators and services, indexed by what a call brings."""

    def __init__(
        self,
        organisations: Iterable[Organisation] = (),
        operators: Iterable[Operator] = (),
        services: Iterable[Service] = (),
    ) -> None:
        """Index what was loaded.

        A dialled number or alarm account that two clients claim belongs to neither: calls
        to it reach an operator as an unknown number, never with the wrong consigne.
        """
        clients = [_index(organisation) for organisation in organisations]
        self._clients = {client.organisation.organisation: client for client in clients}
        self.organisations: Mapping[str, Organisation] = {
            name: client.organisation for name, client in self._clients.items()
        }
        self.operators: Mapping[str, Operator] = {who.operator: who for who in operators}
        self.services: Mapping[str, Service] = {one.service: one for one in services}
        self.protected_numbers = frozenset(
            number
            for one in self.services.values()
            for number in (one.direct, one.public)
            if number is not None
        )
        self._extensions = {who.extension: who for who in self.operators.values()}
        self._dids = _unambiguous(
            (did.number, DialledNumber(organisation, did))
            for organisation in self.organisations.values()
            for did in organisation.dids
        )
        self._accounts = _unambiguous(
            (account, AlarmAccount(organisation, site))
            for organisation in self.organisations.values()
            for site in organisation.sites
            for account in site.alarm_accounts
        )

    @classmethod
    def load(cls, folder: Path | str) -> "Directory":
        """Read a directory that is to be put in force as a whole.

        :raises DirectoryError: something in it is wrong; warnings alone do not raise.
        """
        loaded = load_files(Path(folder))
        if errors := _errors(loaded.findings):
            raise DirectoryError(errors)
        return cls.of(loaded)

    @classmethod
    def of(cls, loaded: LoadedFiles) -> "Directory":
        """Index the files that are sound, and leave out those that are not.

        For a start after a crash, when the choice is between most clients and none.
        """
        files = loaded.files.values()
        return cls(
            (organisation for file in files for organisation in file.organisations),
            (operator for file in files for operator in file.operators),
            (service for file in files for service in file.services),
        )

    def dialled(self, number: str) -> DialledNumber | None:
        """Return whose number this is.

        :param number: E.164.
        """
        return self._dids.get(number)

    def callers(self, organisation: str, number: str) -> Matches:
        """Return the people and sites of one client that have this number, E.164."""
        client = self._clients.get(organisation)
        return client.callers.get(number, _NOBODY) if client else _NOBODY

    def site(self, organisation: str, site: str) -> Site | None:
        """Return a site of a client."""
        client = self._clients.get(organisation)
        return client.sites.get(site) if client else None

    def person(self, organisation: str, person: str) -> Person | None:
        """Return a person of a client."""
        client = self._clients.get(organisation)
        return client.people.get(person) if client else None

    def call_tree(self, organisation: str, call_tree: str) -> CallTreePlan | None:
        """Return a call tree of a client."""
        client = self._clients.get(organisation)
        return client.call_trees.get(call_tree) if client else None

    def procedure_for(self, organisation: str, kind: str | None = None) -> Procedure | None:
        """Return the consigne for a kind of incident.

        Without a kind, or with one that has no consigne of its own, the general one: for
        `other`, else the one named `default`, else the first.
        """
        client = self._clients.get(organisation)
        if client is None:
            return None
        return client.by_kind.get(kind or "") or client.fallback

    def kinds(self, organisation: str) -> tuple[str, ...]:
        """Return the kinds of incident a client has a consigne for, in the file's order."""
        client = self._clients.get(organisation)
        return tuple(client.by_kind) if client else ()

    def procedure_for_alarm(self, organisation: str, code: str) -> Procedure | None:
        """Return the consigne for a Contact ID or SIA code; `None` when none names it."""
        client = self._clients.get(organisation)
        return client.by_alarm_code.get(code) if client else None

    def alarm_account(self, account: str) -> AlarmAccount | None:
        """Return whose alarm panel reports under this account."""
        return self._accounts.get(account)

    def service_for(self, organisation: str, site: str, kind: ServiceKind) -> Service | None:
        """Return the police, fire or medical service in charge of a site."""
        place = self.site(organisation, site)
        return self.services.get(place.services.get(kind, "")) if place else None

    def is_protected_number(self, number: str) -> bool:
        """Say whether a number stands in the table of services, E.164 or as it is dialled."""
        return number in self.protected_numbers

    def call_plan(
        self, organisation: str, call_tree: str, site: str | None, at: datetime
    ) -> CallPlan | None:
        """Work out whom a call tree calls from a moment on; `None` without such a client.

        See `call_plan.build_call_plan`.
        """
        client = self._clients.get(organisation)
        if client is None:
            return None
        return build_call_plan(
            client.organisation, call_tree, site, at, is_emergency=self.is_protected_number
        )

    def operator_at(self, extension: str) -> Operator | None:
        """Return whose softphone this is; the user part of its address of record."""
        return self._extensions.get(extension)


def consignes_in_force(
    organisation: Organisation,
    at: datetime,
    site: str | None = None,
    *,
    ahead: timedelta = timedelta(),
) -> tuple[TemporaryConsigne, ...]:
    """Return the temporary consignes valid at a moment.

    :param at: aware.
    :param site: keep those for this site or for all; when it is not known, keep every one.
    :param ahead: also those that come into force within this time.
    """
    return tuple(
        note
        for note in organisation.temporary_consignes
        if note.valid_from <= at + ahead
        and at < note.valid_until
        and (site is None or not note.sites or site in note.sites)
    )


class DirectoryHolder:
    """The directory in force, and the one way to change it."""

    def __init__(self, folder: Path | str, *, is_partial_allowed: bool = False) -> None:
        """Load the directory.

        :param is_partial_allowed: start with the files that are sound instead of raising;
            `findings` says what was left out.
        :raises DirectoryError: something is wrong and a partial one is not allowed.
        """
        self.folder = Path(folder)
        self._loaded = load_files(self.folder)
        self.findings = self._loaded.findings
        errors = _errors(self.findings)
        if errors and not is_partial_allowed:
            raise DirectoryError(errors)
        self._current = Directory.of(self._loaded)

    @property
    def current(self) -> Directory:
        """The directory in force. Hold it for one event, not for longer."""
        return self._current

    def reload(self) -> tuple[Finding, ...]:
        """Read the files again and, when nothing is wrong, put them in force at once.

        Returns the findings. If one of them is an error nothing has changed. May run in a
        thread: the swap is one assignment.
        """
        loaded = load_files(self.folder, self._loaded)
        if not _errors(loaded.findings):
            fresh = Directory.of(loaded)
            self._loaded, self._current = loaded, fresh
            self.findings = loaded.findings
        return loaded.findings


def _errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if not finding.is_warning)


def _index(organisation: Organisation) -> _Client:
    procedures = organisation.procedures
    return _Client(
        organisation=organisation,
        callers=_callers(organisation),
        sites={site.site: site for site in organisation.sites},
        people={person.person: person for person in organisation.people},
        call_trees={tree.call_tree: tree for tree in organisation.call_trees},
        fallback=fallback_procedure(organisation),
        by_kind={kind: plan for plan in procedures for kind in plan.incident_kinds},
        by_alarm_code={code: plan for plan in procedures for code in plan.alarm_codes},
    )


def _callers(organisation: Organisation) -> dict[str, Matches]:
    people: dict[str, list[Person]] = defaultdict(list)
    sites: dict[str, list[Site]] = defaultdict(list)
    for person in organisation.people:
        for number in {phone.number for phone in person.phones}:
            people[number].append(person)
    for site in organisation.sites:
        for number in set(site.phones):
            sites[number].append(site)
    return {
        number: Matches(tuple(people.get(number, ())), tuple(sites.get(number, ())))
        for number in people.keys() | sites.keys()
    }


def _unambiguous(entries: Iterable[tuple[str, Entry]]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    disputed: set[str] = set()
    for key, entry in entries:
        if found.setdefault(key, entry).organisation is not entry.organisation:
            disputed.add(key)
    for key in disputed:
        del found[key]
    return found
