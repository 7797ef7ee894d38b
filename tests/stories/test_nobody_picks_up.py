"""The ladder: one, the next, all, the fallback number, and hold without end."""

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import Cause
from tests.stories.line import CALLER, DID, FALLBACK, Line

CALM = (("all_busy_calm",), "repeat")


def three() -> Line:
    line = Line(is_cloned=True)
    line.ready("ann", "bob", "cas")
    return line


def test_the_next_is_rung_after_ten_seconds_and_the_first_stops() -> None:
    line = three()
    line.calls()
    assert line.ringing() == ["ann"]
    line.fast_forward(9.9)
    assert line.ringing() == ["ann"]
    line.fast_forward(0.1)
    assert line.ringing() == ["bob"]
    assert line.last(e.OperatorMissed).operator == "ann"
    assert line.last(e.OperatorMissed).cause is Cause.NO_ANSWER
    assert line.last(c.HangUp).cause is Cause.NO_ANSWER
    assert not line.last(c.HangUp).is_answered_elsewhere
    assert [x.leg_id for x in line.all(c.RingOperator)] == ["call-1-o1", "call-1-o2"]


def test_after_two_all_phones_ring_together_for_twenty_seconds() -> None:
    line = three()
    line.calls()
    line.fast_forward(20)
    assert line.ringing() == ["ann", "bob", "cas"]
    assert len(line.all(e.OperatorMissed)) == 1, "the second keeps ringing"
    reasons = [x.reason.split("; ")[-1] for x in line.all(e.OperatorChosen)]
    assert reasons == [
        "urgency 2, first offer",
        "urgency 2, next offer",
        "urgency 2, all who may",
    ]
    line.fast_forward(19.9)
    assert line.ringing() == ["ann", "bob", "cas"]


def test_then_the_fallback_number_showing_the_client_s_own() -> None:
    line = three()
    call = line.calls(presented_number="+3225550177")
    line.fast_forward(40)
    assert line.ringing() == [FALLBACK]
    assert line.last(c.DialNumber).presented_number == "+3225550177"
    assert line.call(call).state == "fallback"


def test_without_a_number_to_present_the_dialled_one_is_shown() -> None:
    line = three()
    line.calls()
    line.fast_forward(40)
    assert line.last(c.DialNumber).presented_number == DID


def test_after_the_fallback_the_caller_is_held_and_everybody_tried_again_and_again() -> None:
    line = three()
    call = line.calls(while_ringing="ringback")
    line.fast_forward(64.9)
    assert line.hears(call) == "ringback"
    line.fast_forward(0.1)
    assert line.hears(call) == CALM
    assert line.last(e.CallQueued).reason.startswith("no operator took it, nor the fallback")
    line.fast_forward(3600)
    assert line.call(call).seeks
    rang = [x.operator for x in line.all(c.RingOperator)]
    assert rang.count("cas") > 30
    assert len(line.all(c.DialNumber)) > 30
    assert line.hears(call) == CALM


def test_the_fallback_number_rings_again_every_minute_for_twenty_five_seconds() -> None:
    line = Line()
    line.calls()
    times = []
    for _ in range(300):
        line.fast_forward(1)
        if FALLBACK in line.ringing():
            times.append(line.now - 1000)
    starts = [t for t in times if t - 1 not in times]
    assert starts == [30, 115, 200, 285]
    assert times.count(54) == 1
    assert 55 not in times


def test_the_only_operator_keeps_ringing_instead_of_being_rung_twice() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    line.fast_forward(29.9)
    assert line.ringing() == ["ann"]
    assert len(line.all(c.RingOperator)) == 1
    line.fast_forward(0.1)
    assert line.ringing() == [FALLBACK]
    assert len(line.all(e.OperatorMissed)) == 1


def test_who_let_it_ring_out_is_rung_again_ten_seconds_later() -> None:
    line = Line()
    line.ready("ann")
    line.calls(fallback_number=None)
    line.fast_forward(30)
    assert line.ringing() == []
    line.fast_forward(9.9)
    assert line.ringing() == []
    line.fast_forward(0.1)
    assert line.ringing() == ["ann"]


def test_a_single_operator_who_refuses_leaves_the_call_waiting() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(fallback_number=None)
    line.rejects("ann")
    assert line.call(call).state == "waiting"


