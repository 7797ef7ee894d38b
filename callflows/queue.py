"""In which order callers are served: one queue for all clients, the same every time."""

from collections.abc import Iterable
from typing import Final

from callflows.call import InboundCall

AGEING_TIME: Final = 180.0
"""Seconds of waiting that raise a call one class, and again after as many more.

Answering targets (`class 5 older than 180 s is raised`); repeated, so that no stream of
more urgent calls can keep anybody waiting for ever.
"""
HIGHEST: Final = 1
"Life in danger."

Place = tuple[bool, int, float, str]


def urgency_class(call: InboundCall, now: float) -> int:
    """Return the class a call is served in: its urgency, raised by its age."""
    age = now - call.offered_at
    if age < AGEING_TIME:
        return call.urgency
    return max(HIGHEST, call.urgency - int(age // AGEING_TIME))


def place(call: InboundCall, now: float) -> Place:
    """Return what the queue is sorted by: cut off before, urgency, age, id."""
    return (
        not call.is_requeued,
        urgency_class(call, now),
        call.offered_at,
        call.call_id,
    )


def in_order(calls: Iterable[InboundCall], now: float) -> list[InboundCall]:
    """Return calls in the order in which they are to be served."""
    return sorted(calls, key=lambda call: place(call, now))


def explain(call: InboundCall, now: float) -> str:
    """Say, for a decision, where the call stood in the queue and why."""
    served_as = urgency_class(call, now)
    words = f"urgency {call.urgency}"
    if served_as != call.urgency:
        words += f" served as {served_as} after {now - call.offered_at:.0f} s"
    return f"{words}, cut off before" if call.is_requeued else words
