"""What actions are signed with: made once, changed with an overlap in which both sign.

A secret is made by a command and printed once, for the client. An action for which none was
made is signed with one derived from the engine's own, so that nothing leaves unsigned.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from securityline.keys import KeyFileError

FILE_NAME: Final = "webhooks.json"
LENGTH: Final = 32
"Octets of a secret; written as hexadecimal digits, which are what signs."


@dataclass(frozen=True, slots=True)
class Kept:
    """The secrets of one action."""

    secret: str
    previous_secret: str | None = None
    "Signs too, until the client has the new one."


class WebhookSecrets:
    """The secrets of all actions, in one file that only its owner can read.

    Read anew for each look: a command in another process may just have changed it.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / FILE_NAME

    def of(self, organisation: str, action: str) -> tuple[bytes, ...]:
        """Return what an action is signed with, the present one first; none when none was made.

        :raises KeyFileError: the file is there and is not one of ours.
        """
        kept = self._read().get(f"{organisation}/{action}")
        if kept is None:
            return ()
        both = (kept.secret, kept.previous_secret)
        return tuple(one.encode() for one in both if one is not None)

    def make(self, organisation: str, action: str) -> str:
        """Make a new secret; the one before signs beside it until it is retired.

        :raises KeyFileError: the one before the last still signs: retire it first.
        """
        known = self._read()
        name = f"{organisation}/{action}"
        before = known.get(name)
        if before is not None and before.previous_secret is not None:
            raise KeyFileError(f"{name}: a change is under way; retire the old secret first")
        made = secrets.token_hex(LENGTH)
        known[name] = Kept(made, before.secret if before is not None else None)
        self._write(known)
        return made

    def retire(self, organisation: str, action: str) -> bool:
        """Let the secret before the present one sign no more; say whether there was one."""
        known = self._read()
        name = f"{organisation}/{action}"
        kept = known.get(name)
        if kept is None or kept.previous_secret is None:
            return False
        known[name] = Kept(kept.secret)
        self._write(known)
        return True

    def _read(self) -> dict[str, Kept]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            return {name: Kept(**kept) for name, kept in json.loads(text).items()}
        except (ValueError, TypeError, AttributeError):
            raise KeyFileError(f"{self._path}: not a file of webhook secrets") from None

    def _write(self, known: dict[str, Kept]) -> None:
        """Replace the file at once: a crash leaves the old one or the new one."""
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({name: asdict(kept) for name, kept in known.items()}, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
