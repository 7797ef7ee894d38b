"""What the two directions share: the user agent, the media, the legs, the way to the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from callflows.events import Event, LegId
from client_directory.call_plan import CALLS_AN_HOUR
from client_directory.directory import DirectoryHolder
from securityline.logbook.document import Document
from securityline.telephony.audio import AudioSession
from securityline.telephony.browser import BrowserLine, BrowserPhones
from securityline.telephony.legs import Branch, Leg, LegTable
from sip.endpoint import Endpoint
from sip.media.line import LineSpec
from sip.media.protocol import LegSpec, Silence, Source
from sip.registrar import Registrar
from sip.settings import Credentials
from sip.trunk import TrunkGroup
from sip.user_agent import UserAgent

log = structlog.get_logger()

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'
"Reason (RFC 3326) that keeps a phone from showing a missed call somebody else took."
MOST_PARTED = 1_000
"Legs that ended and are remembered until they are measured: seconds' worth."
LEG = "leg"
"Kind of the documents that let a leg be taken over after a crash."


class Media(Protocol):
    """The media process, as telephony sees it (`sip.media.client.MediaClient`)."""

    def reserve_port(self) -> int:
        """Take an RTP port that is already bound."""

    def release_port(self, port: int) -> None:
        """Give one back."""

    def put_leg(self, spec: LegSpec) -> None:
        """Say what a leg is; saying it twice changes nothing."""

    def drop_leg(self, leg_id: str) -> None:
        """Forget a leg."""

    @property
    def fingerprint(self) -> str:
        """Of its certificate towards browsers; empty when it takes none."""

    def put_line(self, spec: LineSpec) -> None:
        """Wait for a browser."""

    def drop_line(self, line_id: str) -> None:
        """End a browser's line."""

    def send_digits(self, leg_id: str, digits: str) -> None:
        """Press keys towards a leg's far end."""

    def put_recording(self, spec: Any) -> None:
        """Record a call from now on."""

    def end_recording(self, recording_id: str) -> None:
        """Close a recording."""


