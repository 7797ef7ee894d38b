import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import Cause, LegId, OperatorId
from securityline.telephony.dialling import EmergencyNumberRefused
from securityline.telephony.takeover import Takeover
from sip import events as s
from sip.media.protocol import FromLeg, LegMeasured, Prompts, Silence
from sip.uri import Uri
from sip.values import NameAddr
from tests.securityline.telephony.bench import (
    CALL,
    CARRIER,
    DID,
    INCIDENT,
    OFFER,
    OURS,
    PHONE,
    PHONE_ANSWER,
    SECOND_CARRIER,
    Bench,
)

OP_LEG = LegId("20261122-0001-c1-o1")
NUMBER_LEG = LegId("20261122-0001-c1-f1")
ENCRYPTED = OFFER.replace(b"RTP/AVP", b"RTP/SAVP")


def ring(number: str | None = "+32470000004", *, auto: bool = False) -> c.RingOperator:
    return c.RingOperator(
        incident_id=INCIDENT,
        call_id=CALL,
        leg_id=OP_LEG,
        operator=OperatorId("op-1"),
        display_name="Postes: Marie",
        number=number,
        is_auto_answered=auto,
    )


def dial(number: str = "+3225550999") -> c.DialNumber:
    return c.DialNumber(
        incident_id=INCIDENT,
        call_id=CALL,
        leg_id=NUMBER_LEG,
        number=number,
        presented_number=DID,
    )


def connected(bench: Bench) -> LegId:
    """Bring a call to where caller and operator talk."""
    leg = bench.call_in()
    bench.do(ring())
    bench.peers[PHONE].answer(bench.incoming_at(PHONE).leg, PHONE_ANSWER, bench.now)
    bench.travel()
    bench.do(
        c.AnswerCaller(incident_id=INCIDENT, leg_id=leg),
        c.Bridge(incident_id=INCIDENT, leg_id=leg, other_leg_id=OP_LEG),
    )
    return leg


def test_what_arrived_on_a_leg_is_a_line_of_its_case_though_the_leg_is_gone() -> None:
    bench = Bench()
    leg = connected(bench)
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=leg))
    figures = {"packets": 500, "lost": 5, "jitter_ms": 2.5, "strangers": 0}
    bench.telephony.take_media(LegMeasured(leg, CALL, figures))
    assert bench.noted == [
        ("LegMeasured", {"role": "caller", "leg_id": leg, "call_id": CALL} | figures, INCIDENT)
    ]
    assert not bench.telephony.exchange.parted


# ---------------------------------------------------------------- the caller's leg


def test_a_call_is_told_with_a_port_reserved_and_its_leg_on_paper() -> None:
    bench = Bench()
    leg = bench.call_in()
    assert len(bench.media.taken) == 1
    kept = bench.written["leg", leg].data
    assert kept is not None
    assert kept["branches"][0]["dialog"] is not None, "an unanswered call can be taken over"


def test_ringing_and_answer_reach_the_caller() -> None:
    bench = Bench()
    leg = bench.call_in()
    bench.do(c.SignalRinging(incident_id=INCIDENT, leg_id=leg))
    assert s.Ringing("employee", 180, None) in bench.heard[CARRIER]
    bench.do(c.AnswerCaller(incident_id=INCIDENT, leg_id=leg))
    assert any(isinstance(x, s.Answered) for x in bench.heard[CARRIER])
    spec = bench.media.legs[leg]
    assert (spec.remote, spec.payload_type, spec.dtmf_payload_type) == (
        ("192.0.2.10", 30000),
        8,
        101,
    )
    assert spec.also_from == (CARRIER.host,)


def test_answering_twice_is_answering_once() -> None:
    bench = Bench()
    leg = bench.call_in()
    answer = c.AnswerCaller(incident_id=INCIDENT, leg_id=leg)
    bench.do(answer)
    bench.do(answer)
    assert sum(isinstance(x, s.Answered) for x in bench.heard[CARRIER]) == 1


