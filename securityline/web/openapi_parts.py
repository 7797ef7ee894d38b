"""Pieces of the API's own description that its parts share."""

from typing import Any, Final

TEXT: Final = {"type": "string"}
MAYBE: Final = {"type": ["string", "null"]}
TIME: Final = {"type": "string", "format": "date-time"}
MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
NUMBER: Final = {"type": ["string", "null"], "description": "E.164"}


def an_object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Describe an object."""
    return {"type": "object", "properties": properties, "required": required}


def ref(name: str) -> dict[str, str]:
    """Point at a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def a_list(item: str) -> dict[str, Any]:
    """Describe an array of a schema."""
    return {"type": "array", "items": ref(item)}


def answer(schema: str, words: str) -> dict[str, Any]:
    """Describe a JSON answer."""
    return {"description": words, "content": {"application/json": {"schema": ref(schema)}}}


def problem(words: str) -> dict[str, Any]:
    """Describe a problem document."""
    schema = {"schema": ref("Problem")}
    return {"description": words, "content": {"application/problem+json": schema}}


def query(name: str, schema: dict[str, Any], words: str) -> dict[str, Any]:
    """Describe a parameter of the query."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": words,
    }


ID: Final = {"name": "id", "in": "path", "required": True, "schema": TEXT}
LIMIT: Final = query(
    "limit", {"type": "integer", "maximum": 1000, "default": 200}, "most entries to return"
)
AFTER: Final = query("after", {"type": "integer"}, "only lines with a higher number")
DENIED: Final = {"401": problem("no valid token"), "403": problem("scope is missing")}
ABSENT: Final = {"404": problem("there is none")}
BAD: Final = {"422": problem("a parameter is wrong")}


def get(
    words: str,
    scope: str | None,
    parameters: list[dict[str, Any]],
    responses: dict[str, Any],
) -> dict[str, Any]:
    """Describe a GET."""
    operation: dict[str, Any] = {
        "summary": words,
        "parameters": parameters,
        "responses": responses if scope is None else {**responses, **DENIED},
        "security": [] if scope is None else [{"bearer": []}],
    }
    if scope is not None:
        operation["description"] = f"Needs the scope `{scope}`."
    return {"get": operation}


def post(
    words: str,
    scope: str,
    body: str,
    responses: dict[str, Any],
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Describe a POST with a JSON body, answered once its lines are durable."""
    return {
        "post": {
            "summary": words,
            "description": f"Needs the scope `{scope}`.",
            "security": [{"bearer": []}],
            "parameters": parameters or [],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": ref(body)}},
            },
            "responses": {
                **responses,
                "400": problem("no JSON"),
                "422": problem("malformed; `errors` says what"),
                "503": problem("the store does not answer; look what became of it"),
                **DENIED,
            },
        }
    }
