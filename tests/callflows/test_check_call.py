"""Every state of a call to somebody alone meets every event; and whatever happens, it ends."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows import check_call
from callflows import commands as c
from callflows import events as e
from callflows.check_call import CheckState
from callflows.events import Cause, LegId
from callflows.switchboard import ROUTES, Switchboard
from tests.callflows.each import each
from tests.callflows.situations import EVENTS, build
from tests.stories.test_somebody_alone_is_rung import DUE, TIMER, Night


def dialled() -> Night:
    night = Night()
    night.tell(DUE)
    return night


def asking() -> Night:
    night = dialled()
    night.picks_up()
    return night


def ending() -> Night:
    night = asking()
    night.enters("good")
    return night


def over() -> Night:
    night = ending()
    night.line_ends(Cause.RELEASED)
    return night


STATES: dict[CheckState, Callable[[], Night]] = {
    CheckState.DIALLED: dialled,
    CheckState.ASKING: asking,
    CheckState.ENDING: ending,
    CheckState.OVER: over,
}


OTHERS = [kind for kind in EVENTS if kind is not e.CallOffered]
"A call that comes in is a leg of its own."


@each(OTHERS)
@pytest.mark.parametrize("state", CheckState)
def test_every_state_meets_every_event(state: CheckState, kind: type[e.Event]) -> None:
    night = STATES[state]()
    check = night.rules.checks[TIMER]
    assert check.state is state
    event = build(kind)
    if "leg_id" in kind.__slots__:
        event = replace(event, leg_id=check.leg_id)  # type: ignore[call-arg]
    outcomes = night.rules.handle(event, night.now)
    assert not [one for one in outcomes if isinstance(one, e.FlowFailed)]
    is_his = "leg_id" in kind.__slots__ and ROUTES.get(kind) is ROUTES[e.LegAnswered]
    if is_his and state is not CheckState.OVER:
        transition = check_call.TABLE.get((state, kind))
        allowed = {state, *(transition.to if transition else ())}
        assert night.rules.checks[TIMER].state in allowed
        if transition is None:
            assert [type(one) for one in outcomes] == [e.Ignored]


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["picks_up", "machine", "prompt", "amber", "cancelled", "failed"]),
        st.sampled_from(["good", "wrong", "none", "expired", "duress"]),
        st.sampled_from(list(Cause)),
        st.floats(0.1, 90.0),
        st.just("kill"),
    ),
    max_size=30,
)


def step(night: Night, what: Any) -> None:
    if isinstance(what, float):
        night.pass_time(what)
    elif isinstance(what, Cause):
        night.line_ends(what)
    elif what == "picks_up":
        night.picks_up()
    elif what == "machine":
        night.tell(e.GreetingEnded(leg_id=night.leg))
    elif what == "prompt":
        prompt = night.rules.checks[TIMER].last_prompt or "x"
        night.tell(
            e.PromptEnded(leg_id=night.leg, prompt=prompt, played_time=1.0, is_complete=True)
        )
    elif what == "amber":
        night.tell(replace(DUE, incident_id=e.IncidentId(f"n-{len(night.said)}")))
    elif what == "cancelled":
        night.tell(
            e.SafetyTimerCancelled(
                organisation="acme", timer_id=TIMER, person="piet", stage="amber"
            )
        )
    elif what == "failed":
        night.tell(e.CommandFailed(command="DialNumber", reason="x", leg_id=night.leg))
    elif what == "kill":
        night.kill_and_start(*([night.leg] if len(night.said) % 2 else []))
    else:
        night.enters(what)


@given(STEPS)
def test_whatever_happens_it_ends_and_somebody_knows(steps: list[Any]) -> None:
    night = Night()
    night.tell(DUE)
    for what in steps:
        step(night, what)
        check = night.rules.checks[TIMER]
        assert check.state is CheckState.OVER or check.deadline is not None
        plain = night.rules.to_state()
        assert Switchboard.from_state(plain).to_state() == plain
    night.pass_time(600)
    check = night.rules.checks[TIMER]
    assert check.state is CheckState.OVER
    assert night.rules.next_deadline() is None or night.cases
    dials = [one.leg_id for one in night.said if isinstance(one, c.DialNumber)]
    assert len(dials) == len(set(dials)), "no leg is dialled twice"
    answers = [one.outcome for one in night.facts(e.CheckAnswered)]
    was_told_off = any(what == "cancelled" for what in steps)
    if not {"good", "duress"} & set(answers) and not was_told_off:
        assert night.cases, "nobody gave his PIN: it is an operator's"
    for one in night.facts(e.CheckAnswered):
        assert isinstance(one.leg_id, str)
        assert LegId(one.leg_id) in dials
