"""Two cases of one client want the same keyholder: his telephone is one telephone."""

from callflows import commands as c
from callflows import events as e
from callflows.call_tree import CallTree
from callflows.events import IncidentId, OperatorId, TreeId
from client_directory.call_plan import PlannedLevel
from tests.stories.keyholders import CASE, NUMBERS, TREE, Night, level, plan

CASE2 = IncidentId("inc-call-2")
TREE2 = TreeId("inc-call-2-t1")


class TwoCases(Night):
    """A second case of the same client, with a tree of its own."""

    def a_second_tree_begins(self, *levels: PlannedLevel, rounds: int = 1) -> None:
        self.calls(call_id="call-2")
        self.gives_up("call-2")
        wanted = plan(*levels, rounds=rounds)
        self.tell(e.CallTreeRequested(incident_id=CASE2, tree_id=TREE2, plan=wanted))

    @property
    def second(self) -> CallTree:
        return self.switchboard.trees[TREE2]

    def dialled(self, tree: CallTree) -> list[str]:
        return [attempt.person for attempt in tree.attempts]

    def his_phones(self, name: str) -> int:
        """How many calls ring or talk at his telephone."""
        trees = self.switchboard.trees.values()
        live = [a for tree in trees for a in tree.attempts if a.is_live]
        return len([a for a in live if a.number in NUMBERS[name]])


def ann_is_rung_for_both(*, rounds: int = 1) -> TwoCases:
    night = TwoCases()
    night.begins(level("ann"), rounds=rounds)
    night.a_second_tree_begins(level("ann", "ben"), rounds=rounds)
    return night


def test_a_telephone_that_rings_for_one_case_is_not_dialled_for_the_other() -> None:
    night = ann_is_rung_for_both()
    assert night.his_phones("ann") == 1
    assert night.dialled(night.second) == ["ben"], "others meanwhile"
    put_off = night.last(e.KeyholderPutOff)
    assert (put_off.tree_id, put_off.person) == (TREE2, "ann")


def test_it_is_tried_as_soon_as_it_is_free() -> None:
    night = ann_is_rung_for_both()
    night.fast_forward(30)  # nobody picks up, for either case
    assert night.tree.is_over
    night.fast_forward(5)
    assert night.dialled(night.second) == ["ben", "ann"]
    assert night.his_phones("ann") == 1


def test_nobody_waits_for_it_for_ever() -> None:
    night = TwoCases()
    night.begins(level("ann", accept="pin"))
    night.accepts("ann")  # and she takes her time for the PIN
    night.a_second_tree_begins(level("ann"))
    night.fast_forward(51)
    assert night.second.state == "exhausted", "a human has the second case"
    assert night.dialled(night.second) == []
    assert night.switchboard.incidents[CASE2].attention


def test_an_operator_does_not_ring_into_it_either() -> None:
    night = ann_is_rung_for_both()
    night.tell(e.CallKeyholderPressed(tree_id=TREE2, operator=OperatorId("op"), person="ann"))
    assert night.last(e.TreeRefused).reason == "Ann is being called"
    assert night.his_phones("ann") == 1


# ---------------------------------------------------------------- he rings in


def both_have_rung_her() -> TwoCases:
    """Ann was rung for the first case and then for the second; both go on."""
    night = TwoCases()
    night.begins(level("ann", "cas"), level("dan"), rounds=2)
    night.fast_forward(30)
    night.a_second_tree_begins(level("ann", "ben"), rounds=2)
    assert night.dialled(night.second) == ["ann"]
    return night


def test_both_trees_wait_for_whoever_rings_in() -> None:
    night = both_have_rung_her()
    night.rings_in("ann")
    assert night.his_phones("ann") == 0, "his own phone does not ring against him"
    assert (night.tree.state, night.second.state) == ("paused", "paused")
    night.fast_forward(60)
    assert night.dialled(night.second) == ["ann"]
    assert night.call("ring-in").incident_id == CASE2, "the latest of those that called her"


def test_the_other_goes_on_when_she_is_gone() -> None:
    night = both_have_rung_her()
    night.rings_in("ann")
    night.ready("op")
    night.picks_up("op")
    night.gives_up("ring-in", e.Cause.HUNG_UP)
    assert night.tree.state == "running"
    assert night.second.state == "paused", "time to press that she takes charge"
    night.fast_forward(20)
    assert night.second.state == "running"


def test_the_other_goes_on_when_she_takes_charge_and_does_not_ring_into_their_talk() -> None:
    night = TwoCases()
    night.begins(level("ann"), rounds=3)
    night.fast_forward(29)
    night.a_second_tree_begins(level("ann", "ben"))
    night.fast_forward(1)  # her phone stops for one case, and rings for it again
    night.rings_in("ann")
    night.ready("op")
    night.settles()
    night.picks_up("op")
    case = night.call("ring-in").incident_id
    first, other = (TREE, night.second) if case == CASE else (TREE2, night.tree)
    night.tell(
        e.ConfirmKeyholderPressed(tree_id=first, operator=OperatorId("op"), person="ann")
    )
    assert night.switchboard.trees[first].state == "taken"
    assert other.state == "running"
    assert night.his_phones("ann") == 0
    night.fast_forward(10)
    assert night.his_phones("ann") == 0, "she speaks with the operator"


