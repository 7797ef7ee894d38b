"""A user agent and its registration as one thing that a transport shell can drive."""

from securityline.simulation.client_registration import ClientRegistration
from sip.endpoint import Endpoint, Packet
from sip.events import SipEvent
from sip.user_agent import UserAgent


class PhoneCore:
    """Gives each message to whom it is for, and gathers what both have to say.

    :param registration: set later, when the phone's own address is known; `None`: the
        phone is not registered anywhere.
    """

    def __init__(self, ua: UserAgent) -> None:
        self.ua = ua
        self.registration: ClientRegistration | None = None

    def receive(self, data: bytes, source: Endpoint, local: Endpoint, now: float) -> None:
        """Take one message."""
        if self.registration is None or not self.registration.receive(data, now):
            self.ua.receive(data, source, local, now)

    def connection_lost(self, endpoint: Endpoint, now: float) -> None:
        """Tell both that a connection ended."""
        self.ua.connection_lost(endpoint, now)
        if self.registration is not None:
            self.registration.connection_lost(endpoint, now)

    def packets_to_send(self) -> list[Packet]:
        """Hand over the packets of both."""
        packets = self.ua.packets_to_send()
        if self.registration is not None:
            packets += self.registration.packets_to_send()
        return packets

    def next_timer(self) -> float | None:
        """Return the sooner of both deadlines."""
        timers = [self.ua.next_timer()]
        if self.registration is not None:
            timers.append(self.registration.next_timer())
        return min((at for at in timers if at is not None), default=None)

    def handle_timer(self, now: float) -> None:
        """Do what is due in both."""
        self.ua.handle_timer(now)
        if self.registration is not None:
            self.registration.handle_timer(now)

    def next_event(self) -> SipEvent | None:
        """Hand over the oldest event of either."""
        event = self.ua.next_event()
        if event is None and self.registration is not None:
            event = self.registration.next_event()
        return event
