"""Two operators, or three, want the same caller at the same moment: one of them has him.

A thousand races, each drawn by its number: who was ready before the call came and who after,
who presses, who lifts his receiver, in which order and how far apart, and whether the phones
that are told to end say so at once.
"""

import random
from collections import Counter

from callflows import events as e
from tests.stories.line import Line

RACES = 1000
OPERATORS = ("ann", "bob", "eve")


def race(number: int) -> str:
    """Run one race; return who won."""
    dice = random.Random(number)
    line = Line()
    line.is_slow_to_end = dice.random() < 0.5  # who lost is told to end, and does so late
    racers = dice.sample(OPERATORS, dice.choice((2, 2, 3)))
    early = [who for who in racers if dice.random() < 0.7]
    line.ready(*early)
    call = line.calls()
    line.ready(*(who for who in racers if who not in early))
    moves = [(what, who) for who in racers for what in ("press", "lift")]
    dice.shuffle(moves)
    for what, who in moves:
        line.fast_forward(dice.choice((0.0, 0.0, 0.001, 0.2, 4.0)))
        if what == "press":
            line.presses(e.AnswerPressed, who, call)
        elif who in line.ringing(call):
            line.picks_up(who)
    line.settles()
    while ringing := [who for who in line.ringing(call) if who in racers]:
        line.picks_up(dice.choice(ringing))
    line.settles()
    winner = line.call(call).operator
    assert winner in racers
    assert line.call(call).state == "talking"
    assert [said.operator for said in line.all(e.OperatorAnswered)] == [winner]
    assert line.hears(call) == line.leg_of(winner), "the caller hears who won"
    assert [who for who in racers if line.state_of(who) == "talking"] == [winner]
    assert line.ringing(call) == [], "nothing rings on at who lost"
    return winner


def test_a_thousand_races_have_one_winner_each() -> None:
    won = Counter(race(number) for number in range(RACES))
    assert won.total() == RACES
    assert min(won[who] for who in OPERATORS) > RACES / 10, "each of them wins some"
