"""Tones that callers know, as A-law, in whole loops. Pure; made once, when first used."""

from __future__ import annotations

from array import array
from functools import cache
from math import pi, sin
from typing import Final, Literal, get_args

from sip.media.dtmf import DIGITS
from sip.media.g711 import ALAW_SILENCE, pcm_to_alaw

RATE: Final = 8000
FRAME: Final = 160
"Samples a frame of 20 ms; every loop is a whole number of them."

ToneName = Literal[
    "ringback", "busy", "hold_music", "attention", "contact_id_handshake", "contact_id_kissoff"
]
TONE_NAMES: Final = frozenset[str](get_args(ToneName))
ONCE: Final = frozenset[str](("contact_id_handshake", "contact_id_kissoff"))
"Tones that are played once, then silence: a panel that hears them again is confused."

KISS_OFF_PAUSE: Final = 0.2
"Seconds of silence before a kiss-off, for the panel to listen."
KISS_OFF_TIME: Final = 0.85
"Seconds of a kiss-off's tone (SIA DC-05: 0.75 to 1)."

_AMPLITUDE: Final = 5000
"-16 dBFS: as loud as speech, so that nobody tears the phone from his ear."
_RAMP: Final = 40
"Samples of fade at both ends, against clicks."


def _sines(frequencies: tuple[float, ...], samples: int, amplitude: float) -> array[int]:
    total = [0.0] * samples
    for frequency in frequencies:
        turn = 2 * pi * frequency / RATE
        for i in range(samples):
            total[i] += sin(turn * i)
    scale = amplitude / len(frequencies)
    return array("h", (int(value * scale) for value in total))


def _burst(frequencies: tuple[float, ...], seconds: float) -> bytes:
    samples = _sines(frequencies, int(seconds * RATE), _AMPLITUDE)
    for i in range(_RAMP):
        samples[i] = samples[i] * i // _RAMP
        samples[-1 - i] = samples[-1 - i] * i // _RAMP
    return pcm_to_alaw(samples.tobytes())


def _pause(seconds: float) -> bytes:
    return ALAW_SILENCE * int(seconds * RATE)


_CHORDS: Final = (
    (220.0, 276.0, 328.0),
    (176.0, 220.0, 264.0),
    (196.0, 248.0, 292.0),
    (164.0, 208.0, 248.0),
)
"A, F, G and E major, near enough: multiples of 4 Hz, so that a quarter of a second repeats."


def _hold_music() -> bytes:
    """Four soft chords of two seconds, each swelling and fading."""
    loop = array("h")
    for chord in _CHORDS:
        quarter = _sines(chord, RATE // 4, _AMPLITUDE)
        frames = 2 * RATE // FRAME
        for frame in range(frames):
            level = min(1.0, frame / 20, (frames - frame) / 50)
            start = (frame * FRAME) % len(quarter)
            wave = quarter[start : start + FRAME]
            wave.extend(quarter[: FRAME - len(wave)])
            loop.extend(int(sample * level) for sample in wave)
    return pcm_to_alaw(loop.tobytes())


@cache
def tone(name: ToneName) -> bytes:
    """Return one whole loop of a tone as A-law.

    Ring-back is Belgium's (ITU-T E.180: 425 Hz, 1 s on, 3 s off). What a receiver of Contact
    ID answers a panel is of SIA DC-05: 1400 Hz, pause and 2300 Hz of 100 ms each to begin
    with; a pause of 200 ms and 1400 Hz for 850 ms when a message was taken.

    :raises ValueError: there is no such tone.
    """
    match name:
        case "ringback":
            return _burst((425,), 1.0) + _pause(3.0)
        case "busy":
            return _burst((425,), 0.5) + _pause(0.5)
        case "attention":
            return _burst((852,), 0.2) + _pause(0.2) + _burst((852,), 0.2) + _pause(1.4)
        case "hold_music":
            return _hold_music()
        case "contact_id_handshake":
            return _burst((1400,), 0.1) + _pause(0.1) + _burst((2300,), 0.1)
        case "contact_id_kissoff":
            tone_itself = _burst((1400,), KISS_OFF_TIME)
            return _pause(KISS_OFF_PAUSE) + tone_itself + _pause(0.01)
    raise ValueError(f"no tone is called {name!r}; there are {', '.join(sorted(TONE_NAMES))}")


ROWS: Final = (697, 770, 852, 941)
COLUMNS: Final = (1209, 1336, 1477, 1633)
"Hz (ITU-T Q.23)."
PAD: Final = "123A456B789C*0#D"


@cache
def dtmf_tone(digit: str) -> bytes:
    """Return 120 ms of a key's two frequencies and 100 ms of pause (ITU-T Q.23).

    For a peer that negotiated no telephone-event.

    :raises ValueError: it is no key of a telephone.
    """
    if digit not in DIGITS or len(digit) != 1:
        raise ValueError(f"{digit!r} is no key of a telephone")
    row, column = divmod(PAD.index(digit), 4)
    return _burst((ROWS[row], COLUMNS[column]), 0.12) + _pause(0.1)
