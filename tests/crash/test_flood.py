"""Two thousand alarms in twelve seconds on the running engine: the rate of 10,000 a minute.

The hold-up inside is on a screen while the flood goes on, calls are answered, and nothing
that was acknowledged is missing. How fast it is, `benchmarks/flood.py` measures.
"""

import asyncio
from pathlib import Path

from securityline.logbook.verify import verify_book
from securityline.simulation.phone_call import CallState
from tests.crash.flood import HOLD_UP_SITE, Flood, Flooded, watch_desk
from tests.interop.desk import signed_in
from tests.interop.people import PATIENT, PROMPT, dial, reached, telephone

ALARMS = 2_000
RATE = 10_000 / 60
CALLS = 4
LONGEST_TIME = 5.0
"""Seconds from the hold-up to the screen. The promise is 1 s, and it takes 0.1 s on a machine
of its own (`benchmarks/flood`); other tests use this one's processors too."""


async def test_a_hold_up_is_seen_and_calls_are_answered_while_alarms_pour_in(
    tmp_path: Path,
) -> None:
    chain = Flooded(tmp_path, sites=400)
    chain.prepare()
    flood = Flood(chain)
    async with (
        chain.running(),
        telephone(chain, "201", PROMPT),
        telephone(chain, None, PATIENT) as carrier,
        signed_in(chain, "op-1") as desk,
    ):
        pouring = asyncio.create_task(flood.pour(ALARMS, RATE, hold_up_at=ALARMS // 2))
        shown = await watch_desk(desk, lambda html: HOLD_UP_SITE in html)
        assert not pouring.done(), "it was shown when all was over"
        assert 0 < shown - flood.hold_up_sent <= LONGEST_TIME
        reading = asyncio.create_task(watch_desk(desk, lambda _html: False))
        for _ in range(CALLS):
            call = dial(carrier, chain)
            await reached(call, CallState.TALKING)
            carrier.hang_up(call)
            await reached(call, CallState.ENDED)
            await desk.press("ready")
        assert not pouring.done(), "the calls were answered when all was over"
        await pouring
        reading.cancel()
        assert flood.refused == {}
        assert len(flood.acknowledged) == ALARMS
        async with chain.api() as api:
            grouped = await api.wait_for("RunawayStarted")
            assert grouped["data"]["site"] == "c0"
    assert flood.missing(chain.data) == set()
    verify_book(chain.data)
