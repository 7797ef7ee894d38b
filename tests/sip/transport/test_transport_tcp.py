import asyncio
import socket
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.endpoint import Endpoint, Packet
from sip.transport.shell import listening_address
from sip.transport.tcp import TcpLimits
from sip.transport.tcp_connection import MESSAGES_A_TURN
from tests.sip.transport.core import ScriptedCore, has_ipv6, message, running

ANY_PORT = [Endpoint("tcp", "127.0.0.1", 0)]
RESPONSE = message(start=b"SIP/2.0 200 OK")


def everybody(_endpoint):
    return True


@asynccontextmanager
async def connected(address):
    reader, writer = await asyncio.open_connection(*address[1:])
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def listening(on_connect=None):
    """A far end that accepts; yields its address and the connections it got."""
    got, changed = [], asyncio.Event()

    async def accept(reader, writer):
        got.append((reader, writer))
        changed.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)

    async def connection(number=0):
        async with asyncio.timeout(20):
            while len(got) <= number:
                changed.clear()
                await changed.wait()
        return got[number]

    host, port = server.sockets[0].getsockname()
    try:
        yield Endpoint("tcp", host, port), connection
    finally:
        server.close()
        for _, writer in got:
            writer.transport.abort()


async def read(reader, size):
    async with asyncio.timeout(20):
        return await reader.readexactly(size)


async def is_closed(reader):
    """Wait for the far end to close; whatever it still says is read first."""
    async with asyncio.timeout(20):
        try:
            while await reader.read(65_536):
                pass
        except ConnectionError:
            pass
    return True


async def test_a_message_in_and_its_answer_over_the_same_connection():
    core = ScriptedCore(answer=lambda data: RESPONSE)
    async with running(core, ANY_PORT) as (_, [local]), connected(local) as (reader, writer):
        writer.write(message(b"body"))
        assert await read(reader, len(RESPONSE)) == RESPONSE
        [(data, source, to)] = core.received
        assert data == message(b"body")
        assert source == Endpoint("tcp", *writer.get_extra_info("sockname"))
        assert to == local


async def test_byte_by_byte():
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (_, [local]), connected(local) as (_, writer):
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in message(b"slow"):
            writer.write(bytes([octet]))
            await writer.drain()
        await core.until(lambda: core.received)
    assert core.messages == [message(b"slow")]


async def test_more_messages_in_one_segment_than_one_turn_takes():
    count = 5 * MESSAGES_A_TURN + 3
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (_, [local]), connected(local) as (_, writer):
        sent = [message(b"%d" % number) for number in range(count)]
        writer.write(b"".join(sent))
        writer.write(message(b"the last"))
        await core.until(lambda: len(core.received) == count + 1)
    assert core.messages == [*sent, message(b"the last")]


async def test_a_stream_of_many_messages_does_not_keep_others_waiting():
    core = ScriptedCore()
    async with (
        running(core, ANY_PORT) as (_, [local]),
        connected(local) as (_, flood),
        connected(local) as (_, caller),
    ):
        for number in range(1500):
            flood.write(message(b"flood %d" % number))
        caller.write(message(b"caller"))
        await core.until(lambda: message(b"caller") in core.messages)
        await core.until(lambda: len(core.received) == 1501)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_any_cut_of_the_stream_gives_the_same_messages(cuts):
    async def story():
        core = ScriptedCore()
        sent = [message(b"a" * 200), message(), message(b"\r\n\r\n")]
        stream = b"".join(sent)
        async with running(core, ANY_PORT) as (_, [local]), connected(local) as (_, writer):
            position = 0
            for cut in [*cuts, len(stream)]:
                writer.write(stream[position : position + cut])
                await writer.drain()
                position += cut
            await core.until(lambda: len(core.received) == 3)
        assert core.messages == sent

    asyncio.run(story())


async def test_keep_alives_are_answered_and_reach_nobody():
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (_, [local]), connected(local) as (reader, writer):
        writer.write(b"\r\n\r\n")
        assert await read(reader, 2) == b"\r\n"
        writer.write(b"\r\n\r\n" + message())
        assert await read(reader, 2) == b"\r\n"
        await core.until(lambda: core.received)
    assert core.messages == [message()]


