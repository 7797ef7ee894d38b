import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from securityline.simulation.behaviour import Account, Behaviour
from securityline.simulation.carrier import DOMAIN, Carrier, OutsideWorld
from securityline.simulation.handset_audio import tone
from securityline.simulation.phone_call import CallState, PhoneCall
from securityline.simulation.relay import Progress
from securityline.simulation.softphone import Softphone
from securityline.simulation.telephones import FALLBACKS
from sip.endpoint import Endpoint, Peer
from sip.events import Cancelled, DigitReceived, Ended, IncomingCall, Refused, Ringing
from sip.uri import Uri
from tests.securityline.exchange import Exchange, running_exchange
from tests.securityline.sound import strength

EMPLOYEE = "+32470000001"
DID = "+3225550100"
ANYWHERE = Endpoint("udp", "127.0.0.1", 0)


@dataclass
class Town:
    """A carrier between an exchange, which stands for the engine, and handsets."""

    exchange: Exchange
    carrier: Carrier
    progress: list[Progress] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def handset(self, number: str = EMPLOYEE) -> AsyncIterator[Softphone]:
        """An employee's telephone, registered with the carrier."""
        phone = Softphone(
            self.carrier.listen,
            listen=ANYWHERE,
            account=Account(number, self.carrier.subscribe(number), DOMAIN),
            behaviour=Behaviour(speech=tone(700)),
        )
        await phone.start()
        try:
            async with asyncio.timeout(20):
                await phone.until_registered()
            yield phone
        finally:
            await phone.stop()

    @asynccontextmanager
    async def telephone(self, number: str, behaviour: Behaviour) -> AsyncIterator[Softphone]:
        """A telephone that the engine may ring."""
        phone = Softphone(self.carrier.listen, listen=ANYWHERE, behaviour=behaviour)
        await phone.start()
        self.carrier.connect(number, phone.address)
        try:
            yield phone
        finally:
            await phone.stop()

    def dial_out(self, number: str, leg: str = "out", *, with_offer: bool = True) -> PhoneCall:
        """Let the engine call a number through its trunk."""
        target = Uri.parse(f"sip:{number}@{self.carrier.listen.host};user=phone")
        call = self.exchange.call_at(self.carrier.listen, leg, (), with_offer, target)
        assert isinstance(call, PhoneCall)
        return call

    async def seen(self, what: str) -> Progress:
        """Wait for a step of a call."""
        await self.exchange.until(lambda: any(step.what == what for step in self.progress))
        return next(step for step in self.progress if step.what == what)

    async def incoming(self) -> IncomingCall:
        """Wait for a call at the engine's side."""
        found = await self.exchange.until_seen(IncomingCall)
        assert isinstance(found, IncomingCall)
        return found

    def answer(self, call: IncomingCall) -> PhoneCall:
        """Pick up at the engine's side."""
        theirs = self.exchange.calls[call.leg]
        self.exchange.order("answer", call.leg, theirs.make_answer(call.offer))
        assert isinstance(theirs, PhoneCall)
        return theirs


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with running_exchange(classify=lambda _source: Peer("trunk", "carrier")) as exchange:
        progress: list[Progress] = []
        told: list[str] = []

        def on_progress(step: Progress) -> None:
            progress.append(step)
            exchange._changed.set()

        carrier = Carrier(
            ANYWHERE, exchange.addresses[0], tell=told.append, on_progress=on_progress
        )
        await carrier.start()
        try:
            yield Town(exchange, carrier, progress, told)
        finally:
            await carrier.stop()


# ---------------------------------------------------------------- an employee calls


@pytest.mark.parametrize("dialled", [DID, "02 555 01 00".replace(" ", ""), "003225550100"])
async def test_what_an_employee_dials_goes_to_the_engine_as_e164(
    town: Town, dialled: str
) -> None:
    async with town.handset() as phone:
        phone.call(dialled)
        call = await town.incoming()
        assert call.request.uri.user == DID
        assert call.request.to.uri.user == DID
        assert call.request.from_.uri.user == EMPLOYEE
        identity = call.request.headers.get("P-Asserted-Identity")
        assert identity == f"<sip:{EMPLOYEE}@{DOMAIN};user=phone>"
        assert "Privacy" not in call.request.headers
        assert call.source == town.carrier.listen


async def test_a_withheld_number_is_asserted_and_marked(town: Town) -> None:
    async with town.handset() as phone:
        phone.call(f"*31*{DID}")
        call = await town.incoming()
        assert call.request.uri.user == DID
        assert str(call.request.from_.uri) == "sip:anonymous@anonymous.invalid"
        assert call.request.headers.get("Privacy") == "id"
        assert EMPLOYEE in (call.request.headers.get("P-Asserted-Identity") or "")


