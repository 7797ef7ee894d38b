"""At the end of a shift the next operator accepts what is open, item by item."""

from typing import Any

import pytest

from callflows import events as e
from callflows.events import Cause, IncidentId, OperatorId, ShiftThing
from callflows.handing_shift_over import ACCEPT_TIME
from callflows.shift_list import MOST_ITEMS
from tests.stories.line import Line

ANN, BOB, CAS, SUE = (OperatorId(name) for name in ("ann", "bob", "cas", "sue"))
FIRST, SECOND = IncidentId("inc-call-1"), IncidentId("inc-call-2")
TEST = ShiftThing(item="test depot", kind="test", text="on test", organisation_name="Acme")
SECURE = ShiftThing(
    item="consigne bank 1", kind="consigne", text="No patrol", clearance="high_security"
)


@pytest.fixture
def line() -> Line:
    """Ann has two open cases, one of them with its caller parked; Bob comes on shift."""
    line = Line()
    line.ready("ann")
    for call in ("call-1", "call-2"):
        line.calls()
        line.picks_up("ann")
        if call == "call-1":
            line.gives_up(call, Cause.HUNG_UP)
            line.ready("ann")
    line.parks("ann", "call-2", 600)
    line.signs_in("bob")
    return line


def offers(line: Line, text: str = "", *things: ShiftThing) -> None:
    line.tell(e.ShiftOffered(operator=ANN, text=text, things=things))


def accepts(line: Line, item: str, who: OperatorId = BOB) -> None:
    line.tell(e.ShiftItemAccepted(operator=who, by=ANN, item=item))


def waiting(line: Line) -> list[str]:
    known = line.switchboard.shift_lists.get(ANN)
    return [] if known is None else [one.thing.item for one in known.waiting]


def owner(line: Line, case: IncidentId) -> Any:
    return line.switchboard.incidents[case].owner


def test_what_is_open_is_listed_and_goes_over_item_by_item(line: Line) -> None:
    offers(line, "The lift of the depot is out of order", TEST)
    assert waiting(line) == [f"case {FIRST}", f"case {SECOND}", "note 1", "test depot"]
    line.tell(e.OperatorSignedOut(operator=ANN))
    assert (owner(line, FIRST), owner(line, SECOND)) == ("ann", "ann"), "nobody accepted yet"

    accepts(line, f"case {FIRST}")
    assert (owner(line, FIRST), owner(line, SECOND)) == ("bob", "ann"), "that one alone"
    changed = line.last(e.OwnerChanged)
    assert (changed.operator, changed.previous) == ("bob", "ann")
    accepts(line, "note 1")
    accepts(line, "test depot")
    assert not line.all(e.ShiftHandedOver)
    accepts(line, f"case {SECOND}")
    assert line.last(e.ShiftHandedOver).accepted == 4
    assert waiting(line) == []
    line.fast_forward(2 * ACCEPT_TIME)
    assert not line.all(e.ShiftItemLate)


def test_who_accepts_a_parked_caller_gets_him_back_when_his_time_comes(line: Line) -> None:
    line.ready("bob")
    offers(line)
    accepts(line, f"case {SECOND}")
    line.tell(e.OperatorSignedOut(operator=ANN))
    line.fast_forward(601)
    assert line.ringing("call-2") == ["bob"]


def test_every_line_of_a_case_stands_in_its_own_log(line: Line) -> None:
    offers(line, "a note", TEST)
    listed = [(x.incident_id, x.item) for x in line.all(e.ShiftItemListed)]
    assert listed == [
        (FIRST, f"case {FIRST}"),
        (SECOND, f"case {SECOND}"),
        ("", "note 1"),
        ("", "test depot"),
    ]


def test_what_nobody_accepts_stays_and_supervisors_are_told(line: Line) -> None:
    offers(line, "a note")
    line.tell(e.OperatorSignedOut(operator=ANN))
    accepts(line, "note 1")
    line.fast_forward(ACCEPT_TIME - 1)
    assert not line.all(e.ShiftItemLate)
    line.fast_forward(2)
    assert [x.item for x in line.all(e.ShiftItemLate)] == [f"case {FIRST}", f"case {SECOND}"]
    assert waiting(line) == [f"case {FIRST}", f"case {SECOND}"]
    assert owner(line, FIRST) == "ann", "nothing is ever nobody's"
    reasons = line.switchboard.incidents[FIRST].attention
    assert "nobody accepted the case at the change of shift" in reasons
    accepts(line, f"case {FIRST}")
    assert owner(line, FIRST) == "bob"
    assert not line.switchboard.incidents[FIRST].attention


def test_while_ann_is_still_there_nobody_else_is_alarmed(line: Line) -> None:
    offers(line)
    line.fast_forward(ACCEPT_TIME + 1)
    assert line.all(e.ShiftItemLate)
    said = [x.reason for x in line.all(e.AttentionWanted)]
    assert "nobody accepted the case at the change of shift" not in said


def test_pressed_again_only_what_is_new_comes_and_what_was_accepted_stays_so(
    line: Line,
) -> None:
    offers(line, "first", TEST)
    accepts(line, "test depot")
    offers(line, "second", TEST)
    assert waiting(line) == [f"case {FIRST}", f"case {SECOND}", "note 1", "note 2"]
    accepts(line, f"case {FIRST}")
    line.tell(e.HandoverOffered(incident_id=FIRST, operator=BOB, to=ANN))
    line.tell(e.HandoverAccepted(incident_id=FIRST, operator=ANN))
    offers(line)
    assert f"case {FIRST}" in waiting(line), "it is hers again, so it is to be accepted again"


