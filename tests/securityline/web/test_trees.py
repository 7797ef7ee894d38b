"""Call trees and waiting cases at the desk: what is drawn, who may press what."""

from dataclasses import replace
from typing import Any

import pytest

from callflows import events
from callflows.call_back import DELAY
from callflows.events import CallTreeRequested, CaseTaken, Cause, TreeId
from client_directory.call_plan import CallPlan, PlannedLevel, Target
from securityline.web.board import Audience, Board
from securityline.web.context import CONTEXT
from securityline.web.presses import Presses
from securityline.web.refusal import Refused
from securityline.web.words import LANGUAGES
from tests.securityline.web.rig import BANQUE, DUPONT, POSTES, Browser, House
from tests.securityline.web.test_presses import press, session

BOTH = frozenset({"standard", "high_security"})
HOSTILE = "<img src=x onerror=alert(1)>\u202e'\""
Rung = tuple[Presses, Any, TreeId]


def drawn(desk: Browser, what: str, *values: Any, language: str = "en") -> str:
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    return str(getattr(drawing, what)(*values, Audience(language, BOTH)))


def whom(name: str, *numbers: str, person: str = "") -> Target:
    return Target(
        person=person or name.lower(),
        name=name,
        languages=("fr",),
        numbers=numbers,
        windows=((0.0, 1e12),),
        has_pin=True,
    )


def level(*targets: Target) -> PlannedLevel:
    return PlannedLevel(
        strategy="in_order",
        ring_time=30.0,
        overlap_time=15.0,
        accept="key",
        answers_needed=1,
        targets=targets,
        left_out=(),
    )


def planned(*levels: PlannedLevel) -> CallPlan:
    return CallPlan(
        call_tree="guards",
        organisation="postes-demo",
        organisation_name="Postes Démo",
        site=None,
        site_name="",
        rounds=2,
        levels=levels,
        presented_number=POSTES,
        languages=("fr",),
        may_leave_message=False,
        until=1e12,
    )


ANN = whom("Ann", "+32470000081", "+3225550281")
BEN = whom("Ben", "+32470000082", person="k-schmitz")
"Of the directory: an operator may have him called."


async def begun(home: House, plan: CallPlan, did: str = POSTES) -> Rung:
    """A case whose caller talks with op-1, and a tree that runs in it."""
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(did)
    await home.settled()
    tree_id = TreeId(f"{ids[0]}-t1")
    home.engine.handle(
        CallTreeRequested(incident_id=ids[0], tree_id=tree_id, plan=plan, asked_by="op-1")
    )
    await home.settled()
    presses = Presses(Board(home.engine, home.directory), home.directory, home.clock)
    return presses, ids, tree_id


@pytest.fixture
async def rung(home: House) -> Rung:
    return await begun(home, planned(level(ANN), level(BEN)))


# ---------------------------------------------------------------- drawing


async def test_a_running_tree_tells_the_promise_and_each_call(
    home: House, desk: Browser, rung: Rung
) -> None:
    _, ids, tree_id = rung
    home.keyholder_leaves(tree_id, "ann", Cause.BUSY)
    card = drawn(desk, "card", ids[0])
    tree = home.switchboard.trees[tree_id]
    promise = tree.promise_at
    assert f'data-until="{promise:.3f}"' in card
    for words in ("level 1 of 2, round 1 of 2", "+32 470 00 00 81", "busy", "rings", "Ben"):
        assert words in card, words
    home.keyholder(tree_id, "ann", "3", "2", "5", "#")
    card = drawn(desk, "card", ids[0])
    assert "there in 25 min" in card
    assert f'data-until="{promise:.3f}"' not in card, "nothing is promised any more"


async def test_a_paused_tree_says_by_whom_in_four_languages(
    home: House, desk: Browser, rung: Rung
) -> None:
    presses, ids, tree_id = rung
    home.engine.handle(press(presses, "tree_pause", tree=tree_id))
    said = {one: drawn(desk, "card", ids[0], language=one) for one in LANGUAGES}
    assert "waits: paused by Nadia" in said["en"]
    before = [one.endswith("paused by ") for one in said["en"].split("Nadia")]
    place = before.index(True)
    assert len({card.split("Nadia")[place][-30:] for card in said.values()}) == len(LANGUAGES)
    assert 'data-act="tree_resume"' in said["fr"]


