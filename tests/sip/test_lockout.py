from hypothesis import given
from hypothesis import strategies as st

from sip.lockout import Lockout, LockoutSettings

SETTINGS = LockoutSettings(guesses=3, window_time=100, shut_time=50, max_sources=2)


def test_shuts_out_at_the_last_guess_allowed_and_not_before():
    lockout = Lockout(SETTINGS)
    assert not lockout.guessed_wrong("a", 0)
    assert not lockout.guessed_wrong("a", 1)
    assert not lockout.is_shut("a", 1)
    assert lockout.guessed_wrong("a", 2)
    assert lockout.is_shut("a", 2)


def test_opens_again_after_the_shut_time_with_a_fresh_count():
    lockout = Lockout(SETTINGS)
    for at in range(3):
        lockout.guessed_wrong("a", at)
    assert lockout.is_shut("a", 51.9)
    assert not lockout.is_shut("a", 52)
    assert not lockout.guessed_wrong("a", 52)
    assert not lockout.is_shut("a", 52)


def test_slow_guesses_never_fill_the_window():
    lockout = Lockout(SETTINGS)
    for at in (0, 60, 120, 180, 240):
        assert not lockout.guessed_wrong("a", at)


def test_one_source_never_shuts_out_another():
    lockout = Lockout(SETTINGS)
    for at in range(10):
        lockout.guessed_wrong("a", at)
    assert not lockout.is_shut("b", 10)


def test_remembers_a_bounded_number_of_sources_and_forgets_the_least_recent():
    lockout = Lockout(SETTINGS)
    for at in range(3):
        lockout.guessed_wrong("a", at)
    lockout.guessed_wrong("b", 3)
    lockout.guessed_wrong("c", 4)
    assert len(lockout) == 2
    assert not lockout.is_shut("a", 4)


@given(st.lists(st.floats(0, 10_000), max_size=200).map(sorted))
def test_never_more_guesses_than_allowed_in_any_window(times):
    """Whatever the rhythm, a guesser gets at most `guesses` tries in `window_time`."""
    lockout = Lockout(SETTINGS)
    heard = []
    for at in times:
        if not lockout.is_shut("a", at):
            heard.append(at)
            lockout.guessed_wrong("a", at)
    for i, at in enumerate(heard):
        in_window = [t for t in heard[i:] if t < at + SETTINGS.shut_time]
        assert len(in_window) <= SETTINGS.guesses


def test_the_default_stays_within_twenty_guesses():
    assert LockoutSettings().guesses <= 20
