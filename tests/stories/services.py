"""A case, and an operator whose hand is on the button of the police."""

from typing import Any

from callflows import events as e
from callflows.events import IncidentId, OperatorId
from callflows.service_call import ServiceCall
from client_directory.model import Procedure, Step
from tests.stories.line import Line

POLICE = "pz-1"
MEDICAL = "med-1"
KINDS = {POLICE: "police", MEDICAL: "medical", "fire-1": "fire"}
NAMES = {POLICE: "Zone de police", MEDICAL: "Centre 112", "fire-1": "Pompiers"}

INTRUSION = Procedure(
    procedure="intrusion",
    version=1,
    incident_kinds=("intrusion",),
    title={"fr": "Intrusion"},
    urgency=2,
    alarm_codes=("130",),
    steps=(
        Step(step="verify", verify=("video", "telephone"), is_required=True),
        Step(step="police", do={"call_service": "police"}, requires="verify", is_required=True),
    ),
    quiet_time=600.0,
)
HOLD_UP = Procedure(
    procedure="holdup",
    version=1,
    incident_kinds=("holdup",),
    title={"fr": "Hold-up"},
    urgency=1,
    alarm_codes=("122",),
    steps=(Step(step="police", do={"call_service": "police"}, is_required=True),),
)


class Room(Line):
    """The line, and what operators press for the emergency services."""

    def press(
        self, operator: str, case: str, service: str = POLICE, **values: Any
    ) -> list[Any]:
        """An operator presses a service's button."""
        given: dict[str, Any] = {
            "incident_id": IncidentId(case),
            "operator": OperatorId(operator),
            "service": service,
            "service_kind": KINDS[service],
            "name": NAMES[service],
            "lines": ("direct", "public"),
            "presented_number": "+3225550100",
        }
        return self.tell(e.ServicePressed(**(given | values)))

    def alarm(self, kind: str = "intrusion", procedure: Procedure | None = INTRUSION) -> str:
        """An alarm comes in and is a case; returns its id."""
        before = set(self.switchboard.incidents)
        self.tell(
            e.AlarmReceived(
                source="dc09",
                source_id=f"{kind}-{len(before)}",
                organisation="acme",
                site="bru",
                kind=kind,
                urgency=2,
                procedure=procedure,
            )
        )
        [case] = set(self.switchboard.incidents) - before
        return str(case)

    def verifies(self, operator: str, case: str, result: str = "confirmed") -> list[Any]:
        """An operator records a verification."""
        return self.tell(
            e.VerificationRecorded(
                incident_id=IncidentId(case),
                operator=OperatorId(operator),
                step="verify",
                means="video",
                result=result,  # type: ignore[arg-type]
            )
        )

    def service(self, number: int = -1) -> ServiceCall:
        """A call to a service, the latest if none is named."""
        return list(self.switchboard.service_calls.values())[number]

    def rings_there(self, number: int = -1) -> list[Any]:
        """The service's phone rings."""
        return self.tell(e.LegRinging(leg_id=self.service(number).leg_id))

    def answers_there(self, number: int = -1) -> list[Any]:
        """Somebody at the service picks up."""
        leg_id = self.service(number).leg_id
        self.phones[leg_id].is_up = True
        return self.tell(e.LegAnswered(leg_id=leg_id))

    def ends_there(self, cause: e.Cause = e.Cause.HUNG_UP, number: int = -1) -> list[Any]:
        """The service hangs up, is busy, or its line breaks."""
        return self.tell(e.LegEnded(leg_id=self.service(number).leg_id, cause=cause))

    def refusals(self) -> list[str]:
        """Why presses were not taken, in order."""
        return [refused.reason for refused in self.all(e.ServiceRefused)]
