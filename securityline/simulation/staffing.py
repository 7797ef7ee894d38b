"""A pretend operator at the desk: signs in over HTTP, keeps the screen open, says "ready".

For a demo in which calls are answered though nobody sits at the desk. Being ready takes a
person who is signed in, and a phone alone is none, so this one does what a browser does.
"""

import asyncio
import contextlib
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp

RETRY_TIME: Final = 1.0
SIGN_OUT_TIME: Final = 2.0
_CSRF: Final = re.compile(r'name="csrf" value="([^"]+)"')


class SignInRefused(Exception):
    """The desk does not let this operator in."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits where."""

    desk: str
    "Address of the desk, `http://host:port`."
    operator: str
    password: str


async def sit(seat: Seat, tell: Callable[[str], None]) -> None:
    """Be signed in and ready until cancelled; come back whenever the engine does.

    :raises SignInRefused: name or password is not right.
    """
    while True:
        try:
            # unsafe: cookies of an address that is no name
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(seat.desk, cookie_jar=jar) as session:
                token = await _sign_in(session, seat)
                tell(f"{seat.operator} is signed in and ready")
                try:
                    await _stay(session, seat)
                except asyncio.CancelledError:
                    await _sign_out(session, seat, token)
                    raise
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass
        await asyncio.sleep(RETRY_TIME)


async def _sign_in(session: aiohttp.ClientSession, seat: Seat) -> str:
    """Sign in; return the token of the desk's own forms."""
    async with session.get("/sign-in") as response:
        token = await _token(response)
    fields = {"csrf": token, "operator": seat.operator, "password": seat.password}
    headers = {"Origin": seat.desk}
    async with session.post("/sign-in", data=fields, headers=headers) as response:
        if response.status in (401, 403):
            raise SignInRefused(f"{seat.operator} may not sign in")
        response.raise_for_status()
        return await _token(response)


async def _token(page: aiohttp.ClientResponse) -> str:
    found = _CSRF.search(await page.text())
    if found is None:
        raise aiohttp.ClientError("a page without a form")
    return found[1]


async def _sign_out(session: aiohttp.ClientSession, seat: Seat, token: str) -> None:
    """Leave the desk, so that nobody waits for an operator who is not there any more."""
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with (
            asyncio.timeout(SIGN_OUT_TIME),
            session.post("/sign-out", data={"csrf": token}, headers={"Origin": seat.desk}),
        ):
            pass


async def _stay(session: aiohttp.ClientSession, seat: Seat) -> None:
    """Keep the screen open, as long as it stays."""
    ids = itertools.count()
    async with session.ws_connect("/desk/live", headers={"Origin": seat.desk}) as screen:
        await screen.send_json({"id": f"seat-{next(ids)}", "act": "ready"})
        async for _message in screen:
            pass
