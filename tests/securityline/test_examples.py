"""The examples do what they say."""

import asyncio
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.securityline.test_simulation_alarming import api

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("report", EXAMPLES / "report_alarm.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PAUSE", 0.0)
    return module


async def test_a_program_sends_its_alarm_again_with_the_same_key(example: ModuleType) -> None:
    stored = (201, {"incident_id": "20261127-0001", "seq": 3})
    async with api((503, {}), stored) as (panels, asked):
        desk = panels._receivers.api
        case = await asyncio.to_thread(example.report, desk, "t", "1234", "intrusion", "15")
    assert case == "20261127-0001"
    (token, first), (_, second) = asked
    assert token == "Bearer t"
    assert first == second
    assert (first["account"], first["kind"], first["zone"]) == ("1234", "intrusion", "15")


async def test_a_program_that_is_refused_stops(example: ModuleType) -> None:
    async with api((422, {"detail": "no"})) as (panels, asked):
        desk = panels._receivers.api
        with pytest.raises(SystemExit, match="refused: 422"):
            await asyncio.to_thread(example.report, desk, "t", "1234", "intrusion")
    assert len(asked) == 1
