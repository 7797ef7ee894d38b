"""The police called from a browser in the middle of a call, then all three together.

Each of the three says another tone; who hears which is measured at each.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")

from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState
from tests.interop.engine import Lab
from tests.interop.peers import PATIENCE
from tests.interop.people import AUDIBLE, PATIENT, Log, dial, hears, reached, telephone
from tests.interop.test_browser_phone import (
    CALLER_HZ,
    LOUDEST,
    OPERATOR_HZ,
    answer,
    at_desk,
    browser,
    take_phone,
)
from tests.interop.test_emergency_services import SERVICES
from tests.securityline.sound import loudness, strength
from tests.securityline.web.chromium import why_not

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
POLICE_HZ = 1500


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    directory = tmp_path / "directory"
    (directory / "services.yaml").write_text(SERVICES)
    client = directory / "organisations" / "postes.yaml"
    own = "services: {police: pz, fire: fire, medical: med}"
    client.write_text(client.read_text().replace("services: {}", own))
    return lab


def of(*there: int) -> Callable[[bytes], bool]:
    """Tell whether just these of the three tones are heard."""

    def is_so(heard: bytes) -> bool:
        whole = loudness(heard)
        found = {
            hertz
            for hertz in (CALLER_HZ, OPERATOR_HZ, POLICE_HZ)
            if whole * math.sqrt(strength(heard, hertz)) > max(AUDIBLE, whole / 50)
        }
        return found == set(there)

    return is_so


async def test_police_from_the_browser_beside_the_caller_then_all_three(
    lab: Lab, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    async with (
        lab.running(),
        lab.api() as api,
        Log.following(api) as log,
        telephone(lab, None, replace(PATIENT, speech=tone(CALLER_HZ))) as carrier,
        browser(tmp_path) as opened,
        at_desk(opened, lab) as page,
    ):
        await take_phone(page)
        caller = dial(carrier, lab)
        await answer(page)
        await hears(caller, of(OPERATOR_HZ), "the operator")

        carrier.behaviour = replace(PATIENT, speech=tone(POLICE_HZ))
        await page.keyboard.press("F10")
        async with asyncio.timeout(PATIENCE):
            police = await carrier.until_called(2)  # the first is the caller's own
        carrier.answer(police)
        await log.until("ServiceAnswered", after=0)
        await hears(police, of(OPERATOR_HZ), "the operator alone")
        assert await page.evaluate(LOUDEST) == pytest.approx(POLICE_HZ, abs=15)

        await page.keyboard.press("F8")
        await hears(caller, of(OPERATOR_HZ, POLICE_HZ), "the operator and the police")
        await hears(police, of(OPERATOR_HZ, CALLER_HZ), "the operator and the caller")

        await page.keyboard.press("F9")
        await reached(police, CallState.ENDED)
        await hears(caller, of(OPERATOR_HZ), "the operator, as before")
        await expect(page.locator("#phone.talking")).to_be_visible()
        assert await page.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
        await page.keyboard.press("F9")
        await log.until("CallEnded", after=0)
        await reached(caller, CallState.ENDED)
