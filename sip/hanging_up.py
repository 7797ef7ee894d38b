"""The owner's hang-up, which is right in every state."""

from __future__ import annotations

from sip import uac, uas
from sip.calls import Call, CallState
from sip.core import Core
from sip.ending import acknowledge, bye
from sip.events import Ended
from sip.outgoing import HeaderLines, check_line


def hang_up(core: Core, call: Call, now: float, reason: str | None) -> None:
    """End a call: refuse, cancel, or BYE. The owner hears `Ended(local)` at once.

    A CANCEL waits for the first provisional response, a callee's BYE for the ACK.

    :param reason: value for the Reason header (RFC 3326), e.g. `Q.850;cause=16`.
    :raises ValueError: `reason` is not one line.
    """
    state, dialog = call.state, call.dialog
    if state is CallState.ENDED:
        return
    call.reason = None if reason is None else check_line(reason)
    if state is CallState.RINGING:
        headers: HeaderLines = (("Reason", call.reason),) if call.reason else ()
        uas.refuse(core, call, 480, headers, now)
        return
    call.bye_waits = state is CallState.ANSWERED and call.is_incoming
    ack_number = None if call.our_offer is None else call.our_offer.ack_number
    core.end(call, Ended(call.leg, "local", reason or ""), now)
    if state is CallState.CALLING:
        uac.cancel(core, call, now)
    elif dialog is not None and not call.bye_waits:
        if state is CallState.ANSWERED:
            acknowledge(core, call, dialog, call.invite_cseq, now)
        elif ack_number is not None:
            acknowledge(core, call, dialog, ack_number, now)
        bye(core, call, dialog, now, call.reason)
