from callflows.events import (
    Event,
    OperatorId,
    StationDown,
    StationUp,
    TrunkStateChanged,
)
from securityline.telephony.stations import Stations
from sip.endpoint import Endpoint
from sip.events import Registered, Unregistered
from sip.probe import ProbeSettings
from sip.trunk import PeerAddress, Trunk, TrunkGroup

PHONE = Endpoint("udp", "192.0.2.20", 5062)
OTHER_PHONE = Endpoint("udp", "192.0.2.21", 5062)
CARRIER = Endpoint("udp", "192.0.2.10", 5060)


class Watch:
    """Stations whose OPTIONS reach `alive` addresses only."""

    def __init__(self, trunk: Trunk | None = None) -> None:
        self.now = 0.0
        self.told: list[Event] = []
        self.alive = {PHONE, OTHER_PHONE, CARRIER}
        self.asked: list[tuple[Endpoint, str]] = []
        self.directory = {"201": OperatorId("op-1")}
        self.rung: set[str] = set()
        self.stations = Stations(
            TrunkGroup([trunk or Trunk("carrier-a", [PeerAddress(CARRIER.host)], [CARRIER])]),
            operator_of=self.directory.get,
            tell=self.told.append,
            ping=lambda destination, token: self.asked.append((destination, token)),
            settings=ProbeSettings(interval=10, answer_time=2, retry_interval=0.5),
            rung=lambda: self.rung,
        )

    def registers(self, contact: str = "sip:201@192.0.2.20", at: Endpoint = PHONE) -> None:
        self.stations.registered(Registered("201", contact, 60), at, self.now)

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while (at := self.stations.next_timer()) is not None and at <= end:
            self.now = max(self.now, at)
            self.stations.handle_timer(self.now)
            asked, self.asked = self.asked, []
            for destination, token in asked:
                if destination in self.alive:
                    self.stations.answered(token, 200, self.now)
        self.now = end

    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self.told]


def test_a_phone_that_registers_is_up_at_once_and_told_once() -> None:
    watch = Watch()
    watch.registers()
    watch.registers()
    watch.pass_time(60)
    assert watch.told == [StationUp(operator=OperatorId("op-1"))]


def test_a_registered_phone_that_falls_silent_is_down() -> None:
    watch = Watch()
    watch.registers()
    watch.alive.discard(PHONE)
    watch.pass_time(20)
    assert watch.kinds() == [StationUp, StationDown]
    assert not watch.stations.is_up("201")


def test_a_phone_that_answers_again_is_up_again() -> None:
    watch = Watch()
    watch.registers()
    watch.alive.discard(PHONE)
    watch.pass_time(20)
    watch.alive.add(PHONE)
    watch.pass_time(20)
    assert watch.kinds() == [StationUp, StationDown, StationUp]


def test_one_of_two_phones_is_enough() -> None:
    watch = Watch()
    watch.registers()
    watch.registers("sip:201@192.0.2.21", OTHER_PHONE)
    watch.alive.discard(PHONE)
    watch.pass_time(30)
    assert watch.kinds() == [StationUp]
    watch.stations.unregistered(Unregistered("201", "sip:201@192.0.2.21", "removed"))
    assert watch.kinds() == [StationUp, StationDown]


def test_the_end_of_the_registration_is_the_end_of_the_station() -> None:
    watch = Watch()
    watch.registers()
    watch.stations.unregistered(Unregistered("201", "sip:201@192.0.2.20", "expired"))
    [_, down] = watch.told
    assert isinstance(down, StationDown)
    assert "expired" in down.reason
    watch.alive.clear()
    watch.pass_time(60)
    assert len(watch.told) == 2


def test_a_phone_of_nobody_is_watched_in_silence() -> None:
    watch = Watch()
    watch.stations.registered(Registered("999", "sip:999@192.0.2.20", 60), PHONE, 0.0)
    assert watch.told == []


def test_a_phone_that_is_there_before_its_operator_is_up_once_the_directory_has_him() -> None:
    watch = Watch()
    watch.directory.clear()
    watch.registers()
    watch.directory["201"] = OperatorId("op-7")
    watch.registers()
    assert watch.told == [StationUp(operator=OperatorId("op-7"))], "at the next registration"
    watch.stations.directory_changed()
    assert len(watch.told) == 1, "and is told once"


def test_a_phone_that_another_operator_is_given_is_down_for_the_first() -> None:
    watch = Watch()
    watch.registers()
    watch.directory["201"] = OperatorId("op-7")
    watch.stations.directory_changed()
    watch.directory.clear()
    watch.stations.directory_changed()
    watch.stations.directory_changed()
    assert [(type(e), getattr(e, "operator", "")) for e in watch.told] == [
        (StationUp, "op-1"),
        (StationDown, "op-1"),
        (StationUp, "op-7"),
        (StationDown, "op-7"),
    ]
    assert watch.stations.is_up("201"), "the phone itself is well"


def test_a_carrier_that_falls_silent_is_told_and_so_is_its_return() -> None:
    watch = Watch()
    watch.stations.start(0.0)
    watch.pass_time(1)
    watch.alive.clear()
    watch.pass_time(20)
    watch.alive.add(CARRIER)
    watch.pass_time(20)
    states = [event.is_up for event in watch.told if isinstance(event, TrunkStateChanged)]
    assert states in ([True, False, True], [False, True]), states
    assert watch.stations.trunks_up() == {"carrier-a": True}


def test_a_carrier_that_only_brings_calls_is_asked_where_it_listens() -> None:
    """Before, nobody noticed that such a carrier was gone until no call came."""
    for peer, is_probed in (
        ("192.0.2.10", True),
        ("192.0.2.10:5060", True),
        ("192.0.2.10", False),
    ):
        trunk = Trunk("carrier-a", [PeerAddress.parse(peer)], is_probed=is_probed)
        watch = Watch(trunk)
        watch.stations.start(0.0)
        watch.pass_time(20)
        assert watch.stations.trunks_up() == ({"carrier-a": True} if is_probed else {})
        watch.alive.clear()
        watch.pass_time(20)
        assert watch.stations.trunks_up() == ({"carrier-a": False} if is_probed else {})
        assert trunk.ranked(watch.now) == [], "and no call ever goes out by it"


def test_a_phone_that_dies_while_it_rings_is_down_within_a_second() -> None:
    watch = Watch()
    watch.registers()
    watch.rung = {"201"}
    watch.stations.look(watch.now)
    watch.pass_time(3)
    assert watch.kinds() == [StationUp]
    watch.alive.discard(PHONE)
    watch.pass_time(1)
    assert watch.kinds() == [StationUp, StationDown]


def test_a_phone_that_was_picked_up_is_asked_as_before() -> None:
    watch = Watch()
    watch.registers()
    watch.rung = {"201"}
    watch.stations.look(watch.now)
    watch.pass_time(1)
    watch.rung = set()
    watch.pass_time(0.5)
    watch.alive.discard(PHONE)
    watch.pass_time(9)
    assert watch.kinds() == [StationUp]
    watch.pass_time(10)
    assert watch.kinds() == [StationUp, StationDown]
