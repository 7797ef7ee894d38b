"""Those who hand alarms in, and give no peace until they are acknowledged."""

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Final

import aiohttp

from securityline.alarms.dc09_frame import Framer
from tests.crash.estate import Estate, kind_of
from tests.securityline.alarms.panels import Panel

RETRY_TIME: Final = 0.05
"Seconds until a sender that was cut off tries again."
ANSWER_TIME: Final = 5.0
"Seconds a sender waits for an acknowledgement."
CUT_OFF: Final = (OSError, TimeoutError, aiohttp.ClientError, EOFError)


class Senders:
    """Alarms of sites with an odd number come by DC-09, of the others over HTTP.

    :param on_moment: told when an alarm was sent, and when it was acknowledged.
    """

    def __init__(
        self, estate: Estate, on_moment: Callable[[str], None] = lambda _moment: None
    ) -> None:
        self._estate = estate
        self._on_moment = on_moment
        self.acknowledged: dict[int, float] = {}
        "When a site's alarm was acknowledged, `time.monotonic`."
        self.tries = 0
        self.sent: dict[int, float] = {}
        "When it was first on the socket."

    async def send(self, site: int) -> None:
        """Hand in one site's alarm, until it is acknowledged."""
        by = self._by_panel if site % 2 else self._by_program
        while site not in self.acknowledged:
            self.tries += 1
            try:
                async with asyncio.timeout(ANSWER_TIME):
                    await by(site)
            except CUT_OFF:
                await asyncio.sleep(RETRY_TIME)
            else:
                self.acknowledged[site] = time.monotonic()
                self._on_moment("alarm acknowledged")

    async def _by_program(self, site: int) -> None:
        body = {
            "idempotency_key": f"night-{site}",
            "site": f"s{site}",
            "kind": f"kind_{kind_of(site).name}",
        }
        headers = {"Authorization": f"Bearer {self._estate.alarms_token}"}
        async with aiohttp.ClientSession(self._estate.desk, headers=headers) as session:
            self.sent.setdefault(site, time.monotonic())
            asyncio.get_running_loop().call_later(0.001, self._on_moment, "alarm sent")
            async with session.post("/api/v1/alarms", json=body) as answer:
                assert answer.status in (200, 201), await answer.text()
                assert (await answer.json())["incident_id"]

    async def _by_panel(self, site: int) -> None:
        frame = Panel(f"A{site:05d}").frame(f"#A{site:05d}|1{kind_of(site).code} 01 001")
        reader, writer = await asyncio.open_connection("127.0.0.1", self._estate.dc09_port)
        try:
            self.sent.setdefault(site, time.monotonic())
            writer.write(frame)
            self._on_moment("alarm sent")
            framer = Framer()
            while not (answers := list(framer.feed(data := await reader.read(4096)))):
                if not data:
                    raise EOFError
            assert b'"ACK"' in data, data
            assert len(answers) == 1
        finally:
            writer.close()


class Witness:
    """A program that follows the event stream across every death of the engine.

    What it was told is what the engine showed as done: none of it may be missing later.
    """

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self.lines: dict[int, tuple[str, str]] = {}
        "Kind and case of each line, by number."
        self.contradictions: list[str] = []
        self.open_trees: set[str] = set()
        self.ended_trees: set[str] = set()
        self.news = asyncio.Event()
        "A tree came to its end."
        self.cases: list[str] = []
        "Cases with a tree, in the order of their trees."
        self._services: dict[tuple[str, str], dict[str, dict[str, object]]] = defaultdict(dict)
        self._told = asyncio.Event()

    def told_of(self, case: str, service: str) -> dict[str, dict[str, object]]:
        """Return what was said of a case's call to a service, by kind of line."""
        return self._services[case, service]

    async def anything(self, patience: float) -> None:
        """Wait until anything is told of a service or a new case, or for so many seconds."""
        self._told.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._told.wait()

    async def watch(self) -> None:
        """Follow for ever."""
        headers = {"Authorization": f"Bearer {self._estate.token}"}
        async with aiohttp.ClientSession(self._estate.desk, headers=headers) as session:
            while True:
                try:
                    await self._follow(session)
                except CUT_OFF:
                    await asyncio.sleep(RETRY_TIME)

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        last = max(self.lines, default=0)
        timeout = aiohttp.ClientTimeout(total=None)
        async with session.get(
            "/api/v1/events", headers={"Last-Event-ID": str(last)}, timeout=timeout
        ) as stream:
            async for raw in stream.content:
                if raw.startswith(b"data:"):
                    self._note(json.loads(raw[5:]))
        raise EOFError

    def _note(self, line: dict[str, object]) -> None:
        seq, told = int(str(line["seq"])), (str(line["what"]), str(line["incident_id"] or ""))
        if self.lines.setdefault(seq, told) != told:
            self.contradictions.append(f"line {seq} was {self.lines[seq]}, then {told}")
        data = line["data"]
        assert isinstance(data, dict)
        match line["what"]:
            case "CallTreeStarted":
                self.open_trees.add(data["tree_id"])
                self.cases.append(told[1])
                self._told.set()
            case str(what) if what.startswith("Service") and "service" in data:
                self._services[told[1], str(data["service"])].setdefault(what, data)
                self._told.set()
            case "CallTreeEnded" | "CallTreeExhausted":
                self.ended_trees.add(data["tree_id"])
                self.news.set()
