r"""What prompts take of a request and of a replica's time, so that input and output part.

.. math::

    x^{energy} = \frac{E_{pre} + E_{send}}{E_{pre} + E_{send} + E_{dec}}, \qquad
    x^{time} = \lambda\, t_{work}

with the energies of a request by phase, and the time :math:`t_{work}` that a prompt adds to a
replica which serves at its sustained rate :math:`\lambda`: of every second it spends
:math:`\lambda t_{work}` on prompts. A replica of one phase is held for that phase alone. Where
a user's measurements stand in for the model only their sum is known, and the model divides
it; where the model cannot serve the class, the times of one request alone do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.configurations.routes import class_limits
from carbonplan.plan.pairs import replica_of
from carbonplan.technology.figures import replica_figures
from carbonplan.technology.operating import OperatingPoints, operating_points
from carbonplan.technology.performance import prompt_work
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configuration

Floats = NDArray[np.float64]


def prompt_shares(inputs: Inputs, kept: Sequence[Configuration]) -> dict[str, Floats]:
    """Shares of prompts by variable name, each (request_class, configuration) [1]."""
    if not kept:
        nothing = np.zeros((len(inputs.classes), 0))
        return {"prompt_energy_share": nothing, "prompt_time_share": nothing}
    calibration = calibration_of(inputs)
    replicas = [replica_of(inputs, one) for one in kept]
    points = operating_points(
        replicas,
        [class_limits(inputs, one) for one in inputs.classes],
        inputs.scenario.fleet.utilisation_limit,
        calibration,
    )
    input_tokens = np.array([one.input_tokens for one in points.classes])[:, None]
    work_s = prompt_work(input_tokens, replica_figures(replicas, calibration)).total_s
    role = np.array([replica.role for replica in replicas])
    alone = _alone(points)
    shares = {
        "prompt_energy_share": _of_energy(points, alone),
        "prompt_time_share": np.where(
            points.rate_rps > 0.0, points.max_rate_rps * work_s, alone
        ),
    }
    return {
        name: np.select([role == "prefill", role == "decode"], [1.0, 0.0], share)
        for name, share in shares.items()
    }


def _of_energy(points: OperatingPoints, alone: Floats) -> Floats:
    """Prompts in the energy of a request, its KV cache sent with the prompt."""
    prompt_kj = points.prefill_kj_per_request + points.transfer_kj_per_request
    whole_kj = prompt_kj + points.decode_kj_per_request
    return np.where(whole_kj > 0.0, prompt_kj / np.where(whole_kj > 0.0, whole_kj, 1.0), alone)


def _alone(points: OperatingPoints) -> Floats:
    """Prompts in the time of one request that nothing else disturbs."""
    output_tokens = np.array([one.output_tokens for one in points.classes])[:, None]
    prompt_s = points.best_ttft_s - points.best_step_s
    return prompt_s / (prompt_s + output_tokens * points.best_step_s)
