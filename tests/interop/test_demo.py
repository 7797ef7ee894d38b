"""The demo as a visitor has it: started, signed in, called, answered, killed, stopped.

It is what `make run` starts, on free ports and in a folder of its own.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from securityline.simulation.control import ask
from securityline.simulation.demo_data import CLIENTS, EXAMPLE
from tests.interop.desk import signed_in
from tests.interop.engine import Api
from tests.interop.peers import (
    PATIENCE,
    Program,
    band_level,
    free_port,
    free_port_range,
    python,
    tone,
)

pytestmark = pytest.mark.interop

DID, EMPLOYEE = "+3225550100", "+32470000001"
CALLER_HZ = 3000
"Where a voice has next to nothing: the pretend operator speaks words."
HEARD, VOICE = -35.0, -45.0  # dB of full scale, in a band of 120 Hz


@dataclass
class Visit:
    """A demo that runs, as somebody sees it who has read what it printed."""

    program: Program
    folder: Path
    desk: str
    environment: dict[str, str]

    @property
    def secrets(self) -> dict[str, Any]:
        """What the demo keeps, and prints."""
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return found

    @property
    def printed(self) -> str:
        """What was printed until `ready`."""
        lines = self.program.lines
        return "\n".join(lines[: lines.index("ready")])

    def password(self, operator: str) -> str:
        """Read a password off the screen."""
        found = re.search(rf"^  {operator} .* (\S+-\S+-\S+) +\d+,", self.printed, re.MULTILINE)
        assert found is not None
        return found[1]

    async def simulate(self, *words: str) -> Program:
        """Run the call that the demo proposes."""
        assert f"--did {DID} --from {EMPLOYEE}" in self.proposed("call")
        return await self.run("call", *words)

    def proposed(self, what: str) -> str:
        """Return the command of this kind that stands on the screen."""
        return next(x for x in self.printed.splitlines() if f"simulate {what}" in x)

    async def run(self, what: str, *words: str) -> Program:
        """Run `securityline simulate`."""
        line = python(
            "-m", "securityline", "simulate", what, "--demo", str(self.folder), *words
        )
        return await Program.start("simulate", line)

    async def run_proposed(self, what: str) -> str:
        """Type what the demo proposes; return what it printed."""
        words = self.proposed(what).split(f" --demo {self.folder} ")[1].split()
        program = await self.run(what, *words)
        assert await program.ended() == 0, program.story("failed")
        return "\n".join(program.lines)

    async def status(self) -> dict[str, Any]:
        """Ask the pretend world how it is."""
        door = self.folder / "world" / "world.json"
        [status] = [message async for message in ask(door, {"do": "status"})]
        return status


def environment() -> dict[str, str]:
    """Choose free ports for everything."""
    sip, trunk, web = free_port(), free_port(), free_port()
    dc09 = free_port()
    low, high = free_port_range(120)
    return {
        "SECURITYLINE_SIP_LISTEN": f"udp:127.0.0.1:{sip},tcp:127.0.0.1:{sip}",
        "SECURITYLINE_TRUNKS_0_PEERS": f"127.0.0.1:{trunk}",
        "SECURITYLINE_WEB_LISTEN": f"127.0.0.1:{web}",
        "SECURITYLINE_ALARMS_DC09": f"tcp:127.0.0.1:{dc09},udp:127.0.0.1:{dc09}",
        "SECURITYLINE_MEDIA_PORTS": f"{low}-{high}",
        "SECURITYLINE_LOGBOOK_BALLAST": "65536",
    }


async def start(folder: Path, env: dict[str, str], *words: str) -> Program:
    arguments = python("-m", "securityline.simulation.demo", "--data", str(folder), *words)
    return await Program.start("demo", arguments, env=env)


@asynccontextmanager
async def running_demo(folder: Path, *words: str) -> AsyncIterator[Visit]:
    env = environment()
    program = await start(folder, env, *words)
    try:
        last = await program.line("Ctrl-C stops everything")
        await program.line("ready", after=program.lines.index(last))
        desk = f"http://{env['SECURITYLINE_WEB_LISTEN']}"
        yield Visit(program, folder, desk, env)
    finally:
        await program.stop(signal.SIGINT)


@asynccontextmanager
async def api(visit: Visit) -> AsyncIterator[Api]:
    headers = {"Authorization": f"Bearer {visit.secrets['token']}"}
    async with aiohttp.ClientSession(visit.desk, headers=headers) as session:
        yield Api(session)


def processes_of(folder: Path) -> list[str]:
    """Find what runs with this folder in its command line."""
    return [command for _, command in _commands() if str(folder) in command]


async def test_a_visitor_signs_in_is_called_kills_the_engine_and_leaves(tmp_path: Path) -> None:
    folder = tmp_path / "demo-data"
    async with running_demo(folder) as visit, api(visit) as engine:
        assert visit.desk in visit.printed
        assert "Bearer" in visit.printed
        phones = dict.fromkeys(["201", "202", "203", "204", "206"], True)
        assert (await visit.status())["phones"] == phones
        async with signed_in(visit, "op-1", password=visit.password("op-1")) as desk:
            recording = await _first_call(visit, engine, tmp_path)
            await desk.press("ready")
            await _second_call(visit, engine)
        status = await visit.status()
        assert (status["emergency_attempts"], status["calls"]) == ([], 0)
        visit.program.kill(signal.SIGINT)
        assert await visit.program.ended() == 0, visit.program.story("failed")
    assert processes_of(folder) == []
    _complaints(visit)
    caller, operator = (band_level(recording, side, CALLER_HZ, 5, 2.5) for side in (1, 2))
    assert caller > HEARD
    assert caller - operator > 20
    # What is right after the notice, which is cut off by the operator, is the operator.
    assert max(band_level(recording, 2, hertz, 5, 2.5) for hertz in (300, 500, 900)) > VOICE


async def _first_call(visit: Visit, engine: Api, folder: Path) -> Path:
    """An employee calls and the pretend phone picks up; return the recording."""
    says = await asyncio.to_thread(tone, folder / "caller.wav", CALLER_HZ)
    words = ("--did", DID, "--from", EMPLOYEE, "--seconds", "9", "--say", str(says))
    call = await visit.simulate(*words)
    await engine.wait_for("OperatorAnswered", operator="op-1")
    assert await call.ended() == 0, call.story("failed")
    told = "\n".join(call.lines)
    for words_of_it in ("Julie Dupont", "it rings", "the line is open", "He heard"):
        assert words_of_it in told, call.story("did not tell it all")
    ended = await engine.wait_for("RecordingEnded")
    content = await engine.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}")
    path = folder / "recording.wav"
    await asyncio.to_thread(path.write_bytes, content)
    return path


async def _second_call(visit: Visit, engine: Api) -> None:
    """The engine is killed in the middle of a call, which goes on."""
    before = (await engine.wait_for("RecordingEnded"))["seq"]
    call = await visit.simulate("--did", DID, "--from", EMPLOYEE, "--seconds", "120")
    answered = await engine.wait_for("OperatorAnswered", operator="op-1", after=before)
    await _kill_engine(visit)
    back = await engine.wait_for("EngineStarted", after=answered["seq"])
    assert len(back["data"]["surviving_legs"]) == 2
    call.kill(signal.SIGINT)  # Ctrl-C hangs up
    assert await call.ended() == 0, call.story("failed")
    assert call.lines[-1] == "hung up"
    ended = await engine.wait_for("CallEnded", after=back["seq"])
    assert ended["data"]["ended_by"] == "caller"


async def _kill_engine(visit: Visit) -> None:
    """Kill it as a fault would, and wait until the demo has said what it did about it."""
    seen = len(visit.program.lines)
    os.kill(_engine_of(visit.folder), signal.SIGKILL)
    await visit.program.line("was ended by SIGKILL; starting it again", after=seen)
    await visit.program.line("the engine is back after", after=seen)


def _engine_of(folder: Path) -> int:
    [pid] = [
        pid
        for pid, command in _commands()
        if f"{folder}/securityline.toml" in command and " serve " in command
    ]
    return pid


def _commands() -> Iterator[tuple[int, str]]:
    """Give all processes with their command lines."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        yield int(process.name), command.decode(errors="replace").replace("\0", " ")


