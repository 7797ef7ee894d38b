"""Answer times against the targets: what is counted, and that no figure stands for nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.answering import (
    KEPT_TIME,
    TARGETS,
    Answer,
    AnswerBook,
    figures,
    percentile,
)


@dataclass
class Said:
    now: float
    what: str
    data: Mapping[str, Any]


def answered(*waits: float) -> list[Answer]:
    return [Answer(0.0, wait, True) for wait in waits]


def gave_up(*waits: float) -> list[Answer]:
    return [Answer(0.0, wait, False) for wait in waits]


def shares(answers: list[Answer], waiting: tuple[float, ...] = ()) -> list[float | None]:
    return [figure.share for figure in figures(answers, waiting)]


def test_there_is_no_figure_when_nobody_called() -> None:
    assert shares([]) == [None, None, None]
    assert [figure.is_met for figure in figures([])] == [None, None, None]
    assert percentile([], 0.9) is None


def test_the_targets_are_those_of_the_field() -> None:
    assert TARGETS == ((10.0, 0.90), (15.0, 0.95), (30.0, 0.985))


def test_met_and_missed() -> None:
    nine_of_ten = answered(*[3.0] * 9, 12.0)
    assert [figure.is_met for figure in figures(nine_of_ten)] == [True, True, True]
    eight_of_ten = answered(*[3.0] * 8, 12.0, 16.0)
    assert shares(eight_of_ten) == [0.8, 0.9, 1.0]
    assert [figure.is_met for figure in figures(eight_of_ten)] == [False, False, True]


def test_ten_seconds_are_within_ten_seconds() -> None:
    assert shares(answered(10.0)) == [1.0, 1.0, 1.0]


def test_who_gives_up_counts_against_what_he_waited_longer_than() -> None:
    assert shares([*answered(2.0), *gave_up(12.0)]) == [0.5, 1.0, 1.0]


def test_who_gives_up_at_once_tells_nothing() -> None:
    assert shares(gave_up(4.0)) == [None, None, None]


def test_who_still_waits_counts_as_soon_as_he_waits_too_long() -> None:
    assert shares(answered(2.0), (9.0,)) == [1.0, 1.0, 1.0]
    assert shares(answered(2.0), (20.0,)) == [0.5, 0.5, 1.0]


@pytest.mark.parametrize(
    ("share", "seconds"), [(0.5, 2.0), (0.9, 4.0), (0.25, 1.0), (1.0, 4.0)]
)
def test_a_percentile_is_a_time_somebody_waited(share: float, seconds: float) -> None:
    assert percentile(answered(4.0, 1.0, 3.0, 2.0), share) == seconds


@given(st.lists(st.builds(Answer, st.just(0.0), st.floats(0, 100), st.booleans())))
def test_a_longer_target_is_never_kept_worse_by_who_was_answered(answers: list[Answer]) -> None:
    only = [one for one in answers if one.is_answered]
    found = [share for share in shares(only) if share is not None]
    assert found == sorted(found)
    assert all(0 <= share <= 1 for share in shares(answers) if share is not None)


def test_lines_of_the_log_become_answers() -> None:
    book = AnswerBook()
    assert book.take(
        [
            Said(100.0, "CallOffered", {"call_id": "a"}),
            Said(104.0, "OperatorAnswered", {"call_id": "a", "answer_time": 4.0}),
            Said(105.0, "CallOffered", {"call_id": "b"}),
            Said(117.0, "CallAbandoned", {"call_id": "b", "waiting_time": 12.0}),
            Said(120.0, "CallOffered", {"call_id": "c"}),
            Said(160.0, "FallbackAnswered", {"call_id": "c"}),
        ]
    )
    assert book.since(0.0) == [
        Answer(104.0, 4.0, True),
        Answer(117.0, 12.0, False),
        Answer(160.0, 40.0, False),
    ]
    assert book.since(110.0) == [Answer(117.0, 12.0, False), Answer(160.0, 40.0, False)]
    assert not book.take([Said(170.0, "NoteWritten", {})])


def test_a_caller_who_is_given_to_a_second_operator_is_one_caller() -> None:
    book = AnswerBook()
    for at, seconds in ((104.0, 4.0), (130.0, 30.0)):
        book.take([Said(at, "OperatorAnswered", {"call_id": "a", "answer_time": seconds})])
    assert book.since(0.0) == [Answer(104.0, 4.0, True)]


def test_what_is_a_day_old_is_forgotten() -> None:
    book = AnswerBook()
    book.take([Said(0.0, "OperatorAnswered", {"call_id": "a", "answer_time": 1.0})])
    late = KEPT_TIME + 1
    book.take([Said(late, "OperatorAnswered", {"call_id": "b", "answer_time": 1.0})])
    assert [one.at for one in book.since(0.0)] == [late]


def test_the_calls_of_a_process_before_us_are_counted_once() -> None:
    book = AnswerBook()
    call = {
        "call_id": "a",
        "direction": "inbound",
        "started_at": "2026-11-22T02:00:00.000Z",
        "answered_at": "2026-11-22T02:00:07.500Z",
        "ended_at": None,
        "operator": "op-1",
    }
    lost = call | {"call_id": "b", "answered_at": None, "ended_at": "2026-11-22T02:01:00.000Z"}
    ours = call | {"call_id": "c", "direction": "outbound"}
    waits = call | {"call_id": "d", "answered_at": None}
    elsewhere = call | {"call_id": "e", "operator": None}
    book.load([call, lost, ours, waits, elsewhere])
    book.take([Said(0.0, "OperatorAnswered", {"call_id": "a", "answer_time": 99.0})])
    found = [(one.wait, one.is_answered) for one in book.since(0.0)]
    assert found == [(7.5, True), (60.0, False), (7.5, False)]
