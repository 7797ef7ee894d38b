"""The consigne is followed, the urgency changes, and the case is closed or not."""

import pytest

from callflows import events as e
from callflows.commands import PlanCallTree
from callflows.events import CallId, IncidentId, OperatorId
from callflows.incident import DISPOSITIONS, Incident
from client_directory.model import Procedure, Step
from tests.stories.line import AGGRESSION, CONSIGNE, Line

CASE = IncidentId("inc-call-1")
ANN = OperatorId("ann")


@pytest.fixture
def line() -> Line:
    line = Line(is_cloned=True)
    line.ready("ann")
    line.calls(urgency=3)
    line.picks_up("ann")
    return line


def case(line: Line) -> Incident:
    return line.switchboard.incidents[CASE]


def choose(line: Line, procedure: Procedure | None = AGGRESSION) -> list[object]:
    return list(
        line.tell(
            e.KindChosen(incident_id=CASE, operator=ANN, kind="aggression", procedure=procedure)
        )
    )


def answer(line: Line, step: str, answer: str = "", text: str = "") -> list[object]:
    return list(
        line.tell(
            e.StepAnswered(incident_id=CASE, operator=ANN, step=step, answer=answer, text=text)
        )
    )


def close(line: Line, disposition: str = "handled") -> list[object]:
    return list(
        line.tell(
            e.CloseRequested(
                incident_id=CASE, operator=ANN, disposition=disposition, text="done"
            )
        )
    )


def refused(reason: str, step: str) -> list[object]:
    return [e.StepRefused(incident_id=CASE, operator=ANN, step=step, reason=reason)]


def test_the_case_belongs_to_who_answered_first(line: Line) -> None:
    assert case(line).owner == "ann"
    line.hangs_up("ann", e.Cause.FAILED)
    line.ready("bob")
    line.picks_up("bob")
    assert case(line).owner == "ann"


def test_the_kind_brings_its_consigne_and_its_urgency(line: Line) -> None:
    outcomes = choose(line)
    assert outcomes == [
        e.ProcedureShown(
            incident_id=CASE, procedure="aggression", version=3, kind="aggression"
        ),
        e.IncidentReprioritised(
            incident_id=CASE, urgency=1, previous=3, reason="kind aggression"
        ),
    ]
    assert case(line).procedure == AGGRESSION
    assert (case(line).kind, case(line).urgency) == ("aggression", 1)
    assert line.call("call-1").urgency == 1


def test_a_kind_without_a_consigne_keeps_the_one_shown(line: Line) -> None:
    assert choose(line, procedure=None) == []
    assert case(line).procedure == CONSIGNE
    assert case(line).kind == "aggression"


def test_what_was_recorded_before_the_kind_was_known_is_kept(line: Line) -> None:
    answer(line, "facts", text="a man with a knife")
    choose(line)
    assert case(line).run.records == {}
    assert case(line).earlier_runs[0].records["facts"].text == "a man with a knife"


def test_nothing_recorded_leaves_no_earlier_run(line: Line) -> None:
    choose(line)
    assert case(line).earlier_runs == []


def test_the_same_consigne_chosen_again_loses_nothing(line: Line) -> None:
    choose(line)
    answer(line, "safe", "yes")
    choose(line)
    assert list(case(line).run.records) == ["safe"]


def test_a_kind_of_the_same_urgency_reprioritises_nothing(line: Line) -> None:
    choose(line)
    choose(line)
    assert len(line.all(e.IncidentReprioritised)) == 1


def test_an_answer_may_raise_the_urgency(line: Line) -> None:
    line.tell(
        e.KindChosen(incident_id=CASE, operator=ANN, kind="aggression", procedure=AGGRESSION)
    )
    line.tell(e.UrgencySet(incident_id=CASE, operator=ANN, urgency=2))
    assert line.last(e.IncidentReprioritised).reason == "set by ann"
    answer(line, "safe", "no")
    assert line.last(e.IncidentReprioritised).reason == "step safe: no"
    assert case(line).urgency == 1


