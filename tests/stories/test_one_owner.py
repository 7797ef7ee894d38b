"""One owner for each case, seen by all: handed over, accepted, and never two unknowingly."""

from typing import Any

import pytest

from callflows import events as e
from callflows.events import Cause, IncidentId, OperatorId
from tests.stories.line import CONSIGNE, Line

ANN, BOB, CAS = OperatorId("ann"), OperatorId("bob"), OperatorId("cas")
CASE = IncidentId("inc-call-1")


@pytest.fixture
def line() -> Line:
    """Ann has a case whose caller has hung up."""
    line = Line()
    line.ready("ann", "bob", "cas")
    line.calls()
    line.picks_up("ann")
    line.gives_up("call-1", Cause.HUNG_UP)
    return line


def case(line: Line) -> Any:
    return line.switchboard.incidents[CASE]


def offers(line: Line, **to: Any) -> None:
    line.tell(e.HandoverOffered(incident_id=CASE, operator=ANN, text="knows the site", **to))


def test_bob_accepts_and_until_then_the_case_is_ann_s(line: Line) -> None:
    offers(line, to=BOB)
    assert case(line).owner == "ann"
    line.tell(e.HandoverAccepted(incident_id=CASE, operator=BOB))
    changed = line.last(e.OwnerChanged)
    assert (changed.operator, changed.previous) == ("bob", "ann")
    assert case(line).owner == "bob"
    line.fast_forward(200)
    assert not line.all(e.HandoverEnded)


def test_bob_declines_and_ann_is_told(line: Line) -> None:
    offers(line, to=BOB)
    line.tell(e.HandoverDeclined(incident_id=CASE, operator=BOB, text="busy"))
    assert line.last(e.HandoverEnded).reason == "declined"
    assert line.last(e.AttentionWanted).only == "ann"
    assert case(line).owner == "ann"


def test_nobody_answers_and_the_case_stays_with_ann(line: Line) -> None:
    offers(line, to=BOB)
    line.fast_forward(121)
    assert line.last(e.HandoverEnded).reason == "nobody accepted in time"
    assert case(line).owner == "ann"
    line.tell(e.HandoverAccepted(incident_id=CASE, operator=BOB))
    assert case(line).owner == "ann", "too late"


def test_anybody_of_a_role_may_accept(line: Line) -> None:
    line.tell(
        e.OperatorSignedIn(
            operator=CAS, name="Cas", languages={}, clearances=("standard",), role="supervisor"
        )
    )
    offers(line, role="supervisor")
    line.tell(e.HandoverAccepted(incident_id=CASE, operator=BOB))
    assert line.last(e.HandoverRefused).reason == "you were not asked"
    line.tell(e.HandoverAccepted(incident_id=CASE, operator=CAS))
    assert case(line).owner == "cas"


def test_ann_calls_it_off(line: Line) -> None:
    offers(line, to=BOB)
    line.tell(e.HandoverDeclined(incident_id=CASE, operator=ANN))
    assert line.last(e.HandoverEnded).reason == "called off"
    assert not line.all(e.AttentionWanted)


def test_a_restart_keeps_the_question(line: Line) -> None:
    offers(line, to=BOB)
    line.restart()
    line.tell(e.HandoverAccepted(incident_id=CASE, operator=BOB))
    assert case(line).owner == "bob"


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ({"to": ANN}, "no such operator"),
        ({"to": OperatorId("zoe")}, "no such operator"),
        ({"role": "auditor"}, "no such role"),
    ],
)
def test_a_case_is_handed_to_nobody_who_may_not_have_it(
    line: Line, to: dict[str, Any], reason: str
) -> None:
    offers(line, **to)
    assert line.last(e.HandoverRefused).reason == reason
    assert case(line).handover is None


def test_clearance_is_a_gate_when_it_is_offered_and_when_it_is_accepted(line: Line) -> None:
    case(line).clearance = "high_security"
    offers(line, to=BOB)
    assert line.last(e.HandoverRefused).reason == "clearance"
    offers(line, role="operator")
    line.tell(e.HandoverAccepted(incident_id=CASE, operator=BOB))
    assert [x.reason for x in line.all(e.HandoverRefused)] == ["clearance", "clearance"]
    assert case(line).owner == "ann"


def test_with_a_caller_on_the_line_it_is_a_transfer(line: Line) -> None:
    line.calls(incident_id=CASE)
    offers(line, to=BOB)
    assert line.last(e.HandoverRefused).reason == "somebody is on the line"


# ---------------------------------------------------------------- two on one site


def alarm(line: Line, kind: str, site: str = "depot") -> IncidentId:
    line.tell(
        e.AlarmReceived(
            source="dc09",
            source_id=kind,
            repeat_time=5.0,
            organisation="acme",
            site=site,
            kind=kind,
            procedure=CONSIGNE,
            urgency=2,
        )
    )
    return list(line.switchboard.incidents)[-1]


@pytest.fixture
def site() -> tuple[Line, IncidentId, IncidentId]:
    """Two alarms of one site, hours apart; Ann works on the first."""
    line = Line()
    line.ready("ann", "bob")
    first = alarm(line, "intrusion")
    line.tell(e.CaseTaken(incident_id=first, operator=ANN))
    line.fast_forward(2 * 3600)
    second = alarm(line, "technical")
    assert first != second
    return line, first, second


def test_bob_cannot_take_the_second_case_of_ann_s_site_by_accident(
    site: tuple[Line, IncidentId, IncidentId],
) -> None:
    line, first, second = site
    line.tell(e.CaseTaken(incident_id=second, operator=BOB))
    refused = line.last(e.CaseTakeRefused)
    assert (refused.operator, refused.other, refused.other_case) == ("bob", "ann", first)
    assert line.switchboard.incidents[second].owner is None
    assert line.switchboard.incidents[second].attention_since is not None

    line.tell(e.SiteEntered(incident_id=second, operator=BOB))
    assert line.last(e.SiteShared).other == "ann"
    line.tell(e.CaseTaken(incident_id=second, operator=BOB))
    assert line.switchboard.incidents[second].owner == "bob"


def test_ann_takes_every_case_of_her_site_without_a_question(
    site: tuple[Line, IncidentId, IncidentId],
) -> None:
    line, _, second = site
    line.tell(e.CaseTaken(incident_id=second, operator=ANN))
    assert line.switchboard.incidents[second].owner == "ann"
    assert not line.all(e.CaseTakeRefused)


def test_another_site_and_a_closed_case_ask_nothing(
    site: tuple[Line, IncidentId, IncidentId],
) -> None:
    line, first, second = site
    other = alarm(line, "fire", site="shop")
    line.tell(e.CaseTaken(incident_id=other, operator=BOB))
    assert line.switchboard.incidents[other].owner == "bob"
    line.tell(e.StepAnswered(incident_id=first, operator=ANN, step="facts", text="x"))
    line.tell(e.CloseRequested(incident_id=first, operator=ANN, disposition="false_alarm"))
    line.tell(e.CaseTaken(incident_id=second, operator=BOB))
    assert line.switchboard.incidents[second].owner == "bob"
