"""The people of a call as pretend phones in this process, and the log as they see it grow.

They run on the product's own user agent, so what they prove is the engine's behaviour, not
the protocol's; the phones that others wrote are in `peers`.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from securityline.simulation.behaviour import Account, Behaviour
from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState, PhoneCall
from securityline.simulation.softphone import Softphone
from sip.endpoint import Endpoint
from sip.events import Cancelled, SipEvent
from tests.interop.desk import Desk, signed_in
from tests.interop.engine import DOMAIN, Api, Lab
from tests.interop.peers import PATIENCE, need
from tests.securityline.sound import RATE, loudness

DID = "+3225550100"
EMPLOYEE = "+32470000004"
CALLER_HZ, OPERATOR_HZ = 700, 1300
PATIENT = Behaviour(answer_time=None, speech=tone(OPERATOR_HZ))
"Rings until somebody acts, or the desk asks to pick up."
PROMPT = Behaviour(answer_time=0.1, speech=tone(OPERATOR_HZ))
AUDIBLE = 100.0  # RMS of 16-bit samples; silence is below 10


class Telephone(Softphone):
    """A pretend phone that remembers why it was told to stop ringing."""

    stopped: list[str]

    def _follow(self, call: PhoneCall, event: SipEvent) -> None:
        if isinstance(event, Cancelled):
            self.stopped.append(event.reason)
        super()._follow(call, event)


@contextlib.asynccontextmanager
async def telephone(
    lab: Lab, extension: str | None, behaviour: Behaviour = PATIENT
) -> AsyncIterator[Telephone]:
    """Switch on an operator's phone, or with `None` the carrier's side of the trunk."""
    account = Account(extension, lab.secrets[extension], DOMAIN) if extension else None
    phone = Telephone(
        Endpoint("udp", "127.0.0.1", lab.sip_port),
        listen=Endpoint("udp", "127.0.0.1", 0 if extension else lab.trunk_port),
        account=account,
        behaviour=behaviour,
    )
    phone.stopped = []
    await phone.start()
    try:
        if extension:
            async with asyncio.timeout(PATIENCE):
                await phone.until_registered()
        yield phone
    finally:
        await phone.stop()


@contextlib.asynccontextmanager
async def outside(lab: Lab, behaviour: Behaviour = PATIENT) -> AsyncIterator[Softphone]:
    """Stand at the carrier's other address, from which people call; see `Lab.outside_port`."""
    phone = Softphone(
        Endpoint("udp", "127.0.0.1", lab.sip_port),
        listen=Endpoint("udp", "127.0.0.1", lab.outside_port),
        behaviour=behaviour,
    )
    await phone.start()
    try:
        yield phone
    finally:
        await phone.stop()


def dial(carrier: Softphone, lab: Lab, *, did: str = DID, caller: str = EMPLOYEE) -> PhoneCall:
    """Let an employee dial a number of his organisation."""
    headers = (("P-Asserted-Identity", f"<sip:{caller}@trunk.example;user=phone>"),)
    return carrier.call(f"sip:{did}@127.0.0.1:{lab.sip_port}", headers)


async def reached(call: PhoneCall, state: CallState) -> None:
    """Wait until a call is there; an end that comes instead is a failure."""
    async with asyncio.timeout(PATIENCE):
        await call.until(state)
    assert call.state is state, call.ended_by


async def hears(call: PhoneCall, is_so: Callable[[bytes], bool], what: str) -> None:
    """Wait until the half second heard last is as it should be."""

    def lately() -> bool:
        return is_so(call.audio.heard[-RATE:])

    try:
        async with asyncio.timeout(PATIENCE):
            await call.audio.until(lately)
    except TimeoutError:
        level = loudness(call.audio.heard[-RATE:])
        raise AssertionError(f"never heard {what}; lately {level:.0f}") from None


def pcm_of(recording: Path, channel: int) -> bytes:
    """Decode one channel of a recording to 16-bit PCM, with a program that is not ours."""
    return subprocess.run(
        [need("sox"), str(recording), "-t", "raw", "-e", "signed", "-b", "16", "-L", "-",
         "remix", str(channel)],
        check=True, capture_output=True,
    ).stdout  # fmt: skip


class Log:
    """The event stream, kept whole, so that a wait begins wherever the test says."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    @classmethod
    @contextlib.asynccontextmanager
    async def following(cls, api: Api) -> AsyncIterator["Log"]:
        """Follow the log for the length of a block."""
        log = cls()
        reading = asyncio.create_task(log._read(api))
        try:
            yield log
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading

    async def _read(self, api: Api) -> None:
        async for line in api.lines():
            async with self._news:
                self.lines.append(line)
                self._news.notify_all()

    @property
    def mark(self) -> int:
        """Where the log ends now, for `after`."""
        return self.lines[-1]["seq"] if self.lines else 0

    async def until(self, what: str, *, after: int, **fields: Any) -> dict[str, Any]:
        """Wait for a line behind `after` with these fields."""

        def found() -> dict[str, Any] | None:
            for line in self.lines:
                is_it = line["seq"] > after and line["what"] == what
                if is_it and fields.items() <= line["data"].items():
                    return line
            return None

        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while (line := found()) is None:
                    await self._news.wait()
                return line
        except TimeoutError:
            seen = [line["what"] for line in self.lines if line["seq"] > after]
            raise AssertionError(f"no {what} {fields} in the log; it has {seen}") from None

    def said(self, what: str, *, after: int) -> list[dict[str, Any]]:
        """Return the lines of a kind behind `after`."""
        return [x for x in self.lines if x["seq"] > after and x["what"] == what]


@contextlib.asynccontextmanager
async def at_the_desk(
    lab: Lab, log: Log, operator: str, *, is_ready: bool = True
) -> AsyncIterator[Desk]:
    """Let an operator work at his desk; he goes on break when he leaves it."""
    async with signed_in(lab, operator, is_ready=False) as desk:
        if is_ready:
            await get_ready(desk, log)
        try:
            yield desk
        finally:
            await leave(lab, desk, log)


async def leave(lab: Lab, desk: Desk, log: Log) -> None:
    """Go on break, by a new screen if this one closed because nobody read it."""
    mark = log.mark
    try:
        await desk.press("break")
    except ConnectionError:
        async with signed_in(lab, desk.operator, is_ready=False) as again:
            await again.press("break")
            await log.until("OperatorOnBreak", after=mark, operator=desk.operator)
    await log.until("OperatorOnBreak", after=mark, operator=desk.operator)


async def get_ready(desk: Desk, log: Log) -> None:
    """Set an operator ready, and wait until the engine took it."""
    mark = log.mark
    await desk.press("ready")
    await log.until("OperatorReady", after=mark, operator=desk.operator)