@pytest.mark.parametrize("urgency", [0, 5, -1])
def test_an_urgency_that_does_not_exist_is_noted_and_not_set(line: Line, urgency: int) -> None:
    outcomes = line.tell(e.UrgencySet(incident_id=CASE, operator=ANN, urgency=urgency))
    assert [type(x) for x in outcomes] == [e.Ignored]
    assert case(line).urgency == 3


@pytest.mark.parametrize("urgency", [1, 4])
def test_the_ends_of_the_scale_can_be_set(line: Line, urgency: int) -> None:
    line.tell(e.UrgencySet(incident_id=CASE, operator=ANN, urgency=urgency))
    assert case(line).urgency == urgency


def test_an_answer_with_an_absurd_urgency_sets_the_nearest(line: Line) -> None:
    from client_directory.model import Answer

    odd = Procedure(
        procedure="odd",
        version=1,
        incident_kinds=(),
        title={},
        urgency=2,
        steps=(Step(step="q", ask={}, answers=(Answer(answer="a", set_urgency=99),)),),
    )
    choose(line, odd)
    answer(line, "q", "a")
    assert case(line).urgency == 4


# ---------------------------------------------------------------- steps


def test_a_step_is_recorded_with_who_when_and_what(line: Line) -> None:
    assert answer(line, "facts", text="smoke in the lift") == []
    record = case(line).run.records["facts"]
    assert (record.operator, record.at, record.text) == ("ann", line.now, "smoke in the lift")
    assert record.outcome == "done"


def test_free_text_may_come_as_the_answer(line: Line) -> None:
    assert answer(line, "facts", answer="smoke") == []


@pytest.mark.parametrize("text", ["", "   "])
def test_free_text_needs_words(line: Line, text: str) -> None:
    assert answer(line, "facts", text=text) == refused("nothing was written", "facts")


def test_a_step_that_does_not_exist(line: Line) -> None:
    assert answer(line, "x") == refused("no such step", "x")


def test_an_answer_that_does_not_exist(line: Line) -> None:
    choose(line)
    assert answer(line, "safe", "maybe") == refused("no such answer", "safe")
    assert case(line).run.records == {}


def test_a_step_answered_again_is_corrected(line: Line) -> None:
    choose(line)
    answer(line, "safe", "no")
    assert [s.step for s in case(line).run.path] == ["safe", "police", "inform"]
    answer(line, "safe", "yes")
    assert [s.step for s in case(line).run.path] == ["safe", "inform"]


def test_an_action_is_recorded_without_an_answer(line: Line) -> None:
    choose(line)
    assert [type(x) for x in answer(line, "inform")] == [PlanCallTree]


def test_a_step_is_skipped_with_a_reason(line: Line) -> None:
    choose(line)
    assert skip(line, "safe", " ") == refused("skipping needs a reason", "safe")
    assert skip(line, "x", "why not") == refused("no such step", "x")
    [left] = skip(line, "safe", "he hung up")
    assert (left.step, left.how, left.reason) == ("safe", "skipped", "he hung up")
    record = case(line).run.records["safe"]
    assert (record.outcome, record.text) == ("skipped", "he hung up")
    assert skip(line, "safe", "again") == refused("recorded already", "safe")


def skip(line: Line, step: str, reason: str) -> list[object]:
    return list(
        line.tell(e.StepSkipped(incident_id=CASE, operator=ANN, step=step, reason=reason))
    )


# ---------------------------------------------------------------- verification

INTRUSION = Procedure(
    procedure="intrusion",
    version=7,
    incident_kinds=("intrusion",),
    title={"fr": "Intrusion"},
    urgency=2,
    steps=(
        Step(step="verify", verify=("telephone", "video"), is_required=True),
        Step(step="police", do={"call_service": "police"}, requires="verify"),
    ),
)


def verify(line: Line, means: str = "video", text: str = "", step: str = "verify") -> object:
    return line.tell(
        e.VerificationRecorded(
            incident_id=CASE,
            operator=ANN,
            step=step,
            means=means,
            result="confirmed",
            text=text,
        )
    )


def test_behind_a_call_the_police_step_is_open_at_once(line: Line) -> None:
    choose(line, INTRUSION)
    assert answer(line, "police") == []


