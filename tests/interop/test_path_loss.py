"""A line that falls silent, on the engine as a process: told at its limit, after a kill too."""

import asyncio
import signal
from pathlib import Path

from securityline.accounts import Accounts
from tests.interop.engine import Lab
from tests.interop.peers import PATIENCE, free_port
from tests.securityline.alarms.panels import Panel

LIMIT = 20.0  # seconds, the shortest there is
PATHS = """
    alarm_accounts: ["1234"]
    alarm_paths:
      - {path: bru-ip, account: "1234", limit: 20s, via: dc09:tcp}
      - {path: bru-gsm, account: "1234", limit: 25h, via: dc09:udp}
      - {path: bru-web, account: "1234", limit: 20s, via: http}
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
    accounts = Accounts(lab.data, realm="securityline.example")
    program = accounts.create_token(["alarms:write"], "alarms")
    accounts.close()
    engine = await lab.start()
    await heartbeat(port)
    await engine.stop(signal.SIGKILL)
    async with lab.running(), lab.api() as api:
        lost = await api.wait_for("PathLost", path="postes/bru/bru-ip")
        case = await api.get(f"/api/v1/incidents/{lost['incident_id']}")
        assert case["state"] == "open"
        await heartbeat(port)
        back = await api.wait_for("PathRestored", after=lost["seq"])
        assert back["data"]["path"] == "postes/bru/bru-ip"
        silent = await api.wait_for("PathLost", path="postes/bru/bru-web")
        test = {"account": "1234", "code": "602", "code_format": "contact_id"}
        async with api.session.post(
            "/api/v1/alarms",
            json=test | {"idempotency_key": "t-1"},
            headers={"Authorization": f"Bearer {program}"},
        ) as answer:
            assert answer.status == 201, await answer.text()
        await api.wait_for("PathRestored", after=silent["seq"], path="postes/bru/bru-web")
        log = await api.get(f"/api/v1/incidents/{lost['incident_id']}/log")
    assert lost["data"]["limit_time"] == LIMIT
    told = [line["data"]["path"] for line in log if line["what"] == "PathLost"]
    assert told.count("postes/bru/bru-ip") == 1, "told once"
    assert "postes/bru/bru-gsm" not in told, "it has 25 hours"
