"""Codes mean something sane; what we do not know is said, and urgent."""

import json
from datetime import UTC, datetime

import pytest

from securityline.alarms import codes
from securityline.alarms.codes import NEVER_SUPPRESSED, Kind, meaning_of
from securityline.alarms.contact_id_codes import CONTACT_ID
from securityline.alarms.scaip_codes import SCAIP_DEVICES, SCAIP_STATES
from securityline.alarms.sia_codes import SIA
from securityline.alarms.signal import CodeFormat, Qualifier, Signal, one_line
from tests.shared import shared


def signal(
    code: str, code_format: CodeFormat, qualifier: Qualifier = "event", state: str = ""
) -> Signal:
    extra = {"state": state} if state else {}
    return Signal("dc09", "1", "1234", code, code_format, qualifier, extra=extra)


@pytest.mark.parametrize(
    ("code", "kind", "urgency"),
    [
        ("100", "medical", 1),
        ("110", "fire", 1),
        ("120", "panic", 1),
        ("121", "duress", 1),
        ("122", "holdup", 1),
        ("130", "intrusion", 2),
        ("137", "tamper", 2),
        ("151", "fire", 1),
        ("301", "power", 3),
        ("350", "communication", 2),
        ("401", "open_close", 4),
        ("406", "cancel", 3),
        ("451", "early_open", 2),
        ("454", "late_close", 2),
        ("570", "bypass", 3),
        ("602", "test", 4),
        ("641", "lone_worker", 2),
    ],
)
def test_contact_id_codes_have_kind_and_urgency(code: str, kind: str, urgency: int) -> None:
    meaning = codes.contact_id(code)

    assert (meaning.kind, meaning.urgency, meaning.is_known) == (kind, urgency, True)


@pytest.mark.parametrize(
    ("code", "kind", "urgency", "qualifier"),
    [
        ("BA", "intrusion", 2, "event"),
        ("BR", "intrusion", 3, "restore"),
        ("HA", "holdup", 1, "event"),
        ("PA", "panic", 1, "event"),
        ("PH", "panic", 3, "restore"),
        ("FA", "fire", 1, "event"),
        ("MA", "medical", 1, "event"),
        ("TA", "tamper", 2, "event"),
        ("AT", "power", 3, "event"),
        ("AR", "power", 4, "restore"),
        ("OP", "open_close", 4, "event"),
        ("CL", "open_close", 4, "restore"),
        ("OK", "early_open", 2, "event"),
        ("CI", "late_close", 2, "event"),
        ("OC", "cancel", 3, "event"),
        ("RP", "test", 4, "event"),
    ],
)
def test_sia_codes_say_by_themselves_whether_it_is_over(
    code: str, kind: str, urgency: int, qualifier: str
) -> None:
    meaning = codes.sia(code)

    assert (meaning.kind, meaning.urgency) == (kind, urgency)
    assert meaning.qualifier == qualifier


@pytest.mark.parametrize(
    ("code", "code_format", "words"),
    [
        ("998", "contact_id", "unknown Contact ID code 998"),
        ("QQ", "sia", "unknown SIA code QQ"),
        ("4711", "scaip", "unknown SCAIP device 4711"),
        ("flying_saucer", "kind", "unknown kind flying_saucer"),
        ("<b>\r\n", "kind", "unknown kind ?b???"),
        ("", "sia", "unknown SIA code (none)"),
    ],
)
def test_an_unknown_code_is_urgent_and_says_so(
    code: str, code_format: CodeFormat, words: str
) -> None:
    meaning = meaning_of(signal(code, code_format))

    assert (meaning.kind, meaning.urgency, meaning.is_known) == (Kind.OTHER, 2, False)
    assert meaning.words == words


@pytest.mark.parametrize("code", ["100", "110", "120", "121", "122"])
def test_danger_to_people_is_never_suppressed(code: str) -> None:
    assert codes.contact_id(code).is_never_suppressed


@pytest.mark.parametrize("code", ["130", "301", "401", "602", "998"])
def test_everything_else_may_be_grouped(code: str) -> None:
    assert not codes.contact_id(code).is_never_suppressed


def test_a_restore_is_less_urgent_and_keeps_its_kind() -> None:
    event = meaning_of(signal("120", "contact_id"))
    restore = meaning_of(signal("120", "contact_id", "restore"))

    assert (event.urgency, restore.urgency) == (1, 3)
    assert restore.kind is event.kind
    assert restore.qualifier == "restore"
    assert meaning_of(signal("401", "contact_id", "restore")).urgency == 4


def test_a_duress_code_counts_users_and_a_panic_button_zones() -> None:
    assert codes.contact_id("121").counts == "user"
    assert codes.contact_id("120").counts == "zone"


@pytest.mark.parametrize(
    ("device", "state", "kind", "urgency", "qualifier"),
    [
        ("7", "", "panic", 1, "event"),
        ("0007", "0010", "panic", 1, "event"),
        ("0030", "0009", "lone_worker", 1, "event"),
        ("0007", "0016", "power", 3, "event"),
        ("0007", "0094", "panic", 3, "restore"),
        ("0007", "0019", "cancel", 3, "event"),
        ("0007", "0074", "panic", 4, "status"),
        ("0048", "0102", "test", 4, "event"),
        ("0023", "0125", "tamper", 2, "event"),
    ],
)
def test_a_scaip_state_changes_what_its_device_means(
    device: str, state: str, kind: str, urgency: int, qualifier: str
) -> None:
    meaning = meaning_of(signal(device, "scaip", state=state))

    assert (meaning.kind, meaning.urgency) == (kind, urgency)
    assert meaning.qualifier == qualifier


