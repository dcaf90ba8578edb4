"""Has a plan the arrays and the names that can be checked at all?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.variables import DECISIONS, VARIABLES
from carbonplan.technology.host_sockets import ON_HOST
from carbonplan.verify.case import scenario_labels
from carbonplan.verify.checks import Check, fails
from carbonplan.verify.naming import engine_name

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.plan.records import Plan


def structure(inputs: Inputs, plan: Plan) -> list[Check]:
    """Whether the plan has the arrays and labels that its inputs call for, and only numbers."""
    data = plan.data
    unfit = [f"structure: the plan has no {name}" for name in VARIABLES if name not in data]
    unfit += [
        f"structure: {name} is over {data[name].dims}, expected {variable.dims}"
        for name, variable in VARIABLES.items()
        if name in data and set(data[name].dims) != set(variable.dims)
    ]
    if unfit:
        return [fails("structure", len(VARIABLES), unfit)]
    labels = scenario_labels(inputs)
    wrong = [
        f"structure: the plan's {dim} are {data[dim].values.tolist()}, the scenario has {names}"
        for dim, names in labels.items()
        if sorted(data[dim].values.tolist()) != sorted(names)
    ]
    wrong += [
        f"structure: {dim} {name!r} stands twice"
        for dim in ("configuration", "engine")
        for name, times in Counter(data[dim].values.tolist()).items()
        if times > 1
    ]
    wrong += _wrong_engines(data)
    wrong += [
        f"structure: {name} holds what is not a finite number"
        for name in DECISIONS
        if not np.isfinite(data[name].values).all()
    ]
    return [fails("structure", len(VARIABLES) + len(labels), wrong)]


def _wrong_engines(data: xr.Dataset) -> list[str]:
    """Configurations and engines that are not of what their names say."""
    columns = ("engine", "engine_llm", "engine_sku")
    engines = list(zip(*(data[name].values.tolist() for name in columns), strict=True))
    names = {engine for engine, _, _ in engines}
    configurations = zip(
        data["configuration"].values.tolist(),
        data["configuration_engine"].values.tolist(),
        strict=True,
    )
    return [
        f"structure: configuration {name!r} is of engine {engine!r}"
        for name, engine in configurations
        if engine not in names or engine != engine_name(name)
    ] + [
        f"structure: engine {engine!r} is of LLM {llm!r} and SKU {sku!r}"
        for engine, llm, sku in engines
        if not engine.startswith((f"{llm}@{sku}:", f"{llm}@{sku}{ON_HOST}:"))
    ]
