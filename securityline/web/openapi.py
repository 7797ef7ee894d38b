"""The API's own description (OpenAPI 3.1), compared with the handlers by a test."""

from typing import Any, Final

from securityline.web.openapi_parts import (
    ABSENT,
    AFTER,
    BAD,
    DENIED,
    ID,
    LIMIT,
    MAYBE,
    MAYBE_TIME,
    NUMBER,
    TEXT,
    TIME,
    a_list,
    an_object,
    answer,
    get,
    problem,
    query,
    ref,
)
from securityline.web.openapi_watch import PATHS as WATCH_PATHS
from securityline.web.openapi_watch import SCHEMAS as WATCH_SCHEMAS

SCHEMAS: Final[dict[str, Any]] = {
    "Call": an_object(
        {
            "call_id": TEXT,
            "direction": {"enum": ["inbound", "outbound"]},
            "did": {"type": "string", "description": "dialled number, E.164"},
            "organisation": MAYBE,
            "site": MAYBE,
            "person": MAYBE,
            "caller": NUMBER,
            "withheld": {"type": "boolean"},
            "diverted_from": NUMBER,
            "state": {
                "enum": [
                    "waiting",
                    "offered",
                    "fallback",
                    "talking",
                    "held",
                    "parked",
                    "dialling",
                    "forwarded",
                    "self_service",
                    "ended",
                ]
            },
            "incident_id": MAYBE,
            "started_at": TIME,
            "answered_at": MAYBE_TIME,
            "ended_at": MAYBE_TIME,
            "operator": MAYBE,
        },
        [
            "call_id",
            "direction",
            "did",
            "organisation",
            "site",
            "person",
            "caller",
            "withheld",
            "diverted_from",
            "state",
            "incident_id",
            "started_at",
            "answered_at",
            "ended_at",
            "operator",
        ],
    ),
    "Incident": an_object(
        {
            "incident_id": TEXT,
            "organisation": MAYBE,
            "organisation_name": TEXT,
            "title": TEXT,
            "source": {"enum": ["call", "alarm", "operator"]},
            "kind": TEXT,
            "urgency": {"type": "integer", "minimum": 1, "maximum": 4},
            "state": {"enum": ["open", "closed"]},
            "owner": MAYBE,
            "opened_at": TIME,
            "closed_at": MAYBE_TIME,
            "disposition": MAYBE,
            "call_ids": {"type": "array", "items": TEXT},
            "attention": {
                "type": "array",
                "items": TEXT,
                "description": "why it waits for an operator; empty when it does not",
            },
            "attention_since": MAYBE_TIME,
            "is_under_duress": {
                "type": "boolean",
                "description": "only there for tokens with the scope `duress:read`",
            },
            "ordinary_urgency": {
                "type": ["integer", "null"],
                "description": "what tokens without it read as the urgency, if another",
            },
            "trees": {"type": "array", "items": ref("CallTree")},
            "actions": {"type": "array", "items": ref("Action")},
            "services": {"type": "array", "items": ref("ServiceCall")},
            "notes": {"type": "array", "items": {"type": "object"}},
            "procedure": {"type": ["object", "null"]},
        },
        [
            "incident_id",
            "organisation",
            "urgency",
            "state",
            "opened_at",
            "call_ids",
            "attention",
            "trees",
        ],
    ),
    "ServiceCall": an_object(
        {
            "service_call_id": TEXT,
            "service": {"type": "string", "description": "its id in the table of services"},
            "kind": {"enum": ["police", "fire", "medical"]},
            "name": TEXT,
            "state": {
                "enum": ["summoning", "dialled", "ringing", "speaking", "ended", "failed"],
                "description": "`summoning`: the operator's own phone rings first",
            },
            "attempt": {"type": "integer", "minimum": 1},
            "is_simulated": {"type": "boolean", "description": "nobody real was called"},
            "operator": TEXT,
            "call_id": TEXT,
            "pressed_at": TIME,
            "verified_at": MAYBE_TIME,
            "asked_at": MAYBE_TIME,
            "rang_at": MAYBE_TIME,
            "answered_at": MAYBE_TIME,
            "ended_at": MAYBE_TIME,
            "cause": {**MAYBE, "description": "why it was not reached: `busy`, `unknown`…"},
            "is_cut_off": {"type": "boolean"},
            "reference": {**MAYBE, "description": "the service's number for the case"},
            "accepted_at": MAYBE_TIME,
            "accepted": {**MAYBE, "description": "that time in the operator's words"},
            "eta": {**MAYBE, "description": "when it is on site, in the operator's words"},
        },
        ["service_call_id", "service", "kind", "state", "is_simulated", "operator"],
    ),
    "CallTree": an_object(
        {
            "tree_id": TEXT,
            "call_tree": {"type": "string", "description": "its name in the directory"},
            "state": {"enum": ["running", "paused", "taken", "exhausted", "stopped"]},
            "why": {"type": "string", "description": "why it is in this state, if anything"},
            "asked_by": {"type": "string", "description": "an operator, or `step ID`"},
            "started_at": TIME,
            "promise_at": {
                **TIME,
                "description": "a human is reached, or an operator told, by then",
            },
            "level": {"type": "integer", "minimum": 0},
            "levels": {"type": "integer", "minimum": 0},
            "round": {"type": "integer", "minimum": 0},
            "rounds": {"type": "integer", "minimum": 1},
            "accepted": {"type": "array", "items": TEXT, "description": "who took charge"},
            "attempts": {"type": "array", "items": ref("Attempt")},
        },
        ["tree_id", "call_tree", "state", "promise_at", "accepted", "attempts"],
    ),
    "Attempt": an_object(
        {
            "person": TEXT,
            "name": TEXT,
            "number": NUMBER,
            "level": {"type": "integer", "minimum": 0},
            "round": {"type": "integer", "minimum": 0},
            "outcome": {
                "type": ["string", "null"],
                "description": "`accepted`, `declined`, a cause such as `busy`, or none yet",
            },
            "minutes": {
                "type": ["integer", "null"],
                "description": "in which he said he is there",
            },
            "dialled_at": TIME,
            "answered_at": MAYBE_TIME,
            "ended_at": MAYBE_TIME,
        },
        ["person", "name", "number", "outcome", "dialled_at", "answered_at", "ended_at"],
    ),
    "Alarm": an_object(
        {
            "idempotency_key": {"type": "string", "minLength": 1, "maxLength": 200},
            "account": {"type": "string", "maxLength": 32},
            "site": {"type": "string", "maxLength": 64},
            "organisation": {"type": "string", "maxLength": 64},
            "code": {"type": "string", "maxLength": 16},
            "code_format": {"enum": ["contact_id", "sia"]},
            "kind": {"type": "string", "maxLength": 64},
            "zone": {"type": "string", "maxLength": 32},
            "occurred_at": {"type": "string", "format": "date-time"},
            "text": {"type": "string", "maxLength": 2000},
            "restore": {"type": "boolean", "default": False},
        },
        ["idempotency_key"],
    ),
    "Handed": an_object(
        {"incident_id": MAYBE, "seq": {"type": "integer", "minimum": 1}},
        ["incident_id", "seq"],
    ),
    "Line": an_object(
        {
            "seq": {"type": "integer", "minimum": 1},
            "at": TIME,
            "incident_id": MAYBE,
            "kind": {"enum": ["event", "fact", "command", "note"]},
            "what": TEXT,
            "data": {"type": "object"},
        },
        ["seq", "at", "incident_id", "what", "data"],
    ),
    "Incidents": a_list("Incident"),
    "Calls": a_list("Call"),
    "Lines": a_list("Line"),
    "Health": an_object(
        {
            "status": TEXT,
            "reasons": {"type": "array", "items": TEXT},
            "degraded": {"type": "array", "items": TEXT},
            "media_priority": {"type": ["string", "null"]},
        },
        ["status"],
    ),
    **WATCH_SCHEMAS,
    "Problem": an_object(
        {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "errors": {"type": "array", "items": {"type": "object"}},
        },
        ["type", "title", "status", "detail"],
    ),
}


