"""A restart at any moment goes on with the very same state."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflows import commands as c
from callflows import events as e
from callflows.events import CallId, IncidentId, LegId, OperatorId
from callflows.switchboard import Switchboard
from securityline.engine import Engine
from securityline.logbook.document import Document, from_stored, to_stored
from securityline.logbook.entry import GENESIS, Entry, Line, chain
from securityline.logbook.store import StoredDocument
from securityline.recovery import Recovered, recover
from tests.securityline.books import append, running
from tests.stories.line import AGGRESSION, CONSIGNE

OPERATORS = [OperatorId(name) for name in ("ann", "bob", "cas")]
CALLS = [CallId(f"call-{number}") for number in (1, 2, 3)]
LEGS = [LegId(f"{call}-{end}") for call in CALLS for end in ("a", "o1", "o2", "f1")]
CASES = [IncidentId(f"inc-{call}") for call in CALLS]

operator = st.sampled_from(OPERATORS)
call = st.sampled_from(CALLS)
leg = st.sampled_from(LEGS)
case = st.sampled_from(CASES)
cause = st.sampled_from(list(e.Cause))


def offer(number: int, **changes: Any) -> e.CallOffered:
    values: dict[str, Any] = {"did": "+3225550100", "procedure": CONSIGNE} | changes
    return e.CallOffered(call_id=CALLS[number], leg_id=LegId(f"{CALLS[number]}-a"), **values)


def operators_at_work() -> list[e.Event]:
    """Everybody signed in: without them, random events seldom reach a conversation."""
    told: list[e.Event] = []
    for who in OPERATORS:
        told.append(e.StationUp(operator=who))
        told.append(
            e.OperatorSignedIn(
                operator=who, name=who, languages={"fr": 3}, clearances=("standard",)
            )
        )
        told.append(e.OperatorReady(operator=who))
    return told


ANY_EVENT = st.one_of(
    st.builds(
        offer,
        st.integers(0, 2),
        urgency=st.integers(1, 4),
        while_ringing=st.sampled_from(["notice", "ringback"]),
        fallback_number=st.sampled_from([None, "+3225550199"]),
        caller=st.sampled_from([None, "+32470000001"]),
    ),
    st.builds(e.LegRinging, leg_id=leg),
    st.builds(e.LegAnswered, leg_id=leg),
    st.builds(e.LegAnswered, leg_id=leg),
    st.builds(e.LegEnded, leg_id=leg, cause=cause),
    st.builds(e.AnswerPressed, operator=operator, call_id=call),
    st.builds(e.HoldPressed, operator=operator, call_id=call),
    st.builds(e.ResumePressed, operator=operator, call_id=call),
    st.builds(e.HangUpPressed, operator=operator, call_id=call),
    st.builds(e.OperatorReady, operator=operator),
    st.builds(e.OperatorOnBreak, operator=operator),
    st.builds(e.OperatorSignedOut, operator=operator),
    st.builds(e.StationUp, operator=operator),
    st.builds(e.StationDown, operator=operator, reason=st.just("expired")),
    st.builds(
        e.KindChosen,
        incident_id=case,
        operator=operator,
        kind=st.just("aggression"),
        procedure=st.sampled_from([None, AGGRESSION]),
    ),
    st.builds(
        e.StepAnswered,
        incident_id=case,
        operator=operator,
        step=st.sampled_from(["facts", "safe", "inform"]),
        answer=st.sampled_from(["", "yes", "no"]),
        text=st.text(max_size=5),
    ),
    st.builds(e.NoteWritten, incident_id=case, operator=operator, text=st.text(max_size=5)),
    st.builds(e.UrgencySet, incident_id=case, operator=operator, urgency=st.integers(1, 4)),
    st.builds(
        e.CloseRequested, incident_id=case, operator=operator, disposition=st.just("test")
    ),
    st.builds(e.DeadlineReached, incident_id=st.sampled_from([*CASES, e.NO_INCIDENT])),
    st.builds(e.EngineStarted, version=st.just("1"), surviving_legs=st.lists(leg).map(tuple)),
    st.just(e.EngineDraining()),
    st.builds(e.MediaRestarted, gap_time=st.floats(0, 5)),
)
STORIES = st.lists(st.tuples(ANY_EVENT, st.floats(0, 40)), max_size=25)


class Memory:
    """A logbook in memory that can be cut off after any event."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.stored: dict[tuple[str, str], StoredDocument] = {}
        self.on_own_lines: Callable[[list[Entry]], None] | None = None
        self.waiting: list[tuple[Callable[[list[Entry]], None], list[Entry]]] = []

    @property
    def head(self) -> tuple[int, str]:
        return (len(self.entries), self.entries[-1].hash if self.entries else GENESIS)

    def append(
        self,
        now: float,
        lines: Sequence[Line],
        documents: Sequence[Document] = (),
        on_written: Callable[[list[Entry]], None] | None = None,
        *,
        is_urgent: bool = True,
        on_safe: Any = None,
    ) -> int:
        seq, previous = self.head
        new = chain(lines, seq=seq, previous=previous, at=datetime.now(UTC), now=now)
        self.entries += [entry._replace(data=_reread(entry)) for entry in new]
        for document in documents:
            self.stored[document.kind, document.id] = to_stored(document)
        if on_written is not None:
            self.waiting.append((on_written, new))
        return self.head[0]

    def act(self) -> None:
        while self.waiting:
            on_written, entries = self.waiting.pop(0)
            on_written(entries)

    def anchor_soon(self, reason: str) -> None: ...

    def read(
        self, after: int = 0, limit: int = 1000, incident_id: str | None = None
    ) -> list[Entry]:
        fit = (x for x in self.entries[after:] if incident_id in (None, x.incident_id))
        return list(fit)[:limit]

    def documents(
        self, kind: str, state: str | None = None, id: str | None = None, limit: int = 1000
    ) -> list[Document]:
        return [
            from_stored(d)
            for d in self.stored.values()
            if d.kind == kind and state in (None, d.state) and id in (None, d.id)
        ]


