"""The times a call tree keeps, and the latest moment at which it can be over.

The constants are the tree's own (`callflows`); the bound is what `securityline check`
prints and what a running tree promises. One place for both, so that they cannot part.

**What is bounded.** From the start of a tree until it is exhausted and an operator has the
case in front of all others of its urgency, when nobody takes charge at any point. Whoever
takes charge ends it sooner. Not counted is the time in which a human has the case already: an
operator who paused it, a keyholder who rang in himself.

**The rules it stands on**, for one level in one round, with R the ring time, T the talk time,
B the busy retry time, C the clearing time, and n numbers in all:

1. Each number is dialled once, and once more if it was busy, B after that at the earliest.
   A number that rings is given up R after it was dialled. Whoever declines at the last
   moment may sound busy, so a busy call lasts up to R, and then has no talk.
   A line that another tree holds is no call, but is waited for up to R + B, as long as a
   busy call and the wait for its second try could have taken; others are called meanwhile.
2. A call that was answered holds others up for T at the most, all keys together: hearing the
   announcement again buys no time. What sounds like a machine holds up nobody.
3. Whoever cannot be called at his turn is passed over at once.
4. While no call rings or talks, the next number is dialled at once if there is one to dial;
   when only busy lines are left, at most B passes until one of them can be. A telephone that
   was just told to stop, by an earlier level or round, gets C to be free again.

*Any strategy.* A number blocks the tree for R (busy), then R + T: 2R + T. By rule 4 what is
not blocked is dialling, C for a number that is not free yet, or the wait for a busy line
after everything else was tried, B at the most in all: at most **n(2R + T + C) + B**.

*All at once*, w batches (everybody's first number, then everybody's second …). A batch is
dialled in one moment and over after R + T. Busy lines are one more batch in the end, B after
the last of them: at most **(w + 1)(R + T) + wC + B**.

*Overlapping*, a new call every O. While somebody talks no call is begun; that is nT at the
most, and nC at the most is waited for a free telephone. Outside of it, as long as a number
is ready, dials are O apart at the most, so the last first call begins by (n - 1)O. It may
ring for R and turn out busy; B later every busy line is ready, and the last of those n
begins (n - 1)O after that, and rings for R: at most **2(n - 1)O + 2R + B + n(T + C)**.

The bound of a level is the least of those that apply; each is reached but for rule 2, when
a keyholder uses all his time and still presses nothing. Levels follow each other without a
pause, rounds too. `SETUP_TIME` is added once, for planning and the first trunk.
"""

from collections.abc import Sequence
from typing import Final

from client_directory.call_plan import Accept, CallPlan, PlannedLevel, Target

ANSWER_TIME: Final = 45.0
"Seconds that whoever picked up may take to press a key, from picking up on."
PIN_TIME: Final = 60.0
"Seconds for his PIN after that, all three tries together."
VOICEMAIL_TIME: Final = 35.0
"Seconds on an answering machine from its picking up on, our message included."
BUSY_RETRY_TIME: Final = 20.0
"Seconds until a busy line is tried for the second and last time."
CLEARING_TIME: Final = 2.0
"Seconds after which a telephone that was told to stop counts as free, whatever it says."
SETUP_TIME: Final = 8.0
"Seconds between the wish to call and a phone that rings, a second trunk included."

STEP_TIME: Final = 60.0
"Seconds an operator is given for one step of a consigne: a question, a sentence, a key."
VERIFY_TIME: Final = 120.0
"Seconds he is given for a verification (levée de doute)."
DISPATCH_TIME: Final = 20.0
"Seconds from verified to the ringing at the police: the issue's own bound."


def talk_time(accept: Accept) -> float:
    """Return how long whoever picked up may hold the others up, seconds."""
    return ANSWER_TIME + (PIN_TIME if accept == "pin" else 0.0)


def batches_time(level: PlannedLevel, sizes: Sequence[int]) -> float:
    """Return an upper bound of the time that dialling some batches of a level takes.

    :param sizes: how many numbers each batch has; a batch is one number, or, all at once,
        those that ring together. What is left of a level is bounded by its batches left.
    :return: seconds.
    """
    numbers = sum(sizes)
    if not numbers:
        return 0.0
    ring, talk = level.ring_time, talk_time(level.accept)
    one_by_one = numbers * (2 * ring + talk + CLEARING_TIME) + BUSY_RETRY_TIME
    if level.strategy == "all_at_once":
        waves = sum(size > 0 for size in sizes)
        together = (waves + 1) * (ring + talk) + waves * CLEARING_TIME + BUSY_RETRY_TIME
        return min(one_by_one, together)
    if level.strategy == "overlapping":
        starts = 2 * (numbers - 1) * level.overlap_time
        talks = numbers * (talk + CLEARING_TIME)
        return min(one_by_one, starts + 2 * ring + talks + BUSY_RETRY_TIME)
    return one_by_one


def batch_sizes(level: PlannedLevel, targets: Sequence[Target] | None = None) -> list[int]:
    """Return how many numbers each batch of a level has.

    :param targets: those that count; all of the level's, when left out.
    """
    counts = [len(one.numbers) for one in (level.targets if targets is None else targets)]
    if level.strategy != "all_at_once":
        return [1] * sum(counts)
    return [sum(count > wave for count in counts) for wave in range(max(counts, default=0))]


def worst_case_time(plan: CallPlan, start: float | None = None) -> float:
    """Return the seconds from the start of a tree until an operator has the case.

    :param start: engine time of the start: only those count who can be called at some
        moment before the tree must be over. When left out everybody counts.
    """
    return worst_case_between(plan.levels, plan.rounds, start, start)


def worst_case_between(
    levels: Sequence[PlannedLevel], rounds: int, first: float | None, last: float | None
) -> float:
    """Return the worst case of a tree that starts at any moment of a span.

    :param first: engine time; `None` for no matter when.
    :param last: engine time.

    Who cannot be called before the bound is up cannot be called at all, so leaving him out
    gives a bound again, and so on until nobody more falls out.
    """
    bound = _bound(levels, rounds, None, None)
    while first is not None and last is not None:
        tighter = _bound(levels, rounds, first, last + bound)
        if tighter >= bound:
            break
        bound = tighter
    return bound


def _bound(
    levels: Sequence[PlannedLevel], rounds: int, first: float | None, end: float | None
) -> float:
    once = sum(
        batches_time(level, batch_sizes(level, _available(level, first, end)))
        for level in levels
    )
    return rounds * once + SETUP_TIME if once else 0.0


def _available(level: PlannedLevel, first: float | None, end: float | None) -> list[Target]:
    """Return who can be called at some moment of a span, both ends included."""
    return [
        target
        for target in level.targets
        if first is None
        or end is None
        or any(opens <= end and closes > first for opens, closes in target.windows)
    ]


def worst_case_to_first_ring(plan: CallPlan, start: float | None = None) -> float:
    """Return the seconds until the first telephone rings, or an operator has the case.

    A line that is busy or dead at once does not ring; then it is the time to the next.
    """
    return SETUP_TIME if worst_case_time(plan, start) else 0.0
