"""What was agreed with the panels, read from the settings' files."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from securityline.alarms.dc09 import Settings
from securityline.alarms.dc09_crypto import key_of

EVERYBODY = "*"
"Stands for every account that has no key of its own."


def read_settings(
    keys: Path | None, binary_crc: Iterable[str] = (), unchecked_clock: Iterable[str] = ()
) -> Settings:
    """Read the keys and put the panels' habits beside them.

    :param keys: a line `ACCOUNT HEXDIGITS` each; `#` begins a comment.
    :raises ValueError: a line is none; names the file and line, never the key.
    :raises OSError: the file cannot be read.
    """
    found = dict(_read(keys)) if keys is not None else {}
    return Settings(
        keys={account: key for account, key in found.items() if account != EVERYBODY},
        default_key=found.get(EVERYBODY),
        binary_crc_accounts=frozenset(account.upper() for account in binary_crc),
        unchecked_clock_accounts=frozenset(account.upper() for account in unchecked_clock),
    )


def _read(keys: Path) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for number, line in enumerate(keys.read_text(encoding="utf-8").splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2:
            raise ValueError(f"{keys}:{number}: an account and its key stand on a line")
        account = words[0].upper()
        if account in found:
            raise ValueError(f"{keys}:{number}: account {account} twice")
        try:
            found[account] = key_of(words[1])
        except ValueError as error:
            raise ValueError(f"{keys}:{number}: {error}") from None
    return found
