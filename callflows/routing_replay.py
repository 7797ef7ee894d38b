"""A routing decision, read back from its line in the log and made again from what it weighed.

Pure, and the only place that reads what `routing.explain` writes. A decision of an earlier
version did not keep all that it weighed: it is read, and says that it cannot be made again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from callflows.events import OperatorId
from callflows.operators import DeskState, OperatorDesk
from callflows.routing import RUNG_FOR_ANOTHER, barred, opens, rank

Verdict = Literal["same", "different", "press", "old"]
VERDICTS: Final[Mapping[Verdict, str]] = {
    "same": "same",
    "different": "DIFFERENT",
    "press": "an operator's own press",
    "old": "cannot be replayed: an earlier version kept less",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An operator who could be rung."""

    operator: OperatorId
    skills: tuple[int, ...]
    "In the caller's languages, in their order."
    idle: float
    "Seconds."
    clearances: frozenset[str] | None = None
    "`None`: an earlier version did not keep them."
    served_as: int = 0
    "Class of the call that his phone rang for, when he was taken from one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Operators who stood alike and were not rung, and why not."""

    operators: str
    because: str
    state: DeskState
    has_station: bool
    rests: bool
    is_promised: bool
    "Rung for another caller in the same moment."
    clearances: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was weighed, and what came of it."""

    call_id: str
    operators: tuple[OperatorId, ...]
    reason: str
    takes: str
    languages: tuple[str, ...]
    preferred: OperatorId | None
    candidates: tuple[Candidate, ...]
    clearance: str = "standard"
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What the rules of today make of what was weighed then."""

    verdict: Verdict
    operators: tuple[OperatorId, ...]
    barred: tuple[str, ...] = ()
    "What bars others now, in words, where that was different then."


def read_decision(data: Mapping[str, Any]) -> Decision:
    """Read a line `OperatorChosen`, of this version or an earlier one.

    :raises ValueError: it is none.
    """
    try:
        languages = tuple(str(one) for one in data.get("languages") or ())
        return Decision(
            call_id=str(data["call_id"]),
            operators=tuple(OperatorId(str(one)) for one in data["operators"]),
            reason=str(data["reason"]),
            takes=str(data.get("takes") or ""),
            languages=languages,
            preferred=data.get("preferred"),
            candidates=tuple(
                _candidate(reading, languages)
                for reading in data.get("considered") or ()
                if not reading.get("excluded") and not _rings_already(reading)
            ),
            clearance=str(data.get("clearance") or "standard"),
            absences=tuple(
                _absence(reading)
                for reading in data.get("considered") or ()
                if reading.get("excluded") and "state" in reading
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"no routing decision: {error}") from error


def _rings_already(reading: Mapping[str, Any]) -> bool:
    """Whether his phone rings for this very call: he was chosen before."""
    return reading.get("state") == "ringing" and "served_as" not in reading


def _absence(reading: Mapping[str, Any]) -> Absence:
    return Absence(
        operators=str(reading["operator"]),
        because=str(reading["excluded"]),
        state=DeskState(reading["state"]),
        has_station=bool(reading["has_station"]),
        rests=bool(reading["rests"]),
        is_promised=bool(reading["is_promised"]),
        clearances=frozenset(str(reading["clearances"]).split()),
    )


def _candidate(reading: Mapping[str, Any], languages: Sequence[str]) -> Candidate:
    skills = str(reading.get("skills", reading.get("skill", 0))).split()
    return Candidate(
        operator=OperatorId(str(reading["operator"])),
        skills=tuple(int(one) for one in skills)[: len(languages)],
        idle=float(reading["idle"]),
        clearances=(
            frozenset(str(reading["clearances"]).split()) if "clearances" in reading else None
        ),
        served_as=int(reading.get("served_as", 0)),
    )


def replay(decision: Decision) -> Replay:
    """Make a decision again, by the very rule that rings operators."""
    if decision.takes in ("", "press"):
        verdict: Verdict = "press" if decision.takes else "old"
        return Replay(verdict=verdict, operators=decision.operators)
    could = decision.candidates
    if decision.takes == "another":
        spare = [one for one in could if one.served_as]
        least = max((one.served_as for one in spare), default=0)
        could = tuple(one for one in spare if one.served_as == least)
    best = _rank([one for one in could if _is_cleared(one, decision)], decision)
    operators = tuple(best if decision.takes == "all" else best[:1])
    differing = tuple(_barred_otherwise(decision))
    is_same = operators == decision.operators and not differing
    return Replay(
        verdict="same" if is_same else "different", operators=operators, barred=differing
    )


def _is_cleared(one: Candidate, decision: Decision) -> bool:
    return one.clearances is None or opens(one.clearances, decision.clearance)


def _barred_otherwise(decision: Decision) -> Iterator[str]:
    """Ask of everybody who was left out whether the same would bar him now."""
    for one in decision.absences:
        now = barred(
            one.state,
            is_cleared=opens(one.clearances, decision.clearance),
            has_station=one.has_station,
            rests=one.rests,
        )
        if one.is_promised:
            now = RUNG_FOR_ANOTHER
        if now != one.because:
            yield f"{one.operators}: {one.because} then, {now or 'nothing'} now"


def _rank(candidates: Sequence[Candidate], decision: Decision) -> list[OperatorId]:
    desks = [
        OperatorDesk(
            operator=one.operator,
            languages=dict(zip(decision.languages, one.skills, strict=False)),
            idle_since=-one.idle,
        )
        for one in candidates
    ]
    ranked = rank(desks, decision.languages, decision.preferred)
    return [desk.operator for desk in ranked]
