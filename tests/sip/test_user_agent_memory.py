"""What hostile and broken traffic leaves in memory: nothing."""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable

import pytest

from sip.endpoint import Endpoint
from tests.sip.far_end import Caller, leg_of, only, reply, talking
from tests.sip.pretend import ANSWER, CARRIER, US, Alone, call
from tests.sip.test_properties import _mutate

ROOM = 256 * 1024
"Octets that may be kept: caches that fill up, hash tables that grow once."


def growth(us: Alone, step: Callable[[int], None], warm_up: int, rounds: int) -> int:
    """Return by how many octets `rounds` more steps make the process grow."""
    for number in range(warm_up):
        step(number)
    _drain(us)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(warm_up, warm_up + rounds):
            step(number)
        _drain(us)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def _drain(us: Alone) -> None:
    us.wait(200)
    us.events.clear()
    us.sent.clear()


@pytest.mark.parametrize("kind", ["flip", "cut", "repeat", "splice", "swap"])
def test_malformed_messages(kind: str) -> None:
    us = Alone()
    chance = random.Random(kind)
    originals = [
        Caller().invite(),
        Caller().write("OPTIONS"),
        Caller().again("BYE"),
        reply(_sent(us), 200, sdp=ANSWER),
    ]
    us.agent.hang_up("out", us.now)

    def step(number: int) -> None:
        data = _mutate(chance.choice(originals), kind, chance)
        us.agent.receive(data, CARRIER, US, us.now)
        us.agent.receive(data, _stranger(number), US, us.now)
        us.now += 0.01
        us.collect()
        us.agent.packets_to_send()
        for event in us.events:
            us.agent.hang_up(getattr(event, "leg", ""), us.now)
        us.events.clear()

    assert growth(us, step, 1500, 2500) < ROOM
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def _sent(us: Alone):  # type: ignore[no-untyped-def]
    call(us, "out", CARRIER, us.now)
    return only(us.flush())


def _stranger(number: int) -> Endpoint:
    return Endpoint("udp", f"203.0.113.{number % 256}", 1024 + number % 50_000)


def test_whole_calls() -> None:
    us = Alone()

    def step(number: int) -> None:
        leg, caller = talking(us, Caller(call_id=f"c{number}", tag=f"t{number}"))
        us.take(caller.again("BYE"))
        us.wait(40)
        us.events.clear()
        us.sent.clear()
        assert leg

    # Each call begins with the same branch: the one before must be forgotten by then.
    assert growth(us, step, 100, 200) < ROOM
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_a_call_of_many_reinvites_keeps_a_few_acks_only() -> None:
    us = Alone()
    leg, _ = talking(us)
    for _ in range(100):
        us.agent.offer(leg, ANSWER, us.now)
        us.take(reply(only(us.flush()), 200, sdp=ANSWER))
        us.wait(40)
        us.flush()
    assert len(us.agent.export(leg)["acks"]) <= 16
    assert us.agent.transactions == 0


def test_a_storm_of_reinvites_from_a_trunk_stays_bounded() -> None:
    us = Alone()
    leg, caller = talking(us)
    for _ in range(300):
        us.take(caller.again("INVITE", sdp=ANSWER))
    assert us.agent.calls == 1
    us.agent.hang_up(leg_of(us), us.now)
    us.wait(100)
    assert (us.agent.calls, us.agent.transactions) == (0, 0)
    assert leg
