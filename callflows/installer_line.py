"""An installer rings, names a site and gives his PIN; by key he puts it on test, or back.

Whether the number or the PIN was wrong is never said. Wrong PINs are counted by site and by
caller over all calls of an hour: the third brings an operator, and until the hour is over
nobody serves himself there. Under duress he hears the same words at the same moments, the
site stays armed, and a silent case is open.
"""

from typing import TYPE_CHECKING, Final

from callflows.alarm_intake import alarm_received
from callflows.alarm_on_test import test_mode_ended, test_mode_set
from callflows.attention import attend_anew
from callflows.authentication import by_hand
from callflows.commands import CollectInstallerPin
from callflows.events import (
    AlarmReceived,
    CallOffered,
    IncidentId,
    InstallerChecked,
    PinChecked,
    TestByPhone,
    TestModeEnded,
    TestModeSet,
    TestPretended,
    TestRight,
)
from callflows.self_service import (
    OPERATOR,
    SelfService,
    SelfState,
    ask,
    begin,
    hand_over,
    not_understood,
    say_last,
)
from callflows.watched import DURESS
from client_directory.alarm_model import zone_key
from ivr import self_service as words
from ivr.keyholder import whose
from ivr.prompts import SAY

if TYPE_CHECKING:
    from callflows.board import Board

SERVICE: Final = "installer"
WAIT_TIME: Final = 30.0
"Seconds for the first key: the longest question lasts 12 s."
START: Final = "1"
END: Final = "2"
MOST_TRIES: Final = 3
"Wrong PINs for one site, or from one caller."
TRIES_TIME: Final = 3600.0
"Seconds for which they count."
MOST_HOURS: Final = 24
HOUR: Final = 3600.0
WITHHELD: Final = "withheld"
"Stands for every caller without a number."


def offered(board: "Board", offer: CallOffered) -> None:
    """Pick up and ask for the site; whoever guessed PINs before gets an operator."""
    call = begin(board, offer, WAIT_TIME)
    if _tries(board, _caller(call)) >= MOST_TRIES:
        hand_over(board, call, "too many wrong PINs from this caller")
    else:
        ask_number(board, call, words.INSTALLER_INTRO)


def ask_number(board: "Board", call: SelfService, prompt: str) -> None:
    """Ask which site it is."""
    call.number, call.right = "", None
    ask(board, call, SelfState.NUMBER, prompt)


def ask_pin(board: "Board", call: SelfService) -> None:
    """Ask for his PIN; no digit of it comes here."""
    collect = CollectInstallerPin(
        leg_id=call.leg_id, number=call.number, language=call.language
    )
    ask(board, call, SelfState.PIN, words.INSTALLER_PIN, more=collect)


def entered(board: "Board", call: SelfService, digits: str) -> None:
    """Take the answer to a question."""
    if digits == OPERATOR:
        hand_over(board, call, "the installer asks for an operator")
    elif call.state is SelfState.NUMBER and digits:
        call.number = digits
        ask_pin(board, call)
    elif call.state is SelfState.CHOICE and digits == START:
        call.choice = digits
        ask(board, call, SelfState.TIME, words.INSTALLER_HOURS)
    elif call.state is SelfState.CHOICE and digits == END:
        _end_tests(board, call)
    elif call.state is SelfState.TIME and digits and 1 <= int(digits) <= MOST_HOURS:
        call.count = int(digits)
        if call.right is not None and call.right.zones:
            ask(board, call, SelfState.ZONE, words.INSTALLER_ZONE)
        else:
            _start_test(board, call, "")
    elif call.state is SelfState.ZONE and (zone := _zone(call.right, digits)) is not None:
        _start_test(board, call, zone)
    else:
        not_understood(board, call)


# ---------------------------------------------------------------- his PIN


def pin_checked(board: "Board", call: SelfService, event: PinChecked) -> None:
    """Let him in, ask again, or give him to an operator."""
    place, right = event.place, event.right
    wrong = max(_tries(board, f"site {place}") if place else 0, _tries(board, _caller(call)))
    if event.outcome == "wrong":
        wrong = _count(board, call, place)
    organisation, _, site = place.partition("/")
    board.say(
        InstallerChecked(
            call_id=call.offer.call_id,
            outcome=event.outcome,
            organisation=organisation,
            site=site,
            person=right.person if right else "",
            name=right.name if right else "",
            tries=wrong,
        )
    )
    if event.outcome == "duress" and right is not None:
        _open_silently(board, call, right)
    if event.wants_operator:
        hand_over(board, call, "the installer asks for an operator")
    elif event.outcome == "none":
        hand_over(board, call, "no PIN was keyed")
    elif wrong >= MOST_TRIES:
        _refuse(board, call, place)
    elif event.outcome == "wrong":
        ask_number(board, call, words.INSTALLER_AGAIN)
    elif event.outcome == "expired" or right is None:
        hand_over(board, call, "the installer has no right to this site today")
    else:
        _let_in(board, call, right, is_forced=event.outcome == "duress")


