from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.securityline.web.rig import Browser, House, browser, house


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as opened:
        yield opened


@pytest.fixture
async def desk(home: House) -> AsyncIterator[Browser]:
    """A browser on the desk, nobody signed in yet."""
    async with browser(home.app()) as opened:
        yield opened
