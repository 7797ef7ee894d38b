"""`securityline simulate alarm`."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import click

from securityline.config import load_config
from securityline.simulation.alarming import MOST, PATIENCE, Panels, Receivers
from securityline.simulation.cli_story import demo_option, in_demo, tell
from securityline.simulation.control import Message
from securityline.simulation.panel import KINDS
from securityline.simulation.people import read_people


@click.command("alarm")
@click.option("--site", default="", help="Id of the site whose panel reports.")
@click.option("--account", default="", help="Or the panel's account, also one nobody knows.")
@click.option("--kind", default="", help=f"What happened: {', '.join(KINDS)}.")
@click.option("--code", default="", help="Or its code: 130 (Contact ID), BA (SIA).")
@click.option(
    "--format",
    "code_format",
    type=click.Choice(["contact_id", "sia"]),
    default="contact_id",
    show_default=True,
    help="In which codes the panel says a kind.",
)
@click.option("--zone", "zones", multiple=True, help="Detector; several: a signal each.")
@click.option("--text", default="", help="Words that go with it.")
@click.option("--restore", is_flag=True, help="It is back to normal.")
@click.option(
    "--count",
    type=click.IntRange(1, MOST),
    default=1,
    show_default=True,
    help="How often each is sent, each time as a new event.",
)
@click.option("--every", type=float, default=0.0, help="Seconds between two signals.")
@click.option(
    "--via",
    type=click.Choice(["dc09", "http"]),
    default="dc09",
    show_default=True,
    help="As a panel by SIA DC-09, or as a program over HTTP.",
)
@click.option(
    "--transport",
    type=click.Choice(["any", "tcp", "udp"]),
    default="any",
    show_default=True,
    help="Of DC-09.",
)
@click.option("--key", default="", help="AES key in hexadecimal: the panel encrypts.")
@click.option("--clock-off", type=float, default=0.0, help="Seconds its clock is wrong by.")
@click.option(
    "--patience",
    type=float,
    default=PATIENCE,
    show_default=True,
    help="Seconds until it sends again what is not acknowledged.",
)
@click.option(
    "--token",
    default="",
    envvar="SECURITYLINE_TOKEN",
    help="Of the API, for --via http with --config; or in SECURITYLINE_TOKEN.",
)
@demo_option
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings of an engine that runs without the demo.",
)
def alarm(
    code_format: str, token: str, demo: Path | None, config: Path | None, **given: object
) -> None:
    """Let a panel report an alarm, and tell what it is answered."""
    request: Message = {
        "do": "alarm",
        **given,
        "format": code_format,
        "zones": list(given["zones"]),  # type: ignore[call-overload]
    }
    story = _by_itself(config, token, request) if config else in_demo(demo, request)
    tell(story, when_left="the panel is silent")


async def _by_itself(config: Path, token: str, request: Message) -> AsyncGenerator[Message]:
    """Be a panel of an engine that runs without the demo."""
    settings = await asyncio.to_thread(load_config, config, os.environ)
    people = await asyncio.to_thread(read_people, settings.directory.dir)
    host, port = settings.web.listen
    host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - where it listens
    receivers = Receivers(dc09=settings.alarms.dc09, api=f"http://{host}:{port}", token=token)
    async with aclosing(Panels(receivers, people).report(request)) as messages:
        async for message in messages:
            yield message
