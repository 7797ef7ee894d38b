"""What is to be done, from the shape a person wrote: call trees and consignes."""

from typing import Literal

from client_directory import model
from client_directory import schema as shapes
from client_directory.schema_values import Words


def build_alerts(shape: shapes.AlertsShape | None) -> model.AlertLimits | None:
    """Build after how long supervisors are told; `None`: as the installation has it."""
    if shape is None:
        return None
    return model.AlertLimits(
        not_taken=tuple(shape.not_taken),
        not_worked=tuple(shape.not_worked),
        overdue_step=tuple(shape.overdue_step),
        total=tuple(shape.total),
    )


def text_of(words: Words) -> model.Text:
    """Return words written once for everybody, or once a language, as a `Text`."""
    return {model.ANY_LANGUAGE: words} if isinstance(words, str) else dict(words)


def build_call_tree(tree: shapes.CallTreeShape) -> model.CallTreePlan:
    """Build a call tree."""
    levels = tuple(
        model.Level(
            call=tuple(level.call),
            strategy=level.strategy,
            ring_time=level.ring_time,
            accept=level.accept,
            answers_needed=level.answers_needed,
            overlap_time=level.overlap,
        )
        for level in tree.levels
    )
    return model.CallTreePlan(
        call_tree=tree.call_tree,
        levels=levels,
        rounds=tree.rounds,
        may_leave_message=tree.leave_message,
    )


def build_procedure(shape: shapes.ProcedureShape) -> model.Procedure:
    """Build a consigne."""
    return model.Procedure(
        procedure=shape.procedure,
        version=shape.version,
        incident_kinds=tuple(shape.incident_kinds),
        title=text_of(shape.title),
        urgency=shape.urgency,
        steps=tuple(_step(step) for step in shape.steps),
        alarm_codes=tuple(shape.alarm_codes),
        never_suppress=shape.never_suppress,
        hold_time=shape.hold,
        quiet_time=shape.quiet_for,
        weights=tuple(sorted(shape.weights.items())),
    )


def _step(shape: shapes.StepShape) -> model.Step:
    return model.Step(
        step=shape.step,
        ask=text_of(shape.ask) if shape.ask is not None else None,
        say=text_of(shape.say) if shape.say is not None else None,
        do=_action(shape.do) if shape.do is not None else None,
        verify=tuple(shape.verify or ()),
        answers=_answers(shape.answers),
        is_required=shape.required,
        is_automatic=shape.automatic,
        requires=shape.requires,
        go_to=shape.go_to,
        stage=shape.stage,
        phrase=shape.phrase,
    )


def _action(shape: shapes.ActionShape) -> dict[str, str]:
    action: dict[str, str] = {}
    if shape.call_service is not None:
        action["call_service"] = shape.call_service
    if shape.start_call_tree is not None:
        action["start_call_tree"] = shape.start_call_tree
    if shape.await_restore is not None:
        action["await_restore"] = "true" if shape.await_restore else "false"
    return action


def _answers(
    shape: list[shapes.AnswerShape] | Literal["free_text"] | None,
) -> tuple[model.Answer, ...] | Literal["free_text"]:
    if shape == "free_text":
        return "free_text"
    return tuple(
        model.Answer(
            answer=answer.answer,
            label=text_of(answer.label) if answer.label is not None else {},
            go_to=answer.go_to,
            set_urgency=answer.set_urgency,
            weight=answer.weight,
        )
        for answer in shape or ()
    )
