"""What stands beside the card: earlier cases of the site, contacts, links, what is in force."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from callflows.events import AlarmReceived, IncidentId
from client_directory.model import Link, TemporaryConsigne
from securityline.web.context import CONTEXT
from securityline.web.site_history import SiteHistory
from tests.securityline.web.rig import BANQUE, POSTES, Browser, House
from tests.securityline.web.test_code_words import seen, talking, until
from tests.securityline.web.test_consigne import card


def more(home: House, desk: Browser, case: str, language: str = "en") -> str:
    context = desk.server.app[CONTEXT]  # type: ignore[attr-defined]
    return str(
        context.drawing.beside.draw(home.switchboard.incidents[IncidentId(case)], language)
    )


def alarm(home: House) -> None:
    """Somebody breaks in at the site."""
    home.engine.handle(
        AlarmReceived(
            incident_id=IncidentId("inc-alarm"), source="t", source_id="1",
            organisation="postes-demo", organisation_name="Postes Démo", site="bru-centre",
            site_name="Bruxelles Centre", kind="intrusion", urgency=2,
        )
    )  # fmt: skip


async def closed_case(home: House, disposition: str = "false_alarm") -> str:
    from callflows.events import CloseRequested, OperatorId, StepSkipped

    ids = home.ring()
    await home.settled()
    home.caller_hangs_up(ids)
    who = OperatorId("op-1")
    for step in home.switchboard.incidents[ids[0]].run.missing():
        home.engine.handle(
            StepSkipped(incident_id=ids[0], operator=who, step=step.step, reason="-")
        )
    home.engine.handle(
        CloseRequested(incident_id=ids[0], operator=who, disposition=disposition)
    )
    await home.settled()
    return ids[0]


async def test_the_site_s_open_cases_stand_before_its_last_ones(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    alarm(home)
    past = [await closed_case(home) for _ in range(12)]
    case = await talking(home)
    shown = more(home, desk, case)
    assert f'href="/incidents/{case}"' not in shown, "itself is not its own past"
    listed = [name for name in past if f'href="/incidents/{name}"' in shown]
    assert listed == past[-10:]
    assert past[-1] in listed
    assert past[0] not in listed
    assert "False alarm" in shown
    first = shown.index('href="/incidents/inc-alarm"')
    assert first < min(shown.index(f'href="/incidents/{name}"') for name in listed)
    assert "Show the case" in shown


async def test_earlier_cases_are_known_after_a_restart(home: House, desk: Browser) -> None:
    past = await closed_case(home)
    home.pass_time(2 * 3600)
    case = await talking(home)
    context = desk.server.app[CONTEXT]  # type: ignore[attr-defined]
    history = SiteHistory(context.drawing.board)
    history.load(one.data for one in home.logbook.documents("incident", None, None, 99))
    [found] = history.of(home.switchboard.incidents[case])
    assert (found.incident_id, found.is_open, found.disposition) == (past, False, "false_alarm")


async def test_a_quiet_site_has_its_past_and_every_open_case_also_after_a_restart(
    home: House, desk: Browser
) -> None:
    home.sign_in("op-1", is_ready=False)
    alarm(home)
    past = [await closed_case(home) for _ in range(25)]
    home.caller_hangs_up(home.ring(BANQUE))  # another client's call comes last
    await home.settled()
    history = SiteHistory(desk.server.app[CONTEXT].drawing.board)  # type: ignore[attr-defined]
    after, pages = 0, 0
    while heads := home.logbook.case_heads(after, 7):
        after, pages = heads[-1][0], pages + 1
        history.load(head for _, head in heads)
    history.finish()
    assert pages > 3
    here = replace(home.switchboard.incidents[IncidentId("inc-alarm")], incident_id="new")
    found = history.of(here)
    assert [one.incident_id for one in found if one.is_open] == ["inc-alarm"]
    assert [one.incident_id for one in found if not one.is_open] == past[:-11:-1]


async def test_a_silent_case_is_no_history(home: House, desk: Browser) -> None:
    from tests.securityline.web.test_code_words import JULIE, SAID, press

    case = await talking(home)
    home.sign_in("op-2", has_phone=False)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "secret", incident=case, **JULIE, text=SAID["duress"])
        await home.settled()
    assert "silent" not in more(home, desk, case)
    context = desk.server.app[CONTEXT]  # type: ignore[attr-defined]
    context.drawing.beside.history.load(
        one.data for one in home.logbook.documents("incident", None, None, 99)
    )
    assert "silent" not in more(home, desk, case)


async def test_whom_one_looks_for_first_stands_first_among_the_contacts(
    home: House, desk: Browser
) -> None:
    shown = more(home, desk, await talking(home))
    names = ["Bruxelles Centre", "Karl Schmitz", "Julie Dupont", "Marie Lambert"]
    places = [shown.index(f"<bdi>{name}</bdi></b>") for name in names if name in shown]
    assert places == sorted(places)
    assert "+32 470 00 00 03" in shown
    for number in home.directory.current.protected_numbers:
        assert number not in shown.replace(" ", "")


async def test_links_open_a_window_of_their_own_and_hold_no_markup(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    directory = home.directory.current
    site = directory.site("postes-demo", "bru-centre")
    assert site is not None
    hostile = Link(
        label={"en": "<b>Map</b>"}, url="https://maps.example/?q={lat},{lon}&n={town}"
    )
    object.__setattr__(site, "links", (hostile,))
    shown = more(home, desk, case)
    assert 'href="https://maps.example/?q=50.8503,4.3517&amp;n=Bruxelles"' in shown
    assert 'target="_blank" rel="noopener noreferrer"' in shown
    assert "&lt;b&gt;Map&lt;/b&gt;" in shown


async def test_what_is_in_force_stands_on_the_card_of_an_alarm_too(
    home: House, desk: Browser
) -> None:
    assert home.clock.at is not None
    alarm(home)
    await home.settled()
    cards: Any = desk.server.app[CONTEXT].drawing.cards  # type: ignore[attr-defined]
    incident = home.switchboard.incidents[IncidentId("inc-alarm")]
    assert datetime.fromtimestamp(home.clock.at, UTC).month == 11
    assert "In force now" in cards.card(incident, "en")
    home.clock.at += 86_400 * 60
    assert "In force now" not in cards.card(incident, "en")


def whys(shown: str) -> list[str]:
    """What the card says of organisation, site and person: why so sure."""
    who = shown.split('<dl class="who">')[1].split("</dl>")[0]
    return [part.split("</span>")[0] for part in who.split('<span class="sub why">')[1:]]


async def test_each_mark_says_why_for_a_caller_whose_number_is_not_known(
    home: House, desk: Browser
) -> None:
    ids = home.ring(caller="+32470009999")
    await home.settled()
    cards: Any = desk.server.app[CONTEXT].drawing.cards  # type: ignore[attr-defined]
    nobody = "Nobody of Postes Démo has the caller&#39;s number."
    assert whys(cards.card(home.switchboard.incidents[ids[0]], "en")) == [
        "+3225550100 is a number of Postes Démo.", nobody, nobody,
    ]  # fmt: skip


async def test_each_mark_says_why_behind_an_alarm_too(home: House, desk: Browser) -> None:
    home.engine.handle(
        AlarmReceived(
            incident_id=IncidentId("inc-alarm"), source="t", source_id="1", account="1042",
            organisation="postes-demo", organisation_name="Postes Démo", site="bru-centre",
            site_name="Bruxelles Centre", kind="intrusion", zone="3", zone_name="<b>Hall</b>",
        )
    )  # fmt: skip
    home.engine.handle(
        AlarmReceived(
            incident_id=IncidentId("inc-stranger"), source="t", source_id="2",
            account="6666", is_known_account=False, kind="intrusion",
        )
    )  # fmt: skip
    await home.settled()
    cards: Any = desk.server.app[CONTEXT].drawing.cards  # type: ignore[attr-defined]
    cases = home.switchboard.incidents
    assert whys(cards.card(cases[IncidentId("inc-alarm")], "en")) == [
        "Account 1042, which sent the alarm, is that of Postes Démo.",
        "Account 1042 is the panel of Bruxelles Centre. In alarm: &lt;b&gt;Hall&lt;/b&gt;.",
        "An alarm names no person.",
    ]
    [client, _, _] = whys(cards.card(cases[IncidentId("inc-stranger")], "fr"))
    assert client == "Aucun client n’a le compte 6666."


async def test_a_failed_identity_check_and_the_diverting_number_are_shown_and_bar_nothing(
    home: House, desk: Browser
) -> None:
    home.picks_up.add("op-1")
    home.sign_in("op-1")
    ids = home.ring(verstat="TN-Validation-Failed", diverted_from="+3225550111")
    await home.settled()
    cards: Any = desk.server.app[CONTEXT].drawing.cards  # type: ignore[attr-defined]
    shown = cards.card(home.switchboard.incidents[ids[0]], "en")
    assert "identity check failed" in shown
    assert "+32 2 555 01 11" in shown
    assert home.switchboard.calls[ids[1]].state == "talking"


async def test_what_comes_with_a_call_is_the_card_alone(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with desk.live() as socket:
        await until(socket, lambda message: "run" in message)
        ids = home.ring()
        [*_, pop] = await until(socket, lambda message: "pop" in message)
        assert [part["id"] for part in pop["fragments"]] == ["card"]
        await socket.send_json({"act": "show", "incident": ids[0]})
        messages = await until(
            socket,
            lambda m: any(part["id"] == "more" for part in m.get("fragments", ())),
        )
    assert messages
    assert not seen(home, "FlowFailed")


def put_in_force(home: House, begins: float, ends: float) -> None:
    """Give the client one temporary consigne, in force from and until seconds from now."""
    client = home.directory.current.organisations["postes-demo"]
    now = datetime.fromtimestamp(home.clock(), UTC)
    works = TemporaryConsigne(
        title={"en": "Closed for works"}, sites=("bru-centre",),
        valid_from=now + timedelta(seconds=begins), valid_until=now + timedelta(seconds=ends),
    )  # fmt: skip
    object.__setattr__(client, "temporary_consignes", (works,))


async def test_what_is_in_force_stands_on_the_card_whoever_is_on_the_line(
    home: House, desk: Browser
) -> None:
    put_in_force(home, -3600, 7200)
    alarm(home)
    case = IncidentId("inc-alarm")
    assert "Closed for works" in card(home, desk, case)
    home.ring(POSTES, "+32470999999", incident_id=case, temporary_consignes=())
    await home.settled()
    [call] = home.switchboard.calls.values()
    assert call.incident_id == case
    shown = card(home, desk, case)
    assert "Closed for works" in shown
    home.pass_time(7201)
    assert "Closed for works" not in card(home, desk, case)


async def test_what_comes_into_force_later_is_there_and_not_seen(
    home: House, desk: Browser
) -> None:
    put_in_force(home, 600, 1200)
    alarm(home)
    assert re.search(r'<p class="consigne-now" data-begins="[\d.]+" data-ends="[\d.]+" hidden>',
                     card(home, desk, IncidentId("inc-alarm")))  # fmt: skip
    home.pass_time(601)
    assert "data-ends" in (shown := card(home, desk, IncidentId("inc-alarm")))
    assert "hidden>" not in shown[shown.index("consigne-now") : shown.index("Closed for works")]
