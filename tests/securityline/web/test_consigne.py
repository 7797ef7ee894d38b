"""Consignes at the desk: leaving the path, how sure, the nine stages, the supervisor's list."""

import re
from typing import Any

from callflows.events import AlarmReceived, IncidentId
from client_directory.model import Procedure, Step
from securityline.web.context import CONTEXT
from tests.securityline.web.rig import Browser, House
from tests.securityline.web.test_code_words import browser_of, press, seen, talking


async def answered(home: House, desk: Browser) -> tuple[Any, str]:
    """Julie is safe, so the answers lead around the police."""
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "kind", incident=case, kind="aggression")
        await press(socket, "answer_step", incident=case, step="safe", answer="yes")
    return case, await desk.page("/")


def card(home: House, desk: Browser, case: Any) -> str:
    cards = desk.server.app[CONTEXT].drawing.cards  # type: ignore[attr-defined]
    return str(cards.card(home.switchboard.incidents[case], "en"))


async def test_a_step_off_the_path_asks_why_and_keeps_it(home: House, desk: Browser) -> None:
    case, _ = await answered(home, desk)
    run = home.switchboard.incidents[case].run
    off = next(view.step.step for view in run.view() if view.state == "off_path")
    shown = card(home, desk, case)
    assert 'data-do="done-why"' in shown
    assert "The answers lead around this step." in shown
    async with desk.live(shown=case) as socket:
        wanted = {"incident": case, "step": off, "answer": "done"}
        refused = await press(socket, "answer_step", **wanted, text="")
        assert refused["error"] == "Écrivez pourquoi cette étape est faite."
        done = await press(socket, "answer_step", **wanted, text="Elle <b>chuchote</b>")
        assert done["is_done"]
    assert "Elle &lt;b&gt;chuchote&lt;/b&gt;" in card(home, desk, case)
    [left] = seen(home, "ConsigneLeft")
    assert (left["how"], left["reason"]) == ("off_path", "Elle <b>chuchote</b>")


