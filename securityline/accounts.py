"""Who may sign in, register a phone, or use the API. Secrets are kept only as hashes.

One small SQLite file beside the logbook. It is read at every sign-in, registration and API
call, so that what `securityline operator` and `securityline token` change counts at once in
a running engine.
"""

import os
import re
import secrets
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import md5, sha256
from pathlib import Path
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from securityline.logbook.entry import write_time
from securityline.second_factor import Authenticators

FILE_NAME: Final = "accounts.db"
SCOPES: Final = (
    "alarms:write",
    "incidents:read",
    "calls:read",
    "events:read",
    "recordings:read",
    "duress:read",
    "timers:read",
    "timers:write",
    "tasks:read",
    "tasks:write",
)
"What a token may be allowed."

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 1024
_PHONE_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_HASHED_AT_ONCE: Final = 2
"Passwords hashed at the same time: each takes 64 MiB and 0.2 s of a core."
_EXTENSION: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS operators (
    operator TEXT PRIMARY KEY, password TEXT NOT NULL, extension TEXT NOT NULL UNIQUE,
    realm TEXT NOT NULL, ha1_md5 TEXT NOT NULL, ha1_sha256 TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
    hash TEXT PRIMARY KEY, name TEXT NOT NULL, scopes TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
"""


class AccountError(Exception):
    """An account cannot be made or changed so; the text is for whoever typed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAccount:
    """An operator who may sign in."""

    operator: str
    extension: str
    "User part of his softphone's address."
    realm: str
    "The phone's password counts in this domain only."
    changed_at: str
    "RFC 3339."


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A program that may use the API."""

    name: str
    scopes: frozenset[str]
    created_at: str
    "RFC 3339."


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """Return a hash that no password has, without the tenth of a second that one costs."""

    def base64(octets: int) -> str:
        return b64encode(secrets.token_bytes(octets)).decode().rstrip("=")

    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${base64(hasher.salt_len)}${base64(hasher.hash_len)}"


class Accounts:
    """The accounts of a data directory. May be used from any thread.

    :param folder: the data directory; the file is made when it is not there.
    :param realm: domain of the operators' softphones.
    :raises AccountError: the file cannot be opened.
    """

    def __init__(self, folder: Path, realm: str) -> None:
        self._realm = realm
        self._hasher = PasswordHasher()
        self._hashing = threading.BoundedSemaphore(_HASHED_AT_ONCE)
        self._lock = threading.Lock()
        path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(
                path, isolation_level=None, timeout=5.0, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise AccountError(f"{path}: cannot be opened: {error}") from error
        self.authenticators = Authenticators(self._db, self._lock, _now)
        # Compared with when the operator is unknown, so that both answers take as long.
        self._nobody = _hash_of_nothing(self._hasher)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # ------------------------------------------------------------ operators

    def add_operator(self, operator: str, password: str, extension: str) -> str:
        """Let an operator sign in and register a phone.

        :return: the phone's password. It is not kept, and cannot be shown again.
        :raises AccountError: he exists, the extension is taken, or the password is weak.
        """
        if not operator or not operator.isprintable() or len(operator) > 64:
            raise AccountError("an operator's name is 1 to 64 printable characters")
        if not _EXTENSION.fullmatch(extension):
            raise AccountError(f"{extension!r} cannot be the user part of a SIP address")
        hashed = self._hash(password)
        secret = _phone_secret()
        row = (operator, hashed, extension, self._realm, *self._ha1(extension, secret), _now())
        try:
            self._write("INSERT INTO operators VALUES (?,?,?,?,?,?,?)", row)
        except sqlite3.IntegrityError:
            if self._row("operators", "operator", operator):
                raise AccountError(f"operator {operator} exists already") from None
            raise AccountError(f"extension {extension} is another operator's") from None
        return secret

    def set_password(self, operator: str, password: str) -> None:
        """Give an operator another password for the desk.

        :raises AccountError: there is no such operator, or the password is weak.
        """
        statement = "UPDATE operators SET password = ?, at = ? WHERE operator = ?"
        if not self._write(statement, (self._hash(password), _now(), operator)):
            raise AccountError(f"there is no operator {operator}")

    def new_phone_secret(self, operator: str) -> str:
        """Give an operator's phone another password, in the present domain; return it.

        :raises AccountError: there is no such operator.
        """
        row = self._row("operators", "operator", operator)
        if row is None:
            raise AccountError(f"there is no operator {operator}")
        secret = _phone_secret()
        self._write(
            "UPDATE operators SET realm = ?, ha1_md5 = ?, ha1_sha256 = ?, at = ?"
            " WHERE operator = ?",
            (self._realm, *self._ha1(row[2], secret), _now(), operator),
        )
        return secret

    def operators(self) -> list[OperatorAccount]:
        """Return all operators, by name."""
        rows = self._all("SELECT operator, extension, realm, at FROM operators ORDER BY 1")
        return [
            OperatorAccount(operator=operator, extension=extension, realm=realm, changed_at=at)
            for operator, extension, realm, at in rows
        ]

    def verify_password(self, operator: str, password: str) -> bool:
        """Compare an operator's password; to be called in a thread.

        Takes 0.2 s of a core whatever the answer, and no more than two at a time.
        """
        row = self._row("operators", "operator", operator)
        hashed = row[1] if row else self._nobody
        with self._hashing:
            try:
                is_right = self._hasher.verify(hashed, password[: LONGEST_PASSWORD + 1])
            except (Argon2Error, InvalidHashError, UnicodeError):
                return False
        return is_right and row is not None

    def ha1(self, extension: str, algorithm: str) -> str | None:
        """Return a phone's HA1 (RFC 7616, section 3.4.2), to check its digest with.

        :param algorithm: `MD5` or `SHA-256`.
        :return: `None` for an extension or algorithm that is not known.
        """
        row = self._row("operators", "extension", extension)
        if row is None or row[3] != self._realm:
            return None
        known: dict[str, str] = {"MD5": row[4], "SHA-256": row[5]}
        return known.get(algorithm.upper())

    def enrol(self, operator: str) -> str:
        """Give an operator an authenticator; return its secret, once.

        :raises AccountError: there is no such operator.
        """
        if self._row("operators", "operator", operator) is None:
            raise AccountError(f"there is no operator {operator}")
        return self.authenticators.enrol(operator)

    # ------------------------------------------------------------ tokens

    def create_token(self, scopes: Iterable[str], name: str = "") -> str:
        """Make an API token. It is not kept, and cannot be shown again.

        :raises AccountError: a scope that does not exist, or none.
        """
        wanted = sorted(set(scopes))
        for scope in wanted:
            if scope not in SCOPES:
                raise AccountError(f"no scope {scope}; there are: {', '.join(SCOPES)}")
        if not wanted:
            raise AccountError(f"a token needs a scope: {', '.join(SCOPES)}")
        token = f"sl_{secrets.token_urlsafe(32)}"
        row = (_token_hash(token), name, " ".join(wanted), _now())
        self._write("INSERT INTO tokens VALUES (?,?,?,?)", row)
        return token

    def token(self, text: str) -> Token | None:
        """Find the token behind a bearer's text; `None` when it is not one of ours."""
        row = self._row("tokens", "hash", _token_hash(text))
        if row is None:
            return None
        return Token(name=row[1], scopes=frozenset(row[2].split()), created_at=row[3])

    def tokens(self) -> list[Token]:
        """Return all tokens, oldest first, without their texts."""
        rows = self._all("SELECT name, scopes, at FROM tokens ORDER BY rowid")
        return [
            Token(name=name, scopes=frozenset(scopes.split()), created_at=at)
            for name, scopes, at in rows
        ]

    def revoke_tokens(self, name: str) -> int:
        """Forget every token of that name; return how many there were."""
        return self._write("DELETE FROM tokens WHERE name = ?", (name,))

    # ------------------------------------------------------------ inside

    def _hash(self, password: str) -> str:
        if len(password) < SHORTEST_PASSWORD:
            raise AccountError(f"a password has at least {SHORTEST_PASSWORD} characters")
        if len(password) > LONGEST_PASSWORD:
            raise AccountError(f"a password has at most {LONGEST_PASSWORD} characters")
        try:
            return self._hasher.hash(password)
        except UnicodeError:
            raise AccountError("the password is not text") from None

    def _ha1(self, extension: str, secret: str) -> tuple[str, str]:
        text = f"{extension}:{self._realm}:{secret}".encode()
        # MD5 is what phones speak (RFC 3261); the secret is random, so it cannot be guessed.
        return md5(text, usedforsecurity=False).hexdigest(), sha256(text).hexdigest()

    def _row(self, table: str, column: str, value: str) -> tuple[Any, ...] | None:
        rows = self._all(f"SELECT * FROM {table} WHERE {column} = ?", (_storable(value),))  # noqa: S608
        return rows[0] if rows else None

    def _all(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, closing(self._db.execute(query, values)) as cursor:
            return cursor.fetchall()

    def _write(self, statement: str, values: tuple[Any, ...]) -> int:
        with self._lock, closing(self._db.execute(statement, values)) as cursor:
            return cursor.rowcount


def _storable(text: str) -> str:
    """Replace what the database cannot hold; a name with it is nobody's."""
    return text.encode(errors="replace").decode()


def _phone_secret() -> str:
    """Make a password to be typed into a softphone: about 99 bits, no look-alikes."""
    return "".join(secrets.choice(_PHONE_ALPHABET) for _ in range(20))


def _token_hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


def _now() -> str:
    return write_time(datetime.now(UTC))
