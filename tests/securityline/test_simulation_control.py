import asyncio
import json
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from securityline.simulation.control import (
    LONGEST_LINE,
    ControlDoor,
    ControlError,
    Handler,
    Message,
    ask,
    write_private,
)


@asynccontextmanager
async def open_door(file: Path, handler: Handler) -> AsyncIterator[ControlDoor]:
    door = ControlDoor(file, handler)
    await door.open()
    try:
        yield door
    finally:
        await door.close()


async def echo(request: Message) -> AsyncGenerator[Message]:
    if request.get("do") == "fail":
        raise ControlError("it cannot be done")
    for number in range(int(request.get("times", 1))):
        yield {"number": number, **request}


async def answers(file: Path, request: Message) -> list[Message]:
    return [message async for message in ask(file, request)]


def address(file: Path) -> Message:
    """Read where the door is, as its owner may."""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = json.loads(file.read_text())
    assert isinstance(found, dict)
    return found


async def knock(file: Path, line: bytes) -> bytes:
    """Send one raw line; return all that comes back."""
    where = address(file)
    reader, writer = await asyncio.open_connection(where["host"], where["port"])
    writer.write(line)
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "world.json"


async def test_a_visitor_is_answered_as_often_as_it_takes(file: Path) -> None:
    async with open_door(file, echo):
        found = await answers(file, {"do": "count", "times": 3})
        assert [message["number"] for message in found] == [0, 1, 2]
        assert all("token" not in message for message in found)


async def test_what_cannot_be_done_is_told_as_the_handler_put_it(file: Path) -> None:
    async with open_door(file, echo):
        with pytest.raises(ControlError, match="it cannot be done"):
            await answers(file, {"do": "fail"})


async def test_only_the_owner_can_read_where_the_door_is(file: Path) -> None:
    async with open_door(file, echo):
        assert address(file)["host"] == "127.0.0.1"
    with pytest.raises(FileNotFoundError):
        address(file)


@pytest.mark.parametrize(
    "line",
    [
        b'{"do": "count"}\n',
        b'{"do": "count", "token": "wrong"}\n',
        b'{"do": "count", "token": 7}\n',
        b'{"do": "count", "token": "\\ud800"}\n',
        b"[]\n",
        b"nonsense\n",
        b"[" * 30_000 + b"\n",
        b"x" * (LONGEST_LINE + 10) + b"\n",
        b"\xff\xfe\n",
        b"\n",
    ],
)
async def test_who_does_not_know_the_token_hears_nothing(file: Path, line: bytes) -> None:
    async with open_door(file, echo):
        assert await knock(file, line) == b""
        assert len(await answers(file, {"do": "count"})) == 1


async def test_when_the_visitor_leaves_the_work_stops(file: Path) -> None:
    stopped = asyncio.Event()

    async def forever(_request: Message) -> AsyncGenerator[Message]:
        try:
            yield {"it": "begins"}
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with open_door(file, forever):
        async with aclosing(ask(file, {})) as messages:
            assert await anext(messages) == {"it": "begins"}
        async with asyncio.timeout(20):
            await stopped.wait()


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"host": "127.0.0.1", "port": 1}'])
def test_no_world_is_said_in_one_sentence(file: Path, content: str | None) -> None:
    if content is not None:
        file.write_text(content)
    with pytest.raises(ControlError, match="no pretend world is running"):
        asyncio.run(answers(file, {}))


async def test_a_world_that_vanished_is_said_in_one_sentence(file: Path) -> None:
    async with open_door(file, echo):
        gone = address(file)
    write_private(file, gone)
    with pytest.raises(ControlError, match="no pretend world is running"):
        await answers(file, {})


def test_a_private_file_is_replaced_whole_and_readable_by_its_owner_only(file: Path) -> None:
    write_private(file, {"a": 1})
    file.chmod(0o644)
    write_private(file, {"a": 2})
    assert json.loads(file.read_text()) == {"a": 2}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["world.json"]
