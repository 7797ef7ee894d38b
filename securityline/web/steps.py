"""The consigne on a card: its steps, what was recorded, and what became of their call trees."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from callflows.call import InboundCall
from callflows.call_tree import CallTree
from callflows.incident import Incident, IncidentState
from callflows.procedure_run import ProcedureRun, StepState, StepView, may_correct, means_of
from callflows.service_call import needs_call
from client_directory.directory import Directory
from client_directory.model import Organisation, Procedure, Site, Step, in_language
from securityline.web import card_vocabulary, vocabulary
from securityline.web.board import Board
from securityline.web.contacts import action_details
from securityline.web.plain import clip
from securityline.web.ports import DirectoryHolderPort
from securityline.web.rendering import Rendering
from securityline.web.trees import Trees, tree_of_step
from securityline.web.vocabulary import call_it
from securityline.web.words import WORDS, Words

MOST_KEPT: Final = 512
"Rendered step lists kept: one for each consigne, language and language of the caller."

_STATES: Final = {StepState.SHUT: "locked"}


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
    confidence: str
    left_path: str
    otherwise: str
    text: str
    by: str
    at: str
    requires_words: str
    may_correct: bool
    is_off_path: bool
    needs_call: bool
    "Nobody has spoken with its service from here: who takes it as done says how."
    tree: str = ""
    "What became of the call tree that it started."


class Steps:
    """Draw consignes; an untouched one is drawn once for all cases."""

    def __init__(
        self, board: Board, rendering: Rendering, directory: DirectoryHolderPort, trees: Trees
    ) -> None:
        self._board = board
        self._render = rendering
        self._directory = directory
        self._trees = trees
        self._kept_of: Directory | None = None
        self._kept: dict[tuple[object, ...], tuple[Procedure, Markup]] = {}

    def draw(self, incident: Incident, call: InboundCall | None, language: str) -> Markup:
        """Draw the consigne; an untouched one is drawn once for all calls."""
        directory = self._directory.current
        if directory is not self._kept_of:
            self._kept.clear()
            self._kept_of = directory
        theirs = call.language if call else ""
        caller_language = theirs if theirs != language else ""
        site = call.identification.site if call else incident.site
        is_open = incident.state is IncidentState.OPEN
        run = incident.run
        made = self._board.services_of(incident)
        is_touched = bool(run.records or incident.secrets or incident.tree_ids or made)
        if is_touched or run.procedure is None:
            return self._draw(incident, site, caller_language, language, is_open)
        # The procedure stands in the key by identity; kept beside the text, it stays alive.
        key = (
            incident.organisation,
            id(run.procedure),
            run.source,
            run.is_person_heard,
            incident.kind,
            site,
            caller_language,
            language,
            is_open,
        )
        if key in self._kept:
            return self._kept[key][1]
        drawn = self._draw(incident, site, caller_language, language, is_open)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (run.procedure, drawn)
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
        organisation = organisation_of(incident, self._directory.current)
        place = site_of(organisation, site)
        run = incident.run
        trees, made = self._board.trees_of(incident), self._board.services_of(incident)
        rows = [
            self._row(view, run, words, organisation, place)._replace(
                tree=self._became(tree_of_step(view.step, trees), words),
                means=means_of(view.step, has_code_word=incident.has_code_word),
                needs_call=needs_call(view.step, made),
            )
            for view in run.view()
        ]
        values = {
            "title": run.procedure.title if run.procedure else None,
            "version": run.procedure.version if run.procedure else None,
            "is_open": is_open,
            "kind": incident.kind,
            "kinds": kinds_of(organisation),
            "is_half_done": incident.leaves_consigne,
            "steps": rows,
            "caller_language": caller_language,
            "results": [(r, c, words(said)) for r, c, said in card_vocabulary.RESULT_CHOICES],
        }
        return Markup(self._render("steps.html", language, values))  # noqa: S704

    def _became(self, tree: CallTree | None, words: Words) -> str:
        """Say in a line what became of the tree that a step started."""
        if tree is None:
            return ""
        said = words(vocabulary.TREE_STATES[tree.state.value])
        names = ", ".join(self._board.person_name(tree.incident_id, p) for p in tree.accepted)
        more = clip(names) or self._trees.why(tree, words)
        return f"{said}: {more}" if more else said

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
            means=(),
            details=action_details(step, organisation, site, self._directory.current),
            label=recorded_label(step, record.answer, words) if record else "",
            confidence=record.confidence if record else "",
            left_path=record.left_path if record else "",
            otherwise=record.otherwise if record else "",
            text=record.text if record else "",
            by=self._board.name_of(record.operator) or words("the engine") if record else "",
            at=self._render.moment(record.at) if record else "",
            requires_words=describe_step(shut_by, words) if shut_by else "",
            may_correct=record is not None and may_correct(step, record),
            is_off_path=record is not None and run.is_off_path(step),
            needs_call=False,
        )


def organisation_of(incident: Incident, directory: Directory) -> Organisation | None:
    """Find whose case it is."""
    return directory.organisations.get(incident.organisation or "")


def site_of(organisation: Organisation | None, site: str | None) -> Site | None:
    """Find a site of a client."""
    sites = organisation.sites if organisation else ()
    return next((one for one in sites if one.site == site), None)


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
