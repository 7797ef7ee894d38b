"""What each role may press. A press that stands nowhere here is nobody's.

Which role may open which page stands with the page; a test holds every address and every
press of the code against one table (`tests/securityline/web/test_roles.py`).
"""

from collections.abc import Mapping
from typing import Final

from securityline.web.refusal import Refused
from securityline.web.words import N_

WORKING: Final = frozenset({"operator", "supervisor", "administrator"})
"Who takes calls and works on cases."
SUPERVISING: Final = frozenset({"supervisor"})
"Who comes onto colleagues' calls."

PRESSES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("ready", "break"), WORKING),
    **dict.fromkeys(("answer", "hang_up", "hold", "resume", "transfer", "give"), WORKING),
    **dict.fromkeys(("take", "kind", "answer_step", "skip", "verify", "note"), WORKING),
    **dict.fromkeys(("urgency", "close", "case_park", "case_unpark", "enter_site"), WORKING),
    **dict.fromkeys(("handover", "handover_accept", "handover_decline"), WORKING),
    **dict.fromkeys(("shift_offer", "shift_accept", "shift_withdraw"), WORKING),
    **dict.fromkeys(("action_request", "action_approve", "action_reject"), WORKING),
    **dict.fromkeys(("tree_start", "tree_pause", "tree_resume", "tree_jump"), WORKING),
    **dict.fromkeys(("tree_call", "tree_skip", "tree_join", "tree_stop"), WORKING),
    **dict.fromkeys(("tree_confirm", "covert", "speak_ask", "speak", "phrase"), WORKING),
    **dict.fromkeys(("secret", "secret_reveal"), WORKING),
    **dict.fromkeys(("service", "service_detail", "service_end", "call_person"), WORKING),
    **dict.fromkeys(("timer_start", "timer_prolong", "timer_end", "timer_pin"), WORKING),
    **dict.fromkeys(("task_done", "test_set", "test_end", "opening_agreed"), WORKING),
    "visit": SUPERVISING,
    "leave": WORKING,
}
"Act of a page to the roles that may press it."


class NotHisRole(Refused):
    """A press that his role may not make; it is a line of the logbook."""


def check_role(role: str, act: str) -> None:
    """Let a press through when this role may make it.

    :raises NotHisRole: it may not; nothing else was looked at.
    """
    if role in PRESSES.get(act, frozenset()):
        return
    if role == "auditor":
        raise NotHisRole(N_("An auditor reads, and changes nothing."))
    if act == "visit":
        raise NotHisRole(N_("Only a supervisor comes onto a colleague’s call."))
    raise NotHisRole(N_("Your role may not do this."))
