"""When supervisors are told: settings and directory become one event, told when it changes."""

from dataclasses import replace
from typing import Any

from callflows.events import AlertLimitsSet, WrapUpTimeSet
from callflows.switchboard import Switchboard
from client_directory.directory import Directory, DirectoryHolder
from client_directory.model import DEFAULT_ALERTS, AlertLimits
from securityline.alert_limits import tell_limits, tell_wrap_up
from securityline.config import AlertsConfig
from tests.securityline.web.rig import DIRECTORY

OWN = AlertLimits(not_taken=(1.0, 2.0, 3.0, 4.0))


def tell(rules: Switchboard, settings: AlertsConfig, directory: Directory) -> list[Any]:
    told: list[AlertLimitsSet] = []
    tell_limits(told.append, rules, settings, directory)
    for event in told:
        rules.handle(event, 1.0)
    return told


def test_a_change_is_told_once_and_a_restart_is_none() -> None:
    rules, directory = Switchboard(), DirectoryHolder(DIRECTORY).current
    assert tell(rules, AlertsConfig(), directory) == [
        AlertLimitsSet(default=DEFAULT_ALERTS, clients={})
    ]
    assert tell(rules, AlertsConfig(), directory) == []
    again = Switchboard.from_state(rules.to_state())
    assert tell(again, AlertsConfig(), directory) == []
    stricter = AlertsConfig(not_taken=(5.0, 5.0, 5.0, 5.0))
    [event] = tell(rules, stricter, directory)
    assert event.default.not_taken == (5.0, 5.0, 5.0, 5.0)


def test_the_wrap_up_is_told_when_the_settings_change_it() -> None:
    rules = Switchboard()
    told: list[WrapUpTimeSet] = []
    tell_wrap_up(told.append, rules, 30.0)
    assert told == [], "as it always was"
    tell_wrap_up(told.append, rules, 90.0)
    assert told == [WrapUpTimeSet(wrap_up_time=90.0)]
    rules.handle(told[0], 1.0)
    again = Switchboard.from_state(rules.to_state())
    tell_wrap_up(told.append, again, 90.0)
    assert len(told) == 1


def test_a_client_s_own_limits_come_along() -> None:
    rules, directory = Switchboard(), DirectoryHolder(DIRECTORY).current
    name, one = next(iter(directory.organisations.items()))
    directory.organisations[name] = replace(one, alerts=OWN)  # type: ignore[index]
    [event] = tell(rules, AlertsConfig(), directory)
    assert event.clients == {name: OWN}
    assert rules.alert_limits == {"": DEFAULT_ALERTS, name: OWN}