def test_an_unknown_scaip_state_leaves_the_device_its_urgency() -> None:
    meaning = codes.scaip("0007", "4711")

    assert (meaning.kind, meaning.urgency, meaning.is_known) == (Kind.PANIC, 1, False)
    assert meaning.words == "panic button: unknown SCAIP state 4711"


def test_a_sender_may_name_the_kind_himself() -> None:
    assert codes.kind("camera_offline").kind is Kind.CAMERA_OFFLINE
    assert codes.kind("panic").urgency == 1
    assert codes.kind("heartbeat").urgency == 4


def test_tables_name_no_code_twice() -> None:
    for table in (CONTACT_ID, SIA, SCAIP_DEVICES, SCAIP_STATES):
        named = [line.split()[0] for line in table.strip().splitlines()]
        assert named == sorted(set(named))


def test_tables_are_in_range_and_name_one_another() -> None:
    for meaning in codes._CONTACT_ID.values():
        assert 1 <= meaning.urgency <= 4
        assert meaning.counts in ("zone", "user", "none")
        for code in filter(None, (meaning.equivalent, meaning.restore_equivalent)):
            assert codes.sia(code).is_known
    for meaning in codes._SIA.values():
        assert 1 <= meaning.urgency <= 4
        assert not meaning.equivalent or codes.contact_id(meaning.equivalent[1:]).is_known


def test_equivalents_agree_on_danger() -> None:
    """A panel that changes its format must not change who is woken."""
    for code, meaning in codes._CONTACT_ID.items():
        if meaning.is_never_suppressed and meaning.equivalent not in ("", "FL", "PH"):
            assert codes.sia(meaning.equivalent).kind in NEVER_SUPPRESSED, code
    for code, meaning in codes._SIA.items():
        if meaning.is_never_suppressed and meaning.equivalent:
            assert codes.contact_id(meaning.equivalent[1:]).kind in NEVER_SUPPRESSED, code


def test_every_published_code_is_known() -> None:
    events = json.loads(shared("alarm-data/contact_id_codes.json").read_text())["event"]
    for code, published in events.items():
        meaning = codes.contact_id(code)
        assert meaning.is_known, code
        is_user = "User" in str(published["addr"])
        assert (meaning.counts == "user") is is_user or code.startswith("7"), code
    events = json.loads(shared("alarm-data/sia_dc03_codes.json").read_text())["event"]
    assert [code for code in events if not codes.sia(code).is_known] == []


def test_every_scaip_device_and_state_is_known() -> None:
    tables = json.loads(shared("alarm-data/scaip/scaip_codes.json").read_text())["tables"]
    assert [d for d in tables["DeviceType"] if not codes.scaip(d).is_known] == []
    assert [s for s in tables["StatusCode"] if not codes.scaip("0007", s).is_known] == []


def test_published_equivalents_mean_the_same_danger_to_us() -> None:
    """A third party's map: where it disagrees about danger, we have decided so on purpose."""
    published = json.loads(shared("alarm-data/contact_id_to_sia.json").read_text())
    differ = {
        code
        for code, pair in published["contact_id_to_sia"].items()
        if codes.contact_id(code).is_never_suppressed
        != codes.sia(pair["1"]).is_never_suppressed
    }

    # 113: water flows in a sprinkler, which is fire, not a leak. 146: a silent burglary is
    # no hold-up. 158: a high temperature is no fire alarm.
    assert differ == {"113", "146", "158"}


def test_words_for_people_stay_on_one_line() -> None:
    assert one_line("a\r\nb\0c\u2028d ") == "a b c d"
    assert one_line("x" * 600) == "x" * 499 + "…"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Signal("http", "1", "1", "130", "contact_id", occurred_at=datetime(2026, 1, 1))  # noqa: DTZ001
    aware = Signal("http", "1", "1", "130", "contact_id", occurred_at=datetime.now(UTC))
    assert hash(aware)


@pytest.mark.parametrize(
    ("code", "has_restore"),
    [
        ("130", True), ("110", True), ("151", True), ("154", True), ("301", True),
        ("350", True), ("137", True),
        # A trouble that the panel never says is over.
        ("303", False), ("354", True),
        # A button, and who opened: over when a person says so.
        ("120", False), ("122", False), ("100", False), ("451", False), ("999", False),
    ],
)  # fmt: skip
def test_which_alarms_the_panel_says_are_over(code: str, has_restore: bool) -> None:
    assert codes.contact_id(code).has_restore is has_restore


@pytest.mark.parametrize(
    ("code", "has_restore"),
    [
        ("BA", True), ("FA", True), ("AT", True), ("LT", True), ("TA", True), ("WA", True),
        # Itself the end of something, or one that has none.
        ("BR", False), ("BH", False), ("SC", False), ("XW", False), ("HA", False),
        ("PA", False),
    ],
)  # fmt: skip
def test_the_same_of_sia(code: str, has_restore: bool) -> None:
    assert codes.sia(code).has_restore is has_restore
