"""A flood of alarms on the running engine, with one hold-up inside and people on the telephone.

Two in five alarms come from one broken detector, the others from hundreds of sites; half over
DC-09, half over HTTP. Everything a sender was told is noted, and when the desk showed what.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from securityline.accounts import Accounts
from securityline.alarms.dc09_frame import Framer
from securityline.logbook.store import FILE_NAME, LogbookStore
from tests.crash.estate import Estate
from tests.interop.desk import Desk
from tests.interop.engine import DOMAIN
from tests.securityline.alarms.panels import Panel

LINES: Final = 8
"Connections of DC-09, and as many of HTTP."
BROKEN: Final = "C00000"
"Account of the site with the broken detector."
HOLD_UP_SITE: Final = "Agence du Marché"
CLIENT: Final = """
organisation: chain
name: Chaîne Démo
country: BE
time_zone: Europe/Brussels
languages: [fr, nl]
sites:
SITES
  - {site: market, name: MARKET, alarm_accounts: ["9001"]}
procedures:
  - procedure: default
    version: 1
    incident_kinds: [other, intrusion]
    title: {fr: Général, nl: Algemeen}
    urgency: 3
    steps: [{step: facts, ask: {fr: "Quoi ?", nl: "Wat?"}, answers: free_text, go_to: end}]
  - procedure: holdup
    version: 1
    incident_kinds: [holdup]
    title: {fr: Hold-up, nl: Overval}
    urgency: 1
    never_suppress: true
    steps: [{step: police, ask: {fr: "Qui ?", nl: "Wie?"}, answers: free_text, go_to: end}]
"""


@dataclass(slots=True)
class Flooded(Estate):
    """An engine whose client has many sites and one of them a broken detector."""

    def prepare(self) -> None:
        """Write directory, settings and accounts."""
        Estate.prepare(self)
        sites = "\n".join(
            f'  - {{site: c{n}, name: Magasin {n}, alarm_accounts: ["C{n:05d}"]}}'
            for n in range(self.sites)
        )
        text = CLIENT.replace("SITES", sites).replace("MARKET", HOLD_UP_SITE)
        (self.folder / "directory" / "organisations" / "bank.yaml").write_text(text)
        accounts = Accounts(self.data, realm=DOMAIN)
        self.alarms_token = accounts.create_token(["alarms:write"], "flood")
        accounts.close()


@dataclass(slots=True)
class Flood:
    """What was sent, what was promised, and when. Times are `time.monotonic`."""

    estate: Flooded
    sent: int = 0
    acknowledged: set[str] = field(default_factory=set)
    "Beginning of each alarm's `source_id` in the log."
    waits: list[float] = field(default_factory=list)
    "Seconds from an alarm on the socket to its acknowledgement."
    refused: Counter[str] = field(default_factory=Counter)
    hold_up_sent: float = 0.0
    hold_up_acknowledged: float = 0.0

    def account_of(self, number: int) -> str:
        """Say whose the n-th alarm is."""
        if number % 5 < 2:
            return BROKEN
        return f"C{1 + number % (self.estate.sites - 1):05d}"

    async def pour(self, alarms: int, rate: float, hold_up_at: int) -> None:
        """Send so many alarms at this rate, the hold-up when so many are out."""
        doors: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in range(2 * LINES)]
        async with aiohttp.ClientSession(
            self.estate.desk,
            headers={"Authorization": f"Bearer {self.estate.alarms_token}"},
        ) as session:
            works = [
                asyncio.create_task(
                    self._by_panels(queue) if n % 2 else self._by_program(queue, session)
                )
                for n, queue in enumerate(doors)
            ]
            begin, turn = time.monotonic(), itertools.cycle(doors)
            for number in range(alarms):
                if number == hold_up_at:
                    works.append(asyncio.create_task(self.hold_up()))
                next(turn).put_nowait(number)
                self.sent += 1
                await asyncio.sleep(max(begin + number / rate - time.monotonic(), 0))
            for queue in doors:
                queue.put_nowait(-1)
            await asyncio.gather(*works)

    async def hold_up(self) -> None:
        """Press the button under the counter."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.estate.dc09_port)
        self.hold_up_sent = time.monotonic()
        writer.write(Panel("9001").frame("#9001|1122 01 007"))
        answer = await reader.read(4096)
        assert b'"ACK"' in answer, answer
        self.hold_up_acknowledged = time.monotonic()
        writer.close()

    async def _by_panels(self, queue: asyncio.Queue[int]) -> None:
        """One receiver line: the next frame goes out without waiting for the last answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.estate.dc09_port)
        out: asyncio.Queue[tuple[str, float]] = asyncio.Queue()

        async def listen() -> None:
            framer = Framer()
            while data := await reader.read(65536):
                for answer in framer.feed(data):
                    name, at = out.get_nowait()
                    self._answered(name, at, "ACK" if b'"ACK"' in answer.body else "other")
                    out.task_done()

        listening = asyncio.create_task(listen())
        while (number := await queue.get()) >= 0:
            account = self.account_of(number)
            # Two alarms of a panel are told apart by their sequence numbers alone.
            frame = Panel(account).frame(f"#{account}|1130 01 001", number % 9999 + 1)
            out.put_nowait((f"{account}-{number % 9999 + 1:04d}", time.monotonic()))
            writer.write(frame)
        await out.join()
        listening.cancel()
        writer.close()

    async def _by_program(
        self, queue: asyncio.Queue[int], session: aiohttp.ClientSession
    ) -> None:
        while (number := await queue.get()) >= 0:
            body = {
                "idempotency_key": f"flood-{number}",
                "account": self.account_of(number),
                "code": "130",
                "code_format": "contact_id",
                "zone": "001",
            }
            at = time.monotonic()
            async with session.post("/api/v1/alarms", json=body) as answer:
                self._answered(
                    f"flood:flood-{number}",
                    at,
                    "ACK" if answer.status == 201 else str(answer.status),
                )

    def _answered(self, name: str, at: float, how: str) -> None:
        if how == "ACK":
            self.acknowledged.add(name)
            self.waits.append(time.monotonic() - at)
        else:
            self.refused[how] += 1

    def missing(self, data: Path) -> set[str]:
        """Return what was acknowledged and is not in the log."""
        with closing(LogbookStore(data / FILE_NAME, is_read_only=True)) as store:
            there = {
                source_id_of(entry.data["source"], entry.data["source_id"])
                for entry in store.read()
                if entry.what == "AlarmReceived"
            }
        return self.acknowledged - there


def source_id_of(source: str, source_id: str) -> str:
    """Cut off what a receiver adds to tell frames of one number apart."""
    return source_id if source == "http" else source_id.rpartition("-")[0]


async def watch_desk(desk: Desk, is_it: Callable[[str], bool]) -> float:
    """Read a screen until it shows something; return when it did."""
    while True:
        message = await desk.screen.receive_json()
        for part in message.get("fragments", ()):
            if is_it(part["html"]):
                return time.monotonic()
