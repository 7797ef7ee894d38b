"""What people hear who serve themselves by key: installers, and whoever works alone. Pure.

An installer stands in a cellar with a panel that howls; somebody who works alone has cold
hands. The first sentence says that a machine speaks (EU AI Act, article 50), the second how
to reach a person.
"""

from typing import Final

from ivr.keyholder_prompts import digit_prompt

INSTALLER_INTRO: Final = "installer_intro"
INSTALLER_PIN: Final = "installer_pin"
INSTALLER_AGAIN: Final = "installer_again"
INSTALLER_SITE: Final = "installer_site"
INSTALLER_MENU: Final = "installer_menu"
INSTALLER_HOURS: Final = "installer_hours"
INSTALLER_ZONE: Final = "installer_zone"
INSTALLER_ON_TEST: Final = "installer_on_test"
INSTALLER_STILL_REAL: Final = "installer_still_real"
INSTALLER_ZONE_ONLY: Final = "installer_zone_only"
INSTALLER_TEST_OVER: Final = "installer_test_over"
INSTALLER_NO_TEST: Final = "installer_no_test"
ALONE_INTRO: Final = "alone_intro"
ALONE_IDLE: Final = "alone_idle"
ALONE_RUNNING: Final = "alone_running"
ALONE_MINUTES: Final = "alone_minutes"
ALONE_STARTED: Final = "alone_started"
ALONE_PROLONGED: Final = "alone_prolonged"
NOT_UNDERSTOOD: Final = "not_understood"
GOODBYE: Final = "goodbye"


def figures(digits: str) -> tuple[str, ...]:
    """Return the prompts that speak a number figure by figure; letters are left out."""
    return tuple(digit_prompt(digit) for digit in digits if digit in "0123456789")


def _in_all(fr: str, nl: str, de: str, en: str) -> dict[str, str]:
    return {"fr": fr, "nl": nl, "de": de, "en": en}


_INSTALLERS: Final = {
    INSTALLER_INTRO: _in_all(
        "Ligne automatique des installateurs. Pour un opérateur, tapez 0, puis dièse. "
        "Sinon, tapez le numéro de compte ou de site, puis dièse.",
        "Automatische lijn voor installateurs. Voor een operator drukt u 0 en een hekje. "
        "Toets anders het nummer van de aansluiting of de site in, gevolgd door een hekje.",
        "Automatische Leitung für Errichter. Für einen Mitarbeiter drücken Sie 0, dann Raute. "
        "Sonst geben Sie die Nummer des Anschlusses oder des Standorts ein, dann Raute.",
        "Automatic line for installers. For an operator press 0, then hash. "
        "Otherwise enter the number of the account or the site, then hash.",
    ),
    INSTALLER_PIN: _in_all(
        "Maintenant votre code, puis dièse.",
        "Nu uw code, gevolgd door een hekje.",
        "Jetzt Ihren Code, dann Raute.",
        "Now your code, then hash.",
    ),
    INSTALLER_AGAIN: _in_all(
        "Le numéro ou le code n'est pas le bon. Retapez le numéro de compte ou de site, "
        "puis dièse.",
        "Het nummer of de code klopt niet. Toets het nummer van de aansluiting of de site "
        "opnieuw in, gevolgd door een hekje.",
        "Nummer oder Code stimmt nicht. Geben Sie die Nummer des Anschlusses oder des "
        "Standorts noch einmal ein, dann Raute.",
        "The number or the code is not right. Enter the number of the account or the site "
        "again, then hash.",
    ),
    INSTALLER_SITE: _in_all("Site numéro", "Site nummer", "Standort Nummer", "Site number"),
    INSTALLER_MENU: _in_all(
        "Tapez 1 pour le mettre en test. 2 pour finir ses tests. 0 pour un opérateur.",
        "Druk 1 om de site in test te zetten. 2 om de tests te beëindigen. "
        "0 voor een operator.",
        "Drücken Sie 1, um ihn auf Test zu setzen. 2, um die Tests zu beenden. "
        "0 für einen Mitarbeiter.",
        "Press 1 to put it on test. 2 to end its tests. 0 for an operator.",
    ),
    INSTALLER_HOURS: _in_all(
        "Pour combien d'heures ? Tapez de 1 à 24, puis dièse.",
        "Voor hoeveel uur? Toets 1 tot 24 in, gevolgd door een hekje.",
        "Für wie viele Stunden? Geben Sie 1 bis 24 ein, dann Raute.",
        "For how many hours? Enter 1 to 24, then hash.",
    ),
    INSTALLER_ZONE: _in_all(
        "Pour tout le site, tapez dièse. Pour une seule zone, son numéro, puis dièse.",
        "Voor de hele site drukt u een hekje. Voor één zone haar nummer, dan een hekje.",
        "Für den ganzen Standort drücken Sie Raute. Für eine Zone ihre Nummer, dann Raute.",
        "For the whole site press hash. For one zone its number, then hash.",
    ),
    INSTALLER_ON_TEST: _in_all(
        "C'est noté : en test. Nombre d'heures :",
        "Genoteerd: in test. Aantal uren:",
        "Notiert: auf Test. Anzahl Stunden:",
        "Noted: on test. Number of hours:",
    ),
    INSTALLER_STILL_REAL: _in_all(
        "Attention : agression, panique, incendie et urgence médicale restent de vraies "
        "alarmes.",
        "Opgelet: overval, paniek, brand en medische oproepen blijven echte alarmen.",
        "Achtung: Überfall, Panik, Brand und medizinische Notrufe bleiben echte Alarme.",
        "Take care: hold-up, panic, fire and medical alarms stay real.",
    ),
    INSTALLER_ZONE_ONLY: _in_all(
        "Seulement la zone", "Alleen zone", "Nur die Zone", "Only zone"
    ),
    INSTALLER_TEST_OVER: _in_all(
        "C'est noté : plus rien n'est en test. Chaque alarme est de nouveau réelle.",
        "Genoteerd: niets is nog in test. Elk alarm is weer echt.",
        "Notiert: nichts ist mehr auf Test. Jeder Alarm ist wieder echt.",
        "Noted: nothing is on test any more. Every alarm is real again.",
    ),
    INSTALLER_NO_TEST: _in_all(
        "Rien n'était en test. Chaque alarme est réelle.",
        "Niets was in test. Elk alarm is echt.",
        "Nichts war auf Test. Jeder Alarm ist echt.",
        "Nothing was on test. Every alarm is real.",
    ),
}

