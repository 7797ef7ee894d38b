"""Operators' browsers as telephones: their lines, and the calls that ring there.

A page offers a line when its operator chooses so, and keeps it up all shift. To the rest of
this package a browser's dialog is one like a SIP phone's: it rings, is answered, ends, and
says so by the very events of the user agent. Answering needs no word of the page: the press
at the desk hangs up what rings and rings again to be picked up at once.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import structlog

from callflows.events import OperatorId
from securityline.logbook.document import Document
from securityline.telephony.legs import Branch, Leg, LegTable
from sip.errors import SipError
from sip.events import Answered, Ended, Refused, Ringing, SipEvent
from sip.media.client import MediaError
from sip.media.line import LineDown, LineSpec, LineUp
from sip.media.secure_line import new_credentials
from sip.offer_answer import Negotiated
from sip.webrtc import (
    BrowserOffer,
    Fingerprint,
    LineCredentials,
    answer_offer,
    read_offer,
)

BROWSER_LINE: Final = "browser_line"
"Kind of the documents by which a restarted engine knows whose a line is."

Page = Callable[[str, str], None]
"""Tells an open desk how its line is: `up` or `down`, and why. It is also who the page is: the
same value comes with everything that page asks."""

log = structlog.get_logger()


class NoBrowserPhone(Exception):
    """A page's offer cannot be taken; `why` is a word of `securityline.web.browser_phone`."""

    def __init__(
        self, why: Literal["not_installed", "no_port", "offer"], text: str = ""
    ) -> None:
        super().__init__(f"{why}: {text}")
        self.why = why


@dataclass(slots=True)
class BrowserLine:
    """One operator's line."""

    line_id: str
    operator: OperatorId
    port: int
    payload_type: Literal[0, 8]
    dtmf_payload_type: int | None
    is_up: bool = False
    "The media process hears the browser."
    page: Page | None = None
    "The desk in that browser, while its socket is there."

    @property
    def is_station(self) -> bool:
        """Whether a call may ring here: somebody would see it, and could speak."""
        return self.is_up and self.page is not None

    @property
    def agreed(self) -> Negotiated:
        """What the two sides agreed on, in the words of a dialog."""
        return Negotiated(None, self.payload_type, self.dtmf_payload_type, "sendrecv", 20)

    def to_plain(self) -> dict[str, Any]:
        """Describe the line in JSON values."""
        return {
            "operator": self.operator,
            "port": self.port,
            "payload_type": self.payload_type,
            "dtmf_payload_type": self.dtmf_payload_type,
        }


