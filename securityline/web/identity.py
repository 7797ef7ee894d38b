"""Who is pressing: the password of the operator who is signed in, typed again."""

import asyncio
from typing import Any

import structlog
from aiohttp import web

from securityline.web.action_presses import IS_PROVEN
from securityline.web.context import CONTEXT
from securityline.web.sessions import Session
from securityline.web.sign_in import CHECKS

log = structlog.get_logger()


async def prove(
    app: web.Application, session: Session, message: dict[str, Any]
) -> dict[str, Any]:
    """Return the message without its password, and with whether that was right.

    It is compared in a thread, after those that came before; too many wrong ones, and none
    is compared for a while.
    """
    password = message.get("password")
    known = {name: value for name, value in message.items() if name != "password"}
    known[IS_PROVEN] = False
    if not isinstance(password, str) or not 0 < len(password) <= 1024:
        return known
    context, key = app[CONTEXT], f"{session.operator}\npress"
    if not context.wrong_for.take(key, context.now()):
        log.warning("too many wrong passwords at the desk", operator=session.operator)
        return known
    verify = context.services.accounts.verify_password
    async with app[CHECKS]:
        known[IS_PROVEN] = await asyncio.to_thread(verify, session.operator, password)
    if known[IS_PROVEN]:
        context.wrong_for.forgive(key)
    return known
