import pytest

from client_directory.model import Procedure, Step
from client_directory.verification import is_of_property, unverified_police_steps

POLICE = {"call_service": "police"}


def procedure(*steps, kinds=("intrusion",), codes=()):
    return Procedure(
        procedure="plan",
        version=1,
        incident_kinds=kinds,
        alarm_codes=codes,
        title={"": "x"},
        urgency=2,
        steps=steps,
    )


@pytest.mark.parametrize(
    ("kinds", "codes", "expected"),
    [
        (("intrusion",), (), True),
        (("early_open",), (), True),
        (("technical",), (), True),
        (("other", "technical"), (), True),
        (("holdup",), (), False),
        (("panic", "duress"), (), False),
        (("theft", "vandalism", "aggression"), (), False),
        # `other` is also what nobody understood, and so is a name that stands nowhere.
        (("other",), (), True),
        (("vault",), (), True),
        (("not_closed",), (), True),
        (("communication",), (), True),
        (("power",), (), True),
        (("task",), (), True),
        (("welfare", "lone_worker"), (), False),
        # The code says it where the kind has a name of its own.
        (("vault",), ("130",), True),
        (("vault",), ("BA",), True),
        (("vault",), ("154",), True),
        (("vault",), ("TA",), True),
        (("vault",), ("120", "121", "122"), False),
        (("vault",), ("HA", "PA", "FA", "MA", "QA"), False),
        (("vault",), ("100", "110"), False),
        (("vault",), ("HA", "BA"), True),
        (("holdup",), ("12A",), False),
    ],
)
def test_alarms_of_things_and_of_people(kinds, codes, expected):
    assert is_of_property(procedure(Step(step="a"), kinds=kinds, codes=codes)) is expected


def test_a_zone_that_tells_of_theft_makes_it_an_alarm_of_a_thing():
    plan = procedure(Step(step="a"), kinds=("theft",))
    assert not is_of_property(plan)
    assert is_of_property(plan, {"theft"})
    assert not is_of_property(procedure(Step(step="a"), kinds=("holdup",)), {"holdup"})


def test_what_has_no_consigne_of_its_own_makes_the_fallback_one_of_things():
    assert is_of_property(procedure(Step(step="a"), kinds=("holdup",)), is_fallback=True)


ASK = Step(step="ask", ask={"": "?"})
VERIFY = Step(step="look", verify=("video",))


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([Step(step="police", do=POLICE)], [0]),
        ([VERIFY, Step(step="police", do=POLICE)], [1]),
        ([VERIFY, Step(step="police", do=POLICE, requires="look")], []),
        # Waiting for a question is not waiting for a verification …
        (
            [Step(step="ask", ask={"": "?"}), Step(step="police", do=POLICE, requires="ask")],
            [1],
        ),
        # … unless the question waits for one.
        (
            [
                VERIFY,
                Step(step="ask", ask={"": "?"}, requires="look"),
                Step(step="police", do=POLICE, requires="ask"),
            ],
            [],
        ),
        # Steps that wait for each other wait for nothing.
        (
            [
                Step(step="a", ask={"": "?"}, requires="b"),
                Step(step="b", ask={"": "?"}, requires="a"),
                Step(step="police", do=POLICE, requires="a"),
            ],
            [2],
        ),
        ([Step(step="police", do=POLICE, requires="gone")], [0]),
        ([VERIFY, Step(step="fire", do={"call_service": "fire"})], []),
        (
            [
                VERIFY,
                Step(step="first", do=POLICE, requires="look"),
                Step(step="again", do=POLICE),
            ],
            [2],
        ),
    ],
)
def test_which_police_steps_wait_for_nobody(steps, found):
    assert list(unverified_police_steps(procedure(*steps))) == found
    assert list(unverified_police_steps(procedure(*steps, kinds=("holdup",)))) == []
