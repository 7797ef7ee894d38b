"""What is wrong in a directory: one client by itself, and all files together.

Structure is judged before this, in `source.py`; here stands what needs the whole file or
the whole directory: names that point nowhere, the same number twice, words missing in a
language.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from client_directory.finding import Finding
from client_directory.model import ANY_LANGUAGE, Organisation
from client_directory.plan_check import check_call_trees, check_procedures
from client_directory.reader import Node
from client_directory.self_service_check import check_self_service, without_installers
from client_directory.source import Claim, Path, Source

_TEXT_KEYS = frozenset({"label", "title", "ask", "say"})
_UNIQUE = {
    "organisation": ("DUPLICATE_ID", "organisation"),
    "did": ("DUPLICATE_DID", "dialled number"),
    "alarm_account": ("DUPLICATE_ACCOUNT", "alarm account"),
    "operator": ("DUPLICATE_ID", "operator"),
    "extension": ("DUPLICATE_ID", "extension"),
    "service": ("DUPLICATE_ID", "service"),
}


def check_organisation(organisation: Organisation, source: Source) -> None:
    """Check one client by itself."""
    _check_ids(organisation, source)
    _check_references(organisation, source)
    check_call_trees(organisation, source)
    check_procedures(organisation, source)
    _check_kinds(organisation, source)
    _check_receivers(organisation, source)
    check_self_service(organisation, source)
    _check_translations(source.root, (), organisation.languages, source)


def check_together(claims: Iterable[Claim]) -> tuple[Finding, ...]:
    """Check what the files say about the same things."""
    by_kind: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_kind[claim.kind].append(claim)
    findings: list[Finding] = []
    for kind, (code, name) in _UNIQUE.items():
        findings.extend(_duplicates(by_kind[kind], code, name))
    findings.extend(_missing_services(by_kind["service_wanted"], by_kind["service"]))
    findings.extend(_forbidden(by_kind["dialled"], by_kind["direct_line"]))
    findings.extend(_loops(by_kind["fallback"], by_kind["did"]))
    findings.extend(without_installers(by_kind["installer_line"], by_kind["installer"]))
    return tuple(findings)


def _duplicates(claims: list[Claim], code: str, name: str) -> Iterator[Finding]:
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.value].append(claim)
    for group in groups.values():
        for claim in group[1:]:
            first = group[0]
            text = f"{name} {claim.value} stands in {first.file}:{first.line} already"
            yield Finding(claim.file, claim.line, code, text)


def _missing_services(wanted: list[Claim], services: list[Claim]) -> Iterator[Finding]:
    known = {service.value for service in services}
    for claim in wanted:
        if claim.value not in known:
            kind, _, service = claim.value.partition(" ")
            text = f"services.yaml has no {kind} service {service!r}"
            yield Finding(claim.file, claim.line, "UNKNOWN_REFERENCE", text)


def _forbidden(dialled: list[Claim], direct_lines: list[Claim]) -> Iterator[Finding]:
    lines = {line.value for line in direct_lines}
    for claim in dialled:
        if claim.value in lines:
            # The number itself stays out: direct lines of the police are confidential.
            text = "this is the direct line of an emergency service: no flow may dial it"
            yield Finding(claim.file, claim.line, "EMERGENCY_NUMBER", text)


def _loops(fallbacks: list[Claim], dids: list[Claim]) -> Iterator[Finding]:
    ours = {did.value for did in dids}
    for claim in fallbacks:
        if claim.value in ours:
            text = f"fallback {claim.value} is answered here: the call would come back"
            yield Finding(claim.file, claim.line, "FALLBACK_LOOP", text)


def _check_ids(organisation: Organisation, source: Source) -> None:
    lists: tuple[tuple[str, str, list[str]], ...] = (
        ("sites", "site", [site.site for site in organisation.sites]),
        ("people", "person", [person.person for person in organisation.people]),
        ("rotas", "rota", [rota.rota for rota in organisation.rotas]),
        ("call_trees", "call_tree", [tree.call_tree for tree in organisation.call_trees]),
        ("procedures", "procedure", [plan.procedure for plan in organisation.procedures]),
    )
    for key, name, ids in lists:
        _check_distinct(ids, name, (key,), name, source)
    codes = [site.code or f"\0{i}" for i, site in enumerate(organisation.sites)]
    _check_distinct(codes, "site code", ("sites",), "code", source)
    for index, plan in enumerate(organisation.procedures):
        steps = [step.step for step in plan.steps]
        _check_distinct(steps, "step", ("procedures", index, "steps"), "step", source)


def _check_distinct(values: list[str], name: str, path: Path, key: str, source: Source) -> None:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            source.find((*path, index, key), "DUPLICATE_ID", f"{name} {value!r} twice")
        seen.add(value)


def _check_references(organisation: Organisation, source: Source) -> None:
    sites = {site.site for site in organisation.sites}
    people = {person.person for person in organisation.people}
    for index, person in enumerate(organisation.people):
        _check_known(person.sites, sites, "site", ("people", index, "sites"), source)
    for index, rota in enumerate(organisation.rotas):
        _check_known(rota.members, people, "person", ("rotas", index, "members"), source)
    for index, note in enumerate(organisation.temporary_consignes):
        path: Path = ("temporary_consignes", index, "sites")
        _check_known(note.sites, sites, "site", path, source)


def _check_known(
    names: tuple[str, ...], known: set[str], what: str, path: Path, source: Source
) -> None:
    for index, name in enumerate(names):
        if name not in known:
            text = f"there is no {what} {name!r}"
            source.find((*path, index), "UNKNOWN_REFERENCE", text)


def _check_kinds(organisation: Organisation, source: Source) -> None:
    """Check that an incident kind or an alarm code chooses one consigne, not two."""
    for key, name in (("incident_kinds", "incident kind"), ("alarm_codes", "alarm code")):
        first: dict[str, str] = {}
        for index, plan in enumerate(organisation.procedures):
            for position, value in enumerate(getattr(plan, key)):
                other = first.setdefault(value, plan.procedure)
                if other != plan.procedure:
                    text = f"{name} {value!r} has the consigne {other!r} already"
                    source.find(("procedures", index, key, position), "AMBIGUOUS", text)


def _check_receivers(organisation: Organisation, source: Source) -> None:
    """Warn of a number for panels where no site has an account that one could report under."""
    if any(site.alarm_accounts for site in organisation.sites):
        return
    for index, did in enumerate(organisation.dids):
        if did.service == "alarm_receiver":
            text = f"panels call {did.number}, and no site has alarm_accounts"
            source.find(("dids", index), "NO_ACCOUNT", text, is_warning=True)


def _check_translations(
    node: Node, path: Path, languages: tuple[str, ...], source: Source
) -> None:
    """Warn of words written in some of the client's languages and not in others."""
    if isinstance(node.value, list):
        for index, child in enumerate(node.value):
            _check_translations(child, (*path, index), languages, source)
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            if key not in _TEXT_KEYS or not isinstance(child.value, dict):
                _check_translations(child, (*path, key), languages, source)
                continue
            missing = [name for name in languages if name not in child.value]
            if missing and ANY_LANGUAGE not in child.value:
                text = f"{key}: no words in {', '.join(missing)}"
                source.find((*path, key), "MISSING_TRANSLATION", text, is_warning=True)
