"""What the technology models say of a user's measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cards import cards
from carbonplan.catalogue.measurements import Measurement, accelerator_records
from carbonplan.catalogue.records import Accelerator, AcceleratorPower
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_keyed
from carbonplan.technology.calibrate.runs import Load, load_of
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.coefficients import Coefficients
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import (
    PhaseTime,
    decode_step,
    prefill,
    prompt_work,
)
from carbonplan.technology.power import busy_power_w

if TYPE_CHECKING:
    import pandas as pd

Numbers = NDArray[np.float64]
Formula = Callable[[Numbers, Numbers, Numbers, ReplicaFigures], Numbers]


@dataclass(frozen=True)
class Case:
    """Measurements of one accelerator, and what the models need to predict them.

    Attributes
    ----------
    accelerator
        The one that was measured.
    rows
        A row for each measurement, columns as the fields of ``Measurement``.
    load
        What each row was measured on, (row,), with the coefficients before the refit.
    """

    accelerator: Accelerator
    rows: pd.DataFrame
    load: Load

    @classmethod
    def of(cls, measurements: Sequence[Measurement], calibration: Calibration) -> Case:
        """The case of measurements of one accelerator."""
        import pandas as pd

        rows = pd.DataFrame([row.model_dump() for row in measurements])
        rows = rows.assign(engine=calibration.engine)
        name = measurements[0].accelerator
        accelerator = accelerator_records()[name]
        power = read_keyed(data_root() / "hardware" / "accelerator_power.csv", AcceleratorPower)
        load = load_of(
            rows,
            {card.llm: card for card in cards(dict.fromkeys(rows["llm"]))},
            {name: (accelerator, power[name])},
        )
        return cls(accelerator, rows, load).under(calibration)

    @property
    def coefficients(self) -> Coefficients:
        return self.load.replica.coefficients

    def under(self, calibration: Calibration) -> Case:
        """With the coefficients of a calibration."""
        return self.starting_from(calibration.coefficients(self.load.subjects))

    def where(self, chosen: NDArray[np.bool_]) -> Case:
        """The case with some of its rows."""
        part = np.flatnonzero(chosen)
        return replace(
            self, rows=self.rows.iloc[part].reset_index(drop=True), load=self.load[part]
        )

    def starting_from(self, coefficients: Coefficients) -> Case:
        return replace(self, load=self.load.at(coefficients))

    def relative_errors(self, coefficients: Coefficients) -> NDArray[np.float64]:
        """Predicted over measured, less one, (row,) [1]."""
        replica = replace(self.load.replica, coefficients=coefficients)
        values = self.rows["value"].to_numpy(float)
        return predicted(self.rows, replica) / values - 1.0


def repeats_as_one(measurements: Sequence[Measurement]) -> list[Measurement]:
    """One row for repeats of the same run: their median."""
    runs: dict[Measurement, list[float]] = {}
    for row in measurements:
        runs.setdefault(row.model_copy(update={"value": 1.0, "source": ""}), []).append(
            row.value
        )
    return [
        run.model_copy(update={"value": float(np.median(values))})
        for run, values in runs.items()
    ]


def predicted(rows: pd.DataFrame, replica: ReplicaFigures) -> NDArray[np.float64]:
    """The measured quantity of every row as the models see it, in the row's unit, (row,)."""
    values = np.full(len(rows), np.nan)
    quantities = rows["quantity"].to_numpy(str)
    columns = rows[["batch", "input_tokens", "output_tokens"]].to_numpy(float)
    for quantity in dict.fromkeys(quantities):
        part = np.flatnonzero(quantities == quantity)
        values[part] = FORMULAS[quantity](*columns[part].T, replica[part])
    return values


def _step(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> PhaseTime:
    return decode_step(batch, inputs + outputs / 2.0, replica)


def _step_s(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    return _step(batch, inputs, outputs, replica).total_s


def _prefill_s(
    _batch: Numbers, inputs: Numbers, _outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    return prefill(inputs, replica).total_s


def _ttft_s(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    """With others being decoded, half of a step passes before the prompt begins."""
    step_s = _step_s(batch, inputs, outputs, replica)
    return prefill(inputs, replica).total_s + np.where(batch > 1, step_s / 2.0, 0.0)


def _tpot_s(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    """Every sequence meets the prompts of those that follow it."""
    between_s = batch * prompt_work(inputs, replica).total_s / outputs
    return _step_s(batch, inputs, outputs, replica) + between_s


def _batch_s(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    return outputs * _tpot_s(batch, inputs, outputs, replica)


def _output_rate(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    return batch / _tpot_s(batch, inputs, outputs, replica)


def _power_w(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    """Mean over the time of prompts and of steps."""
    prompt, step = prompt_work(inputs, replica), _step(batch, inputs, outputs, replica)
    prompts_s = batch * prompt.total_s / outputs
    energy_j = prompts_s * busy_power_w(prompt, replica)
    energy_j = energy_j + step.total_s * busy_power_w(step, replica)
    return energy_j / (prompts_s + step.total_s)


def _prefill_power_w(
    _batch: Numbers, inputs: Numbers, _outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    return busy_power_w(prefill(inputs, replica), replica)


def _step_power_w(
    batch: Numbers, inputs: Numbers, outputs: Numbers, replica: ReplicaFigures
) -> Numbers:
    return busy_power_w(_step(batch, inputs, outputs, replica), replica)


FORMULAS: Mapping[str, Formula] = {
    "prefill_s": _prefill_s,
    "ttft_s": _ttft_s,
    "step_s": _step_s,
    "tpot_s": _tpot_s,
    "batch_s": _batch_s,
    "output_tokens_per_s": _output_rate,
    "power_w": _power_w,
    "prefill_power_w": _prefill_power_w,
    "step_power_w": _step_power_w,
}
