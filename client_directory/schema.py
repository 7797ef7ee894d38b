"""The shape of the directory's files: which keys there are and what may stand behind them.

These classes describe what a person writes; `model.py` describes what the engine uses. The
JSON Schema for editors is generated from here.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from client_directory.alarm_schema import (
    Account,
    AlarmPathShape,
    AlarmShape,
    CameraShape,
    PanelUserShape,
    ScheduleWatchShape,
    TaskShape,
    WebhookShape,
    WelfareCheckShape,
    ZoneShape,
)
from client_directory.links import unknown_places
from client_directory.model import (
    Clearance,
    Listening,
    PhraseName,
    Recording,
    Role,
    ServiceKind,
    ServiceOfDid,
    StageName,
    WhileRinging,
)
from client_directory.schema_values import (
    STRICT,
    URL,
    Callee,
    Clock,
    CodeWord,
    Day,
    Duration,
    Id,
    Language,
    Line,
    Means,
    Moment,
    Number,
    Opening,
    Pin,
    Skill,
    Truth,
    Urgency,
    Weight,
    Words,
)


class Shape(BaseModel):
    """Base of the shapes in this file."""

    model_config = STRICT


class AnswerShape(Shape):
    """One answer an operator may give to a step."""

    answer: Line
    label: Words | None = None
    go_to: Id | None = None
    set_urgency: Urgency | None = None
    weight: Weight = 0


class ActionShape(Shape):
    """What a step does; one of the three."""

    call_service: ServiceKind | None = None
    start_call_tree: Id | None = None
    await_restore: Truth | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("one of call_service, start_call_tree, await_restore")
        if self.await_restore is False:
            raise ValueError("await_restore is true, or is not there")
        return self


class StepShape(Shape):
    """One step of a consigne; one of ask, say, do, verify."""

    step: Id
    ask: Words | None = None
    say: Words | None = None
    do: ActionShape | None = None
    verify: Annotated[list[Means], Field(min_length=1)] | None = None
    answers: list[AnswerShape] | Literal["free_text"] | None = None
    required: Truth = False
    automatic: Truth = False
    requires: Id | None = None
    go_to: Id | None = None
    stage: StageName | None = None
    phrase: PhraseName | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        given = {"ask", "say", "do", "verify"} & self.model_fields_set
        if len(given) != 1:
            raise ValueError("a step has one of ask, say, do, verify")
        if self.answers is not None and self.ask is None:
            raise ValueError("answers stand beside ask")
        return self


class ProcedureShape(Shape):
    """A consigne."""

    procedure: Id
    version: Annotated[int, Field(ge=1)]
    incident_kinds: Annotated[list[Id], Field(min_length=1)]
    alarm_codes: list[Annotated[str, Field(pattern=r"^([0-9A-F]{3}|[A-Z]{2})$")]] = []
    title: Words
    urgency: Urgency
    never_suppress: Truth = False
    hold: Duration | None = None
    quiet_for: Duration | None = None
    weights: dict[Urgency, Weight] = {}
    steps: Annotated[list[StepShape], Field(min_length=1)]

    @model_validator(mode="after")
    def _weighs(self) -> Self:
        sums = [self.weights[urgency] for urgency in sorted(self.weights)]
        if sums != sorted(sums, reverse=True) or len(set(sums)) != len(sums):
            raise ValueError("weights: a more urgent case needs a greater sum")
        answers = [a for s in self.steps for a in s.answers or () if s.answers != "free_text"]
        is_weighed = any(not isinstance(a, str) and a.weight for a in answers)
        if is_weighed != bool(self.weights):
            raise ValueError("weights, and a weight of some answer, need each other")
        return self


class DidShape(Shape):
    """A number the client's people dial."""

    number: Number
    service: ServiceOfDid
    label: Words
    answer: Literal["human_first", "menu"] = "human_first"
    recording: Recording = "evidence"
    while_ringing: WhileRinging = "notice"
    fallback_number: Number | None = None
    languages: Annotated[list[Language], Field(min_length=1)] | None = None


class AddressShape(Shape):
    """A postal address."""

    street: Line
    postal_code: Line
    town: Line


