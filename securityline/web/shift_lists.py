"""The lists of operators who go home: what stands on them, and who accepted what."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from callflows.alarm_book import TestMode
from callflows.call import CallState
from callflows.events import ShiftThing
from callflows.incident import Incident
from callflows.shift_list import ShiftItem
from client_directory.directory import Directory, consignes_in_force
from client_directory.model import Organisation
from securityline.watch_rows import TaskRow
from securityline.web.board import Audience, Board


class ItemRow(NamedTuple):
    """One item, as a screen shows it."""

    item: str
    kind: str
    incident_id: str
    incident: Incident | None
    has_caller: bool
    "A caller is parked in it."
    thing: ShiftThing
    who: str
    "Client and site; of a case as they are now."
    is_late: bool
    accepted_by: str
    "Name; empty while nobody has."
    accepted_at: float | None


class ListRow(NamedTuple):
    """One operator's list."""

    operator: str
    name: str
    offered_at: float
    items: list[ItemRow]
    waiting: int
    hidden: int
    "Items outside the clearance of whoever looks."


def things_in_force(
    directory: Directory,
    tests: Iterable[TestMode],
    tasks: Iterable[TaskRow],
    now: float,
    clearances: Iterable[str],
) -> tuple[ShiftThing, ...]:
    """List what the next shift must know besides cases, what ends first in front.

    :param now: engine time.
    """
    cleared = frozenset(clearances)
    found = [_task(row) for row in tasks]
    for test in tests:
        client = directory.organisations.get(test.organisation)
        if client is not None:
            found.append(_test(client, test))
    at = datetime.fromtimestamp(now, UTC)
    for client in directory.organisations.values():
        for note in consignes_in_force(client, at):
            place = client.temporary_consignes.index(note)
            sites = [site.name for site in client.sites if site.site in note.sites]
            found.append(
                ShiftThing(
                    item=f"consigne {client.organisation} {place}",
                    kind="consigne",
                    text="",
                    title=note.title,
                    organisation_name=client.name,
                    site_name=", ".join(sites),
                    clearance=client.clearance,
                    until=note.valid_until.timestamp(),
                )
            )
    seen = [thing for thing in found if thing.clearance in cleared]
    return tuple(sorted(seen, key=lambda thing: (thing.kind, thing.until or 0.0, thing.item)))


def _task(row: TaskRow) -> ShiftThing:
    return ShiftThing(
        item=f"task {row.task.task_id}",
        kind="task",
        text="",
        title=row.task.title,
        organisation_name=row.organisation_name,
        site_name=row.site_name,
        clearance="high_security" if row.clearance == "high_security" else "standard",
        until=row.task.late_at,
    )


def _test(client: Organisation, test: TestMode) -> ShiftThing:
    names = [site.name for site in client.sites if site.site == test.site]
    return ShiftThing(
        item=f"test {test.organisation} {test.site} {test.zone}".strip(),
        kind="test",
        text=" · ".join(one for one in (test.zone, test.who, test.reason) if one),
        organisation_name=client.name,
        site_name=names[0] if names else test.site,
        clearance=client.clearance,
        until=test.until,
    )


def list_rows(
    board: Board, audience: Audience, may_see: Callable[[str, Audience], bool]
) -> list[ListRow]:
    """Return every list, with what these screens may see of it."""
    rows = []
    for known in board.switchboard.shift_lists.values():
        shown = [one for one in known.items if _is_shown(one, audience, may_see)]
        unseen = [one for one in known.items if one.incident_id in audience.unseen]
        rows.append(
            ListRow(
                known.operator,
                board.name_of(known.operator),
                known.offered_at,
                [_item(board, one) for one in shown],
                sum(not one.is_accepted for one in shown),
                len(known.items) - len(shown) - len(unseen),
            )
        )
    return rows


def _is_shown(
    one: ShiftItem, audience: Audience, may_see: Callable[[str, Audience], bool]
) -> bool:
    if one.incident_id:
        return may_see(one.incident_id, audience)
    return one.thing.clearance in audience.clearances


def _item(board: Board, one: ShiftItem) -> ItemRow:
    incident = board.incident(one.incident_id) if one.incident_id else None
    names = [one.thing.organisation_name, one.thing.site_name]
    if incident is not None:
        row = board.case_row(incident)
        names = [row.organisation_name, row.site_name]
    return ItemRow(
        one.thing.item,
        one.thing.kind,
        one.incident_id,
        incident,
        incident is not None and _has_caller(board, incident),
        one.thing,
        " · ".join(name for name in names if name),
        one.is_late,
        board.name_of(one.accepted_by),
        one.accepted_at,
    )


def _has_caller(board: Board, incident: Incident) -> bool:
    calls = [board.call(call_id) for call_id in incident.call_ids]
    return any(call is not None and call.state is CallState.PARKED for call in calls)
