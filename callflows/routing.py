"""Which operator is rung for a call, and the reason in words that a person can check."""

from collections.abc import Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

from callflows.call import InboundCall
from callflows.events import OperatorChosen, OperatorId
from callflows.operators import DeskState, OperatorDesk
from client_directory.model import Clearance

RUNG_FOR_ANOTHER: Final = "rung for another call"
_BUSY_WITH: Final = {
    DeskState.SIGNED_OUT: "signed out",
    DeskState.ON_BREAK: "on break",
    DeskState.RINGING: RUNG_FOR_ANOTHER,
    DeskState.TALKING: "in a call",
    DeskState.WRAP_UP: "in wrap-up",
    DeskState.VISITING: "on a colleague's call",
}

_STATES: Final = {state: state.value for state in DeskState}
"Looked up for every operator of every decision; an enumeration's `value` is a call."

MOST_NAMES: Final = 6
"Operators named in a sentence for one reason; the readings name them all."

Reading = Mapping[str, str | int | float | bool]
Takes = Literal["best", "all", "press", "another"]
"By which rule operators were chosen; see `OperatorChosen.takes`."


def is_cleared(desk: OperatorDesk, clearance: Clearance) -> bool:
    """Whether an operator may see and take calls of this clearance. A hard gate.

    Whoever may take high-security calls may take all.
    """
    return opens(desk.clearances, clearance)


def opens(clearances: Container[str], clearance: str) -> bool:
    """Whether these clearances let somebody see and take calls of that one."""
    return clearance in clearances or "high_security" in clearances


def may_ring(desk: OperatorDesk) -> bool:
    """Whether an operator is there, free, and has a phone that answers."""
    return desk.state is DeskState.READY and desk.has_station


def is_eligible(desk: OperatorDesk, call: InboundCall, now: float) -> bool:
    """Whether a free operator may be rung for this call now."""
    return is_cleared(desk, call.clearance) and call.rests.get(desk.operator, now) <= now


def eligible(
    desks: Iterable[OperatorDesk], call: InboundCall, now: float
) -> list[OperatorDesk]:
    """Return those of the free operators who may be rung for this call now, as they stood."""
    clearance, rests = call.clearance, call.rests
    return [
        desk
        for desk in desks
        if is_cleared(desk, clearance) and rests.get(desk.operator, now) <= now
    ]


def excluded_because(desk: OperatorDesk, call: InboundCall, now: float) -> str:
    """Say why an operator is not rung for a call; the empty string when nothing bars him."""
    return _barred_by(desk, call, call.clearance, now)


def _barred_by(desk: OperatorDesk, call: InboundCall, clearance: Clearance, now: float) -> str:
    if desk.state is DeskState.RINGING and desk.call_id == call.call_id:
        return "" if is_cleared(desk, clearance) else "clearance"
    return barred(
        desk.state,
        is_cleared=is_cleared(desk, clearance),
        has_station=desk.has_station,
        rests=call.rests.get(desk.operator, now) > now,
    )


def barred(state: DeskState, *, is_cleared: bool, has_station: bool, rests: bool) -> str:
    """Say what bars an operator from a call; the empty string: nothing. Also for a replay."""
    if state is not DeskState.SIGNED_OUT and not is_cleared:
        return "clearance"
    if state in _BUSY_WITH:
        return _BUSY_WITH[state]
    if not has_station:
        return "no phone"
    return "did not take it" if rests else ""


def in_order(desks: Iterable[OperatorDesk], call: InboundCall) -> list[OperatorDesk]:
    """Sort operators for a call, best first; see :func:`rank`."""
    return rank(desks, call.offer.languages, call.preferred)


