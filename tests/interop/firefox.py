"""A headless Firefox of Debian's, driven by WebDriver BiDi over its own socket.

Playwright drives Firefox only in a build of its own; the protocol is W3C's, so a few lines do.
"""

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.interop.peers import PATIENCE
from tests.interop.ports import OWN

FIREFOX = "firefox-esr"
PREFERENCES = {
    # A microphone that hums, and leave to use it.
    "media.navigator.streams.fake": True,
    "media.navigator.audio.fake_frequency": 1000,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    # It calls home for nothing.
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.prefetch-next": False,
    "browser.safebrowsing.update.enabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "extensions.update.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "media.gmp-manager.updateEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.healthreport.uploadEnabled": False,
}


def why_not() -> str:
    """Why there is no Firefox to test with, or nothing."""
    return "" if shutil.which(FIREFOX) else f"{FIREFOX} is not installed"


class Firefox:
    """One window of it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._window = ""

    async def ask(self, method: str, **values: Any) -> Any:
        """Send one command; return its result.

        :raises AssertionError: it was refused.
        """
        mine = next(self._ids)
        await self._socket.send_json({"id": mine, "method": method, "params": values})
        async with asyncio.timeout(PATIENCE):
            while True:
                message = json.loads((await self._socket.receive()).data)
                if message.get("id") == mine:
                    assert message["type"] == "success", message
                    return message["result"]

    async def open(self) -> None:
        """Begin a session and find the window."""
        await self.ask("session.new", capabilities={})
        self._window = (await self.ask("browsingContext.getTree"))["contexts"][0]["context"]

    async def go(self, address: str) -> None:
        """Load a page and wait until it is there."""
        await self.ask(
            "browsingContext.navigate", context=self._window, url=address, wait="complete"
        )

    async def run(self, expression: str) -> Any:
        """Evaluate JavaScript in the page; a promise is waited for."""
        done = await self.ask(
            "script.evaluate",
            expression=expression,
            target={"context": self._window},
            awaitPromise=True,
            userActivation=True,
        )
        assert done["type"] == "success", done
        return done["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until JavaScript is true in the page, looking at each change of it."""
        watched = f"""new Promise((done) => {{
          const look = () => {{ if ({expression}) {{ seen.disconnect(); done(true); }} }};
          const seen = new MutationObserver(look);
          seen.observe(document, {{ subtree: true, childList: true, attributes: true }});
          look();
        }})"""
        try:
            await self.run(watched)
        except TimeoutError:
            raise AssertionError(f"never true in the page: {expression}") from None

    async def press(self, key: str) -> None:
        """Press and let go of a key, as BiDi names it (a character; F2 is U+E032)."""
        strokes = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        await self.ask(
            "input.performActions",
            context=self._window,
            actions=[{"type": "key", "id": "keys", "actions": strokes}],
        )


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Firefox]:
    """Start one with a profile of its own in `folder`."""
    profile = folder / "firefox"
    profile.mkdir()
    (profile / "user.js").write_text(
        "".join(
            f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items()
        )
    )
    [port] = OWN.take(1)
    program = await asyncio.create_subprocess_exec(
        FIREFOX, "--headless", "--no-remote", "--profile", str(profile),
        "--remote-debugging-port", str(port), "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
    )  # fmt: skip
    assert program.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE):
            while b"WebDriver BiDi listening" not in (line := await program.stderr.readline()):
                assert line, "Firefox ended"
        drain = asyncio.create_task(program.stderr.read())
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}/session", max_msg_size=0) as wire,
        ):
            window = Firefox(wire)
            await window.open()
            yield window
        drain.cancel()
    finally:
        if program.returncode is None:
            program.kill()
        await program.wait()
