"""The machine under the engine fails: the telephone goes on, and people see what is not saved.

A full disk is a small one that is filled; a disk that refuses every write is a limit on the
size of the engine's files, which bites without the engine being told.
"""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from securityline.logbook.store import FILE_NAME, LogbookStore
from securityline.logbook.verify import verify_book
from securityline.simulation.phone_call import CallState
from securityline.simulation.softphone import Softphone
from tests.crash.estate import Estate
from tests.crash.senders import Senders
from tests.interop.desk import Desk, signed_in
from tests.interop.peers import PATIENCE, Program
from tests.interop.people import PATIENT, PROMPT, dial, reached, telephone

DISK: Final = 24 << 20
BALLAST: Final = 2 << 20
FULL: Final = "the disk is full; the reserve was used"
NOT_SAVED: Final = "the logbook is not saved: "
IN_DUTCH: Final = "NIET BEWAARD"
"How the desk of op-2 says NOT SAVED."


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def estate_on(folder: Path, spool: Path | None) -> Estate:
    """Write what an engine needs, all on one disk but perhaps the spool."""
    bank = Estate(folder, sites=12)
    bank.prepare()
    logbook = f"ballast = {BALLAST}\n" + (f'spool = "{spool}"\n' if spool else "")
    text = bank.config.read_text().replace("ballast = 65536\n", logbook)
    bank.config.write_text(text)
    return bank


def fill(disk: Path) -> Path:
    """Take every octet that is left."""
    filler = disk / f"filler-{len(list(disk.glob('filler*')))}"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * size):
                    pass
    return filler


@contextlib.asynccontextmanager
async def at_work(bank: Estate) -> AsyncIterator[tuple[Desk, Softphone, "Desk"]]:
    """An operator at his desk with his telephone, a carrier, and a second screen to read."""
    async with (
        telephone(bank, "201", PROMPT),
        telephone(bank, None, PATIENT) as carrier,
        signed_in(bank, "op-1") as desk,
        signed_in(bank, "op-2", is_ready=False) as screen,
    ):
        yield desk, carrier, screen


async def a_call_is_answered(bank: Estate, carrier: Softphone, desk: Desk) -> None:
    """An employee dials, an operator answers, they hang up."""
    await desk.press("ready")
    call = dial(carrier, bank)
    await reached(call, CallState.TALKING)
    carrier.hang_up(call)
    await reached(call, CallState.ENDED)


async def reasons(bank: Estate) -> list[str]:
    """Ask the engine what is wrong."""
    async with aiohttp.ClientSession(bank.desk) as session, session.get("/readyz") as answer:
        body: dict[str, Any] = await answer.json()
        return [str(reason) for reason in body.get("reasons", [])]


async def until(bank: Estate, is_so: Callable[[list[str]], bool]) -> list[str]:
    """Ask until it says so."""
    async with asyncio.timeout(PATIENCE):
        while not is_so(found := await reasons(bank)):  # noqa: ASYNC110 - it has no news of it
            await asyncio.sleep(0.05)
    return found


async def alarms(bank: Estate, *sites: int) -> None:
    """Hand in alarms until each is acknowledged."""
    senders = Senders(bank)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(senders.send(site) for site in sites))


