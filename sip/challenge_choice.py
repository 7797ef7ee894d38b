"""Which digest algorithms to offer to whom.

RFC 8760 has us offer SHA-256 first and MD5 after it, and a phone takes the topmost it
knows. Some phones refuse all at the sight of one they do not know (baresip with libre 1.x
and 2.x among them) and would never register. Those that are known by name, and those that
come again without an answer soon after they were challenged, are offered MD5 alone.
Nothing is lost by that: whoever can drop the better challenge on the way could always have
done so, since MD5 is on offer anyway.
"""

import re
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

GIVE_UP_AT_SHA: Final = re.compile(r"\s*baresip v?[0-2]\.", re.IGNORECASE | re.ASCII)
"User-Agent values of phones that are known to."
MD5_ALONE: Final = ("MD5",)
PATIENCE_TIME: Final = 300.0
"Seconds in which a second request without an answer counts as giving up."
MOST_REMEMBERED: Final = 10_000


class ChallengeChoice:
    """Remembers who was challenged and did not answer."""

    def __init__(self) -> None:
        self._challenged: OrderedDict[Hashable, tuple[float, str]] = OrderedDict()

    def algorithms(
        self, asker: Hashable, attempt: str, user_agent: str, now: float
    ) -> tuple[str, ...] | None:
        """Return what to offer; `None` for everything.

        :param asker: address and user.
        :param attempt: Call-ID and CSeq: a repetition of the same request is no second attempt.
        """
        at, first = self._challenged.get(asker, (float("-inf"), attempt))
        is_second = first != attempt
        if now - at > PATIENCE_TIME:
            self._challenged[asker] = (now, attempt)
            self._challenged.move_to_end(asker)
            if len(self._challenged) > MOST_REMEMBERED:
                self._challenged.popitem(last=False)
            is_second = False
        if is_second or GIVE_UP_AT_SHA.match(user_agent):
            return MD5_ALONE
        return None

    def answered(self, asker: Hashable) -> None:
        """Note that this one can answer what he was offered."""
        self._challenged.pop(asker, None)
