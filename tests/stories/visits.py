"""A caller, an operator, and a supervisor who comes onto their call."""

from typing import Any

from callflows import events as e
from callflows.events import CallId, LegId, OperatorId
from callflows.visit import Visit
from tests.stories.services import Room


class Floor(Room):
    """The room, with Eva who supervises."""

    def supervisor(self, who: str = "eva", *, clearances: Any = ("standard",)) -> None:
        """She signs in, and takes no calls herself."""
        self.signs_in(who, clearances=clearances, role="supervisor")

    def comes(
        self, mode: Any = "listen", call: str = "call-1", who: str = "eva", **values: Any
    ) -> list[Any]:
        """She presses one of her buttons for a call."""
        return self.tell(
            e.VisitPressed(operator=OperatorId(who), call_id=CallId(call), mode=mode, **values)
        )

    def visits(self, mode: Any = "listen", call: str = "call-1", who: str = "eva") -> None:
        """She presses, and her phone picks up."""
        self.comes(mode, call, who, why="training")
        self.picks_up(who)

    def leaves(self, who: str = "eva") -> list[Any]:
        return self.tell(e.LeavePressed(operator=OperatorId(who)))

    def visit(self) -> Visit:
        """The only visit there is."""
        (visit,) = self.switchboard.visits.values()
        return visit

    def hears_who(self, leg: Any) -> set[str]:
        """The legs that somebody hears."""
        heard = self.phones[LegId(str(leg))].hears
        if isinstance(heard, str):
            return {heard} if heard in self.phones else set()
        return {str(one) for one in heard} if isinstance(heard, frozenset) else set()

    def hearers_of(self, leg: Any) -> set[str]:
        """Who hears a leg."""
        return {one for one in self.phones if str(leg) in self.hears_who(one)}


def floor() -> Floor:
    """Ann speaks with a caller; Eva sits at her own desk."""
    room = Floor()
    room.supervisor()
    room.ready("ann")
    room.calls()
    room.picks_up("ann")
    return room
