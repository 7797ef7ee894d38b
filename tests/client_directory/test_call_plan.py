"""Who is called when, and who is not and why."""

import json
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflows import codec
from client_directory.call_plan import CallPlan, build_call_plan
from client_directory.directory import Directory
from client_directory.model import Did, Phone, Service, Site
from tests.client_directory.clients import (
    BRUSSELS,
    at,
    client,
    level,
    person,
    rota,
    seconds,
)
from tests.client_directory.test_example_directory import EXAMPLE

NOON = "2026-11-25T12:00"  # a Wednesday
HOUR = 3600.0


def plan_of(*people, levels, moment=NOON, site="hq", zone=BRUSSELS, horizon=6 * HOUR, **more):
    organisation = client(*people, levels=levels, **more)
    return build_call_plan(organisation, "tree", site, at(moment, zone), horizon)


def names(plan, number=0):
    return [target.person for target in plan.levels[number].targets]


def causes(plan, number=0):
    return {one.person: one.cause for one in plan.levels[number].left_out}


# ---------------------------------------------------------------- what a plan holds


def test_a_plan_holds_all_that_a_running_tree_needs():
    ann = person("ann", "+32470000001", "+3225554011", languages=("nl",), pin_hash="x")
    plan = plan_of(
        ann,
        levels=[level("ann", ring_time=40.0, accept="pin", strategy="overlapping")],
        rounds=3,
        leave_message=True,
    )
    start = seconds(NOON, BRUSSELS)
    assert (plan.call_tree, plan.organisation, plan.organisation_name) == (
        "tree",
        "acme",
        "Acme",
    )
    assert (plan.site, plan.site_name, plan.rounds) == ("hq", "Head office", 3)
    assert (plan.languages, plan.may_leave_message) == (("fr", "nl"), True)
    assert plan.until == start + 6 * HOUR
    (only,) = plan.levels
    assert (only.strategy, only.ring_time, only.overlap_time) == ("overlapping", 40.0, 20.0)
    assert (only.accept, only.answers_needed, only.left_out) == ("pin", 1, ())
    (target,) = only.targets
    assert (target.name, target.languages, target.has_pin) == ("Ann", ("nl",), True)
    assert target.numbers == ("+32470000001", "+3225554011")
    assert target.windows == ((start, plan.until),)


def test_a_plan_travels_in_an_event_and_comes_back_the_same():
    plan = plan_of(
        person("ann"),
        person("bob", valid_until=date(2025, 12, 31)),
        levels=[level("ann", "bob"), level("rota:duty", strategy="all_at_once")],
        rotas=(rota("ann", "bob"),),
    )
    text = json.dumps(codec.to_plain(plan))
    assert codec.from_plain(CallPlan, json.loads(text)) == plan


def test_no_secret_travels_with_a_plan():
    organisation = next(iter(Directory.load(EXAMPLE).organisations.values()))
    for tree in organisation.call_trees:
        plan = build_call_plan(organisation, tree.call_tree, None, at(NOON))
        text = json.dumps(codec.to_plain(plan))
        for one in organisation.people:
            for secret in (one.pin_hash, one.duress_pin_hash, one.code_word_hash):
                assert secret is None or secret not in text


def test_the_overlap_that_was_written_is_kept():
    plan = plan_of(
        person("ann"), levels=[level("ann", strategy="overlapping", overlap_time=7.0)]
    )
    assert plan.levels[0].overlap_time == 7.0


@pytest.mark.parametrize(
    ("services", "presented"),
    [
        (["guards", "security_line", "keyholder_callback"], 2),
        (["security_line", "security_line"], 0),
        (["service_desk", "security_line"], 1),
        # Any number with a person behind it, before one of a machine, before none.
        (["guards"], 0),
        (["installer", "intercom", "service_desk"], 1),
        (["alarm_receiver", "lone_worker"], 0),
        ([], None),
    ],
)
def test_the_number_shown_leads_a_call_back_home(services, presented):
    dids = tuple(
        Did(number=f"+322555400{index}", service=service, label={"": "x"})
        for index, service in enumerate(services)
    )
    plan = plan_of(person("ann"), levels=[level("ann")], dids=dids)
    assert plan.presented_number == (None if presented is None else dids[presented].number)


def test_a_tree_that_is_not_there_is_exhausted_before_it_begins():
    organisation = client(person("ann"), levels=[level("ann")])
    assert build_call_plan(organisation, "oak", "hq", at(NOON)).levels == ()


def test_a_naive_moment_is_refused():
    organisation = client(person("ann"), levels=[level("ann")])
    with pytest.raises(ValueError, match="aware"):
        build_call_plan(organisation, "tree", "hq", datetime.fromisoformat(NOON))


# ---------------------------------------------------------------- who is named


