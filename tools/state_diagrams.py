"""Draw the state tables of `callflows` as they are: `python tools/state_diagrams.py`.

Writes `docs/call-states.md`; with `--check`, says whether the page is fresh (exit 1 when it
is not). A diagram drawn by hand is wrong after the first change; this one is the table.
"""

import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from callflows import (  # noqa: E402
    keyholder,
    self_service_flow,
    service_calls,
    shift,
    visiting,
)
from callflows.call import CallState  # noqa: E402
from callflows.call_moves import MOVES as CALL_MOVES  # noqa: E402
from callflows.call_tree import AttemptState  # noqa: E402
from callflows.incident import IncidentState  # noqa: E402
from callflows.operators import MOVES as DESK_MOVES  # noqa: E402
from callflows.operators import DeskState  # noqa: E402
from callflows.self_service import SelfState  # noqa: E402
from callflows.service_call import ServiceCallState  # noqa: E402
from callflows.switchboard import CALL_TABLE, CASE_TABLE  # noqa: E402
from callflows.visit import VisitState  # noqa: E402

PAGE: Final = ROOT / "docs" / "call-states.md"

HEAD: Final = """# States of calls, operators, cases, visits, and of what is done by key

Generated from the tables in `callflows/` by `python tools/state_diagrams.py`; a test fails
when this page is stale. Words in small letters are consequences of other events: who comes,
who goes, who is more urgent. An event that has no place in a state is noted in the logbook
as `Ignored`.

An event that a state takes without leaving it is listed under its diagram.
"""

Arrows = Mapping[tuple[StrEnum, StrEnum], Iterable[str]]


def arrows(table: Mapping[Any, Any], moves: Mapping[Any, str]) -> Arrows:
    """Collect what leads from one state to another."""
    found: dict[tuple[StrEnum, StrEnum], list[str]] = {}
    for (state, event), transition in table.items():
        for target in transition.to:
            if target is not state:
                found.setdefault((state, target), []).append(event.__name__)
    for (state, target), words in moves.items():
        found.setdefault((state, target), []).append(words)
    return found


def diagram(
    states: Iterable[StrEnum], first: StrEnum, last: StrEnum | None, lines: Arrows
) -> str:
    """Draw one machine (Mermaid, stateDiagram-v2)."""
    drawn = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first.value}"]
    order = list(states)
    for (state, target), words in sorted(
        lines.items(), key=lambda item: (order.index(item[0][0]), order.index(item[0][1]))
    ):
        label = "<br/>".join(sorted(set(words)))
        drawn.append(f"    {state.value} --> {target.value}: {label}")
    if last is not None:
        drawn.append(f"    {last.value} --> [*]")
    return "\n".join([*drawn, "```"])


def staying(states: Iterable[StrEnum], table: Mapping[Any, Any]) -> str:
    """List what each state takes without having to leave."""
    rows = ["| state | takes, and may stay |", "|---|---|"]
    for state in states:
        names = sorted(
            event.__name__ for (s, event), t in table.items() if s is state and not t.to
        )
        rows.append(f"| `{state.value}` | {', '.join(names) or 'nothing'} |")
    return "\n".join(rows)


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for title, states, first, last, table, moves in (
        ("A call", CallState, CallState.WAITING, CallState.ENDED, CALL_TABLE, CALL_MOVES),
        ("An operator", DeskState, DeskState.SIGNED_OUT, None, shift.TABLE, DESK_MOVES),
        (
            "A case",
            IncidentState,
            IncidentState.OPEN,
            IncidentState.CLOSED,
            CASE_TABLE,
            dict[Any, str](),
        ),
        (
            "A call to a keyholder",
            AttemptState,
            AttemptState.DIALLED,
            AttemptState.OVER,
            keyholder.TABLE,
            keyholder.MOVES,
        ),
        (
            "A call to an emergency service",
            ServiceCallState,
            ServiceCallState.SUMMONING,
            None,
            service_calls.TABLE,
            service_calls.MOVES,
        ),
        (
            "A caller who serves himself by key",
            SelfState,
            SelfState.NUMBER,
            SelfState.OVER,
            self_service_flow.TABLE,
            self_service_flow.MOVES,
        ),
        (
            "A supervisor on an operator's call",
            VisitState,
            VisitState.SUMMONING,
            None,
            visiting.TABLE,
            visiting.MOVES,
        ),
    ):
        parts.append(f"## {title}\n")
        parts.append(diagram(states, first, last, arrows(table, moves)) + "\n")
        parts.append(staying(states, table) + "\n")
    return "\n".join(parts)


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv[1:]:
        is_fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        if not is_fresh:
            sys.stderr.write(f"{PAGE.relative_to(ROOT)} is stale: run {sys.argv[0]}\n")
        return not is_fresh
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
