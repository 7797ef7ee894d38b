"""What a monitoring system reads at `/metrics`, counted from the published lines."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from callflows.call import CallState, InboundCall
from callflows.events import CallId, IncidentId, OperatorId
from callflows.incident import Incident, IncidentState
from callflows.operators import DeskState, OperatorDesk
from securityline.logbook.entry import Entry
from sip.media.protocol import MediaReport

ANSWER_TIMES: Final = (1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 300)
"Seconds; 10 s, 30 s and 60 s are what standards ask about."
RING_TIMES: Final = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 300)
"Seconds; 20 s from verified to ringing is the promise."
COMMIT_TIMES: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
PACKETS: Final = ("packets", "lost", "late", "duplicates", "malformed", "strangers")
"What `LegMeasured` counts."
JITTER_TIMES: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
"Seconds; a telephone's buffer hides 20 to 60 ms."
LOSS_RATIOS: Final = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
"1 % is heard, from 5 % on words are lost."

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class Switchboard(Protocol):
    """What is running (`callflows.switchboard.Switchboard`)."""

    @property
    def incidents(self) -> Mapping[IncidentId, Incident]:
        """Cases."""

    @property
    def calls(self) -> Mapping[CallId, InboundCall]:
        """Their calls."""

    @property
    def operators(self) -> Mapping[OperatorId, OperatorDesk]:
        """The shift."""

    def waiting(self) -> list[InboundCall]:
        """Return the calls nobody has answered."""


class Logbook(Protocol):
    """The main courante (`securityline.logbook.book.Logbook`)."""

    @property
    def unsaved_lines(self) -> int:
        """Lines acted upon that the store does not have."""

    def observe_latency(self, observe: Callable[[float], None]) -> None:
        """Ask to be told of the seconds from each append to its confirmation."""

    def problems(self) -> list[str]:
        """Say what is wrong."""


Hook = Callable[[], Mapping[str, float]]
"Gives gauges of another part: name, with unit, to value."


class Metrics:
    """Count what happens; look at the rest when asked."""

    def __init__(self, switchboard: Switchboard, logbook: Logbook) -> None:
        self._switchboard = switchboard
        self._logbook = logbook
        self._hooks: list[tuple[str, Hook]] = []
        self.registry = CollectorRegistry(auto_describe=False)
        counter = self._counter
        self._calls = counter("calls", "Calls, by what became of them.", ["outcome"])
        self._lines = counter("logbook_lines", "Lines of the logbook, by kind.", ["kind"])
        self._late = counter("logbook_late_lines", "Lines acted upon before they were saved.")
        self._failed = counter("commands_failed", "Commands that could not be carried out.")
        self._gaps = counter("recording_gap_seconds", "Seconds missing in recordings.")
        self._packets = counter(
            "media_packets", "Audio packets of legs that ended, by what they were.", ["kind"]
        )
        for kind in PACKETS:
            self._packets.labels(kind)
        self._jitter = Histogram(
            "securityline_media_jitter_seconds",
            "Interarrival jitter (RFC 3550) of a leg, when it ended.",
            buckets=JITTER_TIMES,
            registry=self.registry,
        )
        self._loss = Histogram(
            "securityline_media_loss_ratio",
            "Part of a leg's packets that never came, when it ended.",
            buckets=LOSS_RATIOS,
            registry=self.registry,
        )
        self._answer_time = Histogram(
            "securityline_answer_seconds",
            "From the INVITE to an operator's voice.",
            buckets=ANSWER_TIMES,
            registry=self.registry,
        )
        self._service_times = {
            "pressed_time": self._histogram(
                "service_ring", "From the press to an emergency service's phone ringing."
            ),
            "verified_time": self._histogram(
                "service_ring_after_verification",
                "From the verification of an alarm to an emergency service's phone ringing.",
            ),
        }
        self._services = counter(
            "service_calls", "Calls to emergency services, simulated or not.", ["outcome"]
        )
        for outcome in ("called", "answered", "failed", "refused"):
            self._services.labels(outcome)
        commit_time = Histogram(
            "securityline_logbook_commit_seconds",
            "From an event to its lines being durable.",
            buckets=COMMIT_TIMES,
            registry=self.registry,
        )
        logbook.observe_latency(commit_time.observe)
        self._line_count = lru_cache(16)(self._lines.labels)
        for outcome in ("offered", "answered", "abandoned", "fallback", "requeued"):
            self._calls.labels(outcome)
        self._by_name: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "CallOffered": lambda data: self._calls.labels("offered").inc(),
            "OperatorAnswered": self._answered,
            "CallAbandoned": lambda data: self._calls.labels("abandoned").inc(),
            "FallbackAnswered": lambda data: self._calls.labels("fallback").inc(),
            "CallRequeued": lambda data: self._calls.labels("requeued").inc(),
            "CommandFailed": lambda data: self._failed.inc(),
            "ServiceCalled": lambda data: self._services.labels("called").inc(),
            "ServiceRang": self._service_rang,
            "ServiceAnswered": lambda data: self._services.labels("answered").inc(),
            "ServiceFailed": lambda data: self._services.labels("failed").inc(),
            "ServiceRefused": lambda data: self._services.labels("refused").inc(),
            "LegMeasured": self._measured,
            "RecordingGap": lambda data: self._gaps.inc(_number(data.get("seconds"))),
        }
        self.registry.register(_Gauges(self))

    def _counter(self, name: str, text: str, labels: Iterable[str] = ()) -> Counter:
        return Counter(f"securityline_{name}", text, list(labels), registry=self.registry)

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(
            f"securityline_{name}_seconds", text, buckets=RING_TIMES, registry=self.registry
        )

    def take(self, entries: Sequence[Entry]) -> None:
        """Count published lines: a subscriber of the engine."""
        for entry in entries:
            self._line_count(entry.kind).inc()
            if not entry.is_saved:
                self._late.inc()
            count = self._by_name.get(entry.what)
            if count is not None:
                count(entry.data)

    def add_hook(self, part: str, hook: Hook) -> None:
        """Show what another part measures, as `securityline_PART_NAME`."""
        self._hooks.append((part, hook))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _answered(self, data: Mapping[str, Any]) -> None:
        self._calls.labels("answered").inc()
        self._answer_time.observe(_number(data.get("answer_time")))

    def _service_rang(self, data: Mapping[str, Any]) -> None:
        for name, histogram in self._service_times.items():
            if data.get(name) is not None:
                histogram.observe(_number(data[name]))

    def _measured(self, data: Mapping[str, Any]) -> None:
        for kind in PACKETS:
            self._packets.labels(kind).inc(_number(data.get(kind)))
        packets, lost = _number(data.get("packets")), _number(data.get("lost"))
        if packets:
            self._jitter.observe(_number(data.get("jitter_ms")) / 1000)
            self._loss.observe(lost / (packets + lost))

    def gauges(self) -> Iterator[Metric]:
        """Look at what is running now."""
        board = self._switchboard
        alive = sum(call.state is not CallState.ENDED for call in board.calls.values())
        cases = sum(case.state is IncidentState.OPEN for case in board.incidents.values())
        yield _gauge("calls_active", "Calls up, waiting or talking.", alive)
        yield _gauge("calls_waiting", "Calls nobody has answered.", len(board.waiting()))
        yield _gauge("incidents_open", "Open cases.", cases)
        states = GaugeMetricFamily(
            "securityline_operators", "Operators, by state.", labels=["state"]
        )
        seen = [desk.state for desk in board.operators.values()]
        for state in DeskState:
            states.add_metric([state.value], seen.count(state))
        yield states
        yield _gauge(
            "logbook_unsaved_lines", "Lines not in the store yet.", self._logbook.unsaved_lines
        )
        yield _gauge(
            "logbook_ok", "1 when the logbook is whole and saved.", not self._logbook.problems()
        )
        for part, hook in self._hooks:
            for name, value in hook().items():
                yield _gauge(f"{part}_{name}", f"Told by {part}.", value)


class _Gauges:
    """Lets the registry ask for the gauges at every scrape."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return self._metrics.gauges()

    def describe(self) -> list[Metric]:
        return []


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"securityline_{name}", text, value=float(value))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value >= 0 else 0.0


def media_gauges(report: MediaReport | None) -> dict[str, float]:
    """Read the media process's last word on itself; nothing before its first."""
    if report is None:
        return {}
    return {
        "legs": report.legs,
        "recordings": report.recordings,
        "late_ticks": report.late_ticks,
        "cpu_seconds": report.cpu_time,
        "resident_bytes": report.resident_bytes,
        "unwritten_bytes": report.unwritten_bytes,
        "is_realtime": report.priority == "fifo",
    }
