import asyncio
import socket
from pathlib import Path

import pytest

from sip.endpoint import Endpoint, Packet
from sip.transport import udp as udp_module
from sip.transport.udp import BATCH, MOST_WAITING, RECEIVE_BUFFER, UdpPort
from tests.sip.transport.core import ScriptedCore, has_ipv6, message, running

ANY_PORT = [Endpoint("udp", "127.0.0.1", 0)]


@pytest.fixture
def peer():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(20)
        yield sock


def endpoint_of(sock):
    return Endpoint("udp", *sock.getsockname()[:2])


async def received_by(sock):
    loop = asyncio.get_running_loop()
    sock.setblocking(False)
    async with asyncio.timeout(20):
        return await loop.sock_recv(sock, 65_535)


async def test_takes_a_datagram_and_answers_to_where_it_came_from(peer):
    core = ScriptedCore(answer=lambda data: b"answer to " + data)
    async with running(core, ANY_PORT) as (_, [local]):
        peer.sendto(b"hello", local[1:])
        assert await received_by(peer) == b"answer to hello"
    assert core.received == [(b"hello", endpoint_of(peer), local)]


async def test_a_burst_larger_than_a_batch_arrives_whole_and_in_order(peer):
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (_, [local]):
        sent = [b"message %d" % i for i in range(3 * BATCH)]
        for data in sent:
            peer.sendto(data, local[1:])
        await core.until(lambda: len(core.received) == len(sent))
    assert core.messages == sent


async def test_a_batch_ends_so_that_the_loop_can_do_other_work(peer):
    turns = []
    core = ScriptedCore(answer=lambda data: turns.append("datagram"))
    async with running(core, ANY_PORT) as (_, [local]):
        for _ in range(2 * BATCH):
            peer.sendto(b"x" * 10, local[1:])

        def other_work():
            turns.append("other")
            if turns.count("datagram") < 2 * BATCH:
                asyncio.get_running_loop().call_soon(other_work)

        other_work()
        await core.until(lambda: len(core.received) == 2 * BATCH)
    assert "other" in turns[turns.index("datagram") : -1]


async def test_a_slow_batch_ends_early(peer, monkeypatch):
    monkeypatch.setattr(udp_module, "BATCH_TIME", 0.0)
    seen = []
    port = UdpPort(lambda data, source, local: seen.append(data))
    local = port.open(Endpoint("udp", "127.0.0.1", 0))
    try:
        for _ in range(5):
            peer.sendto(b"hello", local[1:])
        port._read()
        assert len(seen) == 1
    finally:
        port.close()


async def test_keep_alives_and_empty_datagrams_reach_nobody(peer):
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (_, [local]):
        for data in (b"", b"\r\n", b"\r\n\r\n", b"\0\0\0\0", b"last"):
            peer.sendto(data, local[1:])
        await core.until(lambda: core.received)
    assert core.messages == [b"last"]


async def test_the_largest_datagram_comes_through(peer):
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (_, [local]):
        peer.sendto(b"x" * 65_507, local[1:])
        await core.until(lambda: core.received)
    assert len(core.messages[0]) == 65_507


async def test_nobody_else_can_bind_our_port():
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (_, [local]):
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
                thief.setsockopt(socket.SOL_SOCKET, option, 1)
                with pytest.raises(OSError, match="in use"):
                    thief.bind(local[1:])


async def test_a_port_in_use_stops_the_start_and_leaves_nothing_open(peer):
    core = ScriptedCore()
    taken = endpoint_of(peer)
    with pytest.raises(OSError, match="in use"):
        async with running(core, [Endpoint("tcp", "127.0.0.1", 0), taken]):
            pass


def largest_buffer():
    return int(Path("/proc/sys/net/core/rmem_max").read_text())


async def test_asks_for_a_large_receive_buffer_and_tells_what_it_got():
    async with running(ScriptedCore(), ANY_PORT) as (shell, _):
        granted = shell.udp[0].receive_buffer
    most = largest_buffer()
    assert granted >= min(2 * most, RECEIVE_BUFFER)


