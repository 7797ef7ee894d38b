"""Which silent carriers take us out of service, and which are only named."""

import pytest

from securityline.readiness import Readiness

OUT, IN = "takes our calls", "only brings calls"


@pytest.mark.parametrize(
    ("trunks", "silent", "is_ready"),
    [
        ({"a": OUT}, "a", False),
        ({"a": OUT, "b": OUT}, "a", True),
        ({"a": OUT, "b": OUT}, "ab", False),
        ({"a": OUT, "b": IN}, "a", True),
        ({"a": OUT, "b": IN}, "b", True),
        ({"a": OUT, "b": IN}, "ab", False),
        ({"a": IN}, "a", True),  # it may bring calls all the same: not all answer OPTIONS
    ],
)
def test_a_silent_carrier_is_named_and_all_of_them_mean_that_we_are_not_ready(
    trunks: dict[str, str], silent: str, is_ready: bool
) -> None:
    states = {name: name not in silent for name in trunks}
    ways = {name: kind == OUT for name, kind in trunks.items()}
    readiness = Readiness([], [], lambda: states, ways)
    named = [f"trunk {name} does not answer" for name in silent]
    assert readiness.reasons() == ([] if is_ready else named)
    assert readiness.degraded() == (named if is_ready else [])
