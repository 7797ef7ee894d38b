"""Running the product as a process: signals, the ready line, draining."""

import asyncio
import signal
import sys

from securityline.collector import settle_collector, sweep
from securityline.config import Config
from securityline.files import raise_file_limit
from securityline.product import Product


def run(config: Config) -> int:
    """Run the engine until SIGTERM or SIGINT; return the exit code."""
    raise_file_limit()
    if sys.platform == "linux":
        import uvloop

        uvloop.run(_run(config))
    else:
        asyncio.run(_run(config))
    return 0


async def _run(config: Config) -> None:
    """Start, wait for the word to stop, stop.

    The first signal drains: calls that are up go on, new ones go to the fallback numbers.
    A second one, or the last call's end, stops.
    """
    product = Product(config)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def terminate() -> None:
        if product.is_idle or stopping.is_set() or "draining" in product.health:
            stopping.set()
        else:
            product.drain()

    sweeping: asyncio.Task[None] | None = None
    try:
        bound, desk = await product.start()
        settle_collector()
        sweeping = asyncio.create_task(sweep(lambda: product.is_quiet))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, terminate)
        loop.add_signal_handler(signal.SIGHUP, product.reload)
        first = bound[0]
        sys.stdout.write(f"ready sip={first.transport}:{first.host}:{first.port} http={desk}\n")
        sys.stdout.flush()
        product.engine.subscribe(lambda _lines: _stop_when_drained(product, stopping))
        await stopping.wait()
    finally:
        if sweeping is not None:
            sweeping.cancel()
        await product.stop()


def _stop_when_drained(product: Product, stopping: asyncio.Event) -> None:
    if "draining" in product.health and product.is_idle:
        stopping.set()
