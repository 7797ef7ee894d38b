"""A call tree that a flow asked for, looked up in the directory of the moment."""

from dataclasses import replace
from datetime import UTC, datetime

from callflows.commands import PlanCallTree
from callflows.events import CallTreeRequested, CallTreeUnplanned
from client_directory.call_plan import build_call_plan
from securityline.telephony.exchange import Exchange, log


def plan_call_tree(exchange: Exchange, command: PlanCallTree) -> None:
    """Tell whom the tree calls, or why there is no such tree: then a human is told."""
    directory = exchange.directory.current
    organisation = directory.organisations.get(command.organisation)
    reason = ""
    if organisation is None:
        reason = "the client is not known"
    elif all(tree.call_tree != command.call_tree for tree in organisation.call_trees):
        reason = "the directory has no such tree"
    if organisation is not None and not reason:
        try:
            plan = build_call_plan(
                organisation,
                command.call_tree,
                command.site,
                datetime.fromtimestamp(exchange.clock(), UTC),
                is_emergency=directory.is_protected_number,
            )
            plan = replace(plan, calls_an_hour=exchange.tree_calls_an_hour)
        except Exception as error:
            # A schedule that cannot be worked out must not leave the case without a human.
            log.exception("call tree not planned", call_tree=command.call_tree)
            reason = f"{type(error).__name__}: {error}"
    if organisation is None or reason:
        exchange.tell(
            CallTreeUnplanned(
                incident_id=command.incident_id,
                tree_id=command.tree_id,
                call_tree=command.call_tree,
                reason=reason,
            )
        )
        return
    exchange.tell(
        CallTreeRequested(
            incident_id=command.incident_id,
            tree_id=command.tree_id,
            plan=plan,
            asked_by=command.asked_by,
        )
    )
