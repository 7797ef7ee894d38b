"""Thousands of `kill -9` in the middle of call trees: what is lost, and how long it is silent.

    python -m benchmarks.kill_trees [--kills 2000] [--seed 1]

The same nights as in `tests/crash`, many of them, each with a logbook of its own. Stored as
one JSON object: kills by boundary, lines shown and missing, trees, calls, broken promises, and
seconds from a kill until a call that was up was taken up again, and until the next engine was
ready. Engines are forked from a process that has imported everything; a start from nothing,
as systemd makes it, is measured beside it.
"""

import argparse
import asyncio
import json
import os
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tests.crash.estate import Estate
from tests.crash.judge import Verdict
from tests.crash.night import live_through

RESULTS: Final = Path(__file__).parent / "results" / "kill_trees.json"
KILLS_A_NIGHT: Final = 100
SITES_A_NIGHT: Final = 150
TREES_AT_ONCE: Final = 16
COLD_STARTS: Final = 10
OPERATORS_EVERY: Final = 4
"In one night of so many operators call emergency services, and it is killed around that."


def distribution(values: list[float]) -> dict[str, float]:
    """Return the percentiles of some seconds."""
    values = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    found = {name: values[int(len(values) * share)] for name, share in shares.items()}
    return {name: round(value, 3) for name, value in {**found, "max": values[-1]}.items()}


async def cold_starts(estate: Estate) -> dict[str, float]:
    """Kill and start `securityline serve` itself; return seconds until it takes calls."""
    times = []
    for _ in range(COLD_STARTS):
        begin = time.monotonic()
        engine = await estate.start()
        times.append(time.monotonic() - begin)
        engine.kill(signal.SIGKILL)
        await engine.ended()
    await (await estate.start()).stop()
    return distribution(times)


async def measure(kills: int, seed: int) -> dict[str, object]:
    """Live through nights until there were so many kills."""
    silences: list[float] = []
    downs: list[float] = []
    boundaries: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    cold: dict[str, float] = {}
    for number in range(-(-kills // KILLS_A_NIGHT)):
        with tempfile.TemporaryDirectory(prefix="securityline-kill-") as folder:
            bank = Estate(Path(folder), sites=SITES_A_NIGHT)
            bank.prepare()
            night = await live_through(
                bank,
                kills=min(KILLS_A_NIGHT, kills - number * KILLS_A_NIGHT),
                seed=seed + number,
                at_once=TREES_AT_ONCE,
                has_operators=number % OPERATORS_EVERY == OPERATORS_EVERY - 1,
            )
            verdict = Verdict(night, bank.data)
            found = list(verdict.faults())
            faults += [f"night {seed + number}: {each}" for each in found]
            silences += night.phones.silences
            downs += night.down_times
            boundaries += night.kills
            outcomes += verdict.outcomes()
            counts.update(
                trees=night.sites,
                calls=len(night.phones.calls),
                services_called=sum(len(each.called) for each in night.dispatchers),
                lines_shown=len(night.witness.lines),
                alarms_acknowledged=len(night.senders.acknowledged),
                left_alone=len(night.phones.left_alone),
            )
            if not cold:
                cold = await cold_starts(bank)
        print(f"  night {number + 1}: {sum(boundaries.values())} kills, {len(faults)} faults")
    return {
        "kills": sum(boundaries.values()),
        "kills_by_boundary": dict(boundaries.most_common()),
        **counts,
        "missed_calls_by_cause": dict(outcomes.most_common()),
        "broken_promises": faults,
        "seconds_until_a_call_was_taken_up": distribution(silences),
        "calls_taken_up": len(silences),
        "seconds_until_ready_forked": distribution(downs),
        "seconds_until_ready_from_nothing": cold,
    }


def main() -> None:
    """Run, print, store."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    before = os.getloadavg()[0]
    result = {"load_before": before, "cores": os.cpu_count()}
    result |= asyncio.run(measure(asked.kills, asked.seed))
    result["load_after"] = os.getloadavg()[0]
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
