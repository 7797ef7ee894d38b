"""What things of a card are called: stages, confidence, answers about code words."""

from typing import Final

from securityline.web.words import N_

KEY_MEANINGS: Final = {
    "police": N_("Police"),
    "fire": N_("Fire brigade"),
    "medical": N_("Ambulance"),
    "yes": N_("YES"),
    "no": N_("NO"),
}
"What a caller's key answers."

SECRET_OUTCOMES: Final = {
    "good": N_("code word right"),
    "wrong": N_("code word WRONG"),
    "none": N_("no code word given"),
    "expired": N_("right, but no longer valid or not for this site"),
    "duress": N_("code word right"),
}
"Of an answer to an operator: in words a duress answer is never told apart."

PERSON_ROLES: Final = {
    "keyholder": N_("keyholder"),
    "site_manager": N_("site manager"),
    "security_manager": N_("security manager"),
    "employee": N_("employee"),
}
"Of a client's people; any other role is shown as it is written."

STAGES: Final = {
    "listen": N_("Listen"),
    "question": N_("Question"),
    "reformulate": N_("Reformulate"),
    "qualify": N_("Qualify"),
    "verify": N_("Verify"),
    "dispatch": N_("Dispatch"),
    "trace": N_("Trace"),
    "return": N_("Back to normal"),
    "report": N_("Report"),
}

CONFIDENCES: Final = {
    "high": N_("sure"),
    "medium": N_("probable"),
    "low": N_("doubtful"),
}

DEVIATIONS: Final = {
    "skipped": N_("left out"),
    "off_path": N_("done off the path"),
    "otherwise": N_("done otherwise than by a call from here"),
}

RESULT_CHOICES: Final = (
    ("confirmed", "high", N_("Confirmed, sure")),
    ("not_confirmed", "high", N_("Not confirmed, sure")),
    ("unclear", "low", N_("Unclear")),
    ("confirmed", "medium", N_("Probably confirmed")),
    ("not_confirmed", "medium", N_("Probably not confirmed")),
)
"What an operator chooses from: a result of a verification, and how sure he is of it."