def _reread(entry: Entry) -> Any:
    import json

    return json.loads(entry.text)


def restart(memory: Memory) -> Recovered[Switchboard]:
    return recover(memory, Switchboard, Switchboard.from_state)


class Run:
    """An engine without a loop: the test says when time passes."""

    def __init__(self, snapshot_lines: int) -> None:
        self.now = 1000.0
        self.memory = Memory()
        self.done: list[c.Command] = []
        self.switchboard = Switchboard()
        self.engine = Engine(
            self.switchboard,
            self.memory,
            self.done.append,
            lambda: self.now,
            snapshot_lines=snapshot_lines,
        )
        self.engine._watch_deadline = lambda: None  # type: ignore[method-assign]

    def tell(self, event: e.Event) -> None:
        self.engine.handle(event)
        self.memory.act()


@settings(max_examples=150)
@given(STORIES, st.sampled_from([5, 30, 10_000]))
def test_a_restart_after_any_event_gives_the_same_state(
    story: list[tuple[e.Event, float]], snapshot_lines: int
) -> None:
    run = Run(snapshot_lines)
    for event in operators_at_work():
        run.tell(event)
    for event, pause in story:
        run.now += pause
        run.tell(event)
        recovered = restart(run.memory)
        assert recovered.switchboard.to_state() == run.switchboard.to_state()
        assert recovered.switchboard.next_deadline() == run.switchboard.next_deadline()
        assert (recovered.skipped, recovered.differences) == (0, 0)


@settings(max_examples=60)
@given(STORIES, STORIES, st.sampled_from([5, 10_000]))
def test_after_a_restart_the_same_things_happen(
    before: list[tuple[e.Event, float]],
    after: list[tuple[e.Event, float]],
    snapshot_lines: int,
) -> None:
    run = Run(snapshot_lines)
    for event in operators_at_work():
        run.tell(event)
    for event, pause in before:
        run.now += pause
        run.tell(event)
    again = restart(run.memory).switchboard
    for event, pause in after:
        run.now += pause
        assert again.handle(event, run.now) == run.switchboard.handle(event, run.now)
    assert again.to_state() == run.switchboard.to_state()


def talking(run: Run) -> None:
    for event in (*operators_at_work(), offer(0, while_ringing="ringback")):
        run.tell(event)
    ring = next(x for x in run.done if isinstance(x, c.RingOperator))
    run.tell(e.LegAnswered(leg_id=ring.leg_id))


def test_an_empty_book_is_an_empty_switchboard() -> None:
    recovered = restart(Memory())
    assert recovered.switchboard.to_state() == Switchboard().to_state()
    assert recovered.commands == []


def test_only_what_follows_the_snapshot_is_replayed() -> None:
    run = Run(10_000)
    talking(run)
    run.engine.take_snapshot()
    run.tell(e.NoteWritten(incident_id=CASES[0], operator=OPERATORS[0], text="x"))
    assert restart(run.memory).replayed == 1


def test_commands_of_the_last_minute_are_handed_out_again() -> None:
    run = Run(10_000)
    talking(run)
    early = list(run.done)
    run.now += 100.0
    run.tell(e.LegEnded(leg_id=LegId("call-1-a"), cause=e.Cause.HUNG_UP))
    recovered = restart(run.memory)
    assert [command for _, command in recovered.commands] == run.done[len(early) :]
    assert recovered.commands
    assert {now for now, _ in recovered.commands} == {run.now}


