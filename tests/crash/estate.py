"""A client with many sites, three keyholders each, and a kind of alarm for each kind of night.

What somebody does when he is called stands in the last digit of his number and in the kind
of alarm; no two sites share a number, so each telephone knows whose tree it rings for.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from securityline.accounts import Accounts
from tests.crash.phones import Habit
from tests.interop.engine import DOMAIN, Lab
from tests.interop.ports import OWN

PEOPLE: Final = 3
PIN: Final = "1357"
DURESS_PIN: Final = "2468"
HEAD: Final = """
organisation: bank
name: Banque Démo
country: BE
time_zone: Europe/Brussels
languages: [fr, nl]
dids:
  - {number: "+32 2 555 04 01", service: keyholder_callback, label: Rappel}
"""
DEFAULT: Final = """
  - procedure: default
    version: 1
    incident_kinds: [other]
    title: {fr: Général, nl: Algemeen}
    urgency: 3
    steps: [{step: facts, ask: {fr: "Quoi ?", nl: "Wat?"}, answers: free_text, go_to: end}]
"""

SERVICE_TABLE: Final = """
services:
  - {service: pz, kind: police, name: Zone de police, direct: "+32 2 555 08 01", public: "101"}
  - {service: fire, kind: fire, name: Pompiers, public: "112"}
  - {service: med, kind: medical, name: Centre 112, public: "112"}
"""
SERVICES: Final = {
    "pz": Habit(picks_up=0.3, hangs_up=0.4),
    "fire": Habit(picks_up=0.3, status=486),
    "med": Habit(picks_up=0.2),
}
"The police hang up, the fire brigade is busy, with the ambulance the operator hangs up."
SIMULATED: Final = {
    "pz": "simulated-police-direct",
    "fire": "simulated-fire-public",
    "med": "simulated-medical-public",
}
"What the engine dials instead of a service's number."

ACCEPTS: Final = Habit(key="1")
ACCEPTS_AND_LEAVES: Final = Habit(key="1", hangs_up=0.4)
DECLINES: Final = Habit(key="2")
REFUSES: Final = Habit(status=603, picks_up=0.1)
BUSY: Final = Habit(status=486, picks_up=0.02)
RINGS: Final = Habit(picks_up=None)
LEAVES: Final = Habit(hangs_up=0.2)


class Kind(NamedTuple):
    """One kind of night."""

    name: str
    code: str
    "Contact ID."
    strategy: str
    answers_needed: int
    habits: tuple[Habit, ...]
    "Of the three keyholders."
    called: int
    "How many of the three must have been called when it is over."
    accepts: int
    "How many take charge; 0: nobody, an operator is told."


KINDS: Final = (
    Kind("in_order", "131", "in_order", 1, (BUSY, LEAVES, ACCEPTS), 3, 1),
    Kind("together", "132", "all_at_once", 1, (RINGS, RINGS, ACCEPTS_AND_LEAVES), 3, 1),
    Kind("declined", "133", "in_order", 1, (DECLINES, REFUSES, ACCEPTS), 3, 1),
    Kind("nobody", "134", "in_order", 1, (DECLINES, REFUSES, DECLINES), 3, 0),
    Kind("rings_out", "135", "in_order", 1, (RINGS, ACCEPTS, ACCEPTS), 2, 1),
    Kind("two", "136", "in_order", 2, (REFUSES, ACCEPTS, ACCEPTS), 3, 2),
)


def kind_of(site: int) -> Kind:
    """Say which kind of night a site has."""
    return KINDS[site % len(KINDS)]


def number_of(site: int, person: int) -> str:
    """Return the number of one of a site's three keyholders."""
    return f"+32470{site:05d}{person + 1}"


def habit_of(number: str) -> Habit:
    """Say what somebody does when his telephone rings."""
    for service, simulated in SIMULATED.items():
        if number == simulated:
            return SERVICES[service]
    return kind_of(int(number[6:11])).habits[int(number[-1]) - 1]


def directory(sites: int, ring_time: int = 5, accept: str = "key") -> str:
    """Write the client.

    :param accept: `key`, or `pin`: then `PIN` and `DURESS_PIN` are everybody's.
    """
    pins = f' pin: "{PIN}", duress_pin: "{DURESS_PIN}",' if accept == "pin" else ""
    lines = [HEAD, "sites:"]
    for n in range(sites):
        lines.append(
            f'  - {{site: s{n}, name: Site {n}, alarm_accounts: ["A{n:05d}"],'
            " services: {police: pz, fire: fire, medical: med}}"
        )
    lines.append("people:")
    lines += [
        f"  - {{person: p{n}-{who}, name: Keyholder {n} {who}, languages: [fr],"
        f" roles: [keyholder], sites: [s{n}],{pins}"
        f' phones: [{{number: "{number_of(n, who)}", kind: mobile}}]}}'
        for n in range(sites)
        for who in range(PEOPLE)
    ]
    lines.append("call_trees:")
    lines += [
        f"  - {{call_tree: {kind.name}, levels: [{{call: ['role:keyholder'],"
        f" strategy: {kind.strategy}, answers_needed: {kind.answers_needed}, accept: {accept},"
        f" ring_time: {ring_time}s}}]}}"
        for kind in KINDS
    ]
    lines.append(f"procedures:{DEFAULT}")
    lines += [
        f"  - {{procedure: {kind.name}, version: 1, incident_kinds: [kind_{kind.name}],"
        f' alarm_codes: ["{kind.code}"], title: {{fr: "{kind.name}", nl: "{kind.name}"}},'
        f" urgency: 2, steps: [{{step: tree, do: {{start_call_tree: {kind.name}}},"
        " automatic: true}, {step: check, verify: [telephone], go_to: end}]}"
        for kind in KINDS
    ]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class Estate(Lab):
    """An engine's ports and files, with the client above and two doors for alarms."""

    sites: int = 0
    ring_time: int = 5
    "Seconds each keyholder's telephone may ring."
    rtp_ports: int = 400
    accept: str = "key"
    alarms_token: str = ""
    dc09_port: int = 0

    def prepare(self) -> None:
        """Write directory, settings and accounts."""
        low = iter(OWN.take(4 + self.rtp_ports))
        self.sip_port, self.trunk_port, self.web_port, self.dc09_port = islice(low, 4)
        first = next(low)
        self.rtp = (first, first + self.rtp_ports - 2)
        Lab.prepare(self)
        with self.config.open("a") as settings:
            settings.write(f'\n[alarms]\ndc09 = ["tcp:127.0.0.1:{self.dc09_port}"]\n')
        (self.folder / "directory" / "services.yaml").write_text(SERVICE_TABLE)
        bank = self.folder / "directory" / "organisations" / "bank.yaml"
        bank.write_text(directory(self.sites, self.ring_time, self.accept))
        accounts = Accounts(self.data, realm=DOMAIN)
        self.alarms_token = accounts.create_token(["alarms:write"], "alarms")
        accounts.close()
