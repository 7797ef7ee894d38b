"""Who answered? Greetings of people and of machines, made of the shipped speech."""

import random
from collections.abc import Callable

import pytest

from sip.media.machine import MachineDetector
from sip.media.protocol import (
    BeepHeard,
    BusyToneHeard,
    FaxHeard,
    GreetingEnded,
    HumanSuspected,
    MachineSuspected,
    ScreeningEvent,
)
from tests.sip.media.sounds import (
    PROMPTS,
    SPEECH,
    Sound,
    add,
    frames,
    louder,
    noise,
    pcm,
    recorded,
    silence,
    sine,
    through,
)

LONG = [path for path in PROMPTS if path.stem in ("all_busy_calm", "recording_notice")]


def screen(sound: Sound, law: str = "a") -> list[ScreeningEvent]:
    detector = MachineDetector("leg")
    events = []
    for i, frame in enumerate(frames(through(law, pcm(sound)))):
        events += detector.feed(frame, i * 0.02)
    return events


def kinds(sound: Sound) -> list[str]:
    return [type(event).__name__ for event in screen(sound)]


def noisy(sound: Sound, level: float, seed: int = 1) -> Sound:
    return add(sound, noise(len(sound) / 8000, level, seed))


def words(number: int, seconds: float) -> Sound:
    """Somebody's first words."""
    spoken = list(recorded(SPEECH[number % len(SPEECH)]))
    return spoken[: round(seconds * 8000)]


def greeting(number: int) -> Sound:
    """What a machine says: at least four seconds."""
    spoken = list(recorded(LONG[number % len(LONG)]))
    while len(spoken) < 5 * 8000:
        spoken += silence(0.3) + list(recorded(SPEECH[number % len(SPEECH)]))
    return spoken


def test_a_word_and_then_silence_is_perhaps_a_person() -> None:
    events = screen(silence(0.4) + words(0, 1.2) + silence(2.0))
    assert [type(event) for event in events] == [HumanSuspected]
    [event] = events
    assert isinstance(event, HumanSuspected)
    assert event.at == pytest.approx(2.5, abs=0.4)


def test_a_long_greeting_is_perhaps_a_machine_before_it_ends() -> None:
    events = screen(silence(0.5) + greeting(0))
    assert isinstance(events[0], MachineSuspected)
    assert events[0].evidence == "long_greeting"
    assert events[0].at == pytest.approx(3.4, abs=0.4)


def test_a_long_sentence_after_a_short_greeting_is_no_greeting() -> None:
    events = screen(silence(0.4) + words(0, 1.2) + silence(2.0) + greeting(0))
    [human, machine] = events[:2]
    assert isinstance(human, HumanSuspected)
    assert isinstance(machine, MachineSuspected)
    assert machine.evidence == "long_speech"


def test_the_end_of_a_long_greeting_is_told_once() -> None:
    found = kinds(silence(0.5) + greeting(0) + silence(4.0))
    assert found == ["MachineSuspected", "GreetingEnded"]


@pytest.mark.parametrize("frequency", [400, 440, 800, 1000, 1400, 2000, 2100])
@pytest.mark.parametrize("seconds", [0.12, 0.2, 0.5, 1.0])
def test_a_beep_after_the_greeting_is_told_when_it_is_over(
    frequency: int, seconds: float
) -> None:
    sound = greeting(1) + silence(0.3) + sine(frequency, seconds) + silence(1.5)
    events = screen(sound)
    assert [type(event) for event in events] == [MachineSuspected, BeepHeard]
    beep = events[1]
    assert isinstance(beep, BeepHeard)
    assert beep.frequency == pytest.approx(frequency, rel=0.03)


def test_a_short_greeting_with_a_beep_is_a_machine() -> None:
    events = screen(words(2, 1.5) + silence(0.3) + sine(1000, 0.4) + silence(1.5))
    assert [type(event) for event in events] == [MachineSuspected, BeepHeard]
    assert events[0] == MachineSuspected("leg", "beep", pytest.approx(2.24, abs=0.05))


def test_a_beep_before_any_word_is_no_machine() -> None:
    assert kinds(silence(0.5) + sine(1000, 0.4) + silence(3.0)) == []


def test_a_whistle_shorter_than_a_beep_is_none() -> None:
    assert "BeepHeard" not in kinds(words(0, 1.0) + silence(0.2) + sine(1000, 0.06))


