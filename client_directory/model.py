"""Who the clients are: organisations, numbers, sites, people, consignes, operators.

Frozen values, so a running incident can hold a copy that no later edit of the directory
bends. Numbers are E.164 strings (`+3225550100`). Everything a person reads is a `Text`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from client_directory.alarm_model import (
    Action,
    AlarmPath,
    AlarmRules,
    Camera,
    PanelUser,
    ScheduleWatch,
    Task,
    WelfareCheck,
    Zone,
)

Text = Mapping[str, str]
"""One sentence in several languages: BCP 47 primary tag to words. A text written once for
everybody stands under the empty tag `""`."""

ANY_LANGUAGE: Final = ""

ServiceOfDid = Literal[
    "security_line",
    "guards",
    "service_desk",
    "intercom",
    "keyholder_callback",
    "alarm_receiver",
    "installer",
    "lone_worker",
]
ANSWERED_BY_MACHINES: Final = frozenset({"alarm_receiver", "installer", "lone_worker"})
"Services of numbers at which the engine picks up by itself. Shown only for want of another."
Clearance = Literal["standard", "high_security"]
Recording = Literal["evidence", "quality", "none"]
WhileRinging = Literal["notice", "ringback"]
ServiceKind = Literal["police", "fire", "medical"]
Listening = Literal["shown", "hidden"]
StageName = Literal[
    "listen", "question", "reformulate", "qualify", "verify", "dispatch", "trace", "return",
    "report",
]  # fmt: skip
"The stages of a case, in their order."
PhraseName = Literal[
    "hear_me", "safe", "hurt", "still_there", "armed", "fire", "alone", "can_leave", "go_away",
    "stay_on_line", "help_is_called",
]  # fmt: skip
"The phrases that can be played to a caller; `ivr.phrases` has their words."
Role = Literal["operator", "supervisor", "administrator", "auditor"]


def in_language(text: Text, languages: Sequence[str]) -> str:
    """Choose the words for a reader: first language that exists, else any.

    :param languages: BCP 47 primary tags, preferred first.
    """
    for language in languages:
        if words := text.get(language):
            return words
    return text.get(ANY_LANGUAGE) or next(iter(text.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer an operator may give to a step."""

    answer: str
    label: Text = field(default_factory=dict)
    go_to: str | None = None
    set_urgency: int | None = None
    weight: int = 0
    "What it adds to the sum that decides the urgency, where the consigne has `weights`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a consigne. Exactly one of `ask`, `say`, `do`, `verify` is given."""

    step: str
    ask: Text | None = None
    say: Text | None = None
    do: Mapping[str, str] | None = None
    "One action: `call_service`, `start_call_tree` or `await_restore`, with its argument."
    verify: tuple[str, ...] = ()
    "Means of verification (levée de doute), of which one must be recorded."
    answers: tuple[Answer, ...] | Literal["free_text"] = ()
    is_required: bool = False
    is_automatic: bool = False
    requires: str | None = None
    "Step that must be recorded before this one opens."
    go_to: str | None = None
    "Next step, or `end`; `None` is the next in order."
    phrase: PhraseName | None = None
    "Name of the phrase that says it to a caller of another language."
    stage: StageName | None = None
    "The stage of the case that it belongs to, where its form does not say so."


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """A consigne: what the client wants done when this kind of thing happens."""

    procedure: str
    version: int
    incident_kinds: tuple[str, ...]
    title: Text
    urgency: int
    "1 life in danger … 4 for information."
    steps: tuple[Step, ...]
    alarm_codes: tuple[str, ...] = ()
    never_suppress: bool = False
    hold_time: float | None = None
    "Seconds in which a cancelling signal closes the pre-alarm."
    quiet_time: float | None = None
    "Seconds without any call to the site after the dispatch."
    weights: tuple[tuple[int, int], ...] = ()
    "Urgency and the least sum of the answers' weights that makes it so; most urgent first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """A number a client's people dial."""

    number: str
    service: ServiceOfDid
    label: Text
    answer: Literal["human_first", "menu"] = "human_first"
    recording: Recording = "evidence"
    while_ringing: WhileRinging = "notice"
    "What the caller hears before an operator: the recording notice, or plain ring-back."
    fallback_number: str | None = None
    languages: tuple[str, ...] = ()
    "Overrides the organisation's languages for callers of this number."


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address."""

    street: str
    postal_code: str
    town: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address that a card links to; see `client_directory.links`."""

    label: Text
    url: str
    "`http` or `https`, with places in braces that each site fills in."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place of a client."""

    site: str
    name: str
    code: str | None = None
    address: Address | None = None
    location: tuple[float, float] | None = None
    "Latitude and longitude, degrees, WGS 84."
    phones: tuple[str, ...] = ()
    opening: str = "24/7"
    "OpenStreetMap opening_hours, in the organisation's time zone."
    alarm_accounts: tuple[str, ...] = ()
    alarm_registration: str | None = None
    services: Mapping[ServiceKind, str] = field(default_factory=dict)
    zones: tuple[Zone, ...] = ()
    alarm_paths: tuple[AlarmPath, ...] = ()
    cameras: tuple[Camera, ...] = ()
    schedule_watch: ScheduleWatch | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number of a person."""

    number: str
    kind: str = "mobile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An employee or keyholder of a client. No secret stands here in clear."""

    person: str
    name: str
    languages: tuple[str, ...]
    phones: tuple[Phone, ...] = ()
    roles: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    available: str = "24/7"
    pin_hash: str | None = None
    duress_pin_hash: str | None = None
    code_word_hash: str | None = None
    duress_code_word_hash: str | None = None
    code_word_sealed: str | None = field(default=None, repr=False)
    "To be shown to an operator who says why; only this process can read it."
    secret_marks: tuple[str, ...] = field(default=(), repr=False)
    "By which this process finds his secrets in a text that leaves the house."
    valid_from: date | None = None
    valid_until: date | None = None
    panel_users: tuple[PanelUser, ...] = ()
    "Who he is at the panels of his sites."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who is on call, week after week."""

    rota: str
    time_zone: str
    handover: str
    members: tuple[str, ...]
    first_week: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of a call tree."""

    call: tuple[str, ...]
    strategy: Literal["in_order", "all_at_once", "overlapping"] = "in_order"
    ring_time: float = 30.0
    accept: Literal["key", "pin"] = "key"
    answers_needed: int = 1
    overlap_time: float | None = None
    "Seconds until the next one rings too, when overlapping; `None`: half of `ring_time`."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTreePlan:
    """Whom to call, in which order, until somebody takes charge."""

    call_tree: str
    levels: tuple[Level, ...]
    rounds: int = 1
    may_leave_message: bool = False
    "A short neutral message may be left on an answering machine."


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryConsigne:
    """Words in force for a time, shown on top in red."""

    title: Text
    sites: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLimits:
    """After how many seconds supervisors are told, for urgency 1 to 4."""

    not_taken: tuple[float, ...] = (30.0, 60.0, 90.0, 180.0)
    """A caller or a case that waits for an operator: the reaction times that EN 50518 asks of
    80 % and of 98.5 % of the urgent signals, and of all others."""
    not_worked: tuple[float, ...] = (120.0, 300.0, 600.0, 1800.0)
    "A case that somebody took and in which nothing is recorded, written or said."
    overdue_step: tuple[float, ...] = (180.0, 300.0, 600.0, 1800.0)
    "The step to do now."
    total: tuple[float, ...] = (3600.0, 7200.0, 14_400.0, 43_200.0)
    "An open case, from its first signal; a parked one as well."


