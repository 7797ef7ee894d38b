"""`POST /api/v1/alarms`: an alarm handed in by a program."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from securityline.alarms.door import Taken
from securityline.alarms.signal import CodeFormat, Signal, one_line
from securityline.web.context import CONTEXT
from securityline.web.problems import Problem

STORE_TIME: Final = 10.0
"Seconds after which a sender is told to try again: the store does not answer."
TEXTS: Final[Mapping[str, int]] = {
    "idempotency_key": 200,
    "account": 32,
    "site": 64,
    "organisation": 64,
    "code": 16,
    "code_format": 16,
    "kind": 64,
    "zone": 32,
    "occurred_at": 40,
    "text": 2000,
}
"Fields that are texts, and how many characters they may have."
KNOWN: Final = frozenset({*TEXTS, "restore"})

Errors = list[dict[str, str]]


async def hand_in(request: web.Request, token_name: str) -> web.Response:
    """Store an alarm and answer with its case: 201, or 200 when the same key came before.

    :raises Problem: 422 malformed, which no JSON is too, 503 the store does not answer in time.
    """
    services = request.app[CONTEXT].services
    if services.alarms is None:
        raise Problem(501, "Alarms cannot be handed in here.")
    fields = _read(await request.read())
    signal = _signal(fields, token_name)
    stored: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()

    def done(taken: Taken) -> None:
        if not stored.done():
            stored.set_result(taken)

    # A repeat too: whatever is new in it, the program and its line are alive.
    services.alarms.hear(signal)
    services.alarms.admit(
        signal, done, site=fields.get("site", ""), organisation=fields.get("organisation", "")
    )
    try:
        async with asyncio.timeout(STORE_TIME):
            taken = await stored
    except TimeoutError:
        retry = {"Retry-After": "2"}
        raise Problem(
            503, "It could not be stored in time; send it again.", headers=retry
        ) from None
    body = {"incident_id": taken.incident_id or None, "seq": taken.seq}
    return web.Response(
        status=200 if taken.is_repeat else 201,
        body=json.dumps(body).encode(),
        content_type="application/json",
    )


def _read(data: bytes) -> dict[str, Any]:
    """Read the request's body.

    :raises Problem: it is no JSON object, or a field is not as it must be.
    """
    try:
        fields = json.loads(data.decode())
    except (ValueError, RecursionError):
        raise Problem(422, "The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise Problem(422, "The body is a JSON object.")
    errors = [_error(name, "there is no such field") for name in fields if name not in KNOWN]
    for name, longest in TEXTS.items():
        value = fields.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            errors.append(_error(name, f"a text of at most {longest} characters"))
            fields[name] = ""
    if not isinstance(fields.get("restore", False), bool):
        errors.append(_error("restore", "true or false"))
    errors += _missing(fields)
    if errors:
        raise Problem(422, "This alarm is not as it must be.", errors=errors)
    return fields


def _missing(fields: Mapping[str, Any]) -> Errors:
    errors: Errors = []
    if not str(fields.get("idempotency_key", "")).strip():
        errors.append(_error("idempotency_key", "a key of your own is needed for each alarm"))
    if not fields.get("account") and not fields.get("site"):
        errors.append(_error("account", "an account or a site is needed"))
    code, code_format = fields.get("code"), fields.get("code_format")
    if code and code_format not in ("contact_id", "sia"):
        errors.append(_error("code_format", "contact_id or sia"))
    if not code and not fields.get("kind"):
        errors.append(_error("code", "a code with its code_format, or a kind, is needed"))
    if code and fields.get("kind"):
        errors.append(_error("kind", "either a code or a kind"))
    moment = fields.get("occurred_at")
    if moment and _moment(moment) is None:
        errors.append(_error("occurred_at", "RFC 3339 with its offset: 2026-11-27T03:00:00Z"))
    return errors


def _signal(fields: Mapping[str, Any], token_name: str) -> Signal:
    code_format: CodeFormat = "kind"
    if fields.get("code"):
        code_format = "sia" if fields["code_format"] == "sia" else "contact_id"
    return Signal(
        source="http",
        source_id=f"{token_name}:{fields['idempotency_key'].strip()}",
        account=fields.get("account", "").strip().upper(),
        code=(fields.get("code") or fields.get("kind", "")).strip(),
        code_format=code_format,
        qualifier="restore" if fields.get("restore") else "event",
        zone=one_line(fields.get("zone", "")),
        text=one_line(fields.get("text", "")),
        occurred_at=_moment(fields.get("occurred_at", "")),
        path="http",
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _error(parameter: str, detail: str) -> dict[str, str]:
    return {"parameter": one_line(parameter, 80), "detail": detail}
