"""The receiver on real sockets: stored before acknowledged, and hostile peers cost little."""

import asyncio
import gc
import random
import socket
import tracemalloc
from collections import Counter
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest

from callflows.events import IncidentId
from securityline.alarms.dc09 import Fault, Outcome, Settings
from securityline.alarms.dc09_frame import Framer, to_octets
from securityline.alarms.door import AlarmDoor
from securityline.alarms.intake import PATIENCE, Intake
from securityline.alarms.receiver import Dc09Receiver, ReceiverLimits
from securityline.alarms.receiver_tcp import FRAMES_A_TURN
from sip.endpoint import Endpoint
from tests.securityline.alarms.panels import Panel, panic
from tests.securityline.alarms.test_door import Engine, Holder

TCP = Endpoint("tcp", "127.0.0.1", 0)
UDP = Endpoint("udp", "127.0.0.1", 0)
NOW = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
KEY = bytes(range(16))


def clock():
    return NOW.timestamp()


class Store:
    """Takes signals; says that they are stored at once, or when told to."""

    def __init__(self, outcome=Outcome.STORED):
        self.outcome = outcome
        self.taken = []
        self.answers = []
        self.arrived = asyncio.Event()

    def take(self, signals, answer):
        self.taken.append(signals)
        self.answers.append(answer)
        self.arrived.set()
        if self.outcome is not None:
            answer(self.outcome)

    async def until(self, count):
        async with asyncio.timeout(20):
            while len(self.taken) < count:
                self.arrived.clear()
                await self.arrived.wait()

    @property
    def zones(self):
        return [signal.zone for signals in self.taken for signal in signals]


class Handing(Store):
    """Hands what it takes on to the engine's door, which answers in its place."""

    def take(self, signals, answer):
        super().take(signals, answer)
        self.door.take(signals, answer)


@asynccontextmanager
async def receiving(store, *locals_, settings=None, limits=None, **more):
    receiver = Dc09Receiver(
        store.take, settings or Settings(), **{"clock": clock, "limits": limits} | more
    )
    bound = [await receiver.listen(local) for local in locals_ or (TCP,)]
    try:
        yield receiver, *bound
    finally:
        await receiver.close(drain_time=0.1)


class TcpPanel:
    """A panel's TCP connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self._framer, self._frames = Framer(), []

    def send(self, octets):
        self.writer.write(octets)

    async def answer(self):
        """Return the next answer's body; `None` if the connection ended."""
        async with asyncio.timeout(20):
            while not self._frames:
                data = await self.reader.read(65536)
                if not data:
                    return None
                self._frames += self._framer.feed(data)
        frame = self._frames.pop(0)
        assert frame.has_right_crc
        assert frame.has_right_length
        return frame.body

    async def ended(self):
        """Wait until the far end closes; whatever came before is passed over."""
        async with asyncio.timeout(20):
            with suppress(ConnectionResetError):
                while await self.reader.read(65536):
                    pass


