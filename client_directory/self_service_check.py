"""Where a number lets people serve themselves by key: whether its installers and others can."""

from collections.abc import Iterable, Sequence

from client_directory.finding import Finding
from client_directory.installers import ROLE, numbers_of
from client_directory.model import Organisation
from client_directory.schema import PersonShape
from client_directory.source import Claim, Path, Source


def check_self_service(organisation: Organisation, source: Source) -> None:
    """Check one client: what installers need to name a site, and lone workers to be known."""
    _check_installers(organisation, source)
    for index, did in enumerate(organisation.dids):
        if did.service == "installer":
            source.claim("installer_line", did.number, ("dids", index))
        if did.service == "lone_worker":
            _check_lone_workers(organisation, index, source)


def _check_installers(organisation: Organisation, source: Source) -> None:
    keyed = {site.site for site in organisation.sites if numbers_of(site)}
    for index, person in enumerate(organisation.people):
        if ROLE not in person.roles:
            continue
        path: Path = ("people", index)
        if person.pin_hash is None:
            text = f"{person.person!r} is an installer and has no pin to serve himself with"
            source.find(path, "NO_SECRET", text, is_warning=True)
            continue
        source.claim("installer", person.person, path)
        for position, site in enumerate(person.sites):
            if site not in keyed:
                text = f"no telephone can key {site!r}: it has no account or code in figures"
                source.find((*path, "sites", position), "NO_NUMBER", text, is_warning=True)


def _check_lone_workers(organisation: Organisation, index: int, source: Source) -> None:
    did = organisation.dids[index]
    if not organisation.lone_workers:
        text = f"people who work alone call {did.number}, and lone_workers names nobody"
        source.find(("dids", index), "NO_LONE_WORKER", text, is_warning=True)
    people = {person.person: person for person in organisation.people}
    for place, check in enumerate(organisation.lone_workers):
        person = people.get(check.person)
        if person is not None and person.pin_hash is None:
            text = f"{check.person!r} has no pin to end his timer with"
            source.find(("lone_workers", place), "NO_SECRET", text, is_warning=True)
        if person is not None and not person.phones:
            text = f"{check.person!r} has no phone to be known by"
            source.find(("lone_workers", place), "NO_PHONE", text, is_warning=True)


def check_installer_pins(people: Sequence[PersonShape], source: Source) -> None:
    """Check that a PIN says which installer of a site it is, and whether he is forced."""
    seen: dict[tuple[str, str], str] = {}
    for index, person in enumerate(people):
        if ROLE not in person.roles:
            continue
        for key in ("pin", "duress_pin"):
            secret = getattr(person, key)
            if secret is None:
                continue
            others = {seen.setdefault((site, secret), person.person) for site in person.sites}
            for other in sorted(others - {person.person}):
                text = f"a PIN of the installer {other!r} is the same at a site of both"
                source.find(("people", index, key), "SAME_PIN", text)


def without_installers(lines: Iterable[Claim], installers: Sequence[Claim]) -> list[Finding]:
    """Warn of numbers for installers where no client has one."""
    if installers:
        return []
    return [
        Finding(
            line.file,
            line.line,
            "NO_INSTALLER",
            f"installers call {line.value}, and nobody with the role installer has a pin",
            is_warning=True,
        )
        for line in lines
    ]
