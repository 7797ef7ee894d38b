import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from securityline.simulation import world as module
from securityline.simulation.control import ControlError, Message, ask
from securityline.simulation.staffing import Seat
from securityline.simulation.telephones import FALLBACKS
from securityline.simulation.world import DOOR, PLAN, OperatorPhone, World, WorldPlan
from sip.endpoint import Endpoint, Peer
from sip.events import IncomingCall, Refused, Registered, Ringing
from sip.uri import Uri
from tests.interop.peers import free_port, python
from tests.securityline.exchange import DOMAIN, Exchange, running_exchange

EXAMPLE = Path(__file__).resolve().parents[2] / "securityline" / "example_directory"
PHONE = OperatorPhone(extension="201", password="secret", language="fr")


def plan(folder: Path, exchange: Endpoint, *, port: int = 0) -> WorldPlan:
    return WorldPlan(
        carrier=Endpoint("udp", "127.0.0.1", port),
        exchange=exchange,
        domain=DOMAIN,
        folder=folder,
        directory=EXAMPLE,
        phones=(PHONE,),
        answer_time=0.05,
    )


@asynccontextmanager
async def engine() -> AsyncIterator[Exchange]:
    """Stand for the engine: everybody but the phones is its trunk."""
    trunk = Peer("trunk", "carrier")
    async with running_exchange(classify=lambda _source: trunk) as exchange:
        yield exchange


async def answers(world: World, request: Message) -> list[Message]:
    async with asyncio.timeout(40):
        return [message async for message in world.handle(request)]


async def test_operators_phones_register_and_pick_up_by_themselves(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    async with engine() as exchange:
        world = World(
            plan(tmp_path, exchange.addresses[0]), lambda who, what: told.append((who, what))
        )
        await world.start()
        try:
            assert await answers(world, {"do": "connect"}) == [{"phones": ["201"]}]
            assert await answers(world, {"do": "connect"}) == [{"phones": ["201"]}]
            await exchange.until_seen(Registered)
            call = exchange.call_phone()
            await exchange.until(lambda: call.state == "talking")
            assert ("phone 201", "Alice: rings") in told
            [status] = await answers(world, {"do": "status"})
            assert status == {"emergency_attempts": [], "calls": 0, "phones": {"201": True}}
        finally:
            await world.stop()
            await world.stop()


async def test_fallbacks_and_keyholders_have_telephones(tmp_path: Path) -> None:
    async with engine() as exchange:
        world = World(plan(tmp_path, exchange.addresses[0]), lambda _who, _what: None)
        await world.start()
        try:
            for leg, number in enumerate([*FALLBACKS, "+32470000003"]):
                target = Uri.parse(f"sip:{number}@127.0.0.1")
                exchange.call_at(world.carrier.listen, str(leg), (), True, target)
            # One is busy at once, the other four ring.
            assert (await exchange.until_seen(Refused)).status == 486
            await exchange.until(
                lambda: sum(isinstance(each, Ringing) for each in exchange.seen) == 4
            )
            exchange.call_at(
                world.carrier.listen, "112", (), True, Uri.parse("sip:112@127.0.0.1")
            )
            await exchange.until(lambda: bool(world.carrier.emergency_attempts))
            assert world.status()["emergency_attempts"] == ["112"]
        finally:
            await world.stop()


async def test_an_employee_calls_when_told_to(tmp_path: Path) -> None:
    async with engine() as exchange:
        world = World(plan(tmp_path, exchange.addresses[0]), lambda _who, _what: None)
        await world.start()
        try:
            request = {"do": "call", "did": "+3225550100", "from": "+32470000001"}
            story = asyncio.create_task(answers(world, {**request, "handset": "own"}))
            call = await exchange.until_seen(IncomingCall)
            exchange.order("refuse", call.leg, 480)
            said, refused = await story
            assert said["say"].startswith("Julie Dupont (+32470000001) calls Postes Démo")
            assert refused["what"] == "refused"
        finally:
            await world.stop()


async def test_what_it_does_not_know_is_refused(tmp_path: Path) -> None:
    world = World(plan(tmp_path, Endpoint("udp", "127.0.0.1", 5)), lambda _who, _what: None)
    for request in ({}, {"do": "fly"}, {"do": ["call"]}):
        with pytest.raises(ControlError, match="does not know how to"):
            await answers(world, request)


async def test_a_phone_that_the_engine_does_not_take_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REGISTER_TIME", 0.3)
    async with engine() as exchange:
        wrong = replace(PHONE, password="wrong")
        mine = replace(plan(tmp_path, exchange.addresses[0]), phones=(wrong,))
        world = World(mine, lambda _who, _what: None)
        await world.start()
        try:
            with pytest.raises(ControlError, match="phones 201 could not register"):
                await answers(world, {"do": "connect"})
        finally:
            await world.stop()


# ---------------------------------------------------------------- the process


def test_a_plan_survives_the_pipe(tmp_path: Path) -> None:
    mine = plan(tmp_path, Endpoint("udp", "127.0.0.1", 5060))
    mine = replace(mine, seats=(Seat("http://127.0.0.1:8080", "op-3", "hidden"),))
    assert PLAN.validate_json(PLAN.dump_json(mine)) == mine
    assert "hidden" not in repr(mine)


@asynccontextmanager
async def process(line: bytes) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    found = await asyncio.create_subprocess_exec(
        *python("-m", "securityline.simulation.world"), stdin=pipe, stdout=pipe
    )
    assert found.stdin
    found.stdin.write(line + b"\n")
    try:
        async with asyncio.timeout(40):
            yield found
    finally:
        if found.returncode is None:
            found.kill()
        found.stdin.close()
        await found.communicate()


async def lines_until(found: asyncio.subprocess.Process, words: str) -> None:
    assert found.stdout
    while (line := (await found.stdout.readline()).decode()) and words not in line:
        pass
    assert words in line, "it ended without saying so"


@pytest.mark.parametrize("how", ["input ends", signal.SIGTERM, signal.SIGINT])
async def test_it_ends_with_its_input_or_when_asked(
    tmp_path: Path, how: str | signal.Signals
) -> None:
    line = PLAN.dump_json(plan(tmp_path, Endpoint("udp", "127.0.0.1", 5)))
    async with process(line) as found:
        await lines_until(found, "world\topen")
        [status] = [each async for each in ask(tmp_path / DOOR, {"do": "status"})]
        assert status["phones"] == {}
        if isinstance(how, signal.Signals):
            found.send_signal(how)
        else:
            assert found.stdin
            found.stdin.close()
        assert await found.wait() == 0
    assert not (tmp_path / DOOR).exists()


async def test_a_taken_address_is_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as held:
        held.bind(("127.0.0.1", port))
        line = PLAN.dump_json(plan(tmp_path, Endpoint("udp", "127.0.0.1", 5), port=port))
        async with process(line) as found:
            await lines_until(found, f"127.0.0.1:{port}: ")
            assert await found.wait() == 1


@pytest.mark.parametrize(
    "change",
    [{"carrier": ["udp", "192.0.2.1", 5]}, {"exchange": ["udp", "8.8.8.8", 5]}, {"phones": 7}],
)
async def test_a_plan_that_cannot_be_is_refused(tmp_path: Path, change: Message) -> None:
    text = json.loads(PLAN.dump_json(plan(tmp_path, Endpoint("udp", "127.0.0.1", 5))))
    async with process(json.dumps({**text, **change}).encode()) as found:
        await lines_until(found, "world\tcannot be: ")
        assert await found.wait() == 2
