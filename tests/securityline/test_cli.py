import os
import re
import shutil
import subprocess
import sys
import types
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from recordings.store import RecordingStore, digest_of
from securityline import __main__ as program
from securityline import totp
from securityline.accounts import Accounts
from securityline.config import Config
from securityline.logbook.entry import Line
from securityline.logbook.verify import verify_book
from tests.securityline.books import append, notes, running
from tests.securityline.test_config import SMALL

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "securityline.toml"
    file.write_text(SMALL)
    return file


def run(*words: object, input: str | None = None) -> Result:
    return CliRunner().invoke(program.cli, [str(word) for word in words], input=input)


def run_program(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "securityline", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# ---------------------------------------------------------------- verify-log


async def test_a_whole_log_is_ok(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, notes(5))
    result = run("verify-log", tmp_path)
    assert (result.exit_code, result.output) == (0, f"ok 6 {book.head.hash}\n")
    assert verify_book(tmp_path).head == book.head


async def test_the_first_bad_line_is_named(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, notes(500))
    path = tmp_path / "logbook.db"
    content = bytearray(path.read_bytes())
    content[content.index('étape 3"'.encode()) + 7] ^= 1
    path.write_bytes(content)
    result = run("verify-log", tmp_path)
    assert result.exit_code == 1
    assert result.output == "line 4: not as it was written, or the one before\n"


async def test_a_damaged_file_is_a_bad_log(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        for _ in range(20):
            await append(book, notes(50))
    path = tmp_path / "logbook.db"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    result = run("verify-log", tmp_path)
    assert result.exit_code == 1
    assert "line" in result.output or "cannot be read" in result.output
    assert "Traceback" not in result.output


def test_no_log_is_one_sentence(tmp_path: Path) -> None:
    result = run_program("verify-log", tmp_path / "none")
    assert result.returncode == 1
    assert result.stderr.startswith("securityline: the logbook cannot be read:")
    assert result.stderr.count("\n") == 1


async def test_copies_kept_elsewhere_are_used(tmp_path: Path) -> None:
    async with running(tmp_path) as book:
        await append(book, notes(5))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("anchors.log", "anchor.pub"):
        (tmp_path / name).rename(elsewhere / name)
    result = run(
        "verify-log",
        tmp_path,
        "--anchors",
        elsewhere / "anchors.log",
        "--public-key",
        elsewhere / "anchor.pub",
    )
    assert result.output == f"ok 6 {book.head.hash}\n"
    assert run("verify-log", tmp_path).exit_code == 1


async def test_recordings_are_compared_with_their_hashes_where_wanted(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path / "recordings")
    lines: list[Line] = []
    for name in ("good", "bad", "gone", "longer"):
        path = store.path_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 100)
        data = {"recording_id": name, "sha256": digest_of(path)}
        lines.append(("event", "inc-1", "RecordingEnded", data))
    lines.append(("event", "inc-1", "RecordingStarted", {"recording_id": "longer"}))
    async with running(tmp_path) as book:
        await append(book, lines)
    words = ("verify-log", tmp_path, "--recordings", store.root)
    store.path_of("longer").write_bytes(b"goes on: it has no hash yet")
    assert run(*words).output.startswith("ok 6 ")
    store.path_of("bad").write_bytes(b"bad" * 99 + b"bae")
    store.path_of("gone").unlink()
    result = run(*words)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "recording bad (line 3): is not what was recorded",
        "recording gone (line 4): is gone",
    ]
    assert run("verify-log", tmp_path).exit_code == 0, "the log itself is whole"


# ---------------------------------------------------------------- operators and tokens


