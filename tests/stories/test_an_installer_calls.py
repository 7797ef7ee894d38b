"""An installer puts a site on test from his telephone. Stories in pretend time.

He names the site, gives his PIN, says for how long, and hears what was done. Whoever wants a
person, or cannot be understood, gets one; and nobody guesses PINs in peace.
"""

from dataclasses import replace
from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.codec import encode
from callflows.installer_line import MOST_TRIES, WAIT_TIME
from callflows.self_service import KEY_TIME, SelfState
from securityline.web.discretion import discreet_line
from tests.stories.alarms import HOUR, MINUTE, kinds
from tests.stories.by_key import KeyLine


@pytest.fixture
def line() -> KeyLine:
    line = KeyLine(is_cloned=True)
    line.ready("ann")
    return line


def let_in(line: KeyLine, outcome: Any = "good", **how: Any) -> None:
    line.installer_rings()
    line.keys("1234#")
    line.pin(outcome, **how)


def last_words(line: KeyLine) -> tuple[str, ...]:
    return line.heard[-1]


def test_he_puts_a_site_on_test_and_hears_it(line: KeyLine) -> None:
    began = line.installer_rings()
    assert [type(one) for one in began] == [
        e.CallOffered, e.SelfServiceBegan, c.AnswerCaller, c.Play,
    ]  # fmt: skip
    assert line.heard == [("installer_intro",)]
    assert line.ringing() == [], "no operator is rung for it"
    asked = line.keys("1234#")
    [collect] = [one for one in asked if isinstance(one, c.CollectInstallerPin)]
    assert collect.number == "1234"
    line.pin("good")
    assert line.heard[-1] == (
        "installer_site", "digit_1", "digit_2", "digit_3", "digit_4",
        "say:Acme, Head office", "installer_menu",
    )  # fmt: skip
    line.keys("1")
    line.keys("2#")
    assert line.heard[-2:] == [("installer_hours",), ("installer_zone",)]
    line.keys("#")
    assert last_words(line) == (
        "installer_on_test", "digit_2", "installer_still_real", "goodbye",
    )  # fmt: skip
    test = line.switchboard.alarms.tests["acme/hq/"]
    assert (test.by, test.who, test.until) == ("installer", "Ivo", line.now + 2 * HOUR)
    assert line.last(e.TestByPhone).who == "Ivo"
    line.heard_out()
    assert line.switchboard.self_services == {}
    assert line.phones == {}, "his line is over"
    assert line.open_cases == [], "what went well is no case"
    assert kinds(line.alarm()) == ["AlarmOnTest"]


def test_one_zone_alone_is_on_test(line: KeyLine) -> None:
    let_in(line)
    line.keys("11#7#")
    [test] = line.switchboard.alarms.tests.values()
    assert test.zone == "007", "as the panel names it"
    assert last_words(line) == (
        "installer_on_test", "digit_1", "installer_zone_only", "digit_0", "digit_0",
        "digit_7", "goodbye",
    )  # fmt: skip


def test_a_site_without_zones_is_not_asked_for_one(line: KeyLine) -> None:
    let_in(line, zones={})
    line.keys("112#")
    assert last_words(line)[0] == "installer_on_test"
    assert line.switchboard.alarms.tests["acme/hq/"].until == line.now + 12 * HOUR


def test_it_ends_by_itself_and_he_may_end_it_before(line: KeyLine) -> None:
    let_in(line)
    line.keys("11#7#")
    line.heard_out()
    line.on_test(minutes=600)
    let_in(line)
    line.keys("2")
    assert last_words(line) == ("installer_test_over", "goodbye")
    assert line.switchboard.alarms.tests == {}, "of the site and of each zone of it"
    ended = [(one.zone, one.until) for one in line.all(e.TestByPhone)[1:]]
    assert sorted(ended) == [("", None), ("007", None)]
    line.heard_out()
    let_in(line)
    line.keys("2")
    assert last_words(line) == ("installer_no_test", "goodbye")
    line.heard_out()
    let_in(line)
    line.keys("11##")
    line.fast_forward(HOUR)
    assert line.switchboard.alarms.tests == {}
    assert kinds(line.alarm()) != ["AlarmOnTest"]


@pytest.mark.parametrize(
    ("keys", "state"),
    [("", "number"), ("1234#", "pin"), ("P", "choice"), ("P1", "time"), ("P12#", "zone")],
)
def test_wherever_he_stands_nought_brings_an_operator(
    line: KeyLine, keys: str, state: str
) -> None:
    go_to(line, keys, state)
    if state == "pin":
        line.pin("none", wants_operator=True)
    else:
        line.keys("0" if state == "choice" else "0#")
    assert line.ringing() == ["ann"]
    line.picks_up("ann")
    assert line.call("call-1").operator == "ann"
    assert line.switchboard.alarms.tests == {}


