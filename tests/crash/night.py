"""A night of alarms in which the engine is killed again and again, and what became of it."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.crash.engine import MortalEngine
from tests.crash.estate import Estate, habit_of
from tests.crash.phones import MOMENTS, Phones
from tests.crash.senders import Senders, Witness

BOUNDARIES: Final = ("alarm sent", "alarm acknowledged", *MOMENTS)
"Between which two steps the engine is killed: when one of these has just passed."
DELAYS: Final = (0.0, 0.0005, 0.001, 0.002, 0.004, 0.02)
"Seconds after the boundary, at most; a commit lasts some tenths of a millisecond."
CANDIDATES: Final = 5
"Of so many boundaries, those with the fewest kills so far, the first to pass is taken."
BOREDOM: Final = 0.5
"Seconds after which it is killed although the boundary did not come."
PATIENCE: Final = 120.0


@dataclass(slots=True)
class Night:
    """What everybody saw."""

    phones: Phones
    senders: Senders
    witness: Witness
    engine: MortalEngine
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
            async with asyncio.timeout(BOREDOM):
                return await self._do
        except TimeoutError:
            self.kill()
            return "random moment"

    def _strike(self, boundary: str) -> None:
        if self._do is not None and not self._do.done():
            self.kill()
            self._do.set_result(boundary)


async def live_through(
    estate: Estate, *, kills: int, seed: int, at_once: int = 24, writes: int = 0
) -> Night:
    """Hand alarms in, kill the engine so often, let every tree come to its end.

    :param at_once: how many trees run at the same time.
    :param writes: how many lines there must be before it may end.
    """
    chance = random.Random(seed)
    executioner = Executioner(chance)
    engine = await MortalEngine.begin(estate.config)
    phones = Phones(
        estate.trunk_port, habit_of, lambda moment, _call: executioner.passed(moment)
    )
    night = Night(phones, Senders(estate, executioner.passed), Witness(estate), engine)

    def kill() -> None:
        engine.kill()
        phones.engine_died(engine.killed_at[-1])

    executioner.kill = kill
    watching = asyncio.create_task(night.witness.watch())
    feeding = asyncio.create_task(_feed(estate, night, at_once))
    try:
        for _ in range(kills):
            rarest = sorted(BOUNDARIES, key=lambda each: (night.kills[each], chance.random()))
            night.kills[await executioner.strike_at(rarest[:CANDIDATES])] += 1
            await engine.dead()
            await engine.bear()
            night.down_times.append(engine.ready_at[-1] - engine.killed_at[-1])
        while len(night.witness.lines) < writes and not feeding.done():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        feeding.cancel()
        await _quiet(night)
    finally:
        feeding.cancel()
        watching.cancel()
        await asyncio.gather(feeding, watching, return_exceptions=True)
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
