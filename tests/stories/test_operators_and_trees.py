"""Operators watch the tree, and step in whenever they want."""

import pytest

from callflows import commands as c
from callflows import events as e
from tests.stories.keyholders import CASE, OP, TREE, Night, level, person, plan


def test_a_paused_tree_calls_nobody_new_and_keeps_its_place() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.press(e.PauseTreePressed)
    assert night.rings() == ["ann"], "who is being rung goes on ringing"
    night.fast_forward(60)
    assert night.state == "paused"
    assert night.called() == ["ann"]
    night.press(e.ResumeTreePressed)
    assert night.rings() == ["ben"]


def test_operators_are_reminded_of_a_tree_that_waits() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.press(e.PauseTreePressed)
    night.fast_forward(299)
    assert night.wants_an_operator() == []
    night.fast_forward(2)
    assert night.wants_an_operator() == ["call tree intrusion has been waiting: paused by op"]
    night.tell(e.CaseTaken(incident_id=CASE, operator=OP))
    night.fast_forward(300)
    assert len(night.wants_an_operator()) == 1, "and again"


def test_somebody_accepts_while_the_tree_is_paused() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.press(e.PauseTreePressed)
    night.accepts("ann")
    assert night.state == "taken"


def test_a_skipped_person_stops_ringing_and_the_next_is_called() -> None:
    night = Night()
    night.begins(level("ann", "ben"), rounds=2)
    night.press(e.SkipKeyholderPressed, person="ann")
    assert night.rings() == ["ben"]
    night.fast_forward(200)
    assert night.called() == ["ann", "ben", "ben"]


def test_a_jump_leads_to_the_level_at_once() -> None:
    night = Night()
    night.begins(level("ann", "ben"), level("cas"))
    night.press(e.JumpTreePressed, level=1)
    assert night.rings() == ["cas"]


@pytest.mark.parametrize("where", [-1, 1, 99])
def test_a_jump_to_nowhere_changes_nothing(where: int) -> None:
    night = Night()
    night.begins(level("ann"))
    night.press(e.JumpTreePressed, level=where)
    assert night.rings() == ["ann"]
    assert isinstance(night.said[-1][1], e.Ignored)


def test_a_person_is_called_now_whoever_s_turn_it_is() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas"))
    night.press(e.CallKeyholderPressed, person="cas")
    assert night.rings() == ["ann", "cas"]
    assert night.last(e.KeyholderCalled).reason == "called now by op"
    night.press(e.CallKeyholderPressed, person="cas")
    assert night.last(e.TreeRefused).reason == "Cas is being called"
    night.accepts("cas")
    assert night.state == "taken"
    assert night.rings() == []


def test_an_operator_may_call_somebody_outside_the_hours_he_gave_and_the_log_says_so() -> None:
    night = Night()
    night.begins(level("ann", person("cas", windows=((0.0, 1.0),))))
    night.press(e.CallKeyholderPressed, person="cas")
    assert night.rings() == ["ann", "cas"]
    assert night.last(e.KeyholderCalled).reason == "called now by op, outside the hours he gave"


def test_calling_again_takes_the_number_that_was_tried_least() -> None:
    night = Night()
    night.begins(level("dan"))
    night.fast_forward(30)
    night.press(e.StopTreePressed)
    night.press(e.CallKeyholderPressed, person="dan")
    numbers = [x.number for x in night.all(c.DialNumber)]
    assert numbers == ["+32470000014", "+3225550214", "+32470000014"]


def test_whoever_takes_over_stops_every_phone() -> None:
    night = Night()
    night.begins(level("ann", "ben", strategy="all_at_once"))
    night.answers("ben")
    night.press(e.StopTreePressed, reason="I speak with the site")
    assert night.rings() == []
    assert night.told("ben") == ("keyholder_taken",)
    assert night.state == "stopped"
    assert night.last(e.CallTreeEnded).reason == "stopped"
    night.fast_forward(1000)
    assert night.called() == ["ann", "ben"]


