"""What is known of the request classes on the configurations that serve them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.catalogue.measurements import Measurement
from carbonplan.plan.pairs import Pair, pairs_in_use
from tests.plan import example

TIMES = [("prefill_s", 1, 100, 0), ("prefill_s", 1, 400, 0), ("step_s", 8, 100, 100),
         ("step_s", 8, 400, 100)]  # fmt: skip
POWER = [("prefill_power_w", 1, 100, 0), ("step_power_w", 8, 100, 100)]


def measured(*rows: tuple[str, float, float, float]) -> tuple[Measurement, ...]:
    return tuple(
        Measurement(
            accelerator="chip", llm="tiny", precision="bf16", tensor_parallel=1,
            batch=batch, input_tokens=prompt, output_tokens=answer, quantity=quantity,
            value=0.1, source="bench",
        )
        for quantity, batch, prompt, answer in rows
    )  # fmt: skip


def pairs(**changes: object) -> list[Pair]:
    of = replace(example.inputs(), **changes)
    return pairs_in_use(of, example.configurations(of), example.plan().data)


def names(pair: Pair) -> list[str]:
    return [figure.name for figure in (*pair.measured, *pair.power)]


def test_only_what_carries_load_is_a_pair():
    found = [(pair.request_class, pair.configuration) for pair in pairs()]
    name = example.CONFIGURATION.name
    assert found == [("chat/short", name), ("night/long", name)]


def test_a_profile_is_measured():
    (figure,) = pairs()[0].measured
    assert (figure.evidence, figure.source) == ("measured", "bench")


def test_without_measurements_the_models_stand_in():
    assert all(names(pair) == [] for pair in pairs(profiles=()))


def test_between_measured_times_the_point_is_derived():
    pair, *_ = pairs(profiles=(), measurements=measured(*TIMES, *POWER))
    assert names(pair) == ["measured times of tiny", "power of host frame"]
    assert pair.measured[0].evidence == "derived"


@pytest.mark.parametrize("power", [[], POWER[:1], POWER[1:]])
def test_power_that_was_not_measured_is_the_models(power):
    pair, *_ = pairs(profiles=(), measurements=measured(*TIMES, *power))
    assert any(name.startswith("coefficients of power of") for name in names(pair))
