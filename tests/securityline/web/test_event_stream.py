import asyncio
import json
from typing import Any

import pytest

from securityline.web import event_stream
from securityline.web.event_stream import FEED, Feed
from tests.securityline.web.rig import DUPONT, POSTES, Browser, House

TOKEN = {"Authorization": "Bearer events:read"}


async def read_events(answer: Any, count: int) -> list[dict[str, Any]]:
    """Read whole events; comments are passed over."""
    events: list[dict[str, Any]] = []
    one: dict[str, Any] = {}
    async with asyncio.timeout(5):
        while len(events) < count:
            line = (await answer.content.readline()).decode().rstrip("\n")
            name, _, value = line.partition(": ")
            if not line and one:
                events.append(one)
                one = {}
            elif name == "id":
                one["id"] = int(value)
            elif name in ("event", "data"):
                one[name] = json.loads(value) if name == "data" else value
    return events


def stream(desk: Browser, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return desk.http.get(desk.url("/api/v1/events"), headers={**TOKEN, **named})


async def test_a_reader_gets_what_it_missed_then_what_comes(home: House, desk: Browser) -> None:
    home.ring(POSTES, DUPONT)
    await home.settled()
    head = home.logbook.head.seq
    async with stream(desk, Last_Event_ID="2") as answer:
        assert answer.content_type == "text/event-stream"
        missed = await read_events(answer, head - 2)
        assert [one["id"] for one in missed] == list(range(3, head + 1))
        home.ring(POSTES, None)
        await home.settled()
        fresh = await read_events(answer, 3)
        assert [one["id"] for one in fresh] == [head + 1, head + 2, head + 3]
    one = fresh[0]
    assert set(one["data"]) == {"seq", "at", "incident_id", "what", "data"}
    assert one["data"]["seq"] == one["id"]
    assert one["event"] == one["data"]["what"]
    assert one["data"]["at"].endswith("Z")


async def test_a_reader_that_resumes_again_and_again_has_every_line_once(
    home: House, desk: Browser
) -> None:
    seen: list[int] = []
    for _ in range(6):
        home.ring(POSTES, None)
        last = str(seen[-1]) if seen else "0"
        async with stream(desk, Last_Event_ID=last) as answer:
            seen += [one["id"] for one in await read_events(answer, 3)]
    assert seen == list(range(1, 19))


async def test_lines_written_during_the_replay_come_once(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "PAGE", 4)
    home.ring(POSTES, None)
    await home.settled()
    head = home.logbook.head.seq
    read = home.logbook.read

    def read_while_something_happens(*values: Any) -> Any:
        loop.call_soon_threadsafe(home.engine.note, "During", {})
        return read(*values)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(home.logbook, "read", read_while_something_happens)
    async with stream(desk, Last_Event_ID="0") as answer:
        seen = [one["id"] for one in await read_events(answer, head + 2)]
    assert seen == list(range(1, head + 3))


async def test_without_a_number_it_begins_with_the_next_line(
    home: House, desk: Browser
) -> None:
    home.ring(POSTES, None)
    await home.settled()
    head = home.logbook.head.seq
    async with stream(desk) as answer:
        await answer.content.readline()
        home.engine.note("Fresh", {})
        (one,) = await read_events(answer, 1)
    assert (one["id"], one["event"]) == (head + 1, "Fresh")


async def test_silence_is_broken_by_a_heartbeat(
    desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT", 0.01)
    async with stream(desk) as answer, asyncio.timeout(5):
        while (await answer.content.readline()) != b": still here\n":
            pass


@pytest.mark.parametrize("number", ["abc", "-1", "1.5", "9" * 30, "٣"])
async def test_a_number_that_is_none_is_refused(desk: Browser, number: str) -> None:
    async with stream(desk, Last_Event_ID=number) as answer:
        assert answer.status == 400


async def test_a_hostile_text_cannot_forge_an_event(home: House, desk: Browser) -> None:
    async with stream(desk) as answer:
        await answer.content.readline()
        home.engine.note("Text", {"text": "x\n\nid: 999\nevent: Forged\ndata: {}\n\n"})
        (one,) = await read_events(answer, 1)
    assert one["event"] == "Text"
    assert one["data"]["data"]["text"].startswith("x\n\nid: 999")


async def test_a_reader_that_leaves_is_forgotten(home: House, desk: Browser) -> None:
    feed: Feed = desk.server.app[FEED]  # type: ignore[attr-defined]
    async with stream(desk) as answer:
        await answer.content.readline()
        assert len(feed.readers) == 1
    home.engine.note("Anybody", {})
    await home.until(lambda: not feed.readers or home.engine.note("Anybody", {}))


async def test_a_reader_too_slow_is_dropped_and_memory_is_bounded(home: House) -> None:
    feed = Feed()
    reader: asyncio.Queue[Any] = asyncio.Queue(10)
    feed.readers.add(reader)
    feed.publish(list(range(50)))  # type: ignore[arg-type]
    assert reader not in feed.readers
    assert reader.qsize() == 10