def test_an_operator_s_word_counts_as_the_person_s_key() -> None:
    night = Night()
    night.begins(level("ann", "ben", needed=2))
    night.press(e.ConfirmKeyholderPressed, person="ben")
    assert night.last(e.KeyholderAccepted).by == "operator"
    night.accepts("ann")
    assert night.state == "taken"
    assert night.tree.accepted == ["ben", "ann"]


def test_nothing_can_be_pressed_on_a_tree_that_is_over_or_unknown() -> None:
    night = Night()
    night.begins(level("ann"))
    night.accepts("ann")
    for press in (e.PauseTreePressed, e.ResumeTreePressed, e.StopTreePressed):
        night.press(press)
        assert isinstance(night.said[-1][1], e.Ignored)
    night.tell(e.StopTreePressed(tree_id=e.TreeId("x"), operator=OP))
    assert isinstance(night.said[-1][1], e.Ignored)
    assert night.state == "taken"


# ---------------------------------------------------------------- meeting people


def test_zero_brings_an_operator_and_the_tree_waits_for_their_talk() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.answers("ann")
    night.keys("ann", "0")
    assert night.state == "paused"
    call_id = f"{TREE}-k1-c"
    assert night.call(call_id).incident_id == CASE
    assert night.hears(call_id) == (("recording_notice",), "ringback"), "never silence"
    night.ready("op")
    assert night.ringing(call_id) == [] or night.state_of("op") == "ringing"
    night.picks_up("op")
    night.press(e.ConfirmKeyholderPressed, person="ann")
    assert night.state == "taken"
    assert night.call(call_id).state == "talking", "they go on talking"
    assert night.called() == ["ann"]


def test_without_a_word_from_the_operator_the_tree_goes_on_after_the_talk() -> None:
    night = Night()
    night.begins(level("ann", "ben"), rounds=2)
    night.answers("ann")
    night.keys("ann", "0")
    night.ready("op")
    night.picks_up("op")
    night.hangs_up("op")
    night.fast_forward(19)
    assert night.called() == ["ann"], "time to press that he takes charge"
    night.fast_forward(1)
    assert night.rings() == ["ben"]
    night.fast_forward(200)
    assert night.called() == ["ann", "ben", "ben"], "nobody is woken twice for one talk"


def test_a_keyholder_who_gives_up_waiting_for_an_operator_is_called_again_in_his_turn() -> None:
    night = Night()
    night.begins(level("ann"), rounds=2)
    night.answers("ann")
    night.keys("ann", "0")
    night.gives_up(f"{TREE}-k1-c")
    assert night.state == "running"
    assert night.called() == ["ann", "ann"]


def test_who_rings_in_while_he_is_rung_is_recognised_and_stops_being_rung() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.rings_in("ann")
    assert night.call("ring-in").incident_id == CASE
    assert night.rings() == [], "his own phone does not ring against him, nor does another"
    assert night.state == "paused"
    assert night.last(e.KeyholderAskedOperator).is_crossing
    night.fast_forward(90)
    assert night.called() == ["ann"]


@pytest.mark.parametrize("busy_first", [True, False])
def test_busy_and_ringing_in_at_the_same_millisecond(busy_first: bool) -> None:
    night = Night(is_slow_to_end=True)
    night.begins(level("ann"), rounds=3)
    leg_id = night.attempt("ann").leg_id
    if busy_first:
        night.tell(e.LegEnded(leg_id=leg_id, cause=e.Cause.BUSY))
    night.rings_in("ann")
    if not busy_first:
        night.tell(e.LegEnded(leg_id=leg_id, cause=e.Cause.BUSY))
    night.ready("op")
    night.settles()
    night.picks_up("op")
    night.fast_forward(300)
    assert night.called() == ["ann"], "never two wake-ups"
    night.press(e.ConfirmKeyholderPressed, person="ann")
    night.gives_up("ring-in")
    night.fast_forward(300)
    assert night.called() == ["ann"]
    assert night.state == "taken"


