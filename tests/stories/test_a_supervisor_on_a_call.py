"""Listen, whisper, barge in, take over: who hears whom, who is told, and how each ends."""

from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import CallId, Cause, IncidentId, LegId, OperatorId
from callflows.services import OWN_RING_TIME
from callflows.talking import SILENT_TIME
from tests.stories.visits import Floor, floor

CASE = IncidentId("inc-call-1")
MODES = ("listen", "whisper", "barge")


def legs(room: Floor) -> tuple[str, str, str]:
    """The caller's, the operator's, the supervisor's."""
    call = room.call("call-1")
    return call.leg_id, str(call.operator_leg), room.visit().leg_id


# ---------------------------------------------------------------- who hears whom


def test_her_own_phone_rings_first_and_picks_up_by_itself() -> None:
    room = floor()
    room.comes("listen", why="training")
    order = room.last(c.RingOperator)
    assert (order.operator, order.is_auto_answered, order.is_muted) == ("eva", True, True)
    assert room.state_of("eva") == "visiting"
    assert not room.all(e.VisitBegun), "nobody hears anything before she has picked up"
    room.picks_up("eva")
    begun = room.last(e.VisitBegun)
    assert (begun.operator, begun.colleague, begun.mode) == ("eva", "ann", "listen")
    assert begun.why == "training"


def test_who_listens_hears_both_and_is_heard_by_nobody() -> None:
    room = floor()
    room.visits("listen")
    caller, ann, eva = legs(room)
    assert room.hears_who(eva) == {caller, ann}
    assert room.hearers_of(eva) == set()
    assert room.phones[LegId(eva)].is_muted, "and her phone is closed besides"
    assert room.hears("call-1") == ann


def test_a_whisper_is_for_the_operator_alone() -> None:
    room = floor()
    room.visits("whisper")
    caller, ann, eva = legs(room)
    assert room.hears_who(eva) == {caller, ann}
    assert room.hears_who(ann) == {caller, eva}
    assert room.hears("call-1") == ann, "the caller hears the operator, as before"
    assert not room.phones[LegId(eva)].is_muted


def test_who_barges_in_is_heard_by_all() -> None:
    room = floor()
    room.visits("barge")
    all_three = set(legs(room))
    for leg in all_three:
        assert room.hears_who(leg) == all_three - {leg}


@pytest.mark.parametrize("before", MODES)
@pytest.mark.parametrize("after", MODES)
def test_from_each_way_to_each_other(before: str, after: str) -> None:
    room, same = floor(), floor()
    room.visits(before)
    room.comes(after)
    same.visits(after)
    for leg in legs(room):
        assert room.hears_who(leg) == same.hears_who(leg)
        assert room.phones[LegId(leg)].is_muted == same.phones[LegId(leg)].is_muted
    changed = [(x.previous, x.mode, x.why) for x in room.all(e.VisitChanged)]
    assert changed == ([(before, after, "training")] if before != after else [])
    assert len([x for x in room.all(c.RingOperator) if x.operator == "eva"]) == 1


@pytest.mark.parametrize("mode", MODES)
def test_when_she_leaves_the_two_talk_as_before(mode: str) -> None:
    room = floor()
    room.visits(mode)
    room.fast_forward(12)
    caller, ann, eva = legs(room)
    room.leaves()
    assert LegId(eva) not in room.phones
    assert (room.hears("call-1"), room.hears_who(ann)) == (ann, {caller})
    ended = room.last(e.VisitEnded)
    assert (ended.reason, ended.visit_time) == ("he left", 12.0)
    assert room.state_of("eva") == "on_break", "as she was before"
    assert room.state_of("ann") == "talking"


# ---------------------------------------------------------------- taking over


def test_who_takes_over_is_the_operator_and_owns_the_case() -> None:
    room = floor()
    room.visits("listen")
    caller, ann, eva = legs(room)
    room.comes("take_over", why="danger")
    call = room.call("call-1")
    assert (call.operator, call.operator_leg, room.hears("call-1")) == ("eva", eva, eva)
    assert room.hears_who(eva) == {caller}
    assert not room.phones[LegId(eva)].is_muted
    assert LegId(ann) not in room.phones, "the former operator's phone is free"
    assert (room.state_of("eva"), room.state_of("ann")) == ("talking", "wrap_up")
    assert room.switchboard.incidents[CASE].owner == "eva"
    taken = room.last(e.CallTakenOver)
    assert (taken.operator, taken.former, taken.why) == ("eva", "ann", "danger")
    room.presses(e.HangUpPressed, "ann", "call-1")
    assert not room.call("call-1").is_over, "it is not his any more"
    room.presses(e.HangUpPressed, "eva", "call-1")
    assert room.call("call-1").is_over