def test_a_call_we_cannot_hear_is_refused_and_exists_as_a_case_all_the_same() -> None:
    bench = Bench()
    bench.call_in(ENCRYPTED)
    ended = bench.last(e.LegEnded)
    assert (ended.cause, ended.sip_status) == (Cause.FAILED, 488)
    assert bench.media.taken == set()
    assert any(isinstance(x, s.Refused) and x.status == 488 for x in bench.heard[CARRIER])


def test_without_a_port_the_carrier_is_asked_to_try_again_and_the_case_exists() -> None:
    bench = Bench()
    bench.media.free.clear()
    bench.call_in()
    assert bench.last(e.LegEnded).cause is Cause.FAILED
    [refused] = [x for x in bench.heard[CARRIER] if isinstance(x, s.Refused)]
    assert (refused.status, refused.retry_after) == (503, 2.0)
    [ended] = [event for event in bench.told if isinstance(event, e.LegEnded)]
    assert ended.sip_status == 503, "the log says what was said"


@pytest.mark.parametrize(
    ("header", "status"), [("Require: teleport", 420), ("Max-Forwards: many", 400)]
)
def test_a_call_refused_for_its_invite_is_a_case_that_says_why(
    header: str, status: int
) -> None:
    bench = Bench()
    invite = (
        f"INVITE sip:{DID}@192.0.2.1 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 192.0.2.10:5080;branch=z9hG4bK1;rport\r\n"
        f"From: <sip:+32470000004@trunk.example>;tag=1\r\nTo: <sip:{DID}@x>\r\n"
        f"Call-ID: refused\r\nCSeq: 1 INVITE\r\nContact: <sip:192.0.2.10:5080>\r\n"
        f"{header}\r\nContent-Length: 0\r\n\r\n"
    )
    bench.ours.receive(invite.encode(), CARRIER, OURS, bench.now)
    bench.travel()
    offered, ended = bench.last(e.CallOffered), bench.last(e.LegEnded)
    assert (ended.cause, ended.sip_status) == (Cause.FAILED, status)
    assert ended.reason.startswith("the INVITE could not be taken: ")
    assert ended.leg_id == offered.leg_id
    assert bench.media.taken == set()
    assert len(bench.telephony.exchange.legs) == 0


def test_a_late_offer_is_completed_by_the_ack() -> None:
    bench = Bench()
    bench.acks_at_once = False
    leg = bench.call_in(None)
    bench.do(c.AnswerCaller(incident_id=INCIDENT, leg_id=leg))
    assert leg not in bench.media.legs, "nobody has said yet where to send"
    carrier = bench.peers[CARRIER]
    answer = OFFER.replace(b"8 0 101", b"8 101")
    carrier.acknowledge("employee", bench.now, answer)
    bench.travel()
    assert bench.media.legs[leg].remote == ("192.0.2.10", 30000)


@pytest.mark.parametrize("answer", [None, b"no description", ENCRYPTED])
def test_a_late_offer_that_is_not_completed_ends_as_failed_with_a_bye(
    answer: bytes | None,
) -> None:
    bench = Bench()
    bench.acks_at_once = False
    leg = bench.call_in(None)
    bench.do(c.AnswerCaller(incident_id=INCIDENT, leg_id=leg))
    bench.peers[CARRIER].acknowledge("employee", bench.now, answer)
    bench.travel()
    ended = bench.last(e.LegEnded)
    assert (ended.leg_id, ended.cause) == (leg, Cause.FAILED)
    assert "ACK" in ended.reason
    [gone] = [x for x in bench.heard[CARRIER] if isinstance(x, s.Ended)]
    assert gone.why == "bye"
    assert "session description" in gone.reason_text
    assert bench.media.taken == set()
    assert bench.count(e.LegEnded) == 1
    assert ("leg", leg) not in bench.written


def test_a_caller_who_gives_up_is_told_and_leaves_nothing_behind() -> None:
    bench = Bench()
    leg = bench.call_in()
    bench.peers[CARRIER].hang_up("employee", bench.now)
    bench.travel()
    assert bench.last(e.LegEnded).cause is Cause.CANCELLED
    assert bench.media.taken == set()
    assert ("leg", leg) not in bench.written


