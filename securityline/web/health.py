"""Whether the engine lives, whether it can take calls, and its figures."""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from callflows.incident import IncidentState
from callflows.operators import DeskState
from securityline.web.context import CONTEXT, Context
from securityline.web.ports import Line

FIGURES: Final = web.AppKey("figures", CollectorRegistry)
BUCKETS: Final = (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 120)
"Seconds; 10, 15 and 30 are the targets for answering."


def add_routes(app: web.Application) -> None:
    """Put the addresses in the application; count what is published from now on."""
    registry = CollectorRegistry()
    registry.register(_Now(app[CONTEXT]))
    app[FIGURES] = registry
    figures = Figures(registry)
    app[CONTEXT].services.engine.subscribe(figures.count)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def healthz(request: web.Request) -> web.Response:
    """`GET /healthz`: 200 while the process lives."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """`GET /readyz`: 200 when calls can be taken, recorded and logged; else why not."""
    reasons = request.app[CONTEXT].services.health()
    body = {"status": "ready" if not reasons else "not ready", "reasons": reasons}
    return web.json_response(body, status=503 if reasons else 200)


async def metrics(request: web.Request) -> web.Response:
    """`GET /metrics`: figures only; no number, name or client ever stands in them."""
    body = generate_latest(request.app[FIGURES])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


class Figures:
    """What is counted as it happens."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._offered = Counter(
            "securityline_calls_offered_total", "Calls that came in.", registry=registry
        )
        self._abandoned = Counter(
            "securityline_calls_abandoned_total",
            "Calls that ended before anybody answered.",
            registry=registry,
        )
        self._answer_time = Histogram(
            "securityline_answer_seconds",
            "Seconds from the INVITE to an operator's voice.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._failed = Counter(
            "securityline_failures_total",
            "What the engine could not do.",
            ["what"],
            registry=registry,
        )

    def count(self, lines: Sequence[Line]) -> None:
        """Count published lines."""
        for line in lines:
            if line.what == "CallOffered":
                self._offered.inc()
            elif line.what == "CallAbandoned":
                self._abandoned.inc()
            elif line.what == "OperatorAnswered":
                self._answer_time.observe(float(line.data.get("answer_time", 0.0)))
            elif line.what in ("CommandFailed", "RecordingFailed", "RecordingGap"):
                self._failed.labels(line.what).inc()


class _Now(Collector):
    """What is read off the switchboard when somebody asks."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        """Read the gauges."""
        board, services = self._context.board, self._context.services
        switchboard = board.switchboard
        calls = Tally(call.state.value for call in switchboard.calls.values())
        calls.pop("ended", None)
        yield _gauge("securityline_calls", "Calls now, by state.", calls)
        desks = Tally(desk.state.value for desk in switchboard.operators.values())
        yield _gauge(
            "securityline_operators",
            "Operators now, by state.",
            {state.value: desks.get(state.value, 0) for state in DeskState},
        )
        opened = sum(i.state is IncidentState.OPEN for i in switchboard.incidents.values())
        oldest = min((call.offered_at for call in switchboard.waiting()), default=None)
        age = 0.0 if oldest is None else max(0.0, self._context.now() - oldest)
        for name, words, value in (
            ("securityline_open_incidents", "Open cases.", opened),
            ("securityline_oldest_waiting_seconds", "Age of the oldest waiting call.", age),
            ("securityline_desks", "Open desks.", len(self._context.screens.screens)),
            ("securityline_logbook_seq", "Newest log line.", services.logbook.head.seq),
            ("securityline_unsaved_lines", "Not durable.", services.logbook.unsaved_lines),
            ("securityline_not_ready_reasons", "Faults.", len(services.health())),
        ):
            yield GaugeMetricFamily(name, words, value)


def _gauge(name: str, words: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["state"])
    for state, number in sorted(values.items()):
        family.add_metric([state], number)
    return family
