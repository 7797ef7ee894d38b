"""Settings of the desk as events for the rules: when supervisors are told, the wrap-up."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from callflows.events import AlertLimitsSet, WrapUpTimeSet
from client_directory.directory import Directory
from client_directory.model import AlertLimits
from securityline.config import AlertsConfig


class Rules(Protocol):
    """The rules' state, read only."""

    @property
    def alert_limits(self) -> Mapping[str, AlertLimits]:
        """What is in force: by client, under the empty name the installation's."""

    @property
    def wrap_up_time(self) -> float:
        """Seconds after a call in which its operator is not rung."""


def tell_limits(
    tell: Callable[[AlertLimitsSet], Any],
    rules: Rules,
    settings: AlertsConfig,
    directory: Directory,
) -> None:
    """Tell the rules what is in force now, unless they know it: a restart is no change."""
    default = AlertLimits(
        not_taken=settings.not_taken,
        not_worked=settings.not_worked,
        overdue_step=settings.overdue_step,
        total=settings.total,
    )
    clients = {
        name: one.alerts
        for name, one in sorted(directory.organisations.items())
        if one.alerts is not None
    }
    if rules.alert_limits != {"": default, **clients}:
        tell(AlertLimitsSet(default=default, clients=clients))


def tell_wrap_up(
    tell: Callable[[WrapUpTimeSet], Any], rules: Rules, wrap_up_time: float
) -> None:
    """Tell the rules how long a wrap-up lasts, unless they know it.

    :param wrap_up_time: seconds.
    """
    if rules.wrap_up_time != wrap_up_time:
        tell(WrapUpTimeSet(wrap_up_time=wrap_up_time))
