"""One call, from the first ring to the disposition."""

from typing import Any

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import Cause
from tests.stories.line import CALLER, CONSIGNE, DID, Line

NOTICE = (("recording_notice",), "ringback")


def kinds(outcomes: list[Any]) -> list[str]:
    return [type(x).__name__ for x in outcomes]


def test_the_consigne_is_shown_before_any_phone_rings() -> None:
    line = Line()
    line.ready("ann")
    before = len(line.said)
    line.calls()
    names = kinds([what for _, what in line.said[before:]])
    assert names[:3] == ["CallOffered", "IncidentOpened", "ProcedureShown"]
    assert names.index("ProcedureShown") < names.index("RingOperator")
    assert line.last(e.ProcedureShown) == e.ProcedureShown(
        incident_id=e.IncidentId("inc-call-1"), procedure="default", version=1
    )


def test_a_number_nobody_vouches_for_rings_like_any_other_and_opens_the_same_consigne() -> None:
    """The mark on the card is for the operator's eyes; who is helped, and how, is the same."""
    told = {}
    for is_asserted in (True, False):
        line = Line()
        line.ready("ann")
        call = line.calls(is_asserted=is_asserted)
        line.fast_forward(3)
        line.picks_up("ann")
        assert line.call(call).state == "talking"
        assert line.call(call).offer.is_asserted is is_asserted
        told[is_asserted] = kinds([what for _, what in line.said])
        assert line.last(e.ProcedureShown).procedure == "default"
    assert told[True] == told[False]


def test_the_caller_hears_the_notice_while_a_phone_rings_and_then_a_voice() -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    call = line.calls(languages=("nl",))
    assert line.hears(call) == NOTICE
    assert line.phones[line.call(call).leg_id].hears.language == "nl"
    assert line.ringing() == ["ann"]

    line.fast_forward(4)
    line.picks_up("ann")

    assert line.call(call).state == "talking"
    assert line.hears(call) == line.leg_of("ann")
    assert line.last(e.OperatorAnswered) == e.OperatorAnswered(
        incident_id=line.call(call).incident_id,
        call_id=line.call(call).call_id,
        leg_id=line.leg_of("ann"),
        operator=e.OperatorId("ann"),
        answer_time=4.0,
        notice_heard_time=4.0,
    )


def test_a_notice_that_ended_before_the_answer_is_logged_as_long_as_it_was() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    line.fast_forward(8)
    line.tell(
        e.PromptEnded(
            leg_id=line.call(call).leg_id,
            prompt="recording_notice",
            played_time=7.6,
            is_complete=True,
        )
    )
    line.fast_forward(1)
    line.picks_up("ann")
    assert line.last(e.OperatorAnswered).notice_heard_time == 7.6
    assert line.last(e.OperatorAnswered).answer_time == 9.0


def test_with_plain_ringback_the_caller_is_answered_when_an_operator_is() -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    call = line.calls(while_ringing="ringback")
    assert line.hears(call) == "ringback"
    assert not line.all(c.AnswerCaller)
    assert line.recordings == {"call-1-r1": "running"}

    outcomes = line.picks_up("ann")

    assert kinds(outcomes)[:2] == ["AnswerCaller", "Bridge"]
    assert line.last(e.OperatorAnswered).notice_heard_time == 0.0
    assert line.call(call).notice_heard_time is None


def test_a_call_that_is_not_recorded_hears_no_recording_notice() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(recording="none", while_ringing="notice")
    assert line.hears(call) == "ringback"
    assert line.call(call).recording_id is None
    line.picks_up("ann")
    line.gives_up(call)
    assert not line.all(c.StartRecording)
    assert not line.all(c.StopRecording)


def test_the_operator_s_phone_shows_client_and_caller() -> None:
    line = Line()
    line.ready("ann")
    line.calls()
    ring = line.last(c.RingOperator)
    assert (ring.display_name, ring.number) == (f"Acme: {CALLER}", CALLER)
    assert not ring.is_auto_answered


def test_a_known_person_is_shown_by_name() -> None:
    line = Line()
    line.ready("ann")
    line.calls(
        identification=e.Identification(
            organisation="acme",
            organisation_name="Acme",
            site_name="Liège",
            person_name="Eva Peeters",
        )
    )
    assert line.last(c.RingOperator).display_name == "Acme: Eva Peeters"
    assert line.last(e.IncidentOpened).title == "Acme, Liège"