@asynccontextmanager
async def connected(address, **more):
    reader, writer = await asyncio.open_connection(*address[1:], **more)
    try:
        yield TcpPanel(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


class UdpPanel(asyncio.DatagramProtocol):
    def __init__(self):
        self.got = asyncio.Queue()

    def datagram_received(self, data, addr):
        self.got.put_nowait(data)

    def send(self, octets):
        self.transport.sendto(octets)

    async def answer(self):
        async with asyncio.timeout(20):
            data = await self.got.get()
        (frame,) = Framer().feed(data)
        return frame.body


@asynccontextmanager
async def udp_panel(address):
    loop = asyncio.get_running_loop()
    transport, panel = await loop.create_datagram_endpoint(
        UdpPanel, remote_addr=tuple(address[1:])
    )
    panel.transport = transport
    try:
        yield panel
    finally:
        transport.close()


def ack(sequence, token="ACK", account="1234"):
    return f'"{token}"{sequence:04d}L0#{account}[]'.encode()


# ---------------------------------------------------------------- stored, then acknowledged


@pytest.mark.parametrize(("local", "open_panel"), [(TCP, connected), (UDP, udp_panel)])
async def test_an_alarm_is_acknowledged_once_it_is_stored(local, open_panel):
    store = Store(None)
    async with receiving(store, local) as (_, address), open_panel(address) as panel:
        panel.send(Panel().frame(panic()))
        await store.until(1)
        panel.send(to_octets(b'"ADM-CID"0002L0#1234[#1234|1120 01 016]'))
        await store.until(2)
        store.answers[1](Outcome.STORED)
        first = await panel.answer()
        store.answers[0](Outcome.STORED)
        second = await panel.answer()

    assert (first, second) == (ack(2), ack(1)), "each answer leaves when its own is stored"
    assert store.taken[0][0].path == f"dc09:{local.transport}"
    assert store.taken[0][0].extra["peer"] == "127.0.0.1"


@pytest.mark.parametrize(("local", "open_panel"), [(TCP, connected), (UDP, udp_panel)])
async def test_what_cannot_be_stored_is_refused(local, open_panel):
    store = Store(Outcome.REFUSED)
    async with receiving(store, local) as (_, address), open_panel(address) as panel:
        panel.send(Panel().frame(panic()))
        assert await panel.answer() == ack(1, "DUH")


async def test_a_repeat_is_handed_on_with_the_same_name_and_acknowledged_again():
    store = Store()
    async with receiving(store, TCP) as (_, address), connected(address) as panel:
        for _ in range(3):
            panel.send(Panel().frame(panic()))
            assert await panel.answer() == ack(1)

    assert len({signals[0].source_id for signals in store.taken}) == 1
    assert len(store.taken) == 3


async def test_no_word_from_the_store_no_answer():
    store = Store(None)
    async with receiving(store) as (receiver, address), connected(address) as panel:
        panel.send(Panel().frame(panic()))
        await store.until(1)
        panel.send(Panel().frame("", token="NULL", sequence=2))
        await store.until(2)
        store.answers[1](Outcome.STORED)
        assert await panel.answer() == ack(2)
        assert len(receiver.intake) == 1


@pytest.mark.parametrize(("local", "open_panel"), [(TCP, connected), (UDP, udp_panel)])
async def test_while_the_disk_is_broken_a_panel_hears_nothing_and_then_that_it_is_stored(
    local, open_panel
):
    """With the engine's own door: an operator has the alarm, and the panel repeats it."""
    engine, numbers = Engine(), iter(range(1, 100))
    door = AlarmDoor(
        engine.handle,
        Holder(),
        clock=lambda: 1000.0,
        next_number=lambda now: IncidentId(f"n-{next(numbers)}"),
        head=lambda: engine.seq,
        book=lambda: engine.switchboard.alarms,
        is_case=lambda number: number in engine.switchboard.incidents,
    )
    store = Handing(None)
    store.door = door
    async with receiving(store, local) as (receiver, address), open_panel(address) as panel:
        for times in (1, 2):
            panel.send(Panel().frame(panic()))
            await store.until(times)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await panel.answer()
        [case] = engine.switchboard.incidents.values()
        assert case.attention, "an operator sees it, stored or not"
        assert len(receiver.intake) == 2
        engine.becomes_durable()
        assert [await panel.answer(), await panel.answer()] == [ack(1), ack(1)]


async def test_a_second_word_from_the_store_is_no_second_answer():
    store = Store(None)
    async with receiving(store) as (_, address), connected(address) as panel:
        panel.send(Panel().frame(panic()))
        await store.until(1)
        store.answers[0](Outcome.STORED)
        store.answers[0](Outcome.REFUSED)
        panel.send(Panel().frame(panic(), sequence=2))
        await store.until(2)
        store.answers[1](Outcome.STORED)

        assert [await panel.answer(), await panel.answer()] == [ack(1), ack(2)]


async def test_a_panel_that_hangs_up_has_its_alarm_taken_all_the_same():
    store = Store(None)
    async with receiving(store) as (receiver, address):
        async with connected(address) as panel:
            panel.send(Panel().frame(panic()))
        await store.until(1)
        store.answers[0](Outcome.STORED)

        assert len(receiver.intake) == 0


async def test_a_panel_may_end_its_side_and_still_hear_the_answer():
    store = Store(None)
    async with receiving(store) as (_, address), connected(address) as panel:
        panel.send(Panel().frame(panic()))
        panel.writer.write_eof()
        await store.until(1)
        async with connected(address) as other:  # meanwhile the end has been seen
            other.send(Panel("77").frame(panic("77")))
            await store.until(2)
            store.answers[1](Outcome.STORED)
            assert await other.answer() == ack(1, account="77")
        store.answers[0](Outcome.STORED)

        assert await panel.answer() == ack(1)
        assert await panel.answer() is None


async def test_a_store_that_fails_stops_nobody_else(caplog):
    store = Store()

    def take(signals, answer):
        if signals[0].zone == "001":
            raise RuntimeError("disk")
        store.take(signals, answer)

    failing = Store()
    failing.take = take
    async with receiving(failing) as (receiver, address), connected(address) as panel:
        panel.send(Panel().frame(panic(number=1)))
        panel.send(Panel().frame(panic(number=2), sequence=2))

        assert await panel.answer() == ack(2)
        assert len(receiver.intake) == 0


async def test_encrypted_over_the_wire():
    store = Store()
    panel = Panel(key=KEY)
    agreed = Settings({"1234": KEY})
    async with receiving(store, settings=agreed) as (_, address), connected(address) as wire:
        wire.send(panel.frame(panic(), at=NOW))
        reply = await wire.answer()

    assert reply.startswith(b'"*ACK"0001L0#1234[')
    assert panel.clear(reply + b"\r").endswith("]_12:34:56,11-21-2026")


async def test_settings_may_change_while_it_runs():
    store = Store()
    async with receiving(store) as (receiver, address), connected(address) as wire:
        wire.send(Panel(key=KEY).frame(panic(), at=NOW))
        assert await wire.answer() == ack(1, "DUH")
        receiver.settings = Settings({"1234": KEY})
        wire.send(Panel(key=KEY).frame(panic(), at=NOW))
        assert (await wire.answer()).startswith(b'"*ACK"')


# ---------------------------------------------------------------- joined, split, wrong


async def test_frames_split_and_joined_are_all_answered():
    store = Store()
    stream = b"".join(Panel().frame(panic(number=n), sequence=n) for n in range(1, 101))
    async with receiving(store) as (_, address), connected(address) as panel:
        for at in range(0, len(stream), 7):
            panel.send(stream[at : at + 7])
            await panel.writer.drain()
        assert [await panel.answer() for _ in range(100)] == [ack(n) for n in range(1, 101)]

    assert store.zones == [f"{n:03d}" for n in range(1, 101)]


async def test_a_datagram_may_carry_two_frames():
    store = Store()
    async with receiving(store, UDP) as (_, address), udp_panel(address) as panel:
        panel.send(Panel().frame(panic()) + Panel().frame(panic(), sequence=2))
        assert [await panel.answer(), await panel.answer()] == [ack(1), ack(2)]


@pytest.mark.parametrize(("local", "open_panel"), [(TCP, connected), (UDP, udp_panel)])
async def test_a_wrong_frame_gets_silence_and_is_told(local, open_panel):
    store, seen = Store(), []
    async with (
        receiving(store, local, on_fault=seen.append) as (receiver, address),
        open_panel(address) as panel,
    ):
        panel.send(Panel().frame(panic()).replace(b"1120", b"1130"))
        panel.send(Panel(account="77").frame(panic("77")))
        assert await panel.answer() == ack(1, account="77")

    path = f"dc09:{local.transport}"
    assert [(s.fault, s.account, s.peer, s.path) for s in seen] == [
        (Fault.CRC, "", "127.0.0.1", path)
    ]
    assert receiver.intake.faults == Counter({(path, Fault.CRC): 1})
    assert receiver.intake.frames == 2


async def test_a_late_frame_is_told_our_time():
    store, seen = Store(), []
    async with (
        receiving(store, on_fault=seen.append) as (_, address),
        connected(address) as panel,
    ):
        panel.send(Panel().frame(panic(), at=datetime(2020, 1, 1, tzinfo=UTC)))
        assert await panel.answer() == b'"NAK"0000R0L0A0[]_12:34:56,11-21-2026'

    assert store.taken == []
    assert [(s.fault, s.account) for s in seen] == [(Fault.CLOCK, "1234")]


# ---------------------------------------------------------------- limits


async def test_a_frame_that_trickles_in_is_cut_off():
    limits = ReceiverLimits(frame_time=0.1)
    async with receiving(Store(), limits=limits, clock=real_clock()) as (receiver, address):
        async with connected(address) as panel:
            panel.send(b'\n7BE80027"ADM-CID"')
            await panel.ended()
        assert receiver.evicted == 1


async def test_octets_one_by_one_do_not_buy_time():
    limits = ReceiverLimits(frame_time=0.2, first_frame_time=3600)
    async with (
        receiving(Store(), limits=limits, clock=real_clock()) as (receiver, address),
        connected(address) as panel,
    ):
        async with asyncio.timeout(20):
            panel.send(b'\n7BE80027"')
            while not receiver.evicted:
                panel.send(b"x")
                await asyncio.sleep(0.01)
        await panel.ended()


async def test_silence_from_the_start_is_cut_off_sooner_than_later_silence():
    limits = ReceiverLimits(first_frame_time=0.1, idle_time=3600)
    store = Store()
    async with (
        receiving(store, limits=limits, clock=real_clock()) as (receiver, address),
        connected(address) as panel,
    ):
        panel.send(Panel().frame(panic()))
        assert await panel.answer() == ack(1)
        async with connected(address) as silent, connected(address) as babbling:
            babbling.send(b'\n00000002"x\r' * 5)
            await silent.ended()
            await babbling.ended()
        panel.send(Panel().frame(panic(), sequence=2))
        assert await panel.answer() == ack(2)
        assert receiver.evicted == 2


async def test_later_silence_ends_too():
    limits = ReceiverLimits(idle_time=0.1)
    async with (
        receiving(Store(), limits=limits, clock=real_clock()) as (_, address),
        connected(address) as panel,
    ):
        panel.send(Panel().frame(panic()))
        await panel.ended()


@asynccontextmanager
async def crowd_of(count, address):
    """Many connections that stay open, as far as the receiver lets them."""
    panels = [TcpPanel(*await asyncio.open_connection(*address[1:])) for _ in range(count)]
    try:
        yield panels
    finally:
        for panel in panels:
            panel.writer.close()
        for panel in panels:
            with suppress(OSError):
                await panel.writer.wait_closed()


async def test_newcomers_get_in_while_others_hold_all_places_in_silence():
    limits = ReceiverLimits(most_connections=5)
    async with (
        receiving(Store(), limits=limits) as (receiver, address),
        connected(address) as good,
    ):
        good.send(Panel().frame(panic()))
        assert await good.answer() == ack(1)
        async with crowd_of(20, address), connected(address) as late:
            late.send(Panel().frame(panic(), sequence=2))
            assert await late.answer() == ack(2)
            good.send(Panel().frame(panic(), sequence=3))
            assert await good.answer() == ack(3)
            assert len(receiver) <= 5


async def test_one_address_cannot_take_all_places():
    limits = ReceiverLimits(most_connections=50, most_from_one_source=3)
    async with (
        receiving(Store(), limits=limits) as (receiver, address),
        connected(address, local_addr=("127.0.0.2", 0)) as good,
    ):
        good.send(Panel().frame(panic()))
        assert await good.answer() == ack(1)
        async with crowd_of(10, address) as crowd:
            await asyncio.gather(*(panel.ended() for panel in crowd[:7]))
            for panel in crowd[7:]:
                panel.send(Panel().frame(panic(), sequence=2))
                assert await panel.answer() == ack(2)
            good.send(Panel().frame(panic(), sequence=3))
            assert await good.answer() == ack(3)
            assert len(receiver) == 4
            async with connected(address) as late:
                late.send(Panel().frame(panic(), sequence=4))
                assert await late.answer() == ack(4)
            await crowd[7].ended()


async def pour(sock):
    while True:
        await asyncio.get_running_loop().sock_sendall(sock, Panel().frame(panic()) * 100)


async def test_a_panel_that_sends_and_never_reads_is_cut_off():
    limits = ReceiverLimits(most_unsent=4096)
    async with receiving(Store(), limits=limits) as (receiver, address):
        for server in receiver._servers:  # small, so that it fills soon
            server.sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            await loop.sock_connect(sock, tuple(address[1:]))
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(pour(sock), 20)


async def test_a_flood_on_one_connection_stays_in_the_network_while_the_disk_is_slow():
    store = Store(None)
    limits = ReceiverLimits(most_waiting=4)
    flood = b"".join(Panel().frame(panic(number=n % 999), sequence=n) for n in range(1, 2001))
    async with (
        receiving(store, limits=limits) as (receiver, address),
        connected(address) as panel,
        connected(address) as other,
    ):
        panel.send(flood)
        await store.until(4)
        other.send(Panel("77").frame(panic("77")))
        await store.until(5)
        assert store.taken[4][0].account == "77"
        assert len(receiver.intake) == 5
        held = sum(len(connection._unread) for connection in receiver._open)
        assert held <= 4096 // 40
        answered = 0
        while answered < 2001:
            await store.until(answered + 1)
            store.answers[answered](Outcome.STORED)
            answered += 1
        assert [await panel.answer() for _ in range(2000)] == [ack(n) for n in range(1, 2001)]


async def test_connections_take_turns():
    store = Store()
    async with (
        receiving(store) as (_, address),
        connected(address) as flood,
        connected(address) as other,
    ):
        flood.send(Panel().frame("#1234|1130 01 001") * 3000)
        other.send(Panel("77").frame(panic("77")))
        await other.answer()
        before = [signals[0].account for signals in store.taken].index("77")

    assert before <= 12 * FRAMES_A_TURN


async def test_one_connection_cannot_keep_the_loop() -> None:
    loop = asyncio.get_running_loop()
    turn, taken_in = [0], Counter()

    def next_turn():
        turn[0] += 1
        loop.call_soon(next_turn)

    store = Store()
    take = store.take

    def counting(signals, answer):
        taken_in[turn[0]] += 1
        take(signals, answer)

    store.take = counting
    async with receiving(store) as (_, address), connected(address) as flood:
        next_turn()
        flood.send(Panel().frame(panic()) * 1000)
        await store.until(1000)

    assert max(taken_in.values()) <= 2 * FRAMES_A_TURN, "what came, and what was left over"


async def test_datagrams_of_one_source_are_bounded_and_others_get_in():
    store = Store(None)
    limits = ReceiverLimits(most_datagrams_of_one_source=8)
    async with receiving(store, UDP, limits=limits) as (receiver, address):
        loop = asyncio.get_running_loop()
        async with udp_panel(address) as flood:
            for number in range(50):
                flood.send(Panel().frame(panic(), sequence=number))
            transport, other = await loop.create_datagram_endpoint(
                UdpPanel, local_addr=("127.0.0.2", 0), remote_addr=tuple(address[1:])
            )
            transport.sendto(Panel("77").frame(panic("77")))
            await store.until(9)  # it came last, so all others were seen
            assert receiver.dropped == 42
            store.answers[8](Outcome.STORED)
            assert await other.answer() == ack(1, account="77")
            transport.close()
            for answer in store.answers:
                answer(Outcome.STORED)
            flood.send(Panel().frame(panic(), sequence=99))
            await store.until(10)
        assert receiver._datagrams == Counter({"127.0.0.1": 1})


def real_clock():
    loop = asyncio.get_running_loop()
    return lambda: loop.time()


# ---------------------------------------------------------------- closing


async def test_closing_waits_for_what_is_being_stored():
    store = Store(None)
    receiver = Dc09Receiver(store.take, Settings(), clock=clock)
    address = await receiver.listen(TCP)
    udp = await receiver.listen(UDP)
    async with connected(address) as panel, udp_panel(udp) as other:
        panel.send(Panel().frame(panic()))
        other.send(Panel().frame(panic(), sequence=2))
        await store.until(2)
        closing = asyncio.ensure_future(receiver.close(drain_time=20))
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address[1:])
        for answer in store.answers:
            answer(Outcome.STORED)

        assert await other.answer() == ack(2)
        assert await panel.answer() == ack(1)
        assert await panel.answer() is None
        await closing
    assert len(receiver) == 0


