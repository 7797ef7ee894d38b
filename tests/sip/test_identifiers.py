from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sip.identifiers import MAGIC_COOKIE, Identifiers
from tests.sip.pretend import SECRET


def test_the_same_parts_make_the_same_token_in_another_process() -> None:
    assert Identifiers(SECRET).token("tag", "leg-1") == Identifiers(SECRET).token(
        "tag", "leg-1"
    )


def test_nobody_makes_our_tokens_without_our_secret() -> None:
    ours, theirs = Identifiers(SECRET), Identifiers(b"another secret of 32 octets ....")
    assert ours.token("tag", "leg-1") != theirs.token("tag", "leg-1")


def test_parts_do_not_run_into_each_other() -> None:
    make = Identifiers(SECRET)
    assert make.token("ab", "c") != make.token("a", "bc")
    assert make.token("a", "") != make.token("a")


def test_a_branch_begins_with_the_magic_cookie_and_is_long_enough_not_to_be_guessed() -> None:
    branch = Identifiers(SECRET).branch("leg", "INVITE", "1")
    assert branch.startswith(MAGIC_COOKIE)
    assert len(branch) == len(MAGIC_COOKIE) + 24


@given(st.lists(st.text()), st.text())
def test_any_text_will_do(parts: list[str], more: str) -> None:
    make = Identifiers(SECRET)
    assert 0 <= make.fraction(*parts, more) < 1
    assert make.token(*parts, more).isalnum()


def test_octets_that_were_no_utf_8_will_do_too() -> None:
    assert Identifiers(SECRET).token(b"caf\xe9".decode("utf-8", "surrogateescape"))
