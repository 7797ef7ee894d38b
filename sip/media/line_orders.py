"""The engine's side of browsers' lines: which it ordered, and which the process carries."""

from collections.abc import Callable, Mapping
from typing import Any

from sip.media import wire
from sip.media.line import LineDown, LineSpec
from sip.media.protocol import MediaEvent


class LineOrders:
    """Remembers the lines, and tells of those that did not outlive their process.

    :param send: sends an order, if the process is there.
    :param tell: takes events.
    """

    def __init__(
        self, send: Callable[[Mapping[str, Any]], None], tell: Callable[[MediaEvent], None]
    ) -> None:
        self._send = send
        self._tell = tell
        self._lines: dict[str, LineSpec] = {}
        self.fingerprint = ""
        "Of the process's certificate; empty where it carries no browsers."

    def put(self, spec: LineSpec) -> None:
        """Wait for a browser; `LineUp` follows, or `LineDown` with the reason."""
        self._lines[spec.line_id] = spec
        self._send({"do": "line", **wire.line_to_plain(spec)})

    def drop(self, line_id: str) -> None:
        """End a line."""
        if self._lines.pop(line_id, None) is not None:
            self._send({"do": "drop_line", "line_id": line_id})

    def compare(self, welcome: Mapping[str, Any], *, is_found: bool) -> list[LineSpec]:
        """Compare what is carried with what was ordered: no line outlives its process.

        :param is_found: the process is one from before us, and its lines are ours now.
        :returns: the lines it carries.
        """
        self.fingerprint = str(welcome.get("fingerprint", ""))
        carried = [wire.line_from_plain(plain) for plain in welcome.get("lines", ())]
        names = {line.line_id for line in carried}
        for line_id in set(self._lines) - names:
            self.drop(line_id)
            self._tell(LineDown(line_id, "restarted"))
        if is_found:
            self._lines.update({line.line_id: line for line in carried})
        for line_id in names - set(self._lines):
            self._send({"do": "drop_line", "line_id": line_id})
        return carried
