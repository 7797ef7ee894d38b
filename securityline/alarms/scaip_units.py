"""The SCAIP units that we know by name: who may send alarms from anywhere, by digest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sip.digest import make_ha1


@dataclass(frozen=True, slots=True)
class Units:
    """User names and passwords of units.

    A unit that comes by a trunk needs none: the trunk is believed.
    """

    realm: str = ""
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __contains__(self, user: object) -> bool:
        """Say whether a user of this name is a unit."""
        return user in self.passwords

    def ha1(self, user: str, algorithm: str) -> str | None:
        """Return what a digest is checked with, `None` for a user that is no unit's."""
        password = self.passwords.get(user)
        return None if password is None else make_ha1(algorithm, user, self.realm, password)


def read_units(file: Path | None, realm: str) -> Units:
    """Read the units' users: a line `USER PASSWORD` each; `#` begins a comment line.

    :raises ValueError: a line is none; names the file and line, never the password.
    :raises OSError: the file cannot be read.
    """
    passwords: dict[str, str] = {}
    text = "" if file is None else file.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2:
            raise ValueError(f"{file}:{number}: a user and its password stand on a line")
        user, password = words
        if user in passwords:
            raise ValueError(f"{file}:{number}: user {user} twice")
        if user.isdecimal():
            raise ValueError(f"{file}:{number}: {user} could be an operator's extension")
        passwords[user] = password
    return Units(realm, passwords)
