"""An operator at the desk, without a browser: signs in over HTTP and keeps the screen open."""

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from tests.interop.peers import PATIENCE


@dataclass(slots=True)
class Desk:
    """A signed-in operator with an open screen."""

    operator: str
    screen: aiohttp.ClientWebSocketResponse
    messages: list[dict[str, Any]] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=itertools.count)

    async def press(self, act: str, **fields: Any) -> None:
        """Press a key of the desk."""
        await self.screen.send_json({"id": f"t{next(self._ids)}", "act": act, **fields})

    async def fragment(self, containing: str) -> str:
        """Wait for a fragment of the page with these words."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    message = await self.screen.receive_json()
                    self.messages.append(message)
                    for part in message.get("fragments", ()):
                        if containing in part["html"]:
                            return str(part["html"])
        except TimeoutError:
            raise AssertionError(f"never shown: {containing!r}") from None


class HasDesk(Protocol):
    """An engine whose desk can be reached."""

    @property
    def desk(self) -> str:
        """Its address."""


@contextlib.asynccontextmanager
async def signed_in(
    lab: HasDesk, operator: str, *, is_ready: bool = True, password: str | None = None
) -> AsyncIterator[Desk]:
    """Sign an operator in, open his screen, set him ready."""
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an IP address
    async with aiohttp.ClientSession(lab.desk, cookie_jar=jar) as session:
        async with session.get("/sign-in") as response:
            found = re.search(r'name="csrf" value="([^"]+)"', await response.text())
        assert found is not None
        password = password or f"{operator}-password"
        fields = {"csrf": found[1], "operator": operator, "password": password}
        headers = {"Origin": lab.desk}
        async with session.post("/sign-in", data=fields, headers=headers) as response:
            assert response.status == 200, await response.text()
        async with session.ws_connect("/desk/live", headers=headers) as screen:
            desk = Desk(operator, screen)
            if is_ready:
                await desk.press("ready")
            yield desk
