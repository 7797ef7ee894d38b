"""Legs that we dial: an operator's phones, or a telephone number through a trunk.

Preparing and placing are two steps, with the disk between them. Everything that makes the
INVITE what it is (target, port, description, identifiers, all a function of the leg's name)
is in the leg's document, so a restarted engine repeats it octet for octet, and the far end
takes it for a retransmission instead of a second call.
"""

from collections.abc import Callable
from typing import Any

from callflows.commands import DialNumber, DialService, RingOperator
from callflows.events import Cause, LegEnded
from client_directory.numbers import is_emergency_number
from securityline.logbook.document import Document
from securityline.telephony.emergency import SIMULATOR, dialled
from securityline.telephony.exchange import Exchange, log, uri_host
from securityline.telephony.legs import Leg
from sip.endpoint import Endpoint
from sip.events import Refused
from sip.grammar import make_printable
from sip.media.client import MediaError
from sip.trunk import FAILOVER_TIME, Route
from sip.uri import Uri
from sip.values import NameAddr

Placed = RingOperator | DialNumber | DialService


class EmergencyNumberRefused(Exception):
    """A flow asked to dial an emergency service by its number. `DialService` alone may."""


class Dialling:
    """Prepare, place and re-route the legs that we dial."""

    def __init__(self, exchange: Exchange) -> None:
        self._x = exchange

    def prepare(self, command: Placed) -> Document:
        """Choose phones or a trunk and describe the leg; nobody outside notices yet.

        :raises EmergencyNumberRefused: whatever the flow thought it was dialling.
        :raises NotInTable: the service, or its number, is not in the table any more.
        :raises MediaError: no RTP port is free.
        """
        if isinstance(command, RingOperator):
            return self._prepared(command, self._phones(command))
        if isinstance(command, DialService):
            return self._prepared(command, self._way_to_service(command))
        return self._prepared(command, self._way_out(command))

    def _prepared(self, command: Placed, order: dict[str, Any]) -> Document:
        leg = Leg(
            leg_id=command.leg_id,
            call_id=command.call_id,
            incident_id=command.incident_id,
            role="operator" if isinstance(command, RingOperator) else "number",
            order=order,
        )
        self._x.legs.add(leg)
        try:
            for target in order["targets"]:
                self._add_target(leg, target)
        except MediaError:
            self._x.close_leg(leg)
            raise
        return self._x.leg_document(leg)

    def _add_target(self, leg: Leg, target: dict[str, Any]) -> None:
        """Give one place to ring its own dialog. The handle makes all its identifiers."""
        number = leg.branches_made
        leg.branches_made += 1
        handle = leg.leg_id if number == 0 else f"{leg.leg_id}~{number}"
        target["sip_leg"] = handle
        if "line" in target:
            if line := self._x.browsers.line_of(target["line"]):
                self._x.new_browser_branch(leg, handle, line)
            return
        branch = self._x.new_branch(leg, handle, target["at"][1])
        branch.audio.make_offer()

    def _phones(self, command: RingOperator) -> dict[str, Any]:
        """Choose where an operator is rung: his browser while it is up, else his phones."""
        if line := self._x.browsers.station_of(command.operator):
            target = {"line": line.line_id, "is_auto_answered": command.is_auto_answered}
            return {"targets": [target], "is_muted": command.is_muted}
        domain = self._x.domain
        operator = self._x.directory.current.operators.get(command.operator)
        extension = operator.extension if operator else ""
        headers: list[tuple[str, str]] = []
        if command.is_auto_answered:
            # Three dialects of one wish: RFC 5373's relative, and what desk phones obey.
            headers = [
                ("Call-Info", f"<sip:{domain}>;answer-after=0"),
                ("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer"),
                ("Answer-Mode", "Auto"),
            ]
        user = command.number or "anonymous"
        host = domain if command.number else "anonymous.invalid"
        return {
            "targets": [
                {"uri": str(binding.contact), "at": list(binding.source)}
                for binding in self._x.registrar.bindings(extension, self._x.clock())
            ],
            "from": address(command.display_name, user, host),
            "to": address("", extension, domain),
            "headers": headers,
            "is_muted": command.is_muted,
        }

    def _way_out(self, command: DialNumber) -> dict[str, Any]:
        """Choose a trunk for a telephone number.

        :raises EmergencyNumberRefused: whatever the flow thought it was dialling.
        """
        country = self._country(command.presented_number)
        is_protected = self._x.directory.current.is_protected_number(command.number)
        if is_protected or is_emergency_number(command.number, country):
            raise EmergencyNumberRefused(f"{command.number} is an emergency number")
        route = self._x.trunks.choose(self._x.clock(), (), command.trunk)
        domain = self._x.domain
        identity = address("", command.presented_number or "anonymous", domain)
        return {
            "number": command.number,
            "targets": [self._trunk_target(command.number, route)] if route else [],
            "from": identity,
            "to": address("", command.number, domain),
            "headers": [("P-Asserted-Identity", identity)],
            "is_screened": command.is_screened,
            "hears_keys_in_band": command.hears_keys_in_band,
        }

    def _way_to_service(self, command: DialService) -> dict[str, Any]:
        """Choose a trunk for an emergency service, real or simulated.

        :raises NotInTable: the service, or its number, is not in the table any more.
        """
        is_live = self._x.is_emergency_live
        number = dialled(command, self._x.directory.current, is_live=is_live)
        route = self._x.trunks.choose(self._x.clock())
        domain = self._x.domain
        identity = address("", command.presented_number or "anonymous", domain)
        return {
            "number": number,
            "targets": [self._trunk_target(number, route)] if route else [],
            "from": identity,
            "to": address("", number, domain),
            "headers": [("P-Asserted-Identity", identity)],
            "is_service": True,
        }

    def _country(self, presented_number: str | None) -> str:
        """Say from which country a number would be dialled: that of the client's own."""
        dialled = self._x.directory.current.dialled(presented_number or "")
        return dialled.organisation.country if dialled else self._x.default_country

    def place(self, command: Placed) -> None:
        """Send the INVITEs of a prepared leg."""
        leg = self._x.legs.get(command.leg_id)
        if leg is None:
            # It could not be prepared. Once more, and this time the reason becomes an event.
            self.prepare(command)
            leg = self._x.legs.get(command.leg_id)
        if leg is None or leg.is_released:
            return
        if not leg.branches:
            self._x.close_leg(leg)
            reason = "no phone is registered, or no trunk to call by"
            self._tell_end(leg, Cause.UNREACHABLE, reason)
            return
        self.place_again(leg)

    def _tell_end(self, leg: Leg, cause: Cause, reason: str) -> None:
        ended = LegEnded(
            incident_id=leg.incident_id, leg_id=leg.leg_id, cause=cause, reason=reason
        )
        self._x.tell(ended, [self._x.no_leg_document(leg.leg_id)])

    def place_again(self, leg: Leg) -> None:
        """Send the INVITEs of a leg; after a restart, the very same ones."""
        for target in leg.order["targets"]:
            if target["sip_leg"] in leg.branches:
                self._invite(leg, target)

    def stop_ringing(self, leg: Leg) -> None:
        """End a leg that a process before us dialled and that is too old to be repeated.

        A telephone that still rings is told to stop; should he pick up just then, the call
        ends. The flow does not wait for it: it took the outcome for unknown.
        """
        leg.is_released = True
        for target in leg.order["targets"]:
            if target["sip_leg"] in leg.branches:
                self._invite(leg, target, is_sent=True)
                self._x.ua.withdraw(target["sip_leg"], self._x.clock())

    def _invite(self, leg: Leg, target: dict[str, Any], *, is_sent: bool = False) -> None:
        if not is_sent:
            self._check_service(leg)
        sip_leg = target["sip_leg"]
        if "line" in target:
            is_auto_answered = target["is_auto_answered"]
            self._x.browsers.invite(sip_leg, target["line"], is_auto_answered=is_auto_answered)
            return
        transport, host, port = target["at"]
        self._x.ua.invite(
            sip_leg,
            Uri.parse(target["uri"]),
            self._x.clock(),
            destination=Endpoint(transport, host, port),
            from_=NameAddr.parse(leg.order["from"]),
            to=NameAddr.parse(leg.order["to"]),
            sdp=leg.branches[sip_leg].audio.local,
            headers=tuple((name, value) for name, value in leg.order["headers"]),
            credentials=self._x.credentials.get(target.get("trunk", "")),
            is_sent=is_sent,
        )
        if leg.role == "number":
            self._x.later(FAILOVER_TIME, lambda: self._overdue(leg, sip_leg))

    def _check_service(self, leg: Leg) -> None:
        """Look once more before anything leaves: the settings may have changed meanwhile.

        :raises EmergencyNumberRefused: a real service would be called in a run that is not
            live, from a leg that a predecessor described.
        """
        is_simulated = str(leg.order.get("number", "")).startswith(SIMULATOR)
        if leg.order.get("is_service") and not (is_simulated or self._x.is_emergency_live):
            raise EmergencyNumberRefused("this run is not live: nobody real is called")

    # ------------------------------------------------------------ the next trunk

    def try_elsewhere(self, leg: Leg, event: Refused, when_safe: Callable[[], None]) -> bool:
        """Try the next trunk if this one said that it cannot; say whether one is tried.

        :param when_safe: called once it is durable that another one is tried.
        """
        if leg.role != "number":
            return False
        route = self._route_of(leg, event.leg)
        if route is None or not route.trunk.refused(
            route.endpoint, event.status, self._x.clock(), event.retry_after
        ):
            return False
        return self._next_trunk(leg, when_safe)

    def _overdue(self, leg: Leg, sip_leg: str) -> None:
        """Try the next trunk when this one brought nothing in time, then let go of it."""
        if leg.is_ringing or leg.is_up or leg.is_released or sip_leg not in leg.branches:
            return
        is_service = leg.order.get("is_service", False)
        if is_service and self._x.ua.has_heard(sip_leg):
            return  # the carrier is at work on it: emergency calls take what they take
        if route := self._route_of(leg, sip_leg):
            route.trunk.timed_out(route.endpoint, self._x.clock())
        if is_service:
            self._give_up(leg, sip_leg)
            return
        if self._next_trunk(leg):
            self._x.ua.hang_up(sip_leg, self._x.clock())
            self._x.pump()

    def _give_up(self, leg: Leg, sip_leg: str) -> None:
        """End a call to a service of which the carrier gave no sign at all.

        It is not tried elsewhere: should the INVITE have arrived all the same, the service
        would ring twice. The operator is told, and his next press takes another way.
        """
        log.error("no sign of life from the carrier", leg_id=leg.leg_id)
        leg.is_released = True
        self._x.ua.hang_up(sip_leg, self._x.clock())
        self._x.pump()
        self._x.close_leg(leg)
        self._tell_end(leg, Cause.UNREACHABLE, "the carrier does not answer")

    def _next_trunk(self, leg: Leg, when_safe: Callable[[], None] | None = None) -> bool:
        targets = leg.order["targets"]
        tried = [route for t in targets if (route := self._route_of(leg, t["sip_leg"]))]
        route = self._x.trunks.choose(self._x.clock(), tried)
        if route is None:
            return False
        target = self._trunk_target(leg.order["number"], route)
        self._add_target(leg, target)
        targets.append(target)

        def invite() -> None:
            if leg.is_released:  # meanwhile; nothing was sent, so nothing will end it
                self._x.close_leg(leg)
                self._tell_end(leg, Cause.RELEASED, "")
            elif target["sip_leg"] in leg.branches:
                self._invite(leg, target)
                self._x.pump()

        # As with the first: the intent to dial is on disk before the INVITE is on the wire.
        self._x.save_leg(leg, invite, when_safe)
        return True

    def _route_of(self, leg: Leg, sip_leg: str) -> Route | None:
        for target in leg.order["targets"]:
            if target["sip_leg"] == sip_leg:
                for trunk in self._x.trunks.trunks:
                    if trunk.name == target["trunk"]:
                        return Route(trunk, Endpoint(*target["at"]))
        return None

    def _trunk_target(self, number: str, route: Route) -> dict[str, Any]:
        kind = "" if number.startswith(SIMULATOR) else ";user=phone"
        return {
            "uri": f"sip:{number}@{uri_host(route.endpoint)}{kind}",
            "at": list(route.endpoint),
            "trunk": route.trunk.name,
        }


def address(display_name: str, user: str, host: str) -> str:
    """Write a name-addr. What a person typed or a network sent becomes harmless here."""
    uri = Uri(scheme="sip", user=user or None, host=f"[{host}]" if ":" in host else host)
    return str(NameAddr(make_printable(display_name)[:80], uri))
