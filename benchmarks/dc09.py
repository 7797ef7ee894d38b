"""CPU of taking and answering DC-09 frames, frames a second over TCP, memory after bent ones.

A frame is cut out of octets, checked, read into a signal, handed on, and its answer made: all
but the disk, which `take` here pretends to have written at once. The contract's aim, alarm to
ACK with the disk, is p99 50 ms at 100 a second: what is measured here must be small beside it.

    python -m benchmarks.dc09 [--rounds 3000] [--frames 50000] [--bent 100000]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from benchmarks.parse_message import measure, resident_kib
from securityline.alarms.dc09 import Outcome, Settings
from securityline.alarms.dc09_frame import Framer
from securityline.alarms.intake import Intake
from securityline.alarms.receiver import Dc09Receiver
from securityline.alarms.signal import Signal
from sip.endpoint import Endpoint
from tests.securityline.alarms.panels import Panel, panic
from tests.securityline.alarms.test_receiver import SEEDS, mutated

RESULT = Path(__file__).parent / "results" / "dc09.json"
NOW = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
KEYS = {str(bits): bytes(bits // 8) for bits in (128, 192, 256)}
IN_FLIGHT = 32


def stored(signals: tuple[Signal, ...], answer: Callable[[Outcome], None]) -> None:
    del signals
    answer(Outcome.STORED)


def intake() -> Intake:
    return Intake(stored, Settings(KEYS), NOW.timestamp, lambda _: None)


def frames() -> dict[str, bytes]:
    """Return one frame of each kind."""
    block = "#1234|Nri1/BA001/BA002/TA003"
    kinds = {
        "Contact ID": Panel().frame(panic()),
        "SIA, three events": Panel().frame(block, token="SIA-DCS"),
        "supervision": Panel().frame("", token="NULL"),
    }
    for account, key in KEYS.items():
        kinds[f"Contact ID, AES-{account}"] = Panel(account, key).frame(panic(account), at=NOW)
    kinds["wrong CRC"] = kinds["Contact ID"].replace(b"1120", b"1130")
    return kinds


def per_frame(rounds: int) -> dict[str, object]:
    """Return µs of CPU for a frame: from the socket's octets to the answer's."""
    doing, framer, result = intake(), Framer(), dict[str, object]()

    def work(octets: bytes) -> None:
        for frame in framer.feed(octets):
            doing.take(frame, "dc09:tcp", "192.0.2.7", lambda _: None, lambda: None)

    for name, octets in frames().items():
        figures = measure(lambda octets=octets: work(octets), rounds)  # type: ignore[misc]
        result[name] = figures
        print(f"  {name:24}", *(f"{key} {value:7.2f} " for key, value in figures.items()))
    return result


async def over_tcp(count: int, panel: Panel) -> dict[str, float]:
    """Return frames a second and round trips in ms, with `IN_FLIGHT` frames under way."""
    receiver = Dc09Receiver(stored, Settings(KEYS), clock=NOW.timestamp)
    address = await receiver.listen(Endpoint("tcp", "127.0.0.1", 0))
    reader, writer = await asyncio.open_connection(address.host, address.port)
    data = panic(panel.account)
    octets = [panel.frame(data, sequence=n, at=NOW) for n in range(1, 10_000)]
    sent, trips, framer, done = list[float](), list[float](), Framer(), 0
    started, used = time.perf_counter(), time.process_time()
    while done < count:
        while len(sent) < count and len(sent) - done < IN_FLIGHT:
            writer.write(octets[len(sent) % len(octets)])
            sent.append(time.perf_counter())
        answers = framer.feed(await reader.read(65536))
        now = time.perf_counter()
        trips += [now - sent[done + n] for n in range(len(answers))]
        done += len(answers)
    spent, used = time.perf_counter() - started, time.process_time() - used
    writer.close()
    await writer.wait_closed()
    await receiver.close()
    trips.sort()
    return {
        "frames_per_s": round(count / spent),
        "cpu_us_both_ends": round(used / count * 1e6, 1),
        "p50_ms": round(trips[count // 2] * 1e3, 3),
        "p99_ms": round(trips[count * 99 // 100] * 1e3, 3),
    }


def bent(count: int) -> dict[str, float]:
    """Take `count` frames bent at random; return what is left of them."""
    chance, framer, doing = random.Random(1), Framer(), intake()

    def run(number: int) -> float:
        slowest = 0.0
        for _ in range(number):
            octets = mutated(chance, SEEDS)
            at = time.thread_time()
            for frame in framer.feed(octets):
                doing.take(frame, "dc09:tcp", "192.0.2.7", lambda _: None, lambda: None)
            slowest = max(slowest, time.thread_time() - at)
        gc.collect()
        return slowest

    run(5_000)
    before = resident_kib()
    slowest = run(count)
    return {
        "frames": count,
        "grown_kib": resident_kib() - before,
        "slowest_ms": round(slowest * 1e3, 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3000)
    options.add_argument("--frames", type=int, default=50_000)
    options.add_argument("--bent", type=int, default=100_000)
    asked = options.parse_args()

    result: dict[str, object] = {
        "load": round(os.getloadavg()[0], 2),
        "cores": os.cpu_count(),
    }
    print("a frame taken and answered; µs of CPU")
    result["frame"] = per_frame(asked.rounds)
    print(f"over TCP on loopback, {IN_FLIGHT} under way, sender in the same process")
    for name, panel in (("plain", Panel("9")), ("AES-256", Panel("256", KEYS["256"]))):
        figures = uvloop.run(over_tcp(asked.frames, panel))
        result[f"tcp {name}"] = figures
        print(f"  {name:24}", *(f"{key} {value} " for key, value in figures.items()))
    if asked.bent:
        left = bent(asked.bent)
        result["bent"] = left
        print("bent at random:", ", ".join(f"{key} {value}" for key, value in left.items()))
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
