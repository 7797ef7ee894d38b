"""The report of a case for the client: from the logbook, in his language, without secrets.

Code words, PINs and the reserved numbers of services never stand in it, whoever typed them
where; each reading is a line of the case's log.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aiohttp import web
from markupsafe import Markup

from client_directory.model import Organisation
from securityline.report_pdf import NotInstalled, NotMade, make_pdf
from securityline.web.context import CONTEXT, SESSION, Context
from securityline.web.erasing import eraser
from securityline.web.far_end import address_of
from securityline.web.genuine import MOST_LINES, is_genuine, read_case
from securityline.web.incidents import find_incident, moment_of
from securityline.web.log_lines import is_for_operators
from securityline.web.parts import STATIC
from securityline.web.plain import write_number
from securityline.web.ports import Line
from securityline.web.problems import Problem
from securityline.web.timelines import recordings
from securityline.web.vocabulary import OUTCOMES, call_it
from securityline.web.words import LANGUAGES, N_, WORDS, Words

READ: Final = "ReportRead"
"The line in the log: who read it, in what form."
LONGEST_ROW: Final = 4000
AT_ONCE: Final = 50
"Lines written before the loop has its turn: some 15 ms."
NOT_FOR_CLIENTS: Final = frozenset({"SecretChecked", "SecretRevealed", "OperatorChosen"})
"How we know people, and whom we thought of: ours alone."

STILL: Final = N_("in progress")
Clean = Callable[[str], str]


class Row(NamedTuple):
    """One line of the timeline."""

    at: str
    words: str


class Reached(NamedTuple):
    """Somebody whom a call tree called."""

    name: str
    at: str
    has_accepted: bool
    words: str
    "What became of this call."


def add_routes(app: web.Application) -> None:
    """Put the page in the application."""
    app.router.add_get("/incidents/{incident_id}/report", show)


async def show(request: web.Request) -> web.Response:
    """`GET /incidents/{incident_id}/report[?language=fr][&as=html|pdf]`."""
    context, session = request.app[CONTEXT], request[SESSION]
    incident_id = request.match_info["incident_id"][:200]
    form = request.query.get("as", "page")
    if form not in ("page", "html", "pdf"):
        raise Problem(400, "A report is had `as` html or pdf.")
    document = await find_incident(context, incident_id, session)
    lines = await asyncio.to_thread(read_case, context, incident_id)
    organisation = context.services.directory.current.organisations.get(
        document.get("organisation") or ""
    )
    language = _language(request.query.get("language"), organisation)
    protected = context.services.directory.current.protected_numbers
    clean = cleaner(organisation, protected, document)
    values = _values(context, document, lines, clean, language)
    values["timeline"] = await timeline(context, lines, clean, language)
    values["changed"] = await _changed(context, lines, incident_id)
    css = "" if form == "page" else (STATIC / "report.css").read_text("utf-8")
    values["css"] = Markup(css)  # noqa: S704 - a file of ours
    html = context.rendering("report.html", language, values)
    response = await _respond(form, html, incident_id)
    note = {"operator": session.operator, "as": form, "language": language}
    context.services.engine.note(READ, {**note, "from": address_of(request)}, incident_id)
    return response


async def _respond(form: str, html: str, incident_id: str) -> web.Response:
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in incident_id)
    if form == "page":
        return web.Response(text=html, content_type="text/html")
    headers = {"Content-Disposition": f'attachment; filename="report-{name}.{form}"'}
    if form == "html":
        return web.Response(text=html, content_type="text/html", headers=headers)
    try:
        body = await make_pdf(html)
    except NotInstalled as missing:
        raise Problem(501, str(missing)) from missing
    except NotMade as failed:
        raise Problem(503, str(failed)) from failed
    return web.Response(body=body, content_type="application/pdf", headers=headers)


def _language(wanted: str | None, organisation: Organisation | None) -> str:
    """Choose the language: as asked, else the client's first that the pages have."""
    theirs = organisation.languages if organisation is not None else ()
    return next((tag for tag in (wanted or "", *theirs) if tag in LANGUAGES), "en")


async def _changed(context: Context, lines: Sequence[Line], incident_id: str) -> frozenset[str]:
    """Return the recordings of a case whose file is not what was recorded."""
    changed = set()
    for row in recordings(lines, context.rendering):
        path = context.services.recording_path(row.recording_id)
        if row.state != "ended" or path is None or not path.is_file():
            continue
        if not await is_genuine(context, row.recording_id, incident_id, path, lines):
            changed.add(row.recording_id)
    return frozenset(changed)


