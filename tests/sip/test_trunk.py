import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.endpoint import Endpoint
from sip.trunk import (
    FAILOVER_TIME,
    PeerAddress,
    Route,
    Trunk,
    TrunkGroup,
    canonical_host,
)

A1 = Endpoint("udp", "192.0.2.1", 5060)
A2 = Endpoint("tcp", "192.0.2.2", 5060)
B1 = Endpoint("udp", "198.51.100.1", 5080)


def group():
    return TrunkGroup(
        [
            Trunk("a", [PeerAddress("192.0.2.1"), PeerAddress("192.0.2.2", 5060)], [A1, A2]),
            Trunk("b", [PeerAddress("198.51.100.1", 5080)], [B1]),
        ]
    )


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1", "192.0.2.1", None),
        (" 192.0.2.1:5060 ", "192.0.2.1", 5060),
        ("2001:DB8::1", "2001:db8::1", None),
        ("[2001:db8:0::1]:5061", "2001:db8::1", 5061),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("[::ffff:192.0.2.1]:5060", "192.0.2.1", 5060),
    ],
)
def test_reads_a_peer_address(text, host, port):
    assert PeerAddress.parse(text) == PeerAddress(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "carrier.example",
        "carrier.example:5060",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:99999999999999999999",
        "192.0.2.1:+5060",
        "192.0.2.1:٥٠",
        "[2001:db8::1]5060",
        "[2001:db8::1",
        "192.0.2.256",
        "192.0.2.0/24",
    ],
)
def test_refuses_what_is_no_address_and_quotes_it(text):
    with pytest.raises(ValueError, match=r"IP address|port must|expected"):
        PeerAddress.parse(text)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert PeerAddress.parse(text).host


def test_matches_the_exact_address_and_port():
    peer = PeerAddress.parse("192.0.2.1:5060")
    assert peer.matches(A1)
    assert not peer.matches(A1._replace(port=5061))
    assert not peer.matches(A1._replace(host="192.0.2.10"))
    assert PeerAddress.parse("192.0.2.1").matches(A1._replace(port=40_000))


def test_spellings_of_one_address_are_one_address():
    assert canonical_host("::FFFF:192.0.2.1") == "192.0.2.1"
    assert canonical_host("[2001:0db8::0001]") == "2001:db8::1"
    assert canonical_host("fe80::1%eth0") == "fe80::1"
    assert canonical_host("Carrier.Example") == "carrier.example"
    assert PeerAddress("192.0.2.1").matches(Endpoint("udp", "::ffff:192.0.2.1", 5060))


def test_finds_the_trunk_by_the_source_and_by_nothing_else():
    trunks = group()
    assert trunks.of(A1._replace(port=1234)).name == "a"
    assert trunks.of(A2).name == "a"
    assert trunks.of(A2._replace(port=5061)) is None
    assert trunks.of(B1).name == "b"
    assert trunks.of(Endpoint("udp", "203.0.113.9", 5060)) is None
    assert trunks.trunks[0].is_peer(A1)
    assert not trunks.trunks[0].is_peer(B1)


def test_an_exact_port_wins_over_any_port():
    both = TrunkGroup(
        [
            Trunk("any", [PeerAddress("192.0.2.1")]),
            Trunk("one", [PeerAddress("192.0.2.1", 5080)]),
        ]
    )
    assert both.of(Endpoint("udp", "192.0.2.1", 5080)).name == "one"
    assert both.of(Endpoint("udp", "192.0.2.1", 5060)).name == "any"


def choices(trunks, now, prefer=None):
    """All ways out in the order in which one call would try them."""
    tried = []
    while (route := trunks.choose(now, tried, prefer)) is not None:
        tried.append(route)
    return [route.endpoint for route in tried]


def test_targets_are_tried_in_order_of_configuration_each_once():
    assert choices(group(), 0) == [A1, A2, B1]
    assert choices(group(), 0, prefer="b") == [B1, A1, A2]
    assert choices(TrunkGroup([]), 0) == []


def test_a_timeout_puts_a_target_behind_the_others_until_it_has_rested():
    trunks = group()
    trunks.trunks[0].timed_out(A1, 100)
    assert choices(trunks, 100) == [A2, B1, A1]
    assert choices(trunks, 129.9) == [A2, B1, A1]
    assert choices(trunks, 130) == [A1, A2, B1]


def test_retry_after_is_obeyed_but_never_for_longer_than_the_limit():
    trunks = group()
    assert trunks.trunks[0].refused(A1, 503, 0, retry_after=60)
    assert choices(trunks, 59)[-1] == A1
    assert choices(trunks, 60)[0] == A1
    trunks.trunks[0].refused(A1, 503, 100, retry_after=86_400)
    assert choices(trunks, 100 + Trunk.LONGEST_REST)[0] == A1
    trunks.trunks[0].refused(A1, 503, 1000, retry_after=-5)
    assert choices(trunks, 1000)[0] == A1


