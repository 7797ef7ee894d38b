"""The browser as telephone: a call of SIPp's answered in a real Chromium, heard both ways.

Chromium's microphone is a file with a tone; what each side hears is measured, in the page and
in the recording.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")

from tests.interop.engine import Api, Lab
from tests.interop.peers import Program, band_level, raw_alaw, tone
from tests.interop.test_desk_browser import Desk, axe, check
from tests.interop.test_one_call import caller
from tests.securityline.web.chromium import chromium, why_not

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
__all__ = ["axe"]  # a fixture
CALLER_HZ, OPERATOR_HZ = 700, 1000
MIC_BLOCKED = (
    "This browser may not use the microphone. Allow it beside the address, then try again."
)
MIC_INSECURE = "The browser gives its microphone only to a desk that is opened with https."
HEARD, NOT_HEARD = -35.0, -55.0  # dB of full scale, in a band of 120 Hz
LOUDEST = """async () => {
  const context = new AudioContext();
  await context.resume();
  const ear = context.createAnalyser();
  ear.fftSize = 8192;
  context.createMediaStreamSource(document.getElementById("line-sound").srcObject).connect(ear);
  await new Promise((done) => setTimeout(done, 1200));
  const found = new Float32Array(ear.frequencyBinCount);
  ear.getFloatFrequencyData(found);
  let best = 2;
  for (let bin = 2; bin < found.length; bin += 1) if (found[bin] > found[best]) best = bin;
  await context.close();
  return best * context.sampleRate / ear.fftSize;
}"""
"Which frequency the page hears most of, in Hz."
LEVEL = """async () => {
  const context = new AudioContext();
  await context.resume();
  const ear = context.createAnalyser();
  ear.fftSize = 8192;
  context.createMediaStreamSource(document.getElementById("line-sound").srcObject).connect(ear);
  await new Promise((done) => setTimeout(done, 1200));
  const heard = new Float32Array(ear.fftSize);
  ear.getFloatTimeDomainData(heard);
  await context.close();
  const power = heard.reduce((sum, one) => sum + one * one, 0) / heard.length;
  return Math.max(-120, 10 * Math.log10(power + 1e-12));
}"""
"How loud it is in the page, in dB of full scale."


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ))
    return lab


@asynccontextmanager
async def browser(folder: Path, hertz: int = OPERATOR_HZ) -> AsyncIterator[Any]:
    """A Chromium whose microphone says one tone for ever."""
    says = tone(folder / f"operator-{hertz}.wav", hertz)
    async with chromium(
        more=[
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={says}",
            "--autoplay-policy=no-user-gesture-required",
        ]
    ) as opened:
        yield opened


@asynccontextmanager
async def at_desk(
    opened: Any, lab: Lab, operator: str = "op-1", script: str = "", address: str = ""
) -> AsyncIterator[Any]:
    """Sign in by the page, and be at the desk.

    :param script: what somebody in between does to the page.
    :param address: where he finds the desk, if not at the engine's own address.
    """
    context = await opened.new_context(locale="en")
    await context.add_init_script(script)
    page = await context.new_page()
    await page.goto(f"{address or lab.desk}/sign-in?language=en")
    await page.fill("[name=operator]", operator)
    await page.fill("[name=password]", f"{operator}-password")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#live")
    try:
        yield page
    finally:
        await context.close()


async def take_phone(page: Any) -> None:
    """Choose this browser as phone, and be ready."""
    from playwright.async_api import expect

    await page.click("[data-do=phone]")
    await expect(page.locator("#line-phone")).to_have_attribute("data-state", "up")
    await expect(page.locator("#me .dead")).to_have_count(0)
    await page.keyboard.press("r")
    await expect(page.locator("#me")).to_have_attribute("data-state", "ready")


async def answer(page: Any) -> None:
    from playwright.async_api import expect

    await expect(page.locator("#phone.offered")).to_be_visible()
    await page.keyboard.press("F2")
    await expect(page.locator("#phone.talking")).to_be_visible()


async def recording_of(api: Api, folder: Path) -> Path:
    ended = await api.wait_for("RecordingEnded")
    path = folder / "recording.wav"
    path.write_bytes(await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}"))
    return path


async def test_a_call_is_answered_in_the_browser_and_heard_both_ways(
    lab: Lab, tmp_path: Path
) -> None:
    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab) as page,
    ):
        await take_phone(page)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=9000), cwd=tmp_path)
        await answer(page)
        assert await page.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
        assert await sipp.ended() == 0, sipp.story("failed")
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "caller"
        recording = await recording_of(api, tmp_path)
    middle = 5.0
    assert band_level(recording, 1, CALLER_HZ, middle, 2) > HEARD
    assert band_level(recording, 2, OPERATOR_HZ, middle, 2) > HEARD
    assert band_level(recording, 1, OPERATOR_HZ, middle, 2) < NOT_HEARD
    assert band_level(recording, 2, CALLER_HZ, middle, 2) < NOT_HEARD


async def test_a_call_is_held_and_taken_back_in_the_browser(lab: Lab, tmp_path: Path) -> None:
    from playwright.async_api import expect

    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab) as page,
    ):
        await take_phone(page)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        await answer(page)
        await page.evaluate(LOUDEST)
        await page.keyboard.press("F8")
        await expect(page.locator("#phone.held")).to_be_visible()
        assert await page.evaluate(LEVEL) < NOT_HEARD, "held, the caller is not heard"
        await page.keyboard.press("F8")
        await expect(page.locator("#phone.talking")).to_be_visible()
        assert await page.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
        await page.keyboard.press("F9")
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "operator"
        sipp.kill()


async def test_mute_keys_and_hanging_up_from_the_page(lab: Lab, tmp_path: Path) -> None:
    from playwright.async_api import expect

    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab) as page,
    ):
        await take_phone(page)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        await answer(page)
        await page.evaluate(LOUDEST)
        await page.keyboard.press("F1")
        await expect(page.locator("#line-phone")).to_have_attribute("data-muted", "true")
        await page.evaluate(LOUDEST)  # 1.2 s
        await page.evaluate(LOUDEST)
        await page.keyboard.press("F1")
        await expect(page.locator("#line-phone")).to_have_attribute("data-muted", "false")
        await page.keyboard.press(".")
        await page.keyboard.press("5")
        pressed = await api.wait_for("DigitPressed")
        assert pressed["data"]["digit"] == "5"
        await page.keyboard.press("Escape")
        await page.keyboard.press("F9")
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "operator"
        await expect(page.locator("#line-phone")).to_have_attribute("data-state", "up")
        length = (await api.wait_for("RecordingEnded"))["data"]["seconds"]
        recording = await recording_of(api, tmp_path)
        sipp.kill()
    starts = [at / 2 for at in range(int(2 * length) - 1)]
    seconds = [band_level(recording, 2, OPERATOR_HZ, at, 0.5) for at in starts]
    assert max(seconds) > HEARD
    assert min(seconds) < NOT_HEARD, "muted, he was not heard"


async def test_a_page_loaded_again_in_mid_call_goes_on_with_it(
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
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=14000), cwd=tmp_path)
        await answer(page)
        await page.reload()
        await expect(page.locator("#line-phone")).to_have_attribute("data-state", "up")
        await expect(page.locator("#phone.talking")).to_be_visible()
        assert await page.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
        assert await sipp.ended() == 0, sipp.story("failed")
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "caller"
        recording = await recording_of(api, tmp_path)
    assert band_level(recording, 2, OPERATOR_HZ, 10.0, 2) > HEARD
    assert band_level(recording, 1, CALLER_HZ, 10.0, 2) > HEARD


async def test_a_browser_that_closes_while_it_rings_is_passed_over_at_once(
    lab: Lab, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab, "op-2") as second,
    ):
        await second.click("[data-do=phone]")
        await expect(second.locator("#line-phone")).to_have_attribute("data-state", "up")
        async with at_desk(opened, lab, "op-1") as first:
            await take_phone(first)
            sipp = await Program.start("sipp", caller(lab, tmp_path), cwd=tmp_path)
            await expect(first.locator("#phone.offered")).to_be_visible()
            await second.keyboard.press("r")
        down = await api.wait_for("StationDown", operator="op-1")
        rang = await api.wait_for("OperatorRang", operator="op-2")
        assert rang["seq"] > down["seq"]
        assert _seconds(rang) - _seconds(down) < 1
        await answer(second)
        await sipp.ended()


def _seconds(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["at"]).timestamp()


async def told(page: Any, sentence: str) -> None:
    """Wait for the sentence in the phone's bar and aloud; and nobody may be rung there."""
    from playwright.async_api import expect

    box = page.locator("#line-phone")
    await expect(box).to_have_attribute("data-state", "failed")
    await expect(box.locator(".state")).to_have_text(sentence)
    await expect(page.locator("#say")).to_have_text(sentence)
    await expect(page.locator("#me .dead")).to_have_count(1)


