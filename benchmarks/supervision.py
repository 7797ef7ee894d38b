"""What it costs to watch the heartbeats of ten thousand alarm paths.

    python -m benchmarks.supervision [PATHS]

PATHS (default 10,000) in category SP6 (20 s) each give a sign of life every 20 s minus a
little, 500 a second, in pretend time. Reported:
`share`       CPU time of this thread in percent of a core: heartbeats, deadlines, looking;
`flood_ms`    all of them lost at once: to have every loss told;
`entries`     of the heap after ten minutes, which must be one a path.
Bound: `share` < 5. CPU time of this thread, so the machine's load hardly counts.
"""

import json
import os
import sys
import time
from pathlib import Path

from callflows.watch.supervision import SupervisedPath, Supervision

HERE = Path(__file__).parent
LIMIT = 20.0  # seconds
INTERVAL = 19.5  # seconds
MINUTES = 10
BOUND = 5.0  # percent


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    supervision = Supervision(map(path, range(count)), 0.0)
    names = [f"p{number}" for number in range(count)]
    end = MINUTES * 60.0
    begin = time.thread_time()
    now, heartbeats = 0.0, 0
    while now < end:
        for number, name in enumerate(names):
            at = now + number * INTERVAL / count
            # As the wiring does it: ask when the next deadline is, and be told if it is.
            next_due = supervision.next_due()
            if next_due is not None and next_due <= at and supervision.due(at):
                raise SystemExit("a path that speaks was told lost")
            supervision.heard(name, at)
        now += INTERVAL
        heartbeats += count
    share = (time.thread_time() - begin) / now * 100
    entries = supervision._due.size
    begin = time.thread_time()
    lost = 0
    while (at := supervision.next_due()) is not None:
        lost += len(supervision.due(at))
    flood = (time.thread_time() - begin) * 1e3
    if lost != count:
        raise SystemExit(f"{lost} of {count} losses were told")
    result = {
        "paths": count,
        "heartbeats_per_second": round(heartbeats / now),
        "share_percent": round(share, 3),
        "flood_ms": round(flood, 1),
        "entries": entries,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }
    print(json.dumps(result, indent=1))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "supervision.json").write_text(json.dumps(result, indent=1) + "\n")
    return share >= BOUND or entries != count


def path(number: int) -> SupervisedPath:
    return SupervisedPath(
        path=f"p{number}",
        organisation="client",
        site=f"site-{number}",
        account=f"{number:06}",
        limit_time=LIMIT,
        category="SP6",
        receiver=f"rx-{number % 4}",
    )


if __name__ == "__main__":
    sys.exit(main())
