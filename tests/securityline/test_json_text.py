"""JSON as Python's own encoder writes it, letter by letter: hashes are made of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.json_text import json_writer

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.integers() | st.booleans() | st.none(), inner)
    ),
    max_leaves=20,
)


def as_python_writes(value: object, *, is_ascii: bool) -> str:
    return json.dumps(value, ensure_ascii=is_ascii, separators=(",", ":"), default=str)


@given(VALUES, st.booleans())
def test_every_value_is_written_as_python_writes_it(value: object, is_ascii: bool) -> None:
    write = json_writer(is_ascii=is_ascii, default=str)
    assert write(value) == as_python_writes(value, is_ascii=is_ascii)


@given(VALUES)
def test_so_it_is_by_an_interpreter_without_the_c_part(value: object) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("json.encoder.c_make_encoder", None)
        write = json_writer(default=str)
        assert write(value) == as_python_writes(value, is_ascii=False)


def test_one_writer_writes_many_values_and_remembers_none() -> None:
    write = json_writer(default=None)
    shared = {"a": [1]}
    assert [write({"x": shared}), write([shared, shared]), write({})] == [
        '{"x":{"a":[1]}}',
        '[{"a":[1]},{"a":[1]}]',
        "{}",
    ]


def test_what_json_does_not_know_is_made_known_or_refused() -> None:
    assert json_writer(default=str)({"at": 1j}) == '{"at":"1j"}'
    with pytest.raises(TypeError, match="complex is not JSON serializable"):
        json_writer(default=None)({"at": 1j})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_no_number_is_no_number(number: float) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_writer(is_nan_allowed=False, default=str)({"now": number})
    assert json_writer(default=None)(number) == json.dumps(number)
