"""What an operator does with the buttons of his page, and with his own shift."""

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import Cause, OperatorId
from tests.stories.line import FALLBACK, Line


def kinds(outcomes: list[object]) -> list[str]:
    return [type(x).__name__ for x in outcomes]


# ---------------------------------------------------------------- answer


def test_answer_while_his_phone_rings_makes_it_pick_up_by_itself() -> None:
    line = Line(is_cloned=True, is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    first = line.leg_of("ann")

    outcomes = line.presses(e.AnswerPressed, "ann", call)

    assert kinds(outcomes) == ["HangUp"]
    assert line.last(c.HangUp).leg_id == first
    assert line.state_of("ann") == "ringing"
    line.settles()
    ring = line.last(c.RingOperator)
    assert ring.is_auto_answered
    assert ring.leg_id != first
    line.picks_up("ann")
    assert line.hears(call) == ring.leg_id
    assert not line.all(e.OperatorMissed)


def test_answer_then_picked_up_by_hand_meanwhile_rings_again_and_picks_up() -> None:
    """The old leg was told to end and will; whoever answered it is put through anyway."""
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    first = line.leg_of("ann")
    line.presses(e.AnswerPressed, "ann", call)
    line.phones[first].is_up = True
    assert kinds(line.tell(e.LegAnswered(leg_id=first))) == ["HangUp"]
    line.settles()
    assert line.last(c.RingOperator).is_auto_answered
    line.picks_up("ann")
    assert line.call(call).state == "talking"


def test_answer_after_he_picked_up_by_hand_changes_nothing() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    line.picks_up("ann")
    assert kinds(line.presses(e.AnswerPressed, "ann", call)) == ["Ignored"]
    assert line.call(call).state == "talking"


def test_answer_pressed_twice_is_one_answer() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    line.presses(e.AnswerPressed, "ann", call)
    assert kinds(line.presses(e.AnswerPressed, "ann", call)) == ["Ignored"]
    assert len(line.all(c.RingOperator)) == 2


def test_a_phone_that_never_says_it_stopped_is_rung_after_two_seconds() -> None:
    line = Line(is_slow_to_end=True)
    line.ready("ann")
    call = line.calls()
    line.presses(e.AnswerPressed, "ann", call)
    assert line.ringing() == []
    line.fast_forward(2)
    assert line.ringing() == ["ann"]
    assert line.last(c.RingOperator).is_auto_answered


def test_taking_a_call_that_rings_at_another_s_phone() -> None:
    line = Line(is_cloned=True)
    line.ready("ann", "bob")
    call = line.calls()
    assert line.ringing() == ["ann"]

    line.presses(e.AnswerPressed, "bob", call)

    assert line.ringing() == ["ann", "bob"], "until his phone has answered"
    assert line.last(e.OperatorChosen).operators == ("bob",)
    assert line.last(e.OperatorChosen).reason.endswith("taken at the desk")
    line.picks_up("bob")
    assert line.ringing() == []
    assert line.call(call).operator == "bob"
    assert line.last(c.HangUp).is_answered_elsewhere
    assert line.state_of("ann") == "ready"


def test_taking_a_call_that_waits_out_of_its_turn() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.calls(urgency=1)
    line.calls(urgency=4)
    line.gives_up("call-1")
    assert line.state_of("ann") == "wrap_up"
    line.presses(e.AnswerPressed, "ann", "call-3")
    assert line.ringing("call-3") == ["ann"]
    assert line.last(c.RingOperator).is_auto_answered


@pytest.mark.parametrize(
    ("situation", "reason"),
    [
        ("on break", "operator is on_break"),
        ("talking", "operator is talking"),
        ("ringing", "operator is ringing"),
        ("no phone", "no phone"),
    ],
)
def test_who_is_not_free_cannot_take_a_call(situation: str, reason: str) -> None:
    line = Line()
    line.ready("bob")
    match situation:
        case "on break":
            line.on_break("bob")
        case "no phone":
            line.station_down("bob")
        case _:
            line.calls()
            if situation == "talking":
                line.picks_up("bob")
    call = line.calls()
    outcomes = line.presses(e.AnswerPressed, "bob", call)
    assert outcomes == [
        e.AnswerRefused(
            incident_id=line.call(call).incident_id,
            call_id=line.call(call).call_id,
            operator=OperatorId("bob"),
            reason=reason,
        )
    ]


def test_somebody_who_never_signed_in_takes_nothing() -> None:
    line = Line()
    call = line.calls()
    assert kinds(line.presses(e.AnswerPressed, "nobody", call)) == ["Ignored"]


def test_a_phone_that_is_not_picked_up_after_answer_is_a_miss() -> None:
    line = Line()
    line.ready("ann", "bob")
    call = line.calls()
    line.presses(e.AnswerPressed, "bob", call)
    line.fast_forward(20)
    assert [x.operator for x in line.all(e.OperatorMissed)] == ["bob"]
    assert line.ringing() == ["ann"]


def test_who_takes_a_call_he_had_let_ring_out_is_rung_at_once() -> None:
    line = Line()
    line.ready("ann", "bob")
    call = line.calls()
    line.fast_forward(10)
    assert line.ringing() == ["bob"]
    line.presses(e.AnswerPressed, "ann", call)
    assert line.ringing() == ["ann", "bob"]


# ---------------------------------------------------------------- hang up, refuse


def test_hanging_up_what_rings_is_a_refusal_and_the_next_is_rung() -> None:
    line = Line()
    line.ready("ann", "bob")
    call = line.calls()
    line.presses(e.HangUpPressed, "ann", call)
    assert line.ringing() == ["bob"]
    assert line.last(e.OperatorMissed).cause is Cause.REFUSED
    assert line.call(call).seeks


def test_nobody_can_hang_up_a_caller_who_waits() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    call = line.calls()
    assert kinds(line.presses(e.HangUpPressed, "ann", call)) == ["Ignored"]
    assert line.call(call).seeks
    call = line.calls()
    line.ready("bob")
    assert kinds(line.presses(e.HangUpPressed, "cas", "call-2")) == ["Ignored"]


# ---------------------------------------------------------------- the shift


def test_after_a_call_half_a_minute_of_wrap_up() -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.gives_up("call-1")
    assert line.state_of("ann") == "wrap_up"
    assert line.switchboard.next_deadline() == (line.now + 30, e.NO_INCIDENT)
    desk = line.switchboard.operators[OperatorId("ann")]
    assert desk.incident_id == line.call("call-1").incident_id
    line.calls()
    line.fast_forward(29.9)
    assert "ann" not in line.ringing(), "the next call honours it"
    line.fast_forward(0.1)
    assert "ann" in line.ringing()
    assert desk.incident_id is None


def test_the_centre_says_how_long_a_wrap_up_lasts_also_after_a_restart() -> None:
    line = Line(is_cloned=True)
    line.tell(e.WrapUpTimeSet(wrap_up_time=120.0))
    line.restart()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.gives_up("call-1")
    assert line.switchboard.operators[OperatorId("ann")].deadline == line.now + 120
    line.calls()
    line.fast_forward(119.9)
    assert "ann" not in line.ringing()
    line.fast_forward(0.1)
    assert "ann" in line.ringing()


def test_ready_ends_wrap_up_early() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.gives_up("call-1")
    line.calls()
    line.fast_forward(5)
    line.ready("ann")
    assert line.ringing() == ["ann"]
    line.fast_forward(26)
    assert len(line.all(c.RingOperator)) == 2


def test_closing_the_case_ends_wrap_up_early() -> None:
    line = Line()
    line.ready("ann")
    line.calls(procedure=None)
    line.picks_up("ann")
    line.gives_up("call-1")
    line.tell(
        e.CloseRequested(
            incident_id=line.call("call-1").incident_id,
            operator=OperatorId("ann"),
            disposition="handled",
        )
    )
    assert line.state_of("ann") == "ready"
    assert line.last(e.OperatorStateChanged).reason == "case closed"


def test_closing_another_case_does_not() -> None:
    line = Line()
    line.calls(procedure=None)
    line.gives_up("call-1")
    line.ready("ann")
    line.calls(caller="+32470000002")
    line.picks_up("ann")
    line.gives_up("call-2")
    line.tell(
        e.CloseRequested(
            incident_id=line.call("call-1").incident_id,
            operator=OperatorId("ann"),
            disposition="handled",
        )
    )
    assert line.state_of("ann") == "wrap_up"


def test_break_while_talking_comes_after_the_call() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.on_break("ann")
    assert line.state_of("ann") == "talking"
    line.gives_up("call-1")
    assert line.state_of("ann") == "on_break"


def test_a_break_that_was_taken_back_is_wrap_up() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.on_break("ann")
    line.ready("ann")
    line.gives_up("call-1")
    assert line.state_of("ann") == "wrap_up"


def test_signing_out_while_talking_leaves_the_call_at_his_phone() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.signs_out("ann")
    assert line.call("call-1").state == "talking"
    line.gives_up("call-1")
    assert line.state_of("ann") == "signed_out"


def test_signing_in_again_during_the_call_keeps_him_here() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.signs_out("ann")
    line.signs_in("ann")
    line.gives_up("call-1")
    assert line.state_of("ann") == "wrap_up"


@pytest.mark.parametrize("way", ["break", "sign out", "station"])
def test_who_goes_while_his_phone_rings_is_followed_by_the_next(way: str) -> None:
    line = Line(is_cloned=True)
    line.ready("ann", "bob")
    line.calls()
    if way == "break":
        line.on_break("ann")
    elif way == "sign out":
        line.signs_out("ann")
    else:
        line.station_down("ann")
    assert line.ringing() == ["bob"]
    expected = {"break": "on_break", "sign out": "signed_out", "station": "ready"}[way]
    assert line.state_of("ann") == expected
    cause = Cause.UNREACHABLE if way == "station" else Cause.REFUSED
    assert line.last(e.OperatorMissed).cause is cause


def test_a_break_has_its_reason() -> None:
    line = Line()
    line.ready("ann")
    line.on_break("ann")
    desk = line.switchboard.operators[OperatorId("ann")]
    assert (desk.state.value, desk.reason, desk.since) == ("on_break", "coffee", line.now)


def test_a_phone_that_is_seen_before_the_sign_in_counts() -> None:
    line = Line()
    line.station_up("ann")
    assert line.state_of("ann") == "signed_out"
    call = line.calls()
    assert line.ringing() == []
    line.signs_in("ann")
    assert line.state_of("ann") == "on_break"
    line.ready("ann")
    assert line.ringing(call) == ["ann"]


def test_ready_without_a_phone_is_not_rung() -> None:
    line = Line()
    line.ready("ann")
    line.station_down("ann")
    line.calls()
    assert line.ringing() == []
    assert line.state_of("ann") == "ready"


def test_ready_and_break_before_signing_in_mean_nothing() -> None:
    line = Line()
    line.station_up("ann")
    assert kinds(line.ready("ann")) == ["Ignored"]
    assert kinds(line.on_break("ann")) == ["Ignored"]
    assert kinds(line.signs_out("ann")) == ["Ignored"]


# ---------------------------------------------------------------- two misses


def test_who_lets_two_calls_ring_out_is_set_on_break() -> None:
    line = Line()
    line.ready("ann")
    line.fast_forward(1)
    line.ready("bob", "cas")
    line.calls()
    line.fast_forward(40)
    assert line.state_of("ann") == "on_break"
    changed = [x for x in line.all(e.OperatorStateChanged) if x.state == "on_break"]
    assert changed[-1].operator == "ann"
    assert changed[-1].reason == "2 calls in a row rang out at his phone"


def test_a_refusal_is_no_miss() -> None:
    line = Line()
    line.ready("ann", "bob")
    for _ in range(5):
        call = line.calls()
        line.rejects(line.ringing(call)[0])
        line.picks_up(line.ringing(call)[0])
        line.gives_up(call)
        line.ready("ann", "bob")
    assert line.state_of("ann") == line.state_of("bob") == "ready"


def test_answering_in_between_clears_the_count() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.fast_forward(10)
    assert line.switchboard.operators[OperatorId("ann")].misses == 1
    line.gives_up("call-1")
    line.on_break("bob")
    line.calls()
    line.picks_up("ann")
    assert line.switchboard.operators[OperatorId("ann")].misses == 0


def test_saying_he_is_ready_clears_the_count() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.fast_forward(10)
    line.ready("ann")
    assert line.switchboard.operators[OperatorId("ann")].misses == 0


def test_the_last_one_is_never_set_on_break() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    line.fast_forward(600)
    assert line.state_of("ann") in ("ready", "ringing")
    assert line.call(call).seeks
    assert len(line.all(e.OperatorMissed)) > 10


def test_the_last_one_cleared_for_a_kind_of_call_is_never_set_on_break() -> None:
    line = Line()
    line.signs_in("ann", clearances=("standard", "high_security"))
    line.ready("ann", "bob")
    line.calls(clearance="high_security")
    line.fast_forward(600)
    assert line.state_of("ann") in ("ready", "ringing")


def test_a_colleague_without_a_phone_does_not_stand_in() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.station_down("bob")
    line.calls()
    line.fast_forward(600)
    assert line.state_of("ann") in ("ready", "ringing")


def test_a_colleague_cleared_for_everything_stands_in() -> None:
    line = Line()
    line.signs_in("bob", clearances=("high_security",))
    line.ready("ann")
    line.fast_forward(1)
    line.ready("bob")
    line.calls(fallback_number=None)
    line.fast_forward(40)
    assert line.state_of("ann") == "on_break"
    assert line.state_of("bob") in ("ready", "ringing")


# ---------------------------------------------------------------- recording, engine


def test_a_recorder_that_fails_stops_no_call_and_raises_a_flag() -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    call = line.calls()
    record = {"call_id": line.call(call).call_id, "recording_id": "call-1-r1"}
    line.tell(e.RecordingStarted(**record))
    assert line.call(call).is_recording
    line.picks_up("ann")
    assert line.tell(e.RecordingFailed(**record, reason="disk full")) == []
    assert line.call(call).recording_failure == "disk full"
    assert not line.call(call).is_recording
    assert line.call(call).state == "talking"
    assert (
        line.tell(e.RecordingGap(**record, side="both", at_time=1.0, seconds=0.2, cause="?"))
        == []
    )


def test_a_recording_that_cannot_be_started_raises_the_same_flag() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    line.tell(
        e.CommandFailed(
            command="StartRecording", reason="no disk", leg_id=line.call(call).leg_id
        )
    )
    assert line.call(call).recording_failure == "no disk"
    line.picks_up("ann")
    assert line.call(call).state == "talking"


def test_a_recording_ends_after_its_call() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    record = {"call_id": line.call(call).call_id, "recording_id": "call-1-r1"}
    line.tell(e.RecordingStarted(**record))
    line.gives_up(call)
    assert line.call(call).is_recording
    assert line.tell(e.RecordingEnded(**record, seconds=3.0, sha256="00")) == []
    assert not line.call(call).is_recording


def test_what_moves_nothing_is_not_called_unknown() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    leg_id = line.call(call).leg_id
    assert line.tell(e.LegRinging(leg_id=line.leg_of("ann"))) == []
    [keyed] = line.tell(e.DigitPressed(leg_id=leg_id, digit="1"))
    assert isinstance(keyed, e.CallerKeyed)
    assert line.tell(e.MediaRestarted(gap_time=0.4)) == []
    assert line.tell(e.TrunkStateChanged(trunk="a", is_up=False)) == []
    assert line.tell(e.CommandFailed(command="Play", reason="?", leg_id=None)) == []
    assert line.tell(e.CommandFailed(command="Play", reason="?", leg_id=e.LegId("x"))) == []


def test_while_the_engine_stops_new_calls_go_to_the_fallback_number() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.picks_up("ann")
    line.tell(e.EngineDraining())
    assert line.switchboard.is_draining
    assert line.call("call-1").state == "talking"
    line.ready("bob")
    call = line.calls()
    assert line.ringing() == [FALLBACK]
    line.ready("cas")
    assert line.ringing() == [FALLBACK]
    line.fast_forward(25)
    assert line.ringing() == ["bob", "cas"], "better an engine that stops later"
    assert line.call(call).seeks


def test_while_the_engine_stops_calls_without_a_fallback_number_are_taken() -> None:
    line = Line()
    line.ready("ann")
    line.tell(e.EngineDraining())
    line.calls(fallback_number=None)
    assert line.ringing() == ["ann"]


def test_a_caller_cut_off_while_the_engine_stops_is_given_to_an_operator() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls()
    line.picks_up("ann")
    line.tell(e.EngineDraining())
    line.hangs_up("ann", Cause.FAILED)
    assert line.ringing() == ["bob"]


def test_a_call_left_to_the_fallback_number_does_not_keep_others_waiting() -> None:
    line = Line()
    line.tell(e.EngineDraining())
    line.calls()
    line.calls(fallback_number=None)
    line.ready("ann")
    assert line.ringing("call-1") == [FALLBACK]
    assert line.ringing("call-2") == ["ann"]
