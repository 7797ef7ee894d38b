"""A caller who serves himself by key: what installers and whoever works alone have in common.

The engine picks up, asks, and takes keys. Whoever wants a person (`0`), says nothing, or
cannot be understood twice is no longer asked: his call becomes one like any other, and
operators are rung (`callflows.inbound`). Nobody is hung up on who has not been told what was
done.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from callflows import inbound
from callflows.call import InboundCall
from callflows.commands import AnswerCaller, Command, HangUp, Play
from callflows.events import (
    NO_INCIDENT,
    CallOffered,
    Event,
    IncidentId,
    LegId,
    PinOutcome,
    SelfServiceBegan,
    SelfServiceEnded,
    SelfServiceHandedOver,
    TestRight,
)
from client_directory.plan_timing import PIN_TIME
from ivr.keyholder import language_for
from ivr.self_service import NOT_UNDERSTOOD

if TYPE_CHECKING:
    from callflows.board import Board

OPERATOR: Final = "0"
"The key that always brings a person."
KEY_TIME: Final = 6.0
"Seconds after the last key in which a number is complete, if no `#` ends it."
LAST_WORDS_TIME: Final = 40.0
"Seconds after which last words count as heard; the longest last 20 s."
GONE_TIME: Final = 10.0
"Seconds after which a call that was told to end is taken as over."
MOST_MISSES: Final = 2
"Answers to one question that make no sense; then a person asks."


class SelfState(StrEnum):
    """Where a caller stands."""

    NUMBER = "number"
    "An account or site is waited for."
    PIN = "pin"
    CHOICE = "choice"
    "One key says what he wants."
    TIME = "time"
    "For how long."
    ZONE = "zone"
    WORKING = "working"
    "His timer is asked; its answer comes through the engine."
    ENDING = "ending"
    "He hears what was done, or his leg was told to end."
    OVER = "over"


MOST_KEYS: Final[dict[SelfState, int]] = {
    SelfState.NUMBER: 16,
    SelfState.CHOICE: 1,
    SelfState.TIME: 3,
    SelfState.ZONE: 16,
}
"Keys of the longest answer to each question; as many end it."


@dataclass(slots=True)
class SelfService:
    """One caller who serves himself."""

    offer: CallOffered
    began_at: float
    "Engine time."
    language: str
    wait_time: float
    "Seconds for which each question waits for a first key."
    state: SelfState = SelfState.CHOICE
    deadline: float | None = None
    digits: str = ""
    "Of the answer at hand. Never of a PIN."
    asked: tuple[str, ...] = ()
    "Prompts of the question at hand."
    misses: int = 0
    "Answers to it that made no sense."
    pin_tries: int = 0
    number: str = ""
    "Account or site that an installer named."
    right: TestRight | None = None
    is_forced: bool = False
    "He gave his duress PIN: whatever he hears, nothing is switched off."
    case: IncidentId = NO_INCIDENT
    "The silent case that his duress PIN opened."
    choice: str = ""
    count: int = 0
    "Hours or minutes that he wants."
    last_prompt: str = ""
    outcome: str = ""
    "What came of it, once something has. Nothing in it tells a PIN from a duress PIN."
    answer: PinOutcome | None = None
    "The PIN that his timer is to know of; `None`: it is to start, or to be prolonged."
    is_told: bool = True
    "His timer knows what he asked, or answered."

    @property
    def leg_id(self) -> LegId:
        """The caller's leg."""
        return self.offer.leg_id

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"self {self.leg_id}"

    @property
    def incident_id(self) -> IncidentId:
        """It belongs to no case, as long as no operator is wanted."""
        return NO_INCIDENT

    @property
    def alone(self) -> str:
        """The name of the timer that he serves; empty for an installer."""
        return self.offer.alone.timer_id if self.offer.alone is not None else ""

    @property
    def is_going_on(self) -> bool:
        """Whether his line is still up, as far as is known."""
        return self.state is not SelfState.OVER

    @property
    def is_live(self) -> bool:
        """Whether he is asked, or waits for an answer: an operator could take over."""
        return self.state not in (SelfState.ENDING, SelfState.OVER)


def begin(board: "Board", offer: CallOffered, wait_time: float) -> SelfService:
    """Pick up."""
    call = SelfService(offer, board.now, language_for(offer.languages), wait_time)
    board.self_services[call.leg_id] = call
    board.say(
        SelfServiceBegan(
            call_id=offer.call_id,
            leg_id=offer.leg_id,
            service=offer.service,
            did=offer.did,
            caller=None if offer.is_withheld else offer.caller,
            name=offer.identification.person_name,
        ),
        AnswerCaller(leg_id=offer.leg_id, hears_keys_in_band=True),
    )
    return call


