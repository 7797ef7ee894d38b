"""What a client's file says about alarms: read whole, refused where it makes no sense."""

import pytest

from client_directory.alarm_model import REPORTING_TIME, AlarmRules, Runaway
from tests.client_directory.factory import ACME, findings_of, line_of, loaded, replaced

SITE = """\
    zones:
      - {zone: "001", name: Hall, detector: pir-hall}
      - {zone: "007", name: Counter, kind: holdup}
    alarm_paths:
      - {path: hq-ip, account: "1234", category: SP5, via: dc09:tcp}
      - {path: hq-gsm, account: "1234", limit: 25h, via: dc09:udp, line: "02"}
    cameras:
      - {camera: cam-1, name: Gate, carrier: operator-a}
    schedule_watch: {early_open: true, late_to_close: 15m, failed_to_close: 60m}
"""
ORGANISATION = """\
alarm:
  hold: 30s
  confirm_window: 45m
  runaway: {window: 5m, count: 12, bucket_rate: 0.5}
lone_workers:
  - {person: ann, every: 1h, amber_after: 2m, red_after: 10m, during: "22:00-06:00", site: hq}
welfare_checks:
  - {person: bob, every: 4h}
tasks:
  - {task: patrol, title: Rounds, when: ["23:00", "22:00"], during: Mo-Sa, allow_late: 20m}
actions:
  - {action: gate, title: Gate, url: "https://gate.example/open", kind: barrier,
     two_people: true}
"""
WHOLE = ACME.replace("people:\n", SITE + "people:\n", 1) + ORGANISATION


def test_everything_is_read(tmp_path):
    acme = loaded(tmp_path, WHOLE).organisations["acme"]
    (site,) = acme.sites
    hall, counter = site.zones
    assert (hall.zone, hall.detector, hall.kind) == ("001", "pir-hall", None)
    assert (counter.zone, counter.detector, counter.kind) == ("007", None, "holdup")
    ip, gsm = site.alarm_paths
    assert (ip.path, ip.account, ip.category, ip.limit_time) == ("hq-ip", "1234", "SP5", 90.0)
    assert ((ip.via, ip.line), (gsm.via, gsm.line)) == (("dc09:tcp", None), ("dc09:udp", "2"))
    assert (gsm.path, gsm.category, gsm.limit_time) == ("hq-gsm", None, 90_000.0)
    assert [(one.camera, one.name, one.carrier) for one in site.cameras] == [
        ("cam-1", "Gate", "operator-a")
    ]
    watch = site.schedule_watch
    assert watch is not None
    assert (watch.is_early_open_watched, watch.late_to_close_time) == (True, 900.0)
    assert watch.failed_to_close_time == 3_600.0


USERS = 'panel_users: [{account: "1234", user: "003"}]'


def with_users(users: str) -> str:
    """Ann is somebody at the panel of the head office."""
    return replaced("  - person: ann\n", f"  - person: ann\n    {users}\n", WHOLE)


def test_a_person_is_a_user_of_a_panel(tmp_path):
    acme = loaded(tmp_path, with_users(USERS)).organisations["acme"]
    [user] = next(one for one in acme.people if one.person == "ann").panel_users
    assert (user.account, user.user) == ("1234", "003")


@pytest.mark.parametrize(
    ("users", "code"),
    [
        ('panel_users: [{account: "9999", user: "3"}]', "UNKNOWN_REFERENCE"),
        (
            'panel_users: [{account: "1234", user: "3"}, {account: "1234", user: "003"}]',
            "DUPLICATE_ID",
        ),
    ],
)
def test_a_user_of_no_panel_or_of_two_people_is_refused(tmp_path, users, code):
    [finding] = findings_of(tmp_path, with_users(users))
    assert finding.code == code


def test_rules_timers_tasks_and_actions_are_read(tmp_path):
    acme = loaded(tmp_path, WHOLE).organisations["acme"]
    runaway = Runaway(window_time=300.0, count=12, bucket_rate=0.5)
    assert acme.alarm == AlarmRules(
        hold_time=30.0, confirm_window_time=2_700.0, runaway=runaway
    )
    (alone,) = acme.lone_workers
    assert (alone.person, alone.every_time, alone.amber_time, alone.red_time) == (
        "ann",
        3_600.0,
        120.0,
        600.0,
    )
    assert (alone.during, alone.site) == ("22:00-06:00", "hq")
    (checked,) = acme.welfare_checks
    assert (checked.person, checked.during, checked.site) == ("bob", "24/7", None)
    (task,) = acme.tasks
    assert (task.times, task.late_time, task.during) == (("22:00", "23:00"), 1_200.0, "Mo-Sa")
    (action,) = acme.actions
    assert (action.url, action.kind, action.needs_two_people) == (
        "https://gate.example/open",
        "barrier",
        True,
    )