def test_without_a_fallback_number_hold_follows_at_once() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(fallback_number=None)
    line.fast_forward(30)
    assert line.hears(call) == CALM
    assert line.last(e.CallQueued).reason.startswith("no operator took it:")
    line.fast_forward(500)
    assert not line.all(c.DialNumber)
    assert line.call(call).seeks


@pytest.mark.parametrize(
    "cause", [Cause.REFUSED, Cause.BUSY, Cause.UNREACHABLE, Cause.FAILED, Cause.NO_ANSWER]
)
def test_a_phone_that_fails_or_refuses_is_followed_by_the_next_at_once(cause: Cause) -> None:
    line = three()
    line.calls()
    line.fast_forward(2)
    line.rejects("ann", cause)
    assert line.ringing() == ["bob"]
    assert line.last(e.OperatorMissed).cause is cause
    assert line.state_of("ann") == "ready"


def test_who_refused_is_left_in_peace_while_others_can_be_rung() -> None:
    line = three()
    line.calls()
    line.rejects("ann")
    line.rejects("bob")
    assert line.ringing() == ["cas"], "all who may: those who refused may not"
    line.fast_forward(29.9)
    assert "ann" not in line.ringing()
    line.fast_forward(0.1)
    assert "ann" in line.ringing()


def test_who_let_it_ring_out_is_rung_again_with_all_the_others() -> None:
    line = three()
    line.calls()
    line.fast_forward(10)
    line.rejects("bob")
    assert line.ringing() == ["ann", "cas"]


def test_a_command_that_cannot_be_carried_out_counts_as_the_leg_s_failure() -> None:
    line = three()
    line.calls()
    leg_id = line.leg_of("ann")
    line.phones.pop(leg_id)
    line.tell(e.CommandFailed(command="RingOperator", reason="no such phone", leg_id=leg_id))
    assert line.ringing() == ["bob"]
    assert line.last(e.OperatorMissed).cause is Cause.FAILED


def test_a_prompt_that_fails_ends_nobody_s_call() -> None:
    line = three()
    call = line.calls()
    leg_id = line.call(call).leg_id
    for command in ("Play", "SignalRinging", "StartRecording"):
        assert line.tell(e.CommandFailed(command=command, reason="?", leg_id=leg_id)) == []
    assert line.ringing() == ["ann"]


def test_a_caller_who_cannot_be_answered_is_let_go_as_a_fault() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    leg_id = line.call(call).leg_id
    line.tell(e.CommandFailed(command="AnswerCaller", reason="?", leg_id=leg_id))
    assert line.call(call).ended_by == "abandoned"
    assert line.ringing() == []
    assert leg_id not in line.phones


def test_the_fallback_number_answers() -> None:
    line = Line(is_cloned=True)
    line.ready("ann", "bob")
    call = line.calls()
    line.fast_forward(45)
    line.ready("cas")
    assert line.ringing() == [FALLBACK, "cas"]

    line.picks_up(FALLBACK)

    assert line.call(call).state == "forwarded"
    assert line.hears(call) == line.leg_of(FALLBACK)
    assert line.ringing() == []
    answered = line.last(e.FallbackAnswered)
    assert (answered.number, answered.call_id) == (FALLBACK, call)
    assert line.last(c.HangUp).is_answered_elsewhere
    assert line.state_of("cas") == "ready"
    they_talk(line)
    line.fast_forward(100)
    line.hangs_up(FALLBACK)
    assert line.last(e.CallEnded).ended_by == "operator"
    assert line.last(e.CallEnded).talk_time == 100.0


def test_an_operator_takes_a_forwarded_call_back_from_a_voicemail() -> None:
    line = Line(is_cloned=True)
    call = line.calls()
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    line.ready("ann")
    assert line.ringing() == []

    line.presses(e.AnswerPressed, "ann", call)
    assert line.ringing() == ["ann"]
    assert line.call(call).state == "forwarded"
    line.picks_up("ann")

    assert line.call(call).state == "talking"
    assert line.call(call).operator == "ann"
    assert [p.whose for p in line.phones.values()] == [call, "ann"]


