"""Problems of meaning: each with its line, all at once, with the nearest right name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from carbonplan.scenario import load, warnings
from carbonplan.scenario.describe import json_schema
from tests.scenario.samples import COMPLETE, MINIMAL, loaded, minimal, problems, written

CASES = YAML(typ="safe").load(Path(__file__).with_name("problems.yaml"))


def test_minimal_and_complete_scenarios_load(tmp_path):
    assert loaded(tmp_path, MINIMAL).scenario.name == "minimal"
    scenario = loaded(tmp_path, COMPLETE).scenario
    assert scenario.horizon.hours == 168
    assert scenario.regions[1].power_limit_kw == 2000
    assert scenario.workloads[0].classes[1].input_tokens == 4000
    assert [bound.at_most for bound in scenario.bounds] == [12_000, 3_000]
    assert sum(origin.share for origin in scenario.workloads[0].origins) == pytest.approx(1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["new"][:40] or case["old"][:40])
def test_a_problem_is_one_line(tmp_path, case):
    assert problems(tmp_path, minimal(case["old"], case["new"])) == [case["line"]]


def test_a_deadline_fits_in_the_horizon(tmp_path):
    batch = minimal("    ttft_s: 1.0\n    tpot_s: 0.05\n", "    deadline_hours: 25\n").replace(
        "online", "batch"
    )
    line = (
        "line 14, workloads[chat].deadline_hours: found 25, expected at most the 24 hours of "
    )
    assert problems(tmp_path, batch) == [f"{line}the horizon"]
    days = re.sub(r"start.*24", "typical_days: year", batch)
    assert problems(tmp_path, days) == [f"{line}a typical day"]
    assert loaded(tmp_path, days.replace("25", "24")).scenario.horizon.typical_days == "year"


def test_rules_across_sections_run_beside_problems_elsewhere(tmp_path):
    text = minimal("minimise: carbon", "minimise: 5").replace(
        "[h100-sxm-8]", "[h100-sxm-8]\n  stock: [{sku: b200-8, servers: 1}]"
    )
    found = problems(tmp_path, text)
    assert len(found) == 2
    assert "is not in fleet.skus" in found[0]
    assert "objective.minimise: found 5" in found[1]


def test_problems_stand_in_the_order_of_the_file(tmp_path):
    text = COMPLETE.replace("online", "onlin").replace("80 %", "80 kg").replace("12 m3", "12 x")
    lines = [int(re.match(r"line (\d+)", line)[1]) for line in problems(tmp_path, text)]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_values_from_strangers_are_inert_in_messages(tmp_path):
    text = minimal("name: minimal", 'name: "\\e[31m\\u202e' + "x" * 500 + '"')
    (line,) = problems(tmp_path, text)
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert len(line) < 200


def keys_in_schema() -> list[tuple[str, str]]:
    definitions = json_schema()["$defs"]
    whole = {name: part for name, part in definitions.items() if not name.startswith("Partial")}
    return [
        (name, key)
        for name, part in whole.items()
        for key in part["properties"]
        if key not in ("extends", "variants")
    ]


KEYS = sorted({key for _, key in keys_in_schema() if re.search(rf"\b{key}:", COMPLETE)})


@pytest.mark.parametrize("key", KEYS)
def test_one_wrong_letter_in_any_key_is_found_with_the_right_one(tmp_path, key):
    wrong = key[:-1] + "q"
    text = re.sub(rf"\b{key}:", f"{wrong}:", COMPLETE, count=1)
    unknown = [line for line in problems(tmp_path, text) if f'unknown key "{wrong}"' in line]
    assert len(unknown) == 1
    assert f'nearest: "{key}"' in unknown[0]


def test_surprising_values_are_warned_of_and_accepted(tmp_path):
    text = minimal("[north]", "[{region: north, pue: 2.9, price_usd_per_kwh: 0}]").replace(
        "[h100-sxm-8]", "[h100-sxm-8]\n  stock: [{sku: h100-sxm-8, servers: 1000000}]"
    )
    found = warnings(load(written(tmp_path, text)).scenario)
    assert len(found) == 3
    assert found[0].startswith("regions[north].pue is 2.9")
    assert warnings(loaded(tmp_path, MINIMAL).scenario) == ()
