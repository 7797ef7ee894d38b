import dataclasses
import re
from pathlib import Path

import pytest

from securityline.config import SECTIONS, Config, ConfigError, TrunkConfig, load_config
from sip.endpoint import Endpoint
from sip.trunk import PeerAddress
from tests.shared import shared

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "securityline.toml"

SMALL = """
[sip]
listen = ["udp:127.0.0.1:5060"]
domain = "securityline.example"

[[trunks]]
name = "carrier-a"
peers = ["127.0.0.1:5080"]

[[trunks]]
name = "carrier-b"
peers = ["192.0.2.7"]

[media]
address = "127.0.0.1"

[web]
listen = "127.0.0.1:8080"
"""


def load(tmp_path: Path, text: str, **environment: str) -> Config:
    (tmp_path / "engine.toml").write_text(text)
    return load_config(tmp_path / "engine.toml", environment)


def problems(tmp_path: Path, text: str, **environment: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, **environment)
    found = [str(problem) for problem in caught.value.problems]
    assert str(caught.value) == "\n".join(found)
    return [text.replace(f"{tmp_path}/", "") for text in found]


def test_the_contract_s_settings_are_read() -> None:
    text = shared("contract.md").read_text()
    block = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert block
    config = load_config_text(block[1])
    assert config.sip.listen == (
        Endpoint("udp", "127.0.0.1", 5060),
        Endpoint("tcp", "127.0.0.1", 5060),
    )
    assert config.trunks == (
        TrunkConfig(
            name="carrier-a",
            peers=(PeerAddress("127.0.0.1", 5080),),
            outbound=(Endpoint("udp", "127.0.0.1", 5080),),
            default_country="BE",
            did_from=("request_uri", "to"),
        ),
    )
    assert config.media.ports == (20000, 29999)
    assert config.web.listen == ("127.0.0.1", 8080)
    assert config.alarms.dc09[0] == Endpoint("tcp", "127.0.0.1", 12000)
    assert not config.live_emergency_calls


def load_config_text(text: str) -> Config:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return load(Path(folder), text)


def test_the_example_is_right_and_names_every_setting() -> None:
    load_config(EXAMPLE, {})
    text = EXAMPLE.read_text()
    for kind in (*SECTIONS.values(), TrunkConfig):
        for field in dataclasses.fields(kind):
            assert re.search(rf"^(# )?{field.name} = ", text, re.MULTILINE), field.name


def test_what_the_example_shows_as_default_is_the_default() -> None:
    text = re.sub(
        r"^# (?=(is_trusted|anchor_time|ballast|level|username) = )",
        "",
        EXAMPLE.read_text(),
        flags=re.M,
    )
    folder = EXAMPLE.parent
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile("w", suffix=".toml", dir=folder) as file:
        file.write(text)
        file.flush()
        assert load_config(Path(file.name), {}) == load_config(EXAMPLE, {})


def test_defaults_stand_where_the_file_says_nothing(tmp_path: Path) -> None:
    config = load(tmp_path, SMALL)
    assert config.data.dir == tmp_path / "data"
    assert config.directory.dir == tmp_path / "directory"
    assert config.recordings_dir == tmp_path / "data" / "recordings"
    assert config.logbook_settings.folder == tmp_path / "data"
    assert config.logbook_settings.ballast == 256 * 2**20
    assert config.log.level == "info"
    assert config.trunks[1].profile.name == "carrier-b"


def test_a_voice_model_must_be_there_with_what_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SMALL.replace("[media]\n", '[media]\nvoice_model = "model.onnx"\n')
    monkeypatch.setattr("securityline.config.RUNTIME", "json")
    assert "media.voice_model" in problems(tmp_path, text)[0]
    assert "model.onnx is no file" in problems(tmp_path, text)[0]
    (tmp_path / "model.onnx").write_bytes(b"a model")
    assert load(tmp_path, text).media.voice_model == tmp_path / "model.onnx"
    monkeypatch.setattr("securityline.config.RUNTIME", "a_runtime_nobody_has")
    assert "needs the extra `amd`" in problems(tmp_path, text)[0]


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    config = load(tmp_path, SMALL + '[data]\ndir = "here"\nrecordings = "/there"\n')
    assert config.data.dir == tmp_path / "here"
    assert config.recordings_dir == Path("/there")


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        SMALL,
        SECURITYLINE_WEB_LISTEN="127.0.0.1:18080",
        SECURITYLINE_SIP_LISTEN="udp:127.0.0.1:1, tcp:[::1]:2",
        SECURITYLINE_LIVE_EMERGENCY_CALLS="true",
        SECURITYLINE_DATA_DIR="elsewhere",
        SECURITYLINE_TRUNKS_1_PASSWORD="s3cret",
        SECURITYLINE_TRUNKS_1_REALM="carrier.example",
        SECURITYLINE_LOGBOOK_BALLAST="1 GiB",
        UNRELATED="x",
        SECURITYLINE_SOMETHING_ELSE="x",
    )
    assert config.web.listen == ("127.0.0.1", 18080)
    assert config.sip.listen == (Endpoint("udp", "127.0.0.1", 1), Endpoint("tcp", "::1", 2))
    assert config.live_emergency_calls
    assert config.data.dir == Path("elsewhere")
    assert [trunk.password for trunk in config.trunks] == ["", "s3cret"]
    assert config.logbook.ballast == 2**30
    assert "s3cret" not in repr(config)


