"""Every connected screen, and what each of them is sent.

A message is `{"seq", "now", "fragments": [{"id", "html", …}], …}`. Fragments are states,
not changes: each replaces the element of that id, so a screen that was away needs only
those that changed since the last number it saw. A coming call is one message with the
whole card, drawn and encoded once for all screens that may see it.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import structlog

from callflows.events import OperatorId
from securityline.web.board import Audience, Board
from securityline.web.changes import came_or_went, changes
from securityline.web.drawing import Drawing
from securityline.web.frames import closing, encode
from securityline.web.plain import clip
from securityline.web.ports import Line
from securityline.web.screen import Screen
from securityline.web.shouts import REFUSALS, shouts
from securityline.web.unseen import has_silent, unseen_by_operator

PACE: Final = 0.1
"Seconds between two drawings of the same list."
SILENT: Final = "SilentCaseOpened"
LISTS: Final = ("calls", "cases", "late", "operators")
"Of these each screen has its own place; they change with any case."
CUT_AFTER: Final = 1.0
"Seconds that the screen of an ended session has to close its socket itself."
SIGNED_OUT: Final = 4001
"Close code of a socket whose session ended."
SHIFT: Final = "shift"
"Lists of operators who go home."
WATCH: Final = "watch"
"The list of timers and tasks."
WATCH_LINES: Final = (
    "SafetyTimer",
    "WelfareCall",
    "Task",
    "IncidentClosed",
    "DirectoryReloaded",
)
"What lines begin with that change it."
TESTS: Final = "tests"
"What is on test."
TEST_LINES: Final = ("TestMode", "TestByPhone", "AlarmOnTest", "DirectoryReloaded")

Fragment = dict[str, Any]
log = structlog.get_logger()


class Screens:
    """Tell every screen what changed, and no screen more than it may know."""

    def __init__(self, drawing: Drawing, clock: Callable[[], float], seq: int) -> None:
        self.run = secrets.token_hex(6)
        "Of this process: after a restart every screen is painted anew."
        self.seq = seq
        self.screens: set[Screen] = set()
        self._drawing = drawing
        self._board: Board = drawing.board
        self._clock = clock
        self._changed_at: dict[str, int] = {}
        self._list_sent: dict[tuple[Audience, str], str] = {}
        self._drawn_at = 0.0
        self._dirty: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._has_silent = has_silent(self._board)

    # ------------------------------------------------------------ from the engine

    def publish(self, lines: Sequence[Line]) -> None:
        """Take durable lines and tell the screens what they changed."""
        if not lines:
            return
        self.seq = lines[-1].seq
        incidents, operators, popped = changes(lines)
        incidents |= self._shown_cases_of(came_or_went(lines))
        self._has_silent |= any(line.what == SILENT for line in lines)
        for topic in (*incidents, *operators):
            self._changed_at[topic] = self.seq
        if self.screens:
            for incident_id, rung in popped.items():
                self._guard(self._pop, incident_id, rung)
        self._drawing.timelines.add(lines)
        self._drawing.beside.history.add(lines)
        if self.screens:
            self._push_personal(incidents, operators)
            self._tell(lines)
            self.look_away()  # after the answer: a duress word is answered as soon as any
            self._shout(lines)
            if any(not line.is_saved or line.what == "RecordingFailed" for line in lines):
                self.check_alarms()
        if incidents or operators:
            self._mark(LISTS if incidents else ("operators",))
        if any(line.what.startswith("Shift") for line in lines) or (
            incidents and self._board.switchboard.shift_lists
        ):
            self._mark((SHIFT,))
        if any(line.what.startswith(WATCH_LINES) for line in lines):
            self._mark((WATCH,))
        if any(line.what.startswith(TEST_LINES) for line in lines):
            self._mark((TESTS,))

    def look_away(self) -> None:
        """Hide silent cases from whom they must not be seen by, or show them again."""
        if not self._has_silent:
            return
        self._has_silent = has_silent(self._board)
        hidden = unseen_by_operator(self._board, self._clock())
        for screen in tuple(self.screens):
            unseen = hidden.get(OperatorId(screen.operator), frozenset())
            if screen.audience.unseen != unseen:
                self._guard(self._turn, screen, screen.audience._replace(unseen=unseen))

    def _turn(self, screen: Screen, audience: Audience) -> None:
        """Let a screen see more, or less; what looks the same is not sent again."""
        before, screen.audience = screen.audience, audience
        fragments = []
        for name in (*LISTS, SHIFT):
            html = self._drawing.shared(name, audience)
            sent = self._list_sent.get((before, name))
            if html != (self._drawing.shared(name, before) if sent is None else sent):
                fragments.append({"id": name, "html": html})
            self._list_sent.setdefault((audience, name), html)
        if fragments:
            screen.send(self._encode(fragments))

    def _shown_cases_of(self, owners: set[str]) -> set[str]:
        """Return their cases of which a card is shown: work on it takes `⇧W`, or no more."""
        shown = {screen.shown for screen in self.screens if screen.shown} if owners else set()
        cases = [self._board.incident(incident_id) for incident_id in shown]
        return {case.incident_id for case in cases if case is not None and case.owner in owners}

    def _pop(self, incident_id: str, rung: list[str]) -> None:
        incident = self._board.incident(incident_id)
        if incident is None:
            return
        called = [who for who in rung if not self._board.is_calling_service(who)]
        if rung and not called:
            return  # his own phone rings because he pressed: no call comes in
        rung = called
        call = self._board.call_of(incident)
        pop = {
            "incident": incident_id,
            "call": call.call_id if call else None,
            "urgency": incident.urgency,
            "words": clip(incident.organisation_name),
            "rung": rung,
        }
        for audience, screens in self._audiences().items():
            if incident.clearance not in audience.clearances:
                continue
            card = self._drawing.card(incident_id, audience)
            message = self._encode([_of_case("card", card, incident_id)], pop=pop)
            for screen in screens:
                if screen.shown == incident_id:
                    screen.sent["card"] = card
                screen.send(message)

    def _push_personal(self, incidents: set[str], operators: set[str]) -> None:
        for screen in tuple(self.screens):
            self._guard(self._push_to, screen, incidents, operators)

    def _push_to(self, screen: Screen, incidents: set[str], operators: set[str]) -> None:
        fragments: list[Fragment] = []
        if screen.operator in operators or self._his_case(screen) in incidents:
            fragments += self._fresh(screen, self._drawing.own(screen))
        if screen.shown in incidents:
            fragments += self._fresh(screen, self._drawing.shown(screen))
        if fragments:
            screen.send(self._encode(fragments))

    def _guard(self, draw: Callable[..., None], *values: object) -> None:
        """Let one case that cannot be drawn keep nothing from the others."""
        try:
            draw(*values)
        except Exception:
            log.exception("a fragment could not be drawn")

    def _his_case(self, screen: Screen) -> str | None:
        call = self._board.call(self._board.desk(screen.operator).call_id or "")
        return call.incident_id if call else None

    def _tell(self, lines: Iterable[Line]) -> None:
        """Say to an operator why what he asked for was not done, or what a word was worth."""
        for line in lines:
            if line.what not in REFUSALS and line.what != "SecretChecked":
                continue
            is_wrong = line.data.get("outcome") not in ("good", "duress")
            for screen in self.screens:
                if screen.operator == line.data.get("operator"):
                    shown = self._drawing.timelines.show(line, screen.audience.language)
                    screen.send(encode({"say": shown.words, "is_wrong": is_wrong}))

    def _shout(self, lines: Sequence[Line]) -> None:
        """Let every screen that may know hear what cannot wait for a look."""
        for shout in shouts(lines, self._board):
            message = encode({"alert": shout.message})
            for screen in self.screens:
                if shout.is_for(screen.operator, screen.audience):
                    screen.send(message)

    # ------------------------------------------------------------ lists

    def _mark(self, names: Iterable[str]) -> None:
        """Draw these lists now, or when the pace allows."""
        self._dirty.update(names)
        for name in names:
            self._changed_at[name] = self.seq
        if self._timer is None and self._dirty:
            delay = max(0.0, self._drawn_at + PACE - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay, self._draw_lists)

    def check_alarms(self) -> None:
        """Draw the red banners anew when they changed."""
        if self._drawing.alarms.check():
            self._mark(("alarms",))

    def _draw_lists(self) -> None:
        self._timer = None
        self._drawn_at = self._clock()
        dirty, self._dirty = tuple(sorted(self._dirty)), set()
        for audience, screens in self._audiences().items():
            self._guard(self._draw_for, audience, screens, dirty)

    def _draw_for(
        self, audience: Audience, screens: list[Screen], dirty: Iterable[str]
    ) -> None:
        fragments = self._list_fragments(audience, dirty)
        if fragments:
            message = self._encode(fragments)
            for screen in screens:
                screen.send(message)

    def _list_fragments(self, audience: Audience, names: Iterable[str]) -> list[Fragment]:
        fragments = []
        for name in names:
            html = self._drawing.shared(name, audience)
            if self._list_sent.get((audience, name)) != html:
                self._list_sent[audience, name] = html
                fragments.append({"id": name, "html": html})
        return fragments

    # ------------------------------------------------------------ one screen

    def open(self, screen: Screen, after: int, run: str, shown: str | None) -> None:
        """Take a screen in and send it what it missed since line `after`.

        A screen of an earlier process, or one that claims lines we never wrote, is painted
        anew.
        """
        is_full = run != self.run or not 0 < after <= self.seq
        self.screens.add(screen)
        screen.shown = shown
        fragments: list[Fragment] = []
        names = [
            name
            for name in ("alarms", *LISTS, WATCH, TESTS, SHIFT)
            if is_full or self._changed_at.get(name, 0) > after
        ]
        fragments += [
            {"id": name, "html": self._drawing.shared(name, screen.audience)} for name in names
        ]
        fragments += self._fresh(screen, self._drawing.own(screen))
        fragments += self._fresh(screen, self._card_of(screen))
        screen.send(self._encode(fragments, run=self.run, is_full=is_full))

    def show(self, screen: Screen, incident_id: str | None) -> None:
        """Put another card in front of him."""
        screen.shown = incident_id
        screen.sent.pop("card", None)
        screen.sent.pop("more", None)
        screen.sent.pop("log", None)
        screen.send(self._encode(self._fresh(screen, self._card_of(screen))))

    def _card_of(self, screen: Screen) -> list[Fragment]:
        """Draw what he asked to see; where there is none he waits for no card in vain."""
        drawn = self._drawing.shown(screen)
        if drawn or screen.shown is None:
            return drawn
        return self._drawing.nothing_to_show(screen.audience.language)

    def close(self, screen: Screen) -> None:
        """Let a screen go."""
        self.screens.discard(screen)
        living = {one.audience for one in self.screens}
        self._list_sent = {k: v for k, v in self._list_sent.items() if k[0] in living}

    def end_session(self, session_id: str, why: str) -> None:
        """Tell the screens of a session why it has ended, and nothing more; cut them off."""
        over = {one for one in self.screens if one.session_id == session_id}
        self.screens -= over
        for screen in over:
            screen.send(encode({"ended": why}) + closing(SIGNED_OUT))
            asyncio.get_running_loop().call_later(CUT_AFTER, screen.cut)

    def warn(self, session_id: str, ends_at: float) -> None:
        """Tell the screens of a session when it will end."""
        for screen in self.screens:
            if screen.session_id == session_id:
                screen.send(encode({"ends_at": ends_at}))

    def tidy(self) -> None:
        """Forget what nobody looks at; called now and then."""
        known = self._board.switchboard.incidents
        shown = {screen.shown for screen in self.screens if screen.shown}
        self._drawing.timelines.forget_all_but({*known, *shown})
        self._changed_at = {
            topic: seq
            for topic, seq in self._changed_at.items()
            if topic in known or topic in (*LISTS, WATCH, TESTS, SHIFT, "alarms")
        }

    # ------------------------------------------------------------ small ones

    def _audiences(self) -> dict[Audience, list[Screen]]:
        audiences: dict[Audience, list[Screen]] = {}
        for screen in self.screens:
            audiences.setdefault(screen.audience, []).append(screen)
        return audiences

    def _fresh(self, screen: Screen, drawn: Iterable[Fragment]) -> list[Fragment]:
        fresh = []
        for fragment in drawn:
            if screen.sent.get(fragment["id"]) != fragment["html"]:
                screen.sent[fragment["id"]] = fragment["html"]
                fresh.append(fragment)
        return fresh

    def _encode(self, fragments: list[Fragment], **more: Any) -> bytes:
        message = {"seq": self.seq, "now": round(self._clock(), 3), "fragments": fragments}
        return encode({**message, **more})


def _of_case(name: str, html: str, incident_id: str) -> Fragment:
    return {"id": name, "html": html, "incident": incident_id}