def test_people_roles_and_rotas_in_the_order_written():
    people = [
        person("ann", roles=("chief",)),
        person("bob"),
        person("cem", roles=("chief",)),
        person("dee"),
    ]
    plan = plan_of(
        *people, levels=[level("dee", "role:chief", "rota:duty")], rotas=(rota("bob"),)
    )
    assert names(plan) == ["dee", "ann", "cem", "bob"]


def test_a_person_is_called_once_a_level_and_again_in_the_next():
    plan = plan_of(
        person("ann", roles=("chief",)),
        person("bob", roles=("chief",)),
        levels=[level("bob", "role:chief", "rota:duty", "bob"), level("bob")],
        rotas=(rota("ann", "bob"),),
    )
    assert names(plan) == ["bob", "ann"]
    assert names(plan, 1) == ["bob"]


def test_a_number_written_twice_is_tried_once():
    plan = plan_of(
        person("ann", "+32470000001", "+3225554011", "+32470000001"), levels=[level("ann")]
    )
    assert plan.levels[0].targets[0].numbers == ("+32470000001", "+3225554011")


def test_of_a_rota_only_who_is_on_call():
    plan = plan_of(
        person("ann"), person("bob"), levels=[level("rota:duty")], rotas=(rota("ann", "bob"),)
    )
    assert names(plan) == ["ann"]
    assert causes(plan) == {"bob": "not_on_call"}


def test_a_handover_within_the_horizon_gives_both_with_their_hours():
    plan = plan_of(
        person("ann"),
        person("bob"),
        levels=[level("rota:duty")],
        rotas=(rota("ann", "bob"),),
        moment="2026-11-30T05:00",
    )
    change = seconds("2026-11-30T08:00", BRUSSELS)
    ann, bob = plan.levels[0].targets
    assert (ann.person, ann.windows) == ("ann", ((change - 3 * HOUR, change),))
    assert (bob.person, bob.windows) == ("bob", ((change, change + 3 * HOUR),))


def test_on_call_and_not_available_is_not_called():
    plan = plan_of(
        person("ann", available="18:00-24:00"),
        levels=[level("rota:duty")],
        rotas=(rota("ann"),),
        horizon=3 * HOUR,
    )
    assert (names(plan), causes(plan)) == ([], {"ann": "not_available"})


def test_named_by_himself_he_is_called_in_weeks_off_too():
    plan = plan_of(
        person("ann"),
        person("bob"),
        levels=[level("rota:duty", "bob")],
        rotas=(rota("ann", "bob"),),
    )
    assert names(plan) == ["ann", "bob"]


# ---------------------------------------------------------------- who is left out


@pytest.mark.parametrize(
    ("more", "cause", "reason"),
    [
        (
            {"valid_until": date(2026, 11, 24)},
            "not_valid_any_more",
            "not valid any more since 2026-11-25",
        ),
        ({"valid_from": date(2026, 11, 26)}, "not_valid_yet", "not valid before 2026-11-26"),
        ({"sites": ("depot",)}, "no_right_to_site", "no right to the site hq"),
        ({"sites": ()}, "no_right_to_site", "no right to the site hq"),
        ({"phones": ()}, "no_telephone", "no telephone"),
        ({"available": "Mo-Tu"}, "not_available", "not available: Mo-Tu"),
    ],
)
def test_whoever_is_left_out_is_named_with_the_reason(more, cause, reason):
    ann = replace(person("ann"), **more)
    plan = plan_of(ann, person("bob"), levels=[level("ann", "bob")])
    assert names(plan) == ["bob"]
    (left,) = plan.levels[0].left_out
    assert (left.person, left.name, left.cause, left.reason) == ("ann", "Ann", cause, reason)


def test_somebody_who_left_the_directory():
    plan = plan_of(person("bob"), levels=[level("ann", "bob", "role:chief", "rota:none")])
    assert (names(plan), causes(plan)) == (["bob"], {"ann": "unknown"})


def test_the_last_day_counts_and_ends_at_midnight():
    ann = person("ann", valid_until=date(2026, 11, 25), valid_from=date(2026, 11, 25))
    plan = plan_of(ann, levels=[level("ann")], moment="2026-11-25T23:00")
    midnight = seconds("2026-11-26T00:00", BRUSSELS)
    assert plan.levels[0].targets[0].windows == ((midnight - HOUR, midnight),)
    plan = plan_of(ann, levels=[level("ann")], moment="2026-11-24T23:00")
    assert plan.levels[0].targets[0].windows == (
        (midnight - 24 * HOUR, midnight - 24 * HOUR + 5 * HOUR),
    )


def test_without_a_site_everybody_may_be_called():
    plan = plan_of(person("ann", sites=()), levels=[level("ann")], site=None)
    assert (names(plan), plan.site, plan.site_name) == (["ann"], None, "")


