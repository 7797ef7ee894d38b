"""The reference material that stands beside the project in development and in CI."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def shared(path: str) -> Path:
    """Return `../shared/PATH`, or skip the test, saying why."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"the reference material is not here: ../shared/{path}")
    return found
