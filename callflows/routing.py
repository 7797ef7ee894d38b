"""Which operator is rung for a call, and the reason in words that a person can check."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from callflows.call import InboundCall
from callflows.events import OperatorChosen
from callflows.operators import DeskState, OperatorDesk
from client_directory.model import Clearance

_BUSY_WITH: Final = {
    DeskState.SIGNED_OUT: "signed out",
    DeskState.ON_BREAK: "on break",
    DeskState.RINGING: "rung for another call",
    DeskState.TALKING: "in a call",
    DeskState.WRAP_UP: "in wrap-up",
    DeskState.VISITING: "on a colleague's call",
}

MOST_NAMES: Final = 6
"Operators named in a sentence for one reason; the readings name them all."

Reading = Mapping[str, str | int | float | bool]


def is_cleared(desk: OperatorDesk, clearance: Clearance) -> bool:
    """Whether an operator may see and take calls of this clearance. A hard gate.

    Whoever may take high-security calls may take all.
    """
    return clearance in desk.clearances or "high_security" in desk.clearances


def may_ring(desk: OperatorDesk) -> bool:
    """Whether an operator is there, free, and has a phone that answers."""
    return desk.state is DeskState.READY and desk.has_station


def is_eligible(desk: OperatorDesk, call: InboundCall, now: float) -> bool:
    """Whether a free operator may be rung for this call now."""
    return is_cleared(desk, call.clearance) and call.rests.get(desk.operator, now) <= now


def excluded_because(desk: OperatorDesk, call: InboundCall, now: float) -> str:
    """Say why an operator is not rung for a call; the empty string when nothing bars him."""
    if desk.state is not DeskState.SIGNED_OUT and not is_cleared(desk, call.clearance):
        return "clearance"
    if desk.call_id == call.call_id and desk.state is DeskState.RINGING:
        return ""
    if busy := _BUSY_WITH.get(desk.state):
        return busy
    if not desk.has_station:
        return "no phone"
    return "did not take it" if call.rests.get(desk.operator, now) > now else ""


def in_order(desks: Iterable[OperatorDesk], call: InboundCall) -> list[OperatorDesk]:
    """Sort operators for a call, best first: the case's owner, skill, longest idle, id.

    Skill is compared language by language, the caller's most probable first. An operator
    without any of them comes last, and still comes: a language never keeps a caller waiting.
    """
    languages = call.offer.languages

    def merit(desk: OperatorDesk) -> tuple[bool, list[int], float, str]:
        skills = desk.languages
        is_owner = desk.operator == call.preferred
        skill = [-skills.get(x, 0) for x in languages]
        return not is_owner, skill, desk.idle_since, desk.operator

    return sorted(desks, key=merit)


def explain(
    call: InboundCall,
    chosen: Sequence[OperatorDesk],
    roster: Iterable[OperatorDesk],
    now: float,
    why: str,
) -> OperatorChosen:
    """Write a routing decision down, with everybody who was considered.

    Those who could be rung each have a reading of their own; those who could not share one
    a reason: with sixty operators a line per decision would otherwise be mostly absences.

    :param why: what led to it: the queue's reason, or an operator's own press.
    """
    language = call.language
    picked = {desk.operator for desk in chosen}
    considered: list[Reading] = []
    excluded: dict[str, list[OperatorDesk]] = {}
    for desk in roster:
        because = "" if desk.operator in picked else excluded_because(desk, call, now)
        if because:
            excluded.setdefault(because, []).append(desk)
            continue
        considered.append(
            {
                "operator": desk.operator,
                "state": desk.state.value,
                "skill": desk.languages.get(language, 0),
                "idle": round(now - desk.idle_since, 3),
                "excluded": "",
            }
        )
    considered += [
        {"operator": ", ".join(desk.operator for desk in desks), "excluded": because}
        for because, desks in excluded.items()
    ]
    return OperatorChosen(
        incident_id=call.incident_id,
        call_id=call.call_id,
        operators=tuple(desk.operator for desk in chosen),
        reason=_sentence(call, chosen, excluded, now, why),
        considered=tuple(considered),
    )


def _sentence(
    call: InboundCall,
    chosen: Sequence[OperatorDesk],
    excluded: Mapping[str, Sequence[OperatorDesk]],
    now: float,
    why: str,
) -> str:
    language, clearance = call.language, call.clearance
    gate = "" if clearance == "standard" else f", {clearance}"
    parts = [
        f"{desk.name or desk.operator}: {language} {desk.languages.get(language, 0)}{gate},"
        f" idle {now - desk.idle_since:.0f} s"
        for desk in chosen
    ]
    parts += [f"{_names(desks)} excluded: {because}" for because, desks in excluded.items()]
    parts.append(why)
    return "; ".join(parts)


def _names(desks: Sequence[OperatorDesk]) -> str:
    names = ", ".join(desk.name or desk.operator for desk in desks[:MOST_NAMES])
    more = len(desks) - MOST_NAMES
    return f"{names} and {more} more" if more > 0 else names
