"""Signed webhooks against a server of our own: what arrives, what comes back, where not to."""

import asyncio
import gzip
import json
import re
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callflows.commands import PerformAction
from callflows.events import IncidentId, OperatorId
from securityline.webhook import (
    ANSWER_KEPT,
    LARGEST_ANSWER,
    Webhook,
    Webhooks,
    body_of,
    is_reachable,
    sign,
)

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SECRET, OLD_SECRET = b"correct horse battery staple", b"the secret before this one"
NOW = 1_774_760_400
ORDER = PerformAction(
    incident_id=IncidentId("inc-1"),
    action_id="a1",
    idempotency_key="5f0c0d7c9c0e4b0d8b5a7f6f8a1f2c3d",
    tries=2,
    organisation="acme",
    action="gate",
    kind="barrier",
    operator=OperatorId("ann"),
    approved_by=OperatorId("bob"),
    reason="le chauffeur est à la grille",
    site="depot",
    parameters={"lane": "2"},
)


class FarEnd:
    """The client's system: keeps what came, answers what it is told to."""

    def __init__(self):
        self.requests = []
        self.answer = lambda request: web.Response(text="open")

    async def take(self, request):
        self.requests.append((request.headers.copy(), await request.read()))
        answer = self.answer(request)
        return await answer if asyncio.iscoroutine(answer) else answer


@asynccontextmanager
async def far_end(**more):
    """A far end, and webhooks that lead to it."""
    end = FarEnd()
    app = web.Application()
    app.router.add_post("/{path:.*}", end.take)
    async with TestServer(app, host="127.0.0.1") as server:
        hook = Webhook(url=str(server.make_url("/actions")), secrets=(SECRET, OLD_SECRET))
        webhooks = Webhooks(lambda *_: hook, wall=lambda: NOW + 0.9, **more)
        try:
            yield end, webhooks
        finally:
            await webhooks.close()


