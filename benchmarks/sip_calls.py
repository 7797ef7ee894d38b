"""CPU of the SIP core for one whole bridged call, both legs, without any I/O.

The call of every day: INVITE in, 100, 180; INVITE out, 100, 180, 200; ACK, 200, ACK; BYE
in, 200, BYE out, 200. Only what happens inside the user agent is counted, reading and
writing of messages included; the far ends' texts are made outside the clock. Timers (the
32 s for which transactions stay) are run and counted too.

    python -m benchmarks.sip_calls [--calls 2000] [--rate 20]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from sip.endpoint import Endpoint, Packet, Peer
from sip.events import Acknowledged, Answered, IncomingCall, SipEvent
from sip.settings import UserAgentSettings
from sip.uri import Uri
from sip.user_agent import UserAgent
from sip.values import NameAddr

US = Endpoint("udp", "192.0.2.1", 5060)
CARRIER = Endpoint("udp", "198.51.100.1", 5060)
PHONE = Endpoint("udp", "192.0.2.77", 40000)
BUDGET_MS = 1.0

SDP = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)
INVITE = (
    "INVITE sip:+3222001234@192.0.2.1:5060;user=phone SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK-bench-{n};rport\r\n"
    "Max-Forwards: 66\r\nCall-ID: bench-{n}@198.51.100.1\r\nCSeq: 1 INVITE\r\n"
    "Contact: <sip:198.51.100.1:5060>\r\n"
    "Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,PRACK,UPDATE,INFO\r\n"
    "From: <sip:+32478123456@trunk.example;user=phone>;tag=a{n}\r\n"
    "To: <sip:+3222001234@trunk.example;user=phone>\r\n"
    "P-Asserted-Identity: <sip:+32478123456@trunk.example;user=phone>\r\n"
    "Supported: timer\r\nSupported: 100rel\r\nSupported: histinfo\r\n"
    "Session-Expires: 1800;refresher=uac\r\nMin-SE: 900\r\n"
    "P-Charging-Vector: icid-value=abc;orig-ioi=trunk.example\r\n"
    "Accept: application/sdp, application/vnd.etsi.sci+xml, multipart/mixed\r\n"
    "Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{sdp}"
)


class Clock:
    """Adds up the CPU time spent inside the user agent."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def run(self, action: Callable[[], object]) -> None:
        begin = time.process_time()
        action()
        self.seconds += time.process_time() - begin


