"""The desk in a real browser: Debian's Chromium, driven by keys."""

import asyncio
import json
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from callflows.events import Cause, NoteWritten, OperatorId
from tests.securityline.web.chromium import chromium, why_not
from tests.securityline.web.rig import (
    DUPONT,
    NIGHT,
    PASSWORD,
    POSTES,
    House,
    house,
)

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # Playwright leaves its pipes to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
AXE = "axe-core@4.14.1"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as opened:
        opened.clock.follow(NIGHT)
        yield opened


class Site:
    """The desk on a port that stays the same over a restart."""

    def __init__(self, home: House) -> None:
        self.home = home
        self.make = home.app
        self.port = 0
        self.runner: web.AppRunner | None = None

    async def start(self) -> None:
        self.runner = web.AppRunner(self.make(), access_log=None)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self.runner.addresses[0][1]

    async def stop(self) -> None:
        assert self.runner is not None
        await self.runner.cleanup()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
async def site(home: House) -> AsyncIterator[Site]:
    opened = Site(home)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    async with chromium() as opened:
        yield opened


class Desk:
    """One operator at one window, and everything the browser complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    async def keys(self, *names: str) -> None:
        for name in names:
            await self.page.keyboard.press(name)

    def find(self, selector: str) -> Any:
        return self.page.locator(selector)


@asynccontextmanager
async def at_desk(
    browser: Any, site: Site, operator: str = "op-1", language: str = "fr"
) -> AsyncIterator[Desk]:
    """Sign in by keyboard and wait until the desk is live."""
    from playwright.async_api import expect

    context = await browser.new_context()
    page = await context.new_page()
    desk = Desk(page)
    await page.goto(f"{site.address}/sign-in?language={language}")
    await expect(desk.find("#operator")).to_be_focused()  # given a frame after the load
    await page.keyboard.type(operator)
    await desk.keys("Tab")
    await page.keyboard.type(PASSWORD)
    await desk.keys("Enter")
    await expect(desk.find("#live .on")).to_be_visible()
    await expect(desk.find("body.desk:not(.starting):not(.stale)")).to_be_visible()
    yield desk
    await context.close()


async def test_an_urgent_case_from_ring_to_close_without_a_mouse(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    async with at_desk(browser, site) as desk:
        await desk.keys("r")
        await expect(desk.find("#phone.ready")).to_be_visible()
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#card-title")).to_have_text("Postes Démo")
        await expect(desk.find("#phone.offered")).to_be_visible()
        await desk.keys("F2")
        await expect(desk.find("#phone.talking")).to_be_visible()
        await desk.keys("k")
        await expect(desk.find("#prompter")).to_be_visible()
        await desk.keys("1")  # the most urgent kind stands first
        await expect(desk.find("#consigne-title")).to_have_text("Agression physique")
        await desk.keys("1")
        await expect(desk.find("#step-1.done")).to_be_visible()
        await desk.keys("F4")
        await desk.page.keyboard.type("Deux hommes, 1 couteau")
        await desk.keys("Enter")
        await expect(desk.find("#log .person").first).to_contain_text("1 couteau")
        await finish_steps(desk, home, ids[0])
        await expect(desk.find("#card .tree.running")).to_be_visible()
        await desk.keys("o", "Enter")  # the managers' call tree, which a step started
        await expect(desk.find("#card .tree.stopped")).to_be_visible()
        await desk.keys("F9")
        await expect(desk.find("#phone.wrap_up")).to_be_visible()
        await desk.keys("c", "1")
        await expect(desk.find("#line")).to_be_focused()
        await desk.page.keyboard.type("calme")
        await desk.keys("Enter")
        await expect(desk.find("#card.closed")).to_be_visible()
        await desk.keys("r")
        await expect(desk.find("#phone.ready")).to_be_visible()
        assert desk.complaints == []
    incident = home.switchboard.incidents[ids[0]]
    assert (incident.state, incident.disposition) == ("closed", "handled")
    lines = home.logbook.read(incident_id=ids[0])
    answers = [line.data["step"] for line in lines if line.what == "StepAnswered"]
    assert len(answers) == len(set(answers)), "one line a step"


async def finish_steps(desk: Desk, home: House, incident_id: Any) -> None:
    """Do every step that is current by the key it shows."""
    from playwright.async_api import expect

    while (step := home.switchboard.incidents[incident_id].run.current) is not None:
        current = desk.find("#card .step.current")
        await expect(current).to_have_attribute("data-step", step.step)
        keys = await current.locator("[data-key]").evaluate_all(
            "all => all.map(one => one.dataset.key)"
        )
        first = next(key for key in keys if key != "s") if len(keys) > 1 else "s"
        await desk.keys(first)
        if first == "t" or "call_service" in (
            step.do or {}
        ):  # who was called how, and not by us
            await expect(desk.find("#line")).to_be_focused()
            await desk.page.keyboard.type("local du fond")
            await desk.keys("Enter")
        await home.until(lambda done=step.step: done in records(home, incident_id))


def records(home: House, incident_id: Any) -> Any:
    return home.switchboard.incidents[incident_id].run.records


async def test_typing_survives_twenty_updates_a_second_and_a_pop(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        left = home.ring(POSTES, "+32470000004")
        await expect(desk.find("#card-title")).to_be_visible()
        home.caller_hangs_up(left)
        await home.settled()
        text = "Elle s’est enfermée au 2e, porte rouge"
        assert len(text) == 38
        await desk.keys("F4")
        await desk.page.evaluate(COUNT_UPDATES)
        async with keep_writing(home, left[0]) as written, asyncio.timeout(90):
            await desk.page.keyboard.type(text[:19], delay=40)
            pop = home.ring(POSTES, DUPONT)
            await expect(desk.find("#pop")).to_be_visible()
            await desk.page.keyboard.type(text[19:], delay=40)
            painted, seconds = await desk.page.evaluate(
                "[updates, (performance.now() - from) / 1000]"
            )
        # A machine that others use may write fewer; what is written has to be painted.
        wanted = min(ENOUGH, 0.7 * written[0] / seconds)
        assert painted / seconds >= wanted, f"{painted} of {written[0]} in {seconds:.1f} s"
        await expect(desk.find("#line")).to_be_focused()
        await expect(desk.find("#line")).to_have_value(text)
        await expect(desk.find("#card")).to_have_attribute("data-incident", left[0])
        await desk.keys("F3")
        await expect(desk.find("#card")).to_have_attribute("data-incident", pop[0])
        await expect(desk.find("#pop")).to_be_hidden()
        await expect(desk.find("#line")).to_have_value("")
        await desk.keys("Escape", "ArrowDown")
        await expect(desk.find("#card")).to_have_attribute("data-incident", left[0])
        await expect(desk.find("#line")).to_have_value(text)
        assert desk.complaints == []


COUNT_UPDATES = """() => {
  window.updates = 0;
  window.from = performance.now();
  let last = "";
  new MutationObserver(() => {
    const newest = document.querySelector("#log li")?.textContent;
    if (newest !== last) { last = newest; window.updates += 1; }
  }).observe(document.getElementById("log-area"),
    { childList: true, subtree: true, characterData: true });
}"""
"Counts how often the newest line of the log is another one, in the page."
PACE, ENOUGH = 30.0, 20.0
"Updates a second: how many are made, and how many the page must have painted."


@asynccontextmanager
async def keep_writing(home: House, incident_id: Any) -> AsyncIterator[list[int]]:
    """Change the log of a case all the time; a writer that fails, fails the test.

    What was missed is not made up for: that would drown a slow machine for good.
    """
    written = [0]

    async def write() -> None:
        while True:
            text = f"note {written[0]}"
            home.engine.handle(
                NoteWritten(incident_id=incident_id, operator=OperatorId("op-3"), text=text)
            )
            written[0] += 1
            await asyncio.sleep(1 / PACE)

    writing = asyncio.create_task(write())
    try:
        yield written
        assert not writing.done(), "nobody wrote any more"
    finally:
        writing.cancel()


async def test_hostile_names_are_text_in_the_browser(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        name = '<img src="http://evil.example/x" onerror=alert(1)><script>alert(2)</script>'
        ids = home.ring(POSTES, None, display_name=name)
        await expect(desk.find("#card .who")).to_contain_text(name)
        home.engine.handle(
            NoteWritten(incident_id=ids[0], operator=OperatorId("op-3"), text=name + "\u202e")
        )
        await expect(desk.find("#log")).to_contain_text(name)
        assert await desk.find("#card img, #card script, #log img").count() == 0
        await desk.page.goto(f"{site.address}/incidents/{ids[0]}")
        await expect(desk.find("table")).to_contain_text("alert(2)")
        assert desk.hosts == {f"127.0.0.1:{site.port}"}
        assert desk.complaints == []


async def test_a_reload_in_the_middle_of_a_call_finds_everything_again(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.offered")).to_be_visible()
        await desk.keys("F2")
        await expect(desk.find("#phone.talking")).to_be_visible()
        await desk.page.reload()
        await expect(desk.find("#phone.talking")).to_be_visible()
        await expect(desk.find("#card")).to_have_attribute("data-incident", ids[0])
        await desk.keys("F8")
        await expect(desk.find("#phone.held")).to_be_visible()
        await desk.keys("F8")
        await expect(desk.find("#phone.talking")).to_be_visible()
    assert home.switchboard.calls[ids[1]].state == "talking"


async def test_a_server_that_goes_away_is_said_and_nothing_is_lost_or_done_twice(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#card-title")).to_be_visible()
        await site.stop()
        await expect(desk.find("#live .off")).to_be_visible()
        await expect(desk.find("#card-title")).to_have_text("Postes Démo")
        await desk.keys("F4")
        await desk.page.keyboard.type("pendant la panne")
        await desk.keys("Enter")
        await expect(desk.find("#say .wrong")).to_be_visible()
        home.engine.handle(
            NoteWritten(
                incident_id=ids[0], operator=OperatorId("op-3"), text="vu pendant la panne"
            )
        )
        await home.settled()
        await site.start()
        await expect(desk.find("#live .on")).to_be_visible(timeout=15_000)
        await expect(desk.find("#log")).to_contain_text("Sofie : vu pendant la panne")
        await expect(desk.find("#log")).to_contain_text("Nadia : pendant la panne")
    lines = home.logbook.read(incident_id=ids[0])
    texts = [line.data["text"] for line in lines if line.what == "NoteWritten"]
    assert sorted(texts) == ["pendant la panne", "vu pendant la panne"]


async def test_verification_urgency_break_and_the_other_keys(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.offered")).to_be_visible()
        await desk.keys("F2", "k")
        choice = desk.find("#prompter [data-kind=intrusion]")
        await desk.keys((await choice.get_attribute("data-choice")) or "")
        await expect(desk.find("#consigne-title")).to_have_text("Intrusion")
        while (await desk.find(".step.current").get_attribute("data-step")) != "verify":
            step = await desk.find(".step.current").get_attribute("id")
            await desk.keys("d")
            await expect(desk.find(f"#{step}.done")).to_be_visible()
        await desk.keys("2")
        await expect(desk.find("#prompter .words")).to_have_text("Avec quel résultat ?")
        await desk.keys("1")
        await desk.page.keyboard.type("voix reconnue, 2e appel")
        await desk.keys("Enter")
        await expect(desk.find(".step.verify .given")).to_contain_text("Confirmé")
        await desk.keys("u", "3")
        await desk.page.keyboard.type("plus personne sur place")
        await desk.keys("Enter")
        await expect(desk.find("#card .urgency.u3")).to_be_visible()
        await desk.keys("Alt+0", "b")
        await expect(desk.find("#composer.asks")).to_have_count(0)
        await desk.keys("Alt+0", "b")
        await expect(desk.find("#composer.asks")).to_be_visible()
        await desk.keys("Escape")
        await expect(desk.find("#composer.asks")).to_have_count(0)
        await desk.keys("c", "Escape")
        await expect(desk.find("#prompter")).to_be_hidden()
        await desk.keys("l")
        await expect(desk.find("table")).to_contain_text("voix reconnue")
        await desk.page.wait_for_load_state()  # its keys come with its script
        await desk.keys("Escape")
        await expect(desk.find("#card")).to_have_attribute("data-incident", ids[0])
        assert desk.complaints == []
    lines = {line.what: line.data for line in home.logbook.read(incident_id=ids[0])}
    assert lines["VerificationRecorded"]["means"] == "telephone"
    assert lines["VerificationRecorded"]["result"] == "confirmed"
    assert lines["UrgencySet"]["reason"] == "plus personne sur place"


RACES = 20


async def test_two_operators_race_and_exactly_one_wins(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", "op-5", is_ready=False)
    async with (
        at_desk(browser, site, "op-1") as nadia,
        at_desk(browser, site, "op-5") as karim,
    ):
        for race in range(RACES):
            first, second = (nadia, karim) if race % 2 else (karim, nadia)
            home.sign_in("op-1", "op-5")
            ids = home.ring(POSTES, None)
            for desk in (nadia, karim):
                await expect(desk.find(f"#call-{ids[1]}")).to_be_visible()
            await asyncio.gather(first.keys("F2"), second.keys("F2"))
            await home.until(lambda ids=ids: home.switchboard.calls[ids[1]].state == "talking")
            call = home.switchboard.calls[ids[1]]
            winner, loser = (nadia, karim) if call.operator == "op-1" else (karim, nadia)
            await expect(winner.find("#phone.talking")).to_be_visible()
            await expect(loser.find("#phone.talking")).to_have_count(0)
            answered = [
                line
                for line in home.logbook.read(incident_id=ids[0])
                if line.what == "OperatorAnswered"
            ]
            assert len(answered) == 1
            home.caller_hangs_up(ids)
            await expect(winner.find("#phone.wrap_up")).to_be_visible()


async def test_the_recording_plays_from_the_case(home: House, site: Site, browser: Any) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.talking")).to_be_visible()
        home.caller_hangs_up(ids)
        audio = desk.find("#log audio")
        await expect(audio).to_be_visible()
        await desk.keys("p")
        await expect(desk.find("#log")).to_contain_text("Nadia a écouté l’enregistrement")
        seconds = await audio.evaluate("one => one.duration")
        assert seconds == pytest.approx(2.0, abs=0.1)
        assert desk.complaints == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "Appels en attente"),
        ("nl", "Wachtende oproepen"),
        ("de", "Wartende Anrufe"),
        ("en", "Waiting calls"),
    ],
)
async def test_the_desk_speaks_the_language_and_fits(
    home: House, site: Site, browser: Any, language: str, words: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", "op-3")
    home.ring(POSTES, DUPONT)
    async with at_desk(browser, site, language=language) as desk:
        await expect(desk.find("#calls-title")).to_contain_text(words)
        for width, height in ((1440, 900), (1920, 1080), (720, 450)):  # the last: zoom 200 %
            await desk.page.set_viewport_size({"width": width, "height": height})
            over = await desk.page.evaluate(
                "() => document.documentElement.scrollWidth - innerWidth"
            )
            assert over <= 0, f"{width} wide, {language}: {over} px too wide"
        strip = desk.find("#card .who-strip")
        await desk.page.set_viewport_size({"width": 1366, "height": 600})
        await desk.page.evaluate("() => document.getElementById('card-area').scrollTo(0, 9999)")
        await expect(strip).to_be_visible()
        await expect(strip).to_contain_text("Julie Dupont")
        await desk.page.evaluate("() => document.getElementById('card-area').scrollTo(0, 0)")
        await expect(strip).to_be_hidden()
        assert await desk.page.evaluate("() => scrollY") == 0, "the page itself never scrolls"


# ---------------------------------------------------------------- call trees


async def test_a_running_tree_moves_and_the_operator_says_who_takes_charge(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.talking")).to_be_visible()
        await expect(desk.find("#card [data-key=m]")).to_be_visible()
        await desk.keys("m")
        choice = desk.find("#prompter [data-call_tree=intrusion]")
        await desk.keys((await choice.get_attribute("data-choice")) or "")
        tree, julie = f"{ids[0]}-t1", desk.find("#card [data-person=j-dupont]")
        await expect(julie.locator(".attempt.now")).to_contain_text("sonne")
        await expect(desk.find("#card .promise .countdown")).to_be_visible()
        await desk.keys("F4")
        await desk.page.keyboard.type("les clés chez")
        home.keyholder_leaves(tree, "j-dupont", Cause.BUSY)
        await expect(julie.locator(".attempt.bad")).to_contain_text("occupé")
        await expect(desk.find("#line")).to_be_focused()
        await expect(desk.find("#line")).to_have_value("les clés chez")
        await desk.keys("Escape", "w")
        await expect(desk.find("#card .tree.paused .state")).to_contain_text("Nadia")
        home.keyholder(tree, "j-dupont")
        await expect(desk.find("#phone [data-act=tree_join]")).to_contain_text("Julie Dupont")
        await desk.keys("g")
        who = desk.find("#prompter [data-person=p-peeters]")
        await desk.keys((await who.get_attribute("data-choice")) or "")
        await expect(desk.find("#card .tree.taken p.taken")).to_contain_text("Piet Peeters")
        assert desk.complaints == []
    lines = {line.what: line.data for line in home.logbook.read(incident_id=ids[0])}
    assert lines["ConfirmKeyholderPressed"]["person"] == "p-peeters"
    assert lines["KeyholderAccepted"]["by"] == "operator"


LISTEN = """() => {
  window.tones = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    tones.push(this.frequency.value);
    start.call(this, at);
  };
  window.going = new Map();
  const begin = setInterval, end = clearInterval;
  window.setInterval = (what, time) => {
    const id = begin(what, time);
    going.set(id, time);
    return id;
  };
  window.clearInterval = (id) => { going.delete(id); end(id); };
}"""
"Every tone that the page begins, and every clock that it has begun since and not stopped."
AGAIN = """() => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`only ${tones}`)), 20000);
  const look = () => tones.length >= 8 ? done() : requestAnimationFrame(look);
  look();
})"""
"It sounded, and sounds again."
ENDLESS = "[...going.values()]"


async def test_a_waiting_case_is_taken_by_keyboard(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", is_ready=False)
    async with at_desk(browser, site) as desk:
        await desk.page.evaluate(LISTEN)
        await expect(desk.find("#no-sound")).to_be_visible()
        await desk.keys("Shift")  # a browser makes no sound before somebody pressed something
        await expect(desk.find("#no-sound")).to_be_hidden()
        window = await desk.page.context.new_page()
        await window.goto(site.address)
        await expect(window.locator("body.desk:not(.starting)")).to_be_visible()
        await window.evaluate(LISTEN)
        await window.keyboard.press("Shift")
        ids = home.ring(POSTES, None)
        home.caller_hangs_up(ids)
        await expect(desk.find("#attention .row.u1")).to_contain_text("rappelé")
        await desk.page.evaluate(AGAIN)
        assert set(await desk.page.evaluate("tones")) == {988, 1319}
        await expect(window.locator("#attention .row.u1")).to_be_visible()
        assert await window.evaluate("tones") == [], "one window sounds, the first"
        await expect(desk.find("#pop")).to_be_visible()
        await expect(desk.find("#shout")).to_contain_text("Postes Démo")
        await desk.keys("F6")
        await expect(desk.find("#card")).to_have_attribute("data-incident", ids[0])
        await expect(desk.find("#attention")).to_have_count(0)
        await expect(desk.find("#pop")).to_be_hidden()
        await expect(desk.find("#log")).to_contain_text("Nadia prend le dossier")
        assert await desk.page.evaluate(ENDLESS) == []  # taken: nothing goes on sounding
        assert desk.complaints == []
        await desk.page.close()
        home.caller_hangs_up(home.ring(POSTES, "+32470999999"))
        await window.evaluate(AGAIN)  # the next window sounds now
    assert home.switchboard.incidents[ids[0]].owner == "op-1"


A_PHONE_THAT_IS_UP = """export class Phone {
  isUp = true;
  isKeypadOpen = false;
  take() {} resume() {} closeMicrophone() {}
}"""
NEXT_ROUND = """count => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`only ${tones}`)), 10000);
  tones.length = 0;
  const look = () => tones.length >= count ? done([...tones]) : requestAnimationFrame(look);
  look();
})"""
"The tones of the next round, once there are so many."


async def test_a_browser_phone_rings_by_the_urgency_of_the_call(
    home: House, site: Site, browser: Any
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1")
    heard = {}
    async with at_desk(browser, site) as desk:
        await desk.page.route(
            "**/phone.js",
            lambda route: route.fulfill(
                body=A_PHONE_THAT_IS_UP, content_type="text/javascript"
            ),
        )
        await desk.page.reload()
        await expect(desk.find("body.desk:not(.starting)")).to_be_visible()
        await desk.page.evaluate(LISTEN)
        await desk.keys("Shift")
        for urgency, count in ((4, 1), (3, 2), (2, 3), (1, 4)):
            ids = home.ring(POSTES, DUPONT, urgency=urgency)
            await expect(desk.find("#phone.offered")).to_be_visible()
            heard[urgency] = tuple(await desk.page.evaluate(NEXT_ROUND, count))
            await desk.keys("F2")  # who leaves unanswered is called back, and rings again
            await expect(desk.find("#phone.talking")).to_be_visible()
            home.caller_hangs_up(ids)
            await expect(desk.find("#phone.wrap_up")).to_be_visible()
            await desk.keys("r")
            await expect(desk.find("#phone.ready")).to_be_visible()
        assert desk.complaints == []
    assert heard == {
        1: (988, 1319, 988, 1319),
        2: (587, 740, 880),
        3: (659, 880),
        4: (440,),
    }


LOUDNESS = """() => {
  window.levels = [];
  const rise = AudioParam.prototype.linearRampToValueAtTime;
  AudioParam.prototype.linearRampToValueAtTime = function (value, at) {
    levels.push(value);
    return rise.call(this, value, at);
  };
}"""
"Every loudness to which the page lets a tone rise."


async def test_each_sound_can_be_tried_and_made_louder_but_never_silent(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    async with at_desk(browser, site) as desk:
        await desk.page.evaluate(LISTEN)
        await desk.page.evaluate(LOUDNESS)
        await desk.keys("?")
        tries = desk.find("#help [data-do=try-sound]")
        heard = []
        for place in range(4):
            await desk.page.evaluate("tones.length = 0")
            await tries.nth(place).click()
            heard.append(tuple(await desk.page.evaluate("tones")))
        assert len(set(heard)) == 4
        assert heard[0] == (988, 1319, 988, 1319)
        usual = max(await desk.page.evaluate("levels"))
        slider = desk.find("#volume")
        for wanted, is_right in (("100", lambda x: x > usual), ("10", lambda x: 0 < x < usual)):
            await slider.fill(wanted)
            await desk.page.evaluate("levels.length = 0")
            await tries.first.click()
            assert is_right(max(await desk.page.evaluate("levels")))
        assert desk.complaints == []
        await check(desk, axe, "sounds")
        await desk.page.reload()
        await expect(slider).to_have_value("10")
        await desk.page.evaluate("localStorage.setItem('volume', '0')")
        await desk.page.reload()
        await expect(slider).to_have_value("10")


# ---------------------------------------------------------------- accessibility


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's text, from npm's own client; the tests that need it skip without."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so axe-core cannot be had")
    folder = tmp_path_factory.mktemp("axe")
    got = subprocess.run(
        [npm, "pack", "--silent", AXE], cwd=folder, capture_output=True, timeout=120
    )
    packed = list(folder.glob("*.tgz"))
    if got.returncode or not packed:
        pytest.skip(f"npm cannot pack {AXE}: {got.stderr.decode()[:200]}")
    with tarfile.open(packed[0]) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


async def check(desk: Desk, axe: str, where: str) -> None:
    """Let axe look at the page as it stands, in the dark and in the light."""
    await desk.page.evaluate(axe)
    for theme in ("light", "dark"):
        await desk.page.evaluate(IN_COLOURS, theme)
        await look(desk, f"{where}, {theme}")


IN_COLOURS = """theme => {
  document.documentElement.dataset.theme = theme;
  getComputedStyle(document.body).color;  // from here on, what fades is known
  for (const one of document.getAnimations())
    if (one.effect.getComputedTiming().endTime !== Infinity) one.finish();
}"""


async def look(desk: Desk, where: str) -> None:
    """Let axe look once, in the colours that are there."""
    found = await desk.page.evaluate(
        "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',"
        " 'wcag22aa', 'best-practice']}).then(r => r.violations.map(v =>"
        " ({id: v.id, nodes: v.nodes.map(n => n.html.slice(0, 160)"
        " + [n.any[0]?.data?.fgColor, n.any[0]?.data?.bgColor])})))"
    )
    assert found == [], f"{where}: {json.dumps(found, indent=1)}"


async def test_axe_finds_nothing_in_any_state(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.sign_in("op-1", "op-3", is_ready=False)
    async with at_desk(browser, site) as desk:
        await check(desk, axe, "empty desk")
        await desk.keys("r")
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.offered")).to_be_visible()
        await check(desk, axe, "ringing")
        await desk.keys("F2")
        await expect(desk.find("#phone.talking")).to_be_visible()
        home.ring(POSTES, "+33612345678", is_withheld=True, verstat="TN-Validation-Failed")
        home.reasons.append("the carrier does not answer")
        await expect(desk.find("#alarms p")).to_be_visible()
        await desk.keys("k")
        await check(desk, axe, "choosing the kind")
        await desk.keys("1")
        await expect(desk.find("#step-1.current")).to_be_visible()
        await desk.keys("1")
        await expect(desk.find("#step-1.done")).to_be_visible()
        await desk.keys("s")
        await check(desk, axe, "writing a reason")
        await desk.page.keyboard.type("vu")
        await desk.keys("Enter")
        await expect(desk.find("#card .skipped")).to_be_visible()
        await desk.keys("F9")
        await expect(desk.find("#log audio")).to_be_visible()
        await check(desk, axe, "wrap-up with recording")
        await desk.keys("?")
        await check(desk, axe, "help")
        for path in (f"/incidents/{ids[0]}", "/incidents", "/nothing"):
            await desk.page.goto(site.address + path)
            await check(desk, axe, path)
    context = await browser.new_context()
    stranger = Desk(await context.new_page())
    await stranger.page.goto(f"{site.address}/sign-in")
    await check(stranger, axe, "sign-in")
    await context.close()


async def test_axe_finds_nothing_in_a_case_under_duress(
    home: House, site: Site, browser: Any, axe: str
) -> None:
    from playwright.async_api import expect

    home.picks_up = {"op-1"}
    home.sign_in("op-1")
    async with at_desk(browser, site) as desk:
        ids = home.ring(POSTES, DUPONT)
        await expect(desk.find("#phone.talking")).to_be_visible()
        tree = home.start_tree(ids[0], "intrusion")
        home.keyholder_leaves(tree, "j-dupont", Cause.BUSY)
        home.keyholder(tree, "j-dupont", "1")
        await expect(desk.find("#phone [data-act=tree_join]")).to_be_visible()
        await check(desk, axe, "a running tree")
        home.keyholder_gives_pin(tree, "j-dupont", "duress")
        await expect(desk.find("#card .duress")).to_be_visible()
        await check(desk, axe, "under duress")
