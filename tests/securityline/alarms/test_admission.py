"""From what a door understood to what the flow takes: whose it is, and what it is for him."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.alarm_kinds import place_of, zone_of
from callflows.codec import decode, encode
from callflows.events import (
    AlarmReceived,
    IncidentId,
    OpenCloseReceived,
    RestoreReceived,
    StatusReceived,
)
from client_directory.alarm_model import AlarmRules
from client_directory.directory import Directory
from client_directory.model import Organisation, Site
from securityline.alarms.admission import LONGEST_NAME, LONGEST_TEXT, admit
from tests.client_directory.factory import ACME, loaded
from tests.shared import shared

NUMBER = IncidentId("inc-1")
ZONES = """\
    zones:
      - {zone: "001", name: Hall, detector: pir-hall}
      - {zone: "007", name: Counter, kind: holdup}
    cameras:
      - {camera: cam-1, name: Gate, carrier: operator-a}
"""
CONSIGNES = """\
procedures:
  - procedure: intrusion
    version: 2
    incident_kinds: [intrusion, early_open]
    alarm_codes: ["130", "BA", "451"]
    title: {fr: Intrusion, nl: Inbraak}
    urgency: 2
    hold: 45s
    steps: [{step: note, say: Noted, go_to: end}]
  - procedure: holdup
    version: 1
    incident_kinds: [holdup]
    title: {fr: Hold-up, nl: Overval}
    urgency: 1
    never_suppress: true
    steps: [{step: police, do: {call_service: police}, go_to: end}]
  - procedure: freezer
    version: 1
    incident_kinds: [freezer]
    alarm_codes: ["152", "602"]
    title: {fr: Froid, nl: Koeling}
    urgency: 3
    steps: [{step: note, say: Noted, go_to: end}]
