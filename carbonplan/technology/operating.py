r"""Operating points: how fast a replica may run for a request class, and what that takes.

A replica decodes a batch of B sequences and stops for prompts in between. In steady state a
sequence meets the prompts of those that follow it, so that its time per output token is

.. math:: t_{tpot}(B) = t_{dec}(B) + B\,t_{work} / n_{out}

where :math:`t_{work}` is what a prompt adds to the steps of a busy replica. It rises with B,
and so does the rate :math:`B / (n_{out}\,t_{tpot}(B))`; hence the largest batch inside the
limits and inside memory is the fastest. The load limit is the largest utilisation at which the
chosen percentile of TTFT holds; energy is taken at the batch that runs at that load.

Replicas that serve one phase only are those of :mod:`phases`. Everything is over (class,
replica) and computed in blocks that fit the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.batching import batch_inside, decode_kj, running_batch
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.figures import Replica, ReplicaFigures, Role, replica_figures
from carbonplan.technology.memory import kv_room_gb, largest_batch, weights_gb
from carbonplan.technology.performance import PhaseTime, decode_step, prefill, prompt_work
from carbonplan.technology.phases import decode_pairs, prefill_pairs
from carbonplan.technology.points import (
    CONTEXT,
    LEAST_LOAD,
    MEMORY,
    OK,
    TPOT,
    TTFT,
    ClassLimits,
    OperatingPoints,
    explain,
)
from carbonplan.technology.power import above_idle_kw
from carbonplan.technology.starting import start_energy_kwh, start_hours
from carbonplan.technology.waiting import Limits, Queue
from carbonplan.units import W_PER_KW

__all__ = [
    "CONTEXT",
    "MEMORY",
    "OK",
    "TPOT",
    "TTFT",
    "ClassLimits",
    "OperatingPoints",
    "Replica",
    "explain",
    "operating_points",
]

PAIRS_PER_BLOCK = 50_000


def operating_points(
    replicas: Sequence[Replica],
    classes: Sequence[ClassLimits],
    utilisation_limit: float,
    calibration: Calibration,
) -> OperatingPoints:
    """Operating point of every class on every replica."""
    replicas, classes = tuple(replicas), tuple(classes)
    limits, figures = _columns(classes), replica_figures(replicas, calibration)
    roles = np.array([replica.role for replica in replicas])
    blocks, places = [], []
    for role, pairs in PAIRS.items():
        for place in _blocks(np.flatnonzero(roles == role), len(classes)):
            part = figures[place]
            blocks.append(pairs(limits, part, utilisation_limit) | _always(part))
            places.append(place)
    order = np.argsort(np.concatenate(places))
    joined = {
        name: np.concatenate([block[name] for block in blocks], axis=-1)[..., order]
        for name in blocks[0]
    }
    return OperatingPoints(replicas=replicas, classes=classes, **joined)


def _columns(classes: Sequence[ClassLimits]) -> Limits:
    ttft = [np.inf if one.ttft_s is None else one.ttft_s - one.network_s for one in classes]
    columns = (
        [one.input_tokens for one in classes],
        [one.output_tokens for one in classes],
        ttft,
        [np.inf if one.tpot_s is None else one.tpot_s for one in classes],
        [one.percentile for one in classes],
    )
    return Limits(*(np.array(column, dtype=float)[:, None] for column in columns))


def _blocks(places: NDArray[np.int64], classes: int) -> Iterator[NDArray[np.int64]]:
    size = max(1, PAIRS_PER_BLOCK // max(1, classes))
    return (places[start : start + size] for start in range(0, len(places), size))


def mixed_pairs(
    limits: Limits, replica: ReplicaFigures, utilisation_limit: float
) -> dict[str, NDArray]:
    """Columns of ``OperatingPoints`` of replicas that serve both phases."""
    prompt = prefill(limits.input_tokens, replica)
    work = prompt_work(limits.input_tokens, replica)
    work_s = work.total_s
    rejection, room, alone = _rejection(limits, replica, prompt, work_s)
    served = rejection == OK
    room = np.where(served, room, 1.0)
    batch = batch_inside(limits, replica, prompt.total_s, work_s, room)
    full = decode_step(batch, limits.context_tokens, replica)
    tpot_s = full.total_s + batch * work_s / limits.output_tokens
    rate = batch / (limits.output_tokens * tpot_s)
    queue = Queue(
        limits,
        prompt.total_s,
        work_s,
        alone["best_step_s"],
        full.total_s,
        tpot_s,
        batch,
        rate,
    )
    load = queue.load_limit(utilisation_limit)
    rejection = np.where(served & (load < LEAST_LOAD), TTFT, rejection)
    served = rejection == OK
    running, step = running_batch(limits, replica, work_s, batch, load * rate)
    ttft = {
        "ttft_s": queue.ttft_s(load, step.total_s),
        "ttft_percentile_s": queue.ttft_percentile_s(load),
    }
    energy = _energy(limits, replica, work, running, step)
    pairs = {
        "max_rate_rps": rate,
        "load_limit": load,
        "rate_rps": rate * load,
        "batch": batch,
        "running_batch": running,
        "prefill_s": prompt.total_s,
        "tpot_s": tpot_s,
        **ttft,
        **energy,
    }
    return {
        **{name: np.where(served, values, 0.0) for name, values in pairs.items()},
        **alone,
        "rejection": rejection,
    }


def _rejection(
    limits: Limits,
    replica: ReplicaFigures,
    prompt: PhaseTime,
    work_s: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], dict[str, NDArray]]:
    """Codes, the batch that memory has room for, and the times of one request alone."""
    room = largest_batch(limits.input_tokens, limits.output_tokens, replica)
    step_s = decode_step(1.0, limits.context_tokens, replica).total_s
    best_ttft_s = prompt.total_s + step_s
    best_tpot_s = step_s + work_s / limits.output_tokens
    too_long = limits.input_tokens + limits.output_tokens > replica.llm.context_tokens
    codes = np.select(
        [room < 1, too_long, best_ttft_s > limits.ttft_s, best_tpot_s > limits.tpot_s],
        [MEMORY, CONTEXT, TTFT, TPOT],
        OK,
    )
    alone = {"best_ttft_s": best_ttft_s, "best_tpot_s": best_tpot_s, "best_step_s": step_s}
    return codes, room, alone


def _energy(
    limits: Limits,
    replica: ReplicaFigures,
    work: PhaseTime,
    running: NDArray[np.float64],
    step: PhaseTime,
) -> dict[str, NDArray[np.float64]]:
    """Energy of a request above that of an idle replica, by phase [kJ]."""
    prompt_kj = above_idle_kw(work, replica) * work.total_s
    tokens_kj = decode_kj(limits, replica, running, step)
    nothing = np.zeros_like(tokens_kj)
    return {
        "energy_kj_per_request": prompt_kj + tokens_kj,
        "prefill_kj_per_request": prompt_kj,
        "decode_kj_per_request": tokens_kj,
        "transfer_kj_per_request": nothing,
        "transfer_s": nothing,
    }


def _always(replica: ReplicaFigures) -> dict[str, NDArray[np.float64]]:
    """What a replica needs whatever it serves, (replica,)."""
    hardware = replica.hardware
    return {
        "accelerators": replica.accelerators,
        "loaded_kw": replica.accelerators * (hardware.idle_w - hardware.parked_w) / W_PER_KW,
        "start_hours": start_hours(replica),
        "start_energy_kwh": start_energy_kwh(replica),
        "weights_gb": weights_gb(replica),
        "kv_room_gb": kv_room_gb(replica),
    }


PAIRS: Mapping[Role, Callable[[Limits, ReplicaFigures, float], dict[str, NDArray]]] = {
    "mixed": mixed_pairs,
    "prefill": prefill_pairs,
    "decode": decode_pairs,
}
