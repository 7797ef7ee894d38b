"""`simulate alarm`: a panel, or a program, reports to the engine, and what it is answered."""

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp

from securityline.alarms import dc09_crypto as crypto
from securityline.simulation.control import ControlError, Message
from securityline.simulation.panel import (
    PanelAlarm,
    PanelLine,
    code_of,
    frame_of,
    restore_of,
)
from securityline.simulation.people import People
from sip.endpoint import Endpoint

TRIES: Final = 4
"How often a panel sends what nobody acknowledges."
PATIENCE: Final = 5.0
"Seconds that it waits for an acknowledgement; DC-09 leaves it to the panel, 20 s at most."
MOST: Final = 500
"Signals that one request may send."
HIGHEST_SEQUENCE: Final = 9999
_CODE: Final = re.compile(r"[0-9]{3}|[A-Za-z]{2}")
_NOT_IN_A_FRAME: Final = frozenset("[]|")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z]{1,16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """Where an engine takes alarms."""

    dc09: tuple[Endpoint, ...] = ()
    api: str = ""
    "`http://host:port` of the API."
    token: str = field(default="", repr=False)
    "With the scope `alarms:write`."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """What was asked for, read and found to make sense."""

    alarms: tuple[PanelAlarm, ...]
    site: str
    "As the API is told; empty: only the account is known."
    kind: str
    "Empty: there is a code."
    is_http: bool
    transport: str
    key: bytes | None = field(repr=False)
    every: float
    "Seconds between two signals."
    patience: float
    shown: str


class Panels:
    """All pretend panels: their sequence numbers, and their clocks once they were set.

    :param people: the directory's sites and their accounts.
    """

    def __init__(self, receivers: Receivers, people: People) -> None:
        self._receivers = receivers
        self._people = people
        self._sequence = secrets.randbelow(HIGHEST_SEQUENCE)
        self._clocks: dict[str, timedelta] = {}

    async def report(self, request: Message) -> AsyncGenerator[Message]:
        """Send what a request asks for; give what happens.

        :raises ControlError: the request makes no sense, or the engine did not take it all.
        """
        try:
            report = self._read(request)
            clock_off = _seconds(request, "clock_off", 0.0, -86400.0, 86400.0)
            if clock_off:
                self._clocks[report.alarms[0].account] = timedelta(seconds=clock_off)
            tell = self._by_http(report) if report.is_http else self._by_dc09(report)
            yield {"say": report.shown}
            async for message in tell:
                yield message
        except ValueError as error:
            raise ControlError(str(error)) from None

    # ------------------------------------------------------------ DC-09

    async def _by_dc09(self, report: _Report) -> AsyncGenerator[Message]:
        receiver = self._receiver(report.transport)
        began_at, failed = _now(), 0
        async with PanelLine(receiver, report.patience, report.key) as line:
            for count, alarm in enumerate(report.alarms):
                if count:
                    await asyncio.sleep(report.every)
                is_taken = False
                async for what, detail in self._send(line, alarm, report.key):
                    is_taken = what == "ACK"
                    yield {"at": round(_now() - began_at, 2), "what": what, "detail": detail}
                failed += not is_taken
        if failed:
            raise ControlError(f"{failed} of {len(report.alarms)} signals were not taken")

    async def _send(
        self, line: PanelLine, alarm: PanelAlarm, key: bytes | None
    ) -> AsyncGenerator[tuple[str, str]]:
        """Send one signal until it is acknowledged or refused, or as often as a panel does."""
        self._sequence = self._sequence % HIGHEST_SEQUENCE + 1
        sequence = self._sequence
        for turn in range(1, TRIES + 1):
            clock = datetime.now(UTC) + self._clocks.get(alarm.account, timedelta())
            again = f", try {turn} of {TRIES}" if turn > 1 else ""
            said = f"#{alarm.account} {alarm.data}{', encrypted' if key else ''}{again}"
            yield "sent", said
            reply = await line.ask(frame_of(alarm, sequence, clock, key), sequence)
            if reply is None:
                yield "nothing came back", ""
            elif reply.token == "NAK":  # noqa: S105 - no secret: the receiver's answer
                yield "NAK", self._set_clock(alarm.account, reply.its_time)
            else:
                yield reply.token, "" if reply.is_readable else "which our key does not open"
                return

    def _set_clock(self, account: str, its_time: datetime | None) -> str:
        """Take the receiver's time, as a panel does that is told NAK."""
        if its_time is None:
            return "without the time"
        self._clocks[account] = its_time - datetime.now(UTC)
        return f"our clock is wrong, there it is {its_time:%H:%M:%S} UTC: set"

    def _receiver(self, transport: str) -> Endpoint:
        found = [r for r in self._receivers.dc09 if transport in ("any", r.transport)]
        if not found:
            raise ControlError(
                "the engine has no such DC-09 receiver in its settings ([alarms] dc09);"
                " there is also --via http"
            )
        [receiver, *_] = found
        if receiver.host in ("0.0.0.0", "::"):  # noqa: S104 - where it listens, not we
            return receiver._replace(host="127.0.0.1" if receiver.host == "0.0.0.0" else "::1")  # noqa: S104
        return receiver

    # ------------------------------------------------------------ HTTP

    async def _by_http(self, report: _Report) -> AsyncGenerator[Message]:
        if not self._receivers.api or not self._receivers.token:
            raise ControlError("an address and a token with the scope alarms:write are needed")
        began_at, failed = _now(), 0
        headers = {"Authorization": f"Bearer {self._receivers.token}"}
        patience = aiohttp.ClientTimeout(total=report.patience)
        async with aiohttp.ClientSession(
            self._receivers.api, headers=headers, timeout=patience
        ) as session:
            for count, alarm in enumerate(report.alarms):
                if count:
                    await asyncio.sleep(report.every)
                is_taken = False
                async for what, detail in _post(session, _body(alarm, report)):
                    is_taken = what in ("201", "200")
                    yield {"at": round(_now() - began_at, 2), "what": what, "detail": detail}
                failed += not is_taken
        if failed:
            raise ControlError(f"{failed} of {len(report.alarms)} signals were not taken")

    # ------------------------------------------------------------ what is asked

    def _read(self, request: Message) -> _Report:
        site, account = _text(request, "site"), _text(request, "account").upper()
        if site and not account:
            account = self._account_of(site)
        if not _ACCOUNT.fullmatch(account):
            raise ControlError("a site, or an account of 1 to 16 digits or letters, is needed")
        via, transport = _text(request, "via") or "dc09", _text(request, "transport") or "any"
        if via not in ("dc09", "http") or transport not in ("any", "tcp", "udp"):
            raise ControlError("a panel reports via dc09 (any, tcp or udp), or via http")
        zones = request.get("zones") or ["1"]
        if not isinstance(zones, list) or not all(isinstance(zone, str) for zone in zones):
            raise ControlError("zones: texts are wanted")
        kind, count = _text(request, "kind"), request.get("count", 1)
        if not isinstance(count, int) or not 1 <= count * len(zones) <= MOST:
            raise ControlError(f"from 1 to {MOST} signals can be sent at once")
        code, is_restore = _code(request, kind, is_http=via == "http")
        alarm = PanelAlarm(
            account=account, code=code, is_restore=is_restore, text=_text(request, "text")
        )
        alarms = tuple(replace(alarm, zone=zone) for _ in range(count) for zone in zones)
        key = _text(request, "key")
        return _Report(
            alarms=alarms,
            site=site,
            kind="" if code else kind,
            is_http=via == "http",
            transport=transport,
            key=crypto.key_of(key) if key else None,
            every=_seconds(request, "every", 0.0, 0.0, 3600.0),
            patience=_seconds(request, "patience", PATIENCE, 0.1, 20.0),
            shown=self._shown(alarms, kind or code, is_restore=is_restore, via=via),
        )

    def _account_of(self, site: str) -> str:
        accounts = self._people.accounts
        if site not in accounts:
            raise ControlError(f"no site {site!r} with a panel; there are {_listed(accounts)}")
        return accounts[site]

    def _shown(
        self, alarms: Sequence[PanelAlarm], what: str, *, is_restore: bool, via: str
    ) -> str:
        account = alarms[0].account
        sites = {number: site for site, number in self._people.accounts.items()}
        site = sites.get(account)
        where = f"The panel of {self._people.sites[site]}" if site else "A panel"
        zones = dict.fromkeys(alarm.zone for alarm in alarms)
        restored = ", back to normal" if is_restore else ""
        times = f", {len(alarms)} signals" if len(alarms) > 1 else ""
        how = "a program over HTTP" if via == "http" else "SIA DC-09"
        return (
            f"{where} (account {account}) reports by {how}:"
            f" {what}{restored}, zone {' '.join(zones)}{times}"
        )


async def _post(
    session: aiohttp.ClientSession, body: dict[str, Any]
) -> AsyncGenerator[tuple[str, str]]:
    """Hand in one alarm, with the same key until somebody says what became of it."""
    for turn in range(1, TRIES + 1):
        yield "sent", f"idempotency key {body['idempotency_key']}" if turn == 1 else "again"
        try:
            async with session.post("/api/v1/alarms", json=body) as response:
                said = await response.json(content_type=None)
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            yield "nothing came back", ""
            await asyncio.sleep(1.0)
            continue
        if status < 300:
            yield str(status), f"case {said['incident_id']}, line {said['seq']} of the log"
            return
        yield str(status), _problem(said)
        if status < 500:
            return
        await asyncio.sleep(1.0)


def _body(alarm: PanelAlarm, report: _Report) -> dict[str, Any]:
    body: dict[str, Any] = {
        "idempotency_key": secrets.token_hex(8),
        "zone": alarm.zone,
        "restore": alarm.is_restore,
        "text": alarm.text,
    }
    body |= {"site": report.site} if report.site else {"account": alarm.account}
    if report.kind:
        return body | {"kind": report.kind}
    return body | {"code": alarm.code, "code_format": "sia" if alarm.is_sia else "contact_id"}


def _problem(said: Any) -> str:
    if not isinstance(said, dict):
        return ""
    errors = said.get("errors") or ()
    each = [f"{error.get('parameter')}: {error.get('detail')}" for error in errors]
    return "; ".join([str(said.get("detail") or said.get("title") or ""), *each])


def _code(request: Message, kind: str, *, is_http: bool) -> tuple[str, bool]:
    """Return the code to send, none when HTTP names the kind; and whether it is a restore."""
    code, is_restore = _text(request, "code").upper(), bool(request.get("restore"))
    is_sia = request.get("format") == "sia"
    if bool(code) == bool(kind):
        raise ControlError("either a kind or a code says what happened")
    if code and not _CODE.fullmatch(code):
        raise ControlError("a code is three digits (Contact ID) or two letters (SIA)")
    if kind and is_http:
        return "", is_restore
    if not code:
        return code_of(kind, is_sia=is_sia, is_restore=is_restore), is_restore
    # SIA has a code of its own for the end of each alarm; HTTP says it beside the code.
    is_turned = is_restore and not is_http and not code.isdigit()
    return (restore_of(code) if is_turned else code), is_restore


def _text(request: Message, name: str) -> str:
    text = request.get(name) or ""
    if not isinstance(text, str) or len(text) > 200 or not text.isprintable():
        raise ControlError(f"{name}: a text of one line is wanted")
    if _NOT_IN_A_FRAME & set(text):
        raise ControlError(f"{name}: a panel cannot send any of [ ] |")
    return text.strip()


def _seconds(request: Message, name: str, default: float, least: float, most: float) -> float:
    seconds = request.get(name, default)
    if not isinstance(seconds, int | float) or not least <= seconds <= most:
        raise ControlError(f"{name}: from {least:g} to {most:g} seconds")
    return float(seconds)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _now() -> float:
    return asyncio.get_running_loop().time()
