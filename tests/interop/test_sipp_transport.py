"""SIPp against our sockets, user agent and registrar: UDP, one connection, many connections."""

from pathlib import Path

import pytest

from sip.endpoint import Peer
from sip.events import Registered
from tests.interop.peers import Program, run_sipp
from tests.securityline.exchange import running_exchange

pytestmark = pytest.mark.interop
SCENARIOS = Path(__file__).parent / "scenarios"


async def sipp(scenario, address, mode, folder, *arguments):
    """Run SIPp to its end; every call must have gone as the scenario says."""
    command = run_sipp(
        SCENARIOS / f"{scenario}.xml",
        "-i",
        "127.0.0.1",
        "-t",
        mode,
        "-max_socket",
        "1000",
        "-timeout",
        "50",
        "-timeout_error",
        *arguments,
        f"{address.host}:{address.port}",
        cwd=folder,
    )
    program = await Program.start("SIPp", command, cwd=folder)
    try:
        assert await program.ended() == 0, program.story("failed")
    finally:
        await program.stop()


@pytest.mark.parametrize(("transport", "mode"), [("udp", "u1"), ("tcp", "t1"), ("tcp", "tn")])
async def test_every_options_of_a_carrier_is_answered(transport, mode, tmp_path):
    def classify(_source):
        return Peer("trunk", "carrier")

    async with running_exchange(transport, classify=classify) as exchange:
        [address] = exchange.addresses
        await sipp("options", address, mode, tmp_path, "-m", "300", "-r", "200")


@pytest.mark.parametrize(("transport", "mode"), [("udp", "u1"), ("tcp", "t1")])
async def test_a_phone_of_sipp_registers(transport, mode, tmp_path):
    # SIPp gives up at the sight of SHA-256.
    async with running_exchange(transport, algorithms=("MD5",)) as exchange:
        [address] = exchange.addresses
        account = ("-key", "user", "201", "-au", "201", "-ap", "secret")
        await sipp("register", address, mode, tmp_path, "-m", "1", *account)
        assert isinstance(exchange.seen[0], Registered)
        assert exchange.seen[0].user == "201"
