"""A supervisor whose telephone is a browser: it listens, and its microphone is closed.

Chromium's microphone says a tone without end. While she listens it is in no phone and in no
recording; when she whispers the operator hears it, and the caller does not.
"""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")

from tests.interop.desk import signed_in
from tests.interop.engine import Lab
from tests.interop.peers import Program, band_level
from tests.interop.test_browser_phone import (
    HEARD,
    LOUDEST,
    NOT_HEARD,
    OPERATOR_HZ,
    at_desk,
    browser,
)
from tests.interop.test_one_call import caller
from tests.interop.test_supervisor import MARGIN, TONES, Film, lab, phone, speaks_for
from tests.securityline.web.chromium import why_not

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
__all__ = ["lab"]  # a fixture
HERS = OPERATOR_HZ
"What her microphone says."
MUTED = """() => new Promise((done) => {
  const track = window.__track;
  done(track ? !track.enabled : null);
})"""
KEEP_TRACK = """
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await get(wanted);
    window.__track = stream.getAudioTracks()[0];
    return stream;
  };"""


async def test_she_listens_by_her_browser_and_then_whispers(lab: Lab, tmp_path: Path) -> None:
    from playwright.async_api import expect

    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(lab.running())
        api = await enter(lab.api())
        await enter(phone(lab, tmp_path, "201", "operator"))
        await enter(signed_in(lab, "op-1"))
        (tmp_path / "hers").mkdir()
        opened = await enter(browser(tmp_path / "hers"))
        page = await enter(at_desk(opened, lab, "op-2", KEEP_TRACK))
        await page.click("[data-do=phone]")
        await expect(page.locator("#line-phone")).to_have_attribute("data-state", "up")
        film = Film(api)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        await film.mark("talk", "OperatorAnswered")
        await film.mark("recording", "RecordingStarted")
        await page.locator("#operators [data-do=visit]").click()
        await page.keyboard.press("1")
        await page.keyboard.press("3")
        await expect(page.locator("#phone.visiting")).to_contain_text("nobody hears you")
        await film.mark("listen", "VisitBegun")
        assert await page.evaluate(MUTED), "the browser itself sends silence"
        assert await page.evaluate(LOUDEST) in (
            pytest.approx(TONES["caller"], abs=15),
            pytest.approx(TONES["operator"], abs=15),
        )
        at_operator = max((tmp_path / "operator").glob("dump-*-dec.wav"))
        await speaks_for(at_operator, MARGIN + 2)
        await page.keyboard.press("F7")
        await page.keyboard.press("2")
        await film.mark("whisper", "VisitChanged")
        await expect(page.locator("#phone.visiting")).to_contain_text("the operator alone")
        assert not await page.evaluate(MUTED)
        await speaks_for(at_operator, MARGIN + 3)
        await page.keyboard.press("F9")
        await film.mark("left", "VisitEnded")
        sipp.kill()
        async with signed_in(lab, "op-1") as his:
            [call] = await api.get("/api/v1/calls?state=active")
            await his.press("hang_up", call=call["call_id"])
            ended = await api.wait_for("RecordingEnded")
        file = tmp_path / "recording.wav"
        name = ended["data"]["recording_id"]
        file.write_bytes(await api.fetch(f"/api/v1/recordings/{name}"))
    length = film.at["left"] - film.at["recording"]
    for side in (1, 2):
        assert band_level(file, side, HERS, 0.2, length - 0.4) < NOT_HEARD, "in no recording"
    assert band_level(file, 2, TONES["operator"], 0.5, 1) > HEARD
    listening = film.second("listen", "talk")
    assert band_level(at_operator, 1, HERS, listening, 1.5) < NOT_HEARD
    whispering = film.second("whisper", "talk")
    assert band_level(at_operator, 1, HERS, whispering + 0.5, 1.5) > HEARD
