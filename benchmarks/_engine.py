"""The whole engine for a benchmark, with operators who are ready again at once.

Wrap-up would need hundreds of pretend operators for twenty calls a second. Everything else
is as in real use: flow, hash chain, fsync, media process, desk. The extra event and its
lines are part of what is measured. A second argument names a file for the moments at which
coming calls were told to the screens.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from callflows.events import OperatorId, OperatorReady, OperatorSignedIn
from securityline.collector import settle_collector
from securityline.config import load_config
from securityline.product import Product
from securityline.structured_log import configure
from securityline.web.ports import Line
from securityline.web.screens import Screens


async def main() -> None:
    """Serve until standard input ends."""
    config = load_config(Path(sys.argv[1]), os.environ)
    told: dict[str, float] = {}
    if len(sys.argv) > 2:
        note_publishing(told)
    product = Product(config)
    bound, desk = await product.start()
    settle_collector()
    loop = asyncio.get_running_loop()

    def ready_again(lines) -> None:  # type: ignore[no-untyped-def]
        for line in lines:
            if line.what == "OperatorStateChanged" and line.data["state"] == "wrap_up":
                event = OperatorReady(operator=OperatorId(line.data["operator"]))
                loop.call_soon(product.engine.handle, event)

    product.engine.subscribe(ready_again)
    for who in product.directory.current.operators.values():
        if who.operator == "op-1":
            continue  # the one at the desk
        name = OperatorId(who.operator)
        product.engine.handle(
            OperatorSignedIn(
                operator=name,
                name=who.name,
                languages=who.languages,
                clearances=who.clearances,
            )
        )
        product.engine.handle(OperatorReady(operator=name))
    print(f"ready {bound[0].port} {desk} {os.getpid()} {product.media.pid}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    await product.stop()
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(told))


def note_publishing(told: dict[str, float]) -> None:
    """Note by case when a coming call is told to the screens (`time.perf_counter`)."""
    publish = Screens.publish

    def timed(screens: Screens, lines: Sequence[Line]) -> None:
        now = time.perf_counter()
        for line in lines:
            if line.what == "CallOffered":
                told.setdefault(line.incident_id, now)
        publish(screens, lines)

    Screens.publish = timed  # type: ignore[method-assign]


if __name__ == "__main__":
    configure("warning")
    uvloop.run(main())