# ---------------------------------------------------------------- operators


def test_the_intent_to_ring_is_on_paper_before_the_invite_is_on_the_wire() -> None:
    bench = Bench()
    bench.call_in()
    for document in bench.telephony.orders.prepare([ring()]):
        bench.write(document)
    bench.travel()
    assert ("leg", OP_LEG) in bench.written
    assert not any(isinstance(x, s.IncomingCall) for x in bench.heard[PHONE])


def test_the_operators_phone_shows_who_calls() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring())
    request = bench.incoming_at(PHONE).request
    assert request.from_.display_name == "Postes: Marie"
    assert request.from_.uri.user == "+32470000004"
    assert request.headers.get("Call-Info") is None


def test_a_withheld_number_never_reaches_the_phone() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring(None))
    assert str(bench.incoming_at(PHONE).request.from_.uri) == "sip:anonymous@anonymous.invalid"
    assert b"470000004" not in bytes(bench.incoming_at(PHONE).request)


def test_answer_on_the_desk_asks_the_phone_to_pick_up() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring(auto=True))
    assert "answer-after=0" in (bench.incoming_at(PHONE).request.headers.get("Call-Info") or "")


def test_the_ack_waits_for_the_disk() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring())
    bench.is_durable = False
    bench.peers[PHONE].answer(bench.incoming_at(PHONE).leg, PHONE_ANSWER, bench.now)
    bench.travel()
    assert bench.count(e.LegAnswered) == 1
    assert not any(isinstance(x, s.Acknowledged) for x in bench.heard[PHONE])


def test_caller_and_operator_hear_each_other() -> None:
    bench = Bench()
    leg = connected(bench)
    assert bench.media.legs[leg].source == FromLeg(OP_LEG)
    assert bench.media.legs[OP_LEG].source == FromLeg(leg)
    assert bench.media.legs[OP_LEG].remote == ("192.0.2.20", 40000)


def test_hold_plays_to_the_caller_and_silences_the_operator() -> None:
    bench = Bench()
    leg = connected(bench)
    bench.do(
        c.Play(
            incident_id=INCIDENT,
            leg_id=leg,
            prompts=("please_hold",),
            language="fr",
            then="hold_music",
        )
    )
    heard = bench.media.legs[leg].source
    assert isinstance(heard, Prompts)
    assert (heard.names, heard.then) == (("please_hold",), "hold_music")
    assert bench.media.legs[OP_LEG].source == Silence()


def test_an_operator_without_a_phone_is_unreachable() -> None:
    bench = Bench()
    bench.call_in()
    bench.phones.at.clear()
    bench.do(ring())
    assert bench.last(e.LegEnded).cause is Cause.UNREACHABLE


def test_the_first_of_two_phones_wins_and_the_other_is_told_why() -> None:
    bench = Bench()
    second = PHONE._replace(host="192.0.2.21")
    bench.add_peer(second)
    bench.phones.at["201"].append(second)
    bench.call_in()
    bench.do(ring())
    bench.peers[second].answer(bench.incoming_at(second).leg, PHONE_ANSWER, bench.now)
    bench.travel()
    assert bench.count(e.LegAnswered) == 1
    [cancelled] = [x for x in bench.heard[PHONE] if isinstance(x, s.Cancelled)]
    assert "completed elsewhere" in cancelled.reason
    assert len(bench.media.taken) == 2, "the loser's port is free again"
    assert bench.count(e.LegEnded) == 0


def test_two_phones_refuse_and_the_leg_ends_once() -> None:
    bench = Bench()
    second = PHONE._replace(host="192.0.2.21")
    bench.add_peer(second)
    bench.phones.at["201"].append(second)
    bench.call_in()
    bench.do(ring())
    bench.peers[PHONE].refuse(bench.incoming_at(PHONE).leg, 486, bench.now)
    bench.travel()
    assert bench.count(e.LegEnded) == 0, "the other still rings"
    bench.peers[second].refuse(bench.incoming_at(second).leg, 603, bench.now)
    bench.travel()
    assert bench.last(e.LegEnded).cause is Cause.REFUSED


