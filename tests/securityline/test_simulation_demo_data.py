import json
import re
import stat
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from client_directory.loader import load_files
from securityline.accounts import Accounts
from securityline.config import ConfigError
from securityline.simulation.demo_data import (
    DemoData,
    DemoError,
    desk_password,
    prepare,
    with_way_out,
)
from sip.digest import make_ha1
from sip.endpoint import Endpoint

OPERATORS = ["op-1", "op-2", "op-3", "op-4", "op-5", "op-6"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo-data"


def passwords(data: DemoData) -> dict[str, tuple[str, str]]:
    return {
        each.operator.operator: (each.desk_password, each.phone_password)
        for each in data.accounts
    }


def open_accounts(data: DemoData) -> Accounts:
    return Accounts(data.config.data.dir, realm=data.config.sip.domain)


def works(data: DemoData) -> bool:
    """Whether everybody can sign in and register with what the demo prints."""
    realm = data.config.sip.domain
    with closing(open_accounts(data)) as accounts:
        return all(
            accounts.verify_password(each.operator.operator, each.desk_password)
            and accounts.ha1(each.operator.extension, "MD5")
            == make_ha1("MD5", each.operator.extension, realm, each.phone_password)
            for each in data.accounts
        ) and set(accounts.token(data.token).scopes) >= {"calls:read", "events:read"}  # type: ignore[union-attr]


def test_a_fresh_folder_holds_all_that_an_engine_needs(folder: Path) -> None:
    data = prepare(folder, {})
    assert [each.operator.operator for each in data.accounts] == OPERATORS
    assert works(data)
    assert data.carrier == Endpoint("udp", "127.0.0.1", 5080)
    assert data.exchange == Endpoint("udp", "127.0.0.1", 5060)
    assert data.desk == "http://127.0.0.1:8080"
    assert data.config.data.dir.resolve() == (folder / "data").resolve()
    assert not load_files(data.config.directory.dir).findings
    assert not data.config.live_emergency_calls


def test_secrets_are_for_the_owner_only_and_never_shown(folder: Path) -> None:
    data = prepare(folder, {})
    assert stat.S_IMODE((folder / "demo.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    shown = repr(data)
    for desk, phone in passwords(data).values():
        assert desk not in shown
        assert phone not in shown
    assert data.token not in shown


def test_two_demos_share_no_password(tmp_path: Path) -> None:
    one, other = prepare(tmp_path / "one", {}), prepare(tmp_path / "other", {})
    assert not set(passwords(one).values()) & set(passwords(other).values())
    assert one.token != other.token


def test_the_next_start_keeps_everything(folder: Path) -> None:
    first = prepare(folder, {})
    (folder / "directory" / "mark").touch()
    text = (folder / "securityline.toml").read_text()
    (folder / "securityline.toml").write_text(text.replace("8080", "8081"))
    second = prepare(folder, {})
    assert passwords(second) == passwords(first)
    assert second.token == first.token
    assert second.desk == "http://127.0.0.1:8081"
    assert (folder / "directory" / "mark").exists()


def test_a_password_that_somebody_else_changed_is_made_anew(folder: Path) -> None:
    first = prepare(folder, {})
    path = folder / "demo.json"
    content = json.loads(path.read_text())
    content["operators"]["op-1"]["changed_at"] = "2020-01-01T00:00:00.000Z"  # as if older
    path.write_text(json.dumps(content))
    second = prepare(folder, {})
    changed = {
        name for name, both in passwords(second).items() if both != passwords(first)[name]
    }
    assert changed == {"op-1"}
    assert works(second)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "nonsense", '{"operators": []}', '{"operators": {"op-1": 7}, "token": 9}'],
)
def test_damaged_secrets_are_made_anew(folder: Path, content: str) -> None:
    prepare(folder, {})
    (folder / "demo.json").write_text(content)
    assert works(prepare(folder, {}))


def test_another_domain_makes_the_phones_passwords_anew(folder: Path) -> None:
    prepare(folder, {})
    assert works(prepare(folder, {"SECURITYLINE_SIP_DOMAIN": "other.example"}))


def test_a_deleted_token_is_replaced(folder: Path) -> None:
    first = prepare(folder, {})
    with closing(open_accounts(first)) as accounts:
        accounts.revoke_tokens("demo")
    second = prepare(folder, {})
    assert second.token != first.token
    assert works(second)


def test_settings_from_outside_count(folder: Path) -> None:
    data = prepare(
        folder,
        {
            "SECURITYLINE_SIP_LISTEN": "udp:127.0.0.1:15060",
            "SECURITYLINE_TRUNKS_0_PEERS": "127.0.0.1:15080",
            "SECURITYLINE_WEB_LISTEN": "0.0.0.0:18080",
        },
    )
    assert data.exchange.port == 15060
    assert data.carrier.port == 15080
    assert data.desk == "http://127.0.0.1:18080"
    [trunk] = data.config.trunks
    assert trunk.outbound == (Endpoint("udp", "127.0.0.1", 15080),)


@pytest.mark.parametrize(
    ("environment", "way_out"),
    [
        ({}, None),
        ({"SECURITYLINE_TRUNKS_0_PEERS": "127.0.0.1:9"}, "sip:127.0.0.1:9;transport=udp"),
        (
            {
                "SECURITYLINE_TRUNKS_0_PEERS": "127.0.0.1:9",
                "SECURITYLINE_TRUNKS_0_OUTBOUND": "sip:127.0.0.1:8",
            },
            "sip:127.0.0.1:8",
        ),
    ],
)
def test_the_way_out_follows_the_peer(
    environment: Mapping[str, str], way_out: str | None
) -> None:
    found = with_way_out(environment)
    assert found.get("SECURITYLINE_TRUNKS_0_OUTBOUND") == way_out
    assert environment.items() <= found.items()


def test_a_wrong_setting_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"SECURITYLINE_WEB_LISTEN.*HOST:PORT"):
        prepare(folder, {"SECURITYLINE_WEB_LISTEN": "somewhere"})


def test_a_trunk_without_a_port_leaves_no_place_for_a_carrier(folder: Path) -> None:
    with pytest.raises(DemoError, match="needs a trunk whose peer has a port"):
        prepare(folder, {"SECURITYLINE_TRUNKS_0_PEERS": "127.0.0.1"})


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoError, match="file/demo-data: Not a directory"):
        prepare(tmp_path / "file" / "demo-data", {})


def test_an_operator_who_is_not_there_is_named(folder: Path) -> None:
    data = prepare(folder, {})
    assert data.account("op-3").operator.extension == "203"
    with pytest.raises(DemoError, match=r"no operator op-9; there are op-1, op-2"):
        data.account("op-9")


def test_passwords_can_be_typed_from_a_screen() -> None:
    made = {desk_password() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"([a-km-np-z2-9]{4}-){2}[a-km-np-z2-9]{4}", each) for each in made)
