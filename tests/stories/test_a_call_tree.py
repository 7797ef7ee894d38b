"""Keyholders are called, one after the other or together, until one of them takes charge."""

from dataclasses import replace

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import TreeId
from callflows.switchboard import Switchboard
from tests.stories.keyholders import CASE, OP, TREE, Night, level, person, plan
from tests.stories.line import AGGRESSION


def test_the_second_keyholder_takes_charge() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    assert night.rings() == ["ann"]
    night.fast_forward(30)  # Ann sleeps through it
    assert night.rings() == ["ben"]
    night.accepts("ben")
    assert night.state == "taken"
    assert night.tree.accepted == ["ben"]
    assert night.missed() == [("ann", "no_answer")]
    assert night.wants_an_operator() == []
    night.fast_forward(3600)
    assert night.called() == ["ann", "ben"]


def test_he_hears_who_calls_for_which_site_what_happened_and_the_keys() -> None:
    night = Night()
    night.begins(level("ann"))
    spoken = night.last(c.PrepareSpeech)
    assert (spoken.words, spoken.language) == (("Acme, Head office",), "nl")
    assert night.all(c.PrepareSpeech)[-1] is spoken
    night.answers("ann")
    assert night.told("ann") == (
        "keyholder_intro",
        "say:Acme, Head office",
        "keyholder_alarm_generic",
        "keyholder_menu",
    )
    heard = night.phone_of("ann").hears
    assert (heard.language, heard.then) == ("nl", "repeat")


def test_his_phone_shows_the_clients_own_number_and_is_listened_to() -> None:
    night = Night()
    night.begins(level("ann"))
    order = night.last(c.DialNumber)
    assert (order.number, order.presented_number) == ("+32470000011", "+3225550101")
    assert order.is_screened
    assert order.hears_keys_in_band


def test_picking_up_is_not_taking_charge() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.answers("ann")
    night.fast_forward(44.9)
    assert night.called() == ["ann"], "he is still listening"
    night.fast_forward(0.2)
    assert night.missed() == [("ann", "no_key")]
    assert night.rings() == ["ben"]


@pytest.mark.parametrize("digit", ["4", "5", "6", "7", "8", "9", "#", "A"])
def test_only_the_keys_of_the_menu_mean_something(digit: str) -> None:
    night = Night()
    night.begins(level("ann"))
    night.answers("ann")
    before = night.phone_of("ann").hears
    night.keys("ann", digit)
    assert night.state == "running"
    assert night.phone_of("ann").hears is before


def test_whoever_declines_is_not_called_again_in_any_round_or_on_any_phone() -> None:
    night = Night()
    night.begins(level("dan", "ann"), rounds=3)
    night.answers("dan")
    night.keys("dan", "2")
    assert night.told("dan") == ("keyholder_declined",)
    night.hears_last_prompt("dan")
    night.fast_forward(1000)
    assert night.called() == ["dan", "ann", "ann", "ann"]
    assert night.state == "exhausted"


def test_star_says_it_again_and_gives_time_anew_but_holds_the_others_up_no_longer() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.answers("ann")
    night.fast_forward(40)
    night.keys("ann", "*")
    assert night.told("ann")[0] == "keyholder_intro"
    night.fast_forward(5)
    assert night.rings() == ["ben"], "the promise does not wait for her"
    night.fast_forward(35)
    night.keys("ann", "1")
    assert night.tree.accepted == ["ann"]
    assert night.rings() == []


def test_nobody_listens_for_ever() -> None:
    night = Night()
    night.begins(level("ann"))
    night.answers("ann")
    for _ in range(5):
        night.fast_forward(40)
        if night.attempt("ann").is_live:
            night.keys("ann", "*")
    assert night.missed() == [("ann", "no_key")]


def test_three_takes_charge_at_once_and_then_says_in_how_many_minutes() -> None:
    night = Night()
    night.begins(level("ann"))
    night.answers("ann")
    night.keys("ann", "3")
    assert night.state == "taken", "nobody else is woken while he thinks of a number"
    assert night.told("ann") == ("keyholder_ask_minutes",)
    night.keys("ann", "25#")
    assert night.last(e.KeyholderEta).minutes == 25
    assert night.told("ann") == ("keyholder_accepted",)
    night.hears_last_prompt("ann")
    assert night.attempt("ann").state == "over"


