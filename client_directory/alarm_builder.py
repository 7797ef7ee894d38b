"""What a client's alarms are, from the shape a person wrote.

Also checks that every name in it is one of the client's.
"""

from collections.abc import Iterable, Sequence

from client_directory import alarm_model as model
from client_directory import alarm_schema as shapes
from client_directory.plan_builder import text_of
from client_directory.schedule import is_schedule
from client_directory.schema import OrganisationFile, PersonShape, SiteShape
from client_directory.source import Path, Source


def build_zones(site: SiteShape) -> tuple[model.Zone, ...]:
    """Build the zones of a site's panel."""
    return tuple(
        model.Zone(zone=one.zone, name=one.name, kind=one.kind, detector=one.detector)
        for one in site.zones
    )


def build_paths(site: SiteShape) -> tuple[model.AlarmPath, ...]:
    """Build the lines of a site's panel, each with its limit."""
    return tuple(
        model.AlarmPath(
            path=one.path,
            account=one.account,
            limit_time=_limit_time(one),
            category=one.category,
            via=one.via,
            line=one.line and model.significant(one.line),
            receiver=one.receiver,
        )
        for one in site.alarm_paths
    )


def _limit_time(path: shapes.AlarmPathShape) -> float | None:
    """Return the limit that was written, or the category's."""
    if path.category is not None:
        return model.REPORTING_TIME[path.category]
    return path.limit


def build_cameras(site: SiteShape) -> tuple[model.Camera, ...]:
    """Build the cameras of a site."""
    return tuple(
        model.Camera(camera=one.camera, name=one.name, carrier=one.carrier)
        for one in site.cameras
    )


def build_watch(site: SiteShape) -> model.ScheduleWatch | None:
    """Build what is watched of a site's opening hours."""
    watch = site.schedule_watch
    if watch is None:
        return None
    return model.ScheduleWatch(
        is_early_open_watched=watch.early_open,
        is_site_called_first=watch.call_site_first,
        late_to_close_time=watch.late_to_close,
        failed_to_close_time=watch.failed_to_close,
    )


def build_users(person: PersonShape) -> tuple[model.PanelUser, ...]:
    """Build who a person is at the panels of his sites."""
    return tuple(
        model.PanelUser(account=one.account, user=one.user) for one in person.panel_users
    )


def build_rules(shape: shapes.AlarmShape) -> model.AlarmRules:
    """Build how alarms become cases."""
    flood = shape.runaway
    return model.AlarmRules(
        hold_time=shape.hold,
        confirm_window_time=shape.confirm_window,
        runaway=model.Runaway(
            window_time=flood.window, count=flood.count, bucket_rate=flood.bucket_rate
        ),
    )


def build_checks(checks: Iterable[shapes.WelfareCheckShape]) -> tuple[model.WelfareCheck, ...]:
    """Build the timers of lone workers, or of welfare checks."""
    return tuple(
        model.WelfareCheck(
            person=one.person,
            every_time=one.every,
            amber_time=one.amber_after,
            red_time=one.red_after,
            during=one.during,
            site=one.site,
        )
        for one in checks
    )


def build_tasks(tasks: Iterable[shapes.TaskShape]) -> tuple[model.Task, ...]:
    """Build the recurring tasks."""
    return tuple(
        model.Task(
            task=one.task,
            title=text_of(one.title),
            times=tuple(sorted(set(one.when))),
            during=one.during,
            late_time=one.allow_late,
            site=one.site,
        )
        for one in tasks
    )


def build_actions(actions: Iterable[shapes.WebhookShape]) -> tuple[model.Action, ...]:
    """Build the actions with consequences."""
    return tuple(
        model.Action(
            action=one.action,
            title=text_of(one.title),
            url=one.url,
            kind=one.kind,
            needs_two_people=one.two_people,
            needs_password=one.password,
            site=one.site,
            parameters=dict(one.parameters),
        )
        for one in actions
    )


