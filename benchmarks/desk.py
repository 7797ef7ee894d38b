"""A card painted in Chromium, a push, desks at rest, a screen that was away.

    python -m benchmarks.desk [--desks 20] [--rate 10] [--seconds 60] [--idle 60] [--rounds 5]

One engine with everything on, one run. `op-1` sits at a headless Chromium and is preferred by
language, so that he is rung whenever he is free; the other desks are sockets that read all
they are sent. Reported, in milliseconds:

`changed`   first octet of the INVITE sent -> the card in Chromium's page (`MutationObserver`)
`painted`   the same until after the frame that shows it
`push`      a coming call told to the screens -> read by each of the other desks
`catch_up`  a desk that was away, as a socket: from connecting to having read all it missed
`away`      Chromium, `--rounds` times: its line is cut, as many calls come as `--rate` makes in
            a minute (in `AWAY_SECONDS`), 60 notes on its case are written, the line is mended.
            `back` is from the socket that succeeded being asked for to the frame that shows
            the last note; `missing` what a page opened anew shows and this one does not
`idle`      CPU of the engine in percent of a core with `--idle` desks and nothing happening

Clocks of browser and generator are brought together by asking the page for its time, which
is good to half of the quickest question's way there and back (`clock_error`).
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from benchmarks import _away
from benchmarks._phones import Farm, register_all
from benchmarks.call_setup import (
    DOMAIN,
    HERE,
    PASSWORD,
    Lab,
    cpu_by_thread,
    free_port,
    offer_calls,
    signed_in,
    spread,
    start_engine,
    stop_engine,
)
from tests.securityline.web.chromium import chromium, why_not

TALK_TIME = 0.2  # seconds
AWAY_SECONDS = 30.0
"In which the calls of a minute are sent; the page may as well be cut off for the whole minute."
ELAPSED = re.compile(r">\d+(:\d\d)+<")
WATCH = """
window.changed = {}; window.painted = {};
const now = () => performance.timeOrigin + performance.now();
new MutationObserver(() => {
  const number = document.querySelector("#card .who .number")?.textContent.replace(/\\D/g, "");
  if (!number || number in window.changed) return;
  window.changed[number] = now();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { window.painted[number] = now(); };
    channel.port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


class Reader:
    """One desk that is a socket: reads what it is sent, says that it lives."""

    def __init__(self, screen: aiohttp.ClientWebSocketResponse) -> None:
        self.screen = screen
        self.popped: dict[str, float] = {}
        self.seq, self.run = 0, ""

    async def read(self) -> None:
        """Read for ever."""
        while True:
            await self.take()

    async def take(self) -> dict[str, Any]:
        """Read one message."""
        message: dict[str, Any] = json.loads((await self.screen.receive()).data)
        now = time.perf_counter()
        if "pop" in message:
            self.popped.setdefault(message["pop"]["incident"], now)
        self.seq = message.get("seq", self.seq)
        self.run = message.get("run", self.run)
        return message

    async def live(self) -> None:
        """Ask every second, as the page does."""
        while True:
            await self.screen.send_json({"act": "ping"})
            await asyncio.sleep(1)


async def sit_down(page: Any, lab: Lab) -> None:
    """Sign `op-1` in at Chromium and let him be ready."""
    await page.add_init_script(WATCH)
    await page.goto(f"http://127.0.0.1:{lab.web}/sign-in?language=fr")
    await page.keyboard.type("op-1")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator("#live .on").wait_for()
    await page.locator("body.desk:not(.stale):not(.starting)").wait_for()
    await page.keyboard.press("r")
    await page.locator("#phone.ready").wait_for()


async def clock_of(page: Any) -> tuple[float, float]:
    """Return what to add to the page's clock for ours, and half the way there and back (s)."""
    best = (1.0, 0.0)
    for _ in range(50):
        before = time.perf_counter()
        theirs = await page.evaluate("performance.timeOrigin + performance.now()") / 1000
        after = time.perf_counter()
        best = min(best, (after - before, (before + after) / 2 - theirs))
    return best[1], best[0] / 2


async def catch_up(session: aiohttp.ClientSession, left: Reader) -> dict[str, Any]:
    """Come back after the line that `left` read last; tell how long it took, and of any gap."""
    started = time.perf_counter()
    query = f"/desk/live?after={left.seq}&run={left.run}"
    async with session.ws_connect(query) as screen:
        message = await Reader(screen).take()
        took = time.perf_counter() - started
    async with session.ws_connect("/desk/live") as screen:
        whole = await Reader(screen).take()
    back, fresh = (
        {part["id"]: ELAPSED.sub("", part["html"]) for part in one["fragments"]}
        for one in (message, whole)
    )
    return {
        "ms": round(1000 * took, 1),
        "lines_missed": message["seq"] - left.seq,
        "was_painted_anew": message["is_full"],
        "fragments": len(back),
        "differ_from_a_new_page": [name for name in back if back[name] != fresh.get(name)],
    }


async def away(
    options: argparse.Namespace, lab: Lab, farm: Farm, page: Any, desks: list[Reader]
) -> dict[str, Any]:
    """Cut a page off, again and again; return how soon it was whole again, and what it lacked.

    :param page: of `op-1`, who takes a break first: no new call takes the card's place.
    """
    await take_break(page)
    context, relay = page.context, _away.Relay(lab.web)
    port, writer, rounds = await relay.start(), desks[0], []
    cases = list(writer.popped)[-options.rounds :]
    await page.close()
    try:
        for number, incident in enumerate(cases, start=1):
            page = await _away.open_page(context, port, incident)
            await _away.cut_off(page, relay)
            before = writer.seq
            last, _ = await asyncio.gather(
                _away.write_notes(writer.screen, incident, number, AWAY_SECONDS / _away.NOTES),
                offer_calls(
                    farm, lab, options.rate * 60 / AWAY_SECONDS, AWAY_SECONDS,
                    2_000_000 + 10_000 * number, beside=False,
                ),
            )  # fmt: skip
            await farm.settled()
            back = await _away.come_back(page, relay, last)
            fresh = await _away.open_page(context, port, incident)
            lacks = await _away.missing(page, fresh, number)
            rounds.append(back | {"lines": back["seq"] - before, "missing": lacks})
            await page.close()
            await fresh.close()
    finally:
        relay.close()
    return {
        "rounds": len(rounds),
        "lines_missed": [one["lines"] for one in rounds],
        "were_painted_anew": sum(one["is_full"] for one in rounds),
        "read_ms": spread([(one["read"] - one["asked"]) / 1000 for one in rounds]),
        "back_ms": spread([(one["painted"] - one["asked"]) / 1000 for one in rounds]),
        "missing": [one["missing"] for one in rounds if any(one["missing"].values())],
    }


async def take_break(page: Any) -> None:
    """Let the page's operator take a break, without a reason."""
    await page.keyboard.press("b")
    await page.keyboard.press("Enter")
    await page.locator("#phone.on_break").wait_for()


async def at_rest(
    sessions: list[aiohttp.ClientSession], pids: list[int], seconds: float
) -> float:
    """Return the engine's CPU in percent of a core with a desk at each session."""
    async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        living = []
        for session in sessions:
            reader = Reader(await stack.enter_async_context(session.ws_connect("/desk/live")))
            living += [tasks.create_task(reader.read()), tasks.create_task(reader.live())]
        await asyncio.sleep(3)
        before, started = cpu_by_thread(*pids), time.perf_counter()
        await asyncio.sleep(seconds)
        after, took = cpu_by_thread(*pids), time.perf_counter() - started
        for task in living:
            task.cancel()
    spent = sum(after[name] - before[name] for name in after if name.startswith("engine"))
    return round(100 * spent / took, 2)


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure all of it in one run."""
    most = max(options.desks, options.idle + 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lab = Lab(folder, operators=most, french_of_others=2)
        told = folder / "told.json"
        engine, pids = await start_engine(lab.prepare(), str(told))
        farm = Farm(lab.trunk, free_port(), TALK_TIME)
        try:
            await register_all(farm, lab.secrets, DOMAIN, ("127.0.0.1", lab.sip))
            result, desks = await measure(options, lab, farm, pids, most)
        finally:
            farm.close()
            await stop_engine(engine)
        published = json.loads(told.read_text())
    pushes = [
        at - published[incident]
        for desk in desks
        for incident, at in desk.popped.items()
        if incident in published
    ]
    return result | {"push_ms": spread(pushes)}


async def measure(
    options: argparse.Namespace, lab: Lab, farm: Farm, pids: list[int], most: int
) -> tuple[dict[str, Any], list[Reader]]:
    """Sit operators down, let calls come, and look."""
    async with contextlib.AsyncExitStack() as stack:
        browser = await stack.enter_async_context(chromium())
        page = await (await browser.new_context()).new_page()
        await sit_down(page, lab)
        sessions = [
            await stack.enter_async_context(signed_in(lab, f"op-{n}"))
            for n in range(2, most + 1)
        ]
        desks, reading = [], []
        for session in sessions[: options.desks - 1]:
            screen = await stack.enter_async_context(session.ws_connect("/desk/live"))
            await screen.send_json({"id": "r", "act": "ready"})
            desks.append(Reader(screen))
            reading += [asyncio.create_task(desks[-1].read())]
            reading += [asyncio.create_task(desks[-1].live())]
        await offer_calls(farm, lab, options.rate, 3, 9_000_000, beside=False)  # warm up
        await farm.settled()
        async with sessions[0].ws_connect("/desk/live") as screen:
            left = Reader(screen)
            await left.take()
        load, (ahead, error) = os.getloadavg()[0], await clock_of(page)
        callers = await offer_calls(farm, lab, options.rate, options.seconds, 0, beside=False)
        await farm.settled()
        marks = {
            what: {
                "+" + number: at / 1000 + ahead
                for number, at in (await page.evaluate(f"window.{what}")).items()
            }
            for what in ("changed", "painted")
        }
        caught_up = await catch_up(sessions[0], left)
        gone = await away(options, lab, farm, page, desks)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        for desk in desks:
            await desk.screen.close()
        idle = await at_rest(sessions[: options.idle], pids, 20)
    return {
        "load_average": load,
        "cores": os.cpu_count(),
        "desks": options.desks,
        "rate": options.rate,
        "calls": len(callers),
        "failed": sum(caller not in farm.over for caller in callers),
        "clock_error_ms": round(1000 * error, 3),
        **{
            f"{what}_ms": spread([at[c] - farm.sent[c] for c in callers if c in at])
            for what, at in marks.items()
        },
        "catch_up": caught_up,
        "away": gone,
        "idle_desks": min(options.idle, len(sessions)),
        "idle_percent_of_a_core": idle,
    }, desks


def main() -> int:
    """Print the figures and keep them in `results/`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desks", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--idle", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if reason := why_not():
        print(f"skipped: {reason}")
        return 0
    result = uvloop.run(run(options))
    text = json.dumps(result, indent=2)
    print(text)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "desk.json").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
