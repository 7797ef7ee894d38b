"""How the values of the rules are called on the page.

Keys are the values; words are English and translated where they are shown. A value that
is not here (a client's own kind of incident) is shown as it is written, readable.
"""

from collections.abc import Mapping
from typing import Final

from callflows.call import InboundCall
from securityline.web.words import N_, Words

URGENCIES: Final[Mapping[int, str]] = {
    1: N_("Life in danger"),
    2: N_("Urgent"),
    3: N_("Normal"),
    4: N_("Information"),
}

CERTAINTIES: Final[Mapping[str, tuple[str, str]]] = {
    "known": ("✓", N_("known")),
    "guessed": ("≈", N_("guessed")),
    "unknown": ("?", N_("unknown")),
}

DESK_STATES: Final = {
    "signed_out": N_("signed out"),
    "on_break": N_("on break"),
    "ready": N_("ready"),
    "ringing": N_("rings"),
    "talking": N_("on a call"),
    "wrap_up": N_("wrap-up"),
    "visiting": N_("on a colleague’s call"),
}

CALL_STATES: Final = {
    "waiting": N_("Waits"),
    "offered": N_("Rings"),
    "fallback": N_("Rings at the client’s fallback number"),
    "talking": N_("On the line"),
    "dialling": N_("Calling back"),
    "held": N_("On hold"),
    "parked": N_("Parked, hears music"),
    "forwarded": N_("With the client’s fallback number"),
    "doubtful": N_("At the fallback number: a person or a machine, not known"),
    "ended": N_("Ended"),
}


def state_of(call: InboundCall) -> str:
    """Return where a call stands, as a key of `CALL_STATES`."""
    return "doubtful" if call.is_fallback_doubtful else call.state.value


ROLES: Final = {
    "operator": N_("operators"),
    "supervisor": N_("supervisors"),
    "administrator": N_("administrators"),
}
"Whom a case may be handed to, in the plural."

ORDERED: Final = {
    "awaiting": N_("Waits for a second person"),
    "performing": N_("Under way"),
    "resting": N_("Did not succeed yet"),
    "done": N_("Done"),
    "given_up": N_("NOT DONE"),
    "dropped": N_("Will not be done"),
}
"States of an action with consequences."

TIMER_STAGES: Final = {
    "running": N_("Running"),
    "amber": N_("AMBER"),
    "red": N_("RED"),
}

TASK_STATES: Final = {
    "due": N_("To do"),
    "late": N_("LATE"),
    "missed": N_("MISSED"),
}

TASK_OUTCOMES: Final = {
    "in_order": N_("All in order"),
    "finding": N_("Something was found"),
    "not_done": N_("Not done"),
}


KINDS: Final = {
    "aggression": N_("Physical assault"),
    "verbal_aggression": N_("Verbal aggression"),
    "intrusion": N_("Intrusion"),
    "early_open": N_("Opened too early"),
    "late_close": N_("Closed too late"),
    "holdup": N_("Hold-up"),
    "panic": N_("Panic button"),
    "fire": N_("Fire"),
    "medical": N_("Medical emergency"),
    "lone_worker": N_("Lone worker"),
    "suspicious_package": N_("Suspicious package"),
    "bomb_threat": N_("Bomb threat"),
    "access": N_("Access"),
    "theft": N_("Theft"),
    "vandalism": N_("Vandalism"),
    "technical": N_("Technical fault"),
    "psychosocial": N_("Psychosocial"),
    "other": N_("Something else"),
}

ALARM_KINDS: Final = {
    **KINDS,
    "duress": N_("Under duress"),
    "camera_offline": N_("Camera lost"),
    "tamper": N_("Tampering"),
    "power": N_("Power failure"),
    "communication": N_("Communication fault"),
    "bypass": N_("Protection switched off"),
    "open_close": N_("Opened or closed"),
    "access": N_("Access"),
    "cancel": N_("Taken back"),
    "test": N_("Test"),
    "not_closed": N_("Not closed"),
    "welfare": N_("Welfare check"),
    "task": N_("Task"),
}
"Also those that a signal alone may have, and nobody chooses by hand."

STALLED: Final = {
    "deadline": N_("a time limit that passed"),
    "tree": N_("a call tree"),
    "call_back": N_("a call-back"),
    "attention": N_("a case that nobody takes"),
    "recording": N_("a recording"),
}
"What the auditor may find standing still."

DISPOSITIONS: Final = {
    "handled": N_("Handled"),
    "services_called": N_("Emergency services called"),
    "keyholder_informed": N_("Keyholder informed"),
    "information_given": N_("Information given"),
    "no_answer_on_call_back": N_("Called back, no answer"),
    "wrong_number": N_("Wrong number"),
    "false_alarm": N_("False alarm"),
    "nuisance": N_("Nuisance call"),
    "test": N_("Test"),
    "duplicate": N_("Duplicate"),
    "duress_resolved": N_("Duress resolved"),
}

MEANS: Final = {
    "two_detectors": N_("Two detectors"),
    "telephone": N_("Telephone"),
    "telephone_code_word": N_("Telephone, with code word"),
    "video": N_("Video"),
    "audio": N_("Audio"),
    "on_site": N_("Somebody on site"),
}

