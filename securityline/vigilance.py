"""What watches the clock, what watches us, and what acts outside, joined to one engine."""

import asyncio
from collections.abc import Callable
from typing import Final

from callflows import call_back
from callflows.commands import PerformAction
from callflows.events import CallId, IncidentId
from callflows.switchboard import Switchboard
from callflows.watch.plans import SCAIP_INTERVAL
from client_directory.directory import DirectoryHolder
from securityline.actions import Actions
from securityline.auditor import Auditor
from securityline.config import AlarmsConfig, Config
from securityline.engine import Engine
from securityline.keys import load_secret
from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.metrics import Metrics
from securityline.watch_door import WatchDoor
from securityline.watching import DOCUMENT, Watching
from securityline.webhook_secrets import WebhookSecrets

KEY_FILE: Final = "actions.key"


class Vigilance:
    """The watchers, the auditor and the actions of one running engine.

    :param number: a fresh number for a case.
    :raises KeyFileError: the file with the secret of the actions cannot be used.
    """

    def __init__(
        self,
        config: Config,
        switchboard: Switchboard,
        engine: Engine,
        logbook: Logbook,
        directory: DirectoryHolder,
        clock: Callable[[], float],
        metrics: Metrics,
        number: Callable[[], IncidentId],
    ) -> None:
        self.watching = Watching(
            lambda: directory.current,
            clock,
            tell=engine.handle,
            save=lambda document: _save(logbook, document, clock()),
            number=number,
            later=lambda delay, do: asyncio.get_running_loop().call_later(delay, do),
            documents=logbook.documents(DOCUMENT),
            scaip_interval=_scaip_interval(config.alarms),
        )
        engine.subscribe(self.watching.take)
        self.door = WatchDoor(self.watching, lambda: directory.current, clock, switchboard)
        engine.subscribe(self.door.take)
        self.auditor = Auditor(
            switchboard,
            clock,
            engine.handle,
            is_called_back=lambda call_id: is_called_back(switchboard, call_id),
        )
        self._actions = Actions(
            lambda: directory.current,
            load_secret(config.actions.secret or config.data.dir / KEY_FILE),
            engine.handle,
            secrets=WebhookSecrets(config.data.dir).of,
            is_private_allowed=config.actions.private_networks,
        )
        metrics.add_hook("watching", self.watching.gauges)
        metrics.add_hook("auditor", self.auditor.gauges)
        self._auditing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch from now on."""
        self.watching.start()
        self.door.settle()
        self._auditing = asyncio.create_task(self.auditor.run())

    async def stop(self) -> None:
        """Watch no longer; where everything stands is in the logbook."""
        if self._auditing is not None:
            self._auditing.cancel()
            await asyncio.gather(self._auditing, return_exceptions=True)
            self.watching.stop()
        await self._actions.stop()

    def perform(self, command: PerformAction) -> None:
        """Do an action with consequences."""
        self._actions.perform(command)

    def reasons(self) -> list[str]:
        """Say what stands still although calls are taken, once it is watched."""
        return self.auditor.reasons() if self._auditing is not None else []


def is_called_back(board: Switchboard, call_id: CallId) -> bool:
    """Whether a caller who left unheard was rung since, or rang again.

    Who cannot be rung, because his number is withheld or is none to dial, is no more done
    than anybody: his case must wait for an operator, or an operator must have taken it.
    """
    call = board.calls[call_id]
    if call_back.obstacle(call):
        case = board.incidents.get(call.incident_id)
        return case is None or case.attention_since is not None or case.owner is not None
    ended_at = call.ended_at or 0.0
    return any(
        other.calls_back == call_id or other.offered_at > ended_at
        for other in board.calls.values()
        if other.incident_id == call.incident_id and other.call_id != call_id
    )


def _save(logbook: Logbook, document: Document, now: float) -> None:
    logbook.append(now, (), [document], is_urgent=False)


def _scaip_interval(alarms: AlarmsConfig) -> float:
    """Return how often SCAIP units are told to report (`hbi`, whole minutes), in seconds."""
    pace = alarms.scaip_heartbeat
    return SCAIP_INTERVAL if pace is None else round(pace) * 60.0
