"""An operator calls a keyholder, a site or a caller who hung up, from the case he works on."""

from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.call_back import AGAIN_TIME, DIAL_TIME
from callflows.events import IncidentId, OperatorId
from callflows.services import OWN_RING_TIME
from tests.stories.keyholders import CASE as NIGHT_CASE
from tests.stories.keyholders import NUMBERS, Night, level
from tests.stories.line import Line
from tests.stories.services import Room

JAN = "+32470000061"


def calls(line: Line, case: str, operator: str = "ann", **values: Any) -> list[Any]:
    """He presses: this person, at this number."""
    given: dict[str, Any] = {
        "incident_id": IncidentId(case),
        "operator": OperatorId(operator),
        "number": JAN,
        "name": "Jan Peeters",
        "person": "jan",
        "presented_number": "+3225550100",
    }
    return line.tell(e.PersonCallPressed(**(given | values)))


def with_alarm() -> tuple[Room, str]:
    room = Room(is_cloned=True)
    room.ready("ann", "bob")
    return room, room.alarm("early_open", None)


def he_picks_up(line: Line) -> None:
    leg = line.last(c.DialNumber).leg_id
    line.phones[leg].is_up = True
    line.tell(e.LegAnswered(leg_id=leg))


def refusals(line: Line) -> list[str]:
    return [one.reason for one in line.all(e.PersonCallRefused)]


def talking() -> tuple[Room, str]:
    room, case = with_alarm()
    calls(room, case)
    room.picks_up("ann")
    he_picks_up(room)
    return room, case


# ---------------------------------------------------------------- one call


def test_his_own_phone_rings_first_and_nobody_is_woken_by_a_machine() -> None:
    room, case = with_alarm()
    calls(room, case)
    assert room.ringing() == ["ann"]
    assert not room.all(c.DialNumber)
    room.picks_up("ann")
    dialled = room.last(c.DialNumber)
    assert (dialled.number, dialled.presented_number) == (JAN, "+3225550100")
    assert not dialled.is_screened
    he_picks_up(room)
    assert room.hears(f"{case}-p1") == room.call(f"{case}-p1").operator_leg
    assert room.recordings == {f"{case}-p1-r1": "running"}
    assert room.last(e.CallBackAnswered).name == "Jan Peeters"


def test_the_case_is_his_who_calls() -> None:
    room, case = with_alarm()
    calls(room, case)
    incident = room.switchboard.incidents[IncidentId(case)]
    assert (incident.owner, incident.attention) == ("ann", [])


def test_afterwards_he_has_time_to_write_or_to_call_the_next() -> None:
    room, _ = talking()
    room.fast_forward(60)
    room.gives_up(room.last(e.PersonCalled).call_id)
    assert room.last(e.CallEnded).talk_time == 60
    assert room.state_of("ann") == "wrap_up"
    assert set(room.recordings.values()) == {"stopped"}


def test_nobody_picks_up_and_he_calls_the_next() -> None:
    room, case = with_alarm()
    calls(room, case)
    room.picks_up("ann")
    room.fast_forward(DIAL_TIME)
    assert room.last(e.CallBackMissed).name == "Jan Peeters"
    assert room.state_of("ann") == "wrap_up", "no call comes between two numbers"
    assert not room.all(e.CallAbandoned)
    calls(room, case, number="+32470000062", name="Piet")
    room.picks_up("ann")
    assert [one.number for one in room.all(c.DialNumber)] == [JAN, "+32470000062"]


@pytest.mark.parametrize("how", ["rings out", "refused", "lost", "break", "home", "hang up"])
def test_however_his_own_phone_fails_nobody_else_is_rung(how: str) -> None:
    room, case = with_alarm()
    calls(room, case)
    {
        "rings out": lambda: room.fast_forward(OWN_RING_TIME),
        "refused": lambda: room.rejects("ann"),
        "lost": lambda: room.station_down("ann"),
        "break": lambda: room.on_break("ann"),
        "home": lambda: room.signs_out("ann"),
        "hang up": lambda: room.presses(e.HangUpPressed, "ann", f"{case}-p1"),
    }[how]()
    assert room.call(f"{case}-p1").is_over
    assert room.ringing() == []
    assert not room.all(c.DialNumber)


def test_an_operator_on_break_is_on_break_again_afterwards() -> None:
    room, case = with_alarm()
    room.on_break("ann")
    calls(room, case)
    room.picks_up("ann")
    he_picks_up(room)
    room.gives_up(f"{case}-p1")
    assert room.state_of("ann") == "on_break"
    calls(room, case)
    room.rejects("ann")
    assert room.state_of("ann") == "on_break"


