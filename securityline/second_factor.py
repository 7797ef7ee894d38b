"""Operators' authenticators, beside their passwords in `accounts.db`.

A code is taken once: the step it belongs to is written down in the same statement that
compares it with the last one, so that not even two sign-ins at once can share a code.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Final, Literal

from securityline import totp

TotpUse = Literal["required", "optional", "off"]

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS authenticators (
    operator TEXT PRIMARY KEY, secret TEXT NOT NULL, last_step INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
"""


class Authenticators:
    """Who has one, and whether a code counts. May be used from any thread."""

    def __init__(
        self, db: sqlite3.Connection, lock: threading.Lock, write_now: Callable[[], str]
    ) -> None:
        self._db, self._lock, self._write_now = db, lock, write_now
        db.executescript(SCHEMA)

    def enrol(self, operator: str) -> str:
        """Give an operator a new secret, in the place of any before; return it, once."""
        secret = totp.new_secret()
        self.keep(operator, secret)
        return secret

    def keep(self, operator: str, secret: str) -> None:
        """Let an operator's codes be those of a secret that his telephone has."""
        self._write(
            "INSERT OR REPLACE INTO authenticators VALUES (?,?,?,?)",
            (operator, secret, -1, self._write_now()),
        )

    def remove(self, operator: str) -> bool:
        """Forget an operator's authenticator; say whether he had one."""
        return self._write("DELETE FROM authenticators WHERE operator = ?", (operator,)) > 0

    def has(self, operator: str) -> bool:
        """Whether an operator has an authenticator."""
        return self._secret(operator) is not None

    def take(self, operator: str, code: str, now: float) -> bool:
        """Take a code: true once for each, and only while it counts.

        :param now: wall clock, seconds since the epoch.
        """
        secret = self._secret(operator)
        step = totp.step_of(secret, code[:32], now) if secret is not None else None
        if step is None:
            return False
        statement = (
            "UPDATE authenticators SET last_step = ? WHERE operator = ? AND last_step < ?"
        )
        return self._write(statement, (step, operator, step)) == 1

    def _secret(self, operator: str) -> str | None:
        query = "SELECT secret FROM authenticators WHERE operator = ?"
        said = operator.encode(errors="replace").decode()
        with self._lock, closing(self._db.execute(query, (said,))) as cursor:
            row = cursor.fetchone()
        return None if row is None else str(row[0])

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        with self._lock, closing(self._db.execute(statement, values)) as cursor:
            return cursor.rowcount
