"""At the end of a shift everything open goes to the next one, item by item.

A case is its operator's until another accepts that very item, so it is nobody's at no
moment: not when he signs out, not when nobody comes. What nobody accepts within
`ACCEPT_TIME` stays on the list, and supervisors are told of it.
"""

from collections.abc import Callable
from typing import Any, Final

from callflows import handing_over
from callflows.attention import attend
from callflows.board import Board
from callflows.call import CallState
from callflows.events import (
    NO_INCIDENT,
    Event,
    OperatorId,
    ShiftHandedOver,
    ShiftItemAccepted,
    ShiftItemLate,
    ShiftItemListed,
    ShiftItemOver,
    ShiftOffered,
    ShiftRefused,
    ShiftThing,
    ShiftWithdrawn,
)
from callflows.incident import Incident
from callflows.operators import DeskState
from callflows.routing import is_cleared
from callflows.shift_list import MOST_ITEMS, ShiftItem, ShiftList
from callflows.site_lock import held_by

ACCEPT_TIME: Final = 900.0
"Seconds in which the next shift must accept an item before supervisors are told."

# ---------------------------------------------------------------- offering


def offered(board: Board, event: ShiftOffered) -> None:
    """Put his open cases, his note and what else is in force on his list."""
    desk = board.operators.get(event.operator)
    if desk is None or desk.role not in handing_over.ROLES:
        _not_listed(board, event.operator, "no such operator")
        return
    old = board.shift_lists.get(event.operator)
    known = old or ShiftList(operator=event.operator, offered_at=board.now, until=None)
    fresh = _fresh(board, known, event)
    if not fresh and not known.items:
        _not_listed(board, event.operator, "nothing is open")
        return
    board.shift_lists[event.operator] = known
    known.items += fresh
    if fresh:
        known.until = board.now + ACCEPT_TIME
        board.keep_timed(known)
    for one in fresh:
        _list(board, known, one)


def _fresh(board: Board, known: ShiftList, event: ShiftOffered) -> list[ShiftItem]:
    """Return what is not on the list yet: cases first, then his note, then the rest."""
    found = [
        ShiftItem(
            thing=ShiftThing(
                item=f"case {case.incident_id}", kind="case", text="", clearance=case.clearance
            ),
            incident_id=case.incident_id,
        )
        for case in board.incidents.values()
        if case.is_open and case.owner == event.operator
    ]
    if event.text:
        known.notes += 1
        note = ShiftThing(item=f"note {known.notes}", kind="note", text=event.text)
        found.append(ShiftItem(thing=note))
    found += [ShiftItem(thing=thing) for thing in event.things if thing.kind != "case"]
    # A case that was accepted and is his again is new; what was accepted else stays accepted.
    known.items = [x for x in known.items if not (x.is_accepted and x.thing.kind == "case")]
    listed = {one.thing.item for one in known.items}
    fresh = [one for one in found if one.thing.item not in listed]
    return _as_many_as_fit(fresh, MOST_ITEMS - len(known.items))


def _as_many_as_fit(fresh: list[ShiftItem], room: int) -> list[ShiftItem]:
    """Keep every case and note; of the rest what has room, and the number of the others."""
    kept = [one for one in fresh if one.thing.kind in ("case", "note")]
    rest = [one for one in fresh if one.thing.kind not in ("case", "note")]
    room = max(0, room - len(kept))
    if len(rest) > room:
        more = ShiftThing(item="more", kind="more", text=str(len(rest) - room))
        rest = [*rest[:room], ShiftItem(thing=more)]
    return kept + rest


def _list(board: Board, known: ShiftList, one: ShiftItem) -> None:
    board.say(
        ShiftItemListed(
            incident_id=one.incident_id,
            operator=known.operator,
            item=one.thing.item,
            kind=one.thing.kind,
            text=one.thing.text,
        )
    )


# ---------------------------------------------------------------- accepting


def accepted(board: Board, event: ShiftItemAccepted) -> None:
    """Give one item to whoever accepts it; a case becomes his at this moment."""
    known = board.shift_lists.get(event.by)
    one = known.item(event.item) if known is not None else None
    if known is None or one is None or one.is_accepted:
        _not_listed(board, event.operator, "it is not on the list any more", one)
        return
    if why := _may_not_accept(board, one, event):
        _not_listed(board, event.operator, why, one)
        return
    one.accepted_by, one.accepted_at = event.operator, board.now
    if (incident := board.incidents.get(one.incident_id)) is not None:
        handing_over.give(board, incident, event.operator)
    _end_when_done(board, known)


