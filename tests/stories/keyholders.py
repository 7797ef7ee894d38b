"""Keyholders for the stories: who they are, and what they do when their telephone rings."""

from dataclasses import dataclass
from typing import Any, Literal

from callflows import commands as c
from callflows import events as e
from callflows.call_tree import Attempt, CallTree
from callflows.events import IncidentId, LegId, OperatorId, TreeId
from client_directory.call_plan import CallPlan, PlannedLevel, Target
from tests.stories.line import Line, Phone

FOREVER = ((0.0, 1e12),)
OP = OperatorId("op")
CASE = IncidentId("inc-call-1")
TREE = TreeId("inc-call-1-t1")
NUMBERS = {
    "ann": ("+32470000011",),
    "ben": ("+32470000012",),
    "cas": ("+32470000013",),
    "dan": ("+32470000014", "+3225550214"),
}


def person(
    name: str,
    *numbers: str,
    windows: tuple[tuple[float, float], ...] = FOREVER,
    languages: tuple[str, ...] = ("nl",),
) -> Target:
    return Target(
        person=name,
        name=name.capitalize(),
        languages=languages,
        numbers=numbers or NUMBERS[name],
        windows=windows,
        has_pin=True,
    )


def level(
    *people: str | Target,
    strategy: Literal["in_order", "all_at_once", "overlapping"] = "in_order",
    ring_time: float = 30.0,
    overlap_time: float = 15.0,
    accept: Literal["key", "pin"] = "key",
    needed: int = 1,
) -> PlannedLevel:
    return PlannedLevel(
        strategy=strategy,
        ring_time=ring_time,
        overlap_time=overlap_time,
        accept=accept,
        answers_needed=needed,
        targets=tuple(p if isinstance(p, Target) else person(p) for p in people),
        left_out=(),
    )


def plan(*levels: PlannedLevel, rounds: int = 1, may_leave_message: bool = False) -> CallPlan:
    return CallPlan(
        call_tree="intrusion",
        organisation="acme",
        organisation_name="Acme",
        site="hq",
        site_name="Head office",
        rounds=rounds,
        levels=levels,
        presented_number="+3225550101",
        languages=("nl", "fr"),
        may_leave_message=may_leave_message,
        until=1e12,
    )


@dataclass(slots=True)
class Night(Line):
    """A case is open, nobody of the operators is on the line, and keyholders are called."""

    def begins(self, *levels: PlannedLevel, rounds: int = 1, message: bool = False) -> None:
        """A tree starts for a case that a call opened; its operator is on a break."""
        self.ready("op")
        self.calls()
        self.picks_up("op")
        self.gives_up("call-1")
        self.on_break("op")
        self.settles()
        self.starts(plan(*levels, rounds=rounds, may_leave_message=message))

    def starts(self, wanted: CallPlan, tree_id: TreeId = TREE) -> None:
        self.tell(e.CallTreeRequested(incident_id=CASE, tree_id=tree_id, plan=wanted))

    # ------------------------------------------------ what keyholders do

    @property
    def tree(self) -> CallTree:
        return self.switchboard.trees[TREE]

    def attempt(self, name: str) -> Attempt:
        """The latest call to a person."""
        return next(a for a in reversed(self.tree.attempts) if a.person == name)

    def phone_of(self, name: str) -> Phone:
        return self.phones[self.attempt(name).leg_id]

    def rings(self) -> list[str]:
        """Whose phones ring, as the world sees it."""
        return sorted(
            a.person
            for a in self.tree.attempts
            if (phone := self.phones.get(a.leg_id))
            and not phone.is_up
            and not phone.is_told_to_end
        )

    def answers(self, name: str) -> None:
        phone = self.phone_of(name)
        phone.is_up, phone.is_told_to_end = True, False
        self.tell(e.LegAnswered(leg_id=phone.leg_id))

    def keys(self, name: str, digits: str) -> None:
        for digit in digits:
            leg_id = self.phone_of(name).leg_id
            assert not self.phones[leg_id].is_asked_for_pin, "a PIN would stand in the log"
            self.tell(e.DigitPressed(leg_id=leg_id, digit=digit))

    def gives_pin(self, name: str, outcome: Any) -> None:
        phone = self.phone_of(name)
        assert phone.is_asked_for_pin, f"{name} was not asked for a PIN"
        phone.is_asked_for_pin = False
        self.tell(e.PinChecked(leg_id=phone.leg_id, outcome=outcome))

    def accepts(self, name: str) -> None:
        self.answers(name)
        self.keys(name, "1")

    def leaves(self, name: str, cause: e.Cause = e.Cause.HUNG_UP) -> None:
        self.tell(e.LegEnded(leg_id=self.phone_of(name).leg_id, cause=cause))

    def hears_last_prompt(self, name: str) -> None:
        """The prompt that he hears has been played to its end."""
        heard = self.phone_of(name).hears
        assert isinstance(heard, c.Play)
        self.tell(
            e.PromptEnded(
                leg_id=LegId(heard.leg_id),
                prompt=heard.prompts[-1],
                played_time=3.0,
                is_complete=True,
            )
        )

    def told(self, name: str) -> tuple[str, ...]:
        """What he hears now."""
        heard = self.phone_of(name).hears
        return heard.prompts if isinstance(heard, c.Play) else ()

    def rings_in(self, name: str, call_id: str = "ring-in") -> None:
        """A keyholder dials the client's own number by himself."""
        number = NUMBERS[name][0]
        self.calls(call_id=call_id, caller=number)

    def press(self, kind: Any, operator: str = "op", **values: Any) -> None:
        """An operator presses something on the tree."""
        self.tell(kind(tree_id=TREE, operator=OperatorId(operator), **values))

    # ------------------------------------------------ looking

    @property
    def state(self) -> str:
        return self.tree.state.value

    def called(self) -> list[str]:
        """Whom the tree called, in order."""
        return [fact.person for fact in self.all(e.KeyholderCalled)]

    def missed(self) -> list[tuple[str, str]]:
        return [(fact.person, fact.cause) for fact in self.all(e.KeyholderMissed)]

    def wants_an_operator(self) -> list[str]:
        """Why the case stands in front of the operators."""
        return self.switchboard.incidents[CASE].attention
