"""Whatever panels, installers and operators do, in whatever order: no alarm is lost."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from callflows import events as e
from callflows.alarm_kinds import NEVER_SUPPRESSED
from callflows.alarm_runaway import measure
from callflows.board import Board
from callflows.commands import PlanCallTree
from callflows.switchboard import Switchboard
from client_directory.alarm_model import AlarmRules, Runaway
from tests.stories.alarms import ANN, CONSIGNES, AlarmLine

KINDS = ("intrusion", "holdup", "fire", "technical", "camera_offline", "medical")
ZONES = ("", "1", "2", "7")
SITES = ("hq", "depot")
RULES = AlarmRules(
    hold_time=20.0,
    confirm_window_time=1800.0,
    runaway=Runaway(window_time=60.0, count=3, bucket_rate=1.0),
)
zones, sites = st.sampled_from(ZONES), st.sampled_from(SITES)
alarms = st.tuples(st.just("alarm"), st.sampled_from(KINDS), zones, sites)
deeds = st.one_of(
    alarms,
    alarms,
    alarms,
    st.tuples(st.just("unknown"), st.sampled_from(KINDS), zones),
    st.tuples(st.just("restore"), zones, sites, st.sampled_from(["intrusion", "technical"])),
    st.tuples(st.just("user"), st.sampled_from(["opening", "closing", "cancel"]), sites),
    st.tuples(st.just("again")),
    st.tuples(st.just("on_test"), zones, st.sampled_from([0.5, 5.0, 60.0])),
    st.tuples(st.just("test_ends"), zones),
    st.tuples(st.just("time"), st.sampled_from([0.0, 1.0, 19.0, 21.0, 300.0, 1900.0, 7200.0])),
    st.tuples(st.just("takes"), st.integers(0, 9)),
    st.tuples(st.just("works"), st.integers(0, 9), st.sampled_from(["verify", "police"])),
    st.tuples(st.just("closes"), st.integers(0, 9)),
    st.tuples(st.just("restart")),
)


class Story:
    """Plays deeds and looks after each at what must hold."""

    def __init__(self, *, is_cloned: bool) -> None:
        self.line = AlarmLine(is_cloned=is_cloned, rules=RULES)
        self.line.ready("ann")
        self.same_until = 0.0

    def play(self, deed: tuple[Any, ...]) -> None:
        before = {x.incident_id: x.is_open for x in self.incidents}
        held = {
            case.incident_id
            for case in self.line.switchboard.alarms.cases.values()
            if case.held_until is not None and case.held_until > self.line.now
        }
        said = len(self.line.said)
        getattr(self, deed[0])(*deed[1:])
        outcomes = [what for _, what in self.line.said[said:]]
        self.look(outcomes, before, held)

    @property
    def incidents(self) -> list[Any]:
        return list(self.line.switchboard.incidents.values())

    def case(self, number: int) -> str:
        return str(self.incidents[number % len(self.incidents)].incident_id)

    # ------------------------------------------------ deeds

    def alarm(self, kind: str, zone: str, site: str) -> None:
        values = {"camera": zone, "carrier": "X"} if kind == "camera_offline" else {}
        is_on_test = self.is_zone_on_test(zone, site)
        outcomes = self.line.alarm(kind, zone=zone, site=site, **values)
        self.expect_known(outcomes)
        if kind in NEVER_SUPPRESSED and not is_on_test:
            self.expect_in_front(outcomes, CONSIGNES[kind].urgency)

    def unknown(self, kind: str, zone: str) -> None:
        outcomes = self.line.unknown(kind=kind, zone=zone)
        self.expect_known(outcomes)
        if kind in NEVER_SUPPRESSED:
            self.expect_in_front(outcomes, CONSIGNES[kind].urgency)

    def restore(self, zone: str, site: str, kind: str) -> None:
        self.expect_known(self.line.restores(zone, site=site, kind=kind))

    def user(self, action: str, site: str) -> None:
        self.expect_known(self.line.user(action, site=site))

    def again(self) -> None:
        if self.line.last_values and self.line.now < self.same_until:
            assert [type(x) for x in self.line.again()] == [e.AlarmRepeated]

    def on_test(self, zone: str, minutes: float) -> None:
        self.line.on_test(zone, minutes)

    def test_ends(self, zone: str) -> None:
        self.line.test_ends(zone)

    def time(self, seconds: float) -> None:
        self.line.fast_forward(seconds)

    def takes(self, number: int) -> None:
        if self.incidents:
            self.line.takes(self.case(number))

    def works(self, number: int, step: str) -> None:
        if not self.incidents:
            return
        case = self.case(number)
        if step == "verify":
            self.line.verifies(case)
        else:
            self.line.answers(case, step)

    def closes(self, number: int) -> None:
        if self.incidents:
            self.line.closes(self.case(number))

    def restart(self) -> None:
        self.line.restart()

    # ------------------------------------------------ what must hold

    def is_zone_on_test(self, zone: str, site: str) -> bool:
        test = self.line.switchboard.alarms.tests.get(f"acme/{site}/{zone}")
        return bool(zone) and test is not None and test.until > self.line.now

    def expect_known(self, outcomes: list[Any]) -> None:
        """The door has a number to answer with, and what became of it is in the log."""
        number = self.line.case_of_last()
        assert number is not None
        is_own = any(isinstance(x, e.AlarmOnTest | e.RestoreNoted) for x in outcomes)
        is_code = self.line.last_event is e.OpenCloseReceived
        assert is_own or is_code or number in self.line.switchboard.incidents
        self.same_until = self.line.now + 86_400

    def expect_in_front(self, outcomes: list[Any], urgency: int) -> None:
        """In front of the operators in this very event, with its urgency."""
        wanted = [x for x in outcomes if isinstance(x, e.AttentionWanted)]
        assert wanted
        assert wanted[-1].incident_id == self.line.case_of_last()
        assert wanted[-1].urgency <= urgency
        assert wanted[-1].incident_id in self.line.in_front

    def look(self, outcomes: list[Any], before: dict[Any, bool], held: set[Any]) -> None:
        for what in outcomes:
            if isinstance(what, PlanCallTree):
                case = self.line.switchboard.alarms.cases[what.incident_id]
                assert case.held_until is None, "keyholders called in the hold window"
            if isinstance(what, e.IncidentClosed) and what.operator == "":
                assert what.incident_id in held, "closed by the engine outside its window"
        for incident in self.incidents:
            records = incident.run.records
            if incident.kind == "intrusion" and "police" in records:
                assert "verify" in records, "police without a recorded verification"
            assert incident.is_open or incident.attention_since is None
            if not before.get(incident.incident_id, True):
                assert not incident.is_open, "a closed case was opened again"
        book = self.line.switchboard.alarms
        for place in book.places.values():
            for incident_id in place.cases:
                assert self.line.switchboard.incidents[incident_id].is_open
        assert set(book.cases) <= set(self.line.switchboard.incidents)

    def replayed(self) -> None:
        """The same events at the same times give the same outcomes."""
        again = Switchboard()
        outcomes: list[Any] = []
        for now, what in self.line.said:
            if isinstance(what, e.Event):
                assert outcomes == []
                outcomes = list(again.handle(what, now))
            else:
                assert what == outcomes.pop(0)
        assert again.to_state() == self.line.switchboard.to_state()


@settings(max_examples=300, deadline=None)
@given(st.lists(deeds, max_size=40), st.sampled_from([False, False, False, True]))
def test_no_alarm_is_lost_held_for_ever_or_closed_by_itself(
    told: list[tuple[Any, ...]], is_cloned: bool
) -> None:
    story = Story(is_cloned=is_cloned)
    for deed in told:
        story.play(deed)
    story.replayed()


@settings(max_examples=200, deadline=None)
@given(
    gaps=st.lists(
        st.sampled_from([0.0, 0.5, 3.0, 10.0, 30.0, 59.0, 61.0, 400.0]), max_size=120
    ),
    count=st.integers(1, 6),
    rate=st.sampled_from([0.1, 1.0, 10.0]),
)
def test_neither_window_nor_bucket_lets_more_through_than_it_says(
    gaps: list[float], count: int, rate: float
) -> None:
    board, through = Board(), []
    rules = AlarmRules(runaway=Runaway(window_time=60.0, count=count, bucket_rate=rate))
    alarm = e.AlarmReceived(
        source="dc09", source_id="1", organisation="acme", site="hq", zone="1", rules=rules
    )
    for gap in gaps:
        board.now += gap
        if measure(board, alarm) is None:
            through.append(board.now)
    for place, first in enumerate(through):
        within = [at for at in through[place:] if at < first + 60.0]
        assert len(within) <= count, "the window"
        for more, last in enumerate(through[place:], start=1):
            assert more <= count + (last - first) * rate / 60.0 + 1e-6, "the bucket"


@given(seconds=st.floats(0, 10_000), operators=st.booleans())
def test_the_second_alarm_of_a_site_joins_within_the_window_and_not_after_it(
    seconds: float, operators: bool
) -> None:
    line = AlarmLine()
    line.alarm("technical")
    if operators:
        line.takes("a1", str(ANN))
    line.fast_forward(seconds)
    line.alarm("technical", zone="2")
    is_within = line.case("a1").opened_at + line.rules.confirm_window_time >= line.now
    assert (line.case_of_last() == "a1") is is_within
