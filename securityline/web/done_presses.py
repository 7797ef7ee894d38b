"""Which presses were done already: one that a page sends again is not done again.

A page sends a press until it hears that it is saved, also to the next process. So the ids
of a session's latest presses are a document, durable in the same commit as the event.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from securityline.logbook.document import Document

KIND: Final = "presses"
REMEMBERED: Final = 512
"Ids remembered for a session."
KEPT: Final = 128
"Of these, how many newest outlive the process."
KEPT_TIME: Final = 900.0
"Seconds; a page sends nothing but notes that is older than ten minutes (`wire.js`)."


@dataclass(slots=True)
class Done:
    """One press."""

    at: float
    "Engine time, seconds."
    is_durable: bool = False


class DonePresses:
    """By session: ids of its presses, and whether they are durable.

    :param documents: what an earlier process kept.
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._sessions: dict[str, OrderedDict[str, Done]] = {}
        for document in documents:
            kept = (document.data or {}).get("done", {})
            self._sessions[document.id] = OrderedDict(
                (press_id, Done(float(at), is_durable=True)) for press_id, at in kept.items()
            )

    def find(self, session_id: str, press_id: str) -> Done | None:
        """Return a press that came before."""
        presses = self._sessions.get(session_id)
        return None if presses is None else presses.get(press_id)

    def begin(self, session_id: str, press_id: str, now: float) -> Done:
        """Take a press; it is done, and not yet durable."""
        presses = self._sessions.setdefault(session_id, OrderedDict())
        presses[press_id] = press = Done(now)
        if len(presses) > REMEMBERED:
            presses.popitem(last=False)
        return press

    def forget(self, session_id: str, press_id: str) -> None:
        """Let a press be made again: it was refused."""
        self._sessions.get(session_id, OrderedDict()).pop(press_id, None)

    def document(self, session_id: str, now: float) -> Document:
        """Return what must be durable together with a session's newest press."""
        newest = list(self._sessions.get(session_id, {}).items())[-KEPT:]
        done = {press_id: one.at for press_id, one in newest if now - one.at < KEPT_TIME}
        return Document(kind=KIND, id=session_id, data={"done": done}, at=now)

    def tidy(self, is_open: Collection[str], now: float) -> list[Document]:
        """Forget ended sessions and those at rest; return what deletes their documents."""
        old = [
            session_id
            for session_id, presses in self._sessions.items()
            if session_id not in is_open
            or all(now - one.at > KEPT_TIME for one in presses.values())
        ]
        for session_id in old:
            del self._sessions[session_id]
        return [Document(kind=KIND, id=one, data=None, at=now) for one in old]
