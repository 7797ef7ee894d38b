import asyncio
import wave
from contextlib import asynccontextmanager

import pytest

from securityline.simulation.behaviour import Account, Behaviour, Press
from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState
from securityline.simulation.softphone import Softphone
from sip.endpoint import Endpoint
from sip.events import (
    Ended,
    IncomingCall,
    Refused,
    Registered,
    Ringing,
    Unregistered,
)
from tests.securityline.exchange import DOMAIN, Exchange, running_exchange
from tests.securityline.sound import loudness, strength

ACCOUNT = Account("201", "secret", DOMAIN)
AT_ONCE = Behaviour(answer_time=0.0)


@asynccontextmanager
async def running_phone(exchange, behaviour=AT_ONCE, transport="udp", **kwargs):
    address = next(each for each in exchange.addresses if each.transport == transport)
    phone = Softphone(
        address,
        listen=Endpoint(transport, "127.0.0.1", 0),
        account=kwargs.pop("account", ACCOUNT),
        behaviour=behaviour,
        **kwargs,
    )
    await phone.start()
    try:
        yield phone
    finally:
        await phone.stop()
        await phone.stop()


@asynccontextmanager
async def registered_phone(behaviour=AT_ONCE, transport="udp", **kwargs):
    async with (
        running_exchange(transport) as exchange,
        running_phone(exchange, behaviour, transport, **kwargs) as phone,
        asyncio.timeout(20),
    ):
        await phone.until_registered()
        yield exchange, phone


async def heard_seconds(call, seconds):
    """Wait until this much was heard in all."""
    async with asyncio.timeout(20):
        await call.audio.until(lambda: len(call.audio.heard) >= 16_000 * seconds)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_registers_is_called_answers_speaks_hears_and_writes_it_down(transport, tmp_path):
    behaviour = Behaviour(answer_time=0.05, speech=tone(600))
    async with registered_phone(behaviour, transport, record_directory=tmp_path) as (
        exchange,
        phone,
    ):
        call = exchange.call_phone()
        there = await phone.until_called()
        assert there.other == "Alice"
        await exchange.until_seen(Ringing)
        await call.until(CallState.TALKING)
        await there.until(CallState.TALKING)
        await heard_seconds(call, 0.5)
        await heard_seconds(there, 0.5)
        exchange.order("hang_up", "leg-1")
        await there.until(CallState.ENDED)
        assert there.ended_by == "bye"
    assert strength(call.audio.heard, 600) > 0.8
    assert strength(there.audio.heard, 1000) > 0.8
    [path] = tmp_path.iterdir()
    with wave.open(str(path)) as file:
        assert file.getframerate() == 8000
        assert strength(file.readframes(4000), 1000) > 0.8


async def test_a_wrong_password_does_not_register_and_goes_on_trying():
    told = []
    async with (
        running_exchange() as exchange,
        running_phone(
            exchange, account=Account("201", "wrong", DOMAIN), on_change=told.append
        ) as phone,
        asyncio.timeout(20),
    ):
        await phone.until(lambda: told.count("not registered (401)") >= 2)
        assert not phone.is_registered


async def test_leaves_the_registrar_when_it_stops():
    async with running_exchange() as exchange:
        async with running_phone(exchange) as phone, asyncio.timeout(20):
            await phone.until_registered()
        gone = await exchange.until_seen(Unregistered)
        assert gone.why == "removed"


async def test_refreshes_in_time():
    async with registered_phone(expires=1.0) as (exchange, _):
        await exchange.until(
            lambda: sum(isinstance(event, Registered) for event in exchange.seen) >= 3
        )
        assert not any(isinstance(event, Unregistered) for event in exchange.seen)


async def test_registers_when_the_exchange_comes_up_after_it():
    async with running_exchange() as first:
        address = first.addresses[0]
    phone = Softphone(address, listen=Endpoint("udp", "127.0.0.1", 0), account=ACCOUNT)
    await phone.start()
    try:
        exchange = Exchange((address,))
        exchange.addresses = await exchange.shell.start([address])
        async with asyncio.timeout(20):
            await phone.until_registered()
        await phone.stop()
        await exchange.shell.stop()
    finally:
        await phone.stop()


async def test_a_connection_that_ends_is_made_anew():
    async with registered_phone(transport="tcp") as (exchange, phone):
        for connection in list(exchange.shell.tcp._open.values()):
            connection.close(is_flushing=False)
        await exchange.until(
            lambda: sum(isinstance(event, Registered) for event in exchange.seen) >= 2
        )
        async with asyncio.timeout(20):
            await phone.until_registered()


async def test_answers_at_once_when_the_desk_asks_for_it():
    patient = Behaviour(answer_time=None)
    async with registered_phone(patient) as (exchange, phone):
        headers = (("Call-Info", "<sip:securityline.example>;answer-after=0"),)
        call = exchange.call_phone(headers=headers)
        async with asyncio.timeout(20):
            await call.until(CallState.TALKING)
        assert phone.calls[0].state in (CallState.RINGING, CallState.TALKING)


