import pytest

from sip.media.g711 import ALAW_SILENCE
from sip.media.playback import REPEAT_PAUSE, SILENT_FRAME, LoopPlayer, PromptPlayer, player_for
from sip.media.protocol import PromptEnded, PromptMissing, Prompts, Silence, Tone
from sip.media.tones import FRAME, tone

ONE = bytes(range(10, 202)) + bytes(128)  # 40 ms
TWO = b"\x22" * 250  # not a whole number of frames
SHELF = {("one", "nl"): ONE, ("two", "nl"): TWO}


def load(name: str, language: str) -> bytes | None:
    return SHELF.get((name, language))


def play(player: PromptPlayer, frames: int) -> bytes:
    heard = [player.next_frame() for _ in range(frames)]
    assert {len(frame) for frame in heard} == {FRAME}
    return b"".join(heard)


def test_a_loop_repeats_without_a_seam() -> None:
    loop = bytes(range(240)) + bytes(80)
    player = LoopPlayer(loop)
    assert b"".join(player.next_frame() for _ in range(6)) == loop * 3
    player.cut()
    assert player.take_events() == []


def test_prompts_are_played_in_order_then_silence() -> None:
    player = PromptPlayer("leg", Prompts(("one", "two"), "nl"), load)
    padded = TWO.ljust(320, ALAW_SILENCE)
    assert play(player, 6) == ONE + padded + 2 * SILENT_FRAME
    assert player.take_events() == [
        PromptEnded("leg", "one", 0.04, True),
        PromptEnded("leg", "two", 250 / 8000, True),
    ]
    assert player.take_events() == []


def test_a_panel_is_greeted_once() -> None:
    player = player_for("leg", Tone("contact_id_handshake"), load)
    greeting = tone("contact_id_handshake")
    heard = b"".join(player.next_frame() for _ in range(40))
    assert heard == greeting + SILENT_FRAME * (40 - len(greeting) // FRAME)


@pytest.mark.parametrize("name", ["ringback", "hold_music"])
def test_a_tone_may_follow(name: str) -> None:
    player = PromptPlayer("leg", Prompts(("one",), "nl", name), load)  # type: ignore[arg-type]
    loop = tone(name)  # type: ignore[arg-type]
    assert play(player, 2 + len(loop) // FRAME + 1) == ONE + loop + loop[:FRAME]


def test_a_repeated_prompt_comes_again_after_a_pause_and_is_told_once() -> None:
    player = PromptPlayer("leg", Prompts(("one", "two"), "nl", "repeat"), load)
    round_frames = 4 + len(REPEAT_PAUSE) // FRAME
    first = play(player, round_frames)
    assert first.endswith(REPEAT_PAUSE)
    assert len(player.take_events()) == 2
    assert [play(player, round_frames) for _ in range(3)] == [first] * 3
    assert player.take_events() == []


def test_a_missing_prompt_is_a_tone_and_never_silence() -> None:
    player = PromptPlayer("leg", Prompts(("nope", "one"), "nl"), load)
    attention = tone("attention")
    assert play(player, len(attention) // FRAME + 2) == attention + ONE
    assert player.take_events() == [
        PromptMissing("leg", "nope"),
        PromptEnded("leg", "nope", 2.0, False),
        PromptEnded("leg", "one", 0.04, True),
    ]


def test_an_empty_prompt_counts_as_missing() -> None:
    player = PromptPlayer("leg", Prompts(("hollow",), "nl"), lambda name, language: b"")
    assert play(player, 1) == tone("attention")[:FRAME]
    assert player.take_events() == [PromptMissing("leg", "hollow")]


def test_a_prompt_cut_short_says_how_much_was_heard() -> None:
    player = PromptPlayer("leg", Prompts(("one", "two"), "nl"), load)
    play(player, 1)
    player.cut()
    assert player.take_events() == [PromptEnded("leg", "one", 0.02, False)]
    assert play(player, 2) == 2 * SILENT_FRAME
    player.cut()
    assert player.take_events() == []


def test_cutting_what_follows_the_prompts_tells_nothing_new() -> None:
    player = PromptPlayer("leg", Prompts(("one",), "nl"), load)
    play(player, 3)
    player.take_events()
    player.cut()
    assert player.take_events() == []


def test_cutting_the_pause_of_a_repetition_tells_nothing() -> None:
    player = PromptPlayer("leg", Prompts(("one",), "nl", "repeat"), load)
    play(player, 10)
    player.take_events()
    player.cut()
    assert player.take_events() == []


def test_each_source_has_its_player() -> None:
    assert player_for("leg", Silence(), load).next_frame() == SILENT_FRAME
    assert player_for("leg", Tone("busy"), load).next_frame() == tone("busy")[:FRAME]
    assert player_for("leg", Prompts(("one",), "nl"), load).next_frame() == ONE[:FRAME]
