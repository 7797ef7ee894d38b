"""Settings that are read and can never do anything: whoever wrote them waits in vain."""

from collections.abc import Iterable, Iterator
from datetime import time
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from client_directory.alarm_model import ScheduleWatch, Task
from client_directory.model import Organisation
from client_directory.schedule import Span, open_spans
from client_directory.source import Path, Source

CODE: Final = "NO_EFFECT"
_HORIZONS: Final = (15, 400)
"Days looked ahead: nearly everything happens within the first; what does not, never."
_DAY: Final = 86_400.0


def check_effects(organisation: Organisation, source: Source, start: float) -> None:
    """Warn of watches, checks, tasks and actions that can never do what they say.

    :param start: engine time from which on it is looked.
    """
    found = (
        *_watches(organisation, start),
        *_checks(organisation, start),
        *_tasks(organisation, start),
        *_actions(organisation),
    )
    for path, text in found:
        source.find(path, CODE, text, is_warning=True)


def _looked(
    expression: str, organisation: Organisation, start: float, zone: str
) -> Iterator[tuple[Span, tuple[Span, ...]]]:
    for days in _HORIZONS:
        end = start + days * _DAY
        yield (start, end), open_spans(expression, zone, organisation.country, start, end)


# ---------------------------------------------------------------- opening hours


def _watches(organisation: Organisation, start: float) -> Iterator[tuple[Path, str]]:
    for index, site in enumerate(organisation.sites):
        watch = site.schedule_watch
        if watch is None:
            continue
        path: Path = ("sites", index, "schedule_watch")
        looked = list(_looked(site.opening, organisation, start, organisation.time_zone))
        if all(spans == (whole,) for whole, spans in looked):
            text = f"the site {site.site!r} never closes (opening: {site.opening})"
            yield path, f"{text}: it can be neither early nor late"
        elif not any(spans for _, spans in looked) and _is_closing_watched(watch):
            text = f"the site {site.site!r} never opens (opening: {site.opening})"
            yield path, f"{text}: it has no closing time to be late after"
        elif not (watch.is_early_open_watched or _is_closing_watched(watch)):
            yield path, "schedule_watch: none of early_open, late_to_close, failed_to_close"


def _is_closing_watched(watch: ScheduleWatch) -> bool:
    return watch.late_to_close_time is not None or watch.failed_to_close_time is not None


# ---------------------------------------------------------------- people alone, tasks


def _checks(organisation: Organisation, start: float) -> Iterator[tuple[Path, str]]:
    for index, check in enumerate(organisation.welfare_checks):
        zone = organisation.time_zone
        if not any(spans for _, spans in _looked(check.during, organisation, start, zone)):
            text = f"{check.person!r} is never called: no hour is within during: {check.during}"
            yield ("welfare_checks", index, "during"), text


def _tasks(organisation: Organisation, start: float) -> Iterator[tuple[Path, str]]:
    for index, task in enumerate(organisation.tasks):
        # The hours are read as written, and so are the times: both as if in UTC.
        looked = _looked(task.during, organisation, start, "UTC")
        if not any(_is_due(task, spans) for _, spans in looked):
            text = f"the task {task.task!r} is never due: its times lie outside during"
            yield ("tasks", index, "when"), text


def _is_due(task: Task, spans: Iterable[Span]) -> bool:
    times = [time.fromisoformat(one) for one in task.times]
    seconds = [one.hour * 3600.0 + one.minute * 60.0 for one in times]
    return any(
        opens + (second - opens) % _DAY < closes
        for opens, closes in spans
        for second in seconds
    )


# ---------------------------------------------------------------- actions


def _actions(organisation: Organisation) -> Iterator[tuple[Path, str]]:
    for index, action in enumerate(organisation.actions):
        parts = urlsplit(action.url)
        if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
            text = "url: never sent, write https: only to this machine does http go"
            yield ("actions", index, "url"), text
        elif parts.fragment:
            yield ("actions", index, "url"), "url: never sent, take out what follows the #"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
