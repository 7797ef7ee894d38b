"""`/api/v1/timers` and `/api/v1/tasks`: people alone and recurring tasks, for programs.

A program that hands in a PIN learns the same of a duress PIN as of the good one, and of the
timer behind it nothing more: it reads as ended. Operators see what it is.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from aiohttp import web

from callflows.events import OperatorId
from securityline.alarms.signal import one_line
from securityline.logbook.entry import show_time
from securityline.watch_door import WatchDoor
from securityline.watch_refusal import NotDone, Refusal
from securityline.watch_rows import TaskRow, TimerRow
from securityline.web.context import CONTEXT
from securityline.web.discretion import Hides
from securityline.web.problems import Problem
from securityline.web.throttle import Throttle

STORE_TIME: Final = 10.0
"Seconds after which a program is told to look again: the store does not answer."
EVERYBODY: Final = ("standard", "high_security")
"A token sees every client, as it does in cases."
OUTCOMES: Final = ("in_order", "finding", "not_done")
STATUS: Final[Mapping[Refusal, int]] = {
    "no such timer": 404,
    "no such task": 404,
    "no such person": 422,
    "no such site": 422,
    "no such time": 422,
    "not watched": 422,
    "runs already": 409,
    "only his PIN ends it": 409,
}
SAID: Final[Mapping[Refusal, str]] = {
    "no such timer": "There is no such timer.",
    "no such task": "No such task waits to be done.",
    "no such person": "The directory has no timer for this person.",
    "no such site": "This client has no such site.",
    "not watched": "The opening hours of this site are not watched.",
    "no such time": "A timer runs for 1 minute to 12 hours.",
    "runs already": "The timer of this person runs already.",
    "only his PIN ends it": "The timer has lapsed: only a PIN ends it.",
}
WRONG_PINS: Final = web.AppKey("wrong_pins", Throttle)
"By timer: 6 wrong PINs, then one in 30 s."

MAY_BE_EMPTY: Final = frozenset({"pin", "note", "text"})
"Texts that may be empty: no PIN is one of its outcomes."

T = TypeVar("T")
Fields = Mapping[str, tuple[type, bool]]
"Of a body: the type of each field, and whether it must be there."


# ---------------------------------------------------------------- timers


async def timers(request: web.Request, hides: Hides) -> web.Response:
    """Answer with the timers that run, and the welfare checks in which somebody is asked."""
    rows = _door(request).timers(EVERYBODY)
    views = (timer_view(row, hides) for row in rows)
    return _json([view for view in views if view is not None])


async def start(request: web.Request, by: str, hides: Hides) -> web.Response:
    """Start the timer of somebody who works alone: 201."""
    fields = await _body(
        request,
        {
            "organisation": (str, True),
            "person": (str, True),
            "site": (str, False),
            "seconds": (float, False),
            "note": (str, False),
        },
    )
    door = _door(request)
    timer_id = await _durable(
        lambda then: door.start_timer(
            fields["organisation"],
            fields["person"],
            site=fields.get("site"),
            run_time=fields.get("seconds"),
            note=one_line(fields.get("note", ""), 500),
            by=by,
            then=then,
        )
    )
    return _json(_timer(door, timer_id, hides), status=201)


async def prolong(request: web.Request, by: str, hides: Hides) -> web.Response:
    """Give a lone worker more time."""
    fields = await _body(request, {"seconds": (float, True)})
    door, timer_id = _door(request), request.match_info["id"]
    await _durable(lambda then: door.prolong_timer(timer_id, fields["seconds"], by, then))
    return _json(_timer(door, timer_id, hides))


async def end(request: web.Request, by: str, hides: Hides) -> web.Response:
    """End a timer that has not lapsed: somebody knows that he is safe."""
    fields = await _body(request, {"reason": (str, True)})
    door, timer_id = _door(request), request.match_info["id"]
    reason = one_line(fields["reason"], 500)
    await _durable(lambda then: door.end_timer(timer_id, by, reason, then))
    return _json({"timer_id": timer_id})


async def check_in(request: web.Request) -> web.Response:
    """Take a PIN as a sign of life; `good`, `wrong`, `none` or `expired` comes of it."""
    fields = await _body(request, {"pin": (str, True), "end": (bool, False)})
    door, timer_id = _door(request), request.match_info["id"]
    wrong, now = request.app[WRONG_PINS], request.app[CONTEXT].now()
    wait_time = wrong.wait_time(timer_id, now)
    if wait_time > 0:
        headers = {"Retry-After": str(int(wait_time) + 1)}
        raise Problem(429, "Too many wrong PINs.", headers=headers)
    is_last = fields.get("end", False)
    outcome = await _durable(
        lambda then: door.check_in(timer_id, fields["pin"], then, is_last=is_last)
    )
    if outcome in ("good", "duress"):
        wrong.forgive(timer_id)
        outcome = "good"
    else:
        wrong.take(timer_id, now)
    return _json({"timer_id": timer_id, "outcome": outcome})


def timer_view(row: TimerRow, hides: Hides) -> dict[str, Any] | None:
    """Describe a timer; `None`: for this program it is over.

    :param hides: which cases this program may not know of (`discretion`); `None`: all it may.
    """
    timer = row.timer if hides is None else row.timer.as_shown()
    if timer is None:
        return None
    case = row.incident_id
    return {
        "timer_id": timer.who.timer_id,
        "kind": timer.kind,
        "organisation": timer.who.organisation,
        "site": timer.who.site,
        "person": timer.who.person,
        "name": timer.who.name,
        "stage": timer.stage,
        "lapses_at": show_time(timer.amber_at),
        "red_at": show_time(timer.red_at),
        "note": timer.note,
        "incident_id": None if case and hides is not None and hides(case) else case,
    }


def _timer(door: WatchDoor, timer_id: str, hides: Hides) -> dict[str, Any] | None:
    rows = door.timers(EVERYBODY)
    return next(timer_view(row, hides) for row in rows if row.timer.who.timer_id == timer_id)


# ---------------------------------------------------------------- tasks


async def tasks(request: web.Request) -> web.Response:
    """Answer with the tasks that wait to be done, the oldest first."""
    return _json([task_view(row) for row in _door(request).tasks(EVERYBODY)])


async def task_done(request: web.Request, by: str, hides: Hides) -> web.Response:
    """Record what was found."""
    fields = await _body(request, {"outcome": (str, True), "text": (str, False)})
    outcome = fields["outcome"]
    if outcome not in OUTCOMES:
        raise _wrong("outcome", f"one of {', '.join(OUTCOMES)}")
    door, task_id = _door(request), request.match_info["id"]
    text = one_line(fields.get("text", ""), 2000)
    await _durable(lambda then: door.task_done(task_id, OperatorId(by), outcome, text, then))
    return _json({"task_id": task_id, "outcome": outcome})


def task_view(row: TaskRow) -> dict[str, Any]:
    """Describe a task."""
    task = row.task
    return {
        "task_id": task.task_id,
        "task": task.task,
        "title": dict(task.title),
        "organisation": task.organisation,
        "site": task.site,
        "state": task.state,
        "due_at": show_time(task.due_at),
        "late_at": show_time(task.late_at),
        "incident_id": row.incident_id,
    }


# ---------------------------------------------------------------- small ones


def _door(request: web.Request) -> WatchDoor:
    door = request.app[CONTEXT].services.watch
    if door is None:
        raise Problem(501, "Nothing is watched here.")
    return door


async def _durable(ask: Callable[[Callable[[], None]], T]) -> T:
    """Do what was asked for, and wait until its lines are durable."""
    stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done() -> None:
        if not stored.done():
            stored.set_result(None)

    try:
        answer = ask(done)
    except NotDone as refused:
        raise Problem(STATUS[refused.reason], SAID[refused.reason]) from None
    try:
        async with asyncio.timeout(STORE_TIME):
            await stored
    except TimeoutError:
        raise Problem(503, "It could not be stored in time; look what became of it.") from None
    return answer


async def _body(request: web.Request, known: Fields) -> dict[str, Any]:
    """Read a JSON object with these fields and no others."""
    try:
        fields = json.loads((await request.read()).decode())
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise Problem(422, "The body is a JSON object.")
    for name in fields:
        if name not in known:
            raise _wrong(name, "there is no such field")
    for name, (kind, is_needed) in known.items():
        value = fields.get(name)
        if value is None and not is_needed:
            fields.pop(name, None)
        elif kind is float:
            fields[name] = _seconds(name, value)
        elif kind is bool:
            if not isinstance(value, bool):
                raise _wrong(name, "true or false")
        elif not isinstance(value, str) or not (value.strip() or name in MAY_BE_EMPTY):
            raise _wrong(name, "a text is needed")
    return fields


def _seconds(name: str, value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value)
    raise _wrong(name, "a number of seconds")


def _wrong(name: str, detail: str) -> Problem:
    errors = [{"parameter": one_line(name, 80), "detail": detail}]
    return Problem(422, f"`{one_line(name, 80)}`: {detail}.", errors=errors)


def _json(value: object, status: int = 200) -> web.Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")
    return web.Response(status=status, body=body, content_type="application/json")