async def test_a_closed_port_at_the_far_end_disturbs_nobody(peer):
    core = ScriptedCore()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        nowhere = endpoint_of(gone)
    async with running(core, ANY_PORT) as (shell, [local]):
        for _ in range(10):
            core.outbox.append(Packet(b"anybody?", nowhere))
            shell.pump()
        peer.sendto(b"still here", local[1:])
        await core.until(lambda: core.received)
    assert core.messages == [b"still here"]


async def test_what_the_network_refuses_is_counted_and_dropped(peer):
    async with running(ScriptedCore(), ANY_PORT) as (shell, _):
        [port] = shell.udp
        port.send(b"x" * 70_000, endpoint_of(peer))  # longer than UDP can carry
        port.send(b"x", Endpoint("udp", "127.0.0.1", 70_000))
        port.send(b"x", Endpoint("udp", "255.255.255.255", 5060))
        assert port.dropped == 3
        port.send(b"fine", endpoint_of(peer))
        assert await received_by(peer) == b"fine"


async def test_packets_wait_for_a_full_socket_in_order_and_within_bounds(peer):
    class Full:
        """A socket whose buffer is full until it is opened."""

        is_full = True

        def __init__(self, sock):
            self._sock = sock

        def __getattr__(self, name):
            return getattr(self._sock, name)

        def sendto(self, data, address):
            if self.is_full:
                raise BlockingIOError
            return self._sock.sendto(data, address)

    port = UdpPort(lambda *_: None)
    port.open(Endpoint("udp", "127.0.0.1", 0))
    port._socket = Full(port._socket)
    try:
        for number in range(MOST_WAITING + 5):
            port.send(b"%d" % number, endpoint_of(peer))
        assert port.dropped == 5
        port._write()  # still full: nothing is lost, nothing is sent
        port._socket.is_full = False
        assert [await received_by(peer) for _ in range(20)] == [b"%d" % n for n in range(20)]
        port.send(b"x" * 70_000, endpoint_of(peer))
    finally:
        port.close()
        port.close()
    port.send(b"too late", endpoint_of(peer))


async def test_packets_leave_from_the_socket_they_name(peer):
    core = ScriptedCore()
    two = [Endpoint("udp", "127.0.0.1", 0), Endpoint("udp", "127.0.0.1", 0)]
    async with running(core, two) as (shell, [first, second]):
        for local in (second, None, first._replace(port=1)):
            core.outbox.append(Packet(b"x", endpoint_of(peer), local))
            shell.pump()
        sources = [peer.recvfrom(10)[1][1] for _ in range(3)]
    assert sources == [second.port, first.port, first.port]


async def test_a_name_many_hosts_or_nobody_are_not_sent_to(peer):
    core = ScriptedCore()
    hosts = ("localhost", "0.0.0.0", "224.0.0.1", "::", "ff02::1", "[::1]", "")
    async with running(core, ANY_PORT) as (shell, _):
        for host in hosts:
            core.outbox.append(Packet(b"x", Endpoint("udp", host, 5060)))
        core.outbox.append(Packet(b"x", Endpoint("udp", "::1", 5060)))  # no socket for it
        shell.pump()
        assert shell.unsendable == len(hosts) + 1
    assert [endpoint.host for endpoint in core.lost] == [*hosts, "::1"]


async def test_ipv6():
    core = ScriptedCore(answer=lambda data: data)
    if not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
        peer.bind(("::1", 0))
        async with running(core, [Endpoint("udp", "::1", 0)]) as (_, [local]):
            peer.sendto(message(), ("::1", local.port))
            assert await received_by(peer) == message()
    assert core.received[0][1].host == "::1"


async def test_a_thousand_packets_both_ways_lose_nothing(peer):
    core = ScriptedCore(answer=lambda data: data)
    async with running(core, ANY_PORT) as (shell, [local]):
        for number in range(1000):
            peer.sendto(b"%d." % number, local[1:])
            assert await received_by(peer) == b"%d." % number
        assert shell.udp[0].dropped == 0