_WAV: Final = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}
_PLAIN: Final = {"text/plain": {"schema": TEXT}}
_STREAM: Final = {"text/event-stream": {"schema": TEXT}}

DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Security Line",
        "version": "0",
        "description": "Calls, cases and the logbook of a security operations centre."
        " Times are RFC 3339 in UTC with milliseconds, numbers E.164, errors RFC 9457.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
    },
    "paths": {
        "/api/v1/incidents": get(
            "Cases, latest change first",
            "incidents:read",
            [query("state", {"enum": ["open", "closed"]}, "only these"), LIMIT],
            {"200": answer("Incidents", "cases"), **BAD},
        ),
        "/api/v1/incidents/{id}": get(
            "One case",
            "incidents:read",
            [ID],
            {"200": answer("Incident", "the case"), **ABSENT},
        ),
        "/api/v1/incidents/{id}/log": get(
            "The log lines of one case, oldest first",
            "incidents:read",
            [ID, AFTER, LIMIT],
            {"200": answer("Lines", "lines"), **ABSENT, **BAD},
        ),
        "/api/v1/calls": get(
            "Calls, latest change first",
            "calls:read",
            [query("state", {"enum": ["active", "ended"]}, "only these"), LIMIT],
            {"200": answer("Calls", "calls"), **BAD},
        ),
        "/api/v1/events": get(
            "Every log line as it becomes durable; `Last-Event-ID` resumes without a gap",
            "events:read",
            [
                AFTER,
                {"name": "Last-Event-ID", "in": "header", "required": False, "schema": TEXT},
            ],
            {
                "200": {"description": "`data:` is a Line without `kind`", "content": _STREAM},
                "400": problem("not a line's number"),
                "503": problem("too many readers"),
            },
        ),
        "/api/v1/recordings/{id}": get(
            "A recording: stereo WAV, caller left, operator right. Every read is logged.",
            "recordings:read",
            [ID, {"name": "Range", "in": "header", "required": False, "schema": TEXT}],
            {
                "200": {"description": "all of it", "content": _WAV},
                "206": {"description": "the part asked for", "content": _WAV},
                "416": problem("it is shorter than that"),
                **ABSENT,
            },
        ),
        "/api/v1/alarms": {
            "post": {
                "summary": "Hand in an alarm; answered once it is durable",
                "description": "Needs the scope `alarms:write`. The same idempotency key of the"
                " same token means the same alarm for a day.",
                "security": [{"bearer": []}],
                "parameters": [],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": ref("Alarm")}},
                },
                "responses": {
                    "201": answer("Handed", "stored: its case, `null` if it opened none"),
                    "200": answer("Handed", "the same key came before: its case"),
                    "413": problem("larger than 64 KiB"),
                    "422": problem("malformed; `errors` says what, unless it is no JSON"),
                    "503": problem("could not be stored in time; send it again"),
                    **DENIED,
                },
            }
        },
        **WATCH_PATHS,
        "/api/openapi.json": get(
            "This document",
            None,
            [],
            {"200": {"description": "OpenAPI", "content": {"application/json": {}}}},
        ),
        "/healthz": get("Does it live?", None, [], {"200": answer("Health", "yes")}),
        "/readyz": get(
            "Can calls be taken, recorded and logged?",
            None,
            [],
            {"200": answer("Health", "yes"), "503": answer("Health", "no, and why")},
        ),
        "/metrics": get(
            "Figures for Prometheus",
            None,
            [],
            {"200": {"description": "text format", "content": _PLAIN}},
        ),
    },
}
