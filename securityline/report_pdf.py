"""A report as PDF, by WeasyPrint where it is installed (the extra `report`).

Runs in a thread: a long report takes seconds. Nothing that stands in a report can have it
fetch anything.
"""

import importlib
from typing import Any, Final

MISSING: Final = (
    "PDF needs the extra `report` of the engine (pip install 'securityline[report]'). "
    "The HTML report holds the same."
)


class NotInstalled(Exception):
    """WeasyPrint is not there; the report exists as HTML."""


def write_pdf(html: str) -> bytes:
    """Turn a whole page, with its own style, into a PDF.

    :raises NotInstalled: the extra is missing.
    """
    try:
        weasyprint = importlib.import_module("weasyprint")
    except (ImportError, OSError) as error:  # OSError: Pango is not on this machine
        raise NotInstalled(MISSING) from error
    written: bytes = weasyprint.HTML(string=html, url_fetcher=_refuse).write_pdf()
    return written


def _refuse(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError("a report fetches nothing")
