import errno
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recordings import writer as writer_module
from recordings.model import CALLER, Ended, Failed, Gap, News, Started
from recordings.recorder import Recorder
from recordings.wav import HEADER_SIZE, SILENCE, Origin
from recordings.writer import DiskWriter

NOW = 5000.0


def origin_of(moment: float | None) -> Origin:
    seconds = NOW if moment is None else moment
    return Origin(round(1e15 + seconds * 1e6), round(seconds * 1e6), b"b" * 16)


@pytest.fixture
def writer() -> Iterator[DiskWriter[str]]:
    writer: DiskWriter[str] = DiskWriter(origin_of)
    yield writer
    writer.finish()


def settle(writer: DiskWriter[str]) -> list[tuple[str, News]]:
    """Wait until the thread has done all that was queued; return the news."""
    done = threading.Event()
    writer.put(done.set)
    assert done.wait(20)
    return writer.take_news()


def audio(path: Path) -> bytes:
    return path.read_bytes()[HEADER_SIZE:]


def test_a_whole_recording(writer: DiskWriter[str], tmp_path: Path) -> None:
    path = tmp_path / "ab" / "r1.wav"
    sink = writer.open("r1", path)
    sink.begin(100.0)
    sink.write(0, b"LR" * 8000)
    sink.report(Gap("caller", 0.5, 0.2, "packets were lost"))
    sink.write(8000, b"LR" * 8000)
    sink.close({"leg": {"lost": 3}})
    news = settle(writer)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert news == [
        ("r1", Started()),
        ("r1", Gap("caller", 0.5, 0.2, "packets were lost")),
        ("r1", Ended(2.0, digest, {"leg": {"lost": 3}})),
    ]
    assert audio(path) == b"LR" * 16_000
    assert writer.unwritten_bytes == 0


def test_a_recording_of_nothing_is_an_empty_file(
    writer: DiskWriter[str], tmp_path: Path
) -> None:
    path = tmp_path / "r1.wav"
    writer.open("r1", path).close({})
    (started, (_, ended)) = settle(writer)
    assert started == ("r1", Started())
    assert isinstance(ended, Ended)
    assert ended.seconds == 0
    assert len(path.read_bytes()) == HEADER_SIZE


def test_a_dead_processs_file_goes_on_with_silence_between(
    writer: DiskWriter[str], tmp_path: Path
) -> None:
    path = tmp_path / "r1.wav"
    dead = writer.open("r1", path)
    dead.begin(100.0)
    dead.write(0, b"ab" * 8000)
    settle(writer)
    sink = writer.open("r1", path)
    sink.begin(103.5)
    sink.write(0, b"cd" * 8000)
    sink.report(Gap("operator", 0.25, 0.5, "packets were lost"))
    sink.close({})
    news = [each for _, each in settle(writer)]
    assert news[:2] == [
        Gap("both", 1.0, 2.5, "the media process was restarted"),
        Gap("operator", 3.75, 0.5, "packets were lost"),
    ]
    assert isinstance(news[2], Ended)
    assert news[2].seconds == 4.5
    assert audio(path) == b"ab" * 8000 + SILENCE * 40_000 + b"cd" * 8000


def test_a_dead_processs_file_can_simply_be_closed(
    writer: DiskWriter[str], tmp_path: Path
) -> None:
    path = tmp_path / "r1.wav"
    dead = writer.open("r1", path)
    dead.begin(100.0)
    dead.write(0, b"ab" * 8000)
    settle(writer)
    writer.open("r1", path).close({})
    ((_, ended),) = settle(writer)
    assert ended == Ended(1.0, hashlib.sha256(path.read_bytes()).hexdigest(), {})


