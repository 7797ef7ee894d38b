"""The phrase bridge at the desk: which phrases a case offers, and a press on one."""

from collections.abc import Mapping
from typing import NamedTuple

from callflows.call import CallState, InboundCall
from callflows.events import Event, PhrasePressed
from callflows.incident import Incident
from ivr.phrases import LANGUAGES, PHRASES, Phrase, phrase_of_step
from securityline.web.board import Board
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.sessions import Session
from securityline.web.tree_presses import Press
from securityline.web.words import N_


class PhraseChoice(NamedTuple):
    """A phrase that can be played to the caller now."""

    phrase: str
    words: str
    "For the operator, in his language."
    heard: str
    "For the caller, in his."


class PhraseOffer(NamedTuple):
    """What the card offers."""

    language: str
    "Of the caller."
    of_step: PhraseChoice | None
    "The one that says the current step: one key plays it."
    choices: list[PhraseChoice]


def phrase_offer(
    incident: Incident, call: InboundCall | None, language: str
) -> PhraseOffer | None:
    """Return the phrases for a case whose caller is on the line; `None`: none can be played.

    :param language: of the operator's page.
    """
    is_talking = call is not None and call.state is CallState.TALKING and not call.service_call
    if call is None or not is_talking or incident.is_covert or not incident.is_open:
        return None
    theirs = language_of(call)
    step = incident.run.current
    of_step = None
    if step is not None:
        of_step = PHRASES.get(step.phrase or "") or phrase_of_step(step.step)
    choices = [_choice(one, language, theirs) for one in PHRASES.values()]
    return PhraseOffer(theirs, _choice(of_step, language, theirs) if of_step else None, choices)


def language_of(call: InboundCall) -> str:
    """Return the language in which a caller is asked: his, where there are phrases in it."""
    return next((tag for tag in call.offer.languages if tag in LANGUAGES), "en")


def _choice(phrase: Phrase, mine: str, theirs: str) -> PhraseChoice:
    own = phrase.words.get(mine) or phrase.words["en"]
    return PhraseChoice(phrase.name, own, phrase.words[theirs])


class PhrasePresses:
    """Turn a press on a phrase into its event."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.acts: Mapping[str, Press] = {"phrase": self._phrase}

    def _phrase(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        phrase = PHRASES.get(text_of(message, "phrase", 40))
        call = self._board.call_of(incident)
        if phrase is None or call is None or call.state is not CallState.TALKING:
            raise Refused(N_("There is nobody to play it to."))
        if call.operator != session.operator:
            raise Refused(N_("This is not your call."))
        theirs = language_of(call)
        return PhrasePressed(
            incident_id=incident.incident_id,
            call_id=call.call_id,
            operator=me(session),
            phrase=phrase.name,
            prompt=phrase.prompt,
            language=theirs,
            words=phrase.spoken(theirs),
        )