async def test_both_hear_each_other_and_the_engine_may_hang_up(town: Town) -> None:
    async with town.handset() as phone:
        ours = phone.call(DID)
        call = await town.incoming()
        town.exchange.order("ring", call.leg)
        await town.seen("ringing")
        theirs = town.answer(call)
        async with asyncio.timeout(20):
            await ours.until(CallState.TALKING)
            await ours.audio.until(lambda: len(ours.audio.heard) > 4000)
            await theirs.audio.until(lambda: len(theirs.audio.heard) > 4000)
        assert strength(theirs.audio.heard, 700) > 0.8
        assert strength(ours.audio.heard, 1000) > 0.8
        assert town.carrier.calls == 1
        town.exchange.order("hang_up", call.leg)
        async with asyncio.timeout(20):
            await ours.until(CallState.ENDED)
        assert [step.what for step in town.progress] == ["ringing", "answered", "ended"]
        assert town.progress[-1].detail == "the other side hung up"
        assert town.carrier.calls == 0


async def test_the_employee_hangs_up(town: Town) -> None:
    async with town.handset() as phone:
        ours = phone.call(DID)
        town.answer(await town.incoming())
        await town.seen("answered")
        async with asyncio.timeout(20):
            await ours.until(CallState.TALKING)
        phone.hang_up(ours)
        ended = await town.exchange.until_seen(Ended)
        assert ended.why == "bye"
        assert (await town.seen("ended")).detail == "the caller hung up"


async def test_the_employee_gives_up_while_it_rings(town: Town) -> None:
    async with town.handset() as phone:
        ours = phone.call(DID)
        call = await town.incoming()
        town.exchange.order("ring", call.leg)
        await town.seen("ringing")
        phone.hang_up(ours)
        await town.exchange.until_seen(Cancelled)
        assert (await town.seen("ended")).detail == "the caller gave up"


@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_handset_that_vanishes_ends_its_call_at_the_engine(
    town: Town, is_answered: bool
) -> None:
    async with town.handset() as phone:
        ours = phone.call(DID)
        call = await town.incoming()
        if is_answered:
            town.answer(call)
            async with asyncio.timeout(20):
                await ours.until(CallState.TALKING)
        town.carrier.drop("+32470009999")
        assert town.carrier.calls == 1
        town.carrier.drop(EMPLOYEE)
        await town.exchange.until_seen(Ended if is_answered else Cancelled)
        assert (await town.seen("ended")).detail == "the caller is gone"


async def test_a_refusal_reaches_the_employee(town: Town) -> None:
    async with town.handset() as phone:
        ours = phone.call(DID)
        call = await town.incoming()
        town.exchange.order("refuse", call.leg, 503)
        async with asyncio.timeout(20):
            await ours.until(CallState.ENDED)
        assert ours.ended_by == "refused 503"
        assert (await town.seen("refused")).detail == "503"


async def test_hold_and_keys_pass_through(town: Town) -> None:
    async with town.handset() as phone:
        ours = phone.call(DID)
        call = await town.incoming()
        theirs = town.answer(call)
        async with asyncio.timeout(20):
            await ours.until(CallState.TALKING)
            await theirs.until(CallState.TALKING)
            theirs.is_held_by_us = True
            town.exchange.order("offer", call.leg, theirs.make_offer())
            await phone.until(lambda: ours.is_on_hold)
            phone.hold(ours, is_held=False)
            await phone.until(lambda: ours.is_on_hold)
        phone._ua.send_info_digit(ours.leg, "7", asyncio.get_running_loop().time())
        phone._pump()
        assert (await town.exchange.until_seen(DigitReceived)).digit == "7"
        town.exchange.order("send_info_digit", call.leg, "5")
        town.exchange.order("hang_up", call.leg)
        async with asyncio.timeout(20):
            await ours.until(CallState.ENDED)
        assert ours.audio.digits == "5"


async def test_a_stranger_and_a_wrong_password_get_nowhere(town: Town) -> None:
    stranger = Softphone(
        town.carrier.listen,
        listen=ANYWHERE,
        account=Account(EMPLOYEE, "wrong", DOMAIN),
    )
    town.carrier.subscribe(EMPLOYEE)
    await stranger.start()
    try:
        async with asyncio.timeout(20):
            await stranger.until(lambda: stranger._core.registration._retry_time > 0.5)  # type: ignore[union-attr]
        assert not stranger.is_registered
        stranger.call(DID)
        async with town.handset("+32470000002") as phone:
            phone.call(DID)
            call = await town.incoming()
        assert call.request.from_.uri.user == "+32470000002"
    finally:
        await stranger.stop()
    assert sum(isinstance(event, IncomingCall) for event in town.exchange.seen) == 1


