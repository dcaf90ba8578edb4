r"""Operating points of measured replicas, by the equations of ``operating``.

The largest batch B of those that were measured whose steps keep both limits, with

.. math:: t_{tpot}(B) = t_{dec}(B) + B\,t_{pre} / n_{out}

is the fastest. A prompt is counted with all of the time that it takes alone, as an engine
needs that does not mix prompts with steps. Power that was not measured is that of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.inputs import MeasuredProfile
from carbonplan.catalogue.measurements import Measurement
from carbonplan.errors import InvalidInput
from carbonplan.technology.batching import STEP_SHARE, settled
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.figures import Replica, ReplicaFigures, replica_figures
from carbonplan.technology.measured import (
    ClassTimes,
    MeasuredReplica,
    class_times,
    measured_replicas,
    place_of_replica,
)
from carbonplan.technology.performance import decode_step, prefill
from carbonplan.technology.points import LEAST_LOAD, ClassLimits
from carbonplan.technology.power import busy_power_w
from carbonplan.technology.waiting import Limits, Queue


@dataclass(frozen=True)
class _Running:
    """A class on a replica at its load limit."""

    max_rate_rps: float
    ttft_s: float
    batch: float  # mean
    places: float  # the largest batch inside the limits


def measured_profiles(
    measurements: Sequence[Measurement],
    replicas: Sequence[Replica],
    classes: Mapping[str, ClassLimits],
    utilisation_limit: float,
    calibration: Calibration,
    *,
    widen: bool,
) -> tuple[MeasuredProfile, ...]:
    """Operating points of the classes on those replicas that were measured.

    Replicas of one phase have none: they were not measured as such.

    Parameters
    ----------
    classes
        Limits of each request class, by its name.
    calibration
        For the power of a replica whose power was not measured.
    widen
        Whether a class beyond the measured range is taken at the slow end of a widened band;
        otherwise it is refused.

    Raises
    ------
    InvalidInput
        With a line for each replica that lacks points and each class beyond its range.
    """
    measured, problems = measured_replicas(measurements)
    whole = [one for one in replicas if one.role == "mixed"]
    found = [(one, measured.get(place_of_replica(one))) for one in whole]
    profiles = []
    for replica, points in ((one, points) for one, points in found if points is not None):
        for name, limits in classes.items():
            context_tokens = limits.input_tokens + limits.output_tokens / 2.0
            times, outside = class_times(
                points, limits.input_tokens, context_tokens, widen=widen
            )
            problems += [
                f"{name}: {_label(replica)} was not measured at {line}; measure there, or set "
                "fleet.profiles_outside to widen"
                for line in outside
            ]
            if times is not None:
                profiles.append(
                    _profile(
                        name, limits, replica, points, times, utilisation_limit, calibration
                    )
                )
    if problems:
        raise InvalidInput(_sources(measurements), list(dict.fromkeys(problems)))
    return tuple(profiles)


def measured_batch(
    limits: ClassLimits, points: MeasuredReplica, utilisation_limit: float
) -> float:
    """The largest batch of a class inside its limits, with which its operating point is had."""
    context_tokens = limits.input_tokens + limits.output_tokens / 2.0
    times, _ = class_times(points, limits.input_tokens, context_tokens, widen=True)
    if times is None:
        return 1.0
    return _running(limits, times, utilisation_limit).places


def _profile(
    name: str,
    limits: ClassLimits,
    replica: Replica,
    points: MeasuredReplica,
    times: ClassTimes,
    utilisation_limit: float,
    calibration: Calibration,
) -> MeasuredProfile:
    running = _running(limits, times, utilisation_limit)
    served = running.max_rate_rps > 0
    return MeasuredProfile(
        llm=replica.llm.llm,
        sku=replica.server.name,
        tensor_parallel=replica.tensor_parallel,
        pipeline_parallel=replica.pipeline_parallel,
        precision=replica.precision,
        clock_fraction=replica.clock_fraction,
        request_class=name,
        max_rate_rps=running.max_rate_rps,
        energy_j_per_request=(
            energy_j(limits, replica, times, running.batch, calibration) if served else 0.0
        ),
        ttft_s=running.ttft_s,
        source=points.source,
    )


def _running(limits: ClassLimits, times: ClassTimes, utilisation_limit: float) -> _Running:
    """The fastest operating point inside the limits; a rate of 0 where there is none."""
    ttft_limit_s = np.inf if limits.ttft_s is None else limits.ttft_s - limits.network_s
    tpot_limit_s = np.inf if limits.tpot_s is None else limits.tpot_s
    batches = np.arange(1.0, times.largest_batch + 1.0)
    step_s = times.step_at(batches)
    tpot_s = step_s + batches * times.prefill_s / limits.output_tokens
    holds = (tpot_s <= tpot_limit_s) & (step_s <= STEP_SHARE * (ttft_limit_s - times.prefill_s))
    if not holds.any():
        return _Running(0.0, 0.0, 1.0, 1.0)
    at = int(np.flatnonzero(holds)[-1])
    rate = batches[at] / (limits.output_tokens * tpot_s[at])
    queue = _queue(limits, ttft_limit_s, tpot_limit_s, times, batches[at], step_s[at], rate)
    load = queue.load_limit(utilisation_limit)
    if load[0] < LEAST_LOAD:
        return _Running(0.0, 0.0, 1.0, 1.0)
    running = _mean_batch(limits, times, batches[at], float(load[0] * rate))
    ttft_s = queue.ttft_s(load, times.step_at(running))
    return _Running(
        float(load[0] * rate / utilisation_limit), float(ttft_s[0]), running, float(batches[at])
    )


def _queue(
    limits: ClassLimits,
    ttft_limit_s: float,
    tpot_limit_s: float,
    times: ClassTimes,
    batch: float,
    step_s: float,
    rate_rps: float,
) -> Queue:
    """Waiting at the largest batch, as arrays of one."""
    columns = (
        limits.input_tokens,
        limits.output_tokens,
        ttft_limit_s,
        tpot_limit_s,
        limits.percentile,
    )
    tpot_s = step_s + batch * times.prefill_s / limits.output_tokens
    numbers = (
        *(times.prefill_s, times.prefill_s, float(times.step_at(1.0)), step_s),
        *(tpot_s, batch, rate_rps),
    )
    return Queue(Limits(*map(_one, columns)), *map(_one, numbers))


def _one(number: float) -> NDArray[np.float64]:
    return np.array([number])


def _mean_batch(limits: ClassLimits, times: ClassTimes, batch: float, rate_rps: float) -> float:
    r"""Mean batch at a rate: the fixed point of Little's law.

    .. math:: b = \lambda\,n_{out}\,t_{dec}(b) / (1 - \lambda\,t_{pre})
    """
    tokens_per_s = rate_rps * limits.output_tokens / (1.0 - rate_rps * times.prefill_s)
    found = settled(lambda running: tokens_per_s * times.step_at(running[0]), _one(batch))
    return float(found[0])


def energy_j(
    limits: ClassLimits,
    replica: Replica,
    times: ClassTimes,
    running: float,
    calibration: Calibration,
) -> float:
    r"""Energy of a request above that of an idle replica [J].

    .. math::

        E = N \bigl[(P_{pre} - P_{idle} + P_{host})\,t_{pre}
            + (P_{dec} - P_{idle} + P_{host})\,n_{out}\,t_{dec}(b) / b\bigr]

    on N accelerators with their share of the host, at the mean batch b.
    """
    figures = replica_figures([replica], calibration)
    prefill_w, step_w = _power_w(limits, times, running, figures)
    hardware = figures.hardware
    above_w = float(hardware.host_load_w[0] - hardware.idle_w[0])
    stages = replica.pipeline_parallel
    busy = min(max(running / stages, 1.0 / stages), 1.0)
    step_s = float(times.step_at(running)) * busy / max(running, 1.0)
    of_one = (prefill_w + above_w) * times.prefill_s
    of_one += (step_w + above_w) * limits.output_tokens * step_s
    return replica.accelerators * of_one


def _power_w(
    limits: ClassLimits, times: ClassTimes, running: float, figures: ReplicaFigures
) -> tuple[float, float]:
    """Power of one accelerator in prompts and in steps: as measured, or as modelled [W]."""
    context_tokens = limits.input_tokens + limits.output_tokens / 2.0
    if times.prefill_w is None:
        prompt = prefill(limits.input_tokens, figures)
        prefill_w = float(busy_power_w(prompt, figures)[0])
    else:
        prefill_w = times.prefill_w
    if times.step_w is None:
        step = decode_step(running, context_tokens, figures)
        step_w = float(busy_power_w(step, figures)[0])
    else:
        low, high = times.step_w.range
        step_w = float(times.step_w.at(min(max(running, low), high)))
    return prefill_w, step_w


def _label(replica: Replica) -> str:
    accelerator = replica.server.accelerator.accelerator
    return (
        f"{replica.llm.llm} on {accelerator} (TP {replica.tensor_parallel}, "
        f"{replica.precision}, clock {replica.clock_fraction:g})"
    )


def _sources(measurements: Sequence[Measurement]) -> str:
    return ", ".join(dict.fromkeys(row.source for row in measurements))
