"""The client against a process that only pretends, so that every fault can be had."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sip.media import client as client_module
from sip.media import launch, wire
from sip.media.client import MediaClient, MediaError, NoPortLeft
from sip.media.line import LineDown
from sip.media.protocol import (
    AudioLost,
    DigitHeard,
    FromLeg,
    LegSpec,
    MediaBack,
    MediaDied,
    MediaEvent,
    RecordingEnded,
    RecordingSpec,
)
from tests.sip.media.test_wire import LINE

STUB = str(Path(__file__).with_name("media_stub.py"))
PATIENCE = 20


class Media:
    """A client, what it was told, and what the process heard."""

    def __init__(self, folder: Path, mode: str = "well") -> None:
        self.diary = folder / "diary"
        self.socket = folder / "media.sock"
        self.events: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self.client = MediaClient(
            [sys.executable, STUB, mode, str(self.socket), str(self.diary)],
            self.socket,
            self.events.put_nowait,
        )

    async def event(self, kind: type[Any]) -> Any:
        """Wait for the next event of a kind."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self.events.get()
                if isinstance(event, kind):
                    return event

    async def heard(self, **fields: Any) -> list[dict[str, Any]]:
        """Wait until the process heard such a line; return all it heard."""
        async with asyncio.timeout(PATIENCE):
            while True:
                lines = [json.loads(line) for line in self.diary.read_bytes().splitlines()]
                if any(fields.items() <= line.items() for line in lines):
                    return lines
                await asyncio.sleep(0.005)


@pytest.fixture
async def media(tmp_path: Path) -> AsyncIterator[Media]:
    media = Media(tmp_path)
    await media.client.start()
    yield media
    await media.client.stop()


def leg(leg_id: str = "leg-1", **changes: Any) -> LegSpec:
    values: dict[str, Any] = {"leg_id": leg_id, "call_id": "c", "port": 30_000}
    return LegSpec(**{**values, **changes})


RECORDING = RecordingSpec(recording_id="r1", call_id="c", path="/r1.wav", caller_leg="leg-1")


async def test_it_starts_a_process_and_gives_out_its_ports(media: Media) -> None:
    assert media.client.is_up
    assert media.client.pid is not None
    assert media.client.not_ready() == []
    ports = [media.client.reserve_port() for _ in range(5)]
    assert ports == [30_000, 30_002, 30_004, 30_006, 30_008]
    await media.heard(do="take", port=30_008)


async def test_the_process_is_in_a_session_of_its_own(media: Media) -> None:
    assert media.client.pid is not None
    assert os.getsid(media.client.pid) == media.client.pid != os.getsid(0)


async def test_when_no_port_is_left_it_says_so(media: Media) -> None:
    for _ in range(5):
        media.client.reserve_port()
    with pytest.raises(NoPortLeft):
        media.client.reserve_port()
    assert media.client.not_ready() == ["no RTP port is free"]


async def test_orders_arrive_as_they_were_given(media: Media) -> None:
    spec = leg(remote=("192.0.2.1", 4000), source=FromLeg("leg-2"))
    media.client.put_leg(spec)
    media.client.put_recording(RECORDING)
    media.client.send_digits("leg-1", "5#")
    media.client.drop_leg("leg-1")
    media.client.drop_leg("leg-1")
    media.client.release_port(30_000)
    media.client.release_port(30_000)
    lines = await media.heard(do="release")
    assert [line["do"] for line in lines] == [
        "hello",
        "leg",
        "record",
        "digits",
        "drop",
        "release",
    ]
    assert lines[1]["remote"] == ["192.0.2.1", 4000]
    assert lines[1]["source"] == ["leg", "leg-2"]
    assert await media.event(DigitHeard) == DigitHeard("x", "5", 80)


async def test_ending_what_is_not_recorded_is_nothing(media: Media) -> None:
    media.client.end_recording("r9")
    media.client.put_recording(RECORDING)
    media.client.end_recording("r1")
    ended = await media.event(RecordingEnded)
    assert (ended.recording_id, ended.seconds) == ("r1", 1.5)
    lines = await media.heard(do="end_recording")
    assert [line["recording_id"] for line in lines if line["do"] == "end_recording"] == ["r1"]


async def test_a_dead_process_is_replaced_and_told_everything(media: Media) -> None:
    first = media.client.pid
    media.client.reserve_port()
    kept, dropped = leg("kept", port=30_000), leg("dropped", port=30_002)
    media.client.put_leg(kept)
    media.client.put_leg(dropped)
    media.client.drop_leg("dropped")
    media.client.put_recording(RECORDING)
    await media.heard(do="record")
    media.diary.write_bytes(b"")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await media.event(MediaDied)
    assert not media.client.is_up
    assert media.client.not_ready() == ["the media process is being restarted"]
    # Orders given meanwhile are not lost.
    media.client.put_leg(leg("new", port=media.client.reserve_port()))
    back = await media.event(MediaBack)
    assert back.gap_time > 0
    assert media.client.pid != first
    lines = await media.heard(do="leg", leg_id="new")
    hello, *others = [line for line in lines if line["do"] != "ping"]
    assert {30_000, 30_002} <= set(hello["ports"])
    assert {line.get("leg_id") or line["recording_id"] for line in others} == {
        "kept",
        "new",
        "r1",
    }
    assert set(media.client._ready).isdisjoint(hello["ports"])


