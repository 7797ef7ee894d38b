import asyncio
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from callflows.operators import DeskState
from securityline.simulation import staffing
from securityline.simulation.staffing import Seat, SignInRefused, sit
from tests.securityline.web.rig import PASSWORD, House, house

OPERATOR = "op-3"


def seat(server: TestServer, password: str = PASSWORD) -> Seat:
    return Seat(f"http://127.0.0.1:{server.port}", OPERATOR, password)


def state(home: House) -> DeskState | None:
    desk = next((d for who, d in home.switchboard.operators.items() if who == OPERATOR), None)
    return desk.state if desk is not None else None


async def test_he_signs_in_is_ready_and_leaves_when_the_demo_ends(tmp_path: Path) -> None:
    async with house(tmp_path) as home, TestServer(home.app(), host="127.0.0.1") as server:
        told: list[str] = []
        sitting = asyncio.create_task(sit(seat(server), told.append))
        await home.until(lambda: state(home) is DeskState.READY)
        assert told == ["op-3 is signed in and ready"]
        sitting.cancel()
        await asyncio.gather(sitting, return_exceptions=True)
        await home.until(lambda: state(home) is DeskState.SIGNED_OUT)


async def test_he_comes_back_with_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staffing, "RETRY_TIME", 0.01)
    async with house(tmp_path) as home:
        times = asyncio.Semaphore(0)
        server = TestServer(home.app(), host="127.0.0.1")
        await server.start_server()
        where, port = seat(server), server.port
        sitting = asyncio.create_task(sit(where, lambda _words: times.release()))
        async with asyncio.timeout(20):
            await times.acquire()
        await server.close()
        async with TestServer(home.app(), host="127.0.0.1", port=port):
            async with asyncio.timeout(20):
                await times.acquire()
            sitting.cancel()
            await asyncio.gather(sitting, return_exceptions=True)


async def test_a_wrong_password_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as home, TestServer(home.app(), host="127.0.0.1") as server:
        with pytest.raises(SignInRefused, match="op-3 may not sign in"):
            async with asyncio.timeout(20):
                await sit(seat(server, "wrong"), lambda _words: None)
