"""A caller with nothing but a telephone's keys, for stories of those who serve themselves."""

from dataclasses import dataclass, field
from typing import Any, Final

from callflows import commands as c
from callflows import events as e
from callflows.commands import CollectInstallerPin
from callflows.events import IncidentId, LegId, SafetyTimerStarted
from callflows.self_service import SelfService
from callflows.switchboard import Outcome
from client_directory.model import Procedure
from tests.stories.alarms import HOLDUP, AlarmLine

LEG: Final = LegId("call-1-a")
TIMER: Final = "lone:acme/piet"
ZONES: Final = {"001": "Hall", "007": "Vault"}
WHO: Final = e.Identification(
    organisation="acme", organisation_name="Acme", person="piet", person_name="Piet"
)


@dataclass(slots=True)
class KeyLine(AlarmLine):
    """A line on which somebody presses keys. PINs are compared elsewhere: here, outcomes."""

    heard: list[tuple[str, ...]] = field(default_factory=list)
    "What the caller was played, in order."

    def installer_rings(self, **offer: Any) -> list[Outcome]:
        """An installer dials the number for installers."""
        return self.rings(service="installer", **offer)

    def worker_rings(self, stage: str = "idle", **offer: Any) -> list[Outcome]:
        """Piet, who works alone, dials the number for that; his timer stands at `stage`."""
        alone = e.AloneCaller(
            timer_id=TIMER,
            organisation="acme",
            person="piet",
            name="Piet",
            run_time=3720.0,
            stage=stage,  # type: ignore[arg-type]
        )
        return self.rings(
            **({"service": "lone_worker", "alone": alone, "identification": WHO} | offer)
        )

    def rings(self, **offer: Any) -> list[Outcome]:
        before = len(self.said)
        self.calls(**offer)
        return self._note([what for _, what in self.said[before:]])

    @property
    def self_service(self) -> SelfService:
        """The caller who is being served."""
        [call] = self.switchboard.self_services.values()
        return call

    def keys(self, digits: str) -> list[Outcome]:
        """He presses these, one after the other."""
        outcomes: list[Outcome] = []
        for digit in digits:
            outcomes += self.tell(e.DigitPressed(leg_id=self.leg, digit=digit))
        return self._note(outcomes)

    @property
    def leg(self) -> LegId:
        """The leg of whoever rang last."""
        return LegId(f"call-{self.calls_made}-a")

    def pin(
        self,
        outcome: Any,
        *,
        place: str = "acme/hq",
        procedure: Procedure | None = HOLDUP,
        zones: dict[str, str] | None = None,
        **values: Any,
    ) -> list[Outcome]:
        """His PIN was compared."""
        right = None
        is_installer = isinstance(self.last_collected, CollectInstallerPin)
        if is_installer and outcome in ("good", "duress"):
            right = e.TestRight(
                organisation="acme",
                organisation_name="Acme",
                site="hq",
                site_name="Head office",
                person="ivo",
                name="Ivo",
                zones=ZONES if zones is None else zones,
                procedure=procedure,
            )
        if not is_installer:
            place = ""
        return self._note(
            self.tell(
                e.PinChecked(
                    leg_id=self.leg, outcome=outcome, place=place, right=right, **values
                )
            )
        )

    @property
    def last_collected(self) -> Any:
        return next(
            what
            for _, what in reversed(self.said)
            if isinstance(what, c.CollectPin | CollectInstallerPin)
        )

    def timer_says(
        self, kind: type[e.Event] = SafetyTimerStarted, **values: Any
    ) -> list[Outcome]:
        """What watches timers answers."""
        required: dict[type[e.Event], dict[str, Any]] = {
            e.SafetyTimerStarted: {"lapses_at": self.now + 3720},
            e.SafetyTimerProlonged: {"lapses_at": self.now + 3720, "by": "piet"},
            e.SafetyTimerLapsed: {"red_at": self.now + 600},
            e.SafetyTimerRaised: {"urgency": 1, "reason": "no sign of life"},
            e.SafetyTimerCancelled: {"stage": "running"},
            e.SafetyTimerEnded: {"by": "ann", "reason": "spoke to him"},
            e.SafetyTimerRefused: {"reason": "no such time"},
        }
        about = {"organisation": "acme", "timer_id": TIMER, "person": "piet", "name": "Piet"}
        number = IncidentId(f"t{len(self.said)}")
        return self._note(
            self.tell(kind(incident_id=number, **(about | required[kind] | values)))
        )

    def heard_out(self) -> list[Outcome]:
        """He hears the last words to their end, and his line is hung up."""
        return self.tell(
            e.PromptEnded(
                leg_id=self.leg,
                prompt=self.self_service.last_prompt,
                played_time=3.0,
                is_complete=True,
            )
        )

    def _note(self, outcomes: list[Outcome]) -> list[Outcome]:
        self.heard += [
            one.prompts
            for one in outcomes
            if isinstance(one, c.Play) and one.leg_id == self.leg and one.prompts
        ]
        return outcomes
