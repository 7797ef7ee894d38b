"""An employee's telephone: pyVoIP, in a program of its own.

pyVoIP is somebody else's SIP and RTP, written without a thought of ours, which is why it is
the right thing to call us with. It is GPL-3.0: this program may import it, the product may
not. They talk by SIP and RTP only; whoever starts this program reads one JSON object a line
from its output: `registered`, `dialled`, `answered`, `ended`, `unanswered`, `heard`, `failed`.

    PHONE_PASSWORD=… python phones/employee.py --exchange 127.0.0.1:5080 \
        --user +32470000001 --dial +3225550100 --seconds 20 --say speech.wav --heard heard.wav

What pyVoIP cannot do, and this program therefore does not offer: giving up while it rings
(it cannot send CANCEL: the exchange must notice that the phone is gone), sending keys, A-law.
"""

import argparse
import json
import os
import random
import signal
import socket
import sys
import time
import wave
from array import array
from pathlib import Path
from typing import Any, Final, NoReturn

RATE: Final = 8000
NOT_INSTALLED: Final = 3
"Exit status when there is no pyVoIP."
FAILED: Final = 1
MEMORY: Final = 1 << 30
"""Octets. pyVoIP lays what it hears into one buffer by timestamp: a sender whose timestamps
leap makes it take gigabytes."""
_LOOK_TIME: Final = 0.02


class Stopped(BaseException):
    """Somebody asked the program to end."""


def main() -> int:
    """Call, stay, hang up; return the exit status."""
    options = _options()
    _limit_memory()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        import warnings

        warnings.simplefilter("ignore")  # audioop's end, and pyVoIP's own chatter
        from pyVoIP.VoIP import CallState, VoIPPhone
    except ImportError as error:
        tell("failed", why=f"pyVoIP is not installed ({error})")
        return NOT_INSTALLED
    host, _, port = options.exchange.rpartition(":")
    low, high = _free_ports(16)
    phone = VoIPPhone(
        host,
        int(port),
        options.user,
        os.environ.get("PHONE_PASSWORD", ""),
        myIP=host if host.startswith("127.") else "0.0.0.0",  # noqa: S104
        sipPort=_free_port(),
        rtpPortLow=low,
        rtpPortHigh=high,
    )
    try:
        phone.start()
        tell("registered")
        return _converse(phone, CallState, options)
    except Stopped:
        return 0
    except Exception as error:
        tell("failed", why=f"{type(error).__name__}: {error}")
        return FAILED


def _converse(phone: Any, states: Any, options: argparse.Namespace) -> int:
    """Dial, speak, listen, hang up."""
    until = time.monotonic() + options.seconds
    call = phone.call(options.dial)
    tell("dialled")
    answered_at: float | None = None
    try:
        while call.state is not states.ENDED and time.monotonic() < until:
            if answered_at is None and call.state is states.ANSWERED:
                answered_at = time.monotonic()
                call.write_audio(_speech(options.say, options.seconds))
                tell("answered")
            time.sleep(_LOOK_TIME)
        if answered_at is None:
            tell("unanswered")
    except Stopped:
        pass
    finally:
        is_ours = call.state is states.ANSWERED
        if is_ours:
            call.hangup()
        tell("ended", by="us" if is_ours else "them")
        if answered_at is not None and options.heard is not None:
            _write(options.heard, call, time.monotonic() - answered_at)
    phone.stop()
    return 0


def _speech(path: Path | None, seconds: float) -> bytes:
    """Return what to say as pyVoIP wants it: 8 kHz, 8 bits, unsigned."""
    if path is None:
        return b"\x80" * RATE
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise ValueError(f"{path}: 8 kHz, mono, 16 bits are wanted")
        pcm = file.readframes(file.getnframes())
    once = bytes((high + 128) & 0xFF for high in pcm[1::2]) or b"\x80" * RATE
    return once * (int(seconds * RATE / len(once)) + 1)


def _write(path: Path, call: Any, seconds: float) -> None:
    """Write what was heard, 16 bits; pyVoIP gives 8."""
    heard = call.read_audio(int(seconds * RATE), False)
    samples = array("h", ((octet - 128) * 256 for octet in heard))
    if sys.byteorder == "big":
        samples.byteswap()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    tell("heard", file=str(path), seconds=round(seconds, 2))


def tell(what: str, **more: object) -> None:
    """Write one line for whoever started this."""
    sys.stdout.write(json.dumps({"is": what, **more}) + "\n")
    sys.stdout.flush()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _free_ports(count: int) -> tuple[int, int]:
    """Find neighbouring free ports: pyVoIP takes any of its range without looking."""
    while True:
        first = random.randrange(30_000, 60_000, 2)  # noqa: S311
        held: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                held[-1].bind(("127.0.0.1", port))
            return first, first + count - 1
        except OSError:
            continue
        finally:
            for sock in held:
                sock.close()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _stop(_number: int, _frame: object) -> NoReturn:
    raise Stopped


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="An employee's telephone (pyVoIP).")
    parser.add_argument("--exchange", required=True, metavar="HOST:PORT")
    parser.add_argument("--user", required=True, help="its own number")
    parser.add_argument("--dial", required=True)
    parser.add_argument("--seconds", type=float, default=20.0, help="from dialling")
    parser.add_argument("--say", type=Path, help="WAV: 8 kHz, mono, 16 bits; repeated")
    parser.add_argument("--heard", type=Path, help="WAV to write what was heard")
    return parser.parse_args()


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # pyVoIP's threads are no daemons, and some of them never end
