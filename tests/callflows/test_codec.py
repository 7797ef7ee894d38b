"""Everything that stands in the logbook comes back as what it was, also from old logs."""

import dataclasses
import functools
import json
import typing
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflows import codec, commands
from callflows import events as e
from callflows.codec import NAMES, UnknownName, decode, encode, from_plain, kind_of, to_plain
from callflows.commands import Command, Play
from callflows.events import Cause, Event, Fact
from client_directory.model import Answer, Procedure, Step

TEXT = st.text(max_size=8)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
}


@functools.cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of this type may hold."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if hint is Cause:
        return st.sampled_from(Cause)
    if dataclasses.is_dataclass(hint):
        return instances(hint)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    if origin is Mapping:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    return st.one_of(*map(values, arguments))


@functools.cache
def instances(kind: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{f.name: values(hints[f.name]) for f in dataclasses.fields(kind)})


def check_json(value: Any) -> None:
    """Only what JSON knows, to the innermost value."""
    assert type(value) in (str, int, float, bool, type(None), list, dict), type(value)
    for part in value.values() if isinstance(value, dict) else ():
        check_json(part)
    for part in value if isinstance(value, list) else ():
        check_json(part)


@pytest.mark.parametrize("name", sorted(NAMES))
@settings(max_examples=40)  # of each of the kinds of line, which are many
@given(st.data())
def test_everything_comes_back_from_json_as_it_was(name: str, data: st.DataObject) -> None:
    said = data.draw(instances(NAMES[name]))
    plain = encode(said)
    check_json(plain)
    assert decode(name, json.loads(json.dumps(plain))) == said
    assert set(plain) == {f.name for f in dataclasses.fields(said)}


def test_every_class_is_known_and_the_bases_are_not() -> None:
    assert {"CallOffered", "OperatorChosen", "RingOperator"} <= set(NAMES)
    assert not {"Event", "Fact", "Command", "Cause", "Identification"} & set(NAMES)
    assert sum(issubclass(kind, Event) for kind in NAMES.values()) >= 30


def test_the_three_kinds_of_line() -> None:
    assert kind_of(e.EngineDraining()) == "event"
    assert kind_of(e.Ignored(event="x", state="y")) == "fact"
    assert kind_of(commands.AnswerCaller(leg_id=e.LegId("x"))) == "command"
    for kind in NAMES.values():
        assert sum(issubclass(kind, base) for base in (Event, Fact, Command)) == 1


def test_what_a_line_looks_like() -> None:
    play = Play(leg_id=e.LegId("a"), prompts=("one", "two"), language="fr", then="repeat")
    assert encode(play) == {
        "incident_id": "",
        "leg_id": "a",
        "prompts": ["one", "two"],
        "language": "fr",
        "then": "repeat",
    }
    ended = e.LegEnded(leg_id=e.LegId("a"), cause=Cause.BUSY)
    assert type(encode(ended)["cause"]) is str


def test_a_line_of_an_event_without_fields_of_its_own() -> None:
    assert encode(e.EngineDraining(incident_id=e.IncidentId("i"))) == {"incident_id": "i"}
    assert decode("EngineDraining", {}) == e.EngineDraining()


def test_a_class_with_no_fields_or_one() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    @dataclasses.dataclass(frozen=True, slots=True)
    class One:
        names: tuple[str, ...]

    assert to_plain(Nothing()) == {}
    assert to_plain(One(("a",))) == {"names": ["a"]}
    assert from_plain(One, {"names": ["a"]}) == One(("a",))


# ---------------------------------------------------------------- consignes


def consigne(name: str) -> Procedure:
    return Procedure(
        procedure=name,
        version=1,
        incident_kinds=("a",),
        title={"fr": "T"},
        urgency=2,
        steps=(
            Step(step="a", answers=(Answer(answer="yes", go_to="b"),)),
            Step(step="b", answers="free_text"),
        ),
        hold_time=45.0,
    )


def offer(procedure: Procedure | None) -> e.CallOffered:
    return e.CallOffered(
        call_id=e.CallId("c"), leg_id=e.LegId("l"), did="+32", procedure=procedure
    )


def test_a_consigne_is_encoded_once_for_as_long_as_it_lives() -> None:
    procedure = consigne("x")
    first = encode(offer(procedure))["procedure"]
    assert encode(offer(procedure))["procedure"] is first
    twin = encode(offer(consigne("x")))["procedure"]
    assert twin == first
    assert twin is not first
    assert encode(offer(procedure))["procedure"] is first, "others do not push it out"