def ask(
    board: "Board",
    call: SelfService,
    state: SelfState,
    *prompts: str,
    more: Command | None = None,
    before: tuple[str, ...] = (),
) -> None:
    """Put a question, and wait for its answer.

    :param before: said once, and not again with the question.
    """
    if state is not call.state or prompts != call.asked:
        call.misses = 0
    call.state, call.asked, call.digits = state, prompts, ""
    is_pin = state is SelfState.PIN  # whoever collects it has times of his own
    wait(board, call, board.now + (PIN_TIME if is_pin else call.wait_time))
    board.say(
        Play(leg_id=call.leg_id, prompts=(*before, *prompts), language=call.language),
        *((more,) if more is not None else ()),
    )


def not_understood(board: "Board", call: SelfService) -> None:
    """Ask once more; the second time a person asks."""
    call.misses += 1
    if call.misses >= MOST_MISSES:
        hand_over(board, call, "what was keyed makes no sense")
    else:
        ask(board, call, call.state, *call.asked, before=(NOT_UNDERSTOOD,))


def say_last(board: "Board", call: SelfService, outcome: str, *prompts: str) -> None:
    """Tell him what was done; his leg ends behind it."""
    call.state, call.outcome, call.last_prompt = SelfState.ENDING, outcome, prompts[-1]
    wait(board, call, board.now + LAST_WORDS_TIME)
    board.say(Play(leg_id=call.leg_id, prompts=prompts, language=call.language))


def end_leg(board: "Board", call: SelfService) -> None:
    """Hang up, and wait no longer for it than a while."""
    call.state, call.last_prompt = SelfState.ENDING, ""
    wait(board, call, board.now + GONE_TIME)
    board.say(HangUp(leg_id=call.leg_id))


def over(board: "Board", call: SelfService) -> None:
    """Take that it is over; it is kept until his timer knows what he wanted."""
    call.state = SelfState.OVER
    wait(board, call, None)
    board.say(SelfServiceEnded(call_id=call.offer.call_id, outcome=call.outcome or "nothing"))
    if call.is_told:
        board.self_services.pop(call.leg_id, None)


def hand_over(
    board: "Board", call: SelfService, reason: str, case: IncidentId | None = None
) -> InboundCall:
    """Make it a call like any other: operators are rung, and he hears that one comes.

    :param case: the open case that it belongs to, if there is one.
    """
    offer = _leave(board, call, case)
    inbound.offered(board, offer)
    handed = _say_handed_over(board, offer, reason)
    board.say(AnswerCaller(incident_id=handed.incident_id, leg_id=offer.leg_id))
    return handed


def give_up(
    board: "Board", call: SelfService, event: Event, case: IncidentId | None = None
) -> None:
    """Take that he hung up before anything came of it: he is called back like anybody else.

    :param event: what his leg said.
    """
    offer = _leave(board, call, case)
    gone = replace(offer, is_listening_in=True, recording="none")  # nobody is there to hear
    inbound.offered(board, gone)
    handed = _say_handed_over(board, offer, "he hung up")
    inbound.TABLE[handed.state, type(event)].step(board, handed, event)
    if (back := board.call_backs.get(offer.call_id)) is not None:
        back.offer = offer
    handed.offer = offer


def _leave(board: "Board", call: SelfService, case: IncidentId | None) -> CallOffered:
    """Serve him no longer; return the call as it is offered to operators."""
    call.state = SelfState.OVER
    wait(board, call, None)
    if call.is_told:
        board.self_services.pop(call.leg_id, None)
    incident_id = case or call.case or call.offer.incident_id
    return replace(call.offer, is_answered=True, incident_id=incident_id)


def _say_handed_over(board: "Board", offer: CallOffered, reason: str) -> InboundCall:
    handed = board.calls[offer.call_id]
    board.say(
        SelfServiceHandedOver(
            incident_id=handed.incident_id, call_id=offer.call_id, reason=reason
        )
    )
    return handed


def wait(board: "Board", call: SelfService, deadline: float | None) -> None:
    """Want to be told at that time, or no more."""
    call.deadline = deadline
    if deadline is None:
        board.drop_timed(call)
    else:
        board.keep_timed(call)
