"""Calls to keyholders on the wire: what is dialled, heard, collected and never logged."""

import statistics
import time

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import CallId, IncidentId, LegId, TreeId
from securityline.telephony.dialling import EmergencyNumberRefused
from sip import events as s
from sip.media import protocol as m
from sip.media.protocol import Mix, Prompts
from tests.securityline.telephony.bench import (
    CARRIER,
    DID,
    INCIDENT,
    KEYHOLDER,
    OFFER,
    POLICE_LINE,
    Bench,
)

LEG = LegId("20261122-0001-t1-k1")
TREE = TreeId("20261122-0001-t1")


def called(bench: Bench, number: str = KEYHOLDER) -> None:
    """The tree dials a keyholder, and his phone is at the carrier's."""
    bench.do(
        c.DialNumber(
            incident_id=INCIDENT,
            call_id=CallId(TREE),
            leg_id=LEG,
            number=number,
            presented_number=DID,
            is_screened=True,
            hears_keys_in_band=True,
        )
    )


def picks_up(bench: Bench) -> None:
    bench.peers[CARRIER].answer(bench.incoming_at(CARRIER).leg, OFFER, bench.now)
    bench.travel()


def presses(bench: Bench, digits: str) -> None:
    for digit in digits:
        bench.telephony.take_media(m.DigitHeard(LEG, digit, 80))


def collect(bench: Bench, person: str = "ann", site: str | None = "hq") -> None:
    bench.do(
        c.CollectPin(
            incident_id=INCIDENT, leg_id=LEG, organisation="postes", person=person, site=site
        )
    )


def outcome(bench: Bench) -> str:
    return str(bench.last(e.PinChecked).outcome)


def test_the_clients_own_number_is_presented_and_the_audio_is_screened_for_machines() -> None:
    bench = Bench()
    called(bench)
    headers = bench.incoming_at(CARRIER).request.headers
    assert DID in str(headers.get("From"))
    assert DID in str(headers.get("P-Asserted-Identity"))
    picks_up(bench)
    spec = bench.media.legs[LEG]
    assert (spec.is_screened, spec.hears_keys_in_band) == (True, True)


@pytest.mark.parametrize("number", ["112", "+32112", "101", POLICE_LINE])
def test_no_emergency_service_is_dialled_by_public_number_or_by_direct_line(
    number: str,
) -> None:
    bench = Bench()
    with pytest.raises(EmergencyNumberRefused):
        called(bench, number)
    assert not [x for x in bench.heard[CARRIER] if isinstance(x, s.IncomingCall)]


def test_hints_of_a_machine_come_as_events_of_the_tree() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    bench.telephony.take_media(m.MachineSuspected(LEG, "long_greeting", 3.1))
    assert bench.last(e.MachineSuspected).evidence == "long_greeting"
    bench.telephony.take_media(m.FaxHeard(LEG))
    assert bench.last(e.MachineSuspected).evidence == "fax"
    bench.telephony.take_media(m.BeepHeard(LEG, 1000))
    assert bench.last(e.GreetingEnded).evidence == "beep"
    bench.telephony.take_media(m.GreetingEnded(LEG))
    assert bench.last(e.GreetingEnded).evidence == "silence"
    bench.telephony.take_media(m.ConversationHeard(LEG))
    assert bench.last(e.ConversationHeard).leg_id == LEG


# ---------------------------------------------------------------- late answers


def test_who_picks_up_while_the_cancel_is_under_way_is_told_and_not_cut_off() -> None:
    bench = Bench()
    called(bench)
    theirs = bench.incoming_at(CARRIER).leg
    bench.peers[CARRIER].answer(theirs, OFFER, bench.now)  # on its way when we give up
    for document in bench.telephony.orders.prepare(()):
        bench.write(document)
    bench.telephony.execute(
        c.HangUp(incident_id=INCIDENT, leg_id=LEG, is_late_answer_told=True)
    )
    bench.travel()
    assert bench.last(e.LegAnswered).leg_id == LEG
    assert not [x for x in bench.heard[CARRIER] if isinstance(x, s.Ended)]
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=LEG))
    assert bench.last(e.LegEnded).leg_id == LEG
    assert bench.media.taken == set(), "no port is left behind"


def test_without_that_wish_a_late_answer_is_hung_up_at_once() -> None:
    bench = Bench()
    called(bench)
    bench.peers[CARRIER].answer(bench.incoming_at(CARRIER).leg, OFFER, bench.now)
    bench.telephony.execute(c.HangUp(incident_id=INCIDENT, leg_id=LEG))
    bench.travel()
    assert bench.count(e.LegAnswered) == 0
    assert bench.last(e.LegEnded).leg_id == LEG


# ---------------------------------------------------------------- speech


