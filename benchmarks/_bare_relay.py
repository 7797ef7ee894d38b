"""The least a Python relay can be: connected sockets, epoll, no look at the packets.

    python -m benchmarks._bare_relay FIRST_PORT CALLS FIRST_PEER_PORT

Leg `i` is bound to FIRST_PORT + 2i and hears FIRST_PEER_PORT + 2i; legs 2n and 2n+1 are a call.
"""

import gc
import os
import select
import socket
import sys
from contextlib import suppress


def main() -> None:
    first, calls, peers = map(int, sys.argv[1:4])
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    poll = select.epoll()
    legs = []
    for i in range(2 * calls):
        leg = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        leg.setblocking(False)
        leg.bind(("127.0.0.1", first + 2 * i))
        leg.connect(("127.0.0.1", peers + 2 * i))
        poll.register(leg.fileno(), select.EPOLLIN)
        legs.append(leg)
    routes = {}
    for i, leg in enumerate(legs):
        routes[leg.fileno()] = (leg.recv, legs[i ^ 1].send)
    gc.freeze()
    gc.disable()
    print("ready", flush=True)
    wait = poll.poll
    while True:
        for number, _ in wait(0.02, 128):
            receive, send = routes[number]
            try:
                send(receive(2048))
            except OSError:
                continue


if __name__ == "__main__":
    main()
