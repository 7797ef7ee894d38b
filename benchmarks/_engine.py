"""The whole engine for a benchmark, with operators who are ready again at once.

Wrap-up would need hundreds of pretend operators for twenty calls a second. Everything else
is as in real use: flow, hash chain, fsync, media process, desk. The extra event and its
lines are part of what is measured.
"""

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from callflows.events import OperatorId, OperatorReady, OperatorSignedIn
from securityline.collector import settle_collector
from securityline.config import load_config
from securityline.product import Product
from securityline.structured_log import configure


async def main() -> None:
    """Serve until standard input ends."""
    config = load_config(Path(sys.argv[1]), os.environ)
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


if __name__ == "__main__":
    configure("warning")
    uvloop.run(main())
