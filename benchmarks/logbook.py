"""The main courante: commits a second, latency under a busy loop, CPU a line and a call.

`python -m benchmarks.logbook`; with `--kills` also 200 kills of a writing process.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import uvloop

from callflows import events as e
from callflows.commands import Command, RingOperator
from callflows.events import CallId, Cause, LegId, OperatorId
from callflows.switchboard import Switchboard
from securityline.clock import Clock
from securityline.engine import Engine
from securityline.logbook.book import Logbook
from securityline.logbook.entry import Entry, Line
from securityline.logbook.opening import LogbookSettings
from securityline.logbook.verify import verify_book
from tests.stories.line import CONSIGNE

RESULTS = Path(__file__).parent / "results" / "logbook.json"
NOTE: Line = (
    "event",
    "inc-1",
    "LegEnded",
    {"incident_id": "inc-1", "leg_id": "call-1-a", "cause": "hung_up", "sip_status": 487},
)


@contextmanager
def open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@asynccontextmanager
async def open_book(folder: Path) -> Any:
    book = Logbook.open(LogbookSettings(folder=folder, ballast=0))
    book.start()
    yield book
    await book.stop()


def cpu() -> float:
    """Processor seconds of this process, all threads, user and system."""
    return process_time()


def percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        f"p{p}_ms": round(ordered[min(int(len(ordered) * p / 100), len(ordered) - 1)] * 1e3, 3)
        for p in (50, 95, 99, 100)
    }


async def commits_one_by_one(count: int = 2000) -> dict[str, float]:
    """Append, wait until it is durable, append again: no grouping."""
    with open_folder() as folder:
        async with open_book(folder) as book:
            loop = asyncio.get_running_loop()
            begin, used = perf_counter(), cpu()
            for _ in range(count):
                done = loop.create_future()
                book.append(1.0, [NOTE], (), done.set_result)
                await done
            return {
                "commits_per_s": round(count / (perf_counter() - begin)),
                "cpu_us_per_commit": round((cpu() - used) / count * 1e6),
            }


async def lines_in_a_flood(count: int = 40_000) -> dict[str, float]:
    """Append as fast as possible: the writer groups."""
    with open_folder() as folder:
        async with open_book(folder) as book:
            written = 0
            done = asyncio.get_running_loop().create_future()

            def count_them(entries: list[Entry]) -> None:
                nonlocal written
                written += len(entries)
                if written == count:
                    done.set_result(None)

            begin, used = perf_counter(), cpu()
            for number in range(count // 2):
                book.append(1.0, [NOTE, NOTE], (), count_them)
                if number % 100 == 99:
                    await asyncio.sleep(0)
            await done
            took, used = perf_counter() - begin, cpu() - used
        begin = cpu()
        verify_book(folder)
        return {
            "lines_per_s": round(count / took),
            "cpu_us_per_line": round(used / count * 1e6, 1),
            "verify_cpu_us_per_line": round((cpu() - begin) / count * 1e6, 2),
        }


def note_latency(took: list[float], begin: float, entries: list[Entry]) -> None:
    took.append(perf_counter() - begin)


async def latency(rate: float, *, seconds: float = 8.0) -> dict[str, float]:
    """Append at random instants while other callbacks keep the loop busy half of the time."""
    chance = random.Random(1)
    with open_folder() as folder:
        async with open_book(folder) as book:
            loop = asyncio.get_running_loop()
            took: list[float] = []
            end = loop.time() + seconds

            def work() -> None:
                until = perf_counter() + 0.002
                while perf_counter() < until:
                    pass
                if loop.time() < end:
                    loop.call_later(0.002, work)

            work()
            at = loop.time()
            while at < end:
                at += chance.expovariate(rate)
                await asyncio.sleep(at - loop.time())
                begin = perf_counter()
                book.append(
                    1.0, [NOTE] * 3, (), lambda _, b=begin: took.append(perf_counter() - b)
                )
            return percentiles(took)


class Pace:
    """Calls through the real rules, each event at its own instant."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.legs: dict[str, LegId] = {}
        self.operators: dict[str, OperatorId] = {}

    def execute(self, command: Command) -> None:
        if isinstance(command, RingOperator) and command.call_id not in self.legs:
            self.legs[command.call_id] = command.leg_id
            self.operators[command.call_id] = command.operator

    def story(self, number: int) -> list[Callable[[], e.Event]]:
        call = CallId(f"call-{number}")
        leg = LegId(f"{call}-a")
        recording = f"rec-{number}"

        def answered() -> LegId:
            return self.legs[call]

        def incident() -> Any:
            return self.engine.switchboard.calls[call].incident_id

        def who() -> OperatorId:
            return self.operators[call]

        return [
            lambda: e.CallOffered(
                call_id=call,
                leg_id=leg,
                did="+3225550100",
                caller="+32470000001",
                procedure=CONSIGNE,
                while_ringing="ringback",
            ),
            lambda: e.RecordingStarted(call_id=call, recording_id=recording),
            lambda: e.LegRinging(leg_id=answered()),
            lambda: e.LegAnswered(leg_id=answered()),
            lambda: e.StepAnswered(
                incident_id=incident(), operator=who(), step="facts", text="à la porte"
            ),
            lambda: e.NoteWritten(incident_id=incident(), operator=who(), text="rappellera"),
            lambda: e.LegEnded(leg_id=leg, cause=Cause.HUNG_UP),
            lambda: e.LegEnded(leg_id=answered(), cause=Cause.RELEASED),
            lambda: e.RecordingEnded(
                call_id=call, recording_id=recording, seconds=1.0, sha256="0" * 64
            ),
            lambda: e.CloseRequested(
                incident_id=incident(), operator=who(), disposition="handled"
            ),
            lambda: e.OperatorReady(operator=who()),
        ]


