import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.store import InvalidRecordingId, RecordingStore


@pytest.fixture
def store(tmp_path: Path) -> RecordingStore:
    return RecordingStore(tmp_path / "recordings")


def put(store: RecordingStore, recording_id: str, data: bytes = b"audio") -> Path:
    path = store.path_of(recording_id)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return path


def test_the_place_follows_from_the_id(store: RecordingStore) -> None:
    path = store.path_of("rec-20261122-0001")
    assert path == store.path_of("rec-20261122-0001")
    assert path.name == "rec-20261122-0001.wav"
    assert path.parent.parent == store.root
    assert len(path.parent.name) == 2


HOSTILE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "a\0b",
    "a.wav",
    "-rf",
    "a b",
    "é",
    "a\n",
    "a" * 81,
    "%2e%2e",
    "１",
]


@pytest.mark.parametrize("recording_id", HOSTILE)
def test_no_id_names_a_file_elsewhere(store: RecordingStore, recording_id: str) -> None:
    with pytest.raises(InvalidRecordingId):
        store.path_of(recording_id)
    assert store.find(recording_id) is None


@given(st.text(max_size=90))
def test_every_id_is_refused_or_inside(recording_id: str) -> None:
    store = RecordingStore(Path("/srv/recordings"))
    try:
        path = store.path_of(recording_id)
    except InvalidRecordingId:
        return
    assert path.parent.parent == store.root
    assert path.resolve().is_relative_to(store.root)


def test_what_is_there_is_found(store: RecordingStore) -> None:
    assert store.find("r1") is None
    path = put(store, "r1")
    assert store.find("r1") == path


def test_a_link_is_not_followed(store: RecordingStore, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"secret")
    path = store.path_of("r1")
    path.parent.mkdir(parents=True)
    path.symlink_to(secret)
    assert store.find("r1") is None


def test_a_linked_folder_is_not_followed(store: RecordingStore, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = store.path_of("r1")
    (elsewhere / path.name).write_bytes(b"secret")
    store.root.mkdir()
    path.parent.symlink_to(elsewhere)
    assert store.find("r1") is None
    assert not store.holds(path)


def test_a_folder_is_no_recording(store: RecordingStore) -> None:
    store.path_of("r1").mkdir(parents=True)
    assert store.find("r1") is None


def test_what_a_store_holds(store: RecordingStore) -> None:
    assert store.holds(store.root / "ab" / "x.wav")
    assert not store.holds(store.root / ".." / "x.wav")
    assert not store.holds(Path("/etc/passwd"))


def test_an_unchanged_file_is_told_from_a_changed_one(store: RecordingStore) -> None:
    path = put(store, "r1", b"what was said")
    digest = hashlib.sha256(b"what was said").hexdigest()
    assert store.is_unchanged("r1", digest)
    assert store.is_unchanged("r1", digest.upper())
    path.write_bytes(b"what was sajd")
    assert not store.is_unchanged("r1", digest)


def test_a_file_that_is_gone_is_an_error_and_not_a_change(store: RecordingStore) -> None:
    with pytest.raises(FileNotFoundError, match="'r1' is not in the store"):
        store.is_unchanged("r1", "00")


def test_a_place_where_recordings_can_be_made_has_no_problem(store: RecordingStore) -> None:
    assert store.problems() == []
    assert store.root.is_dir()


def test_a_folder_that_cannot_be_made_is_a_problem_until_it_can(store: RecordingStore) -> None:
    store.root.write_text("a file in its place")
    assert store.problems() == ["nothing can be recorded: File exists"]
    store.root.unlink()
    assert store.problems() == []


def test_a_folder_that_may_not_be_written_is_a_problem(
    store: RecordingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    assert store.problems() == ["nothing can be recorded: Permission denied"]


def test_a_full_disk_is_a_problem(
    store: RecordingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.statvfs", lambda _path: SimpleNamespace(f_bavail=0))
    assert store.problems() == ["nothing can be recorded: No space left on device"]
