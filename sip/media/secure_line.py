"""A browser's line: ICE-lite, DTLS and SRTP as one thing that carries RTP. No socket.

A line is there before a call and after it: an operator's browser keeps it up all shift, so
that a blocked microphone or a broken path shows while nobody waits. A leg that speaks through
it is an ordinary leg. Everything from the network is hostile until STUN's code, the
certificate's fingerprint and SRTP's tag have each been checked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sip.media.line import LineDown, LineSpec, LineUp, LineWhy
from sip.media.outgoing import identity
from sip.media.protocol import MediaEvent
from sip.media.rtp import is_rtcp
from sip.media.stun import is_stun, read_check, success
from sip.webrtc import Fingerprint

if TYPE_CHECKING:  # pyOpenSSL and pylibsrtp are an extra
    from sip.media.dtls import Association, Certificate, Srtp

SILENT_TIME: Final = 0.8
"""Seconds without genuine audio after which nobody is there: a browser sends even when muted.
Seen within 0.1 s: a call offered to one that dies is offered elsewhere within a second."""
CONNECT_TIME: Final = 15.0
"Seconds from the order until audio must have come."
MAX_HANDSHAKE_PACKETS: Final = 64
"DTLS datagrams before the keys; a handshake has a dozen. More is an attack on our clock."


class SecureLine:
    """One browser's line.

    :param emit: takes its events.
    """

    def __init__(
        self,
        spec: LineSpec,
        certificate: Certificate,
        emit: Callable[[MediaEvent], None],
        now: float,
    ) -> None:
        self.spec = spec
        self.send_raw: Callable[[bytes], object] | None = None
        "Sends to the path the browser chose; `None` until it chose one."
        self.deliver: Callable[[bytes, float], None] | None = None
        "Takes genuine RTP: the leg that speaks here, if one does."
        self.is_up = False
        "The browser is who it should be, and its audio arrives."
        self.is_over = False
        "It will never be up again; the browser must offer another."
        self.count = 0
        "Datagrams taken from the chosen path."
        self.refused = 0
        "Of those, and from strangers, what was forged, repeated or no sense."
        self.ssrc, self.sequence, self.timestamp_origin = identity(spec.line_id)
        self._certificate = certificate
        self._emit = emit
        self._put_at = now
        self._heard_at: float | None = None
        self._association: Association | None = None
        self._srtp: Srtp | None = None
        self._handshake_packets = 0

    # ------------------------------------------------------------ from the network

    def answer_check(self, data: bytes, source: tuple[str, int]) -> tuple[bytes, bool] | None:
        """Answer a connectivity check, wherever it came from.

        :returns: the answer, and whether the browser has chosen this path; `None` for what is
            no check of this browser.
        """
        check = read_check(data) if is_stun(data) else None
        spec = self.spec
        if check is None or not check.is_genuine(spec.fragment, spec.password):
            self.refused += 1
            return None
        return success(check, source, spec.password), check.is_nominated

    def receive(self, data: bytes, now: float) -> None:
        """Take a datagram of the chosen path. Never raises."""
        self.count += 1
        kind = data[0] if data else 0
        if 128 <= kind < 192:
            self._receive_audio(data, now)
        elif 20 <= kind < 64:
            self._receive_handshake(data)
        else:
            self.refused += 1

    def _receive_audio(self, data: bytes, now: float) -> None:
        srtp = self._srtp
        if srtp is None or is_rtcp(data):
            return  # reports of a stream that we send: nothing hangs on them
        packet = srtp.unprotect(data)
        if packet is None:
            self.refused += 1
            return
        self._heard_at = now
        if not self.is_up:
            self._rise()
        if self.deliver is not None:
            self.deliver(packet, now)

    def _receive_handshake(self, data: bytes) -> None:
        from sip.media.dtls import Association, HandshakeFailed, WrongFingerprint

        if self.is_over or self.send_raw is None:
            return
        if self._association is None:
            spec = self.spec
            expected = Fingerprint(spec.hash_algorithm, spec.fingerprint)
            self._association = Association(self._certificate, expected, self._transmit)
        association = self._association
        if association.srtp is None:
            self._handshake_packets += 1
            if self._handshake_packets > MAX_HANDSHAKE_PACKETS:
                self._fall("handshake", "too many packets", is_over=True)
                return
        try:
            association.receive(data)
        except WrongFingerprint as error:
            self._fall("fingerprint", str(error), is_over=True)
        except HandshakeFailed as error:
            self._fall("handshake", str(error), is_over=True)
        else:
            self._srtp = association.srtp
            if association.is_closed:
                self._fall("closed", "", is_over=True)

    def _transmit(self, data: bytes) -> None:
        send = self.send_raw
        for _ in range(2):  # the kernel gives the ICMP error of an earlier packet first
            try:
                if send is not None:
                    send(data)
            except OSError:
                continue
            return

    # ------------------------------------------------------------ towards the browser

    def send(self, packet: bytes) -> None:
        """Send an RTP packet, encrypted. Never raises."""
        if self._srtp is not None and (data := self._srtp.protect(packet)) is not None:
            self._transmit(data)

    # ------------------------------------------------------------ its life

    def scan(self, now: float) -> None:
        """Look whether the browser is still there; called every 100 ms or so."""
        from sip.media.dtls import HandshakeFailed

        if self.is_over:
            return
        if self.is_up and self._heard_at is not None and now - self._heard_at > SILENT_TIME:
            self._fall("silent", "", is_over=False)
        if self._heard_at is None and now - self._put_at > CONNECT_TIME:
            self._fall("unreachable", "", is_over=True)
        if self._association is not None and not self.is_over:
            try:
                self._association.tick()
            except HandshakeFailed as error:
                self._fall("handshake", str(error), is_over=True)

    def close(self) -> None:
        """End the line and say goodbye; no event follows, who asked knows it."""
        if self._association is not None and not self.is_over:
            self._association.close()
        self._let_go()

    def _rise(self) -> None:
        self.is_up = True
        self._emit(LineUp(self.spec.line_id))

    def _fall(self, why: LineWhy, text: str, *, is_over: bool) -> None:
        self.is_up = False
        if is_over:
            self._let_go()
        self._emit(LineDown(self.spec.line_id, why, text))

    def _let_go(self) -> None:
        self.is_over, self.is_up = True, False
        # No garbage collector runs in the media process: leave it no cycle.
        self._association = self._srtp = self.deliver = None


def new_credentials() -> tuple[str, str]:
    """Return a fragment and a password: letters and digits, 48 and 192 bits of chance."""
    # Base 64 would bring characters that ICE does not allow (RFC 8839, section 5.4).
    return secrets.token_hex(6), secrets.token_hex(24)
