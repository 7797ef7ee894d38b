"""Somebody who works alone rings us: he starts his timer by key, prolongs it, or ends it.

More time and the end take his PIN, for anybody may hold his telephone. His duress PIN is met
with the same words after the same way through the engine; what differs is a silent case. A
timer that is amber or red, `0`, silence, and whatever cannot be understood bring an operator
at once; so does a timer that turns while he is asked.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from callflows.commands import CollectPin
from callflows.events import (
    AloneCaller,
    CallOffered,
    CheckAnswered,
    Event,
    IncidentId,
    PinChecked,
    SafetyTimerEnded,
    SafetyTimerLapsed,
    SafetyTimerProlonged,
    SafetyTimerRaised,
    SafetyTimerRefused,
    SafetyTimerStarted,
    TimerAsked,
)
from callflows.events.watch import TimerEvent
from callflows.self_service import (
    OPERATOR,
    SelfService,
    SelfState,
    ask,
    begin,
    give_up,
    hand_over,
    not_understood,
    say_last,
    wait,
)
from ivr import self_service as words
from ivr.keyholder import ASK_PIN, PIN_AGAIN
from ivr.keyholder_prompts import CHECK_DONE

if TYPE_CHECKING:
    from callflows.board import Board

SERVICE: Final = "lone_worker"
WAIT_TIME: Final = 20.0
"""Seconds for the first key: the longest question lasts 13 s. Whoever cannot press one waits
no longer for a person."""
WORK_TIME: Final = 5.0
"Seconds in which his timer answers; it takes some milliseconds."
START: Final = "1"
END: Final = "2"
MOST_TRIES: Final = 3
MOST_MINUTES: Final = 720
"Twelve hours (`callflows.watch.timers.LONGEST_TIME`)."
MINUTE: Final = 60.0


def offered(board: "Board", offer: CallOffered) -> bool:
    """Pick up for somebody whose timer may be served by key; `False`: he needs a person."""
    alone = offer.alone
    if alone is None or alone.stage in ("amber", "red") or not alone.has_pin:
        return False
    call = begin(board, offer, WAIT_TIME)
    menu = words.ALONE_RUNNING if alone.stage == "running" else words.ALONE_IDLE
    ask(board, call, SelfState.CHOICE, words.ALONE_INTRO, menu)
    return True


def in_his_case(board: "Board", offer: CallOffered) -> CallOffered:
    """Let a person speak with him in the open case of his timer, if it has one."""
    case = _case(board, offer.alone.timer_id) if offer.alone is not None else None
    return replace(offer, incident_id=case) if case is not None else offer


def entered(board: "Board", call: SelfService, digits: str) -> None:
    """Take the answer to a question."""
    is_running = _alone(call).stage == "running"
    if digits == OPERATOR:
        person_wanted(board, call, "he asks for an operator")
    elif call.state is SelfState.CHOICE and digits == START:
        call.choice = digits
        ask(board, call, SelfState.TIME, words.ALONE_MINUTES)
    elif call.state is SelfState.CHOICE and digits == END and is_running:
        call.choice = digits
        ask_pin(board, call)
    elif call.state is SelfState.TIME and (minutes := _minutes(call, digits)):
        call.count = minutes
        if is_running:
            ask_pin(board, call)
        else:
            _ask_timer(board, call)
    else:
        not_understood(board, call)


def _minutes(call: SelfService, digits: str) -> int:
    """Return how many minutes he wants; nothing keyed: as many as usual; 0: no sense."""
    if not digits:
        return round(_alone(call).run_time / MINUTE)
    return int(digits) if int(digits) <= MOST_MINUTES else 0


def ask_pin(board: "Board", call: SelfService, prompt: str = ASK_PIN) -> None:
    """Ask for his PIN; no digit of it comes here."""
    alone = _alone(call)
    collect = CollectPin(
        leg_id=call.leg_id,
        organisation=alone.organisation,
        person=alone.person,
        site=alone.site,
    )
    ask(board, call, SelfState.PIN, prompt, more=collect)


def pin_checked(board: "Board", call: SelfService, event: PinChecked) -> None:
    """Take a PIN. Good and duress sound the same; with neither, a person speaks to him."""
    outcome = event.outcome
    if event.wants_operator or outcome == "none":
        wanted = "he asks for an operator" if event.wants_operator else "no PIN was keyed"
        person_wanted(board, call, wanted)
        return
    is_his = outcome in ("good", "duress")
    if outcome == "good" and call.choice == START:
        _ask_timer(board, call)
        return
    call.is_told, call.answer = False, outcome
    board.say(
        CheckAnswered(
            timer_id=call.alone,
            leg_id=call.leg_id,
            outcome=outcome,
            is_last=call.choice == END,
        )
    )
    if is_his and call.choice == START:
        _work(board, call)
    elif is_his:
        say_last(board, call, "timer", CHECK_DONE)
    else:
        call.pin_tries += 1
        if outcome == "expired" or call.pin_tries >= MOST_TRIES:
            person_wanted(board, call, "wrong PIN")
        else:
            ask_pin(board, call, PIN_AGAIN)


# ---------------------------------------------------------------- his timer


def timer_asked(call: SelfService) -> TimerAsked:
    """Return what he wants of his timer."""
    alone = _alone(call)
    return TimerAsked(
        call_id=call.offer.call_id,
        timer_id=alone.timer_id,
        organisation=alone.organisation,
        person=alone.person,
        site=alone.site,
        what="prolong" if alone.stage == "running" else "start",
        run_time=call.count * MINUTE,
    )


def _ask_timer(board: "Board", call: SelfService) -> None:
    call.is_told, call.answer = False, None
    board.say(timer_asked(call))
    _work(board, call)


def _work(board: "Board", call: SelfService) -> None:
    call.state = SelfState.WORKING
    wait(board, call, board.now + WORK_TIME)


def told(board: "Board", event: TimerEvent) -> None:
    """Take what his timer says: what he asked for was done, or he needs a person."""
    calls = [one for one in board.self_services.values() if one.alone == event.timer_id]
    for call in calls:
        call.is_told = True
        if call.state is SelfState.OVER:
            del board.self_services[call.leg_id]
        elif call.is_live:
            _tell(board, call, event)


def _tell(board: "Board", call: SelfService, event: TimerEvent) -> None:
    if call.state is SelfState.WORKING and _is_done(event):
        is_more = _alone(call).stage == "running"
        prompt = words.ALONE_PROLONGED if is_more else words.ALONE_STARTED
        figures = words.figures(str(call.count))
        say_last(board, call, "timer", prompt, *figures, words.GOODBYE)
    elif call.state is SelfState.WORKING or _needs_person(event):
        person_wanted(board, call, f"his timer: {type(event).__name__}")


def _is_done(event: TimerEvent) -> bool:
    """Whether he may hear that it was done; of duress nothing may be noticed."""
    if isinstance(event, SafetyTimerRefused):
        return event.outcome == "duress"
    if isinstance(event, SafetyTimerRaised):
        return event.is_silent
    return isinstance(event, SafetyTimerStarted | SafetyTimerProlonged)


def _needs_person(event: TimerEvent) -> bool:
    """Whether he is no longer asked by a machine: his timer turned, or an operator ended it."""
    if isinstance(event, SafetyTimerRaised):
        return not event.is_silent
    return isinstance(event, SafetyTimerLapsed | SafetyTimerEnded)


def person_wanted(board: "Board", call: SelfService, reason: str) -> None:
    """Let a person speak with him, in the case of his timer if it has one."""
    hand_over(board, call, reason, _case(board, call.alone))


def gave_up(board: "Board", call: SelfService, event: Event) -> None:
    """He hung up before anything came of it: he is rung back like anybody who gave up."""
    give_up(board, call, event, _case(board, call.alone))


def _case(board: "Board", timer_id: str) -> IncidentId | None:
    case = board.watched.get(f"timer/{timer_id}")
    incident = board.incidents.get(case) if case is not None else None
    return case if incident is not None and incident.is_open else None


def _alone(call: SelfService) -> AloneCaller:
    assert call.offer.alone is not None  # noqa: S101  # `offered` asked
    return call.offer.alone