def test_no_minutes_or_minutes_without_a_hash_do_no_harm() -> None:
    night = Night()
    night.begins(level("ann"))
    night.answers("ann")
    night.keys("ann", "3")
    night.keys("ann", "7")
    night.fast_forward(10)
    assert night.last(e.KeyholderEta).minutes == 7
    silent = Night()
    silent.begins(level("ann"))
    silent.answers("ann")
    silent.keys("ann", "3")
    silent.fast_forward(10)
    assert not silent.all(e.KeyholderEta)
    assert silent.tree.accepted == ["ann"]


def test_a_spoken_confirmation_ends_each_accepted_call() -> None:
    night = Night()
    night.begins(level("ann"))
    night.accepts("ann")
    assert night.told("ann") == ("keyholder_accepted",)
    assert not night.phone_of("ann").is_told_to_end
    night.hears_last_prompt("ann")
    assert night.attempt("ann").state == "over"


def test_last_words_whose_end_is_not_told_keep_no_line_up() -> None:
    night = Night()
    night.begins(level("ann"))
    night.accepts("ann")
    night.fast_forward(12)
    assert night.attempt("ann").state == "over"


# ---------------------------------------------------------------- strategies


def test_all_at_once_rings_everybody_and_the_first_key_stops_the_others() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas", strategy="all_at_once"))
    assert night.rings() == ["ann", "ben", "cas"]
    night.answers("cas")
    night.answers("ben")
    night.keys("cas", "1")
    assert night.rings() == []
    stopped = next(x for x in night.all(c.HangUp) if x.leg_id == night.attempt("ann").leg_id)
    assert stopped.is_answered_elsewhere, "his phone shows no missed call"
    assert night.told("ben") == ("keyholder_taken_by", "say:Cas")
    assert night.last(e.KeyholderToldTaken).taken_by == "Cas"


def test_all_at_once_tries_everybodys_second_number_after_the_first() -> None:
    night = Night()
    night.begins(level("dan", "ann", strategy="all_at_once"))
    assert night.rings() == ["ann", "dan"]
    night.fast_forward(30)
    assert night.rings() == ["dan"]
    assert night.last(c.DialNumber).number == "+3225550214"


def test_overlapping_starts_the_next_before_the_last_gives_up() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas", strategy="overlapping", overlap_time=12))
    night.fast_forward(11.9)
    assert night.rings() == ["ann"]
    night.fast_forward(0.1)
    assert night.rings() == ["ann", "ben"]
    night.fast_forward(12)
    assert night.rings() == ["ann", "ben", "cas"]
    night.fast_forward(6)
    assert night.rings() == ["ben", "cas"], "each rings for its own thirty seconds"


def test_overlapping_wakes_nobody_while_somebody_listens() -> None:
    night = Night()
    night.begins(level("ann", "ben", strategy="overlapping", overlap_time=12))
    night.answers("ann")
    night.fast_forward(44)
    assert night.called() == ["ann"]


def test_each_number_of_a_person_is_tried_in_turn() -> None:
    night = Night()
    night.begins(level("dan"))
    night.fast_forward(31)
    assert [x.number for x in night.all(c.DialNumber)] == ["+32470000014", "+3225550214"]


def test_two_answers_are_needed_and_the_second_person_is_called_although_one_accepted() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas", needed=2))
    night.accepts("ann")
    assert night.state == "running"
    assert night.last(e.KeyholderAccepted).accepted == 1
    assert night.rings() == ["ben"]
    night.accepts("ben")
    assert night.state == "taken"
    assert night.tree.accepted == ["ann", "ben"]


