"""`docs/directory.md` tells every code there is, and no other."""

import re
from pathlib import Path

from tests.client_directory.factory import ACME, findings_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "directory.md").read_text(encoding="utf-8")
CODE = re.compile(r'"([A-Z]+(?:_[A-Z]+)+|[A-Z]{3,})"')


def test_every_code_is_told_and_every_told_code_exists():
    written = {
        code
        for path in (ROOT / "client_directory").glob("*.py")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    } - {"UTC", "NFKD"}
    told = set(re.findall(r"`([A-Z_]{3,})`", TEXT[TEXT.index("## Codes") :]))
    assert written == told


def test_what_the_text_shows_of_alarms_can_be_read(tmp_path):
    part = TEXT[TEXT.index("## Alarms of an organisation") : TEXT.index("## Operators and")]
    site, organisation = re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)
    assert "alarm_paths" in site
    assert "lone_workers" in organisation
    text = ACME.replace('    alarm_accounts: ["1234"]\n', site, 1) + organisation
    # The text names people of the example; they are Ann and Bob here.
    text = text.replace("j-dupont", "ann").replace("p-peeters", "bob")
    assert [str(finding) for finding in findings_of(tmp_path, text)] == []
