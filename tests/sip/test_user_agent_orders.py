"""Every state of a call meets every order of its owner.

What is not listed must send nothing, tell nothing and raise nothing: orders and the far
end's messages cross all the time.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sip.events import Ended, IncomingCall
from tests.sip.far_end import Caller, connected, leg_of, only, placed, reply, talking
from tests.sip.pretend import ANSWER, HELD, OFFER, Alone, methods, statuses

Reached = tuple[Alone, str]


def ringing() -> Reached:
    us = Alone()
    us.take(Caller().invite())
    return us, leg_of(us)


def ringing_reliably() -> Reached:
    us = Alone()
    us.take(Caller().invite(headers="Require: 100rel"))
    us.agent.ring(leg_of(us), us.now, ANSWER, 183)
    us.flush()
    return us, leg_of(us)


def answered() -> Reached:
    us, leg = ringing()
    us.agent.answer(leg, ANSWER, us.now)
    us.flush()
    return us, leg


def up_incoming() -> Reached:
    us = Alone()
    return us, talking(us)[0]


def held_open() -> Reached:
    """Their re-INVITE waits for our owner."""
    us = Alone()
    leg, caller = talking(us)
    us.take(caller.again("INVITE", sdp=HELD))
    return us, leg


def offering() -> Reached:
    """Our re-INVITE waits for them."""
    us, leg = up_incoming()
    us.agent.offer(leg, HELD, us.now)
    us.flush()
    return us, leg


def asked_for_offer() -> Reached:
    """Their offer came in the 200 to ours without one."""
    us, leg = up_incoming()
    us.agent.offer(leg, None, us.now)
    us.take(reply(only(us.flush()), 200, sdp=OFFER))
    return us, leg


def calling() -> Reached:
    us = Alone()
    placed(us)
    return us, "out"


def proceeding() -> Reached:
    us = Alone()
    us.take(reply(placed(us), 180))
    return us, "out"


def answered_by_them() -> Reached:
    us = Alone()
    us.take(reply(placed(us), 200, sdp=ANSWER))
    return us, "out"


def up_outgoing() -> Reached:
    us = Alone()
    connected(us)
    return us, "out"


def cancelling() -> Reached:
    us, leg = proceeding()
    us.agent.hang_up(leg, us.now)
    us.flush()
    return us, leg


def cancelled_by_caller() -> Reached:
    us = Alone()
    us.take(Caller().invite())
    us.take(Caller().cancel())
    return us, us.last(IncomingCall).leg


def hung_up_before_ack() -> Reached:
    us, leg = answered()
    us.agent.hang_up(leg, us.now)
    us.flush()
    return us, leg


def ended_by_us() -> Reached:
    us, leg = up_incoming()
    us.agent.hang_up(leg, us.now)
    us.flush()
    return us, leg


def ended_by_them() -> Reached:
    us = Alone()
    leg, caller = talking(us)
    us.take(caller.again("BYE"))
    return us, leg


def refused_by_them() -> Reached:
    us = Alone()
    us.take(reply(placed(us), 486))
    return us, "out"


ORDERS: dict[str, Callable[[Alone, str], None]] = {
    "ring": lambda us, leg: us.agent.ring(leg, us.now),
    "answer": lambda us, leg: us.agent.answer(leg, ANSWER, us.now),
    "refuse": lambda us, leg: us.agent.refuse(leg, 486, us.now),
    "acknowledge": lambda us, leg: us.agent.acknowledge(leg, us.now, None),
    "hang_up": lambda us, leg: us.agent.hang_up(leg, us.now),
    "offer": lambda us, leg: us.agent.offer(leg, HELD, us.now),
    "accept_offer": lambda us, leg: us.agent.accept_offer(leg, ANSWER, us.now),
    "refuse_offer": lambda us, leg: us.agent.refuse_offer(leg, 488, us.now),
    "digit": lambda us, leg: us.agent.send_info_digit(leg, "1", us.now),
}
# state -> order -> what is sent at once: methods of requests, statuses of responses
EXPECTED: dict[Callable[[], Reached], dict[str, list[str | int]]] = {
    ringing: {"ring": [180], "answer": [200], "refuse": [486], "hang_up": [480]},
    ringing_reliably: {"refuse": [486], "hang_up": [480]},
    answered: {},
    up_incoming: {"hang_up": ["BYE"], "offer": ["INVITE"], "digit": ["INFO"]},
    held_open: {
        "hang_up": ["BYE", 487],
        "accept_offer": [200],
        "refuse_offer": [488],
        "digit": ["INFO"],
    },
    offering: {"hang_up": ["BYE"], "digit": ["INFO"]},
    asked_for_offer: {
        "hang_up": ["ACK", "BYE"],
        "accept_offer": ["ACK"],
        "refuse_offer": ["ACK"],
        "digit": ["INFO"],
    },
    calling: {},
    proceeding: {"hang_up": ["CANCEL"]},
    answered_by_them: {"acknowledge": ["ACK"], "hang_up": ["ACK", "BYE"]},
    up_outgoing: {"hang_up": ["BYE"], "offer": ["INVITE"], "digit": ["INFO"]},
    cancelling: {},
    cancelled_by_caller: {},
    hung_up_before_ack: {},
    ended_by_us: {},
    ended_by_them: {},
    refused_by_them: {},
}
LIVE = {
    ringing,
    ringing_reliably,
    answered,
    up_incoming,
    held_open,
    offering,
    asked_for_offer,
    calling,
    proceeding,
    answered_by_them,
    up_outgoing,
}
ENDING = {"hang_up": LIVE, "refuse": {ringing, ringing_reliably}}
MATRIX = [
    pytest.param(state, order, id=f"{state.__name__}-{order}")
    for state in EXPECTED
    for order in ORDERS
]


@pytest.mark.parametrize(("state", "order"), MATRIX)
def test_every_state_meets_every_order(state: Callable[[], Reached], order: str) -> None:
    us, leg = state()
    told = len(us.events)
    ORDERS[order](us, leg)
    packets = us.flush()
    assert methods(packets) + statuses(packets) == EXPECTED[state].get(order, [])
    ends = state in ENDING.get(order, set())
    assert [type(event) for event in us.events[told:]] == [Ended] * ends
    if ends:
        assert us.last(Ended).why == "local"


@pytest.mark.parametrize(("state", "order"), MATRIX)
def test_every_order_twice_sends_no_more_than_once(
    state: Callable[[], Reached], order: str
) -> None:
    """But for ringing and keys, which may well be ordered again."""
    us, leg = state()
    ORDERS[order](us, leg)
    us.flush()
    told = len(us.events)
    ORDERS[order](us, leg)
    packets = us.flush()
    again = EXPECTED[state].get(order, []) if order in ("ring", "digit") else []
    assert methods(packets) + statuses(packets) == again
    assert us.events[told:] == []


@pytest.mark.parametrize("state", EXPECTED, ids=lambda state: state.__name__)
def test_from_every_state_time_alone_leads_to_nothing_left(
    state: Callable[[], Reached],
) -> None:
    us, leg = state()
    us.agent.hang_up(leg, us.now)
    us.wait(3 * 32.0)
    assert (us.agent.calls, us.agent.transactions) == (0, 0)
    assert us.agent.next_timer() is None


@pytest.mark.parametrize("state", EXPECTED, ids=lambda state: state.__name__)
def test_a_snapshot_can_be_taken_of_just_the_calls_with_a_dialog(
    state: Callable[[], Reached],
) -> None:
    us, leg = state()
    has_dialog = state in LIVE - {calling, proceeding}
    try:
        snapshot = us.agent.export(leg)
    except LookupError:
        assert not has_dialog
        return
    assert has_dialog
    new = Alone()
    new.agent.adopt(snapshot, new.now)
    new.agent.hang_up(leg, new.now)
    new.wait(3 * 32.0)
    assert (new.agent.calls, new.agent.transactions) == (0, 0)
    assert len(new.got(Ended)) == 1
