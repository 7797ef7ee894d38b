"""Whom and where: the lines under a step that say who is meant."""

from collections.abc import Iterable

from client_directory.directory import Directory
from client_directory.model import Organisation, Person, Site, Step
from securityline.web.plain import write_number


def address_line(site: Site | None) -> str:
    """Write a site's address on one line."""
    if site is None or site.address is None:
        return ""
    return f"{site.address.street}, {site.address.postal_code} {site.address.town}"


def action_details(
    step: Step,
    organisation: Organisation | None,
    site: Site | None,
    directory: Directory,
) -> list[str]:
    """Say who is meant by an action. Reserved numbers of services never appear."""
    for action, argument in (step.do or {}).items():
        if action == "call_service" and site is not None:
            names = [name for kind, name in site.services.items() if kind == argument]
            services = [directory.services.get(name) for name in names]
            return [f"{one.name} · {one.public}" for one in services if one]
        if action == "start_call_tree" and organisation is not None:
            return list(call_tree_lines(organisation, argument))
    return []


def call_tree_lines(organisation: Organisation, call_tree: str) -> Iterable[str]:
    """One line a level: names and numbers in the order in which to call them."""
    plan = next((t for t in organisation.call_trees if t.call_tree == call_tree), None)
    for place, level in enumerate(plan.levels if plan else (), 1):
        people = (one for target in level.call for one in _people(organisation, target))
        names = [f"{p.name} {_number(p)}".strip() for p in dict.fromkeys(people)]
        if names:
            yield f"{place}. " + " · ".join(names)


def _people(organisation: Organisation, target: str) -> list[Person]:
    kind, _, name = target.rpartition(":")
    if kind == "role":
        return [p for p in organisation.people if name in p.roles]
    if kind == "rota":
        rota = next((r for r in organisation.rotas if r.rota == name), None)
        members = rota.members if rota else ()
        return [p for member in members for p in organisation.people if p.person == member]
    return [p for p in organisation.people if p.person == name]


def _number(person: Person) -> str:
    return write_number(person.phones[0].number) if person.phones else ""
