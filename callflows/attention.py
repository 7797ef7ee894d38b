"""Cases that wait for an operator although nobody is on the line: an alarm, an exhausted tree.

A case that wants attention stands in front of everybody's screen, most urgent first, until
an operator takes it. Nothing takes it away by itself.
"""

from collections.abc import Iterable
from typing import Final

from callflows.board import Board
from callflows.events import AttentionWanted, CaseTaken, CaseTakeRefused, OperatorId
from callflows.incident import Incident
from callflows.site_lock import held_by

MOST_REASONS: Final = 40
"Kept of one case, the first and the last ones: whoever floods us fills no memory."


def attend(
    board: Board, incident: Incident, reason: str, only: OperatorId | None = None
) -> None:
    """Put a case in front of the operators, and say why.

    A case that waits already keeps its place and gets the new reason as well.

    :param only: the one whom it concerns first; nobody else's screen makes a sound.
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
            incident_id=incident.incident_id,
            reason=reason,
            urgency=incident.urgency,
            only=only,
        )
    )


def attend_anew(board: Board, incident: Incident, subject: str, more: str = "") -> None:
    """Say again that a case wants an operator, in the place of what it said on this before.

    :param more: what has changed since; without it, the same again is not repeated.
    """
    reason = f"{subject} ({more})" if more else subject
    incident.attention[:] = [
        said
        for said in incident.attention
        if said == reason or (said != subject and not said.startswith(f"{subject} ("))
    ]
    excess = len(incident.attention) - (MOST_REASONS - 1)
    del incident.attention[1 : 1 + max(0, excess)]
    attend(board, incident, reason)


def case_taken(board: Board, incident: Incident, event: CaseTaken) -> bool:
    """Give a case to the operator who took it; it waits no longer."""
    other = held_by(board.incidents.values(), incident, event.operator)
    if other is not None and other.owner is not None:
        board.say(
            CaseTakeRefused(
                incident_id=incident.incident_id,
                operator=event.operator,
                other=other.owner,
                other_case=other.incident_id,
            )
        )
        return True
    take_case(board, incident, event.operator)
    return True


def take_case(board: Board, incident: Incident, operator: OperatorId) -> None:
    """Make a case this operator's, whoever works on its site; it waits no longer."""
    incident.belongs_to(operator, board.now)
    incident.taken_at = board.now
    incident.attention.clear()
    incident.attention_since = None
    if incident.parking is not None and incident.parking.is_back:
        board.drop_timed(incident.parking)
        incident.parking = None


def waiting_cases(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the cases that wait for an operator, in the order in which to take them."""
    return sorted(
        (case for case in incidents if case.is_open and case.attention_since is not None),
        key=lambda case: (case.urgency, case.attention_since or 0.0, case.incident_id),
    )
