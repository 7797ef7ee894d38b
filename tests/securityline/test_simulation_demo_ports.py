import socket
from dataclasses import replace
from pathlib import Path

import pytest

from securityline.simulation.demo_data import DemoData, prepare
from securityline.simulation.demo_ports import taken_ports
from tests.interop.peers import free_port


@pytest.fixture
def data(tmp_path: Path) -> DemoData:
    sip, trunk, web = free_port(), free_port(), free_port()
    dc09 = free_port()
    return prepare(
        tmp_path / "demo",
        {
            "SECURITYLINE_SIP_LISTEN": f"udp:127.0.0.1:{sip},tcp:127.0.0.1:{sip}",
            "SECURITYLINE_TRUNKS_0_PEERS": f"127.0.0.1:{trunk}",
            "SECURITYLINE_WEB_LISTEN": f"127.0.0.1:{web}",
            "SECURITYLINE_ALARMS_DC09": f"tcp:127.0.0.1:{dc09},udp:127.0.0.1:{dc09}",
        },
    )


def hold(kind: socket.SocketKind, port: int) -> socket.socket:
    held = socket.socket(socket.AF_INET, kind)
    held.bind(("127.0.0.1", port))
    if kind is socket.SOCK_STREAM:
        held.listen(1)
    return held


def test_free_ports_are_nothing_to_talk_about(data: DemoData) -> None:
    assert list(taken_ports(data)) == []


@pytest.mark.parametrize(
    ("kind", "which", "variable"),
    [
        (socket.SOCK_DGRAM, "sip", "SECURITYLINE_SIP_LISTEN=udp:127.0.0.1:"),
        (socket.SOCK_STREAM, "sip", "SECURITYLINE_SIP_LISTEN=udp:127.0.0.1:"),
        (socket.SOCK_DGRAM, "carrier", "SECURITYLINE_TRUNKS_0_PEERS=127.0.0.1:"),
        (socket.SOCK_STREAM, "dc09", "SECURITYLINE_ALARMS_DC09=udp:127.0.0.1:"),
        (socket.SOCK_STREAM, "web", "SECURITYLINE_WEB_LISTEN=127.0.0.1:"),
    ],
)
def test_a_taken_port_is_one_sentence_with_its_variable(
    data: DemoData, kind: socket.SocketKind, which: str, variable: str
) -> None:
    port = {
        "sip": data.exchange.port,
        "carrier": data.carrier.port,
        "dc09": data.config.alarms.dc09[0].port,
        "web": data.config.web.listen[1],
    }[which]
    with hold(kind, port):
        [sentence] = taken_ports(data)
    assert sentence.startswith(f"127.0.0.1:{port} (")
    assert f"choose another port with {variable}" in sentence
    assert "\n" not in sentence
    assert list(taken_ports(data)) == []


def test_an_address_of_another_machine_is_for_the_engine_to_refuse(data: DemoData) -> None:
    foreign = replace(data, carrier=data.carrier._replace(host="192.0.2.1"))
    assert list(taken_ports(foreign)) == []
