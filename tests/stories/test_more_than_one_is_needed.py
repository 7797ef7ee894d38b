"""Two people are wanted at a site: what one level still lacks, the next ones must bring."""

from callflows import events as e
from tests.stories.keyholders import Night, level


def test_one_of_two_took_charge_and_the_next_level_is_not_cut_off_while_it_rings() -> None:
    night = Night()
    night.begins(level("ann", "ben", needed=2), level("cas"))
    night.accepts("ann")
    night.hears_last_prompt("ann")
    night.fast_forward(30)  # Ben sleeps through it
    assert night.rings() == ["cas"]
    night.fast_forward(10)
    assert night.state == "running"
    assert night.rings() == ["cas"], "Ann alone does not stop his telephone"


def test_one_of_each_level_are_two() -> None:
    night = Night()
    night.begins(level("ann", "ben", needed=2), level("cas", "dan"))
    night.accepts("ann")
    night.fast_forward(30)
    night.accepts("cas")
    assert night.state == "taken"
    assert night.tree.accepted == ["ann", "cas"]
    assert (night.last(e.KeyholderAccepted).accepted, night.tree.people_needed) == (2, 2)
    assert night.last(e.KeyholderAccepted).needed == 2


def test_one_alone_of_a_level_that_needs_one_does_not_make_up_for_the_two_before() -> None:
    night = Night()
    night.begins(level("ann", "ben", needed=2), level("cas"))
    night.fast_forward(60)
    night.accepts("cas")
    assert night.state == "exhausted", "nobody is left, and one of two is not enough"
    said = "call tree intrusion: 1 of 2 took charge: everybody was tried"
    assert night.wants_an_operator() == [said]


def test_a_later_level_that_needs_more_waits_for_all_of_them() -> None:
    night = Night()
    night.begins(level("ann"), level("ben", "cas", needed=2))
    night.fast_forward(30)
    night.accepts("ben")
    assert night.state == "running"
    night.accepts("cas")
    assert night.state == "taken"


def test_the_second_comes_late_after_everybody_was_tried() -> None:
    night = Night(is_slow_to_end=True)
    night.begins(level("ann", needed=2), level("ben"))
    night.accepts("ann")
    night.fast_forward(30)
    assert night.state == "exhausted"
    night.answers("ben")
    night.keys("ben", "1")
    assert night.state == "taken"


def test_how_many_are_needed_outlives_the_engine() -> None:
    night = Night()
    night.begins(level("ann", "ben", needed=2), level("cas"))
    night.accepts("ann")
    night.fast_forward(30)
    night.restart()
    assert night.state == "running"
    assert night.tree.people_needed == 2
