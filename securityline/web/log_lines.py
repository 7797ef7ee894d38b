"""Log lines as sentences. The log itself keeps names and values; this is for people."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from securityline.web import card_vocabulary, room_words, shift_words, vocabulary
from securityline.web.absent_screens import REASON as NO_SCREEN_REASON
from securityline.web.alarm_reasons import NOTED
from securityline.web.log_words import SENTENCES, Tone
from securityline.web.plain import clip, write_duration, write_number
from securityline.web.ports import Line
from securityline.web.reason_words import LEFT_OUT, OF_LINES
from securityline.web.reasons import say
from securityline.web.rendering import Rendering
from securityline.web.vocabulary import call_it
from securityline.web.words import N_, WORDS, Words


class NamesOf(Protocol):
    """How people, steps and consignes of a line are called."""

    def name_of(self, operator: str | None) -> str:
        """Name of an operator, or his id."""

    def step_words(self, incident_id: str, step: str, words: Words) -> str:
        """Words of a step, or its id."""

    def procedure_words(self, incident_id: str, procedure: str, words: Words) -> str:
        """Title of a consigne, or its id."""

    def person_words(self, incident_id: str, person: str) -> str:
        """Name of a keyholder, or his id."""


TYPED_LENGTH: Final = 600
"Characters of a typed text in a timeline line."
NO_SCREEN: Final = N_("no screen is connected")


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
    if line.data.get("name"):
        sentence = SENTENCES.get(f"{line.what}+name", sentence)
    words = WORDS[language]
    if sentence is None:
        text = line.what
    else:
        tone = sentence.tone
        values = _Values(line, words, names, rendering)
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

    def __init__(self, line: Line, words: Words, names: NamesOf, rendering: Rendering) -> None:
        super().__init__()
        self._data, self._words, self._names = line.data, words, names
        self._incident_id, self._what = line.incident_id, line.what
        self._moment = rendering.moment
        self._grammar = OF_LINES.get(line.what)

    def __missing__(self, key: str) -> str:
        if key == "verified":
            seconds = self._data.get("verified_time")
            after = self._words("(%(time)s after the verification)")
            return (
                ""
                if seconds is None
                else after % {"time": _time(seconds, self._words, self._names)}
            )
        if key == "purpose":
            return call_it(
                self._words, room_words.WHY_TOLD, str(self._data.get("why", "unsaid"))
            )
        if key == "why":
            why = self._reason(self._data.get("reason"))
            return f"({why})" if why else ""
        value = self._data.get(key)
        if key == "caller" and self._data.get("is_withheld"):
            return self._words("withheld number")
        if value in (None, "", [], ()):
            return "—" if key in _NEEDED else ""
        if key == "step":
            return f"“{self._names.step_words(self._incident_id, str(value), self._words)}”"
        if key == "procedure":
            return self._names.procedure_words(self._incident_id, str(value), self._words)
        if key == "missing":
            steps = partial(self._names.step_words, self._incident_id, words=self._words)
            said = [lack_words(str(one), self._words, steps) for one in value]
            return clip(", ".join(said), TYPED_LENGTH)
        if key in _MOMENTS:
            return self._moment(float(value))
        if key in ("person", "asked_by") or (self._what, key) == ("CallTreeEnded", "accepted"):
            return self._people(key, value)
        special = _SPECIAL.get(f"{self._what}.{key}") or _SPECIAL.get(key)
        if special is not None:
            return special(value, self._words, self._names)
        if key == "reason":
            return self._reason(value)
        return clip(str(value), TYPED_LENGTH)

    def _reason(self, value: Any) -> str:
        if self._grammar is None or not value:
            return clip(str(value or ""), TYPED_LENGTH)
        said = say(
            self._grammar, str(value), self._words, called(self._names, self._incident_id)
        )
        return clip(said, TYPED_LENGTH)

    def _people(self, key: str, value: Any) -> str:
        """Name a person, several, or who asked for a tree: an operator or a step."""
        if key == "asked_by":
            kind, _, step = str(value).partition("step ")
            if step and not kind:
                return f"“{self._names.step_words(self._incident_id, step, self._words)}”"
            return clip(self._names.name_of(str(value)), TYPED_LENGTH)
        people = [value] if isinstance(value, str) else value
        named = [self._names.person_words(self._incident_id, str(one)) for one in people]
        return clip(", ".join(named), TYPED_LENGTH)


def called(names: NamesOf, incident_id: str) -> Mapping[str, Callable[[str], str]]:
    """How the ids in a reason are called."""
    return {
        "operator": names.name_of,
        "person": lambda person: names.person_words(incident_id, person),
    }


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


def lack_words(name: str, words: Words, step_words: Callable[[str], str]) -> str:
    """Say what bars closing: `call:ID`, `tree:ID`, `step:ID`, `restore:ZONE` or a word."""
    what, _, rest = name.partition(":")
    if what == "step":
        return f"“{step_words(rest)}”"
    if what == "call":
        return words("the call is still up")
    if what == "tree":
        return words("a call tree is running")
    if what == "action":
        return words("an action is under way")
    if what == "duress":
        return words("somebody is under duress: only “Duress resolved” closes the case")
    if what == "restore":
        return words("return to normal of zone %(zone)s") % {"zone": clip(rest, 80)}
    if what == "reason":
        return words("or a text that says why nobody waits for it")
    if what == "disposition":
        return words("how the case ended")
    return clip(rest or name, 80)


def _several(value: Any, words: Words, names: NamesOf) -> str:
    return clip(", ".join(str(one) for one in value), TYPED_LENGTH)


def _answer(value: Any, words: Words, names: NamesOf) -> str:
    return call_it(words, vocabulary.ANSWERS, str(value))


def _place(value: Any, words: Words, names: NamesOf) -> str:
    """Count from 1 what the rules count from 0."""
    return str(int(value) + 1)


def _left_out(value: Any, words: Words, names: NamesOf) -> str:
    said = "; ".join(
        say(LEFT_OUT, str(one), words, {"operator": names.name_of}) for one in value
    )
    return clip(f"({words('not called')}: {said})", TYPED_LENGTH)


def _count(value: Any, words: Words, names: NamesOf) -> str:
    return str(len(value))


def _by_whom(value: Any, words: Words, names: NamesOf) -> str:
    return f"({clip(str(value))})"


def _is_reached(value: Any, words: Words, names: NamesOf) -> str:
    return words("reached") if value else words("not reached")


def _is_simulated(value: Any, words: Words, names: NamesOf) -> str:
    return f"{words('SIMULATED')} · " if value else ""


def _is_cut(value: Any, words: Words, names: NamesOf) -> str:
    return f"({words('cut off')})" if value else ""


def _is_crossing(value: Any, words: Words, names: NamesOf) -> str:
    return f"({words('rang in himself')})" if value else ""


def _confidence(value: Any, words: Words, names: NamesOf) -> str:
    return f"({call_it(words, card_vocabulary.CONFIDENCES, str(value))})"


def _noted(value: Any, words: Words, names: NamesOf) -> str:
    return clip(say(NOTED, str(value), words), TYPED_LENGTH)


def _break_reason(value: Any, words: Words, names: NamesOf) -> str:
    said = words(NO_SCREEN) if value == NO_SCREEN_REASON else str(value)
    return clip(said, TYPED_LENGTH)


_MOMENTS: Final = frozenset({"at", "promise_at", "until"})
"Engine times that are shown as the wall clock."

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
    "found": _named(vocabulary.PANEL_FOUND),
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
    "zones": _several,
    "detectors": _several,
    "action": _named(vocabulary.PANEL_ACTIONS),
    "by": _named(vocabulary.PANEL_ACTIONS),
    "who": _operator,
    "to": _operator,
    "other": _operator,
    "role": _named(vocabulary.ROLES),
    "TransferAnswered.by": _operator,
    "TransferTaken.by": _operator,
    "ShiftItemAccepted.by": _operator,
    "level": _place,
    "round": _place,
    "left_out": _left_out,
    "legs": _count,
    "taken_by": _by_whom,
    "is_reached": _is_reached,
    "is_crossing": _is_crossing,
    "is_simulated": _is_simulated,
    "is_cut": _is_cut,
    "pressed_time": _time,
    "wrap_up_time": _time,
    "visit_time": _time,
    "late_time": _time,
    "alert": _named(room_words.ALERTS),
    "colleague": _operator,
    "former": _operator,
    "mode": _named(room_words.MODES_TOLD),
    "detail": _named(vocabulary.SERVICE_DETAILS),
    "line": _named(vocabulary.SERVICE_LINES),
    "KeyholderAccepted.by": _named(vocabulary.ACCEPTED_BY),
    "CallTreeEnded.reason": _named(vocabulary.TREE_ENDS),
    "confidence": _confidence,
    "CallerKeyed.meaning": _named(card_vocabulary.KEY_MEANINGS),
    "OperatorOnBreak.reason": _break_reason,
    "ConsigneLeft.how": _named(card_vocabulary.DEVIATIONS),
    "SecretChecked.outcome": _named(card_vocabulary.SECRET_OUTCOMES),
    "SessionEnded.reason": _named(shift_words.SESSION_ENDS),
    "PinChecked.outcome": _named(vocabulary.PIN_OUTCOMES),
    "CaseStalled.what": _named(vocabulary.STALLED),
    "WatchNoted.text": _noted,
}