def test_an_answer_after_we_hung_up_is_ended_and_not_told() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring())
    incoming = bench.incoming_at(PHONE).leg
    bench.telephony.execute(c.HangUp(incident_id=INCIDENT, leg_id=OP_LEG))
    bench.peers[PHONE].answer(incoming, PHONE_ANSWER, bench.now)
    bench.travel()
    bench.pass_time(40)
    assert bench.count(e.LegAnswered) == 0
    assert bench.last(e.LegEnded).cause is Cause.RELEASED
    assert bench.count(e.LegEnded) == 1


def test_hanging_up_a_leg_nobody_knows_says_so() -> None:
    bench = Bench()
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=LegId("gone")))
    assert bench.last(e.LegEnded).leg_id == "gone"


def test_a_bye_ends_the_leg_and_frees_the_port() -> None:
    bench = Bench()
    connected(bench)
    bench.peers[PHONE].hang_up(bench.incoming_at(PHONE).leg, bench.now)
    bench.travel()
    ended = bench.last(e.LegEnded)
    assert (ended.leg_id, ended.cause) == (OP_LEG, Cause.HUNG_UP)
    assert len(bench.media.taken) == 1
    assert OP_LEG not in bench.media.legs


def test_hold_by_the_phone_itself_is_told_and_so_is_resume() -> None:
    bench = Bench()
    connected(bench)
    phone, leg = bench.peers[PHONE], bench.incoming_at(PHONE).leg
    held = PHONE_ANSWER.replace(b"sendrecv", b"sendonly").replace(b" 1 1 IN", b" 1 2 IN")
    phone.offer(leg, held, bench.now)
    bench.travel()
    assert bench.count(e.LegHeld) == 1
    assert not bench.media.legs[OP_LEG].can_send
    phone.offer(leg, PHONE_ANSWER.replace(b" 1 1 IN", b" 1 3 IN"), bench.now)
    bench.travel()
    assert bench.count(e.LegResumed) == 1
    assert bench.media.legs[OP_LEG].can_send


def test_a_key_told_by_info_is_a_key() -> None:
    bench = Bench()
    connected(bench)
    bench.peers[CARRIER].send_info_digit("employee", "5", bench.now)
    bench.travel()
    assert bench.last(e.DigitPressed).digit == "5"


# ---------------------------------------------------------------- numbers and trunks


def test_a_number_is_dialled_with_the_clients_own_number() -> None:
    bench = Bench()
    bench.do(dial())
    request = bench.incoming_at(CARRIER).request
    assert request.uri.user == "+3225550999"
    assert request.from_.uri.user == DID
    assert DID in (request.headers.get("P-Asserted-Identity") or "")


def test_an_emergency_number_is_never_dialled() -> None:
    for number in ("112", "101", "+32112", "0032101", "+33 17"):
        bench = Bench()
        with pytest.raises(EmergencyNumberRefused):
            bench.do(dial(number))
        assert not any(isinstance(x, s.IncomingCall) for x in bench.heard[CARRIER])
        assert bench.media.taken == set()


def test_a_trunk_that_cannot_is_replaced_by_the_next() -> None:
    bench = Bench()
    bench.do(dial())
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, 503, bench.now)
    bench.travel()
    assert bench.incoming_at(SECOND_CARRIER).request.uri.user == "+3225550999"
    assert bench.count(e.LegEnded) == 0


def test_the_next_trunk_is_tried_once_that_is_written_down() -> None:
    bench = Bench()
    bench.do(dial())
    bench.is_durable = False
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, 503, bench.now)
    bench.travel()
    assert not any(isinstance(x, s.IncomingCall) for x in bench.heard[SECOND_CARRIER])
    bench.disk_is_back()
    assert bench.incoming_at(SECOND_CARRIER)