def check_alarms(shape: OrganisationFile, source: Source) -> None:
    """Check the names and the hours in what a client says about alarms."""
    people = {person.person for person in shape.people}
    sites = {site.site for site in shape.sites}
    for key in ("lone_workers", "welfare_checks"):
        for index, one in enumerate(getattr(shape, key)):
            _check_known(one.person, people, "person", (key, index, "person"), source)
    timed: tuple[tuple[str, Sequence[shapes.WelfareCheckShape | shapes.TaskShape]], ...] = (
        ("lone_workers", shape.lone_workers),
        ("welfare_checks", shape.welfare_checks),
        ("tasks", shape.tasks),
    )
    for key, entries in timed:
        for index, entry in enumerate(entries):
            _check_hours(entry.during, shape.country, (key, index, "during"), source)
            _check_known(entry.site, sites, "site", (key, index, "site"), source)
    for index, action in enumerate(shape.actions):
        _check_known(action.site, sites, "site", ("actions", index, "site"), source)
    _check_distinct([one.task for one in shape.tasks], "tasks", "task", source)
    _check_distinct([one.action for one in shape.actions], "actions", "action", source)
    _check_sites(shape.sites, source)
    _check_users(shape, source)
    _check_told_apart(shape.sites, source)


def _check_sites(sites: Sequence[SiteShape], source: Source) -> None:
    paths: set[str] = set()
    cameras: set[str] = set()
    for index, site in enumerate(sites):
        where: Path = ("sites", index)
        zones: set[str] = set()
        for place, zone in enumerate(site.zones):
            at = (*where, "zones", place, "zone")
            _check_new(zone.zone, zones, at, source, key=model.zone_key(zone.zone))
        for place, path in enumerate(site.alarm_paths):
            at = (*where, "alarm_paths", place)
            _check_new(path.path, paths, (*at, "path"), source)
            accounts = set(site.alarm_accounts)
            _check_known(path.account, accounts, "alarm account", (*at, "account"), source)
        for place, camera in enumerate(site.cameras):
            _check_new(camera.camera, cameras, (*where, "cameras", place, "camera"), source)


def _check_users(shape: OrganisationFile, source: Source) -> None:
    """Check that each user of a panel is one person, who has a right to its site."""
    users: set[str] = set()
    for index, person in enumerate(shape.people):
        accounts = {
            account
            for site in shape.sites
            if site.site in person.sites
            for account in site.alarm_accounts
        }
        for place, one in enumerate(person.panel_users):
            at: Path = ("people", index, "panel_users", place)
            what = "alarm account of a site of his"
            _check_known(one.account, accounts, what, (*at, "account"), source)
            key = model.user_key(one.account, one.user)
            _check_new(one.user, users, (*at, "user"), source, key=key)


def _check_told_apart(sites: Sequence[SiteShape], source: Source) -> None:
    """Warn of paths whose signals count for each other: either may be dead unseen."""
    seen: list[model.AlarmPath] = []
    for index, site in enumerate(sites):
        for place, path in enumerate(build_paths(site)):
            same = [one.path for one in seen if not path.is_told_from(one)]
            if same:
                text = (
                    f"a signal of path {path.path!r} counts for {', '.join(same)} too, and one"
                    " that is dead goes unseen: give each its own via or line"
                )
                where = ("sites", index, "alarm_paths", place)
                source.find(where, "SHARED_PATH", text, is_warning=True)
            seen.append(path)


def _check_distinct(ids: list[str], key: str, name: str, source: Source) -> None:
    seen: set[str] = set()
    for index, one in enumerate(ids):
        _check_new(one, seen, (key, index, name), source)


def _check_new(name: str, seen: set[str], path: Path, source: Source, *, key: str = "") -> None:
    """:param key: what it is known by, where that is not how it is written."""
    if (key or name) in seen:
        source.find(path, "DUPLICATE_ID", f"{path[-1]} {name!r} twice")
    seen.add(key or name)


def _check_known(
    name: str | None, known: set[str], what: str, path: Path, source: Source
) -> None:
    if name is not None and name not in known:
        source.find(path, "UNKNOWN_REFERENCE", f"there is no {what} {name!r}")


def _check_hours(expression: str, country: str, path: Path, source: Source) -> None:
    if not is_schedule(expression, country):
        text = f"{path[-1]}: not opening hours: {expression!r}"
        source.find(path, "BAD_SCHEDULE", text)
