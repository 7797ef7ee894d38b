"""`make run`: the engine on its defaults, the example clients, and a pretend outside world.

    python -m securityline.simulation.demo [--data DIR] [--free op-5] [--staffed] [--quiet]

Engine and world are processes of their own. An engine that dies is started again at once,
which is what systemd does in real use: `kill -9` it in the middle of a call and see.
"""

import argparse
import asyncio
import fcntl
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from securityline.accounts import AccountError
from securityline.config import ConfigError
from securityline.simulation.alarming import Receivers
from securityline.simulation.child import Child, ChildDied
from securityline.simulation.control import ControlError, Message, ask
from securityline.simulation.demo_data import DemoData, DemoError, prepare
from securityline.simulation.demo_ports import taken_ports
from securityline.simulation.demo_words import introduction
from securityline.simulation.staffing import Seat
from securityline.simulation.world import DOOR, PLAN, OperatorPhone, WorldPlan

FREE: Final = "op-5"
"Whose phone is left to a real softphone; French, so that he is chosen for the example."
SEATED: Final = "op-3"
TRIES: Final = 3
"Starts in a row that may fail before the demo gives up."
READY_TIME: Final = 10.0
"Seconds that the engine has to be ready for calls once everything is there."
LONG_LIFE: Final = 10.0
"Seconds after which a start counts as a good one."
EMERGENCY_DIALLED: Final = 3
"Exit status when anything dialled an emergency number."
_T, _I = signal.SIGTERM, signal.SIGINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run the demo."""

    folder: Path
    free: str = FREE
    is_staffed: bool = False
    is_quiet: bool = False


class Demo:
    """Engine and world, watched over."""

    def __init__(self, data: DemoData, options: Options) -> None:
        self._data = data
        self._options = options
        self._free = data.account(options.free)
        self._is_ready = False
        self._world_folder = data.folder / "world"
        python = sys.executable
        self._engine = Child(
            "the engine",
            [python, "-m", "securityline", "serve", "--config", str(data.settings)],
            environment=data.environment,
            errors=data.folder / "engine.log",
        )
        self._world = Child(
            "the pretend world",
            [python, "-m", "securityline.simulation.world"],
            environment=data.environment,
            errors=data.folder / "world.log",
            on_line=self._narrate,
        )

    async def run(self, stopping: asyncio.Event) -> int:
        """Run until `stopping`; return the exit status.

        :raises DemoError: it cannot be started, or kept running.
        """
        watchers: list[asyncio.Task[None]] = []
        try:
            await self._unless(stopping, self._start())
            if not stopping.is_set():
                self._welcome()
                watchers = [asyncio.create_task(self._watch(each)) for each in self._children]
                await self._unless(stopping, _first_to_fail(watchers))
            return await self._verdict()
        except (ChildDied, ControlError, aiohttp.ClientError) as error:
            raise DemoError(f"{error}\n{self._last_words()}") from error
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
            await self._stop()

    async def _start(self) -> None:
        # The carrier first: it answers the engine's very first question whether it is there.
        await self._start_world()
        await self._start_engine()
        await self._ask({"do": "connect"})
        if reasons := await why_not_ready(self._data.desk):
            raise DemoError(f"the engine does not take calls: {', '.join(reasons)}")

    async def _start_world(self) -> None:
        await self._world.start("world\topen", PLAN.dump_json(self._plan()) + b"\n")

    async def _start_engine(self) -> None:
        await self._engine.start("ready sip=")

    @property
    def _children(self) -> tuple[Child, Child]:
        return self._engine, self._world

    async def _stop(self) -> None:
        """Hang up and stop: the world first, so that the engine has no call to wait for."""
        self._is_ready = False
        await self._world.stop([(_T, 10.0)])
        # The first signal lets calls end by themselves (a real softphone's); one more, not.
        await self._engine.stop([(_T, 3.0), (_T, 15.0)])

    async def _watch(self, child: Child) -> None:
        """Start a program again whenever it ends.

        :raises ChildDied: it cannot be kept running.
        """
        failures, started_at = 0, time.monotonic()
        while True:
            how = await child.ended()
            failures = 0 if time.monotonic() - started_at > LONG_LIFE else failures + 1
            if failures >= TRIES:
                raise ChildDied(f"{child.name} {how}, {failures} times in a row")
            show("demo", f"{child.name} {how}; starting it again")
            started_at = time.monotonic()
            with suppress(ChildDied):
                if child is self._engine:
                    await self._start_engine()
                else:
                    await self._start_world()
                    await self._ask({"do": "connect"})
                seconds = time.monotonic() - started_at
                show("demo", f"{child.name} is back after {seconds:.1f} s")

    async def _ask(self, request: Message) -> Message:
        answer: Message = {}
        async for message in ask(self._world_folder / DOOR, request):
            answer = message
        return answer

    async def _verdict(self) -> int:
        """Say whether anything dialled an emergency number: then this run was a failure."""
        with suppress(ControlError):
            if attempts := (await self._ask({"do": "status"})).get("emergency_attempts"):
                show("demo", f"EMERGENCY NUMBERS WERE DIALLED: {', '.join(attempts)}")
                return EMERGENCY_DIALLED
        return 0

    @staticmethod
    async def _unless(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
        """Do something, unless the demo is told to stop meanwhile."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            task.cancel()
            stop.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    # ------------------------------------------------------------ what there is

    def _plan(self) -> WorldPlan:
        data = self._data
        phones = tuple(
            OperatorPhone(
                extension=account.operator.extension,
                password=account.phone_password,
                language=max(account.operator.languages.items(), key=lambda x: x[1])[0],
            )
            for account in data.accounts
            if account is not self._free
        )
        seats: tuple[Seat, ...] = ()
        if self._options.is_staffed:
            seated = data.account(SEATED)
            seats = (Seat(data.desk, seated.operator.operator, seated.desk_password),)
        return WorldPlan(
            carrier=data.carrier,
            exchange=data.exchange,
            domain=data.config.sip.domain,
            folder=self._world_folder.resolve(),
            directory=data.config.directory.dir.resolve(),
            phones=phones,
            seats=seats,
            receivers=Receivers(dc09=data.config.alarms.dc09, api=data.desk, token=data.token),
        )

    # ------------------------------------------------------------ what it says

    def _welcome(self) -> None:
        seated = ""
        if self._options.is_staffed:
            operator = self._data.account(SEATED).operator
            seated = f"{operator.name} ({operator.operator})"
        command, where = f"{_beside('securityline')} simulate", ""
        if self._options.folder != Path("demo-data"):
            where = f" --demo {shlex.quote(str(self._options.folder))}"
        write(introduction(self._data, self._free, command, seated, where))
        write("ready")
        self._is_ready = True

    def _narrate(self, line: str) -> None:
        who, _, what = line.partition("\t")
        is_loud = "!!!" in what or who == "world"
        if (self._is_ready and not self._options.is_quiet and who != "world") or (
            is_loud and what != "open"
        ):
            show(who, what)

    def _last_words(self) -> str:
        """Return the end of the engine's log, when that is where the fault is."""
        with suppress(OSError):
            lines = (self._data.folder / "engine.log").read_text(errors="replace").splitlines()
            return "\n".join(["Its last words:", *lines[-5:]]) if lines else ""
        return ""


