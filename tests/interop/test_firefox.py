"""Firefox as telephone: a call of SIPp's answered at the desk in it, heard both ways."""

import base64
import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("OpenSSL", reason="the extra `browser` is not installed")
pytest.importorskip("pylibsrtp", reason="the extra `browser` is not installed")
pytest.importorskip("av", reason="PyAV is not installed")

import av

from tests.interop.engine import Lab
from tests.interop.firefox import Firefox, firefox, why_not
from tests.interop.own_network import NoNamespace, own_network
from tests.interop.peers import Program, band_level, raw_alaw, tone
from tests.interop.test_browser_phone import (
    CALLER_HZ,
    HEARD,
    NOT_HEARD,
    OPERATOR_HZ,
    recording_of,
)
from tests.interop.test_one_call import caller

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
F2 = "\ue032"
HEARD_IN_PAGE = """new Promise((done) => {
  const recorder = new MediaRecorder(document.getElementById("line-sound").srcObject);
  recorder.ondataavailable = async ({ data }) => {
    const octets = new Uint8Array(await data.arrayBuffer());
    done(btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join("")));
  };
  recorder.start();
  setTimeout(() => recorder.stop(), 2000);
})"""
"""Two seconds of what the page hears, as Ogg in base64. Firefox has no Web Audio on a machine
without a sound card."""


def as_wav(recorded: bytes, path: Path) -> Path:
    """Write what a browser recorded as WAV, 8 kHz mono."""
    to_8k = av.AudioResampler(format="s16", layout="mono", rate=8000)
    with av.open(io.BytesIO(recorded)) as source, wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        for frame in source.decode(audio=0):
            for part in to_8k.resample(frame):
                file.writeframes(bytes(part.planes[0])[: 2 * part.samples])
    return path


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """An engine's place in a network of its own: Firefox speaks to no loopback address."""
    try:
        with own_network() as address:
            lab = Lab(tmp_path)
            lab.prepare()
            text = lab.config.read_text()
            ours = '[media]\naddress = "127.0.0.1"'
            assert ours in text
            lab.config.write_text(text.replace(ours, f'[media]\naddress = "{address}"'))
            raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ))
            yield lab
    except NoNamespace as error:
        pytest.skip(f"no network namespace here: {error}")


async def sit_down(page: Firefox, lab: Lab) -> None:
    """Sign in, choose this browser as phone, be ready."""
    await page.go(f"{lab.desk}/sign-in?language=en")
    await page.run("document.querySelector('[name=operator]').value = 'op-1'")
    await page.run("document.querySelector('[name=password]').value = 'op-1-password'")
    await page.run("document.querySelector('[name=password]').form.requestSubmit()")
    await page.until("document.querySelector('body.desk:not(.starting):not(.stale) #live .on')")
    # The desk's program runs when it has said how the line is.
    await page.until("document.querySelector('#line-phone .state').textContent")
    await page.run("document.querySelector('[data-do=phone]').click()")
    await page.until("document.querySelector('#line-phone')?.dataset.state === 'up'")
    await page.until("!document.querySelector('#me .dead')")
    await page.press("r")
    await page.until("document.querySelector('#me').dataset.state === 'ready'")


async def test_a_call_is_answered_in_firefox_and_heard_both_ways(
    lab: Lab, tmp_path: Path
) -> None:
    async with lab.running(), lab.api() as api, firefox(tmp_path) as page:
        await sit_down(page, lab)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=9000), cwd=tmp_path)
        await page.until("document.querySelector('#phone.offered')")
        await page.press(F2)
        await page.until("document.querySelector('#phone.talking')")
        heard = as_wav(base64.b64decode(await page.run(HEARD_IN_PAGE)), tmp_path / "heard.wav")
        assert await sipp.ended() == 0, sipp.story("failed")
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "caller"
        recording = await recording_of(api, tmp_path)
    assert band_level(heard, 1, CALLER_HZ, 1, 0.5) > HEARD, "the operator heard the caller"
    assert band_level(recording, 1, CALLER_HZ, 5, 2) > HEARD
    assert band_level(recording, 2, OPERATOR_HZ, 5, 2) > HEARD
    assert band_level(recording, 1, OPERATOR_HZ, 5, 2) < NOT_HEARD
    assert band_level(recording, 2, CALLER_HZ, 5, 2) < NOT_HEARD
