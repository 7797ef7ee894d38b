"""What is remembered of alarms as plain JSON values, and back.

What has an order is a list: a store may sort the keys of objects.
"""

from collections.abc import Mapping
from heapq import heapify
from typing import Any

from callflows.alarm_book import (
    AlarmBook,
    AlarmCase,
    Meter,
    Place,
    Seen,
    TestMode,
    key_of_test,
)
from callflows.alarm_on_test import TEST
from callflows.codec import from_plain, to_plain
from callflows.events import IncidentId
from client_directory.alarm_model import zone_key


def book_to_plain(book: AlarmBook) -> dict[str, Any]:
    """Describe the book, exactly."""
    cases = []
    for case in book.cases.values():
        zones = [[key, to_plain(zone)] for key, zone in case.zones.items()]
        cases.append(to_plain(case) | {"zones": zones})
    return {
        "seen": [[key, *value] for key, value in book.seen.items()],
        "cases": cases,
        "places": [[name, to_plain(place)] for name, place in book.places.items()],
        "meters": [[key, to_plain(meter)] for key, meter in book.meters.items()],
        "tests": [to_plain(test) for test in book.tests.values()],
        "times": [list(entry) for entry in book.times.heap],
    }


def book_from_plain(plain: Mapping[str, Any]) -> AlarmBook:
    """Build the book that was described.

    :raises ValueError, TypeError, KeyError: it is not one of ours.
    """
    book = AlarmBook()
    for key, case, until, *sender in plain["seen"]:
        # A snapshot of old names no sender: then its door is.
        whose = sender[0] if sender else key.split(" ", 1)[0]
        book.keep_seen(key, Seen(IncidentId(case), float(until), whose))
    for described in plain["cases"]:
        zones = {zone_key(key): zone for key, zone in described["zones"]}
        case = from_plain(AlarmCase, described | {"zones": zones})
        book.cases[case.incident_id] = case
    book.places = {name: from_plain(Place, place) for name, place in plain["places"]}
    book.meters = {key: from_plain(Meter, meter) for key, meter in plain["meters"]}
    for described in plain["tests"]:
        test = from_plain(TestMode, described)
        book.tests[key_of_test(test.organisation, test.site, test.zone)] = test
    book.times.heap = [(at, what, _key_of(what, key)) for at, what, key in plain["times"]]
    heapify(book.times.heap)
    return book


def _key_of(what: str, key: str) -> str:
    """Return the key of a moment: snapshots of old hold zones as they were written."""
    return key_of_test(*str(key).split("/", 2)) if what == TEST else key
