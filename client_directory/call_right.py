"""Whether a person may be called at all today, by the engine or at an operator's wish."""

from datetime import datetime

from client_directory.call_plan import Cause
from client_directory.model import Organisation, Person
from client_directory.wall_clock import day_begins, day_ends


def why_never_called(
    organisation: Organisation | None, person: str, site: str | None, at: datetime
) -> Cause | None:
    """Say why a person must not be called for a site now; `None` when he may.

    The hours he gave, and whether he is on call, do not count here: an operator may call
    him outside of them.

    :param organisation: as it stands in the directory now; `None` when it is gone.
    :param site: where the case is; `None` when it is not known, and then anybody may be.
    :param at: aware.
    """
    people = organisation.people if organisation is not None else ()
    he = next((one for one in people if one.person == person), None)
    if organisation is None or he is None:
        return "unknown"
    return why_he_is_never_called(organisation, he, site, at)


def why_he_is_never_called(
    organisation: Organisation, he: Person, site: str | None, at: datetime
) -> Cause | None:
    """Say the same of somebody who is at hand: without a search among thousands."""
    now, zone = at.timestamp(), organisation.time_zone
    if he.valid_from is not None and now < day_begins(he.valid_from, zone):
        return "not_valid_yet"
    if he.valid_until is not None and now >= day_ends(he.valid_until, zone):
        return "not_valid_any_more"
    if site is not None and site not in he.sites:
        return "no_right_to_site"
    return None
