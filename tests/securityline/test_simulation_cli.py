import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from securityline.__main__ import cli
from securityline.simulation.cli import simulate
from securityline.simulation.control import ControlDoor, ControlError, Message
from securityline.simulation.world import DOOR
from sip.endpoint import Peer
from sip.events import IncomingCall
from tests.interop.peers import free_port
from tests.securityline.exchange import running_exchange

STORY: list[Message] = [
    {"say": "Julie Dupont (+32470000001) calls Postes Démo (+3225550100)"},
    {"at": 0.05, "what": "ringing", "detail": ""},
    {"at": 0.1, "what": "answered", "detail": ""},
    {"at": 20.04, "what": "ended", "detail": "the caller hung up"},
    {"heard": 19.9, "loud": 7.5, "file": "/tmp/heard.wav"},
]


class Door:
    """A pretend world that tells the same story to everybody, and remembers the questions."""

    def __init__(self) -> None:
        self.story = STORY
        self.asked: list[Message] = []

    async def tell(self, request: Message) -> AsyncGenerator[Message]:
        self.asked.append(request)
        for message in self.story:
            if "error" in message:
                raise ControlError(message["error"])
            yield message


@asynccontextmanager
async def running_door(folder: Path) -> AsyncIterator[Door]:
    door = Door()
    control = ControlDoor(folder / "world" / DOOR, door.tell)
    await control.open()
    try:
        yield door
    finally:
        await control.close()


async def run(*words: object, cwd: Path) -> tuple[int, str]:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "securityline",
        "simulate",
        *map(str, words),
        cwd=cwd,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        output, _ = await program.communicate()
    assert program.returncode is not None
    assert b"Traceback" not in output
    return program.returncode, output.decode()


CALL = ("call", "--did", "+3225550100", "--from", "+32470000001")


async def test_a_call_is_told_line_by_line(tmp_path: Path) -> None:
    async with running_door(tmp_path / "demo-data") as door:
        status, output = await run(*CALL, "--withheld", "--seconds", "20", cwd=tmp_path)
    assert status == 0
    assert output.splitlines() == [
        "Julie Dupont (+32470000001) calls Postes Démo (+3225550100)",
        "   0.1 s  it rings",
        "   0.1 s  the line is open: a notice, a message, or an operator",
        "  20.0 s  ended: the caller hung up",
        "He heard 19.9 s, 7.5 s of it not silent: /tmp/heard.wav",
    ]
    assert door.asked == [
        {
            "do": "call",
            "did": "+3225550100",
            "from": "+32470000001",
            "withheld": True,
            "seconds": 20.0,
            "say": "",
            "handset": "any",
        }
    ]


async def test_another_folder_and_a_file_to_say(tmp_path: Path) -> None:
    (tmp_path / "words.wav").touch()
    async with running_door(tmp_path / "elsewhere") as door:
        arguments = ("--demo", "elsewhere", "--say", "words.wav", "--handset", "own")
        status, _ = await run(*CALL, *arguments, cwd=tmp_path)
    assert status == 0
    assert door.asked[0]["say"] == str(tmp_path / "words.wav")
    assert door.asked[0]["handset"] == "own"


async def test_a_refused_call_and_a_world_that_cannot_fail_the_command(tmp_path: Path) -> None:
    async with running_door(tmp_path / "demo-data") as door:
        door.story = [{"at": 0.1, "what": "refused", "detail": "503"}]
        status, output = await run(*CALL, cwd=tmp_path)
        assert (status, output) == (
            1,
            "   0.1 s  refused: 503\nError: the call was refused\n",
        )
        door.story = [{"error": "did: 'x' is no telephone number"}]
        status, output = await run(*CALL, cwd=tmp_path)
        assert (status, output) == (1, "Error: did: 'x' is no telephone number\n")


async def test_without_a_demo_the_way_to_one_is_told(tmp_path: Path) -> None:
    status, output = await run(*CALL, "--demo", tmp_path, cwd=tmp_path)
    assert status == 1
    assert output.startswith(f"Error: no demo is running in {tmp_path}: start it with `make")


@pytest.mark.parametrize("what", ["alarm", "keyholder"])
def test_what_is_not_in_this_version_says_so(what: str) -> None:
    result = CliRunner().invoke(cli, ["simulate", what, "--site", "bru-centre", "--anything"])
    assert result.exit_code == 2
    assert result.output == f"securityline simulate {what}: not in this version\n"


def test_the_group_is_reached_from_the_command_line() -> None:
    assert set(simulate.commands) == {"call", "alarm", "keyholder"}
    result = CliRunner().invoke(cli, ["simulate", "call", "--help"])
    assert result.exit_code == 0
    assert "--withheld" in result.output


# ---------------------------------------------------------------- without the demo


SETTINGS = """
[sip]
listen = ["udp:127.0.0.1:{sip}"]
domain = "securityline.example"
[[trunks]]
name = "carrier-a"
peers = ["127.0.0.1:{trunk}"]
[media]
address = "127.0.0.1"
[web]
listen = "127.0.0.1:8080"
"""


async def test_an_engine_without_the_demo_is_called_by_its_own_carrier(tmp_path: Path) -> None:
    async with running_exchange(classify=lambda _source: Peer("trunk", "carrier")) as exchange:
        trunk = free_port()
        config = tmp_path / "engine.toml"
        config.write_text(SETTINGS.format(sip=exchange.addresses[0].port, trunk=trunk))
        arguments = ("--config", config, "--handset", "own")
        calling = asyncio.create_task(run(*CALL, *arguments, cwd=tmp_path))
        call = await exchange.until_seen(IncomingCall)
        assert call.source.port == trunk
        exchange.order("refuse", call.leg, 486)
        status, output = await calling
    assert status == 1
    assert "refused: 486" in output


async def test_a_trunk_that_leads_elsewhere_is_not_pretended(tmp_path: Path) -> None:
    config = tmp_path / "engine.toml"
    text = SETTINGS.format(sip=5060, trunk=5080)
    config.write_text(text.replace("127.0.0.1:5080", "192.0.2.9:5080"))
    status, output = await run(*CALL, "--config", config, cwd=tmp_path)
    assert (status, output) == (
        1,
        "Error: a pretend carrier lives on loopback, not on 192.0.2.9\n",
    )
