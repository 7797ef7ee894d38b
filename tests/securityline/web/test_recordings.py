import os
from typing import Any

import pytest

from recordings.store import digest_of
from tests.securityline.web.rig import BANQUE, POSTES, Browser, House

TOKEN = {"Authorization": "Bearer recordings:read"}
SIZE = 44 + 2 * 8000 * 4


async def a_recording(home: House, did: str = POSTES) -> tuple[str, str]:
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(did, None)
    await home.settled()
    home.caller_hangs_up(ids)
    await home.settled()
    return ids[0], f"{ids[1]}-r1"


def plays(home: House, incident_id: str) -> list[Any]:
    lines = home.logbook.read(incident_id=incident_id)
    return [line for line in lines if line.what == "RecordingPlayed"]


async def test_an_operator_plays_it_and_is_in_the_log(home: House, desk: Browser) -> None:
    incident_id, recording_id = await a_recording(home)
    await desk.sign_in("op-1")
    answer = await desk.get(f"/recordings/{recording_id}")
    body = await answer.read()
    assert (answer.status, answer.content_type, len(body)) == (200, "audio/wav", SIZE)
    assert body[:4] == b"RIFF"
    assert answer.headers["Cache-Control"] == "no-store"
    await home.settled()
    (line,) = plays(home, incident_id)
    assert line.data["operator"] == "op-1"
    assert line.data["recording_id"] == recording_id
    assert "Nadia a écouté" in await desk.page(f"/incidents/{incident_id}")


async def test_a_range_is_a_range(home: House, desk: Browser) -> None:
    incident_id, recording_id = await a_recording(home)
    url = desk.url(f"/api/v1/recordings/{recording_id}")
    answer = await desk.http.get(url, headers={**TOKEN, "Range": "bytes=100-199"})
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes 100-199/{SIZE}"
    assert len(await answer.read()) == 100
    tail = await desk.http.get(url, headers={**TOKEN, "Range": "bytes=-44"})
    assert (tail.status, len(await tail.read())) == (206, 44)
    whole = await desk.http.get(url, headers={**TOKEN, "Range": "bytes=0-"})
    assert (whole.status, len(await whole.read())) == (206, SIZE)
    await home.settled()
    assert len(plays(home, incident_id)) == 3, "every read by a program, whatever its range"


@pytest.mark.parametrize("wanted", ["items=1-2", "Bytes 0-1", "bytes=0-1,5-9", "x", ""])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_asks_in_another_unit_or_for_several_parts_gets_everything(
    home: House, desk: Browser, wanted: str, method: str
) -> None:
    _, recording_id = await a_recording(home)
    url = desk.url(f"/api/v1/recordings/{recording_id}")
    headers = {**TOKEN, "Range": wanted}
    answer = await desk.http.request(method, url, headers=headers)
    assert (answer.status, answer.content_length) == (200, SIZE)
    assert "Content-Range" not in answer.headers
    assert len(await answer.read()) == (SIZE if method == "GET" else 0)


async def test_the_parts_that_a_player_fetches_are_one_listening(
    home: House, desk: Browser
) -> None:
    incident_id, recording_id = await a_recording(home)
    await desk.sign_in("op-1")
    for part in ("bytes=1-", "bytes=0-", "bytes=500-600"):
        await desk.get(f"/recordings/{recording_id}", headers={"Range": part})
    await home.settled()
    assert len(plays(home, incident_id)) == 1
    home.pass_time(61)
    await desk.get(f"/recordings/{recording_id}", headers={"Range": "bytes=9-"})
    await home.settled()
    assert len(plays(home, incident_id)) == 2


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=abc", "bytes=5-2"])
async def test_a_range_that_cannot_be_is_refused(
    home: House, desk: Browser, wanted: str
) -> None:
    incident_id, recording_id = await a_recording(home)
    url = desk.url(f"/api/v1/recordings/{recording_id}")
    answer = await desk.http.get(url, headers={**TOKEN, "Range": wanted})
    assert answer.status == 416
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
    await home.settled()
    assert plays(home, incident_id) == []


async def test_every_read_by_a_program_is_logged_under_its_name(
    home: House, desk: Browser
) -> None:
    incident_id, recording_id = await a_recording(home)
    for _ in range(2):
        url = desk.url(f"/api/v1/recordings/{recording_id}")
        assert (await desk.http.get(url, headers=TOKEN)).status == 200
    await home.settled()
    assert [line.data["by"] for line in plays(home, incident_id)] == [
        "token recordings:read",
        "token recordings:read",
    ]


