"""Police, fire brigade, ambulance: one press of one operator is one line, and no other is."""

from dataclasses import replace

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import CallId, IncidentId, OperatorId
from callflows.service_calls import RING_TIME
from client_directory.model import Step
from tests.stories.keyholders import level, plan
from tests.stories.line import AGGRESSION, Line
from tests.stories.services import HOLD_UP, INTRUSION, MEDICAL, POLICE, Room

CASE = "inc-call-1"


def with_caller() -> Room:
    """Ann speaks with an employee; Bob is free."""
    room = Room()
    room.ready("ann", "bob")
    room.calls(procedure=AGGRESSION)
    room.picks_up("ann")
    return room


def with_alarm(kind: str = "holdup") -> tuple[Room, str]:
    """An alarm waits for an operator; Ann is free."""
    room = Room()
    room.ready("ann")
    return room, room.alarm(kind, HOLD_UP)


def hears(line: Line, leg: e.LegId | None) -> object:
    return line.phones[e.LegId(str(leg))].hears


# ---------------------------------------------------------------- nobody is on the line


def test_the_operator_s_own_phone_rings_first_and_only_then_the_police() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    assert room.ringing() == ["ann"]
    assert room.last(c.RingOperator).is_auto_answered, "one press: his phone picks up by itself"
    assert not room.all(c.DialService)
    room.picks_up("ann")
    order = room.last(c.DialService)
    assert (order.service, order.line, order.is_simulated) == (POLICE, "direct", True)
    assert hears(room, room.call(room.service().call_id).operator_leg).then == "ringback"  # type: ignore[attr-defined]
    room.fast_forward(3)
    room.rings_there()
    assert (room.service().state, room.service().rang_at) == ("ringing", room.now)
    room.answers_there()
    service = room.service()
    call = room.call(service.call_id)
    assert (service.state, call.state) == ("speaking", "talking")
    assert hears(room, service.leg_id) == call.operator_leg, "his own voice, and no recording"
    assert room.last(c.StartRecording).leg_id == service.leg_id
    room.fast_forward(30)
    room.ends_there()
    assert (room.service().state, room.last(e.ServiceEnded).talk_time) == ("ended", 30.0)
    assert not room.phones
    assert room.state_of("ann") == "wrap_up"


def test_the_case_is_his_who_presses_and_waits_for_nobody_any_more() -> None:
    room, case = with_alarm()
    assert room.switchboard.incidents[IncidentId(case)].attention
    room.press("ann", case)
    incident = room.switchboard.incidents[IncidentId(case)]
    assert (incident.owner, incident.attention) == ("ann", [])


def test_his_phone_rings_out_and_nobody_is_called() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.fast_forward(20)
    assert not room.all(c.DialService)
    assert room.last(e.ServiceFailed).cause == "no_phone"
    assert room.switchboard.incidents[IncidentId(case)].attention == [
        "Zone de police not reached: no_phone"
    ]
    assert room.state_of("ann") == "ready"
    room.press("ann", case, attempt=2)
    assert room.ringing() == ["ann"], "the button is there again"


@pytest.mark.parametrize("how", ["refused", "lost", "break", "home"])
def test_however_his_phone_fails_the_press_is_over_and_told(how: str) -> None:
    room, case = with_alarm()
    room.press("ann", case)
    {
        "refused": lambda: room.rejects("ann"),
        "lost": lambda: room.station_down("ann"),
        "break": lambda: room.on_break("ann"),
        "home": lambda: room.signs_out("ann"),
    }[how]()
    assert room.last(e.ServiceFailed).cause == "no_phone"
    assert not room.all(c.DialService)
    assert not room.phones


def test_an_operator_on_break_may_call_and_is_on_break_again_afterwards() -> None:
    room, case = with_alarm()
    room.on_break("ann")
    room.press("ann", case)
    room.picks_up("ann")
    room.answers_there()
    room.ends_there()
    assert room.state_of("ann") == "on_break"


