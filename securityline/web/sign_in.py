"""Signing in and out, and the language of the pages."""

import asyncio
import hashlib
import hmac
import secrets
from typing import Final

import structlog
from aiohttp import web

from callflows.events import OperatorId, OperatorSignedIn, OperatorSignedOut
from client_directory.model import Operator
from securityline.logbook.document import Document
from securityline.web.context import CONTEXT, SESSION, Context
from securityline.web.far_end import address_of
from securityline.web.guard import page_language, read_form, read_own_form
from securityline.web.pages import render_page
from securityline.web.problems import Problem
from securityline.web.sessions import COOKIE, KIND, WARNED_BEFORE, Ended, Session, is_token
from securityline.web.themes import THEMES
from securityline.web.words import LANGUAGES, N_, WORDS, best_language

FORM_COOKIE: Final = "securityline_form"
PARALLEL_CHECKS: Final = 2
"Passwords compared at a time: each takes 64 MiB and 0.2 s of a core."
FORM_KEY: Final = web.AppKey("form_key", bytes)
LANGUAGE: Final = "language"
"Kind of document that keeps the language of an operator's pages, and field of the form."
ASKED: Final = web.RequestKey("asked_language", str)
CHECKS: Final = web.AppKey("checks", asyncio.Semaphore)
WAITING: Final = web.AppKey("waiting", set[object])
OPENED, ENDED = "SessionOpened", "SessionEnded"
"Lines of the log, for every role: an auditor's coming and going moves no rule."
MOST_WAITING: Final = 64
"Sign-ins that may wait for their password to be compared: a room at the change of shift."
WHY_ENDED: Final = {
    "signed_out": N_("You are signed out."),
    "taken_over": N_(
        "You signed in at another browser. This desk is ended and can do nothing any more."
    ),
    "idle": N_("Your session is over: this desk was not used for a while."),
    "too_old": N_("Your session is over: it has lasted a whole shift. Sign in again."),
    "rights": N_("Your session is over: what you may do has changed. Sign in again."),
}
"What the page of a session that ended says."
log = structlog.get_logger()


def add_routes(app: web.Application) -> None:
    """Put the pages of this file in the application."""
    app[FORM_KEY] = secrets.token_bytes(32)
    app[CHECKS] = asyncio.Semaphore(PARALLEL_CHECKS)
    app[WAITING] = set()
    app.router.add_get("/sign-in", show)
    app.router.add_post("/sign-in", sign_in)
    app.router.add_post("/sign-out", sign_out)
    app.router.add_post("/language", choose_language)
    app.router.add_post("/theme", choose_theme)


def is_over_https(request: web.Request) -> bool:
    """Whether the browser speaks HTTPS: with us, or with the proxy of `web.public_url`."""
    public = request.app[CONTEXT].services.public_url or ""
    return request.secure or public.lower().startswith("https:")


async def show(request: web.Request) -> web.Response:
    """`GET /sign-in`."""
    context = request.app[CONTEXT]
    if context.sessions.find(request.cookies.get(COOKIE), context.now()):
        raise web.HTTPSeeOther("/")
    return _page(request)


async def sign_in(request: web.Request) -> web.Response:
    """`POST /sign-in`: the same answer and the same time for a wrong name and password."""
    fields = await read_form(request)
    request[ASKED] = fields.get("language", "")
    if not is_token(fields.get("csrf"), _form_token(request, request.cookies.get(FORM_COOKIE))):
        return _page(request, N_("The page was too old. Please try again."), status=403)
    operator, password = fields.get("operator", "")[:64], fields.get("password", "")[:256]
    context, now = request.app[CONTEXT], request.app[CONTEXT].now()
    address = address_of(request)
    wait = max(
        context.wrong_from.wait_time(address, now),
        context.wrong_for.wait_time(f"{operator}\n{address}", now),
    )
    if wait > 0:
        page = _page(request, N_("Too many wrong tries. Wait a little."), operator, status=429)
        page.headers["Retry-After"] = str(int(wait) + 1)
        return page
    if len(request.app[WAITING]) >= MOST_WAITING:
        return _page(request, N_("Too many wrong tries. Wait a little."), operator, status=429)
    context.wrong_from.take(address, now)
    context.wrong_for.take(f"{operator}\n{address}", now)
    is_right = await _is_right(request, operator, password)
    person = find_operator(context, operator)
    if not is_right or person is None:
        log.warning("sign-in refused", operator=operator, address=address)
        return _page(request, _not_right(context), operator, status=401)
    code = fields.get("code", "")
    problem = await asyncio.to_thread(_second_factor, context, operator, code)
    if problem is not None:
        log.warning("sign-in refused: no authenticator's code", operator=operator)
        return _page(request, problem, operator, status=401)
    context.wrong_for.forgive(f"{operator}\n{address}")
    context.wrong_from.give_back(address)
    return _begin(request, context, person, _asked_language(request))


