"""What happens to callers who serve themselves by key, and which line asks what."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from callflows import installer_line, lone_line, watched
from callflows.cases import waits_for
from callflows.events import (
    AudioBack,
    AudioLost,
    CallOffered,
    Cause,
    CommandFailed,
    DigitPressed,
    Event,
    GreetingEnded,
    LegEnded,
    LegHeld,
    LegId,
    LegResumed,
    MachineSuspected,
    PinChecked,
    PromptEnded,
    SafetyTimerCancelled,
    SafetyTimerEnded,
    SafetyTimerLapsed,
    SafetyTimerProlonged,
    SafetyTimerRaised,
    SafetyTimerRefused,
    SafetyTimerStarted,
)
from callflows.inbound import offered as offered_to_operators
from callflows.self_service import (
    KEY_TIME,
    MOST_KEYS,
    SelfService,
    SelfState,
    ask,
    end_leg,
    hand_over,
    over,
    wait,
)
from callflows.transition import Transition

if TYPE_CHECKING:
    from callflows.board import Board

FORGOTTEN_TIME: Final = 3600.0
"Seconds after which nobody waits any more for a timer to know what was keyed."


def offered(board: "Board", event: CallOffered) -> bool:
    """Take a call; `False` if it is known already.

    Whoever is waited for, by a tree or by somebody who is to call him back, speaks with a
    person whatever number he dialled; so does everybody while the engine is being stopped.
    """
    if event.leg_id in board.self_services or event.call_id in board.calls:
        return False
    _forget(board)
    is_plain = event.is_answered or board.is_draining
    if waits_for(board, event.identification.organisation, event.caller) is not None:
        is_plain = True
    if not is_plain and event.service == installer_line.SERVICE:
        installer_line.offered(board, event)
        return True
    if event.service == lone_line.SERVICE:
        if not is_plain and lone_line.offered(board, event):
            return True
        event = lone_line.in_his_case(board, event)
    return offered_to_operators(board, event)


def _forget(board: "Board") -> None:
    for leg_id, call in list(board.self_services.items()):
        if call.state is SelfState.OVER and call.began_at + FORGOTTEN_TIME < board.now:
            del board.self_services[leg_id]


# ---------------------------------------------------------------- keys


def _pressed(board: "Board", call: SelfService, event: DigitPressed) -> bool:
    """Take a key: `*` begins the answer anew, `#` or the last that fits ends it."""
    if event.digit == "*":
        ask(board, call, call.state, *call.asked)
    elif event.digit == "#":
        _complete(board, call)
    elif event.digit.isdecimal():
        call.digits += event.digit
        wait(board, call, board.now + KEY_TIME)
        if len(call.digits) == MOST_KEYS[call.state]:
            _complete(board, call)
    else:
        return False
    return True


def _complete(board: "Board", call: SelfService) -> None:
    digits, call.digits = call.digits, ""
    line = lone_line if call.alone else installer_line
    line.entered(board, call, digits)


def _pin_checked(board: "Board", call: SelfService, event: PinChecked) -> bool:
    line = lone_line if call.alone else installer_line
    line.pin_checked(board, call, event)
    return True


# ---------------------------------------------------------------- ends


def _prompt_ended(board: "Board", call: SelfService, event: PromptEnded) -> bool:
    if call.state is SelfState.ENDING and event.prompt == call.last_prompt:
        end_leg(board, call)
    return True


def _ended(board: "Board", call: SelfService, event: LegEnded) -> bool:
    """Take that he is gone. Whoever works alone and came to nothing is rung back."""
    if call.alone and call.is_live and call.state is not SelfState.WORKING:
        lone_line.gave_up(board, call, event)
    else:
        over(board, call)
    return True


def _failed(board: "Board", call: SelfService, event: CommandFailed) -> bool:
    """Give him to an operator when something could not be done for him."""
    if event.command == "HangUp":
        over(board, call)
    elif not call.is_live:
        end_leg(board, call)
    else:
        _person(board, call, f"{event.command} failed")
    return True


def _person(board: "Board", call: SelfService, reason: str) -> None:
    if call.alone:
        lone_line.person_wanted(board, call, reason)
    else:
        hand_over(board, call, reason)


def _noted(board: "Board", call: SelfService, event: Event) -> bool:
    return True


def due(board: "Board", call: SelfService) -> None:
    """End an answer, end what was told to end; silence brings a person."""
    if call.state is SelfState.ENDING:
        (end_leg if call.last_prompt else over)(board, call)
    elif call.digits:
        _complete(board, call)
    else:
        is_working = call.state is SelfState.WORKING
        _person(board, call, "his timer does not answer" if is_working else "nothing was keyed")


def restarted(board: "Board", alive: frozenset[LegId]) -> None:
    """Go on after a restart: ask again whoever is still there."""
    for call in list(board.self_services.values()):
        if call.state is SelfState.OVER:
            continue
        if call.leg_id not in alive:
            _ended(board, call, LegEnded(leg_id=call.leg_id, cause=Cause.FAILED))
        elif call.state is SelfState.PIN:
            (lone_line if call.alone else installer_line).ask_pin(board, call)
        elif call.state is SelfState.ENDING:
            end_leg(board, call)
        elif call.state is not SelfState.WORKING:
            ask(board, call, call.state, *call.asked)


def tell(board: "Board", call: SelfService, event: Any) -> None:
    """Tell a call what happened to its leg."""
    transition = TABLE.get((call.state, type(event)))
    if transition is None or not transition.step(board, call, event):
        board.ignore(event, call.state.value)


_S = SelfState
_LIVE: Final = (_S.NUMBER, _S.PIN, _S.CHOICE, _S.TIME, _S.ZONE, _S.WORKING, _S.ENDING)
_KEYED: Final = (_S.NUMBER, _S.CHOICE, _S.TIME, _S.ZONE)
_NOTED: Final = (AudioLost, AudioBack, LegHeld, LegResumed, MachineSuspected, GreetingEnded)
_NEXT: Final[dict[SelfState, tuple[SelfState, ...]]] = {
    _S.NUMBER: (_S.PIN, _S.OVER),
    _S.CHOICE: (_S.TIME, _S.PIN, _S.ENDING, _S.OVER),
    _S.TIME: (_S.ZONE, _S.PIN, _S.WORKING, _S.ENDING, _S.OVER),
    _S.ZONE: (_S.ENDING, _S.OVER),
}

TABLE: Final[dict[tuple[SelfState, type[Event]], Transition[SelfState]]] = {
    **{(s, LegEnded): Transition(_ended, (_S.OVER,)) for s in _LIVE},
    **{(s, CommandFailed): Transition(_failed, (_S.OVER,)) for s in _LIVE},
    **{(s, PromptEnded): Transition(_prompt_ended) for s in _LIVE},
    **{(s, kind): Transition(_noted) for s in _LIVE for kind in _NOTED},
    **{(s, DigitPressed): Transition(_pressed, _NEXT[s]) for s in _KEYED},
    (_S.PIN, PinChecked): Transition(
        _pin_checked, (_S.NUMBER, _S.CHOICE, _S.WORKING, _S.ENDING, _S.OVER)
    ),
    (_S.WORKING, DigitPressed): Transition(_noted),
    (_S.ENDING, DigitPressed): Transition(_noted),
}
"What an event about his leg does."


MOVES: Final = {
    (_S.NUMBER, _S.PIN): "a pause ends the number",
    (_S.WORKING, _S.ENDING): "his timer answers",
    (_S.WORKING, _S.OVER): "his timer refuses, or says nothing",
    (_S.PIN, _S.OVER): "nothing is keyed in time",
    (_S.CHOICE, _S.OVER): "nothing is keyed in time, or his timer turns",
    (_S.ENDING, _S.OVER): "his line is gone",
}
"What moves him besides what his leg says."


def _and_told(route: Callable[["Board", Any], None]) -> Callable[["Board", Any], None]:
    def both(board: "Board", event: Any) -> None:
        route(board, event)
        lone_line.told(board, event)

    return both


ROUTES: Final[dict[type[Event], Callable[["Board", Any], None]]] = {
    kind: _and_told(watched.ROUTES[kind])
    for kind in (
        SafetyTimerStarted,
        SafetyTimerProlonged,
        SafetyTimerLapsed,
        SafetyTimerRaised,
        SafetyTimerCancelled,
        SafetyTimerEnded,
        SafetyTimerRefused,
    )
}
"Events of timers, told to whoever serves his own by key as well."
