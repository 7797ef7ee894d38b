"""Doors, barriers and cars: who may, who must agree, and what becomes of it."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows import events as e
from callflows.action import (
    ANSWER_TIME,
    APPROVAL_TIME,
    OVER,
    PAUSES,
    TABLE,
    Action,
    ActionState,
    begin_again,
    idempotency_key,
    requested,
)
from callflows.board import Board
from callflows.codec import from_plain, to_plain
from callflows.commands import PerformAction
from callflows.events import IncidentId, OperatorId
from callflows.incident import Incident, IncidentState
from callflows.procedure_run import ProcedureRun

CASE = IncidentId("inc-1")
ANN, BOB = OperatorId("ann"), OperatorId("bob")


class Desk:
    """One case, one action, pretend time."""

    def __init__(self):
        self.board = Board(now=1000.0)
        self.board.incidents[CASE] = Incident(
            incident_id=CASE,
            organisation="acme",
            organisation_name="Acme",
            title="Acme, depot",
            source="alarm",
            urgency=2,
            opened_at=900.0,
            run=ProcedureRun(procedure=None),
        )
        self.action = None

    def said(self):
        outcomes = list(self.board.outcomes)
        self.board.outcomes.clear()
        return outcomes

    def wants(self, operator=ANN, reason="driver is at the gate", **more):
        self.action = requested(
            self.board,
            e.ActionRequested(
                incident_id=CASE,
                action_id="a1",
                operator=operator,
                reason=reason,
                organisation="acme",
                action="gate",
                kind="barrier",
                parameters={"lane": "2"},
                **more,
            ),
        )
        return self.said()

    def tell(self, event):
        """Give an event to the action as the switchboard would; say what followed."""
        before = self.action.state
        transition = TABLE.get((before, type(event)))
        if transition is None or not transition.step(self.board, self.action, event):
            assert self.action.state is before
            assert self.said() == []
            return None
        assert self.action.state in {before, *transition.to}
        is_watched = self.action.timer_id in self.board.timed.get(CASE, {})
        assert is_watched is (self.action.deadline is not None)
        assert (self.action.deadline is None) is self.action.is_over, "a wait has a deadline"
        return self.said()

    def answers(self, outcome, tries=None, **more):
        tries = self.action.tries if tries is None else tries
        return self.tell(
            e.ActionAnswered(
                incident_id=CASE, action_id="a1", tries=tries, outcome=outcome, **more
            )
        )

    def waits(self):
        """Let time pass until the action's deadline."""
        self.board.now = self.action.deadline
        return self.tell(e.DeadlineReached(incident_id=CASE))

    def approves(self, operator):
        return self.tell(e.ActionApproved(incident_id=CASE, action_id="a1", operator=operator))

    def rejects(self, operator, reason=""):
        return self.tell(
            e.ActionRejected(incident_id=CASE, action_id="a1", operator=operator, reason=reason)
        )


@pytest.fixture
def desk():
    return Desk()


# ---------------------------------------------------------------- the stories


def test_an_operator_opens_a_barrier(desk):
    [order] = desk.wants()
    assert order == PerformAction(
        incident_id=CASE,
        action_id="a1",
        idempotency_key=idempotency_key(CASE, "gate", 1),
        tries=1,
        organisation="acme",
        action="gate",
        kind="barrier",
        operator=ANN,
        reason="driver is at the gate",
        parameters={"lane": "2"},
    )
    [done] = desk.answers("done", status=200)
    assert done == e.ActionDone(
        incident_id=CASE, action_id="a1", action="gate", operator=ANN, approved_by=None, tries=1
    )
    assert desk.action.state is ActionState.DONE


def test_two_people_disarm_an_alarm(desk):
    [awaited] = desk.wants(needs_two_people=True)
    assert (type(awaited), awaited.until) == (e.ActionAwaited, 1000 + APPROVAL_TIME)
    [refused] = desk.approves(ANN)
    assert refused.reason == "it takes a second person"
    assert desk.action.state is ActionState.AWAITING
    [order] = desk.approves(BOB)
    assert (type(order), order.operator, order.approved_by) == (PerformAction, ANN, BOB)
    [done] = desk.answers("done")
    assert done.approved_by == BOB


def test_nobody_agrees_in_time(desk):
    desk.wants(needs_two_people=True)
    [dropped] = desk.waits()
    assert dropped.reason == "nobody agreed in time"
    assert desk.approves(BOB) is None, "too late"


