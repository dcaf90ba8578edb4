"""What the technology models say of a measurement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Accelerator, AcceleratorPower, ModelCard
from carbonplan.technology.calibration import Coefficients
from carbonplan.technology.figures import (
    ReplicaFigures,
    accelerator_figures,
    stacked,
    taken,
)
from carbonplan.technology.performance import decode_step, prefill, prompt_work
from carbonplan.technology.power import busy_power_w
from carbonplan.technology.shapes import llm_figures

if TYPE_CHECKING:
    import pandas as pd


def figures_of(
    rows: pd.DataFrame,
    llms: Mapping[str, ModelCard],
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]],
    coefficients: Coefficients,
) -> ReplicaFigures:
    """The replicas that rows were measured on, (row,), with coefficients over rows."""
    llm_keys = rows[["llm", "precision"]].apply(tuple, axis=1)
    hardware_keys = rows[["accelerator", "precision"]].apply(tuple, axis=1)
    llm_at, llm_names = _numbered(llm_keys)
    hardware_at, hardware_names = _numbered(hardware_keys)
    llm = stacked([llm_figures(llms[name], precision) for name, precision in llm_names])
    hardware = stacked(
        [
            accelerator_figures(*accelerators[name], precision)
            for name, precision in hardware_names
        ]
    )
    return ReplicaFigures(
        taken(llm, llm_at),
        taken(hardware, hardware_at),
        coefficients,
        rows["tensor_parallel"].to_numpy(float),
        rows["pipeline_parallel"].to_numpy(float),
        np.ones(len(rows)),
    )


def predicted(rows: pd.DataFrame, replica: ReplicaFigures) -> NDArray[np.float64]:
    """The measured quantity of every row as the models see it, in the row's unit, (row,)."""
    values = np.full(len(rows), np.nan)
    for quantity, formula in QUANTITIES.items():
        part = np.flatnonzero(rows["quantity"] == quantity)
        if len(part):
            some = rows.iloc[part]
            columns = (
                some[name].to_numpy(float)
                for name in ("batch", "input_tokens", "output_tokens")
            )
            values[part] = formula(*columns, replica[part])
    return values


def _numbered(keys: pd.Series) -> tuple[NDArray[np.int64], list]:
    codes, names = keys.factorize()
    return codes, list(names)


def _step_s(batch, inputs, outputs, replica):
    return decode_step(batch, inputs + outputs / 2.0, replica).total_s


def _prefill_s(_batch, inputs, _outputs, replica):
    return prefill(inputs, replica).total_s


def _tpot_s(batch, inputs, outputs, replica):
    between_s = batch * prompt_work(inputs, replica).total_s / outputs
    return _step_s(batch, inputs, outputs, replica) + between_s


def _batch_s(batch, inputs, outputs, replica):
    return outputs * _tpot_s(batch, inputs, outputs, replica)


def _layer_s(batch, inputs, outputs, replica):
    return _step_s(batch, inputs, outputs, replica) / replica.llm.layers


def _power_w(batch, inputs, outputs, replica):
    """Mean over time of prefill and decode."""
    prompt = prompt_work(inputs, replica)
    step = decode_step(batch, inputs + outputs / 2.0, replica)
    prompts_s = batch * prompt.total_s / outputs
    energy = prompts_s * busy_power_w(prompt, replica) + step.total_s * busy_power_w(
        step, replica
    )
    return energy / (prompts_s + step.total_s)


Formula = Callable[..., NDArray[np.float64]]
QUANTITIES: Mapping[str, Formula] = {
    "step_s": _step_s,
    "prefill_s": _prefill_s,
    "tpot_s": _tpot_s,
    "batch_s": _batch_s,
    "layer_s": _layer_s,
    "power_w": _power_w,
}
