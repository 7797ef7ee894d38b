"""What is read to the police: plain, at most twenty seconds, and never a secret."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_directory.numbers import normalise
from client_directory.secret import mark
from securityline.web import erasing
from securityline.web.erasing import without_secrets
from securityline.web.fiche import MOST_WORDS, FicheFacts, fiche, spell, words_in
from securityline.web.words import LANGUAGES

FACTS = FicheFacts(
    organisation="Postes Démo",
    site="Bruxelles Centre",
    street="Boulevard Démo 1",
    town="1000 Bruxelles",
    what="Agression",
    certainty="said",
    said=("un homme au couteau dans le hall",),
    injured="oui",
    hazards="couteau",
    unknown=("blessés",),
    coming=("Julie Dupont, 10 min",),
    call_back="+32 2 555 01 00",
)
READ = {
    "fr": (
        "Ici la centrale d’alarme de Postes Démo.",
        "Lieu : Bruxelles Centre, Boulevard Démo 1, 1000 Bruxelles.",
        "Une personne nous signale : Agression.",
        "Danger : couteau.",
        "Blessés : oui.",
    ),
    "nl": (
        "Hier de alarmcentrale van Postes Démo.",
        "Waar: Bruxelles Centre, Boulevard Démo 1, 1000 Bruxelles.",
        "Iemand meldt ons: Agression.",
        "Gevaar: couteau.",
        "Gewonden: oui.",
    ),
    "de": (
        "Hier die Alarmzentrale von Postes Démo.",
        "Ort: Bruxelles Centre, Boulevard Démo 1, 1000 Bruxelles.",
        "Eine Person meldet uns: Agression.",
        "Gefahr: couteau.",
        "Verletzte: oui.",
    ),
    "en": (
        "This is the alarm centre of Postes Démo.",
        "Where: Bruxelles Centre, Boulevard Démo 1, 1000 Bruxelles.",
        "A person told us: Agression.",
        "Danger: couteau.",
        "Injured: oui.",
    ),
}
texts = st.text(max_size=400) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "\u202eevil\u2066 \u200b",
        "{{ 7*7 }}",
        "x" * 65_536,
        "1" * 99,
    ]
)
facts = st.builds(
    FicheFacts,
    organisation=texts,
    site=texts,
    street=texts,
    town=texts,
    what=texts,
    certainty=st.sampled_from(["confirmed", "said", "signal"]),
    means=texts,
    said=st.lists(texts, max_size=4).map(tuple),
    hazards=texts,
    injured=texts,
    unknown=st.lists(texts, max_size=4).map(tuple),
    coming=st.lists(texts, max_size=4).map(tuple),
    call_back=texts,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_where_what_and_where_to_call_back(language: str) -> None:
    written = fiche(FACTS, language)
    kept = [line for line in written.lines if line in READ[language]]
    assert kept == list(READ[language])
    assert "+32 2 555 01 00" in " ".join(written.lines)
    assert written.words <= MOST_WORDS


@settings(deadline=None, max_examples=200)
@given(facts=facts, language=st.sampled_from(sorted(LANGUAGES)))
def test_it_is_read_in_twenty_seconds_whatever_was_typed(
    facts: FicheFacts, language: str
) -> None:
    written = fiche(facts, language)
    assert written.words <= MOST_WORDS
    assert all(line.isprintable() and len(line) < 1200 for line in written.lines)
    assert written.lines, "somebody at least says who he is"


@pytest.mark.parametrize(
    ("certainty", "means", "said"),
    [
        ("confirmed", "Vidéo", "Confirmé : Intrusion (Vidéo)."),
        ("confirmed", "", "Confirmé : Intrusion."),
        ("said", "", "Une personne nous signale : Intrusion."),
        ("signal", "", "Une alarme signale, non confirmé : Intrusion."),
    ],
)
def test_what_is_confirmed_said_and_signalled_is_told_apart(
    certainty: str, means: str, said: str
) -> None:
    of_alarm = FicheFacts(what="Intrusion", certainty=certainty, means=means)  # type: ignore[arg-type]
    assert said in fiche(of_alarm, "fr").lines


def test_a_long_story_is_cut_and_shows_it() -> None:
    long = FicheFacts(said=(" ".join(f"word{n}" for n in range(99)),))
    [line] = [x for x in fiche(long, "en").lines if x.startswith("Said")]
    assert line.endswith("…")


def test_place_names_can_be_spelled() -> None:
    assert spell("Rue Démo 4", "4000 Liège") == "R U E · D É M O · 4 · 4000 · L I È G E"
    assert spell("") == ""


def test_digits_take_their_time() -> None:
    assert words_in("+32 2 555 01 00") == 6
    assert words_in("one two") == 2


POLICE = "+3225550801"


@pytest.mark.parametrize(
    "typed",
    [
        "ligne directe +32 2 555 08 01 svp",
        "ligne directe 02/555.08.01 svp",
        "ligne directe 025550801 svp",
        "ligne directe +3225550801 svp",
        "ligne directe 0032 2 555 08 01, svp",
    ],
)
def test_a_reserved_number_is_never_in_it(typed: str) -> None:
    clean = without_secrets(typed, frozenset(), frozenset({POLICE, "101"}))
    assert "svp" in clean
    assert "5550801" not in re.sub(r"\D", "", clean)


MARKS = frozenset(map(mark, ("Tournesol", "lilas", "Été de la Saint-Martin", "4821", "907153")))


@pytest.mark.parametrize(
    "typed",
    [
        "PIN 4821, mot « tournesol », LILAS! dit-elle",
        "mot:Tournesol PIN:4821 code=4821",
        "elle parle d'Tournesol, de 4821/4822 et de [lilas]",
        "le code 48 21, épelé t-o-u-r-n-e-s-o-l",
        "ete de la saint martin, puis 90.71.53",
        "_Tournesol_ l’été de la Saint Martin",
        "tournesollilas? non: tournesol/lilas",
    ],
)
def test_a_pin_and_a_code_word_are_never_in_it(typed: str) -> None:
    clean = without_secrets(typed, MARKS, frozenset()).casefold()
    assert "…" in clean
    words = re.findall(r"\w+", clean)
    for secret in ("4821", "4822", "907153", "tournesol", "lilas", "martin"):
        assert secret not in words, clean
    assert "48 21" not in clean
    assert "90.71.53" not in clean
    assert "t-o-u-r" not in clean


@pytest.mark.parametrize(
    "said",
    [
        "plaque 1-ABC-123, 2 hommes, couteau",
        "0470/12.34.56 ou 0470/123456, le 25/12/2026 à 03:05:50",
        "1000 Bruxelles, dossier 471123",
        "  deux   espaces\tet une tabulation",
    ],
)
def test_what_is_no_secret_stays(said: str) -> None:
    known = frozenset({"1000", "471123"})
    assert without_secrets(said, frozenset({mark("rose")}), frozenset({POLICE}), known) == said


def test_a_long_text_keeps_its_end() -> None:
    said = "mot " * 700 + "fin"
    assert without_secrets(said, MARKS, frozenset({POLICE})) == said


@pytest.mark.parametrize("typed", ["1 " * 2000, "12 " * 1300, "123 45 " * 570])
def test_a_column_of_figures_is_read_in_no_time(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pasted list: each run of figures was once read as a number, two million of them."""
    read = []

    def counted(text: str, country: str) -> str | None:
        read.append(text)
        return normalise(text, country)

    monkeypatch.setattr(erasing, "normalise", counted)
    assert without_secrets(typed, MARKS, frozenset({POLICE, "101"})) == typed
    assert len(read) < 2000


def test_a_reserved_number_at_the_end_of_a_column_of_figures_is_found() -> None:
    typed = "1 " * 300 + "02 555 08 01"
    clean = without_secrets(typed, frozenset(), frozenset({POLICE}))
    assert clean.endswith("…")
    assert clean.count("1") >= 299