def test_options_override_both(tmp_path: Path) -> None:
    (tmp_path / "engine.toml").write_text(SMALL + '[data]\ndir = "a"\n')
    config = load_config(
        tmp_path / "engine.toml",
        {"SECURITYLINE_DATA_DIR": "b"},
        directory=Path("clients"),
        data=Path("c"),
    )
    assert config.data.dir == Path("c")
    assert config.directory.dir == Path("clients")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"udp:127.0.0.1:5060"', '"5060"', "3: sip.listen: expected TRANSPORT:HOST:PORT"),
        (
            '"udp:127.0.0.1:5060"',
            '"udp:localhost:5060"',
            "3: sip.listen: expected an IP address",
        ),
        ('"udp:127.0.0.1:5060"', '"udp:127.0.0.1:65536"', "3: sip.listen: expected HOST:PORT"),
        ('"udp:127.0.0.1:5060"', '"udp:::1:5060"', "3: sip.listen: an IPv6 address stands in"),
        ('["udp:127.0.0.1:5060"]', "[]", "3: sip.listen: expected at least one value"),
        ('["udp:127.0.0.1:5060"]', "5060", "3: sip.listen: expected a list"),
        ('"udp:127.0.0.1:5060"', '"tcp:127.0.0.1:5060"', "3: sip.listen: needs a udp address"),
        ('"udp:127.0.0.1:5060"', '"udp:0.0.0.0:5060"', "3: sip.listen: listens on every"),
        ('"securityline.example"', '"exa mple"', "4: sip.domain: expected a domain name"),
        ('domain = "securityline.example"', "", "2: sip.domain: is missing"),
        ("domain =", "domian =", "4: sip.domian: no such setting; did you mean domain?"),
        ("[sip]", "[spi]", "1: sip.listen: is missing"),
        ('name = "carrier-b"', 'name = "carrier-a"', "11: trunks.name: carrier-a is taken"),
        (
            '"192.0.2.7"',
            '"127.0.0.1:5080"',
            "12: trunks.peers: 127.0.0.1 is a peer of carrier-a",
        ),
        ('"192.0.2.7"', '"sip.example"', "12: trunks.peers: 'sip.example': a peer is an IP"),
        ('"192.0.2.7"', '"192.0.2.7:99999"', "12: trunks.peers: '192.0.2.7:99999': the port"),
        ('peers = ["192.0.2.7"]', "", "10: trunks.peers: is missing"),
        ('"carrier-b"', '"carrier b"', "11: trunks.name: expected a name"),
        ("[media]\n", "[media]\nports = 20000\n", "15: media.ports: expected text in quotes"),
        ("[media]\n", '[media]\nports = "9-1"\n', "15: media.ports: ports must be between"),
        ("[media]\n", '[media]\nports = "20000-20002"\n', "15: media.ports: has no room"),
        ('address = "127.0.0.1"', 'address = "0.0.0.0"', "15: media.address: is every address"),
        ('"127.0.0.1:8080"', '"8080"', "18: web.listen: expected HOST:PORT"),
        ('"127.0.0.1:8080"', "8080", "18: web.listen: expected text in quotes"),
        ("[web]", "[web]\npublic_url = 'desk'", "18: web.public_url: expected an address"),
        (
            "[sip]",
            "live_emergency_calls = 'si'\n[sip]",
            "2: live_emergency_calls: expected true",
        ),
        ("[sip]", "live_emergency_calls = 1\n[sip]", "2: live_emergency_calls: expected true"),
        ("[sip]", "live = true\n[sip]", "2: live: no such setting"),
        ("[sip]", "[log]\nlevel = 'loud'\n[sip]", "3: log.level: expected one of debug"),
        (
            "[sip]",
            "[logbook]\nanchor_time = 0\n[sip]",
            "3: logbook.anchor_time: 0 is not between",
        ),
        ("[sip]", "[logbook]\nanchor_time = true\n[sip]", "3: logbook.anchor_time: expected a"),
        ("[sip]", "[logbook]\nballast = '16 MB'\n[sip]", "3: logbook.ballast: expected a size"),
        ("[sip]", "[data]\ndir = ''\n[sip]", "3: data.dir: expected a path"),
        ("[sip]", "[data]\ndir = '''a\nb'''\n[sip]", "3: data.dir: holds control characters"),
        ("[sip]", "[extra]\n[sip]", "2: extra: no such section"),
        ("[sip]", "trunks = 1\n[sip]", "7: is no TOML: "),
        ("[sip]", "alarms = 1\n[sip]", "2: alarms: is a section: write [alarms]"),
        ('name = "carrier-b"', 'name = "b"\npassword = "x"', "10: trunks.realm: is needed"),
        (
            'name = "carrier-b"',
            'name = "b"\noutbound = "sip:x:1"',
            "12: trunks.outbound: expected an",
        ),
        (
            'name = "carrier-b"',
            'name = "b"\nfallback_number = 112',
            "12: trunks.fallback_number: e",
        ),
        (
            'name = "carrier-b"',
            'name = "b"\ndefault_country = "be"',
            "12: trunks.default_country: ",
        ),
        (
            'name = "carrier-b"',
            'name = "b"\ndid_from = ["from"]',
            "12: trunks.did_from: expected one",
        ),
        ('"carrier-b"', '"carrier-b', "11: is no TOML: "),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in SMALL
    found = problems(tmp_path, SMALL.replace(old, new))
    assert any(text.startswith(f"engine.toml:{problem}") for text in found), found


