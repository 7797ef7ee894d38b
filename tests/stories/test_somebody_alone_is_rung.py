"""Somebody who is alone is rung and asked for his PIN. Stories in pretend time."""

from dataclasses import replace
from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.check_call import RING_TIME, CheckState
from callflows.codec import decode, encode
from callflows.events import Cause, IncidentId, LegId
from callflows.switchboard import Switchboard

MOBILE, DESK = "+32470000002", "+3242200311"
TIMER = "welfare:acme/piet"
DUE = e.WelfareCallDue(
    incident_id=IncidentId("20261122-0001"),
    organisation="acme",
    organisation_name="Acme",
    timer_id=TIMER,
    person="piet",
    name="Piet",
    kind="welfare",
    numbers=(MOBILE, DESK),
    presented_number="+3225550100",
    languages=("nl", "fr"),
)


class Night:
    """The rules, one man alone with two telephones, and a clock that jumps."""

    def __init__(self) -> None:
        self.rules = Switchboard()
        self.now = 1_000_000.0
        self.said: list[Any] = []

    def tell(self, event: e.Event) -> list[Any]:
        event = decode(type(event).__name__, encode(event))  # type: ignore[assignment]
        outcomes = self.rules.handle(event, self.now)
        assert not [one for one in outcomes if isinstance(one, e.FlowFailed)], outcomes
        self.said += outcomes
        return outcomes

    def pass_time(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.rules.next_deadline()) and due[0] <= until:
            self.now = due[0]
            self.tell(e.DeadlineReached(incident_id=due[1]))
        self.now = until

    def kill_and_start(self, *alive: LegId) -> list[Any]:
        """The engine dies and another begins from what is on the disk."""
        self.rules = Switchboard.from_state(self.rules.to_state())
        return self.tell(e.EngineStarted(version="1", surviving_legs=alive))

    @property
    def leg(self) -> LegId:
        return self.rules.checks[TIMER].leg_id

    def picks_up(self) -> list[Any]:
        return self.tell(e.LegAnswered(leg_id=self.leg))

    def enters(self, outcome: Any) -> list[Any]:
        return self.tell(e.PinChecked(leg_id=self.leg, outcome=outcome))

    def line_ends(self, cause: Cause = Cause.HUNG_UP) -> list[Any]:
        return self.tell(e.LegEnded(leg_id=self.leg, cause=cause))

    def dialled(self) -> list[str]:
        return [one.number for one in self.said if isinstance(one, c.DialNumber)]

    def facts(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.said if type(one) is kind]

    @property
    def cases(self) -> list[Any]:
        return list(self.rules.incidents.values())


@pytest.fixture
def night() -> Night:
    return Night()


def heard(outcomes: list[Any]) -> list[tuple[str, ...]]:
    return [one.prompts for one in outcomes if isinstance(one, c.Play)]


def test_he_picks_up_gives_his_pin_and_nobody_is_bothered(night: Night) -> None:
    night.tell(DUE)
    [call] = night.facts(c.DialNumber)
    assert (call.number, call.presented_number, call.is_screened) == (
        MOBILE, "+3225550100", True,
    )  # fmt: skip
    asked = night.picks_up()
    assert heard(asked) == [("keyholder_intro", "say:Acme", "keyholder_ask_pin")]
    assert {one.language for one in asked if isinstance(one, c.Play)} == {"nl"}
    [pin] = [one for one in asked if isinstance(one, c.CollectPin)]
    assert (pin.organisation, pin.person, pin.leg_id) == ("acme", "piet", night.leg)
    assert heard(night.enters("good")) == [("check_done",)]
    night.tell(
        e.PromptEnded(leg_id=night.leg, prompt="check_done", played_time=2.8, is_complete=True)
    )
    night.line_ends(Cause.RELEASED)
    assert [one.outcome for one in night.facts(e.CheckAnswered)] == ["good"]
    assert night.dialled() == [MOBILE]
    assert night.cases == [], "a routine call that went well is no case"
    assert night.rules.next_deadline() is None


