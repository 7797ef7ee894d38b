"""`securityline simulate`: the outside world, from the simulation's own package."""

from importlib import import_module
from typing import Any

import click

MODULE = "securityline.simulation.cli"


class Simulation(click.Group):
    """Loads the simulation's commands only when one of them is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands there are."""
        return self._loaded().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command."""
        return self._loaded().get_command(ctx, cmd_name)

    def _loaded(self) -> click.Group:
        try:
            found: Any = import_module(MODULE).simulate
        except ModuleNotFoundError as error:
            if error.name is not None and not MODULE.startswith(error.name):
                raise click.ClickException(
                    f"the simulation needs {error.name}, which is not installed"
                ) from None
            raise click.ClickException("this installation has no simulation") from None
        if not isinstance(found, click.Group):
            raise click.ClickException(f"{MODULE} has no group of commands")
        return found


@click.command(
    cls=Simulation, help="Drive a running engine from outside, as a phone or a panel would."
)
def simulate() -> None:
    """Group the commands of the simulation."""
