"""One call, end to end, with phones we did not write: SIPp calls, baresip answers.

What each said is measured with sox in the recording: the right tone in the right channel.
"""

import hashlib
from pathlib import Path

import pytest

from tests.interop.desk import signed_in
from tests.interop.engine import Lab
from tests.interop.peers import Baresip, Program, band_level, raw_alaw, run_sipp, tone

pytestmark = pytest.mark.interop

SCENARIOS = Path(__file__).parent / "scenarios"
CALLER_HZ, OPERATOR_HZ = 700, 1300
HEARD, NOT_HEARD = -35.0, -55.0  # dB of full scale, in a band of 120 Hz


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    return lab


def caller(lab: Lab, folder: Path, *, stay: int = 6000, reinvites: int = 0) -> list[str]:
    """Build an employee's call from the carrier; he says what `folder/caller.al` holds.

    :param stay: milliseconds until he hangs up.
    :param reinvites: he waits for so many re-INVITEs first, and answers them.
    """
    scenario = folder / "caller.xml"
    text = (SCENARIOS / "caller_speaks.xml").read_text()
    answer = (SCENARIOS / "answers_reinvite.xml").read_text()
    text = text.replace("<!-- here he may be re-invited -->", reinvites * answer)
    scenario.write_text(text.replace("STAY", str(stay)))
    return run_sipp(
        scenario,
        f"127.0.0.1:{lab.sip_port}",
        "-i", "127.0.0.1", "-p", str(lab.trunk_port), "-mi", "127.0.0.1",
        "-key", "did", "+3225550100", "-key", "caller", "+32470000004",
        "-m", "1", "-timeout", "60s", "-timeout_error",
        cwd=folder,
    )  # fmt: skip


async def test_a_call_is_shown_answered_bridged_recorded_and_logged(
    lab: Lab, tmp_path: Path
) -> None:
    says = tone(tmp_path / "operator.wav", OPERATOR_HZ)
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", CALLER_HZ))
    async with (
        lab.running(),
        lab.api() as api,
        Baresip.running(
            tmp_path / "phone",
            user="201",
            password=lab.secrets["201"],
            registrar=lab.registrar,
            says=says,
        ) as phone,
        signed_in(lab, "op-1"),
    ):
        sipp = await Program.start("sipp", caller(lab, tmp_path), cwd=tmp_path)
        rang = await phone.event("CALL_ESTABLISHED")
        assert "+32470000004" in rang["peeruri"]
        answered = await api.wait_for("OperatorAnswered")
        assert answered["data"]["operator"] == "op-1"
        assert await sipp.ended() == 0, sipp.story("failed")
        ended = await api.wait_for("RecordingEnded")
        assert (await api.wait_for("CallEnded"))["data"]["ended_by"] == "caller"

        measured = await api.wait_for("LegMeasured")
        assert measured["incident_id"] == ended["incident_id"]
        assert measured["data"]["packets"] > 50
        async with api.session.get("/metrics") as figures:
            assert "securityline_media_jitter_seconds_count" in await figures.text()
        async with api.session.get("/readyz") as ready:  # SIPp answers no OPTIONS
            assert (await ready.json())["media_priority"] in ("fifo", "nice", "normal")

        recording = tmp_path / "recording.wav"
        recording.write_bytes(
            await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}")
        )
        assert hashlib.sha256(recording.read_bytes()).hexdigest() == ended["data"]["sha256"]
        middle = 2.5
        assert band_level(recording, 1, CALLER_HZ, middle, 2) > HEARD
        assert band_level(recording, 2, OPERATOR_HZ, middle, 2) > HEARD
        assert band_level(recording, 1, OPERATOR_HZ, middle, 2) < NOT_HEARD
        assert band_level(recording, 2, CALLER_HZ, middle, 2) < NOT_HEARD
        [call] = await api.get("/api/v1/calls")
        assert (call["organisation"], call["person"]) == ("postes", "m-lambert")
        [incident] = await api.get("/api/v1/incidents?state=open")
        assert incident["incident_id"] == call["incident_id"]

    assert band_level(phone.heard(tmp_path / "phone"), 1, CALLER_HZ, 1.5, 2) > HEARD