def go_to(line: KeyLine, keys: str, state: str) -> None:
    if keys.startswith("P"):
        let_in(line)
        line.keys(keys[1:])
    else:
        line.installer_rings()
        line.keys(keys)
    assert line.self_service.state.value == state


@pytest.mark.parametrize(
    ("keys", "state"),
    [("", "number"), ("1234#", "pin"), ("P", "choice"), ("P1", "time"), ("P12#", "zone")],
)
def test_wherever_he_stands_silence_brings_an_operator(
    line: KeyLine, keys: str, state: str
) -> None:
    go_to(line, keys, state)
    line.fast_forward(59 if state == "pin" else WAIT_TIME - 1)
    assert line.ringing() == []
    line.fast_forward(2)
    assert line.ringing() == ["ann"]
    assert line.hears("call-1") != "nothing", "never silence"


@pytest.mark.parametrize(
    ("keys", "nonsense"), [("P", "9"), ("P1", "25#"), ("P1", "#"), ("P11#", "999#"), ("", "#")]
)
def test_what_makes_no_sense_is_asked_again_once(
    line: KeyLine, keys: str, nonsense: str
) -> None:
    if keys:
        let_in(line)
        line.keys(keys[1:])
    else:
        line.installer_rings()
    question = line.heard[-1]
    line.keys(nonsense)
    assert line.heard[-1] == ("not_understood", *question)
    assert line.ringing() == []
    line.keys(nonsense)
    assert line.ringing() == ["ann"]
    assert line.switchboard.alarms.tests == {}


def test_star_begins_the_answer_anew_and_a_pause_ends_it(line: KeyLine) -> None:
    line.installer_rings()
    line.keys("99*1234")
    assert line.self_service.state is SelfState.NUMBER
    line.fast_forward(KEY_TIME + 0.1)
    assert line.last(c.CollectInstallerPin).number == "1234"


def test_a_wrong_pin_and_an_unknown_site_sound_alike(line: KeyLine) -> None:
    other = KeyLine()
    for one, place in ((line, "acme/hq"), (other, "")):
        one.installer_rings()
        one.keys("1234#")
        one.pin("wrong", place=place)
    assert line.heard == other.heard
    assert line.heard[-1] == ("installer_again",)


def test_the_third_wrong_pin_is_refused_and_shown_to_an_operator(line: KeyLine) -> None:
    line.installer_rings()
    for _ in range(MOST_TRIES):
        line.keys("1234#")
        line.pin("wrong")
    assert line.ringing() == ["ann"]
    [case] = line.open_cases
    assert "wrong PINs" in line.switchboard.incidents[case].attention[0]
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    assert case in line.in_front, "he hangs up: an operator sees it all the same"
    assert [one.tries for one in line.all(e.InstallerChecked)] == [1, 2, 3]


def test_hanging_up_between_two_guesses_does_not_help(line: KeyLine) -> None:
    for _ in range(MOST_TRIES - 1):
        line.installer_rings(caller=None, is_withheld=True)
        line.keys("1234#")
        line.pin("wrong")
        line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    line.installer_rings(caller="+32470000099")
    line.keys("1234#")
    line.pin("wrong")
    assert line.ringing() == ["ann"], "by the site, whoever rings"


def test_a_caller_who_guessed_at_many_sites_is_not_asked_any_more(line: KeyLine) -> None:
    for number in range(MOST_TRIES):
        line.installer_rings()
        line.keys("1234#")
        line.pin("wrong", place=f"acme/{number}")
        line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    line.fast_forward(MINUTE)
    before = len(line.heard)
    line.installer_rings()
    assert not any("installer_intro" in prompts for prompts in line.heard[before:])
    assert f"call-{line.calls_made}" in line.switchboard.calls, "a person speaks with him"


def test_even_the_right_pin_is_an_operator_s_once_it_was_guessed_at(line: KeyLine) -> None:
    for caller in ("+32470000091", "+32470000092", "+32470000093"):
        line.installer_rings(caller=caller)
        line.keys("1234#")
        line.pin("wrong")
        line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    line.installer_rings(caller="+32470000094")
    line.keys("1234#")
    line.pin("good")
    assert line.leg not in line.switchboard.self_services
    assert line.switchboard.alarms.tests == {}


def test_after_an_hour_it_is_forgotten_and_a_good_pin_forgets_it_at_once(
    line: KeyLine,
) -> None:
    line.installer_rings()
    for outcome in ("wrong", "wrong", "good"):
        if outcome == "wrong":
            line.keys("1234#")
        else:
            line.keys("1234#")
        line.pin(outcome)
    assert line.self_service.state is SelfState.CHOICE
    assert line.switchboard._board.pin_misses == {}
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    line.installer_rings()
    for _ in range(2):
        line.keys("1234#")
        line.pin("wrong")
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    line.fast_forward(HOUR + 1)
    line.installer_rings()
    line.keys("1234#")
    line.pin("wrong")
    assert line.last(e.InstallerChecked).tries == 1


