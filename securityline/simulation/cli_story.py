"""How a story of the pretend world is asked for and told on the command line."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Final

import click

from securityline.config import ConfigError, load_config
from securityline.simulation.carrier import OutsideWorld
from securityline.simulation.control import ControlError, Message, ask
from securityline.simulation.demo_data import DemoError, addresses
from securityline.simulation.world import DOOR, World, WorldPlan

DEMO: Final = Path("demo-data")
BESIDE: Final = Path(__file__).resolve().parents[2]
_STEPS: Final = {
    "ringing": "it rings",
    # The engine picks up to be heard: a notice or the hold message comes before a person.
    "answered": "the line is open: a notice, a message, or an operator",
}

demo_option = click.option(
    "--demo",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Folder of the running demo; default: {DEMO}.",
)


def tell(story: AsyncGenerator[Message], *, when_left: str) -> None:
    """Print a story until it ends, or until Ctrl-C.

    :param when_left: what to say then.
    :raises click.ClickException: it does not end well.
    """
    try:
        asyncio.run(_tell(story))
    except (ConfigError, ControlError, DemoError, OutsideWorld) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo(when_left)


async def _tell(messages: AsyncGenerator[Message]) -> None:
    """Print what happens."""
    was_refused = False
    async with aclosing(messages):
        async for message in messages:
            was_refused = was_refused or message.get("what") == "refused"
            click.echo(_line(message))
    if was_refused:
        raise ControlError("the call was refused")


def _line(message: Message) -> str:
    if "say" in message:
        return str(message["say"])
    if "heard" in message:
        heard, loud, file = message["heard"], message["loud"], message["file"]
        return f"He heard {heard} s, {loud} s of it not silent{f': {file}' if file else ''}"
    what = _STEPS.get(message["what"], message["what"])
    detail = f": {message['detail']}" if message.get("detail") else ""
    return f"{message['at']:6.1f} s  {what}{detail}"


async def in_demo(demo: Path | None, request: Message) -> AsyncGenerator[Message]:
    """Ask the world of a running demo."""
    folders = [demo] if demo else [DEMO, BESIDE / DEMO]
    doors = [folder / "world" / DOOR for folder in folders]
    door = next((each for each in doors if each.exists()), None)
    if door is None:
        raise ControlError(
            f"no demo is running in {doors[0].parents[1]}: start it with `make run`, name its"
            " folder with --demo, or an engine's settings with --config"
        )
    async with aclosing(ask(door, request)) as messages:
        async for message in messages:
            yield message


async def alone(config: Path, request: Message) -> AsyncGenerator[Message]:
    """Be the carrier of an engine that runs without the demo, for the length of a story."""
    settings = await asyncio.to_thread(load_config, config, os.environ)
    carrier, exchange = addresses(settings)
    plan = WorldPlan(
        carrier=carrier,
        exchange=exchange,
        domain=settings.sip.domain,
        folder=Path(tempfile.mkdtemp(prefix="securityline-simulate-")),
        directory=settings.directory.dir,
    )
    world = World(plan, lambda _who, _what: None)
    try:
        try:
            await world.start()
        except OSError as error:
            where = f"{carrier.host}:{carrier.port}"
            raise ControlError(f"cannot be the carrier at {where}: {error}") from None
        async with aclosing(world.handle(request)) as messages:
            async for message in messages:
                yield message
    finally:
        await world.stop()
