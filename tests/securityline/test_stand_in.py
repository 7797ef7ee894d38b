"""A data directory that cannot be written at the start: what the engine works on instead."""

import os
from pathlib import Path

import pytest

from securityline import stand_in
from securityline.config import Config, load_config
from securityline.logbook.store import FILE_NAME


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a directory with a book, which refuses to be written when the test says so."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(stand_in.tempfile, "tempdir", str(tmp_path / "tmp"))
    folder = tmp_path / "data"
    (folder / "recordings").mkdir(parents=True)
    (folder / FILE_NAME).write_text("book")
    (folder / "accounts.db").write_text("accounts")
    (folder / "recordings" / "r1.wav").write_text("long")
    (folder / "ballast").write_text("nothing, and much of it")
    return folder


def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let every write there fail, as a read-only disk does; root would pass a chmod."""
    real = stand_in.tempfile.mkstemp

    def mkstemp(*args: object, **named: object) -> tuple[int, str]:
        if named.get("dir") == folder:
            raise OSError(30, "Read-only file system")
        return real(*args, **named)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(stand_in.tempfile, "mkstemp", mkstemp)


def config(folder: Path) -> Config:
    file = folder.parent / "securityline.toml"
    file.write_text(
        '[[trunks]]\nname = "a"\npeers = ["127.0.0.1:5080"]\n'
        'outbound = "sip:127.0.0.1:5080"\n'
        '[sip]\nlisten = ["udp:127.0.0.1:5060"]\ndomain = "a.test"\n'
        '[media]\naddress = "127.0.0.1"\nports = "20000-29999"\n'
        '[web]\nlisten = "127.0.0.1:8080"\n'
        f'[data]\ndir = "{folder}"\n[directory]\ndir = "{folder.parent}"\n'
    )
    return load_config(file, {})


def test_a_directory_that_can_be_written_is_used_and_nothing_is_said(data: Path) -> None:
    assert stand_in.writable(config(data)) == (config(data), "")
    names = sorted(x.name for x in data.iterdir())
    assert names == ["accounts.db", "ballast", FILE_NAME, "recordings"]


def test_else_a_copy_is_and_the_reason_says_where(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, data)
    used, reason = stand_in.writable(config(data))
    assert used.data.dir != data
    assert (used.data.dir / FILE_NAME).read_text() == "book"
    assert (used.data.dir / "accounts.db").read_text() == "accounts"
    assert not (used.data.dir / "recordings").exists(), "large, and new ones are made"
    assert not (used.data.dir / "ballast").exists(), "the temporary folder may be memory"
    assert used.logbook_settings.ballast == 16 * 2**20
    assert used.recordings_dir == used.data.dir / "recordings"
    assert reason.startswith("the logbook is not saved: ")
    assert str(data) in reason
    assert str(used.data.dir) in reason
    assert used.data.dir.stat().st_mode & 0o777 == 0o700


def test_a_second_start_goes_on_from_where_the_first_stopped(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, data)
    first, _ = stand_in.writable(config(data))
    (first.data.dir / FILE_NAME).write_text("more")
    later = (data / FILE_NAME).stat().st_mtime + 10
    os.utime(first.data.dir / FILE_NAME, (later, later))
    second, _ = stand_in.writable(config(data))
    assert (second.data.dir / FILE_NAME).read_text() == "more"


def test_a_copy_of_long_ago_is_set_aside_and_not_thrown_away(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, data)
    first, _ = stand_in.writable(config(data))
    (first.data.dir / FILE_NAME).write_text("of last month")
    os.utime(first.data.dir / FILE_NAME, (1, 1))
    second, _ = stand_in.writable(config(data))
    assert second.data.dir == first.data.dir
    assert (second.data.dir / FILE_NAME).read_text() == "book"
    kept = [x.read_text() for x in (data.parent / "tmp").rglob(FILE_NAME)]
    assert sorted(kept) == ["book", "of last month"]


def test_somebody_else_s_folder_in_that_place_is_not_used(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, data)
    first, _ = stand_in.writable(config(data))
    folder = first.data.dir
    folder.rename(folder.parent / "moved")
    folder.symlink_to(data.parent)
    with pytest.raises(OSError, match="somebody else"):
        stand_in.writable(config(data))


def test_what_is_too_large_is_left_and_the_phone_goes_on(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, data)
    monkeypatch.setattr(stand_in, "MOST_SHARE", 0.0)
    used, reason = stand_in.writable(config(data))
    assert list(used.data.dir.iterdir()) == []
    assert reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes wherever it likes")
def test_a_folder_that_may_not_be_written_is_such_a_one(data: Path) -> None:
    data.chmod(0o500)
    try:
        used, reason = stand_in.writable(config(data))
    finally:
        data.chmod(0o700)
    assert used.data.dir != data
    assert "ermission" in reason