_ALONE: Final = {
    ALONE_INTRO: _in_all(
        "Ligne automatique des travailleurs isolés. Pour un opérateur, tapez 0.",
        "Automatische lijn voor wie alleen werkt. Voor een operator drukt u 0.",
        "Automatische Leitung für alle, die allein arbeiten. "
        "Für einen Mitarbeiter drücken Sie 0.",
        "Automatic line for people who work alone. For an operator press 0.",
    ),
    ALONE_IDLE: _in_all(
        "Tapez 1 pour lancer votre minuterie.",
        "Druk 1 om uw tijdklok te starten.",
        "Drücken Sie 1, um Ihre Uhr zu starten.",
        "Press 1 to start your timer.",
    ),
    ALONE_RUNNING: _in_all(
        "Votre minuterie tourne. Tapez 1 pour plus de temps. 2 pour la terminer.",
        "Uw tijdklok loopt. Druk 1 voor meer tijd. 2 om ze te beëindigen.",
        "Ihre Uhr läuft. Drücken Sie 1 für mehr Zeit. 2, um sie zu beenden.",
        "Your timer is running. Press 1 for more time. 2 to end it.",
    ),
    ALONE_MINUTES: _in_all(
        "Combien de minutes ? Tapez le nombre, puis dièse. "
        "Dièse seul pour la durée habituelle.",
        "Hoeveel minuten? Toets het aantal in, dan een hekje. Enkel een hekje voor de "
        "gewone tijd.",
        "Wie viele Minuten? Geben Sie die Zahl ein, dann Raute. Nur Raute für die übliche "
        "Zeit.",
        "How many minutes? Enter the number, then hash. Only hash for the usual time.",
    ),
    ALONE_STARTED: _in_all(
        "C'est noté : votre minuterie tourne. En minutes :",
        "Genoteerd: uw tijdklok loopt. In minuten:",
        "Notiert: Ihre Uhr läuft. In Minuten:",
        "Noted: your timer is running. In minutes:",
    ),
    ALONE_PROLONGED: _in_all(
        "C'est noté : vous avez plus de temps. En minutes :",
        "Genoteerd: u hebt meer tijd. In minuten:",
        "Notiert: Sie haben mehr Zeit. In Minuten:",
        "Noted: you have more time. In minutes:",
    ),
}

SELF_SERVICE_WORDS: Final = {
    **_INSTALLERS,
    **_ALONE,
    NOT_UNDERSTOOD: _in_all(
        "Je n'ai pas compris.",
        "Dat heb ik niet begrepen.",
        "Das wurde nicht verstanden.",
        "That was not understood.",
    ),
    GOODBYE: _in_all("Au revoir.", "Tot ziens.", "Auf Wiederhören.", "Goodbye."),
}
"All of these prompts: name to words by language."
