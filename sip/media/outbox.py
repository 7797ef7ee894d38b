"""What the engine tells the media process in one turn of its loop, as one write.

A call that is answered hears nothing, then a prompt; two legs are bridged one after the
other: of several orders for one leg in one turn only the last has ever been heard. The
others are left out. Each costs both processes a tenth of a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sip.media import wire
from sip.media.protocol import LegSpec, Prompts, Tone


class Outbox:
    """Messages in the order in which they are to be heard.

    :param on_first: called with the first message of each turn: `take` is due in the next.
    """

    __slots__ = ("_on_first", "_places", "_waiting")

    def __init__(self, on_first: Callable[[], object]) -> None:
        self._on_first = on_first
        self._waiting: list[Mapping[str, Any] | LegSpec] = []
        self._places: dict[str, int] = {}
        "Where the order for a leg stands that a further one may take the place of."

    def add(self, message: Mapping[str, Any]) -> None:
        """Add a message. No order for a leg is moved from behind it to before it."""
        self._places.clear()
        self._append(message)

    def add_leg(self, spec: LegSpec) -> None:
        """Add what a leg is, in the place of what was said of it just before.

        A prompt keeps its place: somebody waits to hear that it ended. A tone takes nobody's:
        the same one begins anew after a silence, however short. Nor does a leg that speaks
        through a line: whoever names the line last has it.
        """
        place = self._places.pop(spec.leg_id, None)
        if place is None or spec.line_id is not None or isinstance(spec.source, Tone):
            place = len(self._waiting)
            self._append(spec)
        else:
            self._waiting[place] = spec
        if not isinstance(spec.source, Prompts):
            self._places[spec.leg_id] = place

    def _append(self, message: Mapping[str, Any] | LegSpec) -> None:
        if not self._waiting:
            self._on_first()
        self._waiting.append(message)

    def take(self) -> bytes:
        """Return everything as it goes over the wire, and be empty."""
        waiting, self._waiting = self._waiting, []
        self._places.clear()
        return b"".join(
            wire.to_line(
                {"do": "leg", **wire.leg_to_plain(each)} if isinstance(each, LegSpec) else each
            )
            for each in waiting
        )
