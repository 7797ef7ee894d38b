"""A browser's end of a line, on pyOpenSSL and its own socket: checks, handshake, SRTP."""

import socket
import struct
from typing import Any

from OpenSSL import SSL

from sip.media import stun
from sip.media.dtls import MAX_SRTP, Certificate, Srtp
from sip.media.line import LineSpec
from sip.media.secure_line import new_credentials
from tests.sip.media.packets import packet

_GCM = b"SRTP_AEAD_AES_128_GCM"


def check(
    spec: LineSpec, *, is_nominated: bool = True, password: str = "", **more: Any
) -> bytes:
    """A connectivity check as a browser sends it."""
    transaction = more.get("transaction", b"T" * 12)
    username = more.get("username", f"{spec.fragment}:theirs").encode()
    body = struct.pack("!HH", 6, len(username)) + username + bytes(-len(username) % 4)
    if is_nominated:
        body += struct.pack("!HH", 0x25, 0)
    message = struct.pack("!HHI12s", 1, len(body) + 24, stun.MAGIC, transaction) + body
    code = stun._code(password or spec.password, message)
    return message + struct.pack("!HH", 8, 20) + code


class BrowserPeer:
    """Offers a line, then speaks through it."""

    def __init__(self, port: int, line_id: str = "line") -> None:
        self.certificate = Certificate()
        fragment, password = new_credentials()
        print_ = self.certificate.fingerprint
        self.spec = LineSpec(
            line_id=line_id,
            port=port,
            fragment=fragment,
            password=password,
            hash_algorithm=print_.algorithm,
            fingerprint=print_.digest,
        )
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.ssl = SSL.Connection(self.certificate.context)
        self.ssl.set_ciphertext_mtu(1200)
        self.ssl.set_connect_state()
        self.srtp: Srtp | None = None
        self.answers: list[bytes] = []
        self.heard: list[bytes] = []
        self.sequence = 0

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, ("127.0.0.1", self.spec.port))

    def check(self, **more: Any) -> None:
        self.send(check(self.spec, **more))

    def read(self) -> None:
        """Take what came, and go on with the handshake."""
        while True:
            try:
                data = self.socket.recv(2048)
            except OSError:
                return
            if data[0] < 4:
                self.answers.append(data)
            elif data[0] < 64:
                self.ssl.bio_write(data)
                self.shake_hands()
            elif self.srtp is not None:
                heard = self.srtp.unprotect(data)
                assert heard is not None, "what the line sends must be genuine"
                self.heard.append(heard)

    def shake_hands(self) -> None:
        if self.srtp is None:
            try:
                self.ssl.do_handshake()
            except SSL.WantReadError:
                pass
            else:
                self.srtp = self._keys()
        self.flush()

    def flush(self) -> None:
        try:
            self.send(self.ssl.bio_read(65_536))
        except SSL.WantReadError:
            return

    def goodbye(self) -> None:
        self.ssl.shutdown()
        self.flush()

    def _keys(self) -> Srtp:
        from pylibsrtp import Policy

        assert self.ssl.get_selected_srtp_profile() == _GCM
        keys = self.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 56)
        ours, theirs = keys[:16] + keys[32:44], keys[16:32] + keys[44:56]
        return Srtp(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, theirs=theirs, ours=ours)

    def speak(self, payload: bytes, count: int = 1, **fields: Any) -> None:
        assert self.srtp is not None
        for _ in range(count):
            self.sequence += 1
            data = self.srtp.protect(packet(self.sequence, payload=payload, **fields))
            assert data is not None
            assert len(data) < MAX_SRTP
            self.send(data)

    def close(self) -> None:
        self.socket.close()