async def test_a_recording_that_was_being_ended_is_ended_by_the_next(
    media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.client.put_recording(RECORDING)
    await media.heard(do="record")
    assert media.client.pid is not None
    os.kill(media.client.pid, signal.SIGKILL)
    media.client.end_recording("r1")
    ended = await media.event(RecordingEnded)
    assert ended.recording_id == "r1"


async def test_a_process_that_hangs_is_killed_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PING_TIME", 0.01)
    media = Media(tmp_path, "silent")
    await media.client.start()
    first = media.client.pid
    await media.event(MediaDied)
    await media.event(MediaBack)
    assert first is not None
    assert launch.is_dead(first)
    assert media.client.pid != first
    await media.client.stop()


async def test_a_process_that_answers_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PING_TIME", 0.001)
    # How soon a busy machine answers is not what is tested, but that an answer counts.
    monkeypatch.setattr(client_module, "MAX_UNANSWERED", 10_000)
    media = Media(tmp_path)
    await media.client.start()
    first = media.client.pid
    async with asyncio.timeout(PATIENCE):
        while media.diary.read_bytes().count(b"ping") < 30 or media.client._unanswered:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert media.client.pid == first
    assert media.events.empty()
    await media.client.stop()


async def test_a_process_that_ends_at_once_is_an_error_that_names_its_log(
    tmp_path: Path,
) -> None:
    media = Media(tmp_path, "exit")
    with pytest.raises(MediaError, match=r"ended at once; see .*media\.log"):
        await media.client.start()
    assert "it does not work here" in (tmp_path / "media.log").read_text()
    await media.client.stop()


async def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    client = MediaClient(["/no/such/program"], tmp_path / "s", lambda event: None)
    with pytest.raises(MediaError, match="does not start"):
        await client.start()
    await client.stop()


async def test_a_process_that_never_greets_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "START_TIME", 0.5)
    media = Media(tmp_path, "mute")
    with pytest.raises(MediaError, match="gives no sense"):
        await media.client.start()
    assert media.client.pid is not None
    launch.kill(media.client.pid)
    await launch.bury(media.client.pid, PATIENCE)
    await media.client.stop()


async def test_nonsense_is_left_out_and_the_next_event_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    media = Media(tmp_path, "wild")
    await media.client.start()
    assert await media.event(AudioLost) == AudioLost("x")
    assert "line without sense" in caplog.text
    await media.client.stop()


async def test_an_owner_who_fails_still_gets_the_next_event(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    media = Media(tmp_path)
    seen: list[MediaEvent] = []

    def fail(event: MediaEvent) -> None:
        seen.append(event)
        media.events.put_nowait(event)
        raise ZeroDivisionError

    media.client._on_event = fail
    await media.client.start()
    media.client.send_digits("x", "1")
    media.client.send_digits("x", "2")
    await media.event(DigitHeard)
    await media.event(DigitHeard)
    assert len(seen) == 2
    assert "was not taken" in caplog.text
    await media.client.stop()


async def test_stopping_what_was_never_started_is_nothing(tmp_path: Path) -> None:
    await Media(tmp_path).client.stop()


async def test_stopping_ends_the_process(tmp_path: Path) -> None:
    media = Media(tmp_path)
    await media.client.start()
    pid = media.client.pid
    await media.client.stop()
    assert pid is not None
    assert launch.is_dead(pid)
    assert media.events.empty(), "a wanted end is no death"


async def test_an_engine_that_restarts_leaves_the_process_and_finds_it_again(
    tmp_path: Path,
) -> None:
    media = Media(tmp_path)
    await media.client.start()
    pid = media.client.pid
    await media.client.stop(is_process_ended=False)
    again = Media(tmp_path)
    await again.client.start()
    assert again.client.pid == pid
    assert again.client.adopt().legs == {}
    await again.client.stop()


async def test_what_is_carried_is_adopted_once_and_kept_as_ordered(tmp_path: Path) -> None:
    """A welcome with legs: they are ours until dropped; a later one cannot bring them back."""
    media = Media(tmp_path)
    await media.client.start()
    media.client._carried = None
    welcome = {
        "ready": [30_000, 30_002],
        "legs": [wire.leg_to_plain(leg("old", port=30_000))],
        "recordings": [wire.recording_to_plain(RECORDING)],
    }
    media.client._take_welcome(json.loads(json.dumps(welcome)))
    assert media.client.adopt().legs == {"old": leg("old", port=30_000)}
    assert media.client.adopt().recordings == {"r1": RECORDING}
    assert media.client.legs == {"old": leg("old", port=30_000)}
    media.client.drop_leg("old")
    media.client._take_welcome(json.loads(json.dumps(welcome)))
    await media.heard(do="drop", leg_id="old")
    assert media.client.legs == {}
    await media.client.stop()


async def test_a_line_ends_with_its_process_and_its_owner_is_told(media: Media) -> None:
    media.client.put_line(LINE)
    heard = await media.heard(do="line")
    assert heard[-1]["fingerprint"] == LINE.fingerprint
    assert media.client.pid is not None
    os.kill(media.client.pid, signal.SIGKILL)
    assert await media.event(LineDown) == LineDown(LINE.line_id, "restarted")
    await media.event(MediaBack)
    assert media.client.lines._lines == {}


async def test_a_line_of_our_predecessor_is_adopted_and_one_dropped_meanwhile_dropped(
    tmp_path: Path,
) -> None:
    media = Media(tmp_path)
    await media.client.start()
    media.client._carried = None
    welcome = {
        "ready": [30_002],
        "legs": [],
        "recordings": [],
        "lines": [wire.line_to_plain(LINE)],
        "fingerprint": "sha-256 AB",
    }
    media.client._take_welcome(json.loads(json.dumps(welcome)))
    assert media.client.adopt().lines == {LINE.line_id: LINE}
    assert media.client.fingerprint == "sha-256 AB"
    assert LINE.port in media.client._taken
    media.client.drop_line(LINE.line_id)
    media.client._take_welcome(json.loads(json.dumps(welcome)))
    await media.heard(do="drop_line", line_id=LINE.line_id)
    await media.client.stop()
