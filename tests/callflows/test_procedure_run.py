"""Following a consigne: where one stands, what comes next, what is still missing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.events import OperatorId
from callflows.procedure_run import (
    Outcome,
    ProcedureRun,
    StepRecord,
    StepState,
    find_answer,
)
from client_directory.model import Answer, Procedure, Step

ANN = OperatorId("ann")


def procedure(*steps: Step) -> Procedure:
    return Procedure(
        procedure="p", version=1, incident_kinds=(), title={}, urgency=2, steps=steps
    )


def done(step: str, answer: str = "", outcome: Outcome = Outcome.DONE) -> StepRecord:
    return StepRecord(step=step, outcome=outcome, operator=ANN, at=1.0, answer=answer)


ASK = Step(
    step="ask",
    ask={},
    is_required=True,
    answers=(Answer(answer="yes", go_to="help"), Answer(answer="no", go_to="end")),
    go_to="calm",
)
HELP = Step(step="help", do={"call_service": "medical"}, is_required=True, go_to="end")
CALM = Step(step="calm", say={}, is_required=True)
BRANCHING = procedure(ASK, HELP, CALM)


def names(steps: list[Step]) -> list[str]:
    return [step.step for step in steps]


def test_steps_follow_one_another_where_nothing_else_is_said() -> None:
    run = ProcedureRun(procedure(Step(step="a"), Step(step="b"), Step(step="c")))
    assert names(run.path) == ["a", "b", "c"]
    assert run.current is not None
    assert (run.current.step, run.next and run.next.step) == ("a", "b")
    run.record(done("a"))
    assert (run.current.step, run.next and run.next.step) == ("b", "c")
    run.record(done("b"))
    assert (run.current and run.current.step, run.next) == ("c", None)
    run.record(done("c"))
    assert run.current is None
    assert run.next is None


def test_before_the_answer_the_way_that_leads_on_without_one() -> None:
    assert names(ProcedureRun(BRANCHING).path) == ["ask", "calm"]


def test_an_answer_leads_where_it_says() -> None:
    run = ProcedureRun(BRANCHING)
    run.record(done("ask", "yes"))
    assert names(run.path) == ["ask", "help"]
    assert names(run.missing()) == ["help"]
    run.record(done("ask", "no"))
    assert names(run.path) == ["ask"]
    assert run.missing() == []


def test_a_skipped_question_leads_on_as_if_unanswered() -> None:
    run = ProcedureRun(BRANCHING)
    run.record(done("ask", "yes", Outcome.SKIPPED))
    assert names(run.path) == ["ask", "calm"]
    assert names(run.missing()) == ["calm"]


def test_a_way_back_ends_the_path_instead_of_going_round() -> None:
    run = ProcedureRun(procedure(Step(step="a"), Step(step="b", go_to="a"), Step(step="never")))
    assert names(run.path) == ["a", "b"]


def test_a_way_to_nowhere_leads_to_the_next_step() -> None:
    run = ProcedureRun(procedure(Step(step="a", go_to="lost"), Step(step="b")))
    assert names(run.path) == ["a", "b"]


def test_only_required_steps_on_the_path_are_missing() -> None:
    run = ProcedureRun(procedure(Step(step="a"), Step(step="b", is_required=True)))
    assert names(run.missing()) == ["b"]


def test_what_was_done_stands_in_the_order_of_doing() -> None:
    run = ProcedureRun(BRANCHING)
    for step in ("calm", "ask", "calm"):
        run.record(done(step))
    assert [record.step for record in run.done] == ["ask", "calm"]


def test_without_a_consigne_nothing_is_missing() -> None:
    run = ProcedureRun(None)
    assert (run.path, run.current, run.next, run.missing(), run.view()) == (
        [],
        None,
        None,
        [],
        [],
    )
    assert run.step("a") is None


# ---------------------------------------------------------------- shut steps


def test_an_ordinary_step_opens_another_for_every_source() -> None:
    steps = (Step(step="a"), Step(step="b", requires="a"))
    for source in ("call", "alarm", "operator"):
        run = ProcedureRun(procedure(*steps), source)
        assert run.shut_by(steps[1]) == "a"
        run.record(done("a", outcome=Outcome.SKIPPED))
        assert run.shut_by(steps[1]) == "a", "skipping opens nothing"
        run.record(done("a"))
        assert run.shut_by(steps[1]) is None


@pytest.mark.parametrize("has_step", [True, False])
@pytest.mark.parametrize(
    ("source", "shut"), [("call", None), ("operator", None), ("alarm", "verify")]
)
def test_a_verification_shuts_only_behind_an_alarm(
    source: Any, shut: str | None, has_step: bool
) -> None:
    police = Step(step="police", requires="verify")
    steps = (Step(step="verify", verify=("video",)), police) if has_step else (police,)
    run = ProcedureRun(procedure(*steps), source)
    assert run.shut_by(police) == shut


def test_a_step_named_verify_that_verifies_nothing_is_an_ordinary_step() -> None:
    police = Step(step="police", requires="verify")
    run = ProcedureRun(procedure(Step(step="verify", ask={}), police), "call")
    assert run.shut_by(police) == "verify"


def test_the_current_step_is_one_that_is_open() -> None:
    run = ProcedureRun(
        procedure(
            Step(step="police", requires="verify"),
            Step(step="verify", verify=("video",)),
        ),
        "alarm",
    )
    assert run.current is not None
    assert run.current.step == "verify"


# ---------------------------------------------------------------- for the desk


def test_the_view_is_the_path_and_then_what_it_led_around() -> None:
    run = ProcedureRun(
        procedure(
            ASK,
            HELP,
            CALM,
            Step(step="police", requires="check"),
            Step(step="check", verify=("video",)),
        ),
        "alarm",
    )
    assert [(v.step.step, v.state) for v in run.view()] == [
        ("ask", StepState.CURRENT),
        ("calm", StepState.OPEN),
        ("police", StepState.SHUT),
        ("check", StepState.OPEN),
        ("help", StepState.OFF_PATH),
    ]
    assert [v.shut_by for v in run.view()] == [None, None, "check", None, None]
    run.record(done("ask", "yes"))
    run.record(done("help", outcome=Outcome.SKIPPED))
    assert [(v.step.step, v.state) for v in run.view()] == [
        ("ask", StepState.DONE),
        ("help", StepState.SKIPPED),
        ("calm", StepState.OFF_PATH),
        ("police", StepState.OFF_PATH),
        ("check", StepState.OFF_PATH),
    ]
    assert run.view()[0].record == run.records["ask"]


def test_what_was_recorded_off_the_path_is_still_shown_as_done() -> None:
    run = ProcedureRun(BRANCHING)
    run.record(done("calm"))
    run.record(done("ask", "no"))
    assert [(v.step.step, v.state) for v in run.view()][1:] == [
        ("help", StepState.OFF_PATH),
        ("calm", StepState.DONE),
    ]


def test_finding_an_answer() -> None:
    assert find_answer(ASK, "yes") is ASK.answers[0]
    assert find_answer(ASK, "maybe") is None
    assert find_answer(Step(step="a", answers="free_text"), "yes") is None


STEPS = st.lists(
    st.builds(
        Step,
        step=st.sampled_from("abcdef"),
        go_to=st.none() | st.sampled_from([*"abcdef", "end", "lost"]),
        is_required=st.booleans(),
        requires=st.none() | st.sampled_from("abc"),
    ),
    max_size=6,
    unique_by=lambda step: step.step,
)


@given(STEPS, st.lists(st.sampled_from("abcdef"), max_size=6))
def test_every_consigne_can_be_followed_to_an_end(steps: list[Step], order: list[str]) -> None:
    run = ProcedureRun(procedure(*steps), "alarm")
    for name in order:
        if run.step(name):
            run.record(done(name))
    path = names(run.path)
    assert len(path) == len(set(path))
    assert {v.step.step for v in run.view()} == {step.step for step in steps}
    assert len(run.view()) == len(steps)
    while (current := run.current) is not None:
        assert current.step not in run.records
        run.record(done(current.step))
    left = {s.step for s in run.missing()}
    assert all(run.shut_by(s) for s in steps if s.step in left), "only what is shut is left"