def test_a_client_without_a_word_about_alarms_has_sound_rules(tmp_path):
    acme = loaded(tmp_path).organisations["acme"]
    assert acme.alarm == AlarmRules()
    assert 1_800 <= acme.alarm.confirm_window_time <= 3_600
    assert acme.sites[0].schedule_watch is None


def test_the_limits_of_the_categories():
    assert REPORTING_TIME["SP6"] == 20
    assert REPORTING_TIME["SP1"] == 32 * 24 * 3_600
    single = [REPORTING_TIME[f"SP{number}"] for number in range(1, 7)]
    dual = [REPORTING_TIME[f"DP{number}"] for number in range(1, 5)]
    assert single == sorted(single, reverse=True)
    assert dual == single[1:5]


@pytest.mark.parametrize(
    ("old", "new", "at", "code", "words"),
    [
        ('zone: "007"', 'zone: "001"', "Counter", "DUPLICATE_ID", "zone '001' twice"),
        ('zone: "007"', 'zone: "1"', "Counter", "DUPLICATE_ID", "zone '1' twice"),
        ("path: hq-gsm", "path: hq-ip", "limit: 25h", "DUPLICATE_ID", "path 'hq-ip' twice"),
        (
            'hq-gsm, account: "1234"',
            'hq-gsm, account: "9999"',
            "hq-gsm",
            "UNKNOWN_REFERENCE",
            "no alarm account '9999'",
        ),
        ("limit: 25h", "limit: 25h, category: SP2", "hq-gsm", "BAD_VALUE", "one of category"),
        (", limit: 25h", "", "hq-gsm", "BAD_VALUE", "one of category, limit"),
        (
            "limit: 25h, via: dc09:udp",
            "limit: 25h, category: SP2, via: scaip",
            "hq-gsm",
            "BAD_VALUE",
            "one of category, limit",
        ),
        ("limit: 25h", "limit: 10s", "hq-gsm", "BAD_VALUE", "limit"),
        ("limit: 25h", "limit: 33000m", "hq-gsm", None, ""),
        ("limit: 25h", "limit: 900h", "hq-gsm", "BAD_VALUE", "limit"),
        ("category: SP5", "category: SP7", "hq-ip", "BAD_VALUE", "category"),
        (
            "late_to_close: 15m, failed_to_close: 60m",
            "late_to_close: 60m, failed_to_close: 60m",
            "schedule_watch",
            "BAD_VALUE",
            "comes after late_to_close",
        ),
        (
            "confirm_window: 45m",
            "confirm_window: 29m",
            "confirm",
            "BAD_VALUE",
            "confirm_window",
        ),
        ("confirm_window: 45m", "confirm_window: 2h", "confirm", "BAD_VALUE", "confirm_window"),
        ("bucket_rate: 0.5", "bucket_rate: 0", "runaway", "BAD_VALUE", "bucket_rate"),
        ("bucket_rate: 0.5", "bucket_rate: inf", "runaway", "BAD_VALUE", "bucket_rate"),
        ("bucket_rate: 0.5", "bucket_rate: nan", "runaway", "BAD_VALUE", "bucket_rate"),
        (
            "person: bob, every",
            "person: zoe, every",
            "zoe",
            "UNKNOWN_REFERENCE",
            "person 'zoe'",
        ),
        (
            "person: ann, every",
            "person: zoe, every",
            "zoe",
            "UNKNOWN_REFERENCE",
            "person 'zoe'",
        ),
        ("red_after: 10m", "red_after: 2m", "amber_after", "BAD_VALUE", "after amber_after"),
        ('"22:00-06:00"', "nights", "nights", "BAD_SCHEDULE", "not opening hours: 'nights'"),
        (", site: hq}", ", site: moon}", "moon", "UNKNOWN_REFERENCE", "no site 'moon'"),
        ("during: Mo-Sa", "during: daily", "daily", "BAD_SCHEDULE", "not opening hours"),
        ('"23:00"', '"24:00"', "24:00", "BAD_VALUE", "form"),
        ('["23:00", "22:00"]', "[]", "patrol", "BAD_VALUE", "is empty"),
        (
            "two_people: true",
            "two_people: true, site: moon",
            "site: moon",
            "UNKNOWN_REFERENCE",
            "moon",
        ),
        ("kind: barrier", "kind: explode", "gate", "BAD_VALUE", "kind"),
    ],
)
def test_one_fault_one_finding(tmp_path, old, new, at, code, words):
    text = replaced(old, new, WHOLE)
    found = findings_of(tmp_path, text)
    if code is None:
        assert found == []
        return
    (finding,) = found
    assert (finding.code, finding.line) == (code, line_of(at, text))
    assert words in finding.text