@pytest.mark.parametrize("way", ["ring out", "refuse", "desk"])
def test_a_forwarded_call_stays_forwarded_when_the_operator_s_phone_is_not_picked_up(
    way: str,
) -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    they_talk(line)
    line.ready("ann")
    line.presses(e.AnswerPressed, "ann", call)
    if way == "ring out":
        line.fast_forward(20)
    elif way == "refuse":
        line.rejects("ann")
    else:
        line.presses(e.HangUpPressed, "ann", call)
    assert line.call(call).state == "forwarded"
    assert line.ringing() == []
    assert line.state_of("ann") == "ready"
    line.fast_forward(600)
    assert line.call(call).state == "forwarded"


def test_a_fallback_leg_that_breaks_gives_the_caller_back() -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    line.ready("ann")
    line.hangs_up(FALLBACK, Cause.FAILED)
    assert line.ringing() == ["ann"]
    assert line.last(e.CallRequeued).call_id == call
    assert line.hears(call) == CALM


def test_a_fallback_number_without_audio_is_left_alone() -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    outcomes = line.tell(e.AudioLost(leg_id=line.leg_of(FALLBACK)))
    assert [type(x) for x in outcomes] == [e.Ignored]
    line.fast_forward(100)
    assert line.call(call).state == "forwarded"


def test_the_caller_leaves_the_fallback_call() -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(31)
    line.picks_up(FALLBACK)
    line.fast_forward(10)
    they_talk(line)
    line.gives_up(call)
    assert line.last(e.CallEnded).ended_by == "caller"
    assert line.phones == {}


@pytest.mark.parametrize("cause", list(Cause))
def test_a_fallback_that_fails_is_tried_again_a_minute_later(cause: Cause) -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(30)
    line.fast_forward(5)
    line.rejects(FALLBACK, cause)
    assert line.call(call).state == "waiting"
    line.fast_forward(59.9)
    assert line.ringing() == []
    line.fast_forward(0.1)
    assert line.ringing() == [FALLBACK]


@pytest.mark.parametrize(
    "number",
    [
        "112",
        "101",
        "+32112",
        "+32101",
        "tel:112",
        "0032112",
        "x",
        "+",
        "+32x",
        "+\uff13\uff12",
        "3225550199",
    ],
)
def test_no_flow_ever_dials_an_emergency_number(number: str) -> None:
    line = Line()
    call = line.calls(fallback_number=number)
    assert line.last(e.DialRefused).number == number
    line.fast_forward(600)
    assert not line.all(c.DialNumber)
    assert line.call(call).seeks
    assert line.hears(call) == CALM


def test_the_caller_gives_up_while_the_fallback_number_rings() -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(31)
    line.gives_up(call)
    assert line.phones == {}
    assert line.last(e.CallAbandoned).waiting_time == 31.0


def test_the_notice_is_not_cut_off_by_the_hold_message() -> None:
    line = Line()
    call = line.calls()
    assert line.hears(call) == (("recording_notice",), "ringback")
    line.fast_forward(7)
    line.tell(
        e.PromptEnded(
            leg_id=line.call(call).leg_id,
            prompt="recording_notice",
            played_time=7.0,
            is_complete=True,
        )
    )
    assert line.hears(call) == CALM
    assert line.call(call).notice_heard_time == 7.0


def test_the_hold_message_comes_even_when_the_notice_s_end_is_never_told() -> None:
    line = Line()
    call = line.calls()
    line.fast_forward(14.9)
    assert line.hears(call) == (("recording_notice",), "ringback")
    line.fast_forward(0.1)
    assert line.hears(call) == CALM
    assert line.call(call).notice_heard_time == 15.0


def test_other_prompts_and_other_legs_do_not_end_the_notice() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    for leg_id, prompt in (
        (line.call(call).leg_id, "please_hold"),
        (line.leg_of("ann"), "recording_notice"),
    ):
        line.tell(
            e.PromptEnded(leg_id=leg_id, prompt=prompt, played_time=1.0, is_complete=True)
        )
    assert line.call(call).notice_heard_time is None


