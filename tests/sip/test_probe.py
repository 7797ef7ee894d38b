from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sip.endpoint import Endpoint
from sip.probe import Probe, ProbeSettings, Reachability

CARRIER = Endpoint("udp", "192.0.2.1", 5060)
ELSEWHERE = Endpoint("udp", "192.0.2.2", 5060)
SETTINGS = ProbeSettings(interval=10, answer_time=2, retry_interval=0.5)


def due(probe):
    """The order that is waiting; there must be exactly one."""
    [order] = probe.orders_to_send()
    return order


def run_silently_until(probe, end):
    """Let time pass with nobody answering; return the changes and when orders left."""
    changes, orders = [], []
    while (at := probe.next_timer()) is not None and at <= end:
        changes += [(at, c.is_up) for c in probe.handle_timer(at)]
        orders += [at for _ in probe.orders_to_send()]
    return changes, orders


def watched():
    probe = Probe(SETTINGS)
    probe.watch("carrier-a", CARRIER, 0)
    probe.handle_timer(0)
    return probe


def test_the_first_probe_leaves_at_once_and_names_where_to():
    probe = watched()
    order = due(probe)
    assert (order.target, order.destination) == ("carrier-a", CARRIER)
    assert probe.state_of("carrier-a") is Reachability.UNKNOWN
    assert probe.orders_to_send() == []


def test_any_answer_at_all_counts_as_alive():
    for status in (200, 404, 405, 481, 503, 603):
        probe = watched()
        [change] = probe.answered(due(probe).token, status, 0.1)
        assert change == ("carrier-a", CARRIER, True)
        assert probe.state_of("carrier-a") is Reachability.UP


def test_an_answered_target_is_asked_again_after_the_interval():
    probe = watched()
    probe.answered(due(probe).token, 200, 0.1)
    assert probe.handle_timer(10.0) == []
    assert probe.orders_to_send() == []
    probe.handle_timer(10.1)
    assert due(probe).target == "carrier-a"


def test_one_lost_probe_is_retried_quickly_and_changes_nothing():
    probe = watched()
    probe.answered(due(probe).token, 200, 0)
    changes, orders = run_silently_until(probe, 12.4)
    assert (changes, orders) == ([], [10])
    probe.handle_timer(12.5)
    assert probe.answered(due(probe).token, 200, 12.6) == []
    assert probe.state_of("carrier-a") is Reachability.UP


def test_two_silent_probes_in_a_row_and_the_target_is_down():
    probe = watched()
    probe.answered(due(probe).token, 200, 0)
    changes, orders = run_silently_until(probe, 30)
    assert changes == [(14.5, False)]
    assert orders == [10, 12.5, 24.5]


def test_a_target_that_never_answered_goes_down_as_well():
    probe = watched()
    changes, _ = run_silently_until(probe, 20)
    assert changes == [(4.5, False)]


def test_a_transport_failure_is_a_failure_without_waiting():
    probe = watched()
    assert probe.answered(due(probe).token, None, 0.01) == []
    probe.handle_timer(0.51)
    [change] = probe.answered(due(probe).token, None, 0.52)
    assert not change.is_up


def down():
    probe = watched()
    run_silently_until(probe, 5)
    assert probe.state_of("carrier-a") is Reachability.DOWN
    return probe


def test_coming_back_takes_two_answers_in_quick_succession():
    probe = down()
    probe.handle_timer(14.5)
    assert probe.answered(due(probe).token, 200, 14.6) == []
    assert probe.state_of("carrier-a") is Reachability.DOWN
    probe.handle_timer(15.1)
    [change] = probe.answered(due(probe).token, 200, 15.2)
    assert change.is_up


def test_a_flapping_target_stays_down():
    probe = down()
    now = 14.5
    for _ in range(5):
        probe.handle_timer(now)
        assert probe.answered(due(probe).token, 200, now) == []
        now += 0.5
        probe.handle_timer(now)
        assert probe.answered(due(probe).token, None, now) == []
        now = probe.next_timer()
    assert probe.state_of("carrier-a") is Reachability.DOWN


def test_a_late_answer_proves_life_and_a_late_failure_proves_nothing():
    probe = watched()
    first = due(probe).token
    probe.handle_timer(2)
    probe.handle_timer(2.5)
    due(probe)
    assert probe.answered(first, None, 2.6) == []
    [change] = probe.answered(first, 200, 2.7)
    assert change.is_up
    assert probe.answered(first, None, 32) == []
    assert probe.state_of("carrier-a") is Reachability.UP


def test_other_traffic_is_a_sign_of_life_and_puts_the_probe_off():
    probe = watched()
    due(probe)
    [change] = probe.heard("carrier-a", 1)
    assert change.is_up
    assert probe.handle_timer(10.9) == []
    assert probe.orders_to_send() == []
    assert probe.heard("nobody", 1) == []


def test_a_phone_that_has_just_registered_is_up_even_if_it_was_down():
    probe = down()
    [change] = probe.watch("carrier-a", CARRIER, 6, is_heard=True)
    assert change.is_up
    assert probe.watch("carrier-a", CARRIER, 7, is_heard=True) == []


def test_a_target_that_moves_is_probed_at_its_new_place_at_once():
    probe = watched()
    old = due(probe)
    assert probe.watch("carrier-a", ELSEWHERE, 1) == []
    probe.handle_timer(1)
    assert due(probe).destination == ELSEWHERE
    assert probe.answered(old.token, None, 1.1) == []


