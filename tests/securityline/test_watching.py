"""What watches the clock, fed and carried over a kill, in pretend time."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from callflows import events as e
from callflows.events import IncidentId, OperatorId
from callflows.events.watch import WatchEvent
from callflows.switchboard import Switchboard
from callflows.watch.supervision import SupervisedPath
from client_directory.directory import Directory, DirectoryHolder
from securityline.actions import Actions, action_secret
from securityline.alarms.signal import Signal
from securityline.config import AlarmsConfig
from securityline.logbook.document import Document
from securityline.logbook.entry import Entry
from securityline.vigilance import _scaip_interval
from securityline.watch_door import WatchDoor
from securityline.watching import Timer, Watching
from tests.callflows.watch.moments import at

ACME = """\
organisation: acme
name: Acme
country: BE
time_zone: Europe/Brussels
languages: [fr]
dids:
  - {number: "+32 2 555 40 00", service: security_line, label: L,
     fallback_number: "+32 2 555 49 99"}
sites:
  - site: hq
    name: Head office
    opening: "Mo-Fr 08:00-18:00"
    phones: ["02 555 40 10"]
    services: {}
    alarm_accounts: ["1234"]
    alarm_paths:
      - {path: hq-ip, account: "1234", limit: 20s, via: dc09:tcp}
      - {path: hq-gsm, account: "1234", limit: 25h, via: dc09:udp, line: "2"}
    schedule_watch: {early_open: true, late_to_close: 30m, failed_to_close: 2h}
people:
  - {person: ann, name: Ann, phones: [{number: "0470 00 40 01"}], roles: [keyholder],
     sites: [hq], pin: "4821"}
  - {person: bea, name: Bea, phones: [{number: "0470 00 40 02"}], sites: [hq],
     panel_users: [{account: "1234", user: "003"}]}
lone_workers:
  - {person: ann, every: 1h, amber_after: 2m, red_after: 10m, site: hq}
tasks:
  - {task: patrol, title: {fr: Ronde}, when: ["22:00"], allow_late: 15m, site: hq}
actions:
  - {action: gate, title: Gate, url: "https://gate.example/open", kind: barrier, site: hq}
procedures:
  - procedure: default
    version: 1
    incident_kinds: [other, communication]
    title: {fr: Technique}
    urgency: 3
    steps:
      - {step: note, ask: {fr: Quoi ?}, answers: free_text, required: true, go_to: end}
"""
MONDAY = at("2026-06-01 03:00")
TIMER = "lone:acme/ann/hq"


class Later:
    """The loop's `call_later`, by hand."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.asked: tuple[float, Callable[[], None]] | None = None

    def __call__(self, delay: float, do: Callable[[], None]) -> Timer:
        self.asked = (self.clock() + delay, do)
        return self

    def cancel(self) -> None:
        self.asked = None


