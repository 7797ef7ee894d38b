"""What one setting may be: from TOML or from an environment variable, to a checked value.

Every reader raises `ValueError` with the end of a sentence that begins with the setting's
name: `web.listen: expected HOST:PORT, as in 127.0.0.1:8080`.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal

from sip.endpoint import Endpoint
from sip.trunk import PeerAddress

Reader = Callable[[Any], Any]

_BOOLEANS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "false": False,
    "0": False,
    "no": False,
}
_SIZES: Final = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.IGNORECASE)
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE,
)


def text(value: Any) -> str:
    """Any text without control characters."""
    if not isinstance(value, str):
        raise ValueError("expected text in quotes")
    if not value.isprintable():
        raise ValueError("holds control characters")
    return value


def boolean(value: Any) -> bool:
    """Read `true` or `false`; from the environment also 1, 0, yes, no."""
    known = _BOOLEANS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(known, bool):
        raise ValueError("expected true or false")
    return known


def number(low: float, high: float) -> Reader:
    """Make a reader of numbers within a range, both ends included."""

    def read(value: Any) -> float:
        try:
            if isinstance(value, bool):
                raise TypeError
            read = float(value)
        except (TypeError, ValueError):
            raise ValueError(f"expected a number from {low:g} to {high:g}") from None
        if not low <= read <= high:
            raise ValueError(f"{read:g} is not between {low:g} and {high:g}")
        return read

    return read


def one_of(*words: str) -> Reader:
    """Make a reader of one word of several."""

    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return str(value)

    return read


def list_of(inner: Reader, *, is_empty_allowed: bool = False) -> Reader:
    """Make a reader of lists; from the environment, values between commas."""

    def read(value: Any) -> tuple[Any, ...]:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if not isinstance(value, list):
            raise ValueError('expected a list, as in ["a", "b"]')
        if not value and not is_empty_allowed:
            raise ValueError("expected at least one value")
        return tuple(inner(part) for part in value)

    return read


def four_of(inner: Reader) -> Reader:
    """Make a reader of lists of four values: one for each urgency."""
    several = list_of(inner)

    def read(value: Any) -> tuple[Any, ...]:
        found: tuple[Any, ...] = several(value)
        if len(found) != 4:
            raise ValueError("expected four values, for urgency 1 to 4")
        return found

    return read


def size(value: Any) -> int:
    """Read octets: a number, or text such as `16 MiB`."""
    match = re.fullmatch(r"(\d{1,12}) ?(|KiB|MiB|GiB)", str(value))
    if match is None or isinstance(value, bool):
        raise ValueError("expected a size, as in 16 MiB")
    return int(match[1]) * _SIZES[match[2]]


def path(value: Any) -> Path:
    """Read a path; what it is relative to is for the caller to say."""
    if not text(value):
        raise ValueError("expected a path")
    return Path(value).expanduser()


def name(value: Any) -> str:
    """Read an identifier: letters, digits, dot, dash, underscore; at most 63."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("expected a name of letters, digits, '.', '-' or '_'")
    return value


def address(value: Any) -> str:
    """Read an IP address."""
    try:
        return str(ip_address(text(value)))
    except ValueError:
        raise ValueError("expected an IP address, as in 192.0.2.1") from None


def domain(value: Any) -> str:
    """Read a domain name or an IP address."""
    if not isinstance(value, str) or not _HOST_NAME.fullmatch(value):
        raise ValueError("expected a domain name, as in securityline.example")
    return value.lower()


def country(value: Any) -> str:
    """Read an ISO 3166-1 alpha-2 code."""
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{2}", value):
        raise ValueError("expected a country code of two capitals, as in BE")
    return value


def telephone(value: Any) -> str:
    """Read an E.164 number."""
    if not isinstance(value, str) or not re.fullmatch(r"\+[1-9]\d{4,14}", value):
        raise ValueError("expected a number in international form, as in +3225550100")
    return value


def endpoint(value: Any) -> Endpoint:
    """Read `udp:HOST:PORT` or `tcp:HOST:PORT`; HOST is an IP address, IPv6 in brackets."""
    match = re.fullmatch(r"(udp|tcp):(.+)", text(value))
    if match is None:
        raise ValueError("expected TRANSPORT:HOST:PORT, as in udp:127.0.0.1:5060")
    host, port = host_and_port(match[2])
    transport: Literal["udp", "tcp"] = "udp" if match[1] == "udp" else "tcp"
    return Endpoint(transport, host, port)


def host_and_port(value: Any) -> tuple[str, int]:
    """Read `HOST:PORT`; HOST is an IP address, IPv6 in brackets. Port 0: any free one."""
    host, _, port = text(value).rpartition(":")
    if not (host and port.isascii() and port.isdigit() and int(port[:6]) < 65536):
        raise ValueError("expected HOST:PORT, as in 127.0.0.1:8080")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address stands in brackets, as in [::1]:8080")
    return address(host), int(port)


def peer(value: Any) -> PeerAddress:
    """Read the address of a carrier's equipment."""
    return PeerAddress.parse(text(value))


def ports(value: Any) -> tuple[int, int]:
    """Read a range of ports, `20000-29999`: even first, odd last, room for a call."""
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", text(value))
    if match is None:
        raise ValueError("expected a range of ports, as in 20000-29999")
    low, high = int(match[1]), int(match[2])
    if not 1024 <= low < high < 65536:
        raise ValueError("ports must be between 1024 and 65535, the lower one first")
    if high - low < 7:
        raise ValueError("has no room for two calls: 8 ports at least")
    return low, high


def sip_target(value: Any) -> Endpoint:
    """Read where calls go out: `sip:HOST:PORT;transport=udp`; HOST is an IP address."""
    match = re.fullmatch(r"sip:([^;?@]+)(;transport=(udp|tcp))?", text(value))
    if match is None:
        raise ValueError("expected sip:HOST:PORT;transport=udp with an IP address")
    rest = match[1] if re.search(r":\d+$", match[1]) else f"{match[1]}:5060"
    host, port = host_and_port(rest)
    return Endpoint("tcp" if match[3] == "tcp" else "udp", host, port)


def http_url(value: Any) -> str:
    """Read the address that people type, `https://desk.example`."""
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/?#@]+", value):
        raise ValueError("expected an address without a path, as in https://desk.example")
    return value


def unset(inner: Reader) -> Reader:
    """Let an empty text stand for "not set"."""
    return lambda value: None if value == "" else inner(value)
