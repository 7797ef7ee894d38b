"""Operators who call the police, the fire brigade and an ambulance while the engine is killed.

Each has a telephone, signs in over HTTP and presses as people do: after every cut he presses
again, as soon as there is a desk, whatever he had been shown. The services' telephones are the
carrier's (`tests.crash.phones`), and tell how often they rang.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from typing import Final

import aiohttp

from tests.crash.estate import SERVICES, Estate
from tests.crash.senders import CUT_OFF, RETRY_TIME, Witness

OPERATORS: Final = {"op-1": "201", "op-2": "202"}
"And the extensions of their telephones."
PACE: Final = 0.1
"Seconds before each press: the desk allows 20 in a second."
PATIENCE: Final = 1.0
"Seconds after which he looks again although nothing was told."
TRUE: Final = {"step": "check", "means": "telephone", "result": "confirmed"}
"The alarm is, as he writes down before he calls anybody."
OVER: Final = ("ServiceEnded", "ServiceFailed")


class Dispatcher:
    """One operator at his desk.

    :param place: which of the operators; the cases are shared out between them.
    :param on_moment: told when a service was pressed.
    """

    def __init__(
        self, estate: Estate, witness: Witness, place: int, on_moment: Callable[[str], None]
    ) -> None:
        self._estate = estate
        self._witness = witness
        self._place = place
        self._on_moment = on_moment
        self._presses = 0
        self.called: list[tuple[str, str]] = []
        "Case and service, one after the other; the last one may be going on."
        self.is_signed_in = asyncio.Event()
        self.goes_home = False
        "He begins no further call."

    async def work(self) -> None:
        """Call one service for each of his cases, until he goes home."""
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an IP address
        origin = {"Origin": self._estate.desk}
        async with aiohttp.ClientSession(
            self._estate.desk, cookie_jar=jar, headers=origin
        ) as session:
            while not (self.goes_home and self._is_over()):
                with contextlib.suppress(*CUT_OFF):
                    await self._be_at_desk(session)
                await asyncio.sleep(RETRY_TIME)

    async def _be_at_desk(self, session: aiohttp.ClientSession) -> None:
        async with session.get("/", allow_redirects=False) as page:
            is_signed_in = page.status == 200
        if not is_signed_in:
            await self._sign_in(session)
        self.is_signed_in.set()
        async with session.ws_connect("/desk/live") as screen:
            both = {
                asyncio.create_task(self._read(screen)),
                asyncio.create_task(self._press_on(screen)),
            }
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _sign_in(self, session: aiohttp.ClientSession) -> None:
        async with session.get("/sign-in") as page:
            found = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        assert found is not None
        who = list(OPERATORS)[self._place]
        form = {"csrf": found[1], "operator": who, "password": f"{who}-password"}
        async with session.post("/sign-in", data=form) as page:
            assert page.status == 200, await page.text()

    async def _read(self, screen: aiohttp.ClientWebSocketResponse) -> None:
        """Read the screen: the engine closes one that nobody reads."""
        async for _ in screen:
            pass

    async def _press_on(self, screen: aiohttp.ClientWebSocketResponse) -> None:
        while not self._is_over() or await self._next():
            case, service = self.called[-1]
            await self._press(screen, "verify", incident=case, **TRUE)
            await self._press(screen, "service", incident=case, service=service, attempt="1")
            self._on_moment("service pressed")
            while not self._is_over():
                told = self._witness.told_of(case, service)
                if "ServiceAnswered" in told and SERVICES[service].hangs_up is None:
                    call = str(told["ServiceAnswered"]["service_call_id"])
                    await self._press(screen, "service_end", call=call)
                await self._witness.anything(PATIENCE)

    def _is_over(self) -> bool:
        return not self.called or any(
            x in self._witness.told_of(*self.called[-1]) for x in OVER
        )

    async def _next(self) -> bool:
        """Turn to the next of his cases; false when he goes home."""
        place = self._place + len(OPERATORS) * len(self.called)
        while len(self._witness.cases) <= place:
            if self.goes_home:
                return False
            await self._witness.anything(PATIENCE)
        if self.goes_home:
            return False
        self.called.append((self._witness.cases[place], list(SERVICES)[place % len(SERVICES)]))
        return True

    async def _press(
        self, screen: aiohttp.ClientWebSocketResponse, act: str, **fields: str
    ) -> None:
        self._presses += 1
        await asyncio.sleep(PACE)
        await screen.send_json({"id": f"d{self._presses}", "act": act, **fields})
