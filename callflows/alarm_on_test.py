"""A site or a zone on test: what comes from it is logged and shown, and dispatched nowhere.

A test has an end, always. A test of a whole site does not cover what saves lives: panic,
hold-up, duress, fire and medical are on test only where their own zone is.
"""

from typing import Final

from callflows.alarm_book import MOST_SHOWN, TestMode, key_of_test
from callflows.alarm_kinds import is_never_suppressed, sentence
from callflows.board import Board
from callflows.events import (
    AlarmOnTest,
    AlarmReceived,
    TestModeEnded,
    TestModeOver,
    TestModeRefused,
    TestModeSet,
)
from callflows.events.alarm import Signal

LONGEST_TIME: Final = 31 * 86_400.0
"Seconds: nothing is on test for longer than a month in one go."
TEST: Final = "test"
"What a moment in the book's times is for."


def test_mode_set(board: Board, event: TestModeSet) -> None:
    """Put a site or zone on test, or give its test another end."""
    is_in_time = board.now < event.until <= board.now + LONGEST_TIME
    if not is_in_time or not event.organisation or not event.site:
        reason = "no such place" if is_in_time else "its end is not within a month from now"
        board.say(
            TestModeRefused(
                incident_id=event.incident_id,
                organisation=event.organisation,
                site=event.site,
                zone=event.zone,
                who=event.who,
                reason=reason,
            )
        )
        return
    key = key_of_test(event.organisation, event.site, event.zone)
    known = board.alarms.tests.get(key)
    board.alarms.tests[key] = TestMode(
        organisation=event.organisation,
        site=event.site,
        zone=event.zone,
        until=event.until,
        by=event.by,
        who=event.who,
        reason=event.reason,
        signals=known.signals if known else 0,
        shown=known.shown if known else [],
    )
    board.alarms.times.add(event.until, TEST, key)
    board.keep_timed(board.alarms.times)


def test_mode_ended(board: Board, event: TestModeEnded) -> None:
    """End a test before its time."""
    test = board.alarms.tests.pop(key_of_test(event.organisation, event.site, event.zone), None)
    if test is None:
        board.ignore(event, "not on test")
    else:
        _say_over(board, test, is_ended=True)


def look(board: Board, key: str) -> None:
    """Look whether a test is over: a moment has come that was its end once."""
    test = board.alarms.tests.get(key)
    if test is not None and test.until <= board.now:
        del board.alarms.tests[key]
        _say_over(board, test, is_ended=False)


def _say_over(board: Board, test: TestMode, *, is_ended: bool) -> None:
    board.say(
        TestModeOver(
            organisation=test.organisation,
            site=test.site,
            zone=test.zone,
            signals=test.signals,
            reason="ended" if is_ended else "its time is over",
        )
    )


def test_of(board: Board, signal: Signal) -> TestMode | None:
    """Return the test that a signal belongs to, if any runs for it."""
    if not board.alarms.tests or signal.organisation is None or signal.site is None:
        return None
    tests, organisation, site = board.alarms.tests, signal.organisation, signal.site
    test = tests.get(key_of_test(organisation, site, signal.zone)) if signal.zone else None
    is_urgent = isinstance(signal, AlarmReceived) and is_never_suppressed(signal)
    if test is None and not is_urgent:
        test = tests.get(key_of_test(organisation, site, ""))
    return test if test is not None and board.now < test.until else None


def note_on_test(board: Board, signal: Signal, test: TestMode) -> None:
    """Count and show a signal of a test."""
    test.signals += 1
    test.shown.append(sentence(signal))
    del test.shown[:-MOST_SHOWN]
    board.say(
        AlarmOnTest(
            incident_id=signal.incident_id,
            site=test.site,
            zone=signal.zone,
            kind=signal.kind,
            code=signal.code,
            until=test.until,
        )
    )
