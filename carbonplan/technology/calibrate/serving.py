"""Tasks of the fit: times of serving, then its power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cards import card_names, cards
from carbonplan.catalogue.records import Accelerator, AcceleratorPower, ModelCard
from carbonplan.catalogue.tables import read_keyed, read_table
from carbonplan.technology.calibrate.fit import Fitted, Parameter, Task, positions
from carbonplan.technology.calibrate.measurements import MeasuredLlm, combinations
from carbonplan.technology.calibrate.prediction import figures_of, predicted
from carbonplan.technology.calibration import Calibration, Coefficients
from carbonplan.technology.figures import stacked
from carbonplan.technology.memory import largest_batch

if TYPE_CHECKING:
    import pandas as pd

KEPT_ENGINE = "serving-2025"  # vLLM of 2025; older engines and others are fitted beside it
OTHER_STACKS = {"batches-rocm-2024": ("cdna 2", "cdna 3")}  # engine that these need anyway
MEMORY_SLACK = 1.2  # engines that pack tighter than the memory rule still count
ARCHITECTURES = ("compute_efficiency", "bandwidth_efficiency")
DECODE_OVERHEADS = ("step_overhead_ms", "layer_overhead_us", "sequence_overhead_us")
PREFILL_OVERHEADS = ("prefill_layer_overhead_us", "request_overhead_ms")
TIMES = {  # start, least and most plausible value, unit
    "compute_efficiency": (0.55, 0.2, 0.9, "1"),
    "narrow_efficiency": (0.8, 0.3, 1.0, "1"),
    "bandwidth_efficiency": (0.8, 0.3, 0.92, "1"),
    "attention_efficiency": (0.8, 0.2, 1.0, "1"),
    "expert_efficiency": (0.7, 0.2, 1.0, "1"),
    "step_overhead_ms": (1.0, 0.05, 20.0, "ms"),
    "layer_overhead_us": (30.0, 1.0, 500.0, "us"),
    "expert_overhead_us": (30.0, 1.0, 300.0, "us"),
    "sequence_overhead_us": (40.0, 1.0, 500.0, "us"),
    "prefill_layer_overhead_us": (100.0, 1.0, 2000.0, "us"),
    "prefill_expert_overhead_us": (100.0, 1.0, 5000.0, "us"),
    "request_overhead_ms": (10.0, 0.5, 60.0, "ms"),
}
POWERS = {
    "compute_power_share": (0.6, 0.1, 3.0, "1"),
    "memory_power_share": (0.4, 0.05, 1.0, "1"),
    "sequence_power_share": (0.5, 0.02, 1.5, "1"),
}


@dataclass(frozen=True)
class Known:
    """Records of what was measured, by catalogue name."""

    llms: Mapping[str, ModelCard]
    accelerators: Mapping[str, tuple[Accelerator, AcceleratorPower]]

    def architecture(self, accelerator: str) -> str:
        return self.accelerators[accelerator][0].architecture.lower()


def read_known(data: Path) -> Known:
    """Shipped records, and the shapes of LLMs that were measured but have no card."""
    measured = read_table(data / "calibration" / "measured_llms.csv", MeasuredLlm)
    shipped = cards(card_names())
    accelerators = read_keyed(data / "hardware" / "accelerators.csv", Accelerator)
    power = read_keyed(data / "hardware" / "accelerator_power.csv", AcceleratorPower)
    return Known(
        {**{row.llm: row.card() for row in measured}, **{card.llm: card for card in shipped}},
        {name: (record, power[name]) for name, record in accelerators.items()},
    )


def split(rows: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of times and rows of power, without those whose batch cannot have run at once."""
    fits = rows[_fits(rows, known)].reset_index(drop=True)
    power = fits["quantity"] == "power_w"
    return fits[~power].reset_index(drop=True), fits[power].reset_index(drop=True)


def times_task(times: pd.DataFrame, known: Known, so_far: Calibration) -> Task:
    """Efficiencies and overheads, given links and clocks."""
    return _task(times, _time_parameters(times, known), known, _shipped(times, known, so_far))


