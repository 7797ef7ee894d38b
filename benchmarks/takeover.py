"""Twenty recorded calls, a `kill -9` in the middle of each: how many are kept, how long silent.

    python -m benchmarks.takeover [--calls 20]

Once the engine is killed and started from nothing, as systemd does it, once the media process,
which the engine starts again. Each call is established and recorded before its kill; caller and
operator speak all the time, and each end takes the time of every RTP packet with speech in it.
`kept`       calls that neither end was told the end of, that the engine has in its list as
             talking, in which both hear each other after the kill, with a recording that ended
             with the call;
`audio_gap`  seconds: the longest pause between two such packets around the kill, at the end
             that was silent for longer (20 ms is no gap at all);
`ready`      seconds from the kill until the next process had taken over.
Bound: all kept, and the gap's 95th percentile at most 2 s. `tests/interop/test_kill.py` kills
eight times in one call, with telephones that others wrote.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, Final

from securityline.simulation.phone_call import CallState, PhoneCall
from sip.media import rtp
from tests.interop.desk import signed_in
from tests.interop.engine import Lab
from tests.interop.peers import Program
from tests.interop.people import PATIENT, PROMPT, Telephone, dial, reached, telephone
from tests.interop.test_kill import process_of

RESULTS: Final = Path(__file__).parent / "results" / "takeover.json"
BOUND: Final = 2.0
"Seconds of silence, at the 95th percentile."
TALK_TIME: Final = 1.0
"Seconds of talk before the kill, and after the next process has taken over."


class Ear:
    """One end of a call: when it heard speech."""

    def __init__(self, call: PhoneCall) -> None:
        self.times: list[float] = []
        self._hear = call.audio._hear
        call.audio._hear = self._take  # type: ignore[method-assign]

    def _take(self, data: bytes) -> None:
        packet = rtp.parse(data)
        if packet is not None and len(set(packet.payload)) > 2:  # silence is one value
            self.times.append(time.monotonic())
        self._hear(data)

    def longest_pause(self, since: float) -> float:
        """Return the longest time between two packets, of those that end after `since`."""
        pauses = [later - before for before, later in pairwise(self.times) if later >= since]
        return max(pauses, default=float("inf"))


def distribution(values: list[float]) -> dict[str, float]:
    values = sorted(values)
    found = {f"p{p}": values[ceil(p / 100 * len(values)) - 1] for p in (50, 95)}
    return {name: round(value, 3) for name, value in {**found, "max": values[-1]}.items()}


async def one_call(
    lab: Lab, engine: Program, carrier: Telephone, desk: Telephone, what: str, seq: int
) -> tuple[Program, dict[str, Any]]:
    """Let two people talk, kill, see what becomes of it; return the engine that runs now.

    :param seq: number of a line before the call.
    """
    async with lab.api() as api, signed_in(lab, "op-1"):
        call = dial(carrier, lab)
        await reached(call, CallState.TALKING)
        await api.wait_for("RecordingStarted", after=seq)
        answered = await api.wait_for("OperatorAnswered", after=seq)
        other = desk.calls[-1]
        ears = Ear(call), Ear(other)
        await asyncio.sleep(TALK_TIME)
    killed_at = time.monotonic()
    if what == "engine":
        engine.kill(signal.SIGKILL)
        await engine.ended()
        engine = await lab.start()
    else:
        os.kill(await process_of("securityline.media_process", str(lab.data)), signal.SIGKILL)
        async with lab.api() as api:
            await api.wait_for("MediaRestarted", after=answered["seq"])
    ready = time.monotonic() - killed_at
    await asyncio.sleep(TALK_TIME)
    async with lab.api() as api:
        active = await api.get("/api/v1/calls?state=active")
        is_up = [one["state"] for one in active] == ["talking"]
        is_up &= call.state is other.state is CallState.TALKING
        is_heard = all(ear.times and ear.times[-1] > killed_at + ready for ear in ears)
        gap = max(ear.longest_pause(killed_at) for ear in ears)
        carrier.hang_up(call)
        ended = await api.wait_for("RecordingEnded", after=answered["seq"])
    is_recorded = ended["data"]["seconds"] >= ready + TALK_TIME
    return engine, {
        "is_kept": is_up and is_heard and is_recorded,
        "gap": gap,
        "ready": ready,
        "seq": ended["seq"],
    }


async def measure(calls: int, what: str) -> dict[str, Any]:
    """Kill one kind of process in so many calls."""
    found: list[dict[str, Any]] = []
    seq = 0
    with tempfile.TemporaryDirectory(prefix="securityline-takeover-") as folder:
        lab = Lab(Path(folder))
        await asyncio.to_thread(lab.prepare)
        engine = await lab.start()
        try:
            async with (
                telephone(lab, "201", PROMPT) as desk,
                telephone(lab, None, PATIENT) as carrier,
            ):
                for _ in range(calls):
                    engine, result = await one_call(lab, engine, carrier, desk, what, seq)
                    seq = result["seq"]
                    found.append(result)
        finally:
            await engine.stop()
    return {
        "kills": len(found),
        "kept": sum(one["is_kept"] for one in found),
        "audio_gap_seconds": distribution([one["gap"] for one in found]),
        "ready_seconds": distribution([one["ready"] for one in found]),
    }


def main() -> int:
    """Run, print, store."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=20)
    asked = options.parse_args()
    result: dict[str, Any] = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
    for what in ("engine", "media"):
        result[what] = asyncio.run(measure(asked.calls, what))
    result["load_after"] = os.getloadavg()[0]
    print(json.dumps(result, indent=1))
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return any(
        result[what]["kept"] < asked.calls or result[what]["audio_gap_seconds"]["p95"] > BOUND
        for what in ("engine", "media")
    )


if __name__ == "__main__":
    sys.exit(main())
