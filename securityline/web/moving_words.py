"""Sentences for what moves between operators: transfers, parked cases, cases handed over."""

from collections.abc import Mapping
from typing import Final

from securityline.web.reasons import Grammar, one_of
from securityline.web.vocabulary import DESK_STATES
from securityline.web.words import N_

MOVING: Final[Mapping[str, tuple[str, str]]] = {
    "TransferPressed": ("person", N_("%(operator)s offers the caller to %(to)s")),
    "CallGiven": ("person", N_("%(operator)s gives the caller away")),
    "CaseParked": ("person", N_("%(operator)s parks the case until %(until)s %(text)s")),
    "CaseUnparked": ("person", N_("%(operator)s takes the parked case back")),
    "HandoverOffered": ("person", N_("%(operator)s offers the case: %(to)s %(role)s %(text)s")),
    "HandoverAccepted": ("person", N_("%(operator)s takes the case over")),
    "HandoverDeclined": ("person", N_("%(operator)s does not take the case over %(text)s")),
    "SiteEntered": ("person", N_("%(operator)s works here too, and knows of the other")),
    "TransferOffered": ("plain", N_("The phone of %(to)s rings for the caller")),
    "TransferAnswered": ("good", N_("%(operator)s and %(by)s talk; the caller hears music")),
    "TransferTaken": ("good", N_("%(operator)s has the caller and the case, from %(by)s")),
    "TransferReturned": ("bad", N_("The caller goes back to %(operator)s: %(to)s, %(reason)s")),
    "TransferRefused": ("bad", N_("The caller was not offered: %(reason)s")),
    "ParkRefused": ("bad", N_("The case was not parked: %(reason)s")),
    "ParkEnded": ("plain", N_("The parked case is back: %(reason)s")),
    "OwnerChanged": ("good", N_("The case is now that of %(operator)s: %(reason)s")),
    "HandoverEnded": ("bad", N_("The case stays with %(operator)s: %(reason)s")),
    "HandoverRefused": ("bad", N_("The case was not handed over: %(reason)s")),
    "SiteShared": ("bad", N_("%(operator)s and %(other)s work on the same site")),
    "CaseTakeRefused": (
        "bad",
        N_("Not taken: %(other)s works on this site already; press Shift+W to work here too"),
    ),
}
"Name of a line to its tone and sentence."

_OPERATOR_IS: Final = one_of(*DESK_STATES, said_as=DESK_STATES)

MOVING_REASONS: Final[Mapping[str, Grammar]] = {
    "TransferRefused": Grammar(
        N_("no such operator"),
        N_("he is being offered to somebody already"),
        N_("a third line is in the call"),
        N_("clearance"),
        N_("no phone"),
        N_("operator is %(state)s"),
        inside={"state": _OPERATOR_IS},
    ),
    "TransferReturned": one_of(
        N_("he left again"), N_("he did not take it"), N_("his phone is gone")
    ),
    "ParkRefused": one_of(
        N_("it is parked already"),
        N_("it is another operator's case"),
        N_("somebody is on the line"),
        N_("a third line is in the call"),
        N_("the time is over"),
        N_("you are in a call"),
        N_("%(num)d minutes at most"),
    ),
    "ParkEnded": one_of(
        N_("its time is over"), N_("taken back"), N_("its owner did not take it back")
    ),
    "OwnerChanged": one_of(N_("handed over")),
    "HandoverEnded": one_of(N_("called off"), N_("declined"), N_("nobody accepted in time")),
    "HandoverRefused": Grammar(
        N_("it is another operator's case"),
        N_("somebody is on the line"),
        N_("no such role"),
        N_("no such operator"),
        N_("clearance"),
        N_("you were not asked"),
        N_("operator is %(state)s"),
        inside={"state": _OPERATOR_IS},
    ),
}
"The grammar of `reason` in each of these lines."

MOVED: Final = (
    N_("a parked case is back"),
    N_("a parked case was not taken back by its owner"),
    N_("a parked caller is gone"),
    N_("nobody took the case over"),
)
"Why such a case waits for an operator."
