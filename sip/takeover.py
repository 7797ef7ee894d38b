"""Taking calls over from a process that died: what to keep, and how to go on.

A snapshot is plain JSON. It is worth committing when a call comes in (so that the next
process can answer it), when it is answered, before the ACK, and after each change of the
session. CSeq numbers used since the last snapshot are jumped over.
"""

from __future__ import annotations

from typing import Any, Final

from sip.calls import Ack, Call, CallState, SessionTerms
from sip.core import Core
from sip.dialog import Dialog
from sip.endpoint import Endpoint
from sip.errors import SipError
from sip.message import Request, Response, parse
from sip.offers import begin_session
from sip.server_transaction import InviteServerTransaction
from sip.settings import Credentials
from sip.their_offers import await_ack
from sip.transaction_layer import server_key
from sip.uac import guard_answer
from sip.uas import tie

_VERSION: Final = 1
_Repeated = tuple[int, bytes, Endpoint]
"CSeq number, octets and destination of a 2xx that waits for its ACK."
_PLAIN: Final = ("leg", "is_incoming", "invite_cseq", "late_answer", "is_session_agreed")


def export(call: Call) -> dict[str, Any]:
    """Return a snapshot of a call.

    :raises LookupError: it has ended, or is an outgoing call that nobody has answered: to
        take that over, send the same INVITE again.
    """
    if call.dialog is None or call.is_ended:
        raise LookupError(f"leg {call.leg!r} is {call.state}: there is no dialog to keep")
    found: dict[str, Any] = {name: getattr(call, name) for name in _PLAIN}
    session = call.session
    request = call.request
    found.update(
        version=_VERSION,
        state=str(call.state),
        dialog=call.dialog.export(),
        local_sdp=_text(call.local_sdp),
        remote_sdp=_text(call.remote_sdp),
        peer_allows=sorted(call.peer_allows),
        session=None if session is None else [session.interval, session.is_ours],
        authorization=None if call.authorization is None else list(call.authorization),
        request=None if request is None else _text(bytes(request)),
        unacknowledged=[
            [number, _text(kept.data), list(kept.destination)]
            for number, kept in call.unacknowledged.items()
        ],
        acks=[
            [tag, number, _text(ack.data), list(ack.destination), list(ack.local)]
            for (tag, number), ack in call.acks.items()
        ],
    )
    return found


def adopt(
    core: Core, found: dict[str, Any], credentials: Credentials | None, now: float
) -> None:
    """Go on with a call from its snapshot. A leg that is here already is left alone.

    :raises ValueError: it is not a snapshot, or one of another version.
    """
    try:
        if found["version"] != _VERSION:
            raise ValueError(f"version {found['version']!r}")
        call, invite, repeating = _read(found)
    except (KeyError, TypeError, IndexError, ValueError, SipError) as error:
        raise ValueError(f"not a snapshot of a call: {error!r}") from error
    if core.calls.by_leg(call.leg) is None:
        call.credentials = credentials
        _go_on(core, call, invite, repeating, now)


def _read(found: dict[str, Any]) -> tuple[Call, Request | None, list[_Repeated]]:
    """Return the call, the INVITE it still has to answer, and the 2xx to repeat."""
    dialog = Dialog.adopt(found["dialog"])
    call = Call(
        found["leg"],
        dialog.call_id,
        dialog.local_tag,
        is_incoming=found["is_incoming"],
        state=CallState(found["state"]),
        peer=dialog.peer,
        local=dialog.local,
    )
    call.dialog = dialog
    for name in _PLAIN[2:]:
        setattr(call, name, found[name])
    call.local_sdp = _octets(found["local_sdp"])
    call.remote_sdp = _octets(found["remote_sdp"])
    call.peer_allows = frozenset(found["peer_allows"])
    if found["session"] is not None:
        call.session = SessionTerms(*found["session"])
    if found["authorization"] is not None:
        call.authorization = (found["authorization"][0], found["authorization"][1])
    for tag, number, data, destination, local in found["acks"]:
        ends = Endpoint(*destination), Endpoint(*local)
        call.acks[tag, number] = Ack(_octets(data) or b"", *ends)
    repeating = [
        (number, _octets(data) or b"", Endpoint(*destination))
        for number, data, destination in found["unacknowledged"]
    ]
    invite = None if found["request"] is None else parse(_octets(found["request"]) or b"")
    if isinstance(invite, Response):
        raise ValueError("a response where the INVITE should be")
    return call, invite, repeating


def _go_on(
    core: Core, call: Call, invite: Request | None, repeating: list[_Repeated], now: float
) -> None:
    dialog = call.dialog
    assert dialog is not None  # noqa: S101  # just read
    for number, data, destination in repeating:
        core.wire.send(data, destination, dialog.local)
        await_ack(core, call, dialog, destination, number, data, now)
    if invite is not None:
        _take_back(core, call, dialog, invite, now)
    core.calls.add(call)
    core.calls.move(call, dialog.source)
    if call.state is CallState.UP:
        begin_session(core, call, now)
    elif call.state is CallState.ANSWERED and not call.is_incoming:
        guard_answer(core, call, now)


def _take_back(core: Core, call: Call, dialog: Dialog, invite: Request, now: float) -> None:
    """Make the INVITE's transaction again, so that repetitions of it are no new call."""
    key = server_key(invite)
    if core.transactions.find_server(key) is not None:
        return
    merge_key = (call.call_id, dialog.remote_tag, invite.cseq.number, "INVITE")
    reply_to = core.reply_address(invite, dialog.source)
    transaction = core.transactions.answer(
        key, merge_key, dialog.source, reply_to, dialog.local, now
    )
    assert isinstance(transaction, InviteServerTransaction)  # noqa: S101
    call.request, call.server = invite, transaction
    tie(core, call, transaction)
    # Nobody knows which RSeq numbers were used: the rest of the ringing is not reliable,
    # and no answer waits for a PRACK that will never come.
    call.provisional = None
    if call.awaits_ack:
        transaction.accepted_elsewhere(now)


def _text(octets: bytes | None) -> str | None:
    """Write octets as text that JSON can hold; Latin-1 loses none."""
    return None if octets is None else octets.decode("latin-1")


def _octets(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")
