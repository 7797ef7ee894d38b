"""An open desk as a telephone: what its page and the engine say to each other about it.

The page offers, the engine answers; from then on the page is told how its line is, in words
when it is down. None of it is a press: no rule decides here, and nothing is written in a case.
"""

from collections.abc import Mapping
from typing import Any, Final

from callflows.events import OperatorId
from securityline.telephony.browser import NoBrowserPhone
from securityline.web.context import Context
from securityline.web.frames import encode
from securityline.web.ports import WebServices
from securityline.web.screen import Screen
from securityline.web.sessions import Session
from securityline.web.words import N_, WORDS

LONGEST_OFFER: Final = 16_384
REASONS: Final[Mapping[str, str]] = {
    "silent": N_("Your browser sends no sound. No call rings here until it does."),
    "closed": N_("The browser phone was closed."),
    "unreachable": N_("No sound of your browser reaches the engine: the network blocks it."),
    "fingerprint": N_(
        "Refused: the encryption is not the one your browser announced. Somebody may be"
        " listening in between. Tell your technician."
    ),
    "handshake": N_("Your browser and the engine could not agree on the encryption."),
    "port": N_("The engine has no line free for your browser."),
    "no_port": N_("The engine has no line free for your browser."),
    "restarted": N_("The engine's audio was started again. Your phone connects anew."),
    "gone": N_("The engine's audio was started again. Your phone connects anew."),
    "too_often": N_("Your browser asked for too many lines. It tries again by itself."),
    "replaced": N_("Another page of yours has the phone now."),
    "not_installed": N_("The browser phone is not installed on this engine."),
    "offer": N_("The engine cannot speak with this browser."),
    "auditor": N_("An auditor reads, and changes nothing."),
}
"Why a line is down or was not taken, as its operator is told."
PASSING: Final = frozenset(
    {"silent", "closed", "unreachable", "handshake", "restarted", "gone", "no_port", "port"}
    | {"too_often"}
)
"After these the page tries again by itself."


def is_installed(services: WebServices) -> bool:
    """Whether pages can be telephones here."""
    return services.browser_phones is not None and services.browser_phones.is_installed


class BrowserPhone:
    """One page's side of its line."""

    def __init__(self, context: Context, screen: Screen, session: Session) -> None:
        self._phones = context.services.browser_phones
        self._context = context
        self._screen = screen
        self._operator = OperatorId(session.operator)
        self._is_auditor = session.role == "auditor"
        self._page = self._tell
        "The same value at every call: it is who this page is."

    def obey(self, message: Mapping[str, Any]) -> bool:
        """Do what the page asks about its telephone; `False` if it asks something else."""
        match message.get("act"):
            case "phone_offer":
                self._offer(message.get("sdp"))
            case "phone_resume":
                self._resume(message.get("line"))
            case "phone_off":
                if self._phones is not None:
                    self._phones.disconnect(self._operator, self._page)
            case _:
                return False
        return True

    def leave(self) -> None:
        """Take that the page's socket is gone."""
        if self._phones is not None:
            self._phones.leave(self._operator, self._page)

    def _offer(self, sdp: object) -> None:
        if self._is_auditor:
            self._tell("down", "auditor")
        elif self._phones is None:
            self._tell("down", "not_installed")
        elif not isinstance(sdp, str) or len(sdp) > LONGEST_OFFER:
            self._tell("down", "offer")
        elif not self._context.phone_offers.take(self._operator, self._context.now()):
            self._tell("down", "too_often")
        else:
            try:
                line_id, answer = self._phones.connect(self._operator, sdp, self._page)
            except NoBrowserPhone as refused:
                self._tell("down", refused.why)
            else:
                self._screen.send(encode({"phone": {"line": line_id, "answer": answer}}))

    def _resume(self, line_id: object) -> None:
        is_text = isinstance(line_id, str) and len(line_id) <= 200
        if (
            self._phones is None
            or not is_text
            or not self._phones.resume(self._operator, str(line_id), self._page)
        ):
            self._tell("down", "gone")

    def _tell(self, state: str, why: str) -> None:
        told: dict[str, Any] = {"state": state}
        if why:
            words = WORDS[self._screen.audience.language]
            told |= {"why": why, "words": words(REASONS.get(why, why))}
            told |= {"is_passing": why in PASSING}
        self._screen.send(encode({"phone": told}))
