import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

import securityline.accounts
from securityline.accounts import FILE_NAME, SCOPES, AccountError, Accounts

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    with closing(Accounts(tmp_path, "securityline.example")) as accounts:
        yield accounts


class Hasher:
    """A hasher whose comparing is watched."""

    def __init__(self, verify: Callable[[str, str], bool]) -> None:
        self.hash = securityline.accounts.PasswordHasher().hash
        self.verify = verify


def everything(folder: Path) -> str:
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        return "\n".join(db.iterdump())


def test_only_the_right_password_of_the_right_operator_counts(accounts: Accounts) -> None:
    accounts.add_operator("sofie", PASSWORD, "201")
    assert accounts.verify_password("sofie", PASSWORD)
    assert not accounts.verify_password("sofie", PASSWORD + "x")
    assert not accounts.verify_password("sofie", "")
    assert not accounts.verify_password("tom", PASSWORD)
    assert not accounts.verify_password("Sofie", PASSWORD)


@pytest.mark.parametrize("name", ["\ud800", "x' OR '1'='1", "", "a\x00b", "é" * 10_000])
def test_hostile_names_are_nobody(accounts: Accounts, name: str) -> None:
    assert not accounts.verify_password(name, PASSWORD)
    assert accounts.ha1(name, "MD5") is None


@pytest.mark.parametrize("password", ["\ud800" * 8, "x" * 5_000_000, "\x00"])
def test_hostile_passwords_are_wrong(accounts: Accounts, password: str) -> None:
    accounts.add_operator("sofie", PASSWORD, "201")
    assert not accounts.verify_password("sofie", password)


def test_an_unknown_operator_costs_as_much_as_a_known_one(accounts: Accounts) -> None:
    hashed: list[str] = []
    accounts._hasher = Hasher(lambda h, p: bool(hashed.append(h)))  # type: ignore[assignment]
    accounts.add_operator("sofie", PASSWORD, "201")
    accounts.verify_password("sofie", "wrong")
    accounts.verify_password("nobody", "wrong")
    assert len(hashed) == 2
    assert [h.split("$")[1:4] for h in hashed] == [hashed[0].split("$")[1:4]] * 2
    assert hashed[0].startswith("$argon2id$")


def test_a_password_costs_what_rfc_9106_recommends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tests' own is cheaper.
    monkeypatch.setattr(securityline.accounts, "PasswordHasher", PasswordHasher)
    with closing(Accounts(tmp_path, "securityline.example")) as accounts:
        accounts.add_operator("sofie", PASSWORD, "201")
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        (kept,) = db.execute("SELECT password FROM operators").fetchone()
    assert extract_parameters(kept) == RFC_9106_LOW_MEMORY


def test_passwords_are_hashed_two_at_a_time(accounts: Accounts) -> None:
    running, most = 0, 0

    def verify(hashed: str, password: str) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        running -= 1
        return True

    accounts._hasher = Hasher(verify)  # type: ignore[assignment]
    accounts.add_operator("sofie", PASSWORD, "201")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: accounts.verify_password("sofie", "x"), range(40)))
    assert all(answers)
    assert most <= 2
    assert accounts._hashing._value == 2  # type: ignore[attr-defined]


def test_a_phone_s_secret_is_given_once_and_kept_as_ha1(
    accounts: Accounts, tmp_path: Path
) -> None:
    secret = accounts.add_operator("sofie", PASSWORD, "201")
    text = f"201:securityline.example:{secret}".encode()
    assert accounts.ha1("201", "MD5") == hashlib.md5(text).hexdigest()
    assert accounts.ha1("201", "SHA-256") == hashlib.sha256(text).hexdigest()
    assert accounts.ha1("201", "sha-256") == hashlib.sha256(text).hexdigest()
    assert accounts.ha1("201", "SHA-512-256") is None
    assert accounts.ha1("202", "MD5") is None
    stored = everything(tmp_path)
    assert secret not in stored
    assert PASSWORD not in stored
    assert len(secret) == 20


