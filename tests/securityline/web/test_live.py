import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from securityline.web.context import CONTEXT
from securityline.web.frames import encode
from securityline.web.live import LONGEST_MESSAGE, MOST_NONSENSE, NONSENSE, SIGNED_OUT
from securityline.web.screen import BACKLOG, Screen
from securityline.web.steps import describe_step
from securityline.web.words import WORDS
from tests.securityline.web.rig import BANQUE, DUPONT, POSTES, Browser, House, browser, field_of


class Live:
    """One connected screen, and all it was told."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.messages: list[dict[str, Any]] = []
        self.presses = 0

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            message: dict[str, Any] = await self.socket.receive_json()
        self.messages.append(message)
        return message

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """Read up to a message with these keys; a value of `...` is any."""
        while True:
            message = await self.next()
            if all(k in message and v in (..., message[k]) for k, v in wanted.items()):
                return message

    async def fragment(self, name: str, holding: str = "") -> str:
        """Read up to a fragment of this name that holds these words."""
        while True:
            for one in (await self.next()).get("fragments", []):
                if one["id"] == name and holding in one["html"]:
                    return str(one["html"])

    async def press(self, act: str, **values: Any) -> dict[str, Any]:
        self.presses += 1
        press_id = values.pop("id", f"press-{self.presses}")
        await self.socket.send_json({"id": press_id, "act": act, **values})
        return await self.until(re=press_id)

    async def quiet(self) -> list[dict[str, Any]]:
        """What has come so far: everything before the answer to a ping."""
        before = len(self.messages)
        await self.socket.send_json({"act": "ping"})
        await self.until(pong=True)
        return self.messages[before:-1]


@asynccontextmanager
async def screen(desk: Browser, **options: Any) -> Any:
    async with desk.live(**options) as socket:
        live = Live(socket)
        await live.until(run=...)
        yield live


async def test_a_screen_is_painted_whole_when_it_comes(home: House, desk: Browser) -> None:
    await desk.sign_in()
    await home.settled()
    async with desk.live() as socket:
        first = await Live(socket).next()
    assert first["is_full"]
    assert first["seq"] == home.logbook.head.seq
    assert [one["id"] for one in first["fragments"]] == [
        "alarms",
        "calls",
        "cases",
        "late",
        "operators",
        "watch",
        "tests",
        "shift",
        "me",
        "phone",
    ]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:1"])
async def test_another_origin_gets_no_socket(desk: Browser, origin: str) -> None:
    await desk.sign_in()
    with pytest.raises(WSServerHandshakeError) as refused:
        async with desk.live(headers={"Origin": origin}):
            pass
    assert refused.value.status == 403


async def test_without_a_session_there_is_no_socket(desk: Browser) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        async with desk.live():
            pass
    assert refused.value.status == 401


async def test_a_call_is_one_message_with_the_whole_card(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    home.sign_in("op-1")
    await home.settled()
    async with screen(desk) as live:
        ids = home.ring(POSTES, DUPONT)
        message = await live.until(pop=...)
    assert message["pop"]["incident"] == ids[0]
    assert message["pop"]["rung"] == ["op-1"]
    (card,) = message["fragments"]
    assert (card["id"], card["incident"]) == ("card", ids[0])
    for words in ("Postes Démo", "Julie Dupont", "+32 470 00 00 01", "Site fermé"):
        assert words in card["html"]
    assert message["seq"] <= home.logbook.head.seq


async def test_who_is_not_cleared_hears_nothing_of_the_case(home: House, desk: Browser) -> None:
    await desk.sign_in("op-2")  # Tom: standard only
    home.sign_in("op-1", "op-2")
    await home.settled()
    async with screen(desk) as live:
        secret = home.ring(BANQUE, "+32470000011")
        calls = await live.fragment("calls", "1 oproep")
        assert "buiten uw machtiging" in calls
        open_one = home.ring(POSTES, DUPONT)
        await live.until(pop=...)
        await live.socket.send_json({"act": "show", "incident": secret[0]})
        refused = await live.press("note", incident=secret[0], text="let me in")
        assert "error" in refused
        for act, values in (
            ("answer", {"call": secret[1]}),
            ("close", {"incident": secret[0], "disposition": "test"}),
        ):
            assert "error" in await live.press(act, **values)
        said = json.dumps(live.messages, ensure_ascii=False)
    for hidden in ("Banque", "Noodlijn", secret[0], "An Claes", "470 00 00 11"):
        assert hidden not in said
    assert open_one[0] in said


async def test_what_changes_is_told_and_what_does_not_is_not(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    home.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    async with screen(desk, shown=ids[0]) as live:
        await live.quiet()
        answered = await live.press("answer", call=ids[1])
        assert answered["is_done"]
        await live.fragment("phone", 'class="talking"')
        await home.settled()
        await asyncio.sleep(0.12)  # one more turn of the lists' pace
        await live.quiet()
        home.engine.note("NothingForScreens", {})
        await home.settled()
        assert await live.quiet() == []


async def test_a_screen_that_comes_back_gets_what_changed_and_no_more(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    home.sign_in("op-1", "op-3")
    ids = home.ring()
    await home.settled()
    async with desk.live(shown=ids[0]) as socket:
        first = await Live(socket).next()
        seq, run = first["seq"], first["run"]
    async with desk.live(after=seq, run=run, shown=ids[0]) as socket:
        again = await Live(socket).next()
    names = {one["id"] for one in again["fragments"]}
    assert not again["is_full"]
    assert "calls" not in names
    home.ring(POSTES, None)
    await home.settled()
    async with desk.live(after=seq, run=run, shown=ids[0]) as socket:
        again = await Live(socket).next()
    names = {one["id"] for one in again["fragments"]}
    assert {"calls", "cases"} <= names
    assert again["seq"] == home.logbook.head.seq - 1 or again["seq"] > seq


@pytest.mark.parametrize("after", ["0", "99999999", "-1", "abc", "9" * 40, "1e3", "٣"])
async def test_a_screen_too_far_behind_or_lying_is_painted_anew(
    home: House, desk: Browser, after: str
) -> None:
    await desk.sign_in("op-1")
    await home.settled()
    run = desk.server.app[CONTEXT].screens.run  # type: ignore[attr-defined]
    async with desk.live(after=after, run=run) as socket:  # type: ignore[arg-type]
        assert (await Live(socket).next())["is_full"]


async def test_a_screen_of_an_earlier_process_is_painted_anew(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    await home.settled()
    async with desk.live() as socket:
        first = await Live(socket).next()
    async with browser(home.app()) as other:
        await other.sign_in("op-1")
        async with other.live(after=first["seq"], run=first["run"]) as socket:
            assert (await Live(socket).next())["is_full"]


async def test_the_next_operator_gets_the_pop_when_it_is_his_turn(
    home: House, desk: Browser
) -> None:
    await desk.sign_in("op-3")
    home.sign_in("op-1", "op-3")
    await home.settled()
    async with screen(desk) as live:
        home.ring(POSTES, DUPONT, languages=("fr",))
        first = await live.until(pop=...)
        assert first["pop"]["rung"] == ["op-1"]
        home.pass_time(10.1)
        second = await live.until(pop=...)
        assert "op-3" in second["pop"]["rung"]
        assert second["fragments"][0]["id"] == "card"


async def test_a_press_sent_twice_is_done_once(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    home.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    async with screen(desk, shown=ids[0]) as live:
        await live.press("note", id="same", incident=ids[0], text="once")
    async with screen(desk, shown=ids[0]) as live:
        again = await live.press("note", id="same", incident=ids[0], text="once")
        assert again["is_done"]
    await home.settled()
    notes = [
        line for line in home.logbook.read(incident_id=ids[0]) if line.what == "NoteWritten"
    ]
    assert len(notes) == 1


async def test_saved_is_said_only_when_it_is_durable(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    async with screen(desk, shown=ids[0]) as live:
        await live.press("note", incident=ids[0], text="durable")
        lines = home.logbook.read(incident_id=ids[0])
        assert any(line.data.get("text") == "durable" for line in lines)


async def test_a_refused_closing_says_what_is_missing(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    home.sign_in("op-1")
    ids = home.ring()
    home.caller_hangs_up(ids)
    await home.settled()
    async with screen(desk, shown=ids[0]) as live:
        await live.socket.send_json(
            {"id": "c", "act": "close", "incident": ids[0], "disposition": "handled"}
        )
        said = await live.until(say=...)
    assert said["is_wrong"]
    assert "Pas clos" in said["say"]
    asked = home.switchboard.incidents[ids[0]].run.missing()
    assert asked
    for step in asked:  # in the operator's words, not by its id
        assert f"“{describe_step(step, WORDS['fr'])}”" in said["say"]


async def test_nonsense_closes_the_screen(desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        nonsense = ["{", "[]", "null", '"x"', "[" * 5000, "1"][:MOST_NONSENSE]
        for text in nonsense:
            await live.socket.send_str(text)
        await closed(live)
        assert live.socket.close_code == NONSENSE


async def test_binary_messages_are_nonsense(desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        for _ in range(MOST_NONSENSE):
            await live.socket.send_bytes(b"\x00" * 20)
        await closed(live)
        assert live.socket.close_code == NONSENSE


async def test_a_flood_closes_the_screen_and_no_other(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as flooding, screen(desk) as quiet:
        for _ in range(200):
            await flooding.socket.send_str('{"act":"ping"}')
        await closed(flooding)
        assert flooding.socket.close_code == NONSENSE
        assert await quiet.quiet() == []


async def test_a_message_too_big_closes_the_screen(desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        await live.socket.send_str("x" * (LONGEST_MESSAGE + 1))
        await closed(live)
        assert live.socket.close_code == 1009


async def closed(live: Live) -> None:
    async with asyncio.timeout(5):
        while (await live.socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            pass


async def test_signing_out_ends_the_screen(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    token = field_of(await desk.page("/"), "csrf")
    async with screen(desk) as live:
        await desk.http.post(desk.url("/sign-out"), data={"csrf": token})
        home.ring(POSTES, DUPONT)
        await home.settled()
        await closed(live)
        assert live.socket.close_code == SIGNED_OUT
        assert not any("pop" in message for message in live.messages)


async def test_the_lists_are_drawn_at_a_pace(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        await live.quiet()
        for _ in range(30):
            home.ring(POSTES, None)
        await home.settled()
        seen = await live.quiet()
        drawn = [one["id"] for message in seen for one in message.get("fragments", [])]
        assert drawn.count("card") == 30
        assert drawn.count("calls") <= 3


async def test_a_new_operator_appears_in_the_strip(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        home.sign_in("op-3", has_phone=False)
        strip = await live.fragment("operators", "Sofie")
        assert "sans téléphone" in strip


async def test_a_fault_is_shown_in_red_and_taken_away(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    screens = desk.server.app[CONTEXT].screens  # type: ignore[attr-defined]
    async with screen(desk) as live:
        home.reasons.append("<b>no trunk</b> answers")
        screens.check_alarms()
        html = await live.fragment("alarms", "Attention")
        assert "&lt;b&gt;no trunk" in html
        home.reasons.clear()
        screens.check_alarms()
        assert "Attention" not in await live.fragment("alarms")


async def test_a_fault_that_leaves_us_ready_is_as_red(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    screens = desk.server.app[CONTEXT].screens  # type: ignore[attr-defined]
    async with screen(desk) as live:
        home.degraded.append("trunk carrier-b does not answer")
        screens.check_alarms()
        assert "carrier-b" in await live.fragment("alarms", "Attention")


class Slow:
    """A connection whose other end reads nothing."""

    def __init__(self) -> None:
        self.kept = 0
        self.is_cut = False

    def write(self, data: bytes) -> None:
        assert not self.is_cut
        self.kept += len(data)

    def get_write_buffer_size(self) -> int:
        return self.kept

    def is_closing(self) -> bool:
        return self.is_cut

    def abort(self) -> None:
        self.is_cut = True


def test_a_screen_that_does_not_read_is_cut_off_within_bounds() -> None:
    slow = Slow()
    screen = Screen("op-1", "s", ("fr", frozenset()), slow)  # type: ignore[arg-type]
    for _ in range(1000):
        screen.send(b"x" * 10_000)
    assert slow.is_cut
    assert slow.kept <= BACKLOG + 10_000


@pytest.mark.parametrize("size", [0, 10, 125, 126, 65_535, 65_536, 200_000])
def test_frames_have_the_length_that_the_rfc_says(size: int) -> None:
    frame = encode({"x": "y" * max(0, size - 8)})
    assert frame[0] == 0x81
    short = frame[1]
    head, length = 2, short
    if short == 126:
        head, length = 4, int.from_bytes(frame[2:4])
    elif short == 127:
        head, length = 10, int.from_bytes(frame[2:10])
    assert length == len(frame) - head
    json.loads(frame[head:])


async def test_a_line_written_while_the_log_is_read_is_not_lost(
    home: House, desk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.sign_in("op-1")
    ids = home.ring()
    await home.settled()
    timelines = desk.server.app[CONTEXT].drawing.timelines  # type: ignore[attr-defined]
    timelines.forget_all_but([])
    read = home.logbook.read
    written = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write() -> None:
        home.engine.note("NoteWritten", {"operator": "op-3", "text": "meanwhile"}, ids[0])
        written.set()

    def slow_read(*values: Any) -> Any:
        lines = read(*values)
        loop.call_soon_threadsafe(write)
        asyncio.run_coroutine_threadsafe(home.settled(), loop).result(5)
        return lines

    monkeypatch.setattr(home.logbook, "read", slow_read)
    async with desk.live(shown=ids[0]) as socket:
        message = await Live(socket).next()
    assert written.is_set()
    logs = [one["html"] for one in message["fragments"] if one["id"] == "log"]
    assert "meanwhile" in logs[0]
    assert "Dossier ouvert" in logs[0]
