"""Each state of a caller who serves himself meets every event; whatever happens, it ends."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows import events as e
from callflows import self_service_flow as flow
from callflows.call import CallState
from callflows.events import Cause
from callflows.self_service import SelfState
from callflows.switchboard import ROUTES
from tests.callflows.each import each
from tests.callflows.situations import EVENTS, build
from tests.stories.by_key import LEG, KeyLine


def line_of() -> KeyLine:
    line = KeyLine()
    line.ready("ann")
    return line


def installer(keys: str = "", outcome: str = "", more: str = "") -> KeyLine:
    line = line_of()
    line.installer_rings()
    line.keys(keys)
    if outcome:
        line.pin(outcome)
    line.keys(more)
    return line


def worker(keys: str = "", stage: str = "idle") -> KeyLine:
    line = line_of()
    line.worker_rings(stage)
    line.keys(keys)
    return line


def is_over() -> KeyLine:
    line = worker("1#")
    line.is_slow_to_end = True
    line.tell(e.LegEnded(leg_id=LEG, cause=Cause.HUNG_UP))
    return line


STATES: dict[str, tuple[SelfState, Callable[[], KeyLine]]] = {
    "number": (SelfState.NUMBER, installer),
    "pin": (SelfState.PIN, lambda: installer("1234#")),
    "choice": (SelfState.CHOICE, lambda: installer("1234#", "good")),
    "forced": (SelfState.CHOICE, lambda: installer("1234#", "duress")),
    "time": (SelfState.TIME, lambda: installer("1234#", "good", "1")),
    "zone": (SelfState.ZONE, lambda: installer("1234#", "good", "12#")),
    "ending": (SelfState.ENDING, lambda: installer("1234#", "good", "2")),
    "alone": (SelfState.CHOICE, worker),
    "alone, running": (SelfState.CHOICE, lambda: worker(stage="running")),
    "alone, time": (SelfState.TIME, lambda: worker("1")),
    "alone, pin": (SelfState.PIN, lambda: worker("2", "running")),
    "working": (SelfState.WORKING, lambda: worker("1#")),
    "over": (SelfState.OVER, is_over),
}


def test_each_state_is_met() -> None:
    assert {state for state, _ in STATES.values()} == set(SelfState)


OTHERS = [kind for kind in EVENTS if kind is not e.CallOffered]
"A call that comes in is a leg of its own."


@each(OTHERS)
@pytest.mark.parametrize("name", STATES)
def test_every_state_meets_every_event(name: str, kind: type[e.Event]) -> None:
    state, make = STATES[name]
    line = make()
    call = line.self_service
    assert call.state is state
    event = build(kind)
    if "leg_id" in kind.__slots__:
        event = replace(event, leg_id=LEG)  # type: ignore[call-arg]
    outcomes = line.switchboard.handle(event, line.now)
    assert not [one for one in outcomes if isinstance(one, e.FlowFailed)]
    is_his = "leg_id" in kind.__slots__ and ROUTES.get(kind) is ROUTES[e.LegAnswered]
    if is_his:
        transition = flow.TABLE.get((state, kind))
        assert call.state in {state, *(transition.to if transition else ())}
        if transition is None:
            assert [type(one) for one in outcomes] == [e.Ignored]
    if call.state is not SelfState.OVER:
        assert call.deadline is not None, "he waits for ever"


STEPS = st.lists(
    st.one_of(
        st.sampled_from("0123456789*#A"),
        st.sampled_from(["good", "wrong", "none", "expired", "duress"]),
        st.sampled_from(["prompt", "fails", "kill", "lost", "started", "refused", "amber"]),
        st.floats(0.1, 70.0),
    ),
    max_size=25,
)


def step(line: KeyLine, what: Any) -> None:
    if isinstance(what, float):
        line.fast_forward(what)
        return
    if what == "kill":
        line.restart()
        return
    if what == "lost":
        line.restart(surviving=())
        return
    if line.leg not in line.phones:
        return
    if len(what) == 1:
        line.keys(what)
    elif what == "prompt":
        line.tell(
            e.PromptEnded(leg_id=line.leg, prompt="goodbye", played_time=1, is_complete=True)
        )
    elif what == "fails":
        line.tell(e.CommandFailed(command="Play", reason="x", leg_id=line.leg))
    elif what in ("started", "refused", "amber"):
        if line.switchboard.self_services:
            line.timer_says(
                {
                    "started": e.SafetyTimerStarted,
                    "refused": e.SafetyTimerRefused,
                    "amber": e.SafetyTimerLapsed,
                }[what]
            )
    elif line.switchboard.self_services and line.self_service.state is SelfState.PIN:
        line.pin(what)


@given(stage=st.sampled_from(["installer", "idle", "running"]), steps=STEPS)
def test_whatever_he_keys_he_is_told_what_was_done_or_gets_a_person(
    stage: str, steps: list[Any]
) -> None:
    line = line_of()
    if stage == "installer":
        line.installer_rings()
    else:
        line.worker_rings(stage)
    for what in steps:
        step(line, what)
    line.fast_forward(600)
    board = line.switchboard
    assert not [one for one in board.self_services.values() if one.state is not SelfState.OVER]
    phone = line.phones.get(line.leg)
    call = board.calls.get(e.CallId("call-1"))
    if phone is not None:
        assert call is not None, "a line is up and nobody serves it"
        assert call.state is not CallState.ENDED
    is_told = any(
        type(one) is e.SelfServiceEnded and one.outcome != "nothing" for _, one in line.said
    )
    is_gone = "lost" in steps
    assert is_told or call is not None or (is_gone and stage == "installer")
    forced = "duress" in [one.outcome for one in line.all(e.InstallerChecked)]
    if forced:
        assert board.alarms.tests == {}, "a forced installer switched something off"
    for one in line.all(e.DigitPressed):
        assert len(one.digit) == 1