async def test_rings_for_ever_when_nobody_is_there():
    async with registered_phone(Behaviour(answer_time=None)) as (exchange, phone):
        call = exchange.call_phone()
        await exchange.until_seen(Ringing)
        there = await phone.until_called()
        exchange.order("hang_up", "leg-1")
        async with asyncio.timeout(20):
            await there.until(CallState.ENDED)
        assert there.ended_by == "cancelled"
        assert call.state is CallState.ENDED


@pytest.mark.parametrize("answer_time", [None, 0.05])
async def test_is_busy_or_says_no(answer_time):
    async with registered_phone(Behaviour(answer_time=answer_time, refuse_status=486)) as (
        exchange,
        phone,
    ):
        exchange.call_phone()
        refused = await exchange.until_seen(Refused)
        assert refused.status == 486
        assert phone.calls[0].ended_by == "refused 486"


async def test_hangs_up_by_itself():
    async with registered_phone(Behaviour(answer_time=0.0, hang_up_time=0.05)) as (
        exchange,
        _,
    ):
        exchange.call_phone()
        ended = await exchange.until_seen(Ended)
        assert ended.why == "bye"


async def test_presses_keys():
    behaviour = Behaviour(answer_time=0.0, presses=(Press(0.05, "15#"),))
    async with registered_phone(behaviour) as (exchange, _):
        call = exchange.call_phone()
        async with asyncio.timeout(20):
            await call.audio.until(lambda: call.audio.digits == "15#")


async def test_an_invite_without_an_offer_is_answered_with_ours():
    async with registered_phone() as (exchange, phone):
        call = exchange.call_phone(with_offer=False)
        there = await phone.until_called()
        async with asyncio.timeout(20):
            await there.until(CallState.TALKING)
        await heard_seconds(there, 0.1)
        await heard_seconds(call, 0.1)


async def test_is_silent_while_held_and_speaks_again_afterwards():
    async with registered_phone(Behaviour(answer_time=0.0, speech=tone(600))) as (
        exchange,
        phone,
    ):
        call = exchange.call_phone()
        there = await phone.until_called()
        async with asyncio.timeout(20):
            await there.until(CallState.TALKING)
            await heard_seconds(call, 0.1)
            call.is_held_by_us = True
            exchange.order("offer", "leg-1", call.make_offer())
            await phone.until(lambda: there.is_on_hold)
            await heard_seconds(there, 0.3)  # time goes on: they still speak to us
            packets = call.audio.packets_heard
            await heard_seconds(there, 0.6)
            assert call.audio.packets_heard <= packets + 1  # one may have been on its way
            call.is_held_by_us = False
            exchange.order("offer", "leg-1", call.make_offer())
            await call.audio.until(lambda: call.audio.packets_heard > packets + 10)


async def test_holds_the_other_side_and_comes_back():
    async with registered_phone() as (exchange, phone):
        call = exchange.call_phone()
        there = await phone.until_called()
        async with asyncio.timeout(20):
            await there.until(CallState.TALKING)
            await call.until(CallState.TALKING)
            phone.hold(there)
            await exchange.until(lambda: call.is_on_hold)
            phone.hold(there, is_held=False)
            await exchange.until(lambda: not call.is_on_hold)


async def test_calls_out_proving_who_it_is():
    async with registered_phone() as (exchange, phone):
        call = phone.call("+3225550100")
        incoming = await exchange.until_seen(IncomingCall)
        assert (incoming.peer.kind, incoming.peer.name) == ("phone", "201")
        here = exchange.calls[incoming.leg]
        exchange.order("ring", incoming.leg)
        exchange.order("answer", incoming.leg, here.make_answer(incoming.offer))
        async with asyncio.timeout(20):
            await call.until(CallState.TALKING)
            await heard_seconds(here, 0.2)
        phone.hang_up(call)
        await exchange.until_seen(Ended)
        assert loudness(here.audio.heard) > 1000


async def test_a_stranger_cannot_call_it():
    exchange_elsewhere = Endpoint("udp", "192.0.2.1", 5060)
    async with running_exchange() as exchange:
        phone = Softphone(exchange_elsewhere, listen=Endpoint("udp", "127.0.0.1", 0))
        await phone.start()
        try:
            came, receive = asyncio.Event(), phone._core.receive

            def listen(*message):
                receive(*message)
                came.set()

            phone._core.receive = listen
            exchange.call_at(phone.address)
            async with asyncio.timeout(20):
                await came.wait()
            assert phone.calls == []
        finally:
            await phone.stop()


async def test_what_is_heard_keeps_its_gaps():
    async with registered_phone() as (exchange, phone):
        call = exchange.call_phone()
        there = await phone.until_called()
        async with asyncio.timeout(20):
            await there.until(CallState.TALKING)
            await heard_seconds(there, 0.2)
            session, call.audio._session = call.audio._session, None
            before = len(there.audio.heard)
            await heard_seconds(call, 0.6)
            call.audio._session = session
            await there.audio.until(lambda: len(there.audio.heard) >= before + 9600)
        gap = there.audio.heard[before + 640 : before + 4000]
        assert loudness(gap) < 10
