from typing import Any

import pytest

from callflows import events
from callflows.incident import DISPOSITIONS, IncidentState
from securityline.web.board import Board
from securityline.web.presses import Presses
from securityline.web.refusal import LONGEST_TEXT, Refused
from securityline.web.sessions import Session
from tests.securityline.web.rig import BANQUE, POSTES, House

BOTH = ("standard", "high_security")


def session(operator: str = "op-1", **changes: Any) -> Session:
    values: dict[str, Any] = {
        "session_id": "s",
        "operator": operator,
        "role": "operator",
        "language": "fr",
        "clearances": BOTH,
        "csrf": "t",
        "signed_in_at": 0.0,
    }
    return Session(**values | changes)


@pytest.fixture
async def called(home: House) -> tuple[Presses, Any]:
    """A case in which nothing is done yet; op-1 talks."""
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(POSTES)
    await home.settled()
    return Presses(Board(home.engine, home.directory), home.directory, home.clock), ids


def press(presses: Presses, act: object, who: Session | None = None, **values: Any) -> Any:
    return presses.event(who or session(), {"act": act, **values})


async def test_every_act_becomes_its_event(called: tuple[Presses, Any]) -> None:
    presses, (incident, call, _) = called
    for act, values, event in (
        ("ready", {}, events.OperatorReady),
        ("break", {"text": "repas"}, events.OperatorOnBreak),
        ("hang_up", {"call": call}, events.HangUpPressed),
        ("hold", {"call": call}, events.HoldPressed),
        ("resume", {"call": call}, events.ResumePressed),
        ("kind", {"incident": incident, "kind": "theft"}, events.KindChosen),
        ("note", {"incident": incident, "text": "x"}, events.NoteWritten),
        ("urgency", {"incident": incident, "urgency": "2"}, events.UrgencySet),
        ("close", {"incident": incident, "disposition": "test"}, events.CloseRequested),
    ):
        made = press(presses, act, **values)
        assert type(made) is event
        assert made.operator == "op-1"


async def test_the_kind_brings_a_copy_of_its_consigne(called: tuple[Presses, Any]) -> None:
    presses, (incident, _, _) = called
    event = press(presses, "kind", incident=incident, kind="aggression")
    assert event.procedure.procedure == "aggression"


@pytest.mark.parametrize(
    ("act", "values"),
    [
        (None, {}),
        ("", {}),
        ("__class__", {}),
        (["ready"], {}),
        ("note", {"incident": "nothing", "text": "x"}),
        ("note", {"text": ""}),
        ("note", {"text": "  \n "}),
        ("note", {"text": 5}),
        ("note", {"text": ["x"]}),
        ("note", {"text": "x" * (LONGEST_TEXT + 1)}),
        ("note", {"incident": None, "text": "x"}),
        ("urgency", {"urgency": "0"}),
        ("urgency", {"urgency": "5"}),
        ("urgency", {"urgency": 1}),
        ("urgency", {"urgency": "1; drop"}),
        ("close", {"disposition": "because"}),
        ("close", {}),
        ("kind", {"kind": "nothing_like_that"}),
        ("answer_step", {"step": "nothing", "answer": "yes"}),
        ("skip", {"step": "nothing", "text": "x"}),
        ("hang_up", {"call": "nothing"}),
        ("answer", {"call": "nothing"}),
        ("verify", {"step": "nothing", "means": "video", "result": "confirmed"}),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(
    called: tuple[Presses, Any], act: Any, values: dict[str, Any]
) -> None:
    presses, (incident, _, _) = called
    with pytest.raises(Refused) as refused:
        press(presses, act, **{"incident": incident} | values)
    assert str(refused.value).endswith(".")


async def test_somebody_elses_call_is_not_his_to_hang_up(called: tuple[Presses, Any]) -> None:
    presses, (_, call, _) = called
    for act in ("hang_up", "hold", "resume"):
        with pytest.raises(Refused, match="not your call"):
            press(presses, act, session("op-3"), call=call)
    with pytest.raises(Refused, match="Somebody else has this call"):
        press(presses, "answer", session("op-3"), call=call)


async def test_a_call_that_rings_for_him_he_may_pass_on(home: House) -> None:
    home.sign_in("op-1")
    ids = home.ring(POSTES)
    await home.settled()
    presses = Presses(Board(home.engine, home.directory), home.directory, home.clock)
    assert isinstance(press(presses, "hang_up", call=ids[1]), events.HangUpPressed)
    with pytest.raises(Refused, match="not your call"):
        press(presses, "hang_up", session("op-3"), call=ids[1])


async def test_what_he_is_not_cleared_for_does_not_exist(home: House) -> None:
    ids = home.ring(BANQUE)
    await home.settled()
    presses = Presses(Board(home.engine, home.directory), home.directory, home.clock)
    who = session("op-2", clearances=("standard",))
    with pytest.raises(Refused, match="no such call"):
        press(presses, "answer", who, call=ids[1])
    with pytest.raises(Refused, match="no such case"):
        press(presses, "note", who, incident=ids[0], text="x")
    assert press(presses, "note", session("op-2"), incident=ids[0], text="x")


async def test_an_auditor_changes_nothing(called: tuple[Presses, Any]) -> None:
    presses, (incident, _, _) = called
    auditor = session(role="auditor")
    for act in presses.acts:
        with pytest.raises(Refused, match="auditor"):
            press(presses, act, auditor, incident=incident, text="x")


async def test_steps_take_their_own_answers_once(
    home: House, called: tuple[Presses, Any]
) -> None:
    presses, (incident, _, _) = called
    home.engine.handle(press(presses, "kind", incident=incident, kind="aggression"))
    step = {"incident": incident, "step": "safe"}
    with pytest.raises(Refused, match="no such answer"):
        press(presses, "answer_step", answer="perhaps", **step)
    with pytest.raises(Refused, match="Write why"):
        press(presses, "skip", **step)
    home.engine.handle(press(presses, "answer_step", answer="yes", **step))
    with pytest.raises(Refused, match="recorded already"):
        press(presses, "answer_step", answer="no", **step)


async def test_a_verification_names_means_and_result(
    home: House, called: tuple[Presses, Any]
) -> None:
    presses, (incident, _, _) = called
    home.engine.handle(press(presses, "kind", incident=incident, kind="intrusion"))
    step = {"incident": incident, "step": "verify", "means": "video"}
    for wrong in ({"result": "maybe"}, {"result": "confirmed", "means": "a hunch"}):
        with pytest.raises(Refused, match="no such answer"):
            press(presses, "verify", **step | wrong)
    event = press(presses, "verify", result="confirmed", text="two men", **step)
    assert (event.means, event.result, event.text) == ("video", "confirmed", "two men")


async def test_a_closed_case_takes_nothing_more(
    home: House, called: tuple[Presses, Any]
) -> None:
    presses, (incident, _, _) = called
    home.switchboard.incidents[incident].state = IncidentState.CLOSED
    with pytest.raises(Refused, match="closed"):
        press(presses, "note", incident=incident, text="x")


async def test_every_disposition_of_the_rules_can_be_chosen(
    called: tuple[Presses, Any],
) -> None:
    presses, (incident, _, _) = called
    for disposition in DISPOSITIONS:
        assert press(presses, "close", incident=incident, disposition=disposition)


async def test_controls_are_taken_out_of_what_is_typed(called: tuple[Presses, Any]) -> None:
    presses, (incident, _, _) = called
    event = press(presses, "note", incident=incident, text=" a\x00b\x1b[31m\nc\x7f ")
    assert event.text == "ab[31m\nc"
