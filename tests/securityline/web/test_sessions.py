from securityline.web.sessions import LONGEST, LONGEST_IDLE, SessionLimits, Sessions, is_token


def open_one(sessions: Sessions, now: float = 0.0) -> tuple[str, str]:
    cookie, session = sessions.open("op-1", "operator", "fr", ("standard",), now)
    return cookie, session.session_id


def test_a_session_is_found_by_its_cookie_only() -> None:
    sessions = Sessions()
    cookie, session_id = open_one(sessions)
    assert sessions.find(cookie, 1.0) is not None
    assert sessions.find(session_id, 1.0) is None, "what is stored opens nothing"
    for wrong in (None, "", "x", "x" * 500, cookie[:-1]):
        assert sessions.find(wrong, 1.0) is None


def test_a_session_ends_after_a_shift_and_when_idle() -> None:
    sessions = Sessions()
    cookie, session_id = open_one(sessions)
    assert sessions.find(cookie, LONGEST_IDLE) is not None
    assert sessions.find(cookie, 2 * LONGEST_IDLE + 1) is None
    cookie, session_id = open_one(sessions)
    for minutes in range(0, int(LONGEST), 600):
        sessions.touch(session_id, minutes)
    assert sessions.find(cookie, LONGEST) is not None
    assert sessions.find(cookie, LONGEST + 1) is None
    assert session_id in [one.session_id for one in sessions.ended(LONGEST + 1)]


def test_sessions_survive_a_restart() -> None:
    before, after = Sessions(), Sessions()
    cookie, session = before.open("op-1", "operator", "nl", ("standard",), 100.0)
    after.restore([session.document()], 200.0)
    assert after.find(cookie, 201.0) == session
    late = Sessions()
    late.restore([session.document()], 100.0 + LONGEST + 1)
    assert late.find(cookie, 100.0 + LONGEST + 1) is None


def test_closing_is_final() -> None:
    sessions = Sessions()
    cookie, session_id = open_one(sessions)
    sessions.close(session_id)
    sessions.touch(session_id, 1.0)
    assert sessions.find(cookie, 1.0) is None
    assert not sessions.has("op-1")


def test_tokens_are_compared_as_text() -> None:
    assert is_token("abc", "abc")
    assert not is_token("abd", "abc")
    assert not is_token(None, "abc")
    assert not is_token("é", "abc")


def test_no_limit_ends_a_session_in_the_middle_of_a_call() -> None:
    busy = {"op-1"}
    sessions = Sessions(SessionLimits(longest=100.0, idle=50.0), is_busy=busy.__contains__)
    cookie, session_id = open_one(sessions)
    assert sessions.find(cookie, 99.0) is not None, "idle, and on the telephone"
    assert sessions.ended(1000.0) == []
    busy.clear()
    assert [one.session_id for one in sessions.ended(1000.0)] == [session_id]
    assert sessions.find(cookie, 1000.0) is None
