"""Full collections wait for a quiet moment, and calls leave nothing for them."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from securityline import collector
from securityline.collector import NEVER, PATIENCE, SWEEP_TIME, is_due, settle_collector, sweep
from tests.securityline.telephony.bench import Bench
from tests.securityline.telephony.test_telephony import connected


@pytest.fixture
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class Knot:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.me = self


def test_a_sweep_waits_until_it_is_quiet_but_not_for_ever() -> None:
    assert not is_due(SWEEP_TIME - 1, is_quiet=True), "swept a moment ago"
    assert is_due(SWEEP_TIME, is_quiet=True)
    assert not is_due(SWEEP_TIME, is_quiet=False), "somebody waits"
    assert is_due(PATIENCE, is_quiet=False), "memory has an end too"


@pytest.mark.usefixtures("_as_before")
async def test_the_old_generation_is_gone_through_by_the_sweep_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "LOOK_TIME", 0.0)
    monkeypatch.setattr(collector, "SWEEP_TIME", 0.0)
    settle_collector()
    assert gc.get_threshold()[2] == NEVER
    knot = weakref.ref(Knot())
    gc.collect(1)  # whatever young collections find is theirs
    old = Knot()
    gc.collect(1)
    gone = weakref.ref(old)
    del old
    gc.collect(1)
    assert knot() is None
    assert gone() is not None, "an old one is not looked at by itself"
    is_quiet = False
    sweeping = asyncio.create_task(sweep(lambda: is_quiet))
    for _ in range(5):
        await asyncio.sleep(0)
    assert gone() is not None, "somebody waits"
    is_quiet = True
    async with asyncio.timeout(20):
        while gone() is not None:  # noqa: ASYNC110 - it happens at no event
            await asyncio.sleep(0)
    sweeping.cancel()


def test_a_call_that_ends_leaves_no_garbage_in_the_telephony() -> None:
    bench = Bench()
    gc.collect()
    gc.disable()
    try:
        leg = connected(bench)
        bench.peers[next(iter(bench.peers))].hang_up("employee", bench.now)
        bench.travel()
        bench.pass_time(40)
        assert not bench.telephony.exchange.legs.get(leg)
        assert gc.collect() == 0
    finally:
        gc.enable()
