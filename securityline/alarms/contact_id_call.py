"""A panel that calls on the telephone and speaks Contact ID (SIA DC-05): the receiver. Pure.

Sans-IO: `heard(key, now)` and `handle_timer(now)` go in, `next_event()` comes out; times in
seconds. Audio is played and keys are recognised by somebody else.

We wait, play the handshake, and the panel sends its sixteen keys. A message that is right is
given out; when it is *stored* we play the kiss-off, which the panel takes as its receipt.
Without a kiss-off it sends the same again, four times in all. A caller who is silent, or
presses keys that are no message, is a human: within five seconds he gets an operator.
"""

import hashlib
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal

from securityline.alarms.contact_id import DIGITS, ContactIdEvent, decode
from securityline.alarms.signal import Signal
from sip.media.tones import KISS_OFF_PAUSE, KISS_OFF_TIME

HANDSHAKE_AFTER: Final = 1.0
"Of silence once we have answered; the standard wants 0.5 to 2 s."
HANDSHAKE_AGAIN: Final = 2.0
"After a handshake that nobody followed: a panel may have missed it while it went off hook."
RECOGNISED_WITHIN: Final = 5.0
"From our answer to the first key; then he is a human, and silent."
NEXT_KEY_WITHIN: Final = 0.3
"A panel presses one in 0.1 to 0.12 s; the rest is for what the network does to it."
STORED_WITHIN: Final = 1.25
"A panel waits that long for its kiss-off, then sends again."
AGAIN_WITHIN: Final = 2.5
"After a message that was garbled, or not stored in time: a panel repeats it after 1.25 s."
NEXT_MESSAGE_WITHIN: Final = 5.0
"After a kiss-off."
MOST_ATTEMPTS: Final = 4
"Of one message; then a panel gives up, and so do we."
KISS_OFF_AFTER: Final = KISS_OFF_PAUSE
"Silence before the kiss-off, for the panel to listen."
KISS_OFF_HEARD: Final = 0.4
"Of the kiss-off's tone are enough for a panel."
LISTEN_WITHIN: Final = 1.5
"After the kiss-off of a panel that lets us listen in; who missed it says it again before."
LISTEN_IN: Final = "606"
"Contact ID: listening-in follows; the panel holds the line and opens its microphone."


@dataclass(frozen=True, slots=True)
class PlayTone:
    """Play what a panel waits for, once; by its name among `sip.media.tones`."""

    name: Literal["contact_id_handshake", "contact_id_kissoff"]


HANDSHAKE: Final = PlayTone("contact_id_handshake")
KISS_OFF: Final = PlayTone("contact_id_kissoff")


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """A message came, and its checksum is right. Store it, then call `stored`."""

    event: ContactIdEvent
    keys: str
    "The sixteen keys."


class Reason(Enum):
    """Why a caller is handed to an operator."""

    SILENT = auto()
    "No key within `RECOGNISED_WITHIN`."
    NOT_A_PANEL = auto()
    "Keys, but never sixteen in a row: somebody presses them by hand."
    GARBLED = auto()
    "A panel by all appearance, and no message of it could be read."
    NOT_STORED = auto()
    "Messages came and could not be stored."
    LISTEN_IN = auto()
    "All is stored, and the panel lets us hear what happens there."


@dataclass(frozen=True, slots=True)
class HandToOperator:
    """Connect the caller to an operator at once; nothing more comes from here."""

    reason: Reason
    keys: str
    "All that was heard and not dealt with, for the operator and the log; `/` between."


@dataclass(frozen=True, slots=True)
class HangUp:
    """The panel has said all it had to say."""


Event = PlayTone | MessageHeard | HandToOperator | HangUp


class _State(Enum):
    WAITING = auto()
    "Answered; the handshake is not played yet."
    INVITING = auto()
    "The handshake was played; no key yet."
    HEARING = auto()
    "Some keys of a message are here."
    STORING = auto()
    "A message is given out, not stored yet."
    BETWEEN = auto()
    "Another message, or the same again, may follow."
    OVER = auto()


