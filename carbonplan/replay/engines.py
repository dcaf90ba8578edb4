"""Engines of a plan with the batches that its operating points stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.configurations import enumerate_configurations
from carbonplan.configurations.enumeration import class_limits
from carbonplan.plan.pairs import Pair, pairs_in_use
from carbonplan.replay.known import (
    Known,
    MeasuredMode,
    MeasuredTimes,
    Modelled,
    mode_of,
    points_of,
    times_of,
)
from carbonplan.technology.measured import MeasuredReplica, measured_replicas
from carbonplan.technology.measured_points import measured_batch
from carbonplan.technology.operating import ClassLimits, Replica, operating_points
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.technology.measured import Place

PairNames = tuple[str, str]  # of a class and a configuration


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
    known
        What was measured of it; None: the models have all.
    """

    replica: Replica
    clocks: Mapping[str, float]
    batches: Mapping[str, float]
    known: Known | None = None

    def clocks_within(self, asked: tuple[float, float] | None) -> tuple[float, float]:
        """Lowest and highest clock: those in use where nothing is asked for or may be set.

        Clocks of GPUs may be set, down to their lowest one; a mode was measured at one clock.
        """
        accelerator = self.replica.server.accelerator
        is_set = accelerator.kind == "gpu" and not isinstance(self.known, MeasuredMode)
        if asked is None or not is_set:
            return min(self.clocks.values()), max(self.clocks.values())
        lowest = accelerator.lowest_clock_mhz / accelerator.boost_clock_mhz
        return max(asked[0], lowest), asked[1]


def engines_of(inputs: Inputs, data: xr.Dataset) -> dict[str, Engine]:
    """Every engine that carries load, by name.

    Raises
    ------
    UsageError
        The plan rests on what was measured of it in a way that leaves its steps unknown.
    """
    pairs = pairs_in_use(inputs, enumerate_configurations(inputs), data)
    points = _Points.of(inputs, data, pairs)
    engines: dict[str, Engine] = {}
    for name, mine in _by_engine(data, pairs).items():
        known = points.known(mine)
        batches: dict[str, float] = {}
        for pair in mine:
            batch = points.batch(pair, known)
            batches[pair.request_class] = max(batch, batches.get(pair.request_class, 0.0))
        clocks = {pair.configuration: pair.replica.clock_fraction for pair in mine}
        engines[name] = Engine(mine[-1].replica, clocks, batches, known)
    return engines


@dataclass(frozen=True)
class _Points:
    """What the operating points of a plan rest on.

    Attributes
    ----------
    modelled
        Of the pairs that are no modes, as the models have them.
    load_rps
        Of each pair in the whole plan.
    measured
        Every replica of the table of measured times.
    """

    inputs: Inputs
    modelled: Mapping[PairNames, Modelled]
    load_rps: Mapping[PairNames, float]
    measured: Mapping[Place, MeasuredReplica]
    limits: Mapping[str, ClassLimits]

    @classmethod
    def of(cls, inputs: Inputs, data: xr.Dataset, pairs: Sequence[Pair]) -> _Points:
        """Of a plan."""
        limits = {one.name: class_limits(inputs, one) for one in inputs.classes}
        modelled = _modelled(inputs, [pair for pair in pairs if not pair.replica.mode], limits)
        measured, _ = measured_replicas(inputs.measurements)
        return cls(inputs, modelled, _load_rps(data), measured, limits)

    def known(self, pairs: Sequence[Pair]) -> Known | None:
        """What was measured of an engine, of which these are the pairs."""
        if pairs[0].replica.mode:
            return mode_of(self.inputs, pairs[0])
        times = times_of(self.inputs, pairs, self.measured)
        return times or points_of(self.inputs, pairs, self.modelled, self.load_rps)

    def batch(self, pair: Pair, known: Known | None) -> float:
        """Largest batch of a class on a configuration within its limits."""
        if isinstance(known, MeasuredMode):
            return known.batch
        if isinstance(known, MeasuredTimes):
            measured = known.at[pair.replica.clock_fraction]
            if measured is not None:
                limit = self.inputs.scenario.fleet.utilisation_limit
                return measured_batch(self.limits[pair.request_class], measured, limit)
        return self.modelled[pair.request_class, pair.configuration].batch


def _by_engine(data: xr.Dataset, pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """Pairs of each engine, the highest clock last."""
    names = data["configuration"].values.tolist()
    engine_of = dict(zip(names, data["configuration_engine"].values.tolist(), strict=True))
    found: dict[str, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda one: one.replica.clock_fraction):
        found.setdefault(engine_of[pair.configuration], []).append(pair)
    return found


def _load_rps(data: xr.Dataset) -> dict[PairNames, float]:
    """Load of each class on each configuration that serves it, over the whole plan."""
    load = data["load_rps"].sum(("region", "slot"))
    load = load.transpose("request_class", "configuration").values
    classes = data["request_class"].values.tolist()
    names = data["configuration"].values.tolist()
    return {(classes[k], names[c]): float(load[k, c]) for k, c in np.argwhere(load > 0)}


def _modelled(
    inputs: Inputs, pairs: Sequence[Pair], limits: Mapping[str, ClassLimits]
) -> dict[PairNames, Modelled]:
    """Operating points of the pairs as the models have them."""
    found = {}
    calibration = calibration_of(inputs)
    for k in dict.fromkeys(pair.request_class for pair in pairs):
        mine = [pair for pair in pairs if pair.request_class == k]
        points = operating_points(
            [pair.replica for pair in mine],
            [limits[k]],
            inputs.scenario.fleet.utilisation_limit,
            calibration,
        )
        names = ("batch", "rate_rps", "energy_kj_per_request")
        columns = zip(*(np.asarray(getattr(points, name))[0] for name in names), strict=True)
        found |= {
            (k, pair.configuration): Modelled(*map(float, values))
            for pair, values in zip(mine, columns, strict=True)
        }
    return found