def test_who_is_hung_up_before_the_next_trunk_was_tried_is_not_called_by_it() -> None:
    bench = Bench()
    bench.do(dial())
    bench.is_durable = False
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, 503, bench.now)
    bench.travel()
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=NUMBER_LEG, is_late_answer_told=True))
    bench.disk_is_back()
    assert not any(isinstance(x, s.IncomingCall) for x in bench.heard[SECOND_CARRIER])
    assert bench.last(e.LegEnded).cause is Cause.RELEASED
    assert (bench.media.taken, len(bench.telephony.exchange.legs)) == (set(), 0)


def test_a_busy_number_is_busy_on_every_trunk() -> None:
    bench = Bench()
    bench.do(dial())
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, 486, bench.now)
    bench.travel()
    assert bench.last(e.LegEnded).cause is Cause.BUSY
    assert not any(isinstance(x, s.IncomingCall) for x in bench.heard[SECOND_CARRIER])


def test_a_silent_trunk_is_replaced_within_four_seconds() -> None:
    bench = Bench()
    del bench.peers[CARRIER]
    bench.do(dial())
    bench.pass_time(4.0)
    assert bench.incoming_at(SECOND_CARRIER)
    bench.peers[SECOND_CARRIER].answer(
        bench.incoming_at(SECOND_CARRIER).leg, PHONE_ANSWER, bench.now
    )
    bench.travel()
    assert bench.last(e.LegAnswered).leg_id == NUMBER_LEG
    bench.pass_time(60)
    assert bench.count(e.LegEnded) == 0
    assert len(bench.media.taken) == 1


# ---------------------------------------------------------------- strangers, take-over


def test_our_own_phones_place_no_calls_through_us() -> None:
    bench = Bench()
    before = len(bench.told)
    peer = bench.peers[PHONE]
    peer.invite(
        "toll-fraud",
        Uri(scheme="sip", user="+882999", host="192.0.2.1", port=5060),
        bench.now,
        destination=OURS,
        from_=NameAddr("", Uri(scheme="sip", user="201", host="x.example")),
        sdp=PHONE_ANSWER,
    )
    bench.travel()
    assert len(bench.told) == before
    assert any(isinstance(x, s.Refused) and x.status in (401, 403) for x in bench.heard[PHONE])


def restart(bench: Bench) -> tuple[LegId, ...]:
    """Kill the engine: all it knows is what it wrote and what the media process carries."""
    carried = dict(bench.media.legs)
    bench.ours = bench.agent(OURS)
    bench.told.clear()
    bench.telephony = bench.build()
    takeover = Takeover(bench.telephony.exchange, bench.telephony.dialling, carried)
    kept = [d for (kind, _), d in bench.written.items() if kind == "leg"]
    survivors = takeover.adopt(kept)
    bench.travel()
    return survivors


def test_a_talking_call_is_taken_over_and_ends_as_it_should() -> None:
    bench = Bench()
    leg = connected(bench)
    assert set(restart(bench)) == {leg, OP_LEG}
    offered = [x for x in bench.heard[CARRIER] if isinstance(x, s.Offered)]
    assert offered, "the dialog proves itself by a re-INVITE"
    assert bench.media.legs[leg].source == FromLeg(OP_LEG)
    bench.peers[CARRIER].accept_offer("employee", OFFER, bench.now)
    bench.travel()
    bench.peers[CARRIER].hang_up("employee", bench.now)
    bench.travel()
    assert bench.last(e.LegEnded).cause is Cause.HUNG_UP


def test_a_waiting_caller_can_still_be_answered_by_the_next_engine() -> None:
    bench = Bench()
    leg = bench.call_in()
    assert restart(bench) == (leg,)
    bench.do(c.AnswerCaller(incident_id=INCIDENT, leg_id=leg))
    assert any(isinstance(x, s.Answered) for x in bench.heard[CARRIER])


