"""Log, act, publish: in that order, whatever breaks."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.codec import decode
from callflows.commands import Command
from callflows.events import CallId, IncidentId, LegId, OperatorId
from callflows.switchboard import Switchboard
from securityline.engine import Engine
from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry
from securityline.logbook.store import Group
from tests.securityline.books import append, names, running, until
from tests.stories.line import CONSIGNE

LEG = LegId("leg-1")
CASE = IncidentId("inc-1")


class Rules:
    """Rules that say what the test tells them to."""

    def __init__(self) -> None:
        self.incidents: dict[Any, Any] = {}
        self.calls: dict[Any, Any] = {}
        self.self_services: dict[Any, Any] = {}
        self.outcomes: dict[str, list[Any]] = {}
        self.heard: list[tuple[e.Event, float]] = []
        self.deadline: tuple[float, IncidentId] | None = None

    def handle(self, event: e.Event, now: float) -> list[Any]:
        self.heard.append((event, now))
        if isinstance(event, e.DeadlineReached):
            self.deadline = None
        return self.outcomes.get(type(event).__name__, [])

    def next_deadline(self) -> tuple[float, IncidentId] | None:
        return self.deadline

    def to_state(self) -> dict[str, Any]:
        return {"heard": len(self.heard)}


class Time:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()

    def __call__(self) -> float:
        return self.loop.time() + 1000.0


class Desk:
    """An engine, what it did, and in which order."""

    def __init__(self, book: Logbook, rules: Any, **options: Any) -> None:
        self.book = book
        self.rules = rules
        self.did: list[Any] = []
        self.refuse: Callable[[Command], None] = lambda command: None
        self.engine = Engine(rules, book, self.execute, Time(), **options)
        self.published: list[Entry] = []
        self.engine.subscribe(self.publish)

    def execute(self, command: Command) -> None:
        self.did.append(command)
        self.refuse(command)

    def publish(self, entries: Any) -> None:
        self.did += [entry.what for entry in entries]
        self.published += entries


@asynccontextmanager
async def desk(folder: Path, rules: Any = None, **options: Any) -> AsyncIterator[Desk]:
    silence_time = options.pop("silence_time", 60.0)
    async with running(folder, silence_time=silence_time) as book:
        await append(book, [])  # what a new book says of itself is past
        desk = Desk(book, rules or Rules(), **options)
        desk.engine.start()
        yield desk
        desk.engine.stop()


def published(desk: Desk, what: str) -> Callable[[], bool]:
    return lambda: what in names(desk.published)


RING = c.SignalRinging(incident_id=CASE, leg_id=LEG)
ANSWER = c.AnswerCaller(incident_id=CASE, leg_id=LEG)
OPENED = e.IncidentOpened(
    incident_id=CASE,
    organisation="x",
    organisation_name="X",
    source="call",
    urgency=2,
    title="t",
)


async def test_an_event_is_logged_acted_upon_and_published(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.rules.outcomes["LegRinging"] = [OPENED, RING, ANSWER]
        d.engine.handle(e.LegRinging(leg_id=LEG))
        assert d.did == []
        await until(published(d, "LegRinging"))
        assert d.did == [
            RING,
            ANSWER,
            "LegRinging",
            "IncidentOpened",
            "SignalRinging",
            "AnswerCaller",
        ]
        stored = [(x.kind, x.incident_id, x.what) for x in d.book.read() if x.kind != "note"]
        assert stored == [
            ("event", CASE, "LegRinging"),
            ("fact", CASE, "IncidentOpened"),
            ("command", CASE, "SignalRinging"),
            ("command", CASE, "AnswerCaller"),
        ]
        event = next(x for x in d.book.read() if x.kind == "event")
        assert decode(event.what, event.data) == e.LegRinging(leg_id=LEG)
        assert d.rules.heard == [(e.LegRinging(leg_id=LEG), event.now)]


async def test_nothing_is_done_before_it_is_durable(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        write, release = d.book._book.store.write, threading.Event()

        def wait(group: Group) -> None:
            release.wait()
            write(group)

        d.book._book.store.write = wait  # type: ignore[method-assign]
        d.rules.outcomes["LegRinging"] = [RING]
        d.engine.handle(e.LegRinging(leg_id=LEG), then=lambda: d.did.append("then"))
        await asyncio.sleep(0)
        assert d.did == []
        release.set()
        await until(published(d, "LegRinging"))
        assert d.did[:2] == ["then", RING]


async def test_what_must_follow_the_commit_comes_before_the_commands(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.rules.outcomes["LegAnswered"] = [ANSWER]
        dialog = Document(kind="dialog", id=LEG, data={"to_tag": "x"}, at=1.0)

        def acknowledge() -> None:
            assert d.book.documents("dialog") == [dialog]
            d.did.append("ACK")

        d.engine.handle(e.LegAnswered(leg_id=LEG), [dialog], acknowledge)
        await until(published(d, "LegAnswered"))
        assert d.did[:2] == ["ACK", ANSWER]


async def test_the_intent_to_dial_is_durable_before_the_dialling(tmp_path: Path) -> None:
    intent = Document(kind="leg", id=LEG, data={"call_id": "sip-1"}, at=1.0)
    prepared: list[Any] = []

    def prepare(commands: Any) -> list[Document]:
        prepared.append(commands)
        return [intent]

    async with desk(tmp_path, prepare=prepare) as d:
        d.refuse = lambda command: d.did.append(d.book.documents("leg"))
        d.engine.handle(e.LegRinging(leg_id=LEG))
        d.rules.outcomes["LegAnswered"] = [OPENED, RING, ANSWER]
        d.engine.handle(e.LegAnswered(leg_id=LEG))
        assert prepared == [[RING, ANSWER]]
        await until(published(d, "LegAnswered"))
        assert d.did[1:3] == [RING, [intent]]


async def test_commands_that_cannot_be_prepared_are_carried_out_all_the_same(
    tmp_path: Path,
) -> None:
    def fail(commands: Any) -> list[Document]:
        raise RuntimeError("a bug")

    async with desk(tmp_path, prepare=fail) as d:
        d.rules.outcomes["LegAnswered"] = [RING]
        d.engine.handle(e.LegAnswered(leg_id=LEG))
        await until(published(d, "LegAnswered"))
        assert RING in d.did


async def test_commands_of_one_event_run_before_those_of_the_next(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        for number in range(50):
            leg = LegId(str(number))
            d.rules.outcomes["LegRinging"] = [c.HangUp(leg_id=leg), c.SignalRinging(leg_id=leg)]
            if number % 2:
                d.rules.outcomes["LegRinging"] = [c.HangUp(leg_id=leg), c.HangUp(leg_id=leg)]
            d.engine.handle(e.LegRinging(leg_id=leg))
        await until(lambda: len(d.did) == 50 * 5)
        legs = [int(done.leg_id) for done in d.did if isinstance(done, Command)]
        assert legs == [number for number in range(50) for _ in range(2)]


async def test_a_command_that_fails_is_an_event_and_the_others_run(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.rules.outcomes["LegRinging"] = [RING, ANSWER]

        def refuse(command: Command) -> None:
            if command is RING:
                raise OSError("no route")

        d.refuse = refuse
        d.engine.handle(e.LegRinging(leg_id=LEG))
        await until(published(d, "CommandFailed"))
        assert d.did[:2] == [RING, ANSWER]
        failed = d.rules.heard[-1][0]
        assert failed == e.CommandFailed(
            incident_id=CASE, command="SignalRinging", reason="OSError: no route", leg_id=LEG
        )


async def test_a_broken_subscriber_or_follow_up_stops_nobody(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:

        def fail(*_: Any) -> None:
            raise RuntimeError("a bug")

        d.engine.subscribe(fail)
        heard: list[Entry] = []
        d.engine.subscribe(heard.extend)
        d.rules.outcomes["LegRinging"] = [RING]
        d.engine.handle(e.LegRinging(leg_id=LEG), then=fail)
        await until(lambda: heard)
        assert d.did[0] == RING


async def test_a_subscriber_hears_nothing_after_it_ended(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        heard: list[Entry] = []
        end = d.engine.subscribe(heard.extend)
        d.engine.subscribe(lambda entries: end())
        d.engine.handle(e.LegRinging(leg_id=LEG))
        await until(published(d, "LegRinging"))
        d.engine.handle(e.LegAnswered(leg_id=LEG))
        await until(published(d, "LegAnswered"))
        end()
        assert names(heard) == ["LegRinging"]


async def test_an_event_that_cannot_be_written_is_still_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(said: object) -> dict[str, Any]:
        raise TypeError("no plain value")

    monkeypatch.setattr("securityline.engine.encode", fail)
    async with desk(tmp_path) as d:
        d.engine.handle(e.LegRinging(leg_id=LEG))
        await until(published(d, "LegRinging"))
        assert "leg-1" in d.published[-1].data["unreadable"]


async def test_documents_that_cannot_be_drawn_cost_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path) as d:
        d.rules.incidents = None
        d.engine.handle(e.LegRinging(incident_id=CASE, leg_id=LEG))
        await until(published(d, "LegRinging"))


async def test_notes_are_lines_that_no_flow_sees(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.engine.note("RecordingRead", {"recording_id": "r", "who": "x"}, "inc-1")
        await until(published(d, "RecordingRead"))
        assert (d.published[-1].kind, d.published[-1].incident_id) == ("note", "inc-1")
        assert d.rules.heard == []


# ---------------------------------------------------------------- deadlines


async def test_a_deadline_is_told_when_it_is_due(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        due = d.engine._clock() + 0.03
        d.rules.deadline = (due, CASE)
        d.engine.handle(e.LegRinging(leg_id=LEG))
        await until(published(d, "DeadlineReached"))
        event, now = d.rules.heard[-1]
        assert event == e.DeadlineReached(incident_id=CASE)
        assert due <= now


async def test_the_nearest_deadline_counts_when_it_changes(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        for delay in (60.0, 0.02, 60.0, 0.04):
            d.rules.deadline = (d.engine._clock() + delay, IncidentId(str(delay)))
            d.engine.handle(e.LegRinging(leg_id=LEG))
        await until(published(d, "DeadlineReached"))
        assert [x[0].incident_id for x in d.rules.heard[4:]] == ["0.04"]


async def test_a_deadline_that_was_withdrawn_is_not_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.rules.deadline = (d.engine._clock() + 0.01, CASE)
        d.engine.handle(e.LegRinging(leg_id=LEG))
        d.rules.deadline = None
        d.engine.handle(e.LegRinging(leg_id=LEG))
        assert d.engine._timer is None


async def test_deadlines_that_passed_while_we_were_away_are_due_at_once(tmp_path: Path) -> None:
    rules = Rules()
    rules.deadline = (5.0, CASE)
    async with desk(tmp_path, rules) as d:
        await until(published(d, "DeadlineReached"))
        assert d.rules.heard[0][0] == e.DeadlineReached(incident_id=CASE)


async def test_a_deadline_that_does_not_move_does_not_hog_the_loop(tmp_path: Path) -> None:
    class Stuck(Rules):
        def handle(self, event: e.Event, now: float) -> list[Any]:
            self.heard.append((event, now))
            return []

    rules = Stuck()
    rules.deadline = (0.0, CASE)
    async with desk(tmp_path, rules) as d:
        await until(lambda: len(rules.heard) >= 4)
        times = [now for _, now in rules.heard]
        assert min(b - a for a, b in itertools.pairwise(times)) >= 0.009
        d.rules.deadline = None


# ---------------------------------------------------------------- snapshots and documents


async def test_a_snapshot_stands_for_every_line_before_it(tmp_path: Path) -> None:
    async with desk(tmp_path, snapshot_lines=10) as d:
        d.rules.outcomes["LegRinging"] = [RING]
        for _ in range(7):
            d.engine.handle(e.LegRinging(leg_id=LEG))
        await until(lambda: d.book.documents("snapshot"))
        (snapshot,) = d.book.documents("snapshot")
        assert snapshot.data is not None
        assert snapshot.data["state"] == {"heard": 5}
        lines = d.book.read(limit=snapshot.data["seq"])
        assert sum(line.kind == "event" for line in lines) == 5
        assert lines[-1].what == "SignalRinging"


async def test_stopping_leaves_a_snapshot(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.engine.handle(e.LegRinging(leg_id=LEG))
    async with running(tmp_path) as book:
        (snapshot,) = book.documents("snapshot")
        assert snapshot.data is not None
        assert snapshot.data["state"] == {"heard": 1}


async def test_snapshots_become_rare_when_they_cost_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 0.2, 0.2, 0.4])
    monkeypatch.setattr("securityline.engine.perf_counter", lambda: next(times))
    async with desk(tmp_path, snapshot_lines=1) as d:
        begin = d.engine._clock()
        for _ in range(5):
            d.engine.handle(e.LegRinging(leg_id=LEG))
        assert d.engine._next_snapshot >= begin + 100.0
        await until(lambda: d.book.documents("snapshot"))
        snapshot = d.book.documents("snapshot")[0].data
        assert snapshot
        assert snapshot["state"] == {"heard": 1}


async def test_calls_and_incidents_are_documents_in_the_api_s_shape(tmp_path: Path) -> None:
    async with desk(tmp_path, Switchboard()) as d:
        tell = d.engine.handle
        ann = OperatorId("ann")
        tell(e.StationUp(operator=ann))
        tell(
            e.OperatorSignedIn(
                operator=ann, name="Ann", languages={"fr": 3}, clearances=("standard",)
            )
        )
        tell(e.OperatorReady(operator=ann))
        call = CallId("call-1")
        tell(
            e.CallOffered(
                call_id=call,
                leg_id=LEG,
                did="+3225550100",
                caller="+32470000001",
                while_ringing="ringback",
                procedure=CONSIGNE,
                identification=e.Identification(organisation="acme", site="s-1"),
            )
        )
        await until(lambda: any(isinstance(x, c.RingOperator) for x in d.did))
        (shown,) = d.book.documents("call", state="active")
        (incident,) = d.book.documents("incident", state="open")
        assert shown.data is not None
        assert incident.data is not None
        contract = (
            "call_id direction did organisation site person caller withheld diverted_from state"
            " incident_id started_at answered_at ended_at operator"
        )
        assert set(contract.split()) <= shown.data.keys()
        assert shown.data["did"] == "+3225550100"
        assert shown.data["organisation"] == "acme"
        assert shown.data["withheld"] is False
        assert shown.data["state"] == "offered"
        assert shown.data["started_at"].endswith("Z")
        assert shown.data["incident_id"] == incident.id
        assert incident.data["call_ids"] == ["call-1"]
        assert incident.data["procedure"]["missing"] == ["facts"]
        event = next(x for x in d.book.read() if x.what == "CallOffered")
        assert event.incident_id == incident.id, "the call stands on its case's page"

        ring = next(x for x in d.did if isinstance(x, c.RingOperator))
        tell(e.LegAnswered(leg_id=ring.leg_id))
        case = IncidentId(incident.id)
        tell(e.StepAnswered(incident_id=case, operator=ann, step="facts", text="rien"))
        tell(e.LegEnded(leg_id=LEG, cause=e.Cause.HUNG_UP))
        tell(e.LegEnded(leg_id=ring.leg_id, cause=e.Cause.RELEASED))
        tell(e.CloseRequested(incident_id=case, operator=ann, disposition="handled"))
        await until(published(d, "IncidentClosed"))
        assert d.book.documents("call", state="active") == []
        (shown,) = d.book.documents("call", state="ended")
        assert shown.data is not None
        assert shown.data["operator"] == "ann"
        assert shown.data["ended_at"] >= shown.data["answered_at"] >= shown.data["started_at"]
        (closed,) = d.book.documents("incident", state="closed")
        assert closed.data is not None
        assert closed.data["disposition"] == "handled"
        assert closed.data["procedure"]["steps"][0]["text"] == "rien"
        assert closed.data["procedure"]["missing"] == []


@pytest.mark.interop  # in real time: a busy machine may need it twice
async def test_late_lines_reach_the_subscribers_with_their_mark(tmp_path: Path) -> None:
    async with desk(tmp_path, silence_time=0.05) as d:
        d.engine.handle(e.LegRinging(leg_id=LEG))
        await until(published(d, "LegRinging"))
        write, release = d.book._book.store.write, threading.Event()

        def wait(group: Group) -> None:
            release.wait()
            write(group)

        d.book._book.store.write = wait  # type: ignore[method-assign]
        d.rules.outcomes["LegAnswered"] = [ANSWER]
        d.engine.handle(e.LegAnswered(leg_id=LEG))
        await until(published(d, "LegAnswered"))
        assert ANSWER in d.did
        assert not d.published[-1].is_saved
        release.set()
        await until(published(d, "WrittenLate"))
        assert d.published[-1].is_saved
