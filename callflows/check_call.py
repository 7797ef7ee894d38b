"""A call to somebody who is alone: he is asked for his PIN, and only his PIN says all is well.

His numbers are tried one after the other. A machine, a key that is no PIN, an engaged line:
none of them is he. When all have been tried the case stands in front of the operators at
once. A duress PIN is met with the same words at the same moment as the good one; the timer
that asked (`callflows.watch`) hears which it was.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from callflows.commands import CollectPin, DialNumber, HangUp, Play, PrepareSpeech
from callflows.events import (
    NO_INCIDENT,
    AudioBack,
    AudioLost,
    CallId,
    CheckAnswered,
    CheckCalled,
    CheckMissed,
    CommandFailed,
    DigitPressed,
    Event,
    GreetingEnded,
    IncidentId,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegResumed,
    LegRinging,
    MachineSuspected,
    PinChecked,
    PinOutcome,
    PromptEnded,
    SafetyTimerLapsed,
    WelfareCallDue,
)
from callflows.transition import Transition
from client_directory.plan_timing import PIN_TIME
from ivr import keyholder as words
from ivr.keyholder_prompts import CHECK_DONE
from ivr.prompts import SAY

if TYPE_CHECKING:
    from callflows.board import Board

RING_TIME: Final = 30.0
"Seconds that one of his telephones rings."
PIN_TRIES: Final = 3
LAST_WORDS_TIME: Final = 12.0
"Seconds after which last words count as heard."
GONE_TIME: Final = 10.0
"Seconds after which a call that was told to end is taken as over."


class CheckState(StrEnum):
    """Where a call stands."""

    DIALLED = "dialled"
    ASKING = "asking"
    "He, or a machine, picked up; his PIN is waited for."
    ENDING = "ending"
    OVER = "over"
    "He gave his PIN, or nobody did at any of his numbers."


@dataclass(slots=True)
class CheckCall:
    """The calls to one person for one timer. The latest is kept."""

    watch_id: str
    "The timer's name."
    number: str
    "Of the case that the event brought along: it makes the names of the legs."
    organisation: str
    organisation_name: str
    site: str | None
    person: str
    name: str
    numbers: tuple[str, ...]
    presented_number: str
    language: str
    began_at: float
    "Engine time."
    due: WelfareCallDue | None = None
    "What to show the operators when he does not answer; `None`: they were told already."
    place: int = -1
    "Which of his numbers is tried."
    state: CheckState = CheckState.DIALLED
    deadline: float | None = None
    pin_tries: int = 0
    outcome: str = ""
    "`good` or `duress` once he gave his PIN, else what the last call came to."
    last_prompt: str = ""
    is_called_off: bool = False
    "No other number of his is tried."
    is_told: bool = False
    "The timer knows the PIN that he gave."

    @property
    def timer_id(self) -> str:
        """Its name among whatever waits for a time."""
        return f"check {self.watch_id}"

    @property
    def incident_id(self) -> IncidentId:
        """It belongs to no case: a routine call opens none."""
        return NO_INCIDENT

    @property
    def leg_id(self) -> LegId:
        """The leg of the call at hand; the same after a restart, and never another one's.

        A number that no case came of is given again after a restart: the second tells them
        apart.
        """
        return LegId(f"{self.number}-w{self.began_at:.0f}-{self.place + 1}")

    @property
    def answer(self) -> PinOutcome | None:
        """Return which PIN of his he gave, if any."""
        if self.outcome == "good":
            return "good"
        return "duress" if self.outcome == "duress" else None

    @property
    def has_answered(self) -> bool:
        """Whether he gave a PIN of his."""
        return self.answer is not None


def begin(board: "Board", event: WelfareCallDue | SafetyTimerLapsed) -> bool:
    """Ring him, unless he is being rung; say whether somebody is asked by telephone.

    Nobody is rung for whom the directory has no PIN: whoever feeds the engine leaves the
    presented number out.
    """
    if event.presented_number is None or not event.numbers or not event.incident_id:
        return False
    known = board.checks.get(event.timer_id)
    if known is not None and known.state is not CheckState.OVER:
        return True
    check = CheckCall(
        watch_id=event.timer_id,
        number=event.incident_id,
        organisation=event.organisation,
        organisation_name=event.organisation_name,
        site=event.site,
        person=event.person,
        name=event.name,
        numbers=event.numbers,
        presented_number=event.presented_number,
        language=words.language_for(event.languages),
        began_at=board.now,
        due=event if isinstance(event, WelfareCallDue) else None,
    )
    board.checks[event.timer_id] = check
    _dial_next(board, check)
    return True


def stand_down(board: "Board", watch_id: str) -> None:
    """Ring him no more: his timer ended otherwise. Whoever is on the line is let finish."""
    check = board.checks.get(watch_id)
    if check is None or check.state is CheckState.OVER:
        return
    check.is_called_off, check.due = True, None
    if check.state is CheckState.DIALLED:
        _end_leg(board, check)


def heard(board: "Board", watch_id: str) -> None:
    """Take that the timer knows what he answered."""
    check = board.checks.get(watch_id)
    if check is not None and check.has_answered:
        check.is_told = True


# ---------------------------------------------------------------- calls


def _dial_next(board: "Board", check: CheckCall) -> None:
    check.place += 1
    if check.place >= len(check.numbers):
        _nobody(board, check)
        return
    check.state, check.pin_tries, check.outcome = CheckState.DIALLED, 0, ""
    number = check.numbers[check.place]
    board.check_legs[check.leg_id] = check.watch_id
    _wait(board, check, board.now + RING_TIME)
    spoken = words.whose(check.organisation_name, "")
    board.say(
        CheckCalled(
            timer_id=check.watch_id,
            leg_id=check.leg_id,
            person=check.person,
            name=check.name,
            number=number,
        ),
        PrepareSpeech(words=(spoken,) if spoken else (), language=check.language),
        DialNumber(
            call_id=CallId(f"{check.number}-w"),
            leg_id=check.leg_id,
            number=number,
            presented_number=check.presented_number,
            is_screened=True,
            hears_keys_in_band=True,
        ),
    )


def _nobody(board: "Board", check: CheckCall) -> None:
    """Give it to the operators: he could not be asked at any of his numbers."""
    check.state = CheckState.OVER
    _wait(board, check, None)
    due, check.due = check.due, None
    if due is not None:
        board.unanswered.append(due)


def _over(board: "Board", check: CheckCall) -> None:
    check.state, check.due = CheckState.OVER, None
    _wait(board, check, None)


def _missed(board: "Board", check: CheckCall, cause: str) -> None:
    check.outcome = cause
    board.say(CheckMissed(timer_id=check.watch_id, leg_id=check.leg_id, cause=cause))


def _end_leg(board: "Board", check: CheckCall) -> None:
    check.state, check.last_prompt = CheckState.ENDING, ""
    _wait(board, check, board.now + GONE_TIME)
    board.say(HangUp(leg_id=check.leg_id))


def _say_last(board: "Board", check: CheckCall, prompt: str) -> None:
    check.state, check.last_prompt = CheckState.ENDING, prompt
    _wait(board, check, board.now + LAST_WORDS_TIME)
    board.say(Play(leg_id=check.leg_id, prompts=(prompt,), language=check.language))


def _ask(board: "Board", check: CheckCall, *prompts: str) -> None:
    check.state = CheckState.ASKING
    _wait(board, check, board.now + PIN_TIME)
    board.say(
        Play(leg_id=check.leg_id, prompts=prompts, language=check.language),
        CollectPin(
            leg_id=check.leg_id,
            organisation=check.organisation,
            person=check.person,
            site=check.site,
        ),
    )


# ---------------------------------------------------------------- what happens to it


def _answered(board: "Board", check: CheckCall, event: LegAnswered) -> bool:
    spoken = words.whose(check.organisation_name, "")
    named = (SAY + spoken,) if spoken else ()
    _ask(board, check, words.INTRO, *named, words.ASK_PIN)
    return True


def _pin_checked(board: "Board", check: CheckCall, event: PinChecked) -> bool:
    """Take a PIN. Good and duress sound the same; nothing else is an answer."""
    outcome = event.outcome
    if outcome in ("good", "duress"):
        check.outcome = outcome
        _say_last(board, check, CHECK_DONE)
    else:
        check.pin_tries += 1
        if outcome == "expired" or check.pin_tries >= PIN_TRIES:
            _missed(board, check, "no_pin" if outcome == "none" else "wrong_pin")
            check.is_called_off = outcome != "none"
            _say_last(board, check, words.PIN_FAILED)
        else:
            _ask(board, check, words.PIN_AGAIN if outcome == "wrong" else words.ASK_PIN)
    if outcome != "none":
        board.say(CheckAnswered(timer_id=check.watch_id, leg_id=event.leg_id, outcome=outcome))
    return True


def _is_a_machine(board: "Board", check: CheckCall, event: GreetingEnded) -> bool:
    """Leave a machine: what it keeps is nobody's sign of life."""
    _missed(board, check, "voicemail")
    _end_leg(board, check)
    return True


