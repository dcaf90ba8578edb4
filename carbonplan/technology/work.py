r"""What a machine does in an hour at its operating point, and the energy that it takes.

.. math::

    R = n\,\lambda\,n_{out}, \qquad
    a = PUE\,E / n_{out}, \qquad
    p = PUE\,(P_{host} + N P_{idle})

:math:`n` replicas on the :math:`N` accelerators of the machine; :func:`operating_points` gives
the rate :math:`\lambda` of one, and the energy :math:`E` of a request above idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carbonplan.catalogue.records import ModelCard, Server
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.figures import Replica
from carbonplan.technology.operating import operating_points
from carbonplan.technology.points import OK, ClassLimits, OperatingPoints, explain
from carbonplan.units import SECONDS_PER_HOUR, TOKENS_PER_KTOKEN, W_PER_KW

FULL_LOAD = 1.0  # as fast as the limits of the class allow


@dataclass(frozen=True)
class Case:
    """What machines are asked to do."""

    llm: ModelCard
    precision: str
    limits: ClassLimits
    pue: float


@dataclass(frozen=True)
class Work:
    """A machine at its operating point; energy as the site's meter counts it."""

    tensor_parallel: int
    batch: float  # sequences decoded at once by a replica
    ktokens_per_hour: float  # output of the whole machine [1e3/h]
    active_kwh_per_ktoken: float  # above idle
    idle_kw: float  # the whole machine, an LLM loaded

    @property
    def kwh_per_ktoken(self) -> float:
        """Energy where the machine never stands idle [kWh per 1,000 output tokens]."""
        return self.active_kwh_per_ktoken + self.idle_kw / self.ktokens_per_hour

    def mean_power_kw(self, utilisation: float) -> float:
        """Mean power where it works for this share of the hours and idles else [kW]."""
        active_kw = self.active_kwh_per_ktoken * self.ktokens_per_hour
        return self.idle_kw + utilisation * active_kw


def best_work(server: Server, case: Case, calibration: Calibration) -> Work:
    """The work of a machine, each replica over as many accelerators as takes least energy.

    Raises
    ------
    InvalidInput
        With the reason for each way to spread it, where none can serve the class.
    """
    splits = tensor_parallel_splits(server, case.llm)
    replicas = [Replica(server, case.llm, tp, 1, case.precision, 1.0) for tp in splits]
    points = operating_points(replicas, [case.limits], FULL_LOAD, calibration)
    served = np.flatnonzero(points.rejection[0] == OK)
    if not served.size:
        raise InvalidInput(
            f"{case.llm.llm} on {server.name}",
            [f"tp{tp}: {explain(points, 0, k)}" for k, tp in enumerate(splits)],
        )
    works = [_work(points, int(k), case.pue) for k in served]
    return min(works, key=lambda work: work.kwh_per_ktoken)


def tensor_parallel_splits(server: Server, llm: ModelCard) -> Sequence[int]:
    """Over how many accelerators one replica can be spread."""
    count = server.sku.accelerators
    every = range(1, count + 1)
    return [n for n in every if not count % n and not llm.attention_heads % n]


def _work(points: OperatingPoints, k: int, pue: float) -> Work:
    replica = points.replicas[k]
    server, output_tokens = replica.server, points.classes[0].output_tokens
    count = server.sku.accelerators
    ktokens_per_s = points.rate_rps[0, k] * output_tokens / TOKENS_PER_KTOKEN
    kwh_per_request = points.energy_kj_per_request[0, k] / SECONDS_PER_HOUR  # kJ: kW s
    idle_w = server.host.idle_w + count * server.power.idle_w
    return Work(
        tensor_parallel=replica.tensor_parallel,
        batch=float(points.running_batch[0, k]),
        ktokens_per_hour=float(
            count // replica.accelerators * ktokens_per_s * SECONDS_PER_HOUR
        ),
        active_kwh_per_ktoken=float(pue * kwh_per_request / output_tokens * TOKENS_PER_KTOKEN),
        idle_kw=pue * idle_w / W_PER_KW,
    )