async def whole_calls(rate: float, seconds: float = 10.0) -> dict[str, float]:
    """CPU of a whole call in rules, engine and logbook, beside an idle loop's own."""
    with open_folder() as folder:
        async with open_book(folder) as book:
            clock = Clock()
            pace: Pace
            engine = Engine(Switchboard(), book, lambda command: pace.execute(command), clock)
            pace = Pace(engine)
            engine.start()
            for number in range(int(rate * 2)):
                operator = OperatorId(f"op-{number}")
                engine.handle(e.StationUp(operator=operator))
                engine.handle(
                    e.OperatorSignedIn(
                        operator=operator,
                        name="x",
                        languages={"fr": 3},
                        clearances=("standard",),
                    )
                )
                engine.handle(e.OperatorReady(operator=operator))
            await asyncio.sleep(0.5)
            commits = count_commits(book)
            lines, offered = book.head.seq, 0
            loop = asyncio.get_running_loop()
            due: list[tuple[float, Callable[[], e.Event] | None]] = []
            begin = loop.time() + 0.05
            for number in range(int(rate * seconds)):
                start = begin + number / rate
                due += [(start + 0.11 * i, make) for i, make in enumerate(pace.story(number))]
                offered += 1
            due.sort(key=lambda pair: pair[0])
            idle = await play(engine, [(at, None) for at, _ in due])
            shift = loop.time() + 0.05 - begin
            used = await play(engine, [(at + shift, make) for at, make in due])
            await asyncio.sleep(0.1)
            return {
                "calls": offered,
                "cpu_ms_per_call": round((used - idle) / offered * 1e3, 3),
                "events_per_call": len(pace.story(0)),
                "lines_per_call": round((book.head.seq - lines) / offered, 1),
                "commits_per_call": round(commits() / offered, 2),
            }


def count_commits(book: Logbook) -> Callable[[], int]:
    store = book._book.store
    write, number = store.write, 0

    def counted(group: Any) -> None:
        nonlocal number
        number += 1
        write(group)

    store.write = counted  # type: ignore[method-assign]
    return lambda: number


async def play(engine: Engine, due: list[tuple[float, Callable[[], e.Event] | None]]) -> float:
    loop = asyncio.get_running_loop()
    used = cpu()
    for at, make in due:
        if (pause := at - loop.time()) > 0:
            await asyncio.sleep(pause)
        if make is not None:
            with suppress(KeyError):  # the machine is so slow that nobody has been rung yet
                engine.handle(make())
    return cpu() - used


async def write_back(folder: Path) -> None:
    """Open the book once more: a slow disk may have left lines in the spool."""
    async with open_book(folder) as book:
        book.append(1.0, [NOTE])


def kills(count: int) -> dict[str, int]:
    """Kill a writing process again and again; count what it had acknowledged, and lost."""
    from tests.securityline.test_logbook_kill import killed_after, lines_in

    chance = random.Random(7)
    with open_folder() as folder:
        told: dict[int, str] = {}
        for _ in range(count):
            told |= killed_after(folder, chance.randint(1, 400), chance.randint(0, 80))
        asyncio.run(write_back(folder))
        there = lines_in(folder)
        verify_book(folder)
    lost = sum(there.get(seq) != hashed for seq, hashed in told.items())
    return {"kills": count, "acknowledged": len(told), "lost": lost}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=0)
    options = parser.parse_args()
    results: dict[str, Any] = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
    results["one_by_one"] = uvloop.run(commits_one_by_one())
    results["flood"] = uvloop.run(lines_in_a_flood())
    for rate in (20, 200):
        results[f"busy_loop_{rate}_per_s"] = uvloop.run(latency(rate))
    for calls in (20, 100):
        results[f"whole_calls_{calls}_per_s"] = uvloop.run(whole_calls(calls))
    if options.kills:
        results["kills"] = kills(options.kills)
    results["load_after"] = os.getloadavg()[0]
    for name, value in results.items():
        print(f"{name:24} {value}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
