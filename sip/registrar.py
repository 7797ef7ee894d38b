"""The registrar of the operators' phones (RFC 3261, section 10).

Pure. It answers REGISTER, remembers where each phone is, and says who stands behind an
address. Calls go to where the REGISTER came from, whatever Contact says; `Path` is
therefore neither needed nor looked at. Who asks with a wrong password gets the same answer
as for a user that does not exist, and after a few times none at all.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv6Network
from typing import Any, Final

from sip.bindings import Binding, BindingTable
from sip.challenge_choice import ChallengeChoice
from sip.digest_server import DigestServer, Outcome
from sip.endpoint import Endpoint
from sip.errors import ParseError
from sip.events import Registered, SipEvent, Unregistered
from sip.identifiers import Identifiers
from sip.lockout import Lockout, LockoutSettings
from sip.message import Request, Response, respond
from sip.registration import (
    ContactOrder,
    HeaderLines,
    Refusal,
    RegistrarSettings,
    merge,
    read_contacts,
    read_user,
)
from sip.trunk import canonical_host

Answer = tuple[Response | None, list[SipEvent]]

_MOST_FAMILIAR: Final = 10_000


class Registrar:
    """Keeps the bindings; see the module.

    :param digest: knows the passwords.
    :param secret: makes the To-tags.
    """

    def __init__(
        self,
        digest: DigestServer,
        secret: bytes,
        settings: RegistrarSettings | None = None,
        lockout: LockoutSettings | None = None,
    ) -> None:
        self._digest = digest
        self._identifiers = Identifiers(secret)
        self._settings = settings or RegistrarSettings()
        self._lockout = Lockout(lockout)
        self._choice = ChallengeChoice()
        self._table = BindingTable()
        # Who has been registered from where, (host, user), the latest last.
        self._familiar: OrderedDict[tuple[str, str], None] = OrderedDict()

    def register(
        self, request: Request, source: Endpoint, now: float, *, is_stranger: bool = True
    ) -> Answer:
        """Answer a REGISTER.

        :param is_stranger: nobody we know is at `source`: what is wrong with his request is
            none of his business until he has said who he is.
        :return: the response, or `None` if this source is to get silence; and what
            changed. A change is made wholly or not at all.
        """
        try:
            user = _claimed_user(request)
            guesser = self._guesser(source, user)
            if self._lockout.is_shut(guesser, now):
                return None, []
            if not is_stranger:
                _read(request)
            self._authenticate(request, user, source, guesser, now)
            user, orders = _read(request)
            events = self._apply(request, user, orders, source, now)
        except Refusal as refusal:
            return self._respond(request, refusal.status, refusal.reason, refusal.headers), []
        except ParseError as error:
            return self._respond(request, error.status, error.reason), []
        return self._respond(request, 200, "OK", self._contact_lines(user, now)), events

    def bindings(self, user: str, now: float) -> list[Binding]:
        """Return where a user's phones are, the preferred one first."""
        return self._table.of(user, now)

    def peer_of(self, source: Endpoint, now: float) -> str | None:
        """Return the user whose live registration came from this very address and port."""
        found = self._table.at(source, now)
        return found[0].user if found else None

    def next_timer(self) -> float | None:
        """Return when the next binding expires, or a little before."""
        return self._table.next_expiry()

    def handle_timer(self, now: float) -> list[SipEvent]:
        """Drop what has expired."""
        return [_gone(binding, "expired") for binding in self._table.expire(now)]

    def connection_lost(self, source: Endpoint, now: float) -> list[SipEvent]:
        """Drop the phones that could only be reached over a connection that has ended.

        A phone which listens where its Contact says, on the host it spoke from, is kept:
        a new connection will reach it.
        """
        if source.transport != "tcp":
            return []
        events = self.handle_timer(now)
        for binding in self._table.at(source, now):
            listening = _where_it_listens(binding)
            kept = [each for each in self._table.of(binding.user, now) if each is not binding]
            if listening is not None and listening != source:
                kept.append(replace(binding, source=listening))
            else:
                events.append(_gone(binding, "connection_lost"))
            self._table.put(binding.user, kept)
        return events

    def export(self, now: float) -> list[dict[str, Any]]:
        """Return all live bindings as plain JSON values, for :meth:`adopt`."""
        return [each.to_plain() for each in self._table.all() if each.expires_at > now]

    def adopt(self, plain: Iterable[Mapping[str, Any]], now: float) -> list[SipEvent]:
        """Take over what a former process exported; damaged and expired ones are left out.

        Connections do not survive a process: phones that came by TCP are taken over only
        if they listen.
        """
        adopted: dict[str, list[Binding]] = {}
        for each in plain:
            try:
                binding = Binding.from_plain(each)
            except ValueError:
                continue
            if binding.source.transport == "tcp":
                listening = _where_it_listens(binding)
                if listening is None:
                    continue
                binding = replace(binding, source=listening)
            if binding.expires_at > now:
                adopted.setdefault(binding.user, []).append(binding)
        for user, bindings in adopted.items():
            self._table.put(user, bindings)
            for binding in bindings:
                self._make_familiar(binding.source, user)
        return [_there(each, now) for bindings in adopted.values() for each in bindings]

    def _authenticate(
        self, request: Request, user: str, source: Endpoint, guesser: Hashable, now: float
    ) -> None:
        """Let the user's own phone pass.

        :raises Refusal: anybody else; 401 alike for a wrong password and an unknown user.
        """
        outcome, username = self._digest.check(
            request.headers.get_all("Authorization"),
            request.method,
            request.uri,
            now,
            source=source.host,
        )
        if outcome is Outcome.ACCEPTED and username == user:
            self._choice.answered((_host_of(source), user))
            self._make_familiar(source, user)
            return
        if outcome in (Outcome.WRONG, Outcome.ACCEPTED):
            self._lockout.guessed_wrong(guesser, now)
        if outcome is Outcome.ACCEPTED:  # somebody else's address of record
            raise Refusal(403, "Forbidden")
        is_stale = outcome is Outcome.STALE
        algorithms = None
        if outcome is Outcome.MISSING:
            algorithms = self._choice.algorithms(
                (_host_of(source), user),
                f"{request.call_id} {request.cseq.number}",
                request.headers.get("User-Agent") or "",
                now,
            )
        challenge = self._digest.challenge(
            now, source=source.host, is_stale=is_stale, algorithms=algorithms
        )
        lines = tuple(("WWW-Authenticate", value) for value in challenge)
        raise Refusal(401, "Unauthorized", lines)

    def _guesser(self, source: Endpoint, user: str) -> Hashable:
        """Return whose wrong guesses are counted together.

        All that come from one host; but a user who was registered from there before is
        counted alone, lest one phone with a wrong password shuts out a whole office.
        """
        host = _host_of(source)
        return (host, user) if (host, user) in self._familiar else host

    def _make_familiar(self, source: Endpoint, user: str) -> None:
        key = (_host_of(source), user)
        self._familiar[key] = None
        self._familiar.move_to_end(key)
        if len(self._familiar) > _MOST_FAMILIAR:
            self._familiar.popitem(last=False)

    def _apply(
        self,
        request: Request,
        user: str,
        orders: Sequence[ContactOrder] | None,
        source: Endpoint,
        now: float,
    ) -> list[SipEvent]:
        """Change the user's bindings as asked; a request without Contact only asks.

        :raises Refusal: nothing was changed.
        """
        if orders is not None and not orders:
            return []
        events = self.handle_timer(now)
        before = self._table.of(user, now)
        after, fresh = merge(before, orders, request, user, source, now, self._settings)
        self._table.put(user, after)
        still_there = {str(each.contact) for each in after}
        why = "replaced" if fresh else "removed"
        events += [_gone(each, why) for each in before if str(each.contact) not in still_there]
        return events + [_there(each, now) for each in fresh]

    def _contact_lines(self, user: str, now: float) -> HeaderLines:
        lines = []
        for each in self._table.of(user, now):
            seconds = max(1, round(each.expires_at - now))
            lines.append(("Contact", f"<{each.contact}>;q={each.q:g};expires={seconds}"))
        return tuple(lines)

    def _respond(
        self, request: Request, status: int, reason: str, headers: HeaderLines = ()
    ) -> Response:
        call_id = request.headers.get("Call-ID") or ""
        tag = self._identifiers.token("registrar", call_id, request.headers.get("From") or "")
        return respond(request, status, reason, to_tag=tag, headers=headers)


