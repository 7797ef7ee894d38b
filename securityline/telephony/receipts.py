"""Messages of panels on the telephone that are stored, and for which nobody heard our receipt.

A panel that got no kiss-off calls again and says the same. Contact ID has no number for a
message, so here it is remembered which call brought it first: the repeat bears that call's
name, and is known for a repeat. Once the panel has its receipt, the same again is news.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple

from securityline.logbook.document import Document

RECEIPT: Final = "panel_message"
"Kind of the documents that let a repeat be known after a restart."
AGAIN_TIME: Final = 300.0
"Seconds within which a panel that got no receipt has called again: eight tries or so."
MOST_KEPT: Final = 5_000


class _Open(NamedTuple):
    call_id: str
    at: float


class Receipts:
    """What still waits for its receipt to be heard."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, _Open] = OrderedDict()  # oldest first

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._open)

    def adopt(self, documents: Iterable[Document]) -> None:
        """Take over what a predecessor wrote."""
        for document in sorted(documents, key=lambda one: one.at):
            call_id = str((document.data or {}).get("call_id", ""))
            self._open[document.id] = _Open(call_id, document.at)

    def first_call(self, did: str, keys: str, call_id: str, now: float) -> str:
        """Return the call that brought a message first: an earlier one, or this.

        :param did: the number that the panel dialled.
        :param now: engine time, seconds.
        """
        known = self._open.get(_key(did, keys))
        return known.call_id if known and now - known.at <= AGAIN_TIME else call_id

    def begin(self, did: str, keys: str, call_id: str, now: float) -> list[Document]:
        """Wait for a message's receipt; return what to write together with it."""
        key = _key(did, keys)
        self._open[key] = _Open(call_id, now)
        self._open.move_to_end(key)
        documents = [
            Document(kind=RECEIPT, id=key, data={"call_id": call_id}, at=now),
        ]
        while self._open:
            oldest, waiting = next(iter(self._open.items()))
            if len(self._open) <= MOST_KEPT and now - waiting.at <= AGAIN_TIME:
                break
            del self._open[oldest]
            documents.append(Document(kind=RECEIPT, id=oldest, data=None, at=now))
        return documents

    def heard(self, did: str, keys: str, now: float) -> list[Document]:
        """Take it that the panel has heard its receipt; return what to write."""
        key = _key(did, keys)
        if self._open.pop(key, None) is None:
            return []
        return [Document(kind=RECEIPT, id=key, data=None, at=now)]


def _key(did: str, keys: str) -> str:
    return f"{did} {keys}"