async def test_hostile_names_of_keyholders_are_text(home: House, desk: Browser) -> None:
    evil = whom(HOSTILE, "+32470000083", person="evil")
    plan = replace(planned(level(evil)), call_tree=HOSTILE)
    _, ids, tree_id = await begun(home, plan)
    home.engine.handle(
        events.StopTreePressed(
            tree_id=tree_id, operator=events.OperatorId("op-1"), reason=HOSTILE
        )
    )
    card = drawn(desk, "card", ids[0])
    assert "&lt;img src=x" in card
    assert "<img" not in card
    assert "\u202e" not in card


async def test_a_tree_of_a_thousand_people_is_a_short_card(home: House, desk: Browser) -> None:
    crowd = [whom(f"P{number}", f"+3247{number:07}") for number in range(1000)]
    _, ids, _ = await begun(home, planned(level(*crowd)))
    card = drawn(desk, "card", ids[0])
    assert card.count('<li class="person ') <= 14
    assert "988 more" in card


async def test_a_call_back_is_planned_dialled_and_said(home: House, desk: Browser) -> None:
    home.sign_in("op-1", is_ready=False)
    ids = home.ring(POSTES, DUPONT)
    home.caller_hangs_up(ids)
    await home.settled()
    assert "Will be called back at" in drawn(desk, "card", ids[0])
    assert "try 1 of 2" in drawn(desk, "card", ids[0])
    home.picks_up = {"op-1"}
    home.engine.handle(events.OperatorReady(operator=events.OperatorId("op-1")))
    home.pass_time(DELAY + 1)
    await home.settled()
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    phone = drawing.phone("op-1", "en")
    assert 'data-state="dialling"' in phone
    assert "Calling back" in phone
    assert 'data-act="hang_up"' in phone
    assert 'data-act="hold"' not in phone


async def test_a_withheld_number_that_is_called_back_is_shown_nowhere(
    home: House, desk: Browser
) -> None:
    home.picks_up = {"op-1"}
    ids = home.ring(POSTES, DUPONT, is_withheld=True)
    home.caller_hangs_up(ids)
    home.sign_in("op-1")
    home.pass_time(DELAY + 1)
    await home.settled()
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    assert "Calling back" in drawing.phone("op-1", "en")
    pages = [
        drawn(desk, "card", ids[0]),
        drawing.timelines.draw(ids[0], "en"),
        drawing.phone("op-1", "en"),
        drawn(desk, "shared", "cases"),
    ]
    assert not [page for page in pages if "70 00 00 01" in page or DUPONT in page]


# ---------------------------------------------------------------- waiting cases


async def test_a_case_that_waits_stands_in_front_until_it_is_taken(
    home: House, desk: Browser
) -> None:
    presses, ids, _ = await begun(home, planned())
    first = drawn(desk, "shared", "cases")
    assert first.index("Wait for an operator") < first.index("Open cases")
    assert "call tree guards reached nobody: nobody stands in it" in first
    assert 'data-key="F6"' in drawn(desk, "card", ids[0])
    taken = press(presses, "take", session("op-3"), incident=ids[0])
    assert taken == CaseTaken(incident_id=ids[0], operator=events.OperatorId("op-3"))
    home.engine.handle(taken)
    assert "Wait for an operator" not in drawn(desk, "shared", "cases")
    with pytest.raises(Refused, match="taken this case already"):
        press(presses, "take", incident=ids[0])


async def test_duress_is_red_words_on_card_and_list_and_bars_closing(
    home: House, desk: Browser
) -> None:
    pin = replace(level(ANN), accept="pin")
    _, ids, tree_id = await begun(home, planned(pin))
    home.keyholder(tree_id, "ann", "1")
    home.keyholder_gives_pin(tree_id, "ann", "duress")
    card = drawn(desk, "card", ids[0])
    assert "UNDER DURESS" in card
    assert "only “Duress resolved” closes the case" in card
    assert "UNDER DURESS" in drawn(desk, "shared", "cases")


async def test_an_alert_reaches_who_is_cleared_and_nobody_else(
    home: House, desk: Browser
) -> None:
    sent: list[bytes] = []
    screens: Any = desk.server.app[CONTEXT].screens  # type: ignore[attr-defined]

    class Wire:
        def write(self, data: bytes) -> None:
            sent.append(data)

        def get_write_buffer_size(self) -> int:
            return 0

        def is_closing(self) -> bool:
            return False

        def abort(self) -> None:
            raise AssertionError

    from securityline.web.screen import Screen

    screen = Screen("op-2", "s", Audience("nl", frozenset({"standard"})), Wire())
    screens.screens.add(screen)
    await begun(home, planned(), BANQUE)
    assert not [one for one in sent if b'"alert"' in one]
    await begun(home, planned())
    assert len([one for one in sent if b'"alert"' in one]) == 1


