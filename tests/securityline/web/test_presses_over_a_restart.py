"""A press that a page sends again to the next engine is not done again."""

from pathlib import Path

from callflows.events import NO_INCIDENT
from securityline.web.done_presses import KEPT, KEPT_TIME, KIND, DonePresses
from tests.securityline.web.rig import NIGHT, POSTES, Browser, House, browser, house
from tests.securityline.web.test_live import Live, screen

AFTER_A_RESTART = NIGHT.timestamp() + 20.0


def notes(home: House) -> list[str]:
    return [x.data["text"] for x in home.logbook.read(limit=1000) if x.what == "NoteWritten"]


def with_its_cookie(desk: Browser, cookies: dict[str, str]) -> None:
    """Be the same browser: it keeps its session over the restart."""
    desk.http.cookie_jar.update_cookies(cookies, desk.url("/"))


def cookies_of(desk: Browser) -> dict[str, str]:
    return {one.key: one.value for one in desk.http.cookie_jar}


async def test_a_note_sent_again_after_a_restart_is_written_once(tmp_path: Path) -> None:
    """The engine died before the page heard that its note is saved; the page sends it again."""
    async with house(tmp_path) as home, browser(home.app()) as desk:
        await desk.sign_in("op-1")
        ids = home.ring(POSTES)
        await home.settled()
        async with screen(desk, shown=ids[0]) as live:
            await live.press("note", id="same", incident=ids[0], text="once")
        cookies = cookies_of(desk)
    async with house(tmp_path, AFTER_A_RESTART) as home, browser(home.app()) as desk:
        with_its_cookie(desk, cookies)
        async with screen(desk, shown=ids[0]) as live:
            again = await live.press("note", id="same", incident=ids[0], text="once")
            assert again["is_done"], "the page hears that it is saved"
            await live.press("note", id="another", incident=ids[0], text="twice")
        await home.settled()
        assert notes(home) == ["once", "twice"]


async def test_a_press_that_was_lost_with_the_engine_is_done_by_the_next(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as home, browser(home.app()) as desk:
        await desk.sign_in("op-1")
        ids = home.ring(POSTES)
        await home.settled()
        cookies = cookies_of(desk)
    async with house(tmp_path, AFTER_A_RESTART) as home, browser(home.app()) as desk:
        with_its_cookie(desk, cookies)
        async with screen(desk, shown=ids[0]) as live:
            await live.press("note", id="lost", incident=ids[0], text="pressed in between")
        await home.settled()
        assert notes(home) == ["pressed in between"]


async def test_a_timer_is_started_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home, browser(home.app()) as desk:
        await desk.sign_in("op-1")
        client, plan = home.watch.startable(("standard", "high_security"))[0]
        timer = {"organisation": client.organisation, "person": plan.who.person, "text": "30"}
        async with desk.live() as socket:
            live = Live(socket)
            await live.until(run=...)
            await live.press("timer_start", id="timer", **timer)
        await home.settled()
        cookies = cookies_of(desk)
    async with house(tmp_path, AFTER_A_RESTART) as home, browser(home.app()) as desk:
        with_its_cookie(desk, cookies)
        async with screen(desk) as live:
            assert (await live.press("timer_start", id="timer", **timer))["is_done"]
        await home.settled()
        started = [x for x in home.logbook.read(limit=1000) if x.what == "SafetyTimerStarted"]
        assert len(started) == 1
        assert started[0].incident_id == NO_INCIDENT


def test_few_and_recent_ones_are_kept_and_an_ended_session_leaves_nothing() -> None:
    done = DonePresses()
    for number in range(KEPT + 40):
        done.begin("s", f"p{number}", 10.0 * number)
    now = 10.0 * (KEPT + 39)
    kept = done.document("s", now)
    assert kept.data is not None
    ids = list(kept.data["done"])
    assert ids[-1] == f"p{KEPT + 39}"
    assert len(ids) <= KEPT
    assert all(now - at < KEPT_TIME for at in kept.data["done"].values())
    again = DonePresses([kept])
    assert again.find("s", ids[0]) is not None
    assert again.find("s", "p0") is None
    assert again.find("other", ids[0]) is None
    assert again.tidy({"s"}, now) == []
    (gone,) = again.tidy(set(), now)
    assert (gone.kind, gone.id, gone.data) == (KIND, "s", None)
    assert again.find("s", ids[0]) is None
