"""Every sentence of the pages that has to exist in every language."""

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment

WEB = Path(__file__).resolve().parents[3] / "securityline" / "web"


def of_templates() -> Iterator[tuple[str, str | None]]:
    """Sentence, and its plural when it has one."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted((WEB / "templates").glob("*.html")):
        found = environment.extract_translations(path.read_text())  # type: ignore[attr-defined]
        for _, function, message in found:
            texts = message if isinstance(message, tuple) else (message, None)
            yield texts[0], texts[1] if function == "ngettext" else None


def of_code() -> Iterator[tuple[str, str | None]]:
    for path in sorted(WEB.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
            texts = [text for text in texts if isinstance(text, str)]
            if name in ("N_", "words", "_words") and texts:
                yield texts[0], None
            elif name == "plural" and len(texts) == 2:
                yield texts[0], texts[1]


def all_sentences() -> dict[str, str | None]:
    """Sentence to its plural."""
    found: dict[str, str | None] = {}
    for one, several in (*of_templates(), *of_code()):
        found[one] = found.get(one) or several
    return found
