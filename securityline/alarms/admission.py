"""Whose signal it is and what it is for him: from a signal to the event that the flow takes.

The one look-up in the directory, with copies of everything that the flow will need. Whatever
is not known is admitted all the same, and says so: an account, a site, a code.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from callflows.alarm_kinds import CAMERA_OFFLINE, NEVER_SUPPRESSED
from callflows.events import (
    AlarmReceived,
    IncidentId,
    OpenCloseReceived,
    RestoreReceived,
    StatusReceived,
)
from client_directory.alarm_model import Camera, Zone, zone_key
from client_directory.directory import Directory
from client_directory.model import Organisation, Procedure, Site
from client_directory.verification import VERIFIED_KINDS

Admitted = AlarmReceived | RestoreReceived | OpenCloseReceived | StatusReceived

REPEAT_TIMES: Final = MappingProxyType(
    {"dc09": 60.0, "contact_id_call": 900.0, "scaip": 3_600.0}
)
"""Seconds for which a door's key means the same signal, where it is not a day: DC-09 counts to
9999 and begins again, a panel on the telephone has no numbers at all and is known by its call
(and calls again when it got no receipt), and a SCAIP unit that was told to hold repeats for
half an hour."""
A_DAY: Final = 86_400.0

BURGLARY: Final = "intrusion"
"The kind that a zone of the directory may name more exactly."
OPEN_CLOSE: Final = "open_close"
CANCEL: Final = "cancel"
FOR_INFORMATION: Final = 4
"Urgency."
FIRST: Final = 1
"Urgency of what is never suppressed, where no consigne says otherwise."
_PRESSED: Final = VERIFIED_KINDS - {"fire"}
"Kinds of a person: a zone may make a button of what its code calls a burglary."

LONGEST_NAME: Final = 64
LONGEST_TEXT: Final = 500


class Signal(Protocol):
    """What every door understands of a signal, whatever protocol it came by."""

    @property
    def source(self) -> str:
        """Which door."""

    @property
    def source_id(self) -> str:
        """Key to know a repeat by."""

    @property
    def account(self) -> str:
        """As the sender writes it; empty when he named a site."""

    @property
    def code(self) -> str:
        """In the alphabet of `code_format`."""

    @property
    def code_format(self) -> str:
        """`contact_id`, `sia`, `scaip`, or `kind` when the code is a kind of incident."""

    @property
    def qualifier(self) -> str:
        """`event`, `restore` (or a closing), or `status`: known before and still so."""

    @property
    def zone(self) -> str:
        """Zone, point or device; empty: none."""

    @property
    def area(self) -> str:
        """Area or partition."""

    @property
    def user(self) -> str:
        """Number of the user at the panel."""

    @property
    def text(self) -> str:
        """Free words of the sender."""

    @property
    def session(self) -> str:
        """The sender's name for one alarm, which what follows it carries too; empty: none."""

    @property
    def call_time(self) -> float | None:
        """Seconds within which the sender was promised a call."""

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, by the sender's clock; aware."""


class Meaning(Protocol):
    """What a signal's code means to everybody; a client may say otherwise."""

    @property
    def kind(self) -> str:
        """Kind of incident."""

    @property
    def urgency(self) -> int:
        """1 life in danger … 4 for information."""

    @property
    def qualifier(self) -> str:
        """What the code alone says: `event`, `restore` or `status`."""

    @property
    def has_restore(self) -> bool:
        """Whether the sender says so when it is over."""

    @property
    def is_known(self) -> bool:
        """Whether anybody knows the code."""


class _Found(NamedTuple):
    """Whose it is."""

    organisation: Organisation
    site: Site


class _Consigne(NamedTuple):
    """What the client wants done."""

    kind: str
    procedure: Procedure | None
    is_named: bool
    "It names the code, or the kind that the code is known to be; else it is the general one."


def admit(
    signal: Signal,
    meaning: Meaning,
    directory: Directory,
    incident_id: IncidentId,
    *,
    site: str = "",
    organisation: str = "",
) -> Admitted:
    """Build the event for a signal.

    :param incident_id: a fresh number; the flow says under which case it went on.
    :param site: named by a sender that has no account.
    :param organisation: narrows `site` to one client's, when the sender is his.
    """
    found = _find(signal, directory, site, organisation)
    if found is None:
        return _of_nobody(signal, meaning, incident_id, site)
    consigne = _consigne(signal, meaning, directory, found)
    values = _values(signal, incident_id) | _whose(signal, consigne.kind, found)
    values["kind"] = consigne.kind
    qualifier = "restore" if "restore" in (signal.qualifier, meaning.qualifier) else ""
    if consigne.kind in (OPEN_CLOSE, CANCEL):
        closing = "closing" if qualifier else "opening"
        action: Any = CANCEL if consigne.kind == CANCEL else closing
        return OpenCloseReceived(**values, action=action)
    if qualifier:
        return RestoreReceived(**values)
    if meaning.urgency >= FOR_INFORMATION and not consigne.is_named:
        return StatusReceived(**values)
    return AlarmReceived(
        **values,
        is_known_code=meaning.is_known or consigne.is_named,
        is_still_present="status" in (signal.qualifier, meaning.qualifier),
        has_restore=meaning.has_restore and consigne.kind not in _PRESSED,
        urgency=_urgency(consigne, meaning),
        never_suppress=_is_never_suppressed(consigne, meaning),
        procedure=consigne.procedure,
        rules=found.organisation.alarm,
    )


