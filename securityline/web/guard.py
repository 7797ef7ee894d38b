"""What every request passes: headers, session, token of forms, errors without a traceback."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from securityline.web.context import CONTEXT, SESSION
from securityline.web.pages import render_page
from securityline.web.problems import Problem, problem_response
from securityline.web.sessions import COOKIE, Session, is_token
from securityline.web.words import LANGUAGES, N_, WORDS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
        " object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}
OPEN_PATHS: Final = ("/sign-in", "/static/", "/healthz", "/readyz", "/metrics", "/api/")
log = structlog.get_logger()


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put the protective headers on every answer, errors included."""
    response.headers.update(HEADERS)
    response.headers["Server"] = "securityline"
    if request.path.startswith("/static/") and response.status < 400:
        lasting = "max-age=31536000, immutable" if request.query.get("v") else "no-cache"
        response.headers["Cache-Control"] = lasting
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through when it may, and turn every failure into a clean answer."""
    try:
        if not request.path.startswith(OPEN_PATHS):
            _admit(request)
        if request.method not in ("GET", "HEAD") and not request.path.startswith("/api/"):
            check_origin(request)
        return await handler(request)
    except Problem as problem:
        if problem.status == 403 and (session := request.get(SESSION)) is not None:
            _write_down(request, session, problem.detail)
        return _answer(request, problem)
    except web.HTTPRedirection:
        raise
    except web.HTTPException as error:
        allow = error.headers.get("Allow")
        headers = {"Allow": allow} if allow else {}
        return _answer(request, Problem(error.status, error.reason, headers=headers))
    except (ConnectionError, TimeoutError):
        raise
    except Exception:
        log.exception("a request failed", path=request.rel_url.path[:200])
        return _answer(request, Problem(500, "The engine could not answer; it goes on."))


def _write_down(request: web.Request, session: Session, why: str) -> None:
    """Note in the logbook who asked for a page that is not for him."""
    told = {
        "operator": session.operator,
        "role": session.role,
        "act": f"{request.method} {request.path[:100]}",
        "reason": why,
    }
    request.app[CONTEXT].services.engine.note("PressRefused", told)


def _admit(request: web.Request) -> None:
    context = request.app[CONTEXT]
    session = context.sessions.find(request.cookies.get(COOKIE), context.now())
    if session is not None:
        request[SESSION] = session
        return
    if wants_page(request):
        raise web.HTTPSeeOther("/sign-in")
    raise Problem(401, "Sign in first.")


def check_origin(request: web.Request, *, is_needed: bool = False) -> None:
    """Refuse what another site's page sends through an operator's browser.

    :raises Problem: 403.
    """
    origin = request.headers.get("Origin")
    if origin is None and not is_needed:
        if request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin":
            return
        raise Problem(403, "This request came from another site.")
    try:
        is_ours = origin is not None and urlsplit(origin).netloc == request.host
    except ValueError:
        is_ours = False
    if not is_ours:
        raise Problem(403, "This request came from another site.")


async def read_form(request: web.Request) -> dict[str, str]:
    """Read a small form of text fields.

    :raises Problem: it is not one.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise Problem(415, "A form is expected.")
    try:
        fields = await request.post()
    except (UnicodeDecodeError, ValueError, LookupError) as error:
        raise Problem(400, "The form cannot be read.") from error
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def read_own_form(request: web.Request) -> dict[str, str]:
    """Read a form of a signed-in page, with its token.

    :raises Problem: the token is not this session's.
    """
    fields = await read_form(request)
    if not is_token(fields.get("csrf"), request[SESSION].csrf):
        raise Problem(403, "The page is too old. Load it again.")
    return fields


def wants_page(request: web.Request) -> bool:
    """Whether a person's browser asks for a page, and no program for data."""
    is_page = "text/html" in request.headers.get("Accept", "")
    return is_page and not request.path.startswith("/api/")


PAGE_WORDS: Final = {
    400: N_("This request cannot be understood."),
    401: N_("Sign in first."),
    403: N_("You may not see or do this."),
    404: N_("There is nothing here."),
    413: N_("That is too much at once."),
    500: N_("The engine could not answer; it goes on."),
}


def _answer(request: web.Request, problem: Problem) -> web.Response:
    if not wants_page(request):
        return problem_response(problem)
    language = page_language(request)
    words = WORDS[language]
    values = {
        "title": f"{problem.status}",
        "words": words(PAGE_WORDS.get(problem.status, problem.detail)),
    }
    html = render_page(request, "problem.html", language, values)
    return web.Response(
        status=problem.status, text=html, content_type="text/html", headers=problem.headers
    )


def page_language(request: web.Request) -> str:
    """Language of a page: the session's, else the address's, the cookie's, the browser's."""
    session = request.get(SESSION)
    if session is not None:
        return str(session.language)
    wanted = [request.query.get("language", ""), request.cookies.get("language", "")]
    wanted += request.headers.get("Accept-Language", "")[:200].split(",")
    tags = (one.partition(";")[0].strip().partition("-")[0].lower() for one in wanted)
    return next((tag for tag in tags if tag in LANGUAGES), "en")