async def test_who_is_not_cleared_cannot_play(home: House, desk: Browser) -> None:
    incident_id, recording_id = await a_recording(home, BANQUE)
    await desk.sign_in("op-2")
    assert (await desk.get(f"/recordings/{recording_id}")).status == 404
    assert (await desk.get(f"/incidents/{incident_id}")).status == 404
    assert recording_id not in await desk.page("/incidents")
    await home.settled()
    assert plays(home, incident_id) == []


@pytest.mark.parametrize(
    "name",
    [
        "nothing-r1",
        "..%2f..%2fbook%2flogbook.db",
        "%2e%2e%2fbook",
        ".hidden-r1",
        "call-0001-r1%00.wav",
        "call-0001-r2",
        "x" * 300 + "-r1",
        "-r1",
    ],
)
async def test_no_name_leads_out_of_the_recordings(
    home: House, desk: Browser, name: str
) -> None:
    await a_recording(home)
    await desk.sign_in("op-1")
    assert (await desk.get(f"/recordings/{name}")).status == 404
    answer = await desk.http.get(desk.url(f"/api/v1/recordings/{name}"), headers=TOKEN)
    assert answer.status == 404


async def test_the_player_is_on_the_case_when_the_recording_is_there(
    home: House, desk: Browser
) -> None:
    incident_id, recording_id = await a_recording(home)
    await desk.sign_in("op-1")
    page = await desk.page(f"/incidents/{incident_id}")
    assert f'src="/recordings/{recording_id}"' in page
    assert digest_of(home.recordings / f"{recording_id}.wav") in page


def changes(home: House, incident_id: str) -> list[Any]:
    lines = home.logbook.read(incident_id=incident_id)
    return [line for line in lines if line.what == "RecordingChanged"]


async def test_a_file_with_one_bit_altered_is_said_wherever_it_is_heard_or_shown(
    home: House, desk: Browser
) -> None:
    incident_id, recording_id = await a_recording(home)
    await desk.sign_in("op-1")
    right = await desk.get(f"/recordings/{recording_id}")
    assert "Recording-Integrity" not in right.headers
    path = home.recordings / f"{recording_id}.wav"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # and the time put back
    api = desk.url(f"/api/v1/recordings/{recording_id}")
    for answer in (
        await desk.get(f"/recordings/{recording_id}"),
        await desk.get(f"/recordings/{recording_id}", headers={"Range": "bytes=9-"}),
        await desk.http.get(api, headers=TOKEN),
    ):
        assert answer.status in (200, 206), "it is heard all the same"
        assert answer.headers["Recording-Integrity"] == "changed"
    await home.settled()
    (line,) = changes(home, incident_id)
    assert line.data == {"recording_id": recording_id, "found_sha256": digest_of(path)}
    page = await desk.page(f"/incidents/{incident_id}")
    assert "n’est pas ce qui a été enregistré" in page
    assert 'class="mark failed"' in page


async def test_a_recording_is_read_again_only_when_its_file_was_touched(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, recording_id = await a_recording(home)
    read: list[Any] = []

    def digest(path: Any) -> str:
        read.append(path)
        return digest_of(path)

    monkeypatch.setattr("securityline.web.genuine.digest_of", digest)
    await desk.sign_in("op-1")
    for _ in range(3):
        await desk.get(f"/recordings/{recording_id}")
    assert len(read) == 1
    os.utime(home.recordings / f"{recording_id}.wav")
    await desk.get(f"/recordings/{recording_id}")
    assert len(read) == 2


async def test_without_a_hash_in_the_log_nothing_is_claimed(home: House, desk: Browser) -> None:
    """Still recorded, or cut off by a crash: the log has no hash to compare with."""
    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    ids = home.ring(POSTES, None)
    await home.settled()
    (home.recordings / f"{ids[1]}-r1.wav").write_bytes(b"RIFF and not yet whole")
    await desk.sign_in("op-1")
    answer = await desk.get(f"/recordings/{ids[1]}-r1")
    assert answer.status == 200
    assert "Recording-Integrity" not in answer.headers
    await home.settled()
    assert changes(home, ids[0]) == []
