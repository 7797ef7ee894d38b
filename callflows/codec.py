"""Events, facts, commands and state as plain JSON values, and back.

Every class is compiled once, from its type hints, into a short list of the fields that
need more than copying; most need nothing. Reading tolerates what a later version wrote
(unknown fields are dropped) and what an earlier one did not (defaults apply), so old logs
stay readable.
"""

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Literal, TypeVar

from callflows import commands, events
from callflows.commands import Command
from callflows.events import Event, Fact
from client_directory.model import Procedure

Encoder = Callable[[Any], Any]
Decoder = Callable[[Any], Any]
Kind = Literal["event", "fact", "command"]
T = TypeVar("T")

PROCEDURES_KEPT: Final = 1024
"Encoded consignes kept; a directory has some hundreds."

_PLAIN: Final = (str, int, float, bool, type(None))


class UnknownName(ValueError):
    """A log line names no class of ours: it was written by a later version."""


def encode(said: Event | Fact | Command) -> dict[str, Any]:
    """Return the fields of an event, fact or command as plain JSON values.

    Parts that never change, such as a consigne, may be shared between results: do not
    alter them.
    """
    plain: dict[str, Any] = _compiled(type(said))(said)
    return plain


def decode(name: str, data: Mapping[str, Any]) -> Any:
    """Build the event, fact or command of that name from plain values.

    :raises UnknownName: no such class.
    :raises ValueError: a field without default is missing, or is not of its type.
    """
    kind = NAMES.get(name)
    if kind is None:
        raise UnknownName(name)
    return from_plain(kind, data)


def kind_of(said: Event | Fact | Command) -> Kind:
    """Tell what stands in the logbook's column `kind`."""
    if isinstance(said, Command):
        return "command"
    return "fact" if isinstance(said, Fact) else "event"


def to_plain(value: Any) -> Any:
    """Return any of our dataclasses as plain JSON values."""
    return _compiled(type(value))(value)


def from_plain(kind: type[T], data: Mapping[str, Any]) -> T:
    """Build a dataclass from what `to_plain` returned.

    :raises ValueError: a field without default is missing, or is not of its type.
    """
    try:
        built: T = _decoder(kind)(data)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{kind.__name__}: {error}") from error
    return built


# ---------------------------------------------------------------- writing


_encoders: Final[dict[type, Encoder]] = {}
_decoders: Final[dict[Any, Decoder]] = {}


def _compiled(kind: type) -> Encoder:
    known = _encoders.get(kind)
    if known is None:
        known = _encoders[kind] = _compile(kind)
    return known


def _compile(kind: type) -> Encoder:
    hints = typing.get_type_hints(kind)
    names = tuple(f.name for f in fields(kind))
    work = tuple((n, e) for n in names if (e := _encoder(hints[n])) is not None)
    if not names:
        return lambda value: {}
    read = attrgetter(*names)
    if len(names) == 1:
        only = names[0]
        convert = work[0][1] if work else None
        return lambda value: {only: convert(read(value)) if convert else read(value)}
    if not work:
        return lambda value: dict(zip(names, read(value), strict=True))

    def encode_fields(value: Any) -> dict[str, Any]:
        plain = dict(zip(names, read(value), strict=True))
        for name, convert in work:
            part = plain[name]
            if part is not None:
                plain[name] = convert(part)
        return plain

    return encode_fields


