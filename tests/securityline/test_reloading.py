"""What people are told while the files of the directory are not what is in force."""

from pathlib import Path
from typing import Any

import pytest

from client_directory.directory import DirectoryHolder
from securityline.reloading import Reloading
from securityline.web.reason_words import HEALTH
from securityline.web.reasons import is_known, say
from securityline.web.words import WORDS
from tests.client_directory.factory import ACME, write

BROKEN = ACME.replace("country: BE", "country: [")


class Reader:
    """A directory on the disk, and who reads it again."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = write(folder, text)
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.holder = DirectoryHolder(self.folder, is_partial_allowed=True)
        self.reloading = Reloading(
            self.holder, lambda: None, lambda what, data: self.lines.append((what, dict(data)))
        )

    async def read(self, text: str) -> list[str]:
        write(self.folder, text)
        self.reloading.reload()
        await self.reloading.finish()
        return self.reloading.reasons()


async def test_a_refused_directory_is_said_until_a_good_one_is_read(tmp_path: Path) -> None:
    reader = Reader(tmp_path, ACME)
    assert reader.reloading.reasons() == []
    [said] = await reader.read(BROKEN)
    assert said == (
        "the directory was not read again, the one before stays in force: 1 faults in its files"
    )
    assert is_known(HEALTH, said)
    assert len({say(HEALTH, said, WORDS[language]) for language in WORDS}) == 4
    assert await reader.read(BROKEN) == [said]
    assert await reader.read(ACME) == []
    names = [what for what, _ in reader.lines]
    assert names == ["DirectoryRefused", "DirectoryRefused", "DirectoryReloaded"]


async def test_what_is_left_out_at_the_start_is_said_too(tmp_path: Path) -> None:
    """Whoever restarts to be rid of the red bar must not take it for mended."""
    reader = Reader(tmp_path, BROKEN)
    [said] = reader.reloading.reasons()
    assert said == "a part of the directory is left out: 1 faults in its files"
    assert is_known(HEALTH, said)
    assert len({say(HEALTH, said, WORDS[language]) for language in WORDS}) == 4
    assert "stays in force" in (await reader.read(BROKEN))[0]
    assert await reader.read(ACME) == []


async def test_no_banner_names_a_client(tmp_path: Path) -> None:
    """A file is named after its client, and not every operator may know of every client."""
    reader = Reader(tmp_path, BROKEN)
    assert not any("acme" in said.lower() for said in await reader.read(BROKEN))


async def test_files_that_cannot_be_read_at_all_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(tmp_path, ACME)

    def fail() -> None:
        raise OSError("gone")

    monkeypatch.setattr(reader.holder, "reload", fail)
    [said] = await reader.read(ACME)
    assert "stays in force" in said
    assert reader.lines == [("DirectoryRefused", {"findings": ["the files could not be read"]})]
