"""The load of `rtp_generator.c` where no C compiler is; same arguments, same output.

It costs ten times as much processor, so its figures are of use only where two cores are free.
"""

import json
import select
import socket
import struct
import sys
import time

PERIOD = 0.02
TIMESTAMPNS = 35
MAGIC = b"RTPbench"


class Endpoint:
    def __init__(self, group: int, local: int, remote: int, number: int) -> None:
        self.group = group
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, TIMESTAMPNS, 1)
        self.socket.bind(("127.0.0.1", local))
        self.socket.connect(("127.0.0.1", remote))
        self.ssrc = number
        self.phase = number * 7919 % 1000 / 1000 * PERIOD
        self.sent = self.received = self.highest = 0

    def send(self) -> None:
        self.sent += 1
        head = struct.pack("!BBHII", 0x80, 8, self.sent & 0xFFFF, self.sent * 160, self.ssrc)
        body = MAGIC + struct.pack("!Id", self.sent, time.time())
        try:
            self.socket.send(head + body.ljust(160, b"\xd5"))
        except OSError:
            return

    def receive(self, delays: list[float] | None) -> None:
        try:
            while True:
                data, control, _, _ = self.socket.recvmsg(400, 64)
                if data[12:20] != MAGIC:
                    continue
                number, sent = struct.unpack_from("!Id", data, 20)
                self.received += 1
                self.highest = max(self.highest, number)
                if delays is not None and control:
                    seconds, nanoseconds = struct.unpack("qq", control[0][2][:16])
                    delays.append(max(0.0, seconds + nanoseconds / 1e9 - sent))
        except OSError:
            return


def run(endpoints: list[Endpoint], warm: float, windows: int, length: float) -> None:
    poll = select.epoll()
    for endpoint in endpoints:
        poll.register(endpoint.socket.fileno(), select.EPOLLIN)
    by_number = {endpoint.socket.fileno(): endpoint for endpoint in endpoints}
    ordered = sorted(endpoints, key=lambda endpoint: endpoint.phase)
    delays: dict[int, list[float]] = {endpoint.group: [] for endpoint in endpoints}
    start = time.monotonic()
    marks = [start + warm + i * length for i in range(windows + 1)]
    done, cycle = 0, start + PERIOD
    while done <= windows:
        for endpoint in ordered:
            due = cycle + endpoint.phase
            while (left := due - time.monotonic()) > 0:
                for number, _ in poll.poll(left, 64):
                    found = by_number[number]
                    found.receive(delays[found.group] if done else None)
            endpoint.send()
        cycle += PERIOD
        while done <= windows and time.monotonic() >= marks[done]:
            print(f"window {done}", flush=True)
            done += 1
    for group, values in sorted(delays.items()):
        report(group, [each for each in endpoints if each.group == group], sorted(values))


def report(group: int, endpoints: list[Endpoint], delays: list[float]) -> None:
    def share(part: float) -> int:
        return int(delays[min(len(delays) - 1, int(len(delays) * part))] * 1e6) if delays else 0

    lost = sum(max(0, each.highest - each.received) for each in endpoints)
    print(
        json.dumps(
            {
                "group": group,
                "sent": sum(each.sent for each in endpoints),
                "received": sum(each.received for each in endpoints),
                "lost": lost,
                "silent": sum(not each.received for each in endpoints),
                "delay_us": {
                    "n": len(delays),
                    "p50": share(0.5),
                    "p99": share(0.99),
                    "p999": share(0.999),
                    "max": share(1),
                },
            }
        )
    )


def main() -> None:
    warm, windows, length = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    lines = [tuple(map(int, line.split())) for line in sys.stdin]
    run([Endpoint(*line, i) for i, line in enumerate(lines)], warm, windows, length)


if __name__ == "__main__":
    main()
