"""`securityline operator` and `securityline token`."""

import secrets
import sys
from contextlib import closing
from pathlib import Path

import click

from client_directory.loader import load_files
from securityline import totp
from securityline.accounts import SCOPES, AccountError
from securityline.cli.options import Place, find_place, open_accounts, place_options


@click.group()
def operator() -> None:
    """Operators: who may sign in, and with which phone."""


@operator.command("add")
@click.argument("name")
@click.option("--extension", help="User part of his softphone; default: the directory's.")
@click.option("--password-stdin", is_flag=True, help="Read the desk's password from a pipe.")
@click.option("--generate", is_flag=True, help="Make a password, and print it once.")
@place_options
def add_operator(
    name: str,
    extension: str | None,
    password_stdin: bool,
    generate: bool,
    config: Path | None,
    data: Path | None,
    domain: str | None,
) -> None:
    """Let operator NAME sign in; print the account of his softphone, once."""
    place = find_place(config, data, domain)
    extension = extension or _extension_of(name, place)
    password = _password(password_stdin, generate)
    with closing(open_accounts(place)) as accounts:
        secret = accounts.add_operator(name, password, extension)
    if generate:
        click.echo(f"desk      {name}  password {password}")
    _show_phone(extension, place.domain, secret)


@operator.command("set-password")
@click.argument("name")
@click.option("--phone", is_flag=True, help="The phone's password instead of the desk's.")
@click.option("--password-stdin", is_flag=True, help="Read the desk's password from a pipe.")
@click.option("--generate", is_flag=True, help="Make a password, and print it once.")
@place_options
def set_password(
    name: str,
    phone: bool,
    password_stdin: bool,
    generate: bool,
    config: Path | None,
    data: Path | None,
    domain: str | None,
) -> None:
    """Give operator NAME another password."""
    place = find_place(config, data, domain)
    with closing(open_accounts(place)) as accounts:
        if phone:
            secret = accounts.new_phone_secret(name)
            extension = next(a.extension for a in accounts.operators() if a.operator == name)
            _show_phone(extension, place.domain, secret)
            return
        password = _password(password_stdin, generate)
        accounts.set_password(name, password)
    if generate:
        click.echo(f"desk      {name}  password {password}")


@operator.command("totp")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take his authenticator away.")
@place_options
def set_totp(
    name: str, remove: bool, config: Path | None, data: Path | None, domain: str | None
) -> None:
    """Give operator NAME an authenticator; print once what it must be told."""
    place = find_place(config, data, domain, needs_domain=False)
    with closing(open_accounts(place)) as accounts:
        if remove:
            if not accounts.authenticators.remove(name):
                raise AccountError(f"operator {name} has no authenticator")
            return
        secret = accounts.enrol(name)
    click.echo(f"secret    {secret}")
    click.echo(f"address   {totp.address(secret, name)}")
    click.echo("It counts from the next sign-in, and cannot be shown again.")


@operator.command("list")
@place_options
def list_operators(config: Path | None, data: Path | None, domain: str | None) -> None:
    """Print who may sign in."""
    place = find_place(config, data, domain)
    with closing(open_accounts(place)) as accounts:
        for account in accounts.operators():
            stale = "" if account.realm == place.domain else "  phone needs a new password"
            address = f"sip:{account.extension}@{account.realm}"
            click.echo(f"{account.operator}\t{address}\t{account.changed_at}{stale}")


@click.group()
def token() -> None:
    """Tokens: programs that may use the API."""


@token.command("create")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    metavar="SCOPE",
    help=f"May be given several times: {', '.join(SCOPES)}.",
)
@click.option("--name", default="", help="To know it by.")
@place_options
def create_token(
    scopes: tuple[str, ...],
    name: str,
    config: Path | None,
    data: Path | None,
    domain: str | None,
) -> None:
    """Make a token and print it; it is not shown again."""
    wanted = [scope for text in scopes for scope in text.replace(",", " ").split()]
    with closing(
        open_accounts(find_place(config, data, domain, needs_domain=False))
    ) as accounts:
        click.echo(accounts.create_token(wanted, name))


@token.command("list")
@place_options
def list_tokens(config: Path | None, data: Path | None, domain: str | None) -> None:
    """Print the tokens there are, without their texts."""
    with closing(
        open_accounts(find_place(config, data, domain, needs_domain=False))
    ) as accounts:
        for one in accounts.tokens():
            click.echo(f"{one.name or '-'}\t{' '.join(sorted(one.scopes))}\t{one.created_at}")


@token.command("revoke")
@click.argument("name")
@place_options
def revoke_token(name: str, config: Path | None, data: Path | None, domain: str | None) -> None:
    """Forget every token called NAME; it counts at once."""
    with closing(
        open_accounts(find_place(config, data, domain, needs_domain=False))
    ) as accounts:
        if not accounts.revoke_tokens(name):
            raise AccountError(f"there is no token {name}")


def _password(is_piped: bool, is_generated: bool) -> str:
    if is_generated:
        return secrets.token_urlsafe(12)
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt(
        "Password for the desk", hide_input=True, confirmation_prompt=True
    )
    return password


def _extension_of(name: str, place: Place) -> str:
    if place.directory is not None and place.directory.is_dir():
        for file in load_files(place.directory).files.values():
            for known in file.operators:
                if known.operator == name:
                    return known.extension
    raise AccountError(f"{name} is not in the directory; give --extension")


def _show_phone(extension: str, domain: str, secret: str) -> None:
    click.echo(f"phone     sip:{extension}@{domain}  user {extension}  password {secret}")
    click.echo("The phone's password is not kept and cannot be shown again.")
