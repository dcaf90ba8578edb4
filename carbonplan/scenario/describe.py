"""The scenario file described: JSON Schema for editors, tables for the reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from carbonplan.scenario.expectations import (
    NAME_CHARACTERS,
    alternatives,
    in_words,
    scenario_schema,
)
from carbonplan.scenario.quantities import EXAMPLES, unit_of_field
from carbonplan.scenario.wording import IDENTITY

PARTIAL = "Partial"
HEADING = "## Sections and keys\n\n"
TEXT_WITH_UNIT = r"^\s*[-+]?[0-9.][0-9.eE+-]*\s*[%$/A-Za-zµ].*$"
_LIMITS = ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def json_schema() -> dict[str, Any]:
    """JSON Schema of scenario files: with units, short forms, ``extends`` and ``variants``.

    What a scenario alone must hold, one that extends another may leave out.
    """
    root = {key: value for key, value in scenario_schema().items() if key != "$defs"}
    whole = {
        name: _with_short_forms(name, _with_units(definition))
        for name, definition in {**scenario_schema()["$defs"], "Scenario": root}.items()
    }
    parts = {PARTIAL + name: _partial(definition) for name, definition in whole.items()}
    variant = parts[f"{PARTIAL}Scenario"]
    definitions = {
        **whole,
        **parts,
        "Scenario": _with_layers(whole["Scenario"]),
        f"{PARTIAL}Variant": variant,
        f"{PARTIAL}Scenario": _with_layers(variant),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "carbonplan scenario",
        "if": {"required": ["extends"]},
        "then": {"$ref": f"#/$defs/{PARTIAL}Scenario"},
        "else": {"$ref": "#/$defs/Scenario"},
        "$defs": definitions,
    }


def _with_units(schema: Mapping[str, Any], field: str = "") -> dict[str, Any]:
    """A schema in which a number may be text with a unit, where its field has one."""
    if schema.get("type") in ("number", "integer"):
        return _number_or_text(schema, unit_of_field(field, {}), field)
    result = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            result[key] = _with_units(schema[key], field)
    if "anyOf" in schema:
        result["anyOf"] = [_with_units(choice, field) for choice in schema["anyOf"]]
    if "properties" in schema:
        result["properties"] = {
            name: _with_units(child, name) for name, child in schema["properties"].items()
        }
    return result


def _number_or_text(schema: Mapping[str, Any], unit: str, field: str) -> dict[str, Any]:
    """The schema of a number or of text with a unit; a count without unit is a number only."""
    if schema["type"] == "integer" and not unit:
        return dict(schema)
    number = {key: schema[key] for key in _LIMITS if key in schema}
    rest = {key: value for key, value in schema.items() if key not in _LIMITS}
    text: dict[str, Any] = {"type": "string", "pattern": TEXT_WITH_UNIT}
    if field != "at_most":
        text["examples"] = [EXAMPLES[unit]]
    return {"anyOf": [number, text], **rest}


def _with_short_forms(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A section whose regions or origins may be written as names alone."""
    lists = {"Scenario": "regions", "Workload": "origins"}
    if name not in lists:
        return schema
    properties = dict(schema["properties"])
    field = properties[lists[name]]
    short = {"type": "string"}
    properties[lists[name]] = {**field, "items": {"anyOf": [field["items"], short]}}
    return {**schema, "properties": properties}


def _partial(schema: Any) -> Any:
    """A schema in which nothing is required, and keys such as ``workloads[chat]`` may stand."""
    if isinstance(schema, list):
        return [_partial(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _partial(value) for key, value in schema.items() if key != "required"}
    if isinstance(schema.get("$ref"), str):
        result["$ref"] = schema["$ref"].replace("#/$defs/", f"#/$defs/{PARTIAL}")
    items = {
        rf"^{key}\[[^\]]+\]$": _partial(field["items"])
        for key, field in schema.get("properties", {}).items()
        if key in IDENTITY
        for field in alternatives(field, {"$defs": {}})
        if "items" in field
    }
    return {**result, "patternProperties": items} if items else result


def _with_layers(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a whole file, which may extend another and have variants."""
    layers = {
        "extends": {
            "type": "string",
            "description": "scenario file that this one changes, beside it or shipped",
        },
        "variants": {
            "type": "object",
            "description": "partial scenarios by name, chosen with --variant",
            "additionalProperties": {"$ref": f"#/$defs/{PARTIAL}Variant"},
        },
    }
    return {**schema, "properties": {**schema["properties"], **layers}}


def reference() -> str:
    """Markdown tables of every section and key of the scenario file, in its order."""
    definitions = scenario_schema()["$defs"]
    tables = [_table("The file", scenario_schema())]
    tables += [_table(f"`{path}`", definitions[name]) for path, name in _sections()]
    return "\n\n".join(tables)


def rewrite(page: Path) -> None:
    """Put the tables into a page, below its heading of them."""
    prose = page.read_text(encoding="utf-8").partition(HEADING)[0]
    page.write_text(f"{prose}{HEADING}{reference()}\n", encoding="utf-8")


def _sections(path: str = "", section: str = "Scenario") -> Iterator[tuple[str, str]]:
    """Where each section stands in the file, as ``workloads[].arrivals``, and its name."""
    schema = scenario_schema()
    part = schema if section == "Scenario" else schema["$defs"][section]
    for key, field in part["properties"].items():
        for name, mark in _references(field):
            below = f"{path}.{key}{mark}".lstrip(".")
            yield below, name
            yield from _sections(below, name)


def _table(heading: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        f"| `{key}` | {_value(key, field)} "
        f"| {'**required**' if key in required else _default(field)} "
        f"| {field.get('description', '')} |"
        for key, field in schema["properties"].items()
    ]
    head = ["| key | value | absent | meaning |", "| --- | --- | --- | --- |"]
    text = schema["description"].replace("``", "`")
    return "\n".join([f"### {heading}", "", text, "", *head, *rows])


def _references(field: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Sections to which a field leads, with the mark of a list."""
    for choice in (field, *field.get("anyOf", ())):
        if "$ref" in choice:
            yield choice["$ref"].rpartition("/")[2], ""
        if "$ref" in choice.get("items", {}):
            yield choice["items"]["$ref"].rpartition("/")[2], "[]"


def _value(key: str, field: Mapping[str, Any]) -> str:
    """What may stand in a field: "a number of seconds > 0"."""
    unit = unit_of_field(key, {})
    words = []
    for choice in alternatives(field, scenario_schema()):
        item = choice.get("items", {})
        each = f", each {in_words(item, unit)}" if item and "$ref" not in item else ""
        words.append(in_words(choice, unit) + each)
    return " or ".join(words).replace(f" ({NAME_CHARACTERS})", "")


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    if default in (None, "", [], {}):
        return "none"
    return "its defaults" if isinstance(default, dict) else f"`{json.dumps(default)}`"