async def test_the_supervisor_has_a_list_and_an_operator_has_not(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        step = home.switchboard.incidents[case].run.current
        assert step is not None
        await press(socket, "skip", incident=case, step=step.step, text="Il <i>crie</i>")
    assert (await desk.get("/deviations")).status == 403
    assert "/deviations" not in await desk.page("/incidents")
    async with browser_of(desk) as sofie:
        await sofie.sign_in("op-3")
        assert "/deviations" in await sofie.page("/incidents")
        page = await sofie.page("/deviations")
    assert "Il &lt;i&gt;crie&lt;/i&gt;" in page
    assert "Overgeslagen" in page
    assert "Nadia" in page
    assert f"/incidents/{case}" in page


async def test_a_client_s_deviations_are_for_who_is_cleared(home: House, desk: Browser) -> None:
    from callflows.events import OperatorId, StepSkipped
    from tests.securityline.web.rig import BANQUE

    home.picks_up.add("op-1")
    home.sign_in("op-1")
    ids = home.ring(BANQUE, None)
    await home.settled()
    step = home.switchboard.incidents[ids[0]].run.current
    assert step is not None
    home.engine.handle(
        StepSkipped(
            incident_id=ids[0], operator=OperatorId("op-1"), step=step.step, reason="Geheim"
        )
    )
    await home.settled()
    person = home.directory.current.operators["op-3"]
    assert "high_security" in person.clearances
    await desk.sign_in("op-3")
    assert "Geheim" in await desk.page("/deviations")


async def test_how_sure_somebody_is_stands_on_the_card_and_in_the_log(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "kind", incident=case, kind="intrusion")
        shown = card(home, desk, case)
        assert 'data-result="confirmed" data-confidence="medium"' in shown
        wanted = {"incident": case, "step": "verify", "means": "video", "result": "confirmed"}
        assert "error" in await press(socket, "verify", **wanted, confidence="very")
        assert (await press(socket, "verify", **wanted, confidence="medium"))["is_done"]
    assert "Confirmed (probable)" in card(home, desk, case)
    assert "vidéo" in (page := (await desk.page(f"/incidents/{case}")).lower())
    assert "(probable)" in page


async def test_the_card_shows_the_nine_stages(home: House, desk: Browser) -> None:
    case, _ = await answered(home, desk)
    bar = card(home, desk, case).split('<ol class="stages"')[1].split("</ol>")[0]
    found = re.findall(r'<li class="(\w+)"[^>]*>(.*?)</li>', bar)
    words = [re.sub(r"<[^>]+>", "", words).replace("done", "").strip() for _, words in found]
    assert words == [
        "Listen", "Question", "Reformulate", "Qualify", "Verify", "Dispatch", "Trace",
        "Back to normal", "Report",
    ]  # fmt: skip
    assert [standing for standing, _ in found].count("current") == 1
    assert found[0][0] == "done"


async def test_a_step_left_out_is_done_after_all_and_an_answer_corrected(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "kind", incident=case, kind="assault")
        run = home.switchboard.incidents[case].run
        [first, *_] = run.path
        assert first.step == "safe"
        await press(socket, "skip", incident=case, step="safe", text="Elle chuchote")
        shown = card(home, desk, case)
        assert "Answer after all" in shown
        plain = {"incident": case, "step": "safe"}
        assert "error" in await press(socket, "answer_step", answer="yes", **plain)
        done = await press(socket, "answer_step", answer="yes", again="yes", **plain)
        assert done["is_done"]
        assert 'data-answer="no" data-again="yes"' in card(home, desk, case)
        await press(socket, "answer_step", answer="no", again="yes", **plain)
        assert "error" in await press(socket, "skip", text="x", again="yes", **plain)
        await home.settled()
    assert run.records["safe"].answer == "no"
    told = seen(home, "StepCorrected")
    assert [(x["was"], x["was_skipped"]) for x in told] == [("", True), ("yes", False)]


async def test_the_card_says_that_the_return_to_normal_is_missing(
    home: House, desk: Browser
) -> None:
    case, run = IncidentId("inc-alarm"), Procedure(
        procedure="p", version=1, incident_kinds=("intrusion",), title={"en": "Intrusion"},
        urgency=2, steps=(Step(step="normal", do={"await_restore": ""}),),
    )  # fmt: skip
    home.engine.handle(
        AlarmReceived(
            incident_id=case, source="t", source_id="1", organisation="postes-demo",
            organisation_name="Postes Démo", site="bru-centre", site_name="Bruxelles Centre",
            kind="intrusion", urgency=2, zone="7", procedure=run, account="1234",
        )
    )  # fmt: skip
    await home.settled()
    assert "return to normal of zone 7" in card(home, desk, case)
    assert "All required steps are done." not in card(home, desk, case)


async def test_another_kind_over_a_half_done_consigne_asks_why(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "answer_step", incident=case, step="safe", answer="no")
        # The general consigne is there to be left; of the next nothing is recorded yet.
        for kind in ("intrusion", "aggression"):
            assert (await press(socket, "kind", incident=case, kind=kind))["is_done"]
        await press(socket, "answer_step", incident=case, step="safe", answer="yes")
        assert 'data-then="kind_reason"' in card(home, desk, case)
        assert "error" in await press(socket, "kind", incident=case, kind="intrusion")
        assert home.switchboard.incidents[case].kind == "aggression"
        done = await press(socket, "kind", incident=case, kind="intrusion", text="un vol")
        assert done["is_done"]
        await home.settled()
    assert {line["reason"] for line in seen(home, "ConsigneLeft")} == {"un vol"}
    assert home.switchboard.incidents[case].kind == "intrusion"


async def test_done_without_a_call_to_the_police_asks_how_and_is_on_the_list(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "kind", incident=case, kind="aggression")
        await press(socket, "answer_step", incident=case, step="safe", answer="no")
        run = home.switchboard.incidents[case].run
        police = next(s.step for s in run.path if (s.do or {}).get("call_service") == "police")
        shown = card(home, desk, case)
        assert f'data-do="done-why" data-label="otherwise" data-step="{police}"' in shown
        assert "Done otherwise" in shown
        wanted = {"incident": case, "step": police, "answer": "done"}
        refused = await press(socket, "answer_step", **wanted)
        assert refused["error"].startswith("Cette touche n’appelle personne.")
        assert police not in run.records
        done = await press(socket, "answer_step", **wanted, text="Par <b>GSM</b>")
        assert done["is_done"]
    assert "Not called from here:" in card(home, desk, case)
    [left] = seen(home, "ConsigneLeft")
    assert (left["how"], left["reason"]) == ("otherwise", "Par <b>GSM</b>")
    async with browser_of(desk) as sofie:
        await sofie.sign_in("op-3")
        page = await sofie.page("/deviations")
    assert "Par &lt;b&gt;GSM&lt;/b&gt;" in page
    assert "Dienst anders dan van hieruit gebeld" in page
