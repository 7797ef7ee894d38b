"""Connectivity checks: answered for who knows the password, silence for everybody else."""

import hmac
import socket
import struct
import zlib
from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media import stun

FRAGMENT, PASSWORD = "evtj", "VOkJxbRl1RmTxUk/WvJxBt"
RFC_5769 = bytes.fromhex(
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e20746573742063"
    "6c69656e74002400046e0001ff80290008932ff9b151263b36000600096576746a3a68"
    "36765920202000080014"
    "9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
)
"RFC 5769, section 2.1: the sample request, made by others than us."


def test_the_sample_request_of_rfc_5769_is_genuine() -> None:
    check = stun.read_check(RFC_5769)
    assert check is not None
    assert check.username == b"evtj:h6vY"
    assert not check.is_nominated
    assert check.is_genuine(FRAGMENT, PASSWORD)
    assert not check.is_genuine(FRAGMENT, PASSWORD + "x")
    assert not check.is_genuine("evt", PASSWORD)
    assert not check.is_genuine("h6vY", PASSWORD)


@pytest.mark.parametrize("source", [("192.0.2.1", 32853), ("2001:db8:1234:5678::1", 32853)])
def test_the_answer_says_where_the_check_came_from(source: tuple[str, int]) -> None:
    check = stun.read_check(RFC_5769)
    assert check is not None
    answer = stun.success(check, source, PASSWORD)
    kind, size, magic, transaction = struct.unpack_from("!HHI12s", answer)
    assert (kind, magic, transaction) == (0x0101, 0x2112A442, check.transaction)
    assert size == len(answer) - 20
    name, length = struct.unpack_from("!HH", answer, 20)
    assert name == 0x20
    _, family, port = struct.unpack_from("!BBH", answer, 24)
    assert port ^ 0x2112 == 32853
    mask = answer[4:20]
    octets = bytes(a ^ b for a, b in zip(answer[28 : 24 + length], mask, strict=False))
    kind_of = socket.AF_INET if family == 1 else socket.AF_INET6
    assert socket.inet_ntop(kind_of, octets) == source[0]
    # Its own code and mark, counted anew as the RFC says.
    body, mark = answer[:-8], answer[-4:]
    signed = body[:2] + struct.pack("!H", len(body) - 20) + body[4:-24]
    assert body[-20:] == hmac.new(PASSWORD.encode(), signed, sha1).digest()
    assert int.from_bytes(mark) == zlib.crc32(answer[:-8]) ^ 0x5354554E


def test_what_follows_the_code_does_not_count() -> None:
    cut = RFC_5769[:-8]
    forged = cut + struct.pack("!HHHH", 0x25, 0, 0x25, 0)
    forged = forged[:2] + struct.pack("!H", len(forged) - 20) + forged[4:]
    check = stun.read_check(forged)
    assert check is not None
    assert not check.is_nominated


@given(st.integers(0, len(RFC_5769) - 33), st.integers(1, 255))
def test_no_changed_octet_goes_unnoticed(place: int, change: int) -> None:
    changed = bytearray(RFC_5769)
    changed[place] ^= change
    check = stun.read_check(bytes(changed))
    assert check is None or not check.is_genuine(FRAGMENT, PASSWORD)


@given(st.binary(max_size=300))
def test_no_datagram_breaks_the_reader(data: bytes) -> None:
    for noise in (data, RFC_5769[:20] + data, RFC_5769[: len(data)]):
        check = stun.read_check(noise)
        assert check is None or not check.is_genuine(FRAGMENT, "another password")