@pytest.mark.parametrize(
    "stream",
    [
        message().replace(b"Content-Length: 0", b"Content-Length: -1"),
        message().replace(b"Content-Length: 0", b"Content-Length: 4294967296"),
        message().replace(b"Content-Length: 0", b"Content-Length: 0\r\nl: 10"),
        message().replace(b"Content-Length: 0\r\n", b""),
        b"x" * 70_000,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 2000,
    ],
)
async def test_a_stream_that_cannot_be_cut_is_closed_and_nothing_of_it_is_read(stream):
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (shell, [local]):
        async with connected(local) as (reader, writer):
            writer.write(stream + message(b"smuggled"))
            assert await is_closed(reader)
        assert shell.tcp.malformed == 1
        assert len(shell.tcp) == 0
    assert core.received == []


async def test_the_end_of_a_connection_is_told_once():
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (shell, [local]):
        async with connected(local) as (_, writer):
            writer.write(message())
            await core.until(lambda: core.received)
            source = core.received[0][1]
            assert len(shell.tcp) == 1
        await core.until(lambda: core.lost)
        assert core.lost == [source]
        assert len(shell.tcp) == 0


async def test_a_reset_in_mid_message_leaves_the_next_caller_alone():
    core = ScriptedCore(answer=lambda data: RESPONSE)
    async with running(core, ANY_PORT) as (_, [local]):
        for _ in range(20):
            with socket.create_connection(local[1:]) as rude:
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                rude.send(message(b"x" * 100)[:150])
            async with connected(local) as (reader, writer):
                writer.write(message())
                assert await read(reader, len(RESPONSE)) == RESPONSE
        await core.until(lambda: len(core.lost) >= 20)
    assert len(core.received) == 20


QUICK = TcpLimits(message_time=0.2, idle_time=0.4, connect_time=0.2, keep_alive_time=0.2)


async def test_a_message_must_be_complete_in_time():
    core = ScriptedCore()
    limits = TcpLimits(message_time=0.2)
    async with (
        running(core, ANY_PORT, limits=limits) as (shell, [local]),
        connected(local) as (reader, writer),
    ):
        writer.write(message()[:50])
        assert await is_closed(reader)
        assert shell.tcp.evicted == 1
    assert core.received == []


async def test_dripping_octets_does_not_win_time():
    core = ScriptedCore()
    limits = TcpLimits(message_time=0.2)
    async with (
        running(core, ANY_PORT, limits=limits) as (_, [local]),
        connected(local) as (reader, writer),
    ):
        closed = asyncio.ensure_future(is_closed(reader))
        for octet in message(b"x" * 5000):
            writer.write(bytes([octet]))
            await asyncio.wait([closed], timeout=0.01)
            if closed.done():
                break
        assert await closed
    assert core.received == []


async def test_an_idle_stranger_is_closed_keep_alives_or_not():
    core = ScriptedCore()
    async with (
        running(core, ANY_PORT, limits=QUICK) as (shell, [local]),
        connected(local) as (reader, writer),
    ):
        closed = asyncio.ensure_future(is_closed(reader))
        while not closed.done():
            writer.write(b"\r\n\r\n")
            await asyncio.wait([closed], timeout=0.02)
        assert await closed
        assert shell.tcp.evicted == 1


async def test_a_registered_phone_may_be_silent_and_is_kept_alive():
    core = ScriptedCore()
    async with (
        running(core, ANY_PORT, limits=QUICK, is_known=everybody) as (shell, [local]),
        connected(local) as (reader, writer),
    ):
        for _ in range(4):  # twice the time a stranger is given
            assert await read(reader, 4) == b"\r\n\r\n"
            writer.write(b"\r\n")
        assert len(shell.tcp) == 1


async def test_a_hundred_slow_and_three_hundred_idle_do_not_keep_a_caller_out():
    core = ScriptedCore(answer=lambda data: RESPONSE)
    limits = TcpLimits(most_connections=350, most_from_one_source=200)
    async with running(core, ANY_PORT, limits=limits) as (shell, [local]):
        attackers = [await asyncio.open_connection(*local[1:]) for _ in range(400)]
        for _, writer in attackers[:100]:
            writer.write(message()[:30])
        async with connected(local) as (reader, writer):
            writer.write(message())
            assert await read(reader, len(RESPONSE)) == RESPONSE
            assert len(shell.tcp) <= 200
        for _, writer in attackers:
            writer.transport.abort()


