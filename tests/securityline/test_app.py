"""The engine as a process: what it says when it cannot start, and the signals it obeys."""

import asyncio
import json
import re
import signal
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.interop.engine import Lab
from tests.interop.peers import Program, python


async def start(lab: Lab) -> Program:
    return await Program.start(
        "engine", python("-m", "securityline", "serve", "--config", str(lab.config))
    )


@pytest.mark.parametrize(("kind", "setting"), [("sip", "sip.listen"), ("web", "web.listen")])
async def test_a_taken_address_is_said_in_one_sentence_that_names_the_setting(
    kind: str, setting: str, tmp_path: Path
) -> None:
    lab = Lab(tmp_path)
    await asyncio.to_thread(lab.prepare)
    if kind == "sip":
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taken.bind(("127.0.0.1", lab.sip_port))
    else:
        taken = socket.socket()
        taken.bind(("127.0.0.1", lab.web_port))
        taken.listen()
    with taken:
        engine = await start(lab)
        assert await engine.ended() == 1
    said = [line for line in engine.lines if line]
    assert len(said) == 1, engine.story("said too much")
    assert setting in said[0]
    assert "in use already" in said[0]


async def test_sigterm_with_no_call_stops_at_once_and_cleanly(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    await asyncio.to_thread(lab.prepare)
    async with lab.running() as engine:
        pass
    assert engine.process.returncode == 0, engine.story("did not end cleanly")
    verify = await Program.start(
        "verify-log", python("-m", "securityline", "verify-log", str(lab.data))
    )
    assert await verify.ended() == 0
    assert verify.lines[0].startswith("ok ")


async def test_sighup_puts_a_good_directory_in_force_and_a_bad_one_not(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    await asyncio.to_thread(lab.prepare)
    file = lab.folder / "directory" / "organisations" / "postes.yaml"
    good = file.read_text()
    async with lab.running() as engine:
        file.write_text(good.replace("555 01 00", "555 01 77") + "  - {broken\n")
        engine.process.send_signal(signal.SIGHUP)
        refused = await noted(lab, "Directory", 1)
        assert await organisation_of(lab, "+3225550100") == "postes", "the old one is in force"
        file.write_text(good.replace("555 01 00", "555 01 77"))
        engine.process.send_signal(signal.SIGHUP)
        taken = await noted(lab, "Directory", 2)
        assert await organisation_of(lab, "+3225550177") == "postes"
        assert await organisation_of(lab, "+3225550100") is None, "nobody's number now"
    assert [line["what"] for line in taken] == ["DirectoryRefused", "DirectoryReloaded"]
    [finding] = refused[0]["data"]["findings"]
    assert f"postes.yaml:{len(good.splitlines()) + 2}: SYNTAX: " in finding, "where it ends"


SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8\r\n"
)


async def test_a_second_sigterm_ends_calls_and_says_so_to_the_carrier(tmp_path: Path) -> None:
    lab = Lab(tmp_path, while_ringing="notice")
    await asyncio.to_thread(lab.prepare)
    engine = await lab.start()
    carrier = Carrier(lab, "+3225550100", SDP)
    with carrier.socket:
        await carrier.send(carrier.invite)
        await carrier.acknowledge(await carrier.hears("SIP/2.0 200 "))
        engine.process.send_signal(signal.SIGTERM)
        await noted(lab, "EngineDraining", 1)
        engine.process.send_signal(signal.SIGTERM)
        assert "being stopped" in await carrier.hears("BYE ")
        assert await engine.ended() == 0, engine.story("did not end cleanly")
    async with lab.running():
        ended = (await noted(lab, "LegEnded", 1))[0]
        started = (await noted(lab, "EngineStarted", 2))[1]
        await noted(lab, "RecordingEnded", 1)
    assert ended["data"]["cause"] == "released"
    assert ended["seq"] < started["seq"], "the first engine knew"
    assert started["data"]["surviving_legs"] == []


DIES_BEFORE_IT_ACTS = """
import os, sys
from securityline.telephony.orders import Orders
Orders._stop_recording = lambda self, command: os._exit(9)
from securityline.__main__ import main
sys.exit(main())
"""
"An engine that is killed between writing an order down and carrying it out."


async def test_an_order_that_a_killed_engine_did_not_come_to_is_carried_out_by_the_next(
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path)
    await asyncio.to_thread(lab.prepare)
    killed = await Program.start(
        "engine", python("-c", DIES_BEFORE_IT_ACTS, "serve", "--config", str(lab.config))
    )
    await killed.line("ready sip=")
    await call_and_give_up(lab, "+3225550100")
    assert await killed.ended() == 9, killed.story("should have died")
    async with lab.running():
        [stopped] = await noted(lab, "StopRecording", 1)
        [ended] = await noted(lab, "RecordingEnded", 1)
    assert ended["data"]["recording_id"] == stopped["data"]["recording_id"]


async def noted(lab: Lab, name: str, count: int) -> list[dict[str, Any]]:
    """Wait until the log has so many lines of a name; return them."""
    found: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {lab.token}", "Last-Event-ID": "0"}
    async with (
        asyncio.timeout(10),
        aiohttp.ClientSession(lab.desk, headers=headers) as http,
        http.get("/api/v1/events") as stream,
    ):
        async for line in stream.content:
            if line.startswith(b"data: "):
                data = json.loads(line[6:])
                found += [data] if data["what"].startswith(name) else []
            if len(found) == count:
                break
    return found


class Carrier:
    """A carrier's socket with one call."""

    def __init__(self, lab: Lab, did: str, sdp: str = "") -> None:
        self._loop = asyncio.get_running_loop()
        self._engine = ("127.0.0.1", lab.sip_port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", lab.trunk_port))
        self.socket.setblocking(False)
        lines = [
            f"INVITE sip:{did}@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{lab.trunk_port};branch=z9hG4bK{lab.sip_port}"
            f"{self._loop.time()};rport",
            "Max-Forwards: 70",
            "From: <sip:+32470000004@127.0.0.1>;tag=1",
            f"To: <sip:{did}@127.0.0.1>",
            f"Call-ID: {self._loop.time()}",
            "CSeq: 1 INVITE",
            f"Contact: <sip:127.0.0.1:{lab.trunk_port}>",
            *(["Content-Type: application/sdp"] if sdp else []),
            f"Content-Length: {len(sdp)}",
        ]
        self.invite = ("\r\n".join(lines) + "\r\n\r\n").encode() + sdp.encode()

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendto(self.socket, data, self._engine)

    async def hears(self, start: str) -> str:
        """Wait for a message that begins so."""
        async with asyncio.timeout(10):
            while True:
                text = (await self._loop.sock_recv(self.socket, 65_535)).decode()
                if text.startswith(start):
                    return text

    async def acknowledge(self, answer: str) -> None:
        head = self.invite.partition(b"\r\n\r\n")[0].decode().replace("INVITE", "ACK")
        to = re.search(r"^To: .*\r\n", answer, re.MULTILINE)
        assert to is not None
        head = re.sub(r"To: .*\r\n", to[0], head).replace("branch=z9hG4bK", "branch=z9hG4bKa")
        head = re.sub(r"Content-(Type|Length): [^\r\n]*", "Y: x", head)
        await self.send(f"{head}\r\nContent-Length: 0\r\n\r\n".encode())


async def call_and_give_up(lab: Lab, did: str) -> None:
    """Call a number from the trunk, let it ring once, cancel."""
    carrier = Carrier(lab, did)
    with carrier.socket:
        await carrier.send(carrier.invite)
        await carrier.hears("SIP/2.0 180 ")
        cancel = carrier.invite.replace(b"INVITE", b"CANCEL").replace(b"Contact", b"X-Contact")
        await carrier.send(cancel)


async def organisation_of(lab: Lab, did: str) -> Any:
    """Call a number and give up; return whose call it became."""
    await call_and_give_up(lab, did)
    headers = {"Authorization": f"Bearer {lab.token}"}
    async with (
        aiohttp.ClientSession(lab.desk, headers=headers) as http,
        http.get("/api/v1/calls?limit=1") as answer,
    ):
        [found] = await answer.json()
        assert found["did"] == did
        return found["organisation"]
