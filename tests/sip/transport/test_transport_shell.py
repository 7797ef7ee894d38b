import asyncio
import logging
import time

from sip.endpoint import Endpoint, Packet
from tests.sip.transport.core import ScriptedCore, event, running

ANY_PORT = [Endpoint("udp", "127.0.0.1", 0)]


async def test_one_timer_rings_when_the_core_wants_it():
    core = ScriptedCore()
    core.timer_at = wanted = time.monotonic() + 0.05
    async with running(core, ANY_PORT):
        await core.until(lambda: core.rung)
    assert core.rung[0] >= wanted


async def test_a_sooner_deadline_moves_the_timer():
    core = ScriptedCore()
    core.timer_at = time.monotonic() + 3600
    async with running(core, ANY_PORT) as (shell, _):
        core.timer_at = time.monotonic() + 0.02
        shell.pump()
        await core.until(lambda: core.rung)


async def test_a_later_deadline_is_met_although_the_timer_rings_early():
    core = ScriptedCore()
    core.timer_at = time.monotonic() + 0.02
    async with running(core, ANY_PORT) as (shell, _):
        core.timer_at = wanted = time.monotonic() + 0.08
        shell.pump()
        await core.until(lambda: core.rung)
    assert core.rung[0] >= wanted


async def test_a_deadline_in_the_past_rings_at_once():
    core = ScriptedCore()
    core.timer_at = time.monotonic() - 5
    async with running(core, ANY_PORT):
        await core.until(lambda: core.rung)


async def test_events_come_in_order_and_what_they_cause_is_sent():
    core, told, shells = ScriptedCore(), [], []

    def on_event(each):
        told.append(each.token)
        if each.token == "first":
            core.events.append(event("caused"))
            core.outbox.append(Packet(b"caused", addresses[0]))
            [shell] = shells
            shell.pump()  # inside the pump: must not recurse, must not lose anything
            assert told == ["first"]

    async with running(core, ANY_PORT, on_event=on_event) as (shell, addresses):
        shells.append(shell)
        core.events.extend([event("first"), event("second")])
        shell.pump()
        assert told == ["first", "second", "caused"]
        await core.until(lambda: core.messages == [b"caused"])


async def test_what_an_event_causes_leaves_before_the_next_event_is_told():
    core, sent = ScriptedCore(), []

    def on_event(each):
        sent.append(("event", each.token))
        core.outbox.append(Packet(each.token.encode(), Endpoint("udp", "127.0.0.1", 9)))

    async with running(core, ANY_PORT, on_event=on_event) as (shell, _):
        [port] = shell.udp
        port.send = lambda data, destination: sent.append(("packet", data.decode()))
        core.events.extend([event("a"), event("b")])
        shell.pump()
    assert sent == [("event", "a"), ("packet", "a"), ("event", "b"), ("packet", "b")]


async def test_a_faulty_owner_stops_neither_the_events_nor_the_packets(caplog):
    core, told = ScriptedCore(), []

    def on_event(each):
        told.append(each.token)
        raise RuntimeError("a defect of the owner")

    async with running(core, ANY_PORT, on_event=on_event) as (shell, _):
        core.events.extend([event("a"), event("b")])
        shell.pump()
    assert told == ["a", "b"]
    assert "OptionsAnswered could not be handled" in caplog.text


async def test_a_faulty_core_costs_one_message(caplog):
    def answer(data):
        if data == b"poison":
            raise ValueError("a defect of the core")

    core = ScriptedCore(answer)
    async with running(core, ANY_PORT) as (_, [local]):
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=local[1:]
        )
        transport.sendto(b"poison")
        transport.sendto(b"good")
        await core.until(lambda: core.messages == [b"poison", b"good"])
        transport.close()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_a_faulty_timer_does_not_stop_the_clock(caplog):
    core = ScriptedCore()
    rings = []

    def handle_timer(now):
        rings.append(now)
        core.timer_at = now + 0.01 if len(rings) < 3 else None
        core._changed.set()
        raise RuntimeError("a defect")

    core.handle_timer = handle_timer
    core.timer_at = time.monotonic()
    async with running(core, ANY_PORT):
        await core.until(lambda: len(rings) == 3)


async def test_nothing_happens_before_the_start_and_after_the_stop():
    core = ScriptedCore()
    async with running(core, ANY_PORT) as (shell, _):
        pass
    core.outbox.append(Packet(b"x", Endpoint("udp", "127.0.0.1", 9)))
    shell.pump()
    await shell.stop()
    assert len(core.outbox) == 1


async def test_udp_and_tcp_share_a_port_number_and_the_core_knows_which_is_which():
    core = ScriptedCore()
    async with running(core, [Endpoint("tcp", "127.0.0.1", 0)]) as (_, [tcp]):
        second = ScriptedCore()
        async with running(second, [tcp._replace(transport="udp")]) as (_, [udp]):
            assert udp == ("udp", *tcp[1:])
