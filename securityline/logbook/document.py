"""The latest state of one thing, kept beside the lines that led to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the API and a restart read instead of the whole logbook.

    Written in the same transaction as the lines, and not evidence: all of it can be
    derived from them, so it may be replaced and deleted.
    """

    kind: str
    "`call`, `incident`, `dialog`, `operator`, `snapshot`."
    id: str
    data: Mapping[str, Any] | None
    "`None` deletes the document."
    state: str = ""
    "To select by, e.g. `active`, `open`."
    at: float = 0.0
    "Engine time, seconds."