def _read(request: Request) -> tuple[str, list[ContactOrder] | None]:
    """Return whom a request is about, and what it asks for.

    :raises ParseError: one of them cannot be read.
    :raises Refusal: it needs what we do not have.
    """
    user, orders = read_user(request), read_contacts(request)
    if request.require:
        unsupported = (("Unsupported", ", ".join(request.require)),)
        raise Refusal(420, "Bad Extension", unsupported)
    return user, orders


def _claimed_user(request: Request) -> str:
    """Return the user of the address of record; nobody, if there is none to be read."""
    try:
        return read_user(request)
    except ParseError:
        return ""


def _host_of(source: Endpoint) -> str:
    """Return what counts as one host: with IPv6, the /64 that any machine may choose from."""
    host = canonical_host(source.host)
    return str(IPv6Network((host, 64), strict=False)) if ":" in host else host


def _where_it_listens(binding: Binding) -> Endpoint | None:
    """Return the address in Contact, if it is on the host that the REGISTER came from."""
    contact = binding.contact
    if canonical_host(contact.host) != canonical_host(binding.source.host):
        return None
    return binding.source._replace(port=contact.port or 5060)


def _there(binding: Binding, now: float) -> SipEvent:
    return Registered(binding.user, str(binding.contact), binding.expires_at - now)


def _gone(binding: Binding, why: str) -> SipEvent:
    return Unregistered(binding.user, str(binding.contact), why)
