"""What the technology models say of measurements.

Habits of benchmarks (``habits``) are undone here: engines without a serving loop run the stages
of a pipeline one after another, so that of several accelerators one works, on the whole batch
or on one part of it for each; a published maximum ran with as many sequences as memory holds,
or as its engine admits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import ModelCard
from carbonplan.technology.calibrate.habits import (
    COPIES,
    CUT_IN_TURN,
    MICRO_BATCHED,
    ONE_SEQUENCE,
    SEQUENTIAL,
    UNCACHED,
    Accelerators,
    between_s,
    cache_features,
    cut_features,
    held,
    prefill_s,
    request_features,
    running,
    step,
    with_cache,
)
from carbonplan.technology.calibrate.micro_batches import MICRO_BATCH_TOKENS
from carbonplan.technology.calibration import Calibration
from carbonplan.technology.coefficients import NAMES, Coefficients
from carbonplan.technology.figures import (
    ReplicaFigures,
    accelerator_figures,
    as_engines_compute,
    stacked,
    taken,
)
from carbonplan.technology.performance import PhaseTime, prefill, prompt_work
from carbonplan.technology.power import busy_power_w
from carbonplan.technology.shapes import llm_figures
from carbonplan.technology.subjects import (
    DEFAULT_ENGINE,
    FAMILIES,
    Subjects,
    names_by_level,
    shape_features,
)

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
RATIOS = ("relative_time", "relative_power")  # predicted by ``clocks``


@dataclass(frozen=True)
class Load:
    """What rows were measured on, and under which load, (row,).

    Attributes
    ----------
    replica
        Its coefficients are at one until others are given.
    subjects
        Whom coefficients are asked for.
    batch
        Sequences running in all replicas of a row together; NaN: as many as there is room for.
    concurrency
        Requests in the system; NaN where unknown.
    new_prompts
        Share of the prompts that the server has not seen yet.
    copies
        Replicas of their own.
    idle_stages
        Accelerators of which one works at a time.
    chunk_tokens
        Of a prompt, what goes through the layers at once; infinite where all do.
    uncached
        Nothing is kept from one token to the next.
    held_steps
        Steps for which a request is held back before its prompt.
    """

    replica: ReplicaFigures
    subjects: Subjects
    quantity: NDArray[np.str_]
    batch: Floats
    concurrency: Floats
    input_tokens: Floats
    output_tokens: Floats
    new_prompts: Floats
    copies: Floats
    idle_stages: Floats
    chunk_tokens: Floats
    uncached: NDArray[np.bool_]
    held_steps: Floats

    def __len__(self) -> int:
        return len(self.batch)

    def __getitem__(self, part: NDArray[np.int64]) -> Load:
        return Load(*(getattr(self, one.name)[part] for one in fields(self)))

    @property
    def context_tokens(self) -> Floats:
        """Mean over the decode of a request."""
        return self.input_tokens + self.output_tokens / 2.0

    @cached_property
    def parts(self) -> Mapping[str, tuple[NDArray[np.int64], Load]]:
        """Rows of each quantity that the models know: their places, and their load."""
        places = {
            name: np.flatnonzero(self.quantity == name)
            for name in np.unique(self.quantity)
            if name in QUANTITIES
        }
        return {name: (place, self[place]) for name, place in places.items()}

    def at(self, coefficients: Coefficients) -> Load:
        return replace(self, replica=replace(self.replica, coefficients=coefficients))


def load_of(
    rows: pd.DataFrame, llms: Mapping[str, ModelCard], accelerators: Accelerators
) -> Load:
    """The load of rows with an LLM; records are read once for each LLM and accelerator.

    Columns that a table may lack: engine, task, clock, power limit and the degrees of
    parallelism beyond tensor and pipeline.
    """
    count = len(rows)

    def column(name: str, default: float) -> Floats:
        return rows[name].to_numpy(float) if name in rows else np.full(count, default)

    def words(name: str, default: str) -> NDArray[np.str_]:
        if name not in rows:
            return np.full(count, default)
        return np.array(rows[name].fillna(default).tolist(), dtype=str)

    engines = words("engine", DEFAULT_ENGINE)
    stages, groups = column("pipeline_parallel", 1.0), column("data_parallel", 1.0)
    families = np.array([FAMILIES.get(one, one) for one in engines], dtype=str)
    alone = np.isin(families, SEQUENTIAL) | np.isin(engines, CUT_IN_TURN)
    copied = engines == COPIES
    llm = _over_rows(rows, "llm", lambda name, precision: llm_figures(llms[name], precision))
    llm = with_cache(llm, words("kv_precision", "bf16"))
    hardware = _over_rows(
        rows,
        "accelerator",
        lambda name, precision: accelerator_figures(*accelerators[name], precision),
    )
    llm, hardware = as_engines_compute(llm, hardware, families)
    spread = column("expert_parallel", 1.0)
    limit_w = hardware.limit_w * column("power_limit_fraction", 1.0)
    hardware = replace(hardware, limit_w=limit_w, die_w=np.maximum(hardware.die_w, limit_w))
    ranks, stages_at_once = column("tensor_parallel", 1.0), np.where(alone, 1.0, stages)
    attending = np.where(copied, 1.0, groups)
    keys = [rows["accelerator"].to_numpy(str), engines, words("precision", "bf16")]
    groups_of, place = np.unique(
        np.stack([*keys, words("task", "")]), axis=1, return_inverse=True
    )
    records = np.array([accelerators[str(name)][0] for name in groups_of[0]], dtype=object)
    shapes = shape_features(llm, hardware, ranks, stages_at_once, spread, attending)
    vectors = (engines == ONE_SEQUENCE) & (words("quantity", "") != "prefill_s")
    subjects = Subjects(
        names_by_level(records, *groups_of[1:]),
        place.reshape(-1),
        {
            **shapes,
            **cache_features(llm, hardware, words("kv_precision", "bf16"), families),
            **cut_features(shapes["slice"], hardware, families, vectors),
            **request_features(engines, families),
        },
    )
    neutral = Coefficients(*(np.ones(count) for _ in NAMES))
    clocks = column("clock_fraction", 1.0)
    return Load(
        ReplicaFigures(
            llm, hardware, neutral, ranks, stages_at_once, attending, spread, clocks
        ),
        subjects,
        words("quantity", ""),
        column("batch", np.nan),
        column("concurrency", np.nan),
        column("input_tokens", np.nan),
        column("output_tokens", np.nan),
        column("new_prompts", 1.0),
        copies=np.where(copied, groups, 1.0),
        idle_stages=np.where(alone, stages, 1.0),
        chunk_tokens=np.where(families == MICRO_BATCHED, MICRO_BATCH_TOKENS, np.inf),
        uncached=engines == UNCACHED,
        held_steps=column("held_steps", 0.0),
    )


def predicted(load: Load, coefficients: Coefficients) -> Floats:
    """The quantity of every row as the models see it, in the row's unit, (row,).

    NaN where they do not know the quantity.
    """
    values = np.full(len(load), np.nan)
    for name, (place, part) in load.parts.items():
        values[place] = QUANTITIES[name](part.at(taken(coefficients, place)))
    return values


def with_calibration(load: Load, calibration: Calibration) -> Floats:
    """Predictions with the coefficients of a calibration, (row,)."""
    return predicted(load, calibration.coefficients(load.subjects))


def _over_rows(rows: pd.DataFrame, column: str, record: Callable):
    """Records of each row's LLM or accelerator in its precision."""
    code, names = rows[[column, "precision"]].apply(tuple, axis=1).factorize()
    return taken(stacked([record(*name) for name in names]), code)


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
    tokens = (load.input_tokens + load.output_tokens) / load.output_tokens
    return _output_tokens_per_s(held(load)) * tokens


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
