"""How fast the rules are: CPU per event, without log, wire or screen.

    python -m benchmarks.switchboard

Prints one JSON object: microseconds of processor time (`time.process_time`), as medians
and 99th percentiles of repeated runs, with the machine's load beside them.
"""

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from callflows.codec import encode
from callflows.commands import RingOperator
from callflows.events import (
    CallId,
    CallOffered,
    Cause,
    CloseRequested,
    Event,
    Identification,
    IncidentId,
    LegAnswered,
    LegEnded,
    LegId,
    OperatorId,
    OperatorReady,
    OperatorSignedIn,
    StationUp,
)
from callflows.switchboard import Switchboard
from client_directory.model import Answer, Procedure, Step

OPERATORS = 16
WAITING = 50
RUNS = 2_000

PROCEDURE = Procedure(
    procedure="aggression",
    version=3,
    incident_kinds=("aggression",),
    title={"fr": "Agression physique", "nl": "Fysieke agressie"},
    urgency=1,
    steps=tuple(
        Step(
            step=f"step-{n}",
            ask={"fr": "Êtes-vous en sécurité ?", "nl": "Bent u in veiligheid?"},
            answers=(Answer(answer="yes"), Answer(answer="no", set_urgency=1)),
            is_required=True,
        )
        for n in range(8)
    ),
)


def offer(n: int) -> CallOffered:
    return CallOffered(
        incident_id=IncidentId(f"i{n}"),
        call_id=CallId(f"c{n}"),
        leg_id=LegId(f"c{n}-a"),
        did="+3225550100",
        caller="+32470000001",
        fallback_number="+3225550199",
        identification=Identification(organisation="postes", organisation_name="Postes"),
        procedure=PROCEDURE,
        urgency=1 + n % 4,
    )


def staffed(ready: int) -> Switchboard:
    switchboard = Switchboard()
    for n in range(OPERATORS):
        who = OperatorId(f"op-{n:02}")
        switchboard.handle(
            OperatorSignedIn(
                operator=who,
                name=f"Operator {n}",
                languages={"fr": n % 4, "nl": (n + 2) % 4},
                clearances=("standard", "high_security") if n % 2 else ("standard",),
            ),
            0.0,
        )
        switchboard.handle(StationUp(operator=who), 0.0)
        if n < ready:
            switchboard.handle(OperatorReady(operator=who), float(n))
    return switchboard


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    action()
    return (time.perf_counter_ns() - start) / 1_000


def summary(samples: list[float]) -> dict[str, float]:
    samples.sort()
    return {
        "p50_us": round(statistics.median(samples), 1),
        "p99_us": round(samples[int(len(samples) * 0.99)], 1),
    }


def call_offered() -> list[float]:
    switchboard, samples = staffed(OPERATORS), []
    for n in range(RUNS):
        event, now = offer(n), 100.0 + n
        samples.append(timed(lambda event=event, now=now: switchboard.handle(event, now)))
        end = LegEnded(leg_id=event.leg_id, cause=Cause.CANCELLED)
        for outcome in switchboard.handle(end, now + 0.5):
            if type(outcome).__name__ == "HangUp":
                gone = LegEnded(leg_id=outcome.leg_id, cause=Cause.RELEASED)
                switchboard.handle(gone, now + 0.6)
        close(switchboard, event, now + 0.7)
    return samples


def close(switchboard: Switchboard, event: CallOffered, now: float) -> None:
    for step in PROCEDURE.steps:
        switchboard.incidents[event.incident_id].run.records.pop(step.step, None)
    asked = CloseRequested(
        incident_id=event.incident_id, operator=OperatorId("op-00"), disposition="test"
    )
    switchboard.handle(asked, now)


def operator_ready() -> list[float]:
    samples = []
    for run in range(RUNS // 10):
        switchboard = staffed(0)
        for n in range(WAITING):
            switchboard.handle(offer(n), 100.0 + n / 10)
        event = OperatorReady(operator=OperatorId(f"op-{run % OPERATORS:02}"))
        rang: list[object] = []
        samples.append(timed(lambda: rang.extend(switchboard.handle(event, 120.0))))
        assert any(isinstance(x, RingOperator) for x in rang), "nobody was rung"
    return samples


def whole_call() -> list[float]:
    """Events of a call that is answered and ends, with every line's encoding."""
    switchboard, samples = staffed(OPERATORS), []

    def tell(event: Event, now: float) -> list[object]:
        encode(event)
        outcomes = switchboard.handle(event, now)
        for outcome in outcomes:
            encode(outcome)
        switchboard.next_deadline()
        return outcomes

    def call(n: int) -> None:
        now, event = 100.0 + n, offer(n)
        legs = [x.leg_id for x in tell(event, now) if isinstance(x, RingOperator)]
        tell(LegAnswered(leg_id=legs[0]), now + 0.2)
        tell(LegEnded(leg_id=event.leg_id, cause=Cause.HUNG_UP), now + 0.5)
        tell(LegEnded(leg_id=legs[0], cause=Cause.RELEASED), now + 0.6)
        desk = next(d for d in switchboard.operators.values() if d.state == "wrap_up")
        tell(OperatorReady(operator=desk.operator), now + 0.7)

    for n in range(RUNS):
        samples.append(timed(lambda n=n: call(n)))
    return samples


def main() -> None:
    gc.collect()
    results = {
        "load": os.getloadavg()[0],
        "call_offered_16_operators": summary(call_offered()),
        "operator_ready_50_waiting": summary(operator_ready()),
        "whole_call_with_encoding": summary(whole_call()),
    }
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
