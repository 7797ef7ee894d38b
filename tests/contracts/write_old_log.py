"""Write the log of a pretend night with every kind of event, for `old_logs/`.

`old_logs/1` is the first version's night; what has come since stands in later folders.

`python -m tests.contracts.write_old_log FOLDER` writes today's tables and lines. Only for a
new folder: what an earlier version wrote is what it wrote.
"""

import json
import sys
import typing
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from callflows import commands as c
from callflows import events as e
from callflows.codec import encode, kind_of
from callflows.events import CallId, LegId, OperatorId
from callflows.switchboard import Switchboard
from securityline.logbook.entry import GENESIS, Entry, Line, chain, write_time
from securityline.logbook.store import SCHEMA
from tests.callflows.situations import EVENTS, build
from tests.stories.line import AGGRESSION, CONSIGNE

ANN, BOB, CAS = (OperatorId(name) for name in ("ann", "bob", "cas"))
FIRST, SECOND, THIRD = (CallId(f"call-{number}") for number in (1, 2, 3))
CALLER, OTHER = LegId("call-1-a"), LegId("x")
NIGHT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
KNOWN = e.Identification(
    organisation="acme",
    organisation_name="Acme",
    organisation_certainty="known",
    site="s-1",
    site_name="Siège",
    site_certainty="guessed",
    why="numéro du siège",
)


def arrivals() -> Iterator[e.Event]:
    yield e.EngineStarted(version="0.1.0")
    yield e.TrunkStateChanged(trunk="carrier-a", is_up=True)
    for who in (ANN, BOB, CAS):
        yield e.StationUp(operator=who)
        yield e.OperatorSignedIn(
            operator=who, name=who.capitalize(), languages={"fr": 3}, clearances=("standard",)
        )
    yield e.OperatorReady(operator=ANN)
    yield e.CallOffered(
        call_id=FIRST,
        leg_id=CALLER,
        did="+3225550100",
        caller="+32470000001",
        trunk="carrier-a",
        display_name="Réception",
        diverted_from="+3225550111",
        verstat="TN-Validation-Passed",
        location=(50.85, 4.35, 30.0),
        did_label={"fr": "Ligne de sécurité"},
        identification=KNOWN,
        temporary_consignes=({"fr": "Portail en panne"},),
        fallback_number="+3225550199",
        procedure=AGGRESSION,
        urgency=1,
    )


def conversation(leg: LegId) -> Iterator[e.Event]:
    case = e.IncidentId(f"inc-{FIRST}")
    yield e.RecordingStarted(call_id=FIRST, recording_id="rec-1")
    yield e.LegRinging(leg_id=leg)
    yield e.LegAnswered(leg_id=leg)
    yield e.PromptEnded(
        leg_id=CALLER, prompt="recording_notice", played_time=4.2, is_complete=False
    )
    yield e.KindChosen(incident_id=case, operator=ANN, kind="aggression", procedure=AGGRESSION)
    yield e.StepAnswered(incident_id=case, operator=ANN, step="safe", answer="no")
    yield e.VerificationRecorded(
        incident_id=case, operator=ANN, step="v", means="call", result="confirmed", text="voix"
    )
    yield e.StepSkipped(incident_id=case, operator=ANN, step="inform", reason="déjà fait")
    yield e.NoteWritten(incident_id=case, operator=ANN, text="crie; \u2028 <b>")
    yield e.HoldPressed(operator=ANN, call_id=FIRST)
    yield e.ResumePressed(operator=ANN, call_id=FIRST)
    yield e.UrgencySet(incident_id=case, operator=ANN, urgency=2, reason="calme")
    yield e.DigitPressed(leg_id=CALLER, digit="#")
    yield e.AudioLost(leg_id=CALLER)
    yield e.AudioBack(leg_id=CALLER)
    yield e.RecordingGap(
        call_id=FIRST,
        recording_id="rec-1",
        side="caller",
        at_time=3.5,
        seconds=0.5,
        cause="loss",
    )
    yield e.LegHeld(leg_id=leg)
    yield e.LegResumed(leg_id=leg)
    yield e.LegEnded(leg_id=CALLER, cause=e.Cause.HUNG_UP, reason="Normal call clearing")
    yield e.LegEnded(leg_id=leg, cause=e.Cause.RELEASED)
    yield e.RecordingEnded(
        call_id=FIRST,
        recording_id="rec-1",
        seconds=30.0,
        sha256="ab" * 32,
        legs={"caller": {"packets": 1500.0, "lost": 1.0}},
    )
    yield e.CloseRequested(incident_id=case, operator=ANN, disposition="handled")
    yield e.StepAnswered(incident_id=case, operator=ANN, step="police", text="101")
    yield e.StepAnswered(incident_id=case, operator=ANN, step="inform", text="dit")
    yield e.CloseRequested(
        incident_id=case, operator=ANN, disposition="services_called", text="police sur place"
    )