async def test_newcomers_displace_the_connection_that_was_of_no_use_for_longest():
    core = ScriptedCore()
    limits = TcpLimits(most_from_one_source=2)
    async with (
        running(core, ANY_PORT, limits=limits) as (shell, [local]),
        connected(local) as (reader_of_first, first),
        connected(local) as (reader_of_second, _),
    ):
        first.write(message(b"first"))
        await core.until(lambda: len(core.received) == 1)
        async with connected(local) as (reader_of_third, third):
            assert await is_closed(reader_of_second)  # older than the third, and said nothing
            third.write(message(b"third"))
            await core.until(lambda: len(core.received) == 2)
            async with connected(local) as (_, fourth):
                assert await is_closed(reader_of_first)
                fourth.write(message(b"fourth"))
                third.write(message(b"third again"))
                await core.until(lambda: len(core.received) == 4)
                assert shell.tcp.evicted == 2
                assert not reader_of_third.at_eof()


async def test_phones_are_never_displaced():
    core = ScriptedCore()
    limits = TcpLimits(most_connections=1)
    async with (
        running(core, ANY_PORT, limits=limits, is_known=everybody) as (_, [local]),
        connected(local) as (_, phone),
    ):
        phone.write(message())
        await core.until(lambda: core.received)
        async with connected(local) as (reader, _):
            assert await is_closed(reader)
        phone.write(message(b"still here"))
        await core.until(lambda: len(core.received) == 2)


async def test_opens_a_connection_on_demand_once_and_queues_meanwhile():
    core = ScriptedCore()
    async with listening() as (carrier, connection), running(core, ANY_PORT) as (shell, _):
        for number in range(3):
            core.outbox.append(Packet(message(b"%d" % number), carrier))
            shell.pump()
        reader, writer = await connection()
        expected = b"".join(message(b"%d" % number) for number in range(3))
        assert await read(reader, len(expected)) == expected
        writer.write(RESPONSE)
        await core.until(lambda: core.received)
        assert core.received[0][1] == carrier
        assert len(shell.tcp) == 1
        writer.close()
        await core.until(lambda: core.lost == [carrier])


async def test_a_refused_connection_is_told_as_lost():
    core = ScriptedCore()
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        nowhere = Endpoint("tcp", *gone.getsockname())
    async with running(core, ANY_PORT) as (shell, _):
        core.outbox.append(Packet(message(), nowhere))
        shell.pump()
        await core.until(lambda: core.lost)
    assert core.lost == [nowhere]


async def test_impossible_addresses_are_told_as_lost():
    core = ScriptedCore()
    nowhere = [Endpoint("tcp", "127.0.0.1", 70_000), Endpoint("tcp", "carrier.example", 5060)]
    async with running(core, ANY_PORT) as (shell, _):
        core.outbox += [Packet(message(), endpoint) for endpoint in nowhere]
        shell.pump()
        await core.until(lambda: len(core.lost) == 2)
    assert sorted(core.lost) == sorted(nowhere)


