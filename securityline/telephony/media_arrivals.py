"""What the media process says of legs, told to the engine in the words of calls."""

from collections.abc import Callable
from typing import Any, Final

from callflows import events as e
from callflows.events import LegId
from securityline.telephony.exchange import Exchange, log
from securityline.telephony.legs import Leg
from sip.media import protocol as m


def tell_digit(exchange: Exchange, leg: Leg | None, digit: str) -> None:
    """Tell that a key was pressed, whichever way it came."""
    if leg is not None:
        exchange.tell(
            e.DigitPressed(incident_id=leg.incident_id, leg_id=leg.leg_id, digit=digit)
        )


class MediaArrivals:
    """Turn events of the media process into events of the flows."""

    def __init__(self, exchange: Exchange) -> None:
        self._x = exchange
        self._on_media: Final[dict[type, Callable[[Any], None]]] = {
            m.DigitHeard: self._digit_heard,
            m.PromptEnded: self._prompt_ended,
            m.PromptMissing: self._prompt_missing,
            m.AudioLost: self._audio_lost,
            m.AudioBack: self._audio_back,
            m.LegFailed: self._leg_failed,
        }

    def take(self, event: object) -> bool:
        """Take one event of the media process; `False` if it is none of a leg's."""
        handler = self._on_media.get(type(event))
        if handler is not None:
            handler(event)
        return handler is not None

    def _digit_heard(self, event: m.DigitHeard) -> None:
        tell_digit(self._x, self._x.legs.get(LegId(event.leg_id)), event.digit)

    def _prompt_ended(self, event: m.PromptEnded) -> None:
        leg = self._x.legs.get(LegId(event.leg_id))
        if leg is not None:
            self._x.tell(
                e.PromptEnded(
                    incident_id=leg.incident_id,
                    leg_id=leg.leg_id,
                    prompt=event.prompt,
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
