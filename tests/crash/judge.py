"""What must be true of a night, whatever was killed when: the issue's promises, one by one."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from securityline.logbook.entry import Entry
from securityline.logbook.store import FILE_NAME, LogbookStore
from securityline.logbook.verify import verify_book
from tests.crash.estate import (
    PEOPLE,
    SERVICES,
    SIMULATED,
    Kind,
    habit_of,
    kind_of,
    number_of,
)
from tests.crash.night import Night

END = ("CallTreeEnded", "CallTreeExhausted")
SERVICE_ENDS = ("ServiceEnded", "ServiceFailed")
SPOKEN_OF = ("KeyholderMissed", "KeyholderAccepted", "KeyholderDeclined", "KeyholderToldTaken")


class Verdict:
    """The log as it stands after the night, against what everybody saw."""

    def __init__(self, night: Night, data: Path) -> None:
        self._night = night
        verify_book(data)
        with closing(LogbookStore(data / FILE_NAME, is_read_only=True)) as store:
            self.entries: dict[int, Entry] = {entry.seq: entry for entry in store.read()}
        self.site_of: dict[str, int] = {}
        self.trees: dict[int, list[Entry]] = defaultdict(list)
        for entry in self.entries.values():
            if entry.what == "AlarmReceived" and entry.kind == "event":
                self.site_of.setdefault(entry.data["incident_id"], int(entry.data["site"][1:]))
        for entry in self.entries.values():
            if entry.kind != "command" and entry.incident_id in self.site_of:
                self.trees[self.site_of[entry.incident_id]].append(entry)

    def faults(self) -> Iterator[str]:
        """Tell each broken promise."""
        yield from self._lost()
        for site in range(self._night.sites):
            for fault in self._faults_of(site, kind_of(site)):
                yield f"site {site} ({kind_of(site).name}): {fault}"
        yield from self._services()
        for call in self._night.phones.calls.values():
            if len(call.number) < 10:
                yield f"an emergency number was dialled: {call.number}"

    # ------------------------------------------------------------ nothing is lost

    def _lost(self) -> Iterator[str]:
        yield from self._night.witness.contradictions
        for seq, (what, incident_id) in self._night.witness.lines.items():
            entry = self.entries.get(seq)
            if entry is None or (entry.what, entry.incident_id) != (what, incident_id):
                yield f"line {seq}, {what}, was shown and is not in the log"
        for site in self._night.senders.acknowledged:
            if site not in self.trees:
                yield f"the alarm of site {site} was acknowledged and is not in the log"

    # ------------------------------------------------------------ each tree

    def _faults_of(self, site: int, kind: Kind) -> Iterator[str]:
        said: dict[str, list[Any]] = defaultdict(list)
        for entry in self.trees[site]:
            said[entry.what].append(entry.data)
            if entry.what in END:
                said["ends"].append(entry.what)
        yield from self._course(said, kind)
        accepted: set[str] = set()
        for entry in self.trees[site]:
            if entry.what == "KeyholderAccepted":
                accepted.add(entry.data["person"])
            elif entry.what == "KeyholderCalled" and entry.data["person"] in accepted:
                yield f"{entry.data['person']} took charge and was called again"
        called = Counter(data["number"] for data in said["KeyholderCalled"])
        unknown = {d["leg_id"] for d in said["KeyholderMissed"] if d["cause"] == "unknown"}
        for who in range(PEOPLE):
            number = number_of(site, who)
            rings = self._night.phones.rings_at(number)
            unsure = sum(
                d["leg_id"] in unknown for d in said["KeyholderCalled"] if d["number"] == number
            )
            if rings > called[number]:
                when = self._night.phones.told_of(number)
                yield f"{number} rang {rings} times for {called[number]} calls: {when}"
            if rings < called[number] - unsure:
                yield f"{number} rang {rings} times; the log says {called[number]}"
        ended = {data["leg_id"] for data in said["LegEnded"]}
        spoken_of = {d["leg_id"] for what in SPOKEN_OF for d in said[what]}
        for data in said["KeyholderCalled"]:
            if data["leg_id"] not in ended | unknown:
                yield f"the call {data['leg_id']} never ended"
            if data["leg_id"] not in spoken_of | ended:
                yield f"the call {data['leg_id']} has no outcome"

    def _course(self, said: dict[str, list[Any]], kind: Kind) -> Iterator[str]:
        if len(said["CallTreeStarted"]) != 1:
            yield f"{len(said['CallTreeStarted'])} trees were started"
        ends = said["ends"]
        # Who presses his key after everybody was tried takes charge all the same.
        if ends not in (*([end] for end in END), [*reversed(END)]):
            yield f"it came to these ends: {ends}"
        accepted = [data["person"] for data in said["KeyholderAccepted"]]
        if len(accepted) != len(set(accepted)):
            yield f"somebody took charge twice: {accepted}"
        if ends == ["CallTreeEnded"] and len(accepted) < max(kind.accepts, 1):
            yield f"it ended with {len(accepted)} who took charge"
        if ends == ["CallTreeExhausted"] and not said["AttentionWanted"]:
            yield "it reached nobody and no operator was told"
        people = [data["person"] for data in said["KeyholderCalled"]]
        first = list(dict.fromkeys(people))
        if first != sorted(first) or len(first) < min(kind.called, PEOPLE):
            yield f"only {first} were called, of {kind.called}"

    # ------------------------------------------------------------ emergency services

    def _services(self) -> Iterator[str]:
        """Tell what is wrong with the lines to emergency services."""
        called: Counter[str] = Counter()
        told: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in self.entries.values():
            is_told = entry.kind != "command" and entry.what.startswith("Service")
            if is_told and "service" in entry.data:
                told[entry.incident_id or "", entry.data["service"]].append(entry)
        for (case, service), entries in told.items():
            lines = [entry.what for entry in entries]
            called[SIMULATED[service]] += lines.count("ServiceCalled")
            ends = [entry for entry in entries if entry.what in SERVICE_ENDS]
            if lines.count("ServiceCalled") > 1:
                yield f"{case}: {service} was called {lines.count('ServiceCalled')} times"
            if len(ends) != 1:
                yield f"{case}: {service} has {len(ends)} ends: {lines}"
            for end in ends:
                why = end.data.get("cause", "ended")
                if why != ("busy" if SERVICES[service].status == 486 else "ended"):
                    yield f"{case}: {service} came to nothing: {why}"
        for (
            number
        ) in SIMULATED.values():  # also one that rang though nobody's press is in the log
            times = called[number]
            if (rings := self._night.phones.rings_at(number)) != times:
                yield f"{number} rang {rings} times for {times} presses"
        for dispatcher in self._night.dispatchers:
            for case, service in dispatcher.called:
                if (case, service) not in told:
                    yield f"{case}: {service} was pressed for, and nothing became of it"

    def outcomes(self) -> Counter[str]:
        """Count why calls came to nothing."""
        return Counter(
            entry.data["cause"]
            for entry in self.entries.values()
            if entry.what == "KeyholderMissed"
        )


__all__ = ["Verdict", "habit_of"]
