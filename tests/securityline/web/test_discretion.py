"""What a program may not learn of somebody who is being forced."""

from typing import Any

from securityline.web.discretion import discreet_call, discreet_incident, discreet_line


def test_the_urgency_that_duress_brought_is_not_shown() -> None:
    case = {"urgency": 1, "ordinary_urgency": 3, "is_under_duress": True, "attention": []}
    shown = discreet_incident(case)
    assert shown is not None
    assert shown["urgency"] == 3
    assert "ordinary_urgency" not in shown
    assert "is_under_duress" not in shown
    call = {"call_id": "c", "urgency": 1, "ordinary_urgency": 3}
    assert discreet_call(call) == {"call_id": "c", "urgency": 3}


def test_an_urgency_of_its_own_is_shown_also_of_old_documents() -> None:
    assert discreet_call({"urgency": 2, "ordinary_urgency": None})["urgency"] == 2
    assert discreet_call({"urgency": 2})["urgency"] == 2


def test_the_line_of_that_change_is_left_out_and_no_other_tells_of_it() -> None:
    def read(data: dict[str, Any]) -> Any:
        return discreet_line("IncidentReprioritised", data, "case", lambda _case: False)

    assert read({"urgency": 1, "previous": 3, "reason": "duress"}) is None
    later = read({"urgency": 2, "previous": 1, "reason": "the caller is calm"})
    assert later.data == {"urgency": 2, "reason": "the caller is calm"}


def test_a_refused_press_names_no_hidden_case() -> None:
    said = {"operator": "op-2", "role": "operator", "act": "note", "reason": "No.", "case": "x"}
    by_call = {**said, "case": "", "call": "a call of the hidden case"}
    told = discreet_line("PressRefused", by_call, "", lambda case: case == "x")
    assert told is not None
    assert "call" not in told.data
    hidden = discreet_line("PressRefused", said, "", lambda case: case == "x")
    shown = discreet_line("PressRefused", said, "", lambda case: False)
    assert hidden is not None
    assert shown is not None
    assert "case" not in hidden.data
    assert shown.data == said