def test_a_caller_who_rings_at_his_phone_goes_to_the_next() -> None:
    room, case = with_alarm()
    room.calls()
    assert room.ringing() == ["ann"]
    calls(room, case)
    assert room.ringing("call-1") == ["bob"]
    assert room.ringing(f"{case}-p1") == ["ann"]


def test_when_his_phone_breaks_in_the_talk_another_operator_takes_the_person() -> None:
    room, case = talking()
    room.tell(e.LegEnded(leg_id=room.leg_of("ann"), cause=e.Cause.FAILED))
    assert room.ringing(f"{case}-p1") == ["bob"]
    room.picks_up("bob")
    assert room.hears(f"{case}-p1") == room.call(f"{case}-p1").operator_leg


def test_when_his_phone_breaks_while_it_rings_there_it_rings_no_more() -> None:
    room, case = with_alarm()
    calls(room, case)
    room.picks_up("ann")
    room.tell(e.LegEnded(leg_id=room.leg_of("ann"), cause=e.Cause.FAILED))
    assert room.call(f"{case}-p1").is_over
    assert room.ringing() == []


# ---------------------------------------------------------------- what is refused


def test_no_number_of_an_emergency_service_is_reached_this_way() -> None:
    room, case = with_alarm()
    for number in ("112", "101", "+32112", "+33017", "not a number", ""):
        calls(room, case, number=number)
    assert room.ringing() == []
    assert len(refusals(room)) == 6


def test_who_talks_already_is_called_no_second_time() -> None:
    room, case = talking()
    calls(room, case, "bob")
    room.calls()
    calls(room, room.call("call-1").incident_id, "bob")
    assert refusals(room) == ["he is on the line, or is called already"] * 2


def test_who_is_in_a_call_has_no_voice_for_another() -> None:
    room, case = talking()
    calls(room, case, number="+32470000062", name="Piet")
    assert refusals(room) == ["you are in another call"]


def test_a_case_that_is_over_and_one_above_his_clearance_are_refused() -> None:
    room, case = with_alarm()
    calls(room, case, "zoe")
    calls(room, "inc-nowhere")
    room.signs_out("bob")
    calls(room, case, "bob")
    room.switchboard.incidents[IncidentId(case)].clearance = "high_security"
    calls(room, case)
    assert refusals(room) == [
        "not signed in", "there is no such case", "not signed in", "clearance",
    ]  # fmt: skip


def test_without_a_phone_nobody_calls() -> None:
    room, case = with_alarm()
    room.station_down("ann")
    calls(room, case)
    assert refusals(room) == ["no phone"]


def test_a_covert_caller_s_telephone_and_his_site_s_do_not_ring() -> None:
    line = Line()
    line.ready("ann")
    line.calls(caller=JAN)
    line.picks_up("ann")
    line.tell(
        e.CovertPressed(
            incident_id=line.call("call-1").incident_id,
            operator=OperatorId("ann"),
        )
    )
    line.gives_up("call-1")
    case = line.call("call-1").incident_id
    calls(line, case)
    calls(line, case, number="+3225550177", name="Bruxelles", person=None, is_at_site=True)
    assert refusals(line) == ["the case is covert, and his telephone would ring"] * 2
    calls(line, case, number="+32470000062", name="Piet", person="piet")
    assert line.ringing() == ["ann"], "his manager may be called"


# ---------------------------------------------------------------- a caller who hung up


def gave_up() -> tuple[Line, str]:
    line = Line(is_cloned=True)
    line.signs_in("ann")
    line.calls(caller=JAN)
    line.gives_up("call-1")
    return line, line.call("call-1").incident_id


def test_an_operator_who_is_faster_than_the_call_back_makes_it_himself() -> None:
    line, case = gave_up()
    calls(line, case)
    line.picks_up("ann")
    he_picks_up(line)
    line.fast_forward(60)
    line.gives_up(f"{case}-p1")
    assert line.last(e.CallBackEnded).is_reached
    line.fast_forward(600)
    assert len(line.all(c.DialNumber)) == 1, "nobody is called twice"


