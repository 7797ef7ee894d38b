"""What it costs to know who is calling, and to load a directory of many clients.

    python -m benchmarks.identity [CLIENTS]

CLIENTS (default 200) of 25 people each are written to a temporary folder. Reported:
`load`     first read of all files; `reload` with nothing changed; `reload_one` after one edit.
`warm`     INVITE parsed -> CallOffered, numbers met before: the everyday case.
`cold`     the same with a caller never met, whose number must be read by phonenumbers.
Bound: `warm` p50 <= 150 us. CPU time of this thread, so the machine's load hardly counts.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from callflows.events import CallId, IncidentId, LegId
from client_directory.directory import DirectoryHolder
from securityline.identification import CallIds, build_call_offered
from securityline.identity import TrunkProfile, read_identity
from sip.message import Request, parse

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "securityline" / "example_directory"
CALLS = 3_000
BOUND = 150e-6  # seconds
INVITE = """\
INVITE sip:{did}@192.0.2.20:5060;user=phone SIP/2.0
Via: SIP/2.0/UDP 198.51.100.10:5060;branch=z9hG4bK-{number};rport
Max-Forwards: 66
Call-ID: {number}@198.51.100.10
CSeq: 1 INVITE
Contact: <sip:198.51.100.10:5060>
From: <sip:{caller}@trunk.example;user=phone>;tag=a1
To: <sip:{did}@trunk.example;user=phone>
P-Asserted-Identity: <sip:{caller}@trunk.example;user=phone>
Privacy: none
Diversion: <sip:042200310@trunk.example>;reason=unconditional
Content-Length: 0

"""


def main() -> int:
    clients = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    result: dict[str, object] = {"clients": clients, "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, clients)
        holder, result["load_s"] = timed(lambda: DirectoryHolder(folder))
        _, result["reload_s"] = timed(holder.reload)
        edited = folder / "organisations" / "c0001.yaml"
        edited.write_text(edited.read_text().replace("name: Client 1", "name: Other"))
        findings, result["reload_one_s"] = timed(holder.reload)
        if findings:
            print(findings[0])
            return 1
        warm = measure(holder, clients, is_cold=False)
        result["warm_us"] = spread(warm)
        result["cold_us"] = spread(measure(holder, clients, is_cold=True))
    result["load_average"] = os.getloadavg()[0]
    print(json.dumps(result, indent=1))
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "identity.json").write_text(json.dumps(result, indent=1) + "\n")
    return statistics.median(warm) > BOUND


def write(folder: Path, clients: int) -> None:
    """Write clients with the consignes of the example's post office."""
    (folder / "organisations").mkdir()
    for table in ("operators.yaml", "services.yaml"):
        (folder / table).write_text((EXAMPLE / table).read_text())
    template = (EXAMPLE / "organisations" / "postes-demo.yaml").read_text()
    procedures = template[
        template.index("procedures:") : template.index("temporary_consignes:")
    ]
    trees = template[template.index("rotas:") : template.index("procedures:")]
    for index in range(clients):
        text = head(index) + people(index) + trees + procedures
        (folder / "organisations" / f"c{index:04}.yaml").write_text(text)


def head(index: int) -> str:
    return f"""\
organisation: client-{index}
name: Client {index}
country: BE
time_zone: Europe/Brussels
languages: [fr, nl, de]
dids:
  - number: "{did(index)}"
    service: security_line
    label: Line
    fallback_number: "+32 2 555 09 99"
sites:
  - {{site: bru-centre, name: Centre, alarm_accounts: ["{index:04}"]}}
  - {{site: lg-tri, name: Tri}}
"""


def people(index: int) -> str:
    names = ["j-dupont", "p-peeters", "k-schmitz", *(f"person-{i}" for i in range(22))]
    lines = [
        f"  - {{person: {name}, name: {name}, languages: [fr], sites: [bru-centre],"
        f' roles: [site_manager], pin: "4821", duress_pin: "4822",'
        f' phones: [{{number: "{mobile(index * 25 + number)}"}}]}}'
        for number, name in enumerate(names)
    ]
    return "people:\n" + "\n".join(lines) + "\n"


def did(index: int) -> str:
    return f"+32255{10_000 + index:05}"[:11]


def mobile(number: int) -> str:
    return f"+32470{number:06}"


def timed(work):
    start = time.process_time()
    value = work()
    return value, round(time.process_time() - start, 4)


def measure(holder: DirectoryHolder, clients: int, *, is_cold: bool) -> list[float]:
    trunk = TrunkProfile(name="carrier")
    ids = CallIds(IncidentId("i"), CallId("c"), LegId("l"))
    now = datetime.now(UTC)
    requests = [invite(number, clients, is_cold=is_cold) for number in range(CALLS)]
    directory = holder.current

    def is_ours(number: str) -> bool:
        return directory.dialled(number) is not None

    times = []
    for request in requests:
        start = time.thread_time()
        identity = read_identity(request, trunk, is_ours)
        event = build_call_offered(identity, directory, trunk, ids, now)
        times.append(time.thread_time() - start)
        if not event.is_known_did:
            raise SystemExit(f"{event.did} is not known")
    return times


def invite(number: int, clients: int, *, is_cold: bool) -> Request:
    caller = f"+33612{number:06}" if is_cold else mobile(number % 500)
    text = INVITE.format(did=did(number % clients), caller=caller, number=number)
    request = parse(text.replace("\n", "\r\n").encode())
    assert isinstance(request, Request)
    return request


def spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50": round(statistics.median(ordered) * 1e6, 1),
        "p99": round(ordered[len(ordered) * 99 // 100] * 1e6, 1),
        "mean": round(statistics.fmean(ordered) * 1e6, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
