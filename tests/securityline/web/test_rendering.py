"""Lists that change ten times a second: a row is drawn once for as long as it is the same."""

from zoneinfo import ZoneInfo

import pytest

from securityline.web.board import CaseRow
from securityline.web.rendering import Rendering
from securityline.web.visits import DeskRow

ROW = CaseRow(
    "20260131-0001", "open", 2, "fire", 100.0, "Postes", "Gand", "", True, "+32470000001",
    False, "Sofie", "", False, 0, "", False, (), None, 0, None, None, "", None,
)  # fmt: skip
SOFIE = DeskRow("sofie", "Sofie", "ready", 100.0, True, "", "", "")


Values = dict[str, object]


class Desk:
    """A rendering whose drawings are counted."""

    def __init__(self) -> None:
        self.now = 160.0
        self.drawn: list[str] = []
        self.render = Rendering(lambda: self.now, ZoneInfo("Europe/Brussels"))

    def cases(self, *rows: CaseRow, language: str = "en") -> str:
        values = {
            "attention": [],
            "attention_hidden": 0,
            "abandoned": [],
            "cases": rows,
            "total": len(rows),
            "more": 0,
        }
        return self.render("cases.html", language, values)

    def operators(self, *desks: DeskRow) -> str:
        return self.render("operators.html", "en", {"operators": desks, "ready": 1})


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk, render = Desk(), Rendering.__call__

    def counted(self: Rendering, template: str, language: str, values: Values) -> str:
        desk.drawn.append(template)
        return render(self, template, language, values)

    monkeypatch.setattr(Rendering, "__call__", counted)
    return desk


def test_of_a_list_only_the_row_that_changed_is_drawn_again(desk: Desk) -> None:
    other = ROW._replace(incident_id="20260131-0002")
    desk.cases(ROW, other)
    desk.drawn.clear()
    drawn = desk.cases(ROW, other._replace(owner_name="Tom"))
    assert desk.drawn == ["cases.html", "case_row.html"]
    assert "Sofie" in drawn
    assert "Tom" in drawn


def test_a_row_says_since_when_so_that_the_page_counts_on(desk: Desk) -> None:
    assert '<span class="elapsed" data-since="100.000">1:00</span>' in desk.cases(ROW)
    desk.now = 220.0
    assert 'data-since="100.000"' in desk.cases(ROW)


def test_a_row_is_drawn_in_each_language(desk: Desk) -> None:
    unknown = ROW._replace(organisation_name="")
    assert "Unknown number" in desk.cases(unknown)
    assert "Numéro inconnu" in desk.cases(unknown, language="fr")


def test_what_a_caller_writes_is_text_in_a_row_too(desk: Desk) -> None:
    drawn = desk.cases(ROW._replace(person_name="<script>alert(1)</script>"))
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_an_operator_who_moves_is_drawn_again_and_no_other(desk: Desk) -> None:
    tom = SOFIE._replace(operator="tom", name="Tom")
    assert desk.operators(SOFIE, tom).count('class="ready"') == 2
    desk.drawn.clear()
    tom = tom._replace(state="on_break", since=150.0)
    drawn = desk.operators(SOFIE, tom)
    assert desk.drawn == ["operators.html", "operator_row.html"]
    assert 'class="on_break"' in drawn
    assert "no phone" in desk.operators(SOFIE, tom._replace(has_station=False))