def test_hold_after_the_notice_was_heard_comes_at_once() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(fallback_number=None, caller=CALLER)
    line.tell(
        e.PromptEnded(
            leg_id=line.call(call).leg_id,
            prompt="recording_notice",
            played_time=6.0,
            is_complete=True,
        )
    )
    assert line.hears(call)[0] == ("recording_notice",)
    line.rejects("ann")
    assert line.hears(call) == CALM


# ---------------------------------------------------------------- the fallback is a voicemail


def at_the_fallback(**line: object) -> tuple[Line, str]:
    """Nobody of ours is there, and something picked up the client's fallback number."""
    story = Line(is_cloned=True)
    call = story.calls(**line)
    story.fast_forward(31)
    story.picks_up(FALLBACK)
    return story, call


def sounds_like_a_machine(line: Line, evidence: str = "long_greeting") -> None:
    line.tell(e.MachineSuspected(leg_id=line.leg_of(FALLBACK), evidence=evidence))


def they_talk(line: Line) -> None:
    """Whoever is at the fallback number has answered what the caller said, twice."""
    line.tell(e.ConversationHeard(leg_id=line.leg_of(FALLBACK)))


def greeting_ends(line: Line, evidence: str) -> None:
    line.tell(e.GreetingEnded(leg_id=line.leg_of(FALLBACK), evidence=evidence))


def test_whoever_answers_the_fallback_number_is_listened_to() -> None:
    line, _ = at_the_fallback()
    assert line.last(c.DialNumber).is_screened


def test_a_greeting_without_end_is_a_voicemail_and_the_caller_is_taken_back() -> None:
    line, call = at_the_fallback()
    line.fast_forward(3)
    sounds_like_a_machine(line)
    line.fast_forward(3.9)
    assert line.call(call).state == "forwarded", "a guard may greet for as long"
    line.fast_forward(0.1)
    assert line.call(call).seeks
    assert line.hears(call) == CALM, "never silence, and never the machine"
    assert [p.whose for p in line.phones.values()] == [call], "its leg is ended"
    missed = line.last(e.FallbackMissed)
    assert (missed.number, missed.cause) == (FALLBACK, "voicemail")
    case = line.switchboard.incidents[line.call(call).incident_id]
    assert case.attention == [f"the fallback number {FALLBACK} is a voicemail"]


def test_the_next_operator_who_is_ready_has_him_and_the_voicemail_was_no_answer() -> None:
    line, call = at_the_fallback()
    sounds_like_a_machine(line)
    line.fast_forward(4)
    assert line.call(call).answered_at is None
    line.fast_forward(9)
    line.ready("ann")
    assert line.ringing() == ["ann"]
    line.picks_up("ann")
    assert line.call(call).answered_at == line.now
    assert line.call(call).waiting_time(line.now) == 44.0
    line.fast_forward(5)
    line.gives_up(call)
    assert line.last(e.CallEnded).talk_time == 5.0, "nobody talked to the machine"


def test_whoever_gives_up_after_the_voicemail_is_called_back() -> None:
    line, call = at_the_fallback()
    sounds_like_a_machine(line, "beep")
    line.fast_forward(1)
    line.gives_up(call)
    assert line.last(e.CallAbandoned).waiting_time == 32.0
    line.ready("ann")
    line.fast_forward(5)
    assert line.ringing() == ["ann"]


def test_whoever_hears_the_machine_sooner_than_we_do_is_called_back_as_well() -> None:
    line, call = at_the_fallback()
    line.fast_forward(9.9)
    line.gives_up(call)
    assert line.last(e.CallBackPlanned).call_id == call


def test_the_voicemail_s_number_is_tried_again_a_minute_later() -> None:
    line, call = at_the_fallback()
    sounds_like_a_machine(line, "tones")
    line.fast_forward(59.9)
    assert line.ringing() == []
    line.fast_forward(0.1)
    assert line.ringing() == [FALLBACK]
    line.picks_up(FALLBACK)
    they_talk(line)
    line.fast_forward(120)
    assert line.call(call).state == "forwarded", "this time somebody is there"
    assert line.call(call).answered_at == line.now - 120


@pytest.mark.parametrize("evidence", ["beep", "tones", "fax"])
def test_what_no_person_does_needs_no_second_sign(evidence: str) -> None:
    line, call = at_the_fallback()
    sounds_like_a_machine(line, evidence)
    assert line.call(call).seeks


