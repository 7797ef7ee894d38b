"""Reading TOML with the line of every setting, and the environment over it."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

PREFIX: Final = "SECURITYLINE_"
T = TypeVar("T")
Place = tuple[str, int, str]
"Section, number of the table in a list of tables (0 in any other), key."


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One wrong setting."""

    where: str
    "`FILE:LINE`, or the environment variable or option."
    text: str

    def __str__(self) -> str:
        """Write it on one line, for the person who mends it."""
        return f"{self.where}: {self.text}"


class ConfigError(Exception):
    """The settings cannot be used; whoever wrote them is wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_settings(file: Path, environment: Mapping[str, str]) -> "Settings":
    """Read a file and what the environment puts over it.

    :raises ConfigError: the file cannot be read, or is no TOML.
    """
    try:
        text = file.read_bytes().decode()
        tables = tomllib.loads(text)
    except OSError as error:
        raise ConfigError([Problem(f"{file}:1", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(f"{file}:{line}", "is not UTF-8 text")]) from None
    except tomllib.TOMLDecodeError as error:
        match = re.search(r" \(at (?:line (\d+)|end of document).*\)$", str(error))
        line = int(match[1]) if match and match[1] else text.count("\n") + 1
        sentence = str(error)[: match.start()] if match else str(error)
        raise ConfigError([Problem(f"{file}:{line}", f"is no TOML: {sentence}")]) from None
    return Settings(file, tables, find_lines(text), environment)


_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def find_lines(text: str) -> dict[Place, int]:
    """Find the line of every setting, and under the key `""` that of every section."""
    lines: dict[Place, int] = {}
    counts: dict[str, int] = {}
    section, index = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            section = header[2]
            index = counts.get(section, 0) if header[1] == "[[" else 0
            counts[section] = index + 1
            lines[section, index, ""] = number
        elif key := _KEY.match(line):
            lines.setdefault((section, index, key[1]), number)
    return lines


@dataclass(slots=True)
class Settings:
    """Raw settings on their way to checked ones; gathers what is wrong with them."""

    file: Path
    tables: dict[str, Any]
    lines: Mapping[Place, int]
    environment: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _overrides: dict[Place, tuple[str, str]] = field(default_factory=dict)

    def override(self, section: str, key: str, value: str, name: str) -> None:
        """Put a value over what file and environment say; `name` is what to blame."""
        self._overrides[section, 0, key] = (value, name)

    def complain(self, section: str, key: str, text: str, index: int = 0) -> None:
        """Note what is wrong with a setting."""
        shown = ".".join(part for part in (section, key) if part)
        self.problems.append(
            Problem(self._where(section, index, key), f"{shown}: {text}" if shown else text)
        )

    def build(self, kind: type[T], section: str = "") -> T | None:
        """Read one section; `None` when something in it is wrong.

        :param kind: a dataclass whose fields are `Annotated` with the reader of the value.
        """
        table = self.tables.get(section, {}) if section else self.tables
        if section:
            self._known.add(section)
        if not isinstance(table, dict):
            self.complain(section, "", f"is a section: write [{section}]")
            return None
        built: T | None = self._build(kind, section, 0, table)
        return built

    def build_list(self, kind: type[T], section: str) -> tuple[T, ...] | None:
        """Read a list of tables; `None` when something in it is wrong."""
        self._known.add(section)
        tables = self.tables.get(section, [])
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            self.complain(section, "", f"is a list of sections: write [[{section}]]")
            return None
        built = [self._build(kind, section, i, table) for i, table in enumerate(tables)]
        good = tuple(part for part in built if part is not None)
        return good if len(good) == len(built) else None

    def refuse_unknown(self) -> None:
        """Complain of sections that nobody asked for."""
        for section, table in self.tables.items():
            if isinstance(table, dict | list) and section not in self._known:
                text = f"no such section{_meant(section, self._known)}"
                self.complain(section, "", text)

    # ------------------------------------------------------------ inside

    def _build(self, kind: Any, section: str, index: int, table: dict[str, Any]) -> Any:
        known = {f.name: f for f in fields(kind)}
        hints = get_type_hints(kind, include_extras=True)
        wrong = len(self.problems)
        values = {}
        for key, declared in known.items():
            value, is_given = self._value(section, index, key, table)
            if is_given:
                try:
                    (check,) = hints[key].__metadata__
                    read = check(value)
                    values[key] = self._from_file(section, index, key, read)
                except ValueError as error:
                    self.complain(section, key, str(error), index)
            elif declared.default is MISSING:
                self.complain(section, key, "is missing", index)
            elif isinstance(declared.default, Path):
                values[key] = self._from_file(section, index, key, declared.default)
        self._refuse_unknown_keys(section, index, table, known)
        return kind(**values) if len(self.problems) == wrong else None

    def _value(
        self, section: str, index: int, key: str, table: dict[str, Any]
    ) -> tuple[Any, bool]:
        place = (section, index, key)
        name = self._variable(section, index, key)
        if place not in self._overrides and name in self.environment:
            self._overrides[place] = (self.environment[name], name)
        if place in self._overrides:
            return self._overrides[place][0], True
        return table.get(key), key in table

    def _variable(self, section: str, index: int, key: str) -> str:
        is_listed = isinstance(self.tables.get(section), list)
        parts = [section, str(index) if is_listed else "", key]
        return PREFIX + "_".join(part.upper() for part in parts if part)

    def _from_file(self, section: str, index: int, key: str, value: Any) -> Any:
        """Paths in the file are relative to the file, so that it works from anywhere."""
        if isinstance(value, Path) and (section, index, key) not in self._overrides:
            return self.file.absolute().parent / value
        return value

    def _refuse_unknown_keys(
        self, section: str, index: int, table: dict[str, Any], known: Mapping[str, Any]
    ) -> None:
        for key, value in table.items():
            is_section = not section and (isinstance(value, dict | list) or key in self._known)
            if key not in known and not is_section:
                self.complain(section, key, f"no such setting{_meant(key, known)}", index)
        if not section or isinstance(self.tables.get(section), list):
            return
        start = f"{PREFIX}{section.upper()}_"
        for name in self.environment:
            if name.startswith(start) and name[len(start) :].lower() not in known:
                text = f"no such setting{_meant(name[len(start) :].lower(), known)}"
                self.problems.append(Problem(name, text))

    def _where(self, section: str, index: int, key: str) -> str:
        if (section, index, key) in self._overrides:
            return self._overrides[section, index, key][1]
        places = ((section, index, key), (section, index, ""), ("", 0, section))
        line = next((self.lines[place] for place in places if place in self.lines), 1)
        return f"{self.file}:{line}"


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""
