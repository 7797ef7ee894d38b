"""A call that is taken back while it rings, and may be answered in that very moment."""

from __future__ import annotations

import pytest

from sip.events import Answered, Ended, Refused
from tests.sip.far_end import connected, only, placed, reply
from tests.sip.pretend import ANSWER, Alone, methods

REASON = 'SIP;cause=200;text="Call completed elsewhere"'


@pytest.fixture
def us() -> Alone:
    return Alone()


def test_it_is_cancelled_and_its_end_is_what_the_far_end_says(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180))
    us.agent.withdraw("out", us.now, REASON)
    cancel = only(us.flush())
    assert cancel.method == "CANCEL"
    assert cancel.headers.get("Reason") == REASON
    assert us.got(Ended) == [], "nobody knows yet how it ends"
    us.take(reply(cancel, 200))
    assert methods(us.take(reply(invite, 487))) == ["ACK"]
    assert us.last(Refused).status == 487


def test_the_cancel_waits_for_a_provisional_response_and_goes_once(us: Alone) -> None:
    invite = placed(us)
    us.agent.withdraw("out", us.now)
    assert us.flush() == []
    assert methods(us.take(reply(invite, 100, None))) == ["CANCEL"]
    assert us.take(reply(invite, 180)) == []
    us.agent.withdraw("out", us.now)
    assert us.flush() == []


def test_an_answer_that_crosses_the_cancel_is_told_and_can_be_taken_up(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180))
    us.agent.withdraw("out", us.now)
    us.flush()
    assert us.take(reply(invite, 200, sdp=ANSWER)) == []
    assert us.last(Answered).leg == "out"
    us.agent.acknowledge("out", us.now)
    assert methods(us.flush()) == ["ACK"]
    us.agent.hang_up("out", us.now)
    assert methods(us.flush()) == ["BYE"]


def test_a_far_end_that_says_nothing_more_ends_it_all_the_same(us: Alone) -> None:
    us.take(reply(placed(us), 180))
    us.agent.withdraw("out", us.now)
    us.flush()
    us.wait(65)
    assert us.last(Ended).why == "timeout"
    assert (us.agent.calls, us.agent.transactions) == (0, 0)


def test_it_does_nothing_to_a_call_that_is_up_over_or_unknown(us: Alone) -> None:
    connected(us)
    us.agent.withdraw("out", us.now)
    us.agent.withdraw("nobody's", us.now)
    assert us.flush() == []
    us.agent.hang_up("out", us.now)
    us.flush()
    us.agent.withdraw("out", us.now)
    assert us.flush() == []


def test_hanging_up_after_all_tells_the_end_at_once(us: Alone) -> None:
    invite = placed(us)
    us.take(reply(invite, 180))
    us.agent.withdraw("out", us.now)
    us.flush()
    us.agent.hang_up("out", us.now)
    us.flush()
    assert us.last(Ended).why == "local"
    assert methods(us.take(reply(invite, 200, sdp=ANSWER))) == ["ACK", "BYE"]


def test_a_reason_of_two_lines_is_refused(us: Alone) -> None:
    us.take(reply(placed(us), 180))
    with pytest.raises(ValueError, match="line"):
        us.agent.withdraw("out", us.now, "x\r\ny")
    assert us.flush() == []
