"""What the handlers share."""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from callflows.operators import DeskState
from securityline.web.absent_screens import AbsentScreens
from securityline.web.board import Audience, Board
from securityline.web.discretion import Discretion
from securityline.web.done_presses import DonePresses
from securityline.web.drawing import Drawing
from securityline.web.own_choices import OwnChoices
from securityline.web.ports import WebServices
from securityline.web.refused_presses import RefusedPresses
from securityline.web.rendering import Rendering
from securityline.web.screens import Screens
from securityline.web.sessions import Session, Sessions
from securityline.web.site_search import SiteSearch
from securityline.web.throttle import Throttle
from securityline.web.unseen import unseen_by


@dataclass(slots=True, kw_only=True)
class Context:
    """Everything that lives as long as the web application."""

    services: WebServices
    rendering: Rendering
    drawing: Drawing
    screens: Screens
    discretion: Discretion
    sessions: Sessions = field(default_factory=Sessions)
    themes: OwnChoices = field(default_factory=lambda: OwnChoices("theme"))
    languages: OwnChoices = field(default_factory=lambda: OwnChoices("language"))
    wrong_from: Throttle = field(default_factory=lambda: Throttle(1 / 20, 64))
    "Wrong passwords by address: 64, a room behind one address, then one in 20 s."
    wrong_for: Throttle = field(default_factory=lambda: Throttle(1 / 30, 6))
    "Wrong passwords by account and address: 6, then one in 30 s."
    phone_offers: Throttle = field(default_factory=lambda: Throttle(1 / 3, 10))
    "Lines that an operator's browsers ask for: ten, then one in 3 s. Each takes a port."

    sites: SiteSearch = field(default_factory=SiteSearch)

    done: DonePresses = field(default_factory=DonePresses)
    refused: RefusedPresses = field(init=False)
    absent: AbsentScreens = field(init=False)

    played: dict[tuple[str, str], float] = field(default_factory=dict)
    "By session and recording: when a listening was last written down."

    checked: dict[str, tuple[tuple[int, ...], bool]] = field(default_factory=dict)
    "By recording: its file's state when it was compared with its hash, and if they agreed."

    def __post_init__(self) -> None:
        self.refused = RefusedPresses(self.services.engine.note, self.now)
        self.absent = AbsentScreens(
            self.services.engine.handle, lambda: self.board.operators()[0], self._has_screen
        )

    def _has_screen(self, operator: str) -> bool:
        return any(screen.operator == operator for screen in self.screens.screens)

    @property
    def board(self) -> Board:
        """The switchboard, as screens see it."""
        return self.drawing.board

    def now(self) -> float:
        """Engine time."""
        return self.services.clock()


CONTEXT: Final = web.AppKey("context", Context)
SESSION: Final = web.RequestKey("session", Session)


BUSY: Final = (DeskState.RINGING, DeskState.TALKING, DeskState.VISITING)


def is_busy(board: Board, operator: str) -> bool:
    """Whether an operator is in a call, or his phone rings: no session ends under him then."""
    return board.desk(operator).state in BUSY


def audience_of(context: Context, session: Session) -> Audience:
    """Who sees the same as this session."""
    may_visit = session.role == "supervisor"
    unseen = unseen_by(context.board, session.operator, context.now())
    return Audience(session.language, frozenset(session.clearances), may_visit, unseen)
