"""Whether the engine lives, whether it can take calls, and its figures."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from securityline.metrics import Metrics
from securityline.web.context import CONTEXT, Context

FIGURES: Final = web.AppKey("figures", Metrics)
DESKS: Final = web.AppKey("desks", CollectorRegistry)


def add_routes(app: web.Application) -> None:
    """Put the addresses in the application."""
    services = app[CONTEXT].services
    if services.metrics is None:
        figures = Metrics(services.engine.switchboard, services.logbook)
        services.engine.subscribe(figures.take)
    app[FIGURES] = figures if services.metrics is None else services.metrics
    app[DESKS] = CollectorRegistry()
    app[DESKS].register(_Desks(app[CONTEXT]))
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def healthz(request: web.Request) -> web.Response:
    """`GET /healthz`: 200 while the process lives."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """`GET /readyz`: 200 when calls can be taken, recorded and logged; else why not.

    What is broken all the same, such as one carrier of several, stands under `degraded`;
    `media_priority` is the scheduling that the machine allows the media process.
    """
    services = request.app[CONTEXT].services
    reasons = services.health()
    status = "ready" if not reasons else "not ready"
    body = {
        "status": status,
        "reasons": reasons,
        "degraded": services.degraded(),
        "media_priority": services.media_priority() or None,
    }
    return web.json_response(body, status=503 if reasons else 200)


async def metrics(request: web.Request) -> web.Response:
    """`GET /metrics`: figures only; no number, name or client ever stands in them."""
    body = request.app[FIGURES].text() + generate_latest(request.app[DESKS])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


class _Desks(Collector):
    """What is read off the desks when somebody asks."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterable[Metric]:
        """Read the gauges."""
        switchboard = self._context.board.switchboard
        services = self._context.services
        states = GaugeMetricFamily(
            "securityline_calls_now", "Calls, by state.", labels=["state"]
        )
        counted = Counter(call.state.value for call in switchboard.calls.values())
        for state, number in sorted(counted.items()):
            states.add_metric([state], number)
        yield states
        oldest = min((call.offered_at for call in switchboard.waiting()), default=None)
        age = 0.0 if oldest is None else max(0.0, self._context.now() - oldest)
        for name, words, value in (
            ("oldest_waiting_seconds", "Age of the oldest waiting call.", age),
            ("desks_open", "Screens connected.", len(self._context.screens.screens)),
            ("logbook_seq", "Number of the newest log line.", services.logbook.head.seq),
            ("not_ready_reasons", "Faults that /readyz names.", len(services.health())),
            ("degraded_reasons", "Faults that leave it ready.", len(services.degraded())),
        ):
            yield GaugeMetricFamily(f"securityline_{name}", words, value)
