"""Who may speak to us, and how much: trunks, phones, strangers.

A trunk is believed. A phone has to prove who it is for every new call. A stranger gets a
challenge for INVITE, REGISTER and (where messages are taken) MESSAGE, a few times a second,
and silence for everything else: nothing tells him what is here.
"""

from __future__ import annotations

from typing import Final

from sip.core import ACCEPTED_BODY, ALLOWED, Core
from sip.digest_server import Outcome
from sip.endpoint import Endpoint, Peer
from sip.in_dialog import UNDERSTOOD
from sip.limits import RateLimit
from sip.lockout import Lockout
from sip.message import Request
from sip.outgoing import HeaderLines
from sip.session_timer import is_too_short

_UNSERVED: Final = ("REGISTER", "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH")
KNOWN_METHODS: Final = frozenset((*ALLOWED.split(", "), *_UNSERVED))
_SCHEMES: Final = ("sip", "sips", "tel")
_RETRY_AFTER: Final = ("Retry-After", "2")

Refusal = tuple[int, HeaderLines]
"Status and headers."


class Admission:
    """Decides about requests outside any call."""

    def __init__(self, core: Core) -> None:
        settings = core.settings
        self._core = core
        self._challenged: Final = {"INVITE", "REGISTER"}
        if settings.message_types:
            self._challenged.add("MESSAGE")
        self._strangers = RateLimit(settings.stranger_rate, settings.stranger_burst)
        self._callers = RateLimit(settings.trunk_invite_rate, settings.trunk_invite_rate)
        self._senders = RateLimit(settings.trunk_invite_rate, settings.trunk_invite_rate)
        self._lockout = Lockout()

    def may_speak(self, method: str, peer: Peer, source: Endpoint, now: float) -> bool:
        """Say whether a request gets any answer at all."""
        if peer.kind != "stranger":
            return True
        if method not in self._challenged or self._lockout.is_shut(source.host, now):
            return False
        if method == "REGISTER" and self._core.registrar is None:
            return False
        return self._strangers.allows(source.host, now)

    def is_too_much(self, source: Endpoint, now: float) -> bool:
        """Say whether a new call must be refused for load: this source's, or everybody's."""
        core = self._core
        if len(core.calls) >= core.settings.max_calls:
            return True
        if len(core.transactions) >= core.settings.max_transactions:
            return True
        return not self._callers.allows(source.host, now)

    def is_message_too_much(self, source: Endpoint, now: float) -> bool:
        """Say whether a MESSAGE must be refused for load."""
        core = self._core
        if len(core.transactions) >= core.settings.max_transactions:
            return True
        return not self._senders.allows(source.host, now)

    def identify(
        self, request: Request, peer: Peer, source: Endpoint, now: float
    ) -> Peer | Refusal | None:
        """Return who calls or writes, the challenge to send instead, or `None` for silence."""
        if peer.kind == "trunk":
            return peer
        digest, host = self._core.digest, source.host
        if digest is None:
            return (403, ()) if peer.kind == "phone" else None
        answers = request.headers.get_all("Authorization")
        verdict = digest.check(answers, request.method, request.uri, now, source=host)
        if verdict.outcome is Outcome.ACCEPTED and verdict.username is not None:
            return Peer("phone", verdict.username)
        if verdict.outcome is Outcome.WRONG and self._lockout.guessed_wrong(host, now):
            return None
        is_stale = verdict.outcome is Outcome.STALE
        challenges = digest.challenge(now, source=host, is_stale=is_stale)
        return 401, tuple(("WWW-Authenticate", value) for value in challenges)

    def object_to(self, request: Request, peer: Peer) -> Refusal | None:
        """Return what is wrong with a request outside a dialog (section 8.2), if anything.

        A trunk's body that forgets to say what it is, but begins like a session
        description, is taken for one: somebody calls.

        :raises ParseError: a header needed to decide cannot be read.
        """
        if request.method not in KNOWN_METHODS:
            return 501, (("Allow", self._core.allowed),)
        if request.uri.scheme not in _SCHEMES:
            return 416, ()
        foreign = [tag for tag in request.require if tag not in UNDERSTOOD]
        if foreign:
            return 420, (("Unsupported", ", ".join(foreign)),)
        return self._object_to_invite(request, peer) if request.method == "INVITE" else None

    def _object_to_invite(self, request: Request, peer: Peer) -> Refusal | None:
        core = self._core
        from_tag = request.from_.tag or ""
        merge_key = (request.call_id, from_tag, request.cseq.number, request.method)
        if core.transactions.is_merged(merge_key):
            return 482, ()
        encoding = request.headers.get("Content-Encoding")
        if encoding is not None and encoding.lower() != "identity":
            return 415, (("Accept-Encoding", "identity"),)
        if request.body and not _is_readable(request, peer):
            return 415, (("Accept", ACCEPTED_BODY),)
        if "Accept" in request.headers and not _takes_sdp(request):
            return 406, ()
        minimum = core.settings.min_session_expires
        if is_too_short(request, minimum):
            return 422, (("Min-SE", f"{int(minimum)}"),)
        return None

    @staticmethod
    def overload() -> Refusal:
        """Return the refusal of a call or message that is too much."""
        return 503, (_RETRY_AFTER,)


def _is_readable(request: Request, peer: Peer) -> bool:
    content_type = request.content_type or ""
    if not content_type and peer.kind == "trunk" and request.sdp_body() is not None:
        return True
    if content_type == ACCEPTED_BODY or content_type.startswith("multipart/"):
        return True
    disposition = (request.headers.get("Content-Disposition") or "").lower()
    return "handling=optional" in disposition.replace(" ", "")


def _takes_sdp(request: Request) -> bool:
    """Say whether the caller would read our session description (section 20.1)."""
    ranges = [value.partition(";")[0].strip() for value in request.headers.values("Accept")]
    return any(found.lower() in (ACCEPTED_BODY, "application/*", "*/*") for found in ranges)
