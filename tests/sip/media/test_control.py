import json
import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sip.media import control as control_module
from sip.media.control import MAX_BACKLOG, Control
from sip.media.wire import MAX_LINE


class Engine:
    """The engine's end of the socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.settimeout(5)
        self.received = b""

    def send(self, *messages: dict[str, Any]) -> None:
        self.raw(b"".join(json.dumps(each).encode() + b"\n" for each in messages))

    def raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def lines(self) -> list[dict[str, Any]]:
        """What has arrived by now."""
        try:
            self.socket.setblocking(False)
            while data := self.socket.recv(65_536):
                self.received += data
        except OSError:
            pass
        *lines, self.received = self.received.split(b"\n")
        return [json.loads(line) for line in lines]

    def is_let_go(self) -> bool:
        self.socket.settimeout(5)
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return True


class Process:
    """The media process's end, and its poll."""

    def __init__(self, path: Path) -> None:
        self.orders: list[dict[str, Any]] = []
        self.poll = select.epoll()
        self.path = path
        self.control = Control(path, self.poll, self.orders.append)
        self.engines: list[Engine] = []

    def connect(self) -> Engine:
        engine = Engine(self.path)
        self.engines.append(engine)
        self.serve()
        return engine

    def greeted(self) -> Engine:
        """Connect an engine, and let it read its welcome."""
        engine = self.connect()
        self.control.greet({"what": "Welcome"})
        self.control.flush()
        assert engine.lines() == [{"what": "Welcome"}]
        return engine

    def serve(self) -> None:
        for _ in range(20):
            for number, _ in self.poll.poll(0):
                self.control.serve(number)

    def close(self) -> None:
        self.control.close()
        self.poll.close()
        for engine in self.engines:
            engine.socket.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path / "media.sock")
    yield process
    process.close()


def test_only_we_can_connect(process: Process) -> None:
    assert process.path.stat().st_mode & 0o777 == 0o600
    mask = os.umask(0)
    os.umask(mask)
    assert mask != 0o177, "the process's own mask is as before"


def test_a_dead_processs_socket_is_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        process = Process(tmp_path / "media.sock")
        engine = process.connect()
        assert process.control.is_connected
        # It was killed: the socket's file stays.
        process.control._listener.close()
        process.control._let_go()
        engine.socket.close()
        process.poll.close()


def test_orders_arrive_in_order(process: Process) -> None:
    engine = process.connect()
    engine.send({"do": "a"}, {"do": "b", "x": [1]})
    process.serve()
    assert process.orders == [{"do": "a"}, {"do": "b", "x": [1]}]


def test_an_order_in_pieces_is_one_order(process: Process) -> None:
    engine = process.connect()
    for piece in (b'{"do":', b'"a"', b"}", b'\n{"do":"b"}\n{"d'):
        engine.raw(piece)
        process.serve()
    assert process.orders == [{"do": "a"}, {"do": "b"}]
    engine.raw(b'o":"c"}\n')
    process.serve()
    assert process.orders == [{"do": "a"}, {"do": "b"}, {"do": "c"}]


@pytest.mark.parametrize("line", [b"", b"nonsense", b"[1]", b"\xff\xfe", b"null"])
def test_a_line_without_sense_is_counted_and_the_next_is_read(
    process: Process, line: bytes
) -> None:
    engine = process.connect()
    engine.raw(line + b'\n{"do":"a"}\n')
    process.serve()
    assert process.orders == [{"do": "a"}]
    assert process.control.garbled == 1


@pytest.mark.parametrize("error", [KeyError, TypeError, ValueError])
def test_an_order_that_is_refused_is_counted(tmp_path: Path, error: type[Exception]) -> None:
    process = Process(tmp_path / "media.sock")

    def refuse(order: dict[str, Any]) -> None:
        raise error

    process.control._on_order = refuse
    engine = process.connect()
    engine.send({"do": "a"}, {"do": "b"})
    process.serve()
    assert process.control.garbled == 2
    assert process.control.is_connected
    process.close()


def test_a_line_without_end_is_cut_off(process: Process) -> None:
    engine = process.connect()
    engine.socket.setblocking(False)
    sent = 0
    try:
        while sent < 4 * MAX_LINE:
            sent += engine.socket.send(b"x" * 10_000)
            process.serve()
    except OSError:
        pass
    assert not process.control.is_connected
    assert process.control.garbled == 1
    assert sent < 4 * MAX_LINE


def test_the_newest_engine_wins(process: Process) -> None:
    old, new = process.connect(), process.greeted()
    assert old.is_let_go()
    new.send({"do": "a"})
    process.serve()
    assert process.orders == [{"do": "a"}]
    process.control.send({"what": "x"})
    process.control.flush()
    assert new.lines() == [{"what": "x"}]


def test_an_engine_that_goes_is_noticed(process: Process) -> None:
    engine = process.connect()
    engine.socket.close()
    process.serve()
    assert not process.control.is_connected
    process.control.flush()


def test_events_wait_for_the_next_engine_and_answers_do_not(process: Process) -> None:
    process.control.send({"what": "Pong"})
    process.control.report({"what": "first"})
    process.control.report({"what": "second"})
    engine = process.connect()
    process.control.greet({"what": "Welcome"})
    process.control.report({"what": "third"})
    process.control.flush()
    assert [line["what"] for line in engine.lines()] == ["Welcome", "first", "second", "third"]


def test_nothing_comes_before_the_welcome(process: Process) -> None:
    """What happens between an engine's connecting and its first order: a beat, a report."""
    engine = process.connect()
    process.control.send({"what": "MediaReport"})
    process.control.report({"what": "AudioLost"})
    process.control.flush()
    process.control.greet({"what": "Welcome"})
    process.control.flush()
    assert [line["what"] for line in engine.lines()] == ["Welcome", "AudioLost"]


def test_what_waits_for_an_engine_is_bounded_and_the_newest_is_kept(process: Process) -> None:
    for n in range(MAX_BACKLOG + 500):
        process.control.report({"n": n})
    engine = process.connect()
    process.control.greet({"what": "Welcome"})
    found = []
    for _ in range(200):
        process.control.flush()
        found += engine.lines()
    assert len(found) == MAX_BACKLOG + 1
    assert found[-1] == {"n": MAX_BACKLOG + 499}


def test_an_engine_that_does_not_read_is_let_go_at_a_limit(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_module, "MAX_UNSENT", 100_000)
    process.greeted()
    for n in range(20_000):
        process.control.report({"n": n, "text": "x" * 100})
        process.control.flush()
        assert len(process.control._unsent) < 200_000
        if not process.control.is_connected:
            return
    pytest.fail("it was never let go")


def test_last_words_are_said(tmp_path: Path) -> None:
    process = Process(tmp_path / "media.sock")
    engine = process.greeted()
    process.control.report({"what": "RecordingEnded"})
    process.control.close()
    assert engine.lines() == [{"what": "RecordingEnded"}]
    engine.socket.close()
    process.poll.close()
