"""A report as PDF, by WeasyPrint where it is installed (the extra `report`).

A process of its own makes it, at a low priority and with limits of time and memory: a
long report takes seconds and hundreds of megabytes, and calls must not wait for either.
Nothing that stands in a report can have it fetch anything. `python -m securityline.report_pdf`
reads a page from its standard input and writes the PDF to its standard output.
"""

import asyncio
import contextlib
import importlib
import importlib.util
import os
import resource
import sys
from typing import Any, Final

MISSING: Final = (
    "PDF needs the extra `report` of the engine (pip install 'securityline[report]'). "
    "The HTML report holds the same."
)
TOO_MUCH: Final = "The report could not be made as PDF. The HTML report holds the same."
NOT_HERE: Final = 3
"Exit status of the process when WeasyPrint, or a library of it, is not on this machine."
LONGEST: Final = 300.0
"Seconds until the process is given up; on a busy machine it waits for everything else."
MOST_WORK: Final = 60
"Seconds of a processor that it may use; a report of 20 pages takes 3."
MOST_MEMORY: Final = 2 << 30
"Octets of address space; a report of 20 pages takes 0.3 GB."
NICENESS: Final = 5
"A third of the weight of a call. At 19 a report starves for minutes on a busy machine."


class NotInstalled(Exception):
    """WeasyPrint is not there; the report exists as HTML."""


class NotMade(Exception):
    """It took too long, or too much memory; the report exists as HTML."""


async def make_pdf(html: str) -> bytes:
    """Turn a whole page, with its own style, into a PDF.

    :raises NotInstalled: the extra is missing.
    :raises NotMade: the process failed, or took longer than `LONGEST`.
    """
    if importlib.util.find_spec("weasyprint") is None:
        raise NotInstalled(MISSING)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "securityline.report_pdf",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LONGEST):
            written, _ = await process.communicate(html.encode("utf-8", "replace"))
    except TimeoutError:
        raise NotMade(TOO_MUCH) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == NOT_HERE:
        raise NotInstalled(MISSING)
    if process.returncode != 0 or not written.startswith(b"%PDF-"):
        raise NotMade(TOO_MUCH)
    return written


def write_pdf(html: str) -> bytes:
    """Turn a page into a PDF here and now; for the process alone.

    :raises NotInstalled: the extra is missing, or a library that it needs.
    """
    try:
        weasyprint = importlib.import_module("weasyprint")
    except (ImportError, OSError) as error:  # OSError: Pango is not on this machine
        raise NotInstalled(MISSING) from error

    class Nothing(weasyprint.urls.URLFetcher):  # type: ignore[misc,name-defined]
        def fetch(self, url: str, headers: Any = None) -> Any:
            raise ValueError("a report fetches nothing")

    page = weasyprint.HTML(string=html, url_fetcher=Nothing(allowed_protocols=()))
    written: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
    return written


def main() -> None:
    """Read a page, write a PDF."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_WORK, MOST_WORK))
    try:
        written = write_pdf(sys.stdin.buffer.read().decode("utf-8"))
    except NotInstalled:
        sys.exit(NOT_HERE)
    sys.stdout.buffer.write(written)


if __name__ == "__main__":
    main()