def test_a_call_that_rings_at_his_phone_goes_to_the_next_operator() -> None:
    room, case = with_alarm()
    room.ready("bob")
    call = room.calls()
    rung = room.ringing(call)
    room.press(rung[0], case)
    assert room.ringing(call) == [{"ann": "bob", "bob": "ann"}[rung[0]]]
    assert room.service().state == "summoning"


# ---------------------------------------------------------------- a caller is on the line


def test_the_caller_hears_that_he_is_on_hold_while_the_operator_calls_the_police() -> None:
    room = with_caller()
    room.press("ann", CASE)
    call = room.call("call-1")
    assert room.hears("call-1") == (("please_hold",), "hold_music")
    assert len(room.all(c.RingOperator)) == 1, "his phone is up already: it rings nowhere"
    assert hears(room, call.operator_leg).then == "ringback"  # type: ignore[attr-defined]
    room.rings_there()
    room.answers_there()
    assert hears(room, call.operator_leg) == room.service().leg_id
    assert room.hears("call-1") == (("please_hold",), "hold_music")
    room.presses(e.ResumePressed, "ann", "call-1")
    three = {call.leg_id, call.operator_leg, room.service().leg_id}
    assert hears(room, call.leg_id) == three - {call.leg_id}, "all three hear each other"
    room.presses(e.HoldPressed, "ann", "call-1")
    assert hears(room, call.operator_leg) == room.service().leg_id, "alone with them again"
    room.ends_there()
    room.presses(e.ResumePressed, "ann", "call-1")
    assert room.hears("call-1") == call.operator_leg


def test_when_the_police_hang_up_the_caller_hears_the_operator_at_once() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    room.ends_there()
    call = room.call("call-1")
    assert (call.state, room.hears("call-1")) == ("talking", call.operator_leg)
    assert room.recordings == {"call-1-r1": "running", f"{CASE}-s1-r1": "stopped"}


def test_the_operator_ends_the_line_to_the_police_and_keeps_the_caller() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    end = e.ServiceHangUpPressed(
        operator=OperatorId("ann"), service_call_id=room.service().service_call_id
    )
    room.tell(end)
    assert room.service().state == "ended"
    assert room.hears("call-1") == room.call("call-1").operator_leg
    assert [type(x) for x in room.tell(end)] == [e.Ignored]


def test_the_caller_is_taken_back_while_it_still_rings_and_the_police_come_in() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.presses(e.ResumePressed, "ann", "call-1")
    call = room.call("call-1")
    assert room.hears("call-1") == call.operator_leg
    room.answers_there()
    assert hears(room, call.leg_id) == {call.operator_leg, room.service().leg_id}


def test_the_caller_hangs_up_and_the_talk_with_the_police_goes_on() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    room.gives_up("call-1", e.Cause.HUNG_UP)
    call = room.call("call-1")
    assert hears(room, call.operator_leg) == room.service().leg_id
    assert room.recordings == {"call-1-r1": "stopped", f"{CASE}-s1-r1": "running"}
    room.ends_there()
    assert call.is_over
    assert set(room.recordings.values()) == {"stopped"}


def test_the_caller_hangs_up_while_it_rings_and_the_police_are_still_called() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.gives_up("call-1", e.Cause.HUNG_UP)
    assert room.call("call-1").state == "dialling"
    room.answers_there()
    assert hears(room, room.call("call-1").operator_leg) == room.service().leg_id


def test_police_and_ambulance_in_one_call() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    room.press("ann", CASE, MEDICAL)
    assert room.refusals() == ["you are calling another service"]
    room.presses(e.ResumePressed, "ann", "call-1")
    room.press("ann", CASE, MEDICAL)
    room.answers_there()
    call = room.call("call-1")
    assert hears(room, call.operator_leg) == room.service().leg_id
    room.presses(e.ResumePressed, "ann", "call-1")
    assert len(hears(room, call.leg_id)) == 3  # type: ignore[arg-type]


