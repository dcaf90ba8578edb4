"""How engines of public benchmarks were started, as rules of a replica.

What the scripts of a benchmark say; where they say nothing, or a run is not theirs, the
defaults of the engine. vLLM computes prompts in chunks beside sequences, 8,192 tokens in a step
of large accelerators or what ``max-num-batched-tokens`` says. TensorRT-LLM computes them whole,
as many as ``max_num_tokens`` hold, and may be told to hold requests back for some steps until
enough tokens have gathered (``batch_wait_timeout_iters``, ``batch_wait_max_tokens_ratio``).
SGLang gives prompts steps of their own, and may be told to look for requests every so many
steps of decoding only (``scheduler_recv_interval``), and to run so many requests at once only
(``max-running-requests``).

Source
------
``inferencemax-2025`` for the scripts, as they were from October 2025 to April 2026;
``tensorrt-llm-executor``, ``sglang-scheduler`` and ``vllm-docs`` for what engines do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonplan.replay.arrays import FCFS, PLANNED, Rules
from carbonplan.technology.memory import USABLE_FRACTION

if TYPE_CHECKING:
    import pandas as pd

CHUNK_TOKENS = 8192  # of vLLM and SGLang on accelerators with much memory, and TensorRT-LLM's
LONG_CHUNK_TOKENS, LONGER_CHUNK_TOKENS = 16384, 32768
SHORT = 1024  # tokens of a prompt or an answer in most runs
MEMORY_SHARES = {
    ("vllm-2026", "minimax-m2.5", "h200-sxm"): 0.95,
    ("vllm-2026", "minimax-m2.5", "0.17.0"): 0.95,
    ("vllm-2026", "kimi-k2.5", "int4"): 0.97,
}
MOST_RUNNING = {  # of SGLang on B200 (B300 assumed), by LLM, precision, tensor parallelism
    ("qwen3.5-397b-a17b", "fp8", 4): 128,
    ("qwen3.5-397b-a17b", "fp8", 8): 128,
    ("deepseek-v3", "fp8", 8): 128,
    ("deepseek-v3", "fp8", 4): 32,
    ("deepseek-v3", "fp4", 8): 256,
    ("deepseek-v3", "fp4", 4): 256,
}
BLACKWELL = ("b200-sxm", "b300-sxm")
WITH_CHUNKS_OF_8192 = ("0.17.0",)  # of vLLM: scripts of MiniMax before they set the chunk
BEFORE_HOLDING = ("1.0", "1.1")  # of TensorRT-LLM: scripts that held no requests back
FOREVER_S = 1e12


def rules_of(chunk_tokens: int, **others: int | bool) -> Rules:
    """Rules of a replica that serves requests in turn, at one clock.

    Parameters
    ----------
    chunk_tokens
        Most tokens of a step, sequences and prompts together; 0: prompts are computed whole.
    others
        Further fields of ``Rules``.
    """
    plain = Rules(
        order=FCFS,
        preempts=False,
        chunk_tokens=chunk_tokens,
        routing=PLANNED,
        adapts=False,
        raise_by=1.0,
        lower_by=0.0,
        control_s=1.0,
        risk_share=1.0,
        minute_s=FOREVER_S,
    )
    return plain._replace(**others)


def inferencex_rules(run: pd.Series) -> Rules:
    """How the engine of a run of InferenceX's table was started."""
    engine = str(run["engine"]).split("-")[0]
    if engine == "tensorrt":
        return _tensorrt(run)
    if engine == "sglang":
        return _sglang(run)
    return rules_of(2 * int(run["input_tokens"]) if _fits_chunks(run) else CHUNK_TOKENS)


def usable_share(run: pd.Series) -> float:
    """Share of the memory that the scripts of InferenceX let vLLM fill [1]."""
    if not is_script(run):
        return USABLE_FRACTION
    llm = run["engine"], run["llm"]
    named = (
        MEMORY_SHARES.get((*llm, run[by])) for by in ("accelerator", "version", "precision")
    )
    return next((share for share in named if share is not None), USABLE_FRACTION)


