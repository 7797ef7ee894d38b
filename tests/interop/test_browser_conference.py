"""Calls of more than one operator's browser or of three, each saying another tone.

Who hears which tone is measured at each, and in the recording.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")

from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState, PhoneCall
from tests.interop.engine import Lab
from tests.interop.peers import PATIENCE
from tests.interop.people import (
    AUDIBLE,
    PATIENT,
    Log,
    dial,
    hears,
    pcm_of,
    reached,
    telephone,
)
from tests.interop.test_browser_phone import (
    CALLER_HZ,
    LOUDEST,
    OPERATOR_HZ,
    answer,
    at_desk,
    browser,
    recording_of,
    take_phone,
)
from tests.interop.test_emergency_services import SERVICES
from tests.securityline.sound import RATE, loudness, strength
from tests.securityline.web.chromium import why_not

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
POLICE_HZ = 1500
COLLEAGUE_HZ = 700


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
    """Tell whether just these of the tones are heard."""

    def is_so(heard: bytes) -> bool:
        whole = loudness(heard)
        found = {
            hertz
            for hertz in (CALLER_HZ, OPERATOR_HZ, COLLEAGUE_HZ, POLICE_HZ)
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
        await press(page, "5")
        await hears_keys(caller, "5")
        caller.audio.digits = ""

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
        await press(page, "42")
        await hears_keys(police, "42")
        await hears_keys(caller, "42")
        caller.audio.press("7")
        await log.until("DigitPressed", after=0, digit="7")
        await hears(police, of(OPERATOR_HZ, CALLER_HZ), "both, as before the keys")
        assert police.audio.digits == "42", "a caller's key is meant for us"

        await page.keyboard.press("F9")
        await reached(police, CallState.ENDED)
        await hears(caller, of(OPERATOR_HZ), "the operator, as before")
        await expect(page.locator("#phone.talking")).to_be_visible()
        assert await page.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
        await page.keyboard.press("F9")
        await log.until("CallEnded", after=0)
        await reached(caller, CallState.ENDED)


async def test_a_caller_goes_from_one_browser_to_another(lab: Lab, tmp_path: Path) -> None:
    from playwright.async_api import expect

    async with (
        lab.running(),
        lab.api() as api,
        Log.following(api) as log,
        telephone(lab, None, replace(PATIENT, speech=tone(CALLER_HZ))) as carrier,
        browser(tmp_path) as one,
        browser(tmp_path, COLLEAGUE_HZ) as other,
        at_desk(one, lab) as nadia,
        at_desk(other, lab, "op-2") as tom,
    ):
        await take_phone(nadia)
        caller = dial(carrier, lab)
        await answer(nadia)
        await hears(caller, of(OPERATOR_HZ), "Nadia")
        await take_phone(tom)

        await expect(nadia.locator("#transfer-to button")).to_have_count(2)
        await nadia.keyboard.press("Shift+T")
        await expect(nadia.locator("#prompter .choices button")).to_have_count(2)
        await nadia.keyboard.press("1")  # Tom, talk first
        await answer_in(tom, "consulting")
        await expect(nadia.locator("#phone .transfer")).to_contain_text("You talk with Tom")
        assert await nadia.evaluate(LOUDEST) == pytest.approx(COLLEAGUE_HZ, abs=15)
        assert await tom.evaluate(LOUDEST) == pytest.approx(OPERATOR_HZ, abs=15)
        await hears(caller, lambda heard: not of(OPERATOR_HZ)(heard), "neither of them")

        await nadia.keyboard.press("Shift+T")
        await hears(caller, of(COLLEAGUE_HZ), "Tom")
        await expect(tom.locator("#phone.talking")).to_be_visible()
        assert await tom.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
        await expect(nadia.locator("#phone[data-call]")).to_have_count(0)
        await tom.keyboard.press("F9")
        await reached(caller, CallState.ENDED)
        path = await recording_of(api, tmp_path)
        operators = pcm_of(path, 2)
        heard = [hertz for hertz in spoken(operators) if hertz in (OPERATOR_HZ, COLLEAGUE_HZ)]
        assert heard == [OPERATOR_HZ, COLLEAGUE_HZ]
        assert not log.said("RecordingGap", after=0)
        assert len(log.said("RecordingEnded", after=0)) == 1


async def press(page: Any, keys: str) -> None:
    """Press keys of the browser's telephone."""
    await page.keyboard.press(".")
    for key in keys:
        await page.keyboard.press(key)
    await page.keyboard.press("Escape")


async def hears_keys(call: PhoneCall, keys: str) -> None:
    """Wait until a phone's ear has taken these keys, each once (RFC 4733)."""
    async with asyncio.timeout(PATIENCE):
        await call.audio.until(lambda: call.audio.digits == keys)


async def answer_in(page: Any, state: str) -> None:
    from playwright.async_api import expect

    await expect(page.locator("#phone.offered")).to_be_visible()
    await page.keyboard.press("F2")
    await expect(page.locator(f"#phone.{state}")).to_be_visible()


def spoken(pcm: bytes) -> list[int]:
    """The tones of one side of a recording, one after the other."""
    found: list[int] = []
    for at in range(0, len(pcm) - RATE, RATE):  # half a second
        for hertz in (CALLER_HZ, OPERATOR_HZ, COLLEAGUE_HZ, POLICE_HZ):
            if strength(pcm[at : at + RATE], hertz) > 0.5 and found[-1:] != [hertz]:
                found.append(hertz)
    return found
