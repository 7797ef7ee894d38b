import asyncio
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from click.testing import CliRunner

from securityline.__main__ import cli
from securityline.simulation.cli import simulate
from securityline.simulation.control import ControlDoor, ControlError, Message
from securityline.simulation.world import DOOR
from sip.endpoint import Peer
from sip.events import IncomingCall
from tests.interop.peers import free_port
from tests.securityline.alarms.test_receiver import Store, receiving
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
            "keys": "",
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


async def test_an_alarm_is_asked_for_and_told_with_its_answer(tmp_path: Path) -> None:
    async with running_door(tmp_path / "demo-data") as door:
        door.story = [
            {"say": "The panel of Bruxelles Centre (account 1234) reports"},
            {"at": 0.01, "what": "sent", "detail": "#1234 1130 01 015"},
            {"at": 0.03, "what": "ACK", "detail": ""},
        ]
        words = ("--site", "bru-centre", "--kind", "intrusion", "--zone", "15", "--zone", "16")
        status, output = await run("alarm", *words, "--count", "2", cwd=tmp_path)
    assert status == 0
    assert output.splitlines()[1:] == ["   0.0 s  sent: #1234 1130 01 015", "   0.0 s  ACK"]
    assert door.asked == [
        {
            "do": "alarm",
            "site": "bru-centre",
            "account": "",
            "kind": "intrusion",
            "code": "",
            "format": "contact_id",
            "zones": ["15", "16"],
            "text": "",
            "restore": False,
            "count": 2,
            "every": 0.0,
            "via": "dc09",
            "transport": "any",
            "key": "",
            "clock_off": 0.0,
            "patience": 5.0,
        }
    ]


async def test_a_keyholder_is_told_what_to_do(tmp_path: Path) -> None:
    async with running_door(tmp_path / "demo-data") as door:
        door.story = [{"say": "Piet Peeters (+32470000002) answers after 3 s and takes charge"}]
        words = ("+32470000002", "--does", "eta", "--after", "3", "--pin", "7310")
        status, output = await run("keyholder", *words, "--minutes", "15", cwd=tmp_path)
        assert (status, output) == (0, door.story[0]["say"] + "\n")
        await run("keyholder", cwd=tmp_path)
    asked = {"do": "keyholder", "back_after": 5.0, "talk": 120.0, "follow": False}
    assert door.asked == [
        asked
        | {"number": "+32470000002", "does": "eta", "after": 3.0, "pin": "7310", "minutes": 15},
        asked | {"number": "", "does": None, "after": 6.0, "pin": "", "minutes": 20},
    ]


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


async def test_a_panel_of_an_engine_without_the_demo_finds_its_receiver(
    tmp_path: Path,
) -> None:
    store = Store()
    async with receiving(store, clock=time.time) as (_, receiver):
        config = tmp_path / "engine.toml"
        text = SETTINGS.format(sip=5060, trunk=5080)
        where = f"tcp:{receiver.host}:{receiver.port}"
        config.write_text(f'{text}[alarms]\ndc09 = ["{where}"]\n')
        words = ("--account", "4711", "--code", "BA", "--zone", "3")
        status, output = await run("alarm", *words, "--config", config, cwd=tmp_path)
        assert status == 0, output
        assert output.splitlines()[-1].endswith("  ACK")
        [[signal]] = store.taken
        assert (signal.account, signal.code, signal.zone) == ("4711", "BA", "3")
        status, output = await run(
            "alarm", *words, "--via", "http", "--config", config, cwd=tmp_path
        )
    assert status == 1
    assert "a token with the scope alarms:write" in output


async def test_a_trunk_that_leads_elsewhere_is_not_pretended(tmp_path: Path) -> None:
    config = tmp_path / "engine.toml"
    text = SETTINGS.format(sip=5060, trunk=5080)
    config.write_text(text.replace("127.0.0.1:5080", "192.0.2.9:5080"))
    status, output = await run(*CALL, "--config", config, cwd=tmp_path)
    assert (status, output) == (
        1,
        "Error: a pretend carrier lives on loopback, not on 192.0.2.9\n",
    )
