"""Cases that wait for an operator although nobody is on the line: an alarm, an exhausted tree.

A case that wants attention stands in front of everybody's screen, most urgent first, until
an operator takes it. Nothing takes it away by itself.
"""

from callflows.board import Board
from callflows.events import AttentionWanted, CaseTaken
from callflows.incident import Incident


def attend(board: Board, incident: Incident, reason: str) -> None:
    """Put a case in front of the operators, and say why.

    A case that waits already keeps its place and gets the new reason as well.
    """
    if not incident.is_open:
        return
    if incident.attention_since is None:
        incident.attention_since = board.now
    if reason in incident.attention:
        return
    incident.attention.append(reason)
    board.say(
        AttentionWanted(
            incident_id=incident.incident_id, reason=reason, urgency=incident.urgency
        )
    )


def case_taken(board: Board, incident: Incident, event: CaseTaken) -> bool:
    """Give a case to the operator who took it; it waits no longer."""
    incident.owner = event.operator
    incident.attention.clear()
    incident.attention_since = None
    return True


def waiting_cases(board: Board) -> list[Incident]:
    """Return the cases that wait for an operator, in the order in which to take them."""
    return sorted(
        (case for case in board.incidents.values() if case.attention_since is not None),
        key=lambda case: (case.urgency, case.attention_since or 0.0, case.incident_id),
    )