def test_the_second_person_agrees_a_moment_too_late(desk):
    desk.wants(needs_two_people=True)
    desk.board.now += APPROVAL_TIME
    assert [type(x) for x in desk.approves(BOB)] == [e.ActionDropped]


@pytest.mark.parametrize(
    ("operator", "reason", "told"),
    [
        (BOB, "wrong car", "rejected by bob: wrong car"),
        (ANN, "", "withdrawn by ann"),
    ],
)
def test_somebody_does_not_want_it(desk, operator, reason, told):
    desk.wants(needs_two_people=True)
    [dropped] = desk.rejects(operator, reason)
    assert dropped.reason == told


def test_the_far_end_is_down_for_a_while(desk):
    keys = {desk.wants()[0].idempotency_key}
    for pause in PAUSES[:3]:
        before = desk.board.now
        [delayed] = desk.answers("failed", status=503)
        assert delayed.reason == "status 503"
        assert delayed.again_at == before + pause
        [order] = desk.waits()
        keys.add(order.idempotency_key)
    assert order.tries == 4
    assert len(keys) == 1, "it can tell that these are one"
    assert [type(x) for x in desk.answers("done")] == [e.ActionDone]


def test_it_is_given_up_and_an_operator_is_told(desk):
    desk.wants()
    for _ in PAUSES:
        assert [type(x) for x in desk.waits()] == [e.ActionDelayed]
        assert [type(x) for x in desk.waits()] == [PerformAction]
    given_up, attention = desk.waits()
    assert (type(given_up), given_up.tries) == (e.ActionGivenUp, len(PAUSES) + 1)
    assert (type(attention), attention.reason) == (
        e.AttentionWanted,
        "gate was not done: no answer",
    )
    assert desk.board.incidents[CASE].attention_since == desk.board.now


def test_a_no_is_not_asked_again(desk):
    desk.wants()
    given_up, attention = desk.answers("refused", status=403)
    assert (given_up.reason, given_up.tries) == ("status 403", 1)
    assert type(attention) is e.AttentionWanted


def test_a_yes_that_comes_after_we_gave_up_is_told_as_such(desk):
    desk.wants()
    desk.answers("refused", status=410)
    [done] = desk.answers("done")
    assert done.is_late


def test_a_yes_to_an_earlier_try_counts(desk):
    desk.wants()
    desk.waits()
    assert [type(x) for x in desk.answers("done", tries=1)] == [e.ActionDone]


def test_a_no_to_an_earlier_try_does_not(desk):
    desk.wants()
    desk.waits()
    assert desk.answers("failed", tries=1) is None, "it is resting"
    desk.waits()
    for outcome in ("failed", "refused"):
        assert desk.answers(outcome, tries=1) is None
    assert desk.action.state is ActionState.PERFORMING


def test_an_answer_to_what_was_never_sent_is_none(desk):
    desk.wants(needs_two_people=True)
    assert desk.answers("done", tries=1) is None
    desk.rejects(BOB)
    assert desk.answers("done", tries=1) is None
    desk.wants()
    assert desk.answers("done", tries=2) is None
    assert desk.answers("done", tries=0) is None


def test_he_changes_his_mind_between_two_tries(desk):
    desk.wants()
    desk.answers("failed")
    assert [type(x) for x in desk.rejects(ANN)] == [e.ActionDropped]
    [done] = desk.answers("done", tries=1)
    assert done.is_late, "the far end did it all the same, and nobody is left in the dark"


def test_before_its_time_a_deadline_means_nothing(desk):
    for needs_two in (True, False):
        desk.wants(needs_two_people=needs_two)
        assert desk.tell(e.DeadlineReached(incident_id=CASE)) is None
    desk.answers("failed")
    assert desk.tell(e.DeadlineReached(incident_id=CASE)) is None


def test_how_long_is_waited_for_what(desk):
    desk.wants(needs_two_people=True)
    assert desk.action.deadline == desk.board.now + 120
    desk.approves(BOB)
    assert desk.action.deadline == desk.board.now + 30
    for pause in (1, 3, 10, 30, 60):
        [delayed] = desk.answers("failed")
        assert desk.action.deadline == delayed.again_at == desk.board.now + pause
        desk.waits()
        assert desk.action.deadline == desk.board.now + 30
    assert len(desk.answers("failed")) == 2


