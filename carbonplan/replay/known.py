r"""What was measured of an engine's replicas and stands in its tables instead of the models.

A plan takes measured times where the table of ``fleet.profiles`` holds the replica at that
clock; a replay takes the same there. Where the table holds operating points only, steps are the
models' times one factor, and their energy times another, with which the load :math:`\ell_k` of
the plan takes the measured time and energy,

.. math::

    f = \frac{\sum_k \ell_k / \lambda_k}{\sum_k \ell_k / \lambda^{model}_k}, \qquad
    g = \frac{\sum_k \ell_k\,E_k}{\sum_k \ell_k\,E^{model}_k}

over the pairs of an engine, with rates λ and energies E, the models' where none was measured.

Of a mode a rate :math:`\lambda`, a first token :math:`t_1`, a time per token :math:`t` and
perhaps a whole latency :math:`L = t_1 + (n - 1)\,t` are known. By Little's law a replica holds

.. math:: N = \lambda L, \qquad B = \lambda\,(L - t_1 + t)

requests, B of them in its batch: all but those that wait for their first token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.configurations.modes import configuration_of, is_of, modes
from carbonplan.errors import UsageError
from carbonplan.technology.measured import CLOCK_DIGITS, MeasuredReplica, place_of_replica
from carbonplan.units import J_PER_KJ

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs, MeasuredProfile
    from carbonplan.plan.pairs import Pair
    from carbonplan.technology.measured import Place


@dataclass(frozen=True)
class MeasuredTimes:
    """Times of an engine's replicas by the clocks at which they are known.

    Attributes
    ----------
    at
        What was measured at a clock; None where the plan has the models' at it.
    widens
        Whether the plan goes on beyond what was measured.
    """

    at: Mapping[float, MeasuredReplica | None]
    widens: bool

    @property
    def is_modelled_in_part(self) -> bool:
        """Whether the plan has models' times at some clock that it uses."""
        return None in self.at.values()


@dataclass(frozen=True)
class MeasuredPoints:
    """Factors on the models' times and energies, so that operating points are as measured."""

    time: float
    energy: float


@dataclass(frozen=True)
class MeasuredMode:
    """A replica that was measured as a whole.

    Attributes
    ----------
    batch
        Requests that have their first token, or the step before it, at the measured rate [1].
    """

    ttft_s: float
    tpot_s: float
    batch: float


Known = MeasuredTimes | MeasuredPoints | MeasuredMode


@dataclass(frozen=True)
class Modelled:
    """Operating point of a pair as the models have it; a rate of 0 where they have none."""

    batch: float
    rate_rps: float
    energy_kj: float


def times_of(
    inputs: Inputs, pairs: Sequence[Pair], measured: Mapping[Place, MeasuredReplica]
) -> MeasuredTimes | None:
    """Measured times of an engine at all clocks; None where none were measured.

    Parameters
    ----------
    pairs
        Of the engine, that carry load.
    measured
        Every replica of the table of measurements.
    """
    if pairs[0].replica.role != "mixed":
        return None
    in_use = {
        round(pair.replica.clock_fraction, CLOCK_DIGITS): pair.replica.clock_fraction
        for pair in pairs
    }
    place = place_of_replica(pairs[0].replica)[:-1]
    found = {where[-1]: one for where, one in measured.items() if where[:-1] == place}
    if not found:
        return None
    at: dict[float, MeasuredReplica | None] = dict.fromkeys(in_use.values())
    at |= {in_use.get(clock, clock): one for clock, one in found.items()}
    return MeasuredTimes(at, inputs.scenario.fleet.profiles_outside == "widen")


def points_of(
    inputs: Inputs,
    pairs: Sequence[Pair],
    modelled: Mapping[tuple[str, str], Modelled],
    load_rps: Mapping[tuple[str, str], float],
) -> MeasuredPoints | None:
    """Factors by the measured operating points of an engine; None where it has none.

    Parameters
    ----------
    load_rps
        Of the whole plan, by class and configuration.

    Raises
    ------
    UsageError
        A class was measured where the models cannot serve it, so that no step is known.
    """
    points = _operating_points(inputs)
    limit = inputs.scenario.fleet.utilisation_limit
    names = [(pair.request_class, pair.configuration) for pair in pairs]
    if not points.keys() & set(names):
        return None
    time, energy = np.zeros(2), np.zeros(2)  # measured, modelled
    for name in names:
        model, point, load = modelled[name], points.get(name), load_rps[name]
        if model.rate_rps <= 0 or model.energy_kj <= 0:
            raise UsageError(
                f"{name[1]} was measured as a whole for {name[0]}, which it cannot serve by "
                "the models: its steps are not known and it cannot be replayed; give their "
                "times in fleet.profiles (prefill_s, step_s)"
            )
        rate, kj = model.rate_rps, model.energy_kj
        if point is not None:
            rate, kj = point.max_rate_rps * limit, point.energy_j_per_request / J_PER_KJ
        time += load / np.array([rate, model.rate_rps])
        energy += load * np.array([kj, model.energy_kj])
    return MeasuredPoints(float(time[0] / time[1]), float(energy[0] / energy[1]))


def mode_of(inputs: Inputs, pair: Pair) -> MeasuredMode:
    """What is known of a mode.

    Raises
    ------
    UsageError
        No time per token was measured, and none follows from the latency.
    """
    named = {one.configuration.name: one for one in modes(inputs, pair.replica.llm.llm)}
    mode = named[pair.configuration]
    measured, output = mode.measured, mode.serves.request_class.output_tokens
    after_first = max(output - 1.0, 1.0)
    if measured.tpot_s is None and (measured.latency_s is None or output <= 1.0):
        raise UsageError(
            f"{pair.configuration} was measured without tpot_s, and without a latency_s of "
            "several tokens: how long a request stays is not known and it cannot be replayed; "
            "give one of the two in fleet.profiles"
        )
    decode_s = _decode_s(measured, after_first)
    tpot_s = measured.tpot_s or decode_s / after_first
    batch = measured.max_rate_rps * (decode_s + tpot_s)
    return MeasuredMode(measured.ttft_s, tpot_s, batch)


def _decode_s(measured: MeasuredProfile, after_first: float) -> float:
    """From the first token of a request to its last."""
    if measured.latency_s is None:
        return (measured.tpot_s or 0.0) * after_first
    return max(measured.latency_s - measured.ttft_s, 0.0)


def _operating_points(inputs: Inputs) -> dict[tuple[str, str], MeasuredProfile]:
    """Measured operating points by class and configuration; modes are none."""
    return {
        (one.name, configuration_of(profile, one).name): profile
        for profile in inputs.profiles
        for one in inputs.classes
        if not profile.is_mode and is_of(profile, one)
    }