def test_an_answer_that_may_not_have_left_is_sent_by_the_next_engine() -> None:
    bench = Bench()
    leg = bench.call_in()
    for document in bench.telephony.orders.prepare(
        [c.AnswerCaller(incident_id=INCIDENT, leg_id=leg)]
    ):
        bench.write(document)
    assert restart(bench) == (leg,)
    assert any(isinstance(x, s.Answered) for x in bench.heard[CARRIER])


def test_a_phone_that_rings_is_not_rung_twice_by_the_next_engine() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring())
    assert OP_LEG in restart(bench)
    calls = [x for x in bench.heard[PHONE] if isinstance(x, s.IncomingCall)]
    assert len(calls) == 1, "the same INVITE again is a retransmission"
    bench.peers[PHONE].answer(calls[0].leg, PHONE_ANSWER, bench.now)
    bench.travel()
    assert bench.last(e.LegAnswered).leg_id == OP_LEG


@pytest.mark.parametrize("is_silent", [False, True], ids=["", "the disk is silent"])
@pytest.mark.parametrize("status", [486, 603])
def test_a_refusal_that_was_not_written_down_is_told_to_the_next_engine(
    status: int, is_silent: bool
) -> None:
    """Were it acknowledged, nobody would repeat it, and the INVITE would ring once more.

    The phone outranks the log, but nobody on the line waits for this ACK.
    """
    bench = Bench()
    bench.do(dial())
    known, ports = dict(bench.written), set(bench.media.taken)
    bench.is_durable, bench.is_silent = False, is_silent
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, status, bench.now)
    bench.travel()
    bench.written, bench.is_durable = known, True
    bench.media.taken = ports
    assert restart(bench) == (NUMBER_LEG,)
    bench.pass_time(20)
    assert bench.last(e.LegEnded).sip_status == status
    rung = [x for x in bench.heard[CARRIER] if isinstance(x, s.IncomingCall)]
    assert len(rung) == 1


def test_a_phone_of_his_that_refused_is_not_rung_by_the_next_engine() -> None:
    bench = Bench()
    bench.do(dial())
    bench.peers[CARRIER].refuse(bench.incoming_at(CARRIER).leg, 503, bench.now)
    bench.travel()
    restart(bench)
    bench.pass_time(20)
    rung = [x for x in bench.heard[CARRIER] if isinstance(x, s.IncomingCall)]
    assert len(rung) == 1, "the first trunk had said that it cannot"
    assert bench.telephony.exchange.legs.get(NUMBER_LEG).branches_made == 2  # type: ignore[union-attr]


def test_who_was_to_be_hung_up_when_the_engine_died_is_hung_up_by_the_next() -> None:
    bench = Bench()
    leg = connected(bench)
    orders = [c.HangUp(incident_id=INCIDENT, leg_id=each) for each in (OP_LEG, leg)]
    restart(bench)
    bench.telephony.repeat([*orders, *orders], over={CALL})
    bench.travel()
    assert bench.heard[CARRIER][-1] == s.Ended("employee", "bye", "")
    assert isinstance(bench.heard[PHONE][-1], s.Ended)
    ends = [event for event in bench.told if isinstance(event, e.LegEnded)]
    assert sorted((x.leg_id, x.cause) for x in ends) == sorted(
        (each, Cause.RELEASED) for each in (OP_LEG, leg)
    ), "each once, however often it was ordered"
    assert (bench.media.taken, bench.media.legs) == (set(), {})


def test_recordings_are_begun_for_calls_that_go_on_and_ended_for_those_that_do_not() -> None:
    bench = Bench()
    leg = bench.call_in()
    names = {"incident_id": INCIDENT, "call_id": CALL, "recording_id": "r1"}
    begin, end = c.StartRecording(**names, leg_id=leg), c.StopRecording(**names)
    restart(bench)
    bench.telephony.repeat([begin, end], over={CALL})
    assert (bench.media.recordings, bench.media.ended) == ({}, ["r1"])
    bench.telephony.repeat([begin], over=())
    assert list(bench.media.recordings) == ["r1"]


