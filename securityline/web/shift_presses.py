"""What operators press at a change of shift: offer the list, accept an item, take it back."""

from collections.abc import Callable, Mapping
from typing import Final

from callflows.events import (
    NO_INCIDENT,
    Event,
    OperatorId,
    ShiftItemAccepted,
    ShiftOffered,
    ShiftWithdrawn,
)
from securityline.watch_door import WatchDoor
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, text_of
from securityline.web.sessions import Session
from securityline.web.shift_lists import things_in_force
from securityline.web.tree_presses import Press
from securityline.web.words import N_

LONGEST_NOTE: Final = 1000
"Characters of a note for the next shift."


class ShiftPresses:
    """Turn presses on lists of shifts into events.

    :param clock: engine time, seconds.
    :param watch: where tasks are; `None` where there are none.
    """

    def __init__(
        self,
        board: Board,
        directory: DirectoryHolderPort,
        clock: Callable[[], float],
        watch: WatchDoor | None,
    ) -> None:
        self._board, self._directory = board, directory
        self._clock, self._watch = clock, watch
        self.acts: Mapping[str, Press] = {
            "shift_offer": self._offer,
            "shift_accept": self._accept,
            "shift_withdraw": self._withdraw,
        }

    def _offer(self, session: Session, message: Message) -> Event:
        tasks = self._watch.tasks(session.clearances) if self._watch is not None else []
        things = things_in_force(
            self._directory.current,
            self._board.switchboard.alarms.tests.values(),
            tasks,
            self._clock(),
            session.clearances,
        )
        text = text_of(message, "text", LONGEST_NOTE)
        return ShiftOffered(operator=me(session), text=text, things=things)

    def _accept(self, session: Session, message: Message) -> Event:
        by, item = OperatorId(text_of(message, "by", 80)), text_of(message, "item", 400)
        known = self._board.switchboard.shift_lists.get(by)
        one = known.item(item) if known is not None else None
        if one is None or one.is_accepted:
            raise Refused(N_("This is not on the list any more."))
        if by == session.operator:
            raise Refused(N_("This is your own list: somebody else accepts it."))
        incident = self._board.incident(one.incident_id) if one.incident_id else None
        needed = incident.clearance if incident is not None else one.thing.clearance
        if needed not in session.clearances:
            raise Refused(N_("This is not on the list any more."))
        return ShiftItemAccepted(
            incident_id=one.incident_id or NO_INCIDENT,
            operator=me(session),
            by=by,
            item=item,
        )

    def _withdraw(self, session: Session, message: Message) -> Event:
        if OperatorId(session.operator) not in self._board.switchboard.shift_lists:
            raise Refused(N_("You have no list for the next shift."))
        return ShiftWithdrawn(operator=me(session))
