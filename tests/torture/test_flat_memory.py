"""A hundred thousand malformed messages leave nothing behind.

One Python SIP parser leaks 98 MiB on such a stream, a KiB a message. Ours may keep at most
64 octets a message: less than the smallest thing that could be forgotten for each.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COUNT = 100_000
MOST_KEPT = 64
"Octets a message."


def kept_for_each(*arguments: int) -> float:
    """Run the stream in a process of its own; return how many octets stay for each message."""
    words = [sys.executable, "-m", "tests.torture.malformed_stream", *map(str, arguments)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return float(done.stdout)


def test_a_hundred_thousand_malformed_messages_leave_nothing_behind() -> None:
    kept = kept_for_each(COUNT)
    assert kept < MOST_KEPT, f"{kept:.0f} octets a message stay behind"


def test_a_leak_of_a_hundred_octets_a_message_would_be_seen() -> None:
    assert kept_for_each(COUNT // 5, 100) > MOST_KEPT