class LocationShape(Shape):
    """A place on the map, degrees, WGS 84."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class LinkShape(Shape):
    """An address that a card links to."""

    label: Words
    url: Annotated[str, Field(pattern=URL, max_length=500)]

    @model_validator(mode="after")
    def _places_are_known(self) -> Self:
        if unknown := unknown_places(self.url):
            raise ValueError(f"url: nothing fills in {{{unknown[0]}}}")
        return self


class SiteShape(Shape):
    """A place of the client."""

    site: Id
    name: Line
    code: Annotated[str, Field(pattern=r"^[0-9]{1,8}$")] | None = None
    address: AddressShape | None = None
    location: LocationShape | None = None
    phones: list[Number] = []
    opening: Opening = "24/7"
    alarm_accounts: list[Account] = []
    alarm_registration: Line | None = None
    services: dict[ServiceKind, Id] = {}
    zones: list[ZoneShape] = []
    alarm_paths: list[AlarmPathShape] = []
    cameras: list[CameraShape] = []
    schedule_watch: ScheduleWatchShape | None = None
    links: list[LinkShape] = []


class PhoneShape(Shape):
    """A number of a person."""

    number: Number
    kind: Id = "mobile"


class ValidShape(Shape):
    """First and last day, both included."""

    since: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None


class PersonShape(Shape):
    """An employee or keyholder."""

    person: Id
    name: Line
    languages: list[Language] = []
    phones: list[PhoneShape] = []
    roles: list[Id] = []
    sites: list[Id] = []
    available: Opening = "24/7"
    pin: Pin | None = None
    duress_pin: Pin | None = None
    code_word: CodeWord | None = None
    duress_code_word: CodeWord | None = None
    panel_users: list[PanelUserShape] = []
    valid: ValidShape = Field(default_factory=ValidShape)


class RotaShape(Shape):
    """Who is on call, week after week."""

    rota: Id
    time_zone: Line
    handover: Clock
    members: Annotated[list[Id], Field(min_length=1)]
    first_week: Day


class LevelShape(Shape):
    """One level of a call tree."""

    call: Annotated[list[Callee], Field(min_length=1)]
    strategy: Literal["in_order", "all_at_once", "overlapping"] = "in_order"
    ring_time: Annotated[Duration, Field(ge=5, le=300)] = 30.0
    accept: Literal["key", "pin"] = "key"
    answers_needed: Annotated[int, Field(ge=1, le=20)] = 1
    overlap: Annotated[Duration, Field(ge=1, le=300)] | None = None

    @model_validator(mode="after")
    def _fits_the_strategy(self) -> Self:
        if self.overlap is None:
            return self
        if self.strategy != "overlapping":
            raise ValueError("overlap stands beside strategy: overlapping")
        if self.overlap > self.ring_time:
            raise ValueError("overlap is longer than ring_time: write in_order")
        return self


class CallTreeShape(Shape):
    """Whom to call, in which order."""

    call_tree: Id
    rounds: Annotated[int, Field(ge=1, le=10)] = 1
    leave_message: Truth = False
    levels: Annotated[list[LevelShape], Field(min_length=1)]


class TemporaryConsigneShape(Shape):
    """Words in force for a time; no sites means all of them."""

    title: Words
    sites: list[Id] = []
    since: Annotated[Moment, Field(alias="from")]
    until: Moment


Limits = Annotated[list[Duration], Field(min_length=4, max_length=4)]
"One for each urgency, 1 to 4."


class AlertsShape(Shape):
    """After how long supervisors are told, for urgency 1 to 4."""

    not_taken: Limits = [30.0, 60.0, 90.0, 180.0]
    not_worked: Limits = [120.0, 300.0, 600.0, 1800.0]
    overdue_step: Limits = [180.0, 300.0, 600.0, 1800.0]
    total: Limits = [3600.0, 7200.0, 14_400.0, 43_200.0]


class OrganisationFile(Shape):
    """A file of `organisations/`: one client."""

    organisation: Id
    name: Line
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    time_zone: Line
    languages: Annotated[list[Language], Field(min_length=1)]
    clearance: Clearance = "standard"
    park_time: Annotated[Duration, Field(ge=30, le=3600)] = 900.0
    listening: Listening = "shown"
    dids: list[DidShape] = []
    sites: list[SiteShape] = []
    people: list[PersonShape] = []
    rotas: list[RotaShape] = []
    call_trees: list[CallTreeShape] = []
    procedures: list[ProcedureShape] = []
    temporary_consignes: list[TemporaryConsigneShape] = []
    alarm: AlarmShape = Field(default_factory=AlarmShape)
    lone_workers: list[WelfareCheckShape] = []
    welfare_checks: list[WelfareCheckShape] = []
    tasks: list[TaskShape] = []
    actions: list[WebhookShape] = []
    alerts: AlertsShape | None = None
    links: list[LinkShape] = []


class OperatorShape(Shape):
    """Somebody at a desk."""

    operator: Id
    name: Line
    extension: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,32}$")]
    languages: Annotated[dict[Language, Skill], Field(min_length=1)]
    clearances: Annotated[list[Clearance], Field(min_length=1)] = ["standard"]
    role: Role = "operator"


class OperatorsFile(Shape):
    """`operators.yaml`."""

    operators: list[OperatorShape]


class ServiceShape(Shape):
    """A police, fire or medical service."""

    service: Id
    kind: ServiceKind
    name: Line
    direct: Number | None = None
    public: Number


class ServicesFile(Shape):
    """`services.yaml`."""

    services: list[ServiceShape]