# ---------------------------------------------------------------- whose it is


def _find(signal: Signal, directory: Directory, site: str, organisation: str) -> _Found | None:
    """Return whose it is: by the account, else by a site's name that one client alone has."""
    account = directory.alarm_account(signal.account.upper()) if signal.account else None
    if account is not None:
        return _Found(account.organisation, account.site)
    if signal.account or not site:
        return None
    clients = directory.organisations
    wanted = [organisation] if organisation else list(clients)
    found = [
        _Found(clients[name], place)
        for name in wanted
        if name in clients and (place := directory.site(name, site)) is not None
    ]
    return found[0] if len(found) == 1 else None


def _of_nobody(
    signal: Signal, meaning: Meaning, incident_id: IncidentId, site: str
) -> AlarmReceived:
    """Whatever it says, an operator looks at what belongs to nobody."""
    values = _values(signal, incident_id)
    values["account"] = _clip(signal.account or site)
    return AlarmReceived(
        **values,
        kind=str(meaning.kind),
        is_known_account=False,
        is_known_code=meaning.is_known,
        urgency=min(meaning.urgency, 2),
    )


# ---------------------------------------------------------------- what it is for him


def _consigne(
    signal: Signal, meaning: Meaning, directory: Directory, found: _Found
) -> _Consigne:
    """Choose the consigne: for the code, else for the kind, else the general one."""
    client = found.organisation.organisation
    kind = str(meaning.kind)
    zone = _zone(signal, found.site)
    if kind == BURGLARY and zone is not None and zone.kind is not None:
        kind = zone.kind
    elif signal.code_format == "kind" and signal.code in directory.kinds(client):
        kind = signal.code
    elif (by_code := directory.procedure_for_alarm(client, signal.code)) is not None:
        kinds = by_code.incident_kinds
        return _Consigne(kind if kind in kinds else kinds[0], by_code, is_named=True)
    is_own = kind == signal.code or meaning.is_known
    is_named = is_own and kind in directory.kinds(client)
    return _Consigne(kind, directory.procedure_for(client, kind), is_named)


def _urgency(consigne: _Consigne, meaning: Meaning) -> int:
    """Return the consigne's, where the client has one for this; else that of the code."""
    if consigne.is_named and consigne.procedure is not None:
        return consigne.procedure.urgency
    return FIRST if consigne.kind in NEVER_SUPPRESSED else meaning.urgency


def _is_never_suppressed(consigne: _Consigne, meaning: Meaning) -> bool:
    """Whatever kind a client makes of it, what the code calls fire is never suppressed."""
    procedure = consigne.procedure
    says_so = consigne.is_named and procedure is not None and procedure.never_suppress
    return says_so or meaning.kind in NEVER_SUPPRESSED


def _zone(signal: Signal, site: Site) -> Zone | None:
    wanted = zone_key(signal.zone)
    return next((zone for zone in site.zones if zone_key(zone.zone) == wanted), None)


def _camera(signal: Signal, site: Site) -> Camera | None:
    return next((c for c in site.cameras if c.camera == signal.zone), None)


# ---------------------------------------------------------------- its fields


def _values(signal: Signal, incident_id: IncidentId) -> dict[str, Any]:
    return {
        "incident_id": incident_id,
        "source": signal.source,
        "source_id": signal.source_id,
        "repeat_time": REPEAT_TIMES.get(signal.source, A_DAY),
        "account": _clip(signal.account),
        "code": _clip(signal.code),
        "code_format": signal.code_format,
        "zone": _clip(signal.zone),
        "area": _clip(signal.area),
        "user": _clip(signal.user),
        "text": _clip(signal.text, LONGEST_TEXT),
        "session": _clip(signal.session),
        "call_time": signal.call_time,
        "occurred_at": signal.occurred_at.isoformat() if signal.occurred_at else "",
    }


def _whose(signal: Signal, kind: str, found: _Found) -> dict[str, Any]:
    organisation, site = found
    values: dict[str, Any] = {
        "organisation": organisation.organisation,
        "organisation_name": organisation.name,
        "site": site.site,
        "site_name": site.name,
        "clearance": organisation.clearance,
    }
    if kind == CAMERA_OFFLINE:
        camera = _camera(signal, site)
        values["camera"] = _clip(signal.zone)
        if camera is not None:
            values |= {"zone_name": camera.name, "carrier": camera.carrier or ""}
    elif (zone := _zone(signal, site)) is not None:
        values |= {"zone_name": zone.name, "detector": zone.detector or ""}
    return values


def _clip(text: str, longest: int = LONGEST_NAME) -> str:
    """Return text that is safe to show: printable, on one line, not too long."""
    return "".join(c if c.isprintable() else " " for c in text[:longest])