def test_an_operator_is_added_with_his_phone(config: Path, tmp_path: Path) -> None:
    result = run(
        "operator", "add", "sofie", "--extension", "201", "--config", config,
        "--password-stdin", input="correct horse\n",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "sip:201@securityline.example" in result.output
    secret = result.output.split("password ")[1].split()[0]
    with closing(Accounts(tmp_path / "data", "securityline.example")) as accounts:
        assert accounts.verify_password("sofie", "correct horse")
    listed = run("operator", "list", "--config", config).output
    assert listed.startswith("sofie\tsip:201@securityline.example\t")
    assert secret not in listed


def test_an_authenticator_is_given_once_and_taken_away(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with closing(Accounts(data, "test")) as accounts:
        accounts.add_operator("op-1", "long enough", "201")
    given = run("operator", "totp", "op-1", "--data", data)
    secret = given.output.split("secret", 1)[1].split()[0]
    assert f"otpauth://totp/Security%20Line%3Aop-1?secret={secret}&" in given.output
    with closing(Accounts(data, "test")) as accounts:
        assert accounts.authenticators.take("op-1", totp.code_at(secret, 1000), 30_000.0)
    assert run("operator", "totp", "op-1", "--remove", "--data", data).exit_code == 0
    with closing(Accounts(data, "test")) as accounts:
        assert not accounts.authenticators.has("op-1")
    for words in (("op-1", "--remove"), ("nobody",)):
        assert run("operator", "totp", *words, "--data", data).exit_code == 1


def test_a_password_is_asked_for_twice(config: Path) -> None:
    add = ("operator", "add", "sofie", "--extension", "201", "--config", config)
    result = run(*add, input="correct horse\ncorrect horse\n")
    assert result.exit_code == 0
    assert "correct horse" not in result.output


def test_generated_passwords_are_printed_once(config: Path, tmp_path: Path) -> None:
    add = ("operator", "add", "sofie", "--extension", "201", "--generate", "--config", config)
    password = run(*add).output.split("password ")[1].split()[0]
    with closing(Accounts(tmp_path / "data", "securityline.example")) as accounts:
        assert accounts.verify_password("sofie", password)
        old = accounts.ha1("201", "MD5")
        result = run("operator", "set-password", "sofie", "--generate", "--config", config)
        assert accounts.verify_password("sofie", result.output.split("password ")[1].strip())
        assert run("operator", "set-password", "sofie", "--phone", "--config", config).output
        assert accounts.ha1("201", "MD5") != old


def test_the_extension_comes_from_the_directory(config: Path, tmp_path: Path) -> None:
    example = ROOT / "securityline" / "example_directory"
    shutil.copytree(example, tmp_path / "directory")
    result = run("operator", "add", "op-4", "--generate", "--config", config)
    assert "sip:204@" in result.output
    other = run_program("operator", "add", "tom", "--generate", "--config", config)
    assert other.returncode == 1
    assert other.stderr == "securityline: tom is not in the directory; give --extension\n"


def test_a_phone_of_another_domain_is_shown_as_such(config: Path) -> None:
    add = ("operator", "add", "sofie", "--extension", "201", "--generate", "--config", config)
    run(*add)
    shown = run("operator", "list", "--config", config, "--domain", "new.example").output
    assert "phone needs a new password" in shown


def test_a_token_is_created_listed_and_revoked(tmp_path: Path) -> None:
    create = ("token", "create", "--data", tmp_path, "--scope", "calls:read")
    result = run(*create, "--scope", "events:read,incidents:read", "--name", "board")
    token = result.output.strip()
    with closing(Accounts(tmp_path, "x.example")) as accounts:
        found = accounts.token(token)
        assert found
        assert found.scopes == {"calls:read", "events:read", "incidents:read"}
        listed = run("token", "list", "--data", tmp_path).output
        assert listed.startswith("board\tcalls:read events:read incidents:read\t")
        assert token not in listed
        assert run("token", "revoke", "board", "--data", tmp_path).exit_code == 0
        assert accounts.token(token) is None


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("token", "create", "--scope", "all"), 1, "securityline: no scope all; there are:"),
        (("token", "revoke", "none"), 1, "securityline: there is no token none"),
    ],
)
def test_errors_are_one_sentence(
    tmp_path: Path, words: tuple[str, ...], status: int, sentence: str
) -> None:
    result = run_program(*words, "--data", tmp_path)
    assert result.returncode == status
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_without_a_place_the_command_says_what_it_needs() -> None:
    result = run("operator", "list")
    assert result.exit_code == 2
    assert "give --config FILE, or both --data DIR and --domain DOMAIN" in result.output


