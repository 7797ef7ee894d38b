"""The engine as a process watches somebody who works alone, is killed, and goes on."""

import asyncio
import signal
import time
from pathlib import Path

from callflows.watch.alone import LonePerson
from callflows.watch.timers import SafetyTimers
from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.logbook.opening import LogbookSettings
from securityline.watching import DOCUMENT
from tests.interop.engine import Lab

WHO = LonePerson(timer_id="cellar", organisation="postes", person="m-lambert", name="Marie")


async def leave_a_timer(lab: Lab, run_time: float, amber_time: float) -> None:
    """As an engine that was stopped while somebody was in the cellar leaves it."""
    timers = SafetyTimers(time.time())
    timers.start(WHO, run_time, time.time(), amber_time=amber_time)
    book = Logbook.open(LogbookSettings(folder=lab.data, ballast=65536))
    book.start()
    state = Document(kind=DOCUMENT, id="timers", data=timers.to_state(), at=time.time())
    book.append(time.time(), (), [state])
    await book.stop()


async def test_a_timer_of_a_lone_worker_turns_red_over_a_kill(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    await asyncio.to_thread(lab.prepare)
    await leave_a_timer(lab, run_time=1.0, amber_time=6.0)
    engine = await lab.start()
    async with lab.api() as api:
        amber = await api.wait_for("SafetyTimerLapsed")
        await engine.stop(signal.SIGKILL)
    async with lab.running():
        async with lab.api() as api:
            red = await api.wait_for("SafetyTimerRaised")
            wanted = await api.wait_for("AttentionWanted", urgency=1)
        assert amber["incident_id"] != red["incident_id"], (
            "each has its line; one case has both"
        )
        assert wanted["incident_id"] == amber["incident_id"]
