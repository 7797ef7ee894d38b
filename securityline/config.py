"""The settings of the engine: one TOML file, each setting overridable by the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final

from client_directory.call_plan import CALLS_AN_HOUR
from client_directory.model import DEFAULT_ALERTS
from securityline import config_values as v
from securityline.alarms.scaip_units import read_units
from securityline.config_file import ConfigError, Problem, Settings, read_settings
from securityline.identity import DidSource, TrunkProfile
from securityline.logbook.opening import LogbookSettings
from securityline.second_factor import TotpUse
from sip.endpoint import Endpoint
from sip.media.silero import RUNTIME
from sip.trunk import PeerAddress

__all__ = ["Config", "ConfigError", "Problem", "load_config"]

Text = Annotated[str, v.text]
Flag = Annotated[bool, v.boolean]
File = Annotated[Path, v.path]
MaybeFile = Annotated[Path | None, v.unset(v.path)]
MaybeAddress = Annotated[str | None, v.unset(v.address)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SipConfig:
    """The signalling side."""

    listen: Annotated[tuple[Endpoint, ...], v.list_of(v.endpoint)]
    domain: Annotated[str, v.domain]
    "Realm of the operators' softphones."
    advertised_host: MaybeAddress = None
    "Address that others reach us at, when a socket listens on every address (0.0.0.0)."
    ring_silence: Annotated[float, v.number(0.4, 10)] = 0.8
    "Seconds: a phone that rings and answers no OPTIONS for so long is dead."
    tree_calls_an_hour: Annotated[float, v.number(1, 100_000)] = CALLS_AN_HOUR
    "Most calls of call trees for one client in an hour; beyond it an operator is told."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkConfig:
    """One carrier."""

    name: Annotated[str, v.name]
    peers: Annotated[tuple[PeerAddress, ...], v.list_of(v.peer)]
    "Only from here are calls taken and asserted identities believed."
    outbound: Annotated[
        tuple[Endpoint, ...], v.list_of(v.sip_target, is_empty_allowed=True)
    ] = ()
    "Where calls go out, preferred first; none: this trunk only brings calls."
    default_country: Annotated[str, v.country] = "BE"
    did_from: Annotated[
        tuple[DidSource, ...], v.list_of(v.one_of("request_uri", "to", "p_called_party_id"))
    ] = ("request_uri", "to")
    "Where the dialled number stands, in order."
    is_trusted: Flag = True
    "Whether its P-Asserted-Identity is believed."
    is_probed: Flag = True
    "Whether OPTIONS asks if it lives: where calls go out, else its peers."
    fallback_number: Annotated[str | None, v.unset(v.telephone)] = None
    "Rung when no operator takes a call to a number that no client has."
    username: Text = ""
    "For a carrier that challenges our calls."
    password: Text = field(default="", repr=False)
    realm: Text = ""
    "The only realm that gets our password."

    @property
    def profile(self) -> TrunkProfile:
        """What reading its INVITEs takes."""
        return TrunkProfile(
            name=self.name,
            default_country=self.default_country,
            did_from=self.did_from,
            is_trusted=self.is_trusted,
            fallback_number=self.fallback_number,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConfig:
    """The media process."""

    address: Annotated[str, v.address]
    ports: Annotated[tuple[int, int], v.ports] = (20_000, 29_999)
    "First and last UDP port for RTP."
    advertised_address: MaybeAddress = None
    "Written into SDP instead of `address`, behind a NAT."
    voice_model: MaybeFile = None
    "A Silero model that tells speech of who answers; needs the extra `amd`. Default: energy."


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """The desk and the API."""

    listen: Annotated[tuple[str, int], v.host_and_port]
    public_url: Annotated[str | None, v.unset(v.http_url)] = None
    "As operators type it; https here makes the session cookie secure."
    proxies: Annotated[tuple[str, ...], v.list_of(v.address, is_empty_allowed=True)] = ()
    "Addresses of TLS proxies: who signs in stands in their `X-Forwarded-For`."
    totp: Annotated[TotpUse, v.one_of("required", "optional", "off")] = "optional"
    "Whether signing in takes an authenticator's code too; optional: of whoever has one."
    session_time: Annotated[float, v.number(900, 172_800)] = 43_200.0
    "Seconds from signing in after which an operator signs in again, unless he is in a call."
    session_idle_time: Annotated[float, v.number(60, 86_400)] = 2_700.0
    "Seconds without a page or an open desk after which a session is over."
    connections: Annotated[float, v.number(20, 50_000)] = 1_000.0
    "Most connections at a time; half of them from one address."
    wrap_up_time: Annotated[float, v.number(1, 3600)] = 30.0
    "Seconds after a call in which its operator is not rung, unless he says he is ready."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsConfig:
    """Alarm receivers."""

    dc09: Annotated[tuple[Endpoint, ...], v.list_of(v.endpoint, is_empty_allowed=True)] = ()
    dc09_keys: MaybeFile = None
    "File of AES keys: a line `ACCOUNT HEXDIGITS` each, `*` for every other account."
    dc09_binary_crc: Annotated[tuple[str, ...], v.list_of(v.name, is_empty_allowed=True)] = ()
    "Accounts of panels that write the checksum as two octets."
    dc09_unchecked_clock: Annotated[
        tuple[str, ...], v.list_of(v.name, is_empty_allowed=True)
    ] = ()
    "Accounts of panels whose clock nobody can set."
    scaip: Flag = True
    "Whether SCAIP units are heard, by SIP MESSAGE from trunks and from `scaip_units`."
    scaip_units: MaybeFile = None
    "File of units that come by no trunk: a line `USER PASSWORD` each."
    scaip_heartbeat: Annotated[float | None, v.unset(v.number(1, 1440))] = None
    "Minutes after which units are told to report again. Default: as they are set."


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsConfig:
    """Actions with consequences, sent by webhook."""

    secret: MaybeFile = None
    "File with the secret that each action's own is made from. Default: in the data dir."
    private_networks: Flag = False
    "Whether an action may be sent to an address in a private network."


Limits = Annotated[tuple[float, ...], v.four_of(v.number(1, 86_400))]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsConfig:
    """After how many seconds supervisors are told, for urgency 1 to 4."""

    not_taken: Limits = DEFAULT_ALERTS.not_taken
    "Nobody takes a caller, or a case that waits."
    not_worked: Limits = DEFAULT_ALERTS.not_worked
    "Nothing is recorded, written or said in a case that somebody took."
    overdue_step: Limits = DEFAULT_ALERTS.overdue_step
    total: Limits = DEFAULT_ALERTS.total
    "The step to do now has been it for so long."


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Where everything is kept."""

    dir: File = Path("data")
    "Logbook, accounts, keys, recordings."
    recordings: MaybeFile = None
    "Default: `recordings` in `dir`."


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryConfig:
    """Who the clients are."""

    dir: File = Path("directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogbookConfig:
    """The main courante."""

    spool: MaybeFile = None
    "File for lines while the store fails; better on another disk. Default: in the data dir."
    anchor_log: MaybeFile = None
    "File for signed heads; better where the engine can only append."
    anchor_time: Annotated[float, v.number(1, 86_400)] = 300.0
    "Seconds between two signatures."
    ballast: Annotated[int, v.size] = 256 * 2**20
    "Octets in reserve for a full disk; less on a disk that has less than four times as much."


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """The engine's own log, for administrators; the main courante is another thing."""

    level: Annotated[str, v.one_of("debug", "info", "warning", "error")] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings, checked."""

    live_emergency_calls: Flag = False
    "False: emergency services are simulated."
    sip: SipConfig
    trunks: tuple[TrunkConfig, ...]
    media: MediaConfig
    web: WebConfig
    alarms: AlarmsConfig
    actions: ActionsConfig
    alerts: AlertsConfig
    data: DataConfig
    directory: DirectoryConfig
    logbook: LogbookConfig
    log: LogConfig

    @property
    def own_hosts(self) -> frozenset[str]:
        """Every address that the settings say is ours."""
        named = (self.sip.advertised_host, self.media.address, self.media.advertised_address)
        hosts = {endpoint.host for endpoint in self.sip.listen}
        return frozenset(hosts.union(host for host in named if host))

    @property
    def recordings_dir(self) -> Path:
        """Where recordings are kept."""
        return self.data.recordings or self.data.dir / "recordings"

    @property
    def logbook_settings(self) -> LogbookSettings:
        """The logbook's part."""
        return LogbookSettings(
            folder=self.data.dir,
            spool=self.logbook.spool,
            anchor_log=self.logbook.anchor_log,
            anchor_time=self.logbook.anchor_time,
            ballast=self.logbook.ballast,
        )


SECTIONS: Final[Mapping[str, type]] = {
    "sip": SipConfig,
    "media": MediaConfig,
    "web": WebConfig,
    "alarms": AlarmsConfig,
    "actions": ActionsConfig,
    "alerts": AlertsConfig,
    "data": DataConfig,
    "directory": DirectoryConfig,
    "logbook": LogbookConfig,
    "log": LogConfig,
}


def load_config(
    file: Path,
    environment: Mapping[str, str],
    *,
    directory: Path | None = None,
    data: Path | None = None,
) -> Config:
    """Read the settings.

    Paths in the file are relative to the file's folder; in the environment, and the two
    given here, to the working directory.

    :param directory: overrides `directory.dir`.
    :param data: overrides `data.dir`.
    :raises ConfigError: naming every wrong setting, with its file and line.
    """
    settings = read_settings(file, environment)
    if directory is not None:
        settings.override("directory", "dir", str(directory), "--directory")
    if data is not None:
        settings.override("data", "dir", str(data), "--data")
    config = _build(settings)
    if config is not None:
        _check(config, settings)
    if settings.problems or config is None:
        raise ConfigError(settings.problems)
    return config


def _build(settings: Settings) -> Config | None:
    sections = {name: settings.build(kind, name) for name, kind in SECTIONS.items()}
    trunks = settings.build_list(TrunkConfig, "trunks")
    top = settings.build(_Top)
    settings.refuse_unknown()
    if top is None or trunks is None or None in sections.values():
        return None
    parts: dict[str, Any] = {
        **sections,
        "trunks": trunks,
        "live_emergency_calls": top.live_emergency_calls,
    }
    return Config(**parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Top:
    live_emergency_calls: Flag = False


def _check(config: Config, settings: Settings) -> None:
    """Find what is wrong only when settings are looked at together."""
    if not any(endpoint.transport == "udp" for endpoint in config.sip.listen):
        settings.complain("sip", "listen", "needs a udp address: phones and carriers use it")
    for endpoint in config.sip.listen:
        if endpoint.host in ("0.0.0.0", "::") and not config.sip.advertised_host:  # noqa: S104
            text = f"listens on every address ({endpoint.host}); give sip.advertised_host"
            settings.complain("sip", "listen", text)
    if config.media.address in ("0.0.0.0", "::") and not config.media.advertised_address:  # noqa: S104
        text = "is every address; give media.advertised_address"
        settings.complain("media", "address", text)
    model = config.media.voice_model
    if model is not None and find_spec(RUNTIME) is None:
        settings.complain("media", "voice_model", "needs the extra `amd` (onnxruntime)")
    elif model is not None and not model.is_file():
        settings.complain("media", "voice_model", f"{model} is no file")
    try:
        read_units(config.alarms.scaip_units, config.sip.domain)
    except (OSError, ValueError) as error:
        settings.complain("alarms", "scaip_units", str(error))
    _check_trunks(config.trunks, settings)


def _check_trunks(trunks: tuple[TrunkConfig, ...], settings: Settings) -> None:
    names: set[str] = set()
    peers: dict[PeerAddress, str] = {}
    for index, trunk in enumerate(trunks):
        if trunk.name in names:
            settings.complain("trunks", "name", f"{trunk.name} is taken already", index)
        names.add(trunk.name)
        for peer in trunk.peers:
            owner = peers.setdefault(peer, trunk.name)
            if owner != trunk.name:
                text = f"{peer.host} is a peer of {owner} already"
                settings.complain("trunks", "peers", text, index)
        if trunk.password and not trunk.realm:
            settings.complain("trunks", "realm", "is needed where a password is", index)
