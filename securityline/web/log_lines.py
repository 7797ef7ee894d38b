"""Log lines as sentences. The log itself keeps names and values; this is for people."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from securityline.web import vocabulary
from securityline.web.log_words import SENTENCES, Tone
from securityline.web.plain import clip, write_duration, write_number
from securityline.web.ports import Line
from securityline.web.reason_words import OF_LINES
from securityline.web.reasons import say
from securityline.web.rendering import Rendering
from securityline.web.vocabulary import call_it
from securityline.web.words import WORDS, Words


class NamesOf(Protocol):
    """How people, steps and consignes of a line are called."""

    def name_of(self, operator: str | None) -> str:
        """Name of an operator, or his id."""

    def step_words(self, incident_id: str, step: str, words: Words) -> str:
        """Words of a step, or its id."""

    def procedure_words(self, incident_id: str, procedure: str, words: Words) -> str:
        """Title of a consigne, or its id."""


TYPED_LENGTH: Final = 600
"Characters of a typed text in a timeline line."


class ShownLine(NamedTuple):
    """One line of the timeline."""

    seq: int
    iso: str
    time: str
    time_ms: str
    words: str
    tone: str
    "CSS classes: `person`, `good`, `bad`, `plain`, and `unsaved`."
    kind: str
    what: str
    raw: str


def show_line(line: Line, language: str, rendering: Rendering, names: NamesOf) -> ShownLine:
    """Put one line in words. Never raises, whatever an old log holds."""
    tone: str = "plain"
    sentence = SENTENCES.get(line.what)
    words = WORDS[language]
    if sentence is None:
        text = line.what
    else:
        tone = sentence.tone
        values = _Values(line, words, names)
        try:
            text = words(sentence.words) % values
        except (TypeError, ValueError, KeyError, AttributeError):
            text = line.what
    if not line.is_saved:
        tone = f"{tone} unsaved"
        text = f"{words('NOT SAVED')} · {text}"
    at = line.at.timestamp()
    return ShownLine(
        line.seq,
        rendering.iso(at),
        rendering.moment(at),
        rendering.moment(at) + f".{line.at.microsecond // 1000:03}",
        text,
        tone,
        line.kind,
        line.what,
        "",
    )


def is_for_operators(line: Line) -> bool:
    """Whether the line tells an operator something while he works on the case."""
    sentence = SENTENCES.get(line.what)
    return sentence is not None and sentence.tone is not Tone.TECHNICAL


class _Values(dict[str, str]):
    """The values of a line as words; what a sentence asks for and is not there is `—`."""

    def __init__(self, line: Line, words: Words, names: NamesOf) -> None:
        super().__init__()
        self._data, self._words, self._names = line.data, words, names
        self._incident_id = line.incident_id
        self._grammar = OF_LINES.get(line.what)

    def __missing__(self, key: str) -> str:
        value = self._data.get(key)
        if key == "caller" and self._data.get("is_withheld"):
            return self._words("withheld number")
        if value in (None, "", [], ()):
            return "—" if key in _NEEDED else ""
        if key == "step":
            return f"“{self._names.step_words(self._incident_id, str(value), self._words)}”"
        if key == "procedure":
            return self._names.procedure_words(self._incident_id, str(value), self._words)
        special = _SPECIAL.get(key)
        if special is not None:
            return special(value, self._words, self._names)
        if key == "reason" and self._grammar is not None:
            return clip(say(self._grammar, str(value), self._words), TYPED_LENGTH)
        return clip(str(value), TYPED_LENGTH)


def _time(value: Any, words: Words, names: NamesOf) -> str:
    return f"{float(value):.1f} s" if float(value) < 60 else write_duration(float(value))


def _number(value: Any, words: Words, names: NamesOf) -> str:
    return write_number(str(value))


def _operator(value: Any, words: Words, names: NamesOf) -> str:
    return names.name_of(str(value))


def _operators(value: Any, words: Words, names: NamesOf) -> str:
    return ", ".join(names.name_of(str(one)) for one in value)


def _named(table: Mapping[Any, str]) -> Callable[[Any, Words, NamesOf], str]:
    def name(value: Any, words: Words, names: NamesOf) -> str:
        return call_it(words, table, str(value))

    return name


def _urgency(value: Any, words: Words, names: NamesOf) -> str:
    return f"{value} {words(vocabulary.URGENCIES.get(int(value), ''))}".strip()


def _missing(value: Any, words: Words, names: NamesOf) -> str:
    return ", ".join(_lack(str(one), words) for one in value)


def _lack(name: str, words: Words) -> str:
    """Say what bars closing: `call:ID`, `step:ID`, `restore:ZONE` or `disposition`."""
    what, _, rest = name.partition(":")
    if what == "call":
        return words("the call is still up")
    if what == "restore":
        return words("return to normal of zone %(zone)s") % {"zone": clip(rest, 80)}
    if what == "disposition":
        return words("how the case ended")
    return clip(rest or name, 80)


def _several(value: Any, words: Words, names: NamesOf) -> str:
    return clip(", ".join(str(one) for one in value), TYPED_LENGTH)


def _answer(value: Any, words: Words, names: NamesOf) -> str:
    return call_it(words, vocabulary.ANSWERS, str(value))


_NEEDED: Final = frozenset({"caller", "did", "operator", "reason", "cause", "number"})
"Values whose absence is shown, with a dash."

_SPECIAL: Final[Mapping[str, Callable[[Any, Words, NamesOf], str]]] = {
    "answer_time": _time,
    "waiting_time": _time,
    "talk_time": _time,
    "seconds": _time,
    "at_time": _time,
    "gap_time": _time,
    "notice_heard_time": _time,
    "caller": _number,
    "did": _number,
    "number": _number,
    "operator": _operator,
    "operators": _operators,
    "cause": _named(vocabulary.CAUSES),
    "ended_by": _named(vocabulary.ENDED_BY),
    "kind": _named(vocabulary.ALARM_KINDS),
    "disposition": _named(vocabulary.DISPOSITIONS),
    "means": _named(vocabulary.MEANS),
    "result": _named(vocabulary.RESULTS),
    "side": _named(vocabulary.SIDES),
    "state": _named(vocabulary.DESK_STATES),
    "answer": _answer,
    "urgency": _urgency,
    "previous": _urgency,
    "missing": _missing,
    "zones": _several,
    "detectors": _several,
    "action": _named(vocabulary.PANEL_ACTIONS),
    "by": _named(vocabulary.PANEL_ACTIONS),
    "who": _operator,
}