def test_a_new_secret_replaces_the_old_one(accounts: Accounts) -> None:
    accounts.add_operator("sofie", PASSWORD, "201")
    before = accounts.ha1("201", "MD5")
    accounts.new_phone_secret("sofie")
    assert accounts.ha1("201", "MD5") not in (None, before)
    with pytest.raises(AccountError, match="no operator tom"):
        accounts.new_phone_secret("tom")


def test_in_another_domain_the_phone_s_secret_is_worth_nothing(
    accounts: Accounts, tmp_path: Path
) -> None:
    accounts.add_operator("sofie", PASSWORD, "201")
    with closing(Accounts(tmp_path, "other.example")) as other:
        assert other.ha1("201", "MD5") is None
        assert other.verify_password("sofie", PASSWORD)
        other.new_phone_secret("sofie")
        assert other.ha1("201", "MD5")


def test_a_changed_password_counts_at_once_in_the_running_engine(
    accounts: Accounts, tmp_path: Path
) -> None:
    accounts.add_operator("sofie", PASSWORD, "201")
    with closing(Accounts(tmp_path, "securityline.example")) as command_line:
        command_line.set_password("sofie", "another password")
    assert not accounts.verify_password("sofie", PASSWORD)
    assert accounts.verify_password("sofie", "another password")


@pytest.mark.parametrize(
    ("operator", "password", "extension", "reason"),
    [
        ("", PASSWORD, "202", "1 to 64 printable"),
        ("x" * 65, PASSWORD, "202", "1 to 64 printable"),
        ("a\nb", PASSWORD, "202", "1 to 64 printable"),
        ("tom", "short", "202", "at least 8"),
        ("tom", "x" * 1025, "202", "at most 1024"),
        ("tom", "\ud800" * 8, "202", "not text"),
        ("tom", PASSWORD, "20 2", "user part"),
        ("tom", PASSWORD, "202@evil", "user part"),
        ("tom", PASSWORD, "", "user part"),
        ("sofie", PASSWORD, "202", "sofie exists already"),
        ("tom", PASSWORD, "201", "extension 201 is another"),
    ],
)
def test_what_cannot_be_an_account_is_refused(
    accounts: Accounts, operator: str, password: str, extension: str, reason: str
) -> None:
    accounts.add_operator("sofie", PASSWORD, "201")
    with pytest.raises(AccountError, match=reason):
        accounts.add_operator(operator, password, extension)
    assert [account.operator for account in accounts.operators()] == ["sofie"]


def test_a_password_is_changed_for_those_who_exist(accounts: Accounts) -> None:
    with pytest.raises(AccountError, match="no operator tom"):
        accounts.set_password("tom", PASSWORD)


def test_a_token_is_given_once_and_kept_as_a_hash(accounts: Accounts, tmp_path: Path) -> None:
    text = accounts.create_token(["calls:read", "incidents:read"], "dashboard")
    found = accounts.token(text)
    assert found is not None
    assert found.name == "dashboard"
    assert found.scopes == {"calls:read", "incidents:read"}
    assert text not in everything(tmp_path)
    assert accounts.token(text[:-1]) is None
    assert accounts.token("") is None
    assert accounts.token("\ud800") is None
    assert len({accounts.create_token(SCOPES) for _ in range(20)}) == 20


def test_a_revoked_token_is_worth_nothing(accounts: Accounts) -> None:
    text = accounts.create_token(["calls:read"], "dashboard")
    other = accounts.create_token(["calls:read"], "other")
    assert accounts.revoke_tokens("dashboard") == 1
    assert accounts.token(text) is None
    assert accounts.token(other)
    assert [token.name for token in accounts.tokens()] == ["other"]


@pytest.mark.parametrize("scopes", [[], ["calls:write"], ["calls:read", "*"]])
def test_a_token_has_known_scopes(accounts: Accounts, scopes: list[str]) -> None:
    with pytest.raises(AccountError, match="alarms:write"):
        accounts.create_token(scopes)


def test_the_file_belongs_to_its_owner(accounts: Accounts, tmp_path: Path) -> None:
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 1000)
    with pytest.raises(AccountError, match="cannot be opened: file is not a database"):
        Accounts(tmp_path, "x.example")