async def _first_to_fail(watchers: Sequence[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(watchers, return_when=asyncio.FIRST_EXCEPTION)
    for watcher in done:
        watcher.result()


async def why_not_ready(desk: str, patience: float = READY_TIME) -> list[str]:
    """Wait until the engine says that it can take calls; return why not, when it does not."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{desk}/readyz") as response:
                if response.status == 200:
                    return []
                reasons = (await response.json()).get("reasons", [])
            if loop.time() > until:
                return [str(reason) for reason in reasons] or ["it does not say why"]
            await asyncio.sleep(0.1)


def _beside(program: str) -> str:
    """Name a program that is installed beside this interpreter, the short way if there is."""
    path = Path(sys.executable).with_name(program)
    with suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def write(text: str) -> None:
    """Print, whoever reads it or not."""
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def show(who: str, what: str) -> None:
    """Print one line of what happens."""
    write(f"{time.strftime('%H:%M:%S')}  {who:<10}  {what}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one demo at a time use a folder.

    :raises DemoError: another one does.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DemoError(f"{folder}: {error.strerror or error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise DemoError(f"a demo is running already in {folder}") from None
    finally:
        os.close(handle)


async def _run(options: Options) -> int:
    stopping = asyncio.Event()
    for number in (_T, _I):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    data = await asyncio.to_thread(prepare, options.folder, os.environ)
    if taken := list(taken_ports(data)):
        raise DemoError("\n".join(taken))
    return await Demo(data, options).run(stopping)


def main(exit_with: Callable[[int], None] = sys.exit) -> None:
    """Run the demo from the command line."""
    parser = argparse.ArgumentParser(prog="make run", description="The demo of Security Line.")
    parser.add_argument("--data", type=Path, default=Path("demo-data"), help="its folder")
    parser.add_argument("--free", default=FREE, help="operator whose phone is yours")
    parser.add_argument(
        "--staffed", action="store_true", help=f"{SEATED} sits at the desk by himself, ready"
    )
    parser.add_argument("--quiet", action="store_true", help="do not tell what happens")
    given = parser.parse_args()
    options = Options(
        folder=given.data, free=given.free, is_staffed=given.staffed, is_quiet=given.quiet
    )
    try:
        with _alone(options.folder):
            status = asyncio.run(_run(options))
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"{problem}\n")
        status = 2
    except (DemoError, AccountError) as error:
        sys.stderr.write(f"{error}\n")
        status = 1
    exit_with(status)


if __name__ == "__main__":
    main()
