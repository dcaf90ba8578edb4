"""Inputs that a choice may hang on, and what the problem is when one is another by a factor.

A grid, a price, a PUE or a demand that is multiplied is the same problem with other data. What
a user can repeat as overrides is given as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.explain.limit import number
from carbonplan.problem import Problem, with_upper_bounds

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.scenario.schema import Scenario

Scaled = Callable[[Problem, float], Problem]
Overrides = Callable[[float], tuple[str, ...]]

LOWEST, HIGHEST = 0.5, 2.0
MADE_BY_SKU = ("server_kgco2e", "server_kgco2e_per_hour", "saved_kgco2e")
RESIDUAL = "residual_intensity_kgco2e_per_kwh"
PAID_BY_SKU = ("server_usd", "purchase_usd", "upgrade_usd", "saved_usd")


@dataclass(frozen=True)
class Factor:
    """An input that can be multiplied.

    Attributes
    ----------
    kind, name
        What it is, and of what: ("intensity", "aws-us-east-1").
    words
        What a reader calls it.
    lowest, highest
        Factors within which it is asked about.
    scaled
        The problem with it multiplied; None where only formulating anew tells.
    overrides
        The same for ``--set``; None where the scenario has no such place.
    """

    kind: str
    name: str
    words: str
    scaled: Scaled | None
    overrides: Overrides | None = None
    lowest: float = LOWEST
    highest: float = HIGHEST


def factors(problem: Problem, inputs: Inputs | None = None) -> list[Factor]:
    """Every input that is asked about."""
    scenario = None if inputs is None else inputs.scenario
    found = [
        *_of_regions(problem, scenario),
        *_of_skus(problem),
        *_of_demand(problem, scenario),
    ]
    return found if scenario is None else [*found, *_of_service(scenario)]


def _of_regions(problem: Problem, scenario: Scenario | None) -> Iterator[Factor]:
    for region in problem.data["region"].values.tolist():
        for kind, words, names in (
            ("intensity", "carbon intensity", ("intensity_kgco2e_per_kwh", RESIDUAL)),
            ("price", "price of energy", ("price_usd_per_kwh",)),
        ):
            yield Factor(
                kind=kind,
                name=region,
                words=f"{words} in {region}",
                scaled=_with_region(names, region),
                overrides=_in_every_future(scenario, kind, region),
            )
        pue = float(problem.data["pue"].sel(region=region).min())
        yield Factor(
            kind="pue",
            name=region,
            words=f"PUE of {region}",
            scaled=_with_pue(region),
            overrides=_pue_override(scenario, region),
            lowest=max(LOWEST, 1.0 / pue),
        )


def _with_region(names: tuple[str, ...], region: str) -> Scaled:
    def scaled(problem: Problem, factor: float) -> Problem:
        present = [name for name in names if name in problem.data]
        return replace(
            problem, data=_multiplied(problem.data, present, "region", [region], factor)
        )

    return scaled


def _with_pue(region: str) -> Scaled:
    """Another PUE: the limit of the site leaves less for its servers."""
    follows = ("site_it_limit_kw", "delivered_it_kw_per_kw")

    def scaled(problem: Problem, factor: float) -> Problem:
        data = _multiplied(problem.data, ["pue"], "region", [region], factor)
        less = [name for name in follows if name in data]
        return replace(problem, data=_multiplied(data, less, "region", [region], 1 / factor))

    return scaled


def _of_skus(problem: Problem) -> Iterator[Factor]:
    skus = problem.data["sku"].values.tolist()
    for sku in skus:
        yield Factor(
            kind="embodied",
            name=sku,
            words=f"carbon of making {sku}",
            scaled=_with_skus(MADE_BY_SKU, [sku]),
        )
        yield Factor(
            kind="server price",
            name=sku,
            words=f"price of {sku}",
            scaled=_with_skus(PAID_BY_SKU, [sku]),
        )
    by_life = _with_skus(MADE_BY_SKU, skus)
    yield Factor(
        kind="lifetime",
        name="all SKUs",
        words="lifetime that making is spread over, all SKUs",
        scaled=lambda problem, factor: by_life(problem, 1 / factor),
    )


def _with_skus(names: tuple[str, ...], skus: list[str]) -> Scaled:
    def scaled(problem: Problem, factor: float) -> Problem:
        present = [n for n in names if n in problem.data and "sku" in problem.data[n].dims]
        return replace(problem, data=_multiplied(problem.data, present, "sku", skus, factor))

    return scaled


def _of_demand(problem: Problem, scenario: Scenario | None) -> Iterator[Factor]:
    of_workload: dict[str, list[str]] = {}
    for k in (*problem.online, *problem.batch):
        named = problem.promises.workload_of.get(k) or k.partition("/")[0]
        of_workload.setdefault(named, []).append(k)
    for workload, classes in of_workload.items():
        yield Factor(
            kind="demand",
            name=workload,
            words=f"demand of {workload}",
            scaled=_with_demand(classes),
            overrides=_demand_override(scenario, workload),
        )


def _with_demand(classes: list[str]) -> Scaled:
    names = ["demand_rps", "arrivals_rps", "backlog_limit_krequests"]

    def scaled(problem: Problem, factor: float) -> Problem:
        data = _multiplied(problem.data, names, "request_class", classes, factor)
        return with_upper_bounds(replace(problem, data=data))

    return scaled


def _of_service(scenario: Scenario) -> Iterator[Factor]:
    limit = scenario.fleet.utilisation_limit
    yield _by_override("utilisation", "fleet.utilisation_limit", limit, 1.0 / limit)
    for workload in scenario.workloads:
        if workload.kind == "online":
            for field in ("ttft_s", "tpot_s"):
                path = f"workloads[{workload.name}].{field}"
                yield _by_override("slo", path, getattr(workload, field), HIGHEST)


def _by_override(kind: str, path: str, value: float, highest: float) -> Factor:
    return Factor(
        kind=kind,
        name=path,
        words=path,
        scaled=None,
        overrides=lambda factor: (f"{path}={number(value * factor)}",),
        highest=min(HIGHEST, highest),
    )


def _multiplied(
    data: object, names: list[str], dim: str, labels: list[str], factor: float
) -> object:
    """The data with variables multiplied at some labels of a dimension."""
    chosen = np.isin(data[dim].values, labels)
    by_label = data[dim].copy(data=np.where(chosen, factor, 1.0)).drop_vars(dim)
    return data.assign({n: (data[n] * by_label).transpose(*data[n].dims) for n in names})


def _in_every_future(scenario: Scenario | None, kind: str, name: str) -> Overrides | None:
    """A certain future has the factor; not where the scenario has futures of its own."""
    if scenario is None or scenario.futures:
        return None
    return lambda factor: (
        f"futures=[{{name: changed, probability: 1, {kind}: {{{name}: {number(factor)}}}}}]",
    )


def _pue_override(scenario: Scenario | None, region: str) -> Overrides | None:
    given = {} if scenario is None else {s.region: s.pue for s in scenario.regions}
    pue = given.get(region)
    if pue is None:
        return None
    return lambda factor: (f"regions[{region}].pue={number(pue * factor)}",)


def _demand_override(scenario: Scenario | None, workload: str) -> Overrides | None:
    if scenario is None:
        return None
    mean = next(w.arrivals.mean_rps for w in scenario.workloads if w.name == workload)
    if mean is None:
        return _in_every_future(scenario, "demand", workload)
    path = f"workloads[{workload}].arrivals.mean_rps"
    return lambda factor: (f"{path}={number(mean * factor)}",)
