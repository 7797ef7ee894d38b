"""The pretend telephones that the engine can ring by a number, and what they do when it does.

The numbers are those of the example directory. Together they show every way in which a
fallback number or a keyholder can fail, and those in which they do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from securityline.simulation.behaviour import Behaviour, Press
from securityline.simulation.speech import Role, greeting, speech_of

BUSY, DECLINED = 486, 603


@dataclass(frozen=True, slots=True)
class Telephone:
    """Whose telephone it is, and what it does when it rings. Times in seconds."""

    name: str
    answer_time: float | None = None
    "Of ringing before it is picked up; `None`: never."
    refuse_status: int | None = None
    presses: tuple[Press, ...] = ()
    hang_up_time: float | None = None
    "From the answer."
    ring_back_time: float | None = None
    "From the end of a call that was not answered, until he calls the number he saw."
    role: Role = "operator"
    "What is said."
    does: str = ""
    "In words, for whoever asks."

    def behaviour(self, language: str) -> Behaviour:
        """Return what the phone does by itself, in this language."""
        is_machine = self.role == "voicemail"
        return Behaviour(
            answer_time=self.answer_time,
            refuse_status=self.refuse_status,
            presses=self.presses,
            hang_up_time=self.hang_up_time,
            speech=greeting(language) if is_machine else speech_of(self.role, language),
            is_said_once=is_machine,
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
