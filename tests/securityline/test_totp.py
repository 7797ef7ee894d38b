"""The codes of RFC 6238, and that each of them opens the door once."""

import base64
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securityline import totp
from securityline.accounts import AccountError, Accounts

SEED = base64.b32encode(b"12345678901234567890").decode()
PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_appendix_b(at: int, code: str) -> None:
    assert totp.code_at(SEED, at // 30, digits=8) == code
    assert totp.code_at(SEED, at // 30) == code[2:]


@given(now=st.floats(100, 2e10), away=st.integers(-3, 3))
def test_a_code_counts_one_step_before_and_after_its_own(now: float, away: int) -> None:
    step = int(now // totp.STEP) + away
    code = totp.code_at(SEED, step)
    near = {totp.code_at(SEED, int(now // totp.STEP) + x) for x in (-1, 0, 1)}
    assert (totp.step_of(SEED, code, now) is not None) == (code in near)


@pytest.mark.parametrize("code", ["", "000", "abcdef", "1234567", "\u0661\u0662\u0663\u0664"])
def test_what_is_no_code_counts_never(code: str) -> None:
    assert totp.step_of(SEED, code, 59.0) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    assert totp.step_of(SEED, "287 082", 59.0) == 1


def test_the_address_is_what_authenticators_read() -> None:
    assert totp.address("ABC", "op 1") == (
        "otpauth://totp/Security%20Line%3Aop%201?secret=ABC&issuer=Security%20Line"
        "&digits=6&period=30"
    )


def test_a_code_opens_once_and_an_older_one_never_after_it(tmp_path: Path) -> None:
    with closing(Accounts(tmp_path, "test")) as accounts:
        accounts.add_operator("op-1", PASSWORD, "201")
        assert not accounts.authenticators.has("op-1")
        secret, codes = accounts.enrol("op-1"), accounts.authenticators
        step = 1_000_000
        now = step * totp.STEP + 1
        code, before = totp.code_at(secret, step), totp.code_at(secret, step - 1)
        assert codes.take("op-1", code, now)
        assert not codes.take("op-1", code, now + 20), "a code seen over his shoulder"
        assert not codes.take("op-1", before, now)
        assert codes.take("op-1", totp.code_at(secret, step + 1), now + 30)
        assert not codes.take("op-2", code, now)


def test_two_who_come_at_once_with_one_code_are_one(tmp_path: Path) -> None:
    with closing(Accounts(tmp_path, "test")) as accounts:
        accounts.add_operator("op-1", PASSWORD, "201")
        secret = accounts.enrol("op-1")
        code, taken = totp.code_at(secret, 1000), []
        start = threading.Barrier(8)

        def come() -> None:
            start.wait()
            taken.append(accounts.authenticators.take("op-1", code, 30_000.0))

        threads = [threading.Thread(target=come) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(taken) == [False] * 7 + [True]


def test_only_operators_are_enrolled_and_a_new_secret_ends_the_old(tmp_path: Path) -> None:
    with closing(Accounts(tmp_path, "test")) as accounts:
        with pytest.raises(AccountError, match="no operator"):
            accounts.enrol("nobody")
        accounts.add_operator("op-1", PASSWORD, "201")
        old, new = accounts.enrol("op-1"), accounts.enrol("op-1")
        assert old != new
        assert not accounts.authenticators.take("op-1", totp.code_at(old, 1000), 30_000.0)
        assert accounts.authenticators.take("op-1", totp.code_at(new, 1000), 30_000.0)
        assert accounts.authenticators.remove("op-1")
        assert not accounts.authenticators.remove("op-1")
        assert not accounts.authenticators.has("op-1")