@dataclass(slots=True, kw_only=True)
class BrowserPhones:
    """Every operator's line, and the dialogs that go by one."""

    media: Any
    "The media process (`securityline.telephony.exchange.Media`)."
    legs: LegTable
    address: str
    clock: Callable[[], float]
    later: Callable[[float, Callable[[], None]], object]
    save: Callable[[Document], None]
    sync_media: Callable[[Leg], None]
    take_sip: Callable[[SipEvent], None] = lambda _event: None
    "Where a dialog's events go."
    changed: Callable[[OperatorId, str], None] = lambda _operator, _reason: None
    "Is told that an operator's line came or went."
    _lines: dict[OperatorId, BrowserLine] = field(default_factory=dict)
    _dialogs: dict[str, OperatorId] = field(default_factory=dict)
    "By handle: at whose browser it is."

    # ------------------------------------------------------------ pages

    @property
    def is_installed(self) -> bool:
        """Whether the media process can carry browsers."""
        return bool(self.media.fingerprint)

    def connect(self, operator: OperatorId, sdp: str, page: Page) -> tuple[str, str]:
        """Take a page's offer; return the line's name and the answer.

        An earlier line of the same operator ends; a call that goes by it moves over.

        :raises NoBrowserPhone: it cannot be taken; the earlier line stays.
        """
        if not self.is_installed:
            raise NoBrowserPhone("not_installed")
        try:
            offer = read_offer(sdp.encode("utf-8", "replace"))
        except SipError as error:
            raise NoBrowserPhone("offer", error.reason) from error
        try:
            port = self.media.reserve_port()
        except MediaError as error:
            raise NoBrowserPhone("no_port", str(error)) from error
        line = BrowserLine(
            f"{operator}-{secrets.token_hex(6)}",
            operator,
            port,
            offer.payload_type,
            offer.dtmf_payload_type,
            page=page,
        )
        answer = self._put(line, offer)
        before = self._lines.get(operator)
        self._lines[operator] = line
        self.save(self._document(line))
        self._move_calls(line)
        if before is not None:
            if before.page is not None and before.page is not page:
                before.page("down", "replaced")
            self._end(before)
            self.changed(operator, "his browser phone connects anew")
        return line.line_id, answer

    def _put(self, line: BrowserLine, offer: BrowserOffer) -> str:
        fragment, password = new_credentials()
        algorithm, _, digest = self.media.fingerprint.partition(" ")
        ours = LineCredentials(
            address=self.address,
            port=line.port,
            fragment=fragment,
            password=password,
            fingerprint=Fingerprint.parse(f"{algorithm} {digest}"),
        )
        # The line waits before the page has our answer: its handshake may be quicker.
        self.media.put_line(
            LineSpec(
                line_id=line.line_id,
                port=line.port,
                fragment=fragment,
                password=password,
                hash_algorithm=offer.fingerprint.algorithm,
                fingerprint=offer.fingerprint.digest,
            )
        )
        return answer_offer(offer, ours, secrets.randbits(40)).decode()

    def _move_calls(self, line: BrowserLine) -> None:
        """Let the calls of a page that was loaded again go on by its new line."""
        for handle, operator in self._dialogs.items():
            leg = self.legs.of(handle)
            branch = leg.branches.get(handle) if leg else None
            if operator != line.operator or leg is None or branch is None:
                continue
            branch.line_id = line.line_id
            branch.audio.negotiated = line.agreed
            self.sync_media(leg)

    def resume(self, operator: OperatorId, line_id: str, page: Page) -> bool:
        """Let a page that was away have its line again; `False` when it is gone."""
        line = self._lines.get(operator)
        if line is None or line.line_id != line_id:
            return False
        line.page = page
        self.changed(operator, "his desk is back")
        if line.is_up:
            page("up", "")
        return True

    def leave(self, operator: OperatorId, page: Page) -> None:
        """Take that a page's socket is gone. The line stays: a call may go by it."""
        line = self._lines.get(operator)
        if line is not None and line.page is page:
            line.page = None
            self.changed(operator, "his desk is not connected")

    def disconnect(self, operator: OperatorId, page: Page) -> None:
        """Take that a page does not want to be a telephone any more."""
        line = self._lines.get(operator)
        if line is not None and line.page is page:
            self._forget(line, "he switched his browser phone off")

    # ------------------------------------------------------------ the media process

    def take_media(self, event: object) -> bool:
        """Take one event of a line; `False` if it is none."""
        match event:
            case LineUp(line_id):
                self._line_up(line_id)
            case LineDown(line_id, why, text):
                self._line_down(line_id, why, text)
            case _:
                return False
        return True

    def _line_up(self, line_id: str) -> None:
        if line := self._named(line_id):
            line.is_up = True
            self.changed(line.operator, "his browser phone is up")
            if line.page is not None:
                line.page("up", "")

    def _line_down(self, line_id: str, why: str, text: str) -> None:
        line = self._named(line_id)
        if line is None:
            return
        log.warning("browser phone down", operator=line.operator, why=why, reason=text)
        if line.page is not None:
            line.page("down", why)
        if why == "silent":
            line.is_up = False
            self.changed(line.operator, "his browser sends no audio")
        else:
            self._forget(line, f"his browser phone is gone: {why}")

    def _named(self, line_id: str) -> BrowserLine | None:
        found = (line for line in self._lines.values() if line.line_id == line_id)
        return next(found, None)

    def _forget(self, line: BrowserLine, reason: str) -> None:
        """Let a line go. Its calls keep the silence, and the flows decide what of them."""
        self._lines.pop(line.operator, None)
        self._end(line)
        self.changed(line.operator, reason)

    def _end(self, line: BrowserLine) -> None:
        line.is_up = False
        self.media.drop_line(line.line_id)
        self.media.release_port(line.port)
        self.save(Document(kind=BROWSER_LINE, id=line.line_id, data=None, at=self.clock()))

    # ------------------------------------------------------------ stations

    def station_of(self, operator: OperatorId) -> BrowserLine | None:
        """Return the line at which this operator can be rung now."""
        line = self._lines.get(operator)
        return line if line is not None and line.is_station else None

    def line_of(self, line_id: str) -> BrowserLine | None:
        """Return a line by its name."""
        return self._named(line_id)

    # ------------------------------------------------------------ dialogs

    def invite(self, handle: str, line_id: str, *, is_auto_answered: bool) -> None:
        """Ring at a browser, or be picked up there at once."""
        line = self._named(line_id)
        if line is None or not line.is_station:
            self._soon(Refused(handle, 503, "the browser phone is gone", ""))
            return
        self._dialogs[handle] = line.operator
        self._soon(Ringing(handle, 180, None))
        if is_auto_answered:
            self._soon(Answered(handle, None))

    def hang_up(self, handle: str) -> bool:
        """End a dialog; `False` if it is no browser's."""
        if self._dialogs.pop(handle, None) is None:
            return False
        self._soon(Ended(handle, "local", ""))
        return True

    def _soon(self, event: SipEvent) -> None:
        """Tell it after the present event, as the user agent does."""
        self.later(0, lambda: self.take_sip(event))

    # ------------------------------------------------------------ crash safety

    def _document(self, line: BrowserLine) -> Document:
        return Document(
            kind=BROWSER_LINE, id=line.line_id, data=line.to_plain(), at=self.clock()
        )

    def adopt(self, documents: Sequence[Document], carried: Iterable[str]) -> None:
        """Take over the lines that our predecessor had and the media process still carries."""
        living = set(carried)
        for document in documents:
            if document.data is None:
                continue
            if document.id not in living:
                self.save(
                    Document(kind=BROWSER_LINE, id=document.id, data=None, at=self.clock())
                )
                continue
            line = BrowserLine(line_id=document.id, **document.data)
            line.is_up = True  # its end would be told; that it went on is not
            self._lines[line.operator] = line
        for line_id in living - {line.line_id for line in self._lines.values()}:
            self.media.drop_line(line_id)

    def adopt_dialog(self, branch: Branch) -> bool:
        """Go on with a dialog of our predecessor's; `False` when its line is gone."""
        line = self._named(branch.line_id or "")
        if line is None:
            return False
        self._dialogs[branch.sip_leg] = line.operator
        return True