"""
WHOLE = (
    ACME.replace("people:\n", ZONES + "people:\n", 1).replace("procedures:\n", CONSIGNES, 1)
    + "alarm: {hold: 30s, confirm_window: 40m}\n"
)


@dataclass(frozen=True)
class Heard:
    """A signal, as a door understood it."""

    source: str = "dc09"
    source_id: str = "1234-0001"
    account: str = "1234"
    code: str = "130"
    code_format: str = "contact_id"
    qualifier: str = "event"
    zone: str = "001"
    area: str = "01"
    user: str = ""
    text: str = ""
    occurred_at: datetime | None = None
    session: str = ""
    call_time: float | None = None


@dataclass(frozen=True)
class Means:
    """What the tables say of its code."""

    kind: str = "intrusion"
    urgency: int = 2
    qualifier: str = "event"
    is_known: bool = True
    has_restore: bool = False


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Directory:
    return loaded(tmp_path_factory.mktemp("directory"), WHOLE)


def alarm(directory: Directory, heard: Heard, means: Means = Means(), **where: str) -> Any:
    return admit(heard, means, directory, NUMBER, **where)


def test_an_alarm_carries_all_that_the_flow_needs(directory: Directory) -> None:
    at = datetime(2026, 11, 27, 3, 12, tzinfo=UTC)
    event = alarm(directory, Heard(text="hall", occurred_at=at))
    assert isinstance(event, AlarmReceived)
    assert (event.incident_id, event.source, event.source_id) == (NUMBER, "dc09", "1234-0001")
    assert (event.organisation, event.organisation_name) == ("acme", "Acme")
    assert (event.site, event.site_name) == ("hq", "Head office")
    assert (event.kind, event.urgency, event.code) == ("intrusion", 2, "130")
    assert (event.zone, event.zone_name, event.detector) == ("001", "Hall", "pir-hall")
    assert event.procedure is not None
    assert (event.procedure.procedure, event.procedure.hold_time) == ("intrusion", 45.0)
    assert event.rules == AlarmRules(hold_time=30.0, confirm_window_time=2400.0)
    assert (event.area, event.text) == ("01", "hall")
    assert event.occurred_at == "2026-11-27T03:12:00+00:00"
    assert event.is_known_account
    assert event.is_known_code
    assert not event.is_still_present
    assert decode("AlarmReceived", encode(event)) == event


@pytest.mark.parametrize(
    ("heard", "means", "kind", "consigne", "urgency"),
    [
        # the client's consigne names the code
        (Heard(code="451"), Means("early_open"), "early_open", "intrusion", 2),
        (Heard(code="152"), Means("technical", 3), "freezer", "freezer", 3),
        (Heard(code="602"), Means("test", 4), "freezer", "freezer", 3),
        # … or the kind
        (Heard(code="120"), Means("holdup", 1), "holdup", "holdup", 1),
        # a burglary signal from the counter's button
        (Heard(zone="7"), Means(), "holdup", "holdup", 1),
        (Heard(zone="007"), Means(), "holdup", "holdup", 1),
        (Heard(zone="007", code="301"), Means("power", 3), "power", "default", 3),
        # a kind of the client's own, named by the sender
        (
            Heard(code="freezer", code_format="kind"),
            Means("other", 2, "event", False),
            "freezer",
            "freezer",
            3,
        ),
        # nothing of the client's: the general consigne, and the table's urgency
        (Heard(code="110"), Means("fire", 1), "fire", "default", 1),
        (Heard(code="100"), Means("medical", 3), "medical", "default", 1),
        (Heard(code="301"), Means("power", 3), "power", "default", 3),
    ],
)
def test_the_client_s_consigne_comes_before_the_tables(
    directory: Directory, heard: Heard, means: Means, kind: str, consigne: str, urgency: int
) -> None:
    event = alarm(directory, heard, means)
    assert (event.kind, event.urgency) == (kind, urgency)
    assert event.procedure.procedure == consigne
    assert event.is_known_code


def test_what_the_panel_will_say_is_over_says_so(directory: Directory) -> None:
    means = Means(has_restore=True)
    assert alarm(directory, Heard(), means).has_restore
    assert not alarm(directory, Heard(), Means()).has_restore
    # A button at the counter is over when a person says so, whatever its code.
    assert not alarm(directory, Heard(zone="007"), means).has_restore


def test_a_consigne_that_is_never_suppressed_says_so(directory: Directory) -> None:
    assert alarm(directory, Heard(zone="7")).never_suppress
    assert not alarm(directory, Heard()).never_suppress


def test_what_the_code_calls_fire_is_never_suppressed_whatever_the_client_makes_of_it(
    directory: Directory,
) -> None:
    event = alarm(directory, Heard(code="152"), Means("fire", 1))
    assert (event.kind, event.never_suppress) == ("freezer", True)


def test_a_code_that_nobody_knows_is_admitted_and_says_so(directory: Directory) -> None:
    event = alarm(directory, Heard(code="7ZZ"), Means("other", 2, "event", False))
    assert isinstance(event, AlarmReceived)
    assert not event.is_known_code
    assert event.procedure is not None
    assert (event.procedure.procedure, event.urgency) == ("default", 2)


@pytest.mark.parametrize("qualifier", ["event", "restore", "status"])
def test_an_account_that_nobody_has_is_admitted_as_an_alarm_whatever_it_says(
    directory: Directory, qualifier: str
) -> None:
    heard = Heard(account="6666", qualifier=qualifier)
    for means in (Means(), Means("open_close", 4), Means("test", 4)):
        event = alarm(directory, heard, means)
        assert isinstance(event, AlarmReceived)
        assert not event.is_known_account
        assert (event.account, event.organisation, event.procedure) == ("6666", None, None)
        assert event.urgency <= 2


@pytest.mark.parametrize(
    ("qualifier", "kind", "expected", "action"),
    [
        ("restore", "intrusion", RestoreReceived, None),
        ("event", "open_close", OpenCloseReceived, "opening"),
        ("restore", "open_close", OpenCloseReceived, "closing"),
        ("event", "cancel", OpenCloseReceived, "cancel"),
        ("restore", "cancel", OpenCloseReceived, "cancel"),
        ("event", "test", StatusReceived, None),
    ],
)
def test_not_everything_is_an_alarm(
    directory: Directory, qualifier: str, kind: str, expected: type, action: str | None
) -> None:
    urgency = 4 if kind in ("test", "open_close") else 2
    heard = Heard(code="999", qualifier=qualifier, user="5")
    event = alarm(directory, heard, Means(kind, urgency))
    assert type(event) is expected
    assert (event.organisation, event.site, event.user) == ("acme", "hq", "5")
    assert getattr(event, "action", None) == action


def test_the_code_itself_may_say_that_it_is_a_return_to_normal(directory: Directory) -> None:
    """SIA has a code of its own for it, Contact ID a qualifier beside the code."""
    event = alarm(directory, Heard(code="BH"), Means(qualifier="restore"))
    assert isinstance(event, RestoreReceived)
    assert event.kind == "intrusion"


def test_a_return_to_normal_has_the_place_and_zone_of_its_alarm(directory: Directory) -> None:
    for heard, means in (
        (Heard(), Means()),
        (Heard(zone="cam-1", code="camera_offline"), Means("camera_offline", 3)),
    ):
        came = alarm(directory, heard, means)
        gone = alarm(directory, replace(heard, qualifier="restore"), means)
        assert (place_of(came), zone_of(came)) == (place_of(gone), zone_of(gone))


def test_what_was_known_before_says_so(directory: Directory) -> None:
    event = alarm(directory, Heard(qualifier="status"))
    assert isinstance(event, AlarmReceived)
    assert event.is_still_present


def test_a_camera_brings_its_name_and_its_carrier(directory: Directory) -> None:
    event = alarm(directory, Heard(code="", zone="cam-1"), Means("camera_offline", 3))
    assert (event.camera, event.zone_name, event.carrier) == ("cam-1", "Gate", "operator-a")
    stranger = alarm(directory, Heard(code="", zone="cam-9"), Means("camera_offline", 3))
    assert (stranger.camera, stranger.carrier) == ("cam-9", "")


@pytest.mark.parametrize(
    ("source", "seconds"), [("dc09", 60), ("http", 86_400), ("scaip", 3_600)]
)
def test_every_door_s_key_means_the_same_for_its_own_time(
    directory: Directory, source: str, seconds: float
) -> None:
    assert alarm(directory, Heard(source=source)).repeat_time == seconds


# ---------------------------------------------------------------- where


def test_an_account_in_lower_case_is_the_same(tmp_path: Path) -> None:
    directory = loaded(tmp_path, ACME.replace('"1234"', '"A1B2"'))
    assert alarm(directory, Heard(account="a1b2")).site == "hq"


def test_a_sender_may_name_the_site_instead(directory: Directory) -> None:
    assert alarm(directory, Heard(account=""), site="hq").site == "hq"
    nowhere = alarm(directory, Heard(account=""), site="nowhere")
    assert not nowhere.is_known_account
    assert nowhere.account == "nowhere"


def test_a_site_that_two_clients_have_is_nobody_s_until_the_client_is_named() -> None:
    clients = [
        Organisation(
            organisation=name,
            name=name,
            country="BE",
            time_zone="Europe/Brussels",
            languages=("fr",),
            sites=(Site(site="hq", name=f"{name}'s"),),
        )
        for name in ("one", "two")
    ]
    directory = Directory(clients)
    assert not alarm(directory, Heard(account=""), site="hq").is_known_account
    named = alarm(directory, Heard(account=""), site="hq", organisation="two")
    assert (named.organisation, named.site_name) == ("two", "two's")
    stranger = alarm(directory, Heard(account=""), site="hq", organisation="three")
    assert not stranger.is_known_account


def test_a_wrong_account_is_not_helped_by_a_right_site(directory: Directory) -> None:
    """Two answers to one question: an operator decides, not we."""
    assert not alarm(directory, Heard(account="6666"), site="hq").is_known_account


def test_a_client_without_any_consigne_is_admitted() -> None:
    client = Organisation(
        organisation="bare",
        name="Bare",
        country="BE",
        time_zone="Europe/Brussels",
        languages=("fr",),
        sites=(Site(site="hq", name="HQ", alarm_accounts=("1234",)),),
    )
    event = alarm(Directory([client]), Heard(), Means())
    assert (event.kind, event.urgency, event.procedure) == ("intrusion", 2, None)


# ---------------------------------------------------------------- hostile


@given(
    texts=st.lists(st.text(max_size=700), min_size=7, max_size=7),
    kind=st.text(max_size=20),
    urgency=st.integers(),
    qualifiers=st.lists(st.sampled_from(["event", "restore", "status", "?"]), min_size=2),
)
def test_whatever_a_sender_writes_is_admitted_short_and_on_one_line(
    texts: list[str], kind: str, urgency: int, qualifiers: list[str]
) -> None:
    heard = Heard("dc09", "1", *texts[:2], "sia", qualifiers[0], *texts[2:6])
    means = Means(kind, urgency, qualifiers[1], is_known=False)
    event = alarm(Directory(), heard, means)
    assert isinstance(event, AlarmReceived)
    for text in (event.account, event.code, event.zone, event.area, event.user):
        assert len(text) <= LONGEST_NAME
        assert text.isprintable()
    assert len(event.text) <= LONGEST_TEXT
    assert event.text.isprintable()


# ---------------------------------------------------------------- the reference directory


def test_the_reference_directory(tmp_path: Path) -> None:
    directory = Directory.load(shared("directory"))
    break_in = alarm(directory, Heard())
    assert (break_in.organisation, break_in.site) == ("postes-demo", "bru-centre")
    assert (break_in.procedure.procedure, break_in.procedure.hold_time) == ("intrusion", 45.0)
    by_sia = alarm(directory, Heard(account="A1B2", code="BA", code_format="sia"))
    assert (by_sia.site, by_sia.kind) == ("lg-tri", "intrusion")
    early = alarm(directory, Heard(code="451"), Means("early_open"))
    assert (early.kind, early.procedure.procedure) == ("early_open", "intrusion")
    robbery = alarm(directory, Heard(account="9001", code="120"), Means("panic", 1))
    assert (robbery.kind, robbery.urgency, robbery.clearance) == ("panic", 1, "high_security")
    assert robbery.never_suppress
    assert robbery.procedure.quiet_time == 600.0
    power = alarm(directory, Heard(code="301"), Means("power", 3))
    assert power.procedure.procedure == "default"
