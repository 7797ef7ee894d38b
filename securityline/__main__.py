"""`securityline`: the command line. Errors are one sentence; a traceback is a bug."""

import os
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import click

from client_directory.directory import DirectoryError
from securityline.accounts import AccountError
from securityline.cli.accounts import operator, token
from securityline.cli.engine import check, serve, verify_log
from securityline.cli.explain import explain
from securityline.cli.simulate import simulate
from securityline.cli.webhook import webhook
from securityline.config import ConfigError
from securityline.logbook.opening import LogbookError

WRONG_SETTINGS: Final = 2
"Exit status, as for a wrong command line."
FAULT: Final = 70
"Exit status of a defect of ours (EX_SOFTWARE)."


def _version() -> str:
    try:
        return version("securityline")
    except PackageNotFoundError:
        return "0"


@click.group(help="The call-handling engine for security operations centres.")
@click.version_option(_version(), prog_name="securityline")
def cli() -> None:
    """Group the commands."""


for command in (serve, check, verify_log, explain, operator, token, webhook, simulate):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    try:
        cli.main(prog_name="securityline")
    except ConfigError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        sys.exit(WRONG_SETTINGS)
    except (AccountError, LogbookError, DirectoryError, OSError, sqlite3.Error) as error:
        click.echo(f"securityline: {error}", err=True)
        sys.exit(1)
    except Exception as error:
        if os.environ.get("SECURITYLINE_TRACEBACK"):
            raise
        text = f"securityline: a fault of ours: {type(error).__name__}: {error}"
        click.echo(f"{text} (SECURITYLINE_TRACEBACK=1 shows where)", err=True)
        sys.exit(FAULT)


if __name__ == "__main__":
    main()
