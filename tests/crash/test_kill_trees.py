"""kill -9 at every boundary between two steps of an escalation, two hundred times in all.

The engine is the product in a process of its own, the keyholders are telephones on loopback,
the alarms come by DC-09 and HTTP. Judged is by what the world saw, and by the log.
"""

from pathlib import Path
from statistics import median

import pytest

from tests.crash.dispatchers import Dispatcher
from tests.crash.estate import SERVICES, SIMULATED, Estate
from tests.crash.judge import Verdict
from tests.crash.night import BOUNDARIES, SERVICE_BOUNDARIES, Night, live_through

KILLS = 160
SERVICE_KILLS = 40
SITES = 260
WRITES = 10_000
SEED = 20261127
MEDIAN_TIME = 8.0
LONGEST_TIME = 45.0
"Seconds; a life of the engine in which it waits for a lock or a timeout takes longer."


def estate(folder: Path, sites: int) -> Estate:
    """Write everything an engine needs."""
    made = Estate(folder, sites=sites)
    made.prepare()
    return made


def assert_goes_on_soon(night: Night) -> None:
    """Every tree goes on soon after each kill.

    The promise is 3 s, and `benchmarks/kill_trees` measures it on a machine of its own (0.5 s
    at the median). Here others use the processors too, so what is asserted is what no load
    explains: a restart that waits for something.
    """
    for what, seconds in (
        ("until the next engine was ready", night.down_times),
        ("until a call that was up was taken up", night.phones.silences),
    ):
        assert seconds, what
        middle, longest = median(seconds), max(seconds)
        assert middle <= MEDIAN_TIME, f"{middle:.1f} s at the median {what}"
        assert longest <= LONGEST_TIME, f"{longest:.1f} s {what}"


def judged(night: Night, data: Path) -> list[str]:
    """Return the broken promises, those of the telephones included."""
    faults = list(Verdict(night, data).faults())
    faults += [f"{call.number} was left alone" for call in night.phones.left_alone]
    return faults


async def test_nothing_is_lost_doubled_or_forgotten_in_a_night_of_kills(
    tmp_path: Path,
) -> None:
    bank = estate(tmp_path, SITES)
    night = await live_through(bank, kills=KILLS, seed=SEED, at_once=16, writes=WRITES)
    assert judged(night, bank.data) == []
    assert_goes_on_soon(night)
    assert sum(night.kills.values()) == KILLS
    assert set(BOUNDARIES) <= set(night.kills), "each boundary was met"
    assert len(night.witness.lines) >= WRITES
    assert Verdict(night, bank.data).outcomes()["unknown"] == 0


async def test_no_line_to_an_emergency_service_is_doubled_or_forgotten(
    tmp_path: Path,
) -> None:
    """Operators press again after every death, whatever they had been shown."""
    bank = estate(tmp_path, SITES)
    night = await live_through(
        bank, kills=SERVICE_KILLS, seed=SEED, at_once=6, has_operators=True
    )
    assert judged(night, bank.data) == []
    assert_goes_on_soon(night)
    assert set(SERVICE_BOUNDARIES) <= set(night.kills), "each boundary was met"
    pressed = {service for each in night.dispatchers for _, service in each.called}
    assert pressed == set(SERVICES)


async def test_what_is_wrong_with_a_night_is_found(tmp_path: Path) -> None:
    """The judge is not blind: each promise, broken by hand, is named."""
    bank = estate(tmp_path, 6)
    night = await live_through(bank, kills=1, seed=1, at_once=6)
    assert judged(night, bank.data) == []
    night.phones.silences[:] = [1.0, 1.0, 1.0]
    night.down_times[:] = [1.0, 1.0, 50.0]
    with pytest.raises(AssertionError, match=r"50\.0 s until the next engine was ready"):
        assert_goes_on_soon(night)
    night.down_times[:] = [9.0]
    with pytest.raises(AssertionError, match=r"9\.0 s at the median"):
        assert_goes_on_soon(night)
    call = next(iter(night.phones.calls.values()))
    call.rung_at.append(0.0)
    night.senders.acknowledged[99] = 0.0
    seq = max(night.witness.lines)
    night.witness.lines[seq + 1] = ("KeyholderAccepted", "20261127-0001")
    night.phones.calls["x"] = type(call)(
        number="112", call_id="x", invite="", source=("", 0), tag=""
    )
    for name, rung in (("y", [0.0]), ("z", [0.0, 1.0])):
        night.phones.calls[name] = type(call)(
            number=SIMULATED["pz"], call_id=name, invite="", source=("", 0), tag="",
            rung_at=rung,
        )  # fmt: skip
    forgetful = Dispatcher(bank, night.witness, 0, lambda _moment: None)
    forgetful.called.append(("20261127-0001", "fire"))
    night.dispatchers.append(forgetful)
    found = "\n".join(judged(night, bank.data))
    for words in (
        f"{call.number} rang 2 times for 1 calls: ",
        "site 99 was acknowledged and is not in the log",
        "KeyholderAccepted, was shown and is not in the log",
        "an emergency number was dialled",
        f"{SIMULATED['pz']} rang 3 times for 0 presses",
        "fire was pressed for, and nothing became of it",
    ):
        assert words in found, found
