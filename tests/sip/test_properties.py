"""Two user agents over a network that loses, repeats, delays and reorders.

Whatever happens, whatever the owners order: nothing breaks, both ends agree in the end,
each leg ends once, and nothing is left behind.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sip.endpoint import Packet
from sip.events import (
    Acknowledged,
    Answered,
    Cancelled,
    Ended,
    IncomingCall,
    OfferAnswered,
    Offered,
    OfferRefused,
    Refused,
    SipEvent,
)
from tests.sip.pretend import (
    ANSWER,
    CARRIER,
    HELD,
    LINGER,
    OFFER,
    US,
    Alone,
    Network,
    Node,
    call,
    make_settings,
)

TERMINAL = (Refused, Cancelled, Ended)
CALM = 300.0
"Seconds from which on the network is good again."


@dataclass(frozen=True)
class Weather:
    """How bad the network is: shares of packets from 0 to 1, longest delay in seconds."""

    loss: float
    repeat: float
    delay: float
    seed: int


weathers = st.builds(
    Weather,
    loss=st.sampled_from([0.0, 0.05, 0.2, 0.3, 0.5]),
    repeat=st.sampled_from([0.0, 0.1, 0.5]),
    delay=st.sampled_from([0.01, 0.3, 2.0, 6.0]),
    seed=st.integers(0, 2**32),
)

sides = st.sampled_from(["caller", "callee"])
ORDERS = ["hang_up", "offer", "late_offer", "update", "digit"]
orders = st.lists(
    st.tuples(
        st.floats(0.0, 40.0), st.sampled_from(["caller", "callee"]), st.sampled_from(ORDERS)
    ),
    max_size=8,
)


class Pair:
    """A caller and a callee, owners that behave, and the weather between them."""

    def __init__(self, weather: Weather, *, answer_after: float | None = 0.5) -> None:
        self.caller = Node(make_settings(CARRIER, US))
        self.callee = Node(make_settings(US, CARRIER))
        self.network = Network(self.caller, self.callee)
        self.network.fate = self._fate
        self._chance = random.Random(weather.seed)
        self._weather = weather
        self._answer_after = answer_after
        self.caller.on_event = lambda event: self._react(self.caller, event)
        self.callee.on_event = lambda event: self._react(self.callee, event)

    @property
    def legs(self) -> dict[str, str]:
        found = {"caller": "out"}
        for event in self.callee.got(IncomingCall):
            found["callee"] = event.leg
        return found

    def node(self, name: str) -> Node:
        return self.caller if name == "caller" else self.callee

    def _fate(self, _packet: Packet) -> list[float]:
        weather, chance = self._weather, self._chance
        if self.network.now > CALM:
            return [0.01]
        copies = 1 + (chance.random() < weather.repeat)
        return [
            chance.uniform(0.001, weather.delay)
            for _ in range(copies)
            if chance.random() >= weather.loss
        ]

    def _react(self, node: Node, event: SipEvent) -> None:
        agent, now = node.agent, self.network.now
        if isinstance(event, IncomingCall):
            agent.ring(event.leg, now)
            if self._answer_after is not None:
                leg = event.leg
                self.network.plan(
                    now + self._answer_after,
                    lambda: self.node("callee").agent.answer(leg, ANSWER, self.network.now),
                )
        elif isinstance(event, Answered):
            agent.acknowledge(event.leg, now)
        elif isinstance(event, Offered):
            agent.accept_offer(event.leg, ANSWER, now)

    def order(self, name: str, what: str) -> None:
        node, leg, now = self.node(name), self.legs.get(name, "none"), self.network.now
        match what:
            case "hang_up":
                node.agent.hang_up(leg, now)
            case "offer":
                node.agent.offer(leg, HELD, now)
            case "late_offer":
                node.agent.offer(leg, None, now)
            case "update":
                node.agent.offer(leg, OFFER, now, "UPDATE")
            case "digit":
                node.agent.send_info_digit(leg, "5", now)

    def play(self, plan: list[tuple[float, str, str]], until: float = CALM) -> None:
        call(self.caller, "out", US, 0.0)
        for at, name, what in plan:
            self.network.plan(at, lambda name=name, what=what: self.order(name, what))
        self.network.run(until)

    def finish(self) -> None:
        """Hang up what is left, and let everything run out."""
        self.network.run(CALM + 1)
        for name in ("caller", "callee"):
            self.order(name, "hang_up")
        self.network.run(self.network.now + 3 * LINGER + 1)


def check_ended_once(pair: Pair) -> None:
    for name, leg in pair.legs.items():
        ends = [
            event
            for event in pair.node(name).events
            if isinstance(event, TERMINAL) and event.leg == leg
        ]
        assert len(ends) == 1, (name, pair.node(name).events)
        last = [e for e in pair.node(name).events if getattr(e, "leg", None) == leg][-1]
        assert last is ends[0], "something was told of a leg after its end"


def check_nothing_left(pair: Pair) -> None:
    for node in (pair.caller, pair.callee):
        assert (node.agent.calls, node.agent.transactions) == (0, 0)
        assert node.agent.next_timer() is None
        assert node.agent.packets_to_send() == []


def is_up(node: Node, leg: str) -> bool:
    try:
        return bool(node.agent.export(leg)["state"] == "up")
    except LookupError:
        return False


SETTINGS = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(weathers, orders)
def test_each_leg_ends_once_and_nothing_is_left(
    weather: Weather, plan: list[tuple[float, str, str]]
) -> None:
    pair = Pair(weather)
    pair.play(plan)
    pair.finish()
    check_ended_once(pair)
    check_nothing_left(pair)


@SETTINGS
@given(weathers, orders)
def test_both_ends_agree_once_the_network_is_good_again(
    weather: Weather, plan: list[tuple[float, str, str]]
) -> None:
    """Never is one end up while the other believes that it is over."""
    pair = Pair(weather)
    pair.play(plan)
    pair.network.run(CALM + 2 * LINGER)
    legs = pair.legs
    states = {"callee": False}
    states |= {name: is_up(pair.node(name), leg) for name, leg in legs.items()}
    if states["caller"] != states["callee"]:
        # Only if every one of the BYEs was lost: then a word from either side settles it.
        live = next(name for name, up in states.items() if up)
        pair.order(live, "offer")
        pair.network.run(pair.network.now + 2 * LINGER)
        assert not is_up(pair.node(live), legs[live])
    pair.finish()
    check_nothing_left(pair)


@SETTINGS
@given(
    st.builds(
        Weather,
        loss=st.sampled_from([0.0, 0.1, 0.3]),
        repeat=st.sampled_from([0.0, 0.5]),
        delay=st.sampled_from([0.01, 0.5, 1.0]),
        seed=st.integers(0, 2**32),
    )
)
def test_a_call_comes_through_loss_and_disorder(weather: Weather) -> None:
    """At 30 % loss a call may fail, but then both ends say so; at 10 % and less none does."""
    pair = Pair(weather)
    pair.play([])
    legs = pair.legs
    if weather.loss <= 0.1:
        assert is_up(pair.caller, "out")
        assert is_up(pair.callee, legs["callee"])
        assert len(pair.callee.got(Acknowledged)) == 1
        assert len(pair.caller.got(Answered)) == 1
        assert len(pair.callee.got(IncomingCall)) == 1
    pair.finish()
    check_ended_once(pair)
    check_nothing_left(pair)


@SETTINGS
@given(st.integers(0, 2**32), st.floats(0.0, 1.2), sides)
def test_hang_up_at_any_moment_of_the_setting_up(seed: int, at: float, who: str) -> None:
    """CANCEL and 200, BYE and 200, ACK and BYE cross in every way."""
    pair = Pair(Weather(0.0, 0.2, 0.3, seed))
    pair.play([(at, who, "hang_up")], until=100.0)
    pair.network.run(CALM + 2 * LINGER)
    if who == "caller" or pair.callee.got(IncomingCall):
        for name, leg in pair.legs.items():
            if not (who == "callee" and at == 0.0):
                assert not is_up(pair.node(name), leg) or not pair.node(who).got(Ended)
    pair.finish()
    check_ended_once(pair)
    check_nothing_left(pair)


@SETTINGS
@given(
    st.integers(0, 2**32),
    st.lists(
        st.tuples(st.floats(2.0, 20.0), st.sampled_from(["caller", "callee"])), max_size=6
    ),
)
def test_offers_at_any_moment_from_both_sides_all_come_to_something(
    seed: int, moments: list[tuple[float, str]]
) -> None:
    pair = Pair(Weather(0.0, 0.1, 0.2, seed))
    pair.play([(at, who, "offer") for at, who in moments], until=100.0)
    assert is_up(pair.caller, "out")
    for name in ("caller", "callee"):
        node = pair.node(name)
        made = [who for _, who in moments if who == name]
        outcomes = len(node.got(OfferAnswered)) + len(node.got(OfferRefused))
        # A newer offer takes the place of one that still waits: at least one, at most all.
        assert bool(made) <= outcomes <= len(made)
    pair.finish()
    check_nothing_left(pair)


@SETTINGS
@given(weathers, st.floats(0.0, 30.0))
def test_a_process_killed_at_any_moment_of_a_call_leaves_no_call_behind(
    weather: Weather, at: float
) -> None:
    """The callee's process dies; the next one knows the last snapshot, or nothing at all."""
    pair = Pair(weather)
    pair.play([], until=at)
    legs = pair.legs
    snapshot = None
    if "callee" in legs:
        try:
            snapshot = pair.callee.agent.export(legs["callee"])
        except LookupError:
            snapshot = None
    successor = Node(make_settings(US, CARRIER))
    successor.events += pair.callee.got(IncomingCall)
    pair.network.nodes[US.host] = successor
    pair.callee = successor
    successor.on_event = lambda event: pair._react(successor, event)
    if snapshot is not None:
        successor.agent.adopt(snapshot, pair.network.now)
    pair.network.run(CALM + 1)
    pair.finish()
    check_nothing_left(pair)


