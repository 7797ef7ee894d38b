"""Shops that open too early, close too late, or do not close; holidays and odd days too."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflows.events import (
    CallBack,
    EarlyOpenSeen,
    FailedToCloseSeen,
    LateToCloseSeen,
    SiteClosed,
    SiteOpened,
)
from callflows.watch.hours import Hours
from callflows.watch.opening import OpeningPlan, OpeningWatch, Registered, who_to_call
from client_directory.alarm_model import user_key
from tests.callflows.watch.moments import CHANGES, at, told, wall

JULIE = Registered(
    name="Julie", number="+32470000001", person="julie", users=(user_key("1234", "003"),)
)
MARC = Registered(
    name="Marc",
    number="+32470000002",
    person="marc",
    users=(user_key("1234", "004"), user_key("1234", "5")),
)
SHOP_PHONE = "+3225550123"
PLAN = OpeningPlan(
    organisation="acme",
    site="shop",
    hours=Hours("Mo-Fr 08:00-18:00; Sa 10:00-16:00; PH off"),
    late_to_close_time=1_800.0,
    failed_to_close_time=5_400.0,
    people=(JULIE, MARC),
    site_numbers=(SHOP_PHONE,),
)


def shop(now="2026-11-23 07:00", **changes):
    return OpeningWatch([replace(PLAN, **changes)], at(now))


def opens(watch, when, user="003"):
    return watch.opened("acme", "shop", user, at(when), "1234")


def closes(watch, when, user="003"):
    return watch.closed("acme", "shop", user, at(when), "1234")


def kinds(events):
    return [type(event) for event in events]


# ---------------------------------------------------------------- the stories


def test_an_ordinary_day_tells_who_opened_and_who_closed():
    watch = shop()
    assert opens(watch, "2026-11-23 07:50") == [
        SiteOpened(organisation="acme", site="shop", user="003", name="Julie")
    ]
    assert told(watch, at("2026-11-23 18:10")) == []
    assert closes(watch, "2026-11-23 18:12", "005") == [
        SiteClosed(organisation="acme", site="shop", user="005", name="Marc")
    ]
    assert told(watch, at("2026-11-30 00:00")) == [], "closed all week: nothing to close"


def test_somebody_opens_at_five_in_the_morning():
    watch = shop()
    opened, early = opens(watch, "2026-11-24 05:00", "004")
    assert opened == SiteOpened(organisation="acme", site="shop", user="004", name="Marc")
    assert early == EarlyOpenSeen(
        organisation="acme",
        site="shop",
        user="004",
        name="Marc",
        call_back=(
            CallBack(who="user", name="Marc", number=MARC.number, person="marc"),
            CallBack(who="contact", name="Julie", number=JULIE.number, person="julie"),
            CallBack(who="site", name="", number=SHOP_PHONE),
        ),
        opens_at=at("2026-11-24 08:00"),
    )


def test_the_last_one_forgets_to_close():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    (late_at, late), (failed_at, failed) = told(watch, at("2026-11-24 07:00"))
    assert (wall(late_at), wall(failed_at)) == (
        "2026-11-23 18:30+0100",
        "2026-11-23 19:30+0100",
    )
    assert type(late) is LateToCloseSeen
    assert type(failed) is FailedToCloseSeen
    assert late.closes_at == failed.closes_at == at("2026-11-23 18:00")
    assert late.is_opening_known
    assert [call.who for call in late.call_back] == ["contact", "contact", "site"]


def test_he_closes_between_the_two_margins():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    assert kinds(e for _, e in told(watch, at("2026-11-23 19:00"))) == [LateToCloseSeen]
    assert kinds(closes(watch, "2026-11-23 19:05")) == [SiteClosed]
    assert told(watch, at("2026-11-24 07:00")) == []


def test_a_site_left_open_is_told_again_the_next_evening():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    assert [wall(when)[8:16] for when, _ in told(watch, at("2026-11-25 07:00"))] == [
        "23 18:30",
        "23 19:30",
        "24 18:30",
        "24 19:30",
    ]


def test_nothing_was_heard_since_we_began_to_watch():
    [(when, late), _] = told(shop(), at("2026-11-24 00:00"))
    assert wall(when) == "2026-11-23 18:30+0100"
    assert not late.is_opening_known


def test_somebody_opens_at_night_and_stays():
    watch = shop()
    closes(watch, "2026-11-23 18:00")
    assert kinds(opens(watch, "2026-11-23 23:00")) == [SiteOpened, EarlyOpenSeen]
    assert [(wall(t)[8:16], type(e)) for t, e in told(watch, at("2026-11-24 07:00"))] == [
        ("23 23:30", LateToCloseSeen),
        ("24 00:30", FailedToCloseSeen),
    ]


def test_an_evening_that_was_announced():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    since, until = at("2026-11-23 18:00"), at("2026-11-23 22:00")
    assert watch.agree("acme", "shop", since, until, at("2026-11-23 17:00"))
    assert kinds(opens(watch, "2026-11-23 21:00")) == [SiteOpened]
    [(when, late), _] = told(watch, at("2026-11-24 07:00"))
    assert wall(when) == "2026-11-23 22:30+0100"
    assert late.closes_at == until
    assert kinds(opens(watch, "2026-11-24 21:00")) == [SiteOpened, EarlyOpenSeen]


def test_a_sunday_that_was_announced_for_a_site_not_heard_of_yet():
    watch, now = shop("2026-11-28 20:00"), at("2026-11-28 20:00")
    assert wall(watch.next_due()) == "2026-11-30 18:30+0100"
    assert watch.agree("acme", "shop", at("2026-11-29 10:00"), at("2026-11-29 12:00"), now)
    assert wall(watch.next_due()) == "2026-11-29 12:30+0100"
    closes(watch, "2026-11-28 20:01")
    assert watch.agree("acme", "shop", at("2026-11-29 10:00"), at("2026-11-29 12:00"), now)
    assert watch.next_due() is None, "it is closed"


def test_what_cannot_be_announced():
    watch = shop()
    now = at("2026-11-23 12:00")
    assert not watch.agree("acme", "elsewhere", now, now + 60, now)
    assert not watch.agree("acme", "shop", now - 60, now, now), "it is over"
    assert not watch.agree("acme", "shop", now + 60, now + 60, now)
    assert not watch.agree("acme", "shop", now, float("inf"), now)


# ---------------------------------------------------------------- who is called


def test_the_site_is_called_first_only_if_the_consigne_says_so():
    assert [call.who for call in who_to_call(PLAN, "1234/3")] == ["user", "contact", "site"]
    first = replace(PLAN, is_site_called_first=True)
    assert [call.who for call in who_to_call(first, "1234/3")] == ["site", "user", "contact"]


def test_a_user_nobody_registered_is_asked_about_at_the_registered_contacts():
    for user in ("099", ""):
        assert [call.who for call in who_to_call(PLAN, user)] == ["contact", "contact", "site"]


def test_a_registered_number_that_rings_at_the_site_is_the_site():
    plan = replace(PLAN, people=(replace(JULIE, number=SHOP_PHONE), MARC))
    assert [c.number for c in who_to_call(plan, "1234/3")] == [MARC.number, SHOP_PHONE]


def test_the_same_number_at_another_panel_of_the_site_is_another_user():
    watch = shop()
    [opened, _] = watch.opened("acme", "shop", "3", at("2026-11-24 05:00"), "9999")
    assert opened.name == ""


def test_who_has_no_telephone_is_named_and_not_called():
    plan = replace(PLAN, people=(replace(JULIE, number=""), MARC))
    watch = OpeningWatch([plan], at("2026-11-23 07:00"))
    _, early = opens(watch, "2026-11-24 05:00", "3")
    assert early.name == "Julie"
    assert [call.name for call in early.call_back] == ["Marc", ""]


def test_with_nobody_registered_nobody_is_called_and_the_operator_decides():
    assert who_to_call(replace(PLAN, people=()), "003") == ()
    assert who_to_call(replace(PLAN, people=(replace(JULIE, number=SHOP_PHONE),)), "003") == ()


# ---------------------------------------------------------------- hours


@pytest.mark.parametrize(
    ("when", "is_early"),
    [
        ("2026-11-23 07:44", True),  # a Monday
        ("2026-11-23 07:45", False),
        ("2026-11-23 17:59", False),
        ("2026-11-23 18:00", True),
        ("2026-11-28 09:00", True),  # Saturday
        ("2026-11-28 09:45", False),
        ("2026-11-29 12:00", True),  # Sunday
        ("2026-11-11 12:00", True),  # Armistice, a Wednesday
        ("2026-12-25 12:00", True),
        ("2027-03-29 12:00", True),  # Easter Monday
        ("2027-03-30 12:00", False),
    ],
)
def test_hours_weekends_and_holidays(when, is_early):
    events = opens(shop("2026-11-01 00:00"), when)
    assert (EarlyOpenSeen in kinds(events)) is is_early


def test_irregular_hours():
    hours = Hours("Mo-Fr 08:00-18:00; 2026 Dec 24 08:00-14:00; 2026 Dec 31 off")
    watch = shop("2026-12-24 00:00", hours=hours)
    opens(watch, "2026-12-24 07:50")
    [(when, _), _] = told(watch, at("2026-12-24 23:00"))
    assert wall(when) == "2026-12-24 14:30+0100"
    assert EarlyOpenSeen in kinds(opens(watch, "2026-12-31 10:00"))


def test_a_lunch_break_is_no_closing_when_it_is_shorter_than_the_margin():
    watch = shop(hours=Hours("Mo-Fr 08:00-12:00,12:20-18:00"))
    opens(watch, "2026-11-23 07:55")
    assert [wall(when)[8:16] for when, _ in told(watch, at("2026-11-24 07:00"))] == [
        "23 18:30",
        "23 19:30",
    ]


def test_always_open_is_never_early_and_never_late():
    watch = shop(hours=Hours("24/7"))
    assert kinds(opens(watch, "2026-11-23 03:00")) == [SiteOpened]
    assert watch.next_due() is None


def test_never_open_is_always_early():
    watch = shop(hours=Hours("off"))
    assert watch.next_due() is None
    [_, early] = opens(watch, "2026-11-23 12:00")
    assert early.opens_at is None
    assert kinds(e for _, e in told(watch, at("2026-12-01 00:00"))) == [
        LateToCloseSeen,
        FailedToCloseSeen,
    ]


def test_what_is_not_watched_is_not_told():
    watch = shop(
        is_early_open_watched=False, late_to_close_time=None, failed_to_close_time=None
    )
    assert kinds(opens(watch, "2026-11-23 03:00")) == [SiteOpened]
    assert watch.next_due() is None
    only_late = shop(failed_to_close_time=None)
    assert kinds(e for _, e in told(only_late, at("2026-11-24 07:00"))) == [LateToCloseSeen]
    only_failed = shop(late_to_close_time=None)
    [(when, failed)] = told(only_failed, at("2026-11-24 07:00"))
    assert (wall(when), type(failed)) == ("2026-11-23 19:30+0100", FailedToCloseSeen)


def test_a_site_nobody_watches_is_still_told_open_and_closed():
    watch = OpeningWatch()
    assert kinds(watch.opened("acme", "shop", "1", at("2026-11-23 03:00"))) == [SiteOpened]
    assert kinds(watch.closed("acme", "shop", "1", at("2026-11-23 03:01"))) == [SiteClosed]
    assert watch.next_due() is None


# ---------------------------------------------------------------- odd days


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
def test_a_bar_that_closes_at_half_past_two_in_the_odd_nights(forward, back):
    bar = Hours("Mo-Su 18:00-02:30")
    for day, closing, hours_open in ((forward, "03:00+0200", 8.0), (back, "02:30+0100", 9.5)):
        watch = shop(f"{day} 00:00", hours=bar)
        assert kinds(opens(watch, f"{day} 00:10")) == [SiteOpened]
        [(when, late), _] = told(watch, at(f"{day} 12:00"))
        assert wall(late.closes_at) == f"{day} {closing}"
        assert when == late.closes_at + 1_800
        evening = bar.next_span(at(f"{day} 00:10") - 86_400)
        assert (evening[1] - evening[0]) / 3600 == hours_open


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
def test_a_bakery_that_opens_at_half_past_two_in_the_odd_nights(forward, back):
    hours = Hours("Mo-Su 02:30-12:00")
    watch = shop(f"{back} 00:00", hours=hours, early_time=0.0)
    first, between = at(f"{back} 02:30"), at(f"{back} 02:10", second=True)
    assert kinds(watch.opened("acme", "shop", "003", first - 1)) == [SiteOpened, EarlyOpenSeen]
    assert kinds(watch.opened("acme", "shop", "003", first)) == [SiteOpened]
    assert kinds(watch.opened("acme", "shop", "003", between)) == [SiteOpened]
    watch = shop(f"{forward} 00:00", hours=hours, early_time=0.0)
    jump = at(f"{forward} 03:00")
    assert kinds(watch.opened("acme", "shop", "003", jump - 1)) == [SiteOpened, EarlyOpenSeen]
    assert kinds(watch.opened("acme", "shop", "003", jump)) == [SiteOpened]


@pytest.mark.parametrize(("forward", "back"), CHANGES.values(), ids=CHANGES)
def test_days_of_23_and_25_hours_close_by_the_wall(forward, back):
    for day, hours_long in ((forward, 23), (back, 25)):
        watch = shop(f"{day} 00:00", hours=Hours("Mo-Su 00:30-18:00"))
        opens(watch, f"{day} 00:30")
        [(when, _), _] = told(watch, at(f"{day} 23:00"))
        assert wall(when)[11:16] == "18:30"
        assert (when - at(f"{day} 00:00")) / 3600 == 18.5 + hours_long - 24


# ---------------------------------------------------------------- restart


def test_a_restart_over_the_closing_time_tells_it_all_the_same():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    state = json.loads(json.dumps(watch.to_state(), sort_keys=True))
    again = OpeningWatch.from_state(state)
    assert again.to_state() == watch.to_state()
    assert kinds(again.due(at("2026-11-24 09:00"))) == [LateToCloseSeen, FailedToCloseSeen]
    assert wall(again.next_due()) == "2026-11-24 18:30+0100"


def test_a_restart_between_the_margins_tells_nothing_twice():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    told(watch, at("2026-11-23 19:00"))
    again = OpeningWatch.from_state(watch.to_state())
    assert kinds(e for _, e in told(again, at("2026-11-24 07:00"))) == [FailedToCloseSeen]


def test_what_is_no_state_is_refused():
    with pytest.raises(ValueError, match="State"):
        OpeningWatch.from_state({"now": "yesterday", "watched": []})


def test_the_directory_is_read_again():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    now = at("2026-11-23 12:00")
    watch.watch([replace(PLAN, hours=Hours("Mo-Fr 08:00-17:00"))], now)
    assert wall(watch.next_due()) == "2026-11-23 17:30+0100"
    watch.watch([replace(PLAN, hours=Hours("Mo-Fr 08:00-17:00"))], now)
    assert wall(watch.next_due()) == "2026-11-23 17:30+0100"
    watch.watch([replace(PLAN, hours=Hours("24/7"))], now)
    assert watch.next_due() is None
    watch.watch([PLAN], now)
    assert wall(watch.next_due()) == "2026-11-23 18:30+0100"
    watch.watch([], now)
    assert watch.next_due() is None


def test_a_clock_set_back_changes_nothing():
    watch = shop()
    opens(watch, "2026-11-23 07:55")
    due = watch.next_due()
    assert watch.due(at("2026-11-22 12:00")) == []
    assert EarlyOpenSeen not in kinds(opens(watch, "2026-11-23 03:00"))
    assert watch.next_due() == due


@given(
    st.lists(
        st.tuples(st.sampled_from(["open", "close", "copy"]), st.integers(0, 48 * 60)),
        max_size=15,
    )
)
def test_whatever_happens_each_evening_is_told_at_most_once_and_never_when_closed(steps):
    watch, now, is_open = shop("2026-10-23 00:00"), at("2026-10-23 00:00"), None
    seen = set()
    for what, minutes in steps:
        now += minutes * 60
        for when, event in told(watch, now):
            assert is_open is not False
            assert when > event.closes_at
            assert (type(event), event.closes_at) not in seen
            seen.add((type(event), event.closes_at))
        if what == "copy":
            watch = OpeningWatch.from_state(json.loads(json.dumps(watch.to_state())))
        elif what == "open":
            watch.opened("acme", "shop", "003", now)
            seen.clear()
            is_open = True
        else:
            watch.closed("acme", "shop", "003", now)
            seen.clear()
            is_open = False
