"""A whole page for one request: in its reader's colours; and the choice of them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from securityline.web.context import CONTEXT, SESSION
from securityline.web.themes import THEMES, known_theme, theme_at
from securityline.web.words import WORDS


def render_page(
    request: web.Request, template: str, language: str, values: Mapping[str, Any]
) -> str:
    """Draw a page in the colours of its reader; its address may say others (`?theme=light`)."""
    context, session = request.app[CONTEXT], request.get(SESSION)
    chosen = theme_at(request)
    if session is not None:
        chosen = known_theme(context.themes.of(session.operator))
    asked = request.query.get("theme", "")
    words = WORDS[language]
    colours = {
        "theme": asked if asked in THEMES else chosen,
        "themes": [(name, words(label)) for name, label in THEMES.items()],
    }
    return context.rendering(template, language, {**colours, **values})
