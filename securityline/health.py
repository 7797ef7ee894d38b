"""Why the engine is not ready, by whoever noticed it."""


class Health:
    """A small board of reasons. Empty means ready."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._reasons

    def set(self, name: str, reason: str) -> None:
        """Put up a reason, or change its words."""
        self._reasons[name] = reason

    def clear(self, name: str) -> None:
        """Take a reason down."""
        self._reasons.pop(name, None)

    def reasons(self) -> list[str]:
        """Return the reasons, the oldest first."""
        return list(self._reasons.values())
