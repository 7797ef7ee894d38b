"""The programs we did not write, as the tests see them: start, talk to, stop.

Each waits for the thing itself (a line of output, an event on a socket), never for a time.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Self

import pytest

from tests.interop.ports import OWN

PATIENCE = 60.0  # seconds before a wait is called a failure; the machines are shared and noisy


def find(program: str) -> str | None:
    """Find a program, also where only root looks."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def need(program: str) -> str:
    """Find a program, or skip the test, saying why.

    In CI `tests/test_the_ci_has_its_peers.py` fails when one is missing.
    """
    found = find(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def free_port() -> int:
    """Find a port nobody has at this moment, for UDP and TCP alike."""
    return OWN.take(1)[0]


def free_port_range(count: int) -> tuple[int, int]:
    """Find `count` neighbouring ports that are free at this moment; first and last."""
    ports = OWN.take(count)
    return ports[0], ports[-1]


class Program:
    """A child process whose output is kept and can be waited for."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process
        self.lines: list[str] = []
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        name: str,
        arguments: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> Self:
        """Start it with its output in our hands and its own process group."""
        process = await asyncio.create_subprocess_exec(
            *map(str, arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            # A shell's background job ignores Ctrl-C, and so would whatever it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            limit=1 << 20,
        )
        return cls(name, process)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            async with self._news:
                self.lines.append(line.decode(errors="replace").rstrip())
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

    async def line(self, containing: str, *, after: int = 0) -> str:
        """Wait for a line of its output."""

        def found() -> str | None:
            return next((x for x in self.lines[after:] if containing in x), None)

        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while (line := found()) is None:
                    if self._reader.done():
                        raise AssertionError(self.story(f"ended before saying {containing!r}"))
                    await self._news.wait()
                return line
        except TimeoutError:
            raise AssertionError(self.story(f"never said {containing!r}")) from None

    def story(self, what: str) -> str:
        """Tell what it printed, for the person who reads the failure."""
        return f"{self.name} {what}; it printed:\n" + "\n".join(self.lines[-60:])

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to this process alone."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)

    async def ended(self) -> int:
        """Wait for its end and return the exit code."""
        try:
            async with asyncio.timeout(PATIENCE):
                code = await self.process.wait()
                await self._reader
                return code
        except TimeoutError:
            raise AssertionError(self.story("never ended")) from None

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and make sure of it."""
        if self.process.returncode is None:
            self.kill(how)
        try:
            async with asyncio.timeout(20):
                code = await self.process.wait()
        except TimeoutError:
            self.kill(signal.SIGKILL)
            code = await self.process.wait()
        await self._reader
        return code


def run_sipp(scenario: Path, *arguments: str, cwd: Path) -> list[str]:
    """Build the command line of a quiet SIPp run."""
    return [
        need("sipp"), "-sf", str(scenario), "-nostdin", "-trace_err", "-error_file",
        str(cwd / f"{scenario.stem}.errors"), *arguments,
    ]  # fmt: skip


def tone(path: Path, frequency: int, seconds: float = 30.0, rate: int = 8000) -> Path:
    """Write a sine tone as 16-bit mono WAV with sox."""
    subprocess.run(
        [need("sox"), "-n", "-r", str(rate), "-c", "1", "-b", "16", str(path),
         "synth", str(seconds), "sine", str(frequency), "gain", "-12"],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


def raw_alaw(path: Path, source: Path) -> Path:
    """Turn a WAV into raw A-law, as SIPp's rtp_stream wants it."""
    subprocess.run(
        [need("sox"), str(source), "-t", "raw", "-e", "a-law", "-b", "8", "-r", "8000",
         str(path)],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


def band_level(path: Path, channel: int, frequency: int, start: float, length: float) -> float:
    """Measure with sox the RMS level (dB of full scale) in a narrow band of one channel.

    :param start: seconds; negative ones count from the end.
    """
    begin = f"={start}" if start >= 0 else str(start)
    out = subprocess.run(
        [need("sox"), str(path), "-n", "remix", str(channel), "trim", begin, str(length),
         "sinc", f"{frequency - 60}-{frequency + 60}", "stats"],
        check=True, capture_output=True, text=True,
    ).stderr  # fmt: skip
    for line in out.splitlines():
        if line.startswith("RMS lev dB"):
            value = line.split()[-1]
            return -120.0 if value == "-inf" else float(value)
    raise AssertionError(f"sox said nothing about {path}:\n{out}")


class Baresip(Program):
    """A registered softphone that plays a tone, records what it hears, obeys commands."""

    control: asyncio.StreamWriter
    events: list[dict[str, Any]]

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls,
        folder: Path,
        *,
        user: str,
        password: str,
        registrar: str,
        says: Path | None = None,
        answers: str = "auto",
        extra: str = "",
        port: int | None = None,
    ) -> AsyncIterator["Baresip"]:
        """Start baresip and wait until it is registered.

        :param registrar: host:port.
        :param port: where it is called without having registered, as a carrier's far end.
        :param answers: baresip's `answermode`: `auto` or `manual`.
        """
        program = need("baresip")
        folder.mkdir(parents=True, exist_ok=True)
        control_port = free_port()
        source = f"audio_source aufile,{says}" if says else "audio_source ausine,440"
        modules = [
            "account.so",
            "menu.so",
            "g711.so",
            "aufile.so",
            "ausine.so",
            "aubridge.so",
            "sndfile.so",
            "ctrl_tcp.so",
            "uuid.so",
        ]
        loads = "\n".join(
            f"{'module_app' if m in ('account.so', 'menu.so', 'ctrl_tcp.so') else 'module'} {m}"
            for m in modules
        )
        (folder / "config").write_text(
            f"sip_listen 127.0.0.1:{port or free_port()}\n"
            "call_local_timeout 120\ncall_max_calls 4\n"
            f"sip_autoanswer yes\n{source}\naudio_player aubridge,{folder.name}\n"
            f"snd_path {folder}\n"
            f"audio_alert aufile,{folder / 'alert.wav'}\nausrc_srate 8000\nauplay_srate 8000\n"
            "audio_buffer 20-160\njitter_buffer_delay 1-5\nrtp_stats yes\n"
            "net_interface 127.0.0.1\nrtp_timeout 60\n"
            f"module_path /usr/lib/baresip/modules\n{loads}\n"
            f"ctrl_tcp_listen 127.0.0.1:{control_port}\n"
        )
        (folder / "accounts").write_text(
            f"<sip:{user}@{registrar};transport=udp>;auth_user={user};auth_pass={password};"
            f"answermode={answers};regint={0 if port else 120};audio_codecs=pcma,pcmu;{extra}\n"
        )
        (folder / "contacts").write_text("")
        phone = await cls.start("baresip", [program, "-f", str(folder)])
        phone.events = []
        try:
            await phone.line("baresip is ready" if port else "200 OK")
            reader, phone.control = await asyncio.open_connection("127.0.0.1", control_port)
            listening = asyncio.create_task(phone._listen(reader))
            try:
                yield phone
            finally:
                listening.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await listening
                phone.control.close()
        finally:
            await phone.stop(signal.SIGTERM)

    def heard(self, folder: Path) -> Path:
        """Return what it heard in its latest call; complete once the call is over."""
        return max(folder.glob("dump-*-dec.wav"), key=lambda path: path.stat().st_mtime)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                octets = await reader.readexactly(length)
                message = json.loads(octets.decode("utf-8", "replace"))
                await reader.readexactly(1)
                async with self._news:
                    self.events.append(message)
                    self._news.notify_all()

    async def event(self, kind: str, *, after: int = 0) -> dict[str, Any]:
        """Wait for an event such as `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED`."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                while True:
                    for event in self.events[after:]:
                        if event.get("type") == kind:
                            return event
                    await self._news.wait()
        except TimeoutError:
            seen = [event.get("type") for event in self.events]
            raise AssertionError(self.story(f"never had {kind}, only {seen}")) from None

    async def command(self, name: str, parameters: str = "") -> None:
        """Tell it to `accept`, `hangup`, `hold`, `resume` …"""
        text = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        self.control.write(b"%d:%s," % (len(text), text))
        await self.control.drain()


def python(*arguments: str) -> list[str]:
    """Build the command line of a module of ours in the interpreter that runs the tests."""
    return [sys.executable, *arguments]
