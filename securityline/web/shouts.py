"""What every screen that may know hears at once, besides what it shows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from callflows.incident import Incident
from securityline.web.board import Audience, Board
from securityline.web.plain import clip
from securityline.web.ports import Line

REFUSALS: Final = frozenset(
    {
        "CloseRefused",
        "StepRefused",
        "PhraseRefused",
        "AnswerRefused",
        "TreeRefused",
        "ActionRefused",
        "ServiceRefused",
        "TransferRefused",
        "ParkRefused",
        "HandoverRefused",
        "ShiftRefused",
        "CaseTakeRefused",
        "VisitRefused",
    }
)
"Lines that one operator is told in words: what he asked for was not done."


class Shout(NamedTuple):
    """An alert, and whom it is not for."""

    message: dict[str, Any]
    clearance: str
    not_for: str = ""
    "An operator: he knows."
    only_for: frozenset[str] = frozenset()
    "Whom alone it concerns; empty: everybody."
    is_for_supervisors: bool = False

    def is_for(self, operator: str, audience: Audience) -> bool:
        """Whether a screen hears it."""
        is_known = self.clearance in audience.clearances
        is_known &= self.message["incident"] not in audience.unseen
        is_role = audience.may_visit or not self.is_for_supervisors
        is_his = not self.only_for or operator in self.only_for
        return is_role and is_known and is_his and operator != self.not_for


def shouts(lines: Sequence[Line], board: Board) -> Iterator[Shout]:
    """Tell what is to be heard: a case that waits, an action that needs a second person."""
    wanted = [x for x in lines if x.what == "AttentionWanted"]
    for incident_id in sorted({x.incident_id for x in wanted}):
        incident = board.incident(incident_id)
        only = {x.data.get("only") for x in wanted if x.incident_id == incident_id}
        if incident is not None and incident.attention_since is not None:
            for_him = frozenset() if None in only else frozenset(map(str, only))
            yield Shout(_alert(incident), incident.clearance, only_for=for_him)
    yield from _offered(lines, board)
    yield from _not_accepted(lines, board)
    for line in lines:
        incident = board.incident(line.incident_id) if line.what == "ActionAwaited" else None
        if incident is not None:
            message = {**_alert(incident), "for": "action"}
            yield Shout(message, incident.clearance, str(line.data.get("operator", "")))
    for line in lines:
        incident = board.incident(line.incident_id) if line.what == "AlertRaised" else None
        if incident is not None:
            message = {**_alert(incident), "for": "late"}
            yield Shout(message, incident.clearance, is_for_supervisors=True)


def _not_accepted(lines: Iterable[Line], board: Board) -> Iterator[Shout]:
    """Tell supervisors whose list nobody accepts; once a list, however much is on it."""
    late = {str(x.data.get("operator")) for x in lines if x.what == "ShiftItemLate"}
    for operator in sorted(late):
        message = {
            "incident": "",
            "urgency": 3,
            "words": board.name_of(operator),
            "for": "shift",
        }
        yield Shout(message, "standard", is_for_supervisors=True)


def _offered(lines: Iterable[Line], board: Board) -> Iterator[Shout]:
    """Tell whoever is asked to take a case over."""
    for line in lines:
        incident = board.incident(line.incident_id) if line.what == "HandoverOffered" else None
        if incident is None or incident.handover is None:
            continue
        by, to, role = (str(line.data.get(name) or "") for name in ("operator", "to", "role"))
        desks = board.switchboard.operators.values()
        asked = {to} if to else {desk.operator for desk in desks if desk.role == role}
        message = {**_alert(incident), "for": "handover"}
        yield Shout(message, incident.clearance, by, only_for=frozenset(asked))


def _alert(incident: Incident) -> dict[str, Any]:
    return {
        "incident": incident.incident_id,
        "urgency": incident.urgency,
        "words": clip(incident.organisation_name),
    }
