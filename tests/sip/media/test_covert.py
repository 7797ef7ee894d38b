"""A covert leg: not one packet with energy reaches it, whatever else is ordered."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.media.playback import SILENT_FRAME
from sip.media.protocol import FromLeg, LegSpec, Mix, Prompts, Silence, Source, Tone
from sip.media.wire import leg_from_plain, leg_to_plain
from tests.sip.media.packets import FRAME_A, FRAME_B
from tests.sip.media.test_patchbay import Bay

LOUD: list[Source] = [
    FromLeg("operator"),
    Mix(("operator", "police")),
    Tone("ringback"),
    Tone("hold_music"),
    Prompts(("recording_notice",), "fr", "repeat", 1),
]


@pytest.fixture
def bay() -> Iterator[Bay]:
    bay = Bay()
    for leg in ("caller", "operator", "police"):
        bay.put(leg)
    yield bay
    bay.close()


def beats(bay: Bay, count: int = 10) -> None:
    """Let everybody speak and play for a while."""
    for _ in range(count):
        for leg in ("operator", "police", "caller"):
            bay.phones[leg].speak(bay.ports[leg], FRAME_A if leg == "caller" else FRAME_B)
        bay.turn()
        bay.now += 0.02
        bay.bay.tick(bay.now)
        for leg in tuple(bay.bay.legs.values()):
            bay.bay.scan(leg, bay.now)


def is_silent(payload: bytes) -> bool:
    return payload == SILENT_FRAME * (len(payload) // len(SILENT_FRAME))


@pytest.mark.parametrize("source", LOUD, ids=lambda source: type(source).__name__)
def test_nothing_with_energy_reaches_a_covert_leg(bay: Bay, source: Source) -> None:
    bay.put("caller", source=source)
    beats(bay)
    assert not is_silent(bay.phones["caller"].heard()), "what is tested can be heard at all"
    bay.put("caller", source=source, is_covert=True)
    bay.phones["caller"].heard()
    beats(bay, 20)
    heard = bay.phones["caller"].heard()
    assert is_silent(heard)
    assert heard, "silence is sent: a line without packets would be ended by others"


@pytest.mark.parametrize("source", LOUD, ids=lambda source: type(source).__name__)
def test_a_leg_that_is_covert_from_its_first_moment_hears_nothing(
    bay: Bay, source: Source
) -> None:
    bay.put("caller", is_covert=True)
    for order in (source, Silence(), source, FromLeg("police"), source):
        bay.put("caller", source=order, is_covert=True)
        beats(bay, 5)
    assert is_silent(bay.phones["caller"].heard())


def test_a_covert_leg_is_heard_by_the_others(bay: Bay) -> None:
    bay.put("caller", source=FromLeg("operator"), is_covert=True)
    bay.put("operator", source=FromLeg("caller"))
    beats(bay)
    assert FRAME_A in bay.phones["operator"].heard()
    bay.put("operator", source=Mix(("caller", "police")))
    bay.put("police", source=Mix(("caller", "operator")))
    bay.put("caller", source=Mix(("operator", "police")), is_covert=True)
    bay.phones["caller"].heard()
    beats(bay)
    assert not is_silent(bay.phones["police"].heard())
    assert is_silent(bay.phones["caller"].heard())


def test_he_hears_the_operator_again_when_it_is_over(bay: Bay) -> None:
    bay.put("caller", source=FromLeg("operator"), is_covert=True)
    beats(bay)
    bay.put("caller", source=FromLeg("operator"))
    bay.phones["caller"].heard()
    beats(bay)
    assert FRAME_B in bay.phones["caller"].heard()


def test_no_key_is_sent_to_a_covert_leg(bay: Bay) -> None:
    bay.put("caller", source=Silence(), is_covert=True, dtmf_payload_type=101)
    bay.bay.press("caller", "5")
    beats(bay)
    kinds = {each.payload_type for each in bay.phones["caller"].packets()}
    assert kinds == {8}


def test_keys_not_yet_sent_when_he_becomes_covert_are_sent_no_more(bay: Bay) -> None:
    bay.put("caller", source=Mix(("operator", "police")), dtmf_payload_type=101)
    bay.bay.press("caller", "55555")
    beats(bay, 3)
    bay.phones["caller"].packets()
    bay.put("caller", source=Silence(), is_covert=True, dtmf_payload_type=101)
    beats(bay, 60)
    assert {each.payload_type for each in bay.phones["caller"].packets()} == {8}


@given(st.booleans(), st.sampled_from([*LOUD, Silence()]))
def test_it_goes_over_the_wire_to_the_media_process(is_covert: bool, source: Any) -> None:
    spec = LegSpec(leg_id="a", call_id="c", port=4000, source=source, is_covert=is_covert)
    assert leg_from_plain(leg_to_plain(spec)) == spec
    assert spec.heard == (Silence() if is_covert else source)
    assert replace(spec, is_covert=False).heard == source
    old = leg_to_plain(spec)
    del old["is_covert"]
    assert leg_from_plain(old).is_covert is False
