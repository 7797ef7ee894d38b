"""A desk with a believable night behind it, for looking at: `python tools/desk_demo.py`.

Real rules, engine, logbook and directory; the telephones are pretend. Sign in as op-1 with
the password printed.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from callflows.events import (
    AnswerPressed,
    Cause,
    CloseRequested,
    KindChosen,
    NoteWritten,
    OperatorId,
    OperatorOnBreak,
    OperatorReady,
    RecordingFailed,
    StationDown,
    StepAnswered,
    TreeId,
)
from tests.securityline.web.rig import BANQUE, PASSWORD, POSTES, House, house

NIGHT = datetime(2026, 11, 22, 3, 7, 12, tzinfo=ZoneInfo("Europe/Brussels"))
CLINIQUE = "+3225550500"
MAGASINS_UNKNOWN = "+3225550777"


async def pass_time(night: House, seconds: float) -> None:
    """Let the pretend clock run on, with everything that falls due."""
    await night.settled()
    if night.clock.at is not None:
        night.pass_time(seconds)


async def play(night: House, operator: str = "op-1") -> dict[str, Any]:
    """Fill the night: cases half done, one that waits, one that talks; more calls follow.

    The one that waits is of a caller who cannot be called back.
    """
    night.clock.at = NIGHT.timestamp() - 1160
    night.sign_in("op-1", "op-2", "op-3", "op-4", "op-5")
    night.engine.handle(OperatorOnBreak(operator=OperatorId("op-4"), reason="repas"))
    await pass_time(night, 60)
    ids = {"left": night.ring(BANQUE, None, is_withheld=True)}
    await pass_time(night, 14)
    night.caller_hangs_up(ids["left"])
    await pass_time(night, 400)
    ids["clinic"] = await clinic_case(night)
    await pass_time(night, 500)
    ids["postes"] = await postes_case(night, operator)
    return ids


async def clinic_case(night: House) -> Any:
    """Tom took a Dutch-speaking nurse; theft, half worked."""
    for other in ("op-1", "op-3", "op-5"):
        night.engine.handle(OperatorOnBreak(operator=OperatorId(other)))
    ids = night.ring(CLINIQUE, "+32470000026", languages=("nl", "en"))
    await pass_time(night, 6)
    tom = OperatorId("op-2")
    night.engine.handle(AnswerPressed(incident_id=ids[0], operator=tom, call_id=ids[1]))
    await pass_time(night, 8)
    directory = night.directory.current
    procedure = directory.procedure_for("clinique-demo", "theft")
    night.engine.handle(
        KindChosen(incident_id=ids[0], operator=tom, kind="theft", procedure=procedure)
    )
    await pass_time(night, 20)
    night.engine.handle(
        StepAnswered(incident_id=ids[0], operator=tom, step="drugs", answer="no")
    )
    await pass_time(night, 40)
    night.caller_hangs_up(ids)
    await pass_time(night, 30)
    for other in ("op-1", "op-2", "op-3", "op-5"):
        night.engine.handle(OperatorReady(operator=OperatorId(other)))
    return ids


async def postes_case(night: House, operator: str) -> Any:
    """Julie Dupont calls; assault, two steps answered, a note; then two more calls wait."""
    ids = night.ring(POSTES, "+32470000001", diverted_from="+3225550210")
    await pass_time(night, 3)
    me = OperatorId(operator)
    night.engine.handle(AnswerPressed(incident_id=ids[0], operator=me, call_id=ids[1]))
    await pass_time(night, 4)
    procedure = night.directory.current.procedure_for("postes-demo", "aggression")
    night.engine.handle(
        KindChosen(incident_id=ids[0], operator=me, kind="aggression", procedure=procedure)
    )
    await pass_time(night, 5)
    night.engine.handle(
        StepAnswered(incident_id=ids[0], operator=me, step="safe", answer="yes")
    )
    await pass_time(night, 9)
    night.engine.handle(
        NoteWritten(
            incident_id=ids[0],
            operator=me,
            text="Homme d’une quarantaine d’années, veste rouge, parti vers la gare.",
        )
    )
    await pass_time(night, 12)
    return ids


async def more_calls(night: House, *, is_failing: bool = False) -> None:
    """Two calls that wait while the operator talks."""
    for other in ("op-2", "op-3", "op-5"):
        night.engine.handle(OperatorOnBreak(operator=OperatorId(other)))
    night.ring(CLINIQUE, "+32470000021", languages=("nl", "fr"))
    await pass_time(night, 19)
    night.ring(
        MAGASINS_UNKNOWN,
        "+33612345678",
        is_withheld=True,
        verstat="TN-Validation-Failed",
    )
    await pass_time(night, 13)
    night.engine.handle(StationDown(operator=OperatorId("op-3"), reason="expired"))
    if is_failing:
        call = next(c for c in night.switchboard.calls.values() if not c.is_over)
        night.engine.handle(
            RecordingFailed(
                incident_id=call.incident_id,
                call_id=call.call_id,
                recording_id=call.recording_id or "",
                reason="No space left on device",
            )
        )
    await night.settled()


async def assault(night: House, operator: str = "op-1") -> Any:
    """Put a threatened employee on the line with an operator, who has asked and noted.

    Returns the numbers of the call.
    """
    me = OperatorId(operator)
    ids = night.ring(POSTES, "+32470000001")
    await pass_time(night, 3)
    night.engine.handle(AnswerPressed(incident_id=ids[0], operator=me, call_id=ids[1]))
    await pass_time(night, 9)
    procedure = night.directory.current.procedure_for("postes-demo", "aggression")
    night.engine.handle(
        KindChosen(incident_id=ids[0], operator=me, kind="aggression", procedure=procedure)
    )
    for step, answer in (("safe", "no"), ("shelter", "done")):
        await pass_time(night, 6)
        night.engine.handle(
            StepAnswered(incident_id=ids[0], operator=me, step=step, answer=answer)
        )
    text = "Un homme au couteau dans le hall, elle est enfermée dans le bureau"
    night.engine.handle(NoteWritten(incident_id=ids[0], operator=me, text=text))
    await night.settled()
    return ids


async def escalation(night: House, operator: str = "op-1") -> Any:
    """Keyholders are called for an intrusion; another case waits for an operator.

    Returns the numbers of the case whose tree runs.
    """
    me = OperatorId(operator)
    reached_nobody = night.ring(CLINIQUE, "+32470000026", languages=("nl", "en"))
    await pass_time(night, 4)
    night.caller_hangs_up(reached_nobody)
    tree = night.start_tree(reached_nobody[0], "technician", operator)
    while night.switchboard.trees[tree].state == "running":
        await pass_time(night, 5)
        for attempt in night.switchboard.trees[tree].live:
            night.keyholder_leaves(tree, attempt.person, Cause.NO_ANSWER)
    ids = night.ring(POSTES, "+32470000004")
    await pass_time(night, 3)
    night.engine.handle(AnswerPressed(incident_id=ids[0], operator=me, call_id=ids[1]))
    await pass_time(night, 14)
    procedure = night.directory.current.procedure_for("postes-demo", "intrusion")
    night.engine.handle(
        KindChosen(incident_id=ids[0], operator=me, kind="intrusion", procedure=procedure)
    )
    await night.settled()
    tree = TreeId(f"{ids[0]}-t1")  # the consigne starts it by itself
    await pass_time(night, 22)
    night.keyholder_leaves(tree, "j-dupont", Cause.REFUSED)
    await pass_time(night, 6)
    night.keyholder_leaves(tree, "j-dupont", Cause.BUSY)
    await pass_time(night, 9)
    night.keyholder(tree, "p-peeters")
    await pass_time(night, 4)
    return ids


async def close(night: House, ids: Any, operator: str, disposition: str) -> None:
    """Close a case."""
    night.engine.handle(
        CloseRequested(
            incident_id=ids[0], operator=OperatorId(operator), disposition=disposition
        )
    )
    await night.settled()


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[House]:
    """Open a house at night, its clock stopped until `follow`."""
    async with house(folder, at=NIGHT.timestamp()) as night:
        yield night


async def main() -> None:
    """Serve the demo until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory() as folder:
        async with demo(Path(folder)) as night:
            await play(night)
            await more_calls(night)
            night.clock.follow(NIGHT)
            runner = web.AppRunner(night.app(), access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            print(f"http://127.0.0.1:{port}/  op-1 … op-5, password: {PASSWORD}")  # noqa: T201
            try:
                await asyncio.Event().wait()
            finally:
                await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
