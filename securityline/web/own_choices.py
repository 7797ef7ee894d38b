"""What an operator chose for himself, his colours and his language: kept over restarts.

A choice is kept beside the log as a document of its operator. A cookie tells the sign-in page
of this browser what was chosen there last; it is never anybody's choice.
"""

from collections.abc import Iterable

from securityline.logbook.document import Document


class OwnChoices:
    """One thing that operators choose.

    :param kind: of the documents, and the name of the choice in them.
    :param documents: what an earlier process kept.
    """

    def __init__(self, kind: str, documents: Iterable[Document] = ()) -> None:
        self._kind = kind
        self._chosen = {
            document.id: str(document.data[kind])
            for document in documents
            if document.data and kind in document.data
        }

    def of(self, operator: str) -> str | None:
        """Return an operator's choice; `None` while there is none."""
        return self._chosen.get(operator)

    def choose(self, operator: str, value: str, now: float) -> Document:
        """Take an operator's choice; return what is to be kept of it."""
        self._chosen[operator] = value
        return Document(kind=self._kind, id=operator, data={self._kind: value}, at=now)
