"""What a demo is made of, in one folder: settings, clients, accounts, fresh passwords.

Made on the first start, kept for the next ones; delete the folder to begin anew. Passwords
stand in `demo.json` (mode 0600) because the engine itself keeps only their hashes.
"""

import json
import secrets
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from client_directory.model import Operator
from securityline.accounts import Accounts, OperatorAccount
from securityline.config import Config, load_config
from securityline.simulation.control import write_private
from securityline.simulation.people import People, read_people
from sip.endpoint import Endpoint

EXAMPLE: Final = Path(__file__).resolve().parents[1] / "example_directory"
SETTINGS, SECRETS, CLIENTS = "securityline.toml", "demo.json", "directory"
API_CLIENT: Final = "demo"
SCOPES: Final = (
    "alarms:write",
    "calls:read",
    "events:read",
    "incidents:read",
    "recordings:read",
)
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"

_TEXT: Final = """\
# Settings of the demo's engine. Edit them, or delete this file to have it written anew.
# Each can be overridden from outside: SECURITYLINE_WEB_LISTEN=127.0.0.1:18080 make run

live_emergency_calls = false            # emergency services are simulated

[sip]
listen = ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]
domain = "securityline.example"         # realm of the operators' softphones

[[trunks]]                              # the pretend carrier
name = "carrier-a"
peers = ["127.0.0.1:5080"]
outbound = "sip:127.0.0.1:5080;transport=udp"
default_country = "BE"
did_from = ["request_uri", "to"]

[media]
address = "127.0.0.1"
ports = "20000-29999"

[web]
listen = "127.0.0.1:8080"

[alarms]
dc09 = ["tcp:127.0.0.1:12000", "udp:127.0.0.1:12000"]   # alarm panels

[directory]
dir = "directory"                       # a copy of the example clients, yours to edit

[data]
dir = "data"                            # logbook, recordings, keys

[logbook]
ballast = "16 MiB"                      # in reserve for a full disk; 256 MiB in earnest
"""


class DemoError(Exception):
    """The demo cannot start; the text is for whoever started it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """An operator of the demo, with what he signs in and registers with."""

    operator: Operator
    desk_password: str = field(repr=False)
    phone_password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoData:
    """All that a demo needs to know about itself."""

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    "For the engine."
    config: Config
    carrier: Endpoint
    exchange: Endpoint
    people: People
    accounts: tuple[DemoAccount, ...]
    token: str = field(repr=False)

    @property
    def settings(self) -> Path:
        """The engine's settings file."""
        return self.folder / SETTINGS

    @property
    def desk(self) -> str:
        """Address of the desk."""
        host, port = self.config.web.listen
        host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
        return f"http://{host}:{port}"

    def account(self, operator: str) -> DemoAccount:
        """Find an operator's account.

        :raises DemoError: there is none.
        """
        for account in self.accounts:
            if account.operator.operator == operator:
                return account
        names = ", ".join(each.operator.operator for each in self.accounts)
        raise DemoError(f"there is no operator {operator}; there are {names}")


def prepare(folder: Path, environment: Mapping[str, str]) -> DemoData:
    """Make or complete a demo's folder.

    :param environment: `SECURITYLINE_…` variables override the settings.
    :raises DemoError: something in it cannot be used.
    :raises securityline.config.ConfigError: a wrong setting.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / CLIENTS).exists():
            shutil.copytree(EXAMPLE, folder / CLIENTS)
        if not (folder / SETTINGS).exists():
            (folder / SETTINGS).write_text(_TEXT)
    except OSError as error:
        raise DemoError(f"{folder}: {error.strerror or error}") from error
    environment = with_way_out(environment)
    config = load_config(folder / SETTINGS, environment)
    carrier, exchange = addresses(config)
    people = read_people(config.directory.dir)
    accounts, token = _accounts(folder / SECRETS, config, people)
    return DemoData(
        folder=folder,
        environment=environment,
        config=config,
        carrier=carrier,
        exchange=exchange,
        people=people,
        accounts=accounts,
        token=token,
    )


def with_way_out(environment: Mapping[str, str]) -> dict[str, str]:
    """Let the trunk's way out follow its peer, when only the peer is overridden."""
    peers = environment.get("SECURITYLINE_TRUNKS_0_PEERS", "")
    result = dict(environment)
    if peers:
        way_out = f"sip:{peers.partition(',')[0].strip()};transport=udp"
        result.setdefault("SECURITYLINE_TRUNKS_0_OUTBOUND", way_out)
    return result