def _encoder(hint: Any) -> Encoder | None:
    """Compile one type; `None` when its values are plain already."""
    hint = _bare(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Procedure:
        return _encode_procedure
    if origin is Literal or hint in _PLAIN:
        return None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("value")
    if is_dataclass(hint):
        return _compiled(typing.cast(type, hint))
    if origin in (tuple, list):
        return _each(_encoder(arguments[0]))
    if origin in (Mapping, dict):
        return _each_value(_encoder(arguments[1]))
    return _encode_one_of(arguments)


def _each(convert: Encoder | None) -> Encoder:
    return list if convert is None else lambda part: [convert(x) for x in part]


def _each_value(convert: Encoder | None) -> Encoder:
    if convert is None:
        return lambda part: part if type(part) is dict else dict(part)
    return lambda part: {key: convert(x) for key, x in part.items()}


def _encode_one_of(hints: tuple[Any, ...]) -> Encoder | None:
    """Compile a union. Ours are `X | None`, plain alternatives, or a tuple or a word."""
    work = [e for h in hints if (e := _encoder(h)) is not None]
    if not work:
        return None
    convert = work[0]

    def encode_one(part: Any) -> Any:
        return part if isinstance(part, _PLAIN) else convert(part)

    return encode_one


_procedures: dict[int, tuple[Procedure, dict[str, Any]]] = {}


def _encode_procedure(procedure: Procedure) -> dict[str, Any]:
    """Encode a consigne once: the directory hands out the same object for every call.

    The cache holds the object, so that its identity is not reused while the entry lives.
    """
    known = _procedures.get(id(procedure))
    if known is not None:
        return known[1]
    if len(_procedures) >= PROCEDURES_KEPT:
        _procedures.clear()
    plain: dict[str, Any] = _compiled(Procedure)(procedure)
    _procedures[id(procedure)] = (procedure, plain)
    return plain


# ---------------------------------------------------------------- reading


def _decoder(hint: Any) -> Decoder:
    known = _decoders.get(hint)
    if known is None:
        known = _decoders[hint] = _decoder_of(_bare(hint))
    return known


def _decoder_of(hint: Any) -> Decoder:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Procedure:
        return _decode_procedure
    if is_dataclass(hint):
        return _dataclass_decoder(typing.cast(type, hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if origin is Literal:
        return _one_word_of(arguments)
    if origin is tuple:
        return _tuple_decoder(arguments)
    if origin is list:
        inner = _decoder(arguments[0])
        return lambda data: [inner(x) for x in _sequence(data)]
    if origin in (Mapping, dict):
        key, inner = _decoder(arguments[0]), _decoder(arguments[1])
        return lambda data: {key(k): inner(x) for k, x in _mapping(data).items()}
    if origin in (typing.Union, types.UnionType):
        return _union_decoder(arguments)
    return _plain_decoder(hint)


_read_procedures: Final[dict[tuple[Any, Any], tuple[Mapping[str, Any], Procedure]]] = {}


def _decode_procedure(data: Any) -> Procedure:
    """Build a consigne once: thousands of lines of a night carry the same one.

    Only one that is word for word the same is shared: the key merely says where to look.
    """
    plain = _mapping(data)
    key = (repr(plain.get("procedure")), repr(plain.get("version")))
    known = _read_procedures.get(key)
    if known is not None and known[0] == plain:
        return known[1]
    build = _decoders.get("procedure")
    if build is None:
        build = _decoders["procedure"] = _dataclass_decoder(Procedure)
    procedure: Procedure = build(plain)
    if len(_read_procedures) >= PROCEDURES_KEPT:
        _read_procedures.clear()
    _read_procedures[key] = (plain, procedure)
    return procedure


def _dataclass_decoder(kind: type) -> Decoder:
    hints = typing.get_type_hints(kind)
    parts = tuple((f.name, _decoder(hints[f.name]), _has_default(f)) for f in fields(kind))

    def build(data: Any) -> Any:
        values, known = {}, _mapping(data)
        for name, convert, has_default in parts:
            if name in known:
                values[name] = convert(known[name])
            elif not has_default:
                raise KeyError(name)
        return kind(**values)

    return build


def _has_default(part: Any) -> bool:
    return part.default is not MISSING or part.default_factory is not MISSING


def _tuple_decoder(hints: tuple[Any, ...]) -> Decoder:
    if len(hints) == 2 and hints[1] is Ellipsis:
        inner = _decoder(hints[0])
        return lambda data: tuple(inner(x) for x in _sequence(data))
    each = [_decoder(h) for h in hints]
    return lambda data: tuple(d(x) for d, x in zip(each, _sequence(data), strict=True))


def _sequence(data: Any) -> Any:
    if not isinstance(data, list | tuple):
        raise TypeError(f"expected a list, not {data!r:.40}")
    return data


def _mapping(data: Any) -> Mapping[Any, Any]:
    if type(data) is not dict and not isinstance(data, Mapping):
        raise TypeError(f"expected an object, not {data!r:.40}")
    return data


def _union_decoder(hints: tuple[Any, ...]) -> Decoder:
    each = [_decoder(h) for h in hints if h is not types.NoneType]
    may_be_none = types.NoneType in hints

    def build(data: Any) -> Any:
        if data is None and may_be_none:
            return None
        for decoder in each:
            try:
                return decoder(data)
            except (TypeError, ValueError, KeyError):
                continue
        raise TypeError(f"no alternative fits {data!r:.40}")

    return build


def _one_word_of(words: tuple[Any, ...]) -> Decoder:
    def check(data: Any) -> Any:
        if data not in words:
            raise ValueError(f"{data!r:.40} is none of {words}")
        return data

    return check


def _plain_decoder(kind: Any) -> Decoder:
    accepted = (int, float) if kind is float else kind

    def check(data: Any) -> Any:
        if type(data) is kind:
            return data
        if not isinstance(data, accepted) or (isinstance(data, bool) and kind is not bool):
            raise TypeError(f"expected {kind.__name__}, not {data!r:.40}")
        return data

    return check


def _bare(hint: Any) -> Any:
    """Strip names given to types: `CallId` is a `str`."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return hint


NAMES: Final[dict[str, type]] = {
    name: kind
    for module in (events, commands)
    for name, kind in vars(module).items()
    if isinstance(kind, type)
    and issubclass(kind, (Event, Fact, Command))
    and kind not in (Event, Fact, Command)
}
"Every class that may stand on a log line, by its name."