def _asks_for_code(context: Context) -> str:
    services = context.services
    return services.totp if services.authenticators is not None else "off"


def _not_right(context: Context) -> str:
    """Return one sentence for whatever was wrong: a stranger learns not which."""
    if context.services.totp == "off" or context.services.authenticators is None:
        return N_("Name or password is not right.")
    return N_("Name, password or code is not right.")


def _second_factor(context: Context, operator: str, code: str) -> str | None:
    """Say what is wrong with an operator's code; `None`: nothing, or none is needed."""
    authenticators, use = context.services.authenticators, context.services.totp
    if use == "off" or authenticators is None:
        return None
    if not authenticators.has(operator):
        missing = N_("You have no authenticator yet. Ask an administrator for one.")
        return missing if use == "required" else None
    return None if authenticators.take(operator, code, context.now()) else _not_right(context)


async def _is_right(request: web.Request, operator: str, password: str) -> bool:
    """Compare a password in a thread, after those that came before."""
    waiting, mark = request.app[WAITING], object()
    waiting.add(mark)
    try:
        async with request.app[CHECKS]:
            accounts = request.app[CONTEXT].services.accounts
            return await asyncio.to_thread(accounts.verify_password, operator, password)
    finally:
        waiting.discard(mark)


def find_operator(context: Context, operator: str) -> Operator | None:
    """Find an operator by id; the directory in force decides."""
    return context.services.directory.current.operators.get(operator)


def _begin(
    request: web.Request, context: Context, person: Operator, language: str
) -> web.Response:
    if language:  # chosen on this very page
        _keep(context, context.languages.choose(person.operator, language, context.now()))
    else:
        kept = context.languages.of(person.operator)
        language = kept if kept and kept in LANGUAGES else best_language(person.languages)
    others = [] if person.role == "auditor" else context.sessions.of(person.operator)
    cookie, session = context.sessions.open(
        person.operator, person.role, language, person.clearances, context.now()
    )
    _keep(context, session.document())
    context.services.engine.note(
        OPENED,
        {
            "operator": person.operator,
            "role": person.role,
            "from": address_of(request),
            "took_over": len(others),
        },
    )
    for other in others:  # only now: with the new one he is still there, whatever he is in
        end_session(context, other, "taken_over")
    if person.role != "auditor":
        context.services.engine.handle(
            OperatorSignedIn(
                operator=OperatorId(person.operator),
                name=person.name,
                languages=dict(person.languages),
                clearances=person.clearances,
                role=person.role,
            )
        )
    response = web.HTTPSeeOther("/?taken_over=1" if others else "/")
    response.set_cookie(
        COOKIE,
        cookie,
        httponly=True,
        samesite="Strict",
        secure=is_over_https(request),
        path="/",
    )
    response.del_cookie(FORM_COOKIE)
    raise response


async def sign_out(request: web.Request) -> web.Response:
    """`POST /sign-out`."""
    await read_own_form(request)
    end_session(request.app[CONTEXT], request[SESSION], "signed_out")
    response = web.HTTPSeeOther("/sign-in")
    response.del_cookie(COOKIE)
    raise response


