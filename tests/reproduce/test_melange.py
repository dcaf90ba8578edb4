"""Mélange's integer program as a special case: a scenario of rented GPUs with measured rates.

Slices i of requests at rates r_i, GPU types j of price c_j and throughput T_ij inside the SLO:

    min Σ_j c_j B_j    with A_ij in {0, 1},  Σ_j A_ij = 1,  Σ_i A_ij r_i / T_ij ≤ B_j whole

A slice is a workload, a type a server of one GPU at its price by the hour. That a slice goes to
one type alone is a choice among partitions, one for each type that can serve it. The example
and its figures are those of ``melange/config/example.json`` of the authors' release.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from carbonplan.pipeline import Options, run
from carbonplan.scenario import load

LLM = "llama-3.1-8b"  # rates are measured: nothing of its card counts
HOUR = "2024-04-16T00:00:00Z"
KNOWN = {"evidence": "assumed", "source": "scenario"}


@dataclass(frozen=True)
class Slices:
    """A question of Mélange: prices by type, throughput by type and slice, rates of slices."""

    prices: Mapping[str, float]  # USD/h
    throughput_rps: Mapping[str, Sequence[float]]  # 0: outside the SLO
    rates_rps: Sequence[float]


EXAMPLE = Slices(
    prices={"a10g": 1.01, "a100-80-pcie": 3.67},
    throughput_rps={"a10g": (2, 1, 5, 2), "a100-80-pcie": (20, 20, 40, 20)},
    rates_rps=tuple(30 * share for share in (0.2, 0.1, 0.5, 0.2)),
)


def least(slices: Slices) -> tuple[float, dict[str, int]]:
    """Cost and numbers of GPUs of the best assignment, of all of them."""
    everywhere = range(len(slices.rates_rps))
    costs = {}
    for types in itertools.product(slices.prices, repeat=len(slices.rates_rps)):
        if all(slices.throughput_rps[j][i] for i, j in enumerate(types)):
            load_of = {
                j: sum(
                    slices.rates_rps[i] / slices.throughput_rps[j][i]
                    for i in everywhere
                    if types[i] == j
                )
                for j in slices.prices
            }
            gpus = {j: math.ceil(load - 1e-9) for j, load in load_of.items()}
            costs[types] = sum(slices.prices[j] * n for j, n in gpus.items()), gpus
    return min(costs.values(), key=lambda found: found[0])


def scenario(slices: Slices, folder: Path) -> Path:
    """The scenario of a question, with its tables beside it."""
    table(folder / "catalogue/hardware/skus.csv", [server(j) for j in slices.prices])
    table(
        folder / "catalogue/hardware/prices.csv",
        [price(j, usd) for j, usd in slices.prices.items()],
    )
    table(folder / "rates.csv", list(points(slices)))
    document = {
        "carbonplan": 1,
        "name": "melange",
        "catalogue": "catalogue",
        "horizon": {"start": HOUR, "hours": 1},
        "signal": {"kind": "average", "scope": "location", "basis": "lifecycle"},
        "regions": [{"region": "aws-us-east-1", "price_usd_per_kwh": 0}],
        "series": {"intensity_g_per_kwh": "intensity.csv"},
        "fleet": {
            "skus": list(slices.prices),
            "profiles": "rates.csv",
            "precisions": ["bf16"],
            "tensor_parallel": [1],
            "clock_fractions": [1.0],
            "replicas": "whole",
            "utilisation_limit": 1,
            "start_costs": False,
        },
        "workloads": [workload(slices, i) for i in range(len(slices.rates_rps))],
        "objective": {"minimise": "cost"},
        "cost": {"acquisition": "rental"},
        "solver": {"gap": 0},
    }
    table(folder / "intensity.csv", [{"time_utc": HOUR, "aws-us-east-1": 300}])
    path = folder / "melange.yaml"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def workload(slices: Slices, i: int) -> dict[str, object]:
    """A slice, which one type that can serve it serves alone."""
    able = [j for j in slices.prices if slices.throughput_rps[j][i]]
    one = {"name": f"slice-{i}", "input_tokens": 100, "output_tokens": 100, "share": 1}
    ways = {"partitions": {j: [one] for j in able}} if len(able) > 1 else {"classes": [one]}
    return {
        "name": f"slice-{i}",
        "kind": "online",
        "llm": LLM,
        "arrivals": {"mean_rps": slices.rates_rps[i]},
        "ttft_s": 1,
        "tpot_s": 1,
        **ways,
    }


def points(slices: Slices):
    """Measured rates: of each partition on its own type, and 0 on the others."""
    for i in range(len(slices.rates_rps)):
        able = [j for j in slices.prices if slices.throughput_rps[j][i]]
        for j, way in itertools.product(slices.prices, able):
            name = f"{way}/slice-{i}" if len(able) > 1 else f"slice-{i}"
            yield {
                "llm": LLM,
                "sku": j,
                "tensor_parallel": 1,
                "pipeline_parallel": 1,
                "precision": "bf16",
                "clock_fraction": 1,
                "request_class": name,
                "max_rate_rps": slices.throughput_rps[j][i] if j == way else 0,
                "energy_j_per_request": 0,
                "ttft_s": 0.1,
                "source": "melange-2024",
            }


def server(gpu: str) -> dict[str, object]:
    lives = {"host_lifetime_years": 6, "accelerator_lifetime_years": 4}
    on = {"sku": gpu, "host": "epyc-7302p-1u", "accelerator": gpu, "accelerators": 1}
    return on | lives | {"nic_gb_per_s": 6.25} | KNOWN


def price(gpu: str, usd_per_hour: float) -> dict[str, object]:
    purchase = {"low_purchase_usd": 1, "high_purchase_usd": 1}
    return (
        {"sku": gpu, "purchase_usd": 1, "rental_usd_per_hour": usd_per_hour} | purchase | KNOWN
    )


def table(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def planned(slices: Slices, folder: Path) -> tuple[float, dict[str, float]]:
    """Cost and servers of the plan."""
    result = run(load(scenario(slices, folder)), Options())
    assert result.verification.ok, result.verification.violations
    servers = result.plan.data["servers"].sum(("stage", "region")).to_series().to_dict()
    return result.plan.impacts["cost"].value, servers


def random_slices(seed: int) -> Slices:
    """Two or three types and as many slices, some of which a type cannot serve."""
    draw = np.random.default_rng(seed)
    types = ["a10g", "a100-80-pcie", "l4"][: draw.integers(2, 4)]
    throughput = draw.integers(1, 30, (len(types), 4)) * (draw.random((len(types), 4)) > 0.15)
    throughput[-1] = np.maximum(throughput[-1], 2)  # every slice has one that serves it
    return Slices(
        prices=dict(zip(types, draw.uniform(0.5, 5.0, len(types)).round(2), strict=True)),
        throughput_rps=dict(zip(types, throughput.tolist(), strict=True)),
        rates_rps=draw.integers(1, 40, 4).tolist(),
    )


def test_the_published_example_is_one_gpu_of_the_larger_type(tmp_path):
    """Loads 6/20 + 3/20 + 15/40 + 6/20 = 1.125 need two of the larger type at 7.34 USD/h.

    The second slice on three of the smaller, at 1 request/s each, leaves 0.975 of one: 6.70.
    """
    assert least(EXAMPLE) == (pytest.approx(6.70), {"a10g": 3, "a100-80-pcie": 1})
    cost, servers = planned(EXAMPLE, tmp_path)
    assert cost == pytest.approx(6.70)
    assert servers == {"a10g": 3, "a100-80-pcie": 1}


@pytest.mark.parametrize("seed", range(5))
def test_random_questions_have_the_cost_of_the_best_assignment(seed, tmp_path):
    slices = random_slices(seed)
    cost, _ = planned(slices, tmp_path)
    assert cost == pytest.approx(least(slices)[0])