def test_he_picks_up_our_call_although_he_is_ringing_in() -> None:
    night = Night(is_slow_to_end=True)
    night.begins(level("ann", "ben"))
    night.rings_in("ann")
    night.answers("ann")
    night.keys("ann", "1")
    assert night.state == "taken"
    assert night.call("ring-in").seeks, "his own call is not lost for that"


def test_he_lands_on_the_operator_who_owns_the_case_although_another_is_idle_longer() -> None:
    night = Night()
    night.ready("zoe")
    night.ready("op")
    night.calls()
    night.on_break("zoe") if night.ringing("call-1") == ["zoe"] else None
    night.picks_up("op")
    night.gives_up("call-1")
    night.ready("zoe")
    night.fast_forward(100)
    night.starts(plan(level("ann")))
    night.rings_in("ann")
    assert night.ringing("ring-in") == ["op"]


def test_who_gives_up_right_after_another_has_spoken_does_not_hold_the_tree_for_ever() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas"))
    night.rings_in("ann")
    night.ready("op")
    night.picks_up("op")
    night.gives_up("ring-in", e.Cause.HUNG_UP)
    night.on_break("op")
    night.fast_forward(5)
    night.rings_in("ben", "ring-in-2")
    night.gives_up("ring-in-2", e.Cause.HUNG_UP)
    assert night.state == "paused", "time to press that Ann takes charge"
    night.fast_forward(15)
    assert (night.state, night.rings()) == ("running", ["ben"])


def test_the_tree_waits_for_whoever_still_speaks_when_another_has_hung_up() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas"))
    night.rings_in("ann")
    night.ready("op", "op2")
    night.picks_up("op")
    night.rings_in("ben", "ring-in-2")
    night.picks_up("op2")
    night.gives_up("ring-in", e.Cause.HUNG_UP)
    night.fast_forward(60)
    assert (night.state, night.called()) == ("paused", ["ann"])
    night.gives_up("ring-in-2", e.Cause.HUNG_UP)
    night.fast_forward(20)
    assert (night.state, night.rings()) == ("running", ["cas"])


def test_an_operator_who_pauses_it_after_the_talk_holds_it_until_he_lets_it_go_on() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.rings_in("ann")
    night.ready("op")
    night.picks_up("op")
    night.gives_up("ring-in", e.Cause.HUNG_UP)
    night.press(e.PauseTreePressed)
    night.fast_forward(60)
    assert night.state == "paused"
    night.press(e.ResumeTreePressed)
    assert (night.state, night.rings()) == ("running", ["ben"])


def test_who_was_left_a_message_and_rings_back_finds_his_case() -> None:
    night = Night()
    night.begins(level("ann"), message=True)
    night.answers("ann")
    night.tell(e.GreetingEnded(leg_id=night.phone_of("ann").leg_id))
    night.hears_last_prompt("ann")
    assert night.state == "exhausted"
    night.fast_forward(600)
    night.rings_in("ann")
    assert night.call("ring-in").incident_id == CASE
    night.ready("op")
    night.picks_up("op")
    night.press(e.ConfirmKeyholderPressed, person="ann")
    assert night.state == "taken"


def test_a_withheld_number_and_another_client_s_number_are_no_keyholder_of_this_case() -> None:
    night = Night()
    night.begins(level("ann"))
    night.calls(call_id="hidden", caller=None, is_withheld=True)
    other = e.Identification(organisation="other")
    night.calls(call_id="elsewhere", caller="+32470000011", identification=other)
    assert night.state == "running"
    assert night.call("hidden").incident_id != CASE
    assert night.call("elsewhere").incident_id != CASE


# ---------------------------------------------------------------- three in a call


def talking_with_the_caller() -> Night:
    night = Night()
    night.ready("op")
    night.calls()
    night.picks_up("op")
    night.starts(plan(level("ann", "ben")))
    night.answers("ann")
    return night


def test_the_operator_brings_the_keyholder_into_his_call() -> None:
    night = talking_with_the_caller()
    leg_id = night.attempt("ann").leg_id
    night.press(e.JoinKeyholderPressed, leg_id=leg_id)
    assert night.last(c.Conference).leg_ids == ("call-1-a", "call-1-o1", leg_id)
    assert night.state == "paused"
    night.press(e.ConfirmKeyholderPressed, person="ann")
    assert night.state == "taken"
    assert night.call("call-1").guests == [leg_id], "and they go on talking"


