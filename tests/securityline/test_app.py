"""What a start that cannot succeed says to the person who tried it."""

import asyncio
import socket
from pathlib import Path

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
