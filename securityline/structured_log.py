"""The engine's own log: one JSON object a line on standard error, without secrets.

For administrators and their tools. What happened to callers stands in the main courante.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

LONGEST_TEXT: Final = 2_000
"Characters kept of one value: a hostile message must not fill the disk."
DEEPEST: Final = 6
REDACTED: Final = "[redacted]"

_SECRET_NAME: Final = re.compile(
    r"pass(word|wd)?$|secret|token|^pin$|_pin$|pin_|code_?word|authori[sz]ation|authenticate"
    r"|cookie|ha1|api_?key|credential|private_?key|nonce",
    re.IGNORECASE,
)
_SECRET_TEXT: Final = re.compile(
    r"(?P<name>(?:proxy-)?authorization|(?:set-)?cookie|www-authenticate)(?P<sep>\s*[:=]\s*)"
    r"[^\r\n]{1,2000}"
    r"|\b(?P<scheme>bearer|digest|basic)\s+[^\s,;\"']{8,2000}"
    r"|\bsl_[A-Za-z0-9_-]{20,80}"
    r"|\b(?P<key>response|cnonce|nonce|password|secret)=(?:\"[^\"]{0,2000}\"|[^\s,;&\"]{1,2000})",
    re.IGNORECASE,
)


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send the log of the engine, and of the libraries it uses, to a stream.

    :param level: `debug`, `info`, `warning` or `error`.
    :param stream: standard error by default.
    """
    number = getattr(logging, level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(default=str)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))


def redact(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Take secrets out of a log line, by the name of the value and by its look."""
    return {key: _clean(key, value, 0) for key, value in event.items()}


def _clean(name: str, value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _SECRET_NAME.search(name):
        return REDACTED
    if isinstance(value, int | float):
        return value
    if depth > DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(k): _clean(str(k), item, depth + 1) for k, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, item, depth + 1) for item in value]
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if len(text) > LONGEST_TEXT:
        text = f"{text[:LONGEST_TEXT]}… ({len(text)} characters)"
    return _SECRET_TEXT.sub(_hide, text)


def _hide(match: re.Match[str]) -> str:
    if match["name"]:
        return f"{match['name']}{match['sep']}{REDACTED}"
    if match["scheme"]:
        return f"{match['scheme']} {REDACTED}"
    return f"{match['key']}={REDACTED}" if match["key"] else REDACTED