def test_the_operator_s_phone_breaks_and_no_service_hears_a_machine() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    room.hangs_up("ann", e.Cause.FAILED)
    assert room.service().is_cut
    assert room.ringing() == ["bob"], "the caller goes to the next operator"
    assert "Zone de police: the line was cut off" in (
        room.switchboard.incidents[IncidentId(CASE)].attention
    )


# ---------------------------------------------------------------- one line


def test_a_double_click_a_reload_and_a_stale_page_are_one_line() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.press("ann", case)
    room.picks_up("ann")
    room.press("ann", case)
    room.answers_there()
    room.press("ann", case)
    room.ends_there()
    room.fast_forward(600)
    room.press("ann", case)
    assert len(room.all(c.DialService)) == 1
    assert len(room.all(c.RingOperator)) == 1
    assert room.refusals() == ["it is being called already"] * 3 + ["it was called already"]


def test_nobody_is_called_again_while_the_line_before_is_still_being_ended() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.picks_up("ann")
    room.answers_there()
    room.fast_forward(60)
    room.is_slow_to_end = True
    ended = e.ServiceHangUpPressed(
        operator=OperatorId("ann"), service_call_id=room.service().service_call_id
    )
    room.tell(ended)
    room.fast_forward(1)
    room.press("ann", case, attempt=2)
    assert room.refusals() == ["the line before is still being ended"]
    room.settles()
    room.press("ann", case, attempt=2)
    room.picks_up("ann")
    assert len(room.all(c.DialService)) == 2


def test_nobody_but_the_operator_of_the_call_ends_its_line() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    ends = e.ServiceHangUpPressed(
        operator=OperatorId("bob"), service_call_id=room.service().service_call_id
    )
    room.tell(ends)
    assert room.last(e.Ignored).state == "another operator's call"
    assert room.service().state == "speaking"
    assert not room.phones[room.service().leg_id].is_told_to_end


def test_calling_again_is_a_press_that_says_so() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.picks_up("ann")
    room.ends_there(e.Cause.BUSY)
    room.press("ann", case, attempt=2)
    assert room.refusals() == ["it was pressed a moment ago"], "the second half of a bounce"
    room.fast_forward(2)
    room.press("ann", case, attempt=2)
    room.picks_up("ann")
    assert room.last(c.DialService).line == "public", "the next number of the service"
    room.answers_there()
    room.ends_there()
    room.fast_forward(2)
    room.press("ann", case, attempt=3)
    room.picks_up("ann")
    assert room.last(c.DialService).line == "public", "the one that worked"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (e.Cause.BUSY, "busy"),
        (e.Cause.REFUSED, "refused"),
        (e.Cause.UNREACHABLE, "unreachable"),
        (e.Cause.NO_ANSWER, "no_answer"),
        (e.Cause.FAILED, "failed"),
    ],
)
def test_whoever_is_not_reached_is_told_at_once_in_front_of_everybody(
    cause: e.Cause, said: str
) -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.ends_there(cause)
    assert room.last(e.ServiceFailed).cause == said
    case = room.switchboard.incidents[IncidentId(CASE)]
    assert case.attention == [f"Zone de police not reached: {said}"]
    assert room.hears("call-1") == room.call("call-1").operator_leg, "the caller is not left"


def test_a_phone_that_rings_for_ever_is_given_up_after_a_minute() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.rings_there()
    room.fast_forward(RING_TIME - 0.1)
    assert room.service().state == "ringing"
    room.fast_forward(0.1)
    assert room.last(e.ServiceFailed).cause == "no_answer"


def test_a_carrier_that_cannot_be_reached() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.picks_up("ann")
    room.tell(
        e.CommandFailed(
            incident_id=IncidentId(case),
            command="DialService",
            reason="no trunk",
            leg_id=room.service().leg_id,
        )
    )
    assert room.last(e.ServiceFailed).reason == "no trunk"
    assert room.state_of("ann") == "wrap_up", "no call rings while he presses again"


# ---------------------------------------------------------------- who may press, and when


