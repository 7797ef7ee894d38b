"""Which site a number keyed by an installer stands for, and what his PIN is worth there.

An installer is a person of the client with the role `installer`, a PIN, and the right to the
site. His PIN alone says who he is: it is compared with those of all installers of the site,
always all of them, so that the time tells nobody whose it was or whether the site exists.
"""

from typing import Final, NamedTuple

from callflows.events import PinOutcome, TestRight
from callflows.watched import DURESS
from client_directory.directory import Directory
from client_directory.installers import installers_of, site_of_number
from client_directory.model import Organisation, Person, Site
from securityline.pin_check import pin_outcome

_NOBODY: Final = ("", "")


class Checked(NamedTuple):
    """What came of a number and a PIN."""

    outcome: PinOutcome
    place: str
    "`client/site`; empty when no site has the number."
    right: TestRight | None


def check_installer(directory: Directory, number: str, entered: str, now: float) -> Checked:
    """Find the installer of a site whose PIN this is.

    :param number: alarm account or code of the site, as keyed.
    :param now: engine time: outside his dates a PIN has expired.
    """
    found = site_of_number(directory, number)
    if found is None:
        worth = pin_outcome(directory, *_NOBODY, None, entered, now)
        return Checked("none" if worth == "none" else "wrong", "", None)
    client, site = found
    place = f"{client.organisation}/{site.site}"
    worth_of = {
        person.person: pin_outcome(
            directory, client.organisation, person.person, site.site, entered, now
        )
        for person in installers_of(client)
    }
    for wanted in ("duress", "good", "expired"):
        for person in installers_of(client):
            if worth_of[person.person] == wanted:
                right = _right(directory, client, site, person)
                return Checked(wanted, place, None if wanted == "expired" else right)
    return Checked("wrong" if entered else "none", place, None)


def _right(directory: Directory, client: Organisation, site: Site, person: Person) -> TestRight:
    is_named = DURESS in directory.kinds(client.organisation)
    return TestRight(
        organisation=client.organisation,
        organisation_name=client.name,
        site=site.site,
        site_name=site.name,
        person=person.person,
        name=person.name,
        zones={zone.zone: zone.name for zone in site.zones},
        clearance=client.clearance,
        rules=client.alarm,
        procedure=directory.procedure_for(client.organisation, DURESS) if is_named else None,
    )
