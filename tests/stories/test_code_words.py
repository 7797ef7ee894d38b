"""Who says he is whom: a code word or PIN on the line, and what happens when it is forced."""

from typing import Any

import pytest

from callflows import events as e
from callflows.events import IncidentId, OperatorId
from callflows.incident import Incident
from client_directory.model import Procedure, Step
from tests.stories.line import AGGRESSION, Line

CASE = IncidentId("inc-call-1")
SILENT = IncidentId("inc-call-1-silent")
DURESS_CONSIGNE = Procedure(
    procedure="duress",
    version=2,
    incident_kinds=("duress",),
    title={"fr": "Sous la contrainte"},
    urgency=1,
    steps=(
        Step(step="tree", do={"start_call_tree": "x"}, is_automatic=True),
        Step(step="police", do={"call_service": "police"}, is_required=True),
    ),
)


def on_the_line() -> Line:
    """Ann speaks with Julie; Bob is free."""
    line = Line()
    line.ready("ann", "bob")
    line.calls(procedure=AGGRESSION)
    line.picks_up("ann")
    return line


def says(line: Line, outcome: Any, person: str = "j-dupont", by: str = "ann") -> list[Any]:
    """Julie says her code word, and the desk has compared it."""
    return line.tell(
        e.SecretChecked(
            incident_id=CASE,
            operator=OperatorId(by),
            person=person,
            name="Julie Dupont",
            outcome=outcome,
            procedure=DURESS_CONSIGNE,
        )
    )


def case(line: Line, which: IncidentId = CASE) -> Incident:
    return line.switchboard.incidents[which]


def look(incident: Incident) -> tuple[Any, ...]:
    """What the case's card is drawn from."""
    [told] = incident.secrets.values()
    return (
        incident.urgency,
        incident.ordinary_urgency,
        incident.attention,
        incident.is_under_duress,
        incident.owner,
        incident.kind,
        told.is_right,
        told.at,
        told.name,
    )


def test_the_right_word_opens_nothing() -> None:
    line = on_the_line()
    assert says(line, "good") == []
    assert case(line).secrets["j-dupont"].is_right
    assert set(line.switchboard.incidents) == {CASE}


def test_under_duress_her_own_case_looks_like_the_good_one() -> None:
    forced, calm = on_the_line(), on_the_line()
    says(forced, "duress")
    says(calm, "good")
    assert look(case(forced)) == look(case(calm))
    assert {x.incident_id for x in forced.all(e.AttentionWanted)} == {SILENT}


def test_the_silent_case_tells_everybody_else() -> None:
    line = on_the_line()
    says(line, "duress")
    silent = case(line, SILENT)
    assert (silent.urgency, silent.kind, silent.is_silent) == (1, "duress", True)
    assert (silent.silent_about, silent.silent_for) == (CASE, "ann")
    assert silent.attention == ["Julie Dupont signalled duress to ann"]
    assert line.last(e.DuressSignalled).incident_id == SILENT
    assert silent.procedure is not None
    assert silent.procedure.procedure == "duress"
    assert silent.tree_ids == [], "nothing begins that whoever forces her could hear"


def test_a_second_duress_word_opens_no_second_case() -> None:
    line = on_the_line()
    says(line, "duress")
    says(line, "duress")
    assert set(line.switchboard.incidents) == {CASE, SILENT}
    assert case(line, SILENT).attention == ["Julie Dupont signalled duress to ann"]


def closes(line: Line, which: IncidentId, disposition: str = "handled") -> tuple[str, ...]:
    """An operator tries to close; return what is missing, nothing when it closed."""
    before = len(line.all(e.CloseRefused))
    line.tell(
        e.CloseRequested(incident_id=which, operator=OperatorId("bob"), disposition=disposition)
    )
    refused = line.all(e.CloseRefused)[before:]
    return refused[0].missing if refused else ()


def finish_steps(line: Line, which: IncidentId) -> None:
    for step in case(line, which).run.missing():
        line.tell(
            e.StepSkipped(
                incident_id=which, operator=OperatorId("bob"), step=step.step, reason="x"
            )
        )


def test_ordinary_closing_is_refused_until_the_silent_case_is_resolved() -> None:
    line = on_the_line()
    says(line, "duress")
    finish_steps(line, CASE)
    assert closes(line, CASE) == ("call:call-1",), "while she speaks nothing tells of it"
    line.gives_up("call-1")
    assert closes(line, CASE) == ("duress",)
    finish_steps(line, SILENT)
    assert closes(line, SILENT) == ("duress",)
    assert closes(line, SILENT, "duress_resolved") == ()
    assert closes(line, CASE) == ()


def test_her_own_case_may_be_closed_as_resolved() -> None:
    line = on_the_line()
    says(line, "duress")
    line.gives_up("call-1")
    finish_steps(line, CASE)
    assert closes(line, CASE, "duress_resolved") == ()
    assert case(line, SILENT).is_open


def test_three_wrong_words_are_told_to_everybody() -> None:
    line = on_the_line()
    for outcome in ("wrong", "none", "wrong", "expired"):
        says(line, outcome)
    assert case(line).attention == []
    says(line, "wrong")
    assert case(line).attention == ["Julie Dupont gave wrong code words (3)"]
    says(line, "wrong")
    assert case(line).attention == ["Julie Dupont gave wrong code words (4)"]
    says(line, "good")
    assert case(line).secrets["j-dupont"].is_right


@pytest.mark.parametrize("outcome", ["good", "wrong", "none", "expired", "duress"])
def test_what_was_said_survives_a_restart(outcome: Any) -> None:
    line = on_the_line()
    says(line, outcome)
    before = (case(line).secrets, set(line.switchboard.incidents))
    line.restart()
    assert (case(line).secrets, set(line.switchboard.incidents)) == before
    assert outcome != "duress" or case(line, SILENT).silent_for == "ann"


def test_a_stored_word_is_shown_only_with_a_reason() -> None:
    line = on_the_line()
    shown = {"incident_id": CASE, "operator": OperatorId("ann"), "person": "j", "name": "J"}
    assert line.tell(e.SecretRevealed(**shown, reason="accent, bad line")) == []  # type: ignore[arg-type]
    [ignored] = line.tell(e.SecretRevealed(**shown, reason=" "))  # type: ignore[arg-type]
    assert isinstance(ignored, e.Ignored)


def verifies(line: Line, case_id: IncidentId, means: str) -> list[Any]:
    return line.tell(
        e.VerificationRecorded(
            incident_id=case_id,
            operator=OperatorId("ann"),
            step="verify",
            means=means,
            result="confirmed",
        )
    )


@pytest.mark.parametrize("outcome", ["good", "duress"])
def test_a_right_word_is_a_means_of_verification(outcome: Any) -> None:
    consigne = Procedure(
        procedure="intrusion",
        version=1,
        incident_kinds=("intrusion",),
        title={},
        urgency=2,
        steps=(Step(step="verify", verify=("video", "telephone"), is_required=True),),
    )
    line = Line()
    line.ready("ann", "bob")
    line.calls(procedure=consigne)
    line.picks_up("ann")
    [refused] = verifies(line, CASE, "telephone_code_word")
    assert isinstance(refused, e.StepRefused)
    says(line, "wrong")
    assert isinstance(verifies(line, CASE, "telephone_code_word")[0], e.StepRefused)
    says(line, outcome)
    assert verifies(line, CASE, "telephone_code_word") == []
    assert case(line).run.records["verify"].text == "telephone_code_word"