def documented():
    """The function that the page tells clients to use."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(code, names)
    return names["is_genuine"]


# ---------------------------------------------------------------- what arrives


async def test_what_arrives_is_what_the_page_says():
    async with far_end() as (end, webhooks):
        answered = await webhooks.perform(ORDER)
    assert (answered.outcome, answered.status, answered.answer) == ("done", 200, "open")
    assert (answered.incident_id, answered.action_id, answered.tries) == ("inc-1", "a1", 2)
    [(headers, body)] = end.requests
    assert json.loads(body) == {
        "action": "gate",
        "kind": "barrier",
        "organisation": "acme",
        "site": "depot",
        "parameters": {"lane": "2"},
        "reason": "le chauffeur est à la grille",
        "operator": "ann",
        "approved_by": "bob",
        "incident": "inc-1",
        "idempotency_key": ORDER.idempotency_key,
        "try": 2,
    }
    assert headers["Idempotency-Key"] == ORDER.idempotency_key
    assert headers["SecurityLine-Timestamp"] == str(NOW)
    assert headers["Content-Type"] == "application/json"
    for field in json.loads(body):
        assert f"`{field}`" in PAGE


async def test_whoever_has_either_secret_can_verify_it_as_the_page_says():
    async with far_end() as (end, webhooks):
        await webhooks.perform(ORDER)
    [(headers, body)] = end.requests
    is_genuine = documented()
    assert is_genuine(SECRET, headers, body, now=NOW + 299)
    assert is_genuine(OLD_SECRET, headers, body, now=NOW)
    assert not is_genuine(b"another secret altogether", headers, body, now=NOW)
    assert not is_genuine(SECRET, headers, body + b" ", now=NOW)
    assert not is_genuine(SECRET, headers, body, now=NOW + 302)
    moved = {**headers, "SecurityLine-Timestamp": str(NOW + 1)}
    assert not is_genuine(SECRET, moved, body, now=NOW)


def test_the_example_of_the_page():
    assert sign(SECRET, NOW, b'{"action":"gate"}') in PAGE
    assert sign(SECRET, NOW, b'{"action":"gate"}') != sign(SECRET, NOW, b'{"action":"door"}')


def test_a_body_is_the_same_whenever_it_is_made():
    assert body_of(ORDER) == body_of(ORDER)


# ---------------------------------------------------------------- what comes back


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "done"), (201, "done"), (202, "done"), (204, "done"),
        (301, "refused"), (304, "refused"), (307, "refused"), (308, "refused"),
        (400, "refused"), (401, "refused"), (403, "refused"), (404, "refused"),
        (410, "refused"), (422, "refused"),
        (408, "failed"), (409, "failed"), (425, "failed"), (429, "failed"),
        (500, "failed"), (502, "failed"), (503, "failed"), (599, "failed"),
    ],
)  # fmt: skip
async def test_the_status_decides(status, outcome):
    async with far_end() as (end, webhooks):
        end.answer = lambda request: web.Response(status=status)
        answered = await webhooks.perform(ORDER)
    assert (answered.outcome, answered.status) == (outcome, status)
    assert bool(answered.reason) is (outcome != "done")


async def test_a_redirection_is_not_followed():
    async with far_end() as (end, webhooks):
        end.answer = lambda request: web.Response(
            status=307, headers={"Location": "/elsewhere"}
        )
        answered = await webhooks.perform(ORDER)
    assert len(end.requests) == 1
    assert "not followed" in answered.reason


async def test_a_huge_answer_is_read_no_further_than_needed():
    sent = 0

    async def huge(request):
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(4_000):
                await response.write(b"x" * 16_384)
                sent += 16_384
        except OSError:
            pass
        return response

    async with far_end() as (end, webhooks):
        end.answer = huge
        answered = await webhooks.perform(ORDER)
    assert answered.answer == "x" * ANSWER_KEPT
    assert answered.outcome == "done"
    assert LARGEST_ANSWER < sent < 4_000 * 16_384


@pytest.mark.parametrize(
    "octets", [b"\x1f\x8bnot gzip at all", gzip.compress(b"bomb" * 9_999)], ids=["not", "bomb"]
)
async def test_a_compressed_answer_is_not_unpacked(octets):
    async with far_end() as (end, webhooks):
        end.answer = lambda request: web.Response(
            body=octets, headers={"Content-Encoding": "gzip"}
        )
        answered = await webhooks.perform(ORDER)
    assert answered.outcome == "done"
    assert "bombbomb" not in answered.answer
    assert answered.answer, "shown as it came"


@pytest.mark.parametrize("octets", [b"\xff\xfe\x00a\r\nb\x1b[31m", "é\u202e".encode()])
async def test_an_answer_in_the_log_is_one_printable_line(octets):
    async with far_end() as (end, webhooks):
        end.answer = lambda request: web.Response(body=octets)
        answered = await webhooks.perform(ORDER)
    assert answered.answer.isprintable()
    assert answered.answer


async def test_no_answer_in_time():
    released = asyncio.Event()

    async def slow(request):
        await released.wait()
        return web.Response()

    async with far_end(timeout=0.2) as (end, webhooks):
        end.answer = slow
        answered = await webhooks.perform(ORDER)
        released.set()
    assert (answered.outcome, answered.reason) == ("failed", "no answer in time")


async def test_a_body_that_never_ends_after_a_yes_is_a_yes():
    released = asyncio.Event()

    async def dripping(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"op")
        await released.wait()
        return response

    async with far_end(timeout=0.3) as (end, webhooks):
        end.answer = dripping
        answered = await webhooks.perform(ORDER)
        released.set()
    assert (answered.outcome, answered.answer) == ("done", "op")


async def test_nobody_listens(unused_tcp_port_factory):
    hook = Webhook(url=f"http://127.0.0.1:{unused_tcp_port_factory()}/", secrets=(SECRET,))
    webhooks = Webhooks(lambda *_: hook)
    answered = await webhooks.perform(ORDER)
    assert (answered.outcome, answered.reason) == ("failed", "no connection")
    await webhooks.close()


@pytest.mark.parametrize(
    "octets", [b"", b"HELLO\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000]
)
async def test_something_that_is_no_web_server(octets):
    async def talk(reader, writer):
        await reader.readuntil(b"}")
        writer.write(octets)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    webhooks = Webhooks(lambda *_: Webhook(url=f"http://127.0.0.1:{port}/", secrets=(SECRET,)))
    answered = await webhooks.perform(ORDER)
    assert (answered.outcome, answered.status) == ("failed", None)
    assert answered.reason
    await webhooks.close()
    server.close()
    await server.wait_closed()


async def test_an_action_without_a_webhook_is_refused():
    answered = await Webhooks(lambda *_: None).perform(ORDER)
    assert (answered.outcome, answered.status) == ("refused", None)
    assert "configured" in answered.reason


async def test_a_webhook_that_cannot_be_is_refused_and_says_why():
    webhooks = Webhooks(lambda *_: Webhook(url="http://example.com/", secrets=(SECRET,)))
    answered = await webhooks.perform(ORDER)
    assert (answered.outcome, answered.status) == ("refused", None)
    assert "expected https" in answered.reason


async def test_each_action_goes_to_its_own():
    asked = []
    webhooks = Webhooks(lambda organisation, action: asked.append((organisation, action)))
    await webhooks.perform(ORDER)
    assert asked == [("acme", "gate")]


# ---------------------------------------------------------------- where it may be sent


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https:///x", "example.com", "",
        "https://user:word@example.com/", "https://example.com/#part",
        "http://10.0.0.1/", "https://10.0.0.1/", "https://192.168.1.1/", "https://[fd00::1]/",
        "https://169.254.169.254/latest", "https://0.0.0.0/", "https://[::]/",
        "https://[::ffff:10.0.0.1]/", "https://[2002:a00:1::]/", "https://[64:ff9b::a00:1]/",
        "https://224.0.0.1/", "https://240.0.0.1/", "https://[::127.0.0.1]/",
        "https://192.0.2.1/", "http://localhost.example.com/",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_beforehand(url):
    with pytest.raises(ValueError, match=r"expected|no address"):
        Webhook(url=url, secrets=(SECRET,))


@pytest.mark.parametrize(
    ("url", "reach"),
    [
        ("https://example.com/x?y=z", "public"),
        ("https://8.8.8.8/", "public"),
        ("https://[2606:4700::1111]:8443/", "public"),
        ("http://127.0.0.1:8080/", "loopback"),
        ("http://127.8.9.1/", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://localhost/", "loopback"),
        ("https://localhost/", "loopback"),
    ],
)
def test_addresses_that_are_taken(url, reach):
    assert Webhook(url=url, secrets=(SECRET,)).reach == reach


def test_private_networks_are_reached_only_where_that_is_configured():
    for url in ("https://10.1.2.3/", "https://[fd00::1]/", "https://100.64.1.1/"):
        hook = Webhook(url=url, secrets=(SECRET,), is_private_allowed=True)
        assert hook.reach == "private"
    for url in ("https://169.254.169.254/", "https://0.0.0.0/", "http://10.1.2.3/"):
        with pytest.raises(ValueError, match=r"expected|no address"):
            Webhook(url=url, secrets=(SECRET,), is_private_allowed=True)


@pytest.mark.parametrize(
    ("address", "public", "private", "loopback"),
    [
        ("1.1.1.1", True, True, False),
        ("10.0.0.1", False, True, False),
        ("172.31.0.1", False, True, False),
        ("172.32.0.1", True, True, False),
        ("127.0.0.1", False, False, True),
        ("::ffff:127.0.0.1", False, False, True),
        ("::1", False, False, True),
        ("fe80::1", False, False, False),
        ("169.254.169.254", False, False, False),
        ("ff02::1", False, False, False),
        ("255.255.255.255", False, False, False),
    ],
)
def test_reach(address, public, private, loopback):
    address = ip_address(address)
    assert is_reachable(address, "public") is public
    assert is_reachable(address, "private") is private
    assert is_reachable(address, "loopback") is loopback


@pytest.mark.parametrize("is_private", [True, False])
async def test_a_name_that_leads_to_this_machine_is_not_called(monkeypatch, is_private):
    looked = []

    async def resolve(self, host, port=0, family=0):
        looked.append(host)
        return [
            {"hostname": host, "host": one, "port": port, "family": 2, "proto": 0, "flags": 0}
            for one in ("127.0.0.1", "169.254.169.254")
        ]

    monkeypatch.setattr("securityline.webhook.ThreadedResolver.resolve", resolve)
    async with far_end() as (end, _):
        url = "https://bent.example/"
        hook = Webhook(url=url, secrets=(SECRET,), is_private_allowed=is_private)
        webhooks = Webhooks(lambda *_: hook)
        answered = await webhooks.perform(ORDER)
        await webhooks.close()
    assert looked == ["bent.example"]
    assert (answered.outcome, answered.reason) == ("failed", "address not allowed")
    assert end.requests == []


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that nobody but its maker trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "far end")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "far_end.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(pem)
    )
    return path


@pytest.mark.parametrize(
    ("is_trusted", "outcome", "reason"),
    [(True, "done", ""), (False, "failed", "certificate not accepted")],
)
async def test_a_certificate_nobody_trusts_is_not_accepted(
    certificate, is_trusted, outcome, reason
):
    end, app = FarEnd(), web.Application()
    app.router.add_post("/{path:.*}", end.take)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate) if is_trusted else None
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(ssl=ours)
    try:
        hook = Webhook(url=f"https://127.0.0.1:{server.port}/", secrets=(SECRET,))
        webhooks = Webhooks(lambda *_: hook, tls=trusting)
        answered = await webhooks.perform(ORDER)
        await webhooks.close()
    finally:
        await server.close()
    assert (answered.outcome, answered.reason) == (outcome, reason)
    assert len(end.requests) == is_trusted


# ---------------------------------------------------------------- secrets


@pytest.mark.parametrize("secrets", [(), (b"",), (b"x" * 15,), (SECRET, b"short")])
def test_a_short_secret_is_refused_and_not_shown(secrets):
    with pytest.raises(ValueError, match="secret of less than 16") as raised:
        Webhook(url="https://example.com/", secrets=secrets)
    assert "short" not in str(raised.value)


def test_a_webhook_shows_neither_its_secret_nor_its_path():
    hook = Webhook(url="https://example.com/token-123", secrets=(SECRET,))
    assert repr(hook) == "Webhook(example.com)"
