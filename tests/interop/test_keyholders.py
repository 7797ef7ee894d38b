"""Real telephones as keyholders: SIPp answers, is busy, rings on, is a machine, presses keys.

An alarm comes in by HTTP; the consigne starts its call tree by itself; the log says whom it
reached. One engine for all stories.
"""

import itertools
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from securityline.accounts import Accounts
from sip.media.tones import dtmf_tone
from tests.interop.engine import DOMAIN, Api, Lab
from tests.interop.peers import Program, need, raw_alaw, run_sipp
from tests.interop.people import Log

pytestmark = [pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

HERE = Path(__file__).parent
TRIES = 2
"A second try finds a site of its own: alarms of one site join one case."
BANK = """
organisation: bank
name: Banque Démo
country: BE
time_zone: Europe/Brussels
languages: [fr, nl]
dids:
  - {number: "+32 2 555 04 01", service: keyholder_callback, label: Rappel}
sites:
SITES
people:
PEOPLE
call_trees:
TREES
procedures:
  - procedure: default
    version: 1
    incident_kinds: [other]
    title: {fr: Général, nl: Algemeen}
    urgency: 3
    steps: [{step: facts, ask: {fr: "Quoi ?", nl: "Wat?"}, answers: free_text, go_to: end}]
PROCEDURES
"""


def directory() -> str:
    """One kind of alarm, tree and site for each story: who is called stands in the name."""
    stories = {
        "keys": ["11"], "info": ["14"], "sound": ["15"], "machine": ["16", "11"],
        "busy": ["12", "11"], "leaves": ["17", "11"], "together": ["13", "11"],
        "rings": ["13", "11"], "nobody": ["12"], "silent": ["18", "11"],
        "crossing": ["13", "11"],
    }  # fmt: skip
    sites = [f"{name}-{n}" for name in stories for n in range(1, TRIES + 1)]
    places = [f"  - {{site: {site}, name: Site {site}}}" for site in sites]
    people = [
        f"  - {{person: k{n}, name: Keyholder {n}, languages: [fr], roles: [keyholder],"
        f' phones: [{{number: "+324700000{n}", kind: mobile}}], sites: [{", ".join(sites)}]}}'
        for n in range(11, 19)
    ]
    trees, procedures = [], []
    for name, called in stories.items():
        strategy = "all_at_once" if name == "together" else "in_order"
        who = ", ".join(f"k{n}" for n in called)
        trees.append(
            f"  - {{call_tree: {name}, leave_message: true, levels: [{{call: [{who}],"
            f" strategy: {strategy}, ring_time: {60 if name == 'crossing' else 5}s}}]}}"
        )
        procedures.append(
            f"  - {{procedure: {name}, version: 1, incident_kinds: [kind_{name}],"
            f' title: {{fr: "{name}", nl: "{name}"}}, urgency: 2, steps: [{{step: tree,'
            f" do: {{start_call_tree: {name}}}, automatic: true, go_to: end}}]}}"
        )
    text = BANK
    for word, lines in (
        ("SITES", places), ("PEOPLE", people), ("TREES", trees), ("PROCEDURES", procedures),
    ):  # fmt: skip
        text = text.replace(f"\n{word}\n", "\n" + "\n".join(lines) + "\n")
    return text


@dataclass
class Night:
    """The engine, the telephones, and the log as it grows."""

    lab: Lab
    api: Api
    log: Log
    alarms: dict[str, str]
    keys: dict[str, Any] = field(
        default_factory=lambda: defaultdict(lambda: itertools.count(1))
    )

    async def alarm(self, name: str) -> tuple[str, int]:
        """An alarm comes in; return its case and where the log stood."""
        mark = self.log.mark
        number = next(self.keys[name])
        body = {"idempotency_key": f"{name}-{number}", "site": f"{name}-{number}",
                "kind": f"kind_{name}"}  # fmt: skip
        async with self.api.session.post(
            "/api/v1/alarms", json=body, headers={"Authorization": self.alarms["token"]}
        ) as answer:
            assert answer.status == 201, await answer.text()
            return (await answer.json())["incident_id"], mark

    def causes(self, mark: int) -> list[tuple[str, str]]:
        return [
            (x["data"]["person"], x["data"]["cause"])
            for x in self.log.said("KeyholderMissed", after=mark)
        ]


def sounds(folder: Path) -> None:
    """Silence, the key 1 as sound after a second, and a machine's greeting with its beep."""
    sox = need("sox")
    key = folder / "key.raw"
    tone = dtmf_tone("1")
    key.write_bytes(b"\xd5" * 8000 + (tone * 2)[:1600] + b"\xd5" * 80_000)
    silence = folder / "silence.raw"
    silence.write_bytes(b"\xd5" * 80_000)
    speech = sorted((HERE.parents[1] / "securityline/simulation/speech").glob("*_fr.wav"))[0]
    greeting = folder / "greeting.wav"
    subprocess.run(
        [sox, str(speech), "-r", "8000", "-c", "1", "-b", "16", str(folder / "said.wav"),
         "trim", "0", "5"],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [sox, "-n", "-r", "8000", "-c", "1", "-b", "16", str(folder / "beep.wav"),
         "synth", "0.5", "sine", "1000", "gain", "-9"],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [sox, str(folder / "said.wav"), str(folder / "beep.wav"), str(greeting),
         "pad", "0.2", "20"],
        check=True, capture_output=True,
    )  # fmt: skip
    raw_alaw(folder / "greeting.raw", greeting)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def night(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Night]:
    async with begun(Lab(tmp_path_factory.mktemp("keyholders"))) as night:
        yield night


@asynccontextmanager
async def begun(lab: Lab) -> AsyncIterator[Night]:
    """Run the engine with the bank's directory, and SIPp as every keyholder."""
    folder = lab.folder
    lab.prepare()
    (folder / "directory" / "organisations" / "bank.yaml").write_text(directory())
    accounts = Accounts(lab.data, realm=DOMAIN)
    token = accounts.create_token(["alarms:write"], "alarms")
    accounts.close()
    sounds(folder)
    scenario = HERE / "scenarios" / "keyholders.xml"
    phones = await Program.start(
        "sipp",
        run_sipp(
            scenario, "-i", "127.0.0.1", "-p", str(lab.trunk_port), "-mi", "127.0.0.1",
            "-aa", cwd=folder,
        ),
        cwd=folder,
    )  # fmt: skip
    try:
        async with lab.running(), lab.api() as api, Log.following(api) as log:
            yield Night(lab, api, log, {"token": f"Bearer {token}"})
    finally:
        await phones.stop()


async def accepted(night: Night, name: str, person: str = "k11") -> int:
    _, mark = await night.alarm(name)
    line = await night.log.until("KeyholderAccepted", after=mark)
    assert line["data"]["person"] == person
    await night.log.until("CallTreeEnded", after=mark, reason="accepted")
    return mark


@pytest.mark.parametrize(
    ("name", "person"), [("keys", "k11"), ("info", "k14"), ("sound", "k15")]
)
async def test_a_key_takes_charge_however_it_is_sent(
    night: Night, name: str, person: str
) -> None:
    mark = await accepted(night, name, person)
    pressed = night.log.said("DigitPressed", after=mark)
    assert [x["data"]["digit"] for x in pressed] == ["1"], "counted once"
    ended = await night.log.until("LegEnded", after=mark)
    assert ended["data"]["cause"] == "released", "we end it after the spoken confirmation"
    heard = [x["data"]["prompt"] for x in night.log.said("PromptEnded", after=mark)]
    assert "keyholder_accepted" in heard


async def test_a_machine_with_its_beep_is_left_a_message_and_the_next_is_called(
    night: Night,
) -> None:
    mark = await accepted(night, "machine")
    await night.log.until("MachineSuspected", after=mark)
    assert ("k16", "voicemail") in night.causes(mark)
    accepted_by = night.log.said("KeyholderAccepted", after=mark)
    assert [x["data"]["person"] for x in accepted_by] == ["k11"]


async def test_a_busy_line_holds_nobody_up(night: Night) -> None:
    mark = await accepted(night, "busy")
    assert night.causes(mark) == [("k12", "busy")]


async def test_whoever_hangs_up_was_not_reached(night: Night) -> None:
    mark = await accepted(night, "leaves")
    assert night.causes(mark) == [("k17", "hung_up")]


async def test_a_phone_that_rings_out_is_cancelled_and_the_next_is_called(night: Night) -> None:
    mark = await accepted(night, "rings")
    assert night.causes(mark) == [("k13", "no_answer")]


async def test_accepting_stops_every_other_phone_within_a_second(night: Night) -> None:
    mark = await accepted(night, "together")
    taken = night.log.said("KeyholderAccepted", after=mark)[0]
    other = night.log.said("KeyholderCalled", after=mark)[0]["data"]
    assert other["person"] == "k13"
    stopped = await night.log.until("LegEnded", after=mark, leg_id=other["leg_id"])
    assert _seconds(stopped["at"]) - _seconds(taken["at"]) < 1.0


async def test_an_exhausted_tree_puts_the_case_in_front_of_an_operator(night: Night) -> None:
    _, mark = await night.alarm("nobody")
    exhausted = await night.log.until("CallTreeExhausted", after=mark)
    wanted = await night.log.until("AttentionWanted", after=exhausted["seq"] - 1)
    assert "reached nobody" in wanted["data"]["reason"]
    called = night.log.said("KeyholderCalled", after=mark)
    assert [x["data"]["person"] for x in called] == ["k12", "k12"], "a busy line once more"


def _seconds(at: str) -> float:
    hours, minutes, seconds = at[11:23].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
