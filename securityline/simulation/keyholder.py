"""What a pretend keyholder does when the engine calls him.

Only a key accepts: so most of what he can do here is not to accept, in one of the many ways
in which a telephone at 3 am does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from securityline.simulation.behaviour import Press
from securityline.simulation.telephones import BUSY, Telephone

LISTENS: Final = 9.0
"Seconds from the answer until he presses: he has heard who calls, where, and what happened."
NEXT_KEYS: Final = 5.0
"Seconds until he types what he is asked for then."
LONGEST: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What he is told to do."""

    does: str = "accept"
    after: float = 6.0
    "Seconds of ringing until he, or his voicemail, picks up."
    pin: str = ""
    "Typed behind the key, for a client who asks for it."
    minutes: int = 20
    "Until he is at the site, for `eta`."
    back_after: float = 5.0
    "Seconds until he rings back, for `rings-back`."
    talk: float = 120.0
    "Seconds from the answer until he hangs up, for `operator`; spoken with or not."

    def telephone(self, name: str) -> Telephone:
        """Return his telephone.

        :raises ValueError: he cannot do such a thing.
        """
        if self.does not in CONDUCTS:
            raise ValueError(f"a keyholder can: {', '.join(CONDUCTS)}")
        if not (
            0 <= self.after <= LONGEST
            and 0 <= self.back_after <= LONGEST
            and 1 <= self.talk <= LONGEST
        ):
            raise ValueError(f"from 0 to {LONGEST:.0f} seconds, 1 at least to talk")
        if not 0 <= self.minutes <= 999:
            raise ValueError("from 0 to 999 minutes")
        if self.pin and not (self.pin.isdecimal() and len(self.pin) <= 12):
            raise ValueError("a PIN is made of digits")
        return CONDUCTS[self.does](self, name)


def _keys(key: str, conduct: Conduct, *behind: str) -> tuple[Press, ...]:
    """Press a key of the menu, then the PIN and what else he is asked for, one at a time."""
    asked = [f"{conduct.pin}#"] if conduct.pin else []
    later = enumerate([*asked, *behind], start=1)
    return (Press(LISTENS, key), *(Press(LISTENS + n * NEXT_KEYS, keys) for n, keys in later))


def _presses(
    does: str, key: str, then: Callable[[Conduct], tuple[str, ...]] | None = None
) -> Callable[[Conduct, str], Telephone]:
    def make(conduct: Conduct, name: str) -> Telephone:
        presses = _keys(key, conduct, *(then(conduct) if then else ()))
        pin = " and his PIN" if conduct.pin else ""
        return Telephone(
            name,
            answer_time=conduct.after,
            presses=presses,
            role="keyholder",
            does=f"answers after {conduct.after:g} s and {does}{pin}",
        )

    return make


def _declines(conduct: Conduct, name: str) -> Telephone:
    return Telephone(
        name,
        answer_time=conduct.after,
        presses=(Press(LISTENS, "2"),),
        role="keyholder",
        does=f"answers after {conduct.after:g} s and declines: 2",
    )


def _asks(conduct: Conduct, name: str) -> Telephone:
    return Telephone(
        name,
        answer_time=conduct.after,
        presses=(Press(LISTENS, "0"),),
        hang_up_time=conduct.talk,
        role="keyholder",
        does=f"answers after {conduct.after:g} s and asks for an operator: 0",
    )


def _is_busy(_conduct: Conduct, name: str) -> Telephone:
    return Telephone(name, refuse_status=BUSY, does="is busy")


def _does_not_answer(_conduct: Conduct, name: str) -> Telephone:
    return Telephone(name, does="lets it ring")


def _is_a_machine(conduct: Conduct, name: str) -> Telephone:
    after = f"after {conduct.after:g} s"
    return Telephone(
        name,
        answer_time=conduct.after,
        role="voicemail",
        does=f"does not answer: his voicemail does {after}, with a greeting and a beep",
    )


def _says_nothing(conduct: Conduct, name: str) -> Telephone:
    return Telephone(
        name,
        answer_time=conduct.after,
        role="keyholder",
        does=f"answers after {conduct.after:g} s and presses no key",
    )


def _hangs_up(conduct: Conduct, name: str) -> Telephone:
    return Telephone(
        name,
        answer_time=conduct.after,
        hang_up_time=3.0,
        role="keyholder",
        does=f"answers after {conduct.after:g} s and hangs up 3 s later",
    )


def _rings_back(conduct: Conduct, name: str) -> Telephone:
    return Telephone(
        name,
        ring_back_time=conduct.back_after,
        role="keyholder",
        does=f"lets it ring, and rings back {conduct.back_after:g} s later",
    )


CONDUCTS: Final[Mapping[str, Callable[[Conduct, str], Telephone]]] = MappingProxyType(
    {
        "accept": _presses("takes charge: 1", "1"),
        "eta": _presses(
            "takes charge and says when he is there: 3",
            "3",
            lambda conduct: (f"{conduct.minutes}#",),
        ),
        "decline": _declines,
        "operator": _asks,
        "busy": _is_busy,
        "no-answer": _does_not_answer,
        "voicemail": _is_a_machine,
        "silent": _says_nothing,
        "hang-up": _hangs_up,
        "rings-back": _rings_back,
    }
)
"What he can be told to do, by its name on the command line."

DEMO: Final[Mapping[str, Conduct]] = MappingProxyType(
    {
        "+32470000001": Conduct(does="decline", after=4.0),
        "+32470000002": Conduct(does="voicemail", after=5.0),
        "+32470000003": Conduct(does="eta", after=4.0, minutes=20),
        "+32470000011": Conduct(does="accept", pin="1357", after=5.0),
        "+32470000012": Conduct(does="accept", pin="2468", after=7.0),
        "+32470000013": Conduct(does="no-answer"),
        "+32470000022": Conduct(does="busy"),
        "+32470000023": Conduct(does="hang-up", after=5.0),
        "+32470000024": Conduct(does="voicemail", after=5.0),
        "+32470000025": Conduct(does="accept", after=6.0),
        "+32470000031": Conduct(does="no-answer"),
        "+32470000032": Conduct(does="rings-back"),
        "+32470000034": Conduct(does="operator", after=5.0),
    }
)
"""What people of the example directory do. At the post office of Brussels one declines, one is
a voicemail, and the manager comes in 20 minutes; at the clinic whatever guard is on duty is not
reached, and the security manager takes charge; at the bank both take charge with their PIN."""

OTHERS: Final = Conduct(does="silent")
"Everybody else: he answers as a person does who is simply called, and presses nothing."
