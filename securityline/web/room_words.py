"""Words of a supervisor on a call: ways, purposes, and the reasons that the rules give."""

from collections.abc import Mapping
from typing import Final

from securityline.web.reasons import Grammar, one_of
from securityline.web.words import N_

MODES: Final[Mapping[str, str]] = {
    "listen": N_("Listen: nobody hears you"),
    "whisper": N_("Whisper: the operator alone hears you"),
    "barge": N_("Barge in: all hear each other"),
    "take_over": N_("Take over: you are the operator"),
}
"What a supervisor may choose."
MODES_TOLD: Final[Mapping[str, str]] = {
    "listen": N_("listens"),
    "whisper": N_("whispers"),
    "barge": N_("speaks with all"),
    "take_over": N_("takes over"),
}
"The same, said of him."
WHY: Final[Mapping[str, str]] = {
    "help_asked": N_("The operator asked for help"),
    "danger": N_("Somebody is in danger"),
    "training": N_("Training"),
    "quality": N_("Quality check"),
    "complaint": N_("Complaint"),
}
WHY_TOLD: Final[Mapping[str, str]] = {**WHY, "unsaid": N_("no reason given")}

ALERTS: Final[Mapping[str, str]] = {
    "not_taken": N_("Offered, and nobody takes it"),
    "not_worked": N_("Taken, and nobody works on it"),
    "overdue_step": N_("A step is overdue"),
    "total": N_("Open for too long"),
}

REFUSED: Final = one_of(
    N_("for supervisors only"),
    N_("clearance"),
    N_("not signed in"),
    N_("there is no such call"),
    N_("no operator is on that call"),
    N_("you are in a call yourself"),
    N_("you are on another colleague's call"),
    N_("another supervisor is on that call"),
    N_("no phone"),
)
ENDED: Final = Grammar(
    N_("he left"),
    N_("he hung up"),
    N_("his phone is gone"),
    N_("his own phone was not picked up"),
    N_("he signed out"),
    N_("he took the call over"),
    N_("the call is over"),
    N_("no operator is on it"),
    N_("the operator's side broke: the caller is his"),
    N_("the engine was restarted"),
    N_("the engine could not connect him"),
    N_("for supervisors only"),
    N_("clearance"),
)
OF_LINES: Final[Mapping[str, Grammar]] = {"VisitRefused": REFUSED, "VisitEnded": ENDED}