def test_a_withheld_number_stays_withheld() -> None:
    line = Line()
    line.ready("ann")
    line.calls(caller=CALLER, is_withheld=True)
    assert line.last(c.RingOperator).number is None
    assert line.last(c.RingOperator).display_name == "Acme: withheld"
    line = Line()
    line.ready("ann")
    line.calls(caller=None, is_withheld=True)
    assert line.last(c.RingOperator).display_name == "Acme: withheld"


def test_an_unknown_number_reaches_any_operator_marked_as_such() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(
        is_known_did=False,
        clearance="high_security",
        procedure=None,
        fallback_number=None,
        identification=e.Identification(),
    )
    assert line.ringing() == ["ann"]
    assert line.last(e.IncidentOpened).title == "unknown number"
    assert line.last(c.RingOperator).display_name == f"unknown number: {CALLER}"
    assert line.switchboard.incidents[line.call(call).incident_id].clearance == "standard"
    assert not line.all(e.ProcedureShown)


def test_the_caller_hangs_up_while_talking() -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    call = line.calls()
    line.fast_forward(3)
    line.picks_up("ann")
    line.fast_forward(60)

    outcomes = line.gives_up(call, Cause.HUNG_UP)

    assert kinds(outcomes) == [
        "HangUp",
        "StopRecording",
        "CallEnded",
        "OperatorStateChanged",
    ]
    ended = line.last(e.CallEnded)
    assert (ended.ended_by, ended.talk_time) == ("caller", 60.0)
    assert line.state_of("ann") == "wrap_up"
    assert line.call(call).state == "ended"
    assert line.phones == {}


@pytest.mark.parametrize("way", ["phone", "desk"])
def test_the_operator_hangs_up(way: str) -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    call = line.calls()
    line.picks_up("ann")
    line.fast_forward(10)
    if way == "phone":
        line.hangs_up("ann")
    else:
        line.presses(e.HangUpPressed, "ann", call)
    assert line.last(e.CallEnded).ended_by == "operator"
    assert line.call(call).ended_by == "operator"
    assert not any(x.is_answered_elsewhere for x in line.all(c.HangUp))
    assert line.phones == {}
    assert line.state_of("ann") == "wrap_up"


def test_only_who_is_in_the_call_can_hang_it_up() -> None:
    line = Line()
    line.ready("ann", "bob")
    call = line.calls()
    line.picks_up("ann")
    assert kinds(line.presses(e.HangUpPressed, "bob", call)) == ["Ignored"]
    assert line.call(call).state == "talking"


def test_a_caller_s_leg_that_breaks_while_talking_ends_the_call_as_a_fault() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    line.picks_up("ann")
    line.gives_up(call, Cause.FAILED)
    assert line.last(e.CallEnded).ended_by == "fault"


def test_a_silent_caller_is_never_hung_up() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls()
    line.picks_up("ann")
    line.tell(e.AudioLost(leg_id=line.call(call).leg_id))
    assert line.call(call).is_caller_silent
    line.fast_forward(1800)
    assert line.call(call).state == "talking"
    line.tell(e.AudioBack(leg_id=line.call(call).leg_id))
    assert not line.call(call).is_caller_silent


@pytest.mark.parametrize("while_ringing", ["notice", "ringback"])
def test_a_caller_who_gives_up_leaves_an_open_case(while_ringing: str) -> None:
    line = Line(is_cloned=True)
    line.ready("ann")
    call = line.calls(while_ringing=while_ringing)
    line.fast_forward(6)

    outcomes = line.gives_up(call)

    assert kinds(outcomes) == [
        "HangUp",
        "OperatorStateChanged",
        "StopRecording",
        "CallAbandoned",
        "CallBackPlanned",
    ]
    hang_up = outcomes[0]
    assert isinstance(hang_up, c.HangUp)
    assert not hang_up.is_answered_elsewhere
    assert line.last(e.CallAbandoned).waiting_time == 6.0
    assert line.state_of("ann") == "ready"
    assert not line.all(e.OperatorMissed)
    incident = line.switchboard.incidents[line.call(call).incident_id]
    assert incident.is_open
    assert line.call(call).ended_by == "abandoned"

    line.tell(
        e.CloseRequested(
            incident_id=incident.incident_id, operator=e.OperatorId("ann"), disposition=""
        )
    )
    assert line.last(e.CloseRefused).missing == ("step:facts", "disposition")


