"""Words."""

DE: dict[str, str | tuple[str, str]] = {}