def test_she_takes_over_at_once_when_her_phone_is_picked_up() -> None:
    room = floor()
    room.comes("take_over", why="danger")
    assert room.call("call-1").operator == "ann", "nobody is cut off before she is there"
    room.picks_up("eva")
    assert room.call("call-1").operator == "eva"
    assert not room.switchboard.visits


def test_a_held_caller_stays_on_hold_for_the_new_operator_who_takes_him_back() -> None:
    room = floor()
    room.presses(e.HoldPressed, "ann", "call-1")
    room.visits("take_over")
    assert room.hears("call-1") == (("please_hold",), "hold_music")
    room.presses(e.ResumePressed, "eva", "call-1")
    assert room.hears("call-1") == room.call("call-1").operator_leg


def test_a_hold_by_the_former_operator_s_phone_ends_with_it() -> None:
    room = floor()
    room.tell(e.LegHeld(leg_id=LegId(str(room.call("call-1").operator_leg))))
    room.visits("take_over")
    assert room.hears("call-1") == room.call("call-1").operator_leg


def test_she_takes_over_a_call_that_is_being_made_to_the_police() -> None:
    room = floor()
    room.ready("bob")
    room.press("bob", CASE)
    room.picks_up("bob")
    service = room.service()
    room.visits("take_over", service.call_id)
    room.answers_there()
    call = room.call(service.call_id)
    assert (call.operator, room.hears_who(call.operator_leg)) == ("eva", {service.leg_id})
    assert len(room.all(c.DialService)) == 1


# ---------------------------------------------------------------- who may


def test_an_operator_may_not_listen_to_a_colleague() -> None:
    room = floor()
    room.ready("bob")
    room.comes("listen", who="bob")
    assert room.last(e.VisitRefused).reason == "for supervisors only"
    assert room.state_of("bob") == "ready"


def test_clearance_is_a_hard_gate_for_supervisors_too() -> None:
    room = Floor()
    room.supervisor()
    room.signs_in("ann", clearances=("standard", "high_security"))
    room.ready("ann")
    room.calls(clearance="high_security")
    room.picks_up("ann")
    room.comes("listen")
    assert room.last(e.VisitRefused).reason == "clearance"
    assert room.ringing() == []


def test_who_loses_the_clearance_while_listening_is_let_go() -> None:
    room = Floor()
    room.supervisor(clearances=("standard", "high_security"))
    room.signs_in("ann", clearances=("high_security",))
    room.ready("ann")
    room.calls(clearance="high_security")
    room.picks_up("ann")
    room.visits("barge")
    room.supervisor(clearances=("standard",))
    assert room.last(e.VisitEnded).reason == "clearance"
    assert not room.switchboard.visits


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("no call", "there is no such call"),
        ("waiting", "no operator is on that call"),
        ("own call", "you are in a call yourself"),
        ("elsewhere", "you are on another colleague's call"),
        ("second", "another supervisor is on that call"),
        ("no phone", "no phone"),
        ("signed out", "not signed in"),
        ("over", "there is no such call"),
    ],
)
def test_why_she_may_not(how: str, reason: str) -> None:
    room, call = floor(), "call-1"
    match how:
        case "no call":
            call = "call-9"
        case "waiting":
            call = room.calls()
        case "own call":
            room.ready("eva")
            room.calls()
            room.picks_up("eva")
        case "elsewhere":
            room.ready("bob")
            call = room.calls()
            room.picks_up("bob")
            room.visits("listen")
        case "second":
            room.supervisor("zoe")
            room.visits("listen", who="zoe")
        case "no phone":
            room.station_down("eva")
        case "signed out":
            room.signs_out("eva")
        case "over":
            room.gives_up("call-1", Cause.HUNG_UP)
    room.comes("listen", call)
    assert room.last(e.VisitRefused).reason == reason