def _prompt_ended(board: "Board", check: CheckCall, event: PromptEnded) -> bool:
    if check.state is CheckState.ENDING and event.prompt == check.last_prompt:
        _end_leg(board, check)
    return True


def _ended(board: "Board", check: CheckCall, event: LegEnded) -> bool:
    board.check_legs.pop(event.leg_id, None)
    if not check.outcome:
        is_up = check.state is not CheckState.DIALLED
        _missed(board, check, "hung_up" if is_up else event.cause.value)
    _go_on(board, check)
    return True


def _failed(board: "Board", check: CheckCall, event: CommandFailed) -> bool:
    if event.command not in ("DialNumber", "HangUp"):
        return True
    board.check_legs.pop(check.leg_id, None)
    if not check.outcome:
        _missed(board, check, "failed")
    _go_on(board, check)
    return True


def _go_on(board: "Board", check: CheckCall) -> None:
    if check.has_answered:
        _over(board, check)
    elif check.is_called_off:
        _nobody(board, check)
    else:
        _dial_next(board, check)


def _noted(board: "Board", check: CheckCall, event: Event) -> bool:
    return True


def due(board: "Board", check: CheckCall) -> None:
    """End what lasted long enough; one that was told to end is over."""
    match check.state:
        case CheckState.DIALLED:
            _missed(board, check, "no_answer")
            _end_leg(board, check)
        case CheckState.ASKING:
            _missed(board, check, "no_pin")
            _end_leg(board, check)
        case CheckState.ENDING if check.last_prompt:
            _end_leg(board, check)
        case _:
            board.check_legs.pop(check.leg_id, None)
            _go_on(board, check)


