import hashlib
import os
from pathlib import Path

import pytest

from recordings.file import NotOurs, RecordingFile
from recordings.wav import HEADER_SIZE, SILENCE, Origin, frames_in, read_origin

BOOT = b"b" * 16


def origin(seconds: float) -> Origin:
    return Origin(round(1e15 + seconds * 1e6), round(seconds * 1e6), BOOT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ab" / "r1.wav"


def audio(path: Path) -> bytes:
    return path.read_bytes()[HEADER_SIZE:]


def declared_size(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[HEADER_SIZE - 4 : HEADER_SIZE], "little")


def test_a_new_file_is_made_with_its_folder(path: Path) -> None:
    file = RecordingFile(path)
    assert file.open(origin(10)) is None
    assert read_origin(path.read_bytes()) == origin(10)
    assert (path.stat().st_mode & 0o777) == 0o640
    file.shut()


def test_it_is_whole_after_every_block(path: Path) -> None:
    file = RecordingFile(path)
    file.open(origin(10))
    for n in range(3):
        assert file.write(n * 4, b"LRLRLRLR") == 0
        assert audio(path) == b"LRLRLRLR" * (n + 1)
        assert declared_size(path) == 8 * (n + 1)
    assert file.seconds == pytest.approx(12 / 8000)
    file.shut()


def test_a_block_further_on_is_preceded_by_silence(path: Path) -> None:
    file = RecordingFile(path)
    file.open(origin(10))
    file.write(0, b"ab")
    assert file.write(80_001, b"cd") == 10.0
    assert audio(path) == b"ab" + SILENCE * 160_000 + b"cd"
    file.shut()


def test_a_closed_file_is_hashed_as_it_lies(path: Path) -> None:
    file = RecordingFile(path)
    file.open(origin(10))
    file.write(0, b"LR" * 1000)
    assert file.close() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_empty_recording_has_a_hash_too(path: Path) -> None:
    file = RecordingFile(path)
    file.open(origin(10))
    assert file.close() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert frames_in(path.stat().st_size) == 0


def test_a_file_of_a_dead_process_is_continued_at_the_right_place(path: Path) -> None:
    dead = RecordingFile(path)
    dead.open(origin(10))
    dead.write(0, b"ab" * 8000)
    dead.shut()
    file = RecordingFile(path)
    assert file.open(origin(13)) == (1.0, 2.0)
    assert file.place(0) == 3.0
    assert file.write(0, b"cd" * 8000) == 0
    assert audio(path) == b"ab" * 8000 + SILENCE * 32_000 + b"cd" * 8000
    assert read_origin(path.read_bytes()) == origin(10), "the beginning stays the beginning"
    file.shut()


def test_a_clock_set_back_between_folds_nothing(path: Path) -> None:
    dead = RecordingFile(path)
    dead.open(origin(10))
    dead.write(0, b"ab" * 8000)
    dead.shut()
    file = RecordingFile(path)
    rebooted = Origin(origin(2).wall, 5, b"x" * 16)
    assert file.open(rebooted) == (1.0, 0.0)
    file.write(0, b"cd")
    assert audio(path) == b"ab" * 8000 + b"cd"
    file.shut()


def test_a_header_torn_by_a_crash_is_begun_anew(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"RIFF\x00")
    file = RecordingFile(path)
    assert file.open(origin(10)) is None
    assert read_origin(path.read_bytes()) == origin(10)
    file.shut()


def test_half_a_sample_left_by_a_crash_is_written_over(path: Path) -> None:
    dead = RecordingFile(path)
    dead.open(origin(10))
    dead.write(0, b"abab")
    dead.shut()
    with path.open("ab") as tail:
        tail.write(b"x")
    file = RecordingFile(path)
    file.open(origin(10))
    file.write(0, b"cd")
    assert audio(path) == b"ababcd"
    file.shut()


def test_a_file_of_somebody_else_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"somebody's thesis" * 100)
    with pytest.raises(NotOurs, match="is no recording"):
        RecordingFile(path).open(origin(10))
    assert path.read_bytes() == b"somebody's thesis" * 100


def test_a_link_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    path.parent.mkdir()
    path.symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        RecordingFile(path).open(origin(10))
    assert not target.exists()


def test_a_write_that_takes_only_part_is_completed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = RecordingFile(path)
    file.open(origin(10))
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda number, data, at: real(number, data[:3], at))
    file.write(0, b"LRLRLRLRLR")
    monkeypatch.undo()
    assert audio(path) == b"LRLRLRLRLR"
    file.shut()


def test_no_descriptor_is_left_behind(path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        file = RecordingFile(path)
        file.open(origin(10))
        file.close()
    assert len(os.listdir("/proc/self/fd")) == before
