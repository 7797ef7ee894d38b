"""A consigne being followed: where it stands, what opens next, what is still missing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from callflows.events import OperatorId
from client_directory.model import Answer, Procedure, Step

Source = Literal["call", "alarm", "operator"]
END: Final = "end"
VERIFY: Final = "verify"
"What `requires` says for a verification (levée de doute); also a usual step's name."


TELEPHONE: Final = "telephone"
CODE_WORD: Final = "telephone_code_word"
"A means of verification: somebody on the line, whose code word was right in this case."


class Outcome(StrEnum):
    """How a step was dealt with."""

    DONE = "done"
    VERIFIED = "verified"
    SKIPPED = "skipped"


class StepState(StrEnum):
    """How the desk shows a step."""

    CURRENT = "current"
    OPEN = "open"
    SHUT = "shut"
    "Waits for another step to be recorded first."
    DONE = "done"
    SKIPPED = "skipped"
    OFF_PATH = "off_path"
    "An answer led around it."


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """What was recorded for one step."""

    step: str
    outcome: Outcome
    operator: OperatorId
    at: float
    "Engine time."
    answer: str = ""
    "The answer's id, or the result of a verification."
    text: str = ""
    "Free text, means of verification, or the reason for skipping."
    left_path: str = ""
    "Why it was done although an answer had led around it."
    otherwise: str = ""
    "How its service was called without a call from here: by a mobile phone, by a colleague."
    confidence: str = ""
    "Of a verification: `high`, `medium` or `low`; empty when nobody said."

    @property
    def is_deviation(self) -> bool:
        """Whether the consigne was not followed here; the supervisor has these on a list."""
        return self.outcome is Outcome.SKIPPED or bool(self.left_path or self.otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step as the desk draws it, in the order in which it is to be done."""

    step: Step
    state: StepState
    record: StepRecord | None = None
    shut_by: str | None = None
    "The step that must be recorded first."