def test_the_consignes_kept_are_bounded_and_never_mixed_up() -> None:
    for number in range(codec.PROCEDURES_KEPT + 10):
        plain = encode(offer(consigne(f"p{number}")))
        assert plain["procedure"]["procedure"] == f"p{number}"
    assert len(codec._procedures) <= codec.PROCEDURES_KEPT


def test_a_consigne_that_many_lines_carry_is_read_once() -> None:
    plain = json.dumps(encode(offer(consigne("read once"))))
    one, other = (decode("CallOffered", json.loads(plain)).procedure for _ in range(2))
    assert one is other
    changed = plain.replace('"fr": "T"', '"fr": "Another"')
    assert decode("CallOffered", json.loads(changed)).procedure.title == {"fr": "Another"}


def test_the_consignes_that_were_read_are_bounded_and_never_mixed_up() -> None:
    for number in range(codec.PROCEDURES_KEPT + 10):
        event = offer(consigne(f"r{number}"))
        assert decode("CallOffered", json.loads(json.dumps(encode(event)))) == event
    assert len(codec._read_procedures) <= codec.PROCEDURES_KEPT


def test_answers_are_a_list_or_the_words_free_text() -> None:
    plain = encode(offer(consigne("x")))["procedure"]
    assert plain["steps"][0]["answers"][0]["answer"] == "yes"
    assert plain["steps"][1]["answers"] == "free_text"
    assert decode("CallOffered", encode(offer(consigne("x")))).procedure == consigne("x")


# ---------------------------------------------------------------- other versions' logs


def test_what_a_later_version_added_is_dropped() -> None:
    assert decode("LegRinging", {"leg_id": "a", "colour": "red"}) == e.LegRinging(
        leg_id=e.LegId("a")
    )


def test_what_an_earlier_version_did_not_have_takes_its_default() -> None:
    event = decode("CallOffered", {"call_id": "c", "leg_id": "l", "did": "+32"})
    assert event == e.CallOffered(call_id=e.CallId("c"), leg_id=e.LegId("l"), did="+32")


def test_a_name_nobody_knows() -> None:
    with pytest.raises(UnknownName, match="Unheard"):
        decode("Unheard", {})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("LegRinging", {}),
        ("LegRinging", {"leg_id": 1}),
        ("LegEnded", {"leg_id": "a", "cause": "no such cause"}),
        ("LegEnded", {"leg_id": "a", "cause": "busy", "sip_status": "486"}),
        (
            "PromptEnded",
            {"leg_id": "a", "prompt": "p", "played_time": True, "is_complete": True},
        ),
        ("PromptEnded", {"leg_id": "a", "prompt": "p", "played_time": 1.0, "is_complete": 1}),
        ("EngineStarted", {"version": "1", "surviving_legs": "abc"}),
        ("EngineStarted", {"version": "1", "surviving_legs": [1]}),
        ("OperatorSignedIn", {"operator": "a", "name": "A", "languages": [], "clearances": []}),
        (
            "OperatorSignedIn",
            {"operator": "a", "name": "A", "languages": {}, "clearances": ["x"]},
        ),
        ("CallOffered", {"call_id": "c", "leg_id": "l", "did": "+32", "location": [1.0, 2.0]}),
        ("CallOffered", {"call_id": "c", "leg_id": "l", "did": "+32", "procedure": "text"}),
        ("CallOffered", {"call_id": "c", "leg_id": "l", "did": "+32", "identification": []}),
        ("LegRinging", "text"),
        ("LegRinging", None),
    ],
)
def test_what_does_not_fit_is_refused_and_the_class_named(name: str, data: Any) -> None:
    with pytest.raises(ValueError, match=name):
        decode(name, data)


def test_a_whole_number_is_a_fine_number_of_seconds() -> None:
    event = decode("MediaRestarted", {"gap_time": 2})
    assert event == e.MediaRestarted(gap_time=2)


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXT, st.lists, max_leaves=4))
def test_rubbish_is_refused_with_nothing_but_a_value_error(data: Any) -> None:
    for name in ("CallOffered", "LegEnded", "KindChosen"):
        with pytest.raises(ValueError, match=name):
            decode(name, {"leg_id": data, "incident_id": data, "operator": data})