async def test_a_moment_in_the_past_is_never_shown_as_a_promise(
    home: House, rung: Rung, desk: Browser
) -> None:
    presses, ids, tree_id = rung
    card = drawn(desk, "card", ids[0])
    assert 'class="promise"' in card
    tree = home.switchboard.trees[tree_id]
    tree.promise_at = home.clock() - 1.0
    passed = drawn(desk, "card", ids[0])
    assert 'class="promise passed"' in passed
    assert "that moment has passed" in passed
    home.engine.handle(press(presses, "tree_pause", tree=tree_id))
    waits = drawn(desk, "card", ids[0])
    assert "While it waits nothing is promised" in waits
    assert "at the latest" not in waits


# ---------------------------------------------------------------- presses


async def test_every_press_on_a_tree_becomes_its_event(home: House, rung: Rung) -> None:
    presses, ids, tree_id = rung
    for act, values, event in (
        ("tree_pause", {}, events.PauseTreePressed),
        ("tree_stop", {"text": "I am there"}, events.StopTreePressed),
        ("tree_skip", {"person": "ann"}, events.SkipKeyholderPressed),
        ("tree_call", {"person": "k-schmitz"}, events.CallKeyholderPressed),
        ("tree_confirm", {"person": "ann"}, events.ConfirmKeyholderPressed),
        ("tree_jump", {"level": "1"}, events.JumpTreePressed),
    ):
        made = press(presses, act, tree=tree_id, **values)
        assert isinstance(made, event)
        assert (made.incident_id, made.tree_id, made.operator) == (ids[0], tree_id, "op-1")
    home.engine.handle(press(presses, "tree_pause", tree=tree_id))
    assert isinstance(press(presses, "tree_resume", tree=tree_id), events.ResumeTreePressed)


