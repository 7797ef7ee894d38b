"""How long from a published log line to the card's bytes at a screen.

`python tools/desk_latency.py [--desks N] [--calls N] [--waiting N]`: real rules, logbook and
sockets over loopback; the clock starts when the engine publishes the lines of a call and
stops when the message with its card is in the socket, and when the screen has read it (a
screen in this same process, which parses it here).
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from securityline.web.screen import Screen
from tests.securityline.web.rig import POSTES, browser, house


async def measure(desks: int, calls: int, waiting: int) -> None:
    """Let calls come in one by one, and time each at the first screen."""
    published: dict[str, float] = {}
    written: list[float] = []
    latest = [""]
    send = Screen.send

    def timed(self: Screen, frame: bytes) -> None:
        send(self, frame)
        if b'"pop":' in frame:
            written.append((perf_counter() - published[latest[0]]) * 1000)

    Screen.send = timed  # type: ignore[method-assign]

    def note(lines: Sequence[Any]) -> None:
        for line in lines:
            if line.what == "CallOffered":
                published[line.incident_id] = perf_counter()
                latest[0] = line.incident_id

    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder)) as home, AsyncExitStack() as stack:
            home.sign_in("op-1", "op-2", "op-3", is_ready=False)
            home.engine.subscribe(note)
            desk = await stack.enter_async_context(browser(home.app()))
            await desk.sign_in("op-1")
            for _ in range(waiting):
                home.ring(POSTES)
            await home.settled()
            sockets = [await stack.enter_async_context(desk.live()) for _ in range(desks)]
            readers = [asyncio.create_task(drain(socket)) for socket in sockets[1:]]
            times, started = [], process_time()
            for number in range(calls):
                caller = f"+3247{number:07}"
                incident_id = home.ring(POSTES, caller)[0]
                while True:
                    message = await sockets[0].receive_json()
                    if message.get("pop", {}).get("incident") == incident_id:
                        break
                times.append((perf_counter() - published[incident_id]) * 1000)
                await asyncio.sleep(0.02)
            cpu = (process_time() - started) / calls * 1000
            for reader in readers:
                reader.cancel()
    cuts, sent = quantiles(times, n=100), quantiles(written, n=100)
    print(  # noqa: T201
        f"desks {desks} calls {calls} waiting {waiting}: published -> card sent"
        f" p50 {sent[49]:.2f} p95 {sent[94]:.2f} p99 {sent[98]:.2f}, read"
        f" p50 {cuts[49]:.2f} p95 {cuts[94]:.2f} p99 {cuts[98]:.2f} ms;"
        f" whole process {cpu:.2f} ms CPU a call"
    )


async def drain(socket: Any) -> None:
    """Be another screen."""
    async for _ in socket:
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desks", type=int, default=1)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--waiting", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(measure(options.desks, options.calls, options.waiting))
