"""INVITE to ringing, to the card on the desk, and what a whole call costs; Kamailio beside.

    python -m benchmarks.call_setup [--rate 20] [--seconds 20] [--burst 100] [--sipp]

One generator is the carrier and all operators' phones. At `--rate` calls a second it sends
each call to the engine and, in between, one to Kamailio, a stateful proxy between the same
two ends, in the same run. Reported, in milliseconds:

`ringing`  first octet of the INVITE sent -> 180 received, engine and Kamailio
`card`     first octet of the INVITE sent -> the card on the desk's WebSocket
`cpu`      CPU of engine and media process for a call set up, answered by an operator, ended,
           with no desk connected
`burst`    the same at `--burst` calls a second: how many failed

The generator's own delays are in both, so the ratio says more than the figures.

With `--sipp` SIPp is both ends instead, see `_sipp_setup.py`; then `ringing` is all there is.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import uvloop

from benchmarks._kamailio import start_kamailio
from benchmarks._phones import Farm, invite, register_all
from securityline.accounts import Accounts

HERE = Path(__file__).parent
OPERATORS = 60
PASSWORD = "a password of a benchmark"
DOMAIN = "bench.example"
TALK_TIME = 0.4  # seconds


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Lab:
    folder: Path
    operators: int = OPERATORS
    french_of_others: int = 3
    sip: int = field(default_factory=free_port)
    trunk: int = field(default_factory=free_port)
    web: int = field(default_factory=free_port)
    proxy: int = field(default_factory=free_port)
    second: int = field(default_factory=free_port)
    "Another port of the carrier."
    secrets: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> Path:
        directory = self.folder / "directory"
        (directory / "organisations").mkdir(parents=True)
        example = HERE.parent / "securityline" / "example_directory"
        shutil.copy(example / "organisations" / "postes-demo.yaml", directory / "organisations")
        shutil.copy(example / "services.yaml", directory)
        rows = [
            f'  - {{operator: op-{n}, name: Operator {n}, extension: "{200 + n}", '
            f"languages: {{fr: {3 if n == 1 else self.french_of_others}, nl: 2}}, "
            f"clearances: [standard], role: operator}}"
            for n in range(1, self.operators + 1)
        ]
        (directory / "operators.yaml").write_text("operators:\n" + "\n".join(rows) + "\n")
        data = self.folder / "data"
        data.mkdir()
        accounts = Accounts(data, realm=DOMAIN)
        for n in range(1, self.operators + 1):
            self.secrets[str(200 + n)] = accounts.add_operator(
                f"op-{n}", PASSWORD, str(200 + n)
            )
        accounts.close()
        config = self.folder / "securityline.toml"
        config.write_text(
            f'[sip]\nlisten = ["udp:127.0.0.1:{self.sip}"]\ndomain = "{DOMAIN}"\n'
            f'[[trunks]]\nname = "carrier-a"\npeers = ["127.0.0.1:{self.trunk}", '
            f'"127.0.0.1:{self.second}"]\n'
            f'outbound = "sip:127.0.0.1:{self.trunk};transport=udp"\n'
            '[media]\naddress = "127.0.0.1"\nports = "21000-28999"\n'
            f'[web]\nlisten = "127.0.0.1:{self.web}"\n'
            f'[data]\ndir = "{data}"\n[directory]\ndir = "{directory}"\n'
            "[logbook]\nballast = 65536\n"
        )
        return config


def cpu_by_thread(*pids: int) -> dict[str, float]:
    """Return CPU seconds by thread, named so that a person can place them.

    From the scheduler's own count of nanoseconds: the ticks of `stat` miss what wakes often
    and runs briefly.
    """
    found: dict[str, float] = {}
    for pid, process in zip(pids, ("engine", "media"), strict=True):
        for task in sorted(
            Path(f"/proc/{pid}/task").iterdir(), key=lambda path: int(path.name)
        ):
            kind = "main" if task.name == str(pid) else "threads"
            key = f"{process} {kind}"
            spent = int((task / "schedstat").read_text().split()[0]) / 1e9
            found[key] = found.get(key, 0.0) + spent
    return found


def family_cpu(program: "subprocess.Popen[bytes] | None") -> float:
    """Return CPU seconds of a program and its children; 0 when there is none."""
    if program is None:
        return 0.0
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    return sum(
        int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
        for pid in (str(program.pid), *children)
    )


def cpu_seconds(*pids: int) -> float:
    return sum(cpu_by_thread(*pids).values())


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(1000 * value for value in values)
    if not ordered:
        return {"count": 0}
    return {
        "count": len(ordered),
        "p50": round(statistics.median(ordered), 3),
        "p90": round(ordered[int(0.90 * len(ordered))], 3),
        "p99": round(ordered[min(int(0.99 * len(ordered)), len(ordered) - 1)], 3),
        "max": round(ordered[-1], 3),
    }


@contextlib.asynccontextmanager
async def signed_in(lab: Lab, operator: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Sign an operator in; his state is a break."""
    base = f"http://127.0.0.1:{lab.web}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(base, cookie_jar=jar, headers={"Origin": base}) as session:
        async with session.get("/sign-in") as page:
            token = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        assert token is not None
        form = {"csrf": token[1], "operator": operator, "password": PASSWORD}
        async with session.post("/sign-in", data=form) as done:
            assert done.status == 200
        yield session


