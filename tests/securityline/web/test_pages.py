from typing import Any

import pytest

from callflows.events import (
    AudioLost,
    CallId,
    KindChosen,
    NoteWritten,
    OperatorId,
    RecordingFailed,
    StepAnswered,
    StepSkipped,
)
from securityline.web.board import Audience
from securityline.web.context import CONTEXT
from securityline.web.log_lines import show_line
from securityline.web.rendering import Rendering
from securityline.web.words import LANGUAGES
from tests.securityline.web.rig import BANQUE, DUPONT, POSTES, Browser, House

BOTH = frozenset({"standard", "high_security"})
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; drop table calls; --",
    "{{ 7*7 }}{% for x in y %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "javascript:alert(1)",
    "</textarea></article><script src=//evil.example>",
    "\u202eevil\u202c \u200b\u2066x",
    "x" * 65536,
]


def drawing(desk: Browser) -> Any:
    return desk.server.app[CONTEXT].drawing  # type: ignore[attr-defined]


def card(desk: Browser, incident_id: str, language: str = "fr") -> str:
    return str(drawing(desk).card(incident_id, Audience(language, BOTH)))


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_text(home: House, desk: Browser, hostile: str) -> None:
    home.picks_up = {"op-1"}
    await desk.sign_in("op-1")
    home.sign_in("op-1")
    ids = home.ring(POSTES, None, display_name=hostile)
    await home.settled()
    me = OperatorId("op-1")
    home.engine.handle(NoteWritten(incident_id=ids[0], operator=me, text=hostile))
    home.engine.handle(
        StepSkipped(incident_id=ids[0], operator=me, step="safe", reason=hostile)
    )
    home.engine.handle(
        RecordingFailed(
            incident_id=ids[0], call_id=ids[1], recording_id=f"{ids[1]}-r1", reason=hostile
        )
    )
    home.reasons.append(hostile)
    await home.settled()
    screens = desk.server.app[CONTEXT].screens  # type: ignore[attr-defined]
    screens.check_alarms()
    pages = [await desk.page("/"), await desk.page(f"/incidents/{ids[0]}")]
    pages += [card(desk, ids[0], language) for language in LANGUAGES]
    pages.append(drawing(desk).timelines.draw(ids[0], "fr"))
    for page in pages:
        assert "<script>" not in page
        assert "<img" not in page
        assert "evil.example>" not in page.replace("evil.example&gt;", "")
        assert "\u202e" not in page
        assert "\u200b" not in page
        assert len(page) < 200_000
        assert ">49<" not in page
    assert "{{ 7*7 }}" in card(desk, ids[0]) or "{{" not in hostile


async def test_the_card_marks_what_is_known_guessed_and_unknown(
    home: House, desk: Browser
) -> None:
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    html = card(desk, ids[0])
    assert html.count("mark known") == 2  # organisation, person
    html = html[: html.index("who-strip")] + html[html.index("<header>") :]
    assert html.count("mark guessed") == 1  # site: the only one of that person
    assert "Boulevard Démo 1, 1000 Bruxelles" in html
    unknown = home.ring("+3225550999", "+33612345678")
    await home.settled()
    html = card(desk, unknown[0], "en")
    assert html.count("mark unknown") == 3
    assert "unknown number" in html
    assert "+33 6 12 34 56 78" in html
    assert "No consigne" in html


