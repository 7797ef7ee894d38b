"""Tests against real programs, in real time, on machines shared with others.

One that fails is run again, twice at the most, and the summary names it: a busy machine must
not turn a build red, and nobody must miss that a test needed another try.
"""

import pytest
from _pytest.runner import runtestprotocol

SECOND_TRY = "second_try"
SECOND_TRIES: list[str] = []


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if "interop" not in item.keywords:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for _ in range(2):
        if not any(report.failed for report in reports):
            break
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        reports[0].user_properties.append((SECOND_TRY, True))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Hear of second tries also from other processes (pytest-xdist)."""
    if (SECOND_TRY, True) in map(tuple, report.user_properties):
        SECOND_TRIES.append(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in SECOND_TRIES:
        terminalreporter.write_line(f"needed a second try: {name}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/interop/" in item.nodeid:
            item.add_marker(pytest.mark.interop)
