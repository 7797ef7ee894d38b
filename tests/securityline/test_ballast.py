"""The reserve for a full disk: all of it, or what a small disk can spare, and that is said."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from securityline.logbook.ballast import MIB, Ballast
from securityline.web.reason_words import HEALTH
from securityline.web.reasons import is_known
from tests.securityline.books import running


class Disk:
    """A disk with so much room, as the system counts it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.free = 0
        self.file = folder / "ballast"
        monkeypatch.setattr("os.statvfs", self._statvfs)

    def _statvfs(self, _path: Path) -> object:
        return SimpleNamespace(f_bavail=self.free // 512, f_frsize=512)

    def kept(self) -> int:
        return self.file.stat().st_blocks * 512 if self.file.exists() else 0


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Disk:
    return Disk(monkeypatch, tmp_path)


def test_where_there_is_room_all_of_it_is_kept(disk: Disk, tmp_path: Path) -> None:
    disk.free = 32 * MIB
    ballast = Ballast(tmp_path, 8 * MIB)
    assert ballast.take_on()
    assert disk.kept() >= 8 * MIB
    assert ballast.fault() == ""


def test_a_small_disk_gives_a_quarter_of_its_room_and_it_is_said(
    disk: Disk, tmp_path: Path
) -> None:
    disk.free = 15 * MIB
    ballast = Ballast(tmp_path, 8 * MIB)
    assert not ballast.take_on()
    assert disk.file.stat().st_size == 3 * MIB
    said = ballast.fault()
    assert said == (
        "the reserve for a full disk is 3 MiB instead of 8 MiB: the disk has little room"
    )
    assert is_known(HEALTH, said)
    disk.free = 10 * MIB  # fuller: what is held is for exactly that
    assert not ballast.take_on()
    assert disk.file.stat().st_size == 3 * MIB
    disk.free = 29 * MIB  # somebody made room: with what is held, four times as much
    assert ballast.take_on()
    assert disk.kept() >= 8 * MIB
    assert ballast.fault() == ""


def test_below_the_floor_there_is_none_and_it_is_said(disk: Disk, tmp_path: Path) -> None:
    disk.free = 4 * MIB - 512
    ballast = Ballast(tmp_path, 8 * MIB)
    assert not ballast.take_on()
    assert not disk.file.exists()
    assert ballast.fault() == "there is no reserve for a full disk: the disk has no room for it"
    assert is_known(HEALTH, ballast.fault())


def test_a_disk_that_fills_up_meanwhile_keeps_what_was_held(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.free = 16 * MIB
    ballast = Ballast(tmp_path, 8 * MIB)
    ballast.take_on()
    disk.free = 64 * MIB

    def fail(file: int, _offset: int, _octets: int) -> None:
        os.ftruncate(file, 6 * MIB)  # it got so far
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", fail)
    assert not ballast.take_on()
    assert disk.file.stat().st_size == 4 * MIB


def test_the_file_stays_from_start_to_start(disk: Disk, tmp_path: Path) -> None:
    disk.free = 32 * MIB
    Ballast(tmp_path, 8 * MIB).take_on()
    before = disk.file.stat()
    disk.free = 0
    again = Ballast(tmp_path, 8 * MIB)
    assert again.take_on()
    assert disk.file.stat().st_mtime_ns == before.st_mtime_ns, "not written again"


def test_who_wants_none_hears_of_none(disk: Disk, tmp_path: Path) -> None:
    ballast = Ballast(tmp_path, 0)
    assert ballast.take_on()
    assert ballast.fault() == ""


def test_given_up_it_says_so_until_some_of_it_is_taken_on_again(
    disk: Disk, tmp_path: Path
) -> None:
    disk.free = 32 * MIB
    ballast = Ballast(tmp_path, 8 * MIB)
    ballast.take_on()
    assert ballast.drop()
    assert (ballast.is_used, ballast.fault()) == (True, "")
    disk.free = 0
    ballast.take_on()
    assert ballast.is_used
    disk.free = 8 * MIB
    ballast.take_on()
    assert not ballast.is_used
    assert "2 MiB instead of 8 MiB" in ballast.fault()


async def test_the_book_tells_it_as_a_concern_not_as_a_reason_to_be_taken_away(
    disk: Disk, tmp_path: Path
) -> None:
    disk.free = 15 * MIB
    async with running(tmp_path, ballast=8 * MIB) as book:
        assert book.problems() == []
        assert "3 MiB instead of 8 MiB" in book.concerns()[0]


def test_the_default_does_not_hold_the_start_up(tmp_path: Path) -> None:
    """256 MiB are reserved, not written: a hundred times what it takes, or skipped."""
    disk = os.statvfs(tmp_path)
    if disk.f_bavail * disk.f_frsize < 1024 * MIB:
        pytest.skip("the disk is too small to measure on")
    ballast = Ballast(tmp_path, 256 * MIB)
    begin = time.monotonic()
    assert ballast.take_on()
    took = time.monotonic() - begin
    assert ballast.drop()
    assert took < 1.0
