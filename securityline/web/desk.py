"""The operator's desk: one page, complete when it arrives, live from then on."""

from typing import Final

from aiohttp import web
from markupsafe import Markup

from securityline.web.board import Audience
from securityline.web.browser_phone import is_installed
from securityline.web.context import CONTEXT, SESSION, Context, audience_of
from securityline.web.pages import render_page

LISTS: Final = ("alarms", "operators", "calls", "cases", "late", "watch", "tests", "shift")


def add_routes(app: web.Application) -> None:
    """Put the desk in the application."""
    app.router.add_get("/", show)


async def show(request: web.Request) -> web.Response:
    """`GET /`."""
    context, session = request.app[CONTEXT], request[SESSION]
    drawing, language = context.drawing, session.language
    audience = audience_of(context, session)
    fragments = {name: drawing.shared(name, audience) for name in LISTS}
    fragments["me"] = drawing.me(session.operator, language)
    fragments["phone"] = drawing.phone(session.operator, language)
    fragments["card"] = drawing.card(None, Audience(language, frozenset()))
    fragments["log"] = context.rendering("no_log.html", language, {})
    values: dict[str, object] = {
        name: Markup(html)  # noqa: S704 - drawn by autoescaping templates
        for name, html in fragments.items()
    }
    values |= {
        "seq": context.screens.seq,
        "run": context.screens.run,
        "operator": session.operator,
        "csrf": session.csrf,
        "signed_in_at": session.signed_in_at,
        "may_visit": audience.may_visit,
        "may_enrol": _may_enrol(context, session.operator),
        "has_taken_over": "taken_over" in request.query,
        "has_browser_phone": is_installed(context.services),
    }
    html = render_page(request, "desk.html", language, values)
    return web.Response(text=html, content_type="text/html")


def _may_enrol(context: Context, operator: str) -> bool:
    """Whether he can give himself an authenticator: codes are asked here, and he has none."""
    known = context.services.authenticators
    return known is not None and context.services.totp != "off" and not known.has(operator)
