"""`securityline explain`: why an operator was rung, and whether it comes out the same again."""

import json
import sqlite3
from pathlib import Path

import click

from callflows.routing_replay import VERDICTS, Decision, Replay, read_decision, replay
from securityline.logbook.store import FILE_NAME, LogbookStore


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("which", required=False)
def explain(data: Path, which: str | None) -> None:
    """Replay routing decisions: all of a logbook, or those of WHICH case or call.

    One line each: number, time, call, who was rung, `same` or what would be done today, and
    the reason. Exit status 0: every one comes out the same, but for those that an operator
    pressed or an earlier version wrote; 1: one does not, or there is none to be found.
    """
    path = data / FILE_NAME
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such logbook")
    store = LogbookStore(path, is_read_only=True, busy_time=5.0)
    found = different = 0
    try:
        with store.snapshot():
            for seq, at, _now, incident_id, _kind, what, text, _hash in store.rows():
                if what != "OperatorChosen":
                    continue
                decision = read_decision(json.loads(text))
                if which not in (None, incident_id, decision.call_id):
                    continue
                again = replay(decision)
                found += 1
                different += again.verdict == "different"
                click.echo(_line(seq, at, decision, again))
    except (sqlite3.Error, ValueError) as error:
        click.echo(f"securityline: the logbook cannot be read: {error}", err=True)
        raise SystemExit(1) from None
    finally:
        store.close()
    if not found:
        click.echo(f"securityline: no routing decision of {which or 'anything'}", err=True)
    raise SystemExit(int(different > 0 or not found))


def _line(seq: int, at: str, decision: Decision, again: Replay) -> str:
    verdict = VERDICTS[again.verdict]
    if again.verdict == "different":
        today = ", ".join(again.operators) or "nobody"
        verdict += f", today {'; '.join([today, *again.barred])}"
    rung = ", ".join(decision.operators)
    return f"{seq} {at} {decision.call_id}: {rung} ({verdict}): {decision.reason}"