def hang_up_unseen(run: Run) -> int:
    """Let the caller hang up, and the snapshot come between the commit and the acts."""
    before = len(run.done)
    run.engine.handle(e.LegEnded(leg_id=LegId("call-1-a"), cause=e.Cause.HUNG_UP))
    run.engine.take_snapshot()
    assert len(run.done) == before
    return before


def test_a_snapshot_hides_no_command_that_was_not_carried_out() -> None:
    run = Run(10_000)
    talking(run)
    before = hang_up_unseen(run)
    recovered = restart(run.memory)  # killed here
    assert recovered.replayed == 0
    run.memory.act()
    assert [command for _, command in recovered.commands] == run.done[before:]
    assert {type(command) for _, command in recovered.commands} >= {c.HangUp, c.StopRecording}


def test_what_was_carried_out_before_the_snapshot_is_not_handed_out_again() -> None:
    run = Run(10_000)
    talking(run)
    hang_up_unseen(run)
    run.memory.act()
    run.engine.take_snapshot()
    assert restart(run.memory).commands == []


def test_an_engine_that_came_to_nothing_leaves_its_predecessor_s_commands_to_be_done() -> None:
    run = Run(10_000)
    talking(run)
    hang_up_unseen(run)
    recovered = restart(run.memory)
    again = Engine(
        recovered.switchboard,
        run.memory,
        run.done.append,
        lambda: run.now,
        acted_seq=recovered.acted_seq,
    )
    again.stop()  # its start failed
    assert restart(run.memory).commands == recovered.commands


def test_a_snapshot_of_an_older_version_is_taken_for_all_done() -> None:
    run = Run(10_000)
    talking(run)
    hang_up_unseen(run)
    stored = run.memory.stored["snapshot", "switchboard"]
    [snapshot] = [from_stored(stored)]
    assert snapshot.data is not None
    del snapshot.data["acted_seq"]
    run.memory.stored["snapshot", "switchboard"] = to_stored(snapshot)
    assert restart(run.memory).commands == []


@pytest.mark.parametrize("state", [{}, {"version": 99}, {"version": 1, "calls": 3}, None, []])
def test_a_snapshot_that_cannot_be_read_is_replaced_by_a_longer_replay(state: Any) -> None:
    run = Run(10_000)
    talking(run)
    bad = Document(kind="snapshot", id="switchboard", data={"seq": 5, "state": state}, at=1.0)
    run.memory.append(run.now, (), [bad])
    recovered = restart(run.memory)
    assert recovered.switchboard.to_state() == run.switchboard.to_state()


def test_the_longer_replay_begins_before_the_oldest_open_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("securityline.recovery.BLIND_LINES", 3)
    run = Run(10_000)
    for event in operators_at_work():
        run.tell(event)
    before = run.memory.head[0]
    run.tell(offer(0))
    for _ in range(30):
        run.tell(e.NoteWritten(incident_id=CASES[0], operator=OPERATORS[0], text="x"))
    recovered = restart(run.memory)
    assert list(recovered.switchboard.incidents) == list(run.switchboard.incidents)
    assert recovered.replayed == 31
    assert run.memory.entries[before].what == "CallOffered"


def test_a_line_of_a_later_version_is_skipped_and_counted() -> None:
    run = Run(10_000)
    talking(run)
    state = run.switchboard.to_state()
    lines: list[Line] = [
        ("event", "", "TelepathyReceived", {"strength": 3}),
        ("event", "", "LegRinging", {"leg_id": 5}),
        ("command", "", "BeamUp", {}),
        ("note", "", "RecordingRead", {}),
        ("fact", "", "WrittenLate", {}),
    ]
    run.memory.append(run.now, lines)
    recovered = restart(run.memory)
    assert recovered.switchboard.to_state() == state
    assert recovered.skipped == 2
    assert recovered.differences == 0


def test_rules_that_changed_since_are_noticed() -> None:
    run = Run(10_000)
    talking(run)
    run.memory.append(run.now, [("event", "", "OperatorReady", {"operator": "ann"})])
    lines: list[Line] = [("fact", "", "SomethingElse", {})]
    run.memory.append(run.now, lines)
    assert restart(run.memory).differences == 1


async def test_the_real_logbook_gives_back_what_was_in_it(tmp_path: Path) -> None:
    run = Run(10_000)
    talking(run)
    async with running(tmp_path) as book:
        for entry in run.memory.entries:
            line = (entry.kind, entry.incident_id, entry.what, entry.data)
            await append(book, [line], now=entry.now)
    async with running(tmp_path) as book:
        recovered = recover(book, Switchboard, Switchboard.from_state)
        assert recovered.switchboard.to_state() == run.switchboard.to_state()
