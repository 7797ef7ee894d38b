"""The wall clock is set back an hour, and the time zone data are replaced, under the engine.

libfaketime gives the engine's process a wall clock of its own; its monotonic clock is real.
"""

import asyncio
import re
import shutil
import signal
import zoneinfo
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from aiohttp import ClientSession

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


async def degraded(bank: Estate) -> list[str]:
    """Ask what is broken although calls are taken."""
    found: list[str] = (await readiness(bank))["degraded"]
    return found


async def readiness(bank: Estate) -> dict[str, Any]:
    async with ClientSession(bank.desk) as session, session.get("/readyz") as response:
        found: dict[str, Any] = await response.json()
        return found


async def mended(bank: Estate, *, but: int = 0) -> None:
    """Wait until nothing is broken any more, but for what a new start alone mends."""
    async with asyncio.timeout(PATIENCE):
        while len(await degraded(bank)) > but:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.1)


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
        [said] = await degraded(bank)
        assert re.fullmatch(r"the machine's clock was set back by 36\d\d s at \S+", said)
        async with signed_in(bank, "op-1", is_ready=False) as desk:
            await desk.fragment("horloge de la machine a été reculée de 36")
        await senders.send(RINGS_OUT[1])
    engine.kill(signal.SIGKILL)
    await engine.ended()
    engine = await start(bank, **fake)  # an hour before the end of the log
    async with bank.api() as api:
        await ended(api, 2)
    [said] = await degraded(bank)
    assert re.fullmatch(r"the machine's clock was 3\d\d\d s behind the logbook", said)
    async with signed_in(bank, "op-1", is_ready=False) as desk:
        await desk.fragment("de retard sur la main courante")
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
        # A zone that was read stays as it was read until the next start: nothing is refused.
        await api.wait_for("DirectoryReloaded", after=first["seq"])
        assert await degraded(bank) == []
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
    engine = await start(bank, PYTHONTZPATH=str(folder))
    said = await degraded(bank)
    assert said == [
        "a part of the directory is left out: 2 faults in its files",
        "times are shown in UTC: the time zone data cannot be read",
    ]
    async with signed_in(bank, "op-1", is_ready=False) as desk:
        html = await desk.fragment("une partie de l’annuaire est laissée de côté")
    assert "les heures sont affichées en UTC" in html
    shutil.copy(source, folder / ZONE)
    engine.kill(signal.SIGHUP)
    await mended(bank, but=1)
    engine.kill(signal.SIGTERM)
    assert await engine.stop() == 0


async def test_a_directory_that_is_refused_is_said_at_the_desk_until_a_good_one_is_read(
    bank: Estate,
) -> None:
    engine = await start(bank)
    file = bank.folder / "directory" / "organisations" / "bank.yaml"
    good = file.read_text()
    file.write_text(good + "  - {broken\n")
    async with bank.api() as api, signed_in(bank, "op-1", is_ready=False) as desk:
        engine.kill(signal.SIGHUP)
        await api.wait_for("DirectoryRefused")
        [said] = await degraded(bank)
        assert "the one before stays in force: 1 faults" in said
        await desk.fragment("l’annuaire n’a pas été relu, le précédent reste en vigueur")
        file.write_text(good)
        engine.kill(signal.SIGHUP)
        await mended(bank)
        while "annuaire" in await desk.fragment('id="alarms"'):
            pass
    engine.kill(signal.SIGTERM)
    assert await engine.stop() == 0
