"""The media process: `python -m securityline.media_process`. Joins relay and recorder.

`sip.media` knows no recorder and `recordings` no call; here a recorder becomes a tap, and
what the disk says becomes an event.
"""

import argparse
import fcntl
import json
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from ivr.prompts import LANGUAGES, PROMPTS, fallbacks, file_name, is_spoken
from recordings.model import Ended, Failed, Gap, News, Started
from recordings.recorder import Recorder
from recordings.store import RecordingStore
from recordings.wav import Origin, pcm_samples
from recordings.writer import DiskWriter
from sip.media import protocol
from sip.media.g711 import pcm_to_alaw
from sip.media.machine import EnergyActivity, VoiceActivity
from sip.media.protocol import MediaEvent, RecordingSpec
from sip.media.silero import SileroActivity, SileroModel, UnusableModel
from sip.media.tap import Tap
from sip.media.tones import ToneName, tone
from sip.media.worker import Worker, WorkerSettings

if TYPE_CHECKING:
    from sip.media.dtls import Certificate

_log = logging.getLogger("securityline.media")

EXIT_FAILED: Final = 1
"The system refused something without which there is no audio; the log says what."
EXIT_ALREADY_RUNNING: Final = 3
"Another process serves this socket."
EXIT_UNSUITABLE: Final = 4
"The system lacks what the media process is built on."

MAX_SAID: Final = 200
"Spoken prompts kept in memory: 10 MB."


class Prompts:
    """The prompts that are shipped, as A-law; read and converted once.

    :param spoken: where :mod:`securityline.speech` puts words that are no fixed prompt. Of
        those only the latest are kept, and one that is missing may be there the next time.
    """

    def __init__(self, folder: Path, spoken: Path | None = None) -> None:
        self._folder = folder
        self._spoken = spoken
        self._audio: dict[tuple[str, str], bytes | None] = {}
        self._said: dict[str, bytes] = {}

    def load(self, name: str, language: str) -> bytes | None:
        """Return a prompt in a language or the next best; `None` when there is none."""
        if is_spoken(name):
            return self._load_spoken(name, language)
        key = (name, language)
        if key not in self._audio:
            self._audio[key] = self._find(name, language)
        return self._audio[key]

    def _find(self, name: str, language: str) -> bytes | None:
        if not name.replace("_", "").isalnum():
            return None
        for candidate in fallbacks(language):
            try:
                data = self._folder.joinpath(file_name(name, candidate)).read_bytes()
                return pcm_to_alaw(pcm_samples(data))
            except (OSError, ValueError) as error:
                _log.error("prompt %s in %s: %s", name, candidate, error)
        return None

    def _load_spoken(self, name: str, language: str) -> bytes | None:
        audio = self._said.pop(name, None)
        if audio is None and self._spoken is not None:
            audio = self._find_spoken(self._spoken, name, language)
        if audio is not None:
            self._said[name] = audio
            if len(self._said) > MAX_SAID:
                del self._said[next(iter(self._said))]
        return audio

    @staticmethod
    def _find_spoken(folder: Path, name: str, language: str) -> bytes | None:
        for candidate in fallbacks(language):
            path = folder / file_name(name, candidate)
            try:
                return pcm_to_alaw(pcm_samples(path.read_bytes()))
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                _log.error("spoken prompt %s: %s", path.name, error)
        _log.error("spoken prompt %s is not there", name)
        return None

    def load_all(self, names: Iterable[str], languages: Iterable[str]) -> None:
        """Read everything now: later a file would be read on the media thread."""
        for language in languages:
            for name in names:
                self.load(name, language)


class DiskStudio:
    """Records to files of one store; see `sip.media.worker.Studio`."""

    def __init__(self, store: RecordingStore) -> None:
        self._store = store
        self._writer: DiskWriter[RecordingSpec] = DiskWriter(_origin_of)
        self._refused: list[MediaEvent] = []

    def open(self, spec: RecordingSpec, now: float) -> Tap | None:
        """Begin or continue a recording, inside the store only."""
        path = Path(spec.path)
        if not self._store.holds(path):
            reason = "its path is outside the folder of recordings"
            self._refused.append(
                protocol.RecordingFailed(spec.recording_id, spec.call_id, reason)
            )
            return None
        return Recorder(self._writer.open(spec, path))

    def take_events(self) -> list[MediaEvent]:
        """Return what the disk has to say."""
        if self._refused:
            refused, self._refused = self._refused, []
            return refused
        return [self._event(spec, news) for spec, news in self._writer.take_news()]

    @staticmethod
    def _event(spec: RecordingSpec, news: News) -> MediaEvent:
        names = (spec.recording_id, spec.call_id)
        match news:
            case Started():
                return protocol.RecordingStarted(*names)
            case Gap(side, at, seconds, cause):
                return protocol.RecordingGap(*names, side, at, seconds, cause)
            case Failed(reason):
                return protocol.RecordingFailed(*names, reason)
            case Ended(seconds, sha256, legs):
                return protocol.RecordingEnded(*names, seconds, sha256, legs)

    @property
    def unwritten_bytes(self) -> int:
        """What waits for the disk."""
        return self._writer.unwritten_bytes

    def finish(self) -> None:
        """Wait for the disk, ten seconds at most."""
        if not self._writer.finish():
            _log.error("the disk did not take everything in time")


