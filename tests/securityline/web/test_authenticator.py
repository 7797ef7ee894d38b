"""An operator scans a QR code once and proves it; from then on a code is asked of him."""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from securityline import totp
from securityline.accounts import Accounts
from securityline.web.app import create_app
from securityline.web.authenticator import MOST_TRIES, qr_code
from tests.securityline.web.rig import PASSWORD, Browser, House, browser, field_of
from tests.securityline.web.test_watch_desk import seen

ADDRESS = totp.address("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "op-1")


@pytest.fixture
async def nadia(home: House, tmp_path: Path) -> AsyncIterator[Browser]:
    """Op-1 at the desk of an engine with real accounts; she has no authenticator yet."""
    accounts = Accounts(tmp_path / "accounts", "securityline.example")
    accounts.add_operator("op-1", PASSWORD, "201")
    services = replace(
        home.services(), accounts=accounts, authenticators=accounts.authenticators
    )
    async with browser(create_app(services)) as desk:
        await desk.sign_in("op-1")
        yield desk


async def post(desk: Browser, **fields: str) -> str:
    """Send the page's form."""
    form = {"csrf": field_of(await desk.page("/authenticator"), "csrf"), **fields}
    answer = await desk.http.post(desk.url("/authenticator"), data=form)
    return await answer.text()


async def test_scanned_once_and_asked_from_then_on(home: House, nadia: Browser) -> None:
    assert "/authenticator" in await nadia.page("/")
    assert "<svg" not in await post(nadia, password="wrong")
    shown = await post(nadia, password=PASSWORD)
    found = re.search(r'<code class="totp-secret">([A-Z2-7 ]+)</code>', shown)
    assert found is not None
    secret = found[1].replace(" ", "")
    drawn = shown[shown.index("<svg") : shown.index("</svg>") + 6]
    assert drawn == str(qr_code(totp.address(secret, "op-1")))
    assert "style" not in drawn, "the page's policy would drop it"
    again = await nadia.page("/authenticator")
    assert secret[:4] not in again, "shown once"
    assert "<svg" not in again
    step = int(home.clock() // totp.STEP)
    await post(nadia, code="000000")
    done = await post(nadia, code=totp.code_at(secret, step))
    assert "son code est demandé" in done
    await home.settled()
    assert [x["operator"] for x in seen(home, "AuthenticatorEnrolled")] == ["op-1"]
    assert secret not in " ".join(str(line.data) for line in home.logbook.read(limit=1000))
    nadia.http.cookie_jar.clear()
    assert (await nadia.sign_in("op-1")).status == 401
    assert (await nadia.sign_in("op-1", code=totp.code_at(secret, step))).status == 303


async def test_until_it_is_proved_nothing_is_asked(nadia: Browser) -> None:
    await post(nadia, password=PASSWORD)
    for _ in range(MOST_TRIES):
        await post(nadia, code="000000")
    assert "ne vaut plus" in await post(nadia, code="000000")
    nadia.http.cookie_jar.clear()
    assert (await nadia.sign_in("op-1")).status == 303


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbarimg is not installed")
def test_another_s_reader_reads_the_address(tmp_path: Path) -> None:
    picture = tmp_path / "code.pgm"
    picture.write_bytes(painted(str(qr_code(ADDRESS))))
    read = subprocess.run(
        ["zbarimg", "--quiet", "--raw", "--oneshot", str(picture)],
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert read.stdout.decode().strip() == ADDRESS


def painted(svg: str, scale: int = 4) -> bytes:
    """Paint the strokes of the code's SVG, one module each, as a grey picture (PGM)."""
    size = round(float(re.findall(r'width="([\d.]+)"', svg)[0]) / 5)
    dark = [[False] * size for _ in range(size)]
    strokes = re.findall(r'class="qrline" stroke="#000" d="([^"]+)"', svg)[0]
    x, y = 0.0, 0.0
    for move, numbers in re.findall(r"([Mmh])([-\d. ]+)", strokes):
        values = [float(one) for one in re.findall(r"-?\d*\.?\d+", numbers)]
        if move == "h":
            for column in range(round(x), round(x + values[0])):
                dark[int(y)][column] = True
            x += values[0]
        else:
            x, y = (values[0], values[1]) if move == "M" else (x + values[0], y + values[1])
    rows = [
        bytes(0 if cell else 255 for cell in row for _ in range(scale))
        for row in dark
        for _ in range(scale)
    ]
    side = size * scale
    return f"P5 {side} {side} 255\n".encode() + b"".join(rows)
