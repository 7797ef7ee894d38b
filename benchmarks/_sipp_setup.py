"""INVITE to ringing with SIPp at both ends: `python -m benchmarks.call_setup --sipp`.

One SIPp is the carrier that calls the engine, another the one that calls Kamailio, at the same
time and rate; the same third answers for all phones, which this program has registered. The
engine's trunk is asked by OPTIONS at the farm's port, which SIPp could not answer.

Our own generator stays what is used unless told otherwise: the card on the desk, the CPU and
the burst need one that knows each call.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from benchmarks._kamailio import start_kamailio
from benchmarks._phones import Farm, register_all
from benchmarks._sipp import calls, phones_at, why_not
from benchmarks.call_setup import (
    DOMAIN,
    TALK_TIME,
    Lab,
    free_port,
    spread,
    start_engine,
    stop_engine,
)

__all__ = ["run", "why_not"]


async def run(options: argparse.Namespace) -> dict[str, object]:
    """Measure INVITE to ringing with SIPp at both ends, engine and Kamailio at once."""
    folder = Path(tempfile.mkdtemp())
    lab = Lab(folder)
    engine, _ = await start_engine(lab.prepare())
    farm = Farm(lab.trunk, free_port(), TALK_TIME)
    kamailio = start_kamailio(folder, lab.proxy, farm.phones_port)
    phones = None
    ends = {"": (lab.second, lab.sip)}
    if kamailio is not None:
        ends["kamailio_"] = (free_port(), lab.proxy)
    try:
        await register_all(farm, lab.secrets, DOMAIN, ("127.0.0.1", lab.sip))
        farm.leave_phones()
        phones = await phones_at(folder, farm.phones_port)
        result: dict[str, object] = {"cores": os.cpu_count(), "rate": options.rate}
        for name, rate, seconds in (("warm", 10, 2), ("real", options.rate, options.seconds)):
            result["load_average"] = os.getloadavg()[0]
            count = int(rate * seconds)
            found = await asyncio.gather(
                *(
                    calls(folder / f"{who}{name}", port, to, rate, count, TALK_TIME)
                    for who, (port, to) in ends.items()
                )
            )
        result["calls"] = count
        for who, (times, failed) in zip(ends, found, strict=True):
            result |= {f"{who}failed": failed, f"{who}ringing_ms": spread(times)}
        return result
    finally:
        if phones is not None:
            phones.kill()
            await phones.wait()
        farm.close()
        await stop_engine(engine)
        if kamailio is not None:
            kamailio.terminate()
            kamailio.wait()
        shutil.rmtree(folder, ignore_errors=True)
