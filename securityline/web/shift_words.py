"""Sentences for what goes from one shift to the next, and for who is signed in where."""

from collections.abc import Mapping
from typing import Final

from securityline.web.reasons import Grammar, one_of
from securityline.web.vocabulary import DESK_STATES
from securityline.web.words import N_

SHIFT: Final[Mapping[str, tuple[str, str]]] = {
    "ShiftOffered": ("person", N_("%(operator)s hands the shift over %(text)s")),
    "ShiftItemListed": (
        "plain",
        N_("On the list of %(operator)s for the next shift: %(text)s"),
    ),
    "ShiftItemAccepted": (
        "person",
        N_("%(operator)s accepts from the list of %(by)s: %(item)s"),
    ),
    "ShiftWithdrawn": ("person", N_("%(operator)s takes the list for the next shift back")),
    "ShiftItemLate": (
        "bad",
        N_("Nobody has accepted it from the list of %(operator)s; supervisors know: %(text)s"),
    ),
    "ShiftItemOver": ("plain", N_("Off the list of %(operator)s: %(reason)s")),
    "ShiftHandedOver": ("good", N_("Everything on the list of %(operator)s is accepted")),
    "ShiftRefused": ("bad", N_("Nothing of the shift’s list was changed: %(reason)s")),
}
"Name of a line to its tone and sentence."

SHIFT_REASONS: Final[Mapping[str, Grammar]] = {
    "ShiftItemOver": one_of(
        N_("called off"), N_("the case is closed"), N_("another has the case")
    ),
    "ShiftRefused": Grammar(
        N_("no such operator"),
        N_("nothing is open"),
        N_("it is not on the list any more"),
        N_("it is your own list"),
        N_("operator is %(state)s"),
        N_("clearance"),
        N_("somebody is on the line"),
        N_("another operator works on this site"),
        N_("you have no list"),
        inside={"state": one_of(*DESK_STATES, said_as=DESK_STATES)},
    ),
}
"The grammar of `reason` in each of these lines."

NOT_ACCEPTED: Final = N_("nobody accepted the case at the change of shift")
"Why such a case waits for an operator."

ITEM_KINDS: Final = {
    "case": N_("Case"),
    "note": N_("Note"),
    "task": N_("Task"),
    "consigne": N_("Temporary consigne"),
    "test": N_("On test"),
    "more": N_("Not on the list, because it is full"),
}

SESSION_ENDS: Final = {
    "signed_out": N_("signed out"),
    "taken_over": N_("signed in at another browser"),
    "idle": N_("not used for a while"),
    "too_old": N_("a whole shift long"),
    "rights": N_("other rights now"),
}
"Why a session of the desk ended."
