"""DTLS-SRTP with a browser: keys agreed over the audio's own path (RFC 5763, RFC 5764).

Needs the extra `browser` (pyOpenSSL, pylibsrtp); import this module only where it is there.
No socket: datagrams come in as arguments and go out by a callable. OpenSSL counts the time
of its retransmissions itself.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from sip.webrtc import Fingerprint

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}
_PROFILES: Final = {
    b"SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    b"SRTP_AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}
"Name in the handshake to profile, octets of key and of salt; in order of preference."
_LABEL: Final = b"EXTRACTOR-dtls_srtp"
_MTU: Final = 1200
_RECORD_HEADER: Final = 13
_LARGEST: Final = 65_536
MAX_SRTP: Final = 1500
"Octets of a packet that the SRTP library takes."
_LIFE_TIME: Final = timedelta(days=365)
"Of the certificate. It is believed by its fingerprint alone; a process lives less long."


class HandshakeFailed(Exception):
    """The other side cannot be agreed with; the text says why, in OpenSSL's words."""


class WrongFingerprint(HandshakeFailed):
    """The other side is not who the session description named: somebody is in between."""


class Certificate:
    """Our own, made anew by every media process and never on a disk."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "securityline")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _LIFE_TIME)
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = fingerprint_of(certificate, "sha-256")
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
        # Whose certificate it is, its fingerprint says; that nobody signed it does not matter.
        wanted = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
        context.set_verify(wanted, lambda *_: True)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        context.set_tlsext_use_srtp(b":".join(_PROFILES))
        self.context = context


def fingerprint_of(certificate: x509.Certificate, algorithm: str) -> Fingerprint:
    """Return what a session description says of a certificate (RFC 8122)."""
    return Fingerprint(algorithm, certificate.fingerprint(_HASHES[algorithm]).hex())


class Association:
    """Our end of one DTLS association: we wait, the browser begins (`setup:passive`).

    :param send: sends a datagram to the browser.
    :param expected: the fingerprint its session description named.
    """

    def __init__(
        self, certificate: Certificate, expected: Fingerprint, send: Callable[[bytes], object]
    ) -> None:
        self._expected = expected
        self._send = send
        self._ssl = SSL.Connection(certificate.context)
        self._ssl.set_ciphertext_mtu(_MTU)
        self._ssl.set_accept_state()
        self.srtp: Srtp | None = None
        "The keys, once both sides have proved themselves."
        self.is_closed = False
        "The browser said goodbye."

    def receive(self, data: bytes) -> None:
        """Take one datagram of the browser.

        :raises HandshakeFailed: there will be no keys.
        """
        self._ssl.bio_write(data)
        if self.srtp is None:
            self._shake_hands()
        else:
            self._read()
        self._flush()

    def tick(self) -> None:
        """Send again what was lost, when it is time; called every 100 ms or so.

        :raises HandshakeFailed: it was sent often enough.
        """
        if self.srtp is not None or self._ssl.DTLSv1_get_timeout() != 0:
            return
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error as error:
            raise HandshakeFailed(_words(error)) from error
        self._flush()

    def close(self) -> None:
        """Say goodbye."""
        try:
            self._ssl.shutdown()
        except SSL.Error:
            return  # in the middle of a handshake there is nothing to say
        self._flush()

    def _shake_hands(self) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            self._flush()  # the alert
            raise HandshakeFailed(_words(error)) from error
        self._check_peer()
        self.srtp = self._derive()

    def _check_peer(self) -> None:
        try:
            peer = self._ssl.get_peer_certificate(as_cryptography=True)
        except ValueError as error:  # one that OpenSSL reads and others do not
            raise HandshakeFailed("its certificate cannot be read") from error
        algorithm = self._expected.algorithm
        if peer is None or fingerprint_of(peer, algorithm) != self._expected:
            self.close()
            raise WrongFingerprint("the certificate is not the one that was announced")

    def _derive(self) -> "Srtp":
        profile = self._ssl.get_selected_srtp_profile()
        if profile not in _PROFILES:
            raise HandshakeFailed("no common SRTP profile")
        number, key, salt = _PROFILES[profile]
        material = self._ssl.export_keying_material(_LABEL, 2 * (key + salt))
        keys, salts = material[: 2 * key], material[2 * key :]
        return Srtp(number, theirs=keys[:key] + salts[:salt], ours=keys[key:] + salts[salt:])

    def _read(self) -> None:
        try:
            self._ssl.recv(_MTU)
        except SSL.ZeroReturnError:
            self.is_closed = True
        except SSL.Error:
            return  # a repeated flight, or noise

    def _flush(self) -> None:
        try:
            flight = self._ssl.bio_read(_LARGEST)
        except SSL.WantReadError:
            return
        for datagram in datagrams_of(flight):
            self._send(datagram)


def datagrams_of(flight: bytes, limit: int = _MTU) -> Iterator[bytes]:
    """Cut a flight between its records, so that each datagram has whole ones."""
    start = end = 0
    while end + _RECORD_HEADER <= len(flight):
        following = end + _RECORD_HEADER + int.from_bytes(flight[end + 11 : end + 13])
        if following - start > limit and end > start:
            yield flight[start:end]
            start = end
        end = following
    if flight[start:]:
        yield flight[start:]


def _words(error: SSL.Error) -> str:
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(each[-1]) for each in reasons)[:200] or "the handshake failed"


class Srtp:
    """The two directions of one line, encrypted (RFC 3711, RFC 7714)."""

    def __init__(self, profile: int, *, theirs: bytes, ours: bytes) -> None:
        self._incoming = Session(_policy(profile, theirs, Policy.SSRC_ANY_INBOUND))
        self._outgoing = Session(_policy(profile, ours, Policy.SSRC_ANY_OUTBOUND))

    def protect(self, packet: bytes) -> bytes | None:
        """Encrypt an RTP packet; `None` when the library refuses it."""
        try:
            return self._outgoing.protect(packet)
        except (SrtpError, ValueError):
            return None

    def unprotect(self, data: bytes) -> bytes | None:
        """Decrypt an RTP packet; `None` when it is forged, repeated or broken."""
        if len(data) > MAX_SRTP:
            return None
        try:
            return self._incoming.unprotect(data)
        except SrtpError:
            return None


def _policy(profile: int, key: bytes, kind: int) -> Policy:
    return Policy(key=key, ssrc_type=kind, srtp_profile=profile)