class Watch:
    """The rules, what watches the clock for them, and a clock that jumps."""

    def __init__(self, folder: Path, directory: str = ACME) -> None:
        self.now = MONDAY
        self.is_deaf = False
        "The engine dies before it has read its own lines."
        (folder / "organisations").mkdir(exist_ok=True)
        self.file = folder / "organisations" / "acme.yaml"
        self.file.write_text(directory)
        (folder / "operators.yaml").write_text("operators: []\n")
        (folder / "services.yaml").write_text("services: []\n")
        self.holder = DirectoryHolder(folder, is_partial_allowed=True)
        assert [str(f) for f in self.holder.findings if not f.is_warning] == []
        self.rules = Switchboard()
        self.told: list[tuple[float, WatchEvent]] = []
        self.kept: dict[str, Document] = {}
        self.number = 0
        self.begin()

    def begin(self, **settings: float) -> None:
        """Start, with what is in the logbook's documents, as a store keeps it."""
        self.later = Later(lambda: self.now)
        left = [
            Document(kind=d.kind, id=d.id, data=json.loads(json.dumps(d.data, sort_keys=True)))
            for d in self.kept.values()
        ]
        self.watching = Watching(
            self.directory,
            lambda: self.now,
            tell=self.tell,
            save=self.save,
            number=self.fresh,
            later=self.later,
            documents=left,
            **settings,
        )
        self.door = WatchDoor(self.watching, self.directory, lambda: self.now, self.rules)
        self.watching.start()
        self.door.settle()

    def directory(self) -> Directory:
        return self.holder.current

    def fresh(self) -> IncidentId:
        self.number += 1
        return IncidentId(f"20260601-{self.number:04d}")

    def save(self, document: Document) -> None:
        self.kept[document.id] = document

    def tell(
        self,
        event: WatchEvent,
        documents: Sequence[Document] = (),
        then: Callable[[], None] | None = None,
    ) -> None:
        self.told.append((self.now, event))
        for document in documents:
            self.save(document)
        facts = self.rules.handle(event, self.now)
        assert not [fact for fact in facts if isinstance(fact, e.FlowFailed)]
        if then is not None:
            then()

    def close(
        self, incident_id: IncidentId, operator: OperatorId, disposition: str, text: str
    ) -> None:
        """An operator records whatever the consigne wants, and closes the case."""
        case = self.rules.incidents[incident_id]
        for step in case.run.missing():
            self.rules.handle(
                e.StepSkipped(
                    incident_id=incident_id, operator=operator, step=step.step, reason="seen"
                ),
                self.now,
            )
        wish = e.CloseRequested(
            incident_id=incident_id, operator=operator, disposition=disposition, text=text
        )
        facts = self.rules.handle(wish, self.now)
        said = [type(fact) for fact in facts if not isinstance(fact, e.AlertOver)]
        assert said == [e.IncidentClosed]
        line = {"seq": 1, "kind": "fact", "what": "IncidentClosed", "incident_id": incident_id}
        if not self.is_deaf:
            self.door.take([Entry(**(dict.fromkeys(Entry._fields, "") | line))])  # type: ignore[arg-type]

    def forget_timers(self) -> None:
        """Begin without any timer."""
        self.kept.pop("timers", None)
        self.begin()

    def until(self, moment: float) -> None:
        """Let the one timer do its work."""
        while self.later.asked is not None:
            at_time, do = self.later.asked
            if at_time > moment:
                break
            self.now = at_time
            do()
        self.now = moment

    def all(self, kind: type[Any]) -> list[tuple[float, Any]]:
        return [(when - MONDAY, event) for when, event in self.told if type(event) is kind]

    def signal(self, path: str = "dc09:tcp", account: str = "1234", line: str = "") -> Signal:
        return Signal(
            "dc09", "1", account, "", "contact_id",
            is_heartbeat=True, path=path, line_prefix=line,
        )  # fmt: skip

    def panel(self, action: str, account: str = "1234") -> None:
        """The panel is operated, and the engine wrote it down."""
        data = {"organisation": "acme", "site": "hq", "user": "3", "action": action}
        data["account"] = account
        line = {"seq": 1, "kind": "event", "what": "OpenCloseReceived", "data": data}
        blank = dict.fromkeys(Entry._fields, "")
        self.watching.take([Entry(**(blank | line))])  # type: ignore[arg-type]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def test_a_silent_line_is_told_at_its_limit_with_copies_for_the_case(watch: Watch) -> None:
    watch.until(MONDAY + 15)
    watch.watching.heard(watch.signal())
    watch.until(MONDAY + 60)
    [(when, lost)] = watch.all(e.PathLost)
    assert 35 <= when < 36
    assert (lost.organisation_name, lost.site_name) == ("Acme", "Head office")
    assert lost.procedure.procedure == "default"
    [case] = watch.rules.incidents.values()
    assert (case.incident_id, case.kind) == ("20260601-0001", "communication")
    watch.watching.heard(watch.signal())
    assert len(watch.all(e.PathRestored)) == 1


def test_a_living_line_does_not_hide_a_dead_one(watch: Watch) -> None:
    for hour in range(26):
        watch.until(MONDAY + 3600 * hour + 1)
        watch.watching.heard(watch.signal("dc09:tcp"))
        watch.watching.heard(watch.signal("dc09:udp", line="3"))  # another line of ours
    lost = [path.path for _, path in watch.all(e.PathLost)]
    assert "acme/hq/hq-gsm" in lost


@pytest.mark.parametrize("line", ["2", "02", "0002"])
def test_a_line_is_known_by_its_way_and_its_number(watch: Watch, line: str) -> None:
    for hour in range(26):
        watch.until(MONDAY + 3600 * hour + 1)
        watch.watching.heard(watch.signal("dc09:udp", line=line))
    assert {path.path for _, path in watch.all(e.PathLost)} == {"acme/hq/hq-ip"}


def test_a_signal_of_one_way_speaks_for_no_other(watch: Watch) -> None:
    watch.until(MONDAY + 15)
    watch.watching.heard(watch.signal("dc09:udp"))
    watch.watching.heard(watch.signal(account="9999"))
    watch.until(MONDAY + 21)
    [(when, _)] = watch.all(e.PathLost)
    assert 20 <= when < 21