async def test_a_permission_that_nobody_gives_is_said(lab: Lab, tmp_path: Path) -> None:
    """There is a microphone, and headless Chromium lets nobody grant it."""
    with_microphone = ["--use-fake-device-for-media-stream"]
    async with (
        lab.running(),
        chromium(more=with_microphone) as opened,
        at_desk(opened, lab) as page,
    ):
        await page.click("[data-do=phone]")
        await told(page, MIC_BLOCKED)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NotAllowedError", MIC_BLOCKED),
        ("NotFoundError", "No microphone was found. Plug one in, then try again."),
        ("NotReadableError", "Another program has the microphone. Close it, then try again."),
    ],
)
async def test_why_there_is_no_microphone_is_said_in_a_sentence_of_its_own(
    lab: Lab, tmp_path: Path, error: str, sentence: str
) -> None:
    stub = f"""
      navigator.mediaDevices.getUserMedia = async () => {{
        throw new DOMException("as a browser says it", "{error}");
      }};"""
    async with (
        lab.running(),
        browser(tmp_path) as opened,
        at_desk(opened, lab, script=stub) as page,
    ):
        await page.click("[data-do=phone]")
        await told(page, sentence)


async def test_a_microphone_unplugged_in_mid_call_is_said_and_the_caller_goes_on(
    lab: Lab, tmp_path: Path
) -> None:
    keep = """
      const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
      media.getUserMedia = async (what) => (window.microphone = await ask(what));"""
    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab, script=keep) as page,
    ):
        await take_phone(page)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        await answer(page)
        await page.evaluate("microphone.getTracks()[0].dispatchEvent(new Event('ended'))")
        await told(page, "The microphone was unplugged.")
        await api.wait_for("CallRequeued")
        sipp.kill()