class ContactIdCall:
    """One answered call.

    :param now: seconds, on any clock that never runs backwards; the moment of our answer.
    """

    def __init__(self, now: float) -> None:
        self._answered_at = now
        self._state = _State.WAITING
        self._deadline: float | None = now + HANDSHAKE_AFTER
        self._keys = ""
        self._storing = ""
        self._failed: list[str] = []  # not understood, since the last message that was
        self._unstored = 0  # times the message now given out was heard
        self._has_stored = False
        self._lets_listen = False
        self._events: deque[Event] = deque()

    @property
    def is_panel(self) -> bool:
        """Whether a whole message has come: no human does that."""
        return self._has_stored or bool(self._storing)

    @property
    def is_over(self) -> bool:
        """Whether the call was handed on, or may be hung up."""
        return self._state is _State.OVER

    @property
    def unread(self) -> str:
        """All that was heard and not dealt with; `/` between."""
        unstored = [self._storing] if self._unstored else []
        return "/".join([*unstored, *self._failed, *([self._keys] if self._keys else [])])

    def next_event(self) -> Event | None:
        """Return what to do next, or `None`."""
        return self._events.popleft() if self._events else None

    def next_timer(self) -> float | None:
        """Return when to call :meth:`handle_timer`."""
        return self._deadline

    def heard(self, key: str, now: float) -> None:
        """Take a key: one of `0123456789*#ABCD`. Anything else is a misheard key."""
        self.handle_timer(now)
        if self._state is _State.OVER:
            return
        self._keys += key if len(key) == 1 and key in "0123456789*#ABCD" else "?"
        self._state = _State.HEARING
        self._deadline = now + NEXT_KEY_WITHIN
        if len(self._keys) == DIGITS:
            self._whole(now)

    def stored(self, now: float) -> None:
        """Note that the message given out last is durable: the panel gets its receipt.

        Without effect if none waits for it; a panel that has begun again meanwhile gets its
        receipt for the repeat.
        """
        if not self._storing or self._state is _State.OVER:
            return
        self._has_stored, self._unstored = True, 0
        if self._state is _State.STORING:
            self._kiss_off(now)

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        if self._deadline is None or now < self._deadline:
            return
        match self._state:
            case _State.WAITING:
                self._invite(now)
            case _State.INVITING:
                self._not_followed(now)
            case _State.HEARING:
                self._broken_off(now)
            case _State.STORING:
                self._wait_for_more(now, AGAIN_WITHIN)
            case _State.BETWEEN:
                self._end()
            case _State.OVER:
                self._deadline = None

    def _invite(self, now: float) -> None:
        self._events.append(HANDSHAKE)
        self._state = _State.INVITING
        self._deadline = min(now + HANDSHAKE_AGAIN, self._answered_at + RECOGNISED_WITHIN)

    def _not_followed(self, now: float) -> None:
        if now >= self._answered_at + RECOGNISED_WITHIN:
            self._hand_over(Reason.SILENT)
        else:
            self._invite(now)

    def _whole(self, now: float) -> None:
        keys, self._keys = self._keys, ""
        event = decode(keys)
        if event is None:
            self._misunderstood(keys, now)
            return
        if self._storing == keys and self._has_stored:
            self._kiss_off(now)  # it missed our receipt, or stored came while it repeated
            return
        self._unstored = self._unstored + 1 if self._storing == keys else 1
        self._storing, self._has_stored = keys, False
        self._failed.clear()
        self._lets_listen |= event.code == LISTEN_IN and event.qualifier == "event"
        self._state = _State.STORING
        self._deadline = now + STORED_WITHIN
        self._events.append(MessageHeard(event, keys))

    def _broken_off(self, now: float) -> None:
        keys, self._keys = self._keys, ""
        self._misunderstood(keys, now)

    def _misunderstood(self, keys: str, now: float) -> None:
        self._failed.append(keys)
        if len(self._failed) >= MOST_ATTEMPTS:
            self._hand_over(Reason.GARBLED if self._looks_like_panel() else Reason.NOT_A_PANEL)
        else:
            self._wait_for_more(now, AGAIN_WITHIN)

    def _kiss_off(self, now: float) -> None:
        self._events.append(KISS_OFF)
        patience = LISTEN_WITHIN if self._lets_listen else NEXT_MESSAGE_WITHIN
        self._wait_for_more(now + KISS_OFF_PAUSE + KISS_OFF_TIME, patience)

    def _wait_for_more(self, now: float, patience: float) -> None:
        """Give a panel time to go on; a human who pressed some keys no longer than before."""
        self._state = _State.BETWEEN
        self._deadline = now + patience
        if not self.is_panel and not self._looks_like_panel():
            self._deadline = max(now, self._answered_at + RECOGNISED_WITHIN)

    def _end(self) -> None:
        if self._failed:
            is_panel = self.is_panel or self._looks_like_panel()
            self._hand_over(Reason.GARBLED if is_panel else Reason.NOT_A_PANEL)
        elif self._unstored:
            self._hand_over(Reason.NOT_STORED)
        elif self._lets_listen:
            self._hand_over(Reason.LISTEN_IN)
        else:
            self._events.append(HangUp())
            self._over()

    def _hand_over(self, reason: Reason) -> None:
        self._events.append(HandToOperator(reason, self.unread))
        self._over()

    def _over(self) -> None:
        self._state = _State.OVER
        self._deadline = None

    def _looks_like_panel(self) -> bool:
        """Say whether keys came in a row as long as only a machine presses them."""
        return any(len(keys) > DIGITS // 2 for keys in self._failed)


def signal_of(heard: MessageHeard, call_id: str, caller: str = "") -> Signal:
    """Return a message as a signal; a repeat within the call has the same `source_id`.

    :param call_id: unique for the call.
    :param caller: number the panel called from; empty if withheld.
    """
    event = heard.event
    digest = hashlib.sha256(f"{call_id}\n{heard.keys}".encode()).hexdigest()
    return Signal(
        "contact_id_call",
        digest[:32],
        event.account,
        event.code,
        "contact_id",
        event.qualifier,
        zone=event.zone,
        area=event.area,
        user=event.user,
        path="telephone",
        extra={"caller": caller} if caller else {},
    )