def test_a_lone_worker_s_timer_outlives_a_kill(watch: Watch) -> None:
    assert watch.door.start_timer("acme", "ann") == TIMER
    watch.until(MONDAY + 600)
    watch.begin()  # nobody had the time to stop anything
    watch.until(MONDAY + 3720 + 480 + 1)
    [(amber, _)] = watch.all(e.SafetyTimerLapsed)
    [(red, _)] = watch.all(e.SafetyTimerRaised)
    assert 3720 <= amber <= 3720.01
    assert 4200 <= red <= 4200.01
    watch.begin()
    watch.until(MONDAY + 9000)
    assert len(watch.all(e.SafetyTimerRaised)) == 1, "red once"


def test_a_sign_of_life_is_wanted_again_and_again_until_she_ends_it(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann")
    watch.door.prolong_timer(TIMER, 60.0, "ann")
    assert watch.door.check_in(TIMER, "4821") == "good"
    watch.begin()
    watch.until(MONDAY + 3730)
    [(at_time, _)] = watch.all(e.SafetyTimerLapsed)
    assert 3720 <= at_time <= 3720.01, "an hour and two minutes from the sign she gave"
    assert watch.door.check_in(TIMER, "4821", is_last=True) == "good"
    watch.until(MONDAY + 9000)
    assert len(watch.all(e.SafetyTimerLapsed)) == 1
    assert watch.all(e.SafetyTimerRaised) == []


def test_a_pin_with_which_she_ends_it_ends_it(watch: Watch) -> None:
    watch.door.start_timer("acme", "ann")
    watch.door.prolong_timer(TIMER, 60.0, "ann")
    assert watch.door.check_in(TIMER, "4821", is_last=True) == "good"
    watch.begin()
    watch.until(MONDAY + 9000)
    assert watch.all(e.SafetyTimerLapsed) == []


def test_opening_at_night_and_not_closing_reach_the_operators(watch: Watch) -> None:
    watch.panel("opening")
    [(_, early)] = watch.all(e.EarlyOpenSeen)
    assert early.incident_id
    watch.until(MONDAY + 17.9 * 3600)
    late = [when for when, _ in watch.all(e.LateToCloseSeen)]
    failed = [when for when, _ in watch.all(e.FailedToCloseSeen)]
    assert late == pytest.approx([1800.0, 15.5 * 3600], abs=0.01)
    assert failed == pytest.approx([7200.0, 17 * 3600], abs=0.01)
    watch.panel("closing")
    assert len(watch.all(e.SiteClosed)) == 1


@pytest.mark.parametrize(
    ("setting", "asked"),
    [
        ("", ["+32470004002", "+32470004001", "+3225554010"]),
        ("call_site_first: true, ", ["+3225554010", "+32470004002", "+32470004001"]),
    ],
)
def test_who_opened_at_night_is_named_and_asked_at_her_registered_number(
    watch: Watch, setting: str, asked: list[str]
) -> None:
    watch.file.write_text(ACME.replace("{early_open:", "{" + setting + "early_open:"))
    assert [f for f in watch.holder.reload() if not f.is_warning] == []
    watch.watching.reload()
    watch.panel("opening")
    [(_, early)] = watch.all(e.EarlyOpenSeen)
    assert early.name == "Bea"
    assert [call.number for call in early.call_back] == asked, "never the site before her"
    [case] = watch.rules.incidents.values()
    assert any("outside the hours by Bea" in why for why in case.attention)


def test_a_patrol_is_a_task_and_what_was_found_ends_it(watch: Watch) -> None:
    watch.until(at("2026-06-01 22:05"))
    [(_, due)] = watch.all(e.TaskDue)
    watch.door.task_done(due.task_id, OperatorId("ann"), "in_order")
    watch.until(at("2026-06-01 23:00"))
    assert watch.all(e.TaskLate) == []
    assert len(watch.all(e.TaskDone)) == 1


def test_a_reload_takes_a_line_out_of_watch(watch: Watch) -> None:
    watch.file.write_text(ACME.replace("limit: 20s", "limit: 60s"))
    assert [f for f in watch.holder.reload() if not f.is_warning] == []
    watch.watching.reload()
    watch.until(MONDAY + 59)
    assert watch.all(e.PathLost) == []
    watch.until(MONDAY + 61)
    assert len(watch.all(e.PathLost)) == 1


def test_a_social_alarm_unit_needs_no_limit_of_its_own(watch: Watch) -> None:
    unit = '{path: unit, account: "1234", via: scaip}'
    gsm = '{path: hq-gsm, account: "1234", limit: 25h, via: dc09:udp, line: "2"}'
    watch.file.write_text(ACME.replace(gsm, unit))
    assert [f for f in watch.holder.reload() if not f.is_warning] == []
    watch.begin(scaip_interval=60.0)
    watch.until(MONDAY + 89)
    assert [lost.path for _, lost in watch.all(e.PathLost)] == ["acme/hq/hq-ip"]
    watch.until(MONDAY + 91)
    assert [lost.path for _, lost in watch.all(e.PathLost)][1:] == ["acme/hq/unit"]


@pytest.mark.parametrize(("pace", "seconds"), [(None, 86_400.0), (60.0, 3600.0), (1.4, 60.0)])
def test_the_pace_that_units_are_told_is_the_one_they_are_held_to(
    pace: float | None, seconds: float
) -> None:
    assert _scaip_interval(AlarmsConfig(scaip_heartbeat=pace)) == seconds


def test_rubbish_left_behind_is_no_reason_not_to_watch(watch: Watch) -> None:
    watch.kept["paths"] = Document(kind="watch", id="paths", data={"rubbish": 1})
    watch.begin()
    watch.until(MONDAY + 30)
    assert len(watch.all(e.PathLost)) == 1


def test_after_a_stop_nothing_is_told(watch: Watch) -> None:
    watch.watching.stop()
    assert watch.later.asked is None
    assert set(watch.kept) == {"paths", "opening", "timers", "welfare", "tasks"}


async def test_on_a_real_loop_a_loss_is_told_within_a_second_of_its_limit(
    tmp_path: Path,
) -> None:
    pretend = Watch(tmp_path)
    loop = asyncio.get_running_loop()
    told: asyncio.Future[float] = loop.create_future()

    def tell(event: WatchEvent, *_: object) -> None:
        told.set_result(loop.time())

    watching = Watching(
        pretend.directory,
        loop.time,
        tell=tell,
        save=pretend.save,
        number=pretend.fresh,
        later=loop.call_later,
    )
    watching.start()
    began = loop.time()
    path = SupervisedPath(
        path="fast", organisation="acme", site="hq", account="1", limit_time=0.5
    )
    watching.paths.watch([path], began)
    watching.look()
    assert 0.5 <= await asyncio.wait_for(told, 10) - began < 1.5
    watching.stop()


def test_each_action_has_a_secret_of_its_own(watch: Watch) -> None:
    actions = Actions(watch.directory, b"m" * 32, lambda event: None)
    webhook = actions.webhook("acme", "gate")
    assert webhook is not None
    assert webhook.url == "https://gate.example/open"
    assert webhook.secrets == (action_secret(b"m" * 32, "acme", "gate"),)
    assert action_secret(b"m" * 32, "acme", "other") != webhook.secrets[0]
    assert actions.webhook("acme", "unknown") is None
    assert actions.webhook("nobody", "gate") is None


def test_a_secret_that_was_made_takes_the_place_of_the_derived_one(watch: Watch) -> None:
    actions = Actions(
        watch.directory,
        b"m" * 32,
        lambda event: None,
        secrets=lambda *_: (b"n" * 32, b"o" * 32),
    )
    webhook = actions.webhook("acme", "gate")
    assert webhook is not None
    assert webhook.secrets == (b"n" * 32, b"o" * 32)


@pytest.mark.interop  # in real time: a busy machine may need it twice
def test_a_receiver_that_comes_back_does_not_write_every_line_for_each(watch: Watch) -> None:
    paths = [
        SupervisedPath(
            path=f"p{n}", organisation="acme", account=f"{n:06}", limit_time=20.0,
            receiver="rx",
        )
        for n in range(2_000)
    ]  # fmt: skip
    watch.watching.paths.watch(paths, watch.now)
    watch.watching.look()
    watch.until(watch.now + 30)
    assert len(watch.all(e.PathLost)) == 2_000
    written: list[str] = []
    keep = watch.save

    def save(document: Document) -> None:
        written.append(document.id)
        keep(document)

    watch.watching._save = save
    watch.save = save  # type: ignore[method-assign]
    for path in paths:
        watch.watching.heard_path(path.path)
    assert len(watch.all(e.PathRestored)) == 2_000
    assert written.count("paths") <= 1
    watch.until(watch.now + 19)
    assert written.count("paths") in (1, 2), "and then it is written down"
    kept = watch.kept["paths"].data
    assert kept is not None
    assert all(one["lost_at"] is None for one in kept["watched"])
