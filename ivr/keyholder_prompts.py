"""What a keyholder hears who is called, and who calls back: the words, by language. Pure.

He is woken at 3 am: who calls, what happened, which key. Sentences are short and calm. The
first one says that the call is automatic (EU AI Act, article 50). What is left on an answering
machine names nobody, no place and no event: anyone may listen to it.
"""

from typing import Final

KEYHOLDER_INTRO: Final = "keyholder_intro"
KEYHOLDER_ALARM_GENERIC: Final = "keyholder_alarm_generic"
KEYHOLDER_MENU: Final = "keyholder_menu"
KEYHOLDER_ASK_PIN: Final = "keyholder_ask_pin"
KEYHOLDER_PIN_AGAIN: Final = "keyholder_pin_again"
KEYHOLDER_PIN_FAILED: Final = "keyholder_pin_failed"
KEYHOLDER_ASK_MINUTES: Final = "keyholder_ask_minutes"
KEYHOLDER_ACCEPTED: Final = "keyholder_accepted"
KEYHOLDER_DECLINED: Final = "keyholder_declined"
KEYHOLDER_TAKEN: Final = "keyholder_taken"
KEYHOLDER_TAKEN_BY: Final = "keyholder_taken_by"
KEYHOLDER_CONNECTING: Final = "keyholder_connecting"
CHECK_DONE: Final = "check_done"
VOICEMAIL_NEUTRAL: Final = "voicemail_neutral"
CALLBACK_INTRO: Final = "callback_intro"
MINUTES: Final = "minutes"

EVENT_KINDS: Final = (
    "intrusion",
    "holdup",
    "panic",
    "fire",
    "medical",
    "technical",
    "early_open",
    "late_close",
    "lone_worker",
    "other",
)
"What may have happened; :func:`event_prompt` names the sentence about it."


def event_prompt(kind: str) -> str:
    """Return the prompt that says what happened, the general one for an unknown kind."""
    return f"event_{kind}" if kind in EVENT_KINDS else "event_other"


def digit_prompt(digit: str) -> str:
    """Return the prompt that speaks one figure.

    :raises ValueError: it is no figure from 0 to 9.
    """
    if len(digit) != 1 or digit not in "0123456789":
        raise ValueError(f"{digit!r} is no figure")
    return f"digit_{digit}"


def _in_all(fr: str, nl: str, de: str, en: str) -> dict[str, str]:
    return {"fr": fr, "nl": nl, "de": de, "en": en}


_CONVERSATION: Final = {
    KEYHOLDER_INTRO: _in_all(
        "Appel automatique de la centrale de sécurité.",
        "Automatische oproep van de beveiligingscentrale.",
        "Automatischer Anruf der Sicherheitszentrale.",
        "Automatic call from the security centre.",
    ),
    KEYHOLDER_ALARM_GENERIC: _in_all(
        "Il se passe quelque chose sur l'un de vos sites.",
        "Er is iets aan de hand op een van uw sites.",
        "An einem Ihrer Standorte ist etwas vorgefallen.",
        "There is an event at one of your sites.",
    ),
    KEYHOLDER_MENU: _in_all(
        "Tapez 1 pour prendre en charge. 2 pour refuser. "
        "3 pour prendre en charge et dire dans combien de minutes vous êtes sur place. "
        "0 pour un opérateur. Étoile pour réécouter.",
        "Druk 1 om het over te nemen. 2 om te weigeren. "
        "3 om het over te nemen en te zeggen over hoeveel minuten u er bent. "
        "0 voor een operator. Sterretje om dit opnieuw te horen.",
        "Drücken Sie 1, um zu übernehmen. 2, um abzulehnen. "
        "3, um zu übernehmen und zu sagen, in wie vielen Minuten Sie dort sind. "
        "0 für einen Mitarbeiter. Stern, um dies noch einmal zu hören.",
        "Press 1 to take charge. 2 to decline. "
        "3 to take charge and say in how many minutes you are there. "
        "0 for an operator. Star to hear this again.",
    ),
    KEYHOLDER_ASK_PIN: _in_all(
        "Tapez votre code, puis dièse.",
        "Toets uw code in, gevolgd door een hekje.",
        "Geben Sie Ihren Code ein, dann Raute.",
        "Enter your code, then hash.",
    ),
    KEYHOLDER_PIN_AGAIN: _in_all(
        "Ce code n'est pas le bon. Essayez encore, puis dièse.",
        "Die code klopt niet. Probeer opnieuw, gevolgd door een hekje.",
        "Dieser Code stimmt nicht. Versuchen Sie es noch einmal, dann Raute.",
        "That code is not right. Try again, then hash.",
    ),
    KEYHOLDER_PIN_FAILED: _in_all(
        "Un opérateur va vous appeler. Vous pouvez raccrocher.",
        "Een operator belt u zo op. U mag ophangen.",
        "Ein Mitarbeiter ruft Sie gleich an. Sie können auflegen.",
        "An operator will call you. You may hang up.",
    ),
    KEYHOLDER_ASK_MINUTES: _in_all(
        "Dans combien de minutes êtes-vous sur place ? Tapez le nombre, puis dièse.",
        "Over hoeveel minuten bent u er? Toets het aantal in, gevolgd door een hekje.",
        "In wie vielen Minuten sind Sie dort? Geben Sie die Zahl ein, dann Raute.",
        "In how many minutes are you there? Enter the number, then hash.",
    ),
    KEYHOLDER_ACCEPTED: _in_all(
        "Merci. C'est noté : vous prenez en charge.",
        "Dank u. Genoteerd: u neemt het over.",
        "Danke. Notiert: Sie übernehmen.",
        "Thank you. You have taken charge.",
    ),
    KEYHOLDER_DECLINED: _in_all(
        "C'est noté. Nous appelons quelqu'un d'autre.",
        "Genoteerd. Wij bellen iemand anders.",
        "Notiert. Wir rufen jemand anderen an.",
        "Noted. We are calling someone else.",
    ),
    KEYHOLDER_TAKEN: _in_all(
        "Quelqu'un d'autre a déjà pris en charge. Merci, vous pouvez raccrocher.",
        "Iemand anders heeft het al overgenomen. Dank u, u mag ophangen.",
        "Jemand anderes hat bereits übernommen. Danke, Sie können auflegen.",
        "Someone else has already taken charge. Thank you, you may hang up.",
    ),
    KEYHOLDER_TAKEN_BY: _in_all(
        "C'est pris en charge par :",
        "Dit is overgenomen door:",
        "Übernommen hat:",
        "This has been taken by:",
    ),
    KEYHOLDER_CONNECTING: _in_all(
        "Ne quittez pas. Un opérateur arrive.",
        "Blijf aan de lijn. Een operator komt eraan.",
        "Bleiben Sie am Apparat. Ein Mitarbeiter ist gleich da.",
        "Stay on the line. An operator is coming.",
    ),
    CHECK_DONE: _in_all(
        "Merci. C'est noté. Au revoir.",
        "Dank u. Genoteerd. Tot ziens.",
        "Danke. Notiert. Auf Wiederhören.",
        "Thank you. Noted. Goodbye.",
    ),
    VOICEMAIL_NEUTRAL: _in_all(
        "Ceci est un appel automatique. Merci de nous rappeler au numéro affiché.",
        "Dit is een automatische oproep. Bel ons terug op het getoonde nummer, alstublieft.",
        "Dies ist ein automatischer Anruf. Bitte rufen Sie die angezeigte Nummer zurück.",
        "This is an automatic call. Please call us back on the number displayed.",
    ),
    CALLBACK_INTRO: _in_all(
        "Ceci est un appel automatique. Vous avez appelé la sécurité et la ligne a été "
        "coupée. Un opérateur est avec vous.",
        "Dit is een automatische oproep. U belde de beveiliging en de lijn viel weg. "
        "Een operator is bij u.",
        "Dies ist ein automatischer Anruf. Sie haben die Sicherheit angerufen, und die "
        "Leitung brach ab. Ein Mitarbeiter ist bei Ihnen.",
        "This is an automatic call. You called security and the line was cut. "
        "An operator is with you.",
    ),
    MINUTES: _in_all("minutes.", "minuten.", "Minuten.", "minutes."),
}

