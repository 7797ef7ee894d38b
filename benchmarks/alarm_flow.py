"""How fast an alarm becomes a case: time per alarm in a flood, and a whole night replayed.

    python -m benchmarks.alarm_flow

Prints and stores one JSON object: microseconds per alarm as median, 99th percentile and
maximum, for 10,000 alarms of one site and of many, with one hold-up inside; the ratio of the
last thousand to the first (1 is flat); and seconds to replay a night of 10,000 events: by the
rules alone, with reading the lines, and as a restart does it, by `recover` from a logbook file
that also holds the facts and commands of that night. Once with the snapshots that the engine
keeps meanwhile, which is what a restart finds, and once with none.
"""

import asyncio
import gc
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from callflows.attention import waiting_cases
from callflows.codec import decode, encode
from callflows.commands import Command
from callflows.events import (
    AlarmReceived,
    AttentionWanted,
    CaseTaken,
    CloseRequested,
    DeadlineReached,
    Event,
    FlowFailed,
    IncidentId,
    OpenCloseReceived,
    OperatorId,
    RestoreReceived,
    StepSkipped,
)
from callflows.switchboard import Switchboard
from client_directory.alarm_model import AlarmRules
from client_directory.model import Procedure, Step
from securityline.engine import Engine
from securityline.logbook.book import Logbook
from securityline.logbook.document import Document
from securityline.logbook.opening import LogbookSettings
from securityline.recovery import recover

RESULTS = Path(__file__).parent / "results" / "alarm_flow.json"
ALARMS = 10_000
THOUSAND = 1_000
ANN = OperatorId("ann")
RULES = AlarmRules()

INTRUSION = Procedure(
    procedure="intrusion",
    version=7,
    incident_kinds=("intrusion",),
    title={"fr": "Intrusion"},
    urgency=2,
    hold_time=45.0,
    steps=(
        Step(step="tree", do={"start_call_tree": "keys"}, is_automatic=True),
        Step(step="verify", verify=("two_detectors", "telephone"), is_required=True),
        Step(step="restore", do={"await_restore": "true"}, is_required=True, go_to="end"),
    ),
)
HOLDUP = Procedure(
    procedure="holdup",
    version=1,
    incident_kinds=("holdup",),
    title={"fr": "Hold-up"},
    urgency=1,
    never_suppress=True,
    steps=(Step(step="police", do={"call_service": "police"}, is_required=True),),
)


def signal(event: type[Any], n: int, site: str, zone: str, **values: Any) -> Any:
    return event(
        incident_id=IncidentId(f"a{n}"),
        source="dc09",
        source_id=f"1234-{n}",
        account="1234",
        organisation="postes",
        organisation_name="Postes",
        site=site,
        site_name=site,
        code="130",
        code_format="contact_id",
        kind="intrusion",
        zone=zone,
        **values,
    )


def intrusion(n: int, site: str, zone: str) -> AlarmReceived:
    alarm: AlarmReceived = signal(
        AlarmReceived, n, site, zone, urgency=2, procedure=INTRUSION, rules=RULES
    )
    return alarm


def holdup(n: int) -> AlarmReceived:
    return AlarmReceived(
        incident_id=IncidentId("the-one"),
        source="dc09",
        source_id=f"9001-{n}",
        organisation="bank",
        site="bank",
        kind="holdup",
        zone="7",
        urgency=1,
        never_suppress=True,
        procedure=HOLDUP,
    )


def flood(sites: int) -> dict[str, float]:
    """10,000 alarms within a minute; the hold-up comes when 7,777 are in."""
    switchboard, samples = Switchboard(), []
    for n in range(ALARMS):
        now = 1_000.0 + n * 0.006
        event = intrusion(n, f"site-{n % sites}", str(n % 40))
        start = time.perf_counter_ns()
        outcomes = switchboard.handle(event, now)
        switchboard.next_deadline()
        samples.append((time.perf_counter_ns() - start) / 1_000)
        assert not any(isinstance(x, FlowFailed) for x in outcomes), outcomes
        if n == 7_777:
            start = time.perf_counter_ns()
            outcomes = switchboard.handle(holdup(n), now)
            hold_up = (time.perf_counter_ns() - start) / 1_000
            assert any(isinstance(x, AttentionWanted) for x in outcomes), "not shown"
    assert waiting_cases(switchboard.incidents.values())[0].incident_id == "the-one", (
        "not in front"
    )
    first, last = samples[:THOUSAND], samples[-THOUSAND:]
    flat = statistics.median(last) / statistics.median(first)
    samples.sort()
    return {
        "p50_us": round(statistics.median(samples), 1),
        "p99_us": round(samples[int(len(samples) * 0.99)], 1),
        "max_us": round(samples[-1], 1),
        "last_thousand_to_first": round(flat, 2),
        "hold_up_us": round(hold_up, 1),
        "alarms_a_second": round(1e6 / statistics.fmean(samples)),
    }


