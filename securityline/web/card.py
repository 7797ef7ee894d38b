"""The card of a case: who calls, what is in force, the consigne's steps, what is missing."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from callflows.call import InboundCall
from callflows.incident import DISPOSITIONS, Incident, IncidentState
from callflows.procedure_run import ProcedureRun, StepState, StepView
from client_directory.directory import Directory
from client_directory.model import Organisation, Procedure, Site, Step, in_language
from securityline.web import vocabulary
from securityline.web.board import Board
from securityline.web.contacts import action_details, address_line
from securityline.web.plain import clip
from securityline.web.ports import DirectoryHolderPort
from securityline.web.reason_words import IDENTIFICATION, RECORDING
from securityline.web.reasons import say
from securityline.web.rendering import Rendering
from securityline.web.vocabulary import call_it
from securityline.web.words import WORDS, Words

MOST_KEPT: Final = 512
"Rendered step lists kept: one for each consigne, language and language of the caller."

_STATES: Final = {StepState.SHUT: "locked"}


class Known(NamedTuple):
    """One line of who is calling."""

    name: str
    certainty: str
    more: str = ""


class StepRow(NamedTuple):
    """One step of the consigne, ready to draw."""

    step: str
    state: str
    form: str
    "`ask`, `say`, `do` or `verify`."
    words: dict[str, str]
    action: str
    is_required: bool
    is_free_text: bool
    answers: Sequence[tuple[str, str]]
    means: Sequence[str]
    details: Sequence[str]
    label: str
    text: str
    by: str
    at: str
    requires_words: str


class Cards:
    """Draw cards. Every screen with the same language gets the same text."""

    def __init__(
        self, board: Board, rendering: Rendering, directory: DirectoryHolderPort
    ) -> None:
        self._board = board
        self._render = rendering
        self._directory = directory
        self._choices_drawn: dict[str, Markup] = {}
        self._steps_of: Directory | None = None
        self._steps: dict[tuple[object, ...], tuple[Procedure, Markup]] = {}

    def card(self, incident: Incident, language: str) -> str:
        """Draw the card of one case."""
        words = WORDS[language]
        call = self._board.call_of(incident)
        known = call.identification if call else None
        organisation = self._organisation(incident)
        site = self._site(organisation, known.site if known else None)
        return self._render(
            "card.html",
            language,
            {
                "case": incident,
                "call": _CallOnCard(call) if call else None,
                "organisation": Known(
                    incident.organisation_name,
                    known.organisation_certainty if known else "known",
                ),
                "site": Known(
                    known.site_name if known else "",
                    known.site_certainty if known else "unknown",
                    address_line(site),
                ),
                "person": Known(
                    known.person_name if known else "",
                    known.person_certainty if known else "unknown",
                ),
                "why": clip(say(IDENTIFICATION, known.why, words)) if known else "",
                "consignes": call.offer.temporary_consignes if call else (),
                "banners": self._banners(incident, words),
                "steps": self.steps(incident, call, language),
                "missing": self.missing(incident, language),
                "choices": self._choices(language),
            },
        )

    def _choices(self, language: str) -> Markup:
        if language not in self._choices_drawn:
            drawn = self._render("choices.html", language, {"dispositions": DISPOSITIONS})
            self._choices_drawn[language] = Markup(drawn)  # noqa: S704 - by our template
        return self._choices_drawn[language]

    def missing(self, incident: Incident, language: str) -> list[str]:
        """Say what the required steps are that nobody recorded."""
        words = WORDS[language]
        lacks = [describe_step(step, words) for step in incident.run.missing()]
        call = self._board.call_of(incident)
        if call is not None and not call.is_over:
            lacks.insert(0, words("the call is still up"))
        return lacks

    def _banners(self, incident: Incident, words: Words) -> list[str]:
        banners = []
        for call_id in incident.call_ids:
            call = self._board.call(call_id)
            if call is None:
                continue
            if call.recording_failure:
                said = (
                    words("Not all of this call was recorded: %(reason)s.")
                    if call.is_over
                    else words("NOT RECORDED: %(reason)s. The call goes on.")
                )
                why = say(RECORDING, call.recording_failure, words)
                banners.append(said % {"reason": clip(why, 200)})
            if not call.is_over and call.is_caller_silent:
                banners.append(words("No sound arrives from the caller. Stay on the line."))
            if not call.is_over and call.operator_silent_since is not None:
                banners.append(words("No sound arrives from the operator’s phone."))
        return banners

    def _organisation(self, incident: Incident) -> Organisation | None:
        if incident.organisation is None:
            return None
        return self._directory.current.organisations.get(incident.organisation)

    def _site(self, organisation: Organisation | None, site: str | None) -> Site | None:
        sites = organisation.sites if organisation else ()
        return next((one for one in sites if one.site == site), None)

    # ------------------------------------------------------------ steps

    def steps(self, incident: Incident, call: InboundCall | None, language: str) -> Markup:
        """Draw the consigne; an untouched one is drawn once for all calls."""
        directory = self._directory.current
        if directory is not self._steps_of:
            self._steps.clear()
            self._steps_of = directory
        theirs = call.language if call else ""
        caller_language = theirs if theirs != language else ""
        site = call.identification.site if call else None
        is_open = incident.state is IncidentState.OPEN
        run = incident.run
        if run.records or run.procedure is None:
            return self._draw(incident, site, caller_language, language, is_open)
        # The procedure stands in the key by identity; kept beside the text, it stays alive.
        key = (
            incident.organisation,
            id(run.procedure),
            run.source,
            incident.kind,
            site,
            caller_language,
            language,
            is_open,
        )
        if key in self._steps:
            return self._steps[key][1]
        drawn = self._draw(incident, site, caller_language, language, is_open)
        if len(self._steps) >= MOST_KEPT:
            self._steps.clear()
        self._steps[key] = (run.procedure, drawn)
        return drawn

    def _draw(
        self,
        incident: Incident,
        site: str | None,
        caller_language: str,
        language: str,
        is_open: bool,
    ) -> Markup:
        words = WORDS[language]
        organisation = self._organisation(incident)
        place = self._site(organisation, site)
        run = incident.run
        rows = [self._row(view, run, words, organisation, place) for view in run.view()]
        values = {
            "title": run.procedure.title if run.procedure else None,
            "version": run.procedure.version if run.procedure else None,
            "is_open": is_open,
            "kind": incident.kind,
            "kinds": kinds_of(organisation),
            "steps": rows,
            "caller_language": caller_language,
            "results": [(value, words(name)) for value, name in vocabulary.RESULTS.items()],
        }
        return Markup(self._render("steps.html", language, values))  # noqa: S704

    def _row(
        self,
        view: StepView,
        run: ProcedureRun,
        words: Words,
        organisation: Organisation | None,
        site: Site | None,
    ) -> StepRow:
        step, record = view.step, view.record
        form, said = step_form(step)
        shut_by = run.step(view.shut_by) if view.shut_by else None
        answers = () if step.answers == "free_text" else step.answers
        return StepRow(
            step=step.step,
            state=_STATES.get(view.state, view.state.value),
            form=form,
            words=said,
            action=step_action(step),
            is_required=step.is_required,
            is_free_text=step.answers == "free_text",
            answers=[(one.answer, answer_label(step, one.answer, words)) for one in answers],
            means=step.verify,
            details=action_details(step, organisation, site, self._directory.current),
            label=recorded_label(step, record.answer, words) if record else "",
            text=record.text if record else "",
            by=self._board.name_of(record.operator) if record else "",
            at=self._render.moment(record.at) if record else "",
            requires_words=describe_step(shut_by, words) if shut_by else "",
        )


class _CallOnCard:
    """A call as the card reads it: the offer's fields and two conclusions."""

    __slots__ = ("_call", "verstat_failed")

    def __init__(self, call: InboundCall) -> None:
        self._call = call
        self.verstat_failed = "fail" in (call.offer.verstat or "").casefold()

    def __getattr__(self, name: str) -> object:
        return getattr(self._call.offer, name)


