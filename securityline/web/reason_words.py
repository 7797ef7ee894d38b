"""Every sentence with which the engine gives a reason, for its translation.

The engine reasons in English: the log, the API and the monitoring have one language. The
desk has four, so each shape of such a sentence stands here once. A test drives the engine
and fails when it says something that has no shape here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from securityline.web import alarm_reasons, room_words
from securityline.web.moving_words import MOVED, MOVING_REASONS
from securityline.web.reasons import Grammar, one_of
from securityline.web.shift_words import NOT_ACCEPTED, SHIFT_REASONS
from securityline.web.vocabulary import CAUSES, DESK_STATES, STALLED
from securityline.web.words import N_

IDENTIFICATION: Final = Grammar(
    N_("%(did)s is a number of %(organisation)s."),
    N_("The caller withheld his number."),
    N_("The caller's number did not come with the call."),
    N_("Nobody of %(organisation)s has the caller's number."),
    N_("The caller's number belongs to %(num)d people: %(names)s."),
    N_("The caller's number belongs to %(num)d sites: %(names)s."),
    N_("The caller's number is that of %(name)s, whose entry is not valid today."),
    N_("The caller's number is that of %(name)s, but the network could not verify it."),
    N_("The caller's number is that of %(name)s, but no network vouches for it."),
    N_("The caller's number is that of %(name)s."),
    N_("%(site)s is the only site of %(name)s."),
    N_("The unit with account %(account)s reported an alarm and calls."),
    N_("No client has the dialled number %(did)s."),
    N_("Diverted from %(number)s, a number of %(organisation)s."),
    N_("%(name)s has several sites."),
    N_("The caller's number is that of a site, not of one person."),
    N_("A unit names no person."),
    N_("The call belongs to the case in which a keyholder was called."),
    N_("The number of this keyholder was dialled."),
    N_("His number is in the directory of this client."),
    N_("The call belongs to the case from which it was made."),
    between=r"(?<=\.) ",
)
"Why a card names this client, site and person."

_EXCLUSION: Final = one_of(
    N_("clearance"),
    N_("signed out"),
    N_("on break"),
    N_("rung for another call"),
    N_("in a call"),
    N_("in wrap-up"),
    N_("on a colleague's call"),
    N_("no phone"),
    N_("did not take it"),
)
_STANDING: Final = Grammar(
    N_("urgency %(urgency)d"),
    N_("urgency %(urgency)d served as %(served)d after %(waited)d s"),
    N_("cut off before"),
    N_("first offer"),
    N_("next offer"),
    N_("all who may"),
    N_("free while the caller waits"),
    N_("taken at the desk"),
    N_(
        "%(name)s rang for %(call)s, urgency %(urgency)d,"
        " with %(num)d other phones ringing, and is offered this call instead"
    ),
    between=", ",
)
_CHOICE: Final = Grammar(
    N_("%(name)s: %(language)s %(skill)d, idle %(idle)d s"),
    N_("%(name)s: %(language)s %(skill)d, high_security, idle %(idle)d s"),
    N_("%(names)s excluded: %(because)s"),
    "%(standing)s",
    between="; ",
    inside={"because": _EXCLUSION, "standing": _STANDING},
)
"Why this operator was rung."

_HEADCOUNT: Final = Grammar(
    N_("%(num)d free"),
    N_("nobody"),
    "%(num)d %(because)s",
    between=", ",
    inside={"because": _EXCLUSION},
)
_WAITING: Final = Grammar(
    N_("no operator is free: %(there)s"),
    N_("no operator took it: %(there)s"),
    N_("no operator took it, nor the fallback number: %(there)s"),
    N_("nobody is known to be at the fallback number: %(there)s"),
    inside={"there": _HEADCOUNT},
)

_CAUSE: Final = one_of(*CAUSES, said_as=CAUSES, is_open=True)
_REQUEUED: Final = Grammar(
    N_("the operator's phone is gone"),
    N_("no audio from the operator's phone"),
    N_("the leg to the operator did not survive a restart"),
    N_("the leg to the operator broke: %(cause)s"),
    N_("caller and operator were not joined: %(fault)s"),
    N_("caller and fallback number were not joined: %(fault)s"),
    N_("nobody was there at the fallback number"),
    inside={"cause": _CAUSE, "fault": _CAUSE},
)

_STATE_CHANGE: Final = Grammar(
    *_REQUEUED.templates,
    N_("signed in"),
    N_("wrap-up is over"),
    N_("case closed"),
    N_("the engine was restarted"),
    N_("%(num)d calls in a row rang out at his phone"),
    N_("he calls an emergency service"),
    N_("he calls somebody of a case"),
    N_("the caller comes back"),
    N_("he comes onto a colleague's call"),
    inside={"cause": _CAUSE, "fault": _CAUSE},
)

_DESK_STATE: Final = one_of(*DESK_STATES, said_as=DESK_STATES)
_ANSWER_REFUSED: Final = Grammar(
    N_("clearance"),
    N_("no phone"),
    N_("operator is %(state)s"),
    inside={"state": _DESK_STATE},
)
_STEP_REFUSED: Final = one_of(
    N_("%(step)s comes first"),
    N_("no such step"),
    N_("no such answer"),
    N_("nothing was written"),
    N_("recorded already"),
    N_("skipping needs a reason"),
    N_("a verification needs its means and result"),
    N_("%(means)s is no means of this step"),
    N_("it is off the path: a reason is needed"),
)
_URGENCY_CHANGED: Final = one_of(
    N_("duress"),
    N_("kind %(kind)s"),
    N_("set by %(operator)s"),
    N_("step %(step)s: %(answer)s"),
    N_("the answers weigh %(num)d"),
)

SERVICE_SHUT: Final = one_of(
    N_("the alarm must be verified first"),
    N_("the verification did not confirm the alarm"),
)
"Why the button of a service is shut."
_SERVICE_REFUSED: Final = one_of(
    *SERVICE_SHUT.templates,
    N_("there is no such case"),
    N_("the case is closed"),
    N_("not signed in"),
    N_("clearance"),
    N_("it has no number"),
    N_("it is being called already"),
    N_("it was called already"),
    N_("it was pressed a moment ago"),
    N_("the line before is still being ended"),
    N_("no phone"),
    N_("you are in another call"),
    N_("you are calling another service"),
    N_("the caller is not yours yet"),
)

_NOT_CALLED: Final = one_of(
    N_("there is no such case"),
    N_("the case is closed"),
    N_("not signed in"),
    N_("clearance"),
    N_("no phone"),
    N_("you are in another call"),
    N_("this is no number to be called"),
    N_("the case is covert, and his telephone would ring"),
    N_("he is on the line, or is called already"),
    N_("a call tree is calling him"),
)

PAUSED: Final = one_of(
    N_("paused by %(operator)s"),
    N_("%(person)s is on the line"),
    N_("%(person)s is called by an operator"),
)
"Why a call tree waits."

EXHAUSTED: Final = one_of(
    N_("nobody stands in it"),
    N_("nobody in it can be called now"),
    N_("everybody was tried"),
    N_("the limit of %(num)d calls an hour for its client is reached"),
)
STOPPED: Final = one_of(N_("stopped by %(operator)s"), is_open=True)
"Why nobody is called any more; what an operator wrote stays as it is."

BARRED: Final = one_of(
    N_("declined"),
    N_("wrong PIN"),
    N_("spoke with an operator"),
    N_("skipped by %(operator)s"),
    N_("took charge"),
    N_("is being called"),
    N_("an operator calls him back"),
    N_("an emergency number"),
    N_("not in the directory any more"),
    N_("a number of his is an emergency number"),
    N_("not valid any more since %(day)s"),
    N_("not valid before %(day)s"),
    N_("no right to the site %(site)s"),
    N_("no telephone"),
    N_("not on call"),
    N_("not available: %(hours)s"),
    N_("not available"),
)
"Why a person of a tree is not called."
LEFT_OUT: Final = Grammar("%(name)s: %(because)s", inside={"because": BARRED})
"Who is not called at a level, and why."
_UNPLANNED: Final = one_of(
    N_("the client is not known"),
    N_("the directory has no such tree"),
    is_open=True,
)
_NO_CALL_BACK: Final = one_of(
    N_("his number is withheld"),
    N_("his number is not known"),
    N_("his case is covert, and his telephone would ring"),
    N_("%(number)s is no number to be called"),
)
ATTENTION: Final = Grammar(
    N_("call tree %(tree)s cannot run: %(because)s"),
    N_("call tree %(tree)s has been waiting: %(why)s"),
    N_("call tree %(tree)s: nobody of level %(level)d can be called now"),
    N_("call tree %(tree)s reached nobody: %(exhausted)s"),
    N_("call tree %(tree)s: %(num)d of %(needed)d took charge: %(exhausted)s"),
    N_("outcome unknown: %(name)s was being called"),
    N_("%(name)s signalled duress"),
    N_("%(name)s signalled duress to %(operator)s"),
    N_("%(name)s gave wrong code words (%(num)d)"),
    N_("%(name)s gave no right PIN"),
    N_("a caller hung up and cannot be called back: %(no_call)s"),
    N_("called back %(num)d times and not reached"),
    N_("the fallback number %(number)s is a voicemail"),
    N_("%(service)s not reached: %(cause)s"),
    N_("%(service)s: the line was cut off"),
    *MOVED,
    NOT_ACCEPTED,
    *alarm_reasons.ATTENTION,
    inside={
        "cause": _CAUSE,
        "because": _UNPLANNED,
        "why": PAUSED,
        "exhausted": EXHAUSTED,
        "no_call": _NO_CALL_BACK,
        **alarm_reasons.INSIDE,
    },
    said_as=alarm_reasons.SAID_AS,
)
"Why a case wants an operator."

_DISK: Final = one_of(
    N_("silent for %(num)d ms"),
    N_("No space left on device"),
    N_("Input/output error"),
    N_("Permission denied"),
    N_("Read-only file system"),
    N_("File too large"),
    N_("database or disk is full"),
    N_("disk I/O error"),
    N_("database is locked"),
    N_("attempt to write a readonly database"),
    N_("its path is outside the folder of recordings"),
    N_("line %(num)d does not follow line %(last)d"),
    is_open=True,
)
RECORDING: Final = _DISK
"Why a call is not recorded."

_STUCK: Final = one_of(*STALLED, said_as=STALLED)
_STOOD_STILL: Final = "should have moved and did not: %(stuck)s (%(num)d)"
HEALTH: Final = Grammar(
    _STOOD_STILL,
    N_("the machine's clock was set back by %(num)d s at %(at)s"),
    N_("the machine's clock was set forward by %(num)d s at %(at)s"),
    N_("the machine's clock was %(num)d s behind the logbook"),
    N_(
        "the directory was not read again, the one before stays in force:"
        " %(num)d faults in its files"
    ),
    N_("times are shown in UTC: the time zone data cannot be read"),
    N_("a part of the directory is left out: %(num)d faults in its files"),
    N_("the auditor has not looked for %(seconds)d s"),
    N_("the auditor cannot check: %(stuck)s"),
    N_("the engine is being stopped"),
    N_("the media process is being restarted"),
    N_("no RTP port is free"),
    N_("trunk %(trunk)s does not answer"),
    N_("too many connections come to the desk and the API"),
    N_("too many connections come to SIP over TCP"),
    N_("too many connections come to the alarm receiver"),
    N_("nothing can be recorded: %(fault)s"),
    N_("the logbook is not saved: %(fault)s"),
    N_("nor is the spool: %(fault)s"),
    N_("%(path)s was removed or replaced while the engine runs"),
    N_("the disk is full; the reserve was used"),
    N_(
        "the reserve for a full disk is %(num)d MiB instead of %(wanted)d MiB:"
        " the disk has little room"
    ),
    N_("there is no reserve for a full disk: the disk has no room for it"),
    N_("the head's signature cannot be kept: %(fault)s"),
    N_("the end of the logbook cannot be checked: %(fault)s"),
    N_("%(path)s: %(fault)s; it cannot be set aside: %(error)s"),
    N_("line %(num)d: missing, line %(next)d follows"),
    N_("line %(num)d: missing, line %(next)d was signed at %(at)s"),
    N_("line %(num)d: missing"),
    N_("line %(num)d: not as it was written, or the one before"),
    N_("line %(num)d: cannot be read: %(fault)s"),
    N_("line %(num)d: its signature of %(at)s is not genuine"),
    N_("line %(num)d: not the one that was signed at %(at)s"),
    inside={"fault": _DISK, "error": _DISK, "stuck": _STUCK},
    said_as={_STOOD_STILL: N_("stands still: %(stuck)s (%(num)d)")},
)
"What the red bars and `/readyz` say."

_PHONE: Final = one_of(
    N_("registered"),
    N_("registration removed"),
    N_("registration expired"),
    N_("registration replaced"),
    N_("answers"),
    N_("answers OPTIONS"),
    N_("does not answer OPTIONS"),
)

OF_LINES: Final[Mapping[str, Grammar]] = MappingProxyType(
    {
        "OperatorChosen": _CHOICE,
        "CallQueued": _WAITING,
        "CallRequeued": _REQUEUED,
        "OperatorStateChanged": _STATE_CHANGE,
        "AnswerRefused": _ANSWER_REFUSED,
        "StepRefused": _STEP_REFUSED,
        "PhraseRefused": one_of(
            N_("it is not his call"),
            N_("the case is covert"),
            N_("no service is ever played a recording"),
            N_("another phrase is being played"),
            N_("a supervisor is in the call"),
        ),
        "PersonCallRefused": _NOT_CALLED,
        "DialRefused": one_of(N_("not an E.164 number"), N_("an emergency number")),
        "IncidentReprioritised": _URGENCY_CHANGED,
        "RecordingFailed": RECORDING,
        "SiteQuiet": one_of(N_("an alarm came"), N_("%(service)s called")),
        "TestModeRefused": one_of(
            N_("no such place"), N_("its end is not within a month from now")
        ),
        "AttentionWanted": ATTENTION,
        "CallTreeUnplanned": _UNPLANNED,
        "CallTreePaused": PAUSED,
        "CallTreeResumed": one_of(
            N_("resumed by %(operator)s"),
            N_("the keyholder hung up"),
            N_("the keyholder takes charge of another case"),
            N_("nobody took charge in the call"),
        ),
        "CallTreeExhausted": EXHAUSTED,
        "TreeRefused": one_of(
            N_("you are in no call of this case"),
            N_("nobody is on that line"),
            N_("%(name)s is being called"),
        ),
        "ServiceRefused": _SERVICE_REFUSED,
        "KeyholderCalled": one_of(
            N_("the promise is at risk"),
            N_("called now by %(operator)s, outside the hours he gave"),
            N_("called now by %(operator)s"),
        ),
        "CallBackEnded": one_of(
            N_("he rang again"), N_("the case was closed"), N_("the case is covert")
        ),
        **MOVING_REASONS,
        **SHIFT_REASONS,
        "StationDown": _PHONE,
        **room_words.OF_LINES,
        "TrunkStateChanged": _PHONE,
    }
)
"""The grammar of `reason` in each line of the log that the engine gives a reason for. Lines
whose reason a person typed are not here: what people write is never translated."""
