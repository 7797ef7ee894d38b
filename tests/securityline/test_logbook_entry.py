import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline.logbook.entry import (
    GENESIS,
    Entry,
    canonical,
    chain,
    hash_line,
    read_time,
    write_time,
)
from securityline.logbook.verify import BrokenChain, verify_entries
from tests.securityline.books import START, note, notes


def book(length: int) -> list[Entry]:
    return chain(notes(length), seq=0, previous=GENESIS, at=START, now=7.25)


def test_lines_are_numbered_from_one_and_linked() -> None:
    entries = book(3)
    assert [e.seq for e in entries] == [1, 2, 3]
    assert [e.previous for e in entries] == [GENESIS, entries[0].hash, entries[1].hash]
    assert all(e.is_saved for e in entries)


def test_a_chain_goes_on_where_it_stopped() -> None:
    whole = book(4)
    first = chain(notes(4)[:2], seq=0, previous=GENESIS, at=START, now=7.25)
    rest = chain(notes(4)[2:], seq=2, previous=first[-1].hash, at=START, now=7.25)
    assert first + rest == whole


def test_the_hash_of_a_line_is_the_documented_one() -> None:
    """A third party must be able to check a book with nothing but this sentence."""
    (entry,) = chain([note("é")], seq=0, previous=GENESIS, at=START, now=7.25)
    form = (
        '[1,"2026-01-01T03:00:00.000Z",7.25,"inc-1","event","NoteWritten",'
        '{"operator":"op-1","text":"é"},"' + "0" * 64 + '"]'
    )
    import hashlib

    assert entry.hash == hashlib.sha256(form.encode()).hexdigest()


def test_every_field_is_under_the_hash() -> None:
    fields = (1, "2026-01-01T03:00:00.000Z", 7.25, "inc", "event", "What", "{}", GENESIS)
    others = (2, "2026-01-01T03:00:00.001Z", 7.5, "inc2", "fact", "That", '{"a":1}', "1" * 64)
    hashes = {hash_line(*fields)}
    for place, other in enumerate(others):
        changed = list(fields)
        changed[place] = other  # type: ignore[call-overload]
        hashes.add(hash_line(*changed))  # type: ignore[arg-type]
    assert len(hashes) == 9


def test_a_field_cannot_reach_into_the_next_one() -> None:
    one = hash_line(1, 'x",1.0,"y', 1.0, "a", "b", "c", "{}", GENESIS)
    other = hash_line(1, "x", 1.0, 'y",1.0,"a', "b", "c", "{}", GENESIS)
    assert one != other


@given(st.integers(0, 9), st.sampled_from(["text", "at", "now", "incident_id", "drop", "swap"]))
def test_any_change_is_found_and_named(index: int, change: str) -> None:
    entries = book(11)
    changes = {"text": "{}", "at": START - timedelta(days=1), "now": 1e9, "incident_id": "x"}
    if change == "drop":
        del entries[index]
    elif change == "swap":
        entries[index], entries[index + 1] = entries[index + 1], entries[index]
    else:
        entries[index] = entries[index]._replace(**{change: changes[change]})
    with pytest.raises(BrokenChain, match=rf"^line {index + 1}: "):
        verify_entries(entries)


@given(st.integers(0, 500), st.integers(1, 255))
def test_any_byte_of_the_text_counts(place: int, flip: int) -> None:
    (entry,) = chain([note("x" * 500)], seq=0, previous=GENESIS, at=START, now=1.0)
    data = bytearray(entry.text.encode())
    data[place] ^= flip
    with pytest.raises(BrokenChain):
        verify_entries([entry._replace(text=data.decode("latin-1"))])


def test_hostile_values_cannot_stop_a_line() -> None:
    huge = 10**5000
    data = {
        "surrogate": "\ud800",
        "nan": math.nan,
        "nested": [math.inf, ({"x": -math.inf},)],
        "huge": huge,
        "nul": "a\x00b\r\n",
        "object": START,
    }
    text = canonical(data)
    read = json.loads(text)
    assert read["nan"] is None
    assert read["nested"] == [None, [{"x": None}]]
    assert int(read["huge"], 16) == huge
    assert read["nul"] == "a\x00b\r\n"
    assert read["surrogate"] == "\ud800"
    text.encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_whatever_is_written_is_json_in_utf_8(value: object) -> None:
    json.loads(canonical({"value": value}).encode())


def test_an_incident_of_hostile_text_is_storable() -> None:
    (entry,) = chain([note(incident_id="\ud800x")], seq=0, previous=GENESIS, at=START, now=1.0)
    assert entry.incident_id == "?x"


def test_times_are_utc_with_milliseconds() -> None:
    brussels = timezone(timedelta(hours=1))
    at = datetime(2026, 1, 31, 4, 0, 0, 123999, tzinfo=brussels)
    assert write_time(at) == "2026-01-31T03:00:00.123Z"
    assert read_time("2026-01-31T03:00:00.123Z") == at.replace(microsecond=123000)
    (entry,) = chain([note()], seq=0, previous=GENESIS, at=at.astimezone(UTC), now=1.0)
    assert entry.at == at.replace(microsecond=123000)
