"""Ends of calls: BYE, and the ACK that must come before it (RFC 3261 section 15)."""

from __future__ import annotations

from typing import Final

from sip.asking import ask, ignore
from sip.calls import Ack, Call
from sip.core import Core
from sip.dialog import Dialog
from sip.events import Ended, Why
from sip.outgoing import HeaderLines

_MAX_ACKS: Final = 16


def bye(core: Core, call: Call, dialog: Dialog, now: float, reason: str | None = None) -> None:
    """Send BYE. Whatever comes back, the call is over."""
    headers: HeaderLines = (("Reason", reason),) if reason else ()
    ask(core, call, dialog, "BYE", now, ignore, headers=headers)


def break_off(core: Core, call: Call, now: float, why: Why, text: str) -> None:
    """End a call that was answered, by BYE, and tell the owner why."""
    if call.is_ended:
        return
    dialog = call.dialog
    core.end(call, Ended(call.leg, why, text), now)
    if dialog is not None:
        bye(core, call, dialog, now)


def acknowledge(
    core: Core, call: Call, dialog: Dialog, cseq: int, now: float, sdp: bytes | None = None
) -> None:
    """Send the ACK for a 2xx, and keep it for the 2xx that come again (13.2.2.4)."""
    destination = dialog.next_hop()
    local = core.local_for(dialog, destination)
    number = str(cseq)
    first = call.invite_cseq if call.attempt is None else call.attempt.cseq
    authorization = call.authorization if cseq == first else None
    request = dialog.request(
        "ACK",
        branch=core.identifiers.branch(call.leg, dialog.remote_tag, "ACK", number),
        sent_by=core.sent_by(local),
        transport=destination.transport,
        cseq=cseq,
        headers=(authorization,) if authorization else (),
        body=sdp or b"",
    )
    data = bytes(request)
    core.wire.send(data, destination, local)
    if len(call.acks) >= _MAX_ACKS:
        del call.acks[next(iter(call.acks))]
    call.acks[dialog.remote_tag, cseq] = Ack(data, destination, local)


def acknowledge_again(core: Core, call: Call, remote_tag: str, cseq: int) -> bool:
    """Send a kept ACK again; say whether there was one."""
    ack = call.acks.get((remote_tag, cseq))
    if ack is not None:
        core.wire.send(ack.data, ack.destination, ack.local)
    return ack is not None