def test_a_call_that_rings_at_her_phone_goes_to_another_operator() -> None:
    room = floor()
    room.ready("eva")
    second = room.calls()
    assert room.ringing(second) == ["eva"]
    room.ready("bob")
    room.is_slow_to_end = True
    room.comes("listen")
    assert "bob" in room.ringing(second)
    assert len([x for x in room.all(c.RingOperator) if x.operator == "eva"]) == 1, (
        "her phone is still busy with the call that it was told to stop"
    )
    room.settles()
    assert "eva" in room.ringing("call-1")


# ---------------------------------------------------------------- how each ends


def ends(room: Floor, how: str) -> None:
    """One of the ways in which it may end."""
    caller, ann, eva = legs(room)
    match how:
        case "caller hangs up":
            room.gives_up("call-1", Cause.HUNG_UP)
        case "operator hangs up":
            room.hangs_up("ann")
        case "operator presses hang up":
            room.presses(e.HangUpPressed, "ann", "call-1")
        case "supervisor hangs up":
            room.hangs_up("eva")
        case "operator's phone dies":
            room.hangs_up("ann", Cause.FAILED)
        case "supervisor's phone dies":
            room.hangs_up("eva", Cause.FAILED)
        case "supervisor's phone falls silent and is lost":
            room.tell(e.AudioLost(leg_id=LegId(eva)))
            room.station_down("eva")
        case "supervisor's phone is lost for long":
            room.station_down("eva")
            room.fast_forward(SILENT_TIME)
        case "supervisor signs out":
            room.signs_out("eva")
        case "the engine starts again without her leg":
            room.restart(surviving=[LegId(caller), LegId(ann)])
        case "the engine starts again without the operator's":
            room.restart(surviving=[LegId(caller), LegId(eva)])
        case "the engine starts again without the caller":
            room.restart(surviving=[LegId(eva), LegId(ann)])


TALKS_ON = {
    "supervisor hangs up": "he hung up",
    "supervisor's phone dies": "his phone is gone",
    "supervisor's phone falls silent and is lost": "his phone is gone",
    "supervisor's phone is lost for long": "his phone is gone",
    "supervisor signs out": "he signed out",
    "the engine starts again without her leg": "the engine was restarted",
}
OVER = (
    "caller hangs up",
    "operator hangs up",
    "operator presses hang up",
    "the engine starts again without the caller",
)
BREAKS = ("operator's phone dies", "the engine starts again without the operator's")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", TALKS_ON)
def test_caller_and_operator_talk_on_when_she_is_gone(mode: str, how: str) -> None:
    room = floor()
    room.visits(mode)
    caller, ann, eva = legs(room)
    ends(room, how)
    assert room.last(e.VisitEnded).reason == TALKS_ON[how]
    assert not room.switchboard.visits
    assert LegId(eva) not in room.phones
    assert (room.hears("call-1"), room.hears_who(ann)) == (ann, {caller})
    assert room.state_of("eva") == ("signed_out" if how.endswith("signs out") else "on_break")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", OVER)
def test_the_call_is_over_for_her_too(mode: str, how: str) -> None:
    room = floor()
    room.visits(mode)
    ends(room, how)
    assert room.call("call-1").is_over
    assert room.last(e.VisitEnded).reason == "the call is over"
    assert not room.phones
    assert (room.state_of("eva"), room.state_of("ann")) == ("on_break", "wrap_up")


@pytest.mark.parametrize("mode", ["listen", "whisper"])
@pytest.mark.parametrize("how", BREAKS)
def test_a_caller_who_does_not_hear_her_waits_for_an_operator(mode: str, how: str) -> None:
    room = floor()
    room.visits(mode)
    ends(room, how)
    assert room.call("call-1").is_requeued
    assert room.last(e.VisitEnded).reason == "no operator is on it"
    assert not room.switchboard.visits


@pytest.mark.parametrize("how", BREAKS)
def test_a_caller_who_hears_her_stays_with_her(how: str) -> None:
    room = floor()
    room.visits("barge")
    caller, _, eva = legs(room)
    ends(room, how)
    call = room.call("call-1")
    assert (call.state, call.operator, room.hears("call-1")) == ("talking", "eva", eva)
    assert room.hears_who(eva) == {caller}
    assert room.switchboard.incidents[CASE].owner == "eva"
    assert room.state_of("eva") == "talking"


