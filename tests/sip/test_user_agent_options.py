"""OPTIONS both ways, and what is answered outside calls."""

from __future__ import annotations

import pytest

from sip.events import CallRefused, OptionsAnswered
from sip.uri import Uri
from tests.sip.far_end import Caller, only, reply
from tests.sip.pretend import CARRIER, US, Alone, make_settings, methods, responses, statuses

TARGET = Uri.parse("sip:198.51.100.1:5060")


@pytest.fixture
def us() -> Alone:
    return Alone()


def test_a_trunk_learns_what_we_can_do(us: Alone) -> None:
    (response,) = responses(us.take(Caller().write("OPTIONS")))
    assert response.status == 200
    assert response.to.tag
    assert {"INVITE", "UPDATE", "PRACK", "INFO"} <= set(response.allow)
    assert "REFER" not in response.allow
    assert response.headers.get("Accept") == "application/sdp"
    assert us.agent.transactions == 0


def test_the_same_options_gets_the_same_answer(us: Alone) -> None:
    text = Caller().write("OPTIONS")
    assert us.take(text) == us.take(text)


@pytest.mark.parametrize("status", [200, 404, 405, 503])
def test_any_answer_to_ours_is_told_once(us: Alone, status: int) -> None:
    us.agent.options(CARRIER, TARGET, us.now, "probe-1")
    request = only(us.flush())
    assert (request.method, str(request.uri)) == ("OPTIONS", str(TARGET))
    us.take(reply(request, 100, None))
    us.take(reply(request, status))
    us.take(reply(request, status))
    assert us.got(OptionsAnswered) == [OptionsAnswered("probe-1", status)]


def test_silence_is_told_after_32_seconds(us: Alone) -> None:
    us.agent.options(CARRIER, TARGET, us.now, "probe-1")
    us.wait(31.9)
    assert us.events == []
    us.wait(0.2)
    assert us.got(OptionsAnswered) == [OptionsAnswered("probe-1", None)]


def test_a_broken_connection_is_told_at_once(us: Alone) -> None:
    destination = CARRIER._replace(transport="tcp")
    us.agent.options(destination, TARGET, us.now, "probe-1")
    us.flush()
    us.agent.connection_lost(destination, us.now)
    us.collect()
    assert us.got(OptionsAnswered) == [OptionsAnswered("probe-1", None)]


def test_a_transport_we_do_not_have_is_told_at_once() -> None:
    us = Alone(make_settings(listen=(US,)))
    us.agent.options(CARRIER._replace(transport="tcp"), TARGET, us.now, "probe-1")
    us.flush()
    assert us.got(OptionsAnswered) == [OptionsAnswered("probe-1", None)]


def test_two_probes_at_once_are_two(us: Alone) -> None:
    us.agent.options(CARRIER, TARGET, us.now, "a")
    us.agent.options(CARRIER, TARGET, us.now, "b")
    assert methods(us.flush()) == ["OPTIONS"] * 2
    assert us.agent.transactions == 2


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("REFER", 405),
        ("MESSAGE", 405),
        ("PUBLISH", 405),
        ("REGISTER", 405),
        ("SUBSCRIBE", 489),
        ("NOTIFY", 489),
        ("BYE", 481),
        ("INFO", 481),
        ("UPDATE", 481),
        ("PRACK", 481),
        ("FOO", 501),
        ("invite", 501),
    ],
)
def test_what_we_do_not_serve(us: Alone, method: str, status: int) -> None:
    (response,) = responses(us.take(Caller().write(method)))
    assert response.status == status
    assert ("Allow" in response.headers) is (status in (405, 501))
    assert (us.agent.transactions, us.events) == (0, [])


@pytest.mark.parametrize(
    ("changes", "status", "header"),
    [
        ({"uri": "http://example"}, 416, None),
        ({"headers": "Require: foo, timer"}, 420, ("Unsupported", "foo")),
        ({"headers": "Content-Encoding: gzip"}, 415, ("Accept-Encoding", "identity")),
        (
            {"sdp": "<x/>", "content_type": "application/xml"},
            415,
            ("Accept", "application/sdp"),
        ),
        ({"headers": "Accept: text/plain"}, 406, None),
        ({"headers": "Session-Expires: 1\nSupported: timer"}, 422, ("Min-SE", "90")),
        ({"headers": "Session-Expires: x"}, 400, None),
        ({"headers": "Max-Forwards: 300"}, 400, None),
        ({"headers": "Record-Route: <sip:"}, 400, None),
        ({"sdp": "x", "content_type": "multipart/mixed"}, 400, None),
    ],
)
def test_calls_that_cannot_be_taken_are_told_why(
    us: Alone, changes: dict[str, str], status: int, header: tuple[str, str] | None
) -> None:
    (response,) = responses(us.take(Caller().write("INVITE", **changes)))
    assert response.status == status
    if header is not None:
        assert response.headers.get(header[0]) == header[1]
    assert (us.agent.calls, us.agent.transactions) == (0, 0)
    assert [event.status for event in us.got(CallRefused)] == [status][: status != 422]


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": "Accept: application/*"},
        {"headers": "Accept: text/plain, */*;q=0.1"},
        {"headers": "Accept: application/SDP;level=1"},
        {"headers": "Content-Encoding: identity"},
        {
            "sdp": "<x/>",
            "content_type": "application/xml",
            "headers": "Content-Disposition: alert; handling = optional",
        },
        {"uri": "tel:+3222001234"},
        {"headers": "Require: timer, 100rel"},
        {"headers": "Proxy-Require: foo"},
    ],
)
def test_calls_that_only_look_odd_are_taken(us: Alone, changes: dict[str, str]) -> None:
    assert statuses(us.take(Caller().write("INVITE", **changes))) == [100]
    assert us.agent.calls == 1


def test_the_same_call_by_two_ways_is_one_call(us: Alone) -> None:
    """A proxy before us forked it, and both branches lead here (section 8.2.2.2)."""
    assert statuses(us.take(Caller().write("INVITE", branch="one"))) == [100]
    assert statuses(us.take(Caller().write("INVITE", branch="two"))) == [482]
    assert us.agent.calls == 1


def test_the_sockets_are_known_once_they_are_bound(us: Alone) -> None:
    real = US._replace(port=40123)
    us.agent.listen_on([real])
    us.agent.options(CARRIER, TARGET, us.now, "a")
    (packet,) = us.flush()
    assert packet.local == real
    assert only([packet]).top_via.port == 40123