async def nobody_acknowledges(bank: Estate, site: int) -> None:
    """Hand in an alarm that no disk takes: it must not be taken for stored."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.0):
            await Senders(bank).send(site)


def sites_in(data: Path) -> set[str]:
    """Return whose alarms are in the log."""
    with closing(LogbookStore(data / FILE_NAME, is_read_only=True)) as store:
        return {e.data["site"] for e in store.read() if e.what == "AlarmReceived"}


async def saved_again(bank: Estate, engine: Program) -> None:
    """Wait until everything is on the disk, then stop, and check the whole log."""
    await until(bank, lambda found: not any(NOT_SAVED in reason for reason in found))
    async with bank.api() as api:
        await api.wait_for("WrittenLate")
    engine.kill(signal.SIGTERM)  # it drains: trees are running …
    async with bank.api() as api:
        await api.wait_for("EngineDraining")
    assert await engine.stop(signal.SIGTERM) == 0  # … and a second word ends it
    verify_book(bank.data)


async def test_a_full_disk_uses_its_reserve_then_the_spool_and_the_telephone_goes_on(
    small_disk: Path, tmp_path: Path
) -> None:
    bank = estate_on(small_disk, tmp_path / "other-disk.spool")
    engine = await bank.start()
    ballast = bank.data / "ballast"
    assert ballast.stat().st_blocks * 512 >= BALLAST, "kept for good, not a hole in a file"
    async with at_work(bank) as (desk, carrier, screen):
        fillers = [fill(small_disk)]
        await alarms(bank, 0, 1)
        await until(bank, lambda found: FULL in found)
        assert not ballast.exists()
        assert not any(NOT_SAVED in reason for reason in await reasons(bank)), (
            "the reserve fits"
        )
        await screen.fragment("de reserve is gebruikt")
        fillers.append(fill(small_disk))
        await alarms(bank, 2, 3, 4, 5)
        await until(bank, lambda found: any(NOT_SAVED in reason for reason in found))
        await a_call_is_answered(bank, carrier, desk)
        await screen.fragment(IN_DUTCH)
        engine.kill(signal.SIGKILL)
        await engine.ended()
    engine = await bank.start()  # on a disk that is still full
    async with at_work(bank) as (desk, carrier, _):
        await a_call_is_answered(bank, carrier, desk)
        await alarms(bank, 6, 7)
        for filler in fillers:
            filler.unlink()
        await saved_again(bank, engine)
    assert sites_in(bank.data) == {f"s{site}" for site in range(8)}


async def test_an_alarm_that_no_disk_takes_is_not_acknowledged(small_disk: Path) -> None:
    bank = estate_on(small_disk, None)
    engine = await bank.start()
    async with at_work(bank) as (desk, carrier, screen):
        await alarms(bank, 0)
        fillers = [fill(small_disk)]
        (bank.data / "ballast").unlink()
        fillers.append(fill(small_disk))
        await nobody_acknowledges(bank, 1)
        await nobody_acknowledges(bank, 2)
        found = await until(bank, lambda found: any("nor is the spool" in x for x in found))
        assert any(NOT_SAVED in reason for reason in found)
        await screen.fragment(IN_DUTCH)
        await a_call_is_answered(bank, carrier, desk)
        for filler in fillers:
            filler.unlink()
        await alarms(bank, 1, 2)
        await saved_again(bank, engine)
    assert sites_in(bank.data) == {"s0", "s1", "s2"}


async def test_a_disk_that_refuses_every_write_stops_no_call(tmp_path: Path) -> None:
    bank = estate_on(tmp_path, None)
    engine = await bank.start()
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    async with at_work(bank) as (desk, carrier, screen):
        await alarms(bank, 0)
        resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
        await nobody_acknowledges(bank, 1)
        await until(bank, lambda found: any(NOT_SAVED in reason for reason in found))
        await screen.fragment(IN_DUTCH)
        await a_call_is_answered(bank, carrier, desk)
        resource.prlimit(engine.process.pid, resource.RLIMIT_FSIZE, unlimited)
        await alarms(bank, 1)
        await saved_again(bank, engine)
    assert sites_in(bank.data) == {"s0", "s1"}


# ---------------------------------------------------------------- when the engine starts


@pytest.fixture
def read_only(small_disk: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a disk that can be made read-only, and a temporary folder of the test's own."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    return small_disk


def remounted(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


async def test_on_a_disk_that_came_up_read_only_the_engine_starts_and_the_phone_goes_on(
    read_only: Path, tmp_path: Path
) -> None:
    bank = estate_on(read_only, None)
    async with bank.running(), at_work(bank) as (_, carrier, _screen):
        call = dial(carrier, bank)
        await reached(call, CallState.TALKING)
        carrier.hang_up(call)
    remounted(read_only, "ro")
    try:
        async with bank.running(), at_work(bank) as (_, carrier, screen):
            call = dial(carrier, bank)
            await reached(call, CallState.TALKING)
            assert str(read_only) in await screen.fragment(IN_DUTCH)
            async with (
                aiohttp.ClientSession() as http,
                http.get(f"{bank.desk}/readyz") as answer,
            ):
                assert answer.status == 503
                assert NOT_SAVED in await answer.text()
            carrier.hang_up(call)
            await reached(call, CallState.ENDED)
        [stand_in] = (tmp_path / "elsewhere").glob("securityline-*")
        verify_book(stand_in)
        with closing(LogbookStore(stand_in / FILE_NAME)) as store:
            offered = [line for line in store.read() if line.what == "CallOffered"]
            assert len(offered) == 2, "it went on from the book as it stood"
        async with bank.running(), at_work(bank):
            pass  # again, from where that one stopped
        with closing(LogbookStore(stand_in / FILE_NAME)) as store:
            starts = [line for line in store.read() if line.what == "EngineStarted"]
            assert len(starts) == 3
    finally:
        remounted(read_only, "rw")
