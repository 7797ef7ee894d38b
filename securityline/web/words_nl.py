"""Words."""

NL: dict[str, str | tuple[str, str]] = {}
