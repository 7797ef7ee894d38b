"""Which deadline is the next, without looking at every call."""

import heapq

from callflows import transferring
from callflows.board import Board
from callflows.call import CallState, InboundCall
from callflows.events import NO_INCIDENT, CallId, IncidentId, OperatorId
from callflows.inbound import next_due
from callflows.talking import due_at

_Entry = tuple[float, IncidentId, str]


def deadline_of(board: Board, call: InboundCall) -> float | None:
    """Return when a call wants a `DeadlineReached`, engine time."""
    if call.seeks or call.state in (CallState.FORWARDED, CallState.OFFERED):
        return next_due(board, call)
    times = [due_at(call)]
    if call.transfer is not None:
        times.append(transferring.due_at(board, call))
    return min((at for at in times if at is not None), default=None)


class Deadlines:
    """A heap with one entry for each deadline that was ever set; stale ones are skipped."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._heap: list[_Entry] = []

    def update(self) -> None:
        """Work out again the deadlines that this event may have moved."""
        board = self._board
        for call in board.touched_calls.values():
            deadline = deadline_of(board, call)
            if deadline != call.deadline:
                call.deadline = deadline
                if deadline is not None:
                    heapq.heappush(self._heap, (deadline, call.incident_id, call.call_id))
        for desk in board.touched_desks.values():
            if desk.deadline is not None:
                heapq.heappush(self._heap, (desk.deadline, NO_INCIDENT, desk.operator))
        for timed in board.touched_timed.values():
            if timed.deadline is not None:
                heapq.heappush(self._heap, (timed.deadline, timed.incident_id, timed.timer_id))
        board.touched_calls.clear()
        board.touched_desks.clear()
        board.touched_timed.clear()

    def collect(self) -> None:
        """Build the heap from the state, after a restart."""
        board = self._board
        self._heap = [
            (call.deadline, call.incident_id, call.call_id)
            for call in board.calls.values()
            if call.deadline is not None
        ]
        self._heap += [
            (desk.deadline, NO_INCIDENT, desk.operator)
            for desk in board.roster
            if desk.deadline is not None
        ]
        self._heap += [
            (timed.deadline, timed.incident_id, timed.timer_id)
            for kept in board.timed.values()
            for timed in kept.values()
            if timed.deadline is not None
        ]
        board.touched_timed.clear()
        heapq.heapify(self._heap)

    def next(self) -> tuple[float, IncidentId] | None:
        """Return the earliest deadline, and whose it is."""
        while self._heap:
            at, incident_id, who = self._heap[0]
            if self._deadline(incident_id, who) == at:
                return at, incident_id
            heapq.heappop(self._heap)
        return None

    def _deadline(self, incident_id: IncidentId, who: str) -> float | None:
        timed = self._board.timed.get(incident_id, {}).get(who)
        if timed is not None:
            return timed.deadline
        if incident_id == NO_INCIDENT:
            desk = self._board.operators.get(OperatorId(who))
            return desk.deadline if desk else None
        call = self._board.calls.get(CallId(who))
        return call.deadline if call else None
