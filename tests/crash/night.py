"""A night of alarms in which the engine is killed again and again, and what became of it."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.crash.dispatchers import OPERATORS, Dispatcher
from tests.crash.engine import MortalEngine
from tests.crash.estate import SIMULATED, Estate, habit_of
from tests.crash.phones import MOMENTS, Call, Moment, Phones
from tests.crash.senders import Senders, Witness
from tests.interop.people import PROMPT, telephone

OF_SERVICES: Final[tuple[Moment, ...]] = (
    "INVITE", "200 sent", "ACK", "refusal sent", "refusal acknowledged", "BYE", "hung up",
)  # fmt: skip
BOUNDARIES: Final = ("alarm sent", "alarm acknowledged", *MOMENTS)
SERVICE_BOUNDARIES: Final = ("service pressed", *(f"service {each}" for each in OF_SERVICES))
"Between which two steps the engine is killed: when one of these has just passed."
DELAYS: Final = (0.0, 0.0005, 0.001, 0.002, 0.004, 0.02)
"Seconds after the boundary, at most; a commit lasts some tenths of a millisecond."
CANDIDATES: Final = 5
"""Of so many boundaries, those with the fewest kills so far, the first to pass is taken; after
half of the kills one that was never met is waited for alone."""
BOREDOM: Final = 0.5
PRESSED_BOREDOM: Final = 5.0
"""Seconds after which it is killed although the boundary did not come; where operators are at
their desks, each life must be long enough for one to press."""
PATIENCE: Final = 120.0


@dataclass(slots=True)
class Night:
    """What everybody saw."""

    phones: Phones
    senders: Senders
    witness: Witness
    engine: MortalEngine
    dispatchers: list[Dispatcher] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    "By boundary."
    sites: int = 0
    "How many sites had an alarm."
    down_times: list[float] = field(default_factory=list)
    "Seconds from each kill until the next engine said that it is ready."


class Executioner:
    """Kill when a boundary has just passed, or a moment later."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._boundaries: set[str] = set()
        self._delay = 0.0
        self.boredom = BOREDOM
        self._do: asyncio.Future[str] | None = None
        self.kill = lambda: None

    def passed(self, boundary: str) -> None:
        """Take note of a boundary; kills on the spot when its turn has come."""
        if self._do is None or boundary not in self._boundaries or self._do.done():
            return
        self._boundaries = set()
        if self._delay == 0.0:
            self._strike(boundary)
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay, self._strike, boundary)

    async def strike_at(self, boundaries: Iterable[str]) -> str:
        """Kill at the first of these boundaries; return it, or `random moment`."""
        self._boundaries = set(boundaries)
        self._delay = self._chance.uniform(0, self._chance.choice(DELAYS))
        self._do = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.boredom):
                return await self._do
        except TimeoutError:
            self.kill()
            return "random moment"

    def _strike(self, boundary: str) -> None:
        if self._do is not None and not self._do.done():
            self.kill()
            self._do.set_result(boundary)


async def live_through(
    estate: Estate,
    *,
    kills: int,
    seed: int,
    at_once: int = 24,
    writes: int = 0,
    has_operators: bool = False,
) -> Night:
    """Hand alarms in, kill the engine so often, let every tree come to its end.

    :param at_once: how many trees run at the same time.
    :param writes: how many lines there must be before it may end.
    :param has_operators: two of them call emergency services, and it is killed around that.
    """
    chance = random.Random(seed)
    executioner = Executioner(chance)
    engine = await MortalEngine.begin(estate.config)

    def moment_passed(moment: Moment, call: Call) -> None:
        is_service = call.number in SIMULATED.values()
        executioner.passed(f"service {moment}" if is_service else moment)

    phones = Phones(estate.trunk_port, habit_of, moment_passed)
    witness = Witness(estate)
    night = Night(phones, Senders(estate, executioner.passed), witness, engine)
    boundaries = BOUNDARIES
    if has_operators:
        boundaries, executioner.boredom = SERVICE_BOUNDARIES, PRESSED_BOREDOM
        night.dispatchers = [
            Dispatcher(estate, witness, place, executioner.passed)
            for place in range(len(OPERATORS))
        ]

    def kill() -> None:
        engine.kill()
        phones.engine_died(engine.killed_at[-1])

    executioner.kill = kill
    watching = asyncio.create_task(witness.watch())
    feeding = asyncio.create_task(_feed(estate, night, at_once))
    desks = [asyncio.create_task(each.work()) for each in night.dispatchers]
    operators = contextlib.AsyncExitStack()
    try:
        for each, extension in zip(night.dispatchers, OPERATORS.values(), strict=False):
            await operators.enter_async_context(telephone(estate, extension, PROMPT))
            await each.is_signed_in.wait()
        for kill_number in range(kills):
            rarest = sorted(boundaries, key=lambda each: (night.kills[each], chance.random()))
            unmet = [each for each in rarest if not night.kills[each]]
            if kill_number < kills / 2 or not unmet:
                unmet = rarest[:CANDIDATES]
            night.kills[await executioner.strike_at(unmet)] += 1
            await engine.dead()
            await engine.bear()
            night.down_times.append(engine.ready_at[-1] - engine.killed_at[-1])
        while len(night.witness.lines) < writes and not feeding.done():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        feeding.cancel()
        for each in night.dispatchers:
            each.goes_home = True
        for desk in (await asyncio.wait(desks, timeout=PATIENCE))[0] if desks else ():
            desk.result()
        await _quiet(night)
    finally:
        tasks = (feeding, watching, *desks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await operators.aclose()
        with contextlib.suppress(ProcessLookupError):
            await engine.end()
        phones.close()
    return night


async def _feed(estate: Estate, night: Night, at_once: int) -> None:
    """Keep so many trees running, as long as there are sites."""
    sending: set[asyncio.Task[None]] = set()
    while night.sites < estate.sites:
        while night.sites - len(night.witness.ended_trees) >= at_once:
            night.witness.news.clear()
            await night.witness.news.wait()
        task = asyncio.create_task(night.senders.send(night.sites))
        sending.add(task)
        task.add_done_callback(sending.discard)
        night.sites += 1
        await asyncio.sleep(0.02)


async def _quiet(night: Night) -> None:
    """Wait until every alarm is acknowledged, every tree over, every telephone silent."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        lives = [c for c in night.phones.calls.values() if c.state not in ("over", "refused")]
        is_all_in = len(night.senders.acknowledged) == night.sites
        is_all_over = len(night.witness.ended_trees) >= night.sites
        if is_all_in and is_all_over and not lives:
            return
        await asyncio.sleep(0.1)
