"""The report of a case: whole, in the client's language, and nothing secret in it."""

import asyncio
import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from callflows.events import (
    AlarmReceived,
    CloseRequested,
    IncidentId,
    NoteWritten,
    OperatorId,
    StepSkipped,
    VerificationRecorded,
)
from recordings.store import digest_of
from securityline import report_pdf
from securityline.report_pdf import make_pdf
from securityline.web.context import CONTEXT
from securityline.web.report import AT_ONCE, _reached, timeline
from securityline.web.words import WORDS
from tests.securityline.web.rig import BANQUE, Browser, House
from tests.securityline.web.test_code_words import JULIE, SAID, press, seen, talking

HOSTILE = '<script>alert(1)</script> {{ 7*7 }} \u202edesrever <img src="http://evil.example/x">'


async def a_whole_case(home: House, desk: Browser) -> str:
    """Julie calls; a code word, a kind, a verification, notes, the police, closing."""
    case = await talking(home)
    await desk.sign_in("op-1")
    who = OperatorId("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "secret", incident=case, **JULIE, text=SAID["good"])
        await press(socket, "kind", incident=case, kind="intrusion")
        home.engine.handle(
            VerificationRecorded(
                incident_id=case, operator=who, step="verify", means="video",
                result="confirmed", confidence="high", text="Deux hommes",
            )
        )  # fmt: skip
        for text in (HOSTILE, "Elle dit Tournesol, puis Mimosa; code 4821", "Rappeler"):
            home.engine.handle(NoteWritten(incident_id=case, operator=who, text=text))
        await press(socket, "service", incident=case, service="pz-5339", attempt="1")
        await home.settled()
        home.service(case)
        await home.settled()
        home.service(case, "hangs up")
        await home.settled()
    [call] = [c for c in home.switchboard.calls.values() if not c.service_call]
    home.caller_hangs_up((case, call.call_id, call.leg_id))
    for tree in home.switchboard.trees.values():
        home.engine.handle(_stop(tree.incident_id, tree.tree_id))
    for step in home.switchboard.incidents[case].run.missing():
        home.engine.handle(
            StepSkipped(incident_id=case, operator=who, step=step.step, reason="-")
        )
    home.engine.handle(
        CloseRequested(
            incident_id=case, operator=who, disposition="handled", text="Tout est calme"
        )
    )
    await home.settled()
    return str(case)


def _stop(case: Any, tree: Any) -> Any:
    from callflows.events import StopTreePressed

    return StopTreePressed(
        incident_id=case, tree_id=tree, operator=OperatorId("op-1"), reason=""
    )


async def test_a_report_tells_the_whole_case_in_the_client_s_language(
    home: House, desk: Browser
) -> None:
    case = await a_whole_case(home, desk)
    page = await desk.page(f"/incidents/{case}/report")
    for words in (
        '<html lang="fr">', "Postes Démo", "Bruxelles Centre", "Julie Dupont", "Résumé",
        "Deux hommes", "Zone de police Bruxelles-Capitale", "SHA-256", "Tout est calme",
        "Chronologie", "Traité",
    ):  # fmt: skip
        assert words in page, words
    dutch = await desk.page(f"/incidents/{case}/report?language=nl")
    assert "Samenvatting" in dutch


CHANGED = {
    "fr": "Le fichier n’est pas ce qui a été enregistré.",
    "nl": "Het bestand is niet wat is opgenomen.",
    "de": "Die Datei ist nicht, was aufgezeichnet wurde.",
    "en": "The file is not what was recorded.",
}


async def test_a_recording_that_was_altered_is_said_in_the_report(
    home: House, desk: Browser
) -> None:
    case = await a_whole_case(home, desk)
    for language, words in CHANGED.items():
        assert words not in await desk.page(f"/incidents/{case}/report?language={language}")
    path = home.recordings / "call-0001-r1.wav"
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    for language, words in CHANGED.items():
        assert words in await desk.page(f"/incidents/{case}/report?language={language}")


@pytest.mark.parametrize("language", ["fr", "nl", "de", "en"])
@pytest.mark.parametrize("form", ["page", "html"])
async def test_no_secret_and_no_reserved_number_is_in_it(
    home: House, desk: Browser, language: str, form: str
) -> None:
    case = await a_whole_case(home, desk)
    answer = await desk.get(f"/incidents/{case}/report?as={form}&language={language}")
    page = await answer.text()
    for secret in ("tournesol", "mimosa", "4821", "4822"):
        assert secret not in page.lower(), secret
    digits = re.sub(r"[^0-9+]", "", re.sub(r"<[^>]+>", "|", page))
    directory = home.directory.current
    reserved = [one.direct for one in directory.services.values() if one.direct]
    assert reserved
    for number in reserved:
        assert number.lstrip("+") not in digits, number


async def test_reserved_numbers_that_somebody_typed_are_left_out(
    home: House, desk: Browser
) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    direct = next(one.direct for one in home.directory.current.services.values() if one.direct)
    spaced = " ".join(direct[i : i + 3] for i in range(0, len(direct), 3))
    for text in (f"ligne {direct}", f"ligne {spaced}"):
        home.engine.handle(
            NoteWritten(incident_id=case, operator=OperatorId("op-1"), text=text)
        )
    await home.settled()
    page = await desk.page(f"/incidents/{case}/report")
    assert direct not in page
    assert spaced not in page
    assert "ligne" in page


async def test_hostile_texts_are_texts(home: House, desk: Browser) -> None:
    case = await a_whole_case(home, desk)
    for form in ("page", "html"):
        page = await (await desk.get(f"/incidents/{case}/report?as={form}")).text()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
        assert "{{ 7*7 }}" in page
        assert "<img" not in page


async def test_a_download_stands_alone_and_is_named(home: House, desk: Browser) -> None:
    case = await a_whole_case(home, desk)
    answer = await desk.get(f"/incidents/{case}/report?as=html")
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="report-{case}.html"'
    page = await answer.text()
    assert "<style>" in page
    assert '"Atkinson Hyperlegible"' in page, "the style is not escaped"
    assert "<link" not in page


async def test_every_reading_is_a_line(home: House, desk: Browser) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    await desk.page(f"/incidents/{case}/report")
    await desk.get(f"/incidents/{case}/report?as=html")
    await home.settled()
    assert [(x["operator"], x["as"]) for x in seen(home, "ReportRead")] == [
        ("op-1", "page"),
        ("op-1", "html"),
    ]


async def test_who_is_not_cleared_gets_none(home: House, desk: Browser) -> None:
    home.sign_in("op-1")
    ids = home.ring(BANQUE, None)
    await home.settled()
    await desk.sign_in("op-2")
    assert (await desk.get(f"/incidents/{ids[0]}/report")).status == 404
    assert (await desk.get("/incidents/nothing/report")).status == 404
    assert not seen(home, "ReportRead")


async def test_an_open_case_says_that_it_is_not_final(home: House, desk: Browser) -> None:
    home.engine.handle(
        AlarmReceived(
            incident_id=IncidentId("inc-alarm"), source="t", source_id="1",
            organisation="postes-demo", organisation_name="Postes Démo", site="bru-centre",
            site_name="Bruxelles Centre", kind="intrusion", urgency=2,
        )
    )  # fmt: skip
    await home.settled()
    await desk.sign_in("op-1")
    assert "not final" in await desk.page("/incidents/inc-alarm/report?language=en")
    assert (await desk.get("/incidents/inc-alarm/report?as=docx")).status == 400


IS_INSTALLED = importlib.util.find_spec("weasyprint") is not None


async def test_without_the_extra_a_pdf_is_refused_with_a_sentence(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    case = await talking(home)
    await desk.sign_in("op-1")
    answer = await desk.get(f"/incidents/{case}/report?as=pdf")
    assert answer.status == 501
    assert "extra `report`" in await answer.text()


async def test_a_pdf_that_takes_too_long_is_given_up_with_a_sentence(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: True)
    monkeypatch.setattr(report_pdf, "LONGEST", 0.0)
    case = await talking(home)
    await desk.sign_in("op-1")
    answer = await desk.get(f"/incidents/{case}/report?as=pdf")
    assert answer.status == 503
    assert "HTML report holds the same" in await answer.text()


def by_poppler(program: str, path: Path, *more: str) -> str:
    """What a program that we did not write reads in a PDF."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} (poppler-utils) is not installed")
    output = ["-"] if more else []
    said = subprocess.run([found, *more, str(path), *output], capture_output=True, check=True)
    return said.stdout.decode()


@pytest.mark.skipif(not IS_INSTALLED, reason="needs the extra `report` (WeasyPrint)")
async def test_the_pdf_holds_the_whole_case_and_no_secret(
    home: House, desk: Browser, tmp_path: Path
) -> None:
    case = await a_whole_case(home, desk)
    answer = await desk.get(f"/incidents/{case}/report?as=pdf&language=fr")
    assert answer.status == 200, await answer.text()
    path = tmp_path / "report.pdf"
    path.write_bytes(await answer.read())
    about = by_poppler("pdfinfo", path)
    assert re.search(r"Tagged:\s+yes", about)
    assert re.search(r"Page size:.*A4", about)
    assert re.search(r"Title:.*Postes Démo", about)
    text = " ".join(by_poppler("pdftotext", path, "-layout").split())
    digest = digest_of(home.recordings / "call-0001-r1.wav")
    for words in (
        "Postes Démo", "Julie Dupont", "Deux hommes", "Rappeler", "Tout est calme",
        "arrêté", "call-0001-r1", digest[:12], "1/3", "3/3",
    ):  # fmt: skip
        assert words in text, words
    assert "Zone de police Bruxelles-Capitale" in text
    assert "<script>alert(1)</script> {{ 7*7 }}" in text, "a hostile text is text"
    for secret in ("Tournesol", "Mimosa", "4821"):
        assert secret not in text
    assert not re.search(r"555\W?08\W?01|5550801", text), "a reserved number"


@pytest.mark.skipif(not IS_INSTALLED, reason="needs the extra `report` (WeasyPrint)")
async def test_a_pdf_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text('body::before { content: "FROM A FILE" }')
    (tmp_path / "page.html").write_text("FROM A FILE")
    (tmp_path / "drawing.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><text y="20">FROM A FILE</text></svg>'
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        places = (f"http://127.0.0.1:{listening.getsockname()[1]}", f"file://{tmp_path}")
        page = "<p>Report</p>"
        for place in places:
            page += (
                f'<link rel="stylesheet" href="{place}/style.css">'
                f'<img src="{place}/drawing.svg"><object data="{place}/page.html"></object>'
                f'<p style="background: url({place}/drawing.svg)">x</p>'
            )
        path = tmp_path / "report.pdf"
        path.write_bytes(await make_pdf(page))
        text = by_poppler("pdftotext", path, "-layout")
        assert "Report" in text
        assert "FROM A FILE" not in text
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.skipif(not IS_INSTALLED, reason="needs the extra `report` (WeasyPrint)")
async def test_a_long_night_is_many_pages_by_a_process_with_limits(tmp_path: Path) -> None:
    night = "".join(
        f"<tr><td>{n}</td><td>{'Bruit à la porte. ' * 40}</td></tr>" for n in range(30)
    )
    making = asyncio.create_task(make_pdf(f"<table>{night}</table><p>Fin de la nuit</p>"))
    limits = await limits_of_child()
    path = tmp_path / "night.pdf"
    path.write_bytes(await making)
    assert limits["Max address space"] == str(report_pdf.MOST_MEMORY)
    assert limits["Max cpu time"] == str(report_pdf.MOST_WORK)
    pages = re.search(r"Pages:\s+(\d+)", by_poppler("pdfinfo", path))
    assert pages is not None
    assert int(pages[1]) > 2
    text = by_poppler("pdftotext", path, "-layout")
    assert "29" in text
    assert "Fin de la nuit" in text


async def limits_of_child() -> dict[str, str]:
    """Wait until the process that makes the PDF has set its limits; return them."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    async with asyncio.timeout(60):
        while True:
            for child in children.read_text().split():
                with contextlib.suppress(OSError):
                    command = Path(f"/proc/{child}/cmdline").read_bytes()
                    lines = Path(f"/proc/{child}/limits").read_text().splitlines()[1:]
                    found = {line[:26].strip(): line[26:].split()[0] for line in lines}
                    is_it = b"securityline.report_pdf" in command
                    if is_it and found["Max address space"] != "unlimited":
                        return found
            await asyncio.sleep(0.005)


async def test_a_reference_is_no_pin(home: House, desk: Browser) -> None:
    case = await talking(home)
    await desk.sign_in("op-1")
    async with desk.live(shown=case) as socket:
        await press(socket, "kind", incident=case, kind="assault")
        await press(socket, "service", incident=case, service="pz-5339", attempt="1")
        await home.settled()
        call = home.service(case)
        values = {"call": call.service_call_id, "detail": "reference", "text": "471123"}
        await press(socket, "service_detail", incident=case, **values)
        await home.settled()
    page = await desk.page(f"/incidents/{case}/report?language=en")
    assert "<bdi>471123</bdi>" in page


async def test_each_call_to_a_person_has_its_own_end(home: House, desk: Browser) -> None:
    def tried(person: str, outcome: str) -> dict[str, str]:
        return {"person": person, "name": person.title(), "outcome": outcome}

    attempts = [
        tried("ann", "busy"), tried("ben", "declined"), tried("cas", "voicemail"),
        tried("ann", "accepted"), tried("dre", "operator"), tried("ann", "elsewhere"),
    ]  # fmt: skip
    case = {"trees": [{"attempts": attempts, "accepted": ["ann", "dre"]}]}
    context = home.app()[CONTEXT]
    found = [(one.name, one.words) for one in _reached(case, context, WORDS["en"])]
    assert found == [
        ("Ann", "busy"), ("Ben", "says no"), ("Cas", "voicemail"), ("Ann", "takes charge"),
        ("Dre", "takes charge"), ("Ann", "at another phone of his"),
    ]  # fmt: skip


async def test_a_long_case_holds_up_nobody(home: House, desk: Browser) -> None:
    """Two thousand lines are seconds of work: the telephone has its turn in between."""
    incident_id, _, _ = home.ring()
    for number in range(500):
        home.engine.handle(
            NoteWritten(
                incident_id=incident_id, operator=OperatorId("op-1"), text=f"note {number}"
            )
        )
    await home.settled()
    lines = home.logbook.read(0, 1000, incident_id)
    turns = 0

    async def telephone() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(telephone())
    context = desk.server.app[CONTEXT]  # type: ignore[attr-defined]
    rows = await timeline(context, lines, lambda text: text, "en")
    task.cancel()
    assert len(rows) > 500
    assert turns >= 500 // AT_ONCE
