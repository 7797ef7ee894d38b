"""`securityline simulate keyholder`."""

from pathlib import Path

import click

from securityline.simulation.cli_story import alone, demo_option, in_demo, tell
from securityline.simulation.control import Message
from securityline.simulation.keyholder import CONDUCTS, Conduct

_DEFAULT = Conduct()


@click.command("keyholder")
@click.argument("number", default="")
@click.option(
    "--does",
    type=click.Choice(list(CONDUCTS)),
    help="What he does from the next call on; without it, what he does now is told.",
)
@click.option(
    "--after",
    type=float,
    default=_DEFAULT.after,
    show_default=True,
    help="Seconds of ringing until he, or his voicemail, picks up.",
)
@click.option("--pin", default="", help="Typed when he is asked for it, with accept and eta.")
@click.option(
    "--minutes",
    type=int,
    default=_DEFAULT.minutes,
    show_default=True,
    help="Until he is there, with eta.",
)
@click.option(
    "--back-after",
    type=float,
    default=_DEFAULT.back_after,
    show_default=True,
    help="Seconds until he rings back, with rings-back.",
)
@click.option(
    "--talk",
    type=float,
    default=_DEFAULT.talk,
    show_default=True,
    help="Seconds from the answer until he hangs up, with operator.",
)
@click.option("--follow", is_flag=True, help="Tell what happens at his phone, until Ctrl-C.")
@demo_option
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings of an engine that runs without the demo: be its carrier until Ctrl-C.",
)
def keyholder(
    number: str,
    does: str | None,
    after: float,
    pin: str,
    minutes: int,
    back_after: float,
    talk: float,
    follow: bool,
    demo: Path | None,
    config: Path | None,
) -> None:
    """Tell a pretend keyholder's telephone what to do when the engine calls NUMBER.

    Without a number: say what everybody's telephone does.
    """
    request: Message = {
        "do": "keyholder",
        "number": number,
        "does": does,
        "after": after,
        "pin": pin,
        "minutes": minutes,
        "back_after": back_after,
        "talk": talk,
        "follow": follow or config is not None,
    }
    tell(alone(config, request) if config else in_demo(demo, request), when_left="put away")