def test_words_are_prepared_before_he_picks_up_and_played_by_their_file() -> None:
    bench = Bench()
    called(bench)
    bench.do(c.PrepareSpeech(incident_id=INCIDENT, words=("Acme, hq",), language="nl"))
    assert bench.speaker.asked == [("Acme, hq", "nl")]
    bench.speaker.spoken.add("Acme, hq")
    picks_up(bench)
    play = c.Play(
        incident_id=INCIDENT,
        leg_id=LEG,
        prompts=("keyholder_intro", "say:Acme, hq", "keyholder_menu"),
        language="nl",
        then="repeat",
    )
    bench.do(play)
    heard = bench.media.legs[LEG].source
    assert isinstance(heard, Prompts)
    assert heard.names == ("keyholder_intro", "speech/Acme, hq", "keyholder_menu")
    bench.telephony.take_media(m.PromptEnded(LEG, "speech/Acme, hq", 1.5, True))
    assert bench.last(e.PromptEnded).prompt == "say:Acme, hq"


def test_words_that_cannot_be_spoken_are_left_out_and_nobody_waits() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    bench.do(
        c.Play(
            incident_id=INCIDENT,
            leg_id=LEG,
            prompts=("keyholder_taken_by", "say:Ben"),
            language="nl",
        )
    )
    heard = bench.media.legs[LEG].source
    assert isinstance(heard, Prompts)
    assert heard.names == ("keyholder_taken_by",)
    # The flow waits for the end of its last prompt: that is the last one that has a sound.
    bench.telephony.take_media(m.PromptEnded(LEG, "keyholder_taken_by", 1.0, True))
    assert bench.last(e.PromptEnded).prompt == "say:Ben"


# ---------------------------------------------------------------- PIN


@pytest.mark.parametrize(
    ("person", "site", "digits", "expected"),
    [
        ("ann", "hq", "1357#", "good"),
        ("ann", None, "1357#", "good"),
        ("ann", "hq", "99*1357#", "good"),
        ("ann", "hq", "1358#", "duress"),
        ("ann", "hq", "0000#", "wrong"),
        ("ann", "hq", "13571357", "wrong"),
        ("ann", "hq", "#", "none"),
        ("ann", "elsewhere", "1357#", "expired"),
        ("old", "hq", "2468#", "expired"),
        ("old", "hq", "2469#", "duress"),
        ("nobody", "hq", "1357#", "wrong"),
    ],
)
def test_five_outcomes(person: str, site: str | None, digits: str, expected: str) -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    collect(bench, person, site)
    presses(bench, digits)
    assert outcome(bench) == expected


def test_the_digits_of_a_pin_reach_no_event() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    presses(bench, "1")
    collect(bench)
    presses(bench, "1357#")
    presses(bench, "5")
    assert [x.digit for x in bench.told if isinstance(x, e.DigitPressed)] == ["1", "5"]
    assert "1357" not in repr(bench.told)


def test_a_pin_is_complete_when_no_further_key_comes() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    collect(bench)
    presses(bench, "1357")
    bench.pass_time(3.9)
    assert bench.count(e.PinChecked) == 0
    bench.pass_time(0.2)
    assert outcome(bench) == "good"


def test_silence_is_an_outcome_too_and_asking_again_begins_anew() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    collect(bench)
    bench.pass_time(10)
    collect(bench)
    bench.pass_time(14)
    assert bench.count(e.PinChecked) == 0
    bench.pass_time(1.1)
    assert outcome(bench) == "none"
    assert bench.count(e.PinChecked) == 1


def test_a_pin_begun_on_a_leg_that_ends_is_forgotten() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    collect(bench)
    presses(bench, "13")
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=LEG))
    bench.pass_time(60)
    assert bench.count(e.PinChecked) == 0


@pytest.mark.parametrize(("digits", "expected"), [("1357", "good"), ("1358", "duress")])
def test_a_whole_pin_counts_although_he_hangs_up_without_a_hash(
    digits: str, expected: str
) -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    collect(bench)
    presses(bench, digits)
    bench.peers[CARRIER].hang_up(bench.incoming_at(CARRIER).leg, bench.now)
    bench.travel()
    assert outcome(bench) == expected
    kinds = [type(x) for x in bench.told]
    assert kinds.index(e.PinChecked) < kinds.index(e.LegEnded)
    bench.pass_time(60)
    assert bench.count(e.PinChecked) == 1


def test_a_pin_that_was_faster_than_the_disk_counts_after_he_has_hung_up() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    bench.telephony.exchange.awaits_pin = lambda leg_id: leg_id == LEG
    presses(bench, "1358")
    bench.peers[CARRIER].hang_up(bench.incoming_at(CARRIER).leg, bench.now)
    bench.travel()
    assert bench.last(e.LegEnded).leg_id == LEG
    collect(bench)
    assert outcome(bench) == "duress"


