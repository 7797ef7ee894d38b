"""Provisional: the times a call tree keeps. Replaced by the directory's own."""

from typing import Final

ANSWER_TIME: Final = 45.0
PIN_TIME: Final = 60.0
VOICEMAIL_TIME: Final = 35.0
BUSY_RETRY_TIME: Final = 20.0
SETUP_TIME: Final = 8.0
