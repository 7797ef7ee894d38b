"""What a conference and listening for keys and machines cost: `python -m benchmarks.mixer`.

Microseconds of one core, the median of several rounds, no sockets. The relay's own cost a
packet (`benchmarks.media_relay`) comes on top.
"""

import json
import os
import random
import statistics
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from sip.media.ears import KeyEar, ScreeningEar
from sip.media.g711 import pcm_to_alaw
from sip.media.machine import EnergyActivity
from sip.media.mixer import Mixer
from sip.media.tones import dtmf_tone

RESULT = Path(__file__).parent / "results" / "mixer.json"
ROUNDS = 9
BEATS = 2000
PARTIES = (3, 4, 8)
MOST_A_PARTY = 5.0
"Microseconds a party and beat that a conference of three may cost."


def noise() -> list[bytes]:
    """Frames of something that is no silence, as loud as speech."""
    source = random.Random(1)
    pcm = b"".join(
        int(source.gauss(0, 3000)).to_bytes(2, "little", signed=True) for _ in range(8000)
    )
    alaw = pcm_to_alaw(pcm)
    return [alaw[i : i + 160] for i in range(0, len(alaw), 160)]


def median_cost(work: Callable[[], None]) -> float:
    """Return microseconds a beat of :data:`BEATS` beats."""
    costs = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        costs.append((time.process_time() - start) / BEATS * 1e6)
    return statistics.median(costs)


def conference(parties: int, frames: list[bytes]) -> float:
    """Return microseconds a party and beat: his packet taken, his mix made."""
    mixer = Mixer(lambda leg_id: None)
    names = [f"leg-{n}" for n in range(parties)]
    players = [mixer.player(name, tuple(names)) for name in names]
    voices = [mixer.voices[name] for name in names]
    beats = count()

    def work() -> None:
        for _ in range(BEATS):
            beat = next(beats)
            payload = frames[beat % len(frames)]
            for voice in voices:
                voice.forward(1, payload, 8, beat, 160 * beat & 0xFFFFFFFF, 0, 1, 0.0)
            mixer.advance()
            for player in players:
                player.next_frame()

    return median_cost(work) / parties


def visit(frames: list[bytes], *, is_whispering: bool) -> float:
    """Return microseconds a party and beat that a supervisor adds to a bridged call of two.

    Listening, two packets are taken and one mix is made; whispering, three and two.
    """
    mixer = Mixer(lambda leg_id: None)
    players = [mixer.player("supervisor", ("caller", "operator"))]
    if is_whispering:
        players.append(mixer.player("operator", ("caller", "supervisor")))
    voices = list(mixer.voices.values())
    beats = count()

    def work() -> None:
        for _ in range(BEATS):
            beat = next(beats)
            payload = frames[beat % len(frames)]
            for voice in voices:
                voice.forward(1, payload, 8, beat, 160 * beat & 0xFFFFFFFF, 0, 1, 0.0)
            mixer.advance()
            for player in players:
                player.next_frame()

    return median_cost(work) / 3


def listening(ear: KeyEar | ScreeningEar, frames: list[bytes]) -> float:
    """Return microseconds a packet."""
    beats = count()

    def work() -> None:
        for _ in range(BEATS):
            beat = next(beats)
            payload = frames[beat % len(frames)]
            ear.forward(1, payload, 8, beat, 160 * beat, 0, 1, beat * 0.02)

    return median_cost(work)


def main() -> int:
    """Print and keep the figures; return 1 when a conference of three costs too much."""
    result: dict[str, object] = {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    frames = noise()
    costs = {parties: conference(parties, frames) for parties in PARTIES}
    for parties, cost in costs.items():
        print(f"conference of {parties}: {cost:.1f} µs a party and beat")
        result[f"conference of {parties}"] = {"us_a_party": round(cost, 2)}
    for name, is_whispering in (("listening", False), ("whispering", True)):
        cost = visit(frames, is_whispering=is_whispering)
        print(f"a supervisor {name}: {cost:.1f} µs a party and beat")
        result[f"supervisor {name}"] = {"us_a_party": round(cost, 2)}
    keys = b"".join(dtmf_tone(key) for key in "0123456789*#")
    sounds = {
        "silence": [b"\xd5" * 160],
        "noise": frames,
        "keys": [keys[i : i + 160] for i in range(0, len(keys) - 159, 160)],
    }
    for name, sound in sounds.items():
        key_cost = listening(KeyEar("leg", lambda event: None), sound)
        screen_cost = listening(
            ScreeningEar("leg", 0.0, lambda event: None, EnergyActivity), sound
        )
        print(f"{name}: {key_cost:.1f} µs a packet for keys, {screen_cost:.1f} for machines")
        result[name] = {"us_keys": round(key_cost, 2), "us_machines": round(screen_cost, 2)}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    return int(costs[3] > MOST_A_PARTY)


if __name__ == "__main__":
    raise SystemExit(main())