def _may_not_accept(board: Board, one: ShiftItem, event: ShiftItemAccepted) -> str:
    desk = board.operators.get(event.operator)
    if desk is None or desk.role not in handing_over.ROLES:
        return "no such operator"
    if event.operator == event.by:
        return "it is your own list"
    if desk.state is DeskState.SIGNED_OUT:
        return "operator is signed_out"
    if not is_cleared(desk, one.thing.clearance):
        return "clearance"
    incident = board.incidents.get(one.incident_id)
    if incident is None:
        return ""
    if not is_cleared(desk, incident.clearance):
        return "clearance"
    if _is_on_the_line(board, incident):
        return "somebody is on the line"
    other = held_by(board.incidents.values(), incident, event.operator)
    # It is his colleague's own case that he takes; another's at that site he must know of.
    if other is not None and other.owner != event.by:
        return "another operator works on this site"
    return ""


def _is_on_the_line(board: Board, incident: Incident) -> bool:
    """Whether an operator speaks in it; a parked caller goes over with his case."""
    calls = board.calls_of(incident.incident_id)
    return any(not call.is_over and call.state is not CallState.PARKED for call in calls)


def withdrawn(board: Board, event: ShiftWithdrawn) -> None:
    """Take a list back: what nobody accepted was his all the time."""
    known = board.shift_lists.get(event.operator)
    if known is None:
        _not_listed(board, event.operator, "you have no list")
        return
    for one in known.waiting:
        _over(board, known, one, "called off")
    _drop(board, known)


# ---------------------------------------------------------------- time, and what changes


def due(board: Board, known: ShiftList) -> None:
    """Tell supervisors of what nobody accepted; a case without its operator wants one."""
    known.until = None
    board.drop_timed(known)
    for one in known.waiting:
        if one.is_late:
            continue
        one.is_late = True
        board.say(
            ShiftItemLate(
                incident_id=one.incident_id,
                operator=known.operator,
                item=one.thing.item,
                kind=one.thing.kind,
                text=one.thing.text,
            )
        )
        incident = board.incidents.get(one.incident_id)
        if incident is not None and handing_over.is_away(board, known.operator):
            attend(board, incident, "nobody accepted the case at the change of shift")


def follow(board: Board) -> None:
    """Take off the lists what is closed, or went to somebody by another way."""
    for known in list(board.shift_lists.values()):
        gone = [(one, why) for one in known.waiting if (why := _why_gone(board, known, one))]
        for one, why in gone:
            _over(board, known, one, why)
        if gone:
            _end_when_done(board, known)


def _why_gone(board: Board, known: ShiftList, one: ShiftItem) -> str:
    if one.incident_id == NO_INCIDENT:
        return ""
    incident = board.incidents.get(one.incident_id)
    if incident is None or not incident.is_open:
        return "the case is closed"
    return "" if incident.owner == known.operator else "another has the case"


def _over(board: Board, known: ShiftList, one: ShiftItem, reason: str) -> None:
    known.items.remove(one)
    board.say(
        ShiftItemOver(
            incident_id=one.incident_id,
            operator=known.operator,
            item=one.thing.item,
            kind=one.thing.kind,
            reason=reason,
        )
    )


def _end_when_done(board: Board, known: ShiftList) -> None:
    if known.waiting:
        return
    board.say(ShiftHandedOver(operator=known.operator, accepted=len(known.items)))
    _drop(board, known)


def _drop(board: Board, known: ShiftList) -> None:
    board.drop_timed(known)
    board.shift_lists.pop(known.operator, None)


def _not_listed(
    board: Board, operator: OperatorId, reason: str, one: ShiftItem | None = None
) -> None:
    incident_id = one.incident_id if one is not None else NO_INCIDENT
    board.say(ShiftRefused(incident_id=incident_id, operator=operator, reason=reason))


ROUTES: Final[dict[type[Event], Callable[[Board, Any], None]]] = {
    ShiftOffered: offered,
    ShiftItemAccepted: accepted,
    ShiftWithdrawn: withdrawn,
}
