"""A supervisor on a call, with phones we did not write: SIPp calls, two baresips, a Chromium.

Each says a tone of its own. What each phone heard, and what stands in the recording, is
measured with sox: listening, a whisper, barging in, and taking over with a `kill -9` between.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.interop.desk import Desk, signed_in
from tests.interop.engine import OPERATORS, Api, Lab
from tests.interop.peers import PATIENCE, Baresip, Program, band_level, raw_alaw, tone
from tests.interop.test_one_call import caller

pytestmark = pytest.mark.interop

TONES = {"caller": 700, "operator": 1300, "supervisor": 2100}
HEARD, NOT_HEARD = -35.0, -55.0  # dB of full scale, in a band of 120 Hz
MARGIN, LENGTH = 0.5, 1.0  # seconds after a change, and that are measured


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path)
    lab.prepare()
    first, second = OPERATORS.rsplit("role: operator", 1)
    (tmp_path / "directory" / "operators.yaml").write_text(f"{first}role: supervisor{second}")
    raw_alaw(tmp_path / "caller.al", tone(tmp_path / "caller.wav", TONES["caller"]))
    return lab


@asynccontextmanager
async def phone(lab: Lab, folder: Path, user: str, who: str) -> AsyncIterator[Baresip]:
    """A softphone that says its tone and picks up by itself."""
    says = tone(folder / f"{who}.wav", TONES[who])
    async with Baresip.running(
        folder / who,
        user=user,
        password=lab.secrets[user],
        registrar=lab.registrar,
        says=says,
    ) as opened:
        yield opened


class Film:
    """What happened when, on the clock of the recording."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.at: dict[str, float] = {}

    async def mark(self, name: str, what: str, **fields: Any) -> dict[str, Any]:
        line = await self.api.wait_for(what, **fields)
        self.at[name] = datetime.fromisoformat(line["at"]).timestamp()
        return line

    def second(self, name: str, since: str) -> float:
        """Seconds of the file that began at `since`, a moment after `name`."""
        return self.at[name] - self.at[since] + MARGIN


async def speaks_for(heard: Path, seconds: float) -> None:
    """Wait until a phone has written down so many more seconds of what it hears."""
    wanted = heard.stat().st_size + int(seconds * 8000 * 2)
    async with asyncio.timeout(PATIENCE):
        while heard.stat().st_size < wanted:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.05)


def measured(path: Path, channel: int, start: float) -> set[str]:
    """Whose tones stand in that second; each must be clearly there or clearly not."""
    levels = {n: band_level(path, channel, hz, start, LENGTH) for n, hz in TONES.items()}
    assert all(x > HEARD or x < NOT_HEARD for x in levels.values()), levels
    return {name for name, level in levels.items() if level > HEARD}


async def act(desk: Desk, call: str, mode: str) -> None:
    await desk.press("visit", call=call, mode=mode, why="training")


async def test_who_hears_whom_on_real_phones_and_in_the_recording(
    lab: Lab, tmp_path: Path
) -> None:
    async with (
        lab.running(),
        lab.api() as api,
        phone(lab, tmp_path, "201", "operator") as operator,
        phone(lab, tmp_path, "202", "supervisor") as supervisor,
        signed_in(lab, "op-1"),
        signed_in(lab, "op-2", is_ready=False) as hers,
    ):
        film = Film(api)
        sipp = await Program.start("sipp", caller(lab, tmp_path, stay=60000), cwd=tmp_path)
        call = (await film.mark("talk", "OperatorAnswered"))["data"]["call_id"]
        await film.mark("recording", "RecordingStarted")
        await act(hers, call, "listen")
        await film.mark("listen", "VisitBegun")
        await supervisor.event("CALL_ESTABLISHED")
        at_operator, at_hers = (
            operator.heard(tmp_path / "operator"),
            supervisor.heard(tmp_path / "supervisor"),
        )
        for mode in ("whisper", "barge"):
            await speaks_for(at_hers, MARGIN + 2 * LENGTH)
            await act(hers, call, mode)
            await film.mark(mode, "VisitChanged", mode=mode)
        await speaks_for(at_hers, MARGIN + 2 * LENGTH)
        await act(hers, call, "take_over")
        await film.mark("take_over", "CallTakenOver")
        await operator.event("CALL_CLOSED")
        await speaks_for(at_hers, MARGIN + 2 * LENGTH)
        await hers.press("hang_up", call=call)
        ended = await api.wait_for("RecordingEnded")
        await supervisor.event("CALL_CLOSED")
        sipp.kill()
        file = tmp_path / "recording.wav"
        file.write_bytes(await api.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}"))
    answers = {
        "listen": {"operator"},
        "whisper": {"operator"},
        "barge": {"operator", "supervisor"},
        "take_over": {"supervisor"},
    }
    for mode, answer in answers.items():
        at = film.second(mode, "recording")
        assert measured(file, 1, at) == {"caller"}, f"left, {mode}"
        assert measured(file, 2, at) == answer, f"what the caller hears, {mode}"
    told = {
        "listen": {"caller"},
        "whisper": {"caller", "supervisor"},
        "barge": {"caller", "supervisor"},
    }
    for mode, heard in told.items():
        assert measured(at_operator, 1, film.second(mode, "talk")) == heard, mode
    for mode in ("listen", "whisper", "barge"):
        both = measured(at_hers, 1, film.second(mode, "listen"))
        assert both == {"caller", "operator"}, mode
    assert measured(at_hers, 1, film.second("take_over", "listen")) == {"caller"}


async def test_the_engine_is_killed_while_she_listens_and_nobody_hears_her(
    lab: Lab, tmp_path: Path
) -> None:
    engine = await lab.start()
    async with (
        phone(lab, tmp_path, "201", "operator") as operator,
        phone(lab, tmp_path, "202", "supervisor") as supervisor,
    ):
        async with (
            lab.api() as api,
            signed_in(lab, "op-1"),
            signed_in(lab, "op-2", is_ready=False) as hers,
        ):
            sipp = await Program.start(
                "sipp", caller(lab, tmp_path, stay=60000, reinvites=1), cwd=tmp_path
            )
            call = (await api.wait_for("OperatorAnswered"))["data"]["call_id"]
            await act(hers, call, "listen")
            await api.wait_for("VisitBegun")
            await supervisor.event("CALL_ESTABLISHED")
            at_hers = supervisor.heard(tmp_path / "supervisor")
            await speaks_for(at_hers, LENGTH)
            engine.kill()
            await asyncio.wait_for(engine.ended(), 20)
        async with lab.running(), lab.api() as api:
            await speaks_for(at_hers, MARGIN + 2 * LENGTH)
            async with signed_in(lab, "op-2", is_ready=False) as again:
                await again.fragment('data-act="leave"')
                await again.press("leave")
                assert (await api.wait_for("VisitEnded"))["data"]["reason"] == "he left"
                await supervisor.event("CALL_CLOSED")
            async with signed_in(lab, "op-1") as his:
                await his.press("hang_up", call=call)
                ended = await api.wait_for("RecordingEnded")
            sipp.kill()
            file = tmp_path / "recording.wav"
            name = ended["data"]["recording_id"]
            file.write_bytes(await api.fetch(f"/api/v1/recordings/{name}"))
            length = ended["data"]["seconds"]
    at_operator = operator.heard(tmp_path / "operator")
    for second in range(1, int(length) - 2):
        assert "supervisor" not in measured(file, 2, second), second
    assert band_level(at_operator, 1, TONES["supervisor"], 1, length - 2) < NOT_HEARD
    assert measured(at_hers, 1, -LENGTH - MARGIN) == {"caller", "operator"}
