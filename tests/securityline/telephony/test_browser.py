"""An operator's browser as telephone, in the room where calls and media meet."""

import pytest

from callflows import commands as c
from callflows import events as e
from callflows.events import Cause, LegId, OperatorId
from securityline.telephony.browser import BROWSER_LINE, NoBrowserPhone
from securityline.telephony.takeover import Takeover
from sip.media.line import LineDown, LineUp
from sip.media.protocol import FromLeg
from tests.securityline.telephony.bench import INCIDENT, PHONE, Bench
from tests.securityline.telephony.test_telephony import OP_LEG, ring
from tests.sip.test_webrtc import CHROMIUM, DIGEST

NADIA = OperatorId("op-1")
AGAIN = LegId(f"{OP_LEG}-2")


class Page:
    """What one desk was told of its line."""

    def __init__(self, bench: Bench, *, is_up: bool = True) -> None:
        self.told: list[tuple[str, str]] = []
        self.tell = self._tell
        self.browsers = bench.telephony.exchange.browsers
        self.line, self.answer = self.browsers.connect(NADIA, CHROMIUM, self.tell)
        if is_up:
            bench.telephony.take_media(LineUp(self.line))

    def _tell(self, state: str, why: str) -> None:
        self.told.append((state, why))


def bridged(bench: Bench) -> LegId:
    """A caller and the browser talk."""
    caller = bench.call_in()
    bench.do(ring(auto=True))
    bench.pass_time(0.01)
    bench.do(
        c.AnswerCaller(incident_id=INCIDENT, leg_id=caller),
        c.Bridge(incident_id=INCIDENT, leg_id=caller, other_leg_id=OP_LEG),
    )
    return caller


# ---------------------------------------------------------------- the line


def test_an_offer_is_answered_and_its_line_ordered() -> None:
    bench = Bench()
    page = Page(bench, is_up=False)
    spec = bench.media.lines[page.line]
    assert spec.fingerprint == DIGEST.lower().replace(":", "")
    assert f"a=ice-ufrag:{spec.fragment}" in page.answer
    assert f"a=candidate:1 1 udp 2130706431 192.0.2.1 {spec.port} typ host" in page.answer
    assert "a=fingerprint:sha-256 AB:AB" in page.answer
    assert spec.password not in str(bench.written), "no secret stands in a document"


def test_an_operator_is_a_station_once_his_audio_arrives() -> None:
    bench = Bench()
    page = Page(bench, is_up=False)
    assert bench.count(e.StationUp) == 0
    bench.telephony.take_media(LineUp(page.line))
    assert bench.last(e.StationUp).operator == NADIA
    assert page.told == [("up", "")]


@pytest.mark.parametrize("why", ["silent", "closed", "fingerprint", "handshake"])
def test_a_line_that_goes_down_is_no_station_and_the_page_is_told_why(why: str) -> None:
    bench = Bench()
    page = Page(bench)
    bench.telephony.take_media(LineDown(page.line, why))  # type: ignore[arg-type]
    assert bench.last(e.StationDown).operator == NADIA
    assert page.told[-1] == ("down", why)
    is_kept = why == "silent"
    assert (page.line in bench.media.lines) == is_kept
    assert ((BROWSER_LINE, page.line) in bench.written) == is_kept


def test_a_silent_line_comes_back() -> None:
    bench = Bench()
    page = Page(bench)
    bench.telephony.take_media(LineDown(page.line, "silent"))
    bench.telephony.take_media(LineUp(page.line))
    assert bench.count(e.StationUp) == 2


def test_a_page_whose_socket_is_gone_cannot_be_rung_until_it_is_back() -> None:
    bench = Bench()
    page = Page(bench)
    page.browsers.leave(NADIA, page.tell)
    assert bench.last(e.StationDown).reason == "his desk is not connected"
    assert page.line in bench.media.lines, "a call may go by it"

    def back(state: str, why: str) -> None:
        page.told.append((state, why))

    assert page.browsers.resume(NADIA, page.line, back)
    assert bench.count(e.StationUp) == 2
    assert not page.browsers.resume(NADIA, "another", back)


def test_another_page_takes_the_phone_and_the_first_is_told() -> None:
    bench = Bench()
    first = Page(bench)
    second = Page(bench)
    assert first.told[-1] == ("down", "replaced")
    assert list(bench.media.lines) == [second.line]
    assert len(bench.media.taken) == 1
    first.browsers.leave(NADIA, first.tell)
    first.browsers.disconnect(NADIA, first.tell)
    assert list(bench.media.lines) == [second.line], "the first page has no say any more"


def test_switching_off_ends_the_line() -> None:
    bench = Bench()
    page = Page(bench)
    page.browsers.disconnect(NADIA, page.tell)
    assert bench.media.lines == {}
    assert bench.media.taken == set()
    assert bench.count(e.StationDown) == 1


def test_what_cannot_be_taken_says_why_and_costs_nothing() -> None:
    bench = Bench()
    browsers = bench.telephony.exchange.browsers
    page = Page(bench)
    for change, offer, why in (
        ("", "nonsense", "offer"),
        ("", CHROMIUM.replace("sha-256", "sha-1"), "offer"),
        ("free", CHROMIUM, "no_port"),
        ("fingerprint", CHROMIUM, "not_installed"),
    ):
        if change:
            setattr(bench.media, change, [] if change == "free" else "")
        with pytest.raises(NoBrowserPhone) as refused:
            browsers.connect(NADIA, offer, page.tell)
        assert refused.value.why == why
    assert list(bench.media.lines) == [page.line]
    assert browsers.station_of(NADIA)