def test_nobody_else_may_press() -> None:
    room = with_caller()
    room.press("zoe", CASE)
    room.signs_in("dan")
    room.signs_out("dan")
    room.press("dan", CASE)
    room.station_down("bob")
    room.press("bob", CASE)
    room.press("ann", "no-case")
    assert room.refusals() == [
        "not signed in",
        "not signed in",
        "no phone",
        "there is no such case",
    ]
    assert not room.all(c.DialService)


def test_an_operator_without_clearance_and_one_in_another_call() -> None:
    room = Room()
    room.signs_in("ann", clearances=("standard", "high_security"))
    room.ready("ann", "bob")
    room.calls(clearance="high_security")
    room.picks_up("ann")
    room.calls()
    room.picks_up("bob")
    room.press("bob", CASE)
    room.press("ann", "inc-call-2")
    assert room.refusals() == ["clearance", "you are in another call"]


def test_a_closed_case_calls_nobody() -> None:
    room = Room()
    room.ready("ann")
    room.calls()
    room.picks_up("ann")
    room.gives_up("call-1")
    of_case = {"incident_id": IncidentId(CASE), "operator": OperatorId("ann")}
    room.tell(e.StepAnswered(step="facts", text="nothing", **of_case))  # type: ignore[arg-type]
    room.tell(e.CloseRequested(disposition="test", **of_case))  # type: ignore[arg-type]
    room.press("ann", CASE)
    assert room.refusals() == ["the case is closed"]


def test_a_case_is_not_closed_while_a_service_is_on_the_line() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.picks_up("ann")
    room.answers_there()
    of_case = {"incident_id": IncidentId(case), "operator": OperatorId("ann")}
    room.tell(e.CloseRequested(disposition="handled", **of_case))  # type: ignore[arg-type]
    assert f"call:{room.service().call_id}" in room.last(e.CloseRefused).missing


def test_a_property_alarm_opens_the_button_once_it_is_verified() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    room.press("ann", case)
    assert room.refusals() == ["the alarm must be verified first"]
    room.verifies("ann", case)
    room.fast_forward(4)
    room.press("ann", case)
    room.picks_up("ann")
    room.fast_forward(1)
    room.rings_there()
    rang = room.last(e.ServiceRang)
    assert (rang.verified_time, rang.pressed_time) == (5.0, 1.0)


def test_not_confirmed_keeps_it_shut() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    room.verifies("ann", case, "not_confirmed")
    room.press("ann", case)
    assert room.refusals() == ["the verification did not confirm the alarm"]


def test_leaving_the_verification_out_opens_nothing() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    room.tell(
        e.StepSkipped(
            incident_id=IncidentId(case), operator=OperatorId("ann"), step="verify", reason="x"
        )
    )
    room.press("ann", case)
    assert room.refusals() == ["the alarm must be verified first"]


@pytest.mark.parametrize("kind", ["holdup", "panic", "duress", "fire", "medical"])
def test_a_hold_up_and_its_like_are_verified_by_their_kind(kind: str) -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm(kind, None)
    room.press("ann", case)
    assert not room.refusals()


@pytest.mark.parametrize("kind", ["intrusion", "technical", "tamper", "other", ""])
def test_any_other_alarm_is_not_even_without_a_consigne(kind: str) -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm(kind, None)
    room.press("ann", case)
    assert room.refusals() == ["the alarm must be verified first"]


@pytest.mark.parametrize("kind", ["not_closed", "communication", "power", "vault", "theft"])
def test_a_consigne_that_names_the_kind_does_not_make_a_thing_a_person(kind: str) -> None:
    """A power failure is one whoever wrote down what to do about it."""
    room = Room()
    room.ready("ann")
    steps = (Step(step="police", do={"call_service": "police"}),)
    consigne = replace(INTRUSION, incident_kinds=(kind,), alarm_codes=(), steps=steps)
    case = room.alarm(kind, consigne)
    room.press("ann", case)
    assert room.refusals() == ["the alarm must be verified first"]


def test_a_kind_of_the_client_s_own_is_what_its_codes_say() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm("counter", replace(HOLD_UP, incident_kinds=("counter",)))
    room.press("ann", case)
    assert not room.refusals()