def _boot_id() -> bytes:
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
        return bytes.fromhex(text.strip().replace("-", ""))[:16].ljust(16, b"\0")
    except (OSError, ValueError):
        return os.urandom(16)


_BOOT: Final = _boot_id()


def _origin_of(started_at: float | None) -> Origin:
    """Return a time of the worker's clock, `None` for now, on all clocks."""
    now = time.monotonic()
    moment = now if started_at is None else started_at
    wall = time.time() - (now - moment)
    return Origin(round(wall * 1_000_000), round(moment * 1_000_000), _BOOT)


def _ports(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    ports = int(low), int(high)
    if not 1024 <= ports[0] < ports[1] <= 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a range within 1024-65535")
    return ports


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="securityline.media_process")
    parser.add_argument("--socket", type=Path, required=True, help="where the engine connects")
    parser.add_argument("--address", required=True, help="IP address of the RTP ports")
    parser.add_argument("--ports", type=_ports, required=True, metavar="LOW-HIGH")
    parser.add_argument("--recordings", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--speech", type=Path, help="folder of prompts spoken on demand")
    parser.add_argument("--voice-model", type=Path, help="a Silero model (the extra `amd`)")
    parser.add_argument("--ready-ports", type=int, default=256, help="ports bound ahead")
    parser.add_argument("--orphan-time", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--orphan-limit", type=float, default=600.0, metavar="SECONDS")
    return parser.parse_args(arguments)


class _JsonLines(logging.Formatter):
    """One JSON object a line, as the engine's own log."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = repr(record.exc_info[1])
        return json.dumps(line)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    # Whoever reads our log may be gone before us.
    logging.raiseExceptions = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped or orphaned; return the exit status."""
    options = _arguments(arguments)
    _log_to_stderr()
    if not hasattr(select, "epoll"):
        _log.error("the media process needs Linux (epoll)")
        return EXIT_UNSUITABLE
    try:
        return _run(options)
    except OSError as error:
        _log.error("the media process cannot go on: %s", error)
        return EXIT_FAILED


def _run(options: argparse.Namespace) -> int:
    options.socket.parent.mkdir(parents=True, exist_ok=True)
    with options.socket.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _log.error("another media process serves %s", options.socket)
            return EXIT_ALREADY_RUNNING
        _serve(options)
    return 0


def _activity(model: Path | None) -> Callable[[], VoiceActivity]:
    """Choose what tells speech; without a usable model it is energy, and the log says so."""
    if model is None:
        return EnergyActivity
    try:
        return partial(SileroActivity, SileroModel(model))
    except UnusableModel as error:
        _log.error("speech is told by energy: %s", error)
        return EnergyActivity


def _certificate() -> "Certificate | None":
    """Make what browsers know us by; `None` without the extra `browser`."""
    try:
        from sip.media.dtls import Certificate
    except ImportError:
        return None
    return Certificate()


def _serve(options: argparse.Namespace) -> None:
    low, high = options.ports
    prompts = Prompts(Path(__file__).parent / "prompts", options.speech)
    prompts.load_all(PROMPTS, LANGUAGES)
    for name in get_args(ToneName):
        tone(name)
    settings = WorkerSettings(
        socket_path=options.socket,
        address=options.address,
        low_port=low,
        high_port=high,
        ready_ports=options.ready_ports,
        orphan_time=options.orphan_time,
        orphan_limit=options.orphan_limit,
    )
    studio = DiskStudio(RecordingStore(options.recordings))
    worker = Worker(
        settings,
        studio,
        prompts.load,
        activity=_activity(options.voice_model),
        certificate=_certificate(),
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    sys.exit(main())
