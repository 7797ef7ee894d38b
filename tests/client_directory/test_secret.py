import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from client_directory.secret import NO_SECRET, hash_secret, is_secret, seal, unseal


def test_the_right_secret_matches_and_others_do_not():
    stored = hash_secret("4821")
    assert is_secret("4821", stored)
    assert not is_secret("4822", stored)
    assert not is_secret("", stored)


def test_the_hash_does_not_contain_the_secret_and_is_salted():
    first, second = hash_secret("Tournesol"), hash_secret("Tournesol")
    assert "tournesol" not in first.lower()
    assert first != second
    assert is_secret("Tournesol", first)
    assert is_secret("Tournesol", second)


def test_a_code_word_may_be_typed_as_heard():
    stored = hash_secret("Tournesol")
    assert is_secret(" tournesol ", stored)
    assert is_secret("TOURNESOL", stored)
    assert is_secret("\uff14\uff18\uff12\uff11", hash_secret("4821")), "full-width digits"


def test_a_damaged_hash_matches_nothing():
    stored = hash_secret("4821")
    scheme, rounds, salt, digest = stored.split("$")
    for damaged in (
        "",
        "4821",
        stored[:-2],
        f"md5${rounds}${salt}${digest}",
        f"{scheme}$0${salt}${digest}",
        f"{scheme}$999999999${salt}${digest}",
        f"{scheme}$x${salt}${digest}",
        f"{scheme}${rounds}$zz${digest}",
        f"{scheme}${rounds}${salt}$",
    ):
        assert not is_secret("4821", damaged), damaged


@given(st.text(max_size=40), st.text(max_size=200))
def test_any_text_is_compared_without_raising(attempt, stored):
    assert is_secret(attempt, stored) is False
    assert is_secret(attempt, hash_secret(attempt))


def test_a_code_word_has_no_accents_on_the_telephone():
    stored = hash_secret("Forêt-Noire")
    assert is_secret("foret-noire", stored)
    assert not is_secret("forest-noire", stored)


def test_nothing_matches_the_secret_of_nobody():
    for attempt in ("", "0000", "Tournesol"):
        assert not is_secret(attempt, NO_SECRET)


@given(st.text(max_size=80))
def test_a_sealed_code_word_is_hidden_and_comes_back(word):
    sealed = seal(word)
    assert unseal(sealed) == word.encode("utf-8", "replace").decode()
    assert len(word) < 3 or word not in sealed
    assert seal(word) != sealed


@given(st.text(max_size=80))
def test_what_was_not_sealed_here_is_not_opened(text):
    assert unseal(text) is None


def test_a_code_word_sealed_by_another_process_is_not_opened():
    other = "from client_directory.secret import seal; print(seal('Tournesol'))"
    sealed = subprocess.check_output([sys.executable, "-c", other], text=True).strip()
    assert unseal(sealed) is None
