"""A consigne as a case follows it: weighed answers, the path that is left, the nine stages."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows import events as e
from callflows.events import IncidentId, OperatorId
from callflows.incident import Incident
from callflows.stages import STAGES, Around, standings
from client_directory.model import Answer, Procedure, Step
from tests.stories.line import AGGRESSION, Line

CASE = IncidentId("inc-call-1")
ANN = OperatorId("ann")
WEAPON, HURT, ALONE = (
    Step(
        step=name,
        ask={"en": f"{name}?"},
        answers=(Answer(answer="yes", weight=weight), Answer(answer="no")),
        is_required=True,
    )
    for name, weight in (("weapon", 6), ("hurt", 4), ("alone", 2))
)
WEIGHED = Procedure(
    procedure="threat",
    version=5,
    incident_kinds=("threat",),
    title={"en": "Threat"},
    urgency=4,
    steps=(WEAPON, HURT, ALONE),
    weights=((1, 10), (2, 6), (3, 2)),
)


def following(procedure: Procedure, urgency: int = 4) -> Line:
    line = Line()
    line.ready("ann")
    line.calls(procedure=procedure, urgency=urgency)
    line.picks_up("ann")
    return line


def case(line: Line) -> Incident:
    return line.switchboard.incidents[CASE]


def answers(line: Line, step: str, answer: str = "", **values: str) -> list[Any]:
    return line.tell(
        e.StepAnswered(incident_id=CASE, operator=ANN, step=step, answer=answer, **values)
    )


# ---------------------------------------------------------------- weighed answers


def test_the_answers_weights_add_up_to_an_urgency() -> None:
    line = following(WEIGHED)
    assert case(line).urgency == 4
    answers(line, "alone", "yes")
    assert case(line).urgency == 3
    assert line.last(e.IncidentReprioritised).reason == "the answers weigh 2"
    answers(line, "hurt", "yes")
    assert case(line).urgency == 2
    answers(line, "weapon", "yes")
    assert case(line).urgency == 1
    assert line.last(e.IncidentReprioritised).reason == "the answers weigh 12"


def test_weights_never_make_a_case_less_urgent() -> None:
    line = following(WEIGHED)
    answers(line, "weapon", "yes")
    assert case(line).urgency == 2
    answers(line, "weapon", "no")  # corrected
    assert case(line).urgency == 2, "less urgent it becomes by a person"
    line.tell(e.UrgencySet(incident_id=CASE, operator=ANN, urgency=1))
    answers(line, "alone", "yes")
    assert case(line).urgency == 1


def test_a_caller_whose_answers_weigh_more_goes_before_the_others() -> None:
    line = Line()
    line.signs_in("ann")
    first = line.calls(procedure=AGGRESSION, urgency=3)
    second = line.calls(procedure=WEIGHED, urgency=4)
    assert [c.call_id for c in line.switchboard.waiting()] == [first, second]
    line.tell(
        e.StepAnswered(
            incident_id=IncidentId(f"inc-{second}"), operator=ANN, step="weapon", answer="yes"
        )
    )
    assert [c.call_id for c in line.switchboard.waiting()] == [second, first]


@given(st.lists(st.sampled_from(["weapon", "hurt", "alone"]), unique=True))
def test_the_order_of_the_answers_does_not_matter(order: list[str]) -> None:
    urgencies = set()
    for steps in itertools.permutations(order):
        line = following(WEIGHED)
        for step in steps:
            answers(line, step, "yes")
        urgencies.add(case(line).urgency)
    assert len(urgencies) == 1


# ---------------------------------------------------------------- leaving the path


def test_a_step_off_the_path_needs_a_reason_and_is_listed() -> None:
    line = following(AGGRESSION)
    answers(line, "safe", "yes")  # leads around the police
    [refused] = answers(line, "police")
    assert refused.reason == "it is off the path: a reason is needed"
    told = answers(line, "police", reason="she whispers that he is still there")
    left, uncalled = [x for x in told if isinstance(x, e.ConsigneLeft)]
    assert (left.how, left.step, left.reason) == (
        "off_path",
        "police",
        "she whispers that he is still there",
    )
    assert (uncalled.how, uncalled.step) == ("otherwise", "police"), (
        "nobody was called from here"
    )
    assert case(line).run.records["police"].is_deviation


def test_a_reason_on_the_path_is_no_deviation() -> None:
    line = following(AGGRESSION)
    assert not [
        x for x in answers(line, "safe", "no", reason="-") if isinstance(x, e.ConsigneLeft)
    ]
    assert not case(line).run.records["safe"].is_deviation


def test_what_was_left_survives_a_restart() -> None:
    line = following(AGGRESSION)
    line.tell(e.StepSkipped(incident_id=CASE, operator=ANN, step="safe", reason="he shouts"))
    before = case(line).run.records
    line.restart()
    assert case(line).run.records == before
    assert case(line).run.records["safe"].is_deviation


# ---------------------------------------------------------------- verification


@pytest.mark.parametrize("confidence", ["high", "medium", "low", ""])
def test_a_verification_keeps_its_means_result_and_confidence(confidence: Any) -> None:
    line = following(
        Procedure(
            procedure="x",
            version=1,
            incident_kinds=("x",),
            title={},
            urgency=2,
            steps=(Step(step="verify", verify=("video",)),),
        )
    )
    line.tell(
        e.VerificationRecorded(
            incident_id=CASE,
            operator=ANN,
            step="verify",
            means="video",
            result="confirmed",
            confidence=confidence,
        )
    )
    record = case(line).run.records["verify"]
    assert (record.text, record.answer, record.confidence) == ("video", "confirmed", confidence)


# ---------------------------------------------------------------- the nine stages

WHOLE = Procedure(
    procedure="whole",
    version=1,
    incident_kinds=("whole",),
    title={},
    urgency=2,
    steps=(
        Step(step="what", ask={"en": "What?"}, answers="free_text"),
        Step(step="sum", say={"en": "So …"}),
        Step(step="verify", verify=("video",)),
        Step(step="police", do={"call_service": "police"}),
        Step(step="badge", ask={"en": "Reference?"}, answers="free_text", stage="trace"),
        Step(step="restore", do={"await_restore": "true"}),
    ),
)
NOTHING = Around(
    has_spoken=False, has_dispatched=False, awaits_restore=False, is_finished=False
)


def stages(line: Line, **around: bool) -> dict[str, str]:
    values = {name: getattr(NOTHING, name) for name in NOTHING.__slots__} | around
    return {stage: how.value for stage, how in standings(case(line), Around(**values))}


def test_a_case_goes_through_the_nine_stages() -> None:
    assert STAGES == (
        "listen", "question", "reformulate", "qualify", "verify", "dispatch", "trace",
        "return", "report",
    )  # fmt: skip
    line = following(WHOLE)
    assert stages(line)["listen"] == "open"
    talking = stages(line, has_spoken=True)
    assert (talking["listen"], talking["question"]) == ("done", "current")
    seen = []
    while (current := case(line).run.current) is not None:
        seen.append([s for s, how in stages(line, has_spoken=True).items() if how == "current"])
        if current.verify:
            line.tell(
                e.VerificationRecorded(
                    incident_id=CASE, operator=ANN, step="verify", means="video",
                    result="confirmed",
                )
            )  # fmt: skip
        else:
            answers(line, current.step, text="words")
    assert seen == [
        ["question"],
        ["reformulate"],
        ["verify"],
        ["dispatch"],
        ["trace"],
        ["return"],
    ]
    after = stages(line, has_spoken=True, is_finished=True)
    assert after["report"] == "current"
    assert after["qualify"] == "open"


def test_a_stage_that_a_case_has_nothing_of_says_so() -> None:
    line = following(AGGRESSION)
    shown = stages(line, has_spoken=True)
    assert (shown["verify"], shown["return"], shown["reformulate"]) == ("none", "none", "none")
    assert stages(line, awaits_restore=True)["return"] == "open"
