"""Where the commands find the data directory: an option, or the settings."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from securityline.accounts import Accounts
from securityline.config import Config, load_config

DEFAULT_CONFIG: Final = Path("securityline.toml")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The data directory that a command works on."""

    data: Path
    domain: str
    directory: Path | None = None


def place_options(command: F) -> F:
    """Give a command `--config`, `--data` and `--domain`."""
    for option in (
        click.option("--domain", help="Domain of the phones, instead of the settings'."),
        click.option(
            "--data", type=click.Path(path_type=Path), help="Data directory, likewise."
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            help=f"Settings file; default: {DEFAULT_CONFIG}, when it is here.",
        ),
    ):
        command = option(command)
    return command


def find_place(
    config: Path | None, data: Path | None, domain: str | None, *, needs_domain: bool = True
) -> Place:
    """Find the data directory.

    :param needs_domain: false for what has nothing to do with phones.
    :raises click.UsageError: neither the options nor a settings file say where it is.
    :raises ConfigError: the settings file is wrong.
    """
    if config is None and data is not None and (domain or not needs_domain):
        return Place(data=data, domain=domain or "")
    if config is None and not DEFAULT_CONFIG.exists():
        raise click.UsageError("give --config FILE, or both --data DIR and --domain DOMAIN")
    settings: Config = load_config(config or DEFAULT_CONFIG, os.environ, data=data)
    return Place(
        data=settings.data.dir,
        domain=domain or settings.sip.domain,
        directory=settings.directory.dir,
    )


def open_accounts(place: Place) -> Accounts:
    """Open the accounts of a place."""
    return Accounts(place.data, place.domain)