# ---------------------------------------------------------------- calls


def test_a_browser_that_is_up_rings_in_the_place_of_the_phone() -> None:
    bench = Bench()
    Page(bench)
    bench.do(ring())
    bench.pass_time(0.01)
    assert bench.last(e.LegRinging).leg_id == OP_LEG
    assert bench.heard[PHONE] == []
    assert OP_LEG not in bench.media.legs, "who was not answered is not heard"


def test_without_his_browser_his_phone_rings() -> None:
    bench = Bench()
    page = Page(bench)
    bench.telephony.take_media(LineDown(page.line, "silent"))
    bench.do(ring())
    assert bench.incoming_at(PHONE)


def test_the_press_at_the_desk_answers_at_once() -> None:
    bench = Bench()
    page = Page(bench)
    caller = bridged(bench)
    assert bench.last(e.LegAnswered).leg_id == OP_LEG
    spec = bench.media.legs[OP_LEG]
    assert (spec.line_id, spec.port, spec.remote) == (page.line, 0, None)
    assert (spec.payload_type, spec.dtmf_payload_type) == (8, 126)
    assert spec.source == FromLeg(caller)
    assert bench.media.legs[caller].source == FromLeg(OP_LEG)


def test_hanging_up_ends_the_leg_and_keeps_the_line() -> None:
    bench = Bench()
    page = Page(bench)
    bridged(bench)
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=OP_LEG))
    bench.pass_time(0.01)
    assert bench.last(e.LegEnded).cause == Cause.RELEASED
    assert OP_LEG not in bench.media.legs
    assert page.line in bench.media.lines


def test_a_call_that_rings_is_taken_back() -> None:
    bench = Bench()
    Page(bench)
    bench.do(ring())
    bench.pass_time(0.01)
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=OP_LEG, is_late_answer_told=True))
    bench.pass_time(0.01)
    assert bench.last(e.LegEnded).leg_id == OP_LEG
    assert bench.count(e.LegAnswered) == 0


def test_a_line_that_went_while_the_order_was_written_is_unreachable() -> None:
    bench = Bench()
    page = Page(bench)
    command = ring()
    bench.telephony.orders.prepare([command])
    bench.telephony.take_media(LineDown(page.line, "silent"))
    bench.telephony.execute(command)
    bench.pass_time(0.01)
    assert bench.last(e.LegEnded).cause == Cause.UNREACHABLE


@pytest.mark.parametrize("has_said_goodbye", [True, False])
def test_a_page_loaded_again_in_mid_call_has_it_on_its_new_line(
    has_said_goodbye: bool,
) -> None:
    bench = Bench()
    page = Page(bench)
    caller = bridged(bench)
    page.browsers.leave(NADIA, page.tell)
    if has_said_goodbye:
        bench.telephony.take_media(LineDown(page.line, "closed"))
    new = Page(bench)
    assert bench.media.legs[OP_LEG].line_id == new.line
    assert bench.media.legs[OP_LEG].source == FromLeg(caller)
    assert bench.count(e.LegEnded) == 0


# ---------------------------------------------------------------- after a crash


def crashed(bench: Bench) -> tuple[list[LegId], Bench]:
    """Another engine on the same papers and the same media process."""
    papers = list(bench.written.values())
    carried, lines = dict(bench.media.legs), dict(bench.media.lines)
    bench.told.clear()
    bench.telephony = bench.build()
    exchange = bench.telephony.exchange
    exchange.browsers.adopt([d for d in papers if d.kind == BROWSER_LINE], lines)
    takeover = Takeover(exchange, bench.telephony.dialling, carried)
    return list(takeover.adopt([d for d in papers if d.kind == "leg"])), bench


def test_the_next_engine_goes_on_with_line_and_call() -> None:
    bench = Bench()
    page = Page(bench)
    bridged(bench)
    survivors, _ = crashed(bench)
    assert OP_LEG in survivors
    assert bench.media.legs[OP_LEG].line_id == page.line
    browsers = bench.telephony.exchange.browsers
    assert browsers.station_of(NADIA) is None, "nobody would see it ring"
    assert browsers.resume(NADIA, page.line, page.tell)
    assert browsers.station_of(NADIA)
    bench.do(c.HangUp(incident_id=INCIDENT, leg_id=OP_LEG))
    bench.pass_time(0.01)
    assert bench.last(e.LegEnded).leg_id == OP_LEG


def test_a_call_whose_line_is_gone_does_not_survive() -> None:
    bench = Bench()
    Page(bench)
    bridged(bench)
    bench.media.lines.clear()
    survivors, _ = crashed(bench)
    assert OP_LEG not in survivors
    assert not [kind for kind, _ in bench.written if kind == BROWSER_LINE]


def test_a_line_that_nobody_knows_is_dropped() -> None:
    bench = Bench()
    page = Page(bench)
    bench.written.pop((BROWSER_LINE, page.line))
    crashed(bench)
    assert bench.media.lines == {}
