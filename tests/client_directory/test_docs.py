"""`docs/directory.md` tells every code there is, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "directory.md").read_text(encoding="utf-8")
CODE = re.compile(r'"([A-Z]+(?:_[A-Z]+)+|[A-Z]{3,})"')


def test_every_code_is_told_and_every_told_code_exists():
    written = {
        code
        for path in (ROOT / "client_directory").glob("*.py")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    } - {"UTC", "NFKC"}
    told = set(re.findall(r"`([A-Z_]{3,})`", TEXT[TEXT.index("## Codes") :]))
    assert written == told
