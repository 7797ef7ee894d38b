"""Light or dark: every operator's own choice."""

from typing import Final

from aiohttp import web

from securityline.web.words import N_

KIND: Final = "theme"
DARK: Final = "dark"
"What a control room gets that chose nothing."
THEMES: Final = {DARK: N_("Dark"), "light": N_("Light"), "system": N_("As the system")}


def theme_at(request: web.Request) -> str:
    """Return what a browser chose last, for pages before anybody signed in."""
    return known_theme(request.cookies.get(KIND))


def known_theme(chosen: str | None) -> str:
    """Return a choice, or what stands for one that is none."""
    return chosen if chosen in THEMES else DARK
