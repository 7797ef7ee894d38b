"""The JSON Schema of the directory's files, for editors that complete and underline.

`python -m client_directory.schema_json docs/directory.schema.json` writes it anew. One
schema serves the three kinds of file: which one it is shows in its first key.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from client_directory.schema import OperatorsFile, OrganisationFile, ServicesFile

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_FILES: Final[tuple[type[BaseModel], ...]] = (OrganisationFile, OperatorsFile, ServicesFile)


def schema() -> dict[str, Any]:
    """Return the schema as JSON values."""
    references, generated = models_json_schema([(file, "validation") for file in _FILES])
    organisation, operators, services = (references[file, "validation"] for file in _FILES)
    return {
        "$schema": _DIALECT,
        "title": "Security Line directory",
        "description": "organisations/*.yaml, operators.yaml, services.yaml",
        "if": {"required": ["operators"]},
        "then": operators,
        "else": {"if": {"required": ["services"]}, "then": services, "else": organisation},
        "$defs": _plain(generated["$defs"]),
    }


def _plain(value: Any) -> Any:
    """Take out what says nothing to an editor: `null`, which no file can hold, and titles."""
    if isinstance(value, list):
        return [_plain(item) for item in value if item != {"type": "null"}]
    if not isinstance(value, dict):
        return value
    kept = {
        key: _plain(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str))
        and not (key == "default" and item is None)
    }
    if len(kept.get("anyOf", ())) == 1:
        kept |= kept.pop("anyOf")[0]
    return kept


def schema_text() -> str:
    """Return the schema as it stands in `docs/`."""
    return json.dumps(schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