@pytest.mark.parametrize("mode", MODES)
def test_a_restart_that_everybody_survives_changes_nothing(mode: str) -> None:
    room = floor()
    room.visits(mode)
    before = {
        leg: (room.hears_who(leg), room.phones[LegId(leg)].is_muted) for leg in legs(room)
    }
    room.restart()
    after = {leg: (room.hears_who(leg), room.phones[LegId(leg)].is_muted) for leg in legs(room)}
    assert after == before
    assert len(room.all(e.VisitBegun)) == 1


def test_her_phone_rings_out_and_she_is_where_she_was() -> None:
    room = floor()
    room.comes("listen")
    room.fast_forward(OWN_RING_TIME)
    assert room.last(e.VisitEnded).reason == "his own phone was not picked up"
    assert (room.state_of("eva"), room.ringing()) == ("on_break", [])


@pytest.mark.parametrize("how", ["rejects", "station_down", "signs_out", "leaves"])
def test_however_her_phone_fails_nobody_listens(how: str) -> None:
    room = floor()
    room.comes("listen")
    getattr(room, how)("eva")
    assert not room.switchboard.visits
    assert not room.all(e.VisitBegun)
    assert room.ringing() == []


@pytest.mark.parametrize("mode", MODES)
def test_when_the_call_ends_while_her_phone_rings_it_stops(mode: str) -> None:
    room = floor()
    room.comes(mode)
    room.gives_up("call-1", Cause.HUNG_UP)
    assert room.last(e.VisitEnded).reason == "the call is over"
    assert room.ringing() == []


# ---------------------------------------------------------------- hold and services


def test_while_the_caller_is_on_hold_who_listens_hears_no_room() -> None:
    room = floor()
    room.visits("listen")
    _, ann, eva = legs(room)
    room.presses(e.HoldPressed, "ann", "call-1")
    assert room.hears_who(eva) == set(), "the operator speaks with a neighbour, perhaps"
    room.presses(e.ResumePressed, "ann", "call-1")
    assert room.hears_who(eva) == {room.call("call-1").leg_id, ann}


@pytest.mark.parametrize("mode", ["whisper", "barge"])
def test_while_the_caller_is_on_hold_the_two_confer(mode: str) -> None:
    room = floor()
    room.visits(mode)
    caller, ann, eva = legs(room)
    room.presses(e.HoldPressed, "ann", "call-1")
    assert (room.hears_who(ann), room.hears_who(eva)) == ({eva}, {ann})
    assert room.hears("call-1") == (("please_hold",), "hold_music")
    room.presses(e.ResumePressed, "ann", "call-1")
    assert eva in room.hears_who(ann)
    assert (eva in room.hears_who(caller)) == (mode == "barge")


@pytest.mark.parametrize("mode", MODES)
def test_the_operator_calls_the_police_in_between(mode: str) -> None:
    room = floor()
    room.visits(mode)
    caller, ann, eva = legs(room)
    room.press("ann", CASE)
    assert isinstance(room.phones[LegId(ann)].hears, c.Play), "he hears that it rings"
    room.answers_there()
    police = room.service().leg_id
    assert room.hears_who(eva) == {ann, police}
    assert (eva in room.hears_who(ann)) == (mode != "listen")
    assert (eva in room.hears_who(police)) == (mode == "barge")
    room.presses(e.ResumePressed, "ann", "call-1")
    assert room.hears_who(eva) == {caller, ann, police}
    assert (
        room.hearers_of(eva)
        == {
            "listen": set(),
            "whisper": {ann},
            "barge": {caller, ann, police},
        }[mode]
    )
    room.ends_there()
    assert room.hears_who(eva) == {caller, ann}


@pytest.mark.parametrize("mode", ["whisper", "barge"])
def test_music_of_her_own_phone_reaches_nobody(mode: str) -> None:
    room = floor()
    room.visits(mode)
    _, ann, eva = legs(room)
    room.tell(e.LegHeld(leg_id=LegId(eva)))
    assert room.hearers_of(eva) == set()
    assert room.hears("call-1") == ann
    room.tell(e.LegResumed(leg_id=LegId(eva)))
    assert ann in room.hearers_of(eva)


