"""What a test of crashes starts does not outlive it, however it fails."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.interop.peers import Program


@pytest.fixture(autouse=True)
def no_engine_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kill the engines that a test did not stop; their media processes end by themselves."""
    begun: list[Program] = []
    begin = Program.start

    async def start(*arguments: Any, **more: Any) -> Program:
        program = await begin(*arguments, **more)
        begun.append(program)
        return program

    monkeypatch.setattr(Program, "start", start)
    yield
    for program in begun:
        if program.process.returncode is None:
            program.kill()
