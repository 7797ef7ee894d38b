"""Which consigne is followed for what has none of its own."""

from typing import Final

from client_directory.model import Organisation, Procedure

OTHER_KIND: Final = "other"
"Incident kind of the consigne to show while nobody has said what happened."
DEFAULT_PROCEDURE: Final = "default"


def fallback_procedure(organisation: Organisation) -> Procedure | None:
    """Return the consigne for `other`, else the one named `default`, else the first."""
    procedures = organisation.procedures
    written = [plan for plan in procedures if OTHER_KIND in plan.incident_kinds]
    written += [plan for plan in procedures if plan.procedure == DEFAULT_PROCEDURE]
    return next(iter((*written, *procedures)), None)


def is_written_fallback(procedure: Procedure) -> bool:
    """Say whether a consigne is meant for what has none of its own."""
    return OTHER_KIND in procedure.incident_kinds or procedure.procedure == DEFAULT_PROCEDURE