def test_a_site_that_is_not_there_opens_no_door():
    plan = plan_of(person("ann"), levels=[level("ann")], site="moon")
    assert (names(plan), causes(plan)) == ([], {"ann": "no_right_to_site"})


@pytest.mark.parametrize("number", ["112", "+32112", "101", "+32101", "+3225554801"])
def test_an_emergency_number_never_gets_in(number):
    police = Service(service="pz", kind="police", name="P", public="101", direct="+3225554801")
    organisation = client(
        person("ann", number, "+32470000001"),
        person("bob", number),
        levels=[level("ann", "bob")],
    )
    plan = Directory([organisation], services=[police]).call_plan(
        "acme", "tree", "hq", at(NOON)
    )
    assert plan is not None
    only = plan.levels[0]
    assert [target.numbers for target in only.targets] == [("+32470000001",)]
    assert [(one.person, one.cause) for one in only.left_out] == [
        ("ann", "emergency_number"),
        ("bob", "emergency_number"),
        ("bob", "no_telephone"),
    ]


def test_the_numbers_of_services_are_protected_as_they_are_written():
    service = Service(service="x", kind="fire", name="x", public="02 555", direct="+3225554801")
    directory = Directory([], services=[service])
    assert directory.is_protected_number("+3225554801")
    assert directory.is_protected_number("02 555")
    assert not directory.is_protected_number("+3225554802")
    assert directory.call_plan("nobody", "tree", None, at(NOON)) is None


# ---------------------------------------------------------------- when


def test_availability_is_cut_to_the_horizon():
    ann = person("ann", available="10:00-13:00,15:00-16:00,20:00-21:00")
    plan = plan_of(ann, levels=[level("ann")])
    noon = seconds(NOON, BRUSSELS)
    assert plan.levels[0].targets[0].windows == (
        (noon, noon + HOUR),
        (noon + 3 * HOUR, noon + 4 * HOUR),
    )


@pytest.mark.parametrize(
    ("country", "moment", "is_called"),
    [
        ("BE", "2026-07-21T12:00", True),
        ("FR", "2026-07-21T12:00", False),
        ("FR", "2026-07-14T12:00", True),
        ("BE", "2026-07-14T12:00", False),
        ("BE", "2026-12-25T12:00", True),
        ("BE", "2026-05-25T12:00", True),  # Whit Monday, which moves
    ],
)
def test_public_holidays_are_those_of_the_country(country, moment, is_called):
    organisation = client(person("ann", available="PH"), levels=[level("ann")])
    organisation = replace(organisation, country=country)
    plan = build_call_plan(organisation, "tree", "hq", at(moment, BRUSSELS), HOUR)
    assert bool(names(plan)) is is_called


ODD_NIGHTS = [
    # Twice 02:00 to 03:00: whoever goes stays to the second, whoever comes begins at the first.
    (BRUSSELS, "2026-10-25T00:00", "02:30", "2026-10-25T00:30", "2026-10-25T01:30"),
    # None: both change over when the clock jumps.
    (BRUSSELS, "2026-03-29T00:00", "02:30", "2026-03-29T01:00", "2026-03-29T01:00"),
    ("America/New_York", "2026-11-01T00:00", "01:30", "2026-11-01T05:30", "2026-11-01T06:30"),
    ("America/New_York", "2026-03-08T00:00", "02:30", "2026-03-08T07:00", "2026-03-08T07:00"),
    (
        "Australia/Lord_Howe",
        "2026-04-05T00:00",
        "01:45",
        "2026-04-04T14:45",
        "2026-04-04T15:15",
    ),
    (
        "Australia/Lord_Howe",
        "2026-10-04T00:00",
        "02:10",
        "2026-10-03T15:30",
        "2026-10-03T15:30",
    ),
]


@pytest.mark.parametrize(("zone", "start", "change", "comes", "goes"), ODD_NIGHTS)
def test_the_night_of_the_change_of_hour_has_no_hole(zone, start, change, comes, goes):
    late = person("late", available=f"00:00-{change}")
    early = person("early", available=f"{change}-24:00")
    plan = plan_of(
        late, early, levels=[level("late", "early")], moment=start, zone=zone, time_zone=zone
    )
    first, second = plan.levels[0].targets
    assert first.windows == ((seconds(start, zone), seconds(goes)),)
    assert second.windows == ((seconds(comes), plan.until),)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BRUSSELS, "2026-03-29", 23),
        (BRUSSELS, "2026-10-25", 25),
        (BRUSSELS, "2026-10-26", 24),
        ("Europe/Paris", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("UTC", "2026-03-29", 24),
    ],
)
def test_a_whole_day_is_as_long_as_it_is(zone, day, hours):
    weekday = datetime.fromisoformat(day).strftime("%a")[:2]
    ann = person("ann", available=f"{weekday} 00:00-24:00")
    plan = plan_of(
        ann,
        levels=[level("ann")],
        moment=f"{day}T00:00",
        zone=zone,
        horizon=30 * HOUR,
        time_zone=zone,
    )
    ((start, end),) = plan.levels[0].targets[0].windows
    assert end - start == hours * HOUR


