"""Signed heads: what the hash chain alone cannot show, a cut tail or a rewritten book.

The head of the book is signed with a key of this engine at intervals, when an incident
closes, and when the book closes. The signatures stand in the book's own file and in
`anchors.log` beside it, one JSON object a line, which a person copies to a place that the
engine cannot write.
"""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from securityline.logbook.store import Anchor, Head

KEY_FILE: Final = "anchor.key"
PUBLIC_FILE: Final = "anchor.pub"
LOG_FILE: Final = "anchors.log"


class AnchorKey:
    """The engine's signing key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.fingerprint = fingerprint(self.public)

    @classmethod
    def open(cls, folder: Path) -> tuple["AnchorKey", bool]:
        """Load the key of a data directory, or make one; returns whether it is new.

        The private half is readable by its owner only. The public half is added to
        `anchor.pub`, where earlier keys stay, so that old signatures can be checked.

        :raises ValueError: the file is there and holds no key.
        """
        path = folder / KEY_FILE
        is_new = not path.exists()
        if is_new:
            key = Ed25519PrivateKey.generate()
            write_secret(path, base64.b64encode(key.private_bytes_raw()) + b"\n")
        else:
            key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_bytes()))
        anchor_key = cls(key)
        if anchor_key.fingerprint not in read_public_keys(folder / PUBLIC_FILE):
            with (folder / PUBLIC_FILE).open("a") as file:
                file.write(f"{anchor_key.fingerprint} {anchor_key.public_text}\n")
        return anchor_key, is_new

    @property
    def public_text(self) -> str:
        """The public key, 32 octets in base64."""
        return base64.b64encode(self.public.public_bytes_raw()).decode()

    def sign(self, head: Head, at: str, reason: str) -> Anchor:
        """Sign a head.

        :param at: RFC 3339, UTC.
        """
        signature = self._key.sign(_message(head.seq, head.hash, at))
        return Anchor(
            head.seq,
            head.hash,
            at,
            reason,
            self.fingerprint,
            base64.b64encode(signature).decode(),
        )


def _message(seq: int, hashed: str, at: str) -> bytes:
    return f"securityline anchor 1\n{seq}\n{hashed}\n{at}\n".encode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """Name a public key: first 16 hex digits of its SHA-256."""
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def is_genuine(anchor: Anchor, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Tell whether one of the keys made this signature over this head."""
    key = keys.get(anchor.key)
    if key is None:
        return False
    try:
        signature = base64.b64decode(anchor.signature, validate=True)
        key.verify(signature, _message(anchor.seq, anchor.hash, anchor.at))
    except (InvalidSignature, ValueError):
        return False
    return True


def read_public_keys(path: Path) -> dict[str, Ed25519PublicKey]:
    """Read `FINGERPRINT BASE64` lines; what is no key is left out, and so signs nothing."""
    keys = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        name, _, text = line.partition(" ")
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
        except ValueError:
            continue
        if fingerprint(key) == name:
            keys[name] = key
    return keys


def append_anchor(path: Path, anchor: Anchor) -> None:
    """Add one line to `anchors.log`, durably.

    :raises OSError: it cannot be written.
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(anchor._asdict(), separators=(",", ":")) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_anchors(path: Path) -> Iterator[Anchor]:
    """Yield the lines of `anchors.log`; a torn or foreign line is an anchor that fails.

    A last line without its end is what a crash leaves, and is skipped.
    """
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            try:
                anchor = Anchor(**json.loads(line))
                if isinstance(anchor.seq, int):
                    yield anchor
                    continue
            except (ValueError, TypeError):
                pass
            yield Anchor(0, "", "", "unreadable", "", "")


def write_secret(path: Path, data: bytes) -> None:
    """Create a file that only its owner may read.

    :raises FileExistsError: it is there; a secret is never overwritten.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        os.write(file, data)
        os.fsync(file)
    finally:
        os.close(file)