def test_levels_follow_each_other_and_rounds_begin_anew() -> None:
    night = Night()
    night.begins(level("ann"), level("ben", "cas", strategy="all_at_once"), rounds=2)
    night.fast_forward(125)
    assert night.called() == ["ann", "ben", "cas", "ann", "ben", "cas"]
    assert [(x.level, x.round) for x in night.all(e.LevelEntered)] == [
        (0, 0),
        (1, 0),
        (0, 1),
        (1, 1),
    ]


# ---------------------------------------------------------------- what may go wrong


def test_a_busy_line_is_tried_again_sooner_than_in_the_next_round() -> None:
    night = Night()
    night.begins(level("ann", "ben"), rounds=2)
    night.leaves("ann", e.Cause.BUSY)
    assert night.rings() == ["ben"], "nobody waits for a busy line"
    night.leaves("ben", e.Cause.REFUSED)
    assert night.rings() == []
    night.fast_forward(20)
    assert night.rings() == ["ann"]
    night.leaves("ann", e.Cause.BUSY)
    assert night.tree.round == 1, "once a round, no more"


def test_each_cause_is_counted_by_itself() -> None:
    night = Night()
    night.begins(level("ann", "ben"), rounds=2)
    for who, cause in (
        ("ann", e.Cause.UNREACHABLE),
        ("ben", e.Cause.REFUSED),
        ("ann", e.Cause.NO_ANSWER),
        ("ben", e.Cause.FAILED),
    ):
        night.leaves(who, cause)
    assert night.tree.counts == {
        "ann:unreachable": 1,
        "ben:refused": 1,
        "ann:no_answer": 1,
        "ben:failed": 1,
    }
    assert night.state == "exhausted"


def test_whoever_hangs_up_without_a_key_was_not_reached() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.answers("ann")
    night.leaves("ann")
    assert night.missed() == [("ann", "hung_up")]
    assert night.rings() == ["ben"]


def test_an_exhausted_tree_puts_the_case_in_front_of_the_operators_at_once() -> None:
    night = Night()
    night.begins(level("ann"))
    night.fast_forward(30)
    assert night.state == "exhausted"
    reason = "call tree intrusion reached nobody: everybody was tried"
    assert night.wants_an_operator() == [reason]
    assert night.all(e.AttentionWanted)


def test_beyond_so_many_calls_an_hour_a_tree_calls_nobody_and_an_operator_is_told() -> None:
    """A false alarm every minute must not let us telephone at the client's cost all night."""
    night = Night()
    night.begins()
    allowed = replace(plan(level("ann", "ben", "cas")), calls_an_hour=2)
    second, third, fourth = (TreeId(f"inc-call-1-t{number}") for number in (2, 3, 4))
    night.starts(allowed, second)
    night.fast_forward(29)
    assert called(night, second) == ["ann"]
    night.fast_forward(30)
    assert called(night, second) == ["ann", "ben"]
    assert night.switchboard.trees[second].state == "running", "the last one still rings"
    night.fast_forward(30)
    assert called(night, second) == ["ann", "ben"]
    assert night.switchboard.trees[second].state == "exhausted"
    why = "the limit of 2 calls an hour for its client is reached"
    assert night.last(e.CallTreeExhausted).reason == why
    assert f"call tree intrusion reached nobody: {why}" in night.wants_an_operator()

    night.starts(allowed, third)
    assert called(night, third) == [], "whichever tree of his it is"
    assert night.switchboard.trees[third].state == "exhausted"
    night.fast_forward(3_600)
    night.starts(allowed, fourth)
    assert called(night, fourth) == ["ann"], "an hour later he has his calls again"


def test_what_an_operator_dials_himself_is_never_held_back() -> None:
    night = Night()
    night.begins()
    second = TreeId("inc-call-1-t2")
    night.starts(replace(plan(level("ann", "ben")), calls_an_hour=1), second)
    night.fast_forward(31)
    assert night.switchboard.trees[second].state == "exhausted"
    night.tell(e.CallKeyholderPressed(tree_id=second, operator=OP, person="ben"))
    assert called(night, second) == ["ann", "ben"]