# ---------------------------------------------------------------- hostile octets


@settings(max_examples=300)
@given(st.binary(max_size=600))
def test_no_octets_whatever_raise(data: bytes) -> None:
    us = Alone()
    us.take(data)
    us.take(b"INVITE sip:a@b SIP/2.0\r\n" + data)
    assert us.agent.calls <= 1


@pytest.mark.parametrize("kind", ["flip", "cut", "repeat", "splice", "swap"])
@settings(max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_no_mutation_of_a_conversation_raises_or_stays(kind: str, seed: int) -> None:
    """Real traffic, spoilt on the way: nothing raises, nothing stays for ever."""
    chance = random.Random(seed)
    pair = Pair(Weather(0.0, 0.0, 0.05, seed))
    network = pair.network

    def spoil(packet: Packet) -> Packet:
        return packet._replace(data=_mutate(packet.data, kind, chance))

    pump = network.pump

    def spoiling_pump() -> None:
        for node in network.nodes.values():
            outbox = node.agent._core.wire.outbox
            outbox[:] = [spoil(p) if chance.random() < 0.2 else p for p in outbox]
        pump()

    network.pump = spoiling_pump  # type: ignore[method-assign]
    plan = [(1.0, "callee", "offer"), (2.0, "caller", "digit"), (3.0, "caller", "offer")]
    pair.play(plan, until=60.0)
    network.pump = pump  # type: ignore[method-assign]
    for node in (pair.caller, pair.callee):
        for event in node.got(IncomingCall):
            node.agent.hang_up(event.leg, network.now)
    pair.finish()
    check_nothing_left(pair)


def _mutate(data: bytes, kind: str, chance: random.Random) -> bytes:
    octets = bytearray(data)
    at = chance.randrange(len(octets))
    match kind:
        case "flip":
            for _ in range(chance.randint(1, 8)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
        case "cut":
            del octets[at:]
        case "repeat":
            octets[at:at] = octets[at : at + chance.randint(1, 200)] * chance.randint(1, 20)
        case "splice":
            lines = data.split(b"\r\n")
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            return b"\r\n".join(lines)
        case "swap":
            lines = data.split(b"\r\n")
            chance.shuffle(lines)
            return b"\r\n".join(lines)
    return bytes(octets)
