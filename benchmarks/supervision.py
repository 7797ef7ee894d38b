"""What it costs to watch the heartbeats of ten thousand alarm paths.

    python -m benchmarks.supervision [PATHS]

PATHS (default 10,000) in category SP6 (20 s) each give a sign of life every 20 s minus a
little, 500 a second, in pretend time. Twice: by the watcher of the rules alone, and by
`Watching.heard`, as a receiver hands a signal on, with a loop's timer, an engine and a logbook
on the disk. There two in a thousand fall silent for three rounds and come back, so losses are
told, open cases and are saved. Reported, for each:
`share`       CPU time of this thread in percent of a core: heartbeats, deadlines, looking;
`flood_ms`    all of them lost at once: to have every loss told;
`entries`     of the heap after ten minutes, which must be one a path.
Bound: `share` < 5. CPU time of this thread, so the machine's load hardly counts; the writer of
the logbook is a thread of its own.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from callflows.events import IncidentId
from callflows.switchboard import Switchboard
from callflows.watch.supervision import SupervisedPath, Supervision
from client_directory.alarm_model import AlarmPath
from client_directory.directory import Directory
from securityline.alarms.signal import HEARTBEAT, Signal
from securityline.engine import Engine
from securityline.logbook.book import Logbook
from securityline.logbook.opening import LogbookSettings
from securityline.watching import Watching
from tests.client_directory.factory import ACME, write

HERE = Path(__file__).parent
LIMIT = 20.0  # seconds
INTERVAL = 19.5  # seconds
MINUTES = 10
BOUND = 5.0  # percent
ONE_IN = 500
"Of so many paths one is silent for three rounds of four; the four rounds begin anew then."


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    load = os.getloadavg()[0]
    result = {
        "paths": count,
        "heartbeats_per_second": round(count / INTERVAL),
        "rules_alone": rules_alone(count),
        "watching": asyncio.run(watching(count)),
        "cores": os.cpu_count(),
        "load_average": load,
    }
    print(json.dumps(result, indent=1))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "supervision.json").write_text(json.dumps(result, indent=1) + "\n")
    both = cast("list[dict[str, float]]", [result["rules_alone"], result["watching"]])
    return any(one["share_percent"] >= BOUND or one["entries"] != count for one in both)


def rules_alone(count: int) -> dict[str, float]:
    """Tell `Supervision` of the heartbeats, as the wiring does it."""
    supervision = Supervision(map(path, range(count)), 0.0)
    names = [f"p{number}" for number in range(count)]
    begin = time.thread_time()
    now = 0.0
    while now < MINUTES * 60.0:
        for number, name in enumerate(names):
            at = now + number * INTERVAL / count
            # As the wiring does it: ask when the next deadline is, and be told if it is.
            next_due = supervision.next_due()
            if next_due is not None and next_due <= at and supervision.due(at):
                raise SystemExit("a path that speaks was told lost")
            supervision.heard(name, at)
        now += INTERVAL
    share = (time.thread_time() - begin) / now * 100
    entries = supervision._due.size
    begin = time.thread_time()
    lost = 0
    while (due := supervision.next_due()) is not None:
        lost += len(supervision.due(due))
    if lost != count:
        raise SystemExit(f"{lost} of {count} losses were told")
    flood = (time.thread_time() - begin) * 1e3
    return {
        "share_percent": round(share, 3),
        "flood_ms": round(flood, 1),
        "entries": entries,
    }


async def watching(count: int) -> dict[str, float]:
    """Hand signals to `Watching`, which tells an engine and saves in a logbook."""
    with tempfile.TemporaryDirectory(prefix="securityline-supervision-") as folder:
        settings = LogbookSettings(folder=Path(folder) / "data", ballast=0, silence_time=60.0)
        book = Logbook.open(settings)
        book.start()
        try:
            return await _watching(count, Path(folder), book)
        finally:
            await book.stop(patience=60.0)


async def _watching(count: int, folder: Path, book: Logbook) -> dict[str, float]:
    now = [0.0]
    loop = asyncio.get_running_loop()
    clients = clients_of(write(folder / "directory", ACME), count)
    numbers = iter(range(1, 1_000_000))
    engine = Engine(Switchboard(), book, lambda _command: None, lambda: now[0])
    saved: list[float] = []

    def save(document: Any) -> None:
        saved.append(now[0])
        book.append(now[0], (), [document], is_urgent=False)

    watch = Watching(
        lambda: clients,
        lambda: now[0],
        tell=engine.handle,
        save=save,
        number=lambda: IncidentId(f"case-{next(numbers)}"),
        later=loop.call_later,
    )
    watch.start()
    signals = [signal(number) for number in range(count)]
    begin, silent, round_number = time.thread_time(), 0, 0
    while now[0] < MINUTES * 60.0:
        start = now[0]
        for number, one in enumerate(signals):
            now[0] = start + number * INTERVAL / count
            if (due := watch.next_due()) is not None and due <= now[0]:
                watch.look()  # the loop's timer runs in real time and comes too late for this
            if number % ONE_IN == 0 and round_number % 4:
                silent += 1
            else:
                watch.heard(one)
            if number % 100 == 0:
                await asyncio.sleep(0)
        now[0] = start + INTERVAL
        round_number += 1
    share = (time.thread_time() - begin) / now[0] * 100
    lost_before = len(watch.paths.lost())
    entries = watch.paths._due.size + lost_before
    lines = book.head.seq
    begin = time.thread_time()
    now[0] += 10 * LIMIT
    watch.look()
    flood = (time.thread_time() - begin) * 1e3
    if len(watch.paths.lost()) != count:
        raise SystemExit(f"{len(watch.paths.lost())} of {count} losses were told")
    watch.stop()
    return {
        "share_percent": round(share, 3),
        "flood_ms": round(flood, 1),
        "entries": entries,
        "silences": silent,
        "lines": lines,
        "states_saved_beside_lines": len(saved),
    }


def clients_of(folder: Path, count: int) -> Directory:
    """Return a client of so many sites; YAML of ten thousand takes a minute to read."""
    acme = Directory.load(folder).organisations["acme"]
    sites = (
        replace(
            acme.sites[0],
            site=f"site-{number}",
            alarm_accounts=(f"{number:06}",),
            alarm_paths=(
                AlarmPath(
                    path="ip",
                    account=f"{number:06}",
                    limit_time=LIMIT,
                    category="SP6",
                    receiver=f"rx-{number % 4}",
                ),
            ),
        )
        for number in range(count)
    )
    return Directory([replace(acme, sites=tuple(sites))])


def signal(number: int) -> Signal:
    return Signal(
        source="dc09",
        source_id=f"{number}",
        account=f"{number:06}",
        code=HEARTBEAT,
        code_format="kind",
        is_heartbeat=True,
        path="dc09:tcp",
    )


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