def test_a_short_greeting_is_known_by_its_beep() -> None:
    line, call = at_the_fallback()
    sounds_like_a_machine(line)
    line.fast_forward(2)
    greeting_ends(line, "beep")
    assert line.call(call).seeks
    assert line.last(e.FallbackMissed).cause == "voicemail"


def test_a_guard_with_a_long_sentence_who_then_listens_keeps_the_caller() -> None:
    line, call = at_the_fallback()
    sounds_like_a_machine(line)
    line.fast_forward(2)
    greeting_ends(line, "silence")
    line.fast_forward(600)
    assert line.call(call).state == "forwarded"


def test_a_guard_who_greeted_shortly_may_speak_for_as_long_as_he_likes() -> None:
    line, call = at_the_fallback()
    line.fast_forward(8)
    sounds_like_a_machine(line, "long_speech")
    line.fast_forward(600)
    assert line.call(call).state == "forwarded"


@pytest.mark.parametrize("evidence", ["beep", "long_greeting"])
def test_a_beep_in_the_middle_of_a_talk_ends_nothing(evidence: str) -> None:
    line, call = at_the_fallback()
    line.fast_forward(31)
    sounds_like_a_machine(line, evidence)
    greeting_ends(line, "beep")
    line.fast_forward(600)
    assert line.call(call).state == "forwarded"


def test_a_full_mailbox_that_hangs_up_does_not_end_the_caller_s_call() -> None:
    line, call = at_the_fallback()
    line.fast_forward(6)
    line.hangs_up(FALLBACK)
    assert line.call(call).seeks
    assert line.hears(call) == CALM
    assert line.last(e.FallbackMissed).cause == "hung_up"


def test_an_operator_who_is_just_taking_him_back_is_rung_on() -> None:
    line, call = at_the_fallback()
    line.ready("ann")
    line.presses(e.AnswerPressed, "ann", call)
    sounds_like_a_machine(line, "beep")
    assert line.ringing() == ["ann"]
    assert line.call(call).state == "offered"
    line.picks_up("ann")
    assert line.hears(call) == line.leg_of("ann")


def test_a_machine_that_is_suspected_during_a_restart_is_one_afterwards() -> None:
    line, call = at_the_fallback()
    sounds_like_a_machine(line)
    line.restart()
    line.fast_forward(4)
    assert line.call(call).seeks
    assert line.hears(call) == CALM


def test_a_sign_on_the_caller_s_own_line_means_nothing() -> None:
    line, call = at_the_fallback()
    leg_id = line.call(call).leg_id
    for event in (
        e.MachineSuspected(leg_id=leg_id, evidence="beep"),
        e.GreetingEnded(leg_id=leg_id, evidence="beep"),
    ):
        assert [type(x) for x in line.tell(event)] == [e.Ignored]
    assert line.call(call).state == "forwarded"


# ---------------------------------------------------------------- who is at the fallback?


def a_short_voicemail() -> tuple[Line, str]:
    """It greets for four seconds, does not beep, and records whatever the caller says."""
    line, call = at_the_fallback()
    line.fast_forward(3.1)
    sounds_like_a_machine(line)
    line.fast_forward(1.9)
    greeting_ends(line, "silence")
    return line, call


def test_a_voicemail_that_does_not_beep_is_no_human_however_long_it_records() -> None:
    line, call = a_short_voicemail()
    line.fast_forward(300)
    line.gives_up(call)
    assert line.all(e.CallEnded) == []
    assert line.last(e.CallAbandoned).call_id == call
    assert line.last(e.CallBackPlanned).call_id == call, "nobody has heard him"


def test_operators_are_rung_for_a_caller_who_may_be_with_a_voicemail() -> None:
    line, call = a_short_voicemail()
    line.ready("ann")
    line.fast_forward(24.9)
    assert line.ringing() == [], "a guard gets half a minute in peace"
    line.fast_forward(0.1)
    assert line.ringing() == ["ann"]
    assert line.last(e.CallQueued).reason == (
        "nobody is known to be at the fallback number: 1 free"
    )
    assert line.call(call).state == "forwarded"
    assert line.hears(call) == line.leg_of(FALLBACK), "should it be a guard, he keeps him"
    line.picks_up("ann")
    assert line.hears(call) == line.leg_of("ann")
    assert [p.whose for p in line.phones.values()] == [call, "ann"], "the voicemail's is ended"
    assert line.call(call).answered_at == line.now, "the voicemail was no answer"
    line.fast_forward(7)
    line.gives_up(call)
    assert line.last(e.CallEnded).talk_time == 7.0


