"""What stands still is found, told once, and whoever looks for it is looked at too."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from callflows.call import CallState
from callflows.events import CallId, CaseStalled, IncidentId, TreeId
from securityline.auditor import (
    ATTENTION_TIMES,
    CALL_BACK_TIME,
    INTERVAL,
    OVERDUE_TIME,
    RECORDING_TIME,
    SILENT_TIME,
    Auditor,
)

CASE, CALL, TREE = IncidentId("inc-1"), CallId("call-1"), TreeId("inc-1-t1")


@dataclass
class Board:
    """A switchboard's state, as far as the auditor looks."""

    incidents: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)
    trees: dict = field(default_factory=dict)
    deadline: tuple | None = None

    def next_deadline(self):
        return self.deadline


class World:
    """Pretend time, a board, an auditor that has looked once."""

    def __init__(self):
        self.now = 1000.0
        self.board = Board()
        self.told = []
        self.called_back = set()
        self.auditor = Auditor(
            self.board,
            lambda: self.now,
            self.told.append,
            is_called_back=lambda call_id: call_id in self.called_back,
        )
        self.board.incidents[CASE] = SimpleNamespace(
            is_open=True, urgency=2, attention_since=None
        )
        assert self.auditor.look() == []

    @property
    def case(self):
        return self.board.incidents[CASE]

    def call(self, **more):
        fields = {
            "incident_id": CASE,
            "deadline": None,
            "ended_by": "",
            "ended_at": None,
            "recording_id": None,
            "is_recording": False,
            "answered_at": None,
            "state": CallState.TALKING,
        }
        self.board.calls[CALL] = call = SimpleNamespace(**{**fields, **more})
        return call

    def tree(self, *live, **more):
        attempts = [SimpleNamespace(is_live=one) for one in live]
        fields = {
            "incident_id": CASE, "state": "running", "deadline": None, "attempts": attempts
        }  # fmt: skip
        self.board.trees[TREE] = tree = SimpleNamespace(**{**fields, **more})
        return tree

    def looks(self, seconds=0.0):
        """Let time pass, the auditor looking every two seconds; say what it then finds."""
        found, end = [], self.now + seconds
        while self.now < end:
            self.now = min(self.now + INTERVAL, end)
            found += self.auditor.look()
        return found or self.auditor.look()


@pytest.fixture
def world():
    return World()


# ---------------------------------------------------------------- what it finds


def test_a_deadline_that_nobody_heeds(world):
    world.call(deadline=world.now + 10)
    assert world.looks(10 + OVERDUE_TIME) == []
    [finding] = world.looks(INTERVAL)
    assert (finding.what, finding.subject, finding.since) == ("deadline", CALL, 1010.0)
    assert world.told == [CaseStalled(incident_id=CASE, what="deadline", reason=finding.reason)]


def test_a_deadline_of_a_tree_counts_while_it_runs(world):
    tree = world.tree(True, deadline=world.now - 60)
    tree.state = "paused"
    assert world.looks() == []
    tree.state = "running"
    assert [(one.what, one.subject) for one in world.looks()] == [("deadline", TREE)]


def test_the_nearest_deadline_of_all_is_looked_at_whoever_set_it(world):
    world.board.deadline = (world.now - 5, IncidentId(""))
    [finding] = world.looks()
    assert (finding.subject, finding.incident_id) == ("the shift", "")
    world.board.deadline = (world.now - 5, CASE)
    assert [one.subject for one in world.looks()] == [CASE]
    assert [one.subject for one in world.auditor.findings] == [CASE]


def test_one_deadline_is_one_finding(world):
    world.call(deadline=world.now - 5)
    world.board.deadline = (world.now - 5, CASE)
    assert len(world.looks()) == 1


