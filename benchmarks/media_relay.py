"""What a bridged and recorded call costs the media process.

    python -m benchmarks.media_relay [CALLS]

Runs on one core, the generator on another where there is one:
`all`      CALLS calls (default 200), everything on: processor per call and per packet, loss,
           added delay from the kernel's time stamps, memory per call.
`beside`   half as many calls of ours and of a bare relay (`_bare_relay`) at the same time, on
           the same core, at the same priority: the ratio of their processor times, median of
           the windows. Absolute times depend on the machine, the ratio hardly.
`prompts`  CALLS legs that hear a prompt: processor per packet sent.
`restart`  one leg that hears music while the process is killed (SIGKILL) twenty times: the
           longest time between two packets, each time.
A window with loss or with a delay beyond 20 ms says the machine was starved, not how good we
are; `is_clean` tells.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from sip.media.client import MediaClient
from sip.media.protocol import (
    FromLeg,
    LegSpec,
    Prompts,
    RecordingEnded,
    RecordingSpec,
    Source,
    Tone,
)

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "media_relay.json"
WARM, WINDOWS, WINDOW = 3.0, 6, 3.0
KILLS = 20
PEER_PORT = 12_000
BARE_PORT = 14_000
BARE_PEER_PORT = 16_000
ENGINE_CORE = 0
GENERATOR_CORE = (os.cpu_count() or 1) - 1


def pin(pid: int, core: int) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def processor_time(pid: int) -> float:
    """Seconds on a processor of all threads, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@contextmanager
def generator() -> Iterator[list[str]]:
    compiler = shutil.which("cc")
    with tempfile.TemporaryDirectory() as folder:
        if compiler is None:
            yield [sys.executable, "-m", "benchmarks._rtp_generator"]
            return
        program = str(Path(folder) / "generator")
        source = str(HERE / "rtp_generator.c")
        subprocess.run([compiler, "-O2", "-o", program, source, "-lpthread"], check=True)
        yield [program]