def test_they_are_rung_until_one_takes_him_whoever_becomes_ready_when() -> None:
    line, call = a_short_voicemail()
    line.fast_forward(60)
    assert [row.call_id for row in line.switchboard.waiting()] == [call]
    line.ready("ann")
    assert line.ringing() == ["ann"]
    line.rejects("ann")
    assert line.ringing() == []
    line.ready("bob")
    assert line.ringing() == ["bob"]
    line.fast_forward(30)
    assert "ann" in line.ringing(), "she is asked again"
    line.fast_forward(600)
    assert line.call(call).state == "forwarded"
    assert line.all(e.FallbackMissed) == [], "and it is never taken for a machine either"


def test_a_guard_who_answers_the_caller_has_him_for_himself() -> None:
    line, _ = at_the_fallback()
    line.fast_forward(20)
    they_talk(line)
    proved = line.last(e.FallbackProved)
    assert (proved.number, proved.proof) == (FALLBACK, "talk")
    line.ready("ann")
    line.fast_forward(600)
    assert line.ringing() == []
    assert line.switchboard.waiting() == []
    line.hangs_up(FALLBACK)
    assert line.last(e.CallEnded).talk_time == 620.0


def test_so_has_one_who_presses_a_key() -> None:
    line, call = at_the_fallback()
    line.tell(e.DigitPressed(leg_id=line.leg_of(FALLBACK), digit="1"))
    assert line.last(e.FallbackProved).proof == "key"
    sounds_like_a_machine(line, "beep")
    assert line.call(call).state == "forwarded", "it was the key that beeped"


def test_the_caller_s_own_keys_prove_nobody() -> None:
    line, call = at_the_fallback()
    line.tell(e.DigitPressed(leg_id=line.call(call).leg_id, digit="1"))
    assert line.all(e.FallbackProved) == []
    assert line.last(e.CallerKeyed).meaning == "police", "his key still is an answer"


def test_phones_that_ring_meanwhile_stop_when_it_was_a_guard() -> None:
    line, call = at_the_fallback()
    line.ready("ann")
    line.fast_forward(31)
    assert line.ringing() == ["ann"]
    they_talk(line)
    assert line.ringing() == []
    assert line.state_of("ann") == "ready"
    assert line.last(c.HangUp).is_answered_elsewhere
    assert line.hears(call) == line.leg_of(FALLBACK)


def test_but_not_the_phone_of_an_operator_who_takes_him() -> None:
    line, call = at_the_fallback()
    line.ready("ann")
    line.presses(e.AnswerPressed, "ann", call)
    they_talk(line)
    assert line.ringing() == ["ann"]
    line.picks_up("ann")
    assert line.hears(call) == line.leg_of("ann")


def test_a_conversation_with_a_beep_in_its_first_half_minute_is_a_machine_s() -> None:
    line, call = at_the_fallback()
    they_talk(line)
    sounds_like_a_machine(line, "beep")
    assert line.call(call).seeks
    assert line.call(call).answered_at is None


def test_a_mailbox_that_hangs_up_when_it_is_full_gives_him_back_after_minutes_too() -> None:
    line, call = a_short_voicemail()
    line.ready("ann")
    line.fast_forward(28)
    assert line.ringing() == ["ann"]
    line.fast_forward(20)
    line.hangs_up(FALLBACK)
    assert line.call(call).seeks
    assert line.hears(call) == CALM
    assert line.last(e.FallbackMissed).cause == "hung_up"


def test_who_is_with_nobody_known_is_so_after_a_restart_as_well() -> None:
    line, call = a_short_voicemail()
    line.ready("ann")
    line.fast_forward(10)
    line.restart()
    line.fast_forward(20)
    assert line.ringing() == ["ann"]
    line.restart()
    assert [row.call_id for row in line.switchboard.waiting()] == [call]
    they_talk(line)
    assert line.switchboard.waiting() == []