def test_the_same_call_offered_twice_is_one_call() -> None:
    line = Line()
    line.ready("ann")
    line.calls(call_id="x")
    again = e.CallOffered(
        call_id=e.CallId("x"), leg_id=e.LegId("x-a"), did=DID, procedure=CONSIGNE
    )
    assert kinds(line.tell(again)) == ["Ignored"]
    assert len(line.switchboard.calls) == 1


def test_a_second_call_of_an_open_case_joins_it() -> None:
    line = Line()
    line.ready("ann", "bob")
    line.calls(incident_id=e.IncidentId("case"))
    line.calls(incident_id=e.IncidentId("case"), clearance="high_security")
    incident = line.switchboard.incidents[e.IncidentId("case")]
    assert incident.call_ids == ["call-1", "call-2"]
    assert incident.clearance == "high_security"
    assert len(line.all(e.IncidentOpened)) == 1


def test_a_closed_case_is_not_opened_again() -> None:
    line = Line()
    line.ready("ann")
    call = line.calls(incident_id=e.IncidentId("case"), procedure=None)
    line.gives_up(call)
    line.tell(
        e.CloseRequested(
            incident_id=e.IncidentId("case"),
            operator=e.OperatorId("ann"),
            disposition="wrong_number",
        )
    )
    line.calls(incident_id=e.IncidentId("case"))
    assert line.call("call-2").incident_id == "case-again"
    assert line.switchboard.incidents[e.IncidentId("case")].call_ids == ["call-1"]


def test_a_call_without_a_case_number_gets_one() -> None:
    line = Line()
    call = line.calls(incident_id=e.NO_INCIDENT)
    assert line.call(call).incident_id == "inc-call-1"


@pytest.mark.parametrize(("urgency", "kept"), [(0, 1), (1, 1), (4, 4), (9, 4)])
def test_an_urgency_out_of_range_is_brought_into_it(urgency: int, kept: int) -> None:
    line = Line()
    call = line.calls(urgency=urgency)
    assert line.call(call).urgency == kept
    assert line.last(e.IncidentOpened).urgency == kept


def test_what_the_desk_reads_of_a_call() -> None:
    line = Line()
    line.ready("ann")
    start = line.now
    call = line.call(line.calls(diverted_from="+3225550111", languages=()))
    assert (call.did, call.caller, call.diverted_from) == (DID, CALLER, "+3225550111")
    assert call.identification.organisation_name == "Acme"
    assert call.language == "en"
    line.fast_forward(7)
    assert call.waiting_time(line.now) == 7.0
    line.picks_up("ann")
    line.fast_forward(20)
    assert call.waiting_time(line.now) == 7.0
    assert (call.offered_at, call.answered_at) == (start, start + 7)
    assert call.operator == "ann"
    line.gives_up("call-1")
    assert call.ended_at == start + 27
    assert call.is_over


def test_the_waiting_time_of_an_abandoned_call_stands_still() -> None:
    line = Line()
    call = line.call(line.calls())
    line.fast_forward(12)
    line.gives_up("call-1")
    line.fast_forward(100)
    assert call.waiting_time(line.now) == 12.0


def test_a_fresh_call_carries_no_flags() -> None:
    line = Line()
    line.ready("ann")
    call = line.call(line.calls())
    assert not call.is_recording
    assert not call.is_holding
    assert not call.is_caller_silent
    assert not call.is_held_at_desk
    assert not call.is_held_at_phone
    assert not call.is_requeued
    assert (call.talk_time, call.waits_since) == (0.0, line.now)
    assert (call.recording_failure, call.ended_by) == ("", "")


def test_what_is_about_nothing_that_is_known_is_noted() -> None:
    line = Line()
    call = line.calls()
    incident_id = line.call(call).incident_id
    assert line.presses(e.AnswerPressed, "ann", "x") == [
        e.Ignored(event="AnswerPressed", state="unknown call")
    ]
    assert line.tell(e.LegRinging(leg_id=e.LegId("x"))) == [
        e.Ignored(event="LegRinging", state="unknown leg")
    ]
    for case in (incident_id, e.NO_INCIDENT, e.IncidentId("x")):
        assert line.tell(e.DeadlineReached(incident_id=case)) == [
            e.Ignored(incident_id=case, event="DeadlineReached", state="nothing due")
        ]