async def watch_desk(lab: Lab, cards: dict[str, float], opened: asyncio.Event) -> None:
    """Sign in as op-1 on a break, and note when each call's card is on the socket."""
    async with signed_in(lab, "op-1") as session, session.ws_connect("/desk/live") as screen:
        opened.set()
        async for message in screen:
            now = time.perf_counter()
            for caller in re.findall(r"\+32 ?4(\d\d) ?(\d\d) ?(\d\d) ?(\d\d)", message.data):
                cards.setdefault("+324" + "".join(caller), now)


async def offer_calls(
    farm: Farm, lab: Lab, rate: float, seconds: float, first: int, *, beside: bool
) -> list[str]:
    """Send calls at an even rate; return their callers' numbers."""
    callers = []
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(due - loop.time(), 0))
        caller = f"+324{70000000 + first + number:08d}"
        callers.append(caller)
        farm.call(invite(caller, lab.trunk), ("127.0.0.1", lab.sip), caller)
        if beside:
            await asyncio.sleep(max(due + 0.5 / rate - loop.time(), 0))
            farm.call(invite("p" + caller, lab.trunk), ("127.0.0.1", lab.proxy), "p" + caller)
    return callers


async def start_engine(
    config: Path, *more: str
) -> tuple[asyncio.subprocess.Process, list[int]]:
    """Start an engine; return it with the process ids of engine and media process."""
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks._engine", str(config), *more,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert engine.stdout is not None
    while not (line := (await engine.stdout.readline()).decode()).startswith("ready"):
        if not line:
            raise SystemExit("the engine did not start")
    return engine, [int(pid) for pid in line.split()[3:5]]


async def stop_engine(engine: asyncio.subprocess.Process) -> None:
    """Let it end in order, or kill it after 20 seconds."""
    assert engine.stdin is not None
    engine.stdin.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(engine.wait(), 20)
    if engine.returncode is None:
        engine.kill()


async def run(options: argparse.Namespace) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp())
    lab = Lab(folder)
    config = lab.prepare()
    engine, pids = await start_engine(config)
    farm = Farm(lab.trunk, free_port(), TALK_TIME)
    kamailio = start_kamailio(folder, lab.proxy, farm.phones_port)
    cards: dict[str, float] = {}
    opened = asyncio.Event()
    desk = asyncio.create_task(watch_desk(lab, cards, opened))
    try:
        await register_all(farm, lab.secrets, DOMAIN, ("127.0.0.1", lab.sip))
        await asyncio.wait_for(opened.wait(), 20)
        await offer_calls(farm, lab, 10, 2, 9_000_000, beside=kamailio is not None)  # warm up
        await farm.settled()
        load = os.getloadavg()[0]
        callers = await offer_calls(
            farm, lab, options.rate, options.seconds, 0, beside=kamailio is not None
        )
        await farm.settled()
        ringing = [farm.rang[c] - farm.sent[c] for c in callers if c in farm.rang]
        proxied = [
            farm.rang["p" + c] - farm.sent["p" + c] for c in callers if "p" + c in farm.rang
        ]
        shown = [cards[c] - farm.sent[c] for c in callers if c in cards]
        failed = [c for c in callers if c not in farm.over]
        # What a call costs is measured without a desk: pages are not part of the promise.
        desk.cancel()
        before_alone = cpu_by_thread(*pids)
        proxy_before = family_cpu(kamailio)
        alone = await offer_calls(
            farm, lab, options.rate, options.seconds, 500_000, beside=kamailio is not None
        )
        await farm.settled()
        after = cpu_by_thread(*pids)
        proxy_spent = family_cpu(kamailio) - proxy_before
        spent = {name: after[name] - before_alone.get(name, 0.0) for name in after}
        before = cpu_seconds(*pids)
        burst = await offer_calls(farm, lab, options.burst, 5, 1_000_000, beside=False)
        await farm.settled()
        burst_spent = cpu_seconds(*pids) - before
        resident = int(Path(f"/proc/{pids[0]}/statm").read_text().split()[1]) * 4
        return {
            "load_average": load,
            "cores": os.cpu_count(),
            "rate": options.rate,
            "calls": len(callers),
            "failed": len(failed),
            "ringing_ms": spread(ringing),
            "kamailio_ringing_ms": spread(proxied),
            "card_ms": spread(shown),
            "cpu_ms_a_call": round(1000 * sum(spent.values()) / len(alone), 2),
            "kamailio_cpu_ms_a_call": round(1000 * proxy_spent / len(alone), 2),
            "cpu_ms_a_call_by_thread": {
                name: round(1000 * seconds / len(alone), 2)
                for name, seconds in spent.items()
                if seconds
            },
            "burst": {
                "rate": options.burst,
                "calls": len(burst),
                "failed": sum(c not in farm.over for c in burst),
                "ringing_ms": spread(
                    [farm.rang[c] - farm.sent[c] for c in burst if c in farm.rang]
                ),
                "cpu_ms_a_call": round(1000 * burst_spent / len(burst), 2),
            },
            "engine_resident_kib": resident,
        }
    finally:
        desk.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await desk
        await stop_engine(engine)
        if kamailio is not None:
            kamailio.terminate()
            kamailio.wait()
        farm.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--burst", type=float, default=100.0)
    parser.add_argument("--sipp", action="store_true", help="SIPp at both ends")
    options = parser.parse_args()
    measure, name = run, "call_setup.json"
    if options.sipp:
        from benchmarks import _sipp_setup  # it takes the lab from here

        if reason := _sipp_setup.why_not():
            print(f"skipped: {reason}")
            return 0
        measure, name = _sipp_setup.run, "call_setup_sipp.json"
    result = uvloop.run(measure(options))
    text = json.dumps(result, indent=2)
    print(text)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / name).write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
