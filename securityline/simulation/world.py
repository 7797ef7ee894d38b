"""The pretend outside world, a process: `python -m securityline.simulation.world`.

A carrier, the telephones behind fallback numbers, of keyholders and of emergency services,
operators' softphones that answer by themselves, employees who call and panels that report when
told to. All of it speaks real SIP, RTP and DC-09 to the engine over loopback; nothing in the
engine knows it is a demo.

The first line of its input is its plan; when its input ends, it ends. Its output is what
happens, for a person to read.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from securityline.simulation.alarming import Panels, Receivers
from securityline.simulation.behaviour import Account, Behaviour
from securityline.simulation.calling import Calling
from securityline.simulation.carrier import Carrier, OutsideWorld
from securityline.simulation.control import ControlDoor, ControlError, Message
from securityline.simulation.network import Network
from securityline.simulation.people import People, read_people
from securityline.simulation.softphone import Softphone
from securityline.simulation.speech import speech_of
from securityline.simulation.staffing import Seat, SignInRefused, sit
from sip.endpoint import Endpoint

REGISTER_TIME: Final = 30.0
"Seconds in which the operators' phones must be registered."
DOOR: Final = "world.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorPhone:
    """An operator's softphone that answers by itself."""

    extension: str
    password: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldPlan:
    """What there is in a pretend world."""

    carrier: Endpoint
    "The trunk's peer in the engine's settings."
    exchange: Endpoint
    "Where the engine takes SIP over UDP."
    domain: str
    "Realm of the operators' phones."
    folder: Path
    "Where the door's address and what telephones heard are kept."
    directory: Path | None = None
    "Where names and languages are read."
    phones: tuple[OperatorPhone, ...] = ()
    answer_time: float = 4.0
    "Seconds that an operator's phone rings."
    seats: tuple[Seat, ...] = field(default=(), repr=False)
    "Operators who sit at the desk by themselves."
    receivers: Receivers = field(default_factory=Receivers)
    "Where panels report."


PLAN: Final = TypeAdapter(WorldPlan)


class World:
    """All of it.

    :param tell: told what happens: who, and what.
    :raises OutsideWorld: the plan leads out of this machine and its network.
    """

    def __init__(self, plan: WorldPlan, tell: Callable[[str, str], None]) -> None:
        self.plan = plan
        self.people = read_people(plan.directory) if plan.directory else People()
        self.carrier = Carrier(
            plan.carrier,
            plan.exchange,
            tell=lambda what: tell("carrier", what),
            on_progress=lambda step: self._calling.progress(step),
        )
        self._calling = Calling(self.carrier, self.people, plan.folder)
        self._network = Network(self.carrier, self.people, self._calling, tell)
        self._panels = Panels(plan.receivers, self.people)
        self._tell = tell
        self._phones: dict[str, Softphone] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start the carrier and the telephones behind it.

        :raises OSError: the carrier's address is in use.
        """
        await self.carrier.start()
        await self._network.start()

    async def connect(self) -> None:
        """Let the operators' phones register, and the pretend operators sit down.

        :raises ControlError: the engine does not take a phone.
        """
        for plan in self.plan.phones:
            if plan.extension not in self._phones:
                await self._switch_on(plan)
        try:
            async with asyncio.timeout(REGISTER_TIME):
                for phone in self._phones.values():
                    await phone.until_registered()
        except TimeoutError:
            missing = [name for name, phone in self._phones.items() if not phone.is_registered]
            raise ControlError(f"phones {', '.join(missing)} could not register") from None
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._sit(seat)) for seat in self.plan.seats]

    async def _switch_on(self, plan: OperatorPhone) -> None:
        name = f"phone {plan.extension}"
        phone = Softphone(
            self.plan.exchange,
            listen=Endpoint("udp", self.carrier.listen.host, 0),
            account=Account(plan.extension, plan.password, self.plan.domain),
            behaviour=Behaviour(
                answer_time=self.plan.answer_time,
                speech=speech_of("operator", plan.language),
            ),
            on_change=lambda what: self._tell(name, what),
        )
        await phone.start()
        self._phones[plan.extension] = phone

    async def _sit(self, seat: Seat) -> None:
        try:
            await sit(seat, lambda what: self._tell("desk", what))
        except SignInRefused as refused:
            self._tell("desk", str(refused))

    async def stop(self) -> None:
        """Hang up everything, unregister, close. A second call does nothing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        phones = list(self._phones.values())
        self._tasks, self._phones = [], {}
        await asyncio.gather(self._network.stop(), *(phone.stop() for phone in phones))
        await self.carrier.stop()

    async def handle(self, request: Message) -> AsyncGenerator[Message]:
        """Answer a visitor.

        :raises ControlError: what he asks for cannot be done.
        """
        match request.get("do"):
            case "connect":
                await self.connect()
                yield {"phones": sorted(self._phones)}
                return
            case "status":
                yield self.status()
                return
            case "call":
                story = self._calling.call(request)
            case "alarm":
                story = self._panels.report(request)
            case "keyholder":
                story = self._network.keyholder(request)
            case other:
                raise ControlError(f"this world does not know how to {other!r}")
        async with contextlib.aclosing(story) as messages:
            async for message in messages:
                yield message

    def status(self) -> Message:
        """Say how it is, as plain JSON."""
        return {
            "emergency_attempts": [each.number for each in self.carrier.emergency_attempts],
            "calls": self.carrier.calls,
            "phones": {name: phone.is_registered for name, phone in self._phones.items()},
        }


async def run(plan: WorldPlan, stopping: asyncio.Event) -> None:
    """Be a world until `stopping`.

    :raises OSError: the carrier's address is in use.
    """
    world = World(plan, say)
    door = ControlDoor(plan.folder / DOOR, world.handle)
    try:
        await world.start()
        await door.open()
        say("world", "open")
        await stopping.wait()
    finally:
        await door.close()
        await world.stop()


def say(who: str, what: str) -> None:
    """Write one line of what happens."""
    with contextlib.suppress(OSError):  # nobody reads any more
        sys.stdout.write(f"{who}\t{what}\n")
        sys.stdout.flush()


async def _main() -> int:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    reader: asyncio.StreamReader = asyncio.StreamReader(limit=1 << 20)
    pipe, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    try:
        plan: Any = PLAN.validate_json(await reader.readline())
        ending = asyncio.create_task(_until_closed(reader, stopping))
        await run(plan, stopping)
        ending.cancel()
    except (ValidationError, OutsideWorld) as error:
        say("world", f"cannot be: {error}")
        return 2
    except OSError as error:
        say("world", f"{plan.carrier.host}:{plan.carrier.port}: {error.strerror or error}")
        return 1
    finally:
        pipe.close()
    return 0


async def _until_closed(reader: asyncio.StreamReader, stopping: asyncio.Event) -> None:
    while await reader.read(1024):
        pass
    stopping.set()


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