def rank(
    desks: Iterable[OperatorDesk], languages: Sequence[str], preferred: OperatorId | None
) -> list[OperatorDesk]:
    """Sort operators, best first: the case's owner, skill, longest idle, id.

    Skill is compared language by language, the caller's most probable first. An operator
    without any of them comes last, and still comes: a language never keeps a caller waiting.
    """

    def merit(desk: OperatorDesk) -> tuple[bool, list[int], float, str]:
        skills = desk.languages
        is_owner = desk.operator == preferred
        skill = [-skills.get(x, 0) for x in languages]
        return not is_owner, skill, desk.idle_since, desk.operator

    return sorted(desks, key=merit)


def explain(
    call: InboundCall,
    chosen: Sequence[OperatorDesk],
    roster: Iterable[OperatorDesk],
    now: float,
    why: str,
    *,
    takes: Takes = "press",
    promised: Container[OperatorId] = (),
    spare: Mapping[OperatorId, int] = MappingProxyType({}),
) -> OperatorChosen:
    """Write a routing decision down, with everybody who was considered, to be replayed.

    Those who could be rung each have a reading of their own; those who could not, and stood
    alike, share one: with sixty operators a line per decision would else be mostly absences.
    What is read back, and how, stands in `routing_replay`.

    :param why: what led to it: the queue's reason, or an operator's own press.
    :param promised: operators who are rung for other callers in the same moment.
    :param spare: whose phone rang for a call that could spare him, and that call's class.
    """
    clearance = call.clearance
    picked = {desk.operator for desk in chosen}
    considered: list[Reading] = []
    excluded: dict[_Stood, list[OperatorDesk]] = {}
    for desk in roster:
        if desk.operator in picked or desk.operator in spare:
            because = ""
        elif desk.operator in promised:
            because = RUNG_FOR_ANOTHER
        else:
            because = _barred_by(desk, call, clearance, now)
        if because:
            rests = call.rests.get(desk.operator, now) > now
            is_promised = desk.operator in promised
            stood = (because, desk.state, desk.has_station, rests, is_promised, desk.clearances)
            excluded.setdefault(stood, []).append(desk)
        else:
            considered.append(_reading(desk, call, now, spare))
    because_of: dict[str, list[OperatorDesk]] = {}
    for stood, desks in excluded.items():
        considered.append(_absence(stood, desks))
        because_of.setdefault(stood[0], []).extend(desks)
    return OperatorChosen(
        incident_id=call.incident_id,
        call_id=call.call_id,
        operators=tuple(desk.operator for desk in chosen),
        reason=_sentence(call, chosen, because_of, now, why),
        considered=tuple(considered),
        takes=takes,
        languages=call.offer.languages,
        clearance=call.clearance,
        preferred=call.preferred,
    )


_Stood = tuple[str, DeskState, bool, bool, bool, tuple[Clearance, ...]]
"What bars him, his state; whether a phone answers, he rests, is promised; his clearances."


def _absence(stood: _Stood, desks: Sequence[OperatorDesk]) -> Reading:
    """Return what barred some who stood alike, and all that it was made of."""
    because, state, has_station, rests, is_promised, clearances = stood
    return {
        "operator": ", ".join(desk.operator for desk in desks),
        "excluded": because,
        "state": _STATES[state],
        "has_station": has_station,
        "rests": rests,
        "is_promised": is_promised,
        "clearances": " ".join(clearances),
    }


def _reading(
    desk: OperatorDesk, call: InboundCall, now: float, spare: Mapping[OperatorId, int]
) -> Reading:
    """Return what a decision weighs of one operator."""
    skills = [desk.languages.get(language, 0) for language in call.offer.languages]
    reading: dict[str, str | int | float | bool] = {
        "operator": desk.operator,
        "state": _STATES[desk.state],
        "skill": desk.languages.get(call.language, 0),
        "idle": round(now - desk.idle_since, 6),
        "excluded": "",
        "clearances": " ".join(desk.clearances),
    }
    if len(skills) > 1:
        reading["skills"] = " ".join(map(str, skills))
    if desk.operator in spare:
        reading["served_as"] = spare[desk.operator]
    return reading


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
