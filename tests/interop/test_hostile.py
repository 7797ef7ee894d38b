"""Whoever can reach the ports, with bad intent, against the running engine.

Most of it is raw octets from this process: from the trunk's own address, and from strangers
elsewhere in 127/8. That the engine has digested something is proved by the answer to a
question put to it afterwards, never by waiting.
"""

import asyncio
import contextlib
import io
import itertools
import json
import re
import socket
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from securityline.simulation.phone_call import CallState
from sip.digest import digest, make_ha1, make_response
from tests.interop.desk import signed_in
from tests.interop.engine import DOMAIN, Lab
from tests.interop.peers import PATIENCE
from tests.interop.people import EMPLOYEE, PATIENT, PROMPT, Log, at_the_desk, telephone
from tests.shared import shared
from tests.torture.mutations import mutated

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

GROWTH = 64 * 1024  # KiB
_numbers = itertools.count(1)


class Wire:
    """A UDP socket that says what the test wants and keeps what it is told."""

    def __init__(self, lab, host="127.0.0.1", port=0):
        self._loop = asyncio.get_running_loop()
        self.engine = ("127.0.0.1", lab.sip_port)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind((host, port))
        self.sock.setblocking(False)
        self.host, self.port = self.sock.getsockname()

    def __del__(self) -> None:
        """Close the socket of a test that failed before it could."""
        if not self.sock._closed:
            self.sock.close()

    def send(self, data):
        with contextlib.suppress(BlockingIOError):
            self.sock.sendto(data, self.engine)

    def inbox(self):
        """Return what lies there now."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self.sock.recv(65535))
        return found

    async def answer(self, call_id, *statuses, cseq=""):
        """Wait for an answer to this Call-ID with one of these statuses."""
        async with asyncio.timeout(PATIENCE):
            while True:
                data = await self._loop.sock_recv(self.sock, 65535)
                text = data.decode("utf-8", "replace")
                found = re.match(r"SIP/2\.0 (\d+)", text)
                is_it = found and f"Call-ID: {call_id}" in text and cseq in text
                if is_it and (not statuses or int(found[1]) in statuses):
                    return text

    def request(self, method, call_id, *, uri=None, more=(), body=b"", cseq=1, to_tag="",
                via=None, from_tag="f", sender=EMPLOYEE, to="+3225550100"):  # fmt: skip
        """Write a request as a carrier would."""
        where = f"{self.engine[0]}:{self.engine[1]}"
        via = via or f"SIP/2.0/UDP {self.host}:{self.port};rport"
        lines = [
            f"{method} {uri or f'sip:{to}@{where}'} SIP/2.0",
            f"Via: {via};branch=z9hG4bKh{next(_numbers)}",
            "Max-Forwards: 70",
            f"From: <sip:{sender}@trunk.example>;tag={from_tag}",
            f"To: <sip:{to}@{where}>" + (f";tag={to_tag}" if to_tag else ""),
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:x@{self.host}:{self.port}>",
            *more,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body

    async def ask(self):
        """Put a question of the trunk's; its answer proves that all before was digested."""
        call_id = f"ask-{next(_numbers)}"
        self.send(self.request("OPTIONS", call_id))
        return await self.answer(call_id, 200)


def sdp(port=40000):
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n"
    ).encode()


def to_tag(answer):
    return re.search(r"^To:.*;tag=([^;\r\n]+)", answer, re.MULTILINE)[1]


def resident(engine):
    """Return the engine's memory in KiB."""
    text = Path(f"/proc/{engine.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1])


def is_calm(engine):
    """Say whether the engine lives and never stumbled over its own code."""
    bad = [x for x in engine.lines if "Traceback" in x or "defect of ours" in x]
    assert not bad, bad[0][:3000]
    assert engine.process.returncode is None, engine.story("died")
    return True


def is_bare(answer):
    """Whether an answer tells a stranger nothing but that he should say who he is."""
    text = answer.decode("utf-8", "replace")
    status = int(re.match(r"SIP/2\.0 (\d+)", text)[1])
    tells = re.search(r"^(Server|User-Agent|Allow|Supported|Contact):", text, re.M | re.I)
    return status in (100, 401) and not tells


@contextlib.asynccontextmanager
async def world(folder):
    lab = Lab(folder)
    lab.prepare()
    async with lab.running() as engine, lab.api() as api, Log.following(api) as log:
        trunk = Wire(lab, port=lab.trunk_port)
        try:
            yield lab, engine, log, trunk
        finally:
            trunk.sock.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory):
    async with world(tmp_path_factory.mktemp("hostile")) as place:
        yield place


