r"""What a plan costs over several futures: expected, and in the worst of them.

.. math:: \rho(z) = (1 - \beta) \sum_f p_f z_f
            + \beta \min_\eta \Big(\eta + \frac{1}{\alpha} \sum_f p_f (z_f - \eta)^+\Big)

with the share α of the worst futures and their weight β. The minimum is attained where η is the
loss of the last future that counts among the worst.

Source
------
Rockafellar and Uryasev, Optimization of conditional value-at-risk (2000), theorem 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from carbonplan.program import Program
    from carbonplan.scenario.schema import Scenario

ROUNDING = 1e-12  # of sums of probabilities


def mean_of_worst(losses: ArrayLike, probability: ArrayLike, tail: float) -> float:
    """Mean loss of the worst futures that together have the probability ``tail``."""
    losses, probability = np.asarray(losses, dtype=float), np.asarray(probability, dtype=float)
    worst_first = np.argsort(-losses, kind="stable")
    before = np.cumsum(probability[worst_first]) - probability[worst_first]
    counted = np.clip(tail - before, 0.0, probability[worst_first])
    return float(counted @ losses[worst_first] / counted.sum())


def joined(losses: ArrayLike, scenario: Scenario) -> float:
    """Losses of all futures as the scenario's ``risk`` joins them."""
    probability = [future.probability for future in scenario.futures]
    expected = float(np.dot(probability, losses))
    worst = mean_of_worst(losses, probability, scenario.risk.tail)
    return (1 - scenario.risk.weight) * expected + scenario.risk.weight * worst


def losses(program: Program, values: ArrayLike) -> dict[str, float]:
    """The objective in each future."""
    return {name: float(loss @ values) for name, loss in program.losses.items()}


def with_tight_threshold(
    program: Program, values: NDArray[np.float64], scenario: Scenario
) -> NDArray[np.float64]:
    """The values with threshold and excesses no larger than the losses ask for."""
    if "Threshold" not in program.columns:
        return values
    found = np.array(list(losses(program, values).values()))
    probability = np.array([future.probability for future in scenario.futures])
    worst_first = np.argsort(-found, kind="stable")
    reached = np.searchsorted(
        np.cumsum(probability[worst_first]), scenario.risk.tail - ROUNDING
    )
    threshold = found[worst_first[reached]]
    tight = values.copy()
    tight[program.columns["Threshold"].positions] = threshold
    tight[program.columns["Excess"].positions] = np.maximum(found - threshold, 0.0)
    return tight


def risk_summary(
    program: Program, values: ArrayLike, scenario: Scenario
) -> dict[str, object] | None:
    """Objective by future, its mean and that of the worst; None without futures."""
    if not scenario.futures:
        return None
    by_future: Mapping[str, float] = losses(program, values)
    found = list(by_future.values())
    probability = [future.probability for future in scenario.futures]
    return {
        "by_future": [
            {"future": f.name, "probability": f.probability, "objective": by_future[f.name]}
            for f in scenario.futures
        ],
        "expected": float(np.dot(probability, found)),
        "mean_of_worst": mean_of_worst(found, probability, scenario.risk.tail),
        "tail": scenario.risk.tail,
        "weight": scenario.risk.weight,
    }
