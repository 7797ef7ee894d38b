"""`securityline webhook`: what actions with consequences are signed with."""

from pathlib import Path

import click

from client_directory.directory import Directory
from securityline.cli.options import find_place, place_options
from securityline.webhook_secrets import WebhookSecrets


@click.group()
def webhook() -> None:
    """Outgoing webhooks: the secrets that sign them."""


@webhook.command("secret")
@click.argument("organisation")
@click.argument("action")
@place_options
def make_secret(
    organisation: str, action: str, config: Path | None, data: Path | None, domain: str | None
) -> None:
    """Make a secret for ACTION of ORGANISATION; print it, once.

    The secret before it signs as well, until `securityline webhook retire`.
    """
    place = find_place(config, data, domain, needs_domain=False)
    if place.directory is not None:
        _check_known(organisation, action, place.directory)
    kept = WebhookSecrets(place.data)
    is_change = bool(kept.of(organisation, action))
    click.echo(kept.make(organisation, action))
    if is_change:
        click.echo("the secret before signs too, until: securityline webhook retire", err=True)


@webhook.command("retire")
@click.argument("organisation")
@click.argument("action")
@place_options
def retire_secret(
    organisation: str, action: str, config: Path | None, data: Path | None, domain: str | None
) -> None:
    """Let the old secret of ACTION sign no more: the client has the new one."""
    place = find_place(config, data, domain, needs_domain=False)
    if not WebhookSecrets(place.data).retire(organisation, action):
        raise click.ClickException("there is no old secret")


def _check_known(organisation: str, action: str, directory: Path) -> None:
    client = Directory.load(directory).organisations.get(organisation)
    if client is None or all(one.action != action for one in client.actions):
        raise click.ClickException(f"the directory has no action {action} of {organisation}")
