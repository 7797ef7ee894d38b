"""What may stand behind a key of the directory's files: durations, days, words, ids.

Input is always text (see `reader.py`).
"""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
)

_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}


def _truth(text: object) -> object:
    if text in ("true", "false"):
        return text == "true"
    raise ValueError("write true or false")


def _duration(text: object) -> object:
    number, unit = (text[:-1], text[-1:]) if isinstance(text, str) else ("", "")
    if unit not in _SECONDS or not (number.isascii() and number.isdigit() and len(number) < 6):
        raise ValueError("write a time as 45s, 10m or 2h")
    return int(number) * _SECONDS[unit]


def _day(text: object) -> object:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError("write a day as 2026-12-31") from None


def _moment(text: object) -> object:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError("write a local time as 2026-12-31T18:00") from None
    if moment.tzinfo is not None:
        raise ValueError("write the organisation's local time, without an offset")
    return moment


def _digits(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if not (value.isascii() and value.isdigit() and 4 <= len(value) <= 8):
        raise ValueError("a PIN has 4 to 8 digits")
    return secret


Id = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Line = Annotated[str, Field(min_length=1, max_length=2000)]
Number = Annotated[str, Field(min_length=2, max_length=64, description="Telephone number")]
Words = Annotated[
    Annotated[dict[Language, Line], Field(min_length=1)] | Line,
    Field(description="One plain string for everybody, or one string per language"),
]
Truth = Annotated[bool, BeforeValidator(_truth)]
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,5}[smh]$"}),
]
Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})
]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?$"}),
]
Pin = Annotated[
    SecretStr,
    AfterValidator(_digits),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4,8}$", "writeOnly": True}),
]
CodeWord = Annotated[SecretStr, Field(min_length=3, max_length=60)]
Urgency = Annotated[int, Field(ge=1, le=4, description="1 life in danger … 4 information")]
Weight = Annotated[int, Field(ge=0, le=100, description="of an answer, or a sum of them")]
Opening = Annotated[
    str, Field(min_length=1, max_length=500, description="OpenStreetMap opening_hours")
]
Clock = Annotated[str, Field(pattern=r"^(Mo|Tu|We|Th|Fr|Sa|Su) ([01][0-9]|2[0-3]):[0-5][0-9]$")]
Callee = Annotated[
    str,
    Field(
        pattern=r"^((rota|role):)?[a-zA-Z0-9+][a-zA-Z0-9 _-]{0,63}$",
        description="A person, `rota:` a rota, or `role:` everybody with that role",
    ),
]
Skill = Annotated[int, Field(ge=1, le=3, description="1 some … 3 fluent")]
Means = Literal[
    "two_detectors", "telephone", "telephone_code_word", "video", "audio", "on_site"
]

URL: Final = r"^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?(/[^\s<>\"'`\\^|]*)?$"
"An address whose host is written out: no place in it can lead elsewhere."
STRICT: Final = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)
"What every shape is: no unknown key, nothing of the input in an error."
