"""Measurements as rows of one shape: what ran where, and what was measured of it.

Every row has ``dataset``, ``engine``, ``accelerator``, ``llm``, ``precision``,
``tensor_parallel``, ``pipeline_parallel``, ``batch``, ``input_tokens``, ``output_tokens``,
``quantity`` and ``value``. The quantities:

- ``step_s``: one decode step of a batch;
- ``tpot_s``: mean time per output token under load, prompts in between;
- ``prefill_s``: one prompt alone;
- ``batch_s``: a whole batch from its prompts to its last token;
- ``layer_s``: a step through one layer, attention to a long context left out;
- ``power_w``: mean power of one accelerator while it serves a batch.

An LLM or accelerator that ``measured_names.csv`` does not know is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.catalogue.records import (
    Evidence,
    LatentAttention,
    MixtureOfExperts,
    ModelCard,
    Positive,
    Record,
)
from carbonplan.catalogue.tables import read_table
from carbonplan.scenario.schema import Precision
from carbonplan.technology.calibrate.tables import TABLES

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "dataset",
    "engine",
    "accelerator",
    "llm",
    "precision",
    "tensor_parallel",
    "pipeline_parallel",
    "batch",
    "input_tokens",
    "output_tokens",
    "quantity",
    "value",
)


class MeasuredName(Record):
    """How a table of measurements calls an LLM or accelerator; ``measured_names.csv``."""

    kind: str
    measured_name: str
    name: str


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
    evidence: Evidence
    source: str

    def card(self) -> ModelCard:
        """The model card of this shape."""
        values = self.model_dump()
        moe = {name: values.pop(name) for name in MixtureOfExperts.model_fields}
        latent = {
            name: values.pop(name)
            for name in LatentAttention.model_fields
            if name != "q_lora_rank"
        }
        return ModelCard(
            family=self.llm,
            publisher=self.source,
            moe=moe if self.experts else None,
            mla=latent if self.kv_lora_rank else None,
            **values,
        )


@dataclass(frozen=True)
class Names:
    """Names of the catalogue by those of the tables of measurements."""

    llms: dict[str, str]
    accelerators: dict[str, str]


def read_names(path: Path) -> Names:
    """``measured_names.csv``."""
    rows = read_table(path, MeasuredName)
    by_kind = {
        kind: {row.measured_name: row.name for row in rows if row.kind == kind}
        for kind in ("llm", "accelerator")
    }
    return Names(by_kind["llm"], by_kind["accelerator"])


def read_measurements(folder: Path, names: Names) -> pd.DataFrame:
    """All rows of the tables in a folder that the models can predict."""
    import pandas as pd

    tables = [read(folder) for read in TABLES]
    rows = pd.concat([_named(table, names)[list(COLUMNS)] for table in tables])
    return rows.dropna(subset=["value"]).reset_index(drop=True)


def combinations(rows: pd.DataFrame) -> pd.Series:
    """Name of the dataset, accelerator and LLM of every row: what errs together."""
    return rows["dataset"] + "|" + rows["accelerator"] + "|" + rows["llm"]


def _named(table: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Catalogue names in place of the table's; rows without one dropped, defaults filled."""
    known = table.assign(
        accelerator=table["gpu"].map(names.accelerators), llm=table["model_id"].map(names.llms)
    ).dropna(subset=["accelerator", "llm"])
    defaults = {"pipeline_parallel": 1, "precision": "bf16"}
    for column, value in defaults.items():
        if column not in known:
            known = known.assign(**{column: value})
    return known.fillna(defaults)