def test_a_case_that_is_closed_or_taken_leaves_the_list(line: Line) -> None:
    offers(line)
    line.tell(e.StepAnswered(incident_id=FIRST, operator=ANN, step="facts", text="nothing"))
    line.tell(e.CloseRequested(incident_id=FIRST, operator=ANN, disposition="test"))
    assert line.last(e.ShiftItemOver).reason == "the case is closed"
    line.ready("bob")
    line.tell(e.CaseUnparked(incident_id=SECOND, operator=BOB))
    assert line.last(e.ShiftItemOver).reason == "another has the case"
    assert line.last(e.ShiftHandedOver).accepted == 0
    assert not line.switchboard.shift_lists


def test_ann_stays_and_takes_her_list_back(line: Line) -> None:
    offers(line, "a note")
    line.tell(e.ShiftWithdrawn(operator=ANN))
    assert {x.reason for x in line.all(e.ShiftItemOver)} == {"called off"}
    assert (owner(line, FIRST), owner(line, SECOND)) == ("ann", "ann")
    line.fast_forward(ACCEPT_TIME + 1)
    assert not line.all(e.ShiftItemLate)
    line.tell(e.ShiftWithdrawn(operator=ANN))
    assert line.last(e.ShiftRefused).reason == "you have no list"


def test_a_case_with_somebody_on_the_line_waits_for_the_end_of_the_call(line: Line) -> None:
    line.calls(incident_id=FIRST)
    line.presses(e.AnswerPressed, "ann", "call-3")
    line.picks_up("ann")
    offers(line)
    accepts(line, f"case {FIRST}")
    assert line.last(e.ShiftRefused).reason == "somebody is on the line"
    assert owner(line, FIRST) == "ann"
    line.gives_up("call-3", Cause.HUNG_UP)
    accepts(line, f"case {FIRST}")
    assert owner(line, FIRST) == "bob"


def test_clearance_is_a_gate_for_every_item(line: Line) -> None:
    line.switchboard.incidents[FIRST].clearance = "high_security"
    offers(line, "", SECURE)
    for item in (f"case {FIRST}", SECURE.item):
        accepts(line, item)
        assert line.last(e.ShiftRefused).reason == "clearance"
    line.signs_in("cas", clearances=("standard", "high_security"))
    for item in (f"case {FIRST}", SECURE.item):
        accepts(line, item, CAS)
    assert owner(line, FIRST) == "cas"
    assert waiting(line) == [f"case {SECOND}"]


@pytest.mark.parametrize(
    ("who", "item", "reason"),
    [
        (ANN, "note 1", "it is your own list"),
        (BOB, "note 7", "it is not on the list any more"),
        (SUE, "note 1", "no such operator"),
        (OperatorId("nobody"), "note 1", "no such operator"),
    ],
)
def test_nobody_accepts_what_is_not_his_to_accept(
    line: Line, who: OperatorId, item: str, reason: str
) -> None:
    line.signs_in("sue", role="auditor")
    offers(line, "a note")
    accepts(line, item, who)
    assert line.last(e.ShiftRefused).reason == reason
    assert "note 1" in waiting(line)


def test_an_item_is_accepted_once(line: Line) -> None:
    line.signs_in("cas")
    offers(line, "a note")
    accepts(line, "note 1")
    accepts(line, "note 1", CAS)
    assert line.last(e.ShiftRefused).reason == "it is not on the list any more"
    [known] = line.switchboard.shift_lists.values()
    assert [x.accepted_by for x in known.items if x.is_accepted] == ["bob"]


def test_where_a_third_works_on_the_site_he_must_be_known_first(line: Line) -> None:
    line.signs_in("cas")
    for case in (FIRST, SECOND):
        incident = line.switchboard.incidents[case]
        incident.organisation, incident.site = "acme", "depot"
    offers(line)
    accepts(line, f"case {SECOND}", CAS)
    assert owner(line, SECOND) == "cas", "the other case there is that of the list as well"
    accepts(line, f"case {FIRST}")
    assert line.last(e.ShiftRefused).reason == "another operator works on this site"
    line.tell(e.SiteEntered(incident_id=FIRST, operator=BOB))
    accepts(line, f"case {FIRST}")
    assert owner(line, FIRST) == "bob"


def test_with_nothing_open_there_is_nothing_to_hand_over(line: Line) -> None:
    line.tell(e.ShiftOffered(operator=BOB))
    assert line.last(e.ShiftRefused).reason == "nothing is open"
    line.tell(e.ShiftOffered(operator=BOB, text="All quiet"))
    assert line.last(e.ShiftItemListed).text == "All quiet"


def test_a_list_that_is_too_long_says_how_much_is_not_on_it(line: Line) -> None:
    many = [
        ShiftThing(item=f"consigne {n}", kind="consigne", text="x") for n in range(MOST_ITEMS)
    ]
    offers(line, "", *many)
    assert waiting(line)[:2] == [f"case {FIRST}", f"case {SECOND}"]
    assert line.last(e.ShiftItemListed).kind == "more"
    assert line.last(e.ShiftItemListed).text == "2"


def test_a_restart_keeps_the_list_and_its_limit(line: Line) -> None:
    offers(line, "a note")
    accepts(line, "note 1")
    line.restart()
    assert waiting(line) == [f"case {FIRST}", f"case {SECOND}"]
    line.fast_forward(ACCEPT_TIME + 1)
    assert len(line.all(e.ShiftItemLate)) == 2
    accepts(line, f"case {FIRST}")
    assert owner(line, FIRST) == "bob"


def test_a_copy_made_at_any_moment_says_the_same(line: Line) -> None:
    line.is_cloned = True
    offers(line, "a note", TEST)
    accepts(line, f"case {SECOND}")
    line.fast_forward(ACCEPT_TIME + 1)
    line.tell(e.ShiftWithdrawn(operator=ANN))
    assert not line.switchboard.shift_lists