def _let_in(board: "Board", call: SelfService, right: TestRight, *, is_forced: bool) -> None:
    call.right, call.is_forced = right, is_forced
    board.pin_misses.pop(f"site {right.organisation}/{right.site}", None)
    board.pin_misses.pop(_caller(call), None)
    name = whose(right.organisation_name, right.site_name)
    ask(
        board,
        call,
        SelfState.CHOICE,
        words.INSTALLER_SITE,
        *words.figures(call.number),
        *((SAY + name,) if name else ()),
        words.INSTALLER_MENU,
    )


def _refuse(board: "Board", call: SelfService, place: str) -> None:
    """Give him to an operator, who also sees it when he hangs up first."""
    handed = hand_over(board, call, f"wrong PINs on the line for installers: {place or '?'}")
    incident = board.incidents[handed.incident_id]
    attend_anew(board, incident, "wrong PINs on the line for installers", place)


def _caller(call: SelfService) -> str:
    offer = call.offer
    return f"caller {WITHHELD if offer.is_withheld or not offer.caller else offer.caller}"


def _tries(board: "Board", key: str) -> int:
    return sum(at > board.now - TRIES_TIME for at in board.pin_misses.get(key, ()))


def _count(board: "Board", call: SelfService, place: str) -> int:
    """Note a wrong PIN; return how many there are within the hour, by site or by caller."""
    begin_at = board.now - TRIES_TIME
    for key in [key for key, times in board.pin_misses.items() if times[-1] <= begin_at]:
        del board.pin_misses[key]
    keys = [_caller(call), *([f"site {place}"] if place else [])]
    for key in keys:
        times = board.pin_misses.setdefault(key, [])
        times[:] = [*(at for at in times if at > begin_at), board.now]
    return max(_tries(board, key) for key in keys)


def _open_silently(board: "Board", call: SelfService, right: TestRight) -> None:
    """Open a case that operators alone see; nothing in it begins that he could hear of.

    It has a number of its own: lines of his call look as they always do.
    """
    source_id = call.offer.call_id
    alarm = AlarmReceived(
        incident_id=IncidentId(f"{source_id}-d"),
        source=SERVICE,
        source_id=source_id,
        organisation=right.organisation,
        organisation_name=right.organisation_name,
        site=right.site,
        site_name=right.site_name,
        clearance=right.clearance,
        code=DURESS,
        code_format="kind",
        kind=DURESS,
        urgency=1,
        never_suppress=True,
        procedure=by_hand(right.procedure),
        rules=right.rules,
        text=f"duress PIN of {right.name} on the line for installers",
    )
    known = frozenset(board.incidents)
    alarm_received(board, alarm)
    case = board.alarms.case_of(SERVICE, source_id)
    incident = board.incidents.get(case) if case is not None else None
    if incident is not None:
        attend_anew(board, incident, f"DURESS: {right.name} is forced to put the site on test")
        incident.is_under_duress = True
        incident.is_silent = incident.incident_id not in known
        call.case = incident.incident_id


# ---------------------------------------------------------------- tests


def _zone(right: TestRight | None, digits: str) -> str | None:
    """Return which zone was keyed, as the panel names it; empty: all; `None`: there is none."""
    if not digits:
        return ""
    zones = right.zones if right is not None else {}
    return next((zone for zone in zones if zone_key(zone) == zone_key(digits)), None)


def _start_test(board: "Board", call: SelfService, zone: str) -> None:
    """Put it on test and say so; under duress only say so."""
    right = call.right
    if right is None:
        return hand_over_lost(board, call)
    until = board.now + call.count * HOUR
    if not call.is_forced:
        test_mode_set(
            board,
            TestModeSet(
                organisation=right.organisation,
                site=right.site,
                zone=zone,
                until=until,
                by="installer",
                who=right.name,
                reason="by telephone",
            ),
        )
    _note(board, call, right, zone, until)
    where: tuple[str, ...] = (words.INSTALLER_STILL_REAL,)
    if zone:
        where = (words.INSTALLER_ZONE_ONLY, *words.figures(zone))
    hours = words.figures(str(call.count))
    say_last(board, call, "on_test", words.INSTALLER_ON_TEST, *hours, *where, words.GOODBYE)
    return None


def _end_tests(board: "Board", call: SelfService) -> None:
    """End whatever is on test there. It makes the site safer: it is done under duress too."""
    right = call.right
    if right is None:
        return hand_over_lost(board, call)
    running = [
        test
        for test in board.alarms.tests.values()
        if (test.organisation, test.site) == (right.organisation, right.site)
    ]
    for test in running:
        test_mode_ended(
            board,
            TestModeEnded(
                organisation=test.organisation,
                site=test.site,
                zone=test.zone,
                by="installer",
                who=right.name,
            ),
        )
        _note(board, call, right, test.zone, None)
    prompt = words.INSTALLER_TEST_OVER if running else words.INSTALLER_NO_TEST
    say_last(board, call, "test_ended", prompt, words.GOODBYE)
    return None


def hand_over_lost(board: "Board", call: SelfService) -> None:
    """Give him to an operator: what he may do is not known any more."""
    hand_over(board, call, "it is not known what the installer may do")


def _note(
    board: "Board", call: SelfService, right: TestRight, zone: str, until: float | None
) -> None:
    told = TestPretended if call.is_forced and until is not None else TestByPhone
    board.say(
        told(
            call_id=call.offer.call_id,
            organisation=right.organisation,
            site=right.site,
            zone=zone,
            who=right.name,
            until=until,
        )
    )
