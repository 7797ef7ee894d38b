"""What operators press on a call tree: pause, skip, jump, call, join, take over."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog

from callflows.call import CallState
from callflows.call_tree import CallTree, TreeState
from callflows.events import (
    CallKeyholderPressed,
    CallTreeRequested,
    CaseTaken,
    ConfirmKeyholderPressed,
    Event,
    JoinKeyholderPressed,
    JumpTreePressed,
    LegId,
    PauseTreePressed,
    ResumeTreePressed,
    SkipKeyholderPressed,
    StopTreePressed,
    TreeId,
)
from callflows.incident import Incident
from client_directory.call_plan import Target, build_call_plan
from client_directory.call_right import why_never_called
from securityline.web.board import Board
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.sessions import Session
from securityline.web.words import N_

LONGEST_REASON: Final = 1000
NEVER_CALLED: Final[Mapping[str, str]] = {
    "unknown": N_("This person is not in the directory any more and is not called."),
    "not_valid_yet": N_("This person's entry is not valid yet: he is not called."),
    "not_valid_any_more": N_("This person's entry is not valid any more: he is not called."),
    "no_right_to_site": N_("This person has no right to the site and is not called."),
}
"Why nobody calls somebody, not even by hand (`client_directory.call_right`)."
log = structlog.get_logger()


class Press(Protocol):
    """What an act of the page does."""

    def __call__(self, session: Session, message: Message, /) -> Event:
        """Say what it means, or refuse."""


class TreePresses:
    """Turn presses on call trees, and on cases that wait for an operator, into events.

    :param clock: engine time, seconds: a tree started by hand is worked out from now on.
    """

    def __init__(
        self, board: Board, directory: DirectoryHolderPort, clock: Callable[[], float]
    ) -> None:
        self._board = board
        self._directory = directory
        self._clock = clock
        self.acts: Mapping[str, Press] = {
            "take": self._take,
            "tree_start": self._start,
            "tree_pause": self._pause,
            "tree_resume": self._resume,
            "tree_stop": self._stop,
            "tree_skip": self._skip,
            "tree_jump": self._jump,
            "tree_call": self._call,
            "tree_confirm": self._confirm,
            "tree_join": self._join,
        }

    # ------------------------------------------------------------ the case

    def _take(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        if incident.attention_since is None:
            raise Refused(N_("Somebody else has taken this case already."))
        return CaseTaken(incident_id=incident.incident_id, operator=me(session))

    def _start(self, session: Session, message: Message) -> Event:
        """Start a tree by hand, with a copy of what the directory says now."""
        incident = open_incident(self._board, session, message)
        directory = self._directory.current
        organisation = directory.organisations.get(incident.organisation or "")
        name = text_of(message, "call_tree", 200)
        known = organisation.call_trees if organisation else ()
        if organisation is None or all(tree.call_tree != name for tree in known):
            raise Refused(N_("This client has no such call tree."))
        running = [t.plan.call_tree for t in self._board.trees_of(incident) if not t.is_over]
        if name in running or name in incident.wanted_trees.values():
            raise Refused(N_("This call tree is running already."))
        try:
            plan = build_call_plan(
                organisation,
                name,
                incident.site,
                datetime.fromtimestamp(self._clock(), UTC),
                is_emergency=directory.is_protected_number,
            )
        except Exception as error:
            log.exception("call tree not planned", call_tree=name)
            said = N_("The call tree cannot be worked out: the directory is at fault.")
            raise Refused(said) from error
        return CallTreeRequested(
            incident_id=incident.incident_id,
            tree_id=TreeId(f"{incident.incident_id}-t{len(incident.tree_ids) + 1}"),
            plan=plan,
            asked_by=session.operator,
        )

    # ------------------------------------------------------------ the tree

    def _pause(self, session: Session, message: Message) -> Event:
        tree = self._running(session, message)
        if "operator" in tree.paused_by:
            raise Refused(N_("This call tree waits already."))
        return PauseTreePressed(
            incident_id=tree.incident_id, tree_id=tree.tree_id, operator=me(session)
        )

    def _resume(self, session: Session, message: Message) -> Event:
        tree = self._running(session, message)
        if tree.state is not TreeState.PAUSED:
            raise Refused(N_("This call tree does not wait."))
        return ResumeTreePressed(
            incident_id=tree.incident_id, tree_id=tree.tree_id, operator=me(session)
        )

    def _stop(self, session: Session, message: Message) -> Event:
        tree = self._running(session, message)
        reason = text_of(message, "text", LONGEST_REASON)
        return StopTreePressed(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            operator=me(session),
            reason=reason,
        )

    def _jump(self, session: Session, message: Message) -> Event:
        tree = self._running(session, message)
        level = text_of(message, "level", 4)
        is_number = level.isascii() and level.isdecimal()
        if not is_number or int(level) >= len(tree.plan.levels):
            raise Refused(N_("The call tree has no such level."))
        return JumpTreePressed(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            operator=me(session),
            level=int(level),
        )

    # ------------------------------------------------------------ a person of it

    def _skip(self, session: Session, message: Message) -> Event:
        tree = self._running(session, message)
        target = _target(tree, message)
        return SkipKeyholderPressed(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            operator=me(session),
            person=target.person,
        )

    def _call(self, session: Session, message: Message) -> Event:
        """Call a person now; an operator may do so after the tree is over, too."""
        _, tree = self._tree(session, message)
        target = _target(tree, message)
        calls = [one for one in tree.live if one.person == target.person]
        if any(one.is_ringing or one.is_talking for one in calls):
            raise Refused(N_("This person is being called already."))
        if not target.numbers:
            raise Refused(N_("This person has no number that may be called."))
        client = self._directory.current.organisations.get(tree.plan.organisation)
        today = datetime.fromtimestamp(self._clock(), UTC)
        if why := why_never_called(client, target.person, tree.plan.site, today):
            raise Refused(NEVER_CALLED[why])
        return CallKeyholderPressed(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            operator=me(session),
            person=target.person,
        )

    def _confirm(self, session: Session, message: Message) -> Event:
        _, tree = self._tree(session, message)
        target = _target(tree, message)
        if target.person in tree.accepted:
            raise Refused(N_("This person took charge already."))
        return ConfirmKeyholderPressed(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            operator=me(session),
            person=target.person,
        )

    def _join(self, session: Session, message: Message) -> Event:
        incident, tree = self._tree(session, message)
        call = self._board.call(self._board.desk(session.operator).call_id or "")
        is_talking = call is not None and call.state in (CallState.TALKING, CallState.HELD)
        if call is None or not is_talking or call.incident_id != incident.incident_id:
            raise Refused(N_("You are in no call of this case."))
        leg = text_of(message, "leg", 200)
        there = self._board.joinable(call)
        if all((one.tree_id, one.leg_id) != (tree.tree_id, leg) for one in there):
            raise Refused(N_("Nobody is on that line any more."))
        return JoinKeyholderPressed(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            operator=me(session),
            leg_id=LegId(leg),
        )

    # ------------------------------------------------------------ which one

    def _tree(self, session: Session, message: Message) -> tuple[Incident, CallTree]:
        """Find a tree of an open case that this operator may see."""
        tree = self._board.tree(text_of(message, "tree", 200))
        incident = self._board.incident(tree.incident_id) if tree is not None else None
        is_seen = incident is not None and incident.clearance in session.clearances
        if tree is None or incident is None or not is_seen:
            raise Refused(N_("There is no such call tree."))
        if not incident.is_open:
            raise Refused(N_("This case is closed."))
        return incident, tree

    def _running(self, session: Session, message: Message) -> CallTree:
        _, tree = self._tree(session, message)
        if tree.is_over:
            raise Refused(N_("This call tree is over."))
        return tree


def _target(tree: CallTree, message: Message) -> Target:
    target = tree.target(text_of(message, "person", 200))
    if target is None:
        raise Refused(N_("This person is not in the call tree."))
    return target