def test_the_limit_is_each_client_s_own_and_outlives_a_restart() -> None:
    night = Night(is_cloned=True)
    night.begins()
    allowed = replace(plan(level("ann")), calls_an_hour=1)
    second, third, fourth = (TreeId(f"inc-call-1-t{number}") for number in (2, 3, 4))
    night.starts(allowed, second)
    other = replace(plan(level("ben")), calls_an_hour=1, organisation="other")
    night.starts(other, third)  # of another person: two trees never ring one telephone at once
    assert called(night, third) == ["ben"]
    state = night.switchboard.to_state()
    assert Switchboard.from_state(state)._board.tree_dials == {
        "acme": [night.now],
        "other": [night.now],
    }
    night.starts(allowed, fourth)
    assert called(night, fourth) == []


def called(night: Night, tree_id: TreeId) -> list[str]:
    """Who was called by a tree, first one first."""
    return [attempt.person for attempt in night.switchboard.trees[tree_id].attempts]


@pytest.mark.parametrize("levels", [(), (level(),), (level(person("ann", windows=())),)])
def test_an_empty_tree_waits_for_nothing(levels: tuple[object, ...]) -> None:
    night = Night()
    night.begins(*levels)  # type: ignore[arg-type]
    assert night.state == "exhausted"
    assert night.wants_an_operator()


def test_an_empty_level_is_passed_at_once_and_said() -> None:
    night = Night()
    night.begins(level(person("ann", windows=())), level("ben"))
    assert night.rings() == ["ben"]
    assert night.all(e.LevelEntered)[0].left_out == ("Ann: not available",)
    assert night.wants_an_operator() == [
        "call tree intrusion: nobody of level 1 can be called now"
    ]


def test_with_no_line_free_the_case_reaches_an_operator_at_once() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.leaves("ann", e.Cause.UNREACHABLE)
    night.leaves("ben", e.Cause.UNREACHABLE)
    assert night.state == "exhausted"
    assert night.wants_an_operator()


def test_a_call_that_cannot_be_made_holds_nothing_up() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    leg_id = night.attempt("ann").leg_id
    night.phones.pop(leg_id)
    night.tell(e.CommandFailed(command="DialNumber", reason="no port", leg_id=leg_id))
    assert night.rings() == ["ben"]


def test_nobody_is_called_outside_the_hours_he_gave() -> None:
    night = Night()
    night.begins(level("ben", person("ann", windows=((0.0, 1010.0),))))
    night.fast_forward(30)
    assert night.called() == ["ben"], "her hours ended while Ben's phone rang"
    assert night.state == "exhausted"


def test_no_tree_dials_an_emergency_number_whatever_stands_in_its_plan() -> None:
    night = Night()
    night.begins(level(person("ann", "+32112"), person("ben", "112"), "cas"))
    assert night.called() == ["cas"]


def test_who_picks_up_in_the_moment_it_is_taken_hears_by_whom() -> None:
    night = Night(is_slow_to_end=True)
    night.begins(level("ann", "ben", strategy="all_at_once"))
    night.accepts("ben")
    order = next(x for x in night.all(c.HangUp) if x.leg_id == night.attempt("ann").leg_id)
    assert order.is_late_answer_told
    night.answers("ann")
    assert night.told("ann") == ("keyholder_taken_by", "say:Ben")
    night.hears_last_prompt("ann")
    assert night.phone_of("ann").is_told_to_end


def test_who_picks_up_when_his_ringing_was_just_given_up_is_asked_all_the_same() -> None:
    night = Night(is_slow_to_end=True)
    night.begins(level("ann", "ben"))
    night.fast_forward(30)
    night.answers("ann")
    night.keys("ann", "1")
    assert night.tree.accepted == ["ann"]
    assert night.rings() == []


def test_who_picks_up_after_everybody_was_tried_can_still_take_charge() -> None:
    night = Night(is_slow_to_end=True)
    night.begins(level("ann"))
    night.fast_forward(30)
    assert night.state == "exhausted"
    night.answers("ann")
    night.keys("ann", "1")
    assert night.state == "taken"


# ---------------------------------------------------------------- PIN


