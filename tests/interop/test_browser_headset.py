"""The test of the headset in a real Chromium: offered at sign-in, by the loudspeaker chosen."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")

from tests.interop.engine import Lab
from tests.interop.peers import Program, raw_alaw, tone
from tests.interop.test_browser_phone import (
    CALLER_HZ,
    OPERATOR_HZ,
    at_desk,
    browser,
    take_phone,
)
from tests.interop.test_one_call import caller
from tests.securityline.web.chromium import why_not

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
TEST_HZ = 600
PAST = """
  window.past = 0; // sounds that went past the element, to whatever loudspeaker there is
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to === this.context.destination) window.past += 1;
    return connect.call(this, to, ...more);
  };"""
PLAYING = """async () => {
  const element = document.getElementById("test-sound");
  if (!element.srcObject || element.paused) return [element.sinkId, 0];
  const context = new AudioContext(), ear = context.createAnalyser();
  ear.fftSize = 8192;
  context.createMediaStreamSource(element.srcObject).connect(ear);
  await new Promise((done) => setTimeout(done, 400));
  const found = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(found);
  const best = found.reduce((at, one, bin) => (bin > 1 && one > found[at] ? bin : at), 2);
  const hertz = found[best] > -60 ? best * context.sampleRate / ear.fftSize : 0;
  await context.close();
  return [element.sinkId, hertz];
}"""
"By which loudspeaker the test is heard, and at which frequency; 0: nothing is heard."


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ))
    return lab


async def heard(page: Any) -> tuple[str, float]:
    """Wait until something of the test is heard: by which loudspeaker, and what."""
    async with asyncio.timeout(20):
        while True:
            sink, hertz = await page.evaluate(PLAYING)
            if hertz:
                return sink, hertz


async def sign_out_and_in(page: Any, operator: str) -> None:
    await page.get_by_role("button", name="Sign out").click()
    await page.fill("[name=operator]", operator)
    await page.fill("[name=password]", f"{operator}-password")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#live")


async def choose_loudspeaker(page: Any, number: int) -> str:
    choice = page.locator("[data-device=audiooutput]")
    label = await choice.locator("option").nth(number).inner_text()
    await choice.select_option(label=label)
    chosen = str(await choice.input_value())
    assert chosen, "another than the browser's own"
    return chosen


async def test_it_is_heard_by_the_loudspeaker_that_was_chosen(lab: Lab, tmp_path: Path) -> None:
    from playwright.async_api import expect

    async with (
        lab.running(),
        browser(tmp_path) as opened,
        at_desk(opened, lab, script=PAST) as page,
    ):
        test = page.locator("#device-test")
        await expect(test).to_be_hidden()
        await take_phone(page)
        await expect(test).to_contain_text("Is your headset right?")
        chosen = await choose_loudspeaker(page, 2)

        await page.keyboard.press("Shift+A")
        await expect(page.locator("#say")).to_contain_text("you hear yourself")
        await expect(page.locator("#mic-level")).to_be_visible()
        await expect(page.locator("#mic-level")).not_to_have_js_property("value", 0)
        sink, hertz = await heard(page)
        assert (sink, hertz) == (chosen, pytest.approx(OPERATOR_HZ, abs=15))

        await test.get_by_role("button", name="Test sound").click()
        sink, hertz = await heard(page)
        assert (sink, hertz) == (chosen, pytest.approx(TEST_HZ, abs=15))

        await test.get_by_role("button", name="Choose another").click()
        await expect(page.locator("[data-device=audioinput]")).to_be_focused()
        other = await choose_loudspeaker(page, 1)
        assert other != chosen
        sink, hertz = await heard(page)
        assert (sink, hertz) == (other, pytest.approx(OPERATOR_HZ, abs=15)), "heard at once"
        callers = await page.evaluate("document.getElementById('line-sound').sinkId")
        assert callers == other, "callers are heard there too"
        assert await page.evaluate("past") == 0


async def test_who_found_it_right_is_asked_at_his_next_sign_in_and_not_before(
    lab: Lab, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    async with lab.running(), browser(tmp_path) as opened, at_desk(opened, lab) as page:
        box, test = page.locator("#line-phone"), page.locator("#device-test")
        await take_phone(page)
        await page.reload()
        await expect(box).to_have_attribute("data-state", "up")
        await expect(test).to_be_visible()
        await page.keyboard.press("Shift+A")
        await page.keyboard.press("Shift+A")  # it is right
        await expect(test).to_be_hidden()
        assert (await page.evaluate(PLAYING))[1] == 0
        await page.reload()
        await expect(box).to_have_attribute("data-state", "up")
        await expect(test).to_be_hidden()
        await page.click("[data-do=hear]")  # by the bar, whenever he likes
        await heard(page)
        await sign_out_and_in(page, "op-1")
        await expect(box).to_have_attribute("data-state", "up")
        await expect(test).to_be_visible()


async def test_a_call_ends_the_test(lab: Lab, tmp_path: Path) -> None:
    from playwright.async_api import expect

    async with lab.running(), browser(tmp_path) as opened, at_desk(opened, lab) as page:
        await take_phone(page)
        await page.keyboard.press("Shift+A")
        await heard(page)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        await expect(page.locator("#phone.offered")).to_be_visible()
        await expect(page.locator("#device-test")).to_be_hidden()
        assert (await page.evaluate(PLAYING))[1] == 0
        sipp.kill()


async def test_a_loudspeaker_that_cannot_be_used_is_said(lab: Lab, tmp_path: Path) -> None:
    """Or the test would be heard, and found right, by the wrong one."""
    from playwright.async_api import expect

    refuse = """
      const turn = HTMLMediaElement.prototype.setSinkId;
      HTMLMediaElement.prototype.setSinkId = function (id) {
        return id ? Promise.reject(new DOMException("", "NotFoundError")) : turn.call(this, id);
      };"""
    async with (
        lab.running(),
        browser(tmp_path) as opened,
        at_desk(opened, lab, script=refuse) as page,
    ):
        await take_phone(page)
        await choose_loudspeaker(page, 2)
        await page.keyboard.press("Shift+A")
        await expect(page.locator("#say")).to_contain_text("cannot be used now")
        assert (await heard(page))[0] == ""


async def test_signing_out_leaves_the_workplace_its_choices_and_the_next_man_no_case(
    lab: Lab, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab) as page,
    ):
        await take_phone(page)
        chosen = await choose_loudspeaker(page, 2)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=1500), cwd=tmp_path)
        await expect(page.locator("#phone.offered")).to_be_visible()
        await page.keyboard.press("F2")
        await api.wait_for("CallEnded")
        shown = "sessionStorage.getItem('shown')"
        assert await page.evaluate(shown)
        await page.reload()
        assert await page.evaluate(shown), "his own reload forgets nothing"
        await sign_out_and_in(page, "op-2")
        await expect(page.locator("#line-phone")).to_have_attribute("data-state", "up")
        await expect(page.locator("[data-device=audiooutput]")).to_have_value(chosen)
        assert not await page.evaluate(shown)
        sipp.kill()
