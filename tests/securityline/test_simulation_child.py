import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from securityline.simulation.child import Child, ChildDied

ROOT = Path(__file__).resolve().parents[2]


def child(text: str, **more: object) -> Child:
    more.setdefault("environment", os.environ)
    return Child("the program", [sys.executable, "-uc", text], **more)  # type: ignore[arg-type]


async def test_it_is_waited_for_until_it_says_the_word() -> None:
    lines: list[str] = []
    program = child(
        "print('one'); print('two ready three'); input(); print('four')", on_line=lines.append
    )
    assert await program.start("ready") == "two ready three"
    await program.stop([(signal.SIGCONT, 20)])  # its input has ended
    assert lines[:2] == ["one", "two ready three"]
    assert "1" in await program.ended()  # input() met the end of the file


async def test_its_first_line_of_input_is_ours_and_its_environment_too() -> None:
    program = child(
        "import os; print(input(), os.environ['COLOUR']); input()",
        environment={**os.environ, "COLOUR": "green"},
    )
    assert await program.start("hello", b"hello\n") == "hello green"
    await program.stop([(signal.SIGTERM, 20)])
    assert await program.ended() in ("was ended by SIGTERM", "ended with 1")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("print('the port is taken'); exit(3)", "the program ended with 3: the port is taken"),
        ("import os; os.kill(os.getpid(), 9)", "the program was ended by SIGKILL"),
        ("print('x' * 3_000_000)", "the program "),
    ],
)
async def test_who_ends_before_the_word_is_told_with_his_last_words(
    text: str, why: str
) -> None:
    program = child(text)
    with pytest.raises(ChildDied) as died:
        async with asyncio.timeout(20):
            await program.start("ready")
    assert str(died.value).startswith(why)


async def test_it_can_be_started_again() -> None:
    program = child("print('ready'); input()")
    await program.start("ready")
    first = program.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert await program.ended() == "was ended by SIGKILL"
    await program.start("ready")
    assert program.pid != first
    await program.stop([(signal.SIGTERM, 20)])


async def test_who_does_not_listen_is_ended_all_the_same() -> None:
    program = child(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready')\nwhile True: time.sleep(1)"
    )
    await program.start("ready")
    await program.stop([(signal.SIGTERM, 0.05)])
    assert await program.ended() == "was ended by SIGKILL"
    await program.stop([(signal.SIGTERM, 1)])


async def test_its_complaints_go_to_a_file_of_the_owner(tmp_path: Path) -> None:
    errors = tmp_path / "errors.log"
    program = child(
        "import sys; sys.stderr.write('careful'); print('ready'); input()", errors=errors
    )
    await program.start("ready")
    await program.stop([(signal.SIGTERM, 20)])
    assert errors.read_text().startswith("careful")
    assert errors.stat().st_mode & 0o077 == 0


async def test_nobody_was_started() -> None:
    program = child("")
    assert program.pid is None
    assert await program.ended() == "was never started"
    await program.stop([(signal.SIGTERM, 1)])


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux")
async def test_it_does_not_outlive_a_demo_that_is_killed() -> None:
    left = asyncio.Event()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    grandchild = (
        f"import socket, time; s = socket.create_connection(('127.0.0.1', {port}));"
        "print('ready'); time.sleep(600)"
    )
    parent = (
        "import asyncio, os, sys\n"
        "from securityline.simulation.child import Child\n"
        "async def main():\n"
        f"    await Child('x', [sys.executable, '-uc', {grandchild!r}],"
        " environment=os.environ).start('ready')\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", parent, cwd=ROOT)
    assert await process.wait() == -signal.SIGKILL
    async with asyncio.timeout(20):
        await left.wait()
    server.close()
