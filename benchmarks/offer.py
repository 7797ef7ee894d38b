"""A caller waiting while an operator becomes free: how soon his phone has the INVITE.

    python -m benchmarks.offer [--waiting 30] [--operators 5] [--offers 300]

All operators talk and `--waiting` callers wait. One after the other, a caller who talks hangs
up; the queue is filled again each time. Reported, in milliseconds, of the running engine with
everything on (flow, hash chain, fsync, media process):

`offer`  first octet of the BYE sent -> first octet of the INVITE at the operator's phone

Between the two the engine logs the end of the call, gives up the operator's wrap-up (as if he
had pressed "ready" in that moment, with a commit of its own), decides who is next, logs that,
and dials. Asterisk's Queue looks once a second.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import uvloop

from benchmarks._phones import Address, Farm, invite, register_all, value
from benchmarks.call_setup import DOMAIN, HERE, Lab, free_port, spread

CALLER = re.compile(r"\+324\d{8}")
PATIENCE = 10.0  # seconds


class Queue(Farm):
    """A carrier whose callers stay until they are told to hang up, and phones that pick up."""

    def __init__(self, carrier_port: int, phones_port: int) -> None:
        super().__init__(carrier_port, phones_port, talk_time=0.0)
        self.talking: deque[str] = deque()
        self.offered: dict[str, float] = {}
        self.moved = asyncio.Event()
        self._up: dict[str, tuple[str, Address]] = {}
        self._joined: set[str] = set()

    def _hang_up(self, text: str, source: Address, caller: str) -> None:
        self._up[caller] = text, source  # not yet
        self.moved.set()

    def _on_phone(self, data: bytes, source: Address, now: float) -> None:
        text = data.decode()
        found = CALLER.search(value(text, "From"))
        if found is not None and text.startswith("INVITE"):
            self.offered.setdefault(found[0], now)
        elif found is not None and text.startswith("ACK") and found[0] not in self._joined:
            self._joined.add(found[0])
            self.talking.append(found[0])
        super()._on_phone(data, source, now)
        self.moved.set()

    async def until(self, number: int) -> None:
        """Wait until so many callers talk, and their calls are up at the carrier too."""
        async with asyncio.timeout(PATIENCE):
            while len(self.talking) < number or self.talking[0] not in self._up:
                self.moved.clear()
                await self.moved.wait()

    async def free(self) -> float:
        """Let the caller who has talked longest hang up; return seconds until the offer."""
        before = len(self.offered)
        caller = self.talking.popleft()
        text, source = self._up.pop(caller)
        begin = time.perf_counter()
        super()._hang_up(text, source, caller)
        async with asyncio.timeout(PATIENCE):
            while len(self.offered) == before:
                self.moved.clear()
                await self.moved.wait()
        return max(self.offered.values()) - begin


async def measure(farm: Queue, lab: Lab, options: argparse.Namespace) -> dict[str, object]:
    """Fill the queue, then free one operator after the other."""
    placed = 0

    def place() -> None:
        nonlocal placed
        caller = f"+324{70000000 + placed:08d}"
        placed += 1
        farm.call(invite(caller, lab.trunk), ("127.0.0.1", lab.sip), caller)

    for _ in range(options.operators + options.waiting):
        place()
    await farm.until(options.operators)
    load = os.getloadavg()[0]
    taken, waiting = [], []
    for _ in range(options.offers):
        waiting.append(placed - len(farm.offered))
        taken.append(await farm.free())
        place()
        await farm.until(options.operators)
    return {
        "load_average": load,
        "cores": os.cpu_count(),
        "operators": options.operators,
        "fewest_waiting": min(waiting),
        "offer_ms": spread(taken),
    }


async def run(options: argparse.Namespace) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp())
    lab = Lab(folder)
    config = lab.prepare()
    client = folder / "directory" / "organisations" / "postes-demo.yaml"
    # Nobody else is to take a call: who waits, waits for an operator.
    client.write_text(re.sub(r"\s*fallback_number: [^,\n}]+,?", " ", client.read_text()))
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks._engine", str(config),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert engine.stdout is not None
    assert engine.stdin is not None
    farm = Queue(lab.trunk, free_port())
    try:
        while not (line := (await engine.stdout.readline()).decode()).startswith("ready"):
            if not line:
                raise SystemExit("the engine did not start")
        # op-1 is not signed in (`_engine`): his phone would never be rung.
        users = sorted(lab.secrets)[1 : options.operators + 1]
        secrets = {user: lab.secrets[user] for user in users}
        await register_all(farm, secrets, DOMAIN, ("127.0.0.1", lab.sip))
        return await measure(farm, lab, options)
    finally:
        engine.stdin.close()
        try:
            await asyncio.wait_for(engine.wait(), 20)
        except TimeoutError:
            engine.kill()
        farm.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=30)
    parser.add_argument("--operators", type=int, default=5)
    parser.add_argument("--offers", type=int, default=300)
    options = parser.parse_args()
    text = json.dumps(uvloop.run(run(options)), indent=2)
    print(text)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "offer.json").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
