"""Which runs of InferenceX predict several tokens in a step: its list does not tell.

Its record of changes and its configurations tell with which image of the engine, on which day,
on how many accelerators and for how many requests an LLM ran with multi-token prediction (MTP),
and for how many without.

- TensorRT-LLM, DeepSeek: image 1.2.0rc6.post3 was for MTP only, beside post2 for plain runs;
  1.1.0rc2.post2 ran MTP on one day.
- SGLang, DeepSeek in FP8 on eight Blackwell accelerators: MTP for up to 512 requests, plain
  runs for up to 64, and for up to 4 with prompts of 8,192 tokens.
- SGLang, Qwen3.5 in FP8 on four B200: MTP with every expert cut, plain runs with experts whole.
- Where both ran alike, the list has both, and the faster one is MTP.

Source
------
``inferencemax-2025``: changes 392, 626, 632, 642, 898, 918, 943, 1035, 1048 and 1059.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ALWAYS = "1.2.0rc6.post3"  # image of TensorRT-LLM
ONE_DAY = {"1.1.0rc2.post2": "2026-01-14"}
SGLANG = ("0.5.8", "0.5.9", "0.5.10.post1")  # images that MTP has run with
PLAIN_REQUESTS, LONG_PLAIN_REQUESTS, LONG_TOKENS = 64, 4, 8192  # DeepSeek, eight accelerators
REPEATED = 1.05  # longer at most is a run that was only repeated
ALIKE = (
    *("gpu", "model_id", "version", "input_tokens", "output_tokens"),
    *("tensor_parallel", "expert_parallel", "concurrency"),
)


def several_tokens(table: pd.DataFrame) -> pd.Series:
    """Runs that predict several tokens, (row,); none where the table tells no versions.

    Rows have their degrees as they ran, and those listed twice have their reason already.
    """
    llm = table["model_id"].str.lower()
    version, day = table["version"], table.get("measured_date", "")
    on_its_day = version.map(ONE_DAY) == day
    tensorrt = (table["framework"] == "trtllm") & ((version == ALWAYS) | on_its_day)
    deepseek, qwen = llm.str.contains("deepseek"), llm.str.contains("qwen3.5", regex=False)
    sglang = (table["framework"] == "sglang") & (table["precision"] == "fp8")
    sglang &= (deepseek | qwen) & version.isin(SGLANG)
    alone = (deepseek & _beyond_plain(table)) | (qwen & _experts_cut(table))
    return (tensorrt & deepseek) | (sglang & alone) | _faster_of_two(table, sglang)


def _beyond_plain(table: pd.DataFrame) -> pd.Series:
    """More requests than plain runs of DeepSeek had on eight Blackwell accelerators."""
    long = table["input_tokens"] >= LONG_TOKENS
    most = long.map({True: LONG_PLAIN_REQUESTS, False: PLAIN_REQUESTS})
    eight = (table["tensor_parallel"] == 8) & table["gpu"].str.startswith("b")
    return eight & (table["concurrency"] > most)


def _experts_cut(table: pd.DataFrame) -> pd.Series:
    """Qwen3.5 on four B200 as it ran with MTP."""
    cut = (table["tensor_parallel"] == 4) & (table["expert_parallel"] == 1)
    return cut & table["gpu"].str.startswith("b200")


def _faster_of_two(table: pd.DataFrame, where: pd.Series) -> pd.Series:
    """Runs that have another one alike, and slower, beside them."""
    some = table[where & (table["left_out"] == "")]
    slowest = some.groupby(list(ALIKE), dropna=False)["tpot_ms"].transform("max")
    faster = REPEATED * some["tpot_ms"] < slowest
    return faster.reindex(table.index, fill_value=False)
