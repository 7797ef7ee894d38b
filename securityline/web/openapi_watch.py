"""What the API says of timers of people alone, recurring tasks, and actions."""

from typing import Any, Final

from securityline.web.openapi_parts import (
    ABSENT,
    ID,
    MAYBE,
    TEXT,
    TIME,
    a_list,
    an_object,
    answer,
    get,
    post,
    problem,
)

_SECONDS: Final = {"type": "number", "minimum": 60, "maximum": 43_200}
_TIMER_ID: Final = {**ID, "description": "percent-encoded: it has slashes in it"}
_LAPSED: Final = {"409": problem("it has lapsed: only a PIN ends it")}

SCHEMAS: Final[dict[str, Any]] = {
    "Timer": an_object(
        {
            "timer_id": TEXT,
            "kind": {"enum": ["lone_worker", "welfare"]},
            "organisation": TEXT,
            "site": MAYBE,
            "person": TEXT,
            "name": TEXT,
            "stage": {
                "enum": ["running", "amber", "red"],
                "description": "amber: no sign in time; red: an alarm",
            },
            "lapses_at": TIME,
            "red_at": {**TIME, "description": "without a PIN it is an alarm from then on"},
            "note": TEXT,
            "incident_id": MAYBE,
        },
        ["timer_id", "kind", "organisation", "person", "stage", "lapses_at", "red_at"],
    ),
    "TimerStart": an_object(
        {
            "organisation": TEXT,
            "person": TEXT,
            "site": {"type": "string", "description": "where he is, if not as usual"},
            "seconds": {**_SECONDS, "description": "until it lapses; as the client wants"},
            "note": {"type": "string", "description": "what he is about to do"},
        },
        ["organisation", "person"],
    ),
    "TimerProlong": an_object({"seconds": {"type": "number", "minimum": 0}}, ["seconds"]),
    "TimerEnd": an_object({"reason": TEXT}, ["reason"]),
    "TimerEnded": an_object({"timer_id": TEXT}, ["timer_id"]),
    "CheckIn": an_object({"pin": TEXT, "end": {"type": "boolean"}}, ["pin"]),
    "CheckedIn": an_object(
        {"timer_id": TEXT, "outcome": {"enum": ["good", "wrong", "none", "expired"]}},
        ["timer_id", "outcome"],
    ),
    "Task": an_object(
        {
            "task_id": TEXT,
            "task": TEXT,
            "title": {"type": "object", "additionalProperties": TEXT},
            "organisation": TEXT,
            "site": MAYBE,
            "state": {"enum": ["due", "late", "missed"]},
            "due_at": TIME,
            "late_at": TIME,
            "incident_id": MAYBE,
        },
        ["task_id", "task", "title", "organisation", "state", "due_at", "late_at"],
    ),
    "TaskOutcome": an_object(
        {"outcome": {"enum": ["in_order", "finding", "not_done"]}, "text": TEXT}, ["outcome"]
    ),
    "TaskDone": an_object({"task_id": TEXT, "outcome": TEXT}, ["task_id", "outcome"]),
    "Action": an_object(
        {
            "action_id": TEXT,
            "action": {"type": "string", "description": "its name in the directory"},
            "kind": {"enum": ["disarm", "barrier", "immobilise", "other"]},
            "site": MAYBE,
            "state": {
                "enum": ["awaiting", "performing", "resting", "done", "given_up", "dropped"]
            },
            "operator": TEXT,
            "reason": TEXT,
            "needs_two_people": {"type": "boolean"},
            "approved_by": {**MAYBE, "description": "never who asked for it"},
            "tries": {"type": "integer", "minimum": 0},
            "why": {"type": "string", "description": "why it is in this state, if anything"},
            "answer": {"type": "string", "description": "what the other system said last"},
        },
        ["action_id", "action", "kind", "state", "operator", "reason", "approved_by"],
    ),
    "Timers": a_list("Timer"),
    "Tasks": a_list("Task"),
}

PATHS: Final[dict[str, Any]] = {
    "/api/v1/timers": {
        **get(
            "Timers of people alone that run, and welfare checks in which somebody is asked",
            "timers:read",
            [],
            {"200": answer("Timers", "what needs a human first")},
        ),
        **post(
            "Start the timer of somebody who works alone",
            "timers:write",
            "TimerStart",
            {"201": answer("Timer", "it runs"), "409": problem("it runs already")},
        ),
    },
    "/api/v1/timers/{id}/prolong": post(
        "Give him more time, behind the present end",
        "timers:write",
        "TimerProlong",
        {"200": answer("Timer", "it runs on"), **ABSENT, **_LAPSED},
        [_TIMER_ID],
    ),
    "/api/v1/timers/{id}/check-in": post(
        "Take a PIN as a sign of life: the timer runs anew, or is over with `end`. Nothing"
        " else ends a timer that has lapsed",
        "timers:write",
        "CheckIn",
        {
            "200": answer("CheckedIn", "what the PIN was worth"),
            "429": problem("too many wrong PINs"),
            **ABSENT,
        },
        [_TIMER_ID],
    ),
    "/api/v1/timers/{id}/end": post(
        "End a timer that has not lapsed: somebody knows that he is safe",
        "timers:write",
        "TimerEnd",
        {"200": answer("TimerEnded", "it is over"), **ABSENT, **_LAPSED},
        [_TIMER_ID],
    ),
    "/api/v1/tasks": get(
        "Recurring tasks that wait to be done, the oldest first",
        "tasks:read",
        [],
        {"200": answer("Tasks", "tasks")},
    ),
    "/api/v1/tasks/{id}/outcome": post(
        "Record what was found; closes the task's case unless it is a finding",
        "tasks:write",
        "TaskOutcome",
        {"200": answer("TaskDone", "noted"), **ABSENT},
        [{**_TIMER_ID}],
    ),
}
