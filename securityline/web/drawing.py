"""Each fragment of the desk, drawn for one audience or one operator."""

from typing import Any, NamedTuple

from callflows.call import CallState, InboundCall
from callflows.operators import DeskState
from securityline.web import room_view, visits
from securityline.web.alarms import Alarms
from securityline.web.beside import Beside
from securityline.web.board import Audience, Board
from securityline.web.card import Cards, attention_words
from securityline.web.on_test import on_test
from securityline.web.ports import WebServices
from securityline.web.rendering import Rendering
from securityline.web.shift_lists import list_rows
from securityline.web.timelines import Timelines
from securityline.web.vocabulary import TASK_OUTCOMES
from securityline.web.words import WORDS

PHONE_STATES = {
    CallState.OFFERED: "offered",
    CallState.TALKING: "talking",
    CallState.HELD: "held",
    CallState.DIALLING: "dialling",
}

TALKING = ("talking", "held")


class Drawing:
    """All fragments of the desk."""

    def __init__(self, services: WebServices, rendering: Rendering) -> None:
        self.board = Board(services.engine, services.directory)
        self.render = rendering
        self._watch, self._directory = services.watch, services.directory
        self.cards = Cards(
            self.board,
            rendering,
            services.directory,
            is_emergency_live=services.is_emergency_live,
        )
        self.beside = Beside(self.board, rendering, services.directory, services.clock)
        self.timelines = Timelines(self.board, rendering)
        self.alarms = Alarms(
            self.board,
            services.logbook,
            lambda: [*services.health(), *services.degraded()],
            lambda at: rendering.moment(at, "%d.%m. %H:%M:%S"),
        )

    # ------------------------------------------------------------ shared

    def shared(self, name: str, audience: Audience) -> str:
        """Draw `calls`, `cases`, `watch`, `tests`, `operators`, `late`, `shift` or `alarms`."""
        values: dict[str, Any]
        if name == "calls":
            calls, hidden = self.board.waiting(audience.clearances)
            values = {"calls": calls, "hidden": hidden}
        elif name == "cases":
            abandoned, cases, total = self.board.open_cases(
                audience.clearances, audience.unseen
            )
            waiting, hidden = self.board.attention(audience.clearances, audience.unseen)
            words = WORDS[audience.language]
            values = {
                "attention": [
                    row._replace(
                        attention=tuple(
                            attention_words(row.incident_id, row.attention, words, self.board)
                        )
                    )
                    for row in waiting
                ],
                "attention_hidden": hidden,
                "abandoned": abandoned,
                "cases": cases,
                "total": total,
                "more": total - len(cases),
            }
        elif name == "watch":
            values = self._watched(audience)
        elif name == "tests":
            values = {
                "tests": on_test(self.board, self._directory.current, audience.clearances)
            }
        elif name == "shift":
            lists = list_rows(self.board, audience, self.may_see)
            values = {
                "lists": lists,
                "waiting": sum(row.waiting for row in lists),
                "late": any(one.is_late for row in lists for one in row.items),
            }
        elif name == "late":
            late = room_view.alerts(self.board, audience) if audience.may_visit else []
            values = {"alerts": late, "may_visit": audience.may_visit}
        elif name == "operators":
            desks, ready = self.board.operators()
            rows = visits.desk_rows(self.board, desks, audience)
            values = {"operators": rows, "ready": ready, "may_visit": audience.may_visit}
        else:
            values = {"alarms": self.alarms.said(WORDS[audience.language])}
        return self.render(f"{name}.html", audience.language, values)

    def _watched(self, audience: Audience) -> dict[str, Any]:
        """Timers and tasks: what needs a human, and what may be pressed on each."""
        door, cleared = self._watch, audience.clearances
        timers = door.timers(cleared) if door is not None else []
        tasks = door.tasks(cleared) if door is not None else []
        return {
            "timers": timers,
            "tasks": tasks,
            "pressing": any(row.timer.stage != "running" for row in timers)
            or any(row.task.state != "due" for row in tasks),
            "startable": door.startable(cleared) if door is not None else [],
            "askable": [row for row in timers if not row.timer.is_silent],
            "running": [row for row in timers if row.timer.stage == "running"],
            "outcomes": tuple(TASK_OUTCOMES),
        }

    def card(self, incident_id: str | None, audience: Audience) -> str:
        """Draw a card, or the empty place where one would be."""
        incident = self.board.incident(incident_id) if incident_id else None
        if incident is None or not self.may_see(incident.incident_id, audience):
            return self.render("no_card.html", audience.language, {})
        return self.cards.card(incident, audience.language)

    def may_see(self, incident_id: str, audience: Audience) -> bool:
        """Whether the case exists and the audience is cleared for it."""
        incident = self.board.incident(incident_id)
        if incident is None or incident_id in audience.unseen:
            return False
        return incident.clearance in audience.clearances

    # ------------------------------------------------------------ one screen

    def shown(self, screen: Any) -> list[dict[str, Any]]:
        """Card and log of the case that a screen shows."""
        incident_id, audience = screen.shown, screen.audience
        if incident_id is None or not self.may_see(incident_id, audience):
            return []
        incident = self.board.incident(incident_id)
        more = self.beside.draw(incident, audience.language) if incident else ""
        card = self.card(incident_id, audience)
        lines = self.timelines.draw(incident_id, audience.language)
        return [
            {"id": "card", "html": card, "incident": incident_id},
            {"id": "more", "html": more, "incident": incident_id},
            {"id": "log", "html": lines, "incident": incident_id},
        ]

    def nothing_to_show(self, language: str) -> list[dict[str, Any]]:
        """Say that there is no such card: of a case that is not there, and of a hidden one."""
        return [
            {"id": "card", "html": self.render("no_card.html", language, {})},
            {"id": "more", "html": '<section id="more"></section>'},
            {"id": "log", "html": self.render("no_log.html", language, {})},
        ]

    def own(self, screen: Any) -> list[dict[str, Any]]:
        """State and phone of a screen's operator."""
        language = screen.audience.language
        return [
            {"id": "me", "html": self.me(screen.operator, language)},
            {"id": "phone", "html": self.phone(screen.operator, language)},
        ]

    def me(self, operator: str, language: str) -> str:
        """Draw the operator's own state."""
        return self.render("me.html", language, {"me": self.board.desk(operator)})

    def phone(self, operator: str, language: str) -> str:
        """Draw what his phone does, with the keys for it."""
        desk = self.board.desk(operator)
        call = self.board.call(desk.call_id) if desk.call_id else None
        state = PHONE_STATES.get(call.state, "") if call else ""
        aside = _aside(call, operator)
        if aside == "consulting":
            state = aside
        elif aside:
            state = "offered"
        if call is None or not state or (state == "offered") != _rings(desk.state):
            call, state = None, desk.state.value
        values = {
            "call": call,
            "state": state,
            "since": _since(call, desk.since),
            "has_station": desk.has_station,
            "wraps_until": desk.deadline or desk.since,
            "joinable": self.board.joinable(call) if call and state in TALKING else [],
            "recording": {"state": _recording(call)},
            "service": self.board.service_in(call) if call else None,
            "transfer": _transfer(call, self.board),
            "is_mine": call is not None and call.operator == operator,
            **visits.of_phone(self.board, operator, call),
        }
        return self.render("phone.html", language, values)


class ShownTransfer(NamedTuple):
    """A caller who is offered to another operator, by name."""

    by_name: str
    to_name: str
    is_up: bool
    is_attended: bool


def _transfer(call: InboundCall | None, board: Board) -> ShownTransfer | None:
    transfer = call.transfer if call is not None else None
    if transfer is None:
        return None
    by, to = board.name_of(transfer.by), board.name_of(transfer.to)
    return ShownTransfer(by, to, transfer.is_up, transfer.is_attended)


def _aside(call: InboundCall | None, operator: str) -> str:
    """Say where whom the caller is offered to stands: his phone rings, or they talk first."""
    transfer = call.transfer if call is not None else None
    if transfer is None or transfer.to != operator:
        return ""
    return "consulting" if transfer.is_up else "offered"


def _rings(state: DeskState) -> bool:
    return state is DeskState.RINGING


def _since(call: InboundCall | None, since: float) -> float:
    if call is not None and call.state is CallState.TALKING:
        return call.answered_at or since
    return since


def _recording(call: InboundCall | None) -> str:
    if call is None:
        return ""
    if call.recording_failure:
        return "failed"
    if call.offer.recording == "none":
        return "none"
    return "on" if call.is_recording else "starting"