async def calls(lab):
    async with lab.api() as api:
        found = await api.get("/api/v1/calls?state=active")
    return found if isinstance(found, list) else found["calls"]


async def ring(wire, call_id, **fields):
    """Call, and wait until it rings; give the INVITE and the To tag."""
    invite = wire.request("INVITE", call_id, body=sdp(), **fields)
    wire.send(invite)
    return invite, to_tag(await wire.answer(call_id, 180))


async def give_up(wire, call_id):
    """End a call that nobody took: with nobody there it is answered by the calm message."""
    tag = to_tag(await wire.answer(call_id, 200, cseq="CSeq: 1 INVITE"))
    wire.send(wire.request("ACK", call_id, to_tag=tag))
    wire.send(wire.request("BYE", call_id, to_tag=tag, cseq=2))
    await wire.answer(call_id, 200, cseq="CSeq: 2 BYE")


def cancel_of(wire, invite, call_id):
    """Write the CANCEL that belongs to an INVITE."""
    branch = re.search(rb"branch=([^;\r\n]+)", invite)[0]
    return re.sub(rb"branch=[^;\r\n]+", branch, wire.request("CANCEL", call_id))


# ---------------------------------------------------------------- who may not


async def test_forged_bye_and_cancel_end_no_call(place):
    lab, engine, log, trunk = place
    mark = log.mark
    async with telephone(lab, "201", PROMPT), at_the_desk(lab, log, "op-1"):
        trunk.send(trunk.request("INVITE", "live", body=sdp()))
        tag = to_tag(await trunk.answer("live", 200))
        trunk.send(trunk.request("ACK", "live", to_tag=tag))
        await log.until("OperatorAnswered", after=mark)
        stranger = Wire(lab, "127.0.0.2")
        for wire in (trunk, stranger):
            for theirs, ours in (("f", "wrong"), ("wrong", tag), ("wrong", "wrong"), ("f", "")):
                for method, cseq in (("BYE", 2), ("CANCEL", 1), ("BYE", 1)):
                    wire.send(
                        wire.request(
                            method, "live", to_tag=ours, from_tag=theirs, cseq=cseq
                        )
                    )  # fmt: skip
        stranger.send(stranger.request("BYE", "live", to_tag=tag, cseq=2))
        stranger.send(stranger.request("CANCEL", "live", cseq=1))
        await trunk.ask()
        [call] = await calls(lab)
        assert call["state"] == "talking"
        assert not log.said("LegEnded", after=mark)
        assert all(is_bare(data) for data in stranger.inbox())
        stranger.sock.close()
        trunk.send(trunk.request("BYE", "live", to_tag=tag, cseq=9))
        await trunk.answer("live", 200, cseq="9 BYE")
        await log.until("CallEnded", after=mark, ended_by="caller")
    assert is_calm(engine)


async def test_a_cancel_of_a_stranger_does_not_stop_the_ringing(place):
    lab, engine, log, trunk = place
    mark = log.mark
    async with telephone(lab, "201", PATIENT) as phone, at_the_desk(lab, log, "op-1"):
        invite, _ = await ring(trunk, "rings")
        async with asyncio.timeout(PATIENCE):
            ringing = await phone.until_called()
        stranger = Wire(lab, "127.0.0.2")
        stranger.send(cancel_of(stranger, invite, "rings"))
        stranger.send(stranger.request("CANCEL", "rings"))
        await trunk.ask()
        assert not stranger.inbox()
        stranger.sock.close()
        assert ringing.state is CallState.RINGING
        assert not log.said("CallAbandoned", after=mark)
        trunk.send(cancel_of(trunk, invite, "rings"))
        await trunk.answer("rings", 487)
        await log.until("CallAbandoned", after=mark)
    assert is_calm(engine)