def test_a_forgotten_target_is_asked_no_more_and_its_answers_are_ignored():
    probe = watched()
    token = due(probe).token
    probe.forget("carrier-a")
    probe.forget("carrier-a")
    assert probe.next_timer() is None
    assert probe.answered(token, 200, 1) == []
    assert probe.state_of("carrier-a") is Reachability.UNKNOWN
    assert list(probe.targets()) == []


# ---------------------------------------------------------------- a phone that rings


def rung():
    """A target that answered at 0 and rings since 1."""
    probe = watched()
    probe.answered(due(probe).token, 200, 0)
    probe.watch_closely("carrier-a", 1)
    return probe


def test_who_rings_is_asked_whenever_he_says_nothing_for_a_moment():
    probe = rung()
    assert probe.orders_to_send() == [], "he has just been heard"
    asked = []
    while (at := probe.next_timer()) < 3.0:
        assert probe.handle_timer(at) == []
        for order in probe.orders_to_send():
            asked.append(round(at, 2))
            probe.answered(order.token, 200, at + 0.01)
    assert asked == [1.4, 1.81, 2.22, 2.63]
    assert probe.state_of("carrier-a") is Reachability.UP


def test_who_answers_nothing_is_asked_more_often():
    probe = rung()
    changes, orders = run_silently_until(probe, 2)
    assert [round(at, 2) for at in orders][:3] == [1.4, 1.53, 1.67]
    assert [(round(at, 2), is_up) for at, is_up in changes] == [(1.8, False)]


def test_who_dies_while_he_rings_is_down_within_a_second():
    probe = rung()
    probe.handle_timer(1.4)
    probe.answered(due(probe).token, 200, 1.41)
    changes, _ = run_silently_until(probe, 3)
    [(at, is_up)] = changes
    assert not is_up
    assert at <= 1.41 + 1


def test_two_lost_answers_of_a_ringing_phone_change_nothing():
    probe = rung()
    for at in (1.4, 1.4 + 0.8 / 6):
        probe.handle_timer(at)
        due(probe)
    probe.handle_timer(1.4 + 2 * 0.8 / 6)
    probe.answered(due(probe).token, 200, 1.7)
    assert run_silently_until(probe, 2.4)[0] == []


def test_a_transport_failure_of_one_question_is_left_to_the_next():
    probe = rung()
    probe.handle_timer(1.4)
    assert probe.answered(due(probe).token, None, 1.41) == []
    probe.handle_timer(1.55)
    assert probe.answered(due(probe).token, 200, 1.56) == []


def test_time_in_which_we_slept_ourselves_is_no_silence_of_his():
    probe = rung()
    assert probe.handle_timer(3.5) == []
    probe.answered(due(probe).token, 200, 3.51)
    assert probe.state_of("carrier-a") is Reachability.UP


def test_who_rings_no_more_is_asked_as_before():
    probe = rung()
    probe.relax("carrier-a", 1.1)
    assert run_silently_until(probe, 11) == ([], [])
    probe.handle_timer(11.1)
    assert due(probe).target == "carrier-a"
    probe.relax("carrier-a", 11.2)
    probe.relax("nobody", 11.2)


def test_who_was_dead_already_is_not_asked_more_often():
    probe = down()
    probe.watch_closely("carrier-a", 6)
    probe.watch_closely("nobody", 6)
    assert probe.orders_to_send() == []


def test_a_dead_phone_that_comes_back_is_up_after_two_answers():
    probe = rung()
    run_silently_until(probe, 2)
    assert probe.state_of("carrier-a") is Reachability.DOWN
    ups = []
    for _ in range(2):
        at = probe.next_timer()
        probe.handle_timer(at)
        ups += probe.answered(due(probe).token, 200, at)
    assert [change.is_up for change in ups] == [True]


def test_names_may_hold_any_character():
    probe = Probe(SETTINGS)
    probe.watch("sip:anna#1@host", CARRIER, 0)
    probe.handle_timer(0)
    assert probe.answered(due(probe).token, 200, 0)


def test_tokens_of_anybody_else_are_ignored():
    probe = watched()
    for token in ("", "#", "carrier-b#1", "carrier-a"):
        assert probe.answered(token, 200, 1) == []


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.sampled_from(["answer", "fail", "heard", "nothing", "rings", "rests"]),
        ),
        max_size=60,
    )
)
def test_changes_alternate_and_the_timer_never_stands_still(steps):
    """Up and down follow each other; after handle_timer(now) nothing is due before now."""
    probe = Probe(SETTINGS)
    probe.watch("x", CARRIER, 0)
    now, token, ups = 0.0, "", []
    for delay, what in steps:
        now += delay
        changes = probe.handle_timer(now)
        for order in probe.orders_to_send():
            token = order.token
        if what == "answer":
            changes += probe.answered(token, 200, now)
        elif what == "fail":
            changes += probe.answered(token, None, now)
        elif what == "heard":
            changes += probe.heard("x", now)
        elif what == "rings":
            probe.watch_closely("x", now)
        elif what == "rests":
            probe.relax("x", now)
        ups += [change.is_up for change in changes]
        assert probe.next_timer() > now
    assert all(a != b for a, b in pairwise(ups))