@pytest.fixture
def full_backlog():
    """A listener whose queue of connections is full: a further one gets no answer."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(3):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(server.getsockname())
            waiting.append(sock)
        yield Endpoint("tcp", *server.getsockname())
        for sock in waiting:
            sock.close()


async def test_a_silent_host_is_given_up_after_the_connect_time(full_backlog):
    core = ScriptedCore()
    async with running(core, ANY_PORT, limits=QUICK) as (shell, _):
        core.outbox.append(Packet(message(), full_backlog))
        shell.pump()
        await core.until(lambda: core.lost)
    assert core.lost == [full_backlog]


async def test_what_waits_for_a_connection_is_bounded_and_stops_cleanly(full_backlog):
    core = ScriptedCore()
    limits = TcpLimits(most_queued=3000)
    async with running(core, ANY_PORT, limits=limits) as (shell, _):
        for _ in range(20):
            shell.tcp.send(b"x" * 1000, full_backlog)
        assert sum(map(len, shell.tcp._queued[full_backlog])) <= 3000


async def test_a_far_end_that_does_not_read_is_cut_off():
    core = ScriptedCore()
    limits = TcpLimits(most_queued=100_000)
    async with (
        running(core, ANY_PORT, limits=limits) as (shell, [local]),
        connected(local) as (_, writer),
    ):
        writer.transport.pause_reading()
        writer.write(message())
        await core.until(lambda: core.received)
        source = core.received[0][1]
        for _ in range(200):
            shell.tcp.send(b"x" * 60_000, source)
        await core.until(lambda: source in core.lost)


async def answered_after_loss(is_known, via_port):
    """Let the asker's connection end before the answer; return what was told as lost."""
    core = ScriptedCore()
    async with (
        listening() as (asker, connection),
        running(core, ANY_PORT, is_known=is_known) as (shell, [local]),
    ):
        async with connected(local) as (_, writer):
            writer.write(message())
            await core.until(lambda: core.received)
        source = core.received[0][1]
        await core.until(lambda: core.lost)
        core.lost.clear()
        via = b"127.0.0.1:%d" % (asker.port if via_port else 1)
        response = message(start=b"SIP/2.0 200 OK", via=via)
        core.outbox.append(Packet(response, source))
        shell.pump()
        if is_known(source):
            reader, _ = await connection()
            assert await read(reader, len(response)) == response
        return source, core.lost


async def test_an_answer_whose_connection_is_gone_goes_to_the_port_of_via():
    _, lost = await answered_after_loss(everybody, via_port=True)
    assert lost == []


async def test_no_connection_is_opened_for_a_stranger():
    source, lost = await answered_after_loss(lambda _: False, via_port=True)
    assert lost == [source]


def test_where_the_asker_listens():
    source = Endpoint("tcp", "192.0.2.1", 40_000)
    there = listening_address(message(start=b"SIP/2.0 200 OK", via=b"10.0.0.1:5070"), source)
    assert there == Endpoint("tcp", "192.0.2.1", 5070)
    there = listening_address(message(start=b"SIP/2.0 200 OK", via=b"phone.example"), source)
    assert there == Endpoint("tcp", "192.0.2.1", 5060)
    assert listening_address(b"SIP/2.0 200 OK\r\n\r\n", source) is None


async def test_stopping_sends_what_is_queued_and_ends_every_connection():
    core = ScriptedCore()
    async with listening() as (carrier, connection):
        async with running(core, ANY_PORT) as (shell, [local]), connected(local) as (idle, _):
            core.outbox.append(Packet(message(b"first"), carrier))
            shell.pump()
            reader, _ = await connection()
            await core.until(lambda: len(shell.tcp) == 2)
            core.outbox.append(Packet(message(b"BYE"), carrier))
            await shell.stop()
            assert await is_closed(idle)
            assert (await reader.read()).endswith(message(b"BYE"))
        assert core.lost == []
        assert shell.tcp is None
        shell.pump()


async def test_the_port_is_free_again_after_a_stop_even_with_connections_just_closed():
    core = ScriptedCore(answer=lambda data: RESPONSE)
    async with running(core, ANY_PORT) as (_, [local]):
        reader, writer = await asyncio.open_connection(*local[1:])
        writer.write(message())
        await read(reader, len(RESPONSE))
    async with running(core, [local]) as (_, [again]), connected(again) as (new, to):
        to.write(message())
        assert await read(new, len(RESPONSE)) == RESPONSE
    writer.transport.abort()


async def test_two_engines_cannot_share_a_port():
    async with running(ScriptedCore(), ANY_PORT) as (_, [local]):
        with pytest.raises(OSError, match="in use"):
            async with running(ScriptedCore(), [local]):
                pass


async def test_ipv6():
    core = ScriptedCore(answer=lambda data: RESPONSE)
    if not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    async with (
        running(core, [Endpoint("tcp", "::1", 0)]) as (_, [local]),
        connected(local) as (reader, writer),
    ):
        writer.write(message())
        assert await read(reader, len(RESPONSE)) == RESPONSE
    assert core.received[0][1].host == "::1"
