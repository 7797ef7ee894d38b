import select
import socket
from collections.abc import Iterator

import pytest

from sip.media.ports import REST_TIME, PortPool, drain, family_of
from tests.interop.ports import OWN


def free_range(count: int) -> tuple[int, int]:
    """A range of ports of which `count` even ones are free, and nobody else's."""
    ports = OWN.take(2 * count)
    return ports[0], ports[-1]


@pytest.fixture
def pool() -> Iterator[PortPool]:
    low, high = free_range(8)
    pool = PortPool("127.0.0.1", low, high, 4)
    pool.top_up()
    yield pool
    pool.close()


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(5)
        yield peer


def readable(*sockets: socket.socket) -> list[socket.socket]:
    found, _, _ = select.select(sockets, [], [], 5)
    return list(found)


def test_ports_are_bound_ahead_and_even(pool: PortPool) -> None:
    assert len(pool.ready) == 4
    assert all(port % 2 == 0 for port in pool.ready)
    assert pool.top_up() == []


def test_taking_one_makes_room_for_another(pool: PortPool) -> None:
    first = pool.ready[0]
    door = pool.take(first)
    assert door.getsockname() == ("127.0.0.1", first)
    assert pool.door(first) is door
    assert first not in pool.ready
    assert len(pool.top_up()) == 1
    assert pool.taken == {first}


def test_taking_it_again_gives_the_same_door(pool: PortPool) -> None:
    port = pool.ready[0]
    assert pool.take(port) is pool.take(port)


def test_ports_of_other_programs_are_left_out() -> None:
    low, high = free_range(4)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", low + 2))
        pool = PortPool("127.0.0.1", low, high, 4)
        assert pool.top_up() == [low, low + 4, low + 6]
        with pytest.raises(OSError, match="in use"):
            pool.take(low + 2)
        pool.close()


def test_a_long_run_of_others_ports_is_passed_in_the_end() -> None:
    low, high = free_range(8)
    others = []
    for port in range(low, low + 12, 2):
        others.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        others[-1].bind(("127.0.0.1", port))
    pool = PortPool("127.0.0.1", low, high, 4)
    assert pool.top_up(most_refused=4) == []
    assert pool.is_short
    assert pool.top_up(most_refused=4) == [low + 12, low + 14]
    assert not pool.is_short
    for other in others:
        other.close()
    pool.close()


def test_a_range_that_is_used_up_ends_and_does_not_loop(pool: PortPool) -> None:
    for _ in range(8):
        pool.take(pool.ready[0])
        pool.top_up()
    assert pool.ready == []
    assert pool.top_up() == []


def test_a_released_port_rests_before_it_is_given_out_again(pool: PortPool) -> None:
    port = pool.ready[0]
    pool.take(port)
    pool.release(port, 100.0)
    assert port not in pool.ready
    assert pool.wake(100.0 + REST_TIME - 0.1) == []
    assert pool.wake(100.0 + REST_TIME) == [port]
    assert port in pool.ready


def test_a_port_taken_while_it_rests_stays_taken(pool: PortPool) -> None:
    port = pool.ready[0]
    pool.take(port)
    pool.release(port, 0.0)
    pool.take(port)
    assert pool.wake(99.0) == []
    assert port not in pool.ready


def test_releasing_what_is_not_taken_is_nothing(pool: PortPool) -> None:
    pool.release(pool.ready[0], 0.0)
    assert pool.wake(99.0) == []


def test_a_taken_port_has_forgotten_what_came_before(
    pool: PortPool, peer: socket.socket
) -> None:
    port = pool.ready[0]
    peer.sendto(b"old", ("127.0.0.1", port))
    door = pool.take(port)
    with pytest.raises(BlockingIOError):
        door.recv(10)


def test_the_connected_socket_hears_its_peer_and_the_door_the_rest(
    pool: PortPool, peer: socket.socket
) -> None:
    port = pool.ready[0]
    door = pool.take(port)
    line = pool.connect(port, peer.getsockname())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(20):
            stranger.sendto(b"stranger", ("127.0.0.1", port))
            peer.sendto(b"peer", ("127.0.0.1", port))
        assert set(readable(door, line)) == {door, line}
        assert [line.recv(10) for _ in range(20)] == [b"peer"] * 20
        assert [door.recv(10) for _ in range(20)] == [b"stranger"] * 20
    for each in (line, door):
        with pytest.raises(BlockingIOError):
            each.recv(10)
    line.close()


def test_what_is_sent_comes_from_the_same_port(pool: PortPool, peer: socket.socket) -> None:
    port = pool.ready[0]
    pool.take(port)
    line = pool.connect(port, peer.getsockname())
    line.send(b"hello")
    assert line.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == 0xB8, "as voice"
    assert peer.recvfrom(10) == (b"hello", ("127.0.0.1", port))
    line.close()


def test_without_its_line_the_peer_is_at_the_door_again(
    pool: PortPool, peer: socket.socket
) -> None:
    port = pool.ready[0]
    door = pool.take(port)
    pool.connect(port, peer.getsockname()).close()
    peer.sendto(b"peer", ("127.0.0.1", port))
    assert readable(door) == [door]
    assert door.recv(10) == b"peer"


def test_nobody_else_can_bind_a_port_of_ours(pool: PortPool, peer: socket.socket) -> None:
    port = pool.ready[0]
    pool.take(port)
    line = pool.connect(port, peer.getsockname())
    for address in ("127.0.0.1", ""):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with pytest.raises(OSError, match="in use"):
                thief.bind((address, port))
    line.close()


@pytest.mark.parametrize("address", ["255.255.255.255", "not an address", "::1"])
def test_a_peer_that_cannot_be_is_an_error_and_leaves_no_socket(
    pool: PortPool, address: str
) -> None:
    port = pool.ready[0]
    pool.take(port)
    with pytest.raises(OSError):  # noqa: PT011
        pool.connect(port, (address, 4000))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with pytest.raises(OSError, match="in use"):
            thief.bind(("127.0.0.1", port))


def test_draining_ends_though_packets_keep_coming(peer: socket.socket) -> None:
    class Flooded:
        reads = 0

        def recv(self, size: int) -> bytes:
            self.reads += 1
            return b"x"

    flooded = Flooded()
    drain(flooded)  # type: ignore[arg-type]
    assert flooded.reads < 10_000


def test_families() -> None:
    assert family_of("127.0.0.1") == socket.AF_INET
    assert family_of("::1") == socket.AF_INET6


def test_ipv6_works_where_the_machine_has_it() -> None:
    pool = PortPool("::1", 30_000, 30_999, 1)
    if not pool.top_up():
        pytest.skip("this machine has no IPv6 loopback")
    port = pool.ready[0]
    pool.take(port)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
        peer.bind(("::1", 0))
        peer.settimeout(5)
        line = pool.connect(port, ("::1", peer.getsockname()[1]))
        line.send(b"six")
        assert peer.recv(10) == b"six"
        line.close()
    pool.close()
