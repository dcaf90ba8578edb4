"""Measurements as rows of one shape: what ran where, and what was measured of it.

A row says what served (``engine``, of a ``version`` where that is told, ``accelerator``,
``llm``, ``precision``, ``kv_precision``), spread how (degrees of parallelism; ``accelerators``
of the whole instance), under which load (``batch``: mean of the sequences running in the whole
instance, NaN where it is as large as memory allows; ``concurrency``: requests in the system,
NaN where unknown; tokens of a request; ``new_prompts``: the share of prompts that the server
has not seen yet; ``beams`` that are decoded of a request, of which the best is counted;
``start_s`` of an engine that starts cold before a batch), at which ``clock_fraction`` of boost
and ``power_limit_fraction`` of the default limit, and the ``value`` of one quantity, whose name
ends in its unit:

- ``step_s``: one decode step; with an output of 0, at a context of the input's length;
- ``tpot_s``: mean time per output token under load, prompts in between;
- ``prefill_s``: a batch of prompts until the last has its token, nothing else running;
- ``ttft_s``, ``ttft_load_s``: to the first token, where hardly anybody waits and under load;
- ``layer_s``: a step through one layer; ``task`` says of which phase;
- ``output_tokens_per_s``, ``total_tokens_per_s``: of the whole instance, without and with the
  prompts; ``served_tokens_per_s``: output within ``ttft_limit_s`` and ``tpot_limit_s``;
- ``power_w``: mean of one accelerator while it serves; ``prefill_power_w``, ``step_power_w``:
  in one phase; ``idle_power_w``, ``parked_power_w``: without work; ``system_power_w``: of the
  whole system at the wall;
- ``energy_per_output_token_j``: of the accelerators of the instance;
- ``relative_time``, ``relative_power``: over the same load at full clock and default limit [1].

Kernels have no LLM: their ``llm`` is empty, and ``compute_active`` and ``memory_active`` say
what keeps them busy at full clock. ``gpu_family`` and ``model_family`` name what counts as the
same accelerator and LLM when a pair is held out of a fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from carbonplan.catalogue.records import (
    Evidence,
    Kept,
    LatentAttention,
    MixtureOfExperts,
    ModelCard,
    Positive,
    Record,
)
from carbonplan.catalogue.shipped import shown
from carbonplan.errors import InvalidInput, nearest
from carbonplan.scenario.fields import Precision
from carbonplan.technology.calibrate.names import NameBook
from carbonplan.technology.calibrate.tables import TABLES
from carbonplan.technology.calibrate.tables.reading import Table, leave_out

if TYPE_CHECKING:
    import pandas as pd

WORDS = {  # columns of words, with what stands where a table says nothing
    "dataset": "",
    "engine": "",
    "version": "",
    "task": "",
    "accelerator": "",
    "llm": "",
    "gpu_family": "",
    "model_family": "",
    "precision": "bf16",
    "kv_precision": "bf16",
}
NUMBERS = {  # columns of numbers, likewise
    "tensor_parallel": 1.0,
    "pipeline_parallel": 1.0,
    "expert_parallel": 1.0,
    "data_parallel": 1.0,
    "accelerators": np.nan,
    "batch": np.nan,
    "concurrency": np.nan,
    "beams": 1.0,
    "start_s": 0.0,
    "input_tokens": np.nan,
    "output_tokens": np.nan,
    "new_prompts": 1.0,
    "clock_fraction": 1.0,
    "power_limit_fraction": 1.0,
    "ttft_limit_s": np.nan,
    "tpot_limit_s": np.nan,
    "compute_active": np.nan,
    "memory_active": np.nan,
    "held_steps": 0.0,
}
DEGREES = ("tensor_parallel", "pipeline_parallel", "expert_parallel", "data_parallel")
PRECISIONS = get_args(Precision)
RECURRENT = "recurrent-layers-as-windows"
COLUMNS = (*WORDS, *NUMBERS, "quantity", "value")


class MeasuredLlm(Record):
    """Shape of an LLM that was measured and has no card; ``measured_llms.csv``."""

    llm: str
    parameters_b: Positive
    active_parameters_b: Positive
    layers: int
    hidden_size: int
    intermediate_size: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    context_tokens: int
    sliding_window_tokens: int | None
    full_attention_layers: int | None
    experts: int | None
    experts_per_token: int | None
    shared_experts: int | None
    expert_intermediate_size: int | None
    dense_layers: int | None
    kv_lora_rank: int | None
    rope_head_dim: int | None
    nope_head_dim: int | None
    v_head_dim: int | None
    native_precision: Precision
    kept_in_16_bits: Kept | None
    kept_by: str | None  # checkpoints of these precisions, between blanks
    evidence: Evidence
    source: str

    def card(self) -> ModelCard:
        """The model card of this shape."""
        values = self.model_dump()
        kept, by = values.pop("kept_in_16_bits"), values.pop("kept_by") or ""
        moe = {name: values.pop(name) for name in MixtureOfExperts.model_fields}
        latent = {
            name: values.pop(name)
            for name in LatentAttention.model_fields
            if name != "q_lora_rank"
        }
        return ModelCard(
            family=self.llm,
            publisher=self.source,
            recurrent=self.source == RECURRENT,
            moe=moe if self.experts else None,
            mla=latent if self.kv_lora_rank else None,
            kept_in_16_bits=dict.fromkeys(by.split(), kept),
            **values,
        )


@dataclass(frozen=True)
class Measurements:
    """What a folder of tables holds.

    Attributes
    ----------
    rows
        Rows of ``COLUMNS`` that the models can speak of.
    left_out
        ``dataset``, ``reason`` and number of ``rows`` of what they cannot.
    tables
        Files that were read.
    """

    rows: pd.DataFrame
    left_out: pd.DataFrame
    tables: tuple[str, ...]


def read_measurements(folder: Path, names: NameBook) -> pd.DataFrame:
    """All rows of the tables in a folder that the models can speak of."""
    return measurements(folder, names).rows


def measurements(folder: Path, names: NameBook) -> Measurements:
    """Rows of every table that a folder holds; it may hold any of them.

    Raises
    ------
    InvalidInput
        If it holds none, or if columns are missing or cells are no numbers; all faults of all
        tables at once.
    """
    import pandas as pd

    found = {table: path for table in TABLES if (path := table.path(folder))}
    if not found:
        raise InvalidInput(shown(folder), [_no_table(folder)])
    read = [(table, _read(table, path)) for table, path in found.items()]
    faults = [fault for _, fault in read if isinstance(fault, InvalidInput)]
    if faults:
        problems = [f"{f.subject}: {problem}" for f in faults for problem in f.problems]
        raise InvalidInput(shown(folder), problems)
    rows = pd.concat(
        [_in_shape(_named(table.rows(raw), names)) for table, raw in read], ignore_index=True
    )
    out = rows["left_out"] != ""
    counted = rows[out].groupby(["dataset", "left_out"]).size().rename("rows").reset_index()
    return Measurements(
        rows.loc[~out, list(COLUMNS)].reset_index(drop=True),
        counted.rename(columns={"left_out": "reason"}),
        tuple(path.name for path in found.values()),
    )


def combinations(rows: pd.DataFrame) -> pd.Series:
    """Name of the dataset, accelerator and LLM of every row: what errs together."""
    return rows["dataset"] + "|" + rows["accelerator"] + "|" + rows["llm"]


def pairs(rows: pd.DataFrame) -> pd.Series:
    """Name of the accelerator and LLM family of every row: what is held out together."""
    return rows["gpu_family"] + "|" + rows["model_family"]


def _read(table: Table, path: Path) -> pd.DataFrame | InvalidInput:
    try:
        return table.read(path)
    except InvalidInput as fault:
        return fault


def _no_table(folder: Path) -> str:
    if not folder.is_dir():
        return "is not a folder; expected one with tables of measurements"
    known = [table.stem for table in TABLES]
    names = sorted(path.name for path in folder.iterdir() if ".csv" in path.suffixes)
    near = nearest(names[0].split(".")[0], known) if names else ""
    found = f'found "{names[0]}"{near}; expected' if names else "holds no CSV file; expected"
    return f"{found} one or more of {', '.join(f'{stem}.csv' for stem in known)}"


def _named(table: pd.DataFrame, names: NameBook) -> pd.DataFrame:
    """Catalogue names in place of the table's; rows of what has none are left out."""
    accelerators = _by_name(table["gpu"], names.accelerator)
    llms = _by_name(table["model_id"], lambda name: names.llm(name) if name else "")
    table = table.assign(accelerator=accelerators, llm=llms)
    for found, column, words in (
        (accelerators, "gpu", "is no accelerator of the catalogue"),
        (llms, "model_id", "has no known shape"),
    ):
        unknown = found.isna()
        for name in sorted(table.loc[unknown, column].astype(str).unique()):
            table = leave_out(table, unknown & (table[column] == name), f'"{name}" {words}')
    return table