def test_whose_right_has_ended_speaks_with_a_person(line: KeyLine) -> None:
    let_in(line, "expired")
    assert line.ringing() == ["ann"]


# ---------------------------------------------------------------- duress


def test_under_duress_he_hears_the_same_and_the_site_stays_armed(line: KeyLine) -> None:
    forced = KeyLine(is_cloned=True)
    forced.ready("ann")
    let_in(line)
    let_in(forced, "duress")
    for one in (line, forced):
        one.keys("12##")
    assert forced.heard == line.heard
    assert forced.switchboard.alarms.tests == {}
    assert [type(one) for one in forced.all(e.TestByPhone)] == [e.TestPretended]
    [case] = forced.open_cases
    incident = forced.switchboard.incidents[case]
    assert (incident.is_under_duress, incident.is_silent) == (True, True)
    assert (incident.kind, incident.urgency) == ("duress", 1)
    assert forced.in_front == [case]
    assert forced.phones.keys() == {forced.leg}, "nothing rings that he could hear of"
    assert not any(step.is_automatic for step in incident.procedure.steps)  # type: ignore[union-attr]


def test_under_duress_a_program_reads_what_a_good_pin_leaves(line: KeyLine) -> None:
    forced = KeyLine()
    forced.ready("ann")
    let_in(line)
    let_in(forced, "duress")
    for one in (line, forced):
        one.keys("12##")
        one.heard_out()
        one.keys("1")

    def read(one: KeyLine) -> list[Any]:
        silent = {x.incident_id for x in one.switchboard.incidents.values() if x.is_silent}
        lines = [
            discreet_line(type(x).__name__, encode(x), x.incident_id, silent.__contains__)
            for _, x in one.said
        ]
        return [one for one in lines if one is not None]

    assert read(forced) == read(line)


def test_under_duress_a_running_test_is_ended_when_he_asks_for_it(line: KeyLine) -> None:
    line.on_test(minutes=60)
    let_in(line, "duress")
    line.keys("2")
    assert line.switchboard.alarms.tests == {}, "it makes the site safer"
    assert last_words(line) == ("installer_test_over", "goodbye")


def test_under_duress_an_operator_he_asks_for_lands_in_the_silent_case(line: KeyLine) -> None:
    let_in(line, "duress")
    line.keys("0")
    [case] = line.open_cases
    assert line.call("call-1").incident_id == case


# ---------------------------------------------------------------- around it


def test_he_hangs_up_and_that_is_all(line: KeyLine) -> None:
    let_in(line)
    line.tell(e.LegEnded(leg_id=line.leg, cause=e.Cause.HUNG_UP))
    assert line.last(e.SelfServiceEnded).outcome == "nothing"
    assert (line.open_cases, line.switchboard.self_services) == ([], {})


def test_a_keyholder_whom_a_tree_waits_for_speaks_with_a_person(line: KeyLine) -> None:
    line.calls()
    line.gives_up("call-1")
    line.installer_rings()
    assert line.switchboard.self_services == {}, "he is to be called back: a person speaks"
    assert line.call("call-2").incident_id == line.call("call-1").incident_id


def test_while_the_engine_is_being_stopped_nobody_is_asked(line: KeyLine) -> None:
    line.tell(e.EngineDraining())
    line.installer_rings()
    assert line.switchboard.self_services == {}


@pytest.mark.parametrize("keys", ["", "1234#", "P", "P1", "P11#"])
def test_the_engine_is_killed_and_asks_again(line: KeyLine, keys: str) -> None:
    if keys.startswith("P"):
        let_in(line)
        line.keys(keys[1:])
    else:
        line.installer_rings()
        line.keys(keys)
    state, question = line.self_service.state, line.heard[-1]
    again = line.restart()
    assert [one.prompts for one in again if isinstance(one, c.Play)] == [question]
    assert line.self_service.state is state
    if state is SelfState.PIN:
        assert [one for one in again if isinstance(one, c.CollectInstallerPin)]


def test_a_line_that_does_not_survive_is_over(line: KeyLine) -> None:
    let_in(line)
    line.restart(surviving=())
    assert line.switchboard.self_services == {}


def test_what_cannot_be_played_is_an_operator_s(line: KeyLine) -> None:
    line.installer_rings()
    line.tell(e.CommandFailed(command="Play", reason="no media", leg_id=line.leg))
    assert line.ringing() == ["ann"]


def test_last_words_that_nobody_tells_the_end_of_keep_no_line(line: KeyLine) -> None:
    let_in(line)
    line.keys("2")
    line.fast_forward(60)
    assert line.switchboard.self_services == {}
    assert line.phones == {}


def test_the_same_call_twice_is_one(line: KeyLine) -> None:
    line.installer_rings()
    offer = line.self_service.offer
    assert [type(one) for one in line.tell(replace(offer, urgency=1))] == [e.Ignored]
