"""A pretend keyholder's telephone does what it was told, as the engine sees it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from securityline.simulation import keyholder as module
from securityline.simulation.control import ControlError, Message
from securityline.simulation.keyholder import CONDUCTS, DEMO, Conduct
from securityline.simulation.people import read_people
from securityline.simulation.phone_call import CallState, PhoneCall
from securityline.simulation.services import SERVICES
from securityline.simulation.telephones import Telephone
from securityline.simulation.world import World
from sip.events import IncomingCall, Refused, Ringing
from sip.uri import Uri
from tests.securityline.exchange import Exchange
from tests.securityline.sound import strength
from tests.securityline.test_simulation_world import EXAMPLE, answers, engine, plan

PIET = "+32470000002"
QUICK = {"does": "accept", "after": 0.1}


@dataclass
class Street:
    """A pretend world, and who stands for the engine."""

    exchange: Exchange
    world: World
    told: list[str]
    legs: list[str] = field(default_factory=list)

    async def tell(self, **words: object) -> list[Message]:
        return await answers(self.world, {"do": "keyholder", "number": PIET, **words})

    def ring(self, number: str = PIET) -> PhoneCall:
        """Let the engine call a number."""
        target = Uri.parse(f"sip:{number}@127.0.0.1")
        self.legs.append(f"leg-{len(self.legs)}")
        listen = self.world.carrier.listen
        call = self.exchange.call_at(listen, self.legs[-1], (), True, target)
        assert isinstance(call, PhoneCall)
        return call


@pytest.fixture
async def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    monkeypatch.setattr(module, "LISTENS", 0.3)
    monkeypatch.setattr(module, "NEXT_KEYS", 2.0)
    async with engine() as exchange:
        told: list[str] = []
        mine = plan(tmp_path, exchange.addresses[0])
        world = World(mine, lambda _who, what: told.append(what))
        await world.start()
        try:
            yield Street(exchange, world, told)
        finally:
            await world.stop()


async def presses(call: PhoneCall, keys: str) -> None:
    async with asyncio.timeout(20):
        await call.audio.until(lambda: call.audio.digits == keys)


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ({"does": "accept"}, "1"),
        ({"does": "accept", "pin": "7310"}, "17310#"),
        ({"does": "decline"}, "2"),
        ({"does": "eta", "pin": "7310", "minutes": 25}, "37310#25#"),
        ({"does": "operator"}, "0"),
    ],
)
async def test_he_presses_what_he_was_told(street: Street, words: Message, keys: str) -> None:
    [said] = await street.tell(**{**QUICK, **words})
    assert said["say"].startswith(f"Piet Peeters ({PIET}) answers after 0.1 s and ")
    await presses(street.ring(), keys)


async def test_what_he_does_may_change_between_two_calls(street: Street) -> None:
    await street.tell(does="busy")
    street.ring()
    assert (await street.exchange.until_seen(Refused)).status == 486
    await street.tell(**QUICK)
    await presses(street.ring(), "1")


async def test_a_voicemail_greets_once_and_beeps(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    await street.tell(does="voicemail", after=0.1)
    call = street.ring()
    async with asyncio.timeout(30):
        await call.audio.until(lambda: strength(call.audio.heard[-4000:], 1000) > 0.5)
        beeped_at = len(call.audio.heard)
        await call.audio.until(lambda: len(call.audio.heard) > beeped_at + 24_000)
    behind = call.audio.heard[beeped_at + 8000 :]
    assert behind.strip(b"\0\x08\xf8\xff") == b"", "the machine listens behind its beep"


async def test_he_hangs_up_without_a_key(street: Street) -> None:
    await street.tell(does="hang-up", after=0.1)
    call = street.ring()
    async with asyncio.timeout(20):
        await call.until(CallState.TALKING)
    await street.exchange.until(lambda: call.state is CallState.ENDED)
    assert call.audio.digits == ""


async def test_he_lets_it_ring_and_rings_back_the_number_he_saw(street: Street) -> None:
    await street.tell(does="rings-back", back_after=0.1)
    street.ring()
    await street.exchange.until_seen(Ringing)
    street.exchange.order("hang_up", street.legs[-1])
    call = await street.exchange.until_seen(IncomingCall)
    assert call.request.uri.user == "+3225550100", "the number that our call showed"
    assert PIET in str(call.request.headers.get("P-Asserted-Identity"))


async def test_the_world_ends_while_he_is_talking(street: Street) -> None:
    await street.tell(does="silent", after=0.1)
    call = street.ring()
    await street.exchange.until(lambda: call.state is CallState.TALKING)
    async with asyncio.timeout(20):
        await street.world.stop()
    assert any(what.startswith("Alice: ended") for what in street.told), street.told


async def test_following_him_tells_what_happens_at_his_phone(street: Street) -> None:
    request = {"do": "keyholder", "number": PIET, **QUICK, "follow": True}
    story = street.world.handle(request)
    async with asyncio.timeout(20):
        await anext(story)
        ahead = asyncio.ensure_future(anext(story))
        await asyncio.sleep(0)
        street.ring()
        assert (await ahead)["what"] == "Alice: rings"
    await story.aclose()


async def test_a_number_that_nobody_has_gets_a_telephone(street: Street) -> None:
    with pytest.raises(ControlError, match="nobody's telephone"):
        await street.tell(number="+32470009999")
    await street.tell(number="+32470009999", **QUICK)
    await presses(street.ring("+32470009999"), "1")


async def test_without_a_number_everybody_is_named(street: Street) -> None:
    said = [message["say"] for message in await street.tell(number="")]
    assert len(said) == len(street.world.people.keyholders)
    assert f"Piet Peeters ({PIET}) {DEMO[PIET].telephone('').does}" in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"number": "112", "does": "accept"}, "an emergency number"),
        ({"number": "x", "does": "accept"}, "no telephone number"),
        ({"does": "sleep"}, "a keyholder can: accept"),
        ({"does": "accept", "after": -1}, "from 0 to 300 seconds, 1 at least"),
        ({"does": "accept", "after": "soon"}, "makes no sense"),
        ({"does": "accept", "pin": "12a"}, "made of digits"),
        ({"does": "eta", "minutes": 1000}, "from 0 to 999 minutes"),
    ],
)
async def test_what_makes_no_sense_is_said_so(street: Street, words: Message, why: str) -> None:
    with pytest.raises(ControlError, match=why):
        await street.tell(**words)


def test_everything_he_can_do_has_words_and_the_demo_s_people_exist() -> None:
    for does in CONDUCTS:
        telephone = Conduct(does=does).telephone("x")
        assert isinstance(telephone, Telephone)
        assert telephone.does
    assert set(DEMO) <= set(read_people(EXAMPLE).keyholders)


# ---------------------------------------------------------------- emergency services


@pytest.mark.parametrize("kind", ["police", "fire", "medical"])
async def test_a_pretend_service_answers_the_name_that_is_dialled(
    street: Street, kind: str
) -> None:
    for line in ("direct", "public"):
        name = f"simulated-{kind}-{line}"
        assert name in SERVICES
        call = street.ring(name)
        await street.exchange.until(lambda call=call: call.state is CallState.TALKING)  # type: ignore[misc]
    assert street.world.status()["emergency_attempts"] == []