async def test_a_replayed_digest_is_refused_from_anywhere(place):
    lab, engine, log, _ = place
    phone, thief = Wire(lab, "127.0.0.4"), Wire(lab, "127.0.0.5")
    phone.send(phone.request("REGISTER", "reg", to="202", sender="202", uri=f"sip:{DOMAIN}"))
    challenge = await phone.answer("reg", 401)
    nonce = re.search(r'nonce="([^"]+)", algorithm=MD5', challenge)[1]
    uri, counted = f"sip:{DOMAIN}", ("00000001", "c", "auth")
    ha1 = make_ha1("MD5", "202", DOMAIN, lab.secrets["202"])
    response = make_response("MD5", ha1, digest("MD5", f"REGISTER:{uri}"), nonce, counted)
    authorization = (
        f'Authorization: Digest username="202", realm="{DOMAIN}", nonce="{nonce}", uri="{uri}",'
        f' response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"'
    )

    def register(wire, call_id, expires, cseq=2):
        return wire.request(
            "REGISTER", call_id, to="202", sender="202", uri=uri, cseq=cseq,
            more=(authorization, f"Expires: {expires}"),
        )  # fmt: skip

    mark = log.mark
    phone.send(register(phone, "reg", 300))
    await phone.answer("reg", 200)
    await log.until("StationUp", after=mark, operator="op-2")
    phone.send(register(phone, "again", 0, cseq=3))
    await phone.answer("again", 401)
    thief.send(register(thief, "theft", 0))
    await thief.answer("theft", 401)
    lost = [one["data"]["operator"] for one in log.said("StationDown", after=mark)]
    assert "op-2" not in lost
    phone.sock.close()
    thief.sock.close()
    assert is_calm(engine)


async def test_a_smuggled_identity_is_not_believed(place):
    lab, engine, log, trunk = place
    for number, name in enumerate(
        ("P-Asserted-Identity\x01", "P-Asserted-Identity\x0b", "X:1\rP-Asserted-Identity",
         "\x00P-Asserted-Identity", "P-Asserted\x7f-Identity",
         "Subject: a\nP-Asserted-Identity")
    ):  # fmt: skip
        call_id, mark = f"smuggle-{number}", log.mark
        invite = trunk.request(
            "INVITE",
            call_id,
            body=sdp(),
            sender="+32470111222",
            more=(f"{name}: <sip:{EMPLOYEE}@t>",),
        )
        trunk.send(invite)
        answer = await trunk.answer(call_id, 180, 400)
        offered = await log.until("CallOffered", after=mark)  # a case, even when refused
        # A bare line feed ends a line for many parsers, so that one may be a real header.
        if "\n" not in name:
            assert offered["data"]["caller"] == "+32470111222", name
        if " 180 " in answer:
            await give_up(trunk, call_id)
        await log.until("CallAbandoned", after=mark)
    stranger = Wire(lab, "127.0.0.2")
    mark = log.mark
    stranger.send(
        stranger.request(
            "INVITE", "s", body=sdp(), more=(f"P-Asserted-Identity: <sip:{EMPLOYEE}@t>",)
        )
    )
    await stranger.answer("s", 401)
    stranger.sock.close()
    await trunk.ask()
    assert not log.said("CallOffered", after=mark)
    assert is_calm(engine)


async def test_nothing_is_reflected_to_a_victim(place):
    lab, engine, _, trunk = place
    victim, stranger = Wire(lab, "127.0.0.9"), Wire(lab, "127.0.0.3")
    where = f"{victim.host}:{victim.port}"
    vias = (
        f"SIP/2.0/UDP {where}",
        f"SIP/2.0/UDP {where};rport",
        f"SIP/2.0/UDP {where};rport={victim.port};received={victim.host}",
        f"SIP/2.0/UDP 127.0.0.3:{stranger.port};maddr={victim.host};rport",
        f"SIP/2.0/UDP 127.0.0.3:{victim.port};maddr={victim.host};ttl=1",
    )
    routes = ((), (f"Route: <sip:{where};lr>",), (f"Record-Route: <sip:{where};lr>",))
    for wire in (stranger, trunk):
        for via, more in itertools.product(vias, routes):
            for method in ("INVITE", "REGISTER", "OPTIONS", "BYE", "MESSAGE"):
                wire.send(
                    wire.request(method, f"reflect-{next(_numbers)}", via=via, more=more,
                                 to="" if method == "INVITE" else "+3225550100")
                )  # fmt: skip
        await trunk.ask()
    for data in stranger.inbox():
        assert is_bare(data)
    assert not victim.inbox()
    victim.sock.close()
    stranger.sock.close()
    assert is_calm(engine)