def _complaints(visit: Visit) -> None:
    """Nothing may have gone wrong unseen."""
    for name in ("engine.log", "world.log"):
        for line in (visit.folder / name).read_text().splitlines():
            # A reader of the event stream who leaves: the engine says too much about it.
            if "Cannot write to closing transport" not in line:
                assert "Traceback" not in line, line
                assert "never retrieved" not in line, line


async def test_a_staffed_demo_answers_although_nobody_sits_there(tmp_path: Path) -> None:
    async with running_demo(tmp_path / "demo-data", "--staffed") as visit, api(visit) as engine:
        await visit.program.line("op-3 is signed in and ready")
        words = ("--did", DID, "--from", EMPLOYEE, "--handset", "own", "--seconds", "30")
        call = await visit.simulate(*words)
        await engine.wait_for("OperatorAnswered", operator="op-3")
        await visit.program.line("phone 203   Postes Démo: Julie Dupont: talking")
        call.kill(signal.SIGINT)
        await call.ended()
        await engine.wait_for("CallEnded")
        assert await visit.program.stop(signal.SIGTERM) == 0
        assert "Traceback" not in "\n".join(visit.program.lines)


async def test_an_alarm_calls_the_keyholders_until_one_takes_charge(tmp_path: Path) -> None:
    folder = tmp_path / "demo-data"
    _at_any_hour(folder)
    async with running_demo(folder) as visit, api(visit) as engine:
        assert "ACK" in await visit.run_proposed("alarm")
        await engine.wait_for("AlarmReceived", account="1234")
        await engine.wait_for("KeyholderDeclined", person="j-dupont")
        await engine.wait_for("KeyholderMissed", person="p-peeters", cause="voicemail")
        accepted = await engine.wait_for("KeyholderAccepted", person="k-schmitz")
        await engine.wait_for("CallTreeEnded", reason="accepted")
        assert "takes charge: 1 and his PIN" in await visit.run_proposed("keyholder")
        again = await visit.run("alarm", "--site", "lg-tri", "--kind", "intrusion")
        assert await again.ended() == 0, again.story("failed")
        taken = await engine.wait_for("KeyholderAccepted", after=accepted["seq"])
        assert (taken["data"]["person"], taken["data"]["by"]) == ("p-peeters", "pin")
        assert (await visit.status())["emergency_attempts"] == []


