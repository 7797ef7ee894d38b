"""CPU of reading and writing SIP messages, and what 100,000 malformed ones leave behind.

The message is an INVITE of 1.4 kB as a carrier sends it. Peers, read the same way on one
machine: sipmessage 28 µs, sippy 37, pyVoIP 44, aiosipua 54, rfcvoip 81. The aim is 25 µs
for reading with all checks, 10 for writing.

    python -m benchmarks.parse_message [--rounds 3000] [--malformed 100000]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sip.errors import ParseError
from sip.message import Request, parse, respond
from sip.offer_answer import Capabilities, answer
from sip.sdp import SessionDescription
from tests.torture.mutations import mutated
from tests.torture.test_mutations import read_everything

RESULT = Path(__file__).parent / "results" / "parse_message.json"
SDP = (
    "v=0\r\no=- 3742 1 IN IP4 198.51.100.10\r\ns=-\r\nc=IN IP4 198.51.100.10\r\nt=0 0\r\n"
    "m=audio 30000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
INVITE = (
    "INVITE sip:+3222001234@192.0.2.20:5060;user=phone SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 198.51.100.10:5060;branch=z9hG4bK8f3ab0c2d4;rport\r\n"
    "Record-Route: <sip:198.51.100.10;lr;ftag=as4d7c9b01>\r\n"
    "Max-Forwards: 66\r\n"
    "From: <sip:+32478123456@trunk.example;user=phone>;tag=as4d7c9b01\r\n"
    "To: <sip:+3222001234@trunk.example;user=phone>\r\n"
    "Call-ID: 5f0c1d6a7be84f9f9e0b8a6f0f7ad1c3@198.51.100.10\r\n"
    "CSeq: 1 INVITE\r\n"
    "Contact: <sip:198.51.100.10:5060;transport=udp>\r\n"
    "Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,PRACK,UPDATE,INFO\r\n"
    "P-Asserted-Identity: <sip:+32478123456@trunk.example;user=phone>\r\n"
    "Privacy: none\r\n"
    "History-Info: <sip:+3225550100@trunk.example;user=phone>;index=1,"
    "<sip:+3222001234@trunk.example;user=phone;cause=302>;index=1.1;mp=1\r\n"
    "Diversion: <sip:+3225550100@trunk.example>;reason=unconditional;counter=1\r\n"
    "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=20610\r\n"
    "Supported: timer,100rel,histinfo\r\n"
    "Session-Expires: 1800;refresher=uac\r\n"
    "Min-SE: 900\r\n"
    "P-Charging-Vector: icid-value=abc;orig-ioi=trunk.example\r\n"
    "P-Early-Media: supported\r\n"
    "User-Agent: Carrier SBC 7.2\r\n"
    "Accept: application/sdp, application/vnd.etsi.sci+xml, multipart/mixed\r\n"
    "Content-Type: application/sdp\r\n"
    f"Content-Length: {len(SDP)}\r\n\r\n{SDP}"
).encode()


def measure(work: Callable[[], object], rounds: int) -> dict[str, float]:
    """Return µs of CPU a go: each sample is the mean of ten in a row."""
    samples = []
    for _ in range(rounds):
        started = time.thread_time_ns()
        for _ in range(10):
            work()
        samples.append((time.thread_time_ns() - started) / 10_000)
    samples.sort()
    return {
        "best": round(samples[0], 2),
        "p50": round(statistics.median(samples), 2),
        "p90": round(samples[len(samples) * 90 // 100], 2),
        "p99": round(samples[len(samples) * 99 // 100], 2),
    }


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def survive(count: int) -> dict[str, float]:
    """Read `count` malformed messages to the last field; return what is left of them."""
    for data in mutated(5000, seed=1):
        read_everything(data)
    gc.collect()
    before, slowest, refused = resident_kib(), 0.0, 0
    started = time.thread_time()
    for data in mutated(count, seed=2):
        at = time.thread_time()
        refused += read_everything(data) is None
        slowest = max(slowest, time.thread_time() - at)
    spent = time.thread_time() - started
    gc.collect()
    return {
        "messages": count,
        "refused": refused,
        "grown_kib": resident_kib() - before,
        "slowest_ms": round(slowest * 1e3, 2),
        "cpu_s": round(spent, 1),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3000)
    options.add_argument("--malformed", type=int, default=100_000)
    asked = options.parse_args()

    invite = parse(INVITE)
    assert isinstance(invite, Request)
    offered = SessionDescription.parse(invite.body)
    ours = Capabilities("192.0.2.20", 40000)
    broken = INVITE.replace(b"CSeq: 1 INVITE", b"CSeq: 1 BYE")

    def read_all() -> None:
        message = parse(INVITE)
        _ = (message.contacts, message.record_routes, message.supported, message.allow)
        message.addresses("P-Asserted-Identity")

    def refuse() -> None:
        with suppress(ParseError):
            parse(broken)

    works: dict[str, Callable[[], object]] = {
        "parse": lambda: parse(INVITE),
        "parse and read what a call needs": read_all,
        "write": lambda: bytes(invite),
        "respond 180 and write": lambda: bytes(respond(invite, 180, to_tag="8c1f")),
        "refuse a broken one": refuse,
        "read SDP": lambda: SessionDescription.parse(offered_octets),
        "answer SDP": lambda: answer(offered, ours, session_id=1, version=1),
        "write SDP": lambda: bytes(offered),
    }
    offered_octets = invite.body
    print(f"INVITE of {len(INVITE)} octets, {len(invite.headers)} headers; µs of CPU")
    result: dict[str, object] = {
        "load": round(os.getloadavg()[0], 2),
        "cores": os.cpu_count(),
        "octets": len(INVITE),
    }
    for name, work in works.items():
        figures = measure(work, asked.rounds)
        result[name] = figures
        print(f"  {name:34}", *(f"{key} {value:7.2f} " for key, value in figures.items()))
    if asked.malformed:
        left = survive(asked.malformed)
        result["malformed"] = left
        print("malformed:", ", ".join(f"{key} {value}" for key, value in left.items()))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