RESULTS: Final = {
    "confirmed": N_("Confirmed"),
    "not_confirmed": N_("Not confirmed"),
    "unclear": N_("Unclear"),
}

ACTIONS: Final = {
    "police": N_("Call the police"),
    "fire": N_("Call the fire brigade"),
    "medical": N_("Call an ambulance"),
    "start_call_tree": N_("Inform the keyholders"),
    "await_restore": N_("Wait for the return to normal"),
}

ANSWERS: Final = {"yes": N_("Yes"), "no": N_("No"), "done": N_("Done")}

SPOKEN: Final = {
    "fr": N_("French"),
    "nl": N_("Dutch"),
    "de": N_("German"),
    "en": N_("English"),
}

CAUSES: Final = {
    "hung_up": N_("hung up"),
    "cancelled": N_("gave up"),
    "released": N_("ended by us"),
    "no_answer": N_("no answer"),
    "busy": N_("busy"),
    "refused": N_("refused"),
    "unreachable": N_("not reachable"),
    "failed": N_("broken"),
    "voicemail": N_("voicemail"),
    "no_key": N_("no key pressed"),
    "wrong_pin": N_("wrong PIN"),
    "unknown": N_("outcome unknown"),
    "no_phone": N_("the operator’s own phone was not picked up"),
    "given_up": N_("given up by the operator"),
}

PANEL_FOUND: Final = {
    "silent": N_("nothing was pressed"),
    "not_a_panel": N_("somebody pressed keys by hand"),
    "garbled": N_("a panel that cannot be understood"),
    "not_stored": N_("a panel whose messages could not be stored"),
    "listen_in": N_("the panel lets us listen in"),
    "hung_up": N_("hung up before an operator answered"),
}
"Why a call to a receiver line became an operator's."

SERVICE_KINDS: Final = {
    "police": N_("Police"),
    "fire": N_("Fire brigade"),
    "medical": N_("Ambulance"),
}

SERVICE_STATES: Final = {
    "summoning": N_("the operator’s own phone rings"),
    "dialled": N_("is called"),
    "ringing": N_("rings"),
    "speaking": N_("on the line"),
    "ended": N_("spoken with"),
    "failed": N_("NOT REACHED"),
}

SERVICE_DETAILS: Final = {
    "reference": N_("Reference"),
    "accepted": N_("Accepted"),
    "eta": N_("On site in"),
}

SERVICE_LINES: Final = {"direct": N_("direct"), "public": N_("public")}

TREE_STATES: Final = {
    "planned": N_("is being worked out"),
    "running": N_("running"),
    "paused": N_("waits"),
    "taken": N_("taken charge of"),
    "exhausted": N_("reached nobody"),
    "stopped": N_("stopped"),
}

STRATEGIES: Final = {
    "in_order": N_("one after another"),
    "all_at_once": N_("all at once"),
    "overlapping": N_("overlapping"),
}

ATTEMPT_STATES: Final = {
    "dialled": N_("rings"),
    "asking": N_("hears what it is about"),
    "pin": N_("is asked for the PIN"),
    "minutes": N_("says in how many minutes"),
    "ending": N_("hears last words"),
    "over": N_("over"),
}
"What a keyholder's call does that has no outcome yet."

OUTCOMES: Final = {
    **CAUSES,
    "accepted": N_("takes charge"),
    "declined": N_("says no"),
    "taken": N_("another one took charge"),
    "stopped": N_("stopped"),
    "crossed": N_("rang in himself"),
    "elsewhere": N_("at another phone of his"),
    "operator": N_("with an operator"),
}
"What became of a call to a keyholder."

LEFT_OUT: Final = {
    "unknown": N_("not in the directory any more"),
    "not_valid_yet": N_("not valid yet"),
    "not_valid_any_more": N_("not valid any more"),
    "no_right_to_site": N_("no right to this site"),
    "no_telephone": N_("no telephone"),
    "emergency_number": N_("a number of his is an emergency number"),
    "not_available": N_("not available"),
    "not_on_call": N_("not on call"),
}

ACCEPTED_BY: Final = {
    "key": N_("by key"),
    "pin": N_("by PIN"),
    "operator": N_("on an operator’s word"),
}

TREE_ENDS: Final = {"accepted": N_("taken charge of by"), "stopped": N_("stopped")}

PIN_OUTCOMES: Final = {
    "good": N_("right"),
    "wrong": N_("wrong"),
    "none": N_("nothing entered"),
    "expired": N_("no longer valid"),
    "duress": N_("DURESS"),
}

ENDED_BY: Final = {
    "caller": N_("the caller"),
    "operator": N_("the operator"),
    "engine": N_("the engine"),
    "fault": N_("a fault"),
    "abandoned": N_("the caller"),
}

SIDES: Final = {"caller": N_("caller"), "operator": N_("operator"), "both": N_("both sides")}


def call_it(words: Words, names: Mapping[str, str], value: str) -> str:
    """Name a value in the reader's language; one unknown to us as it is written."""
    name = names.get(value)
    return words(name) if name is not None else value.replace("_", " ").strip().capitalize()


PANEL_ACTIONS: Final[Mapping[str, str]] = {
    "opening": N_("opening"),
    "closing": N_("closing"),
    "cancel": N_("cancel code"),
    "restore": N_("return to normal"),
}
