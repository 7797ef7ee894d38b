"""What a page and the engine say to each other about the page's telephone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest

from callflows.events import OperatorId
from securityline.telephony.browser import NoBrowserPhone
from securityline.web.browser_phone import LONGEST_OFFER, PASSING, REASONS
from sip.media.line import LineWhy
from tests.securityline.web.rig import Browser, House
from tests.securityline.web.test_live import screen

SCRIPT = Path("securityline/web/static/phone.js").read_text()
Tell = Callable[[str, str], None]


@dataclass
class Phones:
    """Where pages become telephones, as the web knows it."""

    is_installed: bool = True
    why_not: Any = ""
    pages: list[tuple[str, Tell]] = field(default_factory=list)
    left: list[tuple[str, Tell]] = field(default_factory=list)
    off: list[tuple[str, Tell]] = field(default_factory=list)
    line: str = "line-1"

    def connect(self, operator: OperatorId, sdp: str, page: Tell) -> tuple[str, str]:
        if self.why_not:
            raise NoBrowserPhone(self.why_not)
        self.pages.append((operator, page))
        return self.line, f"answer to {sdp}"

    def resume(self, operator: OperatorId, line_id: str, page: Tell) -> bool:
        self.pages.append((operator, page))
        return line_id == self.line

    def leave(self, operator: OperatorId, page: Tell) -> None:
        self.left.append((operator, page))

    def disconnect(self, operator: OperatorId, page: Tell) -> None:
        self.off.append((operator, page))


@pytest.fixture
def phones(home: House) -> Phones:
    phones = Phones()
    home.browser_phones = phones
    return phones


async def test_an_offer_is_answered_and_the_page_hears_how_its_line_is(
    phones: Phones, desk: Browser
) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        await live.socket.send_json({"act": "phone_offer", "sdp": "mine"})
        told = await live.until(phone=...)
        assert told["phone"] == {"line": "line-1", "answer": "answer to mine"}
        [(operator, page)] = phones.pages
        assert operator == "op-1"
        page("up", "")
        assert (await live.until(phone=...))["phone"] == {"state": "up"}
        page("down", "fingerprint")
        told = (await live.until(phone=...))["phone"]
        assert told["state"] == "down"
        assert not told["is_passing"]
        assert "chiffrement" in told["words"]
        await live.socket.send_json({"act": "phone_off"})
        await live.quiet()
        assert phones.off == [("op-1", page)]
    assert phones.left == [("op-1", page)]


async def test_a_page_that_was_away_asks_for_its_line(phones: Phones, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        await live.socket.send_json({"act": "phone_resume", "line": "line-1"})
        assert [m for m in await live.quiet() if "phone" in m] == []
        for line in ("another", 7, None, "x" * 300):
            await live.socket.send_json({"act": "phone_resume", "line": line})
            assert (await live.until(phone=...))["phone"]["why"] == "gone"


@pytest.mark.parametrize("sdp", [None, 7, ["x"], "x" * (LONGEST_OFFER + 1)])
async def test_an_offer_that_is_none_is_refused(
    phones: Phones, desk: Browser, sdp: object
) -> None:
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        await live.socket.send_json({"act": "phone_offer", "sdp": sdp})
        assert (await live.until(phone=...))["phone"]["why"] == "offer"
    assert phones.pages == []


async def test_a_refusal_is_said_in_words(phones: Phones, desk: Browser) -> None:
    phones.why_not = "no_port"
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        await live.socket.send_json({"act": "phone_offer", "sdp": "mine"})
        told = (await live.until(phone=...))["phone"]
    assert told["words"] == "Le moteur n’a pas de ligne libre pour votre navigateur."


async def test_without_the_extra_the_desk_says_so(home: House, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with desk.http.get(desk.url("/")) as response:
        page = await response.text()
    assert 'data-installed="no"' in page
    assert "n’est pas installé" in page
    async with screen(desk) as live:
        await live.socket.send_json({"act": "phone_offer", "sdp": "mine"})
        assert (await live.until(phone=...))["phone"]["why"] == "not_installed"


async def test_with_it_the_page_may_be_a_telephone(phones: Phones, desk: Browser) -> None:
    await desk.sign_in("op-1")
    async with desk.http.get(desk.url("/")) as response:
        assert 'data-installed="yes"' in await response.text()


async def test_who_asks_without_end_is_slowed_down(phones: Phones, desk: Browser) -> None:
    """Each line takes a port, and callers need ports."""
    await desk.sign_in("op-1")
    async with screen(desk) as live:
        for _ in range(15):
            await live.socket.send_json({"act": "phone_offer", "sdp": "mine"})
        await live.quiet()
        told = [m["phone"] for m in live.messages if "phone" in m]
    assert len(phones.pages) == 10
    assert [one["why"] for one in told if "why" in one] == ["too_often"] * 5


def test_every_reason_has_words() -> None:
    refusals = ("not_installed", "no_port", "offer", "replaced", "gone", "too_often")
    assert {*get_args(LineWhy), *refusals} <= set(REASONS)
    assert set(REASONS) >= PASSING


def test_the_page_has_words_for_every_trouble_with_a_microphone() -> None:
    template = Path("securityline/web/templates/script_words.html").read_text()
    for name in ("mic_blocked", "mic_missing", "mic_busy", "mic_gone", "mic_insecure"):
        assert name in SCRIPT
        assert f"'{name}'" in template
