"""Who counts as called back, for the auditor."""

import pytest

from callflows import events as e
from callflows.events import CallId, IncidentId, OperatorId
from securityline.auditor import CALL_BACK_TIME, Auditor
from securityline.vigilance import is_called_back
from tests.stories.test_called_back import CASE, given_up

CALL = CallId("call-1")
WITHHELD = {"caller": None, "is_withheld": True}
NOT_TO_BE_DIALLED = {"caller": "+3212"}


def counted(line: object) -> bool:
    return is_called_back(line.switchboard, CALL)  # type: ignore[attr-defined]


@pytest.mark.parametrize("offer", [WITHHELD, NOT_TO_BE_DIALLED])
def test_who_cannot_be_rung_must_stand_in_front_of_an_operator(
    offer: dict[str, object],
) -> None:
    line = given_up(**offer)
    case = line.switchboard.incidents[CASE]
    assert case.attention_since is not None
    assert counted(line), "it waits, and that is watched by itself"
    line.tell(e.CaseTaken(incident_id=CASE, operator=OperatorId("op")))
    assert counted(line), "an operator has it"
    case.owner = None
    assert not counted(line), "nobody waits for it and nobody has it: that is not done"


def test_the_auditor_tells_of_a_withheld_caller_whom_nobody_has() -> None:
    line = given_up(**WITHHELD)
    case = line.switchboard.incidents[CASE]
    case.attention.clear()
    case.attention_since = None
    told: list[e.CaseStalled] = []
    now = [line.now]
    auditor = Auditor(
        line.switchboard,  # type: ignore[arg-type]
        lambda: now[0],
        told.append,
        is_called_back=lambda call_id: is_called_back(line.switchboard, call_id),
    )
    auditor.look()
    now[0] += CALL_BACK_TIME + 1
    auditor.look()
    now[0] += 2
    auditor.look()
    found = [(one.what, one.incident_id) for one in told if one.what != "deadline"]
    assert found == [("call_back", IncidentId(CASE))], "nobody drives the times here"


def test_a_caller_with_a_number_counts_once_he_is_rung() -> None:
    line = given_up()
    assert not counted(line)
    line.fast_forward(6)
    assert counted(line), "an operator's phone rings for it"