def test_the_keyholder_leaves_and_two_talk_on() -> None:
    night = talking_with_the_caller()
    leg_id = night.attempt("ann").leg_id
    night.press(e.JoinKeyholderPressed, leg_id=leg_id)
    night.tell(e.LegEnded(leg_id=leg_id, cause=e.Cause.HUNG_UP))
    assert night.hears("call-1") == "call-1-o1"
    assert night.call("call-1").state == "talking"


def test_the_caller_leaves_and_operator_and_keyholder_talk_on() -> None:
    night = talking_with_the_caller()
    leg_id = night.attempt("ann").leg_id
    night.press(e.JoinKeyholderPressed, leg_id=leg_id)
    night.gives_up("call-1", e.Cause.HUNG_UP)
    assert night.call("call-1").state == "talking"
    assert night.hears("call-1") == "call-1-o1"
    assert night.last(e.CallerLeft).leg_id == "call-1-a"
    assert night.recordings == {"call-1-r1": "stopped", "call-1-r2": "running"}


def test_hold_lets_both_hear_music_and_resume_joins_all_three() -> None:
    night = talking_with_the_caller()
    leg_id = night.attempt("ann").leg_id
    night.press(e.JoinKeyholderPressed, leg_id=leg_id)
    night.presses(e.HoldPressed, "op", "call-1")
    assert night.hears("call-1") == (("please_hold",), "hold_music")
    assert night.phones[leg_id].hears.then == "hold_music"
    night.presses(e.ResumePressed, "op", "call-1")
    assert len(night.last(c.Conference).leg_ids) == 3


def test_a_keyholder_who_waits_for_an_operator_is_joined_too() -> None:
    night = talking_with_the_caller()
    leg_id = night.attempt("ann").leg_id
    night.keys("ann", "0")
    night.press(e.JoinKeyholderPressed, leg_id=leg_id)
    assert night.last(c.Conference).leg_ids == ("call-1-a", "call-1-o1", leg_id)
    assert night.call(f"{leg_id}-c").is_over
    night.gives_up("call-1", e.Cause.HUNG_UP)
    night.hangs_up("op")
    night.fast_forward(21)
    assert night.rings() == ["ben"], "nobody took charge: the tree goes on"


def test_nobody_is_joined_to_an_operator_who_is_in_no_call_of_the_case() -> None:
    night = Night()
    night.begins(level("ann"))
    night.answers("ann")
    night.press(e.JoinKeyholderPressed, leg_id=night.attempt("ann").leg_id)
    assert night.last(e.TreeRefused).reason == "you are in no call of this case"
    busy = talking_with_the_caller()
    busy.press(e.JoinKeyholderPressed, leg_id=e.LegId("nobody's"))
    assert busy.last(e.TreeRefused).reason == "nobody is on that line"


def test_the_operator_s_phone_breaks_in_a_call_of_three_and_another_takes_all_over() -> None:
    night = talking_with_the_caller()
    leg_id = night.attempt("ann").leg_id
    night.press(e.JoinKeyholderPressed, leg_id=leg_id)
    night.ready("zoe")
    night.hangs_up("op", e.Cause.FAILED)
    assert night.phones[leg_id].hears.then == "hold_music"
    night.picks_up("zoe")
    assert len(night.last(c.Conference).leg_ids) == 3


# ---------------------------------------------------------------- a restart in between


def test_a_phone_that_rang_less_than_half_a_minute_ago_rings_on_and_nobody_twice() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.fast_forward(10)
    night.restart()
    assert night.rings() == ["ann"]
    assert night.called() == ["ann"]
    night.fast_forward(20)
    assert night.rings() == ["ben"], "and the clock went on"


def test_an_outcome_nobody_knows_is_told_and_the_next_person_is_called() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.restart(surviving=[])
    assert night.missed() == [("ann", "unknown")]
    assert night.rings() == ["ben"]
    assert night.wants_an_operator() == ["outcome unknown: Ann was being called"]