class FullDisk:
    """Lets `os.pwrite` fail as a full disk does, until it is emptied."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self._real: Callable[[int, memoryview, int], int] = os.pwrite
        monkeypatch.setattr(os, "pwrite", self.pwrite)

    def pwrite(self, number: int, data: memoryview, at: int) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._real(number, data, at)


def test_a_full_disk_is_told_once_and_writing_goes_on_when_it_can(
    writer: DiskWriter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    sink = writer.open("r1", tmp_path / "r1.wav")
    sink.begin(100.0)
    sink.write(0, b"ab" * 8000)
    assert settle(writer) == [("r1", Started())]
    disk.is_full = True
    for n in (1, 2, 3):
        sink.write(n * 8000, b"xx" * 8000)
    assert settle(writer) == [("r1", Failed("No space left on device"))]
    disk.is_full = False
    sink.write(32_000, b"cd" * 8000)
    assert settle(writer) == [("r1", Gap("both", 1.0, 3.0, "the disk refused"))]
    assert audio(tmp_path / "r1.wav") == b"ab" * 8000 + SILENCE * 48_000 + b"cd" * 8000
    assert writer.unwritten_bytes == 0


def test_a_disk_that_is_full_from_the_start(
    writer: DiskWriter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    disk.is_full = True
    sink = writer.open("r1", tmp_path / "r1.wav")
    sink.begin(100.0)
    sink.write(0, b"ab" * 8000)
    assert settle(writer) == [("r1", Failed("No space left on device"))]
    disk.is_full = False
    sink.write(8000, b"cd" * 8000)
    assert settle(writer) == [
        ("r1", Started()),
        ("r1", Gap("both", 0.0, 1.0, "the disk refused")),
    ]


def test_a_recording_that_cannot_be_completed_is_told(
    writer: DiskWriter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    sink = writer.open("r1", tmp_path / "r1.wav")
    sink.begin(100.0)
    settle(writer)
    disk.is_full = True
    sink.close({})
    assert settle(writer) == [("r1", Failed("No space left on device"))]


def test_another_file_in_its_place_is_not_touched(
    writer: DiskWriter[str], tmp_path: Path
) -> None:
    path = tmp_path / "r1.wav"
    path.write_bytes(b"a thesis" * 100)
    sink = writer.open("r1", path)
    sink.begin(100.0)
    for n in range(3):
        sink.write(n * 10, b"LR" * 10)
    sink.close({})
    ((_, failed),) = settle(writer)
    assert isinstance(failed, Failed)
    assert "no recording" in failed.reason
    assert path.read_bytes() == b"a thesis" * 100
    assert writer.unwritten_bytes == 0


def test_a_folder_that_cannot_be_made_is_told(writer: DiskWriter[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    sink = writer.open("r1", tmp_path / "file" / "r1.wav")
    sink.begin(100.0)
    ((_, failed),) = settle(writer)
    assert failed == Failed("File exists")


def test_one_recordings_trouble_is_not_anothers(
    writer: DiskWriter[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    bad = writer.open("bad", tmp_path / "file" / "r1.wav")
    good = writer.open("good", tmp_path / "r2.wav")
    for sink in (bad, good):
        sink.begin(100.0)
        sink.write(0, b"LR" * 10)
    news = settle(writer)
    assert [(tag, type(each)) for tag, each in news] == [("bad", Failed), ("good", Started)]
    assert audio(tmp_path / "r2.wav") == b"LR" * 10


def test_a_fault_of_ours_does_not_end_the_thread(
    writer: DiskWriter[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fault() -> None:
        raise ZeroDivisionError

    writer.put(fault)
    sink = writer.open("r1", tmp_path / "r1.wav")
    sink.begin(100.0)
    assert settle(writer) == [("r1", Started())]
    assert "block was lost" in caplog.text


def test_a_disk_that_stalls_costs_bounded_memory_and_is_told(
    writer: DiskWriter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_UNWRITTEN", 3 * 16_000)
    stalled, go_on = threading.Event(), threading.Event()

    def stall() -> None:
        stalled.set()
        go_on.wait(20)

    sink = writer.open("r1", tmp_path / "r1.wav")
    sink.begin(100.0)
    writer.put(stall)
    assert stalled.wait(20)
    for n in range(10):
        sink.write(n * 8000, b"LR" * 8000)
        assert writer.unwritten_bytes <= 3 * 16_000
    go_on.set()
    settle(writer)
    sink.write(80_000, b"LR" * 8000)
    assert settle(writer) == [("r1", Gap("both", 3.0, 7.0, "the disk was too slow"))]
    left = audio(tmp_path / "r1.wav")[0::2]
    assert left == b"L" * 24_000 + SILENCE * 56_000 + b"L" * 8000


def test_with_a_recorder_in_front(writer: DiskWriter[str], tmp_path: Path) -> None:
    recorder = Recorder(writer.open("r1", tmp_path / "r1.wav"))
    now = 100.0
    for n in range(150):
        now += 0.02
        recorder.hear(CALLER, 1, 160 * n, bytes([n]) * 160, now, 1, 0)
        recorder.flush(now)
    recorder.close(now, {})
    settle(writer)
    left = audio(tmp_path / "r1.wav")[0::2]
    assert left == b"".join(bytes([n]) * 160 for n in range(150))


def test_finishing_waits_for_the_disk(tmp_path: Path) -> None:
    writer: DiskWriter[str] = DiskWriter(origin_of)
    sink = writer.open("r1", tmp_path / "r1.wav")
    sink.begin(100.0)
    for n in range(50):
        sink.write(n * 8000, b"LR" * 8000)
    sink.close({})
    assert writer.finish()
    assert [type(each) for _, each in writer.take_news()] == [Started, Ended]


def test_finishing_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FINISH_TIME", 0.05)
    writer: DiskWriter[str] = DiskWriter(origin_of)
    go_on = threading.Event()

    def stall() -> None:
        go_on.wait(20)

    writer.put(stall)
    assert not writer.finish()
    go_on.set()
    writer._thread.join(20)
