"""Killed when a phone is about to have rung long enough: an answer of meanwhile is not lost.

A phone that nobody acknowledged says again that it was picked up, at least every four seconds
(RFC 3261 section 13.3.1.4). So whatever rings rings on for a little more than that.
"""

from collections.abc import Callable

import pytest

from callflows import check_call, service_calls
from callflows import commands as c
from callflows import events as e
from callflows.restart import GIVEN_UP_TIME, HEARD_AGAIN_TIME, TOLD_TIME
from callflows.services import OWN_RING_TIME
from tests.stories import test_somebody_alone_is_rung as alone
from tests.stories.keyholders import Night, level
from tests.stories.line import FALLBACK, Line
from tests.stories.services import Room
from tests.stories.visits import floor

JUST_BEFORE = 0.25
"Seconds before it would be given up."
REPEATED_AFTER = HEARD_AGAIN_TIME - 0.5
"Seconds after the start until its 200 comes again: more than T2."


def operator() -> tuple[Line, Callable[[], object], Callable[[], bool]]:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.fast_forward(10 - JUST_BEFORE)
    return line, lambda: line.picks_up("ann"), lambda: line.state_of("ann") == "talking"


def all_together() -> tuple[Line, Callable[[], object], Callable[[], bool]]:
    line = Line()
    line.ready("ann")
    line.calls()
    line.fast_forward(10)
    [leg] = line.call("call-1").legs.values()
    line.fast_forward(leg.until - line.now - JUST_BEFORE)
    assert "ann" in line.ringing()
    return line, lambda: line.picks_up("ann"), lambda: line.state_of("ann") == "talking"


def fallback() -> tuple[Line, Callable[[], object], Callable[[], bool]]:
    line = Line()
    line.calls(fallback_number=FALLBACK)
    while not line.all(c.DialNumber):
        line.fast_forward(1)
    until = line.call("call-1").fallback_until
    assert until is not None
    line.fast_forward(until - line.now - JUST_BEFORE)
    return (
        line,
        lambda: line.picks_up(FALLBACK),
        lambda: line.call("call-1").state == "forwarded",
    )


def his_own_phone() -> tuple[Line, Callable[[], object], Callable[[], bool]]:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    room.verifies("ann", case)
    room.press("ann", case)
    room.fast_forward(OWN_RING_TIME - JUST_BEFORE)
    return room, lambda: room.picks_up("ann"), lambda: bool(room.all(c.DialService))


def police() -> tuple[Line, Callable[[], object], Callable[[], bool]]:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    room.verifies("ann", case)
    room.press("ann", case)
    room.picks_up("ann")
    room.rings_there()
    room.fast_forward(service_calls.RING_TIME - JUST_BEFORE)
    return room, room.answers_there, lambda: room.service().state == "speaking"


def keyholder() -> tuple[Line, Callable[[], object], Callable[[], bool]]:
    night = Night()
    night.begins(level("ann", "ben"))
    until = night.attempt("ann").until
    assert until is not None
    night.fast_forward(until - night.now - JUST_BEFORE)
    return (
        night,
        lambda: night.answers("ann"),
        lambda: night.attempt("ann").state == "asking" and night.called() == ["ann"],
    )


def supervisor() -> tuple[Line, Callable[[], object], Callable[[], bool]]:
    room = floor()
    room.comes("listen")
    room.fast_forward(OWN_RING_TIME - JUST_BEFORE)
    return room, lambda: room.picks_up("eva"), lambda: bool(room.all(e.VisitBegun))


ALL = [operator, all_together, fallback, his_own_phone, police, keyholder, supervisor]


@pytest.mark.parametrize("rings", ALL, ids=lambda one: one.__name__)
def test_who_picked_up_meanwhile_is_heard_when_he_says_it_again(
    rings: Callable[[], tuple[Line, Callable[[], object], Callable[[], bool]]],
) -> None:
    line, picks_up, is_heard = rings()
    line.restart()
    line.fast_forward(REPEATED_AFTER)
    picks_up()
    assert is_heard()


@pytest.mark.parametrize("rings", ALL, ids=lambda one: one.__name__)
def test_but_a_phone_that_nobody_picked_up_rings_no_longer_than_that(
    rings: Callable[[], tuple[Line, Callable[[], object], Callable[[], bool]]],
) -> None:
    line, _, is_heard = rings()
    ringing = set(line.phones)
    line.restart()
    line.fast_forward(HEARD_AGAIN_TIME)
    assert not is_heard()
    assert any(line.phones[leg].is_told_to_end for leg in ringing if leg in line.phones) or (
        ringing - set(line.phones)
    )


def test_somebody_alone_too() -> None:
    night = alone.Night()
    night.tell(alone.DUE)
    night.pass_time(check_call.RING_TIME - JUST_BEFORE)
    leg = night.leg
    night.kill_and_start(leg)
    night.pass_time(REPEATED_AFTER)
    night.tell(e.LegAnswered(leg_id=leg))
    assert night.rules.checks[alone.TIMER].state == "asking"
    assert night.leg == leg, "his first telephone"


def test_a_phone_with_time_left_gets_none_on_top() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    until = night.attempt("ann").until
    assert until is not None
    assert until - night.now > HEARD_AGAIN_TIME + 1
    night.fast_forward(1)
    night.restart()
    assert night.attempt("ann").until == until


def test_after_so_long_that_his_phone_gave_up_nobody_is_waited_for() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    until = night.attempt("ann").until
    assert until is not None
    night.now = until + GIVEN_UP_TIME
    night.restart()
    night.fast_forward(0.1)
    assert night.rings() == ["ben"]


def test_a_guard_whose_greeting_ended_while_no_engine_ran_keeps_the_caller() -> None:
    line = Line()
    line.calls(fallback_number=FALLBACK)
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    line.tell(e.MachineSuspected(leg_id=line.leg_of(FALLBACK), evidence="long_greeting"))
    line.now += 60
    line.restart()
    line.fast_forward(1)  # the media tells what it heard meanwhile
    line.tell(e.GreetingEnded(leg_id=line.leg_of(FALLBACK), evidence="silence"))
    line.fast_forward(600)
    assert line.call("call-1").state == "forwarded"


def test_a_machine_that_speaks_on_is_known_a_moment_after_the_start() -> None:
    line = Line()
    line.calls(fallback_number=FALLBACK)
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    line.tell(e.MachineSuspected(leg_id=line.leg_of(FALLBACK), evidence="long_greeting"))
    line.now += 60
    line.restart()
    line.fast_forward(TOLD_TIME)
    assert line.all(e.FallbackMissed)


def test_starts_that_follow_each_other_closely_let_nobody_ring_for_ever() -> None:
    night = Night(is_cloned=True)
    night.begins(level("ann", "ben"))
    until = night.attempt("ann").until
    assert until is not None
    night.fast_forward(until - night.now - JUST_BEFORE)
    for _ in range(3):
        night.restart()
        night.fast_forward(2)
    assert night.rings() == ["ben"]
