"""One sentence for each name that a log line may have."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from securityline.web.moving_words import MOVING
from securityline.web.shift_words import SHIFT
from securityline.web.words import N_


class Tone(StrEnum):
    """How a line looks in the timeline."""

    PERSON = "person"
    "Somebody did or said something."
    GOOD = "good"
    BAD = "bad"
    PLAIN = "plain"
    TECHNICAL = "technical"
    "Only in the whole logbook, not beside the card."


class Sentence(NamedTuple):
    """A sentence with the line's values in `%(name)s`."""

    words: str
    tone: Tone


def _person(words: str) -> Sentence:
    return Sentence(words, Tone.PERSON)


def _plain(words: str) -> Sentence:
    return Sentence(words, Tone.PLAIN)


def _good(words: str) -> Sentence:
    return Sentence(words, Tone.GOOD)


def _bad(words: str) -> Sentence:
    return Sentence(words, Tone.BAD)


def _technical(words: str) -> Sentence:
    return Sentence(words, Tone.TECHNICAL)


SENTENCES: Final[Mapping[str, Sentence]] = {
    # phone
    "CallOffered": _plain(N_("Call from %(caller)s to %(did)s")),
    "PanelCallTaken": _technical(N_("The receiver line %(did)s answers %(caller)s")),
    "PanelCallEnded": _plain(N_("Panel on the telephone: messages received: %(messages)s")),
    "PanelHandedOver": _bad(N_("Receiver line: %(found)s %(keys)s")),
    "SelfServiceBegan": _plain(N_("The engine asks the caller what he wants: %(name)s")),
    "SelfServiceHandedOver": _bad(N_("Given to an operator: %(reason)s")),
    "SelfServiceEnded": _technical(N_("The caller was served by key: %(outcome)s")),
    "InstallerChecked": _plain(
        N_("An installer gave a PIN for %(organisation)s, %(site)s: %(name)s %(outcome)s")
    ),
    "TestByPhone": _person(N_("By key: %(who)s, test of %(site)s, zone %(zone)s")),
    "TestPretended": _bad(
        N_("UNDER DURESS: %(who)s was told that %(site)s is on test. It is not.")
    ),
    "TimerAsked": _plain(N_("By key: timer of %(person)s, %(what)s")),
    "LegRinging": _technical(N_("The phone rings")),
    "LegAnswered": _technical(N_("The phone was picked up")),
    "LegEnded": _technical(N_("A phone line ended: %(cause)s")),
    "DigitPressed": _plain(N_("Key pressed: %(digit)s")),
    "LegHeld": _technical(N_("Put on hold by the phone")),
    "LegResumed": _technical(N_("Taken back by the phone")),
    # between operators
    **{name: Sentence(words, Tone(tone)) for name, (tone, words) in MOVING.items()},
    **{name: Sentence(words, Tone(tone)) for name, (tone, words) in SHIFT.items()},
    # media
    "PromptEnded": _technical(N_("Announcement heard: %(prompt)s, %(played_time)s s")),
    "AudioLost": _bad(N_("No sound arrives from one side")),
    "AudioBack": _good(N_("The sound is back")),
    "LegMeasured": _technical(
        N_(
            "Sound that arrived (%(role)s): %(packets)s packets, %(lost)s lost,"
            " jitter %(jitter_ms)s ms, %(strangers)s of strangers"
        )
    ),
    "RecordingStarted": _plain(N_("Recording started")),
    "RecordingEnded": _plain(N_("Recording ended, %(seconds)s")),
    "RecordingGap": _bad(
        N_("Gap in the recording at %(at_time)s: %(seconds)s, %(side)s (%(cause)s)")
    ),
    "RecordingFailed": _bad(N_("Recording failed: %(reason)s")),
    "RecordingChanged": _bad(
        N_("The file of the recording %(recording_id)s is not what was recorded")
    ),
    "RecordingPlayed": _person(N_("%(operator)s listened to the recording")),
    "ReportRead": _person(N_("%(operator)s read the report of the case")),
    # operators
    "OperatorSignedIn": _plain(N_("%(operator)s signed in")),
    "OperatorSignedOut": _plain(N_("%(operator)s signed out")),
    "SessionOpened": _plain(N_("%(operator)s signed in at a browser (%(role)s) %(from)s")),
    "PressRefused": _bad(N_("Refused to %(operator)s (%(role)s): %(act)s: %(reason)s")),
    "AuthenticatorEnrolled": _plain(N_("%(operator)s has an authenticator from now on")),
    "SessionEnded": _plain(N_("The session of %(operator)s ended: %(reason)s")),
    "OperatorReady": _plain(N_("%(operator)s is ready")),
    "OperatorOnBreak": _plain(N_("%(operator)s is on break: %(reason)s")),
    "StationUp": _technical(N_("The phone of %(operator)s is there")),
    "StationDown": _bad(N_("The phone of %(operator)s is gone: %(reason)s")),
    "AnswerPressed": _person(N_("%(operator)s pressed answer")),
    "HangUpPressed": _person(N_("%(operator)s pressed hang up")),
    "HoldPressed": _person(N_("%(operator)s pressed hold")),
    "ResumePressed": _person(N_("%(operator)s pressed take back")),
    "OperatorStateChanged": _technical(N_("%(operator)s: %(state)s %(reason)s")),
    # a supervisor on a call
    "VisitPressed": _person(N_("%(operator)s asks to be on the call: %(mode)s (%(purpose)s)")),
    "LeavePressed": _technical(N_("%(operator)s pressed leave")),
    "VisitRefused": _bad(N_("%(operator)s cannot be on this call: %(reason)s")),
    "VisitBegun": _person(
        N_("%(operator)s is on the call of %(colleague)s: %(mode)s (%(purpose)s)")
    ),
    "VisitChanged": _person(N_("%(operator)s is on the call in another way: %(mode)s")),
    "VisitEnded": _person(
        N_("%(operator)s is on the call no longer, after %(visit_time)s: %(reason)s")
    ),
    "CallTakenOver": _good(
        N_("%(operator)s takes the call over from %(former)s (%(purpose)s)")
    ),
    # told to supervisors
    "WrapUpTimeSet": _technical(N_("The wrap-up after a call lasts %(wrap_up_time)s")),
    "AlertLimitsSet": _technical(N_("After how long supervisors are told was set")),
    "AlertRaised": _bad(N_("Supervisors are told: %(alert)s %(step)s")),
    "AlertOver": _plain(N_("No longer late: %(alert)s, after %(late_time)s")),
    # call trees
    "CallTreeRequested": _technical(N_("It is worked out whom the call tree calls")),
    "CallTreeUnplanned": _bad(N_("Call tree “%(call_tree)s” cannot run: %(reason)s")),
    "CallTreeStarted": _plain(
        N_("Call tree “%(call_tree)s” begins (%(asked_by)s); a human by %(promise_at)s")
    ),
    "PromiseRenewed": _plain(
        N_("The call tree promises a human by %(promise_at)s from now on")
    ),
    "CallTreeReplanned": _plain(
        N_("It was worked out anew whom call tree “%(call_tree)s” calls, until %(until)s")
    ),
    "LevelEntered": _plain(N_("Call tree: level %(level)s, round %(round)s %(left_out)s")),
    "KeyholderCalled": _plain(N_("%(name)s is called at %(number)s %(why)s")),
    "KeyholderPutOff": _plain(
        N_("%(name)s: %(number)s is in use for another case, waited for until %(until)s")
    ),
    "KeyholderAnswered": _plain(N_("%(person)s: the phone was picked up")),
    "KeyholderAccepted": _good(N_("%(name)s takes charge %(by)s (%(accepted)s of %(needed)s)")),
    "KeyholderEta": _good(N_("%(person)s is there in %(minutes)s min")),
    "KeyholderDeclined": _bad(N_("%(person)s says no")),
    "KeyholderMissed": _bad(N_("%(person)s not reached: %(cause)s (%(count)s×)")),
    "KeyholderToldTaken": _plain(N_("%(person)s hears that it is taken care of %(taken_by)s")),
    "KeyholderAskedOperator": _bad(
        N_("%(person)s wants an operator %(is_crossing)s; the tree waits")
    ),
    "DuressSignalled": _bad(
        N_("UNDER DURESS: %(person)s. Say nothing of it to whoever is on the line.")
    ),
    "CallTreePaused": _plain(N_("The call tree waits: %(reason)s")),
    "CallTreeResumed": _plain(N_("The call tree goes on: %(reason)s")),
    "CallTreeEnded": _good(N_("The call tree is over: %(reason)s %(accepted)s")),
    "CallTreeExhausted": _bad(N_("The call tree reached nobody: %(reason)s")),
    "TreeRefused": _bad(N_("The call tree cannot do that: %(reason)s")),
    "PauseTreePressed": _person(N_("%(operator)s lets the call tree wait")),
    "ResumeTreePressed": _person(N_("%(operator)s lets the call tree go on")),
    "SkipKeyholderPressed": _person(N_("%(operator)s leaves %(person)s out")),
    "JumpTreePressed": _person(N_("%(operator)s sends the call tree to level %(level)s")),
    "CallKeyholderPressed": _person(N_("%(operator)s has %(person)s called now")),
    "StopTreePressed": _person(N_("%(operator)s takes over from the call tree %(why)s")),
    "ConfirmKeyholderPressed": _person(N_("%(operator)s: %(person)s takes charge")),
    "JoinKeyholderPressed": _person(N_("%(operator)s takes a keyholder into the call")),
    "PinChecked": _technical(N_("A PIN was asked for: %(outcome)s")),
    "MachineSuspected": _technical(N_("It sounds like an answering machine")),
    "GreetingEnded": _technical(N_("An answering machine’s greeting is over")),
    "ConversationHeard": _technical(N_("Whoever answered answers what is said")),
    # emergency services
    "ServicePressed": _person(
        N_("%(operator)s presses the button: %(name)s, call %(attempt)s")
    ),
    "ServiceHangUpPressed": _person(N_("%(operator)s ends the line to the service")),
    "ServiceDetailWritten": _person(N_("%(operator)s: %(detail)s %(text)s")),
    "ServiceCalled": _plain(
        N_("%(is_simulated)s%(operator)s is on the line; %(name)s is called")
    ),
    "ServiceRang": _good(
        N_("%(is_simulated)s%(name)s: it rings, %(pressed_time)s after the press %(verified)s")
    ),
    "ServiceAnswered": _good(N_("%(is_simulated)s%(name)s answered; %(operator)s speaks")),
    "ServiceEnded": _plain(N_("%(name)s: the talk is over after %(talk_time)s %(is_cut)s")),
    "ServiceFailed": _bad(N_("NOT REACHED: %(name)s, %(cause)s %(why)s")),
    "ServiceRefused": _bad(N_("No service was called: %(reason)s")),
    "DialService": _technical(N_("%(is_simulated)sOrder: call a service, its %(line)s line")),
    # covert calls
    "CovertPressed": _person(
        N_("%(operator)s marks the case covert: the caller hears nothing")
    ),
    "SpeakAsked": _person(
        N_("%(operator)s presses the first of two keys to be heard by the caller again")
    ),
    "SpeakPressed": _person(N_("%(operator)s lets the caller hear us again")),
    "CallerKeyed": _good(N_("The caller answers by key %(digit)s: %(meaning)s")),
    "SetCovert": _technical(N_("Order: silence for a leg begins or ends")),
    # phrase bridge
    "PhrasePressed": _person(N_("%(operator)s has the caller hear: “%(words)s”")),
    "PhrasePlayed": _technical(N_("The phrase was played to the caller")),
    "PhraseRefused": _bad(N_("The phrase was not played: %(reason)s")),
    # code words
    "SecretChecked": _person(N_("%(operator)s asked %(name)s for the code word: %(outcome)s")),
    "SecretRevealed": _bad(N_("%(operator)s had the code word of %(name)s shown: %(reason)s")),
    "SilentCaseOpened": _bad(
        N_("%(name)s gave a duress word and heard that all is well: %(operator)s speaks")
    ),
    # attention and calling back
    "AttentionWanted": _bad(N_("An operator is wanted: %(reason)s")),
    "CaseTaken": _person(N_("%(operator)s takes the case")),
    "StepBegun": _plain(N_("The engine begins step %(step)s by itself")),
    "CallBackPlanned": _plain(N_("%(number)s will be called back at %(at)s")),
    "CallBackDialled": _plain(N_("%(operator)s is on the line; %(number)s is called back")),
    "CallBackAnswered": _good(N_("The caller picked up")),
    "CallBackMissed": _bad(N_("Called back, and nobody was reached")),
    "CallBackDialled+name": _plain(
        N_("%(operator)s is on the line; %(name)s is called at %(number)s")
    ),
    "CallBackAnswered+name": _good(N_("%(name)s picked up")),
    "CallBackMissed+name": _bad(N_("%(name)s was not reached")),
    "PersonCallPressed": _person(N_("%(operator)s calls %(name)s, %(number)s")),
    "PersonCallRefused": _bad(N_("Nobody was called: %(reason)s")),
    "PersonCalled": _plain(N_("The phone of %(operator)s rings for a call to %(name)s")),
    "CallBackEnded": _plain(
        N_("Calling back is over, %(is_reached)s (%(tries)s tries) %(why)s")
    ),
    "CallerLeft": _plain(N_("The caller hung up; the others talk on")),
    "CallsJoined": _good(N_("%(legs)s people hear each other")),
    # incident
    "KindChosen": _person(N_("%(operator)s: kind of incident %(kind)s %(reason)s")),
    "StepAnswered": _person(N_("%(operator)s: step %(step)s, %(answer)s %(text)s")),
    "StepCorrected": _person(N_("%(operator)s corrects step %(step)s; before: %(was)s")),
    "StepSkipped": _technical(N_("%(operator)s left out step %(step)s: %(reason)s")),
    "VerificationRecorded": _person(
        N_("%(operator)s verified by %(means)s: %(result)s %(confidence)s %(text)s")
    ),
    "NoteWritten": _person(N_("%(operator)s: %(text)s")),
    "UrgencySet": _person(N_("%(operator)s set the urgency to %(urgency)s: %(reason)s")),
    "CloseRequested": _person(N_("%(operator)s closes the case: %(disposition)s %(text)s")),
    "IncidentOpened": _plain(N_("Case opened, urgency %(urgency)s")),
    "ProcedureShown": _plain(N_("Consigne shown: %(procedure)s, version %(version)s")),
    "IncidentReprioritised": _bad(N_("Urgency %(previous)s → %(urgency)s: %(reason)s")),
    "IncidentClosed": _good(N_("Case closed: %(disposition)s")),
    "CloseRefused": _bad(N_("Not closed, still missing: %(missing)s")),
    "ConsigneLeft": _bad(
        N_("%(operator)s left the consigne at step %(step)s, %(how)s: %(reason)s")
    ),
    "StepRefused": _bad(N_("Step %(step)s was not taken: %(reason)s")),
    # call
    "AnswerRefused": _bad(N_("%(operator)s cannot answer now: %(reason)s")),
    "DialRefused": _bad(N_("The number %(number)s is not dialled: %(reason)s")),
    "FlowFailed": _bad(N_("A fault of the engine at %(event)s: %(reason)s")),
    "CallQueued": _bad(N_("The call waits: %(reason)s")),
    "OperatorChosen": _plain(N_("Chosen: %(reason)s")),
    "OperatorRang": _plain(N_("The phone of %(operator)s rings")),
    "OperatorAnswered": _good(N_("%(operator)s answered after %(answer_time)s")),
    "OperatorMissed": _bad(N_("%(operator)s did not take the call: %(cause)s")),
    "CallAbandoned": _bad(N_("The caller left after %(waiting_time)s, before an answer")),
    "CallEnded": _plain(N_("Call ended by %(ended_by)s after %(talk_time)s")),
    "CallRequeued": _bad(N_("The caller waits again, first in the queue: %(reason)s")),
    "CallHeld": _plain(N_("The caller is on hold")),
    "CallResumed": _plain(N_("The caller was taken back")),
    "FallbackAnswered": _good(N_("The fallback number %(number)s answered")),
    "FallbackProved": _good(N_("A person is at the fallback number %(number)s")),
    "FallbackMissed": _bad(N_("Nobody was there at the fallback number: %(cause)s")),
    # alarms
    "AlarmReceived": _bad(N_("Alarm from %(account)s: %(kind)s, code %(code)s, zone %(zone)s")),
    "RestoreReceived": _good(N_("Back to normal from %(account)s: zone %(zone)s")),
    "OpenCloseReceived": _plain(N_("Panel %(account)s: %(action)s, user %(user)s")),
    "StatusReceived": _technical(N_("Panel %(account)s reports: code %(code)s %(text)s")),
    "AlarmRepeated": _technical(N_("The same signal came again (%(source)s %(source_id)s)")),
    "AlarmJoined": _bad(N_("One more alarm: %(kind)s, zone %(zone)s %(zone_name)s")),
    "AlarmConfirmed": _bad(N_("Confirmed by two detectors: %(detectors)s")),
    "AlarmHeld": _plain(N_("A cancelling signal is waited for before anybody is called")),
    "AlarmCancelled": _good(N_("Cancelled within the hold window: %(by)s, user %(user)s")),
    "CancelNoted": _plain(N_("A cancelling signal closes nothing: %(by)s, user %(user)s")),
    "AlarmGrouped": _technical(N_("One of a flood: %(kind)s, zone %(zone)s, number %(count)s")),
    "RunawayStarted": _bad(N_("A flood of alarms: %(site)s, %(kind)s, zone %(zone)s")),
    "RunawayEnded": _good(N_("The flood is over: %(kind)s, zone %(zone)s, %(count)s grouped")),
    "ScaipRefused": _bad(N_("A social alarm unit was not understood: %(unit)s, %(reason)s")),
    "AlarmOnTest": _plain(N_("On test: %(site)s, %(kind)s, code %(code)s, zone %(zone)s")),
    "TestModeSet": _person(N_("%(who)s put %(site)s on test, zone %(zone)s: %(reason)s")),
    "TestModeEnded": _person(N_("%(who)s ends the test of %(site)s, zone %(zone)s")),
    "TestModeOver": _plain(
        N_("%(site)s, zone %(zone)s: no longer on test, %(signals)s signals came")
    ),
    "TestModeRefused": _bad(N_("Not put on test: %(site)s, zone %(zone)s: %(reason)s")),
    "RestoreAwaited": _plain(N_("The return to normal is awaited: %(zones)s")),
    "ZoneRestored": _good(N_("Zone %(zone)s is back to normal")),
    "RestoreNoted": _plain(N_("Back to normal, nothing was in alarm: %(site)s, zone %(zone)s")),
    "RestoreOverdue": _bad(N_("Not back to normal: zones %(zones)s, since %(waiting_time)s")),
    "ConsigneKept": _bad(
        N_("The consigne for %(kind)s, %(procedure)s, version %(version)s, was not taken")
    ),
    "SiteQuiet": _bad(N_("No call to the site for now: %(reason)s")),
    # engine
    "DeadlineReached": _technical(N_("A time limit was reached")),
    "CommandFailed": _bad(N_("The engine could not do it: %(command)s, %(reason)s")),
    "EngineStarted": _plain(N_("The engine started, version %(version)s")),
    "AnchorKeyCreated": _technical(N_("A key for signing the logbook was made")),
    "EngineDraining": _bad(N_("The engine is being stopped")),
    "MediaRestarted": _bad(N_("The audio process was restarted, %(gap_time)s without sound")),
    "TrunkStateChanged": _bad(N_("Carrier %(trunk)s changed state: %(reason)s")),
    "Ignored": _technical(N_("Without effect: %(event)s in state %(state)s")),
    "WrittenLate": _bad(N_("Lines were written late: the disk did not answer in time")),
    # what time shows, actions
    "PathLost": _bad(N_("Line silent: %(site)s, account %(account)s, path %(path)s")),
    "PathRestored": _good(N_("Line heard again: %(site)s, account %(account)s, path %(path)s")),
    "SiteOpened": _plain(N_("%(site)s was opened, user %(user)s %(name)s")),
    "SiteClosed": _plain(N_("%(site)s was closed, user %(user)s %(name)s")),
    "OpeningAgreed": _person(N_("Agreed with %(by)s: %(site)s stays open. %(reason)s")),
    "EarlyOpenSeen": _bad(N_("Opened outside its hours: %(site)s, user %(user)s %(name)s")),
    "LateToCloseSeen": _bad(N_("Not closed yet: %(site)s")),
    "FailedToCloseSeen": _bad(N_("Left open: %(site)s")),
    "SafetyTimerStarted": _plain(N_("%(name)s works alone: the timer runs")),
    "SafetyTimerProlonged": _plain(N_("More time for %(name)s, by %(by)s")),
    "WelfareCallDue": _plain(N_("Time to ask %(name)s whether all is well")),
    "SafetyTimerLapsed": _bad(N_("Amber: no sign of %(name)s in time")),
    "SafetyTimerRaised": _bad(N_("Red: %(name)s may be in danger")),
    "SafetyTimerCancelled": _good(N_("%(name)s gave the PIN: all is well")),
    "CheckCalled": _plain(N_("%(name)s is rung and asked for the PIN: %(number)s")),
    "CheckAnswered": _technical(N_("A PIN was entered on the telephone")),
    "CheckMissed": _bad(N_("No PIN came from this call: %(cause)s")),
    "SafetyTimerEnded": _person(N_("The timer of %(name)s ended by %(by)s: %(reason)s")),
    "SafetyTimerRefused": _technical(N_("The timer of %(name)s goes on")),
    "TaskDue": _plain(N_("To do now: %(task)s %(site)s")),
    "TaskLate": _bad(N_("Not done in time: %(task)s %(site)s")),
    "TaskDone": _person(N_("%(operator)s: %(task)s %(site)s, %(text)s")),
    "WatchNoted": _plain(N_("Belongs to this case: %(text)s")),
    "CaseStalled": _bad(N_("Stands still, look at it: %(what)s")),
    "ActionRequested": _person(N_("%(operator)s wants %(action)s done: %(reason)s")),
    "ActionApproved": _person(N_("%(operator)s agrees to it")),
    "ActionRejected": _person(N_("%(operator)s does not want it done: %(reason)s")),
    "ActionAnswered": _plain(N_("The other system answered: %(status)s %(answer)s")),
    "ActionAwaited": _bad(N_("A second person must agree to %(action)s")),
    "ActionRefused": _bad(N_("Not taken from %(operator)s: the action")),
    "ActionDropped": _bad(N_("The action will not be done")),
    "ActionDelayed": _bad(N_("The action failed at try %(tries)s and is tried again")),
    "ActionDone": _good(N_("Done: %(action)s")),
    "ActionGivenUp": _bad(N_("Not done: %(action)s, given up after %(tries)s tries")),
    "PerformAction": _technical(N_("Order: do %(action)s, try %(tries)s")),
    # orders
    "SignalRinging": _technical(N_("Order: tell the caller that it rings")),
    "AnswerCaller": _technical(N_("Order: pick up the caller’s line")),
    "RingOperator": _technical(N_("Order: ring %(operator)s")),
    "DialNumber": _technical(N_("Order: dial %(number)s")),
    "HangUp": _technical(N_("Order: end a line (%(cause)s)")),
    "Play": _technical(N_("Order: play to the caller")),
    "Bridge": _technical(N_("Order: connect both sides")),
    "Conference": _technical(N_("Order: let several hear each other")),
    "Hear": _technical(N_("Order: let one hear others")),
    "PrepareSpeech": _technical(N_("Order: have words spoken")),
    "CollectPin": _technical(N_("Order: ask for a PIN")),
    "CollectInstallerPin": _technical(N_("Order: ask an installer for his PIN")),
    "PlanCallTree": _technical(N_("Order: work out call tree “%(call_tree)s”")),
    "StartRecording": _technical(N_("Order: start recording")),
    "StopRecording": _technical(N_("Order: stop recording")),
}
