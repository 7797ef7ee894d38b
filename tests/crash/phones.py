"""Any number of keyholders' telephones behind one carrier, and their own notes.

SIP is cut out of text, not made by the product's stack: what judges the engine must not share
its mistakes. A telephone is a strict server of RFC 3261: a repeated INVITE gets the same
answer while its transaction lives, and rings a second time once that is over.
"""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.crash.sip_text import reply, value

Address = tuple[str, int]
T1: Final = 0.5
T2: Final = 4.0
T4: Final = 5.0
"Timers of RFC 3261 section 17, seconds; after an ACK a refusal is remembered for T4."
GIVE_UP_TIME: Final = 64 * T1
KEY_TIME: Final = 0.1
"Seconds from being able to press a key until it is pressed."
Moment = Literal[
    "INVITE", "200 sent", "ACK", "key sent", "key heard", "refusal sent",
    "refusal acknowledged", "CANCEL", "BYE", "hung up",
]  # fmt: skip
"What a telephone can tell of the boundary between two steps."
MOMENTS: Final[tuple[Moment, ...]] = Moment.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What somebody does when his telephone rings."""

    picks_up: float | None = 0.05
    "After how many seconds of ringing; `None`: never."
    status: int = 200
    "What his telephone answers then: 200, or 486 busy, 603 refused."
    key: str = ""
    "What he presses when he can be spoken to, one after the other, and again when asked again."
    hangs_up: float | None = None
    "Seconds after his key was heard, or after he picked up if he presses none."


@dataclass(slots=True, kw_only=True)
class Call:
    """One INVITE as a telephone knows it."""

    number: str
    call_id: str
    invite: str
    source: Address
    tag: str
    state: Literal["ringing", "answered", "up", "refused", "over"] = "ringing"
    final: str = ""
    invite_cseq: int = 1
    cseq: int = 100
    rung_at: list[float] = field(default_factory=list)
    "When the telephone began to ring; twice is once too often."
    acknowledged_at: float | None = None
    keys_heard: int = 0
    keys_left: str = ""
    pressed_at: float = 0.0
    "When he pressed his last key, `time.monotonic`."
    over_at: float = 0.0
    is_cancelled: bool = False
    waiting: dict[str, asyncio.TimerHandle] = field(default_factory=dict)


class Phones:
    """All telephones on one socket, which is the carrier's.

    :param habit_of: what somebody does, by his number.
    :param on_moment: told of each boundary the moment it passes.
    """

    def __init__(
        self,
        port: int,
        habit_of: Callable[[str], Habit],
        on_moment: Callable[[Moment, Call], None] = lambda _moment, _call: None,
    ) -> None:
        self.habit_of = habit_of
        self.on_moment = on_moment
        self.calls: dict[str, Call] = {}
        self._waiting_since: dict[str, float] = {}
        self.silences: list[float] = []
        "Seconds from a kill until the next engine took up a call, of each call that was up."
        self._loop = asyncio.get_running_loop()
        self._port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        """Switch all of them off; twice does no harm."""
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket)
        for call in self.calls.values():
            for timer in call.waiting.values():
                timer.cancel()
        self._socket.close()

    def rings_at(self, number: str) -> int:
        """Count how often a telephone began to ring."""
        return sum(len(c.rung_at) for c in self.calls.values() if c.number == number)

    def told_of(self, number: str) -> str:
        """Say when a telephone rang, and how each call stands; seconds."""
        calls = [call for call in self.calls.values() if call.number == number]
        first = min((at for call in calls for at in call.rung_at), default=0.0)
        return "; ".join(
            f"{call.call_id} {call.state}, rang at"
            f" {', '.join(f'{at - first:.1f}' for at in call.rung_at)},"
            f" acknowledged at {call.acknowledged_at}, over at {call.over_at}"
            for call in calls
        )

    def engine_died(self, at: float) -> None:
        """Wait, for each call that goes on, until the next engine takes it up."""
        for call_id, call in self.calls.items():
            if call.state in ("ringing", "answered", "up"):
                self._waiting_since.setdefault(call_id, at)

    @property
    def left_alone(self) -> list[Call]:
        """Calls that go on at their end and that no engine has taken up."""
        calls = [self.calls[call_id] for call_id in self._waiting_since]
        return [call for call in calls if call.state in ("ringing", "answered", "up")]

    # ------------------------------------------------------------ wire

    def _read(self) -> None:
        for _ in range(64):
            try:
                data, source = self._socket.recvfrom(65535)
            except OSError:
                return
            text = data.decode()
            if since := self._waiting_since.pop(value(text, "Call-ID"), None):
                self.silences.append(time.monotonic() - since)
            if text.startswith("SIP/2.0 "):
                self._response(text)
            else:
                self._request(text, source)

    def _send(self, text: str, destination: Address) -> None:
        self._socket.sendto(text.encode(), destination)

    def _request(self, text: str, source: Address) -> None:
        method = text.partition(" ")[0]
        call = self.calls.get(value(text, "Call-ID"))
        if method == "INVITE" and ";tag=" not in value(text, "To"):
            self._invite(text, source, call)
        elif method == "ACK":
            if call is not None:
                self._ack(text, call)
        elif method == "OPTIONS":
            self._send(self._reply(text, "200 OK", "o"), source)
        elif call is None or (call.state == "over" and method != "CANCEL"):
            self._send(self._reply(text, "481 Call/Transaction Does Not Exist", "n"), source)
        else:
            self._send(self._reply(text, "200 OK", call.tag, self._sdp(method)), source)
            if method == "CANCEL":
                self._cancel(call)
            elif method == "BYE":
                self._over(call)
                self.on_moment("BYE", call)
            elif method == "INVITE":
                self._asked_again(call)

    def _reply(self, request: str, status: str, tag: str, body: str = "") -> str:
        return reply(request, status, tag, self._port, body)

    def _sdp(self, method: str) -> str:
        if method != "INVITE":
            return ""
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            "m=audio 9 RTP/AVP 8\r\na=sendrecv\r\n"
        )

    # ------------------------------------------------------------ ringing

    def _invite(self, text: str, source: Address, call: Call | None) -> None:
        now = self._loop.time()
        if call is None:
            number = re.search(r"sip:([^@;]+)@", text)
            assert number is not None
            call_id = value(text, "Call-ID")
            call = Call(
                number=number[1], call_id=call_id, invite=text, source=source,
                tag=f"k{len(self.calls)}",
                invite_cseq=int(value(text, "CSeq").partition(" ")[0]),
            )  # fmt: skip
            self.calls[call_id] = call
        elif call.state in ("ringing", "answered"):
            self._send(call.final or self._reply(text, "180 Ringing", call.tag), source)
            return
        elif call.state == "refused":
            if call.acknowledged_at is None:
                self._send(call.final, source)
                return
            if now < call.acknowledged_at + T4:
                return  # the transaction is confirmed: it absorbs what still comes
        elif call.state == "up":
            return  # as baresip: its 200 was acknowledged, it says nothing more to this
        elif call.acknowledged_at is None or now < call.acknowledged_at + GIVE_UP_TIME:
            return
        call.state, call.final, call.acknowledged_at = "ringing", "", None
        call.rung_at.append(time.monotonic())
        self._send(self._reply(text, "180 Ringing", call.tag), source)
        self.on_moment("INVITE", call)
        habit = self.habit_of(call.number)
        if habit.picks_up is not None:
            self._later(call, "picks up", habit.picks_up, lambda: self._pick_up(call))

    def _pick_up(self, call: Call) -> None:
        status = self.habit_of(call.number).status
        if status == 200:
            call.state = "answered"
            call.final = self._reply(call.invite, "200 OK", call.tag, self._sdp("INVITE"))
        else:
            call.state = "refused"
            call.final = self._reply(call.invite, f"{status} No", call.tag)
        self._repeat(call, "final", call.final, T1)
        self.on_moment("200 sent" if status == 200 else "refusal sent", call)

    def _cancel(self, call: Call) -> None:
        call.is_cancelled = True
        if call.state == "ringing":
            self._stop(call, "picks up")
            call.state = "refused"
            call.final = self._reply(call.invite, "487 Request Terminated", call.tag)
            self._repeat(call, "final", call.final, T1)
        self.on_moment("CANCEL", call)

    def _ack(self, text: str, call: Call) -> None:
        if call.state == "refused" and call.acknowledged_at is None:
            self._stop(call, "final")
            call.acknowledged_at = self._loop.time()
            self.on_moment("refusal acknowledged", call)
        elif call.state == "answered":
            self._stop(call, "final")
            call.state, call.acknowledged_at = "up", self._loop.time()
            self.on_moment("ACK", call)
            self._listen(call)

    # ------------------------------------------------------------ talking

    def _listen(self, call: Call) -> None:
        habit = self.habit_of(call.number)
        if habit.key:
            call.keys_left = habit.key
            self._later(call, "key", KEY_TIME, lambda: self._press(call))
        elif habit.hangs_up is not None:
            self._later(call, "leaves", habit.hangs_up, lambda: self.hang_up(call))

    def _asked_again(self, call: Call) -> None:
        """Press again: a new engine says again what he was hearing."""
        if call.state == "up" and "leaves" not in call.waiting:
            self._listen(call)

    def _press(self, call: Call) -> None:
        if call.state == "up" and call.keys_left:
            key, call.keys_left = call.keys_left[0], call.keys_left[1:]
            call.pressed_at = time.monotonic()
            body = f"Signal={key}\r\nDuration=160\r\n"
            self._repeat(call, "INFO", self._in_dialog(call, "INFO", body), T1, most=T2)
            self.on_moment("key sent", call)

    def hang_up(self, call: Call) -> None:
        """Let him put the receiver down."""
        if call.state == "up":
            self._over(call)
            self._repeat(call, "BYE", self._in_dialog(call, "BYE"), T1, most=T2)
            self.on_moment("hung up", call)

    def _response(self, text: str) -> None:
        number, method = value(text, "CSeq").split()
        call = self.calls.get(value(text, "Call-ID"))
        if call is None or int(number) != call.cseq:
            return
        self._stop(call, method)
        if method == "INFO":
            call.keys_heard += 1
            self.on_moment("key heard", call)
            if call.keys_left:
                self._later(call, "key", KEY_TIME, lambda: self._press(call))
                return
            leaves = self.habit_of(call.number).hangs_up
            if leaves is not None:
                self._later(call, "leaves", leaves, lambda: self.hang_up(call))

    def _over(self, call: Call) -> None:
        for name in tuple(call.waiting):
            self._stop(call, name)
        call.state, call.over_at = "over", time.monotonic()
        self._waiting_since.pop(call.call_id, None)

    def _in_dialog(self, call: Call, method: str, body: str = "") -> str:
        call.cseq += 1
        contact = re.search(r"<([^>]+)>", value(call.invite, "Contact"))
        assert contact is not None
        kind = "Content-Type: application/dtmf-relay\r\n" if body else ""
        own = value(call.invite, "To")
        return (
            f"{method} {contact[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};rport;"
            f"branch=z9hG4bK{call.tag}x{call.cseq}\r\n"
            f"Max-Forwards: 70\r\nFrom: {own};tag={call.tag}\r\n"
            f"To: {value(call.invite, 'From')}\r\nCall-ID: {call.call_id}\r\n"
            f"CSeq: {call.cseq} {method}\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    # ------------------------------------------------------------ time

    def _later(self, call: Call, name: str, delay: float, do: Callable[[], None]) -> None:
        self._stop(call, name)

        def due() -> None:
            call.waiting.pop(name, None)
            do()

        call.waiting[name] = self._loop.call_later(delay, due)

    def _repeat(self, call: Call, name: str, text: str, pause: float, most: float = T2) -> None:
        """Send, and send again until it is answered."""
        begin = self._loop.time()

        def again(pause: float) -> None:
            self._send(text, call.source)
            if self._loop.time() < begin + GIVE_UP_TIME:
                self._later(call, name, pause, lambda: again(min(2 * pause, most)))

        again(pause)

    def _stop(self, call: Call, name: str) -> None:
        if timer := call.waiting.pop(name, None):
            timer.cancel()
