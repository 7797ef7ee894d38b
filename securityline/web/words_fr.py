"""Words."""

FR: dict[str, str | tuple[str, str]] = {}
