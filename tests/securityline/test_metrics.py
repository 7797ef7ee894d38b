from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from callflows.events import OperatorId
from callflows.operators import DeskState, OperatorDesk
from securityline.logbook.entry import GENESIS, Entry, chain
from securityline.metrics import CONTENT_TYPE, Metrics, media_gauges
from sip.media.protocol import MediaReport


class Board:
    def __init__(self) -> None:
        self.incidents: dict[Any, Any] = {}
        self.calls: dict[Any, Any] = {}
        self.operators = {
            OperatorId(name): OperatorDesk(OperatorId(name), state=state)
            for name, state in (
                ("a", DeskState.READY),
                ("b", DeskState.READY),
                ("c", DeskState.TALKING),
            )
        }

    def waiting(self) -> list[Any]:
        return [object(), object()]


class Book:
    unsaved_lines = 3

    def __init__(self) -> None:
        self.told: list[str] = []

    def observe_latency(self, observe: Callable[[float], None]) -> None:
        observe(0.003)

    def problems(self) -> list[str]:
        return self.told


def entries(*lines: tuple[str, dict[str, Any]], kind: str = "fact") -> list[Entry]:
    said = [(kind, "inc-1", what, data) for what, data in lines]
    return chain(said, seq=0, previous=GENESIS, at=datetime.now(UTC), now=1.0)


def value(metrics: Metrics, line: str) -> float:
    for shown in metrics.text().decode().splitlines():
        name, _, number = shown.rpartition(" ")
        if name == line:
            return float(number)
    raise AssertionError(f"{line} is not shown")


def test_calls_are_counted_by_what_became_of_them() -> None:
    metrics = Metrics(Board(), Book())
    assert value(metrics, 'securityline_calls_total{outcome="abandoned"}') == 0
    metrics.take(entries(("CallOffered", {}), ("CallOffered", {}), ("CallAbandoned", {})))
    metrics.take(entries(("OperatorAnswered", {"answer_time": 8.5})))
    metrics.take(entries(("FallbackAnswered", {}), ("CallRequeued", {})))
    for outcome, count in (
        ("offered", 2),
        ("answered", 1),
        ("abandoned", 1),
        ("fallback", 1),
        ("requeued", 1),
    ):
        assert value(metrics, f'securityline_calls_total{{outcome="{outcome}"}}') == count


def test_the_answer_time_is_a_distribution() -> None:
    metrics = Metrics(Board(), Book())
    metrics.take(entries(*(("OperatorAnswered", {"answer_time": t}) for t in (3.0, 9.0, 40.0))))
    assert value(metrics, 'securityline_answer_seconds_bucket{le="10.0"}') == 2
    assert value(metrics, "securityline_answer_seconds_count") == 3
    assert value(metrics, "securityline_answer_seconds_sum") == 52


def test_what_arrived_on_legs_is_counted_and_its_jitter_and_loss_are_distributions() -> None:
    metrics = Metrics(Board(), Book())
    good = {"packets": 1000, "lost": 0, "strangers": 0, "jitter_ms": 1.5}
    bad = {"packets": 90, "lost": 10, "strangers": 7, "jitter_ms": 40.0}
    mute = {"packets": 0, "lost": 0, "strangers": 1, "jitter_ms": 0.0}
    metrics.take(entries(*(("LegMeasured", leg) for leg in (good, bad, mute)), kind="note"))
    kinds = {"packets": 1090, "lost": 10, "strangers": 8, "late": 0}
    for kind, count in kinds.items():
        assert value(metrics, f'securityline_media_packets_total{{kind="{kind}"}}') == count
    assert value(metrics, 'securityline_media_jitter_seconds_bucket{le="0.002"}') == 1
    assert value(metrics, "securityline_media_jitter_seconds_count") == 2, "a mute leg has none"
    assert value(metrics, 'securityline_media_loss_ratio_bucket{le="0.05"}') == 1
    assert value(metrics, 'securityline_media_loss_ratio_bucket{le="0.1"}') == 2


def test_the_media_process_s_word_on_itself_is_shown() -> None:
    metrics = Metrics(Board(), Book())
    said: list[MediaReport | None] = [None]
    metrics.add_hook("media", lambda: media_gauges(said[0]))
    assert b"securityline_media_late_ticks" not in metrics.text()
    said[0] = MediaReport(7, "nice", 2, 1, 50, 1, 0, 0, 3, 0.5, 30_000_000, 0)
    assert value(metrics, "securityline_media_late_ticks") == 3
    assert value(metrics, "securityline_media_is_realtime") == 0


def test_lines_gaps_and_failures_are_counted() -> None:
    metrics = Metrics(Board(), Book())
    metrics.take(
        entries(("RecordingGap", {"seconds": 1.5}), ("RecordingGap", {}), kind="event")
    )
    late = [e._replace(is_saved=False) for e in entries(("CommandFailed", {}), kind="event")]
    metrics.take(late)
    assert value(metrics, 'securityline_logbook_lines_total{kind="event"}') == 3
    assert value(metrics, "securityline_logbook_late_lines_total") == 1
    assert value(metrics, "securityline_commands_failed_total") == 1
    assert value(metrics, "securityline_recording_gap_seconds_total") == 1.5


def test_what_runs_now_is_looked_at_when_asked() -> None:
    book = Book()
    metrics = Metrics(Board(), book)
    assert value(metrics, "securityline_calls_waiting") == 2
    assert value(metrics, "securityline_calls_active") == 0
    assert value(metrics, 'securityline_operators{state="ready"}') == 2
    assert value(metrics, 'securityline_operators{state="talking"}') == 1
    assert value(metrics, 'securityline_operators{state="wrap_up"}') == 0
    assert value(metrics, "securityline_logbook_unsaved_lines") == 3
    assert value(metrics, "securityline_logbook_ok") == 1
    book.told.append("not saved")
    assert value(metrics, "securityline_logbook_ok") == 0
    assert value(metrics, 'securityline_logbook_commit_seconds_bucket{le="0.005"}') == 1


def test_other_parts_hang_their_gauges_in() -> None:
    metrics = Metrics(Board(), Book())
    metrics.add_hook("media", lambda: {"legs": 4, "ports_ready": 96})
    assert value(metrics, "securityline_media_legs") == 4
    assert value(metrics, "securityline_media_ports_ready") == 96
    assert CONTENT_TYPE.startswith("text/plain")


def test_hostile_values_count_as_nothing() -> None:
    metrics = Metrics(Board(), Book())
    hostile = ({"answer_time": "x"}, {"answer_time": -5}, {})
    metrics.take(entries(*(("OperatorAnswered", data) for data in hostile)))
    assert value(metrics, "securityline_answer_seconds_sum") == 0