async def test_a_keyholder_who_asks_for_an_operator_is_heard_and_recorded(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "demo-data"
    _at_any_hour(folder)
    async with running_demo(folder) as visit, api(visit) as engine:
        words = ("+32470000013", "--does", "operator", "--after", "1", "--talk", "40")
        told = await visit.run("keyholder", *words)
        assert await told.ended() == 0, told.story("failed")
        async with signed_in(visit, "op-1", password=visit.password("op-1")):
            words = ("--site", "ant-hq", "--kind", "intrusion", "--via", "http")
            alarm = await visit.run("alarm", *words)
            assert await alarm.ended() == 0, alarm.story("failed")
            assert "201: case " in alarm.lines[-1]
            await engine.wait_for("OperatorAnswered", operator="op-1")
            ended = await engine.wait_for("RecordingEnded")
        content = await engine.fetch(f"/api/v1/recordings/{ended['data']['recording_id']}")
    path = tmp_path / "recording.wav"
    await asyncio.to_thread(path.write_bytes, content)
    for side in (1, 2):  # long after the last prompt; each repeats his words within 15 s
        levels = [band_level(path, side, hertz, -16, 16) for hertz in (300, 500, 900)]
        assert max(levels) > VOICE, (side, levels)


def _at_any_hour(folder: Path) -> None:
    """Let no mistake be waited for, and Julie be a keyholder all day: tests run at noon."""
    shutil.copytree(EXAMPLE, folder / CLIENTS)
    for client, was, is_now in (
        ("postes-demo", "hold: 45s", "hold: 1s"),
        ("postes-demo", "Mo-Fr 18:00-24:00; Sa-Su; PH", "24/7"),
        ("banque-demo", "hold: 30s", "hold: 1s"),
    ):
        clients = folder / CLIENTS / "organisations" / f"{client}.yaml"
        text = clients.read_text()
        assert was in text
        clients.write_text(text.replace(was, is_now))


async def test_ports_that_are_taken_are_named_with_their_variables(tmp_path: Path) -> None:
    env = environment()
    held = []
    for name in ("SECURITYLINE_TRUNKS_0_PEERS", "SECURITYLINE_WEB_LISTEN"):
        kind = socket.SOCK_STREAM if "WEB" in name else socket.SOCK_DGRAM
        sock = socket.socket(socket.AF_INET, kind)
        sock.bind(("127.0.0.1", int(env[name].rpartition(":")[2])))
        if kind == socket.SOCK_STREAM:
            sock.listen(1)
        held.append(sock)
    program = await start(tmp_path / "demo-data", env)
    assert await program.ended() == 1
    for sock in held:
        sock.close()
    assert len(program.lines) == 2, program.story("said more")
    assert "SECURITYLINE_TRUNKS_0_PEERS=127.0.0.1:" in program.lines[0]
    assert "SECURITYLINE_WEB_LISTEN=127.0.0.1:" in program.lines[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_it_can_be_stopped_while_it_starts(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "demo-data"
    program = await start(folder, environment())
    await asyncio.to_thread(_wait_for, folder / "engine.log")  # made when it is started
    program.kill(how)
    assert await program.ended() == 0, program.story("failed")
    assert processes_of(folder) == []


def _wait_for(file: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.01)