def test_a_pin_is_asked_for_where_the_client_wants_one() -> None:
    night = Night()
    night.begins(level("ann", accept="pin"))
    night.accepts("ann")
    assert night.state == "running"
    assert night.told("ann") == ("keyholder_ask_pin",)
    assert night.last(c.CollectPin).person == "ann"
    night.gives_pin("ann", "good")
    assert night.state == "taken"
    assert night.last(e.KeyholderAccepted).by == "pin"


def test_three_tries_and_then_the_next_person() -> None:
    night = Night()
    night.begins(level("ann", "ben", accept="pin"), rounds=2)
    night.accepts("ann")
    night.gives_pin("ann", "wrong")
    assert night.told("ann") == ("keyholder_pin_again",)
    night.gives_pin("ann", "none")
    night.gives_pin("ann", "wrong")
    assert night.told("ann") == ("keyholder_pin_failed",)
    assert night.missed() == [("ann", "wrong_pin")]
    assert night.rings() == ["ben"]
    night.fast_forward(100)
    assert night.called().count("ann") == 1, "he is not called again"
    assert "Ann gave no right PIN" in night.wants_an_operator()


def test_an_expired_person_is_refused_at_once() -> None:
    night = Night()
    night.begins(level("ann", "ben", accept="pin"))
    night.accepts("ann")
    night.gives_pin("ann", "expired")
    assert night.told("ann") == ("keyholder_pin_failed",)
    assert night.rings() == ["ben"]


def test_a_duress_pin_is_met_with_the_very_same_words_and_operators_alone_see_it() -> None:
    orders = {}
    for outcome in ("good", "duress"):
        night = Night()
        night.begins(level("ann", "ben", accept="pin", strategy="all_at_once"))
        night.accepts("ann")
        before = len(night.said)
        night.gives_pin("ann", outcome)
        said = [x for _, x in night.said[before:]]
        orders[outcome] = [x for x in said if isinstance(x, c.Command)]
        assert (e.DuressSignalled in map(type, said)) == (outcome == "duress")
    assert orders["good"] == orders["duress"], "whoever listens would hear the difference"
    incident = night.switchboard.incidents[CASE]
    assert incident.is_under_duress
    assert incident.urgency == 1
    assert night.wants_an_operator() == ["Ann signalled duress"]


def test_what_the_urgency_would_be_without_duress_is_kept_for_those_who_must_not_know() -> None:
    night = Night()
    night.begins(level("ann", accept="pin"))
    incident = night.switchboard.incidents[CASE]
    was = incident.urgency
    assert was > 1
    assert incident.ordinary_urgency is None
    night.accepts("ann")
    night.gives_pin("ann", "duress")
    assert (incident.urgency, incident.ordinary_urgency) == (1, was)
    assert {call.ordinary_urgency for call in night.switchboard.calls.values()} <= {was}
    restored = type(night.switchboard).from_state(night.switchboard.to_state())
    assert restored.incidents[CASE].ordinary_urgency == was, "also after a restart"
    night.tell(e.UrgencySet(incident_id=CASE, operator=OP, urgency=4, reason="all is well"))
    assert (incident.urgency, incident.ordinary_urgency) == (4, 4)


def test_a_case_under_duress_is_not_closed_in_the_ordinary_way() -> None:
    night = Night()
    night.begins(level("ann", accept="pin"))
    night.accepts("ann")
    night.gives_pin("ann", "duress")
    night.tell(e.StepAnswered(incident_id=CASE, operator=OP, step="facts", text="x"))
    close = {"incident_id": CASE, "operator": OP}
    night.tell(e.CloseRequested(disposition="handled", **close))  # type: ignore[arg-type]
    assert night.last(e.CloseRefused).missing == ("duress",)
    night.tell(e.CloseRequested(disposition="duress_resolved", **close))  # type: ignore[arg-type]
    assert night.all(e.IncidentClosed)


# ---------------------------------------------------------------- machines


