"""What a PIN or code word is worth: one of five outcomes, in the same time for each."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from callflows.events import PinOutcome
from client_directory.directory import Directory
from client_directory.model import Organisation, Person
from client_directory.secret import NO_SECRET, is_secret
from ivr.pin import outcome_of


def pin_outcome(
    directory: Directory,
    organisation: str,
    person: str,
    site: str | None,
    entered: str,
    now: float,
) -> PinOutcome:
    """Compare with both secrets of a person, always, and say what came of it.

    :param site: where he says he is; without the right to it his PIN has expired.
    :param now: engine time: outside his dates it has expired, too.
    """
    client = directory.organisations.get(organisation)
    he = _find(client, person)
    is_pin = is_secret(entered, (he.pin_hash if he else None) or NO_SECRET)
    is_duress_pin = is_secret(entered, (he.duress_pin_hash if he else None) or NO_SECRET)
    return outcome_of(
        is_entered=bool(entered),
        is_pin=is_pin,
        is_duress_pin=is_duress_pin,
        is_expired=_is_expired(client, he, site, now),
    )


def secret_outcome(
    directory: Directory,
    organisation: str,
    person: str,
    site: str | None,
    said: str,
    now: float,
) -> PinOutcome:
    """Compare what somebody says on the line with his PIN and his code word.

    All four secrets that he may have are compared, always; see `pin_outcome`.
    """
    client = directory.organisations.get(organisation)
    he = _find(client, person)
    good = (he.pin_hash, he.code_word_hash) if he else (None, None)
    forced = (he.duress_pin_hash, he.duress_code_word_hash) if he else (None, None)
    is_good = [is_secret(said, stored or NO_SECRET) for stored in good]
    is_forced = [is_secret(said, stored or NO_SECRET) for stored in forced]
    return outcome_of(
        is_entered=bool(said),
        is_pin=any(is_good),
        is_duress_pin=any(is_forced),
        is_expired=_is_expired(client, he, site, now),
    )


def _find(organisation: Organisation | None, person: str) -> Person | None:
    people = organisation.people if organisation is not None else ()
    return next((one for one in people if one.person == person), None)


def _is_expired(
    organisation: Organisation | None, person: Person | None, site: str | None, now: float
) -> bool:
    """Whether he has no right today: out of his dates, or no right to the site."""
    if organisation is None or person is None:
        return True
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(organisation.time_zone)).date()
    is_valid = (person.valid_from is None or person.valid_from <= today) and (
        person.valid_until is None or today <= person.valid_until
    )
    return not is_valid or (site is not None and site not in person.sites)