async def test_a_page_without_https_is_said(lab: Lab, tmp_path: Path) -> None:
    """By a name that is no address of this machine the browser gives no microphone at all."""
    elsewhere = ["--host-resolver-rules=MAP desk.test 127.0.0.1"]
    async with lab.running(), chromium(more=elsewhere) as opened:
        address = lab.desk.replace("127.0.0.1", "desk.test")
        async with at_desk(opened, lab, address=address) as page:
            assert await page.evaluate("isSecureContext") is False
            await page.click("[data-do=phone]")
            await told(page, MIC_INSECURE)


async def test_an_engine_that_is_killed_in_mid_call_goes_on_with_the_browser(
    lab: Lab, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    engine = await lab.start()
    async with browser(tmp_path) as opened, at_desk(opened, lab) as page:
        await take_phone(page)
        command = caller(lab, tmp_path, stay=20000, reinvites=1)
        sipp = await Program.start("sipp", command, cwd=tmp_path)
        await answer(page)
        engine.kill()
        await asyncio.wait_for(engine.ended(), 20)
        async with lab.running(), lab.api() as api:
            await expect(page.locator("body:not(.starting) #live .on")).to_be_visible(
                timeout=20_000
            )
            await expect(page.locator("#line-phone")).to_have_attribute("data-state", "up")
            await expect(page.locator("#phone.talking")).to_be_visible()
            assert await page.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
            await page.keyboard.press("F9")
            assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "operator"
            sipp.kill()


async def test_a_refused_fingerprint_is_said_on_the_page(lab: Lab, tmp_path: Path) -> None:
    """Somebody in between changed the description: the browser itself says "connected"."""
    from playwright.async_api import expect

    forge = """
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (text) {
        return send.call(this, text.replace(/sha-256 ..:..:../, "sha-256 00:00:00"));
      };"""
    async with (
        lab.running(),
        browser(tmp_path) as opened,
        at_desk(opened, lab, script=forge) as page,
    ):
        await page.click("[data-do=phone]")
        box = page.locator("#line-phone")
        await expect(box).to_have_attribute("data-state", "failed")
        await expect(box.locator(".state")).to_contain_text("Somebody may be listening")
        await expect(page.locator("#me .dead")).to_have_count(1)


async def test_a_media_process_that_is_killed_gets_the_browser_back(
    lab: Lab, tmp_path: Path
) -> None:
    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab) as page,
    ):
        await take_phone(page)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        await answer(page)
        [media] = [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdecimal() and _is_media_of(folder, lab)
        ]
        os.kill(media, signal.SIGKILL)
        down = await api.wait_for("StationDown", operator="op-1")
        await api.wait_for("StationUp", after=down["seq"], operator="op-1")
        assert await page.evaluate(LOUDEST) == pytest.approx(CALLER_HZ, abs=15)
        await page.keyboard.press("F9")
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "operator"
        sipp.kill()