def night() -> list[tuple[Event, float]]:
    """Write down a night: pre-alarms, breaks-in worked through, returns to normal, codes."""
    switchboard, told, n, now = Switchboard(), [], 0, 0.0

    def tell(event: Event) -> None:
        while (due := switchboard.next_deadline()) is not None and due[0] <= now:
            reached = DeadlineReached(incident_id=due[1])
            told.append((reached, due[0]))
            switchboard.handle(reached, due[0])
        told.append((event, now))
        switchboard.handle(event, now)

    while len(told) < ALARMS:
        n += 10
        now += 11.0
        site, case = f"site-{n % 700}", IncidentId(f"a{n}")
        tell(intrusion(n, site, "1"))
        if n % 3:
            now += 20
            tell(signal(OpenCloseReceived, n + 1, site, "", action="opening", user="5"))
            tell(signal(RestoreReceived, n + 2, site, "1"))
            continue
        tell(intrusion(n + 3, site, "2"))
        now += 50
        tell(CaseTaken(incident_id=case, operator=ANN))
        tell(signal(RestoreReceived, n + 4, site, "1"))
        tell(signal(RestoreReceived, n + 5, site, "2"))
        skip = StepSkipped(incident_id=case, operator=ANN, step="verify", reason="bench")
        tell(skip)
        tell(CloseRequested(incident_id=case, operator=ANN, disposition="handled"))
    return told[:ALARMS]


async def restart(told: list[tuple[Event, float]], **engine: int) -> dict[str, float]:
    """Let the engine write the night into a file; then do what a restart does with it.

    :param engine: its own settings, such as how often it keeps a snapshot.
    """
    with tempfile.TemporaryDirectory(prefix="securityline-night-") as folder:
        settings = LogbookSettings(folder=Path(folder), ballast=0, silence_time=60.0)
        book = Logbook.open(settings)
        book.start()
        empty = {"seq": 0, "state": Switchboard().to_state()}
        document = Document(kind="snapshot", id="switchboard", data=empty)
        book.append(0.0, (), [document])
        now = [0.0]
        commands: list[Command] = []
        live = Engine(Switchboard(), book, commands.append, lambda: now[0], **engine)
        for number, (event, at) in enumerate(told):
            now[0] = at
            live.handle(event)
            if number % 50 == 0:
                await asyncio.sleep(0)
        await book.stop(patience=60.0)  # the engine itself is not stopped: it was killed
        octets = sum(path.stat().st_size for path in Path(folder).iterdir())
        start = time.perf_counter()
        book = Logbook.open(settings)
        opened = time.perf_counter() - start
        start, used = time.perf_counter(), time.thread_time()
        found = recover(book, Switchboard, Switchboard.from_state)
        recovered, used = time.perf_counter() - start, time.thread_time() - used
        assert found.differences == found.skipped == 0, "the night came back another"
        lines = book.head.seq
        await book.stop()
    return {
        "lines": lines,
        "logbook_mib": round(octets / 2**20, 1),
        "events_replayed": found.replayed,
        "open_s": round(opened, 3),
        "recover_s": round(recovered, 3),
        "recover_cpu_s": round(used, 3),
        "load": round(os.getloadavg()[0], 2),
    }


def replay(told: list[tuple[Event, float]]) -> dict[str, float]:
    lines = [(type(x).__name__, json.dumps(encode(x)), now) for x, now in told]
    switchboard = Switchboard()
    start = time.perf_counter()
    for event, now in told:
        switchboard.handle(event, now)
    rules_alone = time.perf_counter() - start
    switchboard = Switchboard()
    start = time.perf_counter()
    for name, line, now in lines:
        switchboard.handle(decode(name, json.loads(line)), now)
    from_log = time.perf_counter() - start
    start = time.perf_counter()
    state = json.dumps(switchboard.to_state())
    snapshot = time.perf_counter() - start
    return {
        "events": len(told),
        "rules_alone_s": round(rules_alone, 3),
        "with_reading_the_lines_s": round(from_log, 3),
        "snapshot_ms": round(snapshot * 1_000, 1),
        "snapshot_kib": round(len(state) / 1024),
    }


def main() -> None:
    gc.collect()
    events = night()
    results: dict[str, Any] = {
        "load_before": os.getloadavg()[0],
        "flood_of_one_site": flood(1),
        "flood_of_400_sites": flood(400),
        "flood_of_10000_sites": flood(ALARMS),
        "night_of_10000_events": replay(events),
        "recover_from_a_logbook_of_it": asyncio.run(restart(events)),
        "recover_without_a_snapshot": asyncio.run(restart(events, snapshot_lines=10**9)),
        "cores": os.cpu_count(),
    }
    whole = results["recover_without_a_snapshot"]
    assert whole["events_replayed"] == ALARMS, whole
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