def test_a_tree_that_runs_and_calls_nobody(world):
    tree = world.tree(False, False)
    [finding] = world.looks()
    assert (finding.what, finding.subject, finding.incident_id) == ("tree", TREE, CASE)
    world.tree(False, True)
    assert world.looks() == []
    assert world.auditor.findings == []
    for state in ("paused", "taken", "exhausted", "stopped"):
        tree = world.tree(state=state)
        assert world.looks() == []
    tree = world.tree(deadline=world.now + 9)
    assert world.looks() == [], tree


def test_an_abandoned_caller_who_is_not_called_back(world):
    world.call(state=CallState.ENDED, ended_by="abandoned", ended_at=world.now)
    assert world.looks(CALL_BACK_TIME) == []
    [finding] = world.looks(INTERVAL)
    assert (finding.what, finding.subject) == ("call_back", CALL)


def test_an_abandoned_caller_who_was_called_back_or_needs_it_no_more(world):
    call = world.call(state=CallState.ENDED, ended_by="abandoned", ended_at=world.now)
    world.called_back.add(CALL)
    assert world.looks(120) == []
    world.called_back.clear()
    world.case.is_open = False
    assert world.looks() == []
    world.case.is_open = True
    call.ended_by = "caller"
    assert world.looks() == []
    call.ended_by = "abandoned"
    assert len(world.looks()) == 1


@pytest.mark.parametrize(("urgency", "limit"), [*ATTENTION_TIMES.items(), (9, 30.0)])
def test_a_case_that_waits_for_an_operator_for_too_long(world, urgency, limit):
    world.case.urgency = urgency
    world.case.attention_since = world.now
    assert world.looks(limit) == []
    [finding] = world.looks(INTERVAL)
    assert (finding.what, finding.incident_id) == ("attention", CASE)


def test_a_case_that_was_taken_or_closed_waits_no_more(world):
    world.case.attention_since = world.now - 1000
    world.case.is_open = False
    assert world.looks() == []
    world.case.is_open, world.case.attention_since = True, None
    assert world.looks() == []


def test_a_call_that_should_be_recorded_and_is_not(world):
    call = world.call(recording_id="r1", answered_at=world.now)
    assert world.looks(RECORDING_TIME) == []
    [finding] = world.looks(INTERVAL)
    assert (finding.what, finding.subject) == ("recording", CALL)
    call.is_recording = True
    assert world.looks() == []
    assert world.auditor.findings == []


@pytest.mark.parametrize(
    "more",
    [
        {"recording_id": None},
        {"is_recording": True},
        {"answered_at": None},
        {"state": CallState.ENDED},
        {"state": CallState.WAITING},
    ],
)
def test_calls_that_need_no_recording_now(world, more):
    world.call(**{"recording_id": "r1", "answered_at": world.now, **more})
    assert world.looks(60) == []


def test_the_promises_it_holds_others_to():
    assert (OVERDUE_TIME, CALL_BACK_TIME, RECORDING_TIME, INTERVAL) == (2, 60, 5, 2)
    assert ATTENTION_TIMES == {1: 30, 2: 60, 3: 90, 4: 180}


# ---------------------------------------------------------------- telling


def test_it_is_told_once_until_it_moved(world):
    world.call(deadline=world.now - 5)
    assert len(world.looks()) == 1
    assert world.looks(600) == []
    assert len(world.told) == 1
    world.board.calls[CALL].deadline = world.now + 1
    assert world.looks() == []
    assert world.auditor.findings == []
    assert len(world.looks(10)) == 1, "and when it stops again, again"


def test_after_a_pause_of_everything_the_timers_have_the_first_word(world):
    world.call(deadline=world.now + 1)
    world.now += 3600
    assert world.auditor.look() == [], "the machine slept; timers are about to run"
    assert len(world.looks(INTERVAL)) == 1


@pytest.mark.parametrize(("pause", "is_told"), [(2.0, True), (4.0, True), (4.5, False)])
def test_one_look_missed_is_no_pause(world, pause, is_told):
    world.call(deadline=world.now - 5)
    world.now += pause
    assert bool(world.auditor.look()) is is_told


