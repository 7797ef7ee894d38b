"""Steps that a consigne lets the engine do before an operator looks: calling keyholders.

Never an emergency service: there is no such step (`client_directory.plan_check`), and
nothing here that could take it.
"""

from typing import Final

from callflows.board import Board
from callflows.commands import PlanCallTree
from callflows.events import OperatorId, StepBegun, TreeId
from callflows.incident import Incident
from callflows.procedure_run import Outcome, StepRecord

ENGINE: Final = OperatorId("")
"Who recorded a step that the engine did by itself."


def begin_automatic(board: Board, incident: Incident) -> None:
    """Do the steps on the consigne's path that are marked automatic and are open."""
    for step in incident.run.path:
        tree = (step.do or {}).get("start_call_tree")
        if tree is None or not step.is_automatic or step.step in incident.run.records:
            continue
        if incident.run.shut_by(step) is not None:
            continue
        incident.run.record(
            StepRecord(
                step=step.step, outcome=Outcome.DONE, operator=ENGINE, at=board.now, text=tree
            )
        )
        board.say(
            StepBegun(
                incident_id=incident.incident_id, step=step.step, what=f"call tree {tree}"
            )
        )
        start_tree(board, incident, tree, f"step {step.step}")


def start_tree(board: Board, incident: Incident, call_tree: str, asked_by: str) -> None:
    """Ask for a call tree; it starts when the directory has said whom it calls.

    The wish stands in the case until then, so a restart in between asks again.
    """
    tree_id = TreeId(f"{incident.incident_id}-t{len(incident.tree_ids) + 1}")
    incident.tree_ids.append(tree_id)
    incident.wanted_trees[tree_id] = call_tree
    ask_for_plan(board, incident, tree_id, asked_by)


def ask_for_plan(board: Board, incident: Incident, tree_id: TreeId, asked_by: str) -> None:
    """Have a wanted tree planned, or planned again after a restart."""
    board.say(
        PlanCallTree(
            incident_id=incident.incident_id,
            tree_id=tree_id,
            organisation=incident.organisation or "",
            site=incident.site,
            call_tree=incident.wanted_trees[tree_id],
            asked_by=asked_by,
        )
    )
