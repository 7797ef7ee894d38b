"""Of several orders for one leg in one turn the last is heard, and nothing is reordered."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sip.media.outbox import Outbox
from sip.media.protocol import FromLeg, LegSpec, Prompts, Silence, Source, Tone

NOTICE = Prompts(("recording_notice",), "fr", "ringback", 1)
SOURCES = st.sampled_from([Silence(), Tone("ringback"), FromLeg("b"), NOTICE])


def leg(leg_id: str, source: Source) -> LegSpec:
    return LegSpec(leg_id=leg_id, call_id="c", port=30_000, source=source)


def heard(outbox: Outbox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in outbox.take().splitlines()]


def box() -> Outbox:
    return Outbox(lambda: None)


def test_what_nobody_could_have_heard_is_left_out() -> None:
    outbox = box()
    outbox.add_leg(leg("a", Silence()))
    outbox.add_leg(leg("b", FromLeg("a")))
    outbox.add_leg(leg("a", FromLeg("b")))
    assert [(line["leg_id"], line["source"]) for line in heard(outbox)] == [
        ("a", ["leg", "b"]),
        ("b", ["leg", "a"]),
    ]


def test_a_prompt_is_told_although_it_is_cut_short_at_once() -> None:
    outbox = box()
    outbox.add_leg(leg("a", Silence()))
    outbox.add_leg(leg("a", NOTICE))
    outbox.add_leg(leg("a", FromLeg("b")))
    assert [line["source"][0] for line in heard(outbox)] == ["prompts", "leg"]


def test_the_same_tone_again_begins_anew_after_a_silence() -> None:
    outbox = box()
    outbox.add_leg(leg("a", Silence()))
    outbox.add_leg(leg("a", Tone("ringback")))
    assert [line["source"][0] for line in heard(outbox)] == ["silence", "tone"]


def test_of_legs_that_share_a_line_the_last_to_name_it_stays_the_last() -> None:
    outbox = box()
    for leg_id in ("a", "b", "a"):
        outbox.add_leg(replace(leg(leg_id, Silence()), port=0, line_id="line-1"))
    assert [line["leg_id"] for line in heard(outbox)] == ["a", "b", "a"]


def test_no_order_comes_before_what_was_said_before_it() -> None:
    outbox = box()
    outbox.add_leg(leg("a", Silence()))
    outbox.add({"do": "drop", "leg_id": "a"})
    outbox.add_leg(leg("a", Tone("ringback")))
    assert [line["do"] for line in heard(outbox)] == ["leg", "drop", "leg"]


def test_the_next_turn_begins_anew_and_is_announced_once() -> None:
    announced: list[int] = []
    outbox = Outbox(lambda: announced.append(1))
    outbox.add_leg(leg("a", Silence()))
    outbox.add({"do": "ping"})
    assert len(heard(outbox)) == 2
    outbox.add_leg(leg("a", Tone("ringback")))
    assert [line["source"] for line in heard(outbox)] == [["tone", "ringback"]]
    assert announced == [1, 1]
    assert outbox.take() == b""


@given(st.lists(st.tuples(st.sampled_from("ab"), SOURCES)))
def test_every_leg_ends_as_last_ordered_and_no_prompt_is_lost(
    orders: list[tuple[str, Source]],
) -> None:
    outbox = box()
    for leg_id, source in orders:
        outbox.add_leg(leg(leg_id, source))
    lines = heard(outbox)
    last = {leg_id: source for leg_id, source in orders}
    alone = box()
    for leg_id, source in last.items():
        alone.add_leg(leg(leg_id, source))
    assert {x["leg_id"]: x for x in lines} == {x["leg_id"]: x for x in heard(alone)}
    prompts = sum(isinstance(source, Prompts) for _, source in orders)
    assert sum(line["source"][0] == "prompts" for line in lines) == prompts