def test_the_engine_s_own_log_names_the_case_and_no_client(world):
    world.call(deadline=world.now - 5)
    with capture_logs() as lines:
        world.looks()
        world.board.calls.clear()
        world.looks()
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("should have moved", "error"),
        ("moved after all", "info"),
    ]
    assert {line["incident"] for line in lines} == {CASE}


def test_the_first_look_after_a_start_accuses_nobody():
    board = Board(deadline=(0.0, CASE))
    auditor = Auditor(board, lambda: 1000.0, print, is_called_back=lambda _: False)
    assert auditor.look() == []
    assert len(auditor.look()) == 1


def test_a_report_that_fails_is_no_end(world):
    def fails(_):
        raise RuntimeError("no engine")

    world.auditor._report = fails
    world.call(deadline=world.now - 5)
    world.tree()
    assert len(world.looks()) == 2


def test_a_check_that_fails_hides_neither_the_others_nor_what_it_found(world):
    world.call(deadline=world.now - 5)
    world.looks()
    world.board.calls[CALL] = None
    world.tree()
    assert [one.what for one in world.looks()] == ["tree"]
    assert {one.what for one in world.auditor.findings} == {"deadline", "tree"}
    assert "the auditor cannot check: deadline" in world.auditor.reasons()
    assert world.auditor.gauges()["checks_failing"] >= 1
    world.board.calls.clear()
    world.looks()
    assert not any("cannot check" in reason for reason in world.auditor.reasons())


def test_what_a_check_found_stands_while_that_check_alone_fails(world):
    world.call(deadline=world.now - 5)
    world.tree()
    assert len(world.looks()) == 2
    world.board.trees.clear()

    def fails():
        raise RuntimeError("a defect")

    world.board.next_deadline = fails
    with capture_logs() as lines:
        assert world.looks(20) == []
    assert [one.what for one in world.auditor.findings] == ["deadline"]
    assert [line["event"] for line in lines].count("the auditor cannot check") == 1


# ---------------------------------------------------------------- who watches the watcher


def test_ready_while_it_looks_and_nothing_stands_still(world):
    world.looks(60)
    assert world.auditor.reasons() == []
    assert world.auditor.gauges() == {
        "heartbeat_age_seconds": 0.0,
        "findings": 0.0,
        "reported": 0.0,
        "checks_failing": 0.0,
    }


def test_what_stands_still_is_a_reason_without_names(world):
    world.call(deadline=world.now - 5)
    world.looks()
    assert world.auditor.reasons() == ["should have moved and did not: deadline (1)"]
    assert world.auditor.gauges()["findings"] == 1.0
    world.board.calls.clear()
    world.looks()
    assert world.auditor.reasons() == []
    assert world.auditor.gauges()["reported"] == 1.0


def test_an_auditor_that_has_died_is_a_reason(world):
    world.now += SILENT_TIME
    assert world.auditor.reasons() == []
    world.now += 1
    assert world.auditor.reasons() == ["the auditor has not looked for 11 s"]
    assert world.auditor.gauges()["heartbeat_age_seconds"] == 11.0
    world.auditor.look()
    assert world.auditor.reasons() == []


def test_an_auditor_that_never_began_is_a_reason():
    now = [1000.0]
    auditor = Auditor(Board(), lambda: now[0], print, is_called_back=lambda _: False)
    assert auditor.reasons() == []
    now[0] += SILENT_TIME + 1
    assert auditor.reasons() == ["the auditor has not looked for 11 s"]


async def test_it_runs_until_it_is_cancelled():
    looked = asyncio.Event()
    count = 0

    class Counting(Board):
        def next_deadline(self):
            nonlocal count
            count += 1
            if count == 3:
                looked.set()
            raise RuntimeError("a defect does not end it")

    auditor = Auditor(
        Counting(), lambda: 1000.0, print, is_called_back=lambda _: False, interval=0.001
    )
    task = asyncio.create_task(auditor.run())
    await asyncio.wait_for(looked.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
