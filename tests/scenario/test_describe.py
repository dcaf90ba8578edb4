"""Schema for editors, reference for readers: both made from the records."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonplan.scenario import json_schema
from carbonplan.scenario.describe import HEADING, reference
from carbonplan.scenario.schema import Scenario
from tests.scenario.samples import loaded

PAGE = Path(__file__).parents[2] / "docs" / "scenario.md"


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        for child in value.values():
            yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def test_every_reference_of_the_schema_resolves():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    for found in references(schema):
        assert found.removeprefix("#/$defs/") in schema["$defs"]


def test_a_part_requires_nothing_and_addresses_items():
    definitions = json_schema()["$defs"]
    parts = {name: part for name, part in definitions.items() if name.startswith("Partial")}
    assert not any("required" in part for part in parts.values())
    (pattern,) = [p for p in parts["PartialScenario"]["patternProperties"] if "workloads" in p]
    assert re.search(pattern, "workloads[chat]")
    assert all("Partial" in found for found in references(parts))
    assert "regions" in definitions["Scenario"]["required"]
    assert {"extends", "variants"} <= set(definitions["Scenario"]["properties"])
    assert "extends" not in definitions["PartialVariant"]["properties"]


@pytest.mark.parametrize(
    ("section", "key", "text"),
    [
        ("Site", "power_limit_kw", "250 MW"),
        ("Workload", "ttft_s", "40 ms"),
        ("Workload", "percentile", "99 %"),
        ("Horizon", "hours", "7 days"),
    ],
)
def test_the_schema_allows_text_with_a_unit(section, key, text):
    field = json.dumps(json_schema()["$defs"][section]["properties"][key])
    pattern = re.search(r'"pattern": (".*?[^\\]")', field)
    assert re.search(json.loads(pattern[1]), text)
    assert not re.search(json.loads(pattern[1]), "12")


def test_counts_are_numbers_only():
    assert "pattern" not in json_schema()["$defs"]["Solver"]["properties"]["threads"]


def test_the_page_holds_the_reference_as_generated():
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition(HEADING)[2] == reference() + "\n"


def test_the_reference_names_every_section_and_key():
    text = reference()
    for name in Scenario.model_fields:
        assert f"| `{name}` |" in text
    for heading in ("The file", "`workloads[].arrivals`", "`fleet.stock[]`", "`solver`"):
        assert f"### {heading}\n" in text


def test_the_examples_of_the_page_are_sound(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    whole, extending = re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    assert loaded(tmp_path, whole).scenario.name == "minimal"
    (tmp_path / "demo-week.yaml").write_text(whole, encoding="utf-8")
    tight = loaded(tmp_path, extending, variant="tight").scenario
    assert (tight.workloads[0].ttft_s, tight.workloads[0].tpot_s) == (0.4, 0.03)
    assert tight.regions[0].power_limit_kw == 3000


def test_importing_the_package_is_cheap():
    code = (
        "import sys, carbonplan.scenario;"
        "assert not {'pydantic', 'ruamel.yaml', 'pint', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
