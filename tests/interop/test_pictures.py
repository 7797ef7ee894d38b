"""The pictures of the handbook are made by its tool, each of them, without a hand."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.securityline.web.chromium import why_not
from tests.securityline.web.rig import ROOT

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    # On two cores that seven others use the minute that it needs becomes five.
    pytest.mark.skipif(os.environ.get("CI") == "true", reason="`make test` takes the pictures"),
]
SHOT = {
    "case": "incident",
    "desk-duress": "tree-taken",
    "desk-not-recorded": "alarm",
}
"What the tool calls a picture, where that is not its name in the handbook without `desk-`."
SMALL = "1120x640"
"Pixels: the layout of a large screen, and half the work."
PATIENCE = 300
"Seconds; it waits here and there until something that moves has come to rest."


async def test_every_picture_of_the_handbook_is_made(tmp_path: Path) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {
        found
        for page in pages
        for found in re.findall(r"images/([a-z0-9-]+)\.png", page.read_text("utf-8"))
    }
    assert named
    tool = await asyncio.create_subprocess_exec(
        sys.executable,
        "tools/desk_screenshot.py",
        str(tmp_path),
        "--size",
        SMALL,
        cwd=ROOT,
    )
    try:
        assert await asyncio.wait_for(tool.wait(), PATIENCE) == 0
    finally:
        if tool.returncode is None:
            tool.kill()
    made = {path.name.split(f"-{SMALL}-")[0] for path in tmp_path.glob("*.png")}
    wanted = {SHOT.get(name, name.removeprefix("desk-")) for name in named}
    assert wanted <= made, f"not made: {sorted(wanted - made)}"
