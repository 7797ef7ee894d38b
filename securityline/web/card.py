"""The card of a case: who calls, what is in force, the consigne's steps, what is missing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from markupsafe import Markup

from callflows.call import InboundCall
from callflows.call_back import TRIES
from callflows.caller_keys import MEANINGS
from callflows.incident import DISPOSITIONS, Incident
from client_directory.directory import consignes_in_force
from client_directory.model import Organisation, Text
from securityline.web.actions import Actions
from securityline.web.board import Board
from securityline.web.certainties import of_alarm, of_call
from securityline.web.contacts import address_line
from securityline.web.log_lines import lack_words
from securityline.web.moving import Moving
from securityline.web.phrase_presses import phrase_offer
from securityline.web.plain import clip, write_number
from securityline.web.ports import DirectoryHolderPort
from securityline.web.reason_words import ATTENTION, IDENTIFICATION, RECORDING
from securityline.web.reasons import say
from securityline.web.rendering import Rendering
from securityline.web.services import Services
from securityline.web.stage_bar import StageBar
from securityline.web.steps import Steps, describe_step, organisation_of, site_of
from securityline.web.trees import Trees
from securityline.web.words import WORDS, Words

MOST_KEYS: Final = 6
"Keys of a caller shown on the card, the latest last; the log has all."


class CallBackRow(NamedTuple):
    """A caller who is called back, or will be."""

    number: str
    next_at: float | None
    "Engine time; `None` while a try is under way."
    place: int
    "Which try it is, or will be."
    tries: int


class ToldRow(NamedTuple):
    """Somebody who was asked for his code word or PIN."""

    name: str
    is_right: bool
    outcome: str
    at: str
    by: str


class InForce(NamedTuple):
    """A temporary consigne that is in force, or soon will be."""

    title: Text
    begins: float | None
    ends: float | None


SOON: Final = timedelta(hours=24)
"For which the page knows beforehand what comes into force."


class Cards:
    """Draw cards. Every screen with the same language gets the same text."""

    def __init__(
        self,
        board: Board,
        rendering: Rendering,
        directory: DirectoryHolderPort,
        *,
        is_emergency_live: bool = False,
    ) -> None:
        self._board = board
        self._render = rendering
        self._directory = directory
        self._trees = Trees(board, rendering)
        self._actions = Actions(board, rendering, directory)
        self._moving = Moving(board, rendering)
        self._choices_drawn: dict[str, Markup] = {}
        self._services = Services(board, rendering, directory, is_live=is_emergency_live)
        self._stages = StageBar(board, rendering)
        self._steps = Steps(board, rendering, directory, self._trees)

    def card(self, incident: Incident, language: str) -> str:
        """Draw the card of one case."""
        words = WORDS[language]
        call = self._board.call_of(incident)
        known = call.identification if call else None
        organisation = organisation_of(incident, self._directory.current)
        site = site_of(organisation, known.site if known else incident.site)
        missing = self.missing(incident, language)
        alarms = self._board.switchboard.alarms.cases.get(incident.incident_id)
        client, where, person = (
            of_call(known, words) if known else of_alarm(incident, alarms, words)
        )
        return self._render(
            "card.html",
            language,
            {
                "case": incident,
                "call": _CallOnCard(call) if call else None,
                "organisation": client._replace(name=incident.organisation_name),
                "site": where._replace(more=address_line(site)),
                "person": person,
                "told": self._told(incident),
                "phrases": phrase_offer(incident, call, language),
                "covert": self._covert(incident, language),
                "why": clip(say(IDENTIFICATION, known.why, words))
                if known and not client.why
                else "",
                "consignes": self._in_force(incident, call, organisation),
                "banners": self._banners(incident, words),
                "attention": self.attention(incident, words),
                "call_backs": self._call_backs(incident),
                **self._moving.draw(incident, language),
                "services": self._services.draw(incident, language),
                "trees": self.trees(incident, language),
                "startable": [t.call_tree for t in organisation.call_trees]
                if organisation
                else [],
                "actions": self._actions.draw(incident, language),
                "orderable": self._actions.orderable(incident, organisation),
                "stages": self._stages.draw(incident, language, is_finished=not missing),
                "steps": self._steps.draw(incident, call, language),
                "missing": missing,
                "choices": self._choices(language),
            },
        )

    def _in_force(
        self, incident: Incident, call: InboundCall | None, organisation: Organisation | None
    ) -> Sequence[InForce]:
        """Return the temporary consignes of an open case's place, whoever is on the line.

        The page shows each while it is in force: a card that nothing changes is not drawn anew.
        """
        if not incident.is_open:
            return ()
        if organisation is None:  # gone from the directory: what the call brought
            offered = call.offer.temporary_consignes if call is not None else ()
            return [InForce(title, None, None) for title in offered]
        known = call.identification if call is not None else None
        is_guess = known is not None and known.site_certainty != "known"
        site = None if is_guess else (known and known.site) or incident.site
        now = datetime.fromtimestamp(self._render.clock(), UTC)
        near = consignes_in_force(organisation, now, site, ahead=SOON)
        return [
            InForce(one.title, one.valid_from.timestamp(), one.valid_until.timestamp())
            for one in near
        ]

    def _covert(self, incident: Incident, language: str) -> Markup:
        """Draw that the caller hears nothing, and the keys that he pressed."""
        if not (incident.is_covert or incident.key_answers or incident.asked):
            return Markup()
        values = {
            "incident_id": incident.incident_id,
            "is_covert": incident.is_covert,
            "is_open": incident.is_open,
            "asked": incident.asked,
            "keys": incident.key_answers[-MOST_KEYS:],
            "meanings": MEANINGS.items(),
        }
        return Markup(self._render("covert.html", language, values))  # noqa: S704

    def _told(self, incident: Incident) -> list[ToldRow]:
        """Say whose code word was right, or was not. Duress looks like right."""
        rows = sorted(incident.secrets.values(), key=lambda one: one.at)
        return [
            ToldRow(
                name=one.name,
                is_right=one.is_right,
                outcome="good" if one.is_right else one.outcome,
                at=self._render.moment(one.at),
                by=self._board.name_of(one.operator),
            )
            for one in rows
        ]

    def _choices(self, language: str) -> Markup:
        if language not in self._choices_drawn:
            drawn = self._render("choices.html", language, {"dispositions": DISPOSITIONS})
            self._choices_drawn[language] = Markup(drawn)  # noqa: S704 - by our template
        return self._choices_drawn[language]

    def trees(self, incident: Incident, language: str) -> Markup:
        """Draw the call trees of a case."""
        if not incident.tree_ids:
            return Markup()
        values = {
            "trees": self._trees.rows(incident, WORDS[language]),
            "planned": [clip(name) for name in incident.wanted_trees.values()],
            "is_open": incident.is_open,
        }
        return Markup(self._render("trees.html", language, values))  # noqa: S704

    def attention(self, incident: Incident, words: Words) -> list[str]:
        """Say why a case waits for an operator."""
        return attention_words(incident.incident_id, incident.attention, words, self._board)

    def _call_backs(self, incident: Incident) -> list[CallBackRow]:
        return [
            CallBackRow(
                number="" if back.offer.is_withheld else write_number(back.number),
                next_at=back.next_at,
                place=back.tries + (back.next_at is not None),
                tries=TRIES,
            )
            for back in self._board.call_backs(incident)
        ]

    def missing(self, incident: Incident, language: str) -> list[str]:
        """Say what bars closing: steps that nobody recorded, a call, a tree, duress."""
        words = WORDS[language]

        def step_words(name: str) -> str:
            step = incident.run.step(name)
            return describe_step(step, words) if step is not None else name

        bars = self._board.switchboard.bars_closing(incident)
        # What goes on by itself first, then what is left to do.
        ordered = sorted(bars, key=lambda one: one.startswith("step:"))
        return list(dict.fromkeys(lack_words(one, words, step_words) for one in ordered))

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


def attention_words(
    incident_id: str, reasons: Sequence[str], words: Words, board: Board
) -> list[str]:
    """Say why a case waits for an operator, in the reader's language."""
    named = {
        "operator": board.name_of,
        "person": lambda person: board.person_name(incident_id, person),
    }
    return [clip(say(ATTENTION, reason, words, named), 300) for reason in reasons]


class _CallOnCard:
    """A call as the card reads it: the offer's fields and two conclusions."""

    __slots__ = ("_call", "is_only_claimed", "verstat_failed")

    def __init__(self, call: InboundCall) -> None:
        self._call = call
        verdict = (call.offer.verstat or "").casefold()
        self.verstat_failed = "fail" in verdict
        # The number is the caller's own word: its carrier neither asserts nor verified it.
        is_vouched_for = call.offer.is_asserted or "passed" in verdict or self.verstat_failed
        is_shown = call.offer.caller is not None and not call.offer.is_withheld
        self.is_only_claimed = is_shown and not is_vouched_for

    def __getattr__(self, name: str) -> object:
        return getattr(self._call.offer, name)
