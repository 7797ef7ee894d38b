"""The time zone of the times that people read, also on a machine whose zones are broken."""

import io
import struct
from typing import Final
from zoneinfo import ZoneInfo

import structlog

ZONE: Final = "Europe/Brussels"
UTC_FILE: Final = b"TZif" + bytes(32) + bytes((0, 0, 0, 1, 0, 0, 0, 4)) + bytes(6) + b"UTC\0"
"RFC 8536, version 1: no transition, one type of local time. Read from no file of the machine."
FAULT: Final = "times are shown in UTC: the time zone data cannot be read"

log = structlog.get_logger()


def people_zone() -> tuple[ZoneInfo, str]:
    """Return the zone, and what is wrong with it; empty when nothing is.

    A bad update of the system's zones must not keep the engine from starting.
    """
    try:
        return ZoneInfo(ZONE), ""
    except (ValueError, KeyError, OSError, struct.error) as error:  # broken, cut, gone
        log.error("time zone data cannot be read", zone=ZONE, reason=str(error))
        return ZoneInfo.from_file(io.BytesIO(UTC_FILE), key="UTC"), FAULT
