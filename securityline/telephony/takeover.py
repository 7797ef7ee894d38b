"""Take over the calls of an engine that died: dialogs, ports, audio (`reliability.md` §4).

Three kinds of leg come back. Answered ones: the dialog is rebuilt and proves itself by a
re-INVITE; the media process has gone on bridging and recording meanwhile. Callers still
waiting: the INVITE's transaction is rebuilt, so that it can still be answered. Legs we
were dialling: the same INVITE goes out again, which the far end takes for a
retransmission; after 32 s (64 T1, RFC 3261 section 17.1.1.2) it would be a second call, so
an older one is not repeated: it is cancelled, in case it still rings, and its outcome is told
as unknown.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from callflows.events import CallId, IncidentId, LegId
from securityline.logbook.document import Document
from securityline.telephony.audio import AudioSession
from securityline.telephony.dialling import Dialling
from securityline.telephony.exchange import Exchange, log
from securityline.telephony.legs import Branch, Leg
from sip.media.protocol import LegSpec, Silence

REPEAT_TIME: Final = 30.0
"Seconds in which the same INVITE is still a retransmission to the far end."


class Takeover:
    """Bring back the legs that live.

    :param carried: what the media process carried when we found it, by leg.
    """

    def __init__(
        self, exchange: Exchange, dialling: Dialling, carried: dict[str, LegSpec]
    ) -> None:
        self._x = exchange
        self._dialling = dialling
        self._carried = carried

    def adopt(self, documents: Sequence[Document]) -> tuple[LegId, ...]:
        """Bring back what can be; return the names of the legs that survived."""
        survivors = []
        for document in documents:
            try:
                leg = self._rebuild(document.data or {})
                survived = self._revive(leg, document)
            except Exception:
                # One leg that cannot be read must not cost the others their lives.
                log.exception("leg not taken over", leg_id=document.id)
                continue
            if survived:
                survivors.append(leg.leg_id)
        for leg_id in set(self._carried) - set(survivors):
            self._x.media.drop_leg(leg_id)
        self._x.pump()
        return tuple(survivors)

    def _rebuild(self, data: Mapping[str, Any]) -> Leg:
        leg = Leg(
            leg_id=LegId(data["leg_id"]),
            call_id=CallId(data["call_id"]),
            incident_id=IncidentId(data["incident_id"]),
            role=data["role"],
            is_up=data["is_up"],
            is_ringing=data["is_ringing"],
            # Of a leg that we dialled each target had one, also those that are closed again.
            branches_made=len(data["order"].get("targets", data["branches"])),
            order=data["order"],
        )
        for plain in data["branches"]:
            branch = Branch(
                plain["sip_leg"],
                AudioSession.from_plain(plain["audio"]),
                plain["signalling_host"],
                plain["is_answered"],
                plain.get("line_id"),
            )
            leg.branches[branch.sip_leg] = branch
        carried = self._carried.get(leg.leg_id)
        leg.hears = carried.source if carried is not None else Silence()
        leg.is_covert = carried is not None and carried.is_covert
        return leg

    def _revive(self, leg: Leg, document: Document) -> bool:
        now = self._x.clock()
        dialogs = {b["sip_leg"]: b["dialog"] for b in (document.data or {})["branches"]}
        if leg.role == "caller":
            return self._revive_caller(leg, dialogs, now)
        if leg.is_up:
            return self._revive_answered(leg, dialogs, now)
        if not leg.branches:
            self._x.save(self._x.no_leg_document(leg.leg_id))
            return False
        self._x.legs.add(leg)
        if now - document.at > REPEAT_TIME:
            self._dialling.stop_ringing(leg)
            return False
        self._dialling.place_again(leg)
        return True

    def _revive_caller(self, leg: Leg, dialogs: dict[str, Any], now: float) -> bool:
        for sip_leg, branch in leg.branches.items():
            self._x.ua.adopt(dialogs[sip_leg], now)
            self._x.legs.add(leg)
            if leg.is_up and not branch.is_answered:
                # The answer was on disk; whether it was on the wire nobody knows.
                branch.is_answered = True
                self._x.ua.answer(sip_leg, branch.audio.local, now)
            elif leg.is_up:
                self._x.ua.offer(sip_leg, branch.audio.local, now)
            elif leg.is_ringing:
                self._x.ua.ring(sip_leg, now)
            self._x.sync_media(leg)
            return True
        return False

    def _revive_answered(self, leg: Leg, dialogs: dict[str, Any], now: float) -> bool:
        for sip_leg, branch in tuple(leg.branches.items()):
            if not branch.is_answered:
                leg.branches.pop(sip_leg)
                continue
            if branch.line_id is not None:
                self._revive_at_browser(leg, branch)
                continue
            self._x.ua.adopt(dialogs[sip_leg], now)
            self._x.legs.add(leg)
            # Its 200 may still wait for an ACK; then a re-INVITE shows that it lives.
            self._x.ua.acknowledge(sip_leg, now)
            self._x.ua.offer(sip_leg, branch.audio.local, now)
            self._x.sync_media(leg)
        return bool(leg.branches)

    def _revive_at_browser(self, leg: Leg, branch: Branch) -> None:
        """Go on with a call at a browser, as long as the media process has its line."""
        if self._x.browsers.adopt_dialog(branch):
            self._x.legs.add(leg)
            self._x.sync_media(leg)
        else:
            leg.branches.pop(branch.sip_leg)
