"""10,000 alarms in a minute on the running engine, with one hold-up inside.

    python -m benchmarks.flood [--alarms 10000] [--rate 166.7]

Stored as one JSON object: milliseconds from an alarm on the socket to its acknowledgement,
from the hold-up on the socket to a screen, from an INVITE to the operator's answer meanwhile;
what is missing in the log; the engine's CPU. The sender runs on the same machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Final

from securityline.simulation.phone_call import CallState
from tests.crash.flood import HOLD_UP_SITE, Flood, Flooded, watch_desk
from tests.interop.desk import signed_in
from tests.interop.people import PATIENT, PROMPT, dial, reached, telephone

RESULTS: Final = Path(__file__).parent / "results" / "flood.json"
SITES: Final = 400
TICKS: Final = os.sysconf("SC_CLK_TCK")
CALL_PAUSE: Final = 1.0
"Seconds between two calls during the flood."


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def milliseconds(values: list[float]) -> dict[str, float]:
    """Return percentiles of some seconds, in ms."""
    values = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: values[int(len(values) * share)] for name, share in shares.items()}
    return {name: round(v * 1e3, 1) for name, v in {**found, "max": values[-1]}.items()}


async def measure(folder: Path, alarms: int, rate: float) -> dict[str, object]:
    """Pour, watch a screen, telephone."""
    chain = Flooded(folder, sites=SITES)
    chain.prepare()
    flood, set_ups = Flood(chain), list[float]()
    async with (
        chain.running() as engine,
        telephone(chain, "201", PROMPT),
        telephone(chain, None, PATIENT) as carrier,
        signed_in(chain, "op-1") as desk,
    ):
        before, begin = cpu_of(engine.process.pid), time.monotonic()
        watching = asyncio.create_task(watch_desk(desk, lambda html: HOLD_UP_SITE in html))
        pouring = asyncio.create_task(flood.pour(alarms, rate, hold_up_at=alarms * 3 // 4))
        shown = 0.0
        while not pouring.done():
            at = time.monotonic()
            call = dial(carrier, chain)
            await reached(call, CallState.TALKING)
            set_ups.append(time.monotonic() - at)
            carrier.hang_up(call)
            await reached(call, CallState.ENDED)
            if watching.done() and not shown:
                shown = watching.result()
                watching = asyncio.create_task(watch_desk(desk, lambda _html: False))
            await desk.press("ready")
            await asyncio.sleep(CALL_PAUSE)
        await pouring
        shown = shown or watching.result()
        spent, used = time.monotonic() - begin, cpu_of(engine.process.pid) - before
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    return {
        "alarms": flood.sent,
        "seconds": round(spent, 1),
        "acknowledged": len(flood.acknowledged),
        "refused": dict(flood.refused),
        "acknowledged_and_missing": len(flood.missing(chain.data)),
        "acknowledgement_ms": milliseconds(flood.waits),
        "hold_up_to_acknowledgement_ms": round(
            (flood.hold_up_acknowledged - flood.hold_up_sent) * 1e3, 1
        ),
        "hold_up_to_screen_ms": round((shown - flood.hold_up_sent) * 1e3, 1),
        "calls_answered": len(set_ups),
        "call_set_up_ms": milliseconds(set_ups),
        "engine_cpu_share": round(used / spent, 2),
    }


def main() -> None:
    """Run, print, store."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--alarms", type=int, default=10_000)
    options.add_argument("--rate", type=float, default=10_000 / 60)
    asked = options.parse_args()
    result: dict[str, object] = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory(prefix="securityline-flood-") as folder:
        result |= asyncio.run(measure(Path(folder), asked.alarms, asked.rate))
    result["load_after"] = os.getloadavg()[0]
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
