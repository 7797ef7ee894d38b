"""How long a caller waits for the next operator when the phone that rings for him dies.

Measured from the death itself to the INVITE at the next operator's phone, with the product's
own `sip.ring_silence`; what is allowed here leaves room for a machine that does much else.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.interop.engine import Lab
from tests.interop.peers import PATIENCE, Baresip
from tests.interop.people import Log, Telephone, at_the_desk, dial, get_ready, telephone
from tests.securityline.web.chromium import why_not

pytestmark = pytest.mark.interop
RING_SILENCE = 0.8  # seconds, the product's
MOST = 2.0  # seconds; it should be 1 on a machine that does nothing else

Note = Callable[[str, object], None]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, ring_silence=RING_SILENCE)
    lab.prepare()
    return lab


async def rings_at(phone: Telephone, since: float, note: Note) -> float:
    """Wait for the INVITE at the next operator's phone; say how long it took, seconds."""
    async with asyncio.timeout(PATIENCE):
        await phone.until_called()
    took = time.monotonic() - since
    note("seconds_from_death_to_next_ringing", round(took, 3))
    print(f"from death to the next operator's ringing: {took:.3f} s")
    return took


async def test_a_softphone_that_is_killed_while_it_rings(
    lab: Lab, tmp_path: Path, record_property: Note
) -> None:
    async with (
        lab.running(),
        lab.api() as api,
        Log.following(api) as log,
        telephone(lab, None) as carrier,
        telephone(lab, "202") as next_phone,
        at_the_desk(lab, log, "op-2", is_ready=False) as two,
        at_the_desk(lab, log, "op-1"),
        Baresip.running(
            tmp_path / "phone",
            user="201",
            password=lab.secrets["201"],
            registrar=lab.registrar,
            answers="manual",
        ) as phone,
    ):
        caller = dial(carrier, lab)
        await phone.event("CALL_INCOMING")
        await log.until("LegRinging", after=0)
        await get_ready(two, log)
        died = time.monotonic()
        phone.kill(signal.SIGKILL)
        assert await rings_at(next_phone, died, record_property) < MOST
        down = await log.until("StationDown", after=0, operator="op-1")
        assert down["data"]["reason"] == "does not answer OPTIONS"
        carrier.hang_up(caller)
        await log.until("CallAbandoned", after=0)


async def close(page: Any) -> None:
    await page.close()


async def crash(page: Any) -> None:
    from playwright.async_api import Error

    with suppress(Error):  # its process is gone, and nobody answers
        await page.goto("chrome://crash", timeout=1)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Playwright leaves its pipes
@pytest.mark.parametrize("dies", [close, crash])
async def test_a_browser_that_goes_while_it_rings(
    lab: Lab, tmp_path: Path, record_property: Note, dies: Callable[[Any], Any]
) -> None:
    from playwright.async_api import expect

    from tests.interop.test_browser_phone import at_desk, browser, take_phone  # or skips

    async with (
        lab.running(),
        lab.api() as api,
        Log.following(api) as log,
        telephone(lab, None) as carrier,
        telephone(lab, "202") as next_phone,
        at_the_desk(lab, log, "op-2", is_ready=False) as two,
        browser(tmp_path) as opened,
        at_desk(opened, lab) as page,
    ):
        await take_phone(page)
        caller = dial(carrier, lab)
        await expect(page.locator("#phone.offered")).to_be_visible()
        await get_ready(two, log)
        died = time.monotonic()
        await dies(page)
        assert await rings_at(next_phone, died, record_property) < MOST
        await log.until("StationDown", after=0, operator="op-1")
        carrier.hang_up(caller)
        await log.until("CallAbandoned", after=0)
