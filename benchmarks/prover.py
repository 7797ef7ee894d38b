"""What it costs to prove a directory of many clients for the next 14 days.

    python -m benchmarks.prover [CLIENTS]

CLIENTS (default 200) of 10 sites and 20 people are written to a temporary folder: half the
people have hours of their own, with holidays; each site has its own keyholders; three call
trees with a rota, a role and two answers needed. Reported: `load` (reading and checking),
`prove` (the same with the proof) and findings. Bound: `prove` <= 10 s. CPU time.
"""

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.identity import EXAMPLE, did, mobile
from client_directory.loader import load_files
from client_directory.prover import prove

HERE = Path(__file__).parent
BOUND = 10.0  # seconds
SITES, PEOPLE = 10, 20
HOURS = (
    "24/7",
    "Mo-Fr 18:00-08:00; Sa-Su; PH",
    "24/7",
    "Mo-Fr 07:{:02}-19:00; PH off",
    "24/7",
    "Mo-Sa 22:00-06:{:02}",
)


def main() -> int:
    clients = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    at = datetime.now(UTC)
    result: dict[str, object] = {"clients": clients, "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, clients)
        _, result["load_s"] = timed(lambda: load_files(folder))
        proven, took = timed(lambda: prove(folder, at))
        result["prove_s"] = took
        result["findings"] = len(proven.findings)
        result["proofs"] = len(proven.proofs)
    result["load_average"] = os.getloadavg()[0]
    print(json.dumps(result, indent=1))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "prover.json").write_text(json.dumps(result, indent=1) + "\n")
    return took > BOUND


def write(folder: Path, clients: int) -> None:
    """Write clients with the consignes of the example's post office."""
    (folder / "organisations").mkdir()
    for table in ("operators.yaml", "services.yaml"):
        (folder / table).write_text((EXAMPLE / table).read_text())
    example = (EXAMPLE / "organisations" / "postes-demo.yaml").read_text()
    consignes = example[example.index("procedures:") : example.index("temporary_consignes:")]
    for index in range(clients):
        text = head(index) + people(index) + TREES + consignes
        (folder / "organisations" / f"c{index:04}.yaml").write_text(text)


def head(index: int) -> str:
    sites = "".join(
        f"  - {{site: s{number}, name: Site {number}}}\n" for number in range(SITES)
    )
    return f"""\
organisation: client-{index}
name: Client {index}
country: {("BE", "FR", "LU")[index % 3]}
time_zone: Europe/Brussels
languages: [fr, nl, de]
dids:
  - {{number: "{did(index)}", service: security_line, label: x, fallback_number: "+3225550999"}}
sites:
{sites}"""


def people(index: int) -> str:
    lines = []
    for number in range(PEOPLE):
        hours = HOURS[number % len(HOURS)].format(number)
        roles = "[keyholder, site_manager]" if number < 2 else "[keyholder]"
        # The first two may go everywhere, the others to two sites each.
        places = range(SITES) if number < 2 else ((number % SITES), (number * 3 + 1) % SITES)
        sites = ", ".join(f"s{place}" for place in sorted(set(places)))
        lines.append(
            f"  - {{person: p{number}, name: P{number}, sites: [{sites}], roles: {roles},"
            f' pin: "4821", available: "{hours}",'
            f' phones: [{{number: "{mobile(index * PEOPLE + number)}"}}]}}\n'
        )
    return "people:\n" + "".join(lines)


TREES = """\
rotas:
  - rota: duty
    time_zone: Europe/Brussels
    handover: "Mo 08:00"
    members: [p0, p2, p4, p6]
    first_week: 2026-01-05
call_trees:
  - call_tree: intrusion
    rounds: 2
    levels:
      - {call: [role:keyholder], strategy: overlapping, ring_time: 30s, accept: pin}
      - {call: [role:site_manager], strategy: all_at_once, ring_time: 30s}
  - call_tree: technical
    levels:
      - {call: [rota:duty, p0, p1], strategy: in_order}
      - {call: [role:keyholder], strategy: all_at_once, answers_needed: 2}
  - call_tree: managers
    levels: [{call: [role:site_manager]}]
"""


def timed(work):
    start = time.process_time()
    value = work()
    return value, round(time.process_time() - start, 3)


if __name__ == "__main__":
    sys.exit(main())
