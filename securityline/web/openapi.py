"""The API's own description (OpenAPI 3.1), compared with the handlers by a test."""

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}
_TIME: Final = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
_NUMBER: Final = {"type": ["string", "null"], "description": "E.164"}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(item: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(item)}


SCHEMAS: Final[dict[str, Any]] = {
    "Call": _object(
        {
            "call_id": _TEXT,
            "direction": {"enum": ["inbound", "outbound"]},
            "did": {"type": "string", "description": "dialled number, E.164"},
            "organisation": _MAYBE,
            "site": _MAYBE,
            "person": _MAYBE,
            "caller": _NUMBER,
            "withheld": {"type": "boolean"},
            "diverted_from": _NUMBER,
            "state": {
                "enum": [
                    "waiting",
                    "offered",
                    "fallback",
                    "talking",
                    "held",
                    "dialling",
                    "forwarded",
                    "ended",
                ]
            },
            "incident_id": _TEXT,
            "started_at": _TIME,
            "answered_at": _MAYBE_TIME,
            "ended_at": _MAYBE_TIME,
            "operator": _MAYBE,
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
    "Incident": _object(
        {
            "incident_id": _TEXT,
            "organisation": _MAYBE,
            "organisation_name": _TEXT,
            "title": _TEXT,
            "source": {"enum": ["call", "alarm", "operator"]},
            "kind": _TEXT,
            "urgency": {"type": "integer", "minimum": 1, "maximum": 4},
            "state": {"enum": ["open", "closed"]},
            "owner": _MAYBE,
            "opened_at": _TIME,
            "closed_at": _MAYBE_TIME,
            "disposition": _MAYBE,
            "call_ids": {"type": "array", "items": _TEXT},
            "attention": {
                "type": "array",
                "items": _TEXT,
                "description": "why it waits for an operator; empty when it does not",
            },
            "attention_since": _MAYBE_TIME,
            "is_under_duress": {
                "type": "boolean",
                "description": "only there for tokens with the scope `duress:read`",
            },
            "ordinary_urgency": {
                "type": ["integer", "null"],
                "description": "what tokens without it read as the urgency, if another",
            },
            "trees": {"type": "array", "items": _ref("CallTree")},
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
    "CallTree": _object(
        {
            "tree_id": _TEXT,
            "call_tree": {"type": "string", "description": "its name in the directory"},
            "state": {"enum": ["running", "paused", "taken", "exhausted", "stopped"]},
            "why": {"type": "string", "description": "why it is in this state, if anything"},
            "asked_by": {"type": "string", "description": "an operator, or `step ID`"},
            "started_at": _TIME,
            "promise_at": {
                **_TIME,
                "description": "a human is reached, or an operator told, by then",
            },
            "level": {"type": "integer", "minimum": 0},
            "levels": {"type": "integer", "minimum": 0},
            "round": {"type": "integer", "minimum": 0},
            "rounds": {"type": "integer", "minimum": 1},
            "accepted": {"type": "array", "items": _TEXT, "description": "who took charge"},
            "attempts": {"type": "array", "items": _ref("Attempt")},
        },
        ["tree_id", "call_tree", "state", "promise_at", "accepted", "attempts"],
    ),
    "Attempt": _object(
        {
            "person": _TEXT,
            "name": _TEXT,
            "number": _NUMBER,
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
            "dialled_at": _TIME,
            "answered_at": _MAYBE_TIME,
            "ended_at": _MAYBE_TIME,
        },
        ["person", "name", "number", "outcome", "dialled_at", "answered_at", "ended_at"],
    ),
    "Alarm": _object(
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
    "Handed": _object(
        {"incident_id": _MAYBE, "seq": {"type": "integer", "minimum": 1}},
        ["incident_id", "seq"],
    ),
    "Line": _object(
        {
            "seq": {"type": "integer", "minimum": 1},
            "at": _TIME,
            "incident_id": _MAYBE,
            "kind": {"enum": ["event", "fact", "command", "note"]},
            "what": _TEXT,
            "data": {"type": "object"},
        },
        ["seq", "at", "incident_id", "what", "data"],
    ),
    "Incidents": _list("Incident"),
    "Calls": _list("Call"),
    "Lines": _list("Line"),
    "Health": _object(
        {
            "status": _TEXT,
            "reasons": {"type": "array", "items": _TEXT},
            "degraded": {"type": "array", "items": _TEXT},
        },
        ["status"],
    ),
    "Problem": _object(
        {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "errors": {"type": "array", "items": {"type": "object"}},
        },
        ["type", "title", "status", "detail"],
    ),
}


def _answer(schema: str, words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": _ref(schema)}}}


def _problem(words: str) -> dict[str, Any]:
    schema = {"schema": _ref("Problem")}
    return {"description": words, "content": {"application/problem+json": schema}}


def _query(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": words,
    }


_ID: Final = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_LIMIT: Final = _query(
    "limit", {"type": "integer", "maximum": 1000, "default": 200}, "most entries to return"
)
_AFTER: Final = _query("after", {"type": "integer"}, "only lines with a higher number")
_DENIED: Final = {"401": _problem("no valid token"), "403": _problem("scope is missing")}
_ABSENT: Final = {"404": _problem("there is none")}
_BAD: Final = {"422": _problem("a parameter is wrong")}


def _get(
    words: str,
    scope: str | None,
    parameters: list[dict[str, Any]],
    responses: dict[str, Any],
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": words,
        "parameters": parameters,
        "responses": responses if scope is None else {**responses, **_DENIED},
        "security": [] if scope is None else [{"bearer": []}],
    }
    if scope is not None:
        operation["description"] = f"Needs the scope `{scope}`."
    return {"get": operation}


_WAV: Final = {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}
_PLAIN: Final = {"text/plain": {"schema": _TEXT}}
_STREAM: Final = {"text/event-stream": {"schema": _TEXT}}

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
        "/api/v1/incidents": _get(
            "Cases, latest change first",
            "incidents:read",
            [_query("state", {"enum": ["open", "closed"]}, "only these"), _LIMIT],
            {"200": _answer("Incidents", "cases"), **_BAD},
        ),
        "/api/v1/incidents/{id}": _get(
            "One case",
            "incidents:read",
            [_ID],
            {"200": _answer("Incident", "the case"), **_ABSENT},
        ),
        "/api/v1/incidents/{id}/log": _get(
            "The log lines of one case, oldest first",
            "incidents:read",
            [_ID, _AFTER, _LIMIT],
            {"200": _answer("Lines", "lines"), **_ABSENT, **_BAD},
        ),
        "/api/v1/calls": _get(
            "Calls, latest change first",
            "calls:read",
            [_query("state", {"enum": ["active", "ended"]}, "only these"), _LIMIT],
            {"200": _answer("Calls", "calls"), **_BAD},
        ),
        "/api/v1/events": _get(
            "Every log line as it becomes durable; `Last-Event-ID` resumes without a gap",
            "events:read",
            [
                _AFTER,
                {"name": "Last-Event-ID", "in": "header", "required": False, "schema": _TEXT},
            ],
            {
                "200": {"description": "`data:` is a Line without `kind`", "content": _STREAM},
                "400": _problem("not a line's number"),
                "503": _problem("too many readers"),
            },
        ),
        "/api/v1/recordings/{id}": _get(
            "A recording: stereo WAV, caller left, operator right. Every read is logged.",
            "recordings:read",
            [_ID, {"name": "Range", "in": "header", "required": False, "schema": _TEXT}],
            {
                "200": {"description": "all of it", "content": _WAV},
                "206": {"description": "the part asked for", "content": _WAV},
                "416": _problem("it is shorter than that"),
                **_ABSENT,
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
                    "content": {"application/json": {"schema": _ref("Alarm")}},
                },
                "responses": {
                    "201": _answer("Handed", "stored: its case, `null` if it opened none"),
                    "200": _answer("Handed", "the same key came before: its case"),
                    "400": _problem("no JSON"),
                    "413": _problem("larger than 64 KiB"),
                    "422": _problem("malformed; `errors` says what"),
                    "503": _problem("could not be stored in time; send it again"),
                    **_DENIED,
                },
            }
        },
        "/api/openapi.json": _get(
            "This document",
            None,
            [],
            {"200": {"description": "OpenAPI", "content": {"application/json": {}}}},
        ),
        "/healthz": _get("Does it live?", None, [], {"200": _answer("Health", "yes")}),
        "/readyz": _get(
            "Can calls be taken, recorded and logged?",
            None,
            [],
            {"200": _answer("Health", "yes"), "503": _answer("Health", "no, and why")},
        ),
        "/metrics": _get(
            "Figures for Prometheus",
            None,
            [],
            {"200": {"description": "text format", "content": _PLAIN}},
        ),
    },
}
