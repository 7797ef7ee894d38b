"""Carries out actions with consequences: where one is sent, and what came of it."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable

import structlog

from callflows.commands import PerformAction
from callflows.events import ActionAnswered
from client_directory.directory import Directory
from securityline.keys import KeyFileError
from securityline.webhook import Webhook, Webhooks

log = structlog.get_logger()


def action_secret(master: bytes, organisation: str, action: str) -> bytes:
    """Return what an action is signed with, in hexadecimal: no client can learn another's."""
    what = f"{organisation}/{action}".encode()
    return hmac.new(master, what, hashlib.sha256).hexdigest().encode()


class Actions:
    """Actions under way. Belongs to one event loop.

    :param tell: gives an answer to the engine.
    :param secrets: what an action of a client is signed with, where that was made for it
        (`WebhookSecrets.of`); else it is derived from the master.
    """

    def __init__(
        self,
        directory: Callable[[], Directory],
        master: bytes,
        tell: Callable[[ActionAnswered], None],
        *,
        secrets: Callable[[str, str], tuple[bytes, ...]] = lambda _organisation, _action: (),
        is_private_allowed: bool = False,
    ) -> None:
        self._directory = directory
        self._master = master
        self._tell = tell
        self._secrets = secrets
        self._is_private_allowed = is_private_allowed
        self._webhooks = Webhooks(self.webhook)
        self._under_way: set[asyncio.Task[None]] = set()

    def perform(self, command: PerformAction) -> None:
        """Send one try; the answer comes as an event."""
        task = asyncio.get_running_loop().create_task(self._perform(command))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def webhook(self, organisation: str, action: str) -> Webhook | None:
        """Return where an action of a client is sent.

        :raises ValueError: the directory's address may not be called, or the file with the
            secrets cannot be read.
        """
        client = self._directory().organisations.get(organisation)
        for known in client.actions if client is not None else ():
            if known.action == action:
                try:
                    made = self._secrets(organisation, action)
                except KeyFileError as error:
                    raise ValueError(str(error)) from error
                derived = (action_secret(self._master, organisation, action),)
                return Webhook(
                    url=known.url,
                    secrets=made or derived,
                    is_private_allowed=self._is_private_allowed,
                )
        return None

    async def stop(self) -> None:
        """Give up what is under way; after the next start it is sent again, under its key."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._webhooks.close()

    async def _perform(self, command: PerformAction) -> None:
        self._tell(await self._webhooks.perform(command))
