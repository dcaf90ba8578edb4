"""What the schema allows at a path, in words; the same words serve messages and reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from carbonplan.scenario.quantities import NAMED_UNITS, unit_of_field
from carbonplan.scenario.schema import Scenario

Schema = Mapping[str, Any]
NAME_CHARACTERS = "letters, digits, . _ / - and blanks, at most 64"


@cache
def scenario_schema() -> Schema:
    """JSON Schema of the resolved scenario, as pydantic derives it."""
    return Scenario.model_json_schema()


def alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schemas that a value may follow, without references and null."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from alternatives(root["$defs"][name], root)
    elif "anyOf" in schema:
        for choice in schema["anyOf"]:
            yield from alternatives(choice, root)
    elif schema.get("type") != "null":
        yield schema


def allowed_at(path: Sequence[str | int]) -> list[Schema]:
    """The schemas that the value at a path may follow; none where nothing may stand."""
    root = scenario_schema()
    found = list(alternatives(root, root))
    for step in path:
        found = [deeper for schema in found for deeper in _below(schema, step, root)]
    return found


def _below(schema: Schema, step: str | int, root: Schema) -> Iterator[Schema]:
    if isinstance(step, int):
        child = schema.get("items")
    else:
        child = schema.get("properties", {}).get(step) or _value_under_any_key(schema, step)
    if child:
        yield from alternatives(child, root)


def _value_under_any_key(schema: Schema, step: str) -> Schema | None:
    """Schema of the values of a mapping that has no fixed keys, such as weights."""
    names = schema.get("propertyNames", {}).get("enum")
    return (schema.get("additionalProperties") or None) if not names or step in names else None


def keys_at(path: Sequence[str | int]) -> list[str]:
    """The keys that a mapping at a path may have."""
    return [
        key
        for schema in allowed_at(path)
        for key in (
            *schema.get("properties", ()),
            *schema.get("propertyNames", {}).get("enum", ()),
        )
    ]


def expected_at(path: Sequence[str | int], section: Mapping[str, Any] | None = None) -> str:
    """What may stand at a path: "a number of seconds > 0".

    Parameters
    ----------
    path
        Of the value, with numbers for list items.
    section
        The mapping around the value, which may settle its unit.
    """
    field = next((step for step in reversed(path) if isinstance(step, str)), "")
    unit = unit_of_field(field, section or {})
    words = dict.fromkeys(in_words(schema, unit) for schema in allowed_at(path))
    return " or ".join(words) or "nothing"


def choices_at(path: Sequence[str | int]) -> list[str]:
    """The texts of which the value at a path is one, where they are listed."""
    return [text for schema in allowed_at(path) for text in schema.get("enum", ())]


def in_words(schema: Schema, unit: str = "") -> str:
    """One alternative of a schema in words."""
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    kind = schema.get("type")
    if kind in ("number", "integer"):
        return _number_in_words(schema, unit)
    if kind == "string":
        return _text_in_words(schema)
    if kind == "array":
        return "a list" + (" of at least one item" if schema.get("minItems") else "")
    return {"boolean": "true or false", "object": "a mapping"}.get(kind, "a value")


def _number_in_words(schema: Schema, unit: str) -> str:
    noun = "a whole number" if schema["type"] == "integer" else "a number"
    measured = f"{noun} of {NAMED_UNITS.get(unit, unit)}" if unit else noun
    signs = {
        "exclusiveMinimum": ">",
        "minimum": ">=",
        "exclusiveMaximum": "<",
        "maximum": "<=",
    }
    limits = [f"{sign} {schema[key]:,.12g}" for key, sign in signs.items() if key in schema]
    return " ".join([measured, " and ".join(limits)]).rstrip()


def _text_in_words(schema: Schema) -> str:
    if schema.get("format") == "date-time":
        return "a time in ISO 8601 UTC, such as 2024-04-16T00:00:00Z"
    if "pattern" in schema:
        return f"a name ({NAME_CHARACTERS})"
    return "text"
