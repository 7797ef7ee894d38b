"""Three people in one call: the operator, whoever called him, and a keyholder."""

from callflows.board import Board
from callflows.call import CallState, InboundCall, Sound
from callflows.call_tree import AttemptState, CallTree
from callflows.commands import StopRecording
from callflows.events import (
    CallEnded,
    CallsJoined,
    JoinKeyholderPressed,
    LegId,
    TreeId,
    TreeRefused,
)
from callflows.ringing import stop_all
from callflows.sounds import commands
from callflows.tree_run import advance, pause


def join_pressed(board: Board, event: JoinKeyholderPressed) -> None:
    """Bring a keyholder who is on the line into the call that the operator is in."""
    tree = board.trees.get(TreeId(event.tree_id))
    if tree is None:
        board.ignore(event, "unknown call tree")
        return
    desk = board.desk(event.operator)
    call = board.calls.get(desk.call_id) if desk.call_id else None
    spoken = (CallState.TALKING, CallState.HELD)
    is_talking = call is not None and call.state in spoken and call.operator == event.operator
    if call is None or not is_talking or call.incident_id != tree.incident_id:
        _turn_down(board, tree, event, "you are in no call of this case")
    elif not (_leave_tree(board, tree, call, event.leg_id) or _leave_queue(board, call, event)):
        _turn_down(board, tree, event, "nobody is on that line")
    else:
        call.guests.append(event.leg_id)
        board.legs[event.leg_id] = call.call_id
        legs = (call.leg_id, *([call.operator_leg] if call.operator_leg else []), *call.guests)
        board.say(
            CallsJoined(incident_id=call.incident_id, call_id=call.call_id, legs=legs),
            *commands(call),
        )
        advance(board, tree)


def _leave_tree(board: Board, tree: CallTree, call: InboundCall, leg_id: LegId) -> bool:
    """Take him out of the conversation with the engine; the tree waits for this call."""
    attempt = tree.attempt(leg_id)
    if attempt is None or attempt.state not in (
        AttemptState.ASKING,
        AttemptState.PIN,
        AttemptState.MINUTES,
    ):
        return False
    attempt.state, attempt.until = AttemptState.OVER, None
    attempt.outcome = attempt.outcome or "operator"
    board.tree_legs.pop(leg_id, None)
    call.tree_id, call.keyholder = tree.tree_id, attempt.person
    tree.on_line[call.call_id] = attempt.number
    pause(board, tree, f"call:{call.call_id}", f"{attempt.person} is on the line")
    return True


def _leave_queue(board: Board, call: InboundCall, event: JoinKeyholderPressed) -> bool:
    """Take him out of the queue, where he waits because he pressed 0 or rang in."""
    other = board.call_of(event.leg_id)
    if other is None or not other.seeks or other.leg_id != event.leg_id:
        return False
    if other.incident_id != call.incident_id or not other.is_caller_answered:
        return False
    stop_all(board, other, is_answered_elsewhere=True)
    if other.recording_id is not None:
        board.say(
            StopRecording(
                incident_id=other.incident_id,
                call_id=other.call_id,
                recording_id=other.recording_id,
            )
        )
    board.seeking.pop(other.call_id, None)
    other.state, other.ended_at, other.answered_at = CallState.ENDED, board.now, board.now
    other.ended_by, other.stage_until, other.retry_at = "operator", None, None
    other.notice_until, other.sound = None, Sound.NOTHING
    board.touch(other)
    board.say(
        CallEnded(
            incident_id=other.incident_id,
            call_id=other.call_id,
            ended_by="operator",
            talk_time=0.0,
        )
    )
    tree = board.trees.get(other.tree_id) if other.tree_id else None
    if tree is not None:
        call.tree_id, call.keyholder = other.tree_id, other.keyholder
        pause(board, tree, f"call:{call.call_id}", f"{other.keyholder} is on the line")
        if (number := tree.on_line.pop(other.call_id, None)) is not None:
            tree.on_line[call.call_id] = number
        before, now = f"call:{other.call_id}", f"call:{call.call_id}"
        tree.paused_by = [by for by in tree.paused_by if by != before]
        for one in board.trees.values():  # those of other cases wait for this call now
            waits_for = (now if by == before else by for by in one.paused_by)
            one.paused_by = list(dict.fromkeys(waits_for))  # it may wait for both already
    return True


def _turn_down(board: Board, tree: CallTree, event: JoinKeyholderPressed, why: str) -> None:
    board.say(
        TreeRefused(
            incident_id=tree.incident_id,
            tree_id=tree.tree_id,
            operator=event.operator,
            reason=why,
        )
    )
