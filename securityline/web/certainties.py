"""Who a case is about, each part *known*, *guessed* or *unknown*, and why."""

from typing import NamedTuple

from callflows.alarm_book import AlarmCase
from callflows.events import Identification
from callflows.incident import Incident
from securityline.web.plain import clip
from securityline.web.reason_words import IDENTIFICATION
from securityline.web.reasons import say
from securityline.web.words import Words

MOST_ZONES = 4
"Zones in alarm that are named; the log has all."
LONGEST_NAME = 80


class Known(NamedTuple):
    """One line of who is calling, or where the alarm is."""

    name: str
    certainty: str
    why: str
    more: str = ""


def of_call(who: Identification, words: Words) -> tuple[Known, Known, Known]:
    """Say organisation, site and person as the call was identified."""
    parts = (
        (who.organisation_name, who.organisation_certainty, who.organisation_why),
        (who.site_name, who.site_certainty, who.site_why),
        (who.person_name, who.person_certainty, who.person_why),
    )
    first, second, third = (
        Known(name, certainty, clip(say(IDENTIFICATION, why, words)))
        for name, certainty, why in parts
    )
    return first, second, third


def of_alarm(
    incident: Incident, alarms: AlarmCase | None, words: Words
) -> tuple[Known, Known, Known]:
    """Say organisation, site and person of a case in which nobody called.

    :param alarms: what is remembered of its alarms, if it came by one.
    """
    if incident.source != "alarm" or alarms is None:
        why = words("The case was opened for it, not by a call.")
        return (
            _known(incident.organisation_name, why, words),
            _known(incident.site_name, why, words),
            Known("", "unknown", why),
        )
    account = clip(alarms.account, LONGEST_NAME)
    client = words("Whoever sent the alarm named it.")
    site = client
    if account:
        said = words("Account %(account)s, which sent the alarm, is that of %(name)s.")
        client = said % {"account": account, "name": clip(incident.organisation_name, 200)}
        said = words("Account %(account)s is the panel of %(name)s.")
        site = said % {"account": account, "name": clip(incident.site_name, 200)}
    if zones := _zones(alarms):
        site += " " + words("In alarm: %(zones)s.") % {"zones": zones}
    stranger = words("No client has the account %(account)s.") % {"account": account or "—"}
    return (
        _known(incident.organisation_name, client, words, stranger),
        _known(incident.site_name, site, words, stranger if not incident.organisation else ""),
        Known("", "unknown", words("An alarm names no person.")),
    )


def _known(name: str, why: str, words: Words, why_not: str = "") -> Known:
    if name:
        return Known(name, "known", why)
    return Known("", "unknown", why_not or words("Nothing that came with it named it."))


def _zones(alarms: AlarmCase) -> str:
    names = [clip(one.name or one.zone, LONGEST_NAME) for one in alarms.zones.values()]
    return ", ".join([name for name in names if name][:MOST_ZONES])