def test_a_person_on_the_line_needs_no_verification() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    room.calls(incident_id=IncidentId(case))
    room.picks_up("ann")
    room.press("ann", case)
    assert not room.refusals()
    assert room.service().verified_at is None


def test_a_caller_who_has_hung_up_needs_none_either() -> None:
    room = with_caller()
    room.gives_up("call-1")
    room.fast_forward(60)
    room.press("ann", CASE)
    assert not room.refusals(), "a person said it, and nobody is there to ask again"
    assert room.ringing() == ["ann"]


def test_an_alarm_whose_keyholder_signals_duress_needs_none() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    asked = e.CallTreeRequested(
        incident_id=IncidentId(case),
        tree_id=e.TreeId("t"),
        plan=plan(level("ben", accept="pin")),
    )
    room.tell(asked)
    leg_id = room.last(c.DialNumber).leg_id
    room.phones[leg_id].is_up = True
    room.tell(e.LegAnswered(leg_id=leg_id))
    room.tell(e.DigitPressed(leg_id=leg_id, digit="1"))
    room.press("ann", case)
    assert room.refusals() == ["the alarm must be verified first"]
    room.tell(e.PinChecked(leg_id=leg_id, outcome="duress"))
    room.press("ann", case)
    assert len(room.refusals()) == 1, "a person under threat has verified it"


# ---------------------------------------------------------------- the consigne's step for it


def took_as_done(room: Room, case: str, how: str, step: str = "police") -> list[str]:
    """Ann takes the step as done by hand; returns what is told to whoever reviews the case."""
    told = room.tell(
        e.StepAnswered(
            incident_id=IncidentId(case), operator=OperatorId("ann"), step=step, answer="done",
            reason=how,
        )
    )  # fmt: skip
    return [x.how for x in told if isinstance(x, e.ConsigneLeft)]


def test_a_real_call_takes_the_step_as_done_and_nothing_departs_from_the_consigne() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.picks_up("ann")
    room.answers_there()
    record = room.switchboard.incidents[IncidentId(case)].run.records["police"]
    assert (record.text, record.otherwise, record.is_deviation) == ("Zone de police", "", False)
    assert not room.all(e.ConsigneLeft)


def test_who_called_by_mobile_phone_says_so_and_the_supervisor_has_it_on_his_list() -> None:
    room, case = with_alarm()
    assert took_as_done(room, case, " by my mobile phone ") == ["otherwise"]
    left = room.last(e.ConsigneLeft)
    assert (left.step, left.reason) == ("police", " by my mobile phone ")
    record = room.switchboard.incidents[IncidentId(case)].run.records["police"]
    assert (record.otherwise, record.is_deviation) == ("by my mobile phone", True)
    room.restart()
    assert room.switchboard.incidents[IncidentId(case)].run.records["police"] == record


def test_a_call_that_nobody_answered_is_none() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.picks_up("ann")
    room.ends_there(e.Cause.BUSY)
    assert took_as_done(room, case, "a colleague had them on his own telephone") == [
        "otherwise"
    ]


def test_a_call_to_the_ambulance_is_none_to_the_police() -> None:
    room, case = with_alarm()
    room.press("ann", case, MEDICAL)
    room.picks_up("ann")
    room.answers_there()
    assert took_as_done(room, case, "by my mobile phone") == ["otherwise"]


def test_police_called_before_the_kind_was_chosen_were_called_for_the_next_consigne() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    room.ends_there()
    room.tell(
        e.KindChosen(
            incident_id=IncidentId(CASE), operator=OperatorId("ann"), kind="holdup",
            procedure=HOLD_UP,
        )
    )  # fmt: skip
    assert took_as_done(room, CASE, "") == []
    assert not room.switchboard.incidents[IncidentId(CASE)].run.records["police"].is_deviation


