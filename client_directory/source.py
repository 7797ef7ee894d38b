"""One file under examination: its lines, what is wrong in it, and what it claims.

A claim is something that only the directory as a whole can judge: a dialled number that no
other client may have, an alarm account, a reference to the table of services.
"""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Literal, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from client_directory.finding import Finding
from client_directory.reader import Node

Path = tuple[str | int, ...]
ClaimKind = Literal[
    "organisation",
    "did",
    "fallback",
    "alarm_account",
    "operator",
    "extension",
    "service",
    "service_wanted",
    "dialled",
    "direct_line",
    "installer",
    "installer_line",
]
_UNION_MEMBER: Final = re.compile(r"list\[|dict\[|constrained-|literal\[|function-|str$")
"How pydantic names an alternative of a union, inside the path of an error."
AnyShape = TypeVar("AnyShape", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that other files must not contradict."""

    kind: ClaimKind
    value: str
    file: str
    line: int
    owner: str


@dataclass(slots=True)
class Source:
    """Collects findings and claims of one file, with their lines."""

    file: str
    root: Node
    owner: str = ""
    findings: list[Finding] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def find(self, path: Path, code: str, text: str, *, is_warning: bool = False) -> None:
        """Note what is wrong at `path`."""
        line = self.root.line_at(path)
        self.findings.append(Finding(self.file, line, code, text, is_warning))

    def claim(self, kind: ClaimKind, value: str, path: Path) -> None:
        """Note what the file says about a thing that others may speak of."""
        line = self.root.line_at(path)
        self.claims.append(Claim(kind, value, self.file, line, self.owner))

    def fit(self, shape: type[AnyShape]) -> AnyShape | None:
        """Put the file into a shape; `None` when it does not fit, each reason a finding."""
        try:
            return shape.model_validate(self.root.plain())
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
        for detail in _sharpest(details):
            self._explain(detail, shape)
        return None

    def _explain(self, detail: ErrorDetails, shape: type[BaseModel]) -> None:
        path = tuple(detail["loc"])
        key = str(path[-1])[:40] if path else "the file"
        match detail["type"]:
            case "missing":
                self.find(path[:-1], "MISSING_KEY", f"key '{key}' is missing")
            case "extra_forbidden":
                text = f"unknown key '{key}'{_hint(key, shape)}"
                self.find(path, "UNKNOWN_KEY", text)
            case _:
                self.find(path, "BAD_VALUE", f"{_named(path)} {_complaint(detail)}")


def _complaint(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(limits.get("error", ""))
        case "string_pattern_mismatch":
            return f"is not of the form {limits.get('pattern')}"
        case "string_too_short":
            if limits.get("min_length") == 1:
                return "is empty; text with a comma or a colon in it needs quotes"
            return f"is shorter than {limits.get('min_length')}"
        case "too_short":
            return "is empty"
        case "string_too_long" | "too_long":
            return f"is longer than {limits.get('max_length')}"
        case "list_type":
            return "should be a list"
        case "model_type" | "dict_type":
            return "should be keys and values"
        case "string_type":
            return "should be one text"
        case _:
            return detail["msg"].removeprefix("Input ")


def _sharpest(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Keep of a union the alternative that came furthest: a validator reports them all."""
    best: dict[Path, tuple[tuple[int, bool], Path]] = {}
    for detail in details:
        place, branch = _place(detail)
        reached = (len(detail["loc"]), not detail["type"].endswith("_type"))
        if place not in best or reached > best[place][0]:
            best[place] = (reached, branch)
    return [detail for detail in details if best[_place(detail)[0]][1] == _place(detail)[1]]


def _place(detail: ErrorDetails) -> tuple[Path, Path]:
    """Return where in the file, and the same with the alternative of a union behind it."""
    loc = tuple(detail["loc"])
    for position, element in enumerate(loc):
        if isinstance(element, str) and _UNION_MEMBER.match(element):
            return loc[:position], loc[: position + 1]
    return loc, loc


def _named(path: Path) -> str:
    if path[-1:] == ("[key]",):
        return f"key '{str(path[-2])[:40]}'"
    words = [str(element) for element in path if isinstance(element, str)]
    return next((f"{word}:" for word in reversed(words) if word.isidentifier()), "value")


def _hint(key: str, shape: type[BaseModel]) -> str:
    close = get_close_matches(key, sorted(_all_keys(shape, set())), n=1)
    return f"; is it '{close[0]}'?" if close else ""


def _all_keys(shape: type[BaseModel], seen: set[type[BaseModel]]) -> set[str]:
    if shape in seen:
        return set()
    seen.add(shape)
    keys: set[str] = set()
    for name, about in shape.model_fields.items():
        keys.add(about.alias or name)
        for inner in _shapes_in(about.annotation):
            keys |= _all_keys(inner, seen)
    return keys


def _shapes_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [shape for part in get_args(annotation) for shape in _shapes_in(part)]
