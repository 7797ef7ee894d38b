"""Cases that wait for an operator although nobody is on the line: an alarm, an exhausted tree.

A case that wants attention stands in front of everybody's screen, most urgent first, until
an operator takes it. Nothing takes it away by itself. Of one urgency those come first for
which the engine can do nothing more (a call tree that reached nobody): they have only us.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from callflows.board import Board
from callflows.events import AttentionWanted, CaseTaken, CaseTakeRefused, OperatorId
from callflows.incident import Incident
from callflows.site_lock import held_by

MOST_REASONS: Final = 40
"Kept of one case, the first and the last ones: whoever floods us fills no memory."


def attend(
    board: Board,
    incident: Incident,
    reason: str,
    only: OperatorId | None = None,
    *,
    is_failure: bool = False,
) -> None:
    """Put a case in front of the operators, and say why.

    A case that waits already keeps its place and gets the new reason as well.

    :param only: the one whom it concerns first; nobody else's screen makes a sound.
    :param is_failure: what the engine did for it has failed; it goes before all others of its
        urgency for which something is still being done.
    """
    if not incident.is_open:
        return
    if is_failure and incident.failed_at is None:
        incident.failed_at = board.now
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
    incident.attention_since = incident.failed_at = None
    if incident.parking is not None and incident.parking.is_back:
        board.drop_timed(incident.parking)
        incident.parking = None


def waiting_cases(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the cases that wait for an operator, in the order in which to take them."""
    return sorted(
        (case for case in incidents if case.is_open and case.attention_since is not None),
        key=lambda case: (case.urgency, *place(case), case.incident_id),
    )


def place(case: Incident) -> tuple[bool, float]:
    """Return where a waiting case stands among those of its urgency; the least is first.

    What failed before what may yet go well, then whatever has waited longest, engine time.
    """
    since = case.attention_since or 0.0
    return (True, since) if case.failed_at is None else (False, case.failed_at)


def at_most(cases: Sequence[Incident], most: int) -> list[Incident]:
    """Return the first ones of a list, and of the rest all that failed: no list hides those."""
    return [*cases[:most], *(case for case in cases[most:] if case.failed_at is not None)]