# ---------------------------------------------------------------- check and serve


def test_a_clean_directory_prints_what_is_proved_and_a_bad_one_its_defects(
    tmp_path: Path,
) -> None:
    clean = run("check", ROOT / "securityline" / "example_directory")
    assert clean.exit_code == 0
    lines = clean.output.splitlines()
    assert lines
    assert all(re.fullmatch(r"\S+:\d+: PROVED: .+", line) for line in lines)
    assert any("call tree 'intrusion': a human within" in line for line in lines)
    assert any("procedure 'intrusion'" in line and "the police" in line for line in lines)
    (tmp_path / "organisations").mkdir()
    (tmp_path / "operators.yaml").write_text("operators: [{operator: x, operator: y}]\n")
    result = run("check", tmp_path)
    assert result.exit_code == 1
    first = result.output.splitlines()[0]
    assert first.startswith(f"{tmp_path}/operators.yaml:1: ")
    assert run("check", tmp_path / "none").exit_code == 2


def test_serve_hands_the_settings_over(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served: list[Config] = []
    levels: list[str] = []
    monkeypatch.setattr("securityline.cli.engine.configure", levels.append)
    app = types.ModuleType("securityline.app")
    app.run = lambda settings: served.append(settings) or 3  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "securityline.app", app)
    result = run("serve", "--config", config, "--data", tmp_path / "d", "--directory", "c")
    assert result.exit_code == 3
    assert levels == ["info"]
    assert served[0].data.dir == tmp_path / "d"
    assert served[0].directory.dir == Path("c")


def test_wrong_settings_stop_the_start_one_a_line(config: Path) -> None:
    config.write_text(SMALL.replace("127.0.0.1:8080", "x").replace("securityline.example", "!"))
    result = run_program("serve", "--config", config)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        f"{config}:4: sip.domain: expected a domain name, as in securityline.example",
        f"{config}:18: web.listen: expected HOST:PORT, as in 127.0.0.1:8080",
    ]


def test_a_defect_of_ours_is_one_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def broken() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(program.cli.commands, "broken", broken)
    monkeypatch.setattr(sys, "argv", ["securityline", "broken"])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 70
    assert capsys.readouterr().err.startswith(
        "securityline: a fault of ours: RuntimeError: a bug"
    )
    monkeypatch.setenv("SECURITYLINE_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        program.main()


# ---------------------------------------------------------------- simulate


def test_the_simulation_is_loaded_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.group()
    def simulate() -> None: ...

    @simulate.command()
    @click.option("--did")
    def call(did: str) -> None:
        click.echo(f"calling {did}")

    module = types.ModuleType("securityline.simulation.cli")
    module.simulate = simulate  # type: ignore[attr-defined]
    package = types.ModuleType("securityline.simulation")
    monkeypatch.setitem(sys.modules, "securityline.simulation", package)
    monkeypatch.setitem(sys.modules, "securityline.simulation.cli", module)
    assert run("simulate", "call", "--did", "+3225550100").output == "calling +3225550100\n"
    assert "call" in run("simulate", "--help").output


def test_without_a_simulation_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "securityline.simulation.cli", None)
    monkeypatch.setitem(sys.modules, "securityline.simulation", None)
    result = run("simulate", "call")
    assert result.exit_code == 1
    assert "this installation has no simulation" in result.output


def test_help_names_the_contract_s_commands() -> None:
    shown = run("--help").output
    for name in ("serve", "check", "verify-log", "explain", "operator", "token", "simulate"):
        assert name in shown
    for name in ("add", "set-password", "list"):
        assert name in run("operator", "--help").output
