"""One call of a pretend phone: what was agreed, what was heard, how it ended."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from securityline.simulation.handset_audio import HandsetAudio
from sip.errors import SipError
from sip.offer_answer import (
    Capabilities,
    Negotiated,
    accept_answer,
    answer,
    next_version,
    offer,
)
from sip.sdp import Direction, SessionDescription


class CallState(StrEnum):
    """Where a call is."""

    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(slots=True, eq=False)
class PhoneCall:
    """One call. Read it, and wait for its changes; give orders to the softphone."""

    leg: str
    is_incoming: bool
    other: str
    "The other party as the message showed it: name or number. Proves nothing."
    audio: HandsetAudio
    number: str = ""
    "The number that an incoming call showed; empty: none."
    offered: bytes | None = None
    "Their session description; `None`: ours comes first."
    state: CallState = CallState.RINGING
    ended_by: str = ""
    "Once ended: `bye`, `cancelled`, `refused 486`, `local`, …"
    is_held_by_us: bool = False
    session: Negotiated | None = None
    _ours: SessionDescription | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_on_hold(self) -> bool:
        """Whether the other side does not want to hear us, or we do not want to be heard."""
        return self.state is CallState.TALKING and not self.audio.is_speaking

    @property
    def has_offered(self) -> bool:
        """Whether we have described our side at least once."""
        return self._ours is not None

    async def until(self, state: CallState) -> None:
        """Wait until the call has got there, or has ended."""
        while self.state not in (state, CallState.ENDED):
            self._changed.clear()
            await self._changed.wait()

    def move(self, state: CallState, ended_by: str = "") -> None:
        """Go to a state; the end is final."""
        if self.state is CallState.ENDED:
            return
        self.state, self.ended_by = state, ended_by
        if state is CallState.ENDED:
            self.audio.close()
        self._changed.set()

    def make_offer(self) -> bytes:
        """Describe what we want; the direction says whether we hold the other side."""
        direction: Direction = "sendonly" if self.is_held_by_us else "sendrecv"
        self._ours = offer(
            self._capabilities,
            session_id=self.audio.port,
            version=1,
            direction=direction,
            previous=self._ours,
        )
        return bytes(self._ours)

    def make_answer(self, offered: bytes) -> bytes:
        """Answer their offer, and talk as agreed.

        :raises SipError: it cannot be read, or we cannot take part.
        """
        direction: Direction = "sendonly" if self.is_held_by_us else "sendrecv"
        description, session = answer(
            SessionDescription.parse(offered),
            self._capabilities,
            session_id=self.audio.port,
            version=1,
            direction=direction,
        )
        if self._ours is not None:
            description = next_version(self._ours, description)
        self._ours = description
        self._agree(session)
        return bytes(description)

    def take_answer(self, answered: bytes | None) -> bool:
        """Take their answer to our offer; return whether it makes a conversation."""
        if self._ours is None or answered is None:
            return False
        try:
            session = accept_answer(self._ours, SessionDescription.parse(answered))
        except SipError:
            return False
        self._agree(session)
        return True

    def _agree(self, session: Negotiated) -> None:
        self.session = session
        self.audio.talk(session)

    @property
    def _capabilities(self) -> Capabilities:
        return Capabilities(self.audio.host, self.audio.port)
