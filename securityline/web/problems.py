"""Errors as problem documents (RFC 9457) for programs, as a page for people."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is refused.

    :param status: HTTP status.
    :param detail: a sentence about this very request.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = errors


def problem_response(problem: Problem) -> web.Response:
    """Write a problem document."""
    title = HTTPStatus(problem.status).phrase
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        document["errors"] = problem.errors
    return web.Response(
        status=problem.status,
        body=json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"),
        content_type=MEDIA_TYPE,
        headers=problem.headers,
    )