_EVENTS: Final = {
    "intrusion": _in_all(
        "Une intrusion est signalée.",
        "Er is een inbraakmelding.",
        "Ein Einbruch wird gemeldet.",
        "An intrusion is reported.",
    ),
    "holdup": _in_all(
        "Une agression est signalée. N'entrez pas.",
        "Er is een overvalmelding. Ga niet naar binnen.",
        "Ein Überfall wird gemeldet. Gehen Sie nicht hinein.",
        "A hold-up is reported. Do not go in.",
    ),
    "panic": _in_all(
        "Une alarme panique est signalée. N'entrez pas.",
        "Paniekalarm. Ga niet naar binnen.",
        "Panikalarm. Gehen Sie nicht hinein.",
        "A panic alarm is reported. Do not go in.",
    ),
    "fire": _in_all(
        "Une alarme incendie est signalée. N'entrez pas.",
        "Brandmelding. Ga niet naar binnen.",
        "Feueralarm. Gehen Sie nicht hinein.",
        "A fire alarm is reported. Do not go in.",
    ),
    "medical": _in_all(
        "Une alarme médicale est signalée.",
        "Er is een medisch alarm.",
        "Ein medizinischer Notfall wird gemeldet.",
        "A medical alarm is reported.",
    ),
    "technical": _in_all(
        "Une alarme technique est signalée.",
        "Er is een technische melding.",
        "Eine technische Störung wird gemeldet.",
        "A technical fault is reported.",
    ),
    "early_open": _in_all(
        "Une ouverture en dehors des heures prévues est signalée.",
        "Er is geopend buiten de afgesproken uren.",
        "Außerhalb der vereinbarten Zeiten wurde geöffnet.",
        "An opening outside the agreed hours is reported.",
    ),
    "late_close": _in_all(
        "Le site n'a pas été fermé à l'heure prévue.",
        "De site is niet op tijd afgesloten.",
        "Der Standort wurde nicht rechtzeitig geschlossen.",
        "The site was not closed in time.",
    ),
    "lone_worker": _in_all(
        "Un travailleur isolé ne répond pas.",
        "Iemand die alleen werkt, antwoordt niet.",
        "Eine allein arbeitende Person meldet sich nicht.",
        "A person working alone does not respond.",
    ),
    "other": _in_all(
        "Un événement est signalé.",
        "Er is een melding.",
        "Ein Ereignis wird gemeldet.",
        "An event is reported.",
    ),
}

_FIGURES: Final = _in_all(
    "zéro. un. deux. trois. quatre. cinq. six. sept. huit. neuf.",
    "nul. een. twee. drie. vier. vijf. zes. zeven. acht. negen.",
    "null. eins. zwei. drei. vier. fünf. sechs. sieben. acht. neun.",
    "zero. one. two. three. four. five. six. seven. eight. nine.",
)


def _figures() -> dict[str, dict[str, str]]:
    words = {language: line.split() for language, line in _FIGURES.items()}
    return {
        f"digit_{number}": {language: words[language][number] for language in words}
        for number in range(10)
    }


KEYHOLDER_WORDS: Final = {
    **_CONVERSATION,
    **{event_prompt(kind): words for kind, words in _EVENTS.items()},
    **_figures(),
}
"All of these prompts: name to words by language."
