"""Voice calls that belong to an alarm: the unit that reported it calls, or is the caller.

A unit that reported an alarm opens a voice call a moment later. Whoever pressed the button
is on the line: he lands in the case of his alarm, and the operator sees one incident.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from callflows.events import IncidentId
from client_directory.numbers import normalise
from securityline.logbook.document import Document
from sip.endpoint import Peer
from sip.errors import ParseError
from sip.message import Request
from sip.uri import Uri

EXPECTED: Final = "expected_call"
"Kind of the documents that let a call find its alarm after a restart."
EXPECTED_TIME: Final = 900.0
"""Seconds after an alarm in which a call of its unit is taken for the alarm's. A unit promises
60; a person who calls again through it ten minutes later still means the same."""
MOST_EXPECTED: Final = 10_000


class Expected(NamedTuple):
    """The case that a call belongs to."""

    incident_id: IncidentId
    account: str
    "As the unit wrote it."


class _Unit(NamedTuple):
    names: tuple[str, ...]
    source: str
    source_id: str
    account: str
    at: float


class ExpectedCalls:
    """Units that reported an alarm, by every name a call of theirs may bear.

    :param open_case_of: says which open case a signal went to, by its source and id.
    """

    def __init__(self, open_case_of: Callable[[str, str], IncidentId | None]) -> None:
        self._open_case_of = open_case_of
        self._units: OrderedDict[str, _Unit] = OrderedDict()  # by name, oldest first

    def __len__(self) -> int:
        """Return how many names are kept."""
        return len(self._units)

    def expect(
        self, names: Iterable[str], source: str, source_id: str, account: str, now: float
    ) -> list[Document]:
        """Remember that a unit reported an alarm; return what to write with it.

        :param now: engine time, seconds.
        """
        unit = _Unit(tuple(dict.fromkeys(names)), source, source_id, account, now)
        documents = [_document(unit)] if unit.names else []
        self._keep(unit)
        while self._units:
            name, oldest = next(iter(self._units.items()))
            if len(self._units) <= MOST_EXPECTED and now - oldest.at <= EXPECTED_TIME:
                break
            del self._units[name]
            if name == oldest.names[0]:
                documents.append(Document(kind=EXPECTED, id=name, data=None, at=now))
        return documents

    def adopt(self, documents: Iterable[Document]) -> None:
        """Take over what a predecessor wrote."""
        for document in sorted(documents, key=lambda one: one.at):
            data = document.data or {}
            self._keep(
                _Unit(
                    tuple(data["names"]),
                    data["source"],
                    data["source_id"],
                    data["account"],
                    document.at,
                )
            )

    def find(self, names: Iterable[str], now: float) -> Expected | None:
        """Return the case of a caller's alarm, if it is open and not long ago."""
        for name in names:
            unit = self._units.get(name)
            if unit is None or now - unit.at > EXPECTED_TIME:
                continue
            incident_id = self._open_case_of(unit.source, unit.source_id)
            if incident_id is not None:
                return Expected(incident_id, unit.account)
        return None

    def _keep(self, unit: _Unit) -> None:
        for name in unit.names:
            self._units[name] = unit
            self._units.move_to_end(name)


def _document(unit: _Unit) -> Document:
    data = {
        "names": list(unit.names),
        "source": unit.source,
        "source_id": unit.source_id,
        "account": unit.account,
    }
    return Document(kind=EXPECTED, id=unit.names[0], data=data, at=unit.at)


def names_of_sender(
    request: Request, peer: Peer, call_back: Iterable[str], country: str
) -> list[str]:
    """Return the names that a call of a MESSAGE's sender may bear, the surest first.

    :param call_back: where the unit says it can be called, such as `gsm:+32470000004`.
    :param country: for numbers written the national way.
    """
    names = names_of_caller(request, peer, None)
    for where in call_back:
        scheme, _, rest = where.partition(":")
        if scheme.lower() in ("sip", "sips"):
            names += _address(where)
        number = normalise(rest.partition("@")[0], country)
        if number is not None:
            names.append(number)
    return names


def names_of_caller(request: Request, peer: Peer, caller: str | None) -> list[str]:
    """Return the names of whoever calls.

    Who has proved his name has that one alone; what else he writes he may have made up.

    :param caller: his number, E.164, as the trunk's profile says.
    """
    if peer.kind == "phone":
        return [f"phone:{peer.name}"]
    try:
        names = _address(str(request.from_.uri))
    except ParseError:
        names = []
    return names if caller is None else [*names, caller]


def _address(text: str) -> list[str]:
    try:
        uri = Uri.parse(text)
    except ParseError:
        return []
    return [f"sip:{uri.user}@{uri.host}".lower()] if uri.user else []
