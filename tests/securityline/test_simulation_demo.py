import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from securityline.simulation import demo
from securityline.simulation.child import Child, ChildDied
from securityline.simulation.control import ControlDoor, Message
from securityline.simulation.demo_data import DemoData, DemoError, prepare
from securityline.simulation.demo_words import introduction
from securityline.simulation.world import DOOR


@pytest.fixture
def data(tmp_path: Path) -> DemoData:
    return prepare(tmp_path / "demo", {})


# ---------------------------------------------------------------- what it prints


def test_everything_a_visitor_needs_is_printed(data: DemoData) -> None:
    free = data.account("op-5")
    text = introduction(data, free, ".venv/bin/securityline simulate", "")
    assert data.desk in text
    assert data.token in text
    for account in data.accounts:
        assert account.desk_password in text
    assert f"password {free.phone_password}" in text
    assert "user name 205" in text
    assert "127.0.0.1:5060, UDP" in text
    assert "realm securityline.example" in text
    assert ".venv/bin/securityline simulate call --did +3225550100 --from +32470000001" in text
    assert "on this machine" in text
    assert "Nobody ready?" in text
    assert max(map(len, text.splitlines())) <= 96


def test_only_the_free_phone_s_password_is_printed(data: DemoData) -> None:
    text = introduction(data, data.account("op-2"), "simulate", "")
    printed = [a.operator.operator for a in data.accounts if a.phone_password in text]
    assert printed == ["op-2"]
    assert "202, yours" in text
    assert "205, pretend" in text


def test_a_staffed_demo_says_who_sits_there(data: DemoData) -> None:
    text = introduction(data, data.account("op-5"), "simulate", "Sofie (op-3)")
    assert "Sofie (op-3) sits at the desk too" in text
    assert "Nobody ready?" not in text


def test_a_desk_on_the_network_is_said_so(tmp_path: Path) -> None:
    data = prepare(tmp_path / "demo", {"SECURITYLINE_SIP_LISTEN": "udp:192.0.2.7:5060"})
    text = introduction(data, data.account("op-5"), "simulate", "")
    assert "on this network" in text
    assert "192.0.2.7:5060, UDP" in text


# ---------------------------------------------------------------- is the engine ready


@asynccontextmanager
async def engine(*answers: tuple[int, dict[str, object]]) -> AsyncIterator[str]:
    """Answer /readyz with each of these in turn, then always with the last."""
    waiting = list(answers)

    async def readyz(_request: web.Request) -> web.Response:
        status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_get("/readyz", readyz)
    async with TestServer(app, host="127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}"


NOT_YET: tuple[int, dict[str, object]] = (503, {"reasons": ["trunk carrier-a does not answer"]})


async def test_it_waits_until_calls_can_be_taken() -> None:
    async with engine(NOT_YET, NOT_YET, (200, {"reasons": []})) as desk:
        assert await demo.why_not_ready(desk, 20) == []


async def test_it_names_why_calls_cannot_be_taken() -> None:
    async with engine(NOT_YET) as desk:
        assert await demo.why_not_ready(desk, 0) == ["trunk carrier-a does not answer"]
    async with engine((503, {})) as desk:
        assert await demo.why_not_ready(desk, 0) == ["it does not say why"]


# ---------------------------------------------------------------- one at a time


def test_one_demo_at_a_time_has_a_folder(tmp_path: Path) -> None:
    with (
        demo._alone(tmp_path),
        pytest.raises(DemoError, match=f"a demo is running already in {tmp_path}"),
        demo._alone(tmp_path),
    ):
        pass
    with demo._alone(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError, match="file: "), demo._alone(tmp_path / "file"):
        pass


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--free", "op-9"], 1, "there is no operator op-9"),
        (["--data", "FILE"], 1, "FILE: "),
        (["--nonsense"], 2, "unrecognized arguments"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    words: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "FILE").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["demo", *words])
    monkeypatch.setattr(demo, "taken_ports", lambda _data: [])
    with pytest.raises(SystemExit) as left:
        demo.main()
    assert left.value.code == status
    assert said in capsys.readouterr().err


def test_a_wrong_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["demo"])
    monkeypatch.setenv("SECURITYLINE_MEDIA_PORTS", "many")
    with pytest.raises(SystemExit) as left:
        demo.main()
    assert left.value.code == 2
    assert "SECURITYLINE_MEDIA_PORTS" in capsys.readouterr().err


# ---------------------------------------------------------------- what it watches over


@pytest.mark.parametrize(("attempts", "status"), [([], 0), (["112"], 3)])
async def test_a_run_in_which_an_emergency_number_was_dialled_has_failed(
    data: DemoData,
    attempts: list[str],
    status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def tell(_request: Message) -> AsyncGenerator[Message]:
        yield {"emergency_attempts": attempts}

    mine = demo.Demo(data, demo.Options(folder=data.folder))
    door = ControlDoor(data.folder / "world" / DOOR, tell)
    await door.open()
    try:
        assert await mine._verdict() == status
    finally:
        await door.close()
    assert ("EMERGENCY NUMBERS WERE DIALLED: 112" in capsys.readouterr().out) == bool(attempts)


async def test_an_engine_that_cannot_live_is_given_up(
    data: DemoData, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = demo.Demo(data, demo.Options(folder=data.folder))
    mine._engine = Child(
        "the engine", [sys.executable, "-c", "exit(9)"], environment=os.environ
    )
    async with asyncio.timeout(60):
        with pytest.raises(ChildDied, match=r"the engine ended with 9, 3 times in a row"):
            await mine._watch(mine._engine)
    assert capsys.readouterr().out.count("starting it again") == 2
