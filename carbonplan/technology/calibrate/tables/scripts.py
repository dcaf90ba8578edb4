"""What scripts of InferenceX tell engines, as far as its list does not tell it.

The list has runs of a vendor too. Those of the scripts have prompts and answers of 1,024 or
8,192 tokens, and of the LLMs that the vendor measured none.

Source
------
``inferencemax-2025``: the scripts, as they were from October 2025 to April 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LENGTHS = (1024, 8192)
OF_A_VENDOR = "llama-3.1-8b|qwen3-235b|qwen3-32b"
WIDE_CACHES = ("0.17.0",)  # versions of vLLM: scripts of MiniMax before they narrowed the cache
HELD_STEPS = 20.0  # batch_wait_timeout_iters
WHOLE_SERVER = 8  # accelerators


def cache_precision(table: pd.DataFrame) -> pd.Series:
    """Number format of the KV cache, where weights are in eight bits or fewer, (row,).

    TensorRT-LLM and SGLang on Blackwell have it in eight bits always; vLLM for Llama 3.1 70B,
    and for MiniMax on Blackwell.
    """
    narrow = is_script(table) & table["precision"].isin(["fp8", "fp4"])
    blackwell, llm = table["gpu"].str.startswith("b"), table["model_id"].str.lower()
    early = table["version"].isin(WIDE_CACHES)
    minimax = llm.str.contains("minimax") & blackwell & ~early
    seventy = llm.str.contains("llama-3.1-70b", regex=False)
    engine = table["framework"]
    always = (engine == "trtllm") | ((engine == "sglang") & blackwell)
    found = narrow & (always | ((engine == "vllm") & (minimax | seventy)))
    return found.map({True: "fp8", False: "bf16"})


def held_steps(table: pd.DataFrame) -> pd.Series:
    """Steps for which TensorRT-LLM holds back a request of few tokens, (row,).

    It waits until more have gathered: Llama 3.1 70B on a part of a server, short prompts and
    answers.
    """
    llama = table["model_id"].str.lower().str.contains("llama-3.1-70b", regex=False)
    short = (table["input_tokens"] == LENGTHS[0]) & (table["output_tokens"] == LENGTHS[0])
    part = table["tensor_parallel"] < WHOLE_SERVER
    held = (table["framework"] == "trtllm") & llama & short & part
    return HELD_STEPS * held


def is_script(table: pd.DataFrame) -> pd.Series:
    """Runs of the scripts, (row,)."""
    lengths = table["input_tokens"].isin(LENGTHS) & table["output_tokens"].isin(LENGTHS)
    return lengths & ~table["model_id"].str.lower().str.contains(OF_A_VENDOR)
