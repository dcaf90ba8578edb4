"""What an operating point says, and why a class cannot run on a replica."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.figures import Replica, Role
from carbonplan.technology.memory import USABLE_FRACTION
from carbonplan.units import MS_PER_S

OK, MEMORY, TTFT, TPOT, CONTEXT = range(5)
TTFT_SHARES: Mapping[Role, float] = {  # of the TTFT limit, that a replica may take of it
    "mixed": 1.0,
    "prefill": 0.75,
    "decode": 0.25,  # from the end of the prompt: transfer, place in the batch, step
}
LEAST_LOAD = 0.05  # a replica that may only be loaded less does not serve the class


@dataclass(frozen=True)
class ClassLimits:
    """Mean lengths and service limits of a request class; ``None`` where there is no limit."""

    input_tokens: float
    output_tokens: float
    ttft_s: float | None
    tpot_s: float | None
    percentile: float = 0.99
    network_s: float = 0.0  # round trip that TTFT leaves room for


@dataclass(frozen=True)
class OperatingPoints:
    """Operating points, (class, replica), and what a replica needs at all times, (replica,).

    Attributes
    ----------
    max_rate_rps
        Requests that one replica sustains inside the limits; 0 where it cannot serve [1/s].
    load_limit
        Largest utilisation of that rate to plan with [1].
    rate_rps
        Their product [1/s].
    batch, running_batch
        Largest batch inside the limits, and the mean one at the load limit [1].
    prefill_s, tpot_s
        One prompt alone; one output token at the largest batch, prompts in between [s].
    ttft_s, ttft_percentile_s
        Mean and percentile at the load limit, without network [s].
    energy_kj_per_request, prefill_kj_per_request, decode_kj_per_request
        IT energy above that of an idle replica, at the load limit [kJ].
    transfer_s, transfer_kj_per_request
        Of a prompt's KV cache: sending or receiving it [s], and the whole path [kJ]; 0 where
        one replica serves both phases.
    best_ttft_s, best_tpot_s, best_step_s
        Of one request alone, for the reason of a rejection; its decode step [s].
    rejection
        0, or what rules the pair out: ``MEMORY``, ``TTFT``, ``TPOT`` or ``CONTEXT``.
    loaded_kw
        Power of an idle replica above that of its accelerators parked [kW].
    start_energy_kwh
        Energy of a start above that of an idle replica over the same time [kWh].
    """

    replicas: tuple[Replica, ...]
    classes: tuple[ClassLimits, ...]
    max_rate_rps: NDArray[np.float64]
    load_limit: NDArray[np.float64]
    rate_rps: NDArray[np.float64]
    batch: NDArray[np.float64]
    running_batch: NDArray[np.float64]
    prefill_s: NDArray[np.float64]
    tpot_s: NDArray[np.float64]
    ttft_s: NDArray[np.float64]
    ttft_percentile_s: NDArray[np.float64]
    energy_kj_per_request: NDArray[np.float64]
    prefill_kj_per_request: NDArray[np.float64]
    decode_kj_per_request: NDArray[np.float64]
    best_ttft_s: NDArray[np.float64]
    best_tpot_s: NDArray[np.float64]
    best_step_s: NDArray[np.float64]
    transfer_s: NDArray[np.float64]
    transfer_kj_per_request: NDArray[np.float64]
    rejection: NDArray[np.int64]
    accelerators: NDArray[np.float64]
    loaded_kw: NDArray[np.float64]
    start_hours: NDArray[np.float64]
    start_energy_kwh: NDArray[np.float64]
    weights_gb: NDArray[np.float64]
    kv_room_gb: NDArray[np.float64]


def explain(points: OperatingPoints, i: int, k: int) -> str:
    """Why class i cannot run on replica k, in words with the numbers; empty if it can."""
    limits, replica = points.classes[i], points.replicas[k]
    memory = f"{replica.accelerators} x {replica.server.accelerator.memory_gb:g} GB"
    match int(points.rejection[i, k]):
        case 1:
            return _memory_reason(points, i, k, memory)
        case 2:
            return _ttft_reason(points, i, k)
        case 3:
            best_ms, allowed_ms = MS_PER_S * points.best_tpot_s[i, k], MS_PER_S * limits.tpot_s
            return f"TPOT {best_ms:.3g} ms at best, {allowed_ms:.3g} ms allowed"
        case 4:
            tokens = limits.input_tokens + limits.output_tokens
            return f"{tokens:.0f} tokens exceed the context of {replica.llm.context_tokens}"
        case _:
            return ""


def _ttft_reason(points: OperatingPoints, i: int, k: int) -> str:
    limits = points.classes[i]
    network = f" with {limits.network_s:.3g} s of network" * (limits.network_s > 0)
    role, best_s = points.replicas[k].role, points.best_ttft_s[i, k] + limits.network_s
    share_s = TTFT_SHARES[role] * (limits.ttft_s - limits.network_s) + limits.network_s
    allowed = f"{share_s:.3g} s allowed" + f" for {role}" * (role != "mixed")
    if best_s > share_s:
        return f"TTFT {best_s:.3g} s at best{network}, {allowed}"
    return (
        f"TTFT {best_s:.3g} s for one request alone{network}; with others waiting the "
        f"{allowed} hold only below {LEAST_LOAD:.0%} load"
    )


def _memory_reason(points: OperatingPoints, i: int, k: int, memory: str) -> str:
    if points.kv_room_gb[k] <= 0:
        return (
            f"weights {points.weights_gb[k]:.3g} GB do not fit {memory}, "
            f"{USABLE_FRACTION:.0%} of it usable"
        )
    limits = points.classes[i]
    left = f"{points.kv_room_gb[k]:.3g} GB left of {memory} by the weights"
    if points.replicas[k].role == "prefill":
        return f"{left} do not hold two prompts of {limits.input_tokens:.0f} tokens"
    return f"{left} hold no request of {limits.input_tokens + limits.output_tokens:.0f} tokens"
