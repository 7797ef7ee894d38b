from hypothesis import given
from hypothesis import strategies as st

from sip.media.latch import Latch

PEER = ("192.0.2.1", 4000)
BEHIND_NAT = ("198.51.100.9", 31_337)
SIGNALLING = BEHIND_NAT[0]
STRANGER = ("203.0.113.66", 4000)


def negotiated(*also_from: str) -> Latch:
    latch = Latch()
    assert latch.negotiate(PEER, also_from, is_silent=False)
    return latch


def test_the_negotiated_address_is_the_peer_at_once() -> None:
    latch = negotiated()
    assert latch.peer == PEER
    assert not latch.is_locked


def test_without_a_negotiation_nobody_is_admitted() -> None:
    latch = Latch()
    assert not latch.negotiate(None, (SIGNALLING,), is_silent=True)
    assert latch.peer is None
    assert not latch.admits(STRANGER)
    assert not latch.admits(BEHIND_NAT)


def test_a_stranger_is_never_admitted() -> None:
    latch = negotiated(SIGNALLING)
    assert not latch.admits(STRANGER)
    latch.lock()
    assert not latch.admits(STRANGER)


def test_a_phone_behind_nat_is_admitted_from_where_its_signalling_comes() -> None:
    latch = negotiated(SIGNALLING)
    assert latch.admits(BEHIND_NAT)
    latch.turn_to(BEHIND_NAT)
    assert (latch.peer, latch.is_locked) == (BEHIND_NAT, True)


def test_another_port_of_the_negotiated_address_is_admitted_before_the_lock_only() -> None:
    moved = (PEER[0], 4002)
    latch = negotiated()
    assert latch.admits(moved)
    latch.lock()
    assert not latch.admits(moved)


def test_once_locked_the_second_source_is_too_late() -> None:
    latch = negotiated(SIGNALLING)
    latch.turn_to(BEHIND_NAT)
    assert not latch.admits((SIGNALLING, 31_338))
    assert not latch.admits((PEER[0], 5000))


def test_the_negotiated_address_wins_even_later() -> None:
    latch = negotiated(SIGNALLING)
    latch.turn_to(BEHIND_NAT)
    assert latch.admits(PEER)
    latch.turn_to(PEER)
    assert latch.peer == PEER
    assert not latch.admits(BEHIND_NAT), "it cannot be turned back and forth"


def test_the_same_negotiation_again_keeps_the_lock() -> None:
    latch = negotiated(SIGNALLING)
    latch.turn_to(BEHIND_NAT)
    assert not latch.negotiate(PEER, (SIGNALLING,), is_silent=False)
    assert latch.peer == BEHIND_NAT


def test_the_same_negotiation_lets_go_of_a_source_that_fell_silent() -> None:
    latch = negotiated(SIGNALLING)
    latch.turn_to(BEHIND_NAT)
    assert latch.negotiate(PEER, (SIGNALLING,), is_silent=True)
    assert (latch.peer, latch.is_locked) == (PEER, False)
    assert latch.admits((SIGNALLING, 40_000)), "the NAT moved him"


def test_another_address_replaces_the_lock() -> None:
    latch = negotiated(SIGNALLING)
    latch.turn_to(BEHIND_NAT)
    transferred = ("192.0.2.7", 6000)
    assert latch.negotiate(transferred, (), is_silent=False)
    assert (latch.peer, latch.is_locked) == (transferred, False)
    assert not latch.admits(BEHIND_NAT)


def test_hold_without_an_address_keeps_the_peer_for_the_return() -> None:
    latch = negotiated(SIGNALLING)
    latch.turn_to(BEHIND_NAT)
    assert not latch.negotiate(None, (SIGNALLING,), is_silent=True)
    assert latch.peer == BEHIND_NAT
    assert not latch.negotiate(PEER, (SIGNALLING,), is_silent=False)
    assert latch.peer == BEHIND_NAT


def test_a_negotiated_peer_whom_nobody_heard_yet_is_no_change() -> None:
    latch = negotiated()
    assert not latch.negotiate(PEER, (), is_silent=True)
    assert latch.peer == PEER


ADDRESSES = st.tuples(
    st.sampled_from([PEER[0], SIGNALLING, STRANGER[0], "203.0.113.1"]), st.integers(1, 5)
)


@given(st.lists(ADDRESSES, max_size=40))
def test_whoever_knocks_a_locked_leg_stays_or_goes_home(knocks: list[tuple[str, int]]) -> None:
    latch = Latch()
    latch.negotiate((PEER[0], 1), (SIGNALLING,), is_silent=False)
    latch.lock()
    for source in knocks:
        if latch.admits(source):
            latch.turn_to(source)
        assert latch.peer == (PEER[0], 1)


@given(st.lists(ADDRESSES, max_size=40))
def test_an_unlocked_leg_turns_at_most_twice_and_never_to_a_stranger(
    knocks: list[tuple[str, int]],
) -> None:
    latch, turns = Latch(), []
    latch.negotiate((PEER[0], 1), (SIGNALLING,), is_silent=False)
    for source in knocks:
        if source != latch.peer and latch.admits(source):
            latch.turn_to(source)
            turns.append(source)
    assert len(turns) <= 2
    assert all(host in (PEER[0], SIGNALLING) for host, _ in turns)
    assert turns[1:] in ([], [(PEER[0], 1)])
