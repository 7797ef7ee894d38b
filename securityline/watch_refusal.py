"""What people ask of a timer, a task or an opening and is not done, in the words for it."""

from typing import Literal

Refusal = Literal[
    "no such timer", "no such person", "no such site", "no such time", "runs already",
    "only his PIN ends it", "no such task", "not watched",
]  # fmt: skip


class NotDone(Exception):
    """What was asked for is refused; nothing was changed."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason
