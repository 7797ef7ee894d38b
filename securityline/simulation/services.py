"""The pretend emergency services: what a call to one reaches in a run that is not live.

The engine dials no number of theirs then, but a name that no telephone network takes for one
(`simulated-police-direct`). Behind each there is a telephone here, and whoever answers says
that it is an exercise.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from securityline.simulation.telephones import Telephone

ANSWER_TIME: Final = 3.0
_KINDS: Final = {"police": "police", "fire": "fire brigade", "medical": "ambulance service"}
_LINES: Final = ("direct", "public")

SERVICES: Final[Mapping[str, Telephone]] = MappingProxyType(
    {
        f"simulated-{kind}-{line}": Telephone(
            f"pretend {words}, {line} line", answer_time=ANSWER_TIME, role="service"
        )
        for kind, words in _KINDS.items()
        for line in _LINES
    }
)
"By the name that is dialled."
