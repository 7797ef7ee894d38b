"""`securityline simulate`: the outside world on the command line."""

from pathlib import Path

import click

from securityline.simulation.calling import DEFAULT_TIME, HANDSETS
from securityline.simulation.cli_alarm import alarm
from securityline.simulation.cli_keyholder import keyholder
from securityline.simulation.cli_story import alone, demo_option, in_demo, tell
from securityline.simulation.control import Message


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
    "--keys",
    default="",
    help="What he keys once it is picked up, an answer every 5 s: '1234# 907153# 1'.",
)
@click.option(
    "--handset",
    type=click.Choice(HANDSETS),
    default="any",
    show_default=True,
    help="pyvoip: not ours; own: ours; any: pyvoip where it is installed.",
)
@demo_option
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
    keys: str,
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
        "keys": keys,
        "handset": handset,
    }
    tell(alone(config, request) if config else in_demo(demo, request), when_left="hung up")


simulate.add_command(alarm)
simulate.add_command(keyholder)
