"""What can be wrong with a message, and what to answer.

Theirs: `ParseError`, `NotAcceptable`; both carry the status to answer with. Ours:
`ValueError` and `TypeError`, as everywhere in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sip.message import Request


class SipError(Exception):
    """Base of everything the SIP core raises because of what the far end did."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        "SIP status code to answer with, if an answer is due."
        self.reason = reason
        "Reason phrase: says what is wrong, in words safe to send and to log (ASCII)."


class ParseError(SipError):
    """What came cannot be read; the sender is wrong.

    :param salvage: reads what can be read of the request, if somebody asks for it.
    """

    def __init__(
        self, status: int, reason: str, salvage: Callable[[], Request | None] | None = None
    ) -> None:
        super().__init__(status, reason)
        self.salvage = salvage

    @property
    def partial(self) -> Request | None:
        """The part of the request that could be read, enough to answer it.

        `None`: there is nobody to answer. Read anew at each call: a flood of rubbish that
        nobody answers should cost nothing.
        """
        return None if self.salvage is None else self.salvage()


class NotAcceptable(SipError):
    """The session description is well formed, but we cannot take part in it (488)."""

    def __init__(self, reason: str, status: int = 488) -> None:
        super().__init__(status, reason)