def test_under_duress_he_hears_the_very_same(night: Night) -> None:
    other = Night()
    for one in (night, other):
        one.tell(DUE)
        one.picks_up()
    good, forced = night.enters("good"), other.enters("duress")

    def what(said: list[Any]) -> list[Any]:
        return [replace(x, outcome="") if isinstance(x, e.CheckAnswered) else x for x in said]

    assert what(good) == what(forced)
    assert [one.outcome for one in other.facts(e.CheckAnswered)] == ["duress"]


def test_a_machine_is_left_and_his_other_telephone_rings(night: Night) -> None:
    night.tell(DUE)
    night.picks_up()
    left = night.tell(e.GreetingEnded(leg_id=night.leg))
    assert heard(left) == [], "nothing is said to a machine"
    assert [type(one) for one in left] == [e.CheckMissed, c.HangUp]
    night.line_ends(Cause.RELEASED)
    assert night.dialled() == [MOBILE, DESK]
    assert night.facts(e.CheckAnswered) == [], "a machine is nobody's sign of life"


@pytest.mark.parametrize("cause", [Cause.BUSY, Cause.REFUSED, Cause.UNREACHABLE])
def test_nobody_answers_and_operators_have_the_case_at_once(night: Night, cause: Cause) -> None:
    night.tell(DUE)
    night.line_ends(cause)
    assert night.cases == []
    night.line_ends(cause)
    [case] = night.cases
    assert case.attention_since == night.now, "in the same breath"
    assert MOBILE in case.attention[-1]
    assert night.dialled() == [MOBILE, DESK]


def test_it_rings_and_rings(night: Night) -> None:
    night.tell(DUE)
    night.pass_time(RING_TIME + 1)
    night.line_ends(Cause.RELEASED)
    night.pass_time(RING_TIME + 1)
    night.line_ends(Cause.RELEASED)
    assert len(night.cases) == 1
    assert [one.cause for one in night.facts(e.CheckMissed)] == ["no_answer", "no_answer"]


def test_a_line_whose_end_is_never_told_keeps_nobody_waiting(night: Night) -> None:
    night.tell(DUE)
    night.pass_time(300)
    assert len(night.cases) == 1
    assert night.rules.checks[TIMER].state is CheckState.OVER


def test_three_wrong_pins_are_an_operator_s(night: Night) -> None:
    night.tell(DUE)
    night.picks_up()
    assert heard(night.enters("wrong")) == [("keyholder_pin_again",)]
    assert heard(night.enters("wrong")) == [("keyholder_pin_again",)]
    assert heard(night.enters("wrong")) == [("keyholder_pin_failed",)]
    night.line_ends()
    assert night.dialled() == [MOBILE], "whoever has his telephone is not rung at another"
    assert len(night.cases) == 1


def test_who_says_nothing_is_asked_three_times_then_rung_elsewhere(night: Night) -> None:
    night.tell(DUE)
    night.picks_up()
    for _ in range(3):
        night.enters("none")
    night.line_ends()
    assert night.dialled() == [MOBILE, DESK]
    assert night.facts(e.CheckAnswered) == []


def test_while_he_is_rung_he_is_not_rung_again(night: Night) -> None:
    night.tell(DUE)
    night.tell(
        e.SafetyTimerLapsed(
            incident_id=IncidentId("20261122-0002"),
            organisation="acme",
            timer_id=TIMER,
            person="piet",
            kind="welfare",
            red_at=night.now + 300,
            numbers=(MOBILE, DESK),
            presented_number="+3225550100",
        )
    )
    assert night.dialled() == [MOBILE]
    [case] = night.cases
    assert case.attention_since is not None, "amber warns an operator, whoever rings"


def test_he_gives_his_pin_to_an_operator_meanwhile(night: Night) -> None:
    night.tell(DUE)
    stopped = night.tell(
        e.SafetyTimerCancelled(
            organisation="acme", timer_id=TIMER, person="piet", kind="welfare", stage="running"
        )
    )
    assert [type(one) for one in stopped] == [c.HangUp]
    night.line_ends(Cause.RELEASED)
    assert night.dialled() == [MOBILE]
    assert night.cases == []


