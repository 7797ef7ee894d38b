"""An operator gives himself an authenticator: a QR code, shown once, and a code that proves it.

Nothing is kept until the telephone's first code is right: whoever closes the page too early
signs in as before. An authenticator that he has already is taken away by an administrator
alone (`securityline operator totp NAME --remove`).
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import segno
from aiohttp import web
from markupsafe import Markup

from securityline import totp
from securityline.web.context import CONTEXT, SESSION, Context
from securityline.web.guard import read_own_form
from securityline.web.pages import render_page
from securityline.web.ports import AuthenticatorsPort
from securityline.web.problems import Problem
from securityline.web.words import N_, WORDS

MOST_TRIES: Final = 5
"Wrong codes, after which a new QR code is needed."
SHOWN_TIME: Final = 600.0
"Seconds for which a secret waits for its first code."
ENROLLED: Final = "AuthenticatorEnrolled"


@dataclass(slots=True)
class _Pending:
    """A secret that was shown, and is nobody's yet."""

    secret: str
    until: float
    "Engine time."
    misses: int = 0


PENDING: Final = web.AppKey("pending_authenticators", dict[str, _Pending])


def add_routes(app: web.Application) -> None:
    """Put the page in the application."""
    app[PENDING] = {}
    app.router.add_get("/authenticator", show)
    app.router.add_post("/authenticator", enrol)


def qr_code(address: str) -> Markup:
    """Draw an address as a QR code: SVG without a style, dark on light in every theme."""
    code = segno.make(address, error="m", micro=False)
    drawn = code.svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704 - drawn from modules; the address itself is not in it


async def show(request: web.Request) -> web.Response:
    """`GET /authenticator`: what he has, or how he gets one. Never a secret."""
    return _page(request)


async def enrol(request: web.Request) -> web.Response:
    """`POST /authenticator`: with his password a new QR code; with its code it counts."""
    fields = await read_own_form(request)
    context, session = request.app[CONTEXT], request[SESSION]
    has_one = _doors(context).has(session.operator)
    if has_one:
        return _page(request)
    if "code" in fields:
        return await _confirm(request, fields["code"][:32])
    if not await _knows_password(context, session.operator, fields.get("password", "")[:256]):
        return _page(request, N_("Name or password is not right."))
    pending = _Pending(totp.new_secret(), context.now() + SHOWN_TIME)
    request.app[PENDING][session.session_id] = pending
    return _page(request, secret=pending.secret)


async def _confirm(request: web.Request, code: str) -> web.Response:
    context, session = request.app[CONTEXT], request[SESSION]
    pending = request.app[PENDING].get(session.session_id)
    if pending is None or context.now() > pending.until:
        request.app[PENDING].pop(session.session_id, None)
        return _page(request, N_("This QR code counts no more. Ask for a new one."))
    if totp.step_of(pending.secret, code, context.now()) is None:
        pending.misses += 1
        if pending.misses >= MOST_TRIES:
            del request.app[PENDING][session.session_id]
        return _page(request, N_("This code is not right. Wait for the next one."))
    del request.app[PENDING][session.session_id]
    await asyncio.to_thread(_doors(context).keep, session.operator, pending.secret)
    context.services.engine.note(ENROLLED, {"operator": session.operator})
    return _page(request)


async def _knows_password(context: Context, operator: str, password: str) -> bool:
    """Compare his password once more: a desk left open gives nobody a second factor."""
    if context.wrong_for.wait_time(operator, context.now()) > 0:
        return False
    context.wrong_for.take(operator, context.now())
    is_right = await asyncio.to_thread(
        context.services.accounts.verify_password, operator, password
    )
    if is_right:
        context.wrong_for.forgive(operator)
    return is_right


def _doors(context: Context) -> AuthenticatorsPort:
    """Return where authenticators are kept.

    :raises Problem: nobody has one here.
    """
    services = context.services
    if services.authenticators is None or services.totp == "off":
        raise Problem(404, "Nobody is asked for a code here.")
    return services.authenticators


def _page(request: web.Request, problem: str = "", secret: str = "") -> web.Response:
    context, session = request.app[CONTEXT], request[SESSION]
    address = totp.address(secret, session.operator) if secret else ""
    values = {
        "csrf": session.csrf,
        "problem": WORDS[session.language](problem) if problem else "",
        "has_one": _doors(context).has(session.operator),
        "waits": session.session_id in request.app[PENDING],
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "qr": qr_code(address) if address else "",
    }
    html = render_page(request, "authenticator.html", session.language, values)
    return web.Response(text=html, content_type="text/html")