def test_she_lands_in_the_case_whose_tree_still_runs() -> None:
    night = TwoCases()
    night.begins(level("ann", "ben"), level("cas"), rounds=2)
    night.a_second_tree_begins(level("dan"))
    night.tell(e.StopTreePressed(tree_id=TREE2, operator=OperatorId("op")))
    night.rings_in("ann")
    assert night.call("ring-in").incident_id == CASE
    other = TwoCases()
    other.begins(level("ann", "ben"))
    other.a_second_tree_begins(level("ann"))
    other.tell(e.StopTreePressed(tree_id=TREE2, operator=OperatorId("op")))
    other.rings_in("ann")
    assert other.call("ring-in").incident_id == CASE, "the later one is over"


def test_he_is_known_on_a_number_that_panels_call_while_a_tree_calls_him() -> None:
    night = TwoCases()
    night.begins(level("ann", "ben"))
    number = NUMBERS["ann"][0]
    assert night.switchboard.is_keyholder_called("acme", number)
    assert not night.switchboard.is_keyholder_called("acme", NUMBERS["ben"][0]), "not yet"
    assert not night.switchboard.is_keyholder_called("other", number)
    assert not night.switchboard.is_keyholder_called("acme", None)
    night.press(e.StopTreePressed)
    assert not night.switchboard.is_keyholder_called("acme", number), "nobody calls him now"


def test_what_holds_two_trees_outlives_the_engine() -> None:
    night = both_have_rung_her()
    night.rings_in("ann")
    night.restart()
    assert (night.tree.state, night.second.state) == ("paused", "paused")
    night.gives_up("ring-in")
    assert (night.tree.state, night.second.state) == ("running", "running")
    assert len(night.all(c.DialNumber)) > 2


# ---------------------------------------------------------------- two ring in


def test_both_trees_go_on_after_a_call_into_which_a_second_keyholder_was_brought() -> None:
    night = TwoCases()
    night.begins(level("ann", "ben", "cas"), level("dan"), rounds=2)
    night.fast_forward(60)
    night.a_second_tree_begins(level("ann", "ben", "cas"), rounds=2)
    night.fast_forward(60)
    night.rings_in("ann")
    night.rings_in("ben", "ring-in-2")
    night.fast_forward(60)  # they are picked up, and wait
    night.ready("op", "op2", "op3", "op4")  # for those who gave up, and for these two
    desks = night.switchboard.operators.values()
    name = next(str(desk.operator) for desk in desks if desk.call_id == "ring-in")
    night.picks_up(name)
    assert night.second.paused_by == ["call:ring-in", "call:ring-in-2"]
    night.tell(
        e.JoinKeyholderPressed(
            tree_id=TREE2, operator=OperatorId(name), leg_id=night.call("ring-in-2").leg_id
        )
    )
    night.hangs_up(name)
    night.fast_forward(20)
    assert (night.tree.paused_by, night.second.paused_by) == ([], [])


def test_a_line_is_free_after_a_call_into_which_a_second_keyholder_was_brought() -> None:
    night = TwoCases()
    night.begins(level("ann", "cas"), rounds=2)
    other = TreeId("inc-call-1-t2")
    night.starts(plan(level("ben", "dan"), rounds=2), other)
    night.rings_in("ann")
    night.rings_in("ben", "ring-in-2")
    night.fast_forward(60)
    night.ready("op")
    night.picks_up("op")
    night.tell(
        e.JoinKeyholderPressed(
            tree_id=other, operator=OperatorId("op"), leg_id=night.call("ring-in-2").leg_id
        )
    )
    night.hangs_up("op")
    night.a_second_tree_begins(level("ann"))
    assert night.dialled(night.second) == ["ann"]


def test_a_keyholder_whom_an_operator_calls_back_is_not_rung_for_another_case() -> None:
    night = TwoCases()
    night.begins(level("ann"))
    night.rings_in("ann")
    night.gives_up("ring-in", e.Cause.HUNG_UP)
    night.a_second_tree_begins(level("dan"))
    night.ready("op")
    night.fast_forward(6)
    assert night.call("ring-in-b1").state == "offered"
    night.picks_up("op")
    night.picks_up(NUMBERS["ann"][0])
    assert night.call("ring-in-b1").state == "talking"
    third = TreeId("inc-call-2-t2")
    wanted = plan(level("ann", "ben"))
    night.tell(e.CallTreeRequested(incident_id=CASE2, tree_id=third, plan=wanted))
    assert night.dialled(night.switchboard.trees[third]) == ["ben"]
    night.gives_up("ring-in-b1", e.Cause.HUNG_UP)
    night.fast_forward(5)
    assert night.tree.on_line == {}