def test_behind_an_alarm_it_is_shut_until_the_verification_is_recorded(line: Line) -> None:
    choose(line, INTRUSION)
    case(line).source = "alarm"
    case(line).run.source = "alarm"
    assert answer(line, "police") == refused("verify comes first", "police")
    assert verify(line, text="two men inside") == []
    record = case(line).run.records["verify"]
    assert (record.outcome, record.answer) == ("verified", "confirmed")
    assert record.text == "video: two men inside"
    assert answer(line, "police") == []


def test_the_source_of_the_case_goes_with_a_new_consigne(line: Line) -> None:
    case(line).source = "alarm"
    choose(line, INTRUSION)
    line.hangs_up("ann")
    assert answer(line, "police") == refused("verify comes first", "police")


def test_what_waits_for_a_verification_is_open_while_a_person_is_heard(line: Line) -> None:
    case(line).source = "alarm"
    choose(line, INTRUSION)
    assert case(line).run.shut_by(INTRUSION.steps[1]) is None
    assert line.switchboard.why_no_service(case(line)) == ""
    line.hangs_up("ann")
    assert case(line).run.shut_by(INTRUSION.steps[1]) == "verify"
    assert line.switchboard.why_no_service(case(line)) == "the alarm must be verified first"
    line.ready("ann")
    line.calls(call_id="call-2", incident_id=CASE)
    line.picks_up("ann")
    assert answer(line, "police") != refused("verify comes first", "police")
    assert case(line).run.records["police"].operator == ANN


def test_it_shuts_again_when_a_restart_loses_the_person_who_was_heard(line: Line) -> None:
    case(line).source = "alarm"
    choose(line, INTRUSION)
    case(line).run.source = "alarm"
    assert case(line).run.shut_by(INTRUSION.steps[1]) is None
    line.restart(surviving=[])
    assert line.switchboard.why_no_service(case(line)) == "the alarm must be verified first"
    assert answer(line, "police") == refused("verify comes first", "police")


def test_a_consigne_that_is_left_half_done_is_told_with_the_reason(line: Line) -> None:
    choose(line)
    answer(line, case(line).run.path[0].step, "yes")
    left = [step.step for step in case(line).run.missing()]
    assert left
    line.tell(
        e.KindChosen(
            incident_id=CASE, operator=ANN, kind="intrusion", procedure=INTRUSION,
            reason="it was the alarm",
        )
    )  # fmt: skip
    told = line.all(e.ConsigneLeft)
    assert [(one.step, one.reason) for one in told] == [(x, "it was the alarm") for x in left]
    [earlier] = case(line).earlier_runs
    assert all(earlier.records[step].text == "it was the alarm" for step in left)
    assert case(line).run.records == {}


def test_what_was_left_out_can_be_done_after_all_and_what_was_said_corrected(
    line: Line,
) -> None:
    case(line).source = "alarm"
    choose(line, INTRUSION)
    line.hangs_up("ann")
    line.tell(e.StepSkipped(incident_id=CASE, operator=ANN, step="verify", reason="no camera"))
    assert answer(line, "police") == refused("verify comes first", "police")
    verify(line, "video")
    told = line.last(e.StepCorrected)
    assert (told.step, told.was_skipped, told.was) == ("verify", True, "")
    answer(line, "police", "done")
    assert answer(line, "police", "done") == refused("recorded already", "police")
    verify(line, "telephone")
    assert line.last(e.StepCorrected).was == "confirmed"
    assert case(line).run.records["verify"].text == "telephone"


def test_a_verification_needs_its_means_and_result(line: Line) -> None:
    choose(line, INTRUSION)
    assert answer(line, "verify") == refused(
        "a verification needs its means and result", "verify"
    )
    assert verify(line, "a feeling") == refused("a feeling is no means of this step", "verify")
    assert verify(line, "video", step="police") == refused(
        "video is no means of this step", "police"
    )
    assert verify(line, "video", step="x") == refused("no such step", "x")
    verify(line, "telephone")
    assert case(line).run.records["verify"].text == "telephone"


# ---------------------------------------------------------------- notes, closing