def troubles() -> Iterator[e.Event]:
    yield e.OperatorOnBreak(operator=BOB, reason="café")
    yield e.StationDown(operator=ANN, reason="expired")
    yield e.CallOffered(
        call_id=SECOND,
        leg_id=LegId("call-2-a"),
        did="+3225550100",
        is_withheld=True,
        procedure=CONSIGNE,
    )
    yield e.DeadlineReached(incident_id=e.IncidentId(f"inc-{SECOND}"))
    yield e.CommandFailed(command="DialNumber", reason="no trunk", leg_id=OTHER)
    yield e.CallOffered(call_id=THIRD, leg_id=LegId("call-3-a"), did="999", is_known_did=False)
    yield e.LegEnded(leg_id=LegId("call-3-a"), cause=e.Cause.CANCELLED, sip_status=487)
    yield e.AnswerPressed(operator=CAS, call_id=CallId("none"))
    yield e.HangUpPressed(operator=CAS, call_id=CallId("none"))
    yield e.OperatorSignedOut(operator=CAS)
    yield e.MediaRestarted(gap_time=0.4)
    yield e.RecordingFailed(call_id=SECOND, recording_id="rec-2", reason="disk full")
    yield e.EngineDraining()


def words(kind: type[e.Event]) -> dict[str, Any]:
    """Return, for fields that take one of several words, the first of them."""
    hints = typing.get_type_hints(kind)
    found = {n: typing.get_args(h) for n, h in hints.items() if typing.get_origin(h) is Literal}
    flags = {name: True for name, hint in hints.items() if hint is bool}
    floats = {name: 1.5 for name, hint in hints.items() if hint is float}
    return {**{name: values[0] for name, values in found.items()}, **flags, **floats}


def later() -> Iterator[e.Event]:
    """One of every event that has come since the first log, with something in each field."""
    told = {type(x) for x in (*arrivals(), *conversation(OTHER), *troubles())}
    yield from arrivals()
    for kind in EVENTS:
        if kind not in told:
            yield replace(build(kind), **words(kind))


class Writer:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.board = Switchboard()
        self.rung: list[LegId] = []
        self.now = NIGHT.timestamp()

    def write(self, *lines: Line) -> None:
        last = self.entries[-1] if self.entries else None
        at = NIGHT + timedelta(seconds=self.now - NIGHT.timestamp())
        seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
        self.entries += chain(lines, seq=seq, previous=previous, at=at, now=self.now)

    def tell(self, event: e.Event) -> None:
        self.now += 1.25
        outcomes = self.board.handle(event, self.now)
        said = [event, *outcomes]
        self.write(*[(kind_of(x), x.incident_id, type(x).__name__, encode(x)) for x in said])
        self.rung += [x.leg_id for x in outcomes if isinstance(x, c.RingOperator)]


def main(folder: Path) -> None:
    writer = Writer()
    writer.write(("note", "", "AnchorKeyCreated", {"key": "0" * 16, "public": "x"}))
    for event in later():
        writer.tell(event)
    late = {"first_seq": 3, "last_seq": 4, "lines": 2, "late_time": 0.3, "reason": "silent"}
    writer.write(("fact", "", "WrittenLate", late))
    folder.mkdir(parents=True)
    (folder / "schema.sql").write_text(SCHEMA.lstrip())
    with (folder / "lines.jsonl").open("w", encoding="utf-8") as file:
        for x in writer.entries:
            line = {
                "seq": x.seq,
                "at": write_time(x.at),
                "now": x.now,
                "incident_id": x.incident_id,
                "kind": x.kind,
                "what": x.what,
                "data": x.text,
                "hash": x.hash,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