async def test_a_flood_of_one_stranger_keeps_no_carrier_waiting(place):
    lab, engine, log, trunk = place
    before, stranger = resident(engine), Wire(lab, "127.0.0.6")
    flooding = asyncio.Event()

    async def flood():
        sizes = 0
        for round_ in range(60):
            for number in range(40):
                for method in ("OPTIONS", "REGISTER", "INVITE"):
                    data = stranger.request(
                        method,
                        f"flood-{round_}-{number}-{method}",
                        body=sdp(),
                        sender="+32470666666",
                    )
                    sizes += len(data)
                    stranger.send(data)
            flooding.set()
            await asyncio.sleep(0)
        return sizes

    task, mark = asyncio.create_task(flood()), log.mark
    await flooding.wait()
    for number in range(5):
        await ring(trunk, f"through-{number}", sender="+32470777777")
        await give_up(trunk, f"through-{number}")
    sent = await task
    await trunk.ask()
    answers = stranger.inbox()
    assert all(is_bare(data) for data in answers)
    assert sum(map(len, answers)) < sent / 3
    callers = [one["data"]["caller"] for one in log.said("CallOffered", after=mark)]
    assert callers.count("+32470777777") == 5
    assert "+32470666666" not in callers
    assert resident(engine) - before < GROWTH
    stranger.sock.close()
    assert is_calm(engine)


HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "\u202egnp.exe\u2066",
    "{{7*7}}${7*7}<%=7%>",
    "=cmd|' /C calc'!A0",
    "N" * 10_000,
)


async def test_hostile_names_are_text_on_the_desk(place):
    lab, engine, log, trunk = place
    refused = []
    async with signed_in(lab, "op-1", is_ready=False) as desk:
        for number, name in enumerate(HOSTILE_NAMES):
            call_id, mark = f"name-{number}", log.mark
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            invite = trunk.request("INVITE", call_id, body=sdp(), sender="anonymous").decode()
            hostile = invite.replace("From: <", f'From: "{quoted}" <').replace(
                f"Call-ID: {call_id}\r\n",
                f"Call-ID: {call_id}\r\nUser-Agent: {name}\r\nSubject: {name}\r\n",
            )  # fmt: skip
            trunk.send(hostile.encode())
            answer = await trunk.answer(call_id, 180, 400, 413, 431, 513)
            if " 180 " not in answer:
                refused.append(name)
                await log.until("CallAbandoned", after=mark)
                continue
            offered = await log.until("CallOffered", after=mark)
            assert len(offered["data"]["display_name"]) <= 1000
            await desk.press("show", incident=offered["incident_id"])
            await desk.fragment(offered["incident_id"])
            await give_up(trunk, call_id)
            await log.until("CallAbandoned", after=mark)
        assert refused in ([], ["N" * 10_000]), refused
        html = "".join(
            part["html"] for message in desk.messages for part in message.get("fragments", ())
        )
        for mark_up in ("<script>alert", "<img src=x", "onerror=alert(1)>'"):
            assert mark_up not in html
        assert "\u202e" not in html
    async with lab.api() as api, api.session.get("/api/v1/calls") as response:
        assert response.content_type == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        json.loads(await response.text())
    assert is_calm(engine)


# ---------------------------------------------------------------- TCP


async def connect(lab, host="127.0.0.7"):
    return await asyncio.open_connection("127.0.0.1", lab.sip_port, local_addr=(host, 0))


def over_tcp(wire, call_id, **fields):
    via = fields.pop("via", f"SIP/2.0/TCP {wire.host}:{wire.port};rport")
    return wire.request("INVITE", call_id, via=via, **fields)


async def read_answer(reader):
    async with asyncio.timeout(PATIENCE):
        return await reader.readuntil(b"\r\n\r\n")


async def test_tcp_byte_by_byte_and_pipelined(place):
    lab, engine, _, trunk = place
    reader, writer = await connect(lab)
    for octet in over_tcp(trunk, "slow-octets", body=sdp()):
        writer.write(bytes((octet,)))
        await writer.drain()
    assert is_bare(await read_answer(reader))
    writer.write(b"".join(over_tcp(trunk, f"pipe-{n}") for n in range(8)))
    answers = [await read_answer(reader) for _ in range(8)]
    assert all(b" 401 " in answer for answer in answers)
    assert all(f"pipe-{n}".encode() in b"".join(answers) for n in range(8))
    writer.close()
    assert is_calm(engine)


@pytest.mark.parametrize(
    "length",
    ["Content-Length: 4294967296", "Content-Length: -1", "Content-Length: 99999999999999999999",
     "Content-Length: 5\r\nContent-Length: 300", "Content-Length: 0x10",
     "Content-Length: 10485760"],
)  # fmt: skip
async def test_tcp_lies_about_length_smuggle_nothing(place, length):
    lab, engine, log, trunk = place
    before, mark = resident(engine), log.mark
    reader, writer = await connect(lab, "127.0.0.8")
    inner = over_tcp(trunk, "smuggled-inside")
    outer = over_tcp(trunk, "outer").replace(b"Content-Length: 0", length.encode())
    with contextlib.suppress(ConnectionError):
        writer.write(outer + inner)
        for _ in range(20):
            writer.write(b"x" * 65536)
            await writer.drain()
    heard = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE):
            heard = await reader.read()  # to the end: the engine closes it
    assert b"smuggled-inside" not in heard
    writer.close()
    await trunk.ask()
    assert resident(engine) - before < GROWTH
    assert not log.said("CallOffered", after=mark)
    assert is_calm(engine)


