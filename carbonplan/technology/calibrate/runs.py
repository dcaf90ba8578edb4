"""What measurements ran on and under which load, as the models ask for it.

Habits of benchmarks (``habits``) are undone here: engines without a serving loop run the stages
of a pipeline one after another, so that of several accelerators one works, on the whole batch
or on one part of it for each.
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
    CUT_IN_TURN,
    MICRO_BATCHED,
    ONE_SEQUENCE,
    SEQUENTIAL,
    UNCACHED,
    Accelerators,
    cache_features,
    cut_features,
    request_features,
    with_cache,
)
from carbonplan.technology.calibrate.micro_batches import MICRO_BATCH_TOKENS
from carbonplan.technology.coefficients import NAMES, Coefficients
from carbonplan.technology.figures import (
    HardwareFigures,
    ReplicaFigures,
    accelerator_figures,
    as_engines_compute,
    stacked,
    taken,
)
from carbonplan.technology.shapes import LlmFigures, llm_figures
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
Words = NDArray[np.str_]


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
        Requests running in all replicas of a row together; NaN: as many as there is room for.
    concurrency
        Requests in the system; NaN where unknown.
    new_prompts
        Share of the prompts that the server has not seen yet.
    beams
        Sequences that are decoded for each request; they share the cache of its prompt.
    start_s
        Before a batch, of an engine that starts cold.
    copies
        Replicas of their own, that the accelerators beyond one hold.
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
    beams: Floats
    start_s: Floats
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
        """Kept and read of a sequence, mean over its decode; beams share their prompt."""
        return self.input_tokens / self.beams + self.output_tokens / 2.0

    @cached_property
    def parts(self) -> Mapping[str, tuple[NDArray[np.int64], Load]]:
        """Rows of each quantity: their places, and their load."""
        places = {
            name: np.flatnonzero(self.quantity == name) for name in np.unique(self.quantity)
        }
        return {name: (place, self[place]) for name, place in places.items()}

    def at(self, coefficients: Coefficients) -> Load:
        return replace(self, replica=replace(self.replica, coefficients=coefficients))


@dataclass(frozen=True)
class _Columns:
    """Columns that a table may lack, with what holds then."""

    rows: pd.DataFrame

    def number(self, name: str, default: float = np.nan) -> Floats:
        given = name in self.rows
        return self.rows[name].to_numpy(float) if given else np.full(len(self.rows), default)

    def word(self, name: str, default: str = "") -> Words:
        if name not in self.rows:
            return np.full(len(self.rows), default)
        return np.array(self.rows[name].fillna(default).tolist(), dtype=str)

    @property
    def families(self) -> Words:
        engines = self.word("engine", DEFAULT_ENGINE)
        return np.array([FAMILIES.get(one, one) for one in engines], dtype=str)


def load_of(
    rows: pd.DataFrame, llms: Mapping[str, ModelCard], accelerators: Accelerators
) -> Load:
    """The load of rows with an LLM; records are read once for each LLM and accelerator.

    Columns that a table may lack: engine, task, clock, power limit and the degrees of
    parallelism beyond tensor and pipeline.
    """
    columns = _Columns(rows)
    number, engines = columns.number, columns.word("engine", DEFAULT_ENGINE)
    alone = np.isin(columns.families, SEQUENTIAL) | np.isin(engines, CUT_IN_TURN)
    stages = number("pipeline_parallel", 1.0)
    replica = _replica(columns, llms, accelerators, np.where(alone, 1.0, stages))
    inside = replica.tensor_parallel * stages * replica.data_parallel
    micro_batched = columns.families == MICRO_BATCHED
    return Load(
        replica,
        _subjects(columns, replica, accelerators),
        columns.word("quantity"),
        batch=number("batch"),
        concurrency=number("concurrency"),
        input_tokens=number("input_tokens"),
        output_tokens=number("output_tokens"),
        new_prompts=number("new_prompts", 1.0),
        beams=number("beams", 1.0),
        start_s=number("start_s", 0.0),
        copies=np.fmax(number("accelerators") / inside, 1.0),
        idle_stages=np.where(alone, stages, 1.0),
        chunk_tokens=np.where(micro_batched, MICRO_BATCH_TOKENS, np.inf),
        uncached=engines == UNCACHED,
        held_steps=number("held_steps", 0.0),
    )


def _replica(
    columns: _Columns,
    llms: Mapping[str, ModelCard],
    accelerators: Accelerators,
    stages: Floats,
) -> ReplicaFigures:
    """With coefficients at one and the limit that was set."""
    rows, number = columns.rows, columns.number
    llm: LlmFigures = _over_rows(
        rows, "llm", lambda name, precision: llm_figures(llms[name], precision)
    )
    hardware: HardwareFigures = _over_rows(
        rows,
        "accelerator",
        lambda name, precision: accelerator_figures(*accelerators[name], precision),
    )
    llm = with_cache(llm, columns.word("kv_precision", "bf16"))
    llm, hardware = as_engines_compute(llm, hardware, columns.families)
    limit_w = hardware.limit_w * number("power_limit_fraction", 1.0)
    return ReplicaFigures(
        llm,
        replace(hardware, limit_w=limit_w),
        Coefficients(*(np.ones(len(rows)) for _ in NAMES)),
        number("tensor_parallel", 1.0),
        stages,
        number("data_parallel", 1.0),
        number("expert_parallel", 1.0),
        number("clock_fraction", 1.0),
    )


def _subjects(
    columns: _Columns, replica: ReplicaFigures, accelerators: Accelerators
) -> Subjects:
    """Whom coefficients of rows are asked for, habits of benchmarks among their shapes."""
    engines, families = columns.word("engine", DEFAULT_ENGINE), columns.families
    keys = [columns.rows["accelerator"].to_numpy(str), engines]
    keys += [columns.word("precision", "bf16"), columns.word("task")]
    groups, place = np.unique(np.stack(keys), axis=1, return_inverse=True)
    records = np.array([accelerators[str(name)][0] for name in groups[0]], dtype=object)
    llm, hardware, ranks = replica.llm, replica.hardware, replica.tensor_parallel
    stages, spread = replica.pipeline_parallel, replica.expert_parallel
    shapes = shape_features(llm, hardware, ranks, stages, spread, replica.data_parallel)
    kept, together = columns.word("kv_precision", "bf16"), columns.number("batch") / ranks
    ends = columns.number("input_tokens") + columns.number("output_tokens")
    vectors = (engines == ONE_SEQUENCE) & (columns.word("quantity") != "prefill_s")
    return Subjects(
        names_by_level(records, *groups[1:]),
        place.reshape(-1),
        {
            **shapes,
            **cache_features(llm, hardware, kept, (engines, families), together, ends),
            **cut_features(shapes["slice"], hardware, families, vectors),
            **request_features(engines, families),
        },
    )


def _over_rows(rows: pd.DataFrame, column: str, record: Callable):
    """Records of each row's LLM or accelerator in its precision."""
    code, names = rows[[column, "precision"]].apply(tuple, axis=1).factorize()
    return taken(stacked([record(*name) for name in names]), code)