# ---------------------------------------------------------------- the engine calls


@pytest.mark.parametrize("with_offer", [True, False])
async def test_the_engine_rings_a_pretend_telephone(town: Town, with_offer: bool) -> None:
    behaviour = Behaviour(answer_time=0.05, speech=tone(900))
    async with town.telephone("+3225550999", behaviour) as phone:
        ours = town.dial_out("+3225550999", with_offer=with_offer)
        await town.exchange.until_seen(Ringing)
        async with asyncio.timeout(20):
            await ours.until(CallState.TALKING)
            await ours.audio.until(lambda: len(ours.audio.heard) > 4000)
            await phone.calls[0].audio.until(lambda: len(phone.calls[0].audio.heard) > 4000)
        assert strength(ours.audio.heard, 900) > 0.8
        assert strength(phone.calls[0].audio.heard, 1000) > 0.8
        town.exchange.order("hang_up", "out")
        async with asyncio.timeout(20):
            await phone.calls[0].until(CallState.ENDED)
        assert phone.calls[0].ended_by == "bye"


async def test_the_engine_lets_it_ring_and_stops(town: Town) -> None:
    async with town.telephone("+3235550999", FALLBACKS["+3235550999"].behaviour("fr")) as phone:
        town.dial_out("+3235550999")
        await town.exchange.until_seen(Ringing)
        town.exchange.order("hang_up", "out")
        async with asyncio.timeout(20):
            await (await phone.until_called()).until(CallState.ENDED)
        assert phone.calls[0].ended_by == "cancelled"


@pytest.mark.parametrize(("number", "status"), [("+3225550998", 486), ("+3235550998", 603)])
async def test_fallbacks_fail_in_their_own_ways(town: Town, number: str, status: int) -> None:
    behaviour = FALLBACKS[number].behaviour("fr")
    if behaviour.answer_time is not None:
        behaviour = Behaviour(answer_time=0.0, refuse_status=behaviour.refuse_status)
    async with town.telephone(number, behaviour):
        town.dial_out(number)
        assert (await town.exchange.until_seen(Refused)).status == status


async def test_a_number_without_a_telephone_does_not_exist(town: Town) -> None:
    town.dial_out("+3229999999")
    assert (await town.exchange.until_seen(Refused)).status == 404
    assert any("no such telephone" in words for words in town.told)
    assert town.carrier.emergency_attempts == []


# ---------------------------------------------------------------- nothing real


@pytest.mark.parametrize("number", ["112", "101", "100", "+32112", "0032101", "911"])
async def test_an_emergency_number_is_refused_whoever_dials_it(town: Town, number: str) -> None:
    town.dial_out(number)
    assert (await town.exchange.until_seen(Refused)).status == 403
    async with town.handset() as phone:
        ours = phone.call(number)
        async with asyncio.timeout(20):
            await ours.until(CallState.ENDED)
        assert ours.ended_by == "refused 403"
    dialled = [(each.caller, each.number) for each in town.carrier.emergency_attempts]
    assert dialled == [("exchange", number), (EMPLOYEE, number)]
    assert sum("!!!" in words for words in town.told) == 2
    assert not any(isinstance(event, IncomingCall) for event in town.exchange.seen)


async def test_an_emergency_number_is_refused_even_with_a_telephone_behind_it(
    town: Town,
) -> None:
    town.carrier.connect("+32112", ANYWHERE)
    town.dial_out("112")
    assert (await town.exchange.until_seen(Refused)).status == 403


@pytest.mark.parametrize("digits", ["hello", "*31*", "12*34"])
async def test_what_is_no_number_is_refused(town: Town, digits: str) -> None:
    async with town.handset() as phone:
        ours = phone.call(f"sip:{digits}@{DOMAIN}")
        async with asyncio.timeout(20):
            await ours.until(CallState.ENDED)
        assert ours.ended_by == "refused 484"


@pytest.mark.parametrize(
    ("listen", "exchange"),
    [("192.0.2.1", "127.0.0.1"), ("127.0.0.1", "8.8.8.8"), ("0.0.0.0", "127.0.0.1")],
)
def test_a_carrier_speaks_to_nobody_outside(listen: str, exchange: str) -> None:
    with pytest.raises(OutsideWorld):
        Carrier(Endpoint("udp", listen, 5080), Endpoint("udp", exchange, 5060))
