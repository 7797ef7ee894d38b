"""He keys his PIN while everything else moves on: duress is heard, an operator is brought."""

from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from tests.stories.keyholders import CASE, OP, TREE, Night, level, plan


def keys_his_pin(*, strategy: Any = "all_at_once", is_slow: bool = False) -> Night:
    """Ann and Ben are called together; Ann has pressed 1 and is asked for her PIN."""
    night = Night(is_slow_to_end=is_slow)
    night.begins(level("ann", "ben", accept="pin", strategy=strategy))
    night.accepts("ann")
    return night


def pin(night: Night, outcome: Any, **more: Any) -> list[Any]:
    """Her PIN is complete, whatever became of her call."""
    return night.tell(e.PinChecked(leg_id=night.attempt("ann").leg_id, outcome=outcome, **more))


def ben_takes_charge(night: Night) -> None:
    night.accepts("ben")
    night.gives_pin("ben", "good")


def an_operator_takes_over(night: Night) -> None:
    night.press(e.StopTreePressed)


def her_time_is_up(night: Night) -> None:
    night.fast_forward(60)


def an_operator_skips_her(night: Night) -> None:
    night.press(e.SkipKeyholderPressed, person="ann")


def she_hangs_up(night: Night) -> None:
    night.leaves("ann")


MOVES_ON = (
    ben_takes_charge,
    an_operator_takes_over,
    her_time_is_up,
    an_operator_skips_her,
    she_hangs_up,
)


@pytest.mark.parametrize("moves_on", MOVES_ON)
def test_duress_is_heard_whatever_became_of_her_call(moves_on: Any) -> None:
    night = keys_his_pin(is_slow=True)
    moves_on(night)
    pin(night, "duress")
    assert night.last(e.DuressSignalled).person == "ann"
    incident = night.switchboard.incidents[CASE]
    assert incident.is_under_duress
    assert incident.urgency == 1
    assert "Ann signalled duress" in night.wants_an_operator()


@pytest.mark.parametrize("moves_on", MOVES_ON)
def test_and_she_hears_nothing_that_the_right_pin_would_not_sound(moves_on: Any) -> None:
    orders = {}
    for outcome in ("good", "duress"):
        night = keys_his_pin(is_slow=True)
        moves_on(night)
        orders[outcome] = [x for x in pin(night, outcome) if isinstance(x, c.Command)]
    assert orders["good"] == orders["duress"]


def test_also_from_whoever_was_brought_into_an_operator_s_call() -> None:
    night = Night()
    night.ready("op")
    night.calls()
    night.picks_up("op")
    night.starts(plan(level("ann", "ben", accept="pin")))
    night.accepts("ann")
    night.press(e.JoinKeyholderPressed, leg_id=night.attempt("ann").leg_id)
    pin(night, "duress")
    assert night.switchboard.incidents[CASE].is_under_duress


def test_a_case_closed_in_that_moment_stays_closed_and_a_silent_one_is_opened() -> None:
    night = keys_his_pin(is_slow=True)
    ben_takes_charge(night)
    night.tell(e.StepAnswered(incident_id=CASE, operator=OP, step="facts", text="x"))
    night.tell(e.CloseRequested(incident_id=CASE, operator=OP, disposition="handled", text=""))
    assert not night.switchboard.incidents[CASE].is_open
    pin(night, "duress")
    silent = night.switchboard.incidents[night.last(e.DuressSignalled).incident_id]
    assert silent.is_open
    assert silent.is_under_duress
    assert silent.attention == ["Ann signalled duress"]
    assert silent.silent_about == CASE


def test_a_late_pin_that_is_right_changes_nothing() -> None:
    night = keys_his_pin()
    an_operator_takes_over(night)
    pin(night, "good")
    assert night.tree.accepted == []
    assert not night.all(e.DuressSignalled)


# ---------------------------------------------------------------- 0 in place of a PIN


def test_nought_in_place_of_a_pin_brings_an_operator() -> None:
    night = keys_his_pin(strategy="in_order")
    pin(night, "none", wants_operator=True)
    assert night.state == "paused"
    call_id = f"{TREE}-k1-c"
    assert night.call(call_id).incident_id == CASE
    assert night.hears(call_id) == (("recording_notice",), "ringback")
    night.ready("op")
    night.picks_up("op")
    assert night.missed() == [], "nobody calls that a wrong PIN"
