"""From *verified* to *ringing*: how fast the leg to an emergency service follows the press.

    python -m benchmarks.emergency [--cases 25]

One `securityline serve`, SQLite with `synchronous=FULL`, an operator's desk and phone, and a
pretend service, all on loopback; services are simulated. Each case is an alarm whose police
step waits for a verification: it is recorded, and the police are called, by two presses one
right behind the other. The aim is 20 s with the operator's own time; stored as one JSON object
is the engine's part of it, in milliseconds:

* from the press that verifies, to the line that the service's phone rings, as the engine
  itself logs it (`ServiceRang`, `verified_time`);
* from the press that calls, sent by the desk, to that line in the event stream.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from benchmarks.flood import milliseconds
from securityline.accounts import Accounts
from tests.interop.desk import Desk, signed_in
from tests.interop.engine import DOMAIN, Api, Lab
from tests.interop.peers import free_port_range
from tests.interop.people import PATIENT, PROMPT, Log, telephone

RESULTS: Final = Path(__file__).parent / "results" / "emergency.json"
SERVICES: Final = """
services:
  - {service: pz, kind: police, name: Zone de police, direct: "+32 2 555 08 01", public: "101"}
"""
CONSIGNE: Final = """
  - procedure: intrusion
    version: 1
    incident_kinds: [intrusion]
    title: {fr: Intrusion, nl: Inbraak}
    urgency: 2
    steps:
      - {step: verify, verify: [telephone, video], required: true}
      - {step: police, do: {call_service: police}, requires: verify, go_to: end}
"""
PACE: Final = 0.25
"Seconds between cases: four presses each, and the desk allows 20 a second."
NO_FLOOD: Final = "alarm: {runaway: {count: 10000}}\n"


def prepare(folder: Path) -> tuple[Lab, str]:
    """Write a lab with a police zone; return it and a token that may raise alarms."""
    lab = Lab(folder, rtp=free_port_range(1_200))  # a port rests after its call
    lab.prepare()
    (folder / "directory" / "services.yaml").write_text(SERVICES)
    client = folder / "directory" / "organisations" / "postes.yaml"
    text = client.read_text().replace("services: {}", "services: {police: pz}")
    client.write_text(text + CONSIGNE.removeprefix("\n") + NO_FLOOD)
    accounts = Accounts(lab.data, realm=DOMAIN)
    try:
        return lab, accounts.create_token(["alarms:write"], "alarms")
    finally:
        accounts.close()


async def raised(api: Api, token: str, key: str) -> str:
    """Let a program report an intrusion; return its case."""
    body = {"idempotency_key": key, "site": "bru", "kind": "intrusion"}
    headers = {"Authorization": f"Bearer {token}"}
    async with api.session.post("/api/v1/alarms", json=body, headers=headers) as said:
        return str((await said.json())["incident_id"])


@contextlib.asynccontextmanager
async def read(desk: Desk) -> AsyncIterator[None]:
    """Read the screen: the engine closes one that nobody reads, and its presses are lost."""

    async def read_on() -> None:
        async for message in desk.screen:
            if refused := message.json().get("error"):
                print("the desk refused:", refused, file=sys.stderr)

    task = asyncio.create_task(read_on())
    try:
        yield
    finally:
        task.cancel()


async def verify(desk: Desk, case: str) -> None:
    """Let the operator record that it is true."""
    await desk.press(
        "verify", incident=case, step="verify", means="telephone", result="confirmed"
    )


async def measure(folder: Path, cases: int) -> dict[str, Any]:
    """Raise, verify, call, hear it ring, hang up; again and again."""
    lab, token = prepare(folder)
    verified, pressed = list[float](), list[float]()
    async with (
        lab.running(),
        lab.api() as api,
        Log.following(api) as log,
        telephone(lab, "201", PROMPT),
        telephone(lab, None, PATIENT),
        signed_in(lab, "op-1", is_ready=False) as desk,
        read(desk),
    ):
        for number in range(cases):
            # Presses above the desk's rate close the screen, as a stuck key's would.
            await asyncio.sleep(PACE)
            case = await raised(api, token, f"b-{number}")
            mark = log.mark
            await verify(desk, case)
            at = time.monotonic()
            await desk.press("service", incident=case, service="pz", attempt="1")
            rang = await log.until("ServiceRang", after=mark)
            pressed.append(time.monotonic() - at)
            verified.append(rang["data"]["verified_time"])
            await desk.press("service_end", call=rang["data"]["service_call_id"])
            await log.until("CallEnded", after=mark)
            await desk.press(
                "close", incident=case, disposition="services_called", text="a benchmark"
            )
            await log.until("IncidentClosed", after=mark)
    return {
        "cases": cases,
        "verified_to_ringing_ms": milliseconds(verified),
        "press_to_ringing_ms": milliseconds(pressed),
    }


def main() -> None:
    """Run, print, store."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=60)
    asked = options.parse_args()
    result: dict[str, Any] = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="securityline-emergency-") as folder:
        result |= asyncio.run(measure(Path(folder), asked.cases))
    result["load_after"] = os.getloadavg()[0]
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
