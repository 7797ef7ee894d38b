"""What is remembered of alarms as plain JSON values, and back.

What has an order is a list: a store may sort the keys of objects.
"""

from collections.abc import Mapping
from typing import Any

from callflows.alarm_book import AlarmBook, AlarmCase, Meter, Place, TestMode, key_of_test
from callflows.codec import from_plain, to_plain
from callflows.events import IncidentId


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
    book.seen = {key: (IncidentId(case), at) for key, case, at in plain["seen"]}
    for described in plain["cases"]:
        case = from_plain(AlarmCase, described | {"zones": dict(described["zones"])})
        book.cases[case.incident_id] = case
    book.places = {name: from_plain(Place, place) for name, place in plain["places"]}
    book.meters = {key: from_plain(Meter, meter) for key, meter in plain["meters"]}
    for described in plain["tests"]:
        test = from_plain(TestMode, described)
        book.tests[key_of_test(test.organisation, test.site, test.zone)] = test
    book.times.heap = [(at, what, key) for at, what, key in plain["times"]]
    return book