@pytest.mark.parametrize("times", [4, 5, 6])
def test_busy_tone_after_a_word_is_no_machine(times: int) -> None:
    busy = (sine(425, 0.5) + silence(0.5)) * times
    found = kinds(words(0, 1.0) + silence(0.4) + busy + silence(2.0))
    assert "BeepHeard" not in found
    assert "BusyToneHeard" in found


def test_three_rising_tones_are_the_exchange() -> None:
    events = screen(
        silence(0.3) + sine(950, 0.33) + sine(1400, 0.33) + sine(1800, 0.33) + silence(0.2)
    )
    assert [type(event) for event in events] == [MachineSuspected]


def test_a_fax_is_told() -> None:
    assert FaxHeard("leg") in screen(silence(0.5) + sine(2100, 3.0) + silence(0.2))
    assert FaxHeard("leg") in screen(silence(0.5) + sine(1100, 0.5) + silence(0.2))


def test_busy_tone_after_the_answer_is_told() -> None:
    sound = silence(0.3) + (sine(425, 0.5) + silence(0.5)) * 4
    assert BusyToneHeard("leg") in screen(sound)


@pytest.mark.parametrize("level", [-70, -50, -40, -30])
def test_noise_alone_is_nobody(level: float) -> None:
    assert kinds(noise(12.0, level)) == []


def test_silence_alone_is_nobody_however_long() -> None:
    detector = MachineDetector("leg")
    assert [event for i in range(100) for event in detector.wait(i / 10)] == []


def test_somebody_who_says_hello_again_and_again_is_no_machine() -> None:
    sound: Sound = []
    for _ in range(6):
        sound += words(1, 0.8) + silence(1.3)
    assert kinds(sound) == ["HumanSuspected"]


def test_another_ear_may_be_put_in_place_of_ours() -> None:
    class Always:
        def is_speech(self, pcm: bytes) -> bool:
            return True

    detector = MachineDetector("leg", Always())
    events = [each for i in range(200) for each in detector.feed(bytes(320), i * 0.02)]
    assert [type(event) for event in events] == [MachineSuspected]


def confusion() -> dict[tuple[str, str], int]:
    """How often each kind of answer was taken for which, over levels, noises and words."""
    source = random.Random(4)
    made: dict[str, Callable[[int], Sound]] = {
        "person": lambda n: words(n, source.uniform(0.6, 1.9)) + silence(1.5),
        "machine": lambda n: greeting(n) + silence(1.5),
        "machine_with_beep": lambda n: (
            greeting(n)
            + silence(source.uniform(0.1, 0.6))
            + sine(source.uniform(420, 2050), source.uniform(0.15, 0.8), -18)
            + silence(0.8)
        ),
    }
    table: dict[tuple[str, str], int] = {}
    for kind, make in made.items():
        for n in range(24):
            lead = silence(source.uniform(0.1, 1.0))
            sound = louder(lead + make(n), source.uniform(-14, 6))
            events = screen(noisy(sound, source.uniform(-70, -48), n), source.choice("au"))
            taken = "nothing"
            if any(isinstance(event, BeepHeard) for event in events):
                taken = "machine_with_beep"
            elif any(isinstance(event, MachineSuspected) for event in events):
                taken = "machine"
            elif any(isinstance(event, HumanSuspected) for event in events):
                taken = "person"
            table[kind, taken] = table.get((kind, taken), 0) + 1
    return table


def test_people_and_machines_are_told_apart() -> None:
    table = confusion()
    print("\nanswered, taken for:", *sorted(table.items()), sep="\n  ")
    assert table.get(("person", "machine"), 0) == 0
    assert table.get(("person", "machine_with_beep"), 0) == 0
    assert table["person", "person"] >= 22
    assert table["machine", "machine"] >= 23
    assert table.get(("machine", "machine_with_beep"), 0) == 0
    assert table["machine_with_beep", "machine_with_beep"] >= 22


def test_the_greeting_that_ended_may_go_on() -> None:
    sound = greeting(0) + silence(1.5) + greeting(1) + silence(1.5)
    assert kinds(sound) == ["MachineSuspected", "GreetingEnded", "GreetingEnded"]


def test_the_events_carry_the_leg() -> None:
    [event] = screen(words(0, 1.0) + silence(2.0))
    assert event.leg_id == "leg"
    assert GreetingEnded("leg").leg_id == "leg"
