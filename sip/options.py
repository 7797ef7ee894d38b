"""OPTIONS of ours, outside any call: is the far end there (RFC 3261 section 11)."""

from __future__ import annotations

from sip.client_transaction import ClientTransaction, Failure
from sip.core import ACCEPTED_BODY, Core
from sip.endpoint import Endpoint
from sip.events import OptionsAnswered
from sip.message import Response
from sip.outgoing import OutgoingRequest
from sip.uri import Uri


def ask_options(core: Core, destination: Endpoint, target: Uri, now: float, token: str) -> None:
    """Send OPTIONS; one `OptionsAnswered` comes of it, within 32 s."""
    local = core.socket_for(destination.transport)
    if local is None:
        core.emit(OptionsAnswered(token, None))
        return

    def on_response(_transaction: ClientTransaction, response: Response, _now: float) -> None:
        if response.status >= 200:
            core.emit(OptionsAnswered(token, response.status))

    def on_failure(_transaction: ClientTransaction, _why: Failure, _now: float) -> None:
        core.emit(OptionsAnswered(token, None))

    make = core.identifiers
    parts = ("OPTIONS", token, str(destination), repr(now))
    request = OutgoingRequest(
        "OPTIONS",
        str(target),
        destination.transport,
        core.sent_by(local),
        make.branch(*parts),
        f"<sip:{core.settings.domain}>;tag={make.token('tag', *parts)}",
        f"<{target}>",
        f"{make.token('call-id', *parts)}@{core.settings.domain}",
        1,
        headers=(("Contact", core.contact(local)), ("Accept", ACCEPTED_BODY)),
    )
    core.ask(request, destination, local, now, on_response, on_failure)