async def test_slow_and_idle_connections_keep_nobody_out(place):
    lab, engine, _, trunk = place
    opened = []
    for number in range(150):
        reader, writer = await connect(lab, f"127.0.1.{number % 3 + 1}")
        if number % 3:
            writer.write(b"INVITE sip:a@b SIP/2.0\r\nVia: ")
        opened.append((reader, writer))
    reader, writer = await connect(lab, "127.0.0.11")
    writer.write(over_tcp(trunk, "not-kept-out"))
    assert b" 401 " in await read_answer(reader)
    for _, each in [*opened, (reader, writer)]:
        each.close()
    await trunk.ask()
    assert is_calm(engine)


# ---------------------------------------------------------------- HTTP


async def test_http_refusals_are_problem_documents(place):
    lab, engine, _, _ = place
    good = {"Authorization": f"Bearer {lab.token}"}
    asked = [
        ("GET", "/api/v1/calls", {}, None, 401),
        ("GET", "/api/v1/calls", {"Authorization": "Bearer nonsense"}, None, 401),
        ("POST", "/api/v1/alarms", good, b"{}", 403),
        ("GET", "/api/v1/incidents/none", good, None, 404),
        ("GET", "/api/v1/recordings/..%2f..%2fsip.key", good, None, 404),
        ("GET", "/api/v1/nothing", good, None, 404),
        ("GET", "/api/v1/calls?state=odd", good, None, 422),
        ("GET", "/api/v1/calls?limit=-1", good, None, 422),
        ("GET", "/api/v1/events", {**good, "Last-Event-ID": "x"}, None, 400),
        ("POST", "/sign-in",
         {"Origin": lab.desk, "Content-Type": "application/x-www-form-urlencoded"},
         io.BytesIO(b"a=" + b"b" * (4 << 20)), 413),
        ("POST", "/sign-in", {"Origin": "http://evil.example"}, b"", 403),
    ]  # fmt: skip
    async with aiohttp.ClientSession(lab.desk) as session:
        for method, path, headers, body, status in asked:
            async with session.request(method, path, headers=headers, data=body) as response:
                assert response.status == status, (path, await response.text())
                assert response.content_type == "application/problem+json", path
                problem = await response.json(content_type=None)
                assert problem["status"] == status
                assert problem["title"]
    assert is_calm(engine)


# ---------------------------------------------------------------- the catalogue


def catalogue():
    """Give the messages of RFC 4475 and RFC 5118, wherever they are."""
    files = sorted(shared("torture/rfc4475").iterdir())
    files += sorted(x for x in shared("torture/rfc5118").iterdir() if x.is_file())
    return [file.read_bytes() for file in files if file.is_file()]


async def test_the_catalogue_and_thousands_of_bent_messages(tmp_path):
    messages = catalogue()
    async with world(tmp_path) as (lab, engine, _, trunk):
        strangers = [Wire(lab, f"127.0.2.{number}") for number in range(1, 41)]
        for message, stranger in zip(messages, itertools.cycle(strangers), strict=False):
            stranger.send(message)
            trunk.send(message)
            await trunk.ask()
        for number, message in enumerate(mutated(300, seed=4475)):
            strangers[number % 40].send(message)
        await trunk.ask()
        before = resident(engine)
        for number, message in enumerate(mutated(4000, seed=5118)):
            strangers[number % 40].send(message)
            if number % 8 == 0:
                trunk.send(message)
            if number % 50 == 0:
                await trunk.ask()
        await trunk.ask()
        told = [data for stranger in strangers for data in stranger.inbox()]
        assert told, "some of them are good enough for a challenge"
        # No detail, whatever was wrong: a challenge, and no name, no product, no contact.
        for data in told:
            assert re.match(rb"SIP/2\.0 401 ", data), data
            assert not re.search(rb"(?im)^(Server|User-Agent|Contact|Allow):", data), data
        assert resident(engine) - before < GROWTH
        assert is_calm(engine)
        async with lab.api() as api:
            assert (await api.get("/healthz"))["status"] == "alive"
        for stranger in strangers:
            stranger.sock.close()