def _values(
    context: Context,
    case: Mapping[str, Any],
    lines: Sequence[Line],
    clean: Clean,
    language: str,
) -> dict[str, Any]:
    return {
        "case": case,
        "title": clean(str(case.get("organisation_name") or "")),
        "site_name": clean(str(case.get("site_name") or "")),
        "opened": moment_of(case.get("opened_at"), context),
        "closed": moment_of(case.get("closed_at"), context),
        "closed_by": context.board.name_of(case.get("closed_by")),
        "closing_text": clean(str(case.get("closing_text") or "")),
        "callers": list(_callers(lines)),
        "verifications": [_row(x, context, language, clean) for x in _of(lines, VERIFIED)],
        "reached": list(_reached(case, context, WORDS[language])),
        "services": [_service(one, context, clean) for one in case.get("services") or ()],
        "recordings": recordings(lines, context.rendering),
        "is_cut": len(lines) >= MOST_LINES,
        "made_at": context.rendering.moment(context.now(), "%Y-%m-%d %H:%M:%S"),
        "last_seq": lines[-1].seq if lines else 0,
    }


async def timeline(
    context: Context, lines: Sequence[Line], clean: Clean, language: str
) -> list[Row]:
    """Write the lines that a client may read. A long case lets calls come in between."""
    rows = []
    for number, line in enumerate(lines, 1):
        if is_for_operators(line) and line.what not in NOT_FOR_CLIENTS:
            rows.append(_row(line, context, language, clean))
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return rows


VERIFIED: Final = frozenset({"VerificationRecorded"})


def cleaner(
    organisation: Organisation | None, protected: frozenset[str], case: Mapping[str, Any]
) -> Clean:
    """Return what takes code words, PINs and reserved numbers out of a text, line by line."""
    services = case.get("services") or ()
    references = [str(one["reference"]) for one in services if one.get("reference")]
    digits = {found for one in references for found in re.findall(r"\d+", one)}
    erase = eraser(organisation, protected, known=digits)
    return lambda text: "\n".join(map(erase, text[:LONGEST_ROW].split("\n")))


def _of(lines: Sequence[Line], names: frozenset[str]) -> Iterator[Line]:
    return (line for line in lines if line.what in names)


def _row(line: Line, context: Context, language: str, clean: Clean) -> Row:
    shown = context.drawing.timelines.show(line, language)
    moment = context.rendering.moment(line.at.timestamp(), "%Y-%m-%d %H:%M:%S")
    return Row(moment, clean(shown.words))


def _callers(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Give name and number of who called; a withheld number stays withheld."""
    for line in lines:
        if line.what == "CallOffered":
            known = line.data.get("identification") or {}
            is_withheld = bool(line.data.get("is_withheld"))
            number = "" if is_withheld else str(line.data.get("caller") or "")
            yield str(known.get("person_name") or ""), write_number(number)


def _reached(case: Mapping[str, Any], context: Context, words: Words) -> Iterator[Reached]:
    """Tell what became of each call; who took charge did so in one call, not in all of his."""
    for tree in case.get("trees") or ():
        attempts = tree.get("attempts") or ()
        taken = {one.get("person"): number for number, one in enumerate(attempts)}
        taken |= {
            one.get("person"): number
            for number, one in enumerate(attempts)
            if one.get("outcome") == "accepted"
        }
        for number, one in enumerate(attempts):
            person = one.get("person")
            is_his = person in (tree.get("accepted") or ()) and taken[person] == number
            outcome = "accepted" if is_his else str(one.get("outcome") or "")
            yield Reached(
                name=str(one.get("name") or ""),
                at=moment_of(one.get("dialled_at"), context),
                has_accepted=is_his,
                words=call_it(words, OUTCOMES, outcome)
                if outcome
                else words(N_("in progress")),
            )


def _service(one: Mapping[str, Any], context: Context, clean: Clean) -> dict[str, Any]:
    """Describe a call to a service, with what it said, and without its number."""
    times = ("pressed_at", "asked_at", "answered_at", "ended_at", "accepted_at")
    said = {name: clean(str(one.get(name) or "")) for name in ("reference", "accepted", "eta")}
    return {
        "name": clean(str(one.get("name") or "")),
        "kind": one.get("kind") or "",
        "is_simulated": bool(one.get("is_simulated")),
        "cause": one.get("cause") or "",
        "by": context.board.name_of(one.get("operator")),
        **{name: moment_of(one.get(name), context) for name in times},
        **said,
    }