def test_the_log_of_an_earlier_version_gave_no_reason_and_still_reads() -> None:
    room, case = with_alarm()
    assert took_as_done(room, case, "") == []
    assert "police" in room.switchboard.incidents[IncidentId(case)].run.records


# ---------------------------------------------------------------- what is written down


def test_the_consigne_s_step_is_done_when_the_police_have_answered() -> None:
    room = Room()
    room.ready("ann")
    case = room.alarm()
    room.verifies("ann", case)
    room.press("ann", case)
    room.picks_up("ann")
    incident = room.switchboard.incidents[IncidentId(case)]
    assert "police" not in incident.run.records, "asked is not reached"
    room.answers_there()
    assert incident.run.records["police"].text == "Zone de police"
    assert incident.quiet_until == room.now + 600.0


def test_reference_acceptance_and_arrival_are_kept_in_the_case() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    told = {
        "incident_id": IncidentId(case),
        "operator": OperatorId("ann"),
        "service_call_id": room.service().service_call_id,
    }
    room.tell(e.ServiceDetailWritten(detail="reference", text="too early", **told))  # type: ignore[arg-type]
    assert room.last(e.Ignored).state == "not called"
    assert room.service().reference == "", "nobody was called who could have said it"
    room.picks_up("ann")
    room.answers_there()
    room.fast_forward(9)
    for detail, text in (
        ("reference", " P-4711 "),
        ("accepted", ""),
        ("eta", "8 min"),
        ("eta", ""),
    ):
        room.tell(e.ServiceDetailWritten(detail=detail, text=text, **told))  # type: ignore[arg-type]
    service = room.service()
    assert (service.reference, service.accepted_at, service.eta) == (
        "P-4711",
        room.now,
        "8 min",
    )


# ---------------------------------------------------------------- after a kill


def test_a_restart_at_every_stage_never_dials_twice() -> None:
    for stage in range(4):
        room, case = with_alarm()
        room.press("ann", case)
        for step in (room.picks_up, room.rings_there, room.answers_there)[:stage]:
            step(*(("ann",) if step == room.picks_up else ()))  # type: ignore[operator]
        was = room.service().state
        room.restart()
        assert room.service().state == was
        assert len(room.all(c.DialService)) == (stage > 0)
        room.press("ann", case)
        assert room.refusals() == ["it is being called already"]


def test_a_line_that_was_lost_while_it_was_dialled_is_told_as_unknown() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.picks_up("ann")
    room.restart(surviving=[leg for leg in room.phones if leg != room.service().leg_id])
    assert room.last(e.ServiceFailed).cause == "unknown"
    assert room.switchboard.incidents[IncidentId(case)].attention == [
        "Zone de police not reached: unknown"
    ]
    assert len(room.all(c.DialService)) == 1


def test_a_caller_on_hold_is_taken_back_when_the_line_was_lost() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    room.restart(surviving=[leg for leg in room.phones if leg != room.service().leg_id])
    assert room.service().is_cut
    assert room.hears("call-1") == room.call("call-1").operator_leg


def test_the_caller_s_line_was_lost_and_the_police_stay() -> None:
    room = with_caller()
    room.press("ann", CASE)
    room.answers_there()
    room.restart(surviving=[leg for leg in room.phones if leg != room.call("call-1").leg_id])
    assert room.service().state == "speaking"
    assert hears(room, room.call("call-1").operator_leg) == room.service().leg_id


def test_his_own_phone_was_lost_before_anybody_was_called() -> None:
    room, case = with_alarm()
    room.press("ann", case)
    room.restart(surviving=[])
    assert room.last(e.ServiceFailed).cause == "no_phone"
    assert not room.all(c.DialService)


def test_the_calls_of_a_case_know_each_other() -> None:
    room = with_caller()
    room.press("bob", CASE)
    room.picks_up("bob")
    room.answers_there()
    assert room.call("call-1").operator == "ann"
    assert room.call(room.service().call_id).operator == "bob"
    assert room.service().call_id == CallId(f"{CASE}-s1")
    assert room.switchboard.incidents[IncidentId(CASE)].owner == "bob"
