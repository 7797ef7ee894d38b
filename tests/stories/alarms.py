"""An alarm panel, cameras and a pretend clock, for the stories of alarms."""

from dataclasses import dataclass, field
from typing import Any

from callflows import events as e
from callflows.attention import waiting_cases
from callflows.call import CallState
from callflows.commands import PlanCallTree
from callflows.events import CallId, IncidentId, OperatorId
from callflows.incident import Incident
from callflows.switchboard import Outcome
from client_directory.alarm_model import AlarmRules, Runaway
from client_directory.model import Answer, Procedure, Step
from tests.stories.line import Line

INTRUSION = Procedure(
    procedure="intrusion",
    version=7,
    incident_kinds=("intrusion",),
    title={"fr": "Intrusion"},
    urgency=2,
    hold_time=45.0,
    steps=(
        Step(step="tree", do={"start_call_tree": "keys"}, is_automatic=True),
        Step(step="verify", verify=("two_detectors", "telephone", "video"), is_required=True),
        Step(
            step="decide",
            ask={"fr": "Intrusion confirmée ?"},
            is_required=True,
            answers=(
                Answer(answer="yes", go_to="police"),
                Answer(answer="no", go_to="restore"),
            ),
        ),
        Step(step="police", do={"call_service": "police"}, requires="verify"),
        Step(step="restore", do={"await_restore": "true"}, is_required=True, go_to="end"),
    ),
)
HOLDUP = Procedure(
    procedure="holdup",
    version=1,
    incident_kinds=("holdup", "panic"),
    title={"fr": "Hold-up"},
    urgency=1,
    never_suppress=True,
    quiet_time=600.0,
    steps=(
        Step(step="police", do={"call_service": "police"}, is_required=True),
        Step(step="tree", do={"start_call_tree": "keys"}, go_to="end"),
    ),
)
FIRE = Procedure(
    procedure="fire",
    version=2,
    incident_kinds=("fire",),
    title={"fr": "Incendie"},
    urgency=1,
    steps=(Step(step="fire", do={"call_service": "fire"}, is_required=True, go_to="end"),),
)
MEDICAL = Procedure(
    procedure="medical",
    version=1,
    incident_kinds=("medical",),
    title={"fr": "Malaise"},
    urgency=1,
    steps=(Step(step="help", do={"call_service": "medical"}, is_required=True),),
)
TECHNICAL = Procedure(
    procedure="technical",
    version=1,
    incident_kinds=("technical", "camera_offline"),
    title={"fr": "Technique"},
    urgency=3,
    steps=(Step(step="note", ask={"fr": "Quoi ?"}, answers="free_text", go_to="end"),),
)
CONSIGNES = {
    "intrusion": INTRUSION,
    "holdup": HOLDUP,
    "panic": HOLDUP,
    "duress": HOLDUP,
    "medical": MEDICAL,
    "fire": FIRE,
    "technical": TECHNICAL,
    "camera_offline": TECHNICAL,
}
RULES = AlarmRules(runaway=Runaway(window_time=600.0, count=20, bucket_rate=1.0))
OTHER = Procedure(
    procedure="other", version=1, incident_kinds=("other",), title={}, urgency=3, steps=()
)
ANN = OperatorId("ann")
MINUTE = 60.0
HOUR = 3600.0


