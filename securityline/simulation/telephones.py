"""The pretend telephones that the engine can ring by a number, and how each behaves.

The numbers are those of the example directory. Together they show every way in which a
fallback number can fail, and one in which it does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from securityline.simulation.behaviour import Behaviour

BUSY, DECLINED = 486, 603


@dataclass(frozen=True, slots=True)
class Telephone:
    """Whose telephone it is, and what it does when it rings."""

    name: str
    answer_time: float | None = None
    "Seconds of ringing before it is picked up; `None`: never."
    refuse_status: int | None = None

    def behaviour(self, speech: bytes) -> Behaviour:
        """Return what the phone does by itself, with these words to say."""
        return Behaviour(
            answer_time=self.answer_time, refuse_status=self.refuse_status, speech=speech
        )


FALLBACKS: Final[Mapping[str, Telephone]] = MappingProxyType(
    {
        "+3225550999": Telephone("guard post of Postes Démo", answer_time=8.0),
        "+3235550999": Telephone("guard post of Banque Démo, where nobody is"),
        "+3225550998": Telephone("switchboard of Clinique Démo, busy", refuse_status=BUSY),
        "+3235550998": Telephone(
            "manager of Magasins Démo, who declines", answer_time=3.0, refuse_status=DECLINED
        ),
    }
)

KEYHOLDER_ANSWER_TIME: Final = 6.0


def keyholder(name: str) -> Telephone:
    """Return the telephone of a person of the directory."""
    return Telephone(name, answer_time=KEYHOLDER_ANSWER_TIME)