# ---------------------------------------------------------------- refused at once


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_nothing_is_done_without_a_reason(desk, reason):
    [refused] = desk.wants(reason=reason)
    assert (type(refused), refused.reason) == (e.ActionRefused, "a reason is missing")
    assert desk.action is None


def test_nothing_is_done_without_a_name(desk):
    [refused] = desk.wants(operator=OperatorId(""))
    assert refused.reason == "nobody asked for it"
    desk.wants(needs_two_people=True)
    [refused] = desk.approves(OperatorId(""))
    assert refused.reason == "it takes a second person"


def test_nothing_is_done_in_a_case_that_is_closed_or_none(desk):
    desk.board.incidents[CASE].state = IncidentState.CLOSED
    assert [x.reason for x in desk.wants()] == ["the case is not open"]
    desk.board.incidents.clear()
    assert [x.reason for x in desk.wants()] == ["the case is not open"]


# ---------------------------------------------------------------- the key


def test_the_key_says_which_case_which_action_and_which_time():
    keys = {
        idempotency_key(IncidentId(case), action, attempt)
        for case, action, attempt in itertools.product("ab", ("x", "y"), (1, 2))
    }
    assert len(keys) == 8
    assert idempotency_key(CASE, "gate", 1) == idempotency_key(CASE, "gate", 1)
    assert idempotency_key(IncidentId('a", "b'), "c", 1) != idempotency_key(
        IncidentId("a"), 'b", "c', 1
    )
    assert idempotency_key(IncidentId("i"), "a", 12) != idempotency_key(
        IncidentId("i"), "a1", 2
    )


def test_asked_for_a_second_time_it_has_another_key(desk):
    [first] = desk.wants()
    [second] = desk.wants(attempt=2)
    assert first.idempotency_key != second.idempotency_key


# ---------------------------------------------------------------- restart


def test_after_a_restart_what_was_sent_is_sent_again_under_the_same_key(desk):
    [order] = desk.wants()
    plain = json.loads(json.dumps(to_plain(desk.action), sort_keys=True))
    desk.action = from_plain(Action, plain)
    assert to_plain(desk.action) == plain
    desk.board.now += 5
    begin_again(desk.board, desk.action)
    assert desk.said() == [order]
    assert desk.action.deadline == desk.board.now + ANSWER_TIME


def test_after_a_restart_what_waits_waits_on(desk):
    desk.wants(needs_two_people=True)
    deadline = desk.action.deadline
    begin_again(desk.board, desk.action)
    assert desk.said() == []
    assert desk.action.deadline == deadline


# ---------------------------------------------------------------- every state, every event

EVENTS = (
    [e.ActionApproved(incident_id=CASE, action_id="a1", operator=o) for o in (ANN, BOB)]
    + [e.ActionRejected(incident_id=CASE, action_id="a1", operator=BOB, reason="no")]
    + [
        e.ActionAnswered(incident_id=CASE, action_id="a1", tries=tries, outcome=outcome)
        for tries in (0, 1, 2)
        for outcome in ("done", "refused", "failed")
    ]
    + [e.DeadlineReached(incident_id=CASE)]
)


@given(st.booleans(), st.lists(st.tuples(st.sampled_from(EVENTS), st.floats(0, 200))))
def test_whatever_happens_nothing_is_sent_without_a_second_person(needs_two, steps):
    desk = Desk()
    outcomes = desk.wants(needs_two_people=needs_two)
    agreed = not needs_two
    for event, pause in steps:
        desk.board.now += pause
        was_over = desk.action.state in OVER
        followed = desk.tell(event) or []
        agreed |= isinstance(event, e.ActionApproved) and event.operator == BOB
        assert agreed or not any(isinstance(x, PerformAction) for x in followed)
        assert not (was_over and any(isinstance(x, PerformAction) for x in followed))
        outcomes += followed
    orders = [x for x in outcomes if isinstance(x, PerformAction)]
    assert [x.tries for x in orders] == list(range(1, len(orders) + 1))
    assert len(orders) <= len(PAUSES) + 1
    assert len({x.idempotency_key for x in orders}) <= 1
    assert sum(isinstance(x, e.ActionDone) for x in outcomes) <= 1


def test_the_tables_moves_are_all_used_and_over_is_over():
    states = {to for move in TABLE.values() for to in move.to}
    assert states | {ActionState.AWAITING} == set(ActionState)
    assert {state for state, event in TABLE if event is e.DeadlineReached} == set(
        ActionState
    ) - OVER
