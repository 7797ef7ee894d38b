"""How the media process is started, from the settings."""

import sys
from pathlib import Path

from securityline.config import Config


def media_socket(config: Config) -> Path:
    """Return where engine and media process meet."""
    return (config.data.dir / "media.sock").resolve()


def media_command(config: Config) -> list[str]:
    """Return the command line of the media process."""
    low, high = config.media.ports
    model = config.media.voice_model
    return [
        sys.executable, "-m", "securityline.media_process",
        "--socket", str(media_socket(config)),
        "--address", config.media.address,
        "--ports", f"{low}-{high}",
        "--recordings", str(config.recordings_dir.resolve()),
        "--speech", str((config.data.dir / "speech").resolve()),
        *(("--voice-model", str(model.resolve())) if model else ()),
    ]  # fmt: skip
