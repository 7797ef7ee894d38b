"""The emergency services at the desk: what is drawn, who may press, what nobody may see."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from callflows import events
from callflows.commands import DialService
from callflows.events import (
    Cause,
    KindChosen,
    LegEnded,
    NoteWritten,
    OperatorId,
    ResumePressed,
)
from client_directory.directory import Directory
from client_directory.model import Service
from securityline.web.board import Audience, Board
from securityline.web.context import CONTEXT
from securityline.web.live import PRESSES
from securityline.web.presses import Presses
from securityline.web.refusal import Refused
from securityline.web.words import LANGUAGES
from tests.securityline.web.rig import POSTES, Browser, House
from tests.securityline.web.test_presses import session

BOTH = frozenset({"standard", "high_security"})
RESERVED = re.compile(r"555\W?08\W?01|5550801")
HOSTILE = "<img src=x onerror=alert(1)>\u202e'\""
ME = OperatorId("op-1")


def press(act: str, **fields: object) -> dict[str, object]:
    """What the page sends."""
    return {"act": act, **fields}


def card(desk: Browser, case: str, language: str = "en") -> str:
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    return str(drawing.card(case, Audience(language, BOTH)))


async def on_the_line(home: House, kind: str = "aggression") -> Any:
    """An employee speaks with op-1; op-2 is free."""
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(POSTES)
    await home.settled()
    home.sign_in("op-2")
    procedure = home.directory.current.procedure_for("postes-demo", kind)
    chosen = KindChosen(incident_id=ids[0], operator=ME, kind=kind, procedure=procedure)
    home.engine.handle(chosen)
    return ids


def presses(home: House, *, is_live: bool = False) -> Presses:
    board = Board(home.engine, home.directory)
    return Presses(board, home.directory, home.clock, is_emergency_live=is_live)


async def called(home: House, ids: Any, attempt: int = 1, who: str = "op-1") -> None:
    """An operator presses the button of the police."""
    message = press("service", incident=ids[0], service="pz-5339", attempt=str(attempt))
    home.engine.handle(presses(home).event(session(who), message))
    await home.settled()


# ---------------------------------------------------------------- drawing


async def test_a_button_for_each_service_of_the_site_and_no_other(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    drawn = card(desk, ids[0])
    assert re.findall(r'data-act="service" .*?data-service="([^"]+)"', drawn) == [
        "pz-5339",
        "fire-bru",
        "med-bru",
    ]
    for key in ("F10", "F11", "F12"):
        assert f'data-key="{key}"' in drawn
    assert "SIMULATED: nobody real is called" in drawn
    assert "To read aloud" in drawn
    assert "Boulevard Démo 1, 1000 Bruxelles" in drawn


async def test_while_it_is_called_there_is_no_button_and_afterwards_one_that_says_again(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    await called(home, ids)
    drawn = card(desk, ids[0])
    assert 'data-service="pz-5339" data-attempt' not in drawn
    assert "is called" in drawn
    home.service(ids[0], "rings")
    assert 'data-state="ringing"' in card(desk, ids[0])
    home.service(ids[0], "answers")
    assert "on the line" in card(desk, ids[0])
    home.service(ids[0], "hangs up")
    drawn = card(desk, ids[0])
    assert 'data-service="pz-5339" data-attempt="2"' in drawn
    assert "Call again:" in drawn


async def test_not_reached_is_red_and_in_front_of_everybody(home: House, desk: Browser) -> None:
    ids = await on_the_line(home)
    await called(home, ids)
    home.service(ids[0], "is busy")
    await home.settled()
    drawn = card(desk, ids[0])
    assert 'class="line failed bad"' in drawn
    assert "NOT REACHED" in drawn
    assert "busy" in drawn
    waiting, _ = Board(home.engine, home.directory).attention(BOTH)
    assert [row.incident_id for row in waiting] == [ids[0]]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_state_is_drawn_in_every_language(
    home: House, desk: Browser, language: str
) -> None:
    ids = await on_the_line(home)
    words = {card(desk, ids[0], language)}
    await called(home, ids)
    words.add(card(desk, ids[0], language))
    for what in ("rings", "answers", "hangs up"):
        home.service(ids[0], what)
        words.add(card(desk, ids[0], language))
    assert len(words) == 5
    phone: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    assert "%(" not in phone.phone("op-1", language)


async def test_the_phone_says_with_whom_the_operator_speaks(home: House, desk: Browser) -> None:
    drawing: Any = desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]
    ids = await on_the_line(home)
    assert "Police" not in drawing.phone("op-1", "en")
    await called(home, ids)
    service = home.service(ids[0], "answers")
    assert "You and: Police" in drawing.phone("op-1", "en")
    home.engine.handle(ResumePressed(incident_id=ids[0], call_id=ids[1], operator=ME))
    assert service.leg_id in home.switchboard.calls[ids[1]].guests
    together = drawing.phone("op-1", "en")
    assert "You and: Police" in together
    assert "hung up" not in together
    caller = home.switchboard.calls[ids[1]].leg_id
    home.engine.handle(LegEnded(incident_id=ids[0], leg_id=caller, cause=Cause.RELEASED))
    alone = drawing.phone("op-1", "en")
    assert "You and: Police" in alone
    assert "The caller hung up" in alone


async def test_behind_an_alarm_of_a_thing_it_is_shut_and_says_why(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1")
    headers = {"Authorization": "Bearer alarms:write"}
    body = {
        "idempotency_key": "1",
        "account": "1234",
        "code": "130",
        "code_format": "contact_id",
    }
    answer = await desk.http.post(desk.url("/api/v1/alarms"), json=body, headers=headers)
    case = (await answer.json())["incident_id"]
    home.pass_time(60)
    drawn = card(desk, case)
    assert "the alarm must be verified first" in drawn
    assert re.search(r'data-act="service"[^>]* disabled', drawn)
    assert 'data-key="F10"' not in drawn, "no key for a shut button"
    message = press("service", incident=case, service="pz-5339", attempt="1")
    home.engine.handle(presses(home).event(session("op-1"), message))
    await home.settled()
    assert not [x for x in home.commands if isinstance(x, DialService)]


async def test_a_hostile_name_is_text(home: House, desk: Browser) -> None:
    ids = await on_the_line(home)
    old = home.directory.current
    services = [replace(one, name=HOSTILE) for one in old.services.values()]
    changed = Directory(old.organisations.values(), old.operators.values(), services)
    home.directory._current = changed
    home.engine.handle(NoteWritten(incident_id=ids[0], operator=ME, text=HOSTILE))
    await called(home, ids)
    for language in LANGUAGES:
        assert "<img" not in card(desk, ids[0], language)


# ---------------------------------------------------------------- pressing


async def test_one_press_is_one_line_however_often_it_is_sent(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    for _ in range(3):
        await called(home, ids)
    assert len([x for x in home.commands if isinstance(x, DialService)]) == 1
    home.service(ids[0], "is busy")
    await called(home, ids)  # a page from before
    assert len([x for x in home.commands if isinstance(x, DialService)]) == 1


async def test_whoever_presses_must_be_an_operator_cleared_for_the_case(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    message = press("service", incident=ids[0], service="pz-5339", attempt="1")
    for who in (session("op-1", role="auditor"), session("op-1", clearances=())):
        with pytest.raises(Refused):
            presses(home).event(who, message)


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "pz-5277"},
        {"service": "nobody"},
        {"service": ""},
        {"attempt": "0"},
        {"attempt": "-1"},
        {"attempt": "x"},
        {"attempt": "²"},
        {"attempt": ""},
        {"incident": "nothing"},
    ],
)
async def test_what_is_not_on_the_card_is_refused(
    home: House, desk: Browser, changes: dict[str, str]
) -> None:
    ids = await on_the_line(home)
    fields = {"incident": ids[0], "service": "pz-5339", "attempt": "1"} | changes
    with pytest.raises(Refused):
        presses(home).event(session("op-1"), press("service", **fields))


async def test_a_forged_number_in_the_press_changes_nothing(home: House, desk: Browser) -> None:
    ids = await on_the_line(home)
    message = press(
        "service", incident=ids[0], service="pz-5339", attempt="1", number="112", direct="112",
        presented_number="+32112", is_simulated=False,
    )  # fmt: skip
    event: Any = presses(home).event(session("op-1"), message)
    assert event.is_simulated
    assert event.presented_number == "+3225550101"
    assert event.lines == ("direct", "public")


async def test_it_is_live_by_the_settings_alone(home: House, desk: Browser) -> None:
    ids = await on_the_line(home)
    message = press("service", incident=ids[0], service="pz-5339", attempt="1")
    assert presses(home).event(session("op-1"), message).is_simulated  # type: ignore[attr-defined]
    live = presses(home, is_live=True).event(session("op-1"), message)
    assert not live.is_simulated  # type: ignore[attr-defined]
    app: Any = desk.server.app  # type: ignore[attr-defined]
    assert app[PRESSES].event(session("op-1"), message).is_simulated, "the default is not live"


async def test_ending_and_details_are_for_a_line_that_is_there(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    with pytest.raises(Refused):
        presses(home).event(session("op-1"), press("service_end", call="nothing"))
    await called(home, ids)
    call = home.service(ids[0], "answers").service_call_id
    for fields in ({"detail": "number", "text": "1"}, {"detail": "reference", "text": " "}):
        with pytest.raises(Refused):
            presses(home).event(session("op-1"), press("service_detail", call=call, **fields))
    with pytest.raises(Refused, match="not your call"):
        presses(home).event(session("op-2"), press("service_end", call=call))
    for detail, text in (("reference", "P-1"), ("accepted", ""), ("eta", "8 min")):
        message = press("service_detail", call=call, detail=detail, text=text)
        home.engine.handle(presses(home).event(session("op-2"), message))
    drawn = card(desk, ids[0])
    assert "P-1" in drawn
    assert "8 min" in drawn
    home.engine.handle(presses(home).event(session("op-1"), press("service_end", call=call)))
    with pytest.raises(Refused, match="over"):
        presses(home).event(session("op-1"), press("service_end", call=call))


async def test_an_unknown_client_is_offered_the_whole_table(home: House, desk: Browser) -> None:
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring("+3290000000")
    await home.settled()
    drawn = card(desk, ids[0])
    assert drawn.count('data-act="service"') == 4 + 4 + 3
    message = press("service", incident=ids[0], service="med-lg", attempt="1")
    event: Any = presses(home).event(session("op-1"), message)
    assert event.lines == ("public",)


# ---------------------------------------------------------------- what nobody may see


async def test_the_reserved_number_is_in_no_card_log_document_or_event(
    home: House, desk: Browser
) -> None:
    ids = await on_the_line(home)
    text = "la police: +32 2 555 08 01"
    await called(home, ids)
    home.service(ids[0], "answers")
    home.service(ids[0], "hangs up")
    await home.settled()
    lines = json.dumps([x.data for x in home.logbook.read(limit=1000)], default=str)
    assert not RESERVED.search(lines)
    assert not RESERVED.search(card(desk, ids[0]))
    headers = {"Authorization": "Bearer incidents:read"}
    for path in (f"/api/v1/incidents/{ids[0]}", f"/api/v1/incidents/{ids[0]}/log"):
        answer = await desk.http.get(desk.url(path), headers=headers)
        assert not RESERVED.search(await answer.text())
    home.engine.handle(NoteWritten(incident_id=ids[0], operator=ME, text=text))
    fiches = card(desk, ids[0]).partition('id="fiche"')[2].partition("</section>")[0]
    assert "la police" in fiches
    assert not RESERVED.search(fiches), "typed by somebody, and still not read aloud"


async def test_the_api_tells_what_came_of_it(home: House, desk: Browser) -> None:
    ids = await on_the_line(home)
    await called(home, ids)
    home.service(ids[0], "rings")
    home.service(ids[0], "answers")
    call = home.service(ids[0], "hangs up").service_call_id
    message = press("service_detail", call=call, detail="reference", text="P-1")
    home.engine.handle(presses(home).event(session("op-1"), message))
    await home.settled()
    headers = {"Authorization": "Bearer incidents:read"}
    answer = await desk.http.get(desk.url(f"/api/v1/incidents/{ids[0]}"), headers=headers)
    [told] = (await answer.json())["services"]
    assert (told["kind"], told["state"], told["reference"]) == ("police", "ended", "P-1")
    assert told["is_simulated"] is True
    assert told["rang_at"] is not None
    assert "number" not in told


async def test_no_token_can_press(home: House, desk: Browser) -> None:
    """What a program can send makes no press: the desk's socket wants a session."""
    ids = await on_the_line(home)
    headers = {"Authorization": "Bearer alarms:write", "Origin": desk.origin}
    answer = await desk.http.get(desk.url("/desk/live"), headers=headers, allow_redirects=False)
    assert answer.status in (302, 303, 401, 403)
    for what in ("ServicePressed", "services"):
        path = desk.url(f"/api/v1/incidents/{ids[0]}/{what}")
        assert (await desk.http.post(path, json={}, headers=headers)).status in (404, 405)
    assert not [x for x in home.logbook.read(limit=1000) if x.what == "ServicePressed"]


def test_a_service_without_a_direct_line_has_its_public_one() -> None:
    from securityline.web.service_presses import lines_of

    fire = Service(service="f", kind="fire", name="Fire", public="112")
    assert lines_of(fire) == ("public",)
    assert lines_of(replace(fire, direct="+3225550801")) == ("direct", "public")
    assert events.ServicePressed.__dataclass_fields__["is_simulated"].default is True