def power_task(
    power: pd.DataFrame, times: Sequence[Fitted], known: Known, so_far: Calibration
) -> Task:
    """Shares of the power limit, given the times that the engines behind the rows need."""
    given = {**_shipped(power, known, so_far), **_values(power, times, known)}
    parameters = [
        parameter
        for name, values in POWERS.items()
        for parameter in _by_architecture(name, values, power, known)
    ]
    return _task(power, parameters, known, given)


def _task(
    rows: pd.DataFrame,
    parameters: Sequence[Parameter],
    known: Known,
    given: Mapping[str, NDArray[np.float64]],
) -> Task:
    names = {parameter.coefficient for parameter in parameters}
    figures = figures_of(rows, known.llms, known.accelerators, Coefficients(**given))
    return Task(
        parameters=tuple(parameters),
        position={name: _positions(parameters, name, rows, known) for name in names},
        fixed={name: values for name, values in given.items() if name not in names},
        measured=rows["value"].to_numpy(float),
        group=(combinations(rows) + "|" + rows["quantity"]).to_numpy(str),
        predict=lambda coefficients: predicted(
            rows, replace(figures, coefficients=coefficients)
        ),
    )


def _time_parameters(times: pd.DataFrame, known: Known) -> list[Parameter]:
    engines = sorted(set(times["engine"]) - {KEPT_ENGINE} - set(OTHER_STACKS))
    stacks = [one for engine in sorted(OTHER_STACKS) for one in OTHER_STACKS[engine]]
    parameters = []
    for name, values in TIMES.items():
        if name in ARCHITECTURES:
            parameters += _by_architecture(name, values, times, known)
        else:
            parameters.append(Parameter(name, "gpu", *values))
        if name in DECODE_OVERHEADS:
            parameters += [Parameter(name, one, *values) for one in (*engines, *stacks)]
        if name in PREFILL_OVERHEADS:
            parameters += [Parameter(name, one, *values) for one in engines]
    return parameters


def _by_architecture(
    name: str, values: tuple, rows: pd.DataFrame, known: Known
) -> list[Parameter]:
    architectures = sorted({known.architecture(one) for one in set(rows["accelerator"])})
    pooled = Parameter(name, "gpu", *values)
    return [pooled, *(Parameter(name, one, *values, drawn=True) for one in architectures)]


def _positions(
    parameters: Sequence[Parameter], name: str, rows: pd.DataFrame, known: Known
) -> NDArray[np.int64]:
    architectures = rows["accelerator"].map(known.architecture).to_numpy(str)
    return positions(parameters, name, architectures, rows["engine"].to_numpy(str))


def _shipped(
    rows: pd.DataFrame, known: Known, calibration: Calibration
) -> dict[str, NDArray[np.float64]]:
    """Coefficients of a calibration over rows."""
    each = stacked(
        [calibration.coefficients(known.accelerators[name][0]) for name in rows["accelerator"]]
    )
    return {field.name: getattr(each, field.name) for field in fields(Coefficients)}


def _values(
    rows: pd.DataFrame, fitted: Sequence[Fitted], known: Known
) -> dict[str, NDArray[np.float64]]:
    """Fitted coefficients over rows, those of dropped engines included."""
    parameters = [one.parameter for one in fitted]
    values = np.array([one.value for one in fitted])
    return {
        name: values[_positions(parameters, name, rows, known)]
        for name in {parameter.coefficient for parameter in parameters}
    }


def _fits(rows: pd.DataFrame, known: Known) -> NDArray[np.bool_]:
    """Whether memory held the batch that a row states."""
    nothing = {field.name: np.ones(len(rows)) for field in fields(Coefficients)}
    figures = figures_of(rows, known.llms, known.accelerators, Coefficients(**nothing))
    room = largest_batch(
        rows["input_tokens"].to_numpy(float), rows["output_tokens"].to_numpy(float), figures
    )
    alone = rows["quantity"].isin(["prefill_s", "layer_s"]).to_numpy()
    return alone | (rows["batch"].to_numpy(float) <= MEMORY_SLACK * room)
