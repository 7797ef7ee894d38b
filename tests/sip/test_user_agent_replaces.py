"""An INVITE that names another call to step into (Replaces, RFC 3891) steps into none.

We do not support it and do not say that we do. Who requires it is told so (420, RFC 3261
section 8.2.2.3); who only asks for it has placed an ordinary call, as RFC 3891 section 3
foresees. Whoever knows the names of a dialog has, with that, no hold on it.
"""

from __future__ import annotations

import pytest

from sip.endpoint import Endpoint
from sip.events import Ended, IncomingCall
from sip.message import Request, Response
from tests.sip.far_end import Caller, connected, leg_of, only, placed, reply, talking
from tests.sip.pretend import ANSWER, CARRIER, OFFER, Alone, make_settings, responses, statuses
from tests.sip.test_user_agent_strangers import PHONE, make_digest, phone, sign

OTHER_CARRIER = Endpoint("udp", "198.51.100.9", 5060)
FLAGS = ("", ";early-only")


def names(call_id: str, local_tag: str | None, remote_tag: str | None, flag: str = "") -> str:
    """The header that means a dialog of ours: its tags are seen from our side."""
    return f"Replaces: {call_id};to-tag={local_tag};from-tag={remote_tag}{flag}"


def of_caller(caller: Caller, flag: str = "") -> str:
    tag = caller.to.partition(";tag=")[2]
    assert tag
    return names(caller.call_id, tag, caller.tag, flag)


@pytest.fixture
def us() -> Alone:
    return Alone(make_settings(CARRIER._replace(host="192.0.2.1"), CARRIER, OTHER_CARRIER))


def other_caller(source: Endpoint = CARRIER) -> Caller:
    return Caller(source, call_id="second", tag="z9")


def goes_on(us: Alone, caller: Caller) -> bool:
    """Whether the call is there as before: its own far end can still hang it up."""
    assert us.got(Ended) == []
    return statuses(us.take(caller.again("BYE"), caller.source)) == [200]


@pytest.mark.parametrize("source", [CARRIER, OTHER_CARRIER])
@pytest.mark.parametrize("flag", FLAGS)
def test_a_carrier_that_asks_for_it_has_placed_a_call_like_any_other(
    us: Alone, source: Endpoint, flag: str
) -> None:
    leg, caller = talking(us)
    second = other_caller(source)
    header = of_caller(caller, flag) + "\nSupported: replaces"
    assert statuses(us.take(second.write("INVITE", sdp=OFFER, headers=header), source)) == [100]
    assert [one.leg for one in us.got(IncomingCall)] == [leg, leg_of(us)]
    assert leg_of(us) != leg
    us.agent.answer(leg_of(us), ANSWER, us.now)
    answer = second.learn(us.flush())
    assert answer.status == 200
    assert "replaces" not in answer.supported
    us.take(second.ack(), source)
    assert us.agent.calls == 2
    assert goes_on(us, caller)


@pytest.mark.parametrize("source", [CARRIER, OTHER_CARRIER])
def test_a_carrier_that_requires_it_is_told_what_we_cannot_do(
    us: Alone, source: Endpoint
) -> None:
    leg, caller = talking(us)
    second = other_caller(source)
    header = of_caller(caller) + "\nRequire: replaces"
    (refusal,) = responses(us.take(second.write("INVITE", sdp=OFFER, headers=header), source))
    assert (refusal.status, refusal.headers.get("Unsupported")) == (420, "replaces")
    assert [one.leg for one in us.got(IncomingCall)] == [leg]
    assert goes_on(us, caller)


def test_a_call_that_still_rings_is_not_stepped_into_either(us: Alone) -> None:
    caller = Caller()
    us.take(caller.invite())
    leg = leg_of(us)
    us.agent.ring(leg, us.now)
    caller.learn(us.flush())
    second = other_caller()
    us.take(second.write("INVITE", sdp=OFFER, headers=of_caller(caller, ";early-only")))
    assert leg_of(us) != leg
    assert us.got(Ended) == []
    us.agent.answer(leg, ANSWER, us.now)
    assert 200 in statuses(us.flush())