def _is_media_of(process: Path, lab: Lab) -> bool:
    try:
        command = (process / "cmdline").read_bytes()
    except OSError:
        return False
    return b"securityline.media_process" in command and str(lab.data).encode() in command


async def test_axe_finds_nothing_at_the_browser_phone(
    lab: Lab, tmp_path: Path, axe: str
) -> None:
    async with lab.running(), browser(tmp_path) as opened, at_desk(opened, lab) as page:
        desk = Desk(page)
        await check(desk, axe, "off")
        await take_phone(page)
        await page.keyboard.press(".")
        await check(desk, axe, "up, telephone keys open, the headset's test offered")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Shift+A")
        await check(desk, axe, "the headset's test")
        await page.keyboard.press("F1")
        await check(desk, axe, "muted")
        over = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert over <= 0


async def test_the_newest_page_has_the_phone_and_keeps_it(lab: Lab, tmp_path: Path) -> None:
    from playwright.async_api import expect

    async with lab.running(), browser(tmp_path) as opened, at_desk(opened, lab) as first:
        await take_phone(first)
        second = await first.context.new_page()
        await second.goto(lab.desk)  # this browser was chosen: it connects by itself
        await expect(second.locator("#line-phone")).to_have_attribute("data-state", "up")
        state = first.locator("#line-phone .state")
        await expect(state).to_have_text("Another page of yours has the phone now.")
        await second.reload()
        await expect(second.locator("#line-phone")).to_have_attribute("data-state", "up")
        await expect(state).to_have_text("Another page of yours has the phone now.")


async def test_another_microphone_in_the_middle_of_a_call_and_after_a_reload(
    lab: Lab, tmp_path: Path
) -> None:
    from playwright.async_api import expect

    which = "document.querySelector('[data-device=audioinput]').selectedOptions[0].label"
    asked = """
      const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
      window.asks = [];
      media.getUserMedia = (what) => { window.asks.push(what.audio); return ask(what); };"""
    async with (
        lab.running(),
        lab.api() as api,
        browser(tmp_path) as opened,
        at_desk(opened, lab, script=asked) as page,
    ):
        await take_phone(page)
        choice = page.locator("[data-device=audioinput]")
        await expect(choice).to_be_visible()
        assert await page.evaluate(which) == "the browser's own"
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        await answer(page)
        other = await choice.locator("option").nth(2).inner_text()
        await choice.select_option(label=other)
        await expect(choice).not_to_be_focused()
        await page.wait_for_function("window.asks.length === 2")
        chosen = await choice.input_value()
        assert await page.evaluate("window.asks[1].deviceId.ideal") == chosen
        await page.evaluate(LOUDEST)
        await page.evaluate(LOUDEST)
        await page.keyboard.press("F9")
        length = (await api.wait_for("RecordingEnded"))["data"]["seconds"]
        recording = await recording_of(api, tmp_path)
        sipp.kill()
        await page.reload()
        await expect(page.locator("#line-phone")).to_have_attribute("data-state", "up")
        await expect(choice).to_have_value(chosen)
        assert await page.evaluate("window.asks[0].deviceId.ideal") == chosen
    assert band_level(recording, 2, OPERATOR_HZ, length - 2, 1) > HEARD, "by the other one"