async def test_a_withheld_number_is_nowhere_on_the_pages(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    ids = home.ring(POSTES, "+32470123456", is_withheld=True)
    await home.settled()
    pages = [await desk.page("/"), await desk.page(f"/incidents/{ids[0]}"), card(desk, ids[0])]
    pages.append(drawing(desk).timelines.draw(ids[0], "fr"))
    for page in pages:
        assert "470 12 34 56" not in page
        assert "470123456" not in page
    assert "Numéro masqué" in pages[2]


async def test_the_card_shows_diversion_and_a_failed_identity(
    home: House, desk: Browser
) -> None:
    ids = home.ring(
        POSTES, DUPONT, diverted_from="+3225550210", verstat="TN-Validation-Failed-A"
    )
    await home.settled()
    html = card(desk, ids[0])
    assert "Renvoyé depuis" in html
    assert "+32 2 555 02 10" in html
    assert "identité non vérifiée" in html


CLAIMED = {
    "fr": "non garanti par l’opérateur télécom",
    "nl": "niet bevestigd door de telecomoperator",
    "de": "vom Netzbetreiber nicht bestätigt",
    "en": "not asserted by the carrier",
}


@pytest.mark.parametrize("language", CLAIMED)
async def test_a_number_that_only_the_caller_vouches_for_has_its_mark(
    home: House, desk: Browser, language: str
) -> None:
    unknown = "+32470123456"
    ids = home.ring(POSTES, unknown, is_asserted=False)
    asserted = home.ring(POSTES, unknown)
    withheld = home.ring(POSTES, unknown, is_asserted=False, is_withheld=True)
    passed = home.ring(POSTES, unknown, is_asserted=False, verstat="TN-Validation-Passed")
    failed = home.ring(POSTES, unknown, is_asserted=False, verstat="TN-Validation-Failed")
    await home.settled()
    assert CLAIMED[language] in card(desk, ids[0], language)
    for others in (asserted, withheld, passed, failed):
        assert CLAIMED[language] not in card(desk, others[0], language)


async def test_steps_speak_the_operators_language_with_the_callers_beside(
    home: House, desk: Browser
) -> None:
    ids = home.ring(POSTES, DUPONT, languages=("nl",))
    await home.settled()
    choose(home, ids, "aggression")
    html = card(desk, ids[0], "fr")
    assert "Êtes-vous en sécurité ?" in html
    assert '<p class="theirs" lang="nl">' in html
    assert "Bent u in veiligheid?" in html
    dutch = card(desk, ids[0], "nl")
    assert "Bent u in veiligheid?" in dutch
    assert 'class="theirs"' not in dutch


def choose(home: House, ids: Any, kind: str, client: str = "postes-demo") -> None:
    home.engine.handle(
        KindChosen(
            incident_id=ids[0],
            operator=OperatorId("op-1"),
            kind=kind,
            procedure=home.directory.current.procedure_for(client, kind),
        )
    )


def steps_of(html: str) -> list[str]:
    steps = html.split('<ol class="steps">')[1].split("</ol>")[0]
    return steps.split('<li id="step-')[1:]


async def test_the_current_step_has_keys_and_the_others_have_none(
    home: House, desk: Browser
) -> None:
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    choose(home, ids, "aggression")
    steps = steps_of(card(desk, ids[0]))
    assert [step.count("data-key=") > 0 for step in steps].count(True) == 1
    assert 'data-key="1"' in steps[0]
    assert 'data-key="s"' in steps[0]
    home.engine.handle(
        StepAnswered(incident_id=ids[0], operator=OperatorId("op-1"), step="safe", answer="yes")
    )
    steps = steps_of(card(desk, ids[0]))
    assert "data-key=" not in steps[0]
    assert "<b>Oui</b>" in steps[0]
    assert 'data-key="1"' in steps[1]


async def test_a_step_list_that_is_shared_is_not_mixed_up(home: House, desk: Browser) -> None:
    one, two = home.ring(POSTES, DUPONT), home.ring(POSTES, "+32470000004")
    await home.settled()
    choose(home, one, "aggression")
    choose(home, two, "aggression")
    assert card(desk, one[0]).count("Oui") == card(desk, two[0]).count("Oui")
    home.engine.handle(
        StepSkipped(incident_id=one[0], operator=OperatorId("op-1"), step="safe", reason="cris")
    )
    assert "cris" in card(desk, one[0])
    assert "cris" not in card(desk, two[0])
    assert "Êtes-vous" in card(desk, two[0], "fr")
    assert "Are you safe" in card(desk, two[0], "en")


async def test_reserved_numbers_of_the_police_are_never_on_a_card(
    home: House, desk: Browser
) -> None:
    directory = home.directory.current
    reserved = [one.direct for one in directory.services.values() if one.direct]
    assert reserved
    for did, client in ((POSTES, "postes-demo"), (BANQUE, "banque-demo")):
        caller = directory.organisations[client].sites[0].phones[0]
        for kind in directory.kinds(client):
            ids = home.ring(did, caller)
            await home.settled()
            choose(home, ids, kind, client)
            html = card(desk, ids[0]).replace(" ", "")
            for number in reserved:
                assert number not in html
                assert number.replace("+32", "0") not in html


async def test_what_bars_closing_is_listed(home: House, desk: Browser) -> None:
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    html = card(desk, ids[0])
    assert "l’appel est encore en cours" in html
    home.caller_hangs_up(ids)
    await home.settled()
    assert "l’appel est encore en cours" not in card(desk, ids[0])
    assert "Avant de clore" in card(desk, ids[0])


async def test_a_failed_recording_is_red_on_card_bar_and_phone(
    home: House, desk: Browser
) -> None:
    home.picks_up = {"op-1"}
    await desk.sign_in("op-1")
    home.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    page = await desk.page("/")
    assert 'class="rec on"' in page
    home.engine.handle(
        RecordingFailed(
            incident_id=ids[0],
            call_id=CallId(ids[1]),
            recording_id=f"{ids[1]}-r1",
            reason="No space left on device",
        )
    )
    await home.settled()
    desk.server.app[CONTEXT].screens.check_alarms()  # type: ignore[attr-defined]
    page = await desk.page("/")
    assert "1 appel N’EST PAS ENREGISTRÉ" in page
    assert 'class="rec failed"' in page
    assert "plus de place sur le disque" in card(desk, ids[0])


async def test_a_silent_caller_is_said_on_the_card(home: House, desk: Browser) -> None:
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    home.engine.handle(AudioLost(incident_id=ids[0], leg_id=ids[2]))
    await home.settled()
    assert "Restez en ligne" in card(desk, ids[0])


async def test_abandoned_calls_stand_apart_and_stay(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    home.caller_hangs_up(ids)
    await home.settled()
    page = await desk.page("/")
    assert "Appels abandonnés" in page
    assert "À rappeler" in page
    assert "Personne n’attend." in page


async def test_pages_of_cases_respect_clearance(home: House, desk: Browser) -> None:
    await desk.sign_in("op-2")
    secret, seen = home.ring(BANQUE, DUPONT), home.ring(POSTES, DUPONT)
    await home.settled()
    listed = await desk.page("/incidents")
    assert seen[0] in listed
    assert secret[0] not in listed
    assert "Banque" not in listed
    assert (await desk.get(f"/incidents/{secret[0]}")).status == 404
    front = await desk.page("/")
    assert "Banque" not in front
    assert "nog 1 oproep, buiten uw machtiging" in front


async def test_the_case_page_has_every_line_of_the_log(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    page = await desk.page(f"/incidents/{ids[0]}")
    lines = home.logbook.read(incident_id=ids[0])
    assert len(lines) > 5
    for line in lines:
        assert f'id="line-{line.seq}"' in page
    assert "Appel de +32 470 00 00 01 vers +32 2 555 01 00" in page


async def test_a_long_log_has_pages(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    for number in range(520):
        home.engine.note("Filler", {"number": number}, ids[0])
    await home.settled()
    page = await desk.page(f"/incidents/{ids[0]}")
    after = page.split("?after=")[1].split('"')[0]
    rest = await desk.page(f"/incidents/{ids[0]}?after={after}")
    assert f'id="line-{home.logbook.read(incident_id=ids[0])[-1].seq}"' in rest
    assert (await desk.get(f"/incidents/{ids[0]}?after=x")).status == 400


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_exists_in_every_language(
    home: House, desk: Browser, language: str
) -> None:
    home.sign_in("op-1")
    ids = home.ring(POSTES, DUPONT)
    await home.settled()
    draw = drawing(desk)
    audience = Audience(language, BOTH)
    for name in ("calls", "cases", "operators", "alarms"):
        assert draw.shared(name, audience)
    assert "F2</kbd>" in draw.card(None, audience)
    assert draw.card(ids[0], audience).startswith("<article")
    for state in ("op-1", "nobody"):
        assert draw.me(state, language)
        assert draw.phone(state, language)


class OldLine:
    """A line from an old or damaged log."""

    seq, now, incident_id, kind, is_saved = 1, 0.0, "inc-1", "fact", False

    def __init__(self, at: Any, what: str, data: Any) -> None:
        self.at, self.what, self.data = at, what, data


async def test_a_line_of_an_old_log_is_shown_whatever_is_in_it(
    home: House, desk: Browser
) -> None:
    at = home.logbook.read()[0].at
    names = drawing(desk).timelines._names
    rendering = Rendering(home.clock, desk.server.app[CONTEXT].services.time_zone)  # type: ignore[attr-defined]
    for what in ("OperatorAnswered", "RecordingGap", "CloseRefused", "UrgencySet", "Gone"):
        for data in (
            {},
            {"answer_time": "x", "seconds": None, "urgency": "seven", "missing": 5},
            {"answer_time": [], "operator": {}, "side": 3, "missing": [None]},
        ):
            shown = show_line(OldLine(at, what, data), "fr", rendering, names)
            assert shown.words.startswith("NON ENREGISTRÉ · ")
            assert "unsaved" in shown.tone


async def test_a_case_that_cannot_be_drawn_keeps_nothing_from_the_others(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.sign_in("op-1")
    draw = drawing(desk)
    good = draw.card

    def card_that_breaks(incident_id: str, audience: Audience) -> str:
        if incident_id == "inc-0001":
            raise RuntimeError("a defect of ours")
        return str(good(incident_id, audience))

    monkeypatch.setattr(draw, "card", card_that_breaks)
    async with desk.live() as socket:
        await socket.receive_json()
        home.ring(POSTES, DUPONT)
        home.ring(POSTES, None)
        while "pop" not in (message := await socket.receive_json(timeout=5)):
            pass
        assert message["pop"]["incident"] == "inc-0002"


async def test_the_wrap_up_says_when_it_ends(home: House, desk: Browser) -> None:
    home.picks_up.add("op-1")
    home.sign_in("op-1")
    await desk.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    home.caller_hangs_up(ids)
    await home.settled()
    page = await desk.page("/")
    ends = home.switchboard.operators[OperatorId("op-1")].deadline
    assert ends is not None
    assert f'data-until="{ends:.3f}"' in page[page.index('id="phone"') :]
