"""Who is signed in. Sessions live on the server; the browser holds a random name for one.

They are kept in the logbook's documents under the hash of that name, so that an operator
in the middle of a call does not have to type his password when the engine is restarted.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from securityline.logbook.document import Document

COOKIE: Final = "securityline_desk"
LONGEST: Final = 12 * 3600.0
"Seconds from signing in: a shift."
LONGEST_IDLE: Final = 45 * 60.0
"Seconds without a request or an open screen."
KIND: Final = "session"
WARNED_BEFORE: Final = 600.0
"Seconds before the end of a session from which its screens say so."
Ended = Literal["signed_out", "taken_over", "idle", "too_old", "rights"]
"Why a session ended; `rights`: the directory gives its operator others now."


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts, seconds; never does it end in the middle of a call."""

    longest: float = LONGEST
    "From signing in."
    idle: float = LONGEST_IDLE
    "Without a request or an open screen."


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser."""

    session_id: str
    "SHA-256 of the cookie, hex."
    operator: str
    role: str
    language: str
    clearances: tuple[str, ...]
    csrf: str
    signed_in_at: float

    def document(self) -> Document:
        """As kept beside the log."""
        data = {
            "operator": self.operator,
            "role": self.role,
            "language": self.language,
            "clearances": list(self.clearances),
            "csrf": self.csrf,
            "signed_in_at": self.signed_in_at,
        }
        return Document(
            kind=KIND, id=self.session_id, data=data, state="open", at=self.signed_in_at
        )


class Sessions:
    """All sessions, by the hash of their cookie."""

    def __init__(
        self,
        limits: SessionLimits | None = None,
        is_busy: Callable[[str], bool] = lambda operator: False,
    ) -> None:
        """Keep none yet.

        :param is_busy: whether an operator is in a call, or his phone rings.
        """
        self._limits = limits or SessionLimits()
        self._is_busy = is_busy
        self._sessions: dict[str, Session] = {}
        self._seen_at: dict[str, float] = {}

    def restore(self, documents: Iterable[Document], now: float) -> None:
        """Take over the sessions that an earlier process kept."""
        for document in documents:
            data = document.data
            if not data:
                continue
            session = Session(
                session_id=document.id,
                operator=str(data["operator"]),
                role=str(data["role"]),
                language=str(data["language"]),
                clearances=tuple(data["clearances"]),
                csrf=str(data["csrf"]),
                signed_in_at=float(data["signed_in_at"]),
            )
            self._sessions[session.session_id] = session
            self._seen_at[session.session_id] = now

    def open(
        self, operator: str, role: str, language: str, clearances: tuple[str, ...], now: float
    ) -> tuple[str, Session]:
        """Begin a session; return the cookie's value with it."""
        cookie = secrets.token_urlsafe(32)
        session = Session(
            session_id=_hash(cookie),
            operator=operator,
            role=role,
            language=language,
            clearances=clearances,
            csrf=secrets.token_urlsafe(24),
            signed_in_at=now,
        )
        self._sessions[session.session_id] = session
        self._seen_at[session.session_id] = now
        return cookie, session

    def find(self, cookie: str | None, now: float) -> Session | None:
        """Return the session of a cookie, unless it is too old."""
        if not cookie or len(cookie) > 128:
            return None
        session = self._sessions.get(_hash(cookie))
        if session is None or self.is_over(session, now):
            return None
        self.touch(session.session_id, now)
        return session

    def is_over(self, session: Session, now: float) -> bool:
        """Whether a session ended: by itself, or because somebody ended it."""
        if session.session_id not in self._sessions:
            return True
        return self.why_over(session, now) is not None and not self._is_busy(session.operator)

    def why_over(self, session: Session, now: float) -> Ended | None:
        """Say which limit a session is beyond, whatever its operator does now."""
        if now - session.signed_in_at > self._limits.longest:
            return "too_old"
        seen_at = self._seen_at.get(session.session_id, now)
        return "idle" if now - seen_at > self._limits.idle else None

    def ends_at(self, session: Session) -> float:
        """Return when it ends at the latest, engine time, unless he is in a call then."""
        return session.signed_in_at + self._limits.longest

    def touch(self, session_id: str, now: float) -> None:
        """Note that the session is in use."""
        if session_id in self._sessions:
            self._seen_at[session_id] = now

    def close(self, session_id: str) -> None:
        """End a session."""
        self._sessions.pop(session_id, None)
        self._seen_at.pop(session_id, None)

    def speak(self, session: Session, language: str) -> Session:
        """Change the language of a session's pages."""
        changed = replace(session, language=language)
        self._sessions[session.session_id] = changed
        return changed

    def ended(self, now: float) -> list[Session]:
        """Sessions that are too old; the caller closes them."""
        return [one for one in self._sessions.values() if self.is_over(one, now)]

    def all(self) -> list[Session]:
        """Every session there is."""
        return list(self._sessions.values())

    def of(self, operator: str) -> list[Session]:
        """Every session of an operator."""
        return [one for one in self._sessions.values() if one.operator == operator]

    def find_open(self, session_id: str) -> Session | None:
        """Return a session by the hash of its cookie, while it is kept."""
        return self._sessions.get(session_id)

    def has(self, operator: str) -> bool:
        """Whether an operator is signed in anywhere."""
        return any(one.operator == operator for one in self._sessions.values())


def is_token(given: object, expected: str) -> bool:
    """Compare a form's token in constant time."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()
