"""Runs that waited for something else than their accelerators: they teach nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibrate.habits import MICRO_BATCHED
from carbonplan.technology.subjects import FAMILIES

if TYPE_CHECKING:
    import pandas as pd

HELD_UP = 1.1  # a step may not last so much longer than one with more to do
SLOW_PROMPT = 1.5  # nor a prompt of weights in 16 bits so much longer than in four
SERVER = (
    *("dataset", "engine", "accelerator", "llm", "precision", "tensor_parallel"),
    *("pipeline_parallel", "data_parallel", "expert_parallel"),
    *("clock_fraction", "power_limit_fraction"),
)
RUN = (*SERVER, "task", "input_tokens")


def held_up(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Runs whose step lasted longer than one of the same server with more to do, (row,).

    More is a larger batch with as many cached tokens, whatever the task; of times per output
    token, in which prompts have a part, a larger batch of the same task. Something else than
    the accelerator was slow then; whatever was measured of such a run says nothing of it.
    """
    runs = _numbered([rows[name] for name in (*RUN, "batch", "output_tokens")])
    loads = _loads(rows, runs)
    both = loads.reset_index().merge(loads, on="key", suffixes=("", "_more"))
    more = (both["batch_more"] > both["batch"]) & (both["cached_more"] >= both["cached"])
    longer = both["took_s"] > HELD_UP * both["token_s_more"]
    slow = rows.index.isin(both.loc[more & longer, "index"])
    return slow | np.isin(runs, runs[slow & (rows["batch"] > 0).to_numpy()])


def slow_prompts(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Prompts of llama.cpp far slower than with weights of four bits on no more accelerators.

    These are widened first, and then multiplied in 16 bits as all are, so that they are the
    slowest of their LLM: as with steps, something else held the others up, (row,).
    """
    families = rows["engine"].map(lambda name: FAMILIES.get(name, name))
    prompts = rows[(rows["quantity"] == "prefill_s") & (families == MICRO_BATCHED)]
    key = [prompts[name] for name in RUN if name not in ("precision", "pipeline_parallel")]
    prompts = prompts.assign(key=_numbered([*key, prompts["batch"]]))
    widened = prompts[prompts["precision"] == "int4"]
    most = widened.groupby(["key", "pipeline_parallel"])["value"].min().groupby("key").cummin()
    prompts = prompts.join(most.rename("most"), on=["key", "pipeline_parallel"])
    slow = prompts["value"] > SLOW_PROMPT * prompts["most"]
    return rows.index.isin(prompts.index[slow])


def _loads(rows: pd.DataFrame, runs: NDArray[np.int64]) -> pd.DataFrame:
    """What every step had to do and how long it took; ``key`` numbers what compares.

    A step of which the median is told may hide others that are longer: ``token_s``, what a
    token took of the whole run where its throughput is told, does not.
    """
    steps = rows[rows["quantity"].isin(["step_s", "tpot_s"])]
    alone = steps["quantity"] == "step_s"
    outputs = steps["output_tokens"].round(-2).mask(alone, 0.0)
    task, inputs = steps["task"].mask(alone, ""), steps["input_tokens"].mask(alone, 0.0)
    key = [*(steps[name] for name in (*SERVER, "quantity")), task, inputs, outputs]
    rates = rows["value"].where(rows["quantity"] == "output_tokens_per_s").groupby(runs).max()
    mean_s = steps["batch"] / rates.reindex(runs[rows.index.isin(steps.index)]).to_numpy()
    return steps.assign(
        key=_numbered(key),
        cached=steps["batch"] * (steps["input_tokens"] + steps["output_tokens"] / 2.0),
        took_s=steps["value"],
        token_s=np.fmax(steps["value"], mean_s.where(alone)),
    )[["key", "batch", "cached", "took_s", "token_s"]]


def _numbered(columns: list[pd.Series]) -> NDArray[np.int64]:
    """One number for rows that agree in all columns."""
    import pandas as pd

    table = pd.concat([column.rename(str(i)) for i, column in enumerate(columns)], axis=1)
    return table.groupby(list(table.columns), sort=False, dropna=False).ngroup().to_numpy()