def test_every_wrong_setting_is_named_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("127.0.0.1:8080", "x").replace('"192.0.2.7"', '"y"')
    assert len(problems(tmp_path, text)) == 2


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SECURITYLINE_WEB_LISTEN", "x", "web.listen: expected HOST:PORT"),
        ("SECURITYLINE_WEB_LITSEN", "x", "no such setting; did you mean listen?"),
        ("SECURITYLINE_LIVE_EMERGENCY_CALLS", "perhaps", "live_emergency_calls: expected true"),
        ("SECURITYLINE_LOGBOOK_ANCHOR_TIME", "soon", "logbook.anchor_time: expected a number"),
        ("SECURITYLINE_LOGBOOK_ANCHOR_TIME", "nan", "logbook.anchor_time: nan is not between"),
        ("SECURITYLINE_TRUNKS_1_PEERS", "x", "trunks.peers: 'x': a peer is an IP address"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, name: str, value: str, problem: str) -> None:
    (found,) = problems(tmp_path, SMALL, **{name: value})
    assert found.startswith(f"{name}: {problem}")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.toml:1: cannot be read: No such file"):
        load_config(tmp_path / "none.toml", {})
    (tmp_path / "bad.toml").write_bytes(b"\n\n# \xff\n")
    with pytest.raises(ConfigError, match=r"bad.toml:3: is not UTF-8 text"):
        load_config(tmp_path / "bad.toml", {})


def test_a_section_in_the_wrong_brackets_is_named(tmp_path: Path) -> None:
    text = SMALL.replace('[[trunks]]\nname = "carrier-b"\npeers = ["192.0.2.7"]\n', "")
    text = text.replace("[[trunks]]", "[trunks]")
    (found,) = problems(tmp_path, text)
    assert found == "engine.toml:6: trunks: is a list of sections: write [[trunks]]"


def test_scaip_is_heard_from_trunks_unless_it_is_turned_off(tmp_path: Path) -> None:
    alarms = load(tmp_path, SMALL).alarms
    assert (alarms.scaip, alarms.scaip_units, alarms.scaip_heartbeat) == (True, None, None)
    assert not load(tmp_path, SMALL + "[alarms]\nscaip = false\n").alarms.scaip


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ('scaip = "often"', "alarms.scaip: expected true or false"),
        ("scaip_heartbeat = 0", "0 is not between 1 and 1440"),
        ('scaip_units = "missing"', "alarms.scaip_units: "),
        ('scaip_units = "bad.units"', "bad.units:2: a user and its password"),
    ],
)
def test_a_wrong_setting_of_scaip_names_its_place(
    tmp_path: Path, setting: str, says: str
) -> None:
    (tmp_path / "bad.units").write_text("unit7 secret\nunit8\n")
    [problem] = problems(tmp_path, f"{SMALL}[alarms]\n{setting}\n")
    assert says in problem
    assert f"engine.toml:{len(SMALL.splitlines()) + 2}:" in problem
    assert "secret" not in problem
