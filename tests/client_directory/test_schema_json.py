import json
from pathlib import Path

from client_directory.schema_json import schema_text

PUBLISHED = Path(__file__).parents[2] / "docs" / "directory.schema.json"


def test_the_published_schema_is_that_of_the_code():
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), (
        "write it anew: python -m client_directory.schema_json docs/directory.schema.json"
    )


def test_every_object_refuses_unknown_keys():
    definitions = json.loads(schema_text())["$defs"]
    assert {"OrganisationFile", "OperatorsFile", "ServicesFile"} <= definitions.keys()
    for name, definition in definitions.items():
        assert definition.get("additionalProperties") is False, name


def test_keys_are_those_people_write():
    definitions = json.loads(schema_text())["$defs"]
    assert set(definitions["ValidShape"]["properties"]) == {"from", "until"}
    assert {"from", "until"} <= set(definitions["TemporaryConsigneShape"]["properties"])
    assert definitions["StepShape"]["properties"]["required"]["type"] == "boolean"
    assert definitions["ProcedureShape"]["properties"]["hold"]["type"] == "string"


def test_nothing_may_be_null():
    assert "null" not in schema_text()
