"""What the technology models say of measurements.

A published maximum ran with as many sequences as memory holds, or as its engine admits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibrate.habits import between_s, held, prefill_s, running, step
from carbonplan.technology.calibrate.runs import Load
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.coefficients import Coefficients
from carbonplan.technology.figures import taken
from carbonplan.technology.performance import PhaseTime, prefill, prompt_work
from carbonplan.technology.power import busy_power_w

Floats = NDArray[np.float64]
RATIOS = ("relative_time", "relative_power")  # predicted by ``clocks``


def predicted(load: Load, coefficients: Coefficients) -> Floats:
    """The quantity of every row as the models see it, in the row's unit, (row,).

    NaN where they do not know the quantity.
    """
    values = np.full(len(load), np.nan)
    for name, (place, part) in load.parts.items():
        if name in QUANTITIES:
            values[place] = QUANTITIES[name](part.at(taken(coefficients, place)))
    return values


def with_calibration(load: Load, calibration: Calibration) -> Floats:
    """Predictions with the coefficients of a calibration, (row,)."""
    return predicted(load, calibration.coefficients(load.subjects))


def _step_s(load: Load) -> Floats:
    return step(load).total_s


def _tpot_s(load: Load) -> Floats:
    seen = load.replica.coefficients.reported_prompt_share
    return _step_s(load) + between_s(load) * seen


def _first_s(load: Load) -> Floats:
    alone_s = prefill(load.input_tokens, load.replica).total_s
    return alone_s + load.held_steps * _step_s(load)


def _layer_s(load: Load) -> Floats:
    return _step_s(load) / load.replica.llm.layers


def _output_tokens_per_s(load: Load) -> Floats:
    return running(load) * load.copies / (_step_s(load) + between_s(load))


def _served_tokens_per_s(load: Load) -> Floats:
    return _output_tokens_per_s(load) * load.replica.coefficients.served_share


def _total_tokens_per_s(load: Load) -> Floats:
    batch_s = load.batch * load.output_tokens / _output_tokens_per_s(held(load)) + load.start_s
    return load.batch * (load.input_tokens + load.output_tokens) / batch_s


def _phase_power_w(phase: PhaseTime, load: Load) -> Floats:
    """Of one accelerator, where several take turns their mean [W]."""
    idle_w = load.replica.hardware.idle_w
    return idle_w + (busy_power_w(phase, load.replica) - idle_w) / load.idle_stages


def _power_w(load: Load) -> Floats:
    """Mean over time of prompts and steps."""
    one, prompts_s = step(load), between_s(load)
    prompt = prompt_work(load.input_tokens, load.replica)
    energy_j = prompts_s * _phase_power_w(prompt, load)
    energy_j = energy_j + one.total_s * _phase_power_w(one, load)
    return energy_j / (prompts_s + one.total_s)


def _step_power_w(load: Load) -> Floats:
    return _phase_power_w(step(load), load)


def _prefill_power_w(load: Load) -> Floats:
    return _phase_power_w(prefill(load.input_tokens, load.replica, running(load)), load)


def _energy_j(load: Load) -> Floats:
    """Of all accelerators for one output token."""
    accelerators = load.replica.accelerators * load.copies * load.idle_stages
    return _power_w(load) * accelerators / _output_tokens_per_s(load)


TIMES: Mapping[str, Callable[[Load], Floats]] = {
    "step_s": _step_s,
    "tpot_s": _tpot_s,
    "prefill_s": prefill_s,
    "ttft_s": _first_s,
    "layer_s": _layer_s,
    "output_tokens_per_s": _output_tokens_per_s,
    "served_tokens_per_s": _served_tokens_per_s,
    "total_tokens_per_s": _total_tokens_per_s,
}
POWERS: Mapping[str, Callable[[Load], Floats]] = {
    "power_w": _power_w,
    "step_power_w": _step_power_w,
    "prefill_power_w": _prefill_power_w,
}
QUANTITIES: Mapping[str, Callable[[Load], Floats]] = {
    **TIMES,
    **POWERS,
    "energy_per_output_token_j": _energy_j,
}