DEFAULT_ALERTS = AlertLimits()
"Where neither the client nor the settings say otherwise."


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A client of the monitoring centre."""

    organisation: str
    name: str
    country: str
    "ISO 3166-1 alpha-2: default country of national numbers, and of public holidays."
    time_zone: str
    languages: tuple[str, ...]
    clearance: Clearance = "standard"
    park_time: float = 900.0
    "Seconds that a caller may be parked at the most."
    listening: Listening = "shown"
    "Whether an operator sees that a supervisor is on a call of this client."
    dids: tuple[Did, ...] = ()
    sites: tuple[Site, ...] = ()
    people: tuple[Person, ...] = ()
    rotas: tuple[Rota, ...] = ()
    call_trees: tuple[CallTreePlan, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    temporary_consignes: tuple[TemporaryConsigne, ...] = ()
    alarm: AlarmRules = field(default_factory=AlarmRules)
    lone_workers: tuple[WelfareCheck, ...] = ()
    welfare_checks: tuple[WelfareCheck, ...] = ()
    tasks: tuple[Task, ...] = ()
    actions: tuple[Action, ...] = ()
    alerts: AlertLimits | None = None
    "`None`: those of the installation."
    links: tuple[Link, ...] = ()
    "For every site of it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A police, fire or medical service. A protected table: never a target of a flow."""

    service: str
    kind: ServiceKind
    name: str
    public: str
    direct: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody at a desk."""

    operator: str
    name: str
    extension: str
    "User part of his softphone's address of record."
    languages: Mapping[str, int]
    "Language to skill, 1 some … 3 fluent."
    clearances: tuple[Clearance, ...] = ("standard",)
    role: Role = "operator"