schedules = st.sampled_from(
    [
        "24/7",
        "Mo-Fr 18:00-08:00; Sa-Su; PH",
        "02:30-06:00",
        "00:00-02:30",
        "PH off",
        "Su",
        "off",
    ]
)


@settings(deadline=None, max_examples=150)
@given(
    st.integers(min_value=1_600_000_000, max_value=2_000_000_000),
    st.floats(min_value=60, max_value=14 * 86_400),
    st.lists(schedules, min_size=1, max_size=5),
    st.sampled_from([BRUSSELS, "Australia/Lord_Howe", "Pacific/Apia"]),
    st.sampled_from([None, "hq", "moon"]),
)
def test_windows_are_in_order_within_the_horizon_and_never_empty(
    start, horizon, hours, zone, site
):
    people = [person(f"p{index}", available=text) for index, text in enumerate(hours)]
    moment = datetime.fromtimestamp(start, at(NOON, zone).tzinfo)
    organisation = client(
        *people,
        levels=[level("rota:duty", *(one.person for one in people))],
        rotas=(rota(*(one.person for one in people), time_zone=zone),),
        time_zone=zone,
        sites=(Site(site="hq", name="hq"),),
    )
    plan = build_call_plan(organisation, "tree", site, moment, horizon)
    only = plan.levels[0]
    told = [one.person for one in (*only.targets, *only.left_out)]
    assert sorted(told) == sorted(one.person for one in people)
    for target in only.targets:
        assert target.windows
        assert target.windows[0][0] >= start
        assert target.windows[-1][1] <= plan.until
        assert all(begin < end for begin, end in target.windows)
        assert all(before[1] < after[0] for before, after in pairwise(target.windows))


def test_a_person_s_telephones_are_tried_in_the_file_s_order():
    phones = (Phone(number="+3225554011"), Phone(number="+32470000001"))
    plan = plan_of(replace(person("ann"), phones=phones), levels=[level("ann")])
    assert plan.levels[0].targets[0].numbers == ("+3225554011", "+32470000001")


def test_whoever_began_at_the_first_occurrence_is_still_there_at_the_second():
    ann = person("ann", available="02:30-06:00")
    organisation = client(ann, levels=[level("ann")])
    moment = at("2026-10-25T02:10", BRUSSELS, fold=1)
    plan = build_call_plan(organisation, "tree", "hq", moment, HOUR)
    assert plan.levels[0].targets[0].windows == ((moment.timestamp(), plan.until),)


def test_on_call_for_two_weeks_on_end_is_one_window():
    plan = plan_of(
        person("ann"),
        levels=[level("rota:duty")],
        rotas=(rota("ann"),),
        moment="2026-11-30T05:00",
    )
    (target,) = plan.levels[0].targets
    assert target.windows == ((plan.until - 6 * HOUR, plan.until),)


def test_the_day_after_the_last_begins_without_him():
    ann = person("ann", valid_until=date(2026, 11, 24))
    plan = plan_of(ann, levels=[level("ann")], moment="2026-11-25T00:00")
    assert causes(plan) == {"ann": "not_valid_any_more"}


@pytest.mark.parametrize(
    ("available", "moment", "horizon", "expected"),
    [
        # Gone at the first 02:30, and there again until the second.
        ("00:00-02:30", "2026-10-25T00:50", 2 * HOUR, ("2026-10-25T00:50", "2026-10-25T01:30")),
        # Comes at the first 02:30, though the span ends when the clock shows 02:10.
        ("02:30-06:00", "2026-10-25T00:10", HOUR, ("2026-10-25T00:30", "2026-10-25T01:10")),
    ],
)
def test_a_span_that_begins_or_ends_in_the_hour_that_happens_twice(
    available, moment, horizon, expected
):
    organisation = client(person("ann", available=available), levels=[level("ann")])
    plan = build_call_plan(organisation, "tree", "hq", at(moment), horizon)
    (window,) = plan.levels[0].targets[0].windows
    assert window == tuple(seconds(text) for text in expected)


def test_of_a_role_only_those_of_the_site_are_named_at_all():
    people = [person(f"p{n}", roles=("keyholder",), sites=(f"s{n}",)) for n in range(500)]
    plan = plan_of(
        *people, person("ann", sites=()), levels=[level("role:keyholder", "ann")], site="s7"
    )
    assert names(plan) == ["p7"]
    # Whoever is named by himself is told of; 499 strangers are not.
    assert causes(plan) == {"ann": "no_right_to_site"}
    plan = plan_of(*people, levels=[level("role:keyholder")], site=None)
    assert len(names(plan)) == 500
