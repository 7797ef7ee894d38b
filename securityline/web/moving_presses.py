"""What operators press to move a call or a case: transfer, park, hand over, enter a site."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from callflows.call import CallState, InboundCall
from callflows.events import (
    CallGiven,
    CallId,
    CaseParked,
    CaseUnparked,
    Event,
    HandoverAccepted,
    HandoverDeclined,
    HandoverOffered,
    OperatorId,
    SiteEntered,
    TransferPressed,
)
from callflows.site_lock import held_by
from callflows.site_lock import is_anothers as is_anothers_case
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.sessions import Session
from securityline.web.tree_presses import Press
from securityline.web.words import N_

LONGEST: Final = 500
"Characters of a reason."
_MINUTES: Final = re.compile(r"(\d{1,4})\b\s*(.*)", re.DOTALL)
_MOMENT: Final = re.compile(r"(\d{1,2})[:h.](\d{2})\b\s*(.*)", re.DOTALL)

WORK: Final = frozenset(
    {
        "take",
        "kind",
        "answer_step",
        "skip",
        "verify",
        "urgency",
        "close",
        "case_park",
        "tree_start",
        "action_request",
        "call_person",
        "handover_accept",
    }
)
"Acts that work on a case; none of them is for a life that cannot wait."
TAKING: Final = frozenset({"take", "handover_accept"})
"Of these, what makes a case one's own; each is a deliberate key already."


class MovingPresses:
    """Turn presses that move calls and cases into events.

    :param clock: engine time, seconds.
    :param zone: of the wall clock on the desk.
    """

    def __init__(
        self,
        board: Board,
        directory: DirectoryHolderPort,
        clock: Callable[[], float],
        zone: tzinfo = UTC,
    ) -> None:
        self._board, self._directory = board, directory
        self._clock, self._zone = clock, zone
        self.acts: Mapping[str, Press] = {
            "transfer": self._transfer,
            "give": self._give,
            "case_park": self._park,
            "case_unpark": self._unpark,
            "handover": self._hand_over,
            "handover_accept": self._accept,
            "handover_decline": self._decline,
            "enter_site": self._enter,
        }

    # ------------------------------------------------------------ the call

    def _transfer(self, session: Session, message: Message) -> Event:
        call, how = self._own_call(session, message), text_of(message, "how", 20)
        to = OperatorId(text_of(message, "to", 80))
        if how not in ("talk", "now") or to not in self._board.switchboard.operators:
            raise Refused(N_("The desk sent something the engine does not know."))
        return TransferPressed(
            incident_id=call.incident_id,
            operator=me(session),
            call_id=call.call_id,
            to=to,
            is_attended=how == "talk",
        )

    def _give(self, session: Session, message: Message) -> Event:
        call = self._own_call(session, message)
        if call.transfer is None:
            raise Refused(N_("The caller is offered to nobody."))
        return CallGiven(
            incident_id=call.incident_id, operator=me(session), call_id=call.call_id
        )

    def _own_call(self, session: Session, message: Message) -> InboundCall:
        call = self._board.call(CallId(text_of(message, "call", 200)))
        if call is None or call.is_over or call.operator != session.operator:
            raise Refused(N_("This is not your call."))
        return call

    # ------------------------------------------------------------ the case

    def _park(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        typed = text_of(message, "text", LONGEST)
        until, text = read_until(typed, self._clock(), self._zone)
        if until is None:
            raise Refused(N_("Write first for how many minutes, or until when: 15, or 03:20."))
        client = self._directory.current.organisations.get(incident.organisation or "")
        return CaseParked(
            incident_id=incident.incident_id,
            operator=me(session),
            until=until,
            limit=client.park_time if client else 900.0,
            text=text,
        )

    def _unpark(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        if incident.parking is None:
            raise Refused(N_("This case is not parked."))
        return CaseUnparked(incident_id=incident.incident_id, operator=me(session))

    def _hand_over(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        to, role = text_of(message, "to", 80), text_of(message, "role", 40)
        if not to and not role:
            raise Refused(N_("The desk sent something the engine does not know."))
        return HandoverOffered(
            incident_id=incident.incident_id,
            operator=me(session),
            to=OperatorId(to) if to else None,
            role=role,
            text=text_of(message, "text", LONGEST),
        )

    def _accept(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        if incident.handover is None:
            raise Refused(N_("This case is offered to nobody any more."))
        return HandoverAccepted(incident_id=incident.incident_id, operator=me(session))

    def _decline(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        if incident.handover is None:
            raise Refused(N_("This case is offered to nobody any more."))
        return HandoverDeclined(
            incident_id=incident.incident_id,
            operator=me(session),
            text=text_of(message, "text", LONGEST),
        )

    def _enter(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        return SiteEntered(incident_id=incident.incident_id, operator=me(session))


def guard_site(board: Board, session: Session, message: Message) -> None:
    """Refuse work on a colleague's case or site, until he said that he knows.

    Whoever speaks with a caller of the case goes on: answering him was a key of its own.

    :raises Refused: another works there.
    """
    if message.get("act") not in WORK:
        return
    incident = open_incident(board, session, message)  # who is not cleared learns nothing
    cases, operators = board.switchboard.incidents.values(), board.switchboard.operators
    is_anothers = message["act"] not in TAKING and is_anothers_case(
        operators, incident, me(session)
    )
    if not is_anothers and held_by(cases, incident, me(session)) is None:
        return
    calls = [board.call(call_id) for call_id in incident.call_ids]
    spoken = (CallState.TALKING, CallState.HELD)
    if any(c and c.operator == session.operator and c.state in spoken for c in calls):
        return
    if is_anothers:
        raise Refused(N_("This is a colleague’s case. Press Shift+W to work on it too."))
    raise Refused(
        N_("Another operator works on this site already. Press Shift+W to work here too.")
    )


def read_until(text: str, now: float, zone: tzinfo) -> tuple[float | None, str]:
    """Read when a case comes back, and what follows: `15 locksmith`, `03:20 locksmith`.

    :return: engine time, `None` when no time stands there; a time of day is the next one.
    """
    if found := _MOMENT.match(text):
        hour, minute = int(found[1]), int(found[2])
        if hour > 23 or minute > 59:
            return None, text
        here = datetime.fromtimestamp(now, zone)
        at = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
        if at.timestamp() <= now:
            at += timedelta(days=1)  # wall clock: the same time of day, also over a DST change
        return at.timestamp(), found[3]
    if found := _MINUTES.match(text):
        return now + int(found[1]) * 60.0, found[2]
    return None, text