async def test_closing_does_not_wait_for_ever():
    store = Store(None)
    receiver = Dc09Receiver(store.take, Settings(), clock=clock)
    address = await receiver.listen(TCP)
    async with connected(address) as panel:
        panel.send(Panel().frame(panic()))
        await store.until(1)
        await receiver.close(drain_time=0.05)
        assert await panel.answer() is None
    store.answers[0](Outcome.STORED)  # too late for anybody, and harmless


async def test_a_port_in_use_is_an_error():
    async with receiving(Store(), TCP, UDP) as (receiver, tcp, udp):
        for taken in (tcp, udp):
            with pytest.raises(OSError, match="in use"):
                await receiver.listen(taken)


# ---------------------------------------------------------------- patience


def test_who_never_hears_from_the_store_is_forgotten():
    now, sent, over = [0.0], [], []
    answers = []
    intake = Intake(
        lambda _, answer: answers.append(answer), Settings(), lambda: now[0], lambda _: None
    )
    (frame,) = Framer().feed(Panel().frame(panic()))
    intake.take(frame, "dc09:udp", "192.0.2.7", sent.append, lambda: over.append(1))
    intake.give_up(PATIENCE - 1)
    assert (len(intake), intake.forgotten) == (1, 0)
    intake.give_up(PATIENCE)
    answers[0](Outcome.STORED)

    assert (len(intake), intake.forgotten, sent, over) == (0, 1, [], [1])