def test_a_call_that_we_placed_is_not_stepped_into(us: Alone) -> None:
    """As a carrier might that would move a keyholder, or the police, to another line."""
    invite = connected(us)
    second = other_caller()
    us.take(
        second.write("INVITE", sdp=OFFER, headers=names(invite.call_id, invite.from_.tag, "b1"))
    )
    assert us.got(Ended) == []
    us.agent.hang_up("out", us.now)
    assert only(us.flush()).method == "BYE"


def test_a_name_of_no_call_and_a_broken_one_are_no_reason_to_refuse_who_calls(
    us: Alone,
) -> None:
    """Our duty is to answer: a header that we do not read harms nobody."""
    for number, value in enumerate(("nobody;to-tag=1;from-tag=2", ";;;", "a, b", "")):
        caller = Caller(call_id=f"call-{number}")
        assert statuses(
            us.take(
                caller.write(
                    "INVITE", branch=f"n{number}", sdp=OFFER, headers=f"Replaces: {value}"
                )
            )
        ) == [100]
    assert len(us.got(IncomingCall)) == 4


def test_inside_a_call_it_changes_nothing(us: Alone) -> None:
    _, caller = talking(us)
    leg = leg_of(us)
    other = other_caller()
    us.take(other.write("INVITE", sdp=OFFER))
    us.agent.answer(leg_of(us), ANSWER, us.now)
    other.learn(us.flush())
    us.take(other.ack())
    assert statuses(us.take(other.again("UPDATE", headers=of_caller(caller)))) == [200]
    assert us.got(Ended) == []
    assert [one.leg for one in us.got(IncomingCall)] == [leg, leg_of(us)]
    assert goes_on(us, caller)


# ---------------------------------------------------------------- phones and strangers


@pytest.fixture
def house() -> Alone:
    return Alone(digest=make_digest())


@pytest.mark.parametrize("require", ["", "\nRequire: replaces"])
def test_a_stranger_who_names_a_call_is_challenged_like_any_other(
    house: Alone, require: str
) -> None:
    leg, caller = talking(house)
    stranger = phone()
    header = of_caller(caller) + require
    assert statuses(house.take(stranger.invite(headers=header), PHONE)) == [401]
    assert [one.leg for one in house.got(IncomingCall)] == [leg]
    assert goes_on(house, caller)


def test_an_operator_s_phone_that_requires_it_is_told_what_we_cannot_do(house: Alone) -> None:
    leg, caller = talking(house)
    refusal = signed_in_invite(house, of_caller(caller) + "\nRequire: replaces")
    assert (refusal.status, refusal.headers.get("Unsupported")) == (420, "replaces")
    assert [one.leg for one in house.got(IncomingCall)] == [leg]
    assert goes_on(house, caller)


def test_an_operator_s_phone_that_asks_for_it_has_placed_a_call_like_any_other(
    house: Alone,
) -> None:
    leg, caller = talking(house)
    assert signed_in_invite(house, of_caller(caller)).status == 100
    assert leg_of(house) != leg
    assert house.last(IncomingCall).peer == ("phone", "op1")
    assert goes_on(house, caller)


def signed_in_invite(house: Alone, headers: str) -> Response:
    """Return the first answer to an operator's INVITE with the right password."""
    mine = phone()
    line = sign(house.take(mine.invite(headers=headers), PHONE), "INVITE", mine.uri)
    house.take(mine.ack(), PHONE)
    mine.cseq += 1
    again = mine.write("INVITE", branch="again", sdp=ANSWER, headers=f"{headers}\n{line}")
    return responses(house.take(again, PHONE))[0]


# ---------------------------------------------------------------- what we say of ourselves


def test_we_promise_it_nowhere(us: Alone) -> None:
    invite: Request = placed(us)
    assert "replaces" not in invite.supported
    us.take(reply(invite, 486))
    (options,) = responses(us.take(Caller(call_id="o").write("OPTIONS")))
    assert "replaces" not in options.supported
