"""Are the documents still true? Links lead somewhere, generated pages are fresh.

Run by `make check`. What it cannot see (whether a sentence is right) stays with people.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
REQUIRED: Final = (
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "docs/tutorial.md",
    "docs/where-to-put-things.md",
    "docs/glossary.md",
    "docs/decisions/README.md",
)


def pages() -> Iterator[Path]:
    """Yield every page a person may read."""
    yield from ROOT.glob("*.md")
    yield from (ROOT / "docs").rglob("*.md")


def broken_links(page: Path) -> Iterator[str]:
    """Yield a finding for each relative link of `page` that leads nowhere."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        if not (page.parent / target).exists():
            yield f"{page.relative_to(ROOT)}: link to {target} leads nowhere"


def unlisted_decisions() -> Iterator[str]:
    """Yield a finding for each decision record that its index does not name."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8") if folder.exists() else ""
    for record in sorted(folder.glob("[0-9]*.md")):
        if record.name not in index:
            yield f"docs/decisions/README.md: does not list {record.name}"


def main() -> int:
    """Print every finding; return 1 if there is one."""
    findings = [f"missing: {name}" for name in REQUIRED if not (ROOT / name).exists()]
    findings += [finding for page in pages() for finding in broken_links(page)]
    if (ROOT / "docs" / "decisions" / "README.md").exists():
        findings += unlisted_decisions()
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
