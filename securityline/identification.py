"""From a number to a client, a place and a person, and to the event that opens a case.

The dialled number names the organisation, and nothing else does: not the caller's number,
not a diversion. The caller's number only adds a site and a person, marked as known or
guessed, with the reason in words.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from callflows.events import CallId, CallOffered, Certainty, Identification, IncidentId, LegId
from client_directory.directory import Directory, Matches, consignes_in_force
from client_directory.model import ANSWERED_BY_MACHINES, Did, Organisation, Person, Site
from securityline.identity import CallerIdentity, TrunkProfile

_URGENCY: Final = MappingProxyType(
    {
        "security_line": 1,
        "lone_worker": 1,
        "guards": 3,
        "service_desk": 3,
        "keyholder_callback": 3,
        "installer": 3,
    }
)
"""Before anybody has spoken. A live caller on the security line is taken for one in distress
until an operator says otherwise."""
_URGENCY_OF_OTHERS: Final = 2
_UNKNOWN_NUMBER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fr": "Numéro inconnu",
        "nl": "Onbekend nummer",
        "de": "Unbekannte Nummer",
        "en": "Unknown number",
    }
)


class CallIds(NamedTuple):
    """The names under which a new call goes on."""

    incident_id: IncidentId
    call_id: CallId
    leg_id: LegId


class _Found(NamedTuple):
    key: str | None = None
    name: str = ""
    certainty: Certainty = "unknown"
    why: str = ""


_NOTHING: Final = _Found()


def build_call_offered(
    identity: CallerIdentity,
    directory: Directory,
    trunk: TrunkProfile,
    ids: CallIds,
    now: datetime,
) -> CallOffered:
    """Build the event that opens a case, with copies of everything the flow will need.

    A number that no client has is offered all the same, marked unknown.
    :param now: aware; decides which temporary consignes and people are valid.
    """
    dialled = directory.dialled(identity.did)
    if dialled is None:
        return _from_unknown_number(identity, directory, trunk, ids)
    organisation, did = dialled
    matches = _matches(identity, directory, organisation)
    person = _find_person(identity, matches, organisation, now)
    site = _find_site(identity, matches, organisation)
    matched = matches.people if len(matches.people) == 1 else ()
    return CallOffered(
        incident_id=ids.incident_id,
        call_id=ids.call_id,
        leg_id=ids.leg_id,
        did=identity.did,
        caller=identity.caller,
        is_withheld=identity.is_withheld,
        diverted_from=identity.diverted_from,
        trunk=trunk.name,
        verstat=identity.verstat,
        is_asserted=identity.is_asserted,
        location=identity.location,
        display_name=identity.display_name,
        is_known_did=True,
        service=did.service,
        did_label=did.label,
        identification=Identification(
            organisation=organisation.organisation,
            organisation_name=organisation.name,
            organisation_certainty="known",
            site=site.key,
            site_name=site.name,
            site_certainty=site.certainty,
            person=person.key,
            person_name=person.name,
            person_certainty=person.certainty,
            why=_why(identity, organisation, person, site),
            organisation_why=f"{identity.did} is a number of {organisation.name}.",
            site_why=site.why or _why_no_site(identity, organisation, matches),
            person_why=person.why or _why_nobody(identity, organisation, matches),
        ),
        clearance=organisation.clearance,
        languages=_languages(matched, did, organisation),
        recording=did.recording,
        while_ringing=did.while_ringing,
        fallback_number=did.fallback_number or trunk.fallback_number,
        presented_number=_presented(did, organisation),
        procedure=directory.procedure_for(organisation.organisation),
        temporary_consignes=tuple(
            note.title for note in consignes_in_force(organisation, now, site.key)
        ),
        urgency=_URGENCY.get(did.service, _URGENCY_OF_OTHERS),
    )


def _presented(did: Did, organisation: Organisation) -> str:
    """Return the number that calls made for this one show: who rings it back hears people."""
    if did.service not in ANSWERED_BY_MACHINES:
        return did.number
    others = (x.number for x in organisation.dids if x.service not in ANSWERED_BY_MACHINES)
    return next(others, did.number)


def _from_unknown_number(
    identity: CallerIdentity, directory: Directory, trunk: TrunkProfile, ids: CallIds
) -> CallOffered:
    why = f"No client has the dialled number {identity.did}."
    first = directory.dialled(identity.diverted_from or "")
    if first is not None and first.organisation.clearance == "standard":
        why += f" Diverted from {first.did.number}, a number of {first.organisation.name}."
    return CallOffered(
        incident_id=ids.incident_id,
        call_id=ids.call_id,
        leg_id=ids.leg_id,
        did=identity.did,
        caller=identity.caller,
        is_withheld=identity.is_withheld,
        diverted_from=identity.diverted_from,
        trunk=trunk.name,
        verstat=identity.verstat,
        is_asserted=identity.is_asserted,
        location=identity.location,
        display_name=identity.display_name,
        is_known_did=False,
        did_label=dict(_UNKNOWN_NUMBER),
        identification=Identification(
            why=why, organisation_why=why, site_why=why, person_why=why
        ),
        fallback_number=trunk.fallback_number,
        presented_number=identity.did if identity.did.startswith("+") else None,
        urgency=_URGENCY_OF_OTHERS,
    )


def _matches(
    identity: CallerIdentity, directory: Directory, organisation: Organisation
) -> Matches:
    """Look the caller up, unless he withheld his number: then his name is not ours to show."""
    if identity.caller is None or identity.is_withheld:
        return Matches()
    return directory.callers(organisation.organisation, identity.caller)


def _find_person(
    identity: CallerIdentity, matches: Matches, organisation: Organisation, now: datetime
) -> _Found:
    people = matches.people
    if not people:
        return _NOTHING
    if len(people) > 1:
        names = ", ".join(person.name for person in people)
        why = f"The caller's number belongs to {len(people)} people: {names}."
        return _Found(None, " / ".join(person.name for person in people), "guessed", why)
    person = people[0]
    why = f"The caller's number is that of {person.name}"
    if not _is_valid(person, organisation, now):
        why += ", whose entry is not valid today."
        return _Found(person.person, person.name, "guessed", why)
    certainty, doubt = _certainty(identity)
    return _Found(person.person, person.name, certainty, f"{why}{doubt}.")


def _find_site(
    identity: CallerIdentity, matches: Matches, organisation: Organisation
) -> _Found:
    sites = matches.sites
    if len(sites) > 1:
        names = ", ".join(site.name for site in sites)
        why = f"The caller's number belongs to {len(sites)} sites: {names}."
        return _Found(None, " / ".join(site.name for site in sites), "guessed", why)
    if sites:
        certainty, doubt = _certainty(identity)
        why = f"The caller's number is that of {sites[0].name}{doubt}."
        return _Found(sites[0].site, sites[0].name, certainty, why)
    guessed = _only_site(matches.people, organisation)
    return (
        _Found(guessed[0].site, guessed[0].name, "guessed", guessed[1]) if guessed else _NOTHING
    )


def _only_site(
    people: tuple[Person, ...], organisation: Organisation
) -> tuple[Site, str] | None:
    if len(people) == 1 and len(people[0].sites) == 1:
        for site in organisation.sites:
            if site.site == people[0].sites[0]:
                return site, f"{site.name} is the only site of {people[0].name}."
    if len(organisation.sites) == 1:
        site = organisation.sites[0]
        return site, f"{site.name} is the only site of {organisation.name}."
    return None


def _certainty(identity: CallerIdentity) -> tuple[Certainty, str]:
    """Say how far a number is to be believed, and what speaks against it."""
    if identity.verstat is not None and "failed" in identity.verstat.lower():
        return "guessed", ", but the network could not verify it"
    if not identity.is_asserted:
        return "guessed", ", but no network vouches for it"
    return "known", ""


def _is_valid(person: Person, organisation: Organisation, now: datetime) -> bool:
    if person.valid_from is None and person.valid_until is None:
        return True
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()
    is_begun = person.valid_from is None or person.valid_from <= today
    return is_begun and (person.valid_until is None or today <= person.valid_until)


def _why(
    identity: CallerIdentity, organisation: Organisation, person: _Found, site: _Found
) -> str:
    parts = [f"{identity.did} is a number of {organisation.name}."]
    if identity.is_withheld:
        parts.append("The caller withheld his number.")
    elif identity.caller is None:
        parts.append("The caller's number did not come with the call.")
    elif person is _NOTHING and site.certainty != "known":
        parts.append(f"Nobody of {organisation.name} has the caller's number.")
    parts += [found.why for found in (person, site) if found.why]
    return " ".join(parts)


def _why_nobody(identity: CallerIdentity, organisation: Organisation, matches: Matches) -> str:
    """Say why no person is named."""
    if identity.is_withheld:
        return "The caller withheld his number."
    if identity.caller is None:
        return "The caller's number did not come with the call."
    if matches.sites:
        return "The caller's number is that of a site, not of one person."
    return f"Nobody of {organisation.name} has the caller's number."


def _why_no_site(identity: CallerIdentity, organisation: Organisation, matches: Matches) -> str:
    """Say why no site is named."""
    if len(matches.people) == 1 and matches.people[0].sites:
        return f"{matches.people[0].name} has several sites."
    return _why_nobody(identity, organisation, matches)


def _languages(
    matched: tuple[Person, ...], did: Did, organisation: Organisation
) -> tuple[str, ...]:
    """Return the caller's probable languages: his own, the number's, the client's."""
    own = matched[0].languages if matched else ()
    if not own and not did.languages:
        return organisation.languages
    return tuple(dict.fromkeys((*own, *did.languages, *organisation.languages)))
