"""What the directory says of a client is what is watched for him."""

from dataclasses import replace
from datetime import date

import pytest

from callflows.watch.hours import Hours
from callflows.watch.plans import (
    lone_worker_plans,
    opening_plans,
    supervised_paths,
    task_plans,
    welfare_plans,
)
from client_directory.alarm_model import AlarmPath, ScheduleWatch, Task, WelfareCheck
from client_directory.model import Organisation, Person, Phone, Site
from tests.callflows.watch.moments import at

CHECK = WelfareCheck(
    person="luc", every_time=3600, amber_time=120, red_time=300, site="depot", during="Mo-Fr"
)
ACME = Organisation(
    organisation="acme",
    name="Acme",
    country="FR",
    time_zone="Europe/Paris",
    languages=("fr",),
    sites=(
        Site(
            site="depot",
            name="Depot",
            phones=("+33123456789",),
            opening="Mo-Fr 08:00-18:00",
            alarm_paths=(
                AlarmPath(
                    path="ip", account="1234", limit_time=20.0, category="SP6", receiver="rx-1"
                ),
                AlarmPath(path="gsm", account="1234", limit_time=90.0),
            ),
            schedule_watch=ScheduleWatch(
                is_early_open_watched=True, late_to_close_time=900, failed_to_close_time=3600
            ),
        ),
        Site(site="office", name="Office"),
    ),
    people=(
        Person(
            person="luc",
            name="Luc",
            languages=("fr",),
            sites=("depot",),
            phones=(Phone(number="+33611111111"), Phone(number="+33622222222")),
        ),
        Person(person="eve", name="Eve", languages=("fr",), sites=("office",)),
        Person(
            person="max",
            name="Max",
            languages=("fr",),
            sites=("depot", "office"),
            phones=(Phone(number="+33633333333"),),
            valid_from=date(2026, 11, 1),
            valid_until=date(2026, 11, 30),
        ),
    ),
    tasks=(Task(task="patrol", title={"": "Ronde"}, times=("22:00",), during="PH off"),),
    welfare_checks=(CHECK, replace(CHECK, person="nobody")),
    lone_workers=(replace(CHECK, site=None), replace(CHECK, red_time=60)),
)


def test_every_path_of_every_site_under_its_own_name():
    ip, gsm = supervised_paths(ACME)
    assert (ip.path, ip.limit_time, ip.category) == ("acme/depot/ip", 20.0, "SP6")
    assert (gsm.path, gsm.limit_time, gsm.category) == ("acme/depot/gsm", 90.0, "")
    assert {(p.organisation, p.site, p.account) for p in (ip, gsm)} == {
        ("acme", "depot", "1234")
    }
    assert (ip.receiver, gsm.receiver) == ("rx-1", "")


@pytest.mark.parametrize(
    ("limit_time", "interval", "expected"),
    [(None, 3600.0, 5400.0), (600.0, 3600.0, 600.0), (None, None, 36 * 3600.0)],
)
def test_a_unit_is_lost_after_one_and_a_half_of_the_intervals_it_was_told(
    limit_time, interval, expected
):
    unit = AlarmPath(path="unit", account="1234", limit_time=limit_time, via="scaip")
    site = replace(ACME.sites[0], alarm_paths=(unit,))
    client = replace(ACME, sites=(site,))
    told = {} if interval is None else {"scaip_interval": interval}
    [path] = supervised_paths(client, **told)
    assert path.limit_time == expected, "what the directory says comes first"


def test_the_hours_of_the_sites_that_are_watched():
    [plan] = opening_plans(ACME, at("2026-11-15 12:00"))
    assert plan.site == "depot"
    assert plan.hours == Hours("Mo-Fr 08:00-18:00", "Europe/Paris", "FR")
    assert (plan.is_early_open_watched, plan.late_to_close_time) == (True, 900)
    assert plan.failed_to_close_time == 3600
    assert plan.site_numbers == ("+33123456789",)
    assert [one.number[-2:] for one in plan.people] == ["11", "22", "33"]
    assert plan.people[0].person == "luc"


@pytest.mark.parametrize(
    ("when", "is_asked"),
    [
        ("2026-10-31 23:59", False),
        ("2026-11-01 00:00", True),
        ("2026-11-30 23:59", True),
        ("2026-12-01 00:00", False),
    ],
)
def test_whoever_is_not_valid_is_not_asked(when, is_asked):
    [plan] = opening_plans(ACME, at(when))
    assert any(one.person == "max" for one in plan.people) is is_asked


def test_tasks_by_the_client_s_own_wall():
    [plan] = task_plans(ACME)
    assert (plan.key, plan.times, plan.late_time) == ("acme/patrol", ("22:00",), 900.0)
    assert (plan.during, plan.time_zone, plan.country) == ("PH off", "Europe/Paris", "FR")
    assert plan.title == {"": "Ronde"}


def test_people_who_are_called_and_people_who_call():
    [check] = welfare_plans(ACME)
    assert check.who.timer_id == "welfare:acme/luc/depot"
    assert check.who.numbers == ("+33611111111", "+33622222222")
    assert (check.every_time, check.amber_time, check.red_time) == (3600, 120, 300)
    assert check.during == Hours("Mo-Fr", "Europe/Paris", "FR")
    timer, at_once = lone_worker_plans(ACME)
    assert timer.who.timer_id == "lone:acme/luc"
    assert (timer.run_time, timer.amber_time) == (3720, 180)
    assert at_once.amber_time == 0