def kinds_of(organisation: Organisation | None) -> list[str]:
    """Kinds of incident that this client has consignes for, the most urgent first.

    When nobody knows whose case it is: every kind that we have a word for.
    """
    if organisation is None:
        return list(vocabulary.KINDS)
    procedures = sorted(organisation.procedures, key=lambda one: one.urgency)
    return list(dict.fromkeys(k for one in procedures for k in one.incident_kinds))


def step_form(step: Step) -> tuple[str, dict[str, str]]:
    """Tell what kind of step it is, and its words."""
    if step.ask is not None:
        return "ask", dict(step.ask)
    if step.say is not None:
        return "say", dict(step.say)
    return ("verify" if step.verify else "do"), {}


def step_action(step: Step) -> str:
    """Name the action of a `do` step: a kind of service, or the action itself."""
    for action, argument in (step.do or {}).items():
        return argument if action == "call_service" else action
    return ""


def answer_label(step: Step, answer: str, words: Words) -> str:
    """How an answer is called for the reader: by the consigne, else by us."""
    for one in () if step.answers == "free_text" else step.answers:
        if one.answer == answer and one.label.get(words.language):
            return one.label[words.language]
        if one.answer == answer and one.label and answer not in vocabulary.ANSWERS:
            return in_language(one.label, (words.language, "en"))
    return call_it(words, vocabulary.ANSWERS, answer)


def recorded_label(step: Step, answer: str, words: Words) -> str:
    """How a recorded answer is called."""
    if step.verify and answer in vocabulary.RESULTS:
        return words(vocabulary.RESULTS[answer])
    return answer_label(step, answer, words) if answer else ""


def describe_step(step: Step, words: Words) -> str:
    """Name a step in a few words."""
    form, said = step_form(step)
    if said:
        return in_language(said, (words.language, "en"))
    if form == "verify":
        return words("Verification")
    return call_it(words, vocabulary.ACTIONS, step_action(step) or step.step)
