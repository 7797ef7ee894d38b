"""A line that falls silent, on the engine as a process: told at its limit, after a kill too."""

import asyncio
import signal
from pathlib import Path

from tests.interop.engine import Lab
from tests.interop.peers import PATIENCE, free_port
from tests.securityline.alarms.panels import Panel

LIMIT = 20.0  # seconds, the shortest there is
PATHS = """
    alarm_accounts: ["1234"]
    alarm_paths:
      - {path: bru-ip, account: "1234", limit: 20s, via: dc09:tcp}
      - {path: bru-gsm, account: "1234", limit: 25h, via: dc09:udp}
"""


def with_paths(lab: Lab, port: int) -> None:
    file = lab.folder / "directory" / "organisations" / "postes.yaml"
    site = 'phones: ["+32 2 555 02 10"], services: {}}\n'
    text = file.read_text()
    assert site in text
    block = "  - site: bru\n    name: Bruxelles Centre\n    services: {}" + PATHS
    start = text.index("  - {site: bru")
    end = text.index("people:")
    file.write_text(text[:start] + block + text[end:])
    with lab.config.open("a") as config:
        config.write(f'\n[alarms]\ndc09 = ["tcp:127.0.0.1:{port}"]\n')


async def heartbeat(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(PATIENCE):
        writer.write(Panel().frame("", token="NULL"))
        assert b'"ACK"' in await reader.read(200)
    writer.close()


async def test_a_silent_line_is_told_at_its_limit_and_its_return_too(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    await asyncio.to_thread(lab.prepare)
    port = free_port()
    with_paths(lab, port)
    engine = await lab.start()
    await heartbeat(port)
    await engine.stop(signal.SIGKILL)
    async with lab.running(), lab.api() as api:
        lost = await api.wait_for("PathLost")
        assert lost["data"]["path"] == "postes/bru/bru-ip", "the other one has 25 hours"
        case = await api.get(f"/api/v1/incidents/{lost['incident_id']}")
        assert case["state"] == "open"
        await heartbeat(port)
        back = await api.wait_for("PathRestored", after=lost["seq"])
        assert back["data"]["path"] == "postes/bru/bru-ip"
        log = await api.get(f"/api/v1/incidents/{lost['incident_id']}/log")
    assert lost["data"]["limit_time"] == LIMIT
    assert [line["what"] for line in log].count("PathLost") == 1, "told once"
