"""What the media process says of legs, told to the engine in the words of calls."""

from collections.abc import Callable
from typing import Any, Final

from callflows import events as e
from callflows.events import LegId
from securityline.telephony.exchange import Exchange, log
from securityline.telephony.legs import Leg
from sip.media import protocol as m


def tell_digit(exchange: Exchange, leg: Leg | None, digit: str) -> None:
    """Tell that a key was pressed, whichever way it came; a PIN's reach no event."""
    if leg is not None and not exchange.takes_key(leg, digit):
        exchange.tell(
            e.DigitPressed(incident_id=leg.incident_id, leg_id=leg.leg_id, digit=digit)
        )


def _takes_keys(leg: Leg) -> bool:
    """Whether the far end agreed to telephone-event (RFC 4733)."""
    branch = leg.talking
    agreed = branch.audio.negotiated if branch is not None and branch.is_answered else None
    return agreed is not None and agreed.dtmf_payload_type is not None


class MediaArrivals:
    """Turn events of the media process into events of the flows.

    :param words_of: says what a flow called a prompt that was played to a leg.
    """

    def __init__(self, exchange: Exchange, words_of: Callable[[LegId, str], str]) -> None:
        self._x = exchange
        self._words_of = words_of
        self._on_media: Final[dict[type, Callable[[Any], None]]] = {
            m.DigitHeard: self._digit_heard,
            m.PromptEnded: self._prompt_ended,
            m.PromptMissing: self._prompt_missing,
            m.AudioLost: self._audio_lost,
            m.AudioBack: self._audio_back,
            m.LegMeasured: self._leg_measured,
            m.LegFailed: self._leg_failed,
            m.MachineSuspected: self._machine_suspected,
            m.FaxHeard: self._machine_suspected,
            m.GreetingEnded: self._greeting_ended,
            m.BeepHeard: self._greeting_ended,
            m.ConversationHeard: self._conversation_heard,
        }

    def take(self, event: object) -> bool:
        """Take one event of the media process; `False` if it is none of a leg's."""
        handler = self._on_media.get(type(event))
        if handler is not None and (
            isinstance(event, m.DigitHeard) or not self._is_panel(event)
        ):
            handler(event)
        return handler is not None

    def _is_panel(self, event: object) -> bool:
        """Say whether it is about a leg that no flow knows: a panel's."""
        leg = self._x.legs.get(LegId(getattr(event, "leg_id", "")))
        if leg is None or "panel" not in leg.order:
            return False
        if isinstance(event, m.LegFailed):
            log.error("a panel's call has no audio", reason=event.reason)
        return True

    def _digit_heard(self, event: m.DigitHeard) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        tell_digit(self._x, leg, event.digit)
        if leg is not None and leg.role == "operator" and not leg.is_muted:
            self._pass_on(leg, event.digit)

    def _pass_on(self, operator: Leg, digit: str) -> None:
        """Press an operator's key towards the outside parties of his conference.

        It goes where his voice goes and nowhere else: to no covert leg, and to none that
        agreed on no telephone-event. Between two parties the media process hands it on itself.
        """
        for leg in self._x.legs.mixing(operator.leg_id):
            if leg.role != "operator" and not leg.is_covert and _takes_keys(leg):
                self._x.media.send_digits(leg.leg_id, digit)

    def _prompt_ended(self, event: m.PromptEnded) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            self._x.tell(
                e.PromptEnded(
                    incident_id=leg.incident_id,
                    leg_id=leg.leg_id,
                    prompt=self._words_of(leg.leg_id, event.prompt),
                    played_time=event.seconds,
                    is_complete=event.is_complete,
                )
            )

    def _prompt_missing(self, event: m.PromptMissing) -> None:
        log.error("no such prompt; a tone is played", prompt=event.prompt)

    def _audio_lost(self, event: m.AudioLost) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            self._x.tell(e.AudioLost(incident_id=leg.incident_id, leg_id=leg.leg_id))

    def _audio_back(self, event: m.AudioBack) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            self._x.tell(e.AudioBack(incident_id=leg.incident_id, leg_id=leg.leg_id))

    def _leg_measured(self, event: m.LegMeasured) -> None:
        """Write down what arrived on a leg, in its case: a recording is not needed for it."""
        leg_id = LegId(event.leg_id)
        leg = self._x.parted.pop(leg_id, None) or self._x.legs.get(leg_id)
        data = {"leg_id": leg_id, "call_id": event.call_id, **event.statistics}
        if leg is None:  # a leg of our predecessor, dropped when we took over
            self._x.note("LegMeasured", {"role": "", **data})
        else:
            self._x.note("LegMeasured", {"role": leg.role, **data}, leg.incident_id)

    def _leg_failed(self, event: m.LegFailed) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            self._x.tell(
                e.CommandFailed(
                    incident_id=leg.incident_id,
                    command="Media",
                    reason=event.reason,
                    leg_id=leg.leg_id,
                )
            )

    def _machine_suspected(self, event: m.MachineSuspected | m.FaxHeard) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            evidence = "fax" if isinstance(event, m.FaxHeard) else event.evidence
            self._x.tell(
                e.MachineSuspected(
                    incident_id=leg.incident_id, leg_id=leg.leg_id, evidence=evidence
                )
            )

    def _greeting_ended(self, event: m.GreetingEnded | m.BeepHeard) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            evidence = "beep" if isinstance(event, m.BeepHeard) else "silence"
            self._x.tell(
                e.GreetingEnded(
                    incident_id=leg.incident_id, leg_id=leg.leg_id, evidence=evidence
                )
            )

    def _conversation_heard(self, event: m.ConversationHeard) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            self._x.tell(e.ConversationHeard(incident_id=leg.incident_id, leg_id=leg.leg_id))