def test_good_and_duress_take_as_long() -> None:
    """The difference of the medians over 1,000 tries stays under 10 ms, by far."""
    took: dict[str, list[float]] = {"1357#": [], "1358#": []}
    bench = Bench()
    called(bench)
    picks_up(bench)
    for _ in range(1000):
        for digits, times in took.items():
            collect(bench)
            presses(bench, digits[:-1])
            begin = time.perf_counter()
            presses(bench, digits[-1])
            times.append(time.perf_counter() - begin)
    good, duress = (statistics.median(times) for times in took.values())
    assert abs(good - duress) < 0.010


# ---------------------------------------------------------------- three in a call, trees


def test_each_in_a_conference_hears_all_but_himself() -> None:
    bench = Bench()
    caller = bench.call_in()
    called(bench)
    picks_up(bench)
    bench.do(c.AnswerCaller(incident_id=INCIDENT, leg_id=caller))
    bench.do(c.Conference(incident_id=INCIDENT, leg_ids=(caller, LEG, LegId("gone"))))
    assert bench.media.legs[caller].source == Mix((LEG,))
    assert bench.media.legs[LEG].source == Mix((caller,))


def test_a_tree_is_planned_from_the_directory_of_the_moment() -> None:
    bench = Bench()
    bench.do(
        c.PlanCallTree(
            incident_id=INCIDENT,
            tree_id=TREE,
            organisation="postes",
            site="hq",
            call_tree="intrusion",
            asked_by="op-1",
        )
    )
    plan = bench.last(e.CallTreeRequested).plan
    assert [target.numbers for target in plan.levels[0].targets] == [(KEYHOLDER,)]
    assert plan.presented_number == DID
    assert "$" not in repr(plan), "no hash of a PIN travels"


@pytest.mark.parametrize(
    ("organisation", "tree", "why"),
    [
        ("nobody", "intrusion", "the client is not known"),
        ("postes", "fire", "the directory has no such tree"),
    ],
)
def test_a_tree_that_is_not_there_is_told(organisation: str, tree: str, why: str) -> None:
    bench = Bench()
    bench.do(
        c.PlanCallTree(
            incident_id=INCIDENT,
            tree_id=TREE,
            organisation=organisation,
            site=None,
            call_tree=tree,
        )
    )
    told = bench.last(e.CallTreeUnplanned)
    assert (told.tree_id, told.reason) == (TREE, why)


def test_keys_that_are_faster_than_the_order_to_collect_them_are_of_the_pin() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    presses(bench, "1")
    before = bench.count(e.DigitPressed)
    bench.telephony.exchange.awaits_pin = lambda leg_id: leg_id == LEG
    presses(bench, "1357#")
    assert bench.count(e.DigitPressed) == before, "no digit of it is an event"
    collect(bench)
    assert outcome(bench) == "good"
    bench.telephony.exchange.awaits_pin = lambda _leg_id: False
    presses(bench, "5")
    assert bench.last(e.DigitPressed).digit == "5"


def test_nought_alone_in_place_of_a_pin_wants_an_operator() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    collect(bench)
    presses(bench, "0#")
    checked = bench.last(e.PinChecked)
    assert (checked.outcome, checked.wants_operator) == ("none", True)


def test_an_installer_is_asked_while_the_name_of_his_site_is_spoken() -> None:
    bench = Bench()
    called(bench)
    picks_up(bench)
    bench.do(c.CollectInstallerPin(leg_id=LEG, number="1234", language="fr"))
    assert bench.speaker.asked == [], "nobody's site has that number"
    presses(bench, "1357#")
    assert (outcome(bench), bench.last(e.PinChecked).place) == ("wrong", "")
    bench.do(c.CollectInstallerPin(leg_id=LEG, number="77", language="fr"))
    assert bench.speaker.asked == [("Postes, Head office", "fr")]
    presses(bench, "1357#")
    assert (outcome(bench), bench.last(e.PinChecked).place) == ("wrong", "postes/hq")


def test_a_caller_s_leg_hears_keys_and_goes_on_in_the_case_it_is_given_to() -> None:
    bench = Bench()
    leg = bench.call_in()
    bench.do(c.AnswerCaller(leg_id=leg, hears_keys_in_band=True))
    bench.telephony.take_media(m.DigitHeard(leg, "1", 80))
    assert bench.media.legs[leg].hears_keys_in_band
    assert bench.last(e.DigitPressed).incident_id == INCIDENT
    other = IncidentId("20261122-0009")
    bench.do(c.AnswerCaller(incident_id=other, leg_id=leg))
    assert not bench.media.legs[leg].hears_keys_in_band
    bench.telephony.take_media(m.DigitHeard(leg, "1", 80))
    assert bench.last(e.DigitPressed).incident_id == other
