"""A panel's end of DC-09, for tests: its own way through the frame, not the product's."""

from datetime import datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from securityline.alarms.dc09_frame import to_octets


class Panel(NamedTuple):
    """A panel with an account and, if it encrypts, a key."""

    account: str = "1234"
    key: bytes | None = None
    prefix: str = "L0"
    is_binary_crc: bool = False

    def frame(
        self,
        data: str,
        sequence: int = 1,
        token: str = "ADM-CID",
        extended: str = "",
        at: datetime | None = None,
        padding: str = "p",
    ) -> bytes:
        """Return a whole frame; `data` is what stands between the brackets."""
        stamp = at.strftime("_%H:%M:%S,%m-%d-%Y") if at else ""
        head = f'{token}"{sequence:04d}{self.prefix}#{self.account}['
        if self.key is None:
            body = f'"{head}{data}]{extended}{stamp}'.encode()
        else:
            content = f"{'|' if data else ''}{data}]{extended}{stamp}"
            inner = padding * (16 + -len(content.encode()) % 16) + content
            body = f'"*{head}'.encode() + self.cipher(inner.encode())
        return to_octets(body, is_binary_crc=self.is_binary_crc)

    def cipher(self, padded: bytes) -> bytes:
        assert self.key is not None
        encryptor = Cipher(algorithms.AES(self.key), modes.CBC(bytes(16))).encryptor()
        return encryptor.update(padded).hex().upper().encode()

    def clear(self, reply: bytes) -> str:
        """Return the decrypted part of a reply, with its padding."""
        assert self.key is not None
        digits = reply[:-1].partition(b"[")[2].decode()
        decryptor = Cipher(algorithms.AES(self.key), modes.CBC(bytes(16))).decryptor()
        return decryptor.update(bytes.fromhex(digits)).decode()


def panic(account: str = "1234", number: int = 15) -> str:
    """Return the data of a panic button in Contact ID."""
    return f"#{account}|1120 01 {number:03d}"
