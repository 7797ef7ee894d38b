"""`securityline serve`, `check` and `verify-log`."""

import os
import sqlite3
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from client_directory.finding import exit_status
from client_directory.prover import prove
from securityline.config import load_config
from securityline.logbook.verify import BrokenChain, verify_book
from securityline.recording_check import changed_recordings
from securityline.structured_log import configure


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="Settings file.")
@click.option(
    "--directory", type=click.Path(path_type=Path), help="Clients, instead of the settings'."
)
@click.option("--data", type=click.Path(path_type=Path), help="Data directory, likewise.")
def serve(config: Path, directory: Path | None, data: Path | None) -> None:
    """Run the engine. Prints `ready sip=… http=…` once it takes calls; SIGTERM drains."""
    settings = load_config(config, os.environ, directory=directory, data=data)
    configure(settings.log.level)
    # Late: the other commands should not wait for all that the engine imports.
    run = import_module("securityline.app").run
    raise SystemExit(run(settings) or 0)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def check(folder: Path) -> None:
    """Validate and prove a directory: one finding a line, `FILE:LINE: CODE: text`.

    Lines with the code PROVED follow: the worst case of each call tree and procedure over
    the next 14 days. Exit status 0: clean; 1: defects; 2: unreadable.
    """
    proven = prove(folder, datetime.now(UTC))
    for line in (*proven.findings, *proven.proofs):
        click.echo(str(line))
    raise SystemExit(int(exit_status(proven.findings)))


@click.command("verify-log")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--anchors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Copy of anchors.log that was kept elsewhere.",
)
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Copy of anchor.pub that was kept elsewhere.",
)
@click.option(
    "--recordings",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of recordings, to be compared with their hashes in the log.",
)
def verify_log(
    data: Path, anchors: Path | None, public_key: Path | None, recordings: Path | None
) -> None:
    """Check a whole logbook. Prints `ok LINES HASH`, or names the first bad line.

    With --recordings each recording too: a line for every one that is changed or gone.
    """
    try:
        verdict = verify_book(data, anchor_log=anchors, public_keys=public_key)
    except BrokenChain as broken:
        click.echo(str(broken))
        raise SystemExit(1) from None
    except (OSError, sqlite3.Error, ValueError) as error:
        click.echo(f"securityline: the logbook cannot be read: {error}", err=True)
        raise SystemExit(1) from None
    defects = [] if recordings is None else changed_recordings(data, recordings)
    for defect in defects:
        click.echo(defect)
    if defects:
        raise SystemExit(1)
    click.echo(f"ok {verdict.head.seq} {verdict.head.hash}")