def test_whoever_listens_hears_it_again_and_a_pin_is_asked_for_anew() -> None:
    night = Night()
    night.begins(level("ann", accept="pin"))
    night.answers("ann")
    night.restart()
    assert night.told("ann")[0] == "keyholder_intro"
    night.keys("ann", "1")
    night.restart()
    assert night.told("ann") == ("keyholder_ask_pin",)
    night.gives_pin("ann", "good")
    night.restart()
    assert night.told("ann") == ("keyholder_accepted",)
    assert night.tree.accepted == ["ann"]
    night.fast_forward(100)
    assert night.called() == ["ann"], "nobody who accepted is called again"


def test_who_is_called_because_a_caller_was_lost_in_the_restart_is_listened_to() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.rings_in("ann")
    assert night.state == "paused"
    night.restart(surviving=[])
    assert (night.called(), night.rings()) == (["ann", "ben"], ["ben"])
    assert night.missed() == []
    night.accepts("ben")
    assert night.state == "taken"


def test_a_call_of_three_survives_with_whoever_survived() -> None:
    night = talking_with_the_caller()
    leg_id = night.attempt("ann").leg_id
    night.press(e.JoinKeyholderPressed, leg_id=leg_id)
    night.restart()
    assert len(night.last(c.Conference).leg_ids) == 3
    night.restart(surviving=[leg for leg in night.phones if leg != leg_id])
    assert night.hears("call-1") == "call-1-o1"


# ---------------------------------------------------------------- the promise


def test_the_promise_is_the_latest_moment_and_a_tree_that_lost_time_goes_faster() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas"))
    promise = night.last(e.CallTreeStarted).promise_at - night.now
    assert promise == pytest.approx(3 * (30 + 30 + 45 + 2) + 20 + 8)
    night.now += 280  # the engine is dead, and no human has the case meanwhile
    night.restart()
    night.fast_forward(0.1)
    assert night.rings() == ["ben"]
    night.fast_forward(5)
    assert night.rings() == ["ben", "cas"], "the promise is at risk: the next is called early"
    assert night.last(e.KeyholderCalled).reason == "the promise is at risk"


def test_a_tree_that_a_human_held_promises_anew_and_keeps_its_pace() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas"))
    first = night.tree.promise_at
    night.press(e.PauseTreePressed)
    night.fast_forward(1000)
    assert night.now > first, "while it waits nothing is promised"
    night.press(e.ResumeTreePressed)
    renewed = night.last(e.PromiseRenewed).promise_at
    assert renewed == night.tree.promise_at
    assert renewed - night.now == pytest.approx(2 * (30 + 30 + 45 + 2) + 20 + 8)
    night.fast_forward(29)
    assert night.rings() == ["ben"], "nobody is hurried for the time that a human took"
    night.fast_forward(1000)
    assert night.state == "exhausted"
    assert next(at for at, x in night.said if isinstance(x, e.CallTreeExhausted)) <= renewed


def test_a_short_pause_changes_no_promise_that_can_still_be_kept() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.press(e.PauseTreePressed)
    night.fast_forward(5)
    night.press(e.ResumeTreePressed)
    assert not night.all(e.PromiseRenewed)


def test_a_jump_back_promises_anew() -> None:
    night = Night()
    night.begins(level("ann", "ben"), level("cas"))
    night.fast_forward(61)
    assert night.rings() == ["cas"]
    night.fast_forward(25)
    before = night.tree.promise_at
    for _ in range(4):
        night.press(e.JumpTreePressed, level=0)
        night.fast_forward(80)
    assert night.tree.promise_at > before
    assert night.tree.promise_at > night.now


def test_at_its_ordinary_pace_a_tree_never_hurries() -> None:
    night = Night()
    night.begins(level("ann", "ben", "dan"), level("cas"), rounds=2)
    night.fast_forward(1000)
    assert night.state == "exhausted"
    assert {fact.reason for fact in night.all(e.KeyholderCalled)} == {""}
