import pytest

from callflows.events import CallId, CallOffered, IncidentId, LegId
from client_directory.directory import Directory
from client_directory.model import Did, Organisation, Site
from securityline.telephony.admission import IncidentNumbers, by_unit, newest_number
from securityline.telephony.expected import Expected

NOON = 1_795_348_800.0  # 2026-11-22 12:00 UTC
DAY = 86_400.0


def test_numbers_count_within_the_day() -> None:
    numbers = IncidentNumbers()
    assert [numbers.next(NOON), numbers.next(NOON + 1)] == ["20261122-0001", "20261122-0002"]


def test_a_new_day_begins_at_one() -> None:
    numbers = IncidentNumbers("20261122-0417")
    assert numbers.next(NOON) == "20261122-0418"
    assert numbers.next(NOON + DAY) == "20261123-0001"


def test_a_clock_set_back_makes_no_number_twice() -> None:
    numbers = IncidentNumbers()
    first = numbers.next(NOON)
    again = numbers.next(NOON - 3 * DAY)
    assert first != again
    assert again > first


def test_ten_thousand_calls_in_a_day_still_have_numbers() -> None:
    assert IncidentNumbers("20261122-9999").next(NOON) == "20261122-10000"


@pytest.mark.parametrize("rubbish", ["", "x", "20261122-", "20261122-abc"])
def test_what_cannot_be_read_starts_afresh(rubbish: str) -> None:
    assert IncidentNumbers(rubbish).next(NOON).endswith("-0001")


def test_the_newest_number_is_found_among_those_that_changed_last() -> None:
    assert newest_number(["20261122-9999", "20261122-10000", "20261121-0007"]) == (
        "20261122-10000"
    )
    assert newest_number([]) == ""


# ---------------------------------------------------------------- the call of a unit

CLIENT = Organisation(
    organisation="home",
    name="Home",
    country="BE",
    time_zone="Europe/Brussels",
    languages=("nl",),
    clearance="high_security",
    dids=(
        Did(
            number="+3225550100",
            service="security_line",
            label={"": "x"},
            fallback_number="+3225550199",
        ),
    ),
    sites=(Site(site="room-7", name="Room 7", alarm_accounts=("1234",)),),
)
ALARM = IncidentId("20261122-0007")


def offered(*, is_known_did: bool = False) -> CallOffered:
    return CallOffered(
        incident_id=IncidentId("20261122-0008"),
        call_id=CallId("c"),
        leg_id=LegId("l"),
        did="arc",
        is_known_did=is_known_did,
    )


def test_a_unit_s_call_is_its_client_s_although_it_dials_no_number_of_his() -> None:
    call = by_unit(offered(), Expected(ALARM, "1234"), Directory([CLIENT]))
    assert call.incident_id == ALARM
    assert call.is_known_did
    assert (call.identification.organisation, call.identification.site) == ("home", "room-7")
    assert call.clearance == "high_security"
    assert call.languages == ("nl",)
    assert (call.fallback_number, call.presented_number) == ("+3225550199", "+3225550100")
    assert call.urgency == 1
    assert call.while_ringing == "ringback", "nothing is read aloud beside an attacker"
    assert call.recording == "evidence"


def test_the_number_it_dialled_names_the_client_where_it_is_one() -> None:
    call = by_unit(offered(is_known_did=True), Expected(ALARM, "1234"), Directory([CLIENT]))
    assert call.incident_id == ALARM
    assert call.identification.organisation is None


def test_the_unit_of_an_account_nobody_knows_lands_in_its_case_all_the_same() -> None:
    call = by_unit(offered(), Expected(ALARM, "9999"), Directory([CLIENT]))
    assert call.incident_id == ALARM
    assert not call.is_known_did
    assert call.display_name == "9999"
