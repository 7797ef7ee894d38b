"""From a client in the directory to what is watched for him.

Copies: what is being watched does not bend when the directory is read again; the watchers
are then told of the new plans (`watch`).
"""

from dataclasses import dataclass
from typing import Final

from callflows.watch.alone import LonePerson
from callflows.watch.hours import Hours
from callflows.watch.opening import OpeningPlan, Registered
from callflows.watch.supervision import SupervisedPath, scaip_limit_time
from callflows.watch.tasks import TaskPlan
from callflows.watch.welfare import WelfarePlan
from client_directory.alarm_model import WelfareCheck, user_key
from client_directory.model import Organisation, Person, Site
from client_directory.wall_clock import day_begins, day_ends

SCAIP_INTERVAL: Final = 86_400.0
"Seconds: the longest interval of the standard (`hbi` 1440), where units are told none."
URGENCY: Final = 1
"Of an alarm about somebody who is alone."


@dataclass(frozen=True, slots=True, kw_only=True)
class LoneWorkerPlan:
    """A lone worker's timer as the client wants it; see `SafetyTimers.start`."""

    who: LonePerson
    run_time: float
    "Seconds until amber."
    amber_time: float
    "Seconds from amber to red."
    during: Hours | None = None
    "While these last each sign of life arms it anew."


def supervised_paths(
    organisation: Organisation, scaip_interval: float = SCAIP_INTERVAL
) -> list[SupervisedPath]:
    """Return the alarm paths of a client, each with the receiver that it shares, if known.

    :param scaip_interval: seconds between two heartbeats of a SCAIP unit, as it is told.
    """
    scaip_limit = scaip_limit_time(scaip_interval)
    return [
        SupervisedPath(
            path=f"{organisation.organisation}/{site.site}/{path.path}",
            organisation=organisation.organisation,
            site=site.site,
            account=path.account,
            limit_time=scaip_limit if path.limit_time is None else path.limit_time,
            category=path.category or "",
            receiver=path.receiver or "",
            via=path.via,
            line=path.line,
        )
        for site in organisation.sites
        for path in site.alarm_paths
    ]


def opening_plans(organisation: Organisation, now: float) -> list[OpeningPlan]:
    """Return the sites whose opening and closing is watched.

    :param now: engine time; whoever is not valid then is not asked.
    """
    plans = []
    for site in organisation.sites:
        watch = site.schedule_watch
        if watch is None:
            continue
        plans.append(
            OpeningPlan(
                organisation=organisation.organisation,
                site=site.site,
                hours=_hours(organisation, site.opening),
                is_early_open_watched=watch.is_early_open_watched,
                late_to_close_time=watch.late_to_close_time,
                failed_to_close_time=watch.failed_to_close_time,
                people=_registered(organisation, site, now),
                site_numbers=site.phones,
                is_site_called_first=watch.is_site_called_first,
            )
        )
    return plans


def task_plans(organisation: Organisation) -> list[TaskPlan]:
    """Return a client's recurring tasks."""
    return [
        TaskPlan(
            organisation=organisation.organisation,
            task=task.task,
            times=task.times,
            title=task.title,
            site=task.site,
            during=task.during,
            late_time=task.late_time,
            time_zone=organisation.time_zone,
            country=organisation.country,
        )
        for task in organisation.tasks
    ]


def welfare_plans(organisation: Organisation) -> list[WelfarePlan]:
    """Return the people of a client who are called at intervals."""
    return [
        WelfarePlan(
            who=who,
            during=_hours(organisation, check.during),
            every_time=check.every_time,
            amber_time=check.amber_time,
            red_time=check.red_time,
        )
        for check in organisation.welfare_checks
        if (who := _alone(organisation, check, "welfare")) is not None
    ]


def lone_worker_plans(organisation: Organisation) -> list[LoneWorkerPlan]:
    """Return the timers that people of a client may start."""
    return [
        LoneWorkerPlan(
            who=who,
            run_time=check.every_time + check.amber_time,
            amber_time=max(check.red_time - check.amber_time, 0.0),
            during=_hours(organisation, check.during),
        )
        for check in organisation.lone_workers
        if (who := _alone(organisation, check, "lone")) is not None
    ]


def _alone(organisation: Organisation, check: WelfareCheck, kind: str) -> LonePerson | None:
    person = next((one for one in organisation.people if one.person == check.person), None)
    if person is None:
        return None
    where = f"/{check.site}" if check.site else ""
    return LonePerson(
        timer_id=f"{kind}:{organisation.organisation}/{person.person}{where}",
        organisation=organisation.organisation,
        person=person.person,
        name=person.name,
        site=check.site,
        numbers=tuple(phone.number for phone in person.phones),
        urgency=URGENCY,
    )


def _registered(organisation: Organisation, site: Site, now: float) -> tuple[Registered, ...]:
    """Return who has the right to a site, one entry a number, in the directory's order.

    Somebody without a telephone who is a user of its panel has one entry, without a number.
    """
    people = []
    for person in organisation.people:
        if site.site not in person.sites:
            continue
        if not _is_valid(person, organisation.time_zone, now):
            continue
        users = tuple(
            user_key(one.account, one.user)
            for one in person.panel_users
            if one.account in site.alarm_accounts
        )
        numbers = [phone.number for phone in person.phones] or [""] * bool(users)
        people += [
            Registered(name=person.name, number=number, person=person.person, users=users)
            for number in numbers
        ]
    return tuple(people)


def _is_valid(person: Person, time_zone: str, now: float) -> bool:
    first, last = person.valid_from, person.valid_until
    if first is not None and now < day_begins(first, time_zone):
        return False
    return last is None or now < day_ends(last, time_zone)


def _hours(organisation: Organisation, expression: str) -> Hours:
    return Hours(expression, organisation.time_zone, organisation.country)