def end_session(context: Context, session: Session, why: Ended) -> None:
    """End a session and its screens, which say why; with the last one the operator leaves."""
    context.sessions.close(session.session_id)
    context.screens.end_session(session.session_id, why)
    context.services.engine.note(ENDED, {"operator": session.operator, "reason": why})
    _keep(context, Document(kind=KIND, id=session.session_id, data=None, at=context.now()))
    if session.role != "auditor" and not context.sessions.has(session.operator):
        gone = OperatorSignedOut(operator=OperatorId(session.operator))
        context.services.engine.handle(gone)


def end_old_sessions(context: Context, now: float) -> None:
    """End what is beyond its limits, or says what the directory no longer does; warn before."""
    for session in context.sessions.all():
        why: Ended | None = context.sessions.why_over(session, now)
        if is_out_of_date(context, session):
            end_session(context, session, "rights")
        elif why is not None and context.sessions.is_over(session, now):
            end_session(context, session, why)
        elif (ends_at := context.sessions.ends_at(session)) - now <= WARNED_BEFORE:
            context.screens.warn(session.session_id, ends_at)


def is_out_of_date(context: Context, session: Session) -> bool:
    """Whether the directory no longer gives the operator what this session says."""
    person = find_operator(context, session.operator)
    return person is None or (person.role, person.clearances) != (
        session.role,
        session.clearances,
    )


def _keep(context: Context, document: Document) -> None:
    context.services.logbook.append(context.now(), (), [document], is_urgent=False)


async def choose_language(request: web.Request) -> web.Response:
    """`POST /language`: the language of this operator's pages."""
    fields = await read_own_form(request)
    language = fields.get("language", "")
    if language not in LANGUAGES:
        raise Problem(400, "There are no pages in this language.")
    context = request.app[CONTEXT]
    _keep(context, context.sessions.speak(request[SESSION], language).document())
    _keep(context, context.languages.choose(request[SESSION].operator, language, context.now()))
    response = web.HTTPSeeOther("/")
    response.set_cookie("language", language, max_age=31536000, samesite="Strict", path="/")
    raise response


async def choose_theme(request: web.Request) -> web.Response:
    """`POST /theme`: the colours of this operator's pages, from now on."""
    theme = (await read_own_form(request)).get("theme", "")
    if theme not in THEMES:
        raise Problem(400, "There are no such colours.")
    context = request.app[CONTEXT]
    _keep(context, context.themes.choose(request[SESSION].operator, theme, context.now()))
    response = web.HTTPSeeOther("/")
    response.set_cookie("theme", theme, max_age=31536000, samesite="Strict", path="/")
    raise response


def _asked_language(request: web.Request) -> str:
    """Return the language that was chosen on this very page; empty: none was."""
    asked = request.query.get("language") or request.get(ASKED, "")
    return asked if asked in LANGUAGES else ""


def _page(
    request: web.Request, problem: str = "", operator: str = "", status: int = 200
) -> web.Response:
    language = page_language(request)
    nonce = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(16)
    values = {
        "csrf": _form_token(request, nonce),
        "problem": WORDS[language](problem) if problem else "",
        "ended": WORDS[language](WHY_ENDED.get(request.query.get("ended", ""), "")),
        "operator": operator,
        "chosen_language": _asked_language(request),
        "totp": _asks_for_code(request.app[CONTEXT]),
    }
    html = render_page(request, "sign_in.html", language, values)
    response = web.Response(text=html, content_type="text/html", status=status)
    response.set_cookie(
        FORM_COOKIE, nonce, httponly=True, samesite="Strict", secure=is_over_https(request)
    )
    if request.query.get("language") in LANGUAGES:
        response.set_cookie("language", language, max_age=31536000, samesite="Strict", path="/")
    return response


def _form_token(request: web.Request, nonce: str | None) -> str:
    key = request.app[FORM_KEY]
    # A cookie may hold octets that are no text.
    said = (nonce or "").encode("utf-8", "replace")
    return hmac.new(key, said, hashlib.sha256).hexdigest()
