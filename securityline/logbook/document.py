"""The latest state of one thing, kept beside the lines that led to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securityline.logbook.entry import canonical, storable
from securityline.logbook.store import StoredDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the API and a restart read instead of the whole logbook.

    Written in the same transaction as the lines, and not evidence: all of it can be
    derived from them, so it may be replaced and deleted.
    """

    kind: str
    "`call`, `incident`, `dialog`, `operator`, `presses`, `snapshot`."
    id: str
    data: Mapping[str, Any] | None
    "`None` deletes the document."
    state: str = ""
    "To select by, e.g. `active`, `open`."
    at: float = 0.0
    "Engine time, seconds."


def to_stored(document: Document) -> StoredDocument:
    """Write a document as it will stand in the file; its data may change afterwards."""
    text = None if document.data is None else canonical(document.data)
    return StoredDocument(
        document.kind, storable(document.id), document.state, document.at, text
    )


def from_stored(stored: StoredDocument) -> Document:
    """Read a document from the file."""
    data = None if stored.text is None else json.loads(stored.text)
    return Document(kind=stored.kind, id=stored.id, data=data, state=stored.state, at=stored.at)