@dataclass(slots=True)
class AlarmLine(Line):
    """A line with alarm panels on it."""

    signals: int = 0
    rules: AlarmRules = RULES
    is_flooded: bool = False
    "Thousands of alarms: what must always hold is looked at by the story, not after each."
    last_event: type[e.Event] = e.AlarmReceived
    last_values: dict[str, Any] = field(default_factory=dict)

    # ------------------------------------------------ what panels say

    def alarm(self, kind: str = "intrusion", **values: Any) -> list[Outcome]:
        """A panel reports an alarm: zone 1, the hall, of the head office, unless said."""
        consigne = CONSIGNES.get(kind, OTHER)
        given = {
            "kind": kind,
            "procedure": consigne,
            "urgency": consigne.urgency,
            "never_suppress": consigne.never_suppress,
            "rules": self.rules,
        }
        return self.signal(e.AlarmReceived, **(given | values))

    def restores(self, zone: str = "1", **values: Any) -> list[Outcome]:
        """The panel says that a zone is back to normal."""
        return self.signal(e.RestoreReceived, **({"zone": zone} | values))

    def user(self, action: str, user: str = "5", **values: Any) -> list[Outcome]:
        """Somebody enters his code at the panel."""
        return self.signal(e.OpenCloseReceived, action=action, user=user, **values)

    def unknown(self, account: str = "6666", **values: Any) -> list[Outcome]:
        """An account reports that no client has."""
        nobody = {
            "account": account,
            "is_known_account": False,
            "organisation": None,
            "organisation_name": "",
            "site": None,
            "site_name": "",
            "procedure": None,
            "never_suppress": False,
        }
        return self.alarm(values.pop("kind", "intrusion"), **(nobody | values))

    def signal(self, event: type[e.Event], **values: Any) -> list[Outcome]:
        """Anything that a panel says."""
        self.signals += 1
        given: dict[str, Any] = {
            "incident_id": IncidentId(f"a{self.signals}"),
            "source": "dc09",
            "source_id": f"1234-{self.signals}",
            "account": "1234",
            "organisation": "acme",
            "organisation_name": "Acme",
            "site": "hq",
            "site_name": "Head office",
            "code": "130",
            "code_format": "contact_id",
            "kind": "intrusion",
            "zone": "1",
        }
        self.last_event, self.last_values = event, given | values
        return self.tell(event(**self.last_values))

    def again(self) -> list[Outcome]:
        """The panel got no acknowledgement, and sends the last one again."""
        number = {"incident_id": IncidentId(f"again-{self.signals}")}
        return self.tell(self.last_event(**(self.last_values | number)))

    # ------------------------------------------------ what people do

    def on_test(self, zone: str = "", minutes: float = 60, **values: Any) -> list[Outcome]:
        """An operator puts the head office, or one zone of it, on test."""
        given = {"organisation": "acme", "site": "hq", "who": "ann"}
        until = self.now + minutes * MINUTE
        return self.tell(e.TestModeSet(**({"zone": zone, "until": until} | given | values)))

    def test_ends(self, zone: str = "") -> list[Outcome]:
        return self.tell(e.TestModeEnded(organisation="acme", site="hq", zone=zone, who="ann"))

    def takes(self, case: str, operator: str = "ann") -> list[Outcome]:
        return self.tell(
            e.CaseTaken(incident_id=IncidentId(case), operator=OperatorId(operator))
        )

    def verifies(self, case: str, means: str = "two_detectors") -> list[Outcome]:
        return self.tell(
            e.VerificationRecorded(
                incident_id=IncidentId(case),
                operator=ANN,
                step="verify",
                means=means,
                result="confirmed",
            )
        )

    def answers(self, case: str, step: str, answer: str = "", text: str = "") -> list[Outcome]:
        return self.tell(
            e.StepAnswered(
                incident_id=IncidentId(case), operator=ANN, step=step, answer=answer, text=text
            )
        )

    def skips(self, case: str, step: str) -> list[Outcome]:
        return self.tell(
            e.StepSkipped(
                incident_id=IncidentId(case), operator=ANN, step=step, reason="not possible"
            )
        )

    def closes(self, case: str, disposition: str = "handled") -> list[Outcome]:
        return self.tell(
            e.CloseRequested(
                incident_id=IncidentId(case), operator=ANN, disposition=disposition
            )
        )

    # ------------------------------------------------ looking

    def _check(self, before: dict[CallId, CallState]) -> None:
        if not self.is_flooded:
            Line._check(self, before)

    def case(self, case: str) -> Incident:
        return self.switchboard.incidents[IncidentId(case)]

    @property
    def open_cases(self) -> list[str]:
        return [x.incident_id for x in self.switchboard.incidents.values() if x.is_open]

    @property
    def in_front(self) -> list[str]:
        """The cases before the operators, in the order in which to take them."""
        return [x.incident_id for x in waiting_cases(self.switchboard.incidents.values())]

    @property
    def trees_asked_for(self) -> int:
        """How often keyholders were to be called."""
        return len(self.all(PlanCallTree))

    def case_of_last(self) -> str | None:
        """The case that the door answers the panel with."""
        source, source_id = self.last_values["source"], self.last_values["source_id"]
        return self.switchboard.alarms.case_of(source, source_id)


def kinds(outcomes: list[Outcome]) -> list[str]:
    """The names of what was concluded and ordered."""
    return [type(outcome).__name__ for outcome in outcomes]
