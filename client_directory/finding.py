"""What is wrong in a directory, and where: one line for the person who mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

UNREADABLE: Final = "UNREADABLE"
"Code of a file or folder that could not be read at all; the line is 1."


class ExitStatus(IntEnum):
    """Exit status of `securityline check`."""

    CLEAN = 0
    DEFECTS = 1
    UNREADABLE = 2


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One defect. Never holds the value of a secret."""

    file: str
    "Path as the reader of the message would type it."
    line: int
    "Counted from 1."
    code: str
    "Upper case, stable, for scripts."
    text: str
    is_warning: bool = False
    "The directory may be put in force all the same."

    def __str__(self) -> str:
        """Write it as `FILE:LINE: CODE: text`, always on one line."""
        text = " ".join(self.text.split())
        return f"{self.file}:{self.line}: {self.code}: {text}"


def exit_status(findings: Iterable[Finding]) -> ExitStatus:
    """Return 0 for no finding, 2 if something could not be read, else 1.

    A warning counts as a defect: a clean directory prints nothing.
    """
    codes = {finding.code for finding in findings}
    if UNREADABLE in codes:
        return ExitStatus.UNREADABLE
    return ExitStatus.DEFECTS if codes else ExitStatus.CLEAN
