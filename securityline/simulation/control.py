"""The door by which commands reach the running pretend world: JSON lines over loopback TCP.

Not part of the product, and no way into it. Whoever knocks shows the token that the world
wrote, with its address, into a file that only its owner can read.
"""

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import traceback
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, Final

HOST: Final = "127.0.0.1"
LONGEST_LINE: Final = 64 * 1024
KNOCK_TIME: Final = 5.0
"Seconds in which a visitor must have said what he wants."

Message = dict[str, Any]
Handler = Callable[[Message], AsyncGenerator[Message]]
"Answers one request with any number of messages. Closed when the visitor leaves."


class ControlError(Exception):
    """The world is not there, or refused; the text is for whoever asked."""


class ControlDoor:
    """The world's side.

    :param file: where address and token are written, mode 0600.
    """

    def __init__(self, file: Path, handler: Handler) -> None:
        self._file = file
        self._handler = handler
        self._token = secrets.token_urlsafe(32)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen, and write where."""
        self._server = await asyncio.start_server(self._meet, HOST, 0, limit=LONGEST_LINE)
        port = self._server.sockets[0].getsockname()[1]
        write_private(self._file, {"host": HOST, "port": port, "token": self._token})

    async def close(self) -> None:
        """Stop listening; visitors are sent away."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._file.unlink(missing_ok=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await asyncio.wait_for(_read(reader), KNOCK_TIME)
            if request is None or not self._is_ours(request):
                return
            await self._serve(request, reader, writer)
        except (OSError, TimeoutError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _is_ours(self, request: Message) -> bool:
        token = request.pop("token", "")
        return isinstance(token, str) and hmac.compare_digest(
            token.encode("utf-8", "replace"), self._token.encode()
        )

    async def _serve(
        self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer; stop at once when the visitor hangs up."""

        async def answer() -> None:
            try:
                async with contextlib.aclosing(self._handler(request)) as messages:
                    async for message in messages:
                        await _write(writer, message)
            except ControlError as error:
                await _write(writer, {"error": str(error)})
            await _write(writer, {"is_done": True})

        work = asyncio.create_task(answer())
        leaving = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, leaving):
                task.cancel()
            [failed, _] = await asyncio.gather(work, leaving, return_exceptions=True)
        if isinstance(failed, Exception) and not isinstance(failed, OSError):
            traceback.print_exception(failed)  # the visitor only sees the world go


async def ask(file: Path, request: Message) -> AsyncGenerator[Message]:
    """Knock at a world's door and give what it answers.

    :param file: where the world wrote its address.
    :raises ControlError: it is not there, or it refused.
    """
    try:
        where = _read_address(file)
        reader, writer = await asyncio.open_connection(
            where["host"], where["port"], limit=LONGEST_LINE
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise ControlError(f"no pretend world is running ({file})") from None
    try:
        await _write(writer, {**request, "token": where["token"]})
        while (message := await _read(reader)) is not None:
            if message.get("is_done"):
                return
            if error := message.get("error"):
                raise ControlError(str(error))
            yield message
        raise ControlError("the pretend world went away")
    except OSError:
        raise ControlError("the pretend world went away") from None
    finally:
        writer.close()


def write_private(file: Path, content: Message) -> None:
    """Write JSON that only its owner can read, in one go."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(content, out, indent=2)
        out.write("\n")
    new.replace(file)


def _read_address(file: Path) -> Message:
    where = json.loads(file.read_text())
    return {name: where[name] for name in ("host", "port", "token")}


async def _read(reader: asyncio.StreamReader) -> Message | None:
    try:
        line = await reader.readline()
        message = json.loads(line) if line else None
    except (ValueError, RecursionError):  # readline raises it for a line too long
        return None
    return message if isinstance(message, dict) else None


async def _write(writer: asyncio.StreamWriter, message: Message) -> None:
    writer.write(json.dumps(message).encode() + b"\n")
    await writer.drain()
