r"""Carbon of a prompt by batch, LLM and machine, prefill and decode apart.

A batch of B prompts is prefilled together and decoded to its end; for each phase and prompt

.. math::

    E = P\,t / B, \qquad C_{op} = E\,I, \qquad C_{em} = \frac{t}{L} \frac{M}{B}

with the time t and mean power P of the phase, idle power included, the lifetime L and the
embodied carbon M of the accelerators in use, with their share of the host.

Source
------
``nguyen-2024`` (HotCarbon'24), whose study of two accelerators this is from the models alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import ModelCard, Server
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.figures import Replica, ReplicaFigures, replica_figures
from carbonplan.technology.memory import largest_batch
from carbonplan.technology.performance import decode_step, prefill, prompt_work
from carbonplan.technology.power import above_idle_kw
from carbonplan.technology.work import tensor_parallel_splits
from carbonplan.units import G_PER_KG, HOURS_PER_YEAR, J_PER_KJ, SECONDS_PER_HOUR, W_PER_KW

Lengths = tuple[float, float]  # tokens of prompt and answer


@dataclass(frozen=True)
class PhaseCarbon:
    """One phase of a batch of prompts; every array is (batch, replica)."""

    time_s: NDArray[np.float64]  # of the whole batch
    power_w: NDArray[np.float64]  # mean over that time
    energy_j: NDArray[np.float64]  # of one prompt
    embodied_g: NDArray[np.float64]  # of one prompt

    def operational_g(self, intensity_g_per_kwh: float) -> NDArray[np.float64]:
        """Carbon of the energy of one prompt [g]."""
        kwh = self.energy_j / J_PER_KJ / SECONDS_PER_HOUR
        return kwh * intensity_g_per_kwh


@dataclass(frozen=True)
class PromptCarbon:
    """A study of prompts: what each phase takes, by batch and replica."""

    replicas: tuple[Replica, ...]
    batches: NDArray[np.float64]  # (batch,)
    fits: NDArray[np.bool_]  # whether memory holds the batch, (batch, replica)
    prefill: PhaseCarbon
    decode: PhaseCarbon

    @property
    def energy_j(self) -> NDArray[np.float64]:
        """Energy of one prompt, (batch, replica) [J]."""
        return self.prefill.energy_j + self.decode.energy_j

    @property
    def embodied_g(self) -> NDArray[np.float64]:
        """Making charged to one prompt, (batch, replica) [g]."""
        return self.prefill.embodied_g + self.decode.embodied_g

    def total_g(self, intensity_g_per_kwh: float) -> NDArray[np.float64]:
        """Carbon of one prompt, (batch, replica) [g]."""
        used_g = self.prefill.operational_g(intensity_g_per_kwh)
        return used_g + self.decode.operational_g(intensity_g_per_kwh) + self.embodied_g


@dataclass(frozen=True)
class Ratios:
    """A quantity of one prompt on one machine over that on another."""

    alone: float  # in batches of one
    largest: float  # in the largest batch that both hold
    best: float  # each in the batch that is best for it
    less_from: int | None  # smallest batch from which on it is less; None: never


def smallest_replica(
    server: Server, llm: ModelCard, precision: str, lengths: Lengths, calibration: Calibration
) -> Replica:
    """The LLM on as few accelerators of a machine as hold a request, or on all of them."""
    splits = tensor_parallel_splits(server, llm)
    replicas = [Replica(server, llm, tp, 1, precision, 1.0) for tp in splits]
    room = largest_batch(*lengths, replica_figures(replicas, calibration))
    return next((r for r, batch in zip(replicas, room, strict=True) if batch), replicas[-1])


def prompt_carbon(
    replicas: Sequence[Replica],
    embodied_kgco2e: Sequence[float],
    lifetime_years: Sequence[float],
    lengths: Lengths,
    largest: int,
    calibration: Calibration,
) -> PromptCarbon:
    """Carbon of prompts in batches of 1, 2, 4, ... up to ``largest``.

    Parameters
    ----------
    embodied_kgco2e, lifetime_years
        Of the whole machine of each replica, (replica,) [kgCO2e, years].
    """
    figures = replica_figures(replicas, calibration)
    batch = 2.0 ** np.arange(np.floor(np.log2(largest)) + 1)[:, None]
    used = [r.accelerators / r.server.sku.accelerators for r in replicas]
    lifetime_s = np.multiply(lifetime_years, HOURS_PER_YEAR * SECONDS_PER_HOUR)
    g_per_s = np.multiply(embodied_kgco2e, used) * G_PER_KG / lifetime_s
    idle_kw = np.array([_idle_kw(replica) for replica in replicas])
    phases = (_prefill(batch, lengths, figures), _decode(batch, lengths, figures))
    return PromptCarbon(
        tuple(replicas),
        batch[:, 0],
        batch <= largest_batch(*lengths, figures),
        *(_phase(*phase, idle_kw, g_per_s, batch) for phase in phases),
    )


def ratios(
    study: PromptCarbon, quantity: NDArray[np.float64], new: int, old: int
) -> Ratios | None:
    """A quantity (batch, replica) of one replica over another's; ``None`` where one cannot."""
    both = study.fits[:, new] & study.fits[:, old]
    if not both.any():
        return None
    ratio = quantity[both, new] / quantity[both, old]
    not_less = np.flatnonzero(ratio >= 1)
    first = not_less[-1] + 1 if not_less.size else 0
    best = [quantity[study.fits[:, k], k].min() for k in (new, old)]
    return Ratios(
        alone=float(ratio[0]),
        largest=float(ratio[-1]),
        best=float(best[0] / best[1]),
        less_from=int(study.batches[both][first]) if first < ratio.size else None,
    )


def _prefill(
    batch: NDArray[np.float64], lengths: Lengths, figures: ReplicaFigures
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time [s] and energy above idle [kJ]: the first prompt alone, and what others add."""
    input_tokens, _ = lengths
    first = prefill(input_tokens, figures)
    further = prompt_work(input_tokens, figures)
    more_s = (batch - 1.0) * further.total_s
    above_kj = above_idle_kw(first, figures) * first.total_s
    return first.total_s + more_s, above_kj + above_idle_kw(further, figures) * more_s


def _decode(
    batch: NDArray[np.float64], lengths: Lengths, figures: ReplicaFigures
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Time [s] and energy above idle [kJ] of all output tokens at their mean context."""
    input_tokens, output_tokens = lengths
    step = decode_step(batch, input_tokens + output_tokens / 2.0, figures)
    time_s = output_tokens * step.total_s
    return time_s, above_idle_kw(step, figures) * time_s


def _phase(
    time_s: NDArray[np.float64],
    above_kj: NDArray[np.float64],
    idle_kw: NDArray[np.float64],
    g_per_s: NDArray[np.float64],
    batch: NDArray[np.float64],
) -> PhaseCarbon:
    power_kw = above_kj / time_s + idle_kw
    return PhaseCarbon(
        time_s=time_s,
        power_w=power_kw * W_PER_KW,
        energy_j=power_kw * W_PER_KW * time_s / batch,
        embodied_g=g_per_s * time_s / batch,
    )


def _idle_kw(replica: Replica) -> float:
    """Idle power of the accelerators of a replica, with their share of the host [kW]."""
    server = replica.server
    host_w = server.host.idle_w / server.sku.accelerators
    return replica.accelerators * (server.power.idle_w + host_w) / W_PER_KW