def test_without_a_pin_or_a_number_an_operator_asks(night: Night) -> None:
    night.tell(replace(DUE, presented_number=None))
    assert night.dialled() == []
    assert len(night.cases) == 1


@pytest.mark.parametrize("lives", [True, False])
def test_the_engine_is_killed_while_it_rings(night: Night, lives: bool) -> None:
    night.tell(DUE)
    night.kill_and_start(*([night.leg] if lives else []))
    assert night.dialled() == ([MOBILE] if lives else [MOBILE, DESK]), "never a blind redial"
    night.picks_up()
    night.enters("good")
    assert [one.outcome for one in night.facts(e.CheckAnswered)] == ["good"]


def test_the_engine_is_killed_while_he_is_asked(night: Night) -> None:
    night.tell(DUE)
    night.picks_up()
    again = night.kill_and_start(night.leg)
    assert ("keyholder_ask_pin",) in heard(again)
    assert [one for one in again if isinstance(one, c.CollectPin)]
    night.enters("good")
    night.kill_and_start()
    assert night.dialled() == [MOBILE]


def test_a_call_that_cannot_be_made_is_no_answer(night: Night) -> None:
    night.tell(DUE)
    for _ in range(2):
        night.tell(e.CommandFailed(command="DialNumber", reason="no trunk", leg_id=night.leg))
    assert len(night.cases) == 1


def test_no_leg_has_the_name_of_an_earlier_one_when_a_number_is_given_again(
    night: Night,
) -> None:
    night.tell(DUE)
    first = night.leg
    night.picks_up()
    night.enters("good")
    night.line_ends(Cause.RELEASED)
    night.pass_time(3600)
    night.tell(DUE)
    assert night.leg != first


def test_his_telephone_rings_for_its_whole_time(night: Night) -> None:
    night.tell(DUE)
    night.pass_time(RING_TIME - 1)
    assert night.rules.checks[TIMER].state is CheckState.DIALLED
    assert night.facts(c.HangUp) == []
    night.pass_time(2)
    assert len(night.facts(c.HangUp)) == 1


def test_the_client_s_name_is_spoken_before_he_picks_up(night: Night) -> None:
    night.tell(DUE)
    assert [one.words for one in night.facts(c.PrepareSpeech)] == [("Acme",)]
    nameless = Night()
    nameless.tell(replace(DUE, organisation_name=""))
    assert [one.words for one in nameless.facts(c.PrepareSpeech)] == [()]
    assert heard(nameless.picks_up()) == [("keyholder_intro", "keyholder_ask_pin")]


def test_his_line_is_hung_up_when_he_has_heard_the_last_word_and_not_before(
    night: Night,
) -> None:
    night.tell(DUE)
    night.picks_up()
    ended = e.PromptEnded(
        leg_id=night.leg, prompt="keyholder_ask_pin", played_time=2.0, is_complete=True
    )
    assert night.tell(ended) == [], "the question is no last word"
    night.enters("good")
    assert night.tell(replace(ended, prompt="keyholder_intro")) == []
    assert [type(one) for one in night.tell(replace(ended, prompt="check_done"))] == [c.HangUp]


@pytest.mark.parametrize("cause", [Cause.BUSY, Cause.REFUSED, Cause.UNREACHABLE])
def test_why_he_was_not_asked_stands_in_the_log(night: Night, cause: Cause) -> None:
    night.tell(DUE)
    night.line_ends(cause)
    night.picks_up()
    night.line_ends()
    assert [one.cause for one in night.facts(e.CheckMissed)] == [cause.value, "hung_up"]


def test_what_changes_nothing_is_no_event_without_effect(night: Night) -> None:
    night.tell(DUE)
    assert night.tell(e.LegRinging(leg_id=night.leg)) == []
    night.picks_up()
    failed = e.CommandFailed(command="Play", reason="no file", leg_id=night.leg)
    assert night.tell(failed) == [], "he can give his PIN all the same"
    assert night.rules.checks[TIMER].state is CheckState.ASKING