@pytest.mark.parametrize(
    ("act", "values", "why"),
    [
        ("tree_pause", {"tree": "nothing"}, "no such call tree"),
        ("tree_pause", {"tree": 7}, "does not know"),
        ("tree_resume", {}, "does not wait"),
        ("tree_skip", {"person": "zoe"}, "not in the call tree"),
        ("tree_call", {"person": "ann"}, "being called already"),
        ("tree_jump", {"level": "2"}, "no such level"),
        ("tree_jump", {"level": "-1"}, "no such level"),
        ("tree_jump", {"level": "²"}, "no such level"),
        ("tree_join", {"leg": "x"}, "Nobody is on that line"),
        ("tree_start", {"call_tree": "zoe"}, "no such call tree"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    rung: Rung, act: str, values: Any, why: str
) -> None:
    presses, ids, tree_id = rung
    with pytest.raises(Refused, match=why):
        press(presses, act, **{"tree": tree_id, "incident": ids[0]} | values)


async def test_who_is_not_cleared_or_only_reads_steers_nothing(home: House) -> None:
    presses, ids, tree_id = await begun(home, planned(level(ANN)), BANQUE)
    standard = session("op-2", clearances=("standard",))
    for act in ("tree_pause", "tree_stop", "tree_call", "tree_confirm", "tree_join"):
        with pytest.raises(Refused, match="no such call tree"):
            press(presses, act, standard, tree=tree_id, person="ann")
        with pytest.raises(Refused, match="auditor"):
            press(presses, act, session(role="auditor"), tree=tree_id, person="ann")
    for act in ("take", "tree_start"):
        with pytest.raises(Refused, match="no such case"):
            press(presses, act, standard, incident=ids[0], call_tree="security")


async def test_a_tree_that_is_over_is_not_steered_but_may_be_called_by(
    home: House, rung: Rung
) -> None:
    presses, _, tree_id = rung
    home.engine.handle(press(presses, "tree_stop", tree=tree_id))
    await home.settled()
    for act in ("tree_pause", "tree_resume", "tree_stop", "tree_skip", "tree_jump"):
        with pytest.raises(Refused, match="is over"):
            press(presses, act, tree=tree_id, person="k-schmitz", level="1")
    assert press(presses, "tree_call", tree=tree_id, person="k-schmitz").person == "k-schmitz"


@pytest.mark.parametrize(
    ("person", "site", "days", "why"),
    [
        ("k-schmitz", "lg-tri", 0, None),
        ("removed", "lg-tri", 0, "not in the directory any more"),
        ("j-dupont", "lg-tri", 0, "no right to the site"),
        ("j-dupont", "bru-centre", 3650, "not valid any more"),
        ("j-dupont", "bru-centre", -3650, "not valid yet"),
        ("j-dupont", None, 0, None),
    ],
)
async def test_nobody_is_called_by_hand_whom_nobody_may_call(
    home: House, monkeypatch: Any, person: str, site: str | None, days: int, why: str | None
) -> None:
    target = whom("Zoe", "+32470000083", person=person)
    plan = replace(planned(level(ANN), level(target)), site=site)
    presses, _, tree_id = await begun(home, plan)
    trees = presses.acts["tree_call"].__self__  # type: ignore[attr-defined]
    today = home.clock()
    monkeypatch.setattr(trees, "_clock", lambda: today + days * 86400.0)
    if why is None:
        assert press(presses, "tree_call", tree=tree_id, person=person).person == person
    else:
        with pytest.raises(Refused, match=why):
            press(presses, "tree_call", tree=tree_id, person=person)


async def test_a_tree_started_by_hand_carries_the_plan_of_now(home: House, rung: Rung) -> None:
    presses, ids, _ = rung
    asked = press(presses, "tree_start", incident=ids[0], call_tree="managers")
    assert asked.tree_id == f"{ids[0]}-t2"
    assert asked.asked_by == "op-1"
    assert [t.person for t in asked.plan.levels[0].targets] == ["k-schmitz"]
    home.engine.handle(asked)
    with pytest.raises(Refused, match="running already"):
        press(presses, "tree_start", incident=ids[0], call_tree="managers")


async def test_a_keyholder_on_the_line_is_taken_into_the_call(
    home: House, desk: Browser, rung: Rung
) -> None:
    presses, _, tree_id = rung
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    assert "tree_join" not in drawing.phone("op-1", "en"), "his phone only rings"
    home.keyholder(tree_id, "ann")
    phone = drawing.phone("op-1", "en")
    assert "tree_join" in phone
    assert 'data-key="F7"' in phone
    leg = home.attempt(tree_id, "ann").leg_id
    with pytest.raises(Refused, match="in no call"):
        press(presses, "tree_join", session("op-3"), tree=tree_id, leg=leg)
    home.engine.handle(press(presses, "tree_join", tree=tree_id, leg=leg))
    call = next(c for c in home.switchboard.calls.values() if not c.is_over)
    assert call.guests == [leg]


async def test_a_case_of_an_alarm_shows_no_number_and_is_read_in_the_operator_s_language(
    home: House, desk: Browser
) -> None:
    values = {"source": "dc09:tcp", "kind": "intrusion", "code": "130", "zone": "12"}
    known = events.AlarmReceived(
        incident_id=events.IncidentId("inc-known"),
        source_id="1",
        account="1234",
        organisation="postes-demo",
        organisation_name="Postes Démo",
        site="bru-centre",
        site_name="Bruxelles Centre",
        **values,
    )
    stranger = events.AlarmReceived(
        incident_id=events.IncidentId("inc-stranger"),
        source_id="2",
        account="4711",
        is_known_account=False,
        **values,
    )
    for alarm in (known, stranger):
        home.engine.handle(alarm)
    await home.settled()
    waiting = drawn(desk, "shared", "cases", language="nl")
    assert "Inbraak in zone 12" in waiting or "alarm in zone 12" in waiting
    assert "Onbekend account" in waiting
    assert "onbekend account 4711: 130" in waiting
    home.engine.handle(
        CaseTaken(incident_id=known.incident_id, operator=events.OperatorId("op-1"))
    )
    await home.settled()
    taken = drawn(desk, "shared", "cases", language="nl").split("Open dossiers")[1]
    assert "Bruxelles Centre" in taken
    assert "Geen nummer" not in taken
    assert "Onbekend nummer" not in taken


async def test_a_case_whose_tree_failed_is_drawn_however_many_are_more_urgent(
    home: House, desk: Browser
) -> None:
    _, ids, _ = await begun(home, planned())
    for n in range(70):
        home.engine.handle(
            events.AlarmReceived(
                incident_id=events.IncidentId(f"fire-{n}"),
                source="dc09",
                source_id=f"fire-{n}",
                organisation="postes-demo",
                site=f"site-{n}",
                kind="fire",
                urgency=1,
                never_suppress=True,
            )
        )
    home.engine.handle(
        events.UrgencySet(incident_id=ids[0], operator=events.OperatorId("op-1"), urgency=4)
    )
    await home.settled()
    waiting, _ = Board(home.engine, home.directory).attention(BOTH)
    assert [row.urgency for row in waiting] == [1] * 60 + [4]
    assert waiting[-1].incident_id == ids[0]