@pytest.mark.parametrize("status", [401, 403, 407, 408, 500, 502, 503, 504])
def test_the_trunks_own_failures_move_the_call_on(status):
    assert group().trunks[0].refused(A1, status, 0)


@pytest.mark.parametrize("status", [302, 404, 410, 480, 484, 486, 487, 488, 600, 603, 604])
def test_answers_about_the_person_called_do_not(status):
    trunks = group()
    assert not trunks.trunks[0].refused(A1, status, 0)
    assert choices(trunks, 0)[0] == A1


def test_a_target_known_to_be_down_comes_last_and_is_still_tried():
    trunks = group()
    trunks.trunks[0].probed(A1, is_up=False)
    trunks.trunks[0].timed_out(A2, 0)
    assert choices(trunks, 0) == [B1, A2, A1]


def test_the_soonest_rested_of_the_resting_comes_first():
    trunks = group()
    trunks.trunks[0].refused(A1, 503, 0, retry_after=20)
    trunks.trunks[0].refused(A2, 503, 0, retry_after=10)
    trunks.trunks[1].refused(B1, 503, 0, retry_after=15)
    assert choices(trunks, 0, prefer="a") == [A2, B1, A1]


def test_coming_back_up_and_bringing_a_call_forward_end_the_rest():
    trunks = group()
    trunk = trunks.trunks[0]
    trunk.timed_out(A1, 0)
    trunk.probed(A1, is_up=False)
    trunk.probed(A1, is_up=True)
    assert choices(trunks, 0)[0] == A1
    trunk.timed_out(A1, 0)
    trunk.probed(A1, is_up=True)
    assert choices(trunks, 0)[0] == A2  # answers OPTIONS, yet its calls get nowhere
    trunk.answered(A1)
    assert choices(trunks, 0)[0] == A1


def test_a_trunk_is_up_while_one_target_answers():
    trunk = group().trunks[0]
    assert trunk.is_up is None
    trunk.probed(A1, is_up=False)
    assert trunk.is_up is False
    trunk.probed(A2, is_up=True)
    assert trunk.is_up is True
    trunk.probed(Endpoint("udp", "203.0.113.1", 1), is_up=False)
    assert trunk.outbound == (A1, A2)


def test_the_second_trunk_rings_within_four_seconds():
    assert FAILOVER_TIME < 4.0


def test_a_tcp_connection_is_known_by_its_host_whatever_port_it_comes_from():
    trunks = group()
    assert trunks.of(A2._replace(port=49_152)) is None
    assert trunks.by_connection(A2._replace(port=49_152)).name == "a"
    assert trunks.by_connection(Endpoint("tcp", "::ffff:198.51.100.1", 49_152)).name == "b"
    assert trunks.by_connection(Endpoint("tcp", "203.0.113.9", 5080)) is None


def test_a_datagram_from_another_port_is_not_the_carrier_s():
    assert group().by_connection(B1._replace(port=49_152)) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "192.0.2.50"])
def test_a_connection_proves_nothing_on_a_host_that_others_share(host):
    trunks = TrunkGroup(
        [Trunk("a", [PeerAddress(host, 5080)]), Trunk("b", [PeerAddress("192.0.2.51", 5080)])],
        shared_hosts=["::ffff:192.0.2.50"],
    )
    assert trunks.of(Endpoint("tcp", host, 5080)).name == "a"
    assert trunks.by_connection(Endpoint("tcp", host, 49_152)) is None
    assert trunks.by_connection(Endpoint("tcp", "192.0.2.51", 49_152)).name == "b"


def test_of_two_carriers_on_one_host_the_connection_is_the_first_one_s():
    trunks = TrunkGroup(
        [Trunk(n, [PeerAddress("192.0.2.1", p)]) for n, p in (("a", 1), ("b", 2))]
    )
    assert trunks.by_connection(Endpoint("tcp", "192.0.2.1", 49_152)).name == "a"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([A1, A2, B1]),
            st.sampled_from(["timeout", "503", "up", "down", "answer"]),
            st.floats(0, 1000),
        ),
        max_size=30,
    ),
    st.floats(0, 2000),
)
def test_whatever_happened_every_target_is_offered_exactly_once(history, now):
    trunks = group()
    for endpoint, what, at in history:
        trunk = trunks.of(endpoint)
        if what == "timeout":
            trunk.timed_out(endpoint, at)
        elif what == "503":
            trunk.refused(endpoint, 503, at, at)
        elif what == "answer":
            trunk.answered(endpoint)
        else:
            trunk.probed(endpoint, is_up=what == "up")
    assert sorted(choices(trunks, now)) == sorted([A1, A2, B1])


def test_two_trunks_may_share_a_target():
    shared = TrunkGroup([Trunk("a", [], [A1]), Trunk("b", [], [A1])])
    first = shared.choose(0)
    second = shared.choose(0, [first])
    assert second is not None
    assert [first.trunk.name, second.trunk.name] == ["a", "b"]
    assert shared.choose(0, [first, Route(second.trunk, A1)]) is None