async def test_a_connection_does_not_wait_for_ever_for_the_store():
    now, store = [NOW.timestamp()], Store(None)
    limits = ReceiverLimits(frame_time=0.04)  # so that it looks every 10 ms
    async with (
        receiving(store, limits=limits, clock=lambda: now[0]) as (receiver, address),
        connected(address) as panel,
    ):
        panel.send(Panel().frame(panic()))
        panel.writer.write_eof()
        await store.until(1)
        now[0] += PATIENCE
        await panel.ended()
        assert receiver.intake.forgotten == 1


# ---------------------------------------------------------------- memory


def mutated(chance, seeds):
    """Return a frame bent at random."""
    octets = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(octets) + 1)
        match chance.randrange(5):
            case 0:
                del octets[at : at + chance.choice((1, 1, 9))]
            case 1:
                octets[at:at] = chance.choice(
                    (b"\n", b"\r", b"[", b"]", b"|", b'"', b"\0", b"\xff", b"FFFF", b"x" * 99)
                )
            case 2 if at < len(octets):
                octets[at] ^= 1 << chance.randrange(8)
            case 3:
                octets[at:at] = octets[at // 2 : at]
            case _:
                del octets[at:]
    if chance.random() < 0.5 and b'"' in octets:  # right numbers, so that more is read
        octets = bytearray(to_octets(bytes(octets[octets.index(b'"') :])[:4000]))
    return bytes(octets)


SEEDS = (
    Panel().frame(panic()),
    Panel(key=KEY).frame(panic(), at=NOW),
    Panel().frame("#1234|Nri1/BA001/BA002^Hall^", token="SIA-DCS", extended="[X006E07.8]"),
    Panel(is_binary_crc=True).frame(panic()),
    Panel().frame("", token="NULL", sequence=0),
)


def test_100_000_bent_frames_leave_nothing_behind():
    chance, sent = random.Random(1), Counter()
    intake = Intake(
        lambda _, answer: answer(Outcome.STORED),
        Settings({"1234": KEY}),
        clock,
        lambda seen: sent.update([seen.fault]),
    )
    framer = Framer()

    def run(count):
        for _ in range(count):
            for frame in framer.feed(mutated(chance, SEEDS)):
                intake.take(
                    frame, "dc09:tcp", "192.0.2.7", lambda _: sent.update("r"), lambda: None
                )
        gc.collect()

    run(10_000)
    before = len(gc.get_objects())
    tracemalloc.start()
    try:
        run(10_000)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    run(80_000)

    assert len(intake) == 0
    assert len(framer._buffer) < 8192
    assert set(sent) >= {"r", Fault.CRC, Fault.LENGTH, Fault.KEY, Fault.DATA, Fault.TOKEN}
    assert grown < 64 * 1024, "a leak of seven octets a frame would show"
    assert len(gc.get_objects()) - before < 100
