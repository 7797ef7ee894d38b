"""What it costs to watch over people who work alone, and to write down where each stands.

    python -m benchmarks.timers [TIMERS]

TIMERS (default 1,000) run for an hour, each prolonged every ten minutes and ended by its PIN,
in pretend time. Reported, of this thread's CPU time:
`share_percent`  of a core: deadlines, prolongations, PINs, without writing;
`state_ms`       to describe all of them, which each press does once, durably;
`lapse_ms`       all of them lapse in the same second: to have each told amber.
Bound: `share_percent` < 1, `state_ms` < 50.
"""

import json
import os
import sys
import time
from pathlib import Path

from callflows.watch.alone import LonePerson
from callflows.watch.timers import SafetyTimers

HERE = Path(__file__).parent
RUN_TIME = 900.0  # seconds
HOUR = 3600.0
BOUND = 1.0  # percent
STATE_BOUND = 50.0  # ms


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    timers = SafetyTimers(0.0)
    people = [person(number) for number in range(count)]
    begin = time.thread_time()
    for one in people:
        timers.start(one, RUN_TIME, 0.0)
    for minute in range(10, 60, 10):
        for one in people:
            timers.prolong(one.timer_id, 600.0, "bench", minute * 60.0)
            timers.due(minute * 60.0)
    for one in people[: count // 2]:
        timers.pin_checked(one.timer_id, "good", HOUR)
    share = (time.thread_time() - begin) / HOUR * 100
    timers = SafetyTimers(0.0)
    for one in people:
        timers.start(one, RUN_TIME, 0.0)
    begin = time.thread_time()
    json.dumps(timers.to_state())
    state = (time.thread_time() - begin) * 1e3
    begin = time.thread_time()
    told = len(timers.due(RUN_TIME + 1.0))
    lapse = (time.thread_time() - begin) * 1e3
    if told != count:
        raise SystemExit(f"{told} of {count} lapses were told")
    result = {
        "timers": count,
        "share_percent": round(share, 4),
        "state_ms": round(state, 1),
        "lapse_ms": round(lapse, 1),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=1))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "timers.json").write_text(json.dumps(result, indent=1) + "\n")
    return share >= BOUND or state >= STATE_BOUND


def person(number: int) -> LonePerson:
    return LonePerson(
        timer_id=f"lone:client/p{number}",
        organisation="client",
        person=f"p{number}",
        name=f"Person {number}",
        numbers=(f"+3247{number:07}",),
    )


if __name__ == "__main__":
    sys.exit(main())
