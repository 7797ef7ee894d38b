"""`simulate call`: one employee calls, and what becomes of it is told step by step."""

import asyncio
import wave
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from client_directory.numbers import is_emergency_number, normalise
from securityline.simulation.behaviour import Press
from securityline.simulation.carrier import COUNTRY, Carrier
from securityline.simulation.control import ControlError, Message
from securityline.simulation.employees import (
    CallOrder,
    HandsetError,
    Heard,
    PyVoipMissing,
    call_with_pyvoip,
    call_with_softphone,
)
from securityline.simulation.handset_audio import RATE, read_wav
from securityline.simulation.people import People
from securityline.simulation.relay import Progress
from securityline.simulation.speech import speech_of

LONGEST_CALL: Final = 3600.0
DEFAULT_TIME: Final = 60.0
HANDSETS: Final = ("pyvoip", "own", "any")
KEYS: Final = frozenset("0123456789*#")
MOST_KEYS: Final = 100
FIRST_KEYS: Final = 4.0
"Seconds from the answer until he presses the first keys: he has heard what he is asked for."
NEXT_KEYS: Final = 5.0
"Seconds between two answers by key."


class Calling:
    """Employees' calls through one carrier.

    :param folder: where what they hear is written.
    """

    def __init__(self, carrier: Carrier, people: People, folder: Path) -> None:
        self._carrier = carrier
        self._people = people
        self._folder = folder
        self._steps: dict[str, asyncio.Queue[Progress]] = {}
        self._made = 0

    def progress(self, step: Progress) -> None:
        """Take a step of any call of the carrier."""
        queue = self._steps.get(step.caller)
        if queue is not None:
            queue.put_nowait(step)

    async def call(self, request: Message) -> AsyncGenerator[Message]:
        """Make the call that a request asks for; give what happens.

        :raises ControlError: the request makes no sense, or no handset works.
        """
        order, handset = self._read(request)
        if order.caller in self._steps:
            raise ControlError(f"{order.caller} is in a call already")
        steps = self._steps[order.caller] = asyncio.Queue()
        try:
            who, whom = self._people.shown(order.caller), self._people.shown(order.did)
            withheld = ", number withheld," if order.is_withheld else ""
            yield {"say": f"{who}{withheld} calls {whom}"}
            if handset != "own":
                try:
                    async with aclosing(self._run(order, steps, self._with_pyvoip)) as told:
                        async for message in told:
                            yield message
                    return
                except PyVoipMissing as missing:
                    if handset == "pyvoip":
                        raise ControlError(str(missing)) from None
                    yield {"say": f"{missing}: our own softphone calls instead"}
            async with aclosing(self._run(order, steps, self._with_softphone)) as told:
                async for message in told:
                    yield message
        except HandsetError as error:
            raise ControlError(str(error)) from None
        finally:
            del self._steps[order.caller]

    async def _run(
        self,
        order: CallOrder,
        steps: asyncio.Queue[Progress],
        make: Callable[[CallOrder], Coroutine[Any, Any, Heard | None]],
    ) -> AsyncGenerator[Message]:
        """Let a handset call, and tell the steps until it has hung up."""
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        call = asyncio.create_task(make(order))
        is_over = False
        try:
            while not is_over:
                async with _next(steps) as following:
                    await asyncio.wait({call, following}, return_when=asyncio.FIRST_COMPLETED)
                    if not following.done():
                        break
                    step = following.result()
                is_over = step.what in ("ended", "refused")
                at = round(loop.time() - began_at, 2)
                yield {"at": at, "what": step.what, "detail": step.detail}
            if is_over and step.what == "refused":
                return  # pyVoIP never learns of most refusals
            heard = await call
            if not is_over:
                self._carrier.drop(order.caller)
                ended = {"what": "ended", "detail": "the caller hung up"}
                yield {"at": round(loop.time() - began_at, 2), **ended}
            if heard is not None:
                yield _shown(heard)
        finally:
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            self._carrier.drop(order.caller)

    async def _with_pyvoip(self, order: CallOrder) -> Heard | None:
        password = self._carrier.subscribe(order.caller)
        log = self._folder / "pyvoip.log"
        return await call_with_pyvoip(order, self._carrier.listen, password, log)

    async def _with_softphone(self, order: CallOrder) -> Heard | None:
        password = self._carrier.subscribe(order.caller)
        return await call_with_softphone(order, self._carrier.listen, password)

    def _read(self, request: Message) -> tuple[CallOrder, str]:
        caller = number_in(request, "from")
        # A number that nobody has is a good thing to try; one that is no number is not.
        did = number_in(request, "did")
        seconds = request.get("seconds", DEFAULT_TIME)
        if not isinstance(seconds, int | float) or not 1 <= seconds <= LONGEST_CALL:
            raise ControlError(f"a call lasts from 1 to {LONGEST_CALL:.0f} seconds")
        handset = request.get("handset", "any")
        if handset not in HANDSETS:
            raise ControlError(f"handsets are: {', '.join(HANDSETS)}")
        presses = presses_in(request)
        if presses and handset == "pyvoip":
            raise ControlError("keys are pressed by our own softphone alone: --handset own")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._made += 1
        order = CallOrder(
            caller=caller,
            did=did,
            is_withheld=bool(request.get("withheld")),
            seconds=float(seconds),
            heard=self._folder / f"heard-{self._made}-{caller.removeprefix('+')}.wav",
            presses=presses,
        )
        return replace(order, say=self._speech(request, order)), "own" if presses else handset

    def _speech(self, request: Message, order: CallOrder) -> Path:
        """Return the file with what he says; what we make ourselves is written first."""
        say = request.get("say")
        if isinstance(say, str) and say:
            path = Path(say)
            try:
                read_wav(path)
            except (OSError, EOFError, ValueError, wave.Error) as error:
                raise ControlError(f"{say}: {error}") from None
            return path
        language = self._people.language_of(order.caller, order.did)
        path = self._folder / f"caller-{language}.wav"
        if not path.exists():
            with wave.open(str(path), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", ""))
                file.writeframes(speech_of("caller", language))
        return path


@asynccontextmanager
async def _next(steps: asyncio.Queue[Progress]) -> AsyncGenerator[asyncio.Task[Progress]]:
    """Wait for the next step, in a task that does not outlive the block."""
    task = asyncio.create_task(steps.get())
    try:
        yield task
    finally:
        task.cancel()


def number_in(request: Message, name: str) -> str:
    """Return the number of a request's field, E.164.

    :raises ControlError: it is none, or an emergency number.
    """
    text = request.get(name, "")
    if not isinstance(text, str):
        raise ControlError(f"{name}: a text is wanted")
    if is_emergency_number(text, COUNTRY):
        raise ControlError(f"{name}: {text} is an emergency number; nobody dials it here")
    number = normalise(text, COUNTRY)
    if number is None:
        raise ControlError(f"{name}: {text!r} is no telephone number")
    return number


def presses_in(request: Message) -> tuple[Press, ...]:
    """Return the keys of a request: answers with a space between them, `1234# 907153# 1`.

    :raises ControlError: they are no keys, or too many.
    """
    text = request.get("keys", "")
    if (
        not isinstance(text, str)
        or len(text) > MOST_KEYS
        or not KEYS.issuperset(text.replace(" ", ""))
    ):
        raise ControlError(
            f"keys: 0 to 9, * and #, answers with a space between; {MOST_KEYS} at most"
        )
    return tuple(
        Press(FIRST_KEYS + number * NEXT_KEYS, keys) for number, keys in enumerate(text.split())
    )


def _shown(heard: Heard) -> Message:
    return {
        "heard": round(heard.time, 1),
        "loud": round(heard.loud_time, 1),
        "file": str(heard.file) if heard.file else "",
    }