async def load(
    command: list[str], endpoints: list[tuple[int, int, int]], pids: list[int]
) -> tuple[list[list[float]], list[dict[str, object]]]:
    """Run the generator; return seconds on a processor per window and process, and groups."""
    process = await asyncio.create_subprocess_exec(
        *command,
        str(WARM),
        str(WINDOWS),
        str(WINDOW),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    pin(process.pid, GENERATOR_CORE)
    assert process.stdin
    assert process.stdout
    process.stdin.write("".join(f"{g} {a} {b}\n" for g, a, b in endpoints).encode())
    process.stdin.close()
    marks: list[list[float]] = []
    groups = []
    async for line in process.stdout:
        if line.startswith(b"window"):
            marks.append([processor_time(pid) for pid in pids] + [time.monotonic()])
        else:
            groups.append(json.loads(line))
    if await process.wait() or not groups:
        raise SystemExit("the load generator failed; are its ports (12000-17999) free?")
    windows = [
        [b - a for a, b in zip(before, after, strict=True)] for before, after in pairwise(marks)
    ]
    return windows, groups


class Engine:
    """The media process, set up through the client that the product uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended: list[RecordingEnded] = []
        self.client = MediaClient(
            [
                *(sys.executable, "-m", "securityline.media_process"),
                *("--socket", str(folder / "media.sock"), "--address", "127.0.0.1"),
                *("--ports", "30000-39999", "--recordings", str(folder / "recordings")),
                *("--ready-ports", "1024"),
            ],
            folder / "media.sock",
            lambda event: (
                self.ended.append(event) if isinstance(event, RecordingEnded) else None
            ),
        )

    async def start(self) -> int:
        await self.client.start()
        assert self.client.pid
        pin(self.client.pid, ENGINE_CORE)
        return self.client.pid

    def leg(self, number: int, call: int, source: Source) -> tuple[int, int, int]:
        port, peer = self.client.reserve_port(), PEER_PORT + 2 * number
        self.client.put_leg(
            LegSpec(
                leg_id=f"leg-{number}",
                call_id=f"call-{call}",
                port=port,
                remote=("127.0.0.1", peer),
                dtmf_payload_type=101,
                source=source,
            )
        )
        return 0, peer, port

    def bridge(self, calls: int) -> list[tuple[int, int, int]]:
        endpoints = []
        for call in range(calls):
            caller, operator = 2 * call, 2 * call + 1
            path = self.folder / "recordings" / f"{call % 256:02x}" / f"r{call}.wav"
            self.client.put_recording(
                RecordingSpec(
                    recording_id=f"r{call}",
                    call_id=f"call-{call}",
                    path=str(path),
                    caller_leg=f"leg-{caller}",
                )
            )
            endpoints.append(self.leg(caller, call, FromLeg(f"leg-{operator}")))
            endpoints.append(self.leg(operator, call, FromLeg(f"leg-{caller}")))
        return endpoints

    async def settled(self, legs: int) -> None:
        """Wait until all orders are carried out: a packet that comes before is nobody's."""
        client = self.client
        await self.until(lambda: client.report is not None and client.report.legs == legs)

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def verdict(windows: list[list[float]], group: dict[str, object], packets: float) -> dict:
    shares = [seconds / elapsed for seconds, *_, elapsed in windows]
    share = statistics.median(shares)
    delay = group["delay_us"]
    return {
        "core_percent": round(100 * share, 1),
        "core_percent_range": [round(100 * min(shares), 1), round(100 * max(shares), 1)],
        "us_per_packet": round(share / packets * 1e6, 2),
        "sent": group["sent"],
        "lost": group["lost"],
        "silent_endpoints": group["silent"],
        "added_delay_ms": {
            name: round(value / 1000, 3) for name, value in delay.items() if name != "n"
        },
        "is_clean": not group["lost"] and delay["max"] <= 20_000,
    }


async def all_calls(folder: Path, command: list[str], calls: int) -> dict:
    engine = Engine(folder)
    pid = await engine.start()
    before = resident(pid)
    endpoints = engine.bridge(calls)
    await engine.settled(2 * calls)
    windows, (group,) = await load(command, endpoints, [pid])
    after = resident(pid)
    priority = engine.client.report.priority if engine.client.report else "?"
    for call in range(calls):
        engine.client.end_recording(f"r{call}")
    await asyncio.wait_for(engine.until(lambda: len(engine.ended) == calls), 60)
    await engine.client.stop()
    result = verdict(windows, group, 100 * calls)
    seconds = [event.seconds for event in engine.ended]
    return {
        "calls": calls,
        "priority": priority,
        **result,
        "core_percent_per_call": round(result["core_percent"] / calls, 4),
        "resident_kib_per_call": round((after - before) / 1024 / calls, 1),
        "recorded_seconds": [min(seconds), max(seconds)],
        "lost_by_own_count": sum(
            leg["lost"] for event in engine.ended for leg in event.legs.values()
        ),
    }


async def beside_bare(folder: Path, command: list[str], calls: int) -> dict:
    engine = Engine(folder)
    pid = await engine.start()
    endpoints = engine.bridge(calls)
    relay = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks._bare_relay"),
        *(str(BARE_PORT), str(calls), str(BARE_PEER_PORT)),
        stdout=subprocess.PIPE,
    )
    assert relay.stdout
    await relay.stdout.readline()
    pin(relay.pid, ENGINE_CORE)
    bare = [(1, BARE_PEER_PORT + 2 * i, BARE_PORT + 2 * i) for i in range(2 * calls)]
    await engine.settled(2 * calls)
    # Interleaved, so that neither gets the quieter half of a cycle.
    mixed = [pair for both in zip(endpoints, bare, strict=True) for pair in both]
    windows, groups = await load(command, mixed, [pid, relay.pid])
    relay.kill()
    await relay.wait()
    await engine.client.stop()
    ratios = [ours / theirs for ours, theirs, _ in windows]
    only_bare = [[theirs, elapsed] for _, theirs, elapsed in windows]
    return {
        "calls_each": calls,
        "ratio_to_bare_relay": round(statistics.median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "ours": verdict(windows, groups[0], 100 * calls),
        "bare": verdict(only_bare, groups[1], 100 * calls),
    }


async def prompts(folder: Path, command: list[str], legs: int) -> dict:
    engine = Engine(folder)
    pid = await engine.start()
    source = Prompts(("all_busy_calm",), "fr", "repeat")
    endpoints = [engine.leg(number, number, source) for number in range(legs)]
    silent = [endpoint for endpoint in endpoints if endpoint[1] % 2]
    # One endpoint keeps the generator's clock running; the prompts come by themselves.
    windows, _ = await load(command, silent or endpoints[:1], [pid])
    await engine.client.stop()
    share = statistics.median(seconds / elapsed for seconds, elapsed in windows)
    return {
        "legs": legs,
        "core_percent": round(100 * share, 1),
        "us_per_packet": round(share / (50 * legs) * 1e6, 2),
    }


async def restart(folder: Path, _command: list[str], kills: int) -> dict:
    engine = Engine(folder)
    pid = await engine.start()
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.bind(("127.0.0.1", PEER_PORT))
    phone.setblocking(False)
    arrivals: list[float] = []

    def hear() -> None:
        phone.recv(2000)
        arrivals.append(time.monotonic())

    asyncio.get_running_loop().add_reader(phone, hear)
    engine.leg(0, 0, Tone("hold_music"))
    gaps = []
    for _ in range(kills):
        arrivals.clear()
        await asyncio.wait_for(engine.until(lambda: len(arrivals) > 20), 10)
        os.kill(pid, signal.SIGKILL)
        await engine.until(lambda pid=pid: engine.client.pid not in (pid, None))
        mark = len(arrivals)
        await asyncio.wait_for(engine.until(lambda mark=mark: len(arrivals) > mark + 20), 10)
        pid = engine.client.pid or 0
        gaps.append(max(b - a for a, b in pairwise(arrivals)))
    asyncio.get_running_loop().remove_reader(phone)
    phone.close()
    await engine.client.stop()
    gaps.sort()
    return {
        "kills": kills,
        "audio_gap_ms": {
            "p50": round(1000 * gaps[len(gaps) // 2]),
            "p95": round(1000 * gaps[int(len(gaps) * 0.95)]),
            "max": round(1000 * gaps[-1]),
        },
    }


async def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    results: dict[str, object] = {
        "machine": {
            "cores": os.cpu_count(),
            "load_before": os.getloadavg()[0],
            "generator": "C" if shutil.which("cc") else "Python",
            "windows": [WINDOWS, WINDOW],
        }
    }
    with generator() as command, tempfile.TemporaryDirectory() as folder:
        for name, run, size in (
            ("all", all_calls, calls),
            ("beside", beside_bare, calls // 2),
            ("prompts", prompts, calls),
            ("restart", restart, KILLS),
        ):
            place = Path(folder) / name
            place.mkdir()
            results[name] = await run(place, command, size)
            print(json.dumps({name: results[name]}, indent=1), flush=True)
    results["load_after"] = os.getloadavg()[0]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