@pytest.mark.parametrize(
    "url",
    [
        "gate.example/open",
        "ftp://gate.example/open",
        "https://",
        "https://user:secret@gate.example/open",
        "https://gate.example:99999/",
        "https://gate.example:x/",
        "https://[::1/",
        "https://gate.example/a b",
        "https://gate.example/é",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://gate.example/" + "x" * 500,
    ],
)
def test_where_an_action_may_not_go(tmp_path, url):
    text = replaced("https://gate.example/open", url, WHOLE)
    (finding,) = findings_of(tmp_path, text)
    assert finding.code == "BAD_VALUE"
    assert "secret" not in finding.text


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("task", '  - {task: patrol, title: Twin, when: ["01:00"]}\n'),
        ("action", '  - {action: gate, title: Twin, url: "https://gate.example/"}\n'),
    ],
)
def test_a_name_given_twice(tmp_path, kind, line):
    (finding,) = findings_of(tmp_path, replaced(f"{kind}s:\n", f"{kind}s:\n{line}", WHOLE))
    assert finding.code == "DUPLICATE_ID"


def test_cameras_and_paths_of_two_sites_share_one_space_of_names(tmp_path):
    second = "  - {site: depot, name: Depot, cameras: [{camera: cam-1, name: Dock}]}\npeople:\n"
    (finding,) = findings_of(tmp_path, replaced("people:\n", second, WHOLE))
    assert (finding.code, finding.text) == ("DUPLICATE_ID", "camera 'cam-1' twice")


def test_a_zone_s_number_may_be_used_on_every_site(tmp_path):
    second = '  - {site: depot, name: Depot, zones: [{zone: "001", name: Dock}]}\npeople:\n'
    assert findings_of(tmp_path, replaced("people:\n", second, WHOLE)) == []


def test_words_of_tasks_and_actions_exist_in_every_language(tmp_path):
    text = replaced("title: Rounds", "title: {fr: Ronde}", WHOLE)
    (finding,) = findings_of(tmp_path, text)
    assert (finding.code, finding.text) == ("MISSING_TRANSLATION", "title: no words in nl")


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("strategy: overlapping, overlap: 10s, accept: pin", ""),
        ("strategy: overlapping, overlap: 30s, accept: pin", ""),
        ("overlap: 10s, accept: pin", "stands beside strategy"),
        ("strategy: overlapping, overlap: 31s, accept: pin", "longer than ring_time"),
        ("strategy: overlapping, overlap: 0s, accept: pin", "overlap"),
    ],
)
def test_an_overlap_has_its_place(tmp_path, new, words):
    found = findings_of(tmp_path, replaced("accept: pin", new))
    assert [finding.code for finding in found] == (["BAD_VALUE"] if words else [])
    assert all(words in finding.text for finding in found)


def test_a_message_is_left_only_where_the_client_says_so(tmp_path):
    assert not loaded(tmp_path).organisations["acme"].call_trees[0].may_leave_message
    text = replaced("call_tree: tree,", "call_tree: tree, leave_message: true,")
    assert loaded(tmp_path, text).organisations["acme"].call_trees[0].may_leave_message


IP, GSM = ", via: dc09:tcp}", ', via: dc09:udp, line: "02"}'


@pytest.mark.parametrize(
    ("ip", "gsm", "is_told"),
    [
        ("", "", False),
        ("via: dc09:tcp", "", False),
        ("via: dc09:tcp", "via: dc09:tcp", False),
        ("via: dc09:tcp", 'line: "2"', False),
        ('line: "2"', 'line: "002"', False),
        ("via: dc09:tcp", "via: dc09:udp", True),
        ('via: dc09:tcp, line: "1"', 'via: dc09:tcp, line: "2"', True),
        ('line: "1"', 'line: "2"', True),
    ],
)
def test_paths_that_no_signal_tells_apart_are_warned_of(tmp_path, ip, gsm, is_told):
    text = WHOLE
    for old, new in ((IP, ip), (GSM, gsm)):
        text = replaced(old, f", {new}}}" if new else "}", text)
    found = [one for one in findings_of(tmp_path, text) if one.code == "SHARED_PATH"]
    assert not found if is_told else [one.is_warning for one in found] == [True]
    assert all("hq-gsm" in one.text and "hq-ip" in one.text for one in found)


@pytest.mark.parametrize("told", ["via: gsm", 'line: "X"', 'line: ""', 'line: "1234567"'])
def test_a_way_that_does_not_exist_is_refused(tmp_path, told):
    text = replaced(IP, f", {told}}}", WHOLE)
    assert any(not one.is_warning for one in findings_of(tmp_path, text))
