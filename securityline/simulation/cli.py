"""`securityline simulate`: the outside world on the command line."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Final, NoReturn

import click

from securityline.config import load_config
from securityline.simulation.calling import DEFAULT_TIME, HANDSETS
from securityline.simulation.carrier import OutsideWorld
from securityline.simulation.control import ControlError, Message, ask
from securityline.simulation.demo_data import DemoError, addresses
from securityline.simulation.world import DOOR, World, WorldPlan

DEMO: Final = Path("demo-data")
NOT_YET: Final = 2
"Exit status of what this version does not have."


_STEPS: Final = {
    "ringing": "it rings",
    # The engine picks up to be heard: a notice or the hold message comes before a person.
    "answered": "the line is open: a notice, a message, or an operator",
}


@click.group()
def simulate() -> None:
    """Drive a running engine from outside, as a phone or a panel would."""


@simulate.command("call")
@click.option("--did", required=True, help="The number that is dialled.")
@click.option("--from", "caller", required=True, help="The number of who calls.")
@click.option("--withheld", is_flag=True, help="He does not show his number.")
@click.option(
    "--seconds",
    type=float,
    default=DEFAULT_TIME,
    show_default=True,
    help="How long he stays, from dialling on.",
)
@click.option(
    "--say",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="WAV that he says over and over: 8 kHz, mono, 16 bits.",
)
@click.option(
    "--handset",
    type=click.Choice(HANDSETS),
    default="any",
    show_default=True,
    help="pyvoip: not ours; own: ours; any: pyvoip where it is installed.",
)
@click.option(
    "--demo",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Folder of the running demo; default: {DEMO}.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings of an engine that runs without the demo: be its carrier meanwhile.",
)
def call(
    did: str,
    caller: str,
    withheld: bool,
    seconds: float,
    say: Path | None,
    handset: str,
    demo: Path | None,
    config: Path | None,
) -> None:
    """Let an employee call, and tell what becomes of it. Ctrl-C hangs up."""
    request: Message = {
        "do": "call",
        "did": did,
        "from": caller,
        "withheld": withheld,
        "seconds": seconds,
        "say": str(say.resolve()) if say else "",
        "handset": handset,
    }
    try:
        asyncio.run(_tell(_alone(config, request) if config else _in_demo(demo, request)))
    except (ControlError, DemoError, OutsideWorld) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("hung up")


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


def _in_demo(demo: Path | None, request: Message) -> AsyncGenerator[Message]:
    """Ask the world of a running demo."""
    folders = [demo] if demo else [DEMO, Path(__file__).resolve().parents[2] / DEMO]
    doors = [folder / "world" / DOOR for folder in folders]
    door = next((each for each in doors if each.exists()), None)
    if door is None:
        raise ControlError(
            f"no demo is running in {doors[0].parents[1]}: start it with `make run`, name its"
            " folder with --demo, or an engine's settings with --config"
        )
    return ask(door, request)


async def _alone(config: Path, request: Message) -> AsyncGenerator[Message]:
    """Be the carrier of an engine that runs without the demo, for one call."""
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


def _not_yet(what: str) -> NoReturn:
    click.echo(f"securityline simulate {what}: not in this version", err=True)
    raise SystemExit(NOT_YET)


@simulate.command("alarm", context_settings={"ignore_unknown_options": True})
@click.argument("anything", nargs=-1)
def alarm(anything: tuple[str, ...]) -> None:
    """Let a panel send an alarm. Not in this version."""
    _not_yet("alarm")


@simulate.command("keyholder", context_settings={"ignore_unknown_options": True})
@click.argument("anything", nargs=-1)
def keyholder(anything: tuple[str, ...]) -> None:
    """Let a keyholder's telephone do something else. Not in this version."""
    _not_yet("keyholder")