def restarted(board: "Board", alive: frozenset[LegId]) -> None:
    """Go on after a restart: a leg that did not survive is a number that did not answer."""
    for check in list(board.checks.values()):
        if check.state is CheckState.OVER:
            continue
        if check.leg_id not in alive:
            board.check_legs.pop(check.leg_id, None)
            if not check.outcome:
                _missed(board, check, "unknown")
            _go_on(board, check)
        elif check.state is CheckState.ASKING:
            _ask(board, check, words.ASK_PIN)
        elif check.state is CheckState.ENDING:
            _end_leg(board, check)


def tell(board: "Board", check: CheckCall, event: Any) -> None:
    """Tell a call what happened to its leg."""
    transition = TABLE.get((check.state, type(event)))
    if transition is None or not transition.step(board, check, event):
        board.ignore(event, check.state.value)


def _wait(board: "Board", check: CheckCall, deadline: float | None) -> None:
    check.deadline = deadline
    if deadline is None:
        board.drop_timed(check)
    else:
        board.keep_timed(check)


_S = CheckState
_LIVE: Final = (_S.DIALLED, _S.ASKING, _S.ENDING)
_NOTED: Final = (
    LegRinging, LegHeld, LegResumed, AudioLost, AudioBack, MachineSuspected, DigitPressed,
)  # fmt: skip

TABLE: Final[dict[tuple[CheckState, type[Event]], Transition[CheckState]]] = {
    **{(s, LegEnded): Transition(_ended, (_S.DIALLED, _S.OVER)) for s in _LIVE},
    **{(s, CommandFailed): Transition(_failed, (_S.DIALLED, _S.OVER)) for s in _LIVE},
    **{(s, PromptEnded): Transition(_prompt_ended) for s in _LIVE},
    **{(s, kind): Transition(_noted) for s in _LIVE for kind in _NOTED},
    (_S.DIALLED, LegAnswered): Transition(_answered, (_S.ASKING,)),
    (_S.ASKING, PinChecked): Transition(_pin_checked, (_S.ENDING,)),
    (_S.ASKING, GreetingEnded): Transition(_is_a_machine, (_S.ENDING,)),
}
"What an event about his leg does."
