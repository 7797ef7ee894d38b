"""The product put together: who is who, and whether calls can be taken."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callflows.commands import RingOperator, SignalRinging
from callflows.events import CallId, IncidentId, LegId, OperatorId
from securityline.auditor import Finding
from securityline.config import load_config
from securityline.product import Product
from sip.endpoint import STRANGER, Endpoint, Peer
from sip.probe import ReachabilityChanged

SETTINGS = """
[sip]
listen = ["udp:127.0.0.1:5060"]
domain = "securityline.test"
advertised_host = "192.0.2.1"

[[trunks]]
name = "carrier-a"
peers = ["192.0.2.7:5060", "192.0.2.1:5060"]
outbound = "sip:192.0.2.7:5060;transport=udp"

[[trunks]]
name = "carrier-b"
peers = ["198.51.100.7"]
outbound = "sip:198.51.100.7:5060;transport=udp"

[media]
address = "127.0.0.1"

[web]
listen = "127.0.0.1:8080"

[logbook]
ballast = 65536
"""


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Product]:
    (tmp_path / "engine.toml").write_text(SETTINGS)
    (tmp_path / "directory" / "organisations").mkdir(parents=True)  # empty, and in order
    product = Product(load_config(tmp_path / "engine.toml", {}))
    product.logbook.start()
    try:
        yield product
    finally:
        await product.logbook.stop()
        product.accounts.close()


def who(product: Product, source: Endpoint) -> Peer:
    return product.ua._core.peer_at(source, product.clock())


async def test_a_carrier_that_switches_to_tcp_is_known_by_its_host(product: Product) -> None:
    assert who(product, Endpoint("udp", "192.0.2.7", 5060)) == Peer("trunk", "carrier-a")
    assert who(product, Endpoint("udp", "192.0.2.7", 49_152)) == STRANGER
    assert who(product, Endpoint("tcp", "192.0.2.7", 49_152)) == Peer("trunk", "carrier-a")
    assert product.sources.is_known(Endpoint("tcp", "192.0.2.7", 49_152))


async def test_a_connection_from_our_own_address_is_nobody_s(product: Product) -> None:
    assert who(product, Endpoint("tcp", "192.0.2.1", 49_152)) == STRANGER
    assert not product.sources.is_known(Endpoint("tcp", "192.0.2.1", 49_152))


async def test_a_phone_that_registered_over_its_connection_is_that_phone(
    product: Product,
) -> None:
    phone, now = Endpoint("tcp", "192.0.2.7", 41_000), product.clock()
    binding = {
        "user": "201", "contact": "sip:201@192.0.2.7:41000", "source": list(phone), "q": 1.0,
        "expires_at": now + 60, "updated_at": now, "call_id": "r", "cseq": 1,
        "instance": "", "user_agent": "",
    }  # fmt: skip
    product.registrar.adopt([binding], now)
    assert who(product, phone) == Peer("phone", "201")
    assert who(product, phone._replace(port=41_001)) == Peer("trunk", "carrier-a")


def probe(product: Product, name: str, *, is_up: bool) -> None:
    """Let the probes of a carrier have found this."""
    [trunk] = [each for each in product.trunks.trunks if each.name == name]
    change = ReachabilityChanged(f"trunk|{name}|x", trunk.outbound[0], is_up=is_up)
    product.telephony.stations._settle_trunk(name, change)


async def test_a_case_that_stands_still_leaves_us_ready_and_is_told(product: Product) -> None:
    reasons = product.readiness.reasons()
    auditor = product.vigilance.auditor
    auditor._found["attention", "a"] = Finding("attention", "a", IncidentId("a"), 1.0, "nobody")
    product.vigilance._auditing = asyncio.create_task(asyncio.sleep(0))
    assert product.readiness.reasons() == reasons, "a balancer must not take us away for it"
    assert "should have moved and did not: attention (1)" in product.readiness.degraded()


async def test_one_carrier_of_two_that_is_silent_leaves_us_ready_and_is_named(
    product: Product,
) -> None:
    probe(product, "carrier-b", is_up=False)
    reasons = product.readiness.reasons()
    assert product.readiness.degraded() == ["trunk carrier-b does not answer"]
    assert not any("trunk" in reason for reason in reasons)
    probe(product, "carrier-a", is_up=False)
    assert product.readiness.degraded() == []
    both = [f"trunk carrier-{name} does not answer" for name in "ba"]
    assert product.readiness.reasons() == reasons + both
    probe(product, "carrier-b", is_up=True)
    assert product.readiness.degraded() == ["trunk carrier-a does not answer"]
    assert product.readiness.reasons() == reasons


async def test_a_caller_hears_ringing_before_any_phone_is_rung_or_card_is_drawn(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(product.telephony, "execute", lambda c: done.append(type(c).__name__))
    monkeypatch.setattr(product.shell, "pump", lambda: done.append("sent"))
    case, leg = IncidentId("20261127-0001"), LegId("caller")
    product._execute(SignalRinging(incident_id=case, leg_id=leg))
    product._execute(
        RingOperator(
            incident_id=case,
            call_id=CallId("20261127-0001-c1"),
            leg_id=LegId("o1"),
            operator=OperatorId("op-1"),
            display_name="Postes",
            number=None,
        )
    )
    assert done == ["SignalRinging", "sent", "RingOperator"]