def test_what_people_hear_is_not_repeated_behind_the_flows_backs() -> None:
    bench = Bench()
    leg = bench.call_in()
    restart(bench)
    bench.telephony.repeat([c.AnswerCaller(incident_id=INCIDENT, leg_id=leg), ring()], over=())
    bench.travel()
    assert not any(isinstance(x, s.Answered) for x in bench.heard[CARRIER])
    assert not any(isinstance(x, s.IncomingCall) for x in bench.heard[PHONE])


def test_an_old_attempt_is_not_repeated() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring())
    bench.now += 31.0
    assert OP_LEG not in restart(bench)
    assert len([x for x in bench.heard[PHONE] if isinstance(x, s.IncomingCall)]) == 1


def test_a_telephone_that_rings_since_long_before_is_told_to_stop() -> None:
    bench = Bench()
    bench.do(dial())
    bench.peers[CARRIER].ring(bench.incoming_at(CARRIER).leg, bench.now)
    bench.travel()
    bench.now += 31.0
    assert restart(bench) == ()
    assert any(isinstance(x, s.Cancelled) for x in bench.heard[CARRIER])
    assert bench.count(e.LegEnded) == 1
    assert not [d for (kind, _), d in bench.written.items() if kind == "leg"], "it is over"
    assert restart(bench) == ()
    bench.pass_time(60)
    assert len([x for x in bench.heard[CARRIER] if isinstance(x, s.IncomingCall)]) == 1


def test_who_picks_up_what_rings_since_long_before_is_not_left_in_silence() -> None:
    bench = Bench()
    bench.do(dial())
    bench.now += 31.0
    carrier, leg = bench.peers[CARRIER], bench.incoming_at(CARRIER).leg
    carrier.answer(leg, PHONE_ANSWER, bench.now)
    carrier.packets_to_send()  # nobody was there to hear it
    restart(bench)
    bench.pass_time(5)
    assert isinstance(bench.heard[CARRIER][-1], s.Ended)
    assert bench.count(e.LegEnded) == 1


# ---------------------------------------------------------------- the engine is stopped


def test_when_the_engine_stops_both_sides_of_a_call_that_is_up_get_a_bye() -> None:
    bench = Bench()
    leg = connected(bench)
    bench.telephony.hang_up_all()
    assert not bench.telephony.is_over, "nobody has answered the BYE"
    bench.travel()
    for where in (CARRIER, PHONE):
        [ended] = [x for x in bench.heard[where] if isinstance(x, s.Ended)]
        assert ended.why == "bye"
        assert "being stopped" in ended.reason_text
    ends = [x for x in bench.told if isinstance(x, e.LegEnded)]
    assert [(x.leg_id, x.cause) for x in ends] == [
        (leg, Cause.RELEASED),
        (OP_LEG, Cause.RELEASED),
    ], "the caller first, lest he be put back in the queue"
    assert not any(kind == "leg" for kind, _ in bench.written), "nothing to take over"
    assert bench.telephony.is_over


def test_when_the_engine_stops_a_caller_who_waits_gets_480_and_a_ringing_phone_cancel() -> None:
    bench = Bench()
    bench.call_in()
    bench.do(ring())
    bench.telephony.hang_up_all()
    bench.travel()
    assert [x.status for x in bench.heard[CARRIER] if isinstance(x, s.Refused)] == [480]
    assert any(isinstance(x, s.Cancelled) for x in bench.heard[PHONE])
    assert bench.telephony.is_over
    bench.telephony.hang_up_all()
    assert bench.count(e.LegEnded) == 2, "saying it again changes nothing"


def test_an_answer_that_was_not_acknowledged_waits_for_its_bye() -> None:
    bench = Bench()
    bench.acks_at_once = False
    leg = bench.call_in()
    bench.do(c.AnswerCaller(incident_id=INCIDENT, leg_id=leg))
    bench.telephony.hang_up_all()
    bench.travel()
    assert not bench.telephony.is_over
    bench.peers[CARRIER].acknowledge("employee", bench.now)
    bench.travel()
    assert any(isinstance(x, s.Ended) and x.why == "bye" for x in bench.heard[CARRIER])
    assert bench.telephony.is_over
