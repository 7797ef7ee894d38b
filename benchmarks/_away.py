"""A Chromium whose line is cut while the room goes on, and what it shows when it is back.

The page reaches the engine by a relay of ours. The relay is cut as a network is: sockets
break, and nothing is let through until it is mended.
"""

import asyncio
import contextlib
import re
from typing import Any

WATCH = """
const now = () => performance.timeOrigin + performance.now();
window.back = null;
window.WebSocket = class extends WebSocket {
  constructor(...of) {
    super(...of);
    const asked = now();
    this.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (!message.run || !window.isAway) return;
      window.isAway = false;
      const ids = message.fragments.map(({ id }) => id);
      window.back = { asked, read: now(), seq: message.seq, is_full: message.is_full, ids };
    });
  }
};
new MutationObserver(() => {
  const { back, last } = window, log = document.getElementById("log");
  if (!back || back.changed || !log?.textContent.includes(last)) return;
  back.changed = now();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { back.painted = now(); };
    channel.port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true, characterData: true });
"""
"""What the page notes of its coming back: `asked` when the socket that succeeded was asked
for, `read` when what it missed arrived, `changed` when the last note of the case shown stood
in the page, `painted` after the frame that shows it. All of what was missed is one message,
put into the page in one go; the last note is in it."""

LINES = '() => [...document.querySelectorAll("#log .lines > li")].map((line) => line.id)'
SHOWN = """
(of) => of.map((id) => {
  const copy = document.getElementById(id)?.cloneNode(true);
  copy?.querySelectorAll(".elapsed, .countdown, [data-ends]").forEach((one) => one.remove());
  return copy?.textContent.replace(/\\s+/g, " ") ?? null;
})
"""
PARTS = ["calls", "cases", "late", "operators", "shift", "watch", "tests", "card", "log"]
NOTES = 60
"One a second of the minute it is away."
PATIENCE = 30.0
"Seconds for the page to be back: it tries again after 5 at most."


class Relay:
    """Pass connections on to the engine, until it is cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; return the port."""
        self._server = await asyncio.start_server(self._come, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def cut(self) -> None:
        """Break every connection, and each that comes."""
        self._is_cut = True
        for one in tuple(self._open):
            one.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    def close(self) -> None:
        """Break what is open and listen no more."""
        self.cut()
        if self._server is not None:
            self._server.close()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, ours}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, ours))
                both.create_task(_pass_on(theirs, writer))
        finally:
            self._open -= {writer, ours}


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while (data := await reader.read(65536)) and not writer.is_closing():
            writer.write(data)
    writer.close()


async def write_notes(screen: Any, incident: str, round_number: int, pause: float) -> str:
    """Write numbered notes into the case, by a colleague; return the last one's words."""
    words = ""
    for number in range(1, NOTES + 1):
        words = f"round {round_number} note {number:02d}."
        note = {"id": words, "act": "note", "incident": incident, "text": words}
        await screen.send_json(note)
        await asyncio.sleep(pause)
    return words


async def open_page(context: Any, port: int, incident: str) -> Any:
    """Open the desk with this case's card in front; return the page once it lives."""
    page = await context.new_page()
    await page.add_init_script(WATCH)
    await page.goto(f"http://127.0.0.1:{port}/")
    await page.evaluate("(shown) => sessionStorage.setItem('shown', shown)", incident)
    await page.reload()  # a new tab of a browser begins with no case
    await page.locator("body.desk:not(.stale):not(.starting)").wait_for()
    await page.locator(f'#log[data-incident="{incident}"] .lines').wait_for()
    return page


async def cut_off(page: Any, relay: Relay) -> None:
    """Cut the line and wait until the page says so."""
    await page.evaluate("() => { window.back = null; window.isAway = true; }")
    relay.cut()
    await page.locator("body.stale").wait_for()


async def come_back(page: Any, relay: Relay, last: str) -> dict[str, Any]:
    """Mend the line, wait until the page shows the last note; return what it noted."""
    await page.evaluate("(last) => { window.last = last; }", last)
    relay.mend()
    async with asyncio.timeout(PATIENCE):
        while True:  # `wait_for_function` is eval, which the page's policy forbids
            back: dict[str, Any] | None = await page.evaluate("window.back")
            if back is not None and "painted" in back:
                return back
            await asyncio.sleep(0.1)


async def missing(page: Any, fresh: Any, round_number: int) -> dict[str, Any]:
    """Compare with a page opened anew: lines and notes that are missing, parts that differ."""
    ours, theirs = await page.evaluate(LINES), await fresh.evaluate(LINES)
    log = await page.evaluate('document.querySelector("#log").textContent')
    found = {int(one) for one in re.findall(rf"round {round_number} note (\d\d)\.", log)}
    one, other = await page.evaluate(SHOWN, PARTS), await fresh.evaluate(SHOWN, PARTS)
    return {
        "lines": sorted(set(theirs) - set(ours)),
        "notes": sorted(set(range(1, NOTES + 1)) - found),
        "parts": [name for name, a, b in zip(PARTS, one, other, strict=True) if a != b],
    }