def addresses(config: Config) -> tuple[Endpoint, Endpoint]:
    """Return where the pretend carrier stands, and where the engine takes its calls.

    :raises DemoError: the settings leave no place for a pretend carrier.
    """
    peer = next((p for trunk in config.trunks for p in trunk.peers if p.port), None)
    if peer is None or peer.port is None:
        raise DemoError("a pretend carrier needs a trunk whose peer has a port")
    exchange = next(each for each in config.sip.listen if each.transport == "udp")
    if exchange.host in ("0.0.0.0", "::"):  # noqa: S104
        exchange = exchange._replace(host=peer.host)
    return Endpoint("udp", peer.host, peer.port), exchange


# ---------------------------------------------------------------- accounts


def _accounts(
    file: Path, config: Config, people: People
) -> tuple[tuple[DemoAccount, ...], str]:
    """Give every operator of the directory an account whose passwords we know."""
    known = _read_secrets(file)
    with closing(Accounts(config.data.dir, realm=config.sip.domain)) as accounts:
        kept: dict[str, Any] = {}
        for operator in people.operators:
            before = known["operators"].get(operator.operator, {})
            kept[operator.operator] = _account(accounts, operator, before, config.sip.domain)
        changed_at = {each.operator: each.changed_at for each in accounts.operators()}
        for name, entry in kept.items():
            entry["changed_at"] = changed_at[name]
        token = known["token"]
        known_token = accounts.token(token)
        if known_token is None or not known_token.scopes >= set(SCOPES):
            accounts.revoke_tokens(API_CLIENT)
            token = accounts.create_token(SCOPES, API_CLIENT)
    try:
        write_private(file, {"operators": kept, "token": token})
    except OSError as error:
        raise DemoError(f"{file}: {error.strerror or error}") from error
    made = tuple(
        DemoAccount(
            operator=operator,
            desk_password=kept[operator.operator]["desk_password"],
            phone_password=kept[operator.operator]["phone_password"],
        )
        for operator in people.operators
    )
    return made, token


def _account(
    accounts: Accounts, operator: Operator, before: Mapping[str, Any], domain: str
) -> dict[str, str]:
    """Keep the passwords of an account that is as we left it; else make new ones."""
    account = next((a for a in accounts.operators() if a.operator == operator.operator), None)
    if account is not None and _is_as_left(account, operator, before, domain):
        return {name: before[name] for name in ("desk_password", "phone_password")}
    password = desk_password()
    if account is None:
        phone = accounts.add_operator(operator.operator, password, operator.extension)
    else:
        accounts.set_password(operator.operator, password)
        phone = accounts.new_phone_secret(operator.operator)
    return {"desk_password": password, "phone_password": phone}


def _is_as_left(
    account: OperatorAccount, operator: Operator, before: Mapping[str, Any], domain: str
) -> bool:
    return (
        account.realm == domain
        and account.extension == operator.extension
        and account.changed_at == before.get("changed_at")
        and all(isinstance(before.get(n), str) for n in ("desk_password", "phone_password"))
    )


def _read_secrets(file: Path) -> dict[str, Any]:
    """Read what an earlier start wrote; what is damaged is made anew."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        content = {}
    content = content if isinstance(content, dict) else {}
    operators, token = content.get("operators"), content.get("token")
    return {
        "operators": {
            name: entry
            for name, entry in (operators if isinstance(operators, dict) else {}).items()
            if isinstance(entry, dict)
        },
        "token": token if isinstance(token, str) else "",
    }


def desk_password() -> str:
    """Make a password that can be typed from a screen: 60 bits, no look-alikes."""
    parts = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3)]
    return "-".join(parts)
