"""Engines of a plan with the batches that its operating points stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.configurations import enumerate_configurations
from carbonplan.configurations.enumeration import class_limits
from carbonplan.errors import UsageError
from carbonplan.plan.pairs import Pair, pairs_in_use
from carbonplan.technology.operating import Replica, operating_points
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs


@dataclass(frozen=True)
class Engine:
    """What a plan runs.

    Attributes
    ----------
    replica
        At the highest clock in use.
    clocks
        Of the engine's configurations that carry load, over boost [1].
    batches
        Largest batch of each class that it serves.
    """

    replica: Replica
    clocks: Mapping[str, float]
    batches: Mapping[str, float]


def engines_of(inputs: Inputs, data: xr.Dataset) -> dict[str, Engine]:
    """Every engine that carries load, by name.

    Raises
    ------
    UsageError
        The plan rests on modes, of which no step is known.
    """
    pairs = pairs_in_use(inputs, enumerate_configurations(inputs), data)
    modes = sorted({pair.configuration for pair in pairs if pair.replica.mode})
    if modes:
        raise UsageError(
            f"{modes[0]} was measured as a whole: its steps are not known and it cannot be "
            "replayed"
        )
    names = data["configuration"].values.tolist()
    engine_of = dict(zip(names, data["configuration_engine"].values.tolist(), strict=True))
    batches = _batches(inputs, pairs)
    engines: dict[str, Engine] = {}
    for pair in sorted(pairs, key=lambda one: one.replica.clock_fraction):
        name = engine_of[pair.configuration]
        known = engines.get(name, Engine(pair.replica, {}, {}))
        batch = batches[pair.request_class, pair.configuration]
        largest = max(batch, known.batches.get(pair.request_class, 0.0))
        engines[name] = replace(
            known,
            replica=pair.replica,
            clocks={**known.clocks, pair.configuration: pair.replica.clock_fraction},
            batches={**known.batches, pair.request_class: largest},
        )
    return engines


def _batches(inputs: Inputs, pairs: list[Pair]) -> dict[tuple[str, str], float]:
    """Largest batch of each class on each configuration within its limits."""
    found = {}
    calibration = calibration_of(inputs)
    limits = {one.name: class_limits(inputs, one) for one in inputs.classes}
    for k in dict.fromkeys(pair.request_class for pair in pairs):
        mine = [pair for pair in pairs if pair.request_class == k]
        points = operating_points(
            [pair.replica for pair in mine],
            [limits[k]],
            inputs.scenario.fleet.utilisation_limit,
            calibration,
        )
        values = np.asarray(points.batch)[0]
        found |= {
            (k, pair.configuration): float(batch)
            for pair, batch in zip(mine, values, strict=True)
        }
    return found
