"""The real engine as a process of its own, on free ports, with a directory of the test's."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from securityline.accounts import Accounts
from tests.interop.peers import PATIENCE, Program, free_port, free_port_range, python

DOMAIN = "securityline.test"
ORGANISATION = """
organisation: postes
name: Postes Démo
country: BE
time_zone: Europe/Brussels
languages: [fr, nl]
dids:
  - {number: "+32 2 555 01 00", service: security_line, label: Ligne sécurité,
     recording: evidence, while_ringing: WHILE_RINGING, fallback_number: "+32 2 555 09 99"}
sites:
  - {site: bru, name: Bruxelles Centre, phones: ["+32 2 555 02 10"], services: {}}
people:
  - {person: m-lambert, name: Marie Lambert, languages: [fr],
     phones: [{number: "+32 470 00 00 04", kind: mobile}],
     roles: [employee], sites: [bru]}
procedures:
  - procedure: default
    version: 1
    incident_kinds: [other]
    title: {fr: Procédure générale, nl: Algemene procedure}
    urgency: 2
    steps:
      - step: facts
        ask: {fr: "Que s'est-il passé ?", nl: "Wat is er gebeurd?"}
        answers: free_text
        required: true
        go_to: end
"""
OPERATORS = """
operators:
  - {operator: op-1, name: Nadia, extension: "201", languages: {fr: 3, nl: 2},
     clearances: [standard], role: operator}
  - {operator: op-2, name: Tom, extension: "202", languages: {nl: 3, fr: 1},
     clearances: [standard], role: operator}
"""


@dataclass(slots=True)
class Lab:
    """One engine's ports, files and accounts."""

    folder: Path
    sip_port: int = field(default_factory=free_port)
    trunk_port: int = field(default_factory=free_port)
    web_port: int = field(default_factory=free_port)
    rtp: tuple[int, int] = field(default_factory=lambda: free_port_range(120))
    while_ringing: str = "ringback"
    ring_silence: float = 3.0
    "Phones on a machine where seven tests run may be slow to answer."
    program: tuple[str, ...] = ("-m", "securityline")
    "What the interpreter runs as the engine."
    outside_port: int = 0
    "Another of the carrier's, to call from while a program that is not ours has the first."
    secrets: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @property
    def data(self) -> Path:
        """The engine's data directory."""
        return self.folder / "data"

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "securityline.toml"

    @property
    def registrar(self) -> str:
        """Where phones register."""
        return f"127.0.0.1:{self.sip_port}"

    @property
    def desk(self) -> str:
        """The desk's address."""
        return f"http://127.0.0.1:{self.web_port}"

    def prepare(self) -> None:
        """Write directory, settings and accounts."""
        directory = self.folder / "directory"
        (directory / "organisations").mkdir(parents=True)
        organisation = ORGANISATION.replace("WHILE_RINGING", self.while_ringing)
        (directory / "organisations" / "postes.yaml").write_text(organisation)
        (directory / "operators.yaml").write_text(OPERATORS)
        (directory / "services.yaml").write_text("services: []\n")
        peers = [f"127.0.0.1:{port}" for port in (self.trunk_port, self.outside_port) if port]
        self.config.write_text(
            f"""
[sip]
listen = ["udp:127.0.0.1:{self.sip_port}", "tcp:127.0.0.1:{self.sip_port}"]
domain = "{DOMAIN}"
ring_silence = {self.ring_silence}

[[trunks]]
name = "carrier-a"
peers = {json.dumps(peers)}
outbound = "sip:127.0.0.1:{self.trunk_port};transport=udp"

[media]
address = "127.0.0.1"
ports = "{self.rtp[0]}-{self.rtp[1]}"

[web]
listen = "127.0.0.1:{self.web_port}"

[data]
dir = "{self.data}"

[directory]
dir = "{directory}"

[logbook]
ballast = 65536
"""
        )
        self.data.mkdir()
        accounts = Accounts(self.data, realm=DOMAIN)
        for operator, extension in (("op-1", "201"), ("op-2", "202")):
            self.secrets[extension] = accounts.add_operator(
                operator, f"{operator}-password", extension
            )
        self.token = accounts.create_token(
            ["incidents:read", "calls:read", "events:read", "recordings:read"], "tests"
        )
        accounts.close()

    async def start(self) -> Program:
        """Start the engine and wait until it takes calls."""
        engine = await Program.start(
            "engine", python(*self.program, "serve", "--config", str(self.config))
        )
        try:
            await engine.line("ready sip=")
        except BaseException:
            engine.kill()
            raise
        return engine

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Program]:
        """Run the engine for the length of a block."""
        engine = await self.start()
        try:
            yield engine
        finally:
            # The first word lets calls that are up go on; nobody waits for them here.
            engine.kill(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(engine.process.wait(), 1)
            await engine.stop(signal.SIGTERM)

    # ------------------------------------------------------------ as the outside sees it

    @contextlib.asynccontextmanager
    async def api(self) -> AsyncIterator["Api"]:
        """Open the HTTP API."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(self.desk, headers=headers) as session:
            yield Api(session)


@dataclass(slots=True)
class Api:
    """The HTTP API of a running engine, with a log that can be waited for."""

    session: aiohttp.ClientSession

    async def get(self, path: str) -> Any:
        """Fetch JSON."""
        async with self.session.get(path) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def fetch(self, path: str) -> bytes:
        """Fetch octets."""
        async with self.session.get(path) as response:
            assert response.status == 200, await response.text()
            return await response.read()

    async def lines(self, after: int = 0) -> AsyncIterator[dict[str, Any]]:
        """Follow the event stream."""
        headers = {"Last-Event-ID": str(after)}
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.session.get(
            "/api/v1/events", headers=headers, timeout=timeout
        ) as response:
            assert response.status == 200, await response.text()
            async for raw in response.content:
                if raw.startswith(b"data:"):
                    yield json.loads(raw[5:])

    async def wait_for(self, what: str, *, after: int = 0, **fields: Any) -> dict[str, Any]:
        """Wait for a line of the logbook."""
        seen: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE):
                async for line in self.lines(after):
                    seen.append(line["what"])
                    if line["what"] == what and all(
                        line["data"].get(k) == v for k, v in fields.items()
                    ):
                        return line
        except TimeoutError:
            pass
        raise AssertionError(f"no {what} {fields} in the logbook; it has {seen}")
