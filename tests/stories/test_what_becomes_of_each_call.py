"""What a tree says and keeps of each of its calls once somebody takes charge."""

import pytest

from callflows import events as e
from callflows.tree_pace import remaining_time
from client_directory.plan_timing import CLEARING_TIME, batches_time
from tests.stories.keyholders import TREE, Night, level, person


def outcomes(night: Night) -> dict[str, str]:
    return {attempt.person: attempt.outcome for attempt in night.tree.attempts}


def test_the_end_says_who_took_charge_and_nobody_is_left_to_call() -> None:
    night = Night()
    night.begins(level("ann", "ben", "cas", "dan", strategy="all_at_once"))
    assert night.tree.batches, "Dan has another number"
    night.answers("ben")
    night.accepts("cas")
    [end] = night.all(e.CallTreeEnded)
    assert (end.tree_id, end.reason, end.accepted) == (TREE, "accepted", ("cas",))
    assert (night.tree.batches, night.tree.retries) == ([], [])
    assert outcomes(night) == {
        "ann": "taken",
        "ben": "taken",
        "cas": "accepted",
        "dan": "taken",
    }


def test_a_tree_that_was_to_wait_and_is_taken_waits_for_nobody() -> None:
    night = Night()
    night.begins(level("ann", "ben"))
    night.press(e.PauseTreePressed)
    assert night.tree.paused_by
    night.accepts("ann")
    assert not night.tree.paused_by
    assert [fact.reason for fact in night.all(e.CallTreeEnded)] == ["accepted"]


def test_what_became_of_a_call_before_it_was_taken_stands() -> None:
    """Ben was skipped, and his phone is still being told when Ann takes charge."""
    night = Night()
    night.begins(level("ann", "ben", strategy="all_at_once"))
    night.press(e.SkipKeyholderPressed, person="ben")
    skipped = night.attempt("ben").outcome
    assert skipped
    night.accepts("ann")
    assert outcomes(night) == {"ann": "accepted", "ben": skipped}


def test_whoever_takes_over_leaves_calls_that_were_stopped_and_taken() -> None:
    night = Night()
    night.begins(level("ann", "ben", strategy="all_at_once"))
    night.answers("ben")
    night.press(e.StopTreePressed, reason="I speak with the site")
    assert outcomes(night) == {"ann": "stopped", "ben": "taken"}


def test_a_machine_that_is_hung_up_on_is_asked_nothing_more() -> None:
    night = Night()
    night.begins(level("ann", "ben", strategy="all_at_once"))
    night.answers("ben")
    night.tell(e.MachineSuspected(leg_id=night.attempt("ben").leg_id))
    night.is_slow_to_end = True
    night.accepts("ann")
    assert night.attempt("ben").state == "ending"
    assert outcomes(night)["ben"] == "voicemail"
    night.keys("ben", "1")
    assert night.tree.accepted == ["ann"]


def test_last_words_have_their_time() -> None:
    night = Night()
    night.begins(level("ann"))
    night.accepts("ann")
    night.fast_forward(11.9)
    assert not night.phone_of("ann").is_told_to_end
    assert night.attempt("ann").state == "ending"


@pytest.mark.parametrize("strategy", ["in_order", "all_at_once", "overlapping"])
def test_each_phone_rings_for_the_time_of_its_own_level(strategy: str) -> None:
    night = Night()
    night.begins(level("ann", ring_time=20), level("ben", ring_time=40, strategy=strategy))  # type: ignore[arg-type]
    night.fast_forward(20)
    assert night.rings() == ["ben"]
    night.fast_forward(39.9)
    assert night.rings() == ["ben"]
    night.fast_forward(0.2)
    assert night.rings() == []


# ---------------------------------------------------------------- the promise


def test_whoever_is_on_the_line_costs_the_promise_what_is_left_of_his_time() -> None:
    """A phone that rings may still bring a whole conversation; one that was picked up not."""
    night = Night()
    night.begins(level("ann", "ben"))
    alone = batches_time(level("ben"), [1])
    assert remaining_time(night.tree, night.now) == pytest.approx(30 + 45 + alone)
    night.answers("ann")
    night.fast_forward(30)
    assert remaining_time(night.tree, night.now) == pytest.approx(15 + alone)
    night.keys("ann", "2")
    assert remaining_time(night.tree, night.now) < 15 + alone


@pytest.mark.parametrize(
    ("window", "counts"),
    [((0.0, 1e12), True), ((0.0, 1.0), False), ((1e11, 1e12), False)],
)
def test_whoever_cannot_be_called_before_it_is_due_costs_the_promise_nothing(
    window: tuple[float, float], counts: bool
) -> None:
    night = Night()
    night.fast_forward(10)
    night.begins(level("ann"), level(person("ben", windows=(window,))))
    alone = batches_time(level("ben"), [1]) if counts else 0.0
    assert remaining_time(night.tree, night.now) == pytest.approx(30 + 45 + alone, abs=2)


def test_a_phone_that_is_being_told_to_stop_is_not_dialled_once_more() -> None:
    """Told to end and not yet gone, it would be found busy by the next call."""
    night = Night()
    night.begins(level(person("ann", "+32470000011")), rounds=2)
    night.is_slow_to_end = True
    night.fast_forward(30)
    first = night.phone_of("ann")
    assert first.is_told_to_end
    assert len(night.tree.attempts) == 1, "its end is awaited"
    night.fast_forward(CLEARING_TIME - 0.1)
    assert len(night.tree.attempts) == 1
    night.fast_forward(0.2)
    assert len(night.tree.attempts) == 2, "but not for ever"