def test_notes_are_kept_in_order(line: Line) -> None:
    for text in ("one", "two"):
        said = line.tell(e.NoteWritten(incident_id=CASE, operator=ANN, text=text))
        assert said == []
    assert [(n.text, n.operator, n.at) for n in case(line).notes] == [
        ("one", "ann", line.now),
        ("two", "ann", line.now),
    ]


def test_an_empty_note_is_no_note(line: Line) -> None:
    outcomes = line.tell(e.NoteWritten(incident_id=CASE, operator=ANN, text=" "))
    assert [type(x) for x in outcomes] == [e.Ignored]
    assert case(line).notes == []


def test_a_case_stays_open_while_anything_is_missing(line: Line) -> None:
    assert close(line, "") == [
        e.CloseRefused(
            incident_id=CASE,
            operator=ANN,
            missing=("call:call-1", "step:facts", "disposition"),
        )
    ]
    line.gives_up("call-1")
    close(line)
    assert line.last(e.CloseRefused).missing == ("step:facts",)
    answer(line, "facts", text="nothing")
    close(line, "because")
    assert line.last(e.CloseRefused).missing == ("disposition",)
    assert case(line).is_open


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_with_everything_there_it_is_closed(line: Line, disposition: str) -> None:
    line.gives_up("call-1")
    answer(line, "facts", text="nothing")
    line.fast_forward(60)
    assert close(line, disposition) == [
        e.IncidentClosed(incident_id=CASE, operator=ANN, disposition=disposition, text="done")
    ]
    closed = case(line)
    assert (closed.state, closed.disposition) == ("closed", disposition)
    assert (closed.closed_at, closed.closed_by) == (line.now, "ann")
    assert closed.closing_text == "done"


def test_steps_that_an_answer_led_around_are_not_missing(line: Line) -> None:
    choose(line)
    line.gives_up("call-1")
    answer(line, "safe", "yes")
    close(line)
    assert line.last(e.CloseRefused).missing == ("step:inform",)
    answer(line, "inform")
    close(line)
    assert not case(line).is_open


def test_a_skipped_step_is_not_missing(line: Line) -> None:
    line.gives_up("call-1")
    skip(line, "facts", "nobody spoke")
    close(line, "nuisance")
    assert not case(line).is_open


def test_a_closed_case_takes_notes_and_nothing_else(line: Line) -> None:
    line.gives_up("call-1")
    answer(line, "facts", text="nothing")
    close(line)
    line.tell(e.NoteWritten(incident_id=CASE, operator=ANN, text="the client called back"))
    assert case(line).notes[0].text == "the client called back"
    for outcomes in (close(line), choose(line), answer(line, "facts", text="x")):
        assert [type(x) for x in outcomes] == [e.Ignored]


def test_an_event_for_a_case_that_does_not_exist_is_noted(line: Line) -> None:
    outcomes = line.tell(e.NoteWritten(incident_id=IncidentId("x"), operator=ANN, text="lost"))
    assert outcomes == [
        e.Ignored(incident_id=IncidentId("x"), event="NoteWritten", state="unknown incident")
    ]


def test_a_closed_case_can_be_looked_at_for_an_hour(line: Line) -> None:
    line.gives_up("call-1")
    answer(line, "facts", text="nothing")
    close(line)
    line.fast_forward(3599)
    line.ready("ann")
    assert CASE in line.switchboard.incidents
    assert CallId("call-1") in line.switchboard.calls
    line.fast_forward(1)
    line.ready("ann")
    assert not line.switchboard.incidents
    assert not line.switchboard.calls
    assert not line.switchboard._board.legs


def test_an_open_case_is_kept_for_ever(line: Line) -> None:
    line.gives_up("call-1")
    line.fast_forward(1_000_000)
    line.ready("ann")
    assert CASE in line.switchboard.incidents


def test_legs_that_never_ended_are_forgotten_with_their_case(line: Line) -> None:
    line.is_slow_to_end = True
    line.gives_up("call-1")
    answer(line, "facts", text="nothing")
    close(line)
    assert line.switchboard._board.legs
    line.fast_forward(3600)
    line.ready("ann")
    assert not line.switchboard._board.legs