class Teller(Protocol):
    """The engine's door (`securityline.engine.Engine.handle`)."""

    def __call__(
        self,
        event: Event,
        documents: Sequence[Document] = (),
        then: Callable[[], None] | None = None,
        *,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        """Run one event."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """Shared wiring of arrivals and orders."""

    ua: UserAgent
    media: Media
    registrar: Registrar
    trunks: TrunkGroup
    directory: DirectoryHolder
    clock: Callable[[], float]
    tell: Teller
    pump: Callable[[], None]
    "Sends what the user agent has to send, soon."
    save: Callable[..., None]
    """Writes a document without a line, soon; then, should there be something to do that has
    waited for it, does that: `save(document, then, when_safe)`. `then` does not wait for a disk
    that is silent, `when_safe` does."""
    later: Callable[[float, Callable[[], None]], object]
    "Calls a function in so many seconds."
    domain: str
    "Host of our own addresses."
    media_address: str
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    "What a carrier that challenges our calls gets, by trunk."
    default_country: str = "BE"
    "Where a number is dialled from when no client's number says so."
    is_emergency_live: bool = False
    "`live_emergency_calls`: False, and no emergency service's number is ever dialled."
    tree_calls_an_hour: int = CALLS_AN_HOUR
    "Most calls of call trees for one client in an hour."
    legs: LegTable = field(default_factory=LegTable)
    awaits_pin: Callable[[LegId], bool] = lambda _leg_id: False
    "Whether the rules wait for a PIN from a leg, also before its collecting was ordered."
    is_keyholder_called: Callable[[str | None, str | None], bool] = lambda _client, _number: (
        False
    )
    "Whether a running call tree of a client called the person who has a number, E.164."
    note: Callable[..., None] = lambda _what, _data, _incident_id="": None
    "Writes a line into the logbook that no flow takes part in."
    parted: dict[LegId, Leg] = field(default_factory=dict)
    "Legs that ended and whose figures the media process has not told yet."
    takes_key: Callable[[Leg, str], bool] = lambda _leg, _digit: False
    "Is given every key first, and says whether it was part of a secret."
    leg_ends: Callable[[Leg], None] = lambda _leg: None
    "Is told of every leg just before it is forgotten: what was keyed may be a whole PIN."
    browsers: BrowserPhones = field(init=False)

    def __post_init__(self) -> None:
        self.browsers = BrowserPhones(
            media=self.media,
            legs=self.legs,
            address=self.media_address,
            clock=self.clock,
            later=self.later,
            save=self.save,
            sync_media=self.sync_media,
        )

    # ------------------------------------------------------------ audio

    def new_branch(self, leg: Leg, sip_leg: str, signalling_host: str) -> Branch:
        """Give a leg a dialog with an RTP port and a session.

        :raises MediaError: every port is in use; the caller of this decides what then.
        """
        audio = AudioSession.new(self.media_address, self.media.reserve_port())
        branch = Branch(sip_leg, audio, signalling_host)
        self.legs.add_branch(leg, branch)
        return branch

    def new_browser_branch(self, leg: Leg, handle: str, line: BrowserLine) -> Branch:
        """Give a leg a dialog that goes by a browser's line."""
        audio = AudioSession.new(self.media_address, 0)
        audio.negotiated = line.agreed
        branch = Branch(handle, audio, "", line_id=line.line_id)
        self.legs.add_branch(leg, branch)
        return branch

    def hang_up(self, sip_leg: str, reason: str | None = None) -> None:
        """End a dialog in whatever state, at a phone or at a browser."""
        if not self.browsers.hang_up(sip_leg):
            self.ua.hang_up(sip_leg, self.clock(), reason)

    def close_branch(self, leg: Leg, sip_leg: str) -> None:
        """Forget a dialog and give its port back."""
        branch = self.legs.drop_branch(leg, sip_leg)
        if branch is None:
            return
        if branch.is_answered:
            self._part(leg)
        if branch.line_id is None:
            self.media.release_port(branch.audio.port)

    def close_leg(self, leg: Leg) -> None:
        """Forget a leg with everything that hangs on it."""
        self.leg_ends(leg)
        for sip_leg in tuple(leg.branches):
            self.close_branch(leg, sip_leg)
        self.media.drop_leg(leg.leg_id)
        self.legs.drop(leg)
        for other in self.legs.hearing(leg.leg_id):
            self.let_hear(other, Silence())

    def _part(self, leg: Leg) -> None:
        """Have a leg's audio end; whose it was is remembered for its figures, which follow."""
        self.media.drop_leg(leg.leg_id)
        self.parted[leg.leg_id] = leg
        if len(self.parted) > MOST_PARTED:  # a media process that died tells nothing more
            del self.parted[next(iter(self.parted))]

    def let_hear(self, leg: Leg, source: Source) -> None:
        """Choose what a leg hears from now on."""
        leg.hears = source
        self.sync_media(leg)

    def sync_media(self, leg: Leg) -> None:
        """Tell the media process what this leg is now, if it has audio at all."""
        branch = leg.talking
        if branch is None or branch.audio.negotiated is None or not branch.is_answered:
            return
        agreed = branch.audio.negotiated
        self.media.put_leg(
            LegSpec(
                leg_id=leg.leg_id,
                call_id=leg.call_id,
                port=branch.audio.port,
                remote=agreed.remote,
                also_from=(branch.signalling_host,) if branch.signalling_host else (),
                line_id=branch.line_id,
                payload_type=0 if agreed.payload_type == 0 else 8,
                dtmf_payload_type=agreed.dtmf_payload_type,
                can_send=agreed.direction in ("sendrecv", "sendonly"),
                can_receive=agreed.direction in ("sendrecv", "recvonly") and not leg.is_muted,
                source=leg.hears,
                is_screened=leg.order.get("is_screened", False),
                is_covert=leg.is_covert,
                hears_keys_in_band=leg.is_covert or leg.order.get("hears_keys_in_band", False),
            )
        )

    # ------------------------------------------------------------ crash safety

    def leg_document(self, leg: Leg) -> Document:
        """Describe a leg so that a restarted engine can take it over."""
        data: dict[str, Any] = {
            "leg_id": leg.leg_id,
            "call_id": leg.call_id,
            "incident_id": leg.incident_id,
            "role": leg.role,
            "is_up": leg.is_up,
            "is_ringing": leg.is_ringing,
            "order": leg.order,
            "branches": [
                {
                    "sip_leg": branch.sip_leg,
                    "is_answered": branch.is_answered,
                    "signalling_host": branch.signalling_host,
                    "line_id": branch.line_id,
                    "audio": branch.audio.to_plain(),
                    "dialog": self._dialog(branch.sip_leg),
                }
                for branch in leg.branches.values()
            ],
        }
        return Document(kind=LEG, id=leg.leg_id, data=data, at=self.clock())

    def _dialog(self, sip_leg: str) -> dict[str, Any] | None:
        try:
            return self.ua.export(sip_leg)
        except LookupError:
            return None  # not answered yet: the same INVITE again takes it over

    def no_leg_document(self, leg_id: LegId) -> Document:
        """Say that a leg needs no take-over any more."""
        return Document(kind=LEG, id=leg_id, data=None, at=self.clock())

    def save_leg(
        self,
        leg: Leg,
        then: Callable[[], None] | None = None,
        when_safe: Callable[[], None] | None = None,
    ) -> None:
        """Write how a leg is now, soon.

        :param then: called once that is durable, or the disk is silent.
        :param when_safe: called once that is durable, and not before.
        """
        self.save(self.leg_document(leg), then, when_safe)


def uri_host(endpoint: Endpoint) -> str:
    """Write an endpoint as the host part of a SIP URI."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"{host}:{endpoint.port}"
