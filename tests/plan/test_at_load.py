"""What serving takes at the loads of the example, beside the 1 kJ a request that it counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.plan.at_load import in_words, serving_at_load
from carbonplan.plan.pairs import pairs_in_use
from carbonplan.technology.figures import replica_figures
from carbonplan.technology.planning import calibration_of
from carbonplan.technology.serving_power import serving_power_kw
from tests.plan import example

PLANNED_KWH = 2 * (10 + 25) + 2 * 1.2 * 5  # of the sites, at 1 kJ: two hours of each slot


def at_load(**changes: object) -> tuple[dict[str, float], list]:
    of = replace(example.inputs(), **changes)
    data = example.plan().data
    pairs = pairs_in_use(of, example.configurations(of), data)
    return serving_at_load(of, pairs, data), pairs


def test_what_was_measured_counts_as_planned():
    found, _ = at_load()
    assert found["at_load_kwh"] == found["planned_kwh"]
    assert in_words(found) == []


def test_the_models_power_of_each_replicas_part_of_the_load():
    found, pairs = at_load(profiles=())
    data = example.plan().data
    load = data["load_rps"].sum("configuration").transpose("request_class", "region", "slot")
    count = data["replicas"].sum("engine").transpose("region", "slot").values
    part = replica_figures([pairs[0].replica], calibration_of(example.inputs()))
    rates = (load.values / count).reshape(len(load), -1)
    tokens = data["input_tokens"].values, data["output_tokens"].values
    drawn = serving_power_kw(*tokens, rates, part, computes_prompts=True).reshape(count.shape)
    expected = 2 * (drawn * count * np.array([[1.0], [1.2]])).sum()
    assert found["planned_kwh"] == pytest.approx(PLANNED_KWH)
    assert found["at_load_kwh"] == pytest.approx(expected)
    more = 2 * (drawn * count - load.sum("request_class").values) * [[1.0 * 0.1], [1.2 * 0.5]]
    assert found["carbon_kgco2e"] == pytest.approx(more.sum())


def test_a_difference_is_told():
    (said,) = in_words(
        {"planned_kwh": 2.0, "energy_kwh": 1.0, "carbon_kgco2e": 0.25, "cost_usd": 0.1}
    )
    assert said.startswith("at its loads serving takes 50 % more energy")
    assert said.endswith("+1 kWh, +0.25 kgCO2e, +0.1 USD")
