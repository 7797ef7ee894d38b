"""How fast the rules are: time per event, without log, wire or screen.

    python -m benchmarks.switchboard

Prints and stores one JSON object: microseconds, as median, 99th percentile and maximum of
repeated runs (the garbage collector's pauses are in it), with the machine's load beside them.
"""

import gc
import json
import os
import statistics
import time
import tracemalloc
from pathlib import Path

from callflows.codec import encode
from callflows.commands import HangUp, RingOperator
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
    StepSkipped,
)
from callflows.switchboard import Outcome, Switchboard
from client_directory.model import Answer, Procedure, Step

RESULTS = Path(__file__).parent / "results" / "switchboard.json"
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


def timed(switchboard: Switchboard, event: Event, now: float) -> tuple[float, list[Outcome]]:
    """Handle one event; return microseconds and what came of it."""
    start = time.perf_counter_ns()
    outcomes = switchboard.handle(event, now)
    return (time.perf_counter_ns() - start) / 1_000, outcomes


def summary(samples: list[float]) -> dict[str, float]:
    samples.sort()
    return {
        "p50_us": round(statistics.median(samples), 1),
        "p99_us": round(samples[int(len(samples) * 0.99)], 1),
        "max_us": round(samples[-1], 1),
    }


def call_offered() -> list[float]:
    """INVITE known to RingOperator ordered, with 16 operators free."""
    switchboard, samples = staffed(OPERATORS), []
    for n in range(RUNS):
        event, now = offer(n), 100.0 + n
        taken, outcomes = timed(switchboard, event, now)
        samples.append(taken)
        assert any(isinstance(x, RingOperator) for x in outcomes), "nobody was rung"
        end_call(switchboard, event, now + 0.5)
    return samples


def end_call(switchboard: Switchboard, event: CallOffered, now: float) -> None:
    """The caller gives up, his case is closed: the next run finds the same board."""
    end = LegEnded(leg_id=event.leg_id, cause=Cause.CANCELLED)
    for outcome in switchboard.handle(end, now):
        if isinstance(outcome, HangUp):
            gone = LegEnded(leg_id=outcome.leg_id, cause=Cause.RELEASED)
            switchboard.handle(gone, now)
    case, who = event.incident_id, OperatorId("op-00")
    for step in PROCEDURE.steps:
        skip = StepSkipped(incident_id=case, operator=who, step=step.step, reason="bench")
        switchboard.handle(skip, now)
    switchboard.handle(CloseRequested(incident_id=case, operator=who, disposition="test"), now)


def operator_ready(ringing: int) -> list[float]:
    """OperatorReady to RingOperator, 50 callers waiting, `ringing` phones ringing already."""
    samples = []
    for run in range(RUNS // 10):
        switchboard = staffed(ringing)
        for n in range(WAITING + ringing):
            switchboard.handle(offer(n), 100.0 + n / 100)
        who = OperatorId(f"op-{ringing + run % (OPERATORS - ringing):02}")
        taken, outcomes = timed(switchboard, OperatorReady(operator=who), 104.0)
        samples.append(taken)
        assert any(isinstance(x, RingOperator) for x in outcomes), "nobody was rung"
    return samples


def whole_call() -> list[float]:
    """All events of a call that is answered and ends, with every line's encoding."""
    switchboard, samples = staffed(OPERATORS), []
    for n in range(RUNS):
        now, event = 100.0 + n, offer(n)
        start = time.perf_counter_ns()
        outcomes = tell(switchboard, event, now)
        leg_id = next(x.leg_id for x in outcomes if isinstance(x, RingOperator))
        tell(switchboard, LegAnswered(leg_id=leg_id), now + 0.2)
        tell(switchboard, LegEnded(leg_id=event.leg_id, cause=Cause.HUNG_UP), now + 0.5)
        tell(switchboard, LegEnded(leg_id=leg_id, cause=Cause.RELEASED), now + 0.6)
        who = switchboard.calls[event.call_id].operator
        assert who is not None
        tell(switchboard, OperatorReady(operator=who), now + 0.7)
        samples.append((time.perf_counter_ns() - start) / 1_000)
    return samples


def tell(switchboard: Switchboard, event: Event, now: float) -> list[Outcome]:
    encode(event)
    outcomes = switchboard.handle(event, now)
    for outcome in outcomes:
        encode(outcome)
    switchboard.next_deadline()
    return outcomes


def memory() -> dict[str, float]:
    """What one running call weighs, with its case, once the board is big."""
    switchboard = staffed(0)
    tracemalloc.start()
    for n in range(500):
        switchboard.handle(offer(n), 100.0)
    before, _ = tracemalloc.get_traced_memory()
    for n in range(500, 1500):
        switchboard.handle(offer(n), 100.0)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {"kib_a_call": round((after - before) / 1000 / 1024, 2)}


def main() -> None:
    gc.collect()
    results = {
        "load_before": os.getloadavg()[0],
        "call_offered_16_operators": summary(call_offered()),
        "operator_ready_50_waiting": summary(operator_ready(0)),
        "operator_ready_50_waiting_15_ringing": summary(operator_ready(15)),
        "whole_call_with_encoding": summary(whole_call()),
        "memory": memory(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
