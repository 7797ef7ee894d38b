"""What an operator's press on the desk becomes: one event, or a sentence why not.

The rules decide what an event does; here is decided only whether this operator may say it
at all, and whether it can be understood.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Final, Literal, cast

from callflows.call import InboundCall
from callflows.events import (
    AnswerPressed,
    CallId,
    CloseRequested,
    Event,
    HangUpPressed,
    HoldPressed,
    KindChosen,
    NoteWritten,
    OperatorOnBreak,
    OperatorReady,
    ResumePressed,
    StepAnswered,
    StepSkipped,
    UrgencySet,
    VerificationRecorded,
)
from callflows.incident import DISPOSITIONS, Incident
from callflows.procedure_run import may_correct, means_of
from callflows.service_call import needs_call
from client_directory.model import Step
from securityline.watch_door import WatchDoor
from securityline.web.action_presses import ActionPresses
from securityline.web.board import Board
from securityline.web.card_vocabulary import CONFIDENCES
from securityline.web.covert_presses import CovertPresses
from securityline.web.moving_presses import MovingPresses, guard_site
from securityline.web.on_test import TestPresses
from securityline.web.person_presses import PersonPresses
from securityline.web.phrase_presses import PhrasePresses
from securityline.web.ports import DirectoryHolderPort
from securityline.web.refusal import Message, Refused, me, open_incident, text_of
from securityline.web.roles import check_role
from securityline.web.secret_presses import SecretPresses
from securityline.web.service_presses import ServicePresses
from securityline.web.sessions import Session
from securityline.web.shift_presses import ShiftPresses
from securityline.web.steps import kinds_of
from securityline.web.tree_presses import TreePresses
from securityline.web.visit_presses import VisitPresses
from securityline.web.vocabulary import RESULTS
from securityline.web.words import N_

GENERIC_ANSWER: Final = "done"


class Presses:
    """Turn messages of a screen into events.

    :param clock: engine time, seconds.
    :param is_emergency_live: whether emergency services are really called.
    """

    def __init__(
        self,
        board: Board,
        directory: DirectoryHolderPort,
        clock: Callable[[], float],
        *,
        is_emergency_live: bool = False,
        zone: tzinfo = UTC,
        watch: WatchDoor | None = None,
    ) -> None:
        self._board = board
        self._directory = directory
        self.acts: Mapping[str, Callable[[Session, Message], Event]] = {
            "ready": self._ready,
            "break": self._break,
            "answer": self._answer,
            "hang_up": self._hang_up,
            "hold": self._hold,
            "resume": self._resume,
            "kind": self._kind,
            "answer_step": self._answer_step,
            "skip": self._skip,
            "verify": self._verify,
            "note": self._note,
            "urgency": self._urgency,
            "close": self._close,
            **TreePresses(board, directory, clock).acts,
            **MovingPresses(board, directory, clock, zone).acts,
            **ShiftPresses(board, directory, clock, watch).acts,
            **TestPresses(board, directory, clock, zone).acts,
            **ActionPresses(board, directory).acts,
            **PersonPresses(board, directory, clock).acts,
            **VisitPresses(board, directory).acts,
            **CovertPresses(board, clock).acts,
            **PhrasePresses(board).acts,
            **SecretPresses(board, directory, clock).acts,
            **ServicePresses(board, directory, is_live=is_emergency_live).acts,
        }

    def event(self, session: Session, message: Message) -> Event:
        """Say what this press means.

        :raises Refused: it may not be, or cannot be understood.
        """
        name = text_of(message, "act", 40)
        act = self.acts.get(name)
        if act is None:
            raise Refused(N_("The desk sent something the engine does not know."))
        check_role(session.role, name)
        guard_site(self._board, session, message)
        return act(session, message)

    # ------------------------------------------------------------ himself

    def _ready(self, session: Session, message: Message) -> Event:
        return OperatorReady(operator=me(session))

    def _break(self, session: Session, message: Message) -> Event:
        return OperatorOnBreak(operator=me(session), reason=text_of(message, "text", 200))

    # ------------------------------------------------------------ the call

    def _answer(self, session: Session, message: Message) -> Event:
        call = self._call(session, message)
        is_offered = call.transfer is not None and call.transfer.to == session.operator
        if not call.seeks and not is_offered:
            raise Refused(N_("Somebody else has this call already, or the caller left."))
        return AnswerPressed(
            incident_id=call.incident_id, operator=me(session), call_id=call.call_id
        )

    def _hang_up(self, session: Session, message: Message) -> Event:
        call = self._own_call(session, message)
        return HangUpPressed(
            incident_id=call.incident_id, operator=me(session), call_id=call.call_id
        )

    def _hold(self, session: Session, message: Message) -> Event:
        call = self._own_call(session, message)
        return HoldPressed(
            incident_id=call.incident_id, operator=me(session), call_id=call.call_id
        )

    def _resume(self, session: Session, message: Message) -> Event:
        call = self._own_call(session, message)
        return ResumePressed(
            incident_id=call.incident_id, operator=me(session), call_id=call.call_id
        )

    def _call(self, session: Session, message: Message) -> InboundCall:
        call = self._board.call(CallId(text_of(message, "call", 200)))
        if call is None or call.clearance not in session.clearances:
            raise Refused(N_("There is no such call."))
        return call

    def _own_call(self, session: Session, message: Message) -> InboundCall:
        call = self._call(session, message)
        rung = {leg.operator for leg in call.legs.values()}
        rung |= {call.transfer.to} if call.transfer is not None else set()
        if call.is_over or session.operator not in {call.operator, *rung}:
            raise Refused(N_("This is not your call."))
        return call

    # ------------------------------------------------------------ the case

    def _kind(self, session: Session, message: Message) -> Event:
        incident, kind = (
            open_incident(self._board, session, message),
            text_of(message, "kind", 80),
        )
        directory = self._directory.current
        organisation = directory.organisations.get(incident.organisation or "")
        if kind not in kinds_of(organisation):
            raise Refused(N_("This client has no consigne for that kind of incident."))
        procedure, reason = (
            directory.procedure_for(incident.organisation or "", kind),
            text_of(message, "text"),
        )
        is_left = procedure not in (None, incident.procedure) and incident.leaves_consigne
        if is_left and not reason:
            raise Refused(N_("Write why this consigne is left half done."))
        return KindChosen(
            incident_id=incident.incident_id,
            operator=me(session),
            kind=kind,
            procedure=procedure,
            reason=reason if is_left else "",
        )

    def _answer_step(self, session: Session, message: Message) -> Event:
        incident, step = self._step(session, message, may_again=True)
        answer, text = text_of(message, "answer", 80), text_of(message, "text")
        if step.answers == "free_text":
            if not text:
                raise Refused(N_("Write the answer first."))
        elif answer not in ({one.answer for one in step.answers} or {GENERIC_ANSWER}):
            raise Refused(N_("This step has no such answer."))
        is_off_path = incident.run.is_off_path(step)
        is_otherwise = needs_call(step, self._board.services_of(incident))
        if is_off_path and not text:
            raise Refused(N_("Write why this step is done."))
        if is_otherwise and not text:
            raise Refused(N_("This key calls nobody. Write how the service was called."))
        asks_why = is_off_path or is_otherwise
        return StepAnswered(
            incident_id=incident.incident_id,
            operator=me(session),
            step=step.step,
            answer=answer,
            text=text if step.answers == "free_text" or not asks_why else "",
            reason=text if asks_why else "",
        )

    def _skip(self, session: Session, message: Message) -> Event:
        incident, step = self._step(session, message)
        reason = text_of(message, "text")
        if not reason:
            raise Refused(N_("Write why the step is left out."))
        return StepSkipped(
            incident_id=incident.incident_id,
            operator=me(session),
            step=step.step,
            reason=reason,
        )

    def _verify(self, session: Session, message: Message) -> Event:
        incident, step = self._step(session, message, may_again=True)
        means, result = text_of(message, "means", 80), text_of(message, "result", 40)
        known = means_of(step, has_code_word=incident.has_code_word)
        if means not in known or result not in RESULTS:
            raise Refused(N_("This step has no such answer."))
        confidence = text_of(message, "confidence", 10)
        if confidence not in ("", *CONFIDENCES):
            raise Refused(N_("The desk sent something the engine does not know."))
        return VerificationRecorded(
            incident_id=incident.incident_id,
            operator=me(session),
            step=step.step,
            means=means,
            result=cast(Literal["confirmed", "not_confirmed", "unclear"], result),
            confidence=cast(Literal["high", "medium", "low", ""], confidence),
            text=text_of(message, "text"),
        )

    def _note(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        text = text_of(message, "text")
        if not text:
            raise Refused(N_("There is nothing to write."))
        return NoteWritten(incident_id=incident.incident_id, operator=me(session), text=text)

    def _urgency(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        urgency = message.get("urgency")
        if urgency not in ("1", "2", "3", "4"):
            raise Refused(N_("The urgency is a number from 1 to 4."))
        return UrgencySet(
            incident_id=incident.incident_id,
            operator=me(session),
            urgency=int(urgency),
            reason=text_of(message, "text"),
        )

    def _close(self, session: Session, message: Message) -> Event:
        incident = open_incident(self._board, session, message)
        disposition = text_of(message, "disposition", 80)
        if disposition not in DISPOSITIONS:
            raise Refused(N_("Choose how the case ended."))
        return CloseRequested(
            incident_id=incident.incident_id,
            operator=me(session),
            disposition=disposition,
            text=text_of(message, "text"),
        )

    def _step(
        self, session: Session, message: Message, *, may_again: bool = False
    ) -> tuple[Incident, Step]:
        """Find the step that is meant. One that stands recorded takes a press that says so.

        A colleague who pressed a moment earlier must not be overwritten unawares.
        """
        incident = open_incident(self._board, session, message)
        step = incident.run.step(text_of(message, "step", 200))
        if step is None:
            raise Refused(N_("The consigne has changed: this step is not in it."))
        before = incident.run.records.get(step.step)
        is_again = may_again and message.get("again") == "yes"
        if before is not None and not (is_again and may_correct(step, before)):
            raise Refused(N_("This step is recorded already."))
        if incident.run.shut_by(step) is not None:
            raise Refused(N_("This step is not open yet."))
        return incident, step
