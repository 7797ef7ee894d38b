"""The telephones behind the pretend carrier's numbers, and how they are told what to do."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, fields
from typing import Any, Final

from securityline.simulation.calling import Calling, number_in
from securityline.simulation.carrier import Carrier
from securityline.simulation.control import ControlError, Message
from securityline.simulation.keyholder import DEMO, OTHERS, Conduct
from securityline.simulation.people import People
from securityline.simulation.phone_call import CallState
from securityline.simulation.services import SERVICES
from securityline.simulation.softphone import Softphone
from securityline.simulation.telephones import FALLBACKS, Telephone
from sip.endpoint import Endpoint

RING_BACK_STAY: Final = 90
"Seconds that somebody who rings back stays on the line."
_SETTINGS: Final = {field.name: field.type for field in fields(Conduct)}


@dataclass(slots=True, eq=False)
class _Installed:
    """A telephone that is switched on."""

    telephone: Telephone
    phone: Softphone
    ringing_back: asyncio.Task[None] | None = None


class Network:
    """All of them.

    :param tell: told what happens: whose telephone, and what.
    """

    def __init__(
        self,
        carrier: Carrier,
        people: People,
        calling: Calling,
        tell: Callable[[str, str], None],
    ) -> None:
        self._carrier = carrier
        self._people = people
        self._calling = calling
        self._tell = tell
        self._installed: dict[str, _Installed] = {}
        self._followers: set[tuple[str, asyncio.Queue[str]]] = set()

    async def start(self) -> None:
        """Give everybody of the directory, each fallback number and service a telephone."""
        keyholders = {
            number: DEMO.get(number, OTHERS).telephone(self._people.shown(number))
            for number in self._people.keyholders
        }
        for number, telephone in {**keyholders, **FALLBACKS, **SERVICES}.items():
            await self._install(number, telephone)

    async def stop(self) -> None:
        """Hang up all of them."""
        installed = list(self._installed.values())
        tasks = [each.ringing_back for each in installed if each.ringing_back is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(each.phone.stop() for each in installed))
        self._installed.clear()  # a phone that hangs up still tells of it

    async def keyholder(self, request: Message) -> AsyncGenerator[Message]:
        """Tell somebody's telephone what to do; without a number, say what each does.

        :raises ControlError: the request makes no sense.
        """
        if not request.get("number"):
            for number in self._people.keyholders:
                yield {"say": self._shown(number)}
            return
        number = number_in(request, "number")
        if request.get("does"):
            await self._change(number, request)
        if number not in self._installed:
            raise ControlError(f"{number} is nobody's telephone here; say what it does")
        yield {"say": self._shown(number)}
        if request.get("follow"):
            async with contextlib.aclosing(self._follow(number)) as told:
                async for message in told:
                    yield message

    async def _change(self, number: str, request: Message) -> None:
        given = {name: request[name] for name in _SETTINGS if request.get(name) is not None}
        for name, value in given.items():
            wanted: Any = str if name in ("does", "pin") else (int, float)
            if not isinstance(value, wanted):
                raise ControlError(f"{name}: {value!r} makes no sense")
        try:
            telephone = Conduct(**given).telephone(self._people.shown(number))
        except ValueError as error:
            raise ControlError(str(error)) from None
        await self._install(number, telephone)

    async def _follow(self, number: str) -> AsyncGenerator[Message]:
        """Tell what happens at a telephone, until nobody listens any more."""
        news: asyncio.Queue[str] = asyncio.Queue()
        follower = (number, news)
        self._followers.add(follower)
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        try:
            while True:
                what = await news.get()
                yield {"at": round(loop.time() - began_at, 2), "what": what}
        finally:
            self._followers.discard(follower)

    def _shown(self, number: str) -> str:
        return f"{self._people.shown(number)} {self._installed[number].telephone.does}"

    # ------------------------------------------------------------ switching on

    async def _install(self, number: str, telephone: Telephone) -> None:
        """Switch a telephone on, or let one that is on behave otherwise from the next ring."""
        behaviour = telephone.behaviour(self._people.languages.get(number, "fr"))
        known = self._installed.get(number)
        if known is not None:
            known.telephone, known.phone.behaviour = telephone, behaviour
        else:
            phone = Softphone(
                self._carrier.listen,
                listen=Endpoint("udp", self._carrier.listen.host, 0),
                behaviour=behaviour,
                on_change=lambda what: self._happened(number, what),
            )
            known = self._installed[number] = _Installed(telephone, phone)
            await phone.start()
            self._carrier.connect(number, phone.address)
        if known.ringing_back is not None:
            known.ringing_back.cancel()
            known.ringing_back = None
        if telephone.ring_back_time is not None:
            rings_back = self._ring_back(number, known.phone, telephone.ring_back_time)
            known.ringing_back = asyncio.create_task(rings_back)

    def _happened(self, number: str, what: str) -> None:
        self._tell(self._installed[number].telephone.name, what)
        for followed, news in self._followers:
            if followed == number:
                news.put_nowait(what)

    async def _ring_back(self, number: str, phone: Softphone, seconds: float) -> None:
        """Call the number of the next call that is not answered, as people do; once."""
        call = await phone.until_called(len(phone.calls) + 1)
        await call.until(CallState.ENDED)
        await asyncio.sleep(seconds)
        name = self._people.shown(number)
        request = {"did": call.number, "from": number, "handset": "own"}
        try:
            async with contextlib.aclosing(
                self._calling.call({**request, "seconds": RING_BACK_STAY})
            ) as story:
                async for message in story:
                    self._tell(name, str(message.get("what") or message.get("say") or ""))
        except ControlError as error:
            self._tell(name, f"cannot ring back: {error}")
