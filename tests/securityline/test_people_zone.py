"""A machine whose time zone data are broken still starts, and says in what its times are."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from client_directory.directory import DirectoryHolder
from securityline.people_zone import FAULT, ZONE, people_zone
from securityline.web.reason_words import HEALTH
from securityline.web.reasons import is_known
from tests.client_directory.factory import ACME, write


@pytest.fixture
def zones(tmp_path: Path) -> Iterator[Path]:
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath([str(tmp_path)])
    yield tmp_path
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


def test_times_are_those_of_brussels() -> None:
    zone, fault = people_zone()
    assert (zone.key, fault) == (ZONE, "")


@pytest.mark.parametrize("content", [b"", b"no time zone at all", b"TZif" + bytes(4)])
def test_broken_zones_leave_utc_and_are_said(zones: Path, content: bytes) -> None:
    (zones / ZONE).parent.mkdir()
    (zones / ZONE).write_bytes(content)
    zone, fault = people_zone()
    assert (zone.key, fault) == ("UTC", FAULT)
    assert is_known(HEALTH, fault)
    moment = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert moment.astimezone(zone).utcoffset() == timedelta(0)
    assert moment.astimezone(zone).hour == 12


def test_clients_come_back_by_a_reload_once_the_zones_are_mended(
    zones: Path, tmp_path: Path
) -> None:
    """Their files did not change; what was wrong was the machine."""
    folder = write(tmp_path / "directory", ACME)
    (zones / ZONE).parent.mkdir()
    (zones / ZONE).write_bytes(b"TZif")
    holder = DirectoryHolder(folder, is_partial_allowed=True)
    assert {str(one).split(": ")[1] for one in holder.findings} == {"BAD_TIME"}
    assert not holder.current.organisations
    (zones / ZONE).unlink()
    zoneinfo.reset_tzpath()
    assert not holder.reload()
    assert list(holder.current.organisations) == ["acme"]
