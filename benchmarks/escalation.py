"""How fast the running engine escalates: alarms acknowledged, first INVITEs, trees, PINs.

    python -m benchmarks.escalation [--only acknowledge|invite|trees|pins]

One `securityline serve` a part, SQLite with `synchronous=FULL`, alarms by DC-09 and HTTP,
keyholders as telephones on loopback in the measuring process. Stored as one JSON object:

* milliseconds from an alarm on the socket to its acknowledgement, durable, at 100 and 500 a
  second (aims: p99 50 and 200);
* from an alarm on the socket to the first keyholder's INVITE (aim: p99 100);
* the CPU of the engine, and of its media process, while 500 trees ring (aim: 0.20 of a core);
* from a keyholder's last key to the end of his call, after his PIN and after his duress PIN
  (aim: medians less than 10 apart).
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.flood import cpu_of, milliseconds
from tests.crash.estate import DURESS_PIN, KINDS, PIN, Estate, number_of
from tests.crash.flood import Flood, Flooded
from tests.crash.phones import Call, Habit, Phones
from tests.crash.senders import Senders

RESULTS: Final = Path(__file__).parent / "results" / "escalation.json"
RATES: Final = {100: 3_000, 500: 10_000}
"Alarms a second, and how many of them."
INVITES: Final = 500
INVITE_RATE: Final = 10.0
TREES: Final = 500
TREES_TIME: Final = 60.0
"Seconds that are measured while they ring."
PIN_RUNS: Final = 1_000
PINS_AT_ONCE: Final = 60
RINGS: Final = Habit(picks_up=None)


def media_pid(data: Path) -> int:
    """Find the media process of an engine by its arguments."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if "securityline.media_process" in line and str(data) in line:
                return int(folder.name)
    raise RuntimeError("no media process")


async def acknowledge(folder: Path) -> dict[str, Any]:
    """Alarms at a steady rate, of 400 sites and one broken detector."""
    found: dict[str, Any] = {}
    for rate, alarms in RATES.items():
        chain = Flooded(folder / str(rate), sites=400)
        chain.folder.mkdir()
        chain.prepare()
        flood = Flood(chain)
        async with chain.running() as engine:
            before, begin = cpu_of(engine.process.pid), time.monotonic()
            await flood.pour(alarms, rate, hold_up_at=-1)
            spent = time.monotonic() - begin
            share = (cpu_of(engine.process.pid) - before) / spent
        found[f"{rate} a second"] = {
            "alarms": alarms,
            "seconds": round(spent, 1),
            "missing_in_the_log": len(flood.missing(chain.data)),
            "engine_cpu_share": round(share, 2),
            **milliseconds(flood.waits),
        }
    return {"alarm_to_acknowledgement_ms": found}


async def invite(folder: Path) -> dict[str, Any]:
    """Alarms that each start a tree: when does the first telephone ring?"""
    bank = Estate(folder, sites=INVITES, rtp_ports=2 * INVITES * 3)
    bank.prepare()
    phones, senders = Phones(bank.trunk_port, lambda _: RINGS), Senders(bank)
    async with bank.running():
        sending = []
        for site in range(INVITES):
            sending.append(asyncio.create_task(senders.send(site)))
            await asyncio.sleep(1 / INVITE_RATE)
        await asyncio.gather(*sending)
        await asyncio.sleep(1.0)
    first = {call.number: call.rung_at[0] for call in phones.calls.values()}
    phones.close()
    waits = [
        min(first[number_of(site, who)] for who in range(3) if number_of(site, who) in first)
        - senders.sent[site]
        for site in range(INVITES)
    ]
    return {"alarm_to_first_invite_ms": {"alarms": INVITES, **milliseconds(waits)}}


async def trees(folder: Path) -> dict[str, Any]:
    """500 trees, each with one telephone ringing or three, 30 s each."""
    bank = Estate(folder, sites=TREES, ring_time=30, rtp_ports=2 * TREES * 3 + 200)
    bank.prepare()
    phones, senders = Phones(bank.trunk_port, lambda _: RINGS), Senders(bank)
    async with bank.running() as engine:
        await asyncio.gather(*(senders.send(site) for site in range(TREES)))
        while len(phones.calls) < TREES:  # noqa: ASYNC110 - telephones are not awaitable
            await asyncio.sleep(0.1)
        pids = {"engine": engine.process.pid, "media": media_pid(bank.data)}
        before = {name: cpu_of(pid) for name, pid in pids.items()}
        calls, begin = len(phones.calls), time.monotonic()
        await asyncio.sleep(TREES_TIME)
        spent = time.monotonic() - begin
        shares = {name: (cpu_of(pid) - before[name]) / spent for name, pid in pids.items()}
        made = len(phones.calls) - calls
    phones.close()
    return {
        "trees_at_once": {
            "trees": TREES,
            "seconds": round(spent, 1),
            "calls_begun_meanwhile": made,
            **{f"{name}_cpu_share": round(share, 3) for name, share in shares.items()},
        }
    }


def is_forced(site: int) -> bool:
    """Say whose keyholders are under duress: every other site of each kind of night."""
    return site // len(KINDS) % 2 == 1


async def pins(folder: Path) -> dict[str, Any]:
    """Keyholders who take charge with their PIN, every other under duress."""
    bank = Estate(folder, sites=PIN_RUNS, accept="pin", rtp_ports=1200)
    bank.prepare()
    keys = (f"1{PIN}", f"1{DURESS_PIN}")
    spoken: dict[int, float] = {}
    "Seconds from a site's last key to the end of that call."

    def ended(moment: str, call: Call) -> None:
        if moment == "BYE" and call.pressed_at and not call.keys_left:
            spoken.setdefault(int(call.number[6:11]), call.over_at - call.pressed_at)

    phones = Phones(
        bank.trunk_port,
        lambda number: Habit(key=keys[is_forced(int(number[6:11]))], picks_up=0.02),
        ended,
    )
    senders, left = Senders(bank), itertools.count()
    async with bank.running():

        async def work() -> None:
            # The first keyholder of each site who is spoken to is enough.
            while (site := next(left)) < PIN_RUNS:
                await senders.send(site)
                while site not in spoken:  # noqa: ASYNC110 - telephones are not awaitable
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(work() for _ in range(PINS_AT_ONCE)))
    phones.close()
    times: tuple[list[float], list[float]] = ([], [])
    for site, spent in spoken.items():
        times[is_forced(site)].append(spent)
    good, duress = (statistics.median(each) for each in times)
    return {
        "last_key_to_end_of_call": {
            "runs": [len(each) for each in times],
            "pin_median_ms": round(good * 1e3, 1),
            "duress_pin_median_ms": round(duress * 1e3, 1),
            "difference_ms": round(abs(good - duress) * 1e3, 1),
            "quartiles_ms": [
                [round(q * 1e3, 1) for q in statistics.quantiles(each, n=4)] for each in times
            ],
        }
    }


PARTS: Final[dict[str, Callable[[Path], Awaitable[dict[str, Any]]]]] = {
    "acknowledge": acknowledge,
    "invite": invite,
    "trees": trees,
    "pins": pins,
}


def main() -> None:
    """Run, print, store."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=PARTS)
    asked = options.parse_args()
    result: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, part in PARTS.items():
        if asked.only not in (None, name):
            continue
        load = os.getloadavg()[0]
        with tempfile.TemporaryDirectory(prefix="securityline-escalation-") as folder:
            for key, found in asyncio.run(part(Path(folder))).items():
                result[key] = {"load_before": load, **found, "load_after": os.getloadavg()[0]}
                print(json.dumps({key: result[key]}, indent=1), flush=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
