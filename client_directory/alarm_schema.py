"""The shape of what a client's file says about alarms; see `alarm_model.py`."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, model_validator

from client_directory.alarm_model import ActionKind, PathCategory, Via
from client_directory.schema_values import STRICT, Duration, Id, Line, Opening, Truth, Words


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_good = is_good and parts.port != 0 and not (parts.username or parts.password)
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("write https://host/path, without a password in it")
    return url


Account = Annotated[str, Field(pattern=r"^[0-9A-F]{3,16}$")]
LinePrefix = Annotated[str, Field(pattern=r"^[0-9A-F]{1,6}$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Limit = Annotated[Duration, Field(ge=20, le=32 * 86_400)]
WebAddress = Annotated[
    str,
    Field(min_length=1, max_length=500, description="https://host/path"),
    AfterValidator(_web_address),
]


class Shape(BaseModel):
    """Base of the shapes in this file."""

    model_config = STRICT


class ZoneShape(Shape):
    """One zone of an alarm panel."""

    zone: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,16}$")]
    name: Line
    kind: Id | None = None
    detector: Id | None = None


class AlarmPathShape(Shape):
    """One line over which a panel reports: a category of EN 50136-1, or a limit.

    A SCAIP unit's may have neither: it is told at which pace to report.
    """

    path: Id
    account: Account
    category: PathCategory | None = None
    limit: Limit | None = None
    via: Via | None = None
    line: LinePrefix | None = None
    receiver: Id | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        given = (self.category is not None) + (self.limit is not None)
        if given > 1 or (not given and self.via != "scaip"):
            raise ValueError("a path has one of category, limit")
        return self


class CameraShape(Shape):
    """A camera that can be lost."""

    camera: Id
    name: Line
    carrier: Id | None = None


class ScheduleWatchShape(Shape):
    """What is watched of a site's opening hours."""

    early_open: Truth = False
    call_site_first: Truth = False
    late_to_close: Annotated[Duration, Field(le=86_400)] | None = None
    failed_to_close: Annotated[Duration, Field(le=86_400)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        late, failed = self.late_to_close, self.failed_to_close
        if late is not None and failed is not None and failed <= late:
            raise ValueError("failed_to_close comes after late_to_close")
        return self


class PanelUserShape(Shape):
    """A person's user number at an alarm panel."""

    account: Account
    user: Annotated[str, Field(min_length=1, max_length=16, pattern="^[0-9A-Za-z]+$")]


class RunawayShape(Shape):
    """When a flood of signals is grouped."""

    window: Annotated[Duration, Field(ge=10, le=86_400)] = 600.0
    count: Annotated[int, Field(ge=1, le=10_000)] = 20
    bucket_rate: Annotated[
        float, Field(gt=0, le=10_000, allow_inf_nan=False, description="Signals a minute")
    ] = 1.0


class AlarmShape(Shape):
    """How alarms are gathered into cases."""

    hold: Annotated[Duration, Field(le=3_600)] | None = None
    confirm_window: Annotated[Duration, Field(ge=1_800, le=3_600)] = 2_700.0
    runaway: RunawayShape = Field(default_factory=RunawayShape)


class WelfareCheckShape(Shape):
    """Somebody who must give a sign of life again and again."""

    person: Id
    every: Annotated[Duration, Field(ge=60, le=7 * 86_400)]
    amber_after: Annotated[Duration, Field(le=86_400)] = 120.0
    red_after: Annotated[Duration, Field(ge=1, le=86_400)] = 600.0
    during: Opening = "24/7"
    site: Id | None = None

    @model_validator(mode="after")
    def _amber_before_red(self) -> Self:
        if self.red_after <= self.amber_after:
            raise ValueError("red_after comes after amber_after")
        return self


class TaskShape(Shape):
    """Something an operator does every day at these times."""

    task: Id
    title: Words
    when: Annotated[list[TimeOfDay], Field(min_length=1, max_length=96)]
    during: Opening = "24/7"
    allow_late: Annotated[Duration, Field(ge=60, le=86_400)] = 900.0
    site: Id | None = None


class WebhookShape(Shape):
    """Something with consequences, done by a signed webhook."""

    action: Id
    title: Words
    url: WebAddress
    kind: ActionKind = "other"
    two_people: Truth = False
    password: Truth = False
    site: Id | None = None
    parameters: Annotated[
        dict[Id, Annotated[str, Field(max_length=200)]],
        Field(max_length=20, description="Sent along as they are: which lane, which relay"),
    ] = {}
