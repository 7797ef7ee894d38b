"""An employee takes his telephone and calls.

The telephone is pyVoIP in a process of its own (`phones/employee.py`: independent of us, GPL,
never imported here) wherever it is installed, and our own softphone where it is not.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from array import array
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from securityline.simulation.behaviour import Account, Behaviour, Press
from securityline.simulation.carrier import DOMAIN, WITHHOLD
from securityline.simulation.handset_audio import FRAME, RATE, read_wav, tone
from securityline.simulation.phone_call import CallState
from securityline.simulation.softphone import Softphone
from sip.endpoint import Endpoint

PROGRAM: Final = Path(__file__).resolve().parents[2] / "phones" / "employee.py"
"Beside the product's packages, not in them: an installed wheel has none."
START_TIME: Final = 10.0
"Seconds in which a handset must have registered."
END_TIME: Final = 6.0
"Seconds it gets to hang up and leave."
LOUD: Final = 600
"Peak of a 20 ms frame, of 32767, above which something is heard: pyVoIP's steps are 256."

Kind = Literal["pyvoip", "own"]


class HandsetError(Exception):
    """The telephone did not work; the text is for whoever wanted to call."""


class PyVoipMissing(HandsetError):
    """pyVoIP, or the program around it, is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """One call to be made."""

    caller: str
    "E.164."
    did: str
    is_withheld: bool = False
    seconds: float = 60.0
    "From dialling to hanging up, unless the other side ends it."
    say: Path | None = None
    "WAV to say over and over, 8 kHz mono 16 bits; `None`: a tone."
    heard: Path | None = None
    "Where to write what was heard."
    presses: tuple[Press, ...] = ()
    "Keys that he presses once somebody, or a machine, has picked up."

    @property
    def digits(self) -> str:
        """What he dials."""
        return f"{WITHHOLD if self.is_withheld else ''}{self.did}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a telephone heard during a call."""

    time: float  # seconds
    loud_time: float
    "Seconds of it that were not silent."
    file: Path | None = None


async def call_with_pyvoip(
    order: CallOrder, carrier: Endpoint, password: str, log: Path | None = None
) -> Heard | None:
    """Call with pyVoIP; return what was heard, `None` when nobody answered.

    Cancelling it ends the call; the carrier has to be told, since a ringing one goes on.

    :raises PyVoipMissing: it is not there.
    :raises HandsetError: it did not work.
    """
    if not PROGRAM.exists():
        raise PyVoipMissing(f"{PROGRAM} is not there")
    arguments = [
        sys.executable, str(PROGRAM),
        "--exchange", f"{carrier.host}:{carrier.port}",
        "--user", order.caller, "--dial", order.digits, "--seconds", str(order.seconds),
    ]  # fmt: skip
    arguments += ["--say", str(order.say)] if order.say else []
    arguments += ["--heard", str(order.heard)] if order.heard else []
    errors = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "PHONE_PASSWORD": password},
            start_new_session=True,
        )
    finally:
        os.close(errors)
    try:
        said = await _listen(process, order.seconds)
        code = await asyncio.wait_for(process.wait(), END_TIME)
    except TimeoutError:
        raise HandsetError("the pyVoIP handset does not answer any more") from None
    finally:
        await _to_the_end(_end(process))
    if failure := said.get("failed"):
        kind = PyVoipMissing if code == 3 else HandsetError
        raise kind(str(failure.get("why", "the pyVoIP handset failed")))
    if code != 0:
        raise HandsetError(f"the pyVoIP handset ended with {code}")
    return measure(order.heard) if "heard" in said and order.heard else _unmeasured(said)


def _unmeasured(said: dict[str, dict[str, Any]]) -> Heard | None:
    return Heard(0.0, 0.0) if "answered" in said else None


async def _listen(
    process: asyncio.subprocess.Process, seconds: float
) -> dict[str, dict[str, Any]]:
    """Read what the handset says of itself until it ends, or takes too long."""
    said: dict[str, dict[str, Any]] = {}
    if process.stdout is None:
        return said
    loop = asyncio.get_running_loop()
    until = loop.time() + START_TIME
    while line := await asyncio.wait_for(process.stdout.readline(), until - loop.time()):
        try:
            message = json.loads(line)
            said[str(message["is"])] = message
        except (ValueError, KeyError, TypeError):
            continue  # pyVoIP prints things of its own
        if message["is"] == "registered":
            until = loop.time() + seconds + END_TIME
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask a handset to hang up and leave; make sure of it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.shield(asyncio.wait_for(process.wait(), END_TIME))


async def call_with_softphone(
    order: CallOrder,
    carrier: Endpoint,
    password: str,
    tell: Callable[[str], None] | None = None,
) -> Heard | None:
    """Call with our own softphone; return what was heard, `None` when nobody answered.

    :raises HandsetError: it could not register.
    """
    phone = Softphone(
        carrier,
        listen=Endpoint("udp", carrier.host, 0),
        account=Account(order.caller, password, DOMAIN),
        behaviour=Behaviour(
            speech=read_wav(order.say) if order.say else tone(440), presses=order.presses
        ),
        on_change=tell,
    )
    try:
        try:
            async with asyncio.timeout(START_TIME):
                await phone.start()
                await phone.until_registered()
        except TimeoutError:
            raise HandsetError("the handset could not register with the carrier") from None
        call = phone.call(order.digits)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(order.seconds):
                await call.until(CallState.ENDED)
        phone.hang_up(call)
        if not call.audio.packets_heard:
            return Heard(0.0, 0.0) if call.session is not None else None
        if order.heard is not None:
            call.audio.write_wav(order.heard)
        return _measured(array("h", call.audio.heard), order.heard)
    finally:
        await _to_the_end(phone.stop())


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Clean up even if we are cancelled meanwhile: a handset left alone keeps its ports."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def measure(path: Path) -> Heard:
    """Say how much of a recording is not silence."""
    return _measured(array("h", read_wav(path)), path)


def _measured(samples: "array[int]", path: Path | None) -> Heard:
    if sys.byteorder == "big":
        samples.byteswap()
    frames = [samples[at : at + FRAME] for at in range(0, len(samples), FRAME)]
    loud = sum(max(map(abs, frame), default=0) > LOUD for frame in frames)
    return Heard(len(samples) / RATE, loud * FRAME / RATE, path)