def _by_name(column: pd.Series, resolve: Callable[[str], str | None]) -> pd.Series:
    """Every name resolved once."""
    resolved = {name: resolve(name) for name in column.unique()}
    return column.map(resolved).astype(object)


def _in_shape(table: pd.DataFrame) -> pd.DataFrame:
    """The common columns, what a table does not say at its default."""
    families = {"gpu_family": table["accelerator"], "model_family": table["llm"]}
    table = table.assign(**{k: v for k, v in families.items() if k not in table})
    words = {name: _column(table, name, WORDS[name]) for name in WORDS}
    numbers = {name: _column(table, name, NUMBERS[name]).astype(float) for name in NUMBERS}
    product = numbers["tensor_parallel"] * numbers["pipeline_parallel"]
    numbers["accelerators"] = numbers["accelerators"].fillna(product * numbers["data_parallel"])
    table = table.assign(**words, **numbers)
    for where, reason in _unusable(table):
        table = leave_out(table, where, reason)
    return table


def _unusable(table: pd.DataFrame) -> Iterator[tuple[pd.Series, str]]:
    """Rows that cannot be predicted whatever the model, each with its reason."""
    value = table["value"].astype(float)
    yield ~(np.isfinite(value) & (value > 0)), "a value that is not positive"
    yield table[["input_tokens", "output_tokens"]].isna().any(axis=1), "tokens are not told"
    degrees = table[[*DEGREES, "accelerators"]]
    yield ~(degrees >= 1).all(axis=1), "a degree of parallelism that is not positive"
    for column in ("precision", "kv_precision"):
        unknown = ~table[column].isin(PRECISIONS)
        for found in sorted(table.loc[unknown, column].unique()):
            yield table[column] == found, f'{column} "{found}" is not known'


def _column(table: pd.DataFrame, name: str, default: str | float) -> pd.Series:
    import pandas as pd

    if name not in table:
        return pd.Series(default, index=table.index)
    return table[name].fillna(default)