def test_a_machine_never_counts_as_reached_and_gets_the_message_the_client_allows() -> None:
    night = Night()
    night.begins(level("ann", "ben"), message=True)
    night.answers("ann")
    leg_id = night.phone_of("ann").leg_id
    night.tell(e.MachineSuspected(leg_id=leg_id, evidence="long greeting"))
    assert night.rings() == ["ben"], "the next is called while the machine talks"
    night.tell(e.GreetingEnded(leg_id=leg_id, evidence="beep"))
    assert night.told("ann") == ("voicemail_neutral",)
    assert night.missed() == [("ann", "voicemail")]
    night.hears_last_prompt("ann")
    assert night.attempt("ann").outcome == "voicemail"
    assert night.tree.accepted == []


def test_no_name_is_left_on_a_machine_when_somebody_else_takes_charge() -> None:
    night = Night()
    night.begins(level("ann", "ben"), message=True)
    night.answers("ann")
    night.tell(e.MachineSuspected(leg_id=night.phone_of("ann").leg_id))
    night.accepts("ben")
    assert night.attempt("ann").state == "over"
    assert not night.all(e.KeyholderToldTaken)
    assert night.missed() == [("ann", "voicemail")]


def test_without_leave_of_the_client_nothing_is_said_to_a_machine() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.answers("ann")
    night.tell(e.GreetingEnded(leg_id=night.phone_of("ann").leg_id, evidence="beep"))
    assert night.attempt("ann").state == "over"
    assert night.missed() == [("ann", "voicemail")]


def test_a_suspected_machine_that_presses_the_key_was_a_person() -> None:
    night = Night()
    night.begins(level("ann", "ben"), message=True)
    night.answers("ann")
    leg_id = night.phone_of("ann").leg_id
    night.tell(e.MachineSuspected(leg_id=leg_id))
    night.keys("ann", "1")
    assert night.tree.accepted == ["ann"]
    assert night.rings() == []


def test_a_key_during_the_message_shows_that_it_was_a_person() -> None:
    night = Night()
    night.begins(level("ann"), message=True)
    night.answers("ann")
    night.tell(e.GreetingEnded(leg_id=night.phone_of("ann").leg_id))
    night.keys("ann", "1")
    assert night.told("ann")[0] == "keyholder_intro"
    night.keys("ann", "1")
    assert night.tree.accepted == ["ann"]


def test_a_voicemail_is_followed_by_the_persons_other_number() -> None:
    night = Night()
    night.begins(level("dan"))
    night.answers("dan")
    night.tell(e.GreetingEnded(leg_id=night.phone_of("dan").leg_id))
    assert [x.number for x in night.all(c.DialNumber)] == ["+32470000014", "+3225550214"]


# ---------------------------------------------------------------- asked for


def test_the_same_tree_asked_for_twice_runs_once() -> None:
    night = Night()
    night.begins(level("ann"))
    night.starts(plan(level("ben")))
    assert night.called() == ["ann"]


def test_a_tree_the_directory_does_not_hold_is_told_to_a_human() -> None:
    night = Night()
    night.begins(level("ann"))
    night.tell(
        e.CallTreeUnplanned(
            incident_id=CASE, tree_id=e.TreeId("x"), call_tree="fire", reason="unknown"
        )
    )
    assert night.wants_an_operator() == ["call tree fire cannot run: unknown"]


def test_a_step_of_the_consigne_asks_for_its_tree() -> None:
    night = Night()
    night.ready("op")
    night.calls()
    night.picks_up("op")
    night.tell(
        e.KindChosen(
            incident_id=CASE,
            operator=OP,
            kind="aggression",
            procedure=AGGRESSION,
        )
    )
    for step, answer in (("safe", "yes"), ("inform", "")):
        night.tell(e.StepAnswered(incident_id=CASE, operator=OP, step=step, answer=answer))
    order = night.last(c.PlanCallTree)
    assert (order.tree_id, order.call_tree, order.organisation) == (TREE, "x", "acme")
    night.restart()
    assert night.last(c.PlanCallTree) == order.__class__(
        incident_id=CASE,
        tree_id=TREE,
        organisation="acme",
        site=None,
        call_tree="x",
        asked_by="restart",
    ), "the wish outlives the engine"
