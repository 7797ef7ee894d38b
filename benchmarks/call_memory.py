"""What a call that is up costs in memory: engine and media process together.

    python -m benchmarks.call_memory [--calls 100] [--seconds 10]

The running engine, with everything on: each call comes from a carrier, is answered by an
operator's phone, bridged and recorded, and both sides speak (a packet every 20 ms each). The
resident memory of both processes is read before the first of them and while all are up, after
as many calls have come and gone, so that caches and tables have their size. The case and the
lines that the screens keep of each call are in the figure: they stay after it.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import struct
import sys
import tempfile
from pathlib import Path

import uvloop

from benchmarks._phones import SDP, Address, Farm, invite, register_all, value
from benchmarks.call_setup import DOMAIN, Lab, free_port, start_engine, stop_engine

HERE = Path(__file__).parent
PERIOD = 0.02
PROMISED_KIB = 150


class Voice:
    """One side's telephone: sends audio from the port that its SDP names, and counts."""

    def __init__(self, number: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.to: Address | None = None
        self.number = number
        self.sent = self.heard = 0

    def step(self) -> None:
        """Send the next packet, and read what came."""
        if self.to is not None:
            self.sent += 1
            head = struct.pack(
                "!BBHII", 0x80, 8, self.sent & 0xFFFF, self.sent * 160, self.number
            )
            self.socket.sendto(head + b"\xd5" * 160, self.to)
        try:
            while self.socket.recv(400):
                self.heard += 1
        except BlockingIOError:
            return


def media_of(text: str) -> Address:
    """Return where a session description wants its audio."""
    host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", text, re.MULTILINE)
    assert host is not None, text
    assert port is not None, text
    return host[1], int(port[1])


def with_port(text: str, port: int) -> str:
    """Let a message name this port for its audio."""
    own = SDP.replace("m=audio 9 ", f"m=audio {port} ")
    text = text.replace(SDP, own)
    return text.replace(f"Content-Length: {len(SDP)}\r\n", f"Content-Length: {len(own)}\r\n")


class Speaking(Farm):
    """A farm whose carrier and phones have voices."""

    def __init__(self, carrier_port: int, phones_port: int, talk_time: float) -> None:
        super().__init__(carrier_port, phones_port, talk_time)
        self.callers: dict[str, Voice] = {}
        self.operators: dict[str, Voice] = {}

    def ring(self, caller: str, destination: Address) -> None:
        """Place a call that speaks."""
        voice = self.callers[caller] = Voice(len(self.callers) + 1)
        self.call(with_port(invite(caller, self.carrier_port), voice.port), destination, caller)

    def _on_answer(self, text: str, source: Address, now: float) -> None:
        caller = value(text, "Call-ID").partition("@")[0]
        if text.startswith("SIP/2.0 200") and "INVITE" in value(text, "CSeq"):
            self.callers[caller].to = media_of(text)
        super()._on_answer(text, source, now)

    def _reply(self, request: str, status: str, body: str, tag: str = ";tag=p1") -> bytes:
        reply = super()._reply(request, status, body, tag).decode()
        if body and request.startswith("INVITE"):
            call_id = value(request, "Call-ID")
            voice = self.operators.setdefault(call_id, Voice(100_000 + len(self.operators)))
            if "m=audio" in request:
                voice.to = media_of(request)
            reply = with_port(reply, voice.port)
        return reply.encode()

    async def speak(self, seconds: float) -> None:
        """Let every voice send its packets for so long."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for beat in range(int(seconds / PERIOD)):
            for voice in (*self.callers.values(), *self.operators.values()):
                voice.step()
            await asyncio.sleep(max(start + (beat + 1) * PERIOD - loop.time(), 0))

    def silence(self) -> list[Voice]:
        """End all voices, and return them."""
        voices = [*self.callers.values(), *self.operators.values()]
        for voice in voices:
            voice.socket.close()
        self.callers.clear()
        self.operators.clear()
        return voices


def resident_kib(pids: list[int]) -> list[int]:
    """Return the memory of each process."""
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    return [each * os.sysconf("SC_PAGE_SIZE") // 1024 for each in pages]


async def bring_up(farm: Speaking, lab: Lab, calls: int, first: int, seconds: float) -> None:
    """Have so many calls answered, and let them speak; they end by themselves."""
    for number in range(calls):
        farm.ring(f"+324{70000000 + first + number:08d}", ("127.0.0.1", lab.sip))
        await asyncio.sleep(0.02)
    await farm.speak(seconds)


async def run(options: argparse.Namespace) -> dict[str, object]:
    folder = Path(tempfile.mkdtemp())
    lab = Lab(folder, operators=options.calls + 1)
    engine, pids = await start_engine(lab.prepare())
    farm = Speaking(lab.trunk, free_port(), options.calls * 0.05 + options.seconds + 10)
    try:
        await register_all(farm, lab.secrets, DOMAIN, ("127.0.0.1", lab.sip))
        await bring_up(farm, lab, options.calls, 500_000, options.seconds)
        await asyncio.sleep(options.calls * 0.05 + 12)
        await farm.settled()
        farm.silence()
        before = resident_kib(pids)
        await bring_up(farm, lab, options.calls, 0, options.seconds)
        up = resident_kib(pids)
        ended = len(farm.over) - options.calls
        recordings = list((folder / "data" / "recordings").rglob("*.wav"))
        voices = farm.silence()
        await asyncio.sleep(options.calls * 0.05 + 12)
        after = resident_kib(pids)
        grown = [later - earlier for earlier, later in zip(before, up, strict=True)]
        return {
            "load_average": os.getloadavg()[0],
            "cores": os.cpu_count(),
            "calls": options.calls,
            "ended_too_early": ended,
            "sides_that_heard": sum(voice.heard > 0 for voice in voices),
            "recordings": len(recordings) - options.calls,
            "kib_a_call": round(sum(grown) / options.calls, 1),
            "promised_kib_a_call": PROMISED_KIB,
            "engine_kib_a_call": round(grown[0] / options.calls, 1),
            "media_kib_a_call": round(grown[1] / options.calls, 1),
            "resident_kib": {"before": before, "up": up, "after_they_ended": after},
        }
    finally:
        await stop_engine(engine)
        farm.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    result = uvloop.run(run(parser.parse_args()))
    text = json.dumps(result, indent=2)
    print(text)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "call_memory.json").write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