def places_of(run: pd.Series) -> int:
    """Sequences that an engine of InferenceX's table runs at once, at most.

    As many as are in the system, or as scripts of SGLang allow; but where NVIDIA measured
    Llama 3.1 8B one of them waits: a first token takes, beside what is the same at any
    concurrency, the time until the next answer ends (slope 0.9 over
    ``output x TPOT / concurrency``; 0 for every other LLM).
    """
    concurrency = int(run["concurrency"])
    if run["engine"].startswith("sglang") and run["accelerator"] in BLACKWELL:
        spread = int(run["tensor_parallel"])
        most = MOST_RUNNING.get((run["llm"], run["precision"], spread), concurrency)
        return min(concurrency, most)
    waits = run["engine"].startswith("tensorrt") and run["llm"] == "llama-3.1-8b"
    return max(concurrency - waits, 1)


def is_script(run: pd.Series) -> bool:
    """Whether a run is one of InferenceX's scripts; others were measured by vendors."""
    lengths = {int(run["input_tokens"]), int(run["output_tokens"])}
    own = run["llm"] not in ("llama-3.1-8b", "qwen3-235b-a22b", "qwen3-32b")
    return own and lengths <= {SHORT, 8 * SHORT}


def _fits_chunks(run: pd.Series) -> bool:
    """Whether a script of vLLM sets chunks to two prompts and the cache to 8 bits."""
    is_one = run["llm"] == "minimax-m2.5" and run["accelerator"] in BLACKWELL
    return is_script(run) and is_one and run["version"] not in WITH_CHUNKS_OF_8192


def _tensorrt(run: pd.Series) -> Rules:
    """Llama serves with steps as long as one request may be, others with longer ones."""
    concurrency, is_short = int(run["concurrency"]), _is_short(run)
    if not is_script(run):
        return rules_of(CHUNK_TOKENS, prompts_whole=True)
    if run["llm"] == "llama-3.1-70b":
        tokens = 2 * SHORT if is_short else 9 * SHORT + 200
        holds = is_short and run["tensor_parallel"] < 8
        return rules_of(
            tokens,
            prompts_whole=True,
            holds_steps=20 if holds else 0,
            holds_tokens=round(0.9 * tokens),
        )
    tokens = max(int(run["input_tokens"]) + concurrency + 64, CHUNK_TOKENS)
    groups = int(run["data_parallel"])
    if groups > 1:  # a prompt for each group at a time
        gathered = round(0.9 * _until_each_has_one(groups) * run["input_tokens"])
        return rules_of(
            groups * tokens, prompts_whole=True, holds_steps=60, holds_tokens=gathered
        )
    holds = run["precision"] == "fp8" and run["accelerator"].startswith("b") and is_short
    holds = holds and not str(run["version"]).startswith(BEFORE_HOLDING)
    return rules_of(
        tokens,
        prompts_whole=True,
        holds_steps=40 if holds and 64 <= concurrency < 256 else 0,
        holds_tokens=round(0.8 * tokens),
    )


def _until_each_has_one(groups: int) -> float:
    """Requests that come, in the mean, until each group has got one at random."""
    return groups * sum(1.0 / n for n in range(1, groups + 1))


def _sglang(run: pd.Series) -> Rules:
    """On Blackwell engines look for requests rarely, on Hopper after each step."""
    llm, is_fp4 = run["llm"], run["precision"] == "fp4"
    if not is_script(run) or (llm == "glm-5" and run["accelerator"] == "h200-sxm"):
        return rules_of(CHUNK_TOKENS, prompts_apart=True)
    looks = 30 if run["concurrency"] >= 16 else 10
    tokens = LONG_CHUNK_TOKENS if is_fp4 else LONGER_CHUNK_TOKENS
    if llm == "glm-5":
        tokens, looks = LONGER_CHUNK_TOKENS, 10 if is_fp4 else 1
    elif llm == "qwen3.5-397b-a17b" and is_fp4:
        looks = 30 if run["concurrency"] > 4 else 10
    elif run["accelerator"].startswith("h"):
        looks = 1
    elif llm == "deepseek-v3" and run["tensor_parallel"] == 4 and not is_fp4:
        tokens, looks = CHUNK_TOKENS, 10
    return rules_of(tokens, prompts_apart=True, looks_every=looks)


def _is_short(run: pd.Series) -> bool:
    return int(run["input_tokens"]) == int(run["output_tokens"]) == SHORT