def test_not_reached_by_hand_he_is_called_back_once_more() -> None:
    line, case = gave_up()
    calls(line, case)
    line.picks_up("ann")
    line.fast_forward(DIAL_TIME)
    line.ready("ann")
    line.fast_forward(AGAIN_TIME)
    assert line.ringing() == ["ann"]
    line.picks_up("ann")
    line.fast_forward(DIAL_TIME)
    ended = line.last(e.CallBackEnded)
    assert (ended.tries, ended.is_reached) == (2, False)


def test_a_press_that_dialled_nobody_is_no_try() -> None:
    line, case = gave_up()
    calls(line, case)
    line.rejects("ann")
    assert line.switchboard.call_backs[line.call("call-1").call_id].tries == 0
    line.ready("ann")
    line.fast_forward(AGAIN_TIME)
    assert line.ringing() == ["ann"]


# ---------------------------------------------------------------- beside a call tree


def night() -> Night:
    made = Night(is_cloned=True)
    made.begins(level("ann", "ben", "cas"))
    return made


def test_a_keyholder_whom_the_tree_is_calling_is_not_called_twice() -> None:
    one = night()
    calls(one, NIGHT_CASE, "op", number=NUMBERS["ann"][0], name="Ann", person="ann")
    assert refusals(one) == ["a call tree is calling him"]


def test_the_tree_waits_while_an_operator_calls_one_of_its_people() -> None:
    one = night()
    calls(one, NIGHT_CASE, "op", number=NUMBERS["cas"][0], name="Cas", person="cas")
    assert one.state == "paused"
    one.picks_up("op")
    he_picks_up(one)
    one.leaves("ann", e.Cause.REFUSED)
    one.fast_forward(120)
    assert one.rings() == [], "nobody is woken for what two people agree on"
    one.gives_up(f"{NIGHT_CASE}-p1")
    one.fast_forward(21)
    assert one.rings() == ["ben"]
    one.fast_forward(600)
    assert one.called().count("cas") == 0, "he has spoken with an operator"


def test_the_tree_goes_on_when_he_was_not_reached() -> None:
    one = night()
    calls(one, NIGHT_CASE, "op", number=NUMBERS["cas"][0], name="Cas", person="cas")
    one.picks_up("op")
    one.fast_forward(DIAL_TIME)
    assert one.state == "running"
    one.fast_forward(600)
    assert one.called().count("cas") == 1


# ---------------------------------------------------------------- kill -9


def test_killed_while_his_own_phone_rings() -> None:
    room, case = with_alarm()
    calls(room, case)
    room.restart()
    room.picks_up("ann")
    he_picks_up(room)
    assert room.call(f"{case}-p1").state == "talking"


def test_killed_and_his_own_phone_did_not_survive() -> None:
    room, case = with_alarm()
    calls(room, case)
    room.restart(surviving=[])
    assert room.call(f"{case}-p1").is_over
    assert not room.all(c.DialNumber)
    assert room.state_of("ann") == "ready"


def test_killed_in_the_talk_it_goes_on() -> None:
    room, case = talking()
    room.restart()
    assert room.hears(f"{case}-p1") == room.call(f"{case}-p1").operator_leg


def test_who_is_to_be_asked_stands_in_the_case_in_order() -> None:
    room = Room(is_cloned=True)
    ask = (
        e.CallBack(who="user", name="Pia", number="+32470000003", person="pia"),
        e.CallBack(who="site", name="", number="+3225550177"),
    )
    room.tell(
        e.EarlyOpenSeen(organisation="acme", site="hq", user="3", name="Pia", call_back=ask)
    )
    [incident] = room.switchboard.incidents.values()
    assert incident.to_ask == ask


def test_a_tree_that_is_let_go_on_in_the_talk_does_not_ring_into_it() -> None:
    one = night()
    calls(one, NIGHT_CASE, "op", number=NUMBERS["ben"][0], name="Ben", person="ben")
    one.picks_up("op")
    he_picks_up(one)
    one.press(e.ResumeTreePressed)
    one.leaves("ann", e.Cause.REFUSED)
    one.fast_forward(1)
    assert one.rings() == ["cas"], "Ben is speaking with the operator"


def test_whom_we_called_is_no_witness_of_the_alarm_and_opens_no_button() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    calls(room, case)
    room.picks_up("ann")
    he_picks_up(room)
    room.press("ann", case)
    assert room.refusals() == ["the alarm must be verified first"]
    room.verifies("ann", case)
    room.press("ann", case)
    assert len(room.refusals()) == 1, "verified by that telephone call, the police is called"
    assert len(room.all(c.DialService)) == 1
