import json
from dataclasses import fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media import protocol, wire
from sip.media.line import LineSpec
from sip.media.protocol import (
    FromLeg,
    LegSpec,
    MediaReport,
    Mix,
    PromptEnded,
    Prompts,
    RecordingEnded,
    RecordingSpec,
    Silence,
    Source,
    Tone,
)

SOURCES: list[Source] = [
    Silence(),
    Tone("hold_music"),
    Prompts(("recording_notice", "please_hold"), "fr", "repeat", 3),
    FromLeg("leg-2"),
    Mix(("leg-2", "leg-3")),
    Mix(()),
]
LEG = LegSpec(
    leg_id="leg-1",
    call_id="call-1",
    port=20_000,
    remote=("192.0.2.1", 4000),
    also_from=("198.51.100.1",),
    payload_type=0,
    dtmf_payload_type=101,
    can_send=False,
    can_receive=True,
    is_expected_to_speak=False,
    hears_keys_in_band=True,
    is_screened=True,
)


def over_the_wire(plain: dict[str, Any]) -> dict[str, Any]:
    line = wire.to_line(plain)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return wire.from_line(line)


@pytest.mark.parametrize("source", SOURCES, ids=repr)
def test_a_leg_with_any_source_survives_the_wire(source: Source) -> None:
    spec = LegSpec(**{**wire._plain(LEG), "source": source})
    assert wire.leg_from_plain(over_the_wire(wire.leg_to_plain(spec))) == spec


def test_the_least_a_leg_can_be_survives_the_wire() -> None:
    spec = LegSpec(leg_id="a", call_id="b", port=1)
    assert wire.leg_from_plain(over_the_wire(wire.leg_to_plain(spec))) == spec


def test_a_recording_survives_the_wire() -> None:
    spec = RecordingSpec(recording_id="r", call_id="c", path="/x/y.wav", caller_leg="l")
    assert wire.recording_from_plain(over_the_wire(wire.recording_to_plain(spec))) == spec


def example(cls: Any) -> Any:
    values: dict[str, Any] = {
        "str": "text",
        "int": 7,
        "float": 1.5,
        "bool": True,
        "Side": "both",
    }
    made = {
        field.name: values.get(str(field.type), {"leg": {"lost": 2.0}}) for field in fields(cls)
    }
    return cls(**made)


@pytest.mark.parametrize("cls", get_args(protocol.WireEvent), ids=lambda cls: cls.__name__)
def test_every_event_survives_the_wire(cls: Any) -> None:
    event = example(cls)
    assert wire.event_from_plain(over_the_wire(wire.event_to_plain(event))) == event


def test_every_event_is_known_to_the_wire() -> None:
    assert set(wire._EVENTS.values()) == set(get_args(protocol.WireEvent))


def test_an_event_that_is_not_known_here_is_left_out() -> None:
    assert wire.event_from_plain({"what": "ModemHeard", "leg_id": "x"}) is None


def test_an_event_with_other_fields_is_refused() -> None:
    with pytest.raises(wire.ProtocolError):
        wire.event_from_plain({"what": "AudioLost", "leg": "x"})


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"nonsense", b"[]", b'"leg"', b"\xff\xfe", b"[" * 60_000, b'{"do":'],
    ids=lambda line: repr(line[:10]),
)
def test_a_line_without_sense_is_refused(line: bytes) -> None:
    with pytest.raises(wire.ProtocolError):
        wire.from_line(line)


@pytest.mark.parametrize(
    "change",
    [
        {"port": 0},
        {"port": 65_536},
        {"port": "x"},
        {"remote": ["192.0.2.1"]},
        {"remote": ["192.0.2.1", 0]},
        {"remote": ["192.0.2.1", 70_000]},
        {"remote": "192.0.2.1:4000"},
        {"also_from": 5},
        {"payload_type": 3},
        {"dtmf_payload_type": 128},
        {"dtmf_payload_type": -1},
        {"hears_keys_in_band": 1},
        {"is_screened": "no"},
        {"source": ["mix", "leg-2"]},
        {"source": ["mix", [2]]},
        {"source": None},
        {"source": []},
        {"source": ["tone", "siren"]},
        {"source": ["prompts", [], "fr", "silence", 0]},
        {"source": ["prompts", [1], "fr", "silence", 0]},
        {"source": ["prompts", ["a"], "fr", "explode", 0]},
        {"source": ["leg"]},
        {"colour": "red"},
    ],
    ids=repr,
)
def test_a_leg_out_of_range_is_refused(change: dict[str, Any]) -> None:
    plain = json.loads(json.dumps(wire.leg_to_plain(LEG)))
    with pytest.raises(wire.ProtocolError):
        wire.leg_from_plain({**plain, **change})


@pytest.mark.parametrize("missing", ["leg_id", "call_id", "port", "source"])
def test_a_leg_with_something_missing_is_refused(missing: str) -> None:
    plain = wire.leg_to_plain(LEG)
    del plain[missing]
    with pytest.raises(wire.ProtocolError):
        wire.leg_from_plain(plain)


@pytest.mark.parametrize("change", [{"path": 5}, {"extra": "x"}, {"path": None}], ids=repr)
def test_a_recording_out_of_range_is_refused(change: dict[str, Any]) -> None:
    spec = RecordingSpec(recording_id="r", call_id="c", path="p", caller_leg="l")
    with pytest.raises(wire.ProtocolError):
        wire.recording_from_plain({**wire.recording_to_plain(spec), **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([each.name for each in fields(LegSpec)]), JSON))
def test_any_object_is_a_leg_or_refused(plain: dict[str, Any]) -> None:
    try:
        assert isinstance(wire.leg_from_plain(plain), LegSpec)
    except wire.ProtocolError:
        return


LINE = LineSpec(
    line_id="op-1-ab",
    port=20_000,
    fragment="abcdef",
    password="0" * 48,
    hash_algorithm="sha-256",
    fingerprint="ab" * 32,
)


def test_a_line_survives_the_wire() -> None:
    assert wire.line_from_plain(over_the_wire(wire.line_to_plain(LINE))) == LINE


@pytest.mark.parametrize(
    "change", [{"port": 0}, {"port": "20000"}, {"password": None}, {"more": "x"}]
)
def test_what_is_no_line_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(wire.ProtocolError):
        wire.line_from_plain({**wire.line_to_plain(LINE), **change})


def test_only_a_leg_of_a_line_has_no_port() -> None:
    spec = LegSpec(leg_id="a", call_id="c", port=0, line_id="op-1-ab")
    assert wire.leg_from_plain(over_the_wire(wire.leg_to_plain(spec))) == spec
    for change in ({"line_id": None}, {"line_id": ""}, {"line_id": 7}):
        with pytest.raises(wire.ProtocolError):
            wire.leg_from_plain({**wire.leg_to_plain(spec), **change})


def test_text_stays_text() -> None:
    event = PromptEnded("légère\n\u2028", "x", 1.0, False)
    assert wire.event_from_plain(over_the_wire(wire.event_to_plain(event))) == event


def test_reports_and_endings_keep_their_numbers() -> None:
    ended = RecordingEnded("r", "c", 12.5, "ab" * 32, {"leg": {"lost": 1, "jitter_ms": 0.5}})
    assert wire.event_from_plain(over_the_wire(wire.event_to_plain(ended))) == ended
    report = MediaReport(1, "fifo", 2, 3, 4, 5, 6, 7, 8, 9.5, 10, 11)
    assert wire.event_from_plain(over_the_wire(wire.event_to_plain(report))) == report