# ---------------------------------------------------------------- the caller is given away


@pytest.mark.parametrize("mode", MODES)
def test_the_operator_asks_a_colleague_first_and_gives_him_the_caller(mode: str) -> None:
    room = floor()
    room.ready("bob")
    room.visits(mode)
    caller, ann, eva = legs(room)
    room.transfers("ann", "bob", "call-1")
    assert isinstance(room.phones[LegId(ann)].hears, c.Play), "he hears that it rings"
    room.picks_up("bob")
    bob = room.leg_of("bob")
    assert room.hears_who(ann) - {eva} == {bob}, "the two can still hear each other"
    assert room.hears_who(bob) - {eva} == {ann}
    assert (eva in room.hears_who(ann)) == (mode != "listen")
    assert room.hears_who(eva) == {ann, bob}
    assert caller not in room.hearers_of(eva), "he is on hold"
    room.tell(e.CallGiven(operator=OperatorId("ann"), call_id=CallId("call-1")))
    assert room.call("call-1").operator == "bob"
    assert room.hears_who(eva) == {caller, bob}, "she is on the call, whoever has it"
    assert (
        room.hearers_of(eva)
        == {
            "listen": set(),
            "whisper": {bob},
            "barge": {caller, bob},
        }[mode]
    )


@pytest.mark.parametrize("mode", MODES)
def test_who_is_given_away_at_once_waits_for_him_and_not_with_her(mode: str) -> None:
    room = floor()
    room.ready("bob")
    room.visits(mode)
    room.transfers("ann", "bob", "call-1", talks_first=False)
    assert not room.switchboard.visits
    assert room.hears("call-1") == (("please_hold",), "hold_music")
    room.picks_up("bob")
    assert room.call("call-1").operator == "bob"


def test_she_takes_over_a_caller_who_is_being_offered_to_another() -> None:
    room = floor()
    room.ready("bob")
    room.transfers("ann", "bob", "call-1")
    room.visits("take_over")
    assert room.ringing() == []
    assert (room.call("call-1").operator, room.call("call-1").transfer) == ("eva", None)
    assert room.hears("call-1") == room.call("call-1").operator_leg


@pytest.mark.parametrize("mode", MODES)
def test_a_parked_call_has_nobody_to_listen_to(mode: str) -> None:
    room = floor()
    room.visits(mode)
    room.parks("ann", "call-1", 300)
    assert room.last(e.VisitEnded).reason == "no operator is on it"


# ---------------------------------------------------------------- breaks, and the log


def test_a_break_that_she_asks_for_begins_when_she_leaves() -> None:
    room = floor()
    room.ready("eva")
    room.visits("listen")
    room.on_break("eva")
    assert room.state_of("eva") == "visiting"
    room.leaves()
    assert room.state_of("eva") == "on_break"


def test_who_was_ready_is_ready_again_and_rung() -> None:
    room = floor()
    room.ready("eva")
    room.visits("listen")
    waiting = room.calls()
    assert room.ringing(waiting) == []
    room.leaves()
    assert room.ringing(waiting) == ["eva"]


def test_every_line_names_who_on_which_call_why_and_whether_it_was_shown() -> None:
    room = floor()
    room.comes("listen", why="complaint", is_shown=False)
    room.picks_up("eva")
    room.comes("whisper")
    room.leaves()
    facts: list[Any] = [
        room.last(e.VisitBegun),
        room.last(e.VisitChanged),
        room.last(e.VisitEnded),
    ]
    for fact in facts:
        assert (fact.incident_id, fact.call_id, fact.operator) == (CASE, "call-1", "eva")
        assert fact.is_shown is False
    assert facts[0].why == facts[1].why == "complaint"


def test_an_answer_of_the_supervisor_after_the_operator_was_changed_is_hers() -> None:
    """Her answer is no second answer of the call in the figures: the first one counts."""
    room = floor()
    room.visits("barge")
    room.hangs_up("ann", Cause.FAILED)
    answers = [x.operator for x in room.all(e.OperatorAnswered)]
    assert answers == [OperatorId("ann"), OperatorId("eva")]
    assert room.call("call-1").answered_at == 1000.0
