import asyncio

import uvloop


def pytest_asyncio_loop_factories(config, item):
    """Every transport test runs on both loops: the engine may be started on either."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
