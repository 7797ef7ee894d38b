"""The wall clock is set back an hour, and the time zone data are replaced, under the engine.

libfaketime gives the engine's process a wall clock of its own; its monotonic clock is real.
"""

import asyncio
import shutil
import signal
import zoneinfo
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from securityline.logbook.store import FILE_NAME, LogbookStore
from securityline.logbook.verify import verify_book
from securityline.simulation.phone_call import CallState
from tests.crash.estate import Estate, habit_of, kind_of
from tests.crash.phones import Phones
from tests.crash.senders import Senders
from tests.interop.desk import signed_in
from tests.interop.engine import Api
from tests.interop.peers import PATIENCE, Program, python
from tests.interop.people import PATIENT, PROMPT, dial, reached, telephone

pytestmark = pytest.mark.interop  # a whole engine in real time

LIBRARY: Final = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
ZONE: Final = Path("Europe/Brussels")
RINGS_OUT: Final = [site for site in range(12) if kind_of(site).name == "rings_out"]
"Sites whose first keyholder never picks up: their trees wait for a deadline."


@pytest.fixture
def bank(tmp_path: Path) -> Estate:
    made = Estate(tmp_path, sites=12)
    made.prepare()
    return made


@pytest_asyncio.fixture
async def keyholders(bank: Estate) -> AsyncIterator[Phones]:
    phones = Phones(bank.trunk_port, habit_of)
    yield phones
    phones.close()


async def start(bank: Estate, **environment: str) -> Program:
    """Start the engine with something else in its environment."""
    serve = python("-m", "securityline", "serve", "--config", str(bank.config))
    engine = await Program.start("engine", serve, env=environment)
    await engine.line("ready sip=")
    return engine


async def ended(api: Api, trees: int) -> None:
    """Wait for the end of so many trees."""
    over: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        async for line in api.lines():
            if line["what"] in ("CallTreeEnded", "CallTreeExhausted"):
                over.add(line["data"]["tree_id"])
            if len(over) == trees:
                return


@pytest.mark.skipif(not LIBRARY, reason="libfaketime is not installed")
async def test_a_clock_set_back_an_hour_moves_no_deadline_and_no_line(
    bank: Estate, keyholders: Phones
) -> None:
    setting = bank.folder / "wall-clock"
    setting.write_text("+0")
    fake = {
        "LD_PRELOAD": str(LIBRARY[0]),
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    engine = await start(bank, **fake)
    senders = Senders(bank)
    async with bank.api() as api:
        await senders.send(RINGS_OUT[0])
        await api.wait_for("KeyholderCalled")
        setting.write_text("-3600")
        await ended(api, 1)  # its second keyholder is called when the first has rung 5 s
        noticed = await api.wait_for("WallClockSet")
        assert noticed["data"]["seconds"] == pytest.approx(-3600, abs=5)
        await senders.send(RINGS_OUT[1])
    engine.kill(signal.SIGKILL)
    await engine.ended()
    engine = await start(bank, **fake)  # an hour before the end of the log
    async with bank.api() as api:
        await ended(api, 2)
    engine.kill(signal.SIGTERM)
    assert await engine.stop() == 0
    verify_book(bank.data)
    with closing(LogbookStore(bank.data / FILE_NAME, is_read_only=True)) as store:
        times = [entry.now for entry in store.read()]
    assert times == sorted(times), "engine time never runs backwards"


async def test_time_zone_data_that_change_or_go_stop_no_call(
    bank: Estate, keyholders: Phones
) -> None:
    """A system update replaces them while the engine runs, and a bad one removes them."""
    folder = bank.folder / "zones"
    source = next(Path(p) / ZONE for p in zoneinfo.TZPATH if (Path(p) / ZONE).exists())
    other = source.with_name("Lisbon")
    (folder / ZONE).parent.mkdir(parents=True)
    shutil.copy(source, folder / ZONE)
    engine = await start(bank, PYTHONTZPATH=str(folder))
    senders = Senders(bank)
    async with bank.api() as api:
        await senders.send(0)
        shutil.copy(other, folder / ZONE)
        engine.kill(signal.SIGHUP)
        first = await api.wait_for("DirectoryReloaded")
        await senders.send(1)
        (folder / ZONE).write_bytes(b"no time zone at all")
        engine.kill(signal.SIGHUP)
        async with asyncio.timeout(PATIENCE):
            async for line in api.lines(first["seq"]):
                if line["what"] in ("DirectoryReloaded", "DirectoryRefused"):
                    break
        await senders.send(2)
        await ended(api, 3)
    keyholders.close()
    async with (
        telephone(bank, "201", PROMPT),
        telephone(bank, None, PATIENT) as carrier,
        signed_in(bank, "op-1"),
    ):
        call = dial(carrier, bank)
        await reached(call, CallState.TALKING)
        carrier.hang_up(call)
        await reached(call, CallState.ENDED)
    engine.kill(signal.SIGTERM)
    assert await engine.stop() == 0
    verify_book(bank.data)
