"""The emergency services on a card: their buttons, what came of each press, the fiche."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

from callflows.incident import Incident
from callflows.procedure_run import Outcome, StepRecord
from callflows.service_call import ServiceCall
from callflows.service_gate import verification
from client_directory.model import Service, Step
from securityline.web import vocabulary
from securityline.web.board import Board
from securityline.web.erasing import eraser
from securityline.web.fiche import Certainty, Fiche, FicheFacts, fiche
from securityline.web.plain import clip, write_number
from securityline.web.ports import DirectoryHolderPort
from securityline.web.reason_words import SERVICE_SHUT
from securityline.web.reasons import say
from securityline.web.rendering import Rendering
from securityline.web.service_presses import callback_number, services_of, site_in_case
from securityline.web.steps import answer_label, organisation_of, site_of
from securityline.web.vocabulary import call_it
from securityline.web.words import LANGUAGES, WORDS, Words

KEYS: Final = {"police": "F10", "fire": "F11", "medical": "F12"}
INJURED: Final = frozenset({"injured", "patients"})
HAZARDS: Final = frozenset({"danger", "weapon", "hazard", "smoke", "drugs"})
"Steps of consignes whose answers the police ask for, by their usual names."
MOST_TEXTS: Final = 6
"Typed texts that a fiche may quote, the newest first."


class CallRow(NamedTuple):
    """One call to a service, ready to draw."""

    service_call_id: str
    name: str
    kind: str
    state: str
    words: str
    since: float | None
    "Since when it is in this state, while it lives."
    is_over: bool
    is_simulated: bool
    by: str
    pressed: str
    asked: str
    rang: str
    answered: str
    ended: str
    cause: str
    reference: str
    accepted: str
    eta: str
    is_keyed: bool


class ServiceRow(NamedTuple):
    """One service and its button."""

    service: str
    kind: str
    kind_words: str
    name: str
    key: str
    attempt: int
    "Which call a press means."
    is_busy: bool
    "It is being called: there is no button."


class Services:
    """Draw the services of a case.

    :param is_live: whether services are really called.
    """

    def __init__(
        self,
        board: Board,
        rendering: Rendering,
        directory: DirectoryHolderPort,
        *,
        is_live: bool,
    ) -> None:
        self._board = board
        self._render = rendering
        self._directory = directory
        self._is_live = is_live

    def draw(self, incident: Incident, language: str) -> Markup:
        """Draw the section of a card."""
        words = WORDS[language]
        directory = self._directory.current
        made = self._board.services_of(incident)
        offered = services_of(incident, directory, site_in_case(self._board, incident))
        if not made and not offered:
            return Markup()
        why = self._board.why_no_service(incident)
        fiches = [(tag, name, self.fiche(incident, tag)) for tag, name in LANGUAGES.items()]
        fiches.sort(key=lambda one: one[0] != language)
        values = {
            "case": incident,
            "services": list(self._rows(offered, made, words)) if incident.is_open else [],
            "calls": list(self._calls(made, words)),
            "why_shut": say(SERVICE_SHUT, why, words) if why else "",
            "is_live": self._is_live,
            "owner": self._board.name_of(incident.owner),
            "fiches": fiches,
            "is_open": incident.is_open,
            "is_calling": any(not one.is_over for one in made),
        }
        return Markup(self._render("services.html", language, values))  # noqa: S704

    def _rows(
        self, offered: Iterable[Service], made: Sequence[ServiceCall], words: Words
    ) -> Iterator[ServiceRow]:
        free = dict(KEYS)
        for one in offered:
            own = [call for call in made if call.service == one.service]
            yield ServiceRow(
                one.service,
                one.kind,
                words(vocabulary.SERVICE_KINDS[one.kind]),
                clip(one.name),
                free.pop(one.kind, ""),
                len(own) + 1,
                any(not call.is_over for call in own),
            )

    def _calls(self, made: Sequence[ServiceCall], words: Words) -> Iterator[CallRow]:
        moment = self._render.moment

        def at(when: float | None) -> str:
            return "" if when is None else moment(when)

        for call in made:
            accepted = at(call.accepted_at)
            yield CallRow(
                call.service_call_id,
                clip(call.name),
                words(vocabulary.SERVICE_KINDS[call.service_kind]),
                call.state.value,
                words(vocabulary.SERVICE_STATES[call.state.value]),
                None if call.is_over else _since(call),
                call.is_over,
                call.is_simulated,
                self._board.name_of(call.operator),
                at(call.pressed_at),
                at(call.asked_at),
                at(call.rang_at),
                at(call.answered_at),
                at(call.ended_at),
                words(vocabulary.CAUSES[call.cause]) if call.cause else _cut(call, words),
                clip(call.reference, 200),
                clip(call.accepted, 200) or accepted,
                clip(call.eta, 200),
                call is made[-1],
            )

    # ------------------------------------------------------------ the fiche

    def fiche(self, incident: Incident, language: str) -> Fiche:
        """Write what is to be read to the service."""
        words = WORDS[language]
        directory = self._directory.current
        organisation = organisation_of(incident, directory)
        site = site_of(organisation, site_in_case(self._board, incident))
        number = callback_number(self._board, incident, organisation)
        record = verification(incident)
        address = site.address if site is not None else None
        protected = self._directory.current.protected_numbers
        clean = eraser(organisation, protected, site=site)
        facts = FicheFacts(
            organisation=incident.organisation_name,
            site=site.name if site is not None else "",
            street=address.street if address is not None else "",
            town=f"{address.postal_code} {address.town}" if address is not None else "",
            what=call_it(words, vocabulary.ALARM_KINDS, incident.kind) if incident.kind else "",
            certainty=_certainty(incident, record),
            means=_means(record, words),
            said=tuple(clean(text) for text in _typed(incident)),
            hazards=clean(_answer(incident, HAZARDS, words)),
            injured=clean(_answer(incident, INJURED, words)),
            unknown=tuple(_unknown(incident, words)),
            coming=tuple(self._coming(incident, words)),
            call_back=write_number(number) if number is not None else "",
        )
        return fiche(facts, language)

    def _coming(self, incident: Incident, words: Words) -> Iterator[str]:
        for tree in self._board.trees_of(incident):
            for person in tree.accepted:
                tried = [a for a in tree.attempts if a.person == person]
                minutes = next((a.minutes for a in reversed(tried) if a.minutes), None)
                name = self._board.person_name(incident.incident_id, person)
                yield name if minutes is None else f"{name}, {minutes} min"


def _since(call: ServiceCall) -> float:
    times = (call.answered_at, call.rang_at, call.asked_at, call.pressed_at)
    return next(at for at in times if at is not None)


def _cut(call: ServiceCall, words: Words) -> str:
    return words("cut off") if call.is_cut else ""


def _certainty(incident: Incident, record: StepRecord | None) -> Certainty:
    if record is not None and record.answer == "confirmed":
        return "confirmed"
    return "signal" if incident.source == "alarm" else "said"


def _means(record: StepRecord | None, words: Words) -> str:
    means = record.text.partition(":")[0] if record is not None else ""
    return words(vocabulary.MEANS[means]) if means in vocabulary.MEANS else ""


def _typed(incident: Incident) -> list[str]:
    """Return what operators typed, the newest first."""
    found = [(note.at, note.text) for note in incident.notes]
    runs = (*incident.earlier_runs, incident.run)
    for run in runs:
        for record in run.records.values():
            step = run.step(record.step)
            is_said = step is not None and (step.answers == "free_text" or step.verify)
            if is_said and record.outcome is not Outcome.SKIPPED:
                text = record.text or record.answer
                is_verification = record.outcome is Outcome.VERIFIED
                found.append((record.at, text.partition(": ")[2] if is_verification else text))
    found.sort(key=lambda one: -one[0])
    return [text for _, text in found if text.strip()][:MOST_TEXTS]


def _answer(incident: Incident, names: frozenset[str], words: Words) -> str:
    """Return the answers to the questions that the police ask, without their *no*."""
    said = []
    for record in incident.run.records.values():
        step = incident.run.step(record.step)
        if step is None or step.step not in names or record.outcome is Outcome.SKIPPED:
            continue
        said.append(record.text or _label(step, record.answer, words))
    return ", ".join(said)


def _label(step: Step, answer: str, words: Words) -> str:
    return answer_label(step, answer, words) if answer else ""


def _unknown(incident: Incident, words: Words) -> Iterator[str]:
    """Name what the consigne asks and nobody has answered."""
    names = {step.step for step in incident.run.path} - set(incident.run.records)
    if names & INJURED:
        yield words("injured")
    if names & HAZARDS:
        yield words("danger")
