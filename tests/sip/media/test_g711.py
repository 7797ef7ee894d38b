import math
import struct
import subprocess
import sys
from array import array

import pytest

from sip.media import g711

EVERY_SAMPLE = array("h", range(-32768, 32768)).tobytes()
EVERY_CODE = bytes(range(256))


def samples(pcm: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(pcm) // 2}h", pcm))


# Reference points of ITU-T G.711, tables 1 and 2: character signal after inversion of even
# bits (A-law) or of all bits (µ-law), and the value at the decoder's output, on 16 bits.
@pytest.mark.parametrize(
    ("code", "value"),
    [(0xD5, 8), (0x55, -8), (0xAA, 32256), (0x2A, -32256), (0x80, 5504), (0x00, -5504)],
)
def test_alaw_reference_points(code: int, value: int) -> None:
    assert samples(g711.alaw_to_pcm(bytes([code]))) == [value]
    assert g711.ALAW_SAMPLES[code] == value


@pytest.mark.parametrize(
    ("code", "value"),
    [(0xFF, 0), (0x7F, 0), (0x80, 32124), (0x00, -32124), (0xF0, 120), (0x70, -120)],
)
def test_ulaw_reference_points(code: int, value: int) -> None:
    assert samples(g711.ulaw_to_pcm(bytes([code]))) == [value]
    assert g711.ULAW_SAMPLES[code] == value


def test_tables_and_the_c_module_agree_on_every_sample_and_code() -> None:
    assert g711.table_pcm_to_alaw(EVERY_SAMPLE) == g711.pcm_to_alaw(EVERY_SAMPLE)
    assert g711.table_pcm_to_ulaw(EVERY_SAMPLE) == g711.pcm_to_ulaw(EVERY_SAMPLE)
    assert g711.table_alaw_to_pcm(EVERY_CODE) == g711.alaw_to_pcm(EVERY_CODE)
    assert g711.table_ulaw_to_pcm(EVERY_CODE) == g711.ulaw_to_pcm(EVERY_CODE)


def test_every_alaw_code_survives_the_way_to_samples_and_back() -> None:
    assert g711.table_pcm_to_alaw(g711.table_alaw_to_pcm(EVERY_CODE)) == EVERY_CODE


def test_every_ulaw_code_but_negative_zero_survives() -> None:
    back = g711.table_pcm_to_ulaw(g711.table_ulaw_to_pcm(EVERY_CODE))
    assert back == EVERY_CODE.replace(b"\x7f", b"\xff")


def test_companding_keeps_quality() -> None:
    tone = [int(8000 * math.sin(i / 5)) for i in range(800)]
    pcm = struct.pack("<800h", *tone)
    for there, back in (
        (g711.pcm_to_alaw, g711.alaw_to_pcm),
        (g711.pcm_to_ulaw, g711.ulaw_to_pcm),
    ):
        heard = samples(back(there(pcm)))
        noise = sum((a - b) ** 2 for a, b in zip(tone, heard, strict=True))
        power = sum(a * a for a in tone)
        assert 10 * math.log10(power / noise) > 33, "G.711 gives about 38 dB"


def test_changing_the_law_is_one_translation_and_nearly_lossless() -> None:
    for code in range(256):
        there = g711.alaw_to_ulaw(bytes([code]))
        value, heard = g711.ALAW_SAMPLES[code], g711.ULAW_SAMPLES[there[0]]
        assert abs(value - heard) <= max(16, abs(value) // 16)
        assert g711.ALAW_SAMPLES[g711.ulaw_to_alaw(there)[0]] * value > 0


def test_silence_is_the_quietest_code() -> None:
    assert abs(samples(g711.alaw_to_pcm(g711.ALAW_SILENCE))[0]) == 8
    assert samples(g711.ulaw_to_pcm(g711.ULAW_SILENCE)) == [0]


def test_an_odd_octet_at_the_end_is_dropped() -> None:
    assert g711.pcm_to_alaw(b"\0\0\0") == g711.table_pcm_to_alaw(b"\0\0\0")
    assert len(g711.pcm_to_alaw(b"\0\0\0")) == 1
    assert len(g711.pcm_to_ulaw(b"\0\0\0")) == 1


def test_without_audioop_the_tables_do_it() -> None:
    script = (
        "import sys; sys.modules['audioop'] = None\n"
        "from sip.media import g711\n"
        "assert g711.pcm_to_alaw is g711.table_pcm_to_alaw\n"
        "assert g711.ulaw_to_pcm is g711.table_ulaw_to_pcm\n"
        "print(g711.pcm_to_alaw(bytes(4)).hex())"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True
    )
    assert (run.stdout.strip(), run.stderr) == ("d5d5", "")


def test_importing_it_warns_of_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import sip.media.g711"],
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, "")
