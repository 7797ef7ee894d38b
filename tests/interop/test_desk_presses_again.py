"""What a page sends again when its connection is back, and what it does not any more."""

from typing import Any

import pytest

from tests.interop.test_desk_browser import Site, browser, home, site
from tests.securityline.web.chromium import why_not

__all__ = ["browser", "home", "site"]
pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
# A press is made, its answer is lost, and the connection is back after some milliseconds;
# `clock` says which of the browser's two clocks went on meanwhile.
AGAIN = """async ([act, age, clock]) => {
  const sent = [], told = [];
  window.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    send(text) { sent.push(JSON.parse(text).act); }
    close() {}
  };
  const { Wire } = await import("/static/wire.js");
  const wire = new Wire({
    seq: 0, run: "one", shown: () => null, onMessage() {}, onState() {}, onOpen() {},
    onAnswer: (_, { error }) => told.push(error),
  });
  wire.press(act, { incident: "inc-1" });
  sent.length = 0;
  const [of, now] = clock === "day" ? [Date, Date.now] : [performance, performance.now];
  of.now = () => now.call(of) + age;
  wire.receive({ run: "two" });
  of.now = now;
  return [sent, told];
}"""


@pytest.mark.parametrize("clock", ["day", "running"])
@pytest.mark.parametrize(
    ("act", "minutes", "is_sent"),
    [
        ("take", 9, True),
        ("tree_start", 11, False),
        ("close", 11, False),
        ("note", 600, True),
        ("answer", 1, False),
        ("covert", 9, True),
        ("speak", 1, False),  # who hides would hear a voice that nobody wants now
        ("speak_ask", 1, False),
    ],
)
async def test_an_old_press_is_not_sent_when_a_machine_wakes(
    site: Site, browser: Any, act: str, minutes: int, is_sent: bool, clock: str
) -> None:
    """The engine knows for fifteen minutes which presses it did; a note is never lost."""
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{site.port}/sign-in")
        sent, told = await page.evaluate(AGAIN, [act, minutes * 60_000, clock])
        assert sent == ([act] if is_sent else [])
        assert told == ([] if is_sent else ["too_old"])
    finally:
        await context.close()