def _headers(data: bytes) -> dict[str, str]:
    lines = data.decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def _request(method: str, number: int, reply: dict[str, str], cseq: int) -> bytes:
    return (
        f"{method} sip:192.0.2.1:5060 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK-{method}-{number};rport\r\n"
        f"Max-Forwards: 66\r\nFrom: {reply['From']}\r\nTo: {reply['To']}\r\n"
        f"Call-ID: {reply['Call-ID']}\r\nCSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def _response(status: str, asked: dict[str, str], number: int, sdp: str = "") -> bytes:
    to = asked["To"] if ";tag=" in asked["To"] else f"{asked['To']};tag=phone-{number}"
    body = "Content-Type: application/sdp\r\n" if sdp else ""
    return (
        f"SIP/2.0 {status}\r\nVia: {asked['Via']}\r\nFrom: {asked['From']}\r\nTo: {to}\r\n"
        f"Call-ID: {asked['Call-ID']}\r\nCSeq: {asked['CSeq']}\r\n"
        f"Contact: <sip:op1@192.0.2.77:40000>\r\n"
        f"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE\r\n"
        f"{body}Content-Length: {len(sdp)}\r\n\r\n{sdp}"
    ).encode()


class Bench:
    """One user agent between a carrier and an operator's phone."""

    def __init__(self) -> None:
        def classify(source: Endpoint) -> Peer:
            kind = "trunk" if source == CARRIER else "phone"
            return Peer(kind, kind)  # type: ignore[arg-type]

        settings = UserAgentSettings(
            listen=(US,), domain="line.example", secret=b"b" * 32, classify=classify
        )
        self.agent = UserAgent(settings)
        self.clock = Clock()
        self.now = 1_700_000_000.0
        self.offer = SDP.format(host="198.51.100.1", port=30000)
        self.ours = SDP.format(host="192.0.2.1", port=20000).encode()
        self.theirs = SDP.format(host="192.0.2.77", port=50000)

    def receive(self, data: bytes, source: Endpoint) -> None:
        self.clock.run(lambda: self.agent.receive(data, source, US, self.now))

    def take(self) -> tuple[list[Packet], list[SipEvent]]:
        events: list[SipEvent] = []

        def drain() -> None:
            while (event := self.agent.next_event()) is not None:
                events.append(event)

        self.clock.run(drain)
        packets: list[Packet] = []
        self.clock.run(lambda: packets.extend(self.agent.packets_to_send()))
        return packets, events

    def order(self, action: Callable[[], object]) -> list[Packet]:
        self.clock.run(action)
        return self.take()[0]

    def tick(self, seconds: float) -> None:
        self.now += seconds
        self.clock.run(self.agent.next_timer)
        self.clock.run(lambda: self.agent.handle_timer(self.now))

    def call(self, number: int) -> None:
        """Take one call through its whole life."""
        agent, now = self.agent, self.now
        invite = INVITE.format(n=number, length=len(self.offer), sdp=self.offer).encode()
        self.receive(invite, CARRIER)
        _, events = self.take()
        incoming = next(event for event in events if isinstance(event, IncomingCall))
        self.order(lambda: agent.ring(incoming.leg, now))
        leg = f"operator-{number}"
        (sent,) = self.order(
            lambda: agent.invite(
                leg,
                Uri.parse("sip:op1@192.0.2.77:40000"),
                now,
                destination=PHONE,
                from_=NameAddr("", Uri.parse("sip:+32478123456@line.example")),
                sdp=self.ours,
            )
        )
        asked = _headers(sent.data)
        for status, sdp in (("100 Trying", ""), ("180 Ringing", ""), ("200 OK", self.theirs)):
            self.receive(_response(status, asked, number, sdp), PHONE)
        _, events = self.take()
        assert any(isinstance(event, Answered) for event in events), events
        self.order(lambda: agent.acknowledge(leg, now))
        (ok,) = self.order(lambda: agent.answer(incoming.leg, self.ours, now))
        reply = _headers(ok.data)
        self.receive(_request("ACK", number, reply, 1), CARRIER)
        _, events = self.take()
        assert any(isinstance(event, Acknowledged) for event in events), events
        self.receive(_request("BYE", number, reply, 2), CARRIER)
        self.take()
        (bye,) = self.order(lambda: agent.hang_up(leg, now))
        self.receive(_response("200 OK", _headers(bye.data), number), PHONE)
        self.take()


def measure(calls: int, rate: float, batches: int = 10) -> dict[str, object]:
    """Return the CPU of a call: median and spread over batches, after a warm-up."""
    bench = Bench()
    number = 0
    figures: list[float] = []
    for batch in range(batches + 1):
        bench.clock.seconds = 0.0
        for _ in range(calls // batches):
            bench.call(number)
            number += 1
            bench.tick(1 / rate)
        if batch:
            figures.append(bench.clock.seconds / (calls // batches) * 1000)
    held = bench.agent.calls, bench.agent.transactions
    bench.tick(200.0)
    left = bench.agent.calls, bench.agent.transactions
    return {
        "ms_a_call_median": round(statistics.median(figures), 3),
        "ms_a_call_min": round(min(figures), 3),
        "ms_a_call_max": round(max(figures), 3),
        "budget_ms": BUDGET_MS,
        "held_calls_transactions": held,
        "left_after_linger": left,
    }


def memory(calls: int = 500) -> dict[str, float]:
    """Return what a call that is up keeps in memory (both legs), in KiB."""
    bench = Bench()
    bench.call(0)
    bench.tick(200.0)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(1, calls + 1):
        bench.call(number)
        bench.tick(0.01)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return {"kib_a_call_lingering": round(held / calls / 1024, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=20.0, help="calls a second, pretend")
    arguments = parser.parse_args()
    found = {
        "what": "CPU of the SIP core a bridged call, both legs, no I/O",
        "python": platform.python_version(),
        "load": os.getloadavg(),
        **measure(arguments.calls, arguments.rate),
        **memory(),
    }
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "sip_calls.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