@dataclass(slots=True)
class ProcedureRun:
    """One consigne, followed for one incident."""

    procedure: Procedure | None
    source: Source = "call"
    is_person_heard: bool = False
    "Whether somebody who called speaks with an operator now; `service_gate` says so."
    records: dict[str, StepRecord] = field(default_factory=dict)
    "By step, in the order in which they were recorded."

    def step(self, name: str) -> Step | None:
        """Find a step by its id."""
        steps = self.procedure.steps if self.procedure else ()
        return next((step for step in steps if step.step == name), None)

    def record(self, record: StepRecord) -> None:
        """Keep what was done; a step recorded again is corrected, and moves to the end."""
        self.records.pop(record.step, None)
        self.records[record.step] = record

    @property
    def path(self) -> list[Step]:
        """Steps in the order in which answers lead through them, up to `end`.

        Behind a step that is not recorded yet, the way that leads on without an answer.
        A way back to a step already passed ends the path.
        """
        steps = self.procedure.steps if self.procedure else ()
        places = {step.step: place for place, step in enumerate(steps)}
        path: list[Step] = []
        place = 0
        seen: set[int] = set()
        while place < len(steps) and place not in seen:
            seen.add(place)
            path.append(steps[place])
            target = self._leads_to(steps[place])
            place = len(steps) if target == END else places.get(target or "", place + 1)
        return path

    def _leads_to(self, step: Step) -> str | None:
        record = self.records.get(step.step)
        if record is not None and record.outcome is not Outcome.SKIPPED:
            answer = find_answer(step, record.answer)
            if answer is not None and answer.go_to is not None:
                return answer.go_to
        return step.go_to

    @property
    def current(self) -> Step | None:
        """The step to do now: the first on the path that is open and not recorded."""
        return next(
            (s for s in self.path if s.step not in self.records and not self.shut_by(s)), None
        )

    @property
    def next(self) -> Step | None:
        """The step after the current one, should its answer not lead elsewhere."""
        current = self.current
        if current is None:
            return None
        path = self.path
        return next(
            (s for s in path[path.index(current) + 1 :] if s.step not in self.records), None
        )

    @property
    def done(self) -> list[StepRecord]:
        """What was recorded, in the order in which it was."""
        return list(self.records.values())

    def missing(self) -> list[Step]:
        """Return the required steps on the path that nobody recorded."""
        return [s for s in self.path if s.is_required and s.step not in self.records]

    @property
    def is_half_done(self) -> bool:
        """Whether somebody began it and a required step is left: leaving it takes a reason."""
        return any(one.operator for one in self.records.values()) and bool(self.missing())

    @property
    def awaits_restore(self) -> Step | None:
        """The step on the path that waits for the return to normal, unless it was left out."""
        return next((s for s in self._restore_steps() if not self._is_left_out(s)), None)

    @property
    def leaves_out_restore(self) -> bool:
        """Whether somebody said why the return to normal is not waited for."""
        return any(self._is_left_out(step) for step in self._restore_steps())

    def _restore_steps(self) -> Iterator[Step]:
        return (step for step in self.path if step.do and "await_restore" in step.do)

    def _is_left_out(self, step: Step) -> bool:
        record = self.records.get(step.step)
        return record is not None and record.outcome is Outcome.SKIPPED

    def is_off_path(self, step: Step) -> bool:
        """Whether the answers so far lead around a step: whoever does it says why."""
        return step.step not in {one.step for one in self.path}

    @property
    def weight(self) -> int:
        """The sum of the weights of the answers given."""
        total = 0
        for record in self.records.values():
            step = self.step(record.step)
            answer = find_answer(step, record.answer) if step is not None else None
            if answer is not None and record.outcome is not Outcome.SKIPPED:
                total += answer.weight
        return total

    @property
    def weighed_urgency(self) -> int | None:
        """The urgency that the answers' weights come to; `None`: they say nothing of it."""
        weights = self.procedure.weights if self.procedure else ()
        total = self.weight
        return next((urgency for urgency, least in weights if total >= least > 0), None)

    def shut_by(self, step: Step) -> str | None:
        """Return the step that must be recorded before this one opens, if any.

        A verification opens at once when the case came by a call, and while a person who
        called is on the line: that is one. Behind an alarm alone it stays shut until it is
        recorded; skipping it opens nothing.
        """
        required = step.requires
        if required is None:
            return None
        first = self.step(required)
        is_verification = bool(first.verify) if first else required == VERIFY
        if is_verification and (self.source != "alarm" or self.is_person_heard):
            return None
        record = self.records.get(required)
        return required if record is None or record.outcome is Outcome.SKIPPED else None

    def view(self) -> list[StepView]:
        """Return every step for the desk: first the path, then what it led around."""
        path, current = self.path, self.current
        on_path = {step.step for step in path}
        steps = self.procedure.steps if self.procedure else ()
        rest = [step for step in steps if step.step not in on_path]
        return [self._view(step, current, on_path) for step in (*path, *rest)]

    def _view(self, step: Step, current: Step | None, on_path: set[str]) -> StepView:
        record, shut = self.records.get(step.step), self.shut_by(step)
        if record is not None:
            is_skipped = record.outcome is Outcome.SKIPPED
            state = StepState.SKIPPED if is_skipped else StepState.DONE
        elif step.step not in on_path:
            state = StepState.OFF_PATH
        elif shut:
            state = StepState.SHUT
        else:
            state = StepState.CURRENT if step is current else StepState.OPEN
        return StepView(step=step, state=state, record=record, shut_by=shut)


def may_correct(step: Step, record: StepRecord) -> bool:
    """Whether a recorded step may be recorded again: what was said, not what was done."""
    return record.outcome is Outcome.SKIPPED or not (step.do or step.say)


def find_answer(step: Step, answer: str) -> Answer | None:
    """Find one of a step's answers by its id."""
    if step.answers == "free_text":
        return None
    return next((a for a in step.answers if a.answer == answer), None)


def means_of(step: Step, *, has_code_word: bool) -> tuple[str, ...]:
    """Return by what means a step may be verified now.

    A right code word is one more wherever a telephone is one, and none before it was given.
    """
    means = tuple(one for one in step.verify if one != CODE_WORD)
    is_asked = TELEPHONE in step.verify or CODE_WORD in step.verify
    return (*means, CODE_WORD) if is_asked and has_code_word else means
