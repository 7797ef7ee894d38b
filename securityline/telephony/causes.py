"""Why a call we placed came to nothing."""

from callflows.events import Cause


def cause_of(status: int, has_rung: bool) -> Cause:
    """Say in the words of the field why a call we placed came to nothing."""
    if status in (486, 600):
        return Cause.BUSY
    if status in (603, 403, 607, 608):
        return Cause.REFUSED
    if status in (408, 480, 487) and has_rung:
        return Cause.NO_ANSWER
    return Cause.UNREACHABLE
